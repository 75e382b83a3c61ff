"""Philox' kernels give the words of the paper, and every one to the element that PyTorch gives it to."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import kernels
from minitorch.core.cuda import distributions as twin
from minitorch.core.cuda import philox
from minitorch.ops.kernels import philox as on_device

SEED, OFFSET = 0xFEDC_BA98_7654_3210, 2**34 - 4  # the next round carries into the second word of the counter
SIZES = [1, 255, 256, 257, 1000, 2 * 512 * 4 + 129]  # the last in three rounds of 512 threads


def kat(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


# Counter, key, result: the lines "philox4x32 10" and "philox4x32 7" of kat_vectors, published with Random123
KNOWN_ANSWERS = [
    (10, "00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (10, "ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (10, "243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    (7, "00000000 00000000 00000000 00000000", "00000000 00000000", "5f6fb709 0d893f64 4f121f81 4f730a48"),
    (7, "ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "5207ddc2 45165e59 4d8ee751 8c52f662"),
    (7, "243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "4dfccaba 190a87f0 c47362ba b6b5242a"),
]


@pytest.mark.parametrize("rounds, counter, key, answer", KNOWN_ANSWERS)
def test_the_engine_gives_the_known_answers_of_its_authors(rounds, counter, key, answer):
    assert philox.philox4x32(kat(counter), tuple(kat(key)), rounds).tolist() == kat(answer)


def test_counters_in_arrays_give_what_each_gives_alone():
    counters = np.arange(4 * 7, dtype=np.uint64).reshape(4, 7) * np.uint64(0x1234567)
    together = philox.philox4x32(counters, (5, 6))
    for i in range(7):
        np.testing.assert_array_equal(together[:, i], philox.philox4x32(counters[:, i], (5, 6)))


@pytest.mark.parametrize("n", SIZES)
def test_the_kernel_gives_every_element_the_word_of_its_thread_and_round(n, schedule):
    launch = philox.launch_for(n, 4, 1, 512)
    out = np.empty(n, np.uint32)
    on_device.words(out, SEED, OFFSET, launch)
    for i in {0, n // 3, n // 2, n - 1}:
        thread, number, round_ = i % launch.threads, i // launch.threads % 4, i // (launch.threads * 4)
        position = OFFSET // 4 + round_
        counter = [position & 0xFFFFFFFF, position >> 32, thread, 0]
        assert out[i] == philox.philox4x32(counter, (SEED & 0xFFFFFFFF, SEED >> 32))[number]
    np.testing.assert_array_equal(out, philox.words(SEED, OFFSET, launch))


@pytest.mark.parametrize("rung", on_device.LADDERS["philox uniform"].rungs)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("n", [1, 257, SIZES[-1]])
def test_every_rung_draws_the_same_uniforms_to_the_bit(rung, dtype, n, schedule):
    dtype = np.dtype(dtype) if dtype != "bfloat16" else np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    launch = philox.launch_for(n, twin.numbers_of(dtype), 1, 512)
    out = np.empty(n, dtype)
    on_device.uniform(out, SEED, OFFSET, launch, -0.3, 1.7, rung=rung)
    np.testing.assert_array_equal(
        out.view(np.uint8), twin.uniform(SEED, OFFSET, launch, dtype, -0.3, 1.7).view(np.uint8)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("log", [False, True])
def test_normals_are_box_and_mullers_of_neighbouring_words(dtype, log, schedule):
    launch = philox.launch_for(SIZES[-1], twin.numbers_of(dtype), 1, 512)
    out = np.empty(launch.n, dtype)
    on_device.normal(out, SEED, OFFSET, launch, 0.5, 0.25, log)
    expected = (twin.log_normal if log else twin.normal)(SEED, OFFSET, launch, np.float64, 0.5, 0.25)
    np.testing.assert_allclose(out, expected, rtol=1e-5 if dtype == np.float32 else 1e-14, atol=1e-6)


@pytest.mark.parametrize("wide", [False, True])
def test_integers_are_words_modulo_the_range(wide, schedule):
    launch = philox.launch_for(SIZES[-1], 2 if wide else 4, 1, 512)
    out, span = np.empty(launch.n, np.int64), 2**60 + 7 if wide else 1000
    on_device.integers(out, SEED, OFFSET, launch, -5, span)
    words = philox.joined(philox.word_pairs(SEED, OFFSET, launch)) if wide else philox.words(SEED, OFFSET, launch)
    np.testing.assert_array_equal(out, (words.astype(np.uint64) % np.uint64(span)).astype(np.int64) - 5)


@pytest.mark.parametrize("each", [1, 2, 4, 8])
@pytest.mark.parametrize("n", [8, 2048, 512 * 8 * 2 + 1024])
def test_dropout_draws_for_neighbours_as_many_as_a_thread_reads(each, n, schedule):
    launch = philox.launch_for(n, 4, 1, 512)
    x = np.random.default_rng(0).standard_normal(n).astype(np.float32)
    y, mask = np.empty_like(x), np.empty(n, np.bool_)
    on_device.dropout(x, y, mask, SEED, OFFSET, launch, 0.7, 1 / 0.7, each)
    for i in {0, n // 2, n - 1}:
        if each == 1:
            thread, word, position = i % launch.threads, i // launch.threads % 4, i // (launch.threads * 4)
        else:
            turn, within = divmod(i // each, launch.threads)[0], i % each
            thread, word, position = i // each % launch.threads, within % 4, turn * max(each // 4, 1) + within // 4
        drawn = philox.words_of_threads(SEED, OFFSET, np.array([thread]), position)[word, 0]
        assert mask[i] == (philox.unit_float32(np.array([drawn]))[0] < np.float32(0.7))
    np.testing.assert_array_equal(mask, twin.dropout_kept(SEED, OFFSET, launch, 0.7, np.float32, each))
    np.testing.assert_allclose(y, x.astype(np.float64) * mask / 0.7, rtol=1e-6)


def test_a_launch_has_no_more_threads_than_the_processor_holds():
    small, large = philox.launch_for(1000, 4, 132, 2048), philox.launch_for(10**7, 4, 132, 2048)
    assert (small.threads, small.rounds, small.increment) == (1024, 1, 4)
    assert (large.threads, large.rounds, large.increment) == (132 * 2048, 10, 40)
    assert philox.launch_for(10**7, 4, 28, 1536).threads == 28 * 1536
    assert philox.launch_for(10**7, 2, 132, 2048).rounds == 19


def test_what_a_kernel_gets_wrong_names_the_parameter():
    with kernels.mode("fast"), pytest.raises(TypeError, match="out"):
        on_device.words(np.empty(3, np.float32), 0, 0, philox.launch_for(3, 4, 1, 512))
