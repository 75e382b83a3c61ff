"""Box and Muller's transform, bit for bit: from pairs of uniform numbers to pairs of normal ones.

For u1 in (0, 1] and u2 in [0, 1), uniform and independent,

    radius = sqrt(-2 log u1)        radius * cos(2 pi u2)   and   radius * sin(2 pi u2)
    theta  = 2 pi u2                are independent and normal with mean 0 and deviation 1

(Annals of Mathematical Statistics 29, 1958). PyTorch fills 16 elements at a time: 8 radii from the
first half of the uniforms, 8 angles from the second, cosines into the first half of the result and
sines into the second.

In float32 PyTorch does not ask the C library for log, cos and sin. Eight lanes of a register hold
eight numbers, and the functions are the short polynomials of Moshier's Cephes library (``logf``,
``sinf``, ``cosf``), each step one instruction that multiplies and adds with a single rounding. To
draw the same weights to the last bit, the same polynomials are walked here with the same roundings:
in doubles, where the product of two float32 values is exact, each step ending in ``single``, the
one rounding of the fused instruction. In float64 PyTorch calls the C library, and so does this,
through Python's ``math``.

PyTorch keeps this in ``aten/src/ATen/native/cpu/DistributionTemplates.h`` (``NormalFill16``) and
``aten/src/ATen/native/cpu/avx_mathfun.h``. Left out on purpose: what PyTorch does on processors
without AVX2 and FMA (the C library's float32 functions), which differs in the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _float32_values(*values: float) -> Array:
    return np.array(values, np.float32).astype(np.float64)


# Cephes single precision. log(1 + x) = x - x**2/2 + x**3 P(x); log 2 and pi/4 are split into parts
# with few bits, whose multiples are exact, and a small remainder.
LOG_POLYNOMIAL = _float32_values(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
LOG_2_HIGH, LOG_2_LOW, SQRT_HALF = _float32_values(0.693359375, -2.12194440e-4, 0.707106781186547524)
FOUR_OVER_PI, TWO_PI = _float32_values(1.27323954473516, 2 * math.pi)
PI_4_PARTS = _float32_values(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)
COS_POLYNOMIAL = _float32_values(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
SIN_POLYNOMIAL = _float32_values(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)

ROWS_AT_ONCE = 2048  # the temporaries of a chunk then stay in the second-level cache


def fused_multiply_add(x: Array, y: Any, z: Any) -> Array:
    """``x * y + z`` rounded once, in the dtype of ``x`` (float32 or float64).

    In float32 the double sum is rounded before, which shows in one sum of 2**29.
    """
    if x.dtype == np.float32:
        wide = x.astype(np.float64)
        wide *= y  # 24 + 24 bits: exact in 53
        wide += z
        narrow: Array = wide.astype(np.float32)
        return narrow
    with np.errstate(over="ignore", invalid="ignore"):
        product = x * y
        x_high, x_low = _split(x)
        y_high, y_low = _split(y)
        product_error = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
        total = product + z
        z_kept = total - product
        total_error = (product - (total - z_kept)) + (z - z_kept)
        fused: Array = total + (total_error + product_error)
        overflowed = ~np.isfinite(fused)
        fused[overflowed] = total[overflowed]
        return fused


def _split(x: Any) -> tuple[Any, Any]:
    """Dekker's splitting of a double into two halves of 26 bits, whose products are exact."""
    shifted = 134217729.0 * x
    high = shifted - (shifted - x)
    return high, x - high


def c_library(function: Callable[[float], float], x: Array) -> Array:
    """``function`` from ``math`` on each element: NumPy's own vector code may be an ulp off."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def single(x: Array) -> Array:
    """Doubles rounded to float32 values, still as doubles."""
    return x.astype(np.float32).astype(np.float64)


def horner(coefficients: Array, x: Array) -> Array:
    """The polynomial with these coefficients, highest power first, rounded at each step."""
    y = np.full(x.shape, coefficients[0])
    for coefficient in coefficients[1:]:
        y *= x
        y += coefficient
        y = single(y)
    return y


def log_float32(x: Array) -> Array:
    """Cephes ``logf`` of positive float32, as doubles: x = m * 2**e, m in [sqrt(1/2), sqrt(2))."""
    bits = x.view(np.int32)
    e = ((bits >> 23) - 126).astype(np.float64)
    m = ((bits & 0x007FFFFF) | 0x3F000000).view(np.float32).astype(np.float64)  # in [1/2, 1)
    low = m < SQRT_HALF
    e -= low
    m = single(np.where(low, m + m, m) - 1)
    square = single(m * m)
    y = single(horner(LOG_POLYNOMIAL, m) * m)
    y = single(y * square + single(e * LOG_2_LOW))
    y = single(y - 0.5 * square)
    return single(single(m + y) + e * LOG_2_HIGH)


def sincos_float32(x: Array) -> tuple[Array, Array]:
    """Cephes ``sinf`` and ``cosf`` of x >= 0, as doubles: reduced by an even number of octants."""
    octant = (single(x * FOUR_OVER_PI).astype(np.int32) + 1) & ~1
    multiple = octant.astype(np.float64)
    for part in PI_4_PARTS:
        x = single(x - multiple * part)
    square = single(x * x)
    cosine = single(horner(COS_POLYNOMIAL, square) * square)
    cosine = single(single(cosine * square - 0.5 * square) + 1)
    sine = single(horner(SIN_POLYNOMIAL, square) * square)
    sine = single(sine * x + x)
    quarter = octant & 2 != 0  # a quarter turn swaps the two, and half turns change signs
    sin_sign = 1 - 0.5 * (octant & 4)
    cos_sign = 1 - 0.5 * ((octant + 2) & 4)
    return np.where(quarter, cosine, sine) * sin_sign, np.where(quarter, sine, cosine) * cos_sign


def box_muller(uniforms: Array, mean: float, std: float) -> Array:
    """``(rows, 16)`` uniforms on [0, 1) -> ``(rows, 16)`` normals, both float32 or both float64."""
    normals = np.empty_like(uniforms)
    transform = _box_muller_float32 if uniforms.dtype == np.float32 else _box_muller_float64
    for start in range(0, len(uniforms), ROWS_AT_ONCE):
        chunk = uniforms[start : start + ROWS_AT_ONCE]
        u1 = 1 - chunk[:, :8]  # [0, 1) -> (0, 1] for the logarithm
        first, second = transform(u1, chunk[:, 8:])
        chunk = normals[start : start + ROWS_AT_ONCE]
        chunk[:, :8] = scale_and_shift(first, mean, std)
        chunk[:, 8:] = scale_and_shift(second, mean, std)
    return normals


def scale_and_shift(x: Array, mean: float, std: float) -> Array:
    """``x * std + mean`` rounded once, in the dtype of ``x``."""
    if mean != 0:
        return fused_multiply_add(x, x.dtype.type(std), x.dtype.type(mean))
    product: Array = x * x.dtype.type(std)
    product += x.dtype.type(0)  # makes -0.0 a 0.0, as the fused operation does
    return product


def _box_muller_float32(u1: Array, u2: Array) -> tuple[Array, Array]:
    radius = single(np.sqrt(-2 * log_float32(u1)))
    sine, cosine = sincos_float32(single(TWO_PI * u2.astype(np.float64)))
    return (radius * cosine).astype(np.float32), (radius * sine).astype(np.float32)


def _box_muller_float64(u1: Array, u2: Array) -> tuple[Array, Array]:
    radius = np.sqrt(-2 * c_library(math.log, u1))
    theta = 2 * math.pi * u2
    return radius * c_library(math.cos, theta), radius * c_library(math.sin, theta)
