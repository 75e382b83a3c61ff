"""The gamma function's relatives on arrays, none of which NumPy has: ``lgamma digamma polygamma zeta igamma igammac``.

    lgamma(x)    log |Gamma(x)|                     zeta(s, q)    sum over k >= 0 of (k + q)^-s  (Hurwitz)
    digamma(x)   d lgamma / dx                      polygamma(n)  (-1)^(n+1) n! zeta(n + 1, x)
    igamma(a, x) integral of t^(a-1) e^-t from 0 to x, over Gamma(a);      igammac = 1 - igamma

All of them but ``lgamma`` are computed the same way: push the argument up with a recurrence until it is large, then sum
the first terms of an asymptotic series. For digamma, with psi(x) = psi(x + 1) - 1 / x,

    psi(x) ~ log x - 1 / (2 x) - sum B_2k / (2 k x^2k)

and for negative x the reflection psi(1 - x) - pi / tan(pi x). The incomplete gamma functions are a power series where
x is below a, and a continued fraction above it.

Everything is computed in float64 and rounded once. PyTorch: ``aten/src/ATen/native/Math.h`` (from Moshier's Cephes).
Left out on purpose: Temme's uniform expansion of ``igamma`` for large a near x, a table of 600 numbers; the series need
more terms there instead.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.core.box_muller import c_library

# 2 k (2 k)! / B_2k: the Euler-Maclaurin correction of zeta.
_EULER_MACLAURIN = (
    12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1.8924375803183791606e9, 7.47242496e10,
    -2.950130727918164224e12, 1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17,
    -7.1661652561756670113e18,
)  # fmt: skip
# B_2k / (2 k), k = 7 down to 1
_DIGAMMA_SERIES = (1 / 12, -691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12)
_PSI_10 = 2.25175258906672110764
_TINY = 1e-300


def lgamma(xp: Any, x: Any) -> Any:
    """log |Gamma(x)|, by the array module or else the C library; infinite at 0, -1, -2, ..."""
    values = xp.asarray(x, xp.float64)
    pole = ((values <= 0) & (values == xp.floor(values))) | xp.isinf(values)
    values = xp.where(pole, 1.0, values)
    result = xp.lgamma(values) if hasattr(xp, "lgamma") else c_library(math.lgamma, values)
    return xp.where(pole, math.inf, result).astype(x.dtype)


# ---- derivatives of lgamma ------------------------------------------------------------------------------------------


def digamma(xp: Any, x: Any) -> Any:
    """The logarithmic derivative of Gamma; nan at the negative integers, minus infinity times the sign of zero at 0."""
    values = xp.asarray(x, xp.float64)
    negative = values < 0
    upper = _digamma_of_positive(xp, xp.where(negative, 1 - values, xp.abs(values)))
    fraction = values - xp.trunc(values)  # tan has period pi, and the fraction is exact
    result = xp.where(negative, upper - math.pi / xp.tan(math.pi * xp.where(negative, fraction, 0.25)), upper)
    result = xp.where(negative & (fraction == 0), math.nan, result)
    return xp.where(values == 0, xp.copysign(math.inf, -values), result).astype(x.dtype)


def _digamma_of_positive(xp: Any, x: Any) -> Any:
    result = xp.zeros_like(x)
    for _ in range(10):
        small = x < 10
        result = result - xp.where(small, 1 / xp.where(small & (x > 0), x, 1.0), 0.0)
        x = xp.where(small, x + 1, x)
    square = 1 / (x * x)
    series = xp.zeros_like(x)
    for coefficient in _DIGAMMA_SERIES:
        series = series * square + coefficient
    return xp.where(x == 10, result + _PSI_10, result + xp.log(x) - 0.5 / x - series * square)


def polygamma(xp: Any, n: int, x: Any) -> Any:
    """The n-th derivative of digamma."""
    if n == 0:
        return digamma(xp, x)
    if n == 1:
        return _trigamma(xp, x)
    values = xp.asarray(x, xp.float64)
    factor = (1.0 if n % 2 else -1.0) * math.exp(math.lgamma(n + 1.0))
    return (factor * _zeta(xp, xp.full(values.shape, n + 1.0), values)).astype(x.dtype)


def _trigamma(xp: Any, x: Any) -> Any:
    values = xp.asarray(x, xp.float64)
    reflected = values < 0.5
    sine = xp.sin(math.pi * xp.where(reflected, values, 0.5))
    result = xp.where(reflected, -((math.pi / sine) ** 2), 0.0)
    values = xp.where(reflected, 1 - values, values)
    for _ in range(6):
        result = result + 1 / (values * values)
        values = values + 1
    square = 1 / (values * values)
    series = 1 + 1 / (2 * values) + square * (1 / 6 - square * (1 / 30 - square * (1 / 42)))
    result = result + series / values
    return xp.where(reflected, -result, result).astype(x.dtype)


# ---- zeta -----------------------------------------------------------------------------------------------------------


def zeta(xp: Any, s: Any, q: Any) -> Any:
    """Hurwitz' zeta function, sum of (k + q)^-s. Infinite for s = 1 and where q is 0, -1, ...; nan for s < 1."""
    dtype = np.result_type(s, q)
    s, q = xp.broadcast_arrays(xp.asarray(s, xp.float64), xp.asarray(q, xp.float64))
    return _zeta(xp, s, q).astype(dtype)


def _zeta(xp: Any, s: Any, q: Any) -> Any:
    """Terms up to q + 9 one by one, the rest by Euler and Maclaurin's formula."""
    pole = (q <= 0) & (q == xp.floor(q))
    undefined = (s < 1) | ((q <= 0) & ~pole & (s != xp.floor(s)))
    usable = ~(undefined | pole | (s == 1) | xp.isnan(s) | xp.isnan(q))
    exponent, base = xp.where(usable, s, 2.0), xp.where(usable, q, 1.0)
    total, at = base**-exponent, base
    last = xp.zeros_like(total)
    count = 0
    while count < 9 or (at <= 9).any():
        more = (at <= 9) | (count < 9)
        at = xp.where(more, at + 1, at)
        last = xp.where(more, at**-exponent, last)
        total = xp.where(more, total + last, total)
        count += 1
    total = total + last * at / (exponent - 1) - 0.5 * last
    rising = xp.ones_like(total)
    for k, divisor in enumerate(_EULER_MACLAURIN):
        rising = rising * (exponent + 2 * k)
        last = last / at
        total = total + rising * last / divisor
        rising = rising * (exponent + 2 * k + 1)
        last = last / at
    result = xp.where(usable, total, math.nan)
    return xp.where((s == 1) | (~(s < 1) & pole), math.inf, result)


# ---- incomplete gamma -----------------------------------------------------------------------------------------------


def igamma(xp: Any, a: Any, x: Any) -> Any:
    """The lower incomplete gamma function, regularized: from 0 at x = 0 to 1 at infinity."""
    return _incomplete(xp, a, x, lower=True)


def igammac(xp: Any, a: Any, x: Any) -> Any:
    """The upper incomplete gamma function, regularized: ``1 - igamma``, without the cancellation."""
    return _incomplete(xp, a, x, lower=False)


def _incomplete(xp: Any, a: Any, x: Any, lower: bool) -> Any:
    dtype = np.result_type(a, x)
    a, x = xp.broadcast_arrays(xp.asarray(a, xp.float64), xp.asarray(x, xp.float64))
    inside = (a > 0) & (x > 0) & xp.isfinite(a) & xp.isfinite(x)
    by_series = inside & (x <= xp.maximum(a, 1.0))
    by_fraction = inside & ~by_series
    low = xp.full(a.shape, math.nan)  # igamma
    high = xp.full(a.shape, math.nan)  # igammac
    low[by_series] = _series(xp, a[by_series], x[by_series])
    high[by_series] = 1 - low[by_series]
    high[by_fraction] = _continued_fraction(xp, a[by_fraction], x[by_fraction])
    low[by_fraction] = 1 - high[by_fraction]
    defined = ~((x < 0) | (a < 0))
    nothing = defined & (a != 0) & ((x == 0) | (xp.isinf(a) & ~xp.isinf(x)))
    everything = defined & (((a == 0) & (x > 0)) | ((a != 0) & ~xp.isinf(a) & xp.isinf(x)))
    low = xp.where(nothing, 0.0, xp.where(everything, 1.0, low))
    high = xp.where(nothing, 1.0, xp.where(everything, 0.0, high))
    return (low if lower else high).astype(dtype)


def _prefactor(xp: Any, a: Any, x: Any) -> Any:
    """x^a e^-x / Gamma(a). For large a the exponents nearly cancel, so Stirling's formula takes them together."""
    large = a > 30
    center = xp.where(large, a, 1.0)
    relative = (x - center) / center
    close = xp.abs(relative) < 0.5
    # a log(x / a) - (x - a): log1p keeps the digits where x is near a
    exponent = center * xp.where(
        close, xp.log1p(xp.where(close, relative, 0.0)) - relative, xp.log(x / center) - relative
    )
    correction = 1 / (12 * center) - 1 / (360 * center**3) + 1 / (1260 * center**5)
    stirling = xp.exp(exponent - correction) * xp.sqrt(center / (2 * math.pi))
    plain = xp.exp(a * xp.log(x) - x - lgamma(xp, a))
    return xp.where(large, stirling, plain)


def _series(xp: Any, a: Any, x: Any) -> Any:
    """x^a e^-x / Gamma(a + 1) * (1 + x / (a + 1) + x^2 / ((a + 1)(a + 2)) + ...)."""
    term, total, below = xp.ones_like(x), xp.ones_like(x), a
    for _ in range(5000):
        below = below + 1
        term = term * x / below
        total = total + term
        if not (term > 1e-17 * total).any():
            break
    return total * _prefactor(xp, a, x) / a


def _continued_fraction(xp: Any, a: Any, x: Any) -> Any:
    """x^a e^-x / Gamma(a) * 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)), by Lentz' method."""
    b = x + 1 - a
    c = xp.full(x.shape, 1 / _TINY)
    d = 1 / xp.where(xp.abs(b) < _TINY, _TINY, b)
    result = d
    for k in range(1, 5000):
        step = k * (a - k)
        b = b + 2
        d = step * d + b
        d = 1 / xp.where(xp.abs(d) < _TINY, _TINY, d)
        c = b + step / c
        c = xp.where(xp.abs(c) < _TINY, _TINY, c)
        change = c * d
        result = result * change
        if not (xp.abs(change - 1) > 1e-16).any():
            break
    return result * _prefactor(xp, a, x)
