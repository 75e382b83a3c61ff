"""Large draws by the compiled twister are the stream of PyTorch and of NumPy's twister, word for word."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch import kernels
from minitorch.core import mersenne_twister
from minitorch.core.generator import Generator


@pytest.fixture
def launched(monkeypatch):
    """How many blocks were asked for, call by call."""
    blocks = []
    draw_blocks = mersenne_twister.draw_blocks

    def watched(key, words):
        blocks.append(words.size // 624)
        draw_blocks(key, words)

    monkeypatch.setattr(mersenne_twister, "draw_blocks", watched)
    return blocks


@pytest.mark.parametrize("sizes", [(50000,), (1, 50000, 3, 70001, 40000), (624, 62400, 624), (623, 62401)], ids=str)
def test_small_and_large_draws_in_turn_give_the_stream_of_numpy_and_of_pytorch(sizes, launched):
    generator = Generator().manual_seed(5)
    drawn = np.concatenate([generator.random32(size) for size in sizes])
    with kernels.mode("off"):
        without = Generator().manual_seed(5).random32(sum(sizes))
    assert launched
    np.testing.assert_array_equal(drawn, without)
    expected = torch.rand(sum(sizes), generator=torch.Generator().manual_seed(5))  # the lower 24 bits of each word
    np.testing.assert_array_equal((drawn & 0xFFFFFF) * np.float64(2**-24), expected.numpy())


def test_the_state_after_a_large_draw_is_that_of_pytorch(launched):
    minitorch.manual_seed(3)
    torch.manual_seed(3)
    minitorch.rand(100001)
    torch.rand(100001)
    assert launched
    np.testing.assert_array_equal(minitorch.get_rng_state().numpy(), torch.get_rng_state().numpy())
    np.testing.assert_array_equal(minitorch.rand(7).numpy(), torch.rand(7).numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [0.0, 0.1, 1 / 3, 0.5, 1 - 2**-53, 1.0])
def test_bernoulli_numbers_are_those_of_pytorch(dtype, p, launched):
    results = []
    for engine in (torch, minitorch):
        engine.manual_seed(11)
        engine.rand(3)
        results.append(engine.empty(301, 101, dtype=getattr(engine, dtype)).bernoulli_(p).numpy())
    assert launched
    np.testing.assert_array_equal(results[1], results[0])


def test_a_pair_of_words_just_below_and_at_the_probability_is_told_apart():
    words = np.array([0x00100000, 0, 0x000FFFFF, 0xFFFFFFFF, 0x00100000, 1, 0xFFE00000, 5], np.uint32)  # 1/2 is 2^52
    below = np.empty(4)
    mersenne_twister.bernoulli(words, 0.5, below)
    assert below.tolist() == [0, 1, 0, 1]


def test_dropout_drops_what_pytorch_drops(launched):
    values, cotangent = np.random.default_rng(0).standard_normal((2, 300, 200)).astype(np.float32)
    results = []
    for engine in (torch, minitorch):
        engine.manual_seed(1)
        x = engine.tensor(values, requires_grad=True)
        y = engine.nn.functional.dropout(x, 0.3)
        y.backward(engine.tensor(cotangent))
        results.append((y.detach().numpy(), x.grad.numpy()))
    assert launched
    for ours, theirs in zip(results[1], results[0]):
        np.testing.assert_array_equal(ours, theirs)
