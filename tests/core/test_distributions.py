"""Samples of floats, of yes-or-no and of categories are torch's, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from minitorch.core import distributions as D
from minitorch.core.generator import Generator

SIZES = (*range(41), 623, 1000, 65537)
SEEDS = (0, 2024)
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
Sample = Callable[[Generator, int, Any], np.ndarray]
Reference = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


def np_dtype(name: str) -> np.dtype:
    if name == "bfloat16":
        return np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    return np.dtype(name)


def pair(seed: int) -> tuple[Generator, torch.Generator]:
    return Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def assert_same(ours: np.ndarray, theirs: torch.Tensor) -> None:
    """The same dtype, shape and bytes."""
    expected = theirs.contiguous()
    expected = expected.view(torch.int16) if expected.dtype == torch.bfloat16 else expected
    assert isinstance(ours, np.ndarray)
    assert ours.flags.c_contiguous
    assert ours.dtype.name == str(theirs.dtype).removeprefix("torch.")
    assert ours.shape == tuple(theirs.shape)
    assert ours.tobytes() == expected.numpy().tobytes()


def assert_streams_equal(dtype: str, sample: Sample, reference: Reference) -> None:
    """``sample`` and ``reference`` agree at every size and leave equal states."""
    kind = np_dtype(dtype)
    for seed in SEEDS:
        ours, theirs = pair(seed)
        for n in SIZES:
            tensor = reference(torch.empty(n, dtype=getattr(torch, dtype)), theirs)
            assert_same(sample(ours, n, kind), tensor)
            np.testing.assert_array_equal(ours.get_state_bytes(), theirs.get_state().numpy())


# ---- uniform and normal ----


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.0, 0.7), (-0.3, 0.7), (-2.0, -2.0), (1.0, 1.25)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform_equals_torch(dtype: str, bounds: tuple[float, float]) -> None:
    assert_streams_equal(
        dtype,
        lambda gen, n, kind: D.uniform(gen, (n,), kind, *bounds),
        lambda x, gen: x.uniform_(*bounds, generator=gen),
    )


@pytest.mark.parametrize("moments", [(0.0, 1.0), (0.0, 0.02), (0.3, 1.7), (-1.0, 0.0)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_normal_equals_torch_bit_for_bit(dtype: str, moments: tuple[float, float]) -> None:
    assert_streams_equal(
        dtype,
        lambda gen, n, kind: D.normal(gen, (n,), kind, *moments),
        lambda x, gen: x.normal_(*moments, generator=gen),
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_normal_into_a_tensor_with_gaps_goes_pair_by_pair(dtype: str) -> None:
    ours, theirs = pair(1)
    for n in (2, 15, 16, 17, 100, 1000):
        strided = torch.empty(2 * n, dtype=getattr(torch, dtype))[::2]
        expected = strided.normal_(0.5, 2.0, generator=theirs)
        samples = D.normal(ours, (n,), np_dtype(dtype), 0.5, 2.0, contiguous=False)
        assert_same(samples, expected)


def test_a_million_normals_equal_torch_bit_for_bit() -> None:
    ours, theirs = pair(3)
    assert_same(D.normal(ours, (1000, 1000), np.float32), torch.randn(1000, 1000, generator=theirs))


def test_the_kept_sine_is_shared_by_every_pairwise_draw() -> None:
    ours, theirs = pair(6)
    assert_same(D.normal(ours, (3,), np.float32), torch.randn(3, generator=theirs))
    assert_same(D.normal(ours, (20,), np.float32), torch.randn(20, generator=theirs))
    assert_same(
        D.log_normal(ours, (2,), np.float64),
        torch.empty(2, dtype=torch.float64).log_normal_(generator=theirs),
    )
    assert_same(D.normal(ours, (), np.float64), torch.randn((), dtype=torch.float64, generator=theirs))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_are_pairs_of_draws(dtype: str) -> None:
    ours, theirs = pair(5)
    for n in (1, 7, 8, 33):
        kind = getattr(torch, dtype)
        assert_same(D.normal(ours, (n,), dtype), torch.randn(n, dtype=kind, generator=theirs))
        assert_same(D.uniform(ours, (n,), dtype), torch.rand(n, dtype=kind, generator=theirs))


def test_uniform_never_returns_the_upper_bound() -> None:
    halves = D.uniform(Generator().manual_seed(0), (200_000,), np.float16)
    assert halves.max() < 1  # a float32 just below 1 rounds to 1 in float16
    assert (halves == 0).sum() > 20


# ---- computed in double ----


@pytest.mark.parametrize("dtype", FLOATS)
def test_exponential_equals_torch(dtype: str) -> None:
    assert_streams_equal(
        dtype,
        lambda gen, n, kind: D.exponential(gen, (n,), kind, 1.3),
        lambda x, gen: x.exponential_(1.3, generator=gen),
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_cauchy_equals_torch(dtype: str) -> None:
    assert_streams_equal(
        dtype,
        lambda gen, n, kind: D.cauchy(gen, (n,), kind, 0.2, 1.3),
        lambda x, gen: x.cauchy_(0.2, 1.3, generator=gen),
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_log_normal_equals_torch(dtype: str) -> None:
    assert_streams_equal(
        dtype,
        lambda gen, n, kind: D.log_normal(gen, (n,), kind, 0.2, 1.3),
        lambda x, gen: x.log_normal_(0.2, 1.3, generator=gen),
    )


def test_log_normal_overflows_to_infinity() -> None:
    samples = D.log_normal(Generator().manual_seed(0), (100,), np.float64, 709.0, 5.0)
    theirs = torch.Generator().manual_seed(0)
    assert_same(samples, torch.empty(100, dtype=torch.float64).log_normal_(709.0, 5.0, generator=theirs))
    assert np.isinf(samples).any()


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
def test_geometric_equals_torch(dtype: str) -> None:
    assert_streams_equal(
        dtype,
        lambda gen, n, kind: D.geometric(gen, (n,), kind, 0.3),
        lambda x, gen: x.geometric_(0.3, generator=gen),
    )


# ---- yes or no ----


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("dtype", (*FLOATS, *INTEGERS, "bool"))
def test_bernoulli_with_one_probability_equals_torch(dtype: str, p: float) -> None:
    assert_streams_equal(
        dtype,
        lambda gen, n, kind: D.bernoulli_scalar(gen, (n,), kind, p),
        lambda x, gen: x.bernoulli_(p, generator=gen),
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_with_a_probability_each_equals_torch(dtype: str) -> None:
    ours, theirs = pair(2)
    for shape in ((), (0,), (1,), (5, 7), (1000,)):
        p = torch.rand(shape, dtype=torch.float64).to(getattr(torch, dtype))
        array = p.double().numpy().astype(np_dtype(dtype))
        assert_same(D.bernoulli_tensor(ours, array, array.dtype), torch.bernoulli(p, generator=theirs))
        expected = torch.empty(shape, dtype=torch.int64).bernoulli_(p, generator=theirs)
        assert_same(D.bernoulli_tensor(ours, array, np.int64), expected)
        np.testing.assert_array_equal(ours.get_state_bytes(), theirs.get_state().numpy())


def test_probabilities_are_read_in_index_order() -> None:
    p = torch.rand(6, 4)
    ours, theirs = pair(3)
    expected = torch.empty(4, 6).bernoulli_(p.T, generator=theirs)
    assert_same(D.bernoulli_tensor(ours, p.numpy().T, np.float32), expected)


# ---- categories ----


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_multinomial_equals_torch(dtype: str, replacement: bool) -> None:
    ours, theirs = pair(7)
    for shape in ((1,), (2,), (10,), (3, 10), (2, 200)):
        weights = torch.rand(shape, dtype=getattr(torch, dtype))
        weights[..., :1] += 0.1
        for n in {1, 2, shape[-1]} if replacement else {1, shape[-1] // 2 or 1, shape[-1]}:
            expected = torch.multinomial(weights, n, replacement, generator=theirs)
            assert_same(D.multinomial(ours, weights.numpy(), n, replacement), expected)
            np.testing.assert_array_equal(ours.get_state_bytes(), theirs.get_state().numpy())


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_multinomial_with_16_bit_weights_equals_torch(dtype: str) -> None:
    ours, theirs = pair(7)
    weights = torch.rand(2, 9).to(getattr(torch, dtype))
    array = weights.float().numpy().astype(np_dtype(dtype))
    expected = torch.multinomial(weights, 30, True, generator=theirs)
    assert_same(D.multinomial(ours, array, 30, True), expected)


def test_a_category_of_weight_zero_is_never_drawn() -> None:
    weights = np.array([0.0, 1.0, 0.0, 2.0])
    samples = D.multinomial(Generator().manual_seed(0), weights, 1000, replacement=True)
    assert set(samples.tolist()) == {1, 3}


def test_weights_whose_sum_overflows_fall_to_the_last_category() -> None:
    weights = np.array([3e38, 3e38], np.float32)
    ours, theirs = pair(1)
    expected = torch.multinomial(torch.from_numpy(weights), 5, True, generator=theirs)
    with np.errstate(all="raise"):
        assert_same(D.multinomial(ours, weights, 5, replacement=True), expected)


# ---- shapes and errors ----


def test_scalars_and_matrices_keep_their_shape() -> None:
    ours, theirs = pair(4)
    for shape in ((), (2, 3), (3, 0), (4, 5, 6)):
        assert_same(D.uniform(ours, shape, np.float32), torch.rand(shape, generator=theirs))
        assert_same(
            D.uniform(ours, shape, np.float32, -1, 2),
            torch.empty(shape).uniform_(-1, 2, generator=theirs),
        )
        assert_same(D.normal(ours, shape, np.float32), torch.randn(shape, generator=theirs))
        assert_same(
            D.exponential(ours, shape, np.float32),
            torch.empty(shape).exponential_(generator=theirs),
        )
        assert_same(D.cauchy(ours, shape, np.float32), torch.empty(shape).cauchy_(generator=theirs))
        assert_same(D.log_normal(ours, shape, np.float32), torch.empty(shape).log_normal_(generator=theirs))
        assert_same(
            D.geometric(ours, shape, np.float32, 0.5),
            torch.empty(shape).geometric_(0.5, generator=theirs),
        )
        assert_same(
            D.bernoulli_scalar(ours, shape, np.float32),
            torch.empty(shape).bernoulli_(generator=theirs),
        )


NAN, INF = float("nan"), float("inf")
LONG, HALF = torch.int64, torch.float16
REFUSED: list[tuple[str, Callable[[Generator], Any], Callable[[], Any]]] = [
    ("uniform_", lambda g: D.uniform(g, (3,), "i8"), lambda: torch.empty(3, dtype=LONG).uniform_()),
    ("uniform_", lambda g: D.uniform(g, (3,), "f4", 2, 1), lambda: torch.empty(3).uniform_(2, 1)),
    (
        "uniform_",
        lambda g: D.uniform(g, (3,), "f4", 0, 1e39),
        lambda: torch.empty(3).uniform_(0, 1e39),
    ),
    (
        "uniform_",
        lambda g: D.uniform(g, (3,), "f4", NAN, 1),
        lambda: torch.empty(3).uniform_(NAN, 1),
    ),
    (
        "uniform_",
        lambda g: D.uniform(g, (3,), "f4", -3e38, 3e38),
        lambda: torch.empty(3).uniform_(-3e38, 3e38),
    ),
    (
        "uniform_",
        lambda g: D.uniform(g, (3,), "f2", 0, 7e4),
        lambda: torch.empty(3, dtype=HALF).uniform_(0, 7e4),
    ),
    ("normal", lambda g: D.normal(g, (3,), "f4", 0, -1), lambda: torch.empty(3).normal_(0, -1)),
    ("normal", lambda g: D.normal(g, (0,), "f4", 0, -1), lambda: torch.empty(0).normal_(0, -1)),
    ("normal", lambda g: D.normal(g, (3,), "f4", 0, NAN), lambda: torch.empty(3).normal_(0, NAN)),
    ("normal", lambda g: D.normal(g, (3,), "i8"), lambda: torch.empty(3, dtype=LONG).normal_()),
    (
        "exponential_",
        lambda g: D.exponential(g, (3,), "f4", -1),
        lambda: torch.empty(3).exponential_(-1),
    ),
    (
        "exponential_",
        lambda g: D.exponential(g, (3,), "i8"),
        lambda: torch.empty(3, dtype=LONG).exponential_(),
    ),
    ("cauchy_", lambda g: D.cauchy(g, (3,), "f4", 0, 0), lambda: torch.empty(3).cauchy_(0, 0)),
    ("cauchy_", lambda g: D.cauchy(g, (3,), "i8"), lambda: torch.empty(3, dtype=LONG).cauchy_()),
    (
        "log_normal_",
        lambda g: D.log_normal(g, (3,), "f4", 0, 0),
        lambda: torch.empty(3).log_normal_(0, 0),
    ),
    (
        "log_normal_",
        lambda g: D.log_normal(g, (3,), "i8"),
        lambda: torch.empty(3, dtype=LONG).log_normal_(),
    ),
    (
        "geometric_",
        lambda g: D.geometric(g, (3,), "f4", 1.0),
        lambda: torch.empty(3).geometric_(1.0),
    ),
    (
        "geometric_",
        lambda g: D.geometric(g, (3,), "?", 0.1),
        lambda: torch.empty(3, dtype=torch.bool).geometric_(0.1),
    ),
    (
        "bernoulli_",
        lambda g: D.bernoulli_scalar(g, (3,), "f4", 1.2),
        lambda: torch.empty(3).bernoulli_(1.2),
    ),
    (
        "bernoulli_",
        lambda g: D.bernoulli_scalar(g, (0,), "f4", NAN),
        lambda: torch.empty(0).bernoulli_(NAN),
    ),
    (
        "bernoulli_",
        lambda g: D.bernoulli_scalar(g, (3,), "c8", 0.5),
        lambda: torch.empty(3, dtype=torch.complex64).bernoulli_(0.5),
    ),
    (
        "bernoulli",
        lambda g: D.bernoulli_tensor(g, np.array([1.5, 0.5]), "f8"),
        lambda: torch.bernoulli(torch.tensor([1.5, 0.5])),
    ),
    (
        "bernoulli",
        lambda g: D.bernoulli_tensor(g, np.array([0, 1]), "i8"),
        lambda: torch.bernoulli(torch.tensor([0, 1])),
    ),
]

BAD_WEIGHTS: list[tuple[list[Any], int, bool]] = [
    ([1.0, 2.0], 3, False),
    ([1.0, -2.0], 1, False),
    ([1.0, -2.0], 2, True),
    ([0.0, 0.0], 2, True),
    ([1.0, INF], 2, True),
    ([1.0, NAN], 1, False),
    ([1, 2], 1, False),
    ([1.0], 0, False),
    ([[[1.0]]], 1, False),
    ([], 1, True),
]


@pytest.mark.parametrize(("name", "ours", "theirs"), REFUSED)
def test_what_torch_refuses_is_refused_before_a_number_is_drawn(
    name: str, ours: Callable[[Generator], Any], theirs: Callable[[], Any]
) -> None:
    assert_refused_alike(name, ours, theirs)


def test_bernoulli_draws_up_to_the_first_bad_probability_as_torch_does() -> None:
    gen, theirs = Generator().manual_seed(0), torch.Generator().manual_seed(0)
    with pytest.raises(RuntimeError):
        torch.bernoulli(torch.tensor([0.5, 0.2, 1.5, 0.1]), generator=theirs)
    with pytest.raises(RuntimeError, match="bernoulli"):
        D.bernoulli_tensor(gen, np.array([0.5, 0.2, 1.5, 0.1], np.float32), "f4")
    np.testing.assert_array_equal(D.uniform(gen, (3,), "f4"), torch.rand(3, generator=theirs).numpy())


@pytest.mark.parametrize(("weights", "n", "replacement"), BAD_WEIGHTS)
def test_bad_weights_are_refused_as_by_torch(weights: list[Any], n: int, replacement: bool) -> None:
    array = np.array(weights, np.int64 if weights == [1, 2] else np.float64)
    assert_refused_alike(
        "multinomial",
        lambda gen: D.multinomial(gen, array, n, replacement),
        lambda: torch.multinomial(torch.from_numpy(array), n, replacement),
    )


def assert_refused_alike(name: str, ours: Callable[[Generator], Any], theirs: Callable[[], Any]) -> None:
    with pytest.raises(Exception) as expected:
        theirs()
    gen = Generator().manual_seed(0)
    before = gen.get_state_bytes()
    with pytest.raises(expected.type, match=name):
        ours(gen)
    np.testing.assert_array_equal(gen.get_state_bytes(), before)
