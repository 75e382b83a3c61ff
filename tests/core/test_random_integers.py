"""randint, random_ and randperm draw what torch draws."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minitorch.core import random_integers as R
from minitorch.core.generator import Generator

SIZES = (*range(41), 623, 1000, 65537)
SIGNED = ("int8", "int16", "int32", "int64")
FLOATS = ("float32", "float64", "float16", "bfloat16")
LOWEST, LARGEST = -(2**63), 2**63 - 1


def np_dtype(name: str) -> np.dtype:
    if name == "bfloat16":
        return np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    return np.dtype(name)


def assert_same(ours: np.ndarray, theirs: torch.Tensor) -> None:
    expected = theirs.view(torch.int16) if theirs.dtype == torch.bfloat16 else theirs
    assert ours.dtype.name == str(theirs.dtype).removeprefix("torch.")
    assert ours.shape == tuple(theirs.shape)
    assert ours.tobytes() == expected.numpy().tobytes()


def assert_streams_equal(dtype: str, bounds: tuple[int, int | None] | None) -> None:
    kind, torch_kind = np_dtype(dtype), getattr(torch, dtype)
    ours, theirs = Generator().manual_seed(12), torch.Generator().manual_seed(12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for n in SIZES:
            x = torch.empty(n, dtype=torch_kind)
            if bounds is None:
                x.random_(generator=theirs)
                samples = R.random_full(ours, (n,), kind)
            else:
                x.random_(*bounds, generator=theirs)
                samples = R.random_from_to(ours, (n,), kind, *bounds)
            assert_same(samples, x)
            np.testing.assert_array_equal(ours.get_state_bytes(), theirs.get_state().numpy())


@pytest.mark.parametrize("dtype", (*SIGNED, "uint8", "bool", *FLOATS))
def test_random_without_bounds_equals_torch(dtype: str) -> None:
    assert_streams_equal(dtype, None)


@pytest.mark.parametrize("bounds", [(0, 1), (0, 2), (0, 100), (-5, 7), (-128, 127), (3, None)])
@pytest.mark.parametrize("dtype", (*SIGNED, *FLOATS))
def test_small_ranges_equal_torch(dtype: str, bounds: tuple[int, int | None]) -> None:
    assert_streams_equal(dtype, bounds)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_unsigned_ranges_equal_torch(dtype: str) -> None:
    assert_streams_equal(dtype, (0, 200))


@pytest.mark.parametrize("bounds", [(0, 2), (1, 2), (0, None), (1, None)])
def test_bool_ranges_equal_torch(bounds: tuple[int, int | None]) -> None:
    assert_streams_equal("bool", bounds)


@pytest.mark.parametrize(
    "bounds",
    [
        (-5, 2**28 - 6),  # the widest range of 32-bit draws
        (-5, 2**28 - 5),  # the narrowest of 64-bit draws
        (2**40, 2**40 + 3),
        (LOWEST, LARGEST),
        (LOWEST, None),
        (LOWEST + 1, None),
        (-(2**62), None),
    ],
)
@pytest.mark.parametrize("dtype", ["int64", "float64", "float32", "bfloat16"])
def test_wide_ranges_equal_torch(dtype: str, bounds: tuple[int, int | None]) -> None:
    torch_kind = getattr(torch, dtype)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            torch.empty(1, dtype=torch_kind).random_(*bounds)
    except RuntimeError as refusal:
        with pytest.raises(type(refusal), match="random_"):
            R.random_from_to(Generator(), (1,), np_dtype(dtype), *bounds)
    else:
        assert_streams_equal(dtype, bounds)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["float16", "float32", "float64", "int32", "uint8"]),
    st.integers(-70_000, 70_000) | st.integers(-(2**60), 2**60),
    st.integers(1, 3000) | st.integers(1, 2**61),
)
def test_bounds_are_rounded_and_refused_as_by_torch(dtype: str, low: int, span: int) -> None:
    assume(low + span <= LARGEST)
    ours, theirs = Generator().manual_seed(0), torch.Generator().manual_seed(0)
    x = torch.empty(8, dtype=getattr(torch, dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            x.random_(low, low + span, generator=theirs)
        except RuntimeError:
            with pytest.raises(RuntimeError, match="random_"):
                R.random_from_to(ours, (8,), dtype, low, low + span)
        else:
            assert_same(R.random_from_to(ours, (8,), dtype, low, low + span), x)


def test_a_range_beyond_the_exact_integers_of_a_float_warns() -> None:
    with pytest.warns(UserWarning, match="float32"):
        R.random_from_to(Generator(), (2,), np.float32, 0, 2**25)


@pytest.mark.parametrize("n", [*range(41), 1797, 60_000])
def test_randperm_equals_torch(n: int) -> None:
    ours, theirs = Generator().manual_seed(n), torch.Generator().manual_seed(n)
    for _ in range(2):
        assert_same(R.randperm(ours, n), torch.randperm(n, generator=theirs))
    np.testing.assert_array_equal(ours.get_state_bytes(), theirs.get_state().numpy())


def test_scalars_and_matrices_keep_their_shape() -> None:
    ours, theirs = Generator().manual_seed(4), torch.Generator().manual_seed(4)
    for shape in ((), (2, 3), (3, 0)):
        assert_same(
            R.random_full(ours, shape, "i8"),
            torch.empty(shape, dtype=torch.int64).random_(generator=theirs),
        )
        assert_same(
            R.random_from_to(ours, shape, "i8", -3, 9),
            torch.randint(-3, 9, shape, generator=theirs),
        )


LONG, BYTE, BOOL, HALF = torch.int64, torch.uint8, torch.bool, torch.float16
REFUSED: list[tuple[Callable[[Generator], Any], Callable[[], Any]]] = [
    (
        lambda g: R.random_from_to(g, (3,), "i8", 5, 5),
        lambda: torch.empty(3, dtype=LONG).random_(5, 5),
    ),
    (
        lambda g: R.random_from_to(g, (0,), "i8", 5, 5),
        lambda: torch.empty(0, dtype=LONG).random_(5, 5),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "u1", 0, 300),
        lambda: torch.empty(3, dtype=BYTE).random_(0, 300),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "u1", -1, 3),
        lambda: torch.empty(3, dtype=BYTE).random_(-1, 3),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "u1", 256, None),
        lambda: torch.empty(3, dtype=BYTE).random_(256, None),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "?", 0, 3),
        lambda: torch.empty(3, dtype=BOOL).random_(0, 3),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "f2", 0, 2**40),
        lambda: torch.empty(3, dtype=HALF).random_(0, 2**40),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "c8", 0, 3),
        lambda: torch.empty(3, dtype=torch.complex64).random_(0, 3),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "u1", LOWEST, None),
        lambda: torch.empty(3, dtype=BYTE).random_(LOWEST, None),
    ),
    (
        lambda g: R.random_from_to(g, (3,), "?", LOWEST, None),
        lambda: torch.empty(3, dtype=BOOL).random_(LOWEST, None),
    ),
    (lambda g: R.random_full(g, (3,), "u2"), lambda: torch.empty(3, dtype=torch.uint16).random_()),
    (
        lambda g: R.random_full(g, (3,), "c8"),
        lambda: torch.empty(3, dtype=torch.complex64).random_(),
    ),
    (lambda g: R.randperm(g, -1), lambda: torch.randperm(-1)),
]


@pytest.mark.parametrize(("ours", "theirs"), REFUSED)
def test_what_torch_refuses_is_refused_before_a_number_is_drawn(
    ours: Callable[[Generator], Any], theirs: Callable[[], Any]
) -> None:
    with pytest.raises(Exception) as expected:
        theirs()
    gen = Generator().manual_seed(0)
    before = gen.get_state_bytes()
    with pytest.raises(expected.type, match=r"random_|randperm"):
        ours(gen)
    np.testing.assert_array_equal(gen.get_state_bytes(), before)


def test_permutations_too_long_for_32_bit_draws_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="randperm"):
        R.randperm(Generator(), R.RANDPERM_LIMIT)
