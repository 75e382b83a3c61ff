"""Conversions between all dtypes: values that fit as NumPy and PyTorch convert them, the others by the stated rules."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch.ops.kernels import cast

ml_dtypes = pytest.importorskip("ml_dtypes")
FLOATING = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
ALL = [*FLOATING, *INTEGERS, "complex64", "complex128"]


def dtype_of(name):
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


PAIRS = [(source, ALL[(i + step) % len(ALL)]) for i, source in enumerate(ALL) for step in (1, 4)]


@pytest.mark.parametrize("source, to", PAIRS)
def test_every_dtype_converts_from_and_to_others(source, to, generator):
    values = generator.integers(0, 100, 1001).astype(np.float64)
    values[:10] = 0
    x = values.astype(dtype_of(source))
    real = x.real if source.startswith("complex") and not to.startswith("complex") else x
    expected = real.astype(dtype_of(to))
    got = cast.cast(x, dtype_of(to))
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("to", ["float16", "bfloat16"])
def test_floats_are_rounded_to_the_nearest_half_ties_to_even(to, generator):
    bits = generator.integers(0, 2**32, 200000, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    x = np.concatenate([x, np.array([65519, 65520, 1e-8, -1e-8, 2049, 2051, 3.39e38, np.inf, -np.inf], np.float32)])
    x = x[~np.isnan(x)]
    with np.errstate(over="ignore"):
        expected = x.astype(dtype_of(to))
    np.testing.assert_array_equal(cast.cast(x, dtype_of(to)).view(np.uint16), expected.view(np.uint16))


def test_nan_stays_nan_and_is_true():
    x = np.full(5, np.nan, np.float32)
    assert np.isnan(cast.cast(x, np.float16).astype(float)).all()
    assert np.isnan(cast.cast(x, dtype_of("bfloat16")).astype(float)).all()
    assert cast.cast(x, np.bool_).all()
    assert cast.cast(np.array([0.0, -0.0, 1e-45], np.float32), np.bool_).tolist() == [False, False, True]
    assert cast.cast(np.array([0, 1j], np.complex64), np.bool_).tolist() == [False, True]


def test_floats_that_do_not_fit_saturate_at_32_or_64_bits_and_lose_the_upper_bits_of_smaller_integers():
    x = np.array([3e9, -3e9, 2e19, -2e19, np.nan, np.inf, -1.7, 300.5, -1.0], np.float32)
    top, low = 2**31 - 1, -(2**31)
    assert cast.cast(x, np.int32).tolist() == [top, low, top, low, 0, top, -1, 300, -1]
    wide = [3000000000, -3000000000, 2**63 - 1, -(2**63), -(2**63), 2**63 - 1, -1, 300, -1]
    assert cast.cast(x, np.int64).tolist() == wide
    assert cast.cast(x, np.uint8).tolist() == [each % 256 for each in wide]
    assert cast.cast(x[-3:], np.int8).tolist() == [-1, 44, -1]
    assert cast.cast(np.array([np.nan]), np.int32).tolist() == [low]  # of double, the lowest integer


@pytest.mark.parametrize("rung", cast.LADDERS["cast"].rungs)
@pytest.mark.parametrize("start, stop", [(0, 0), (0, 3), (1, 1030), (2, 40000)])
def test_all_rungs_convert_unaligned_and_empty_arrays(rung, start, stop, generator):
    x = (100 * generator.standard_normal(40000)).astype(np.float32)[start:stop]
    np.testing.assert_array_equal(cast.cast(x, np.float16, rung), x.astype(np.float16))
    np.testing.assert_array_equal(cast.cast(x, np.int16, rung), x.astype(np.int16))
