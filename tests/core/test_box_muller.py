"""The float32 functions under the normal distribution: accurate, and rounded once a step."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch.core import box_muller as B

FLOAT64 = st.floats(-1e100, 1e100, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-100)
FLOAT32 = st.floats(-(2.0**50), 2.0**50, width=32).filter(lambda x: x == 0 or abs(x) > 1e-15)


@settings(max_examples=300, deadline=None)
@given(FLOAT64, FLOAT64, FLOAT64)
def test_fused_multiply_add_rounds_once_in_float64(x: float, y: float, z: float) -> None:
    fused = B.fused_multiply_add(np.array([x]), np.float64(y), np.float64(z))
    assert fused[0] == float(Fraction(x) * Fraction(y) + Fraction(z))


@settings(max_examples=300, deadline=None)
@given(FLOAT32, FLOAT32, FLOAT32)
def test_fused_multiply_add_rounds_once_in_float32(x: float, y: float, z: float) -> None:
    fused = B.fused_multiply_add(np.array([x], np.float32), np.float32(y), np.float32(z))
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    assert fused.dtype == np.float32
    below, above = np.nextafter(fused[0], np.float32([-np.inf, np.inf]))
    half_gap = Fraction(float(max(above - fused[0], fused[0] - below))) / 2
    assert abs(Fraction(float(fused[0])) - exact) <= half_gap * (1 + Fraction(1, 2**28))


def test_fused_multiply_add_keeps_infinities() -> None:
    fused = B.fused_multiply_add(np.array([1.0, -2.0]), np.float64(np.inf), np.float64(1.0))
    assert fused.tolist() == [np.inf, -np.inf]


def test_log_float32_is_within_an_ulp_of_log() -> None:
    x = np.arange(1, 2**24, 97, dtype=np.float32) * np.float32(2**-24)
    error = np.abs(B.log_float32(x) - np.log(x.astype(np.float64)))
    assert (error <= np.abs(np.spacing(np.log(x)))).all()
    assert B.log_float32(np.ones(1, np.float32))[0] == 0


def test_sincos_float32_is_accurate_over_the_whole_turn() -> None:
    x = np.linspace(0, 2 * math.pi, 100_001).astype(np.float32).astype(np.float64)
    sine, cosine = B.sincos_float32(x)
    assert np.abs(sine - np.sin(x)).max() < 1.2e-7
    assert np.abs(cosine - np.cos(x)).max() < 1.2e-7


def test_a_row_holds_cosines_then_sines_of_eight_pairs() -> None:
    uniforms = np.random.default_rng(0).random((3, 16))
    radius = np.sqrt(-2 * np.log(1 - uniforms[:, :8]))
    theta = 2 * np.pi * uniforms[:, 8:]
    expected = np.concatenate([radius * np.cos(theta), radius * np.sin(theta)], axis=1) * 3 - 1
    np.testing.assert_allclose(B.box_muller(uniforms, -1.0, 3.0), expected, rtol=1e-13, atol=1e-14)
    narrow = uniforms.astype(np.float32)
    np.testing.assert_allclose(B.box_muller(narrow, -1.0, 3.0), expected, rtol=1e-4, atol=1e-5)


def test_a_radius_of_zero_gives_positive_zeros_as_the_fused_addition_does() -> None:
    for dtype in (np.float32, np.float64):
        normals = B.box_muller(np.zeros((1, 16), dtype), 0.0, 1.0)
        assert (normals == 0).all()
        assert not np.signbit(normals).any()


def test_rows_do_not_depend_on_the_chunk_they_are_computed_in() -> None:
    uniforms = np.random.default_rng(1).random((2 * B.ROWS_AT_ONCE + 5, 16)).astype(np.float32)
    whole = B.box_muller(uniforms, 0.0, 1.0)
    np.testing.assert_array_equal(whole[-7:], B.box_muller(uniforms[-7:], 0.0, 1.0))
