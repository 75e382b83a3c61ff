"""The error function and its inverse on arrays, which NumPy does not have.

    erf(x) = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x            erfc(x) = 1 - erf(x)

In double precision these are the rational approximations of Sun's fdlibm (``s_erf.c``, 1993), one for each of four
intervals of |x|, accurate to one unit in the last place:

    [0, 0.84375)     erf = x + x P(x^2) / Q(x^2)
    [0.84375, 1.25)  erf = c + P(|x| - 1) / Q(|x| - 1),   c = 0.845...
    [1.25, 1/0.35)   erfc = exp(-x^2 - 0.5625 + R(1/x^2) / S(1/x^2)) / |x|,  and the same with other R, S up to 28

In single precision one rational function serves: erf(x) = x P(x^2) / Q(x^2) for |x| <= 4, behind which it is 1. It is
evaluated in blocks that stay in the cache.

PyTorch takes ``erf`` from the SLEEF library (``aten/src/ATen/cpu/vec``) and keeps ``erfinv`` in ``Math.h``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.ops.arrays.blocks import blocks

_ERX = 8.45062911510467529297e-01
_SMALL_P = (1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
            -5.77027029648944159157e-03, -2.37630166566501626084e-05)  # fmt: skip
_SMALL_Q = (1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
            1.32494738004321644526e-04, -3.96022827877536812320e-06)  # fmt: skip
_MIDDLE_P = (-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
             3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
             -2.16637559486879084300e-03)  # fmt: skip
_MIDDLE_Q = (1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
             1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02)  # fmt: skip
_LARGE_R = (-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
            -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
            -8.12874355063065934246e+01, -9.81432934416914548592e+00)  # fmt: skip
_LARGE_S = (1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02,
            6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
            6.57024977031928170135e+00, -6.04244152148580987438e-02)  # fmt: skip
_HUGE_R = (-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
           -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
           -4.83519191608651397019e+02)  # fmt: skip
_HUGE_S = (1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03,
           3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
           -2.24409524465858183362e+01)  # fmt: skip


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """c0 + c1 x + c2 x^2 + ..., by Horner's rule."""
    value = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        value += coefficient
        value *= x
    value += coefficients[0]
    return value


# ---- double precision ---------------------------------------------------------------------------------------------


def _tail(xp: Any, size: Any, r: Sequence[float], s: Sequence[float]) -> Any:
    """erfc for |x| = ``size`` >= 1.25. The square is split so that exp gets it exactly."""
    inverse_square = 1.0 / (size * size)
    ratio = _polynomial(r, inverse_square) / _polynomial(s, inverse_square)
    head = (size.view(xp.int64) & -(1 << 32)).view(xp.float64)  # the upper half of the bits
    return xp.exp(-head * head - 0.5625) * xp.exp((head - size) * (head + size) + ratio) / size


def _erfc_beyond(xp: Any, size: Any) -> Any:
    """erfc of ``size`` >= 1.25."""
    result = xp.empty_like(size)
    near = size < 1 / 0.35
    far = xp.logical_and(xp.logical_not(near), size < 28)
    result[near] = _tail(xp, size[near], _LARGE_R, _LARGE_S)
    result[far] = _tail(xp, size[far], _HUGE_R, _HUGE_S)
    result[size >= 28] = 0.0
    return result


def _by_interval(xp: Any, x: Any, complement: bool) -> Any:
    """erf, or erfc, of a one-dimensional float64 array."""
    size = xp.abs(x)
    result = xp.array(x)  # nan stays
    small = size < 0.84375
    values = x[small]
    square = values * values
    change = values * (_polynomial(_SMALL_P, square) / _polynomial(_SMALL_Q, square))
    if complement:
        result[small] = xp.where(values < 0.25, 1.0 - (values + change), 0.5 - (values - 0.5 + change))
    else:
        result[small] = values + change
    middle = xp.logical_and(xp.logical_not(small), size < 1.25)
    beyond = size[middle] - 1.0
    ratio = _polynomial(_MIDDLE_P, beyond) / _polynomial(_MIDDLE_Q, beyond)
    sign = xp.sign(x[middle])
    if complement:
        result[middle] = xp.where(sign > 0, 1.0 - _ERX - ratio, 1.0 + (_ERX + ratio))
    else:
        result[middle] = sign * (_ERX + ratio)
    outside = size >= 1.25
    rest = _erfc_beyond(xp, size[outside])
    sign = xp.sign(x[outside])
    if complement:
        result[outside] = xp.where(sign > 0, rest, 2.0 - rest)
    else:
        result[outside] = sign * (1.0 - rest)
    return result


# ---- single precision ---------------------------------------------------------------------------------------------

_FLOAT_P = (-1.60960333262415e-02, -2.95459980854025e-03, -7.34990630326855e-04, -5.69250639462346e-05,
            -2.10102402082508e-06, 2.77068142495902e-08, -2.72614225801306e-10)  # fmt: skip
_FLOAT_Q = (-1.42647390514189e-02, -7.37332916720468e-03, -1.68282697438203e-03, -2.13374055278905e-04,
            -1.45660718464996e-05)  # fmt: skip


def _erf_float32(xp: Any, x: Any) -> Any:
    x = xp.minimum(xp.maximum(x, -4.0), 4.0)
    square = x * x
    result = _polynomial(_FLOAT_P, square)
    result *= x
    result /= _polynomial(_FLOAT_Q, square)
    return result


# ---- what operators call ------------------------------------------------------------------------------------------


def erf(xp: Any, x: Any, out: Any = None) -> Any:
    """erf of a float32 or float64 array."""
    if x.dtype == np.float32:
        return _blockwise(xp, x, out, _erf_float32, 16)
    return _blockwise(xp, x, out, lambda xp, part: _by_interval(xp, part, False), 64)


def erfc(xp: Any, x: Any, out: Any = None) -> Any:
    """erfc of a float32 or float64 array, in double precision: its small values must not be differences of large."""
    return _blockwise(xp, x, out, lambda xp, part: _by_interval(xp, part.astype(xp.float64), True), 64)


def _blockwise(xp: Any, x: Any, out: Any, function: Any, bytes_each: int) -> Any:
    flat = xp.ravel(x)
    result = xp.empty_like(flat)
    for part in blocks(xp, flat.size, bytes_each):
        result[part] = function(xp, flat[part])
    result = result.reshape(x.shape)
    if out is None:
        return result
    out[...] = result
    return out


_CENTRAL = ((0.886226899, -1.645349621, 0.914624893, -0.140543331),
            (1.0, -2.118377725, 1.442710462, -0.329097515, 0.012229801))  # fmt: skip
_OUTER = ((-1.970840454, -1.624906493, 3.429567803, 1.641345311), (1.0, 3.543889200, 1.637067800))


def erfcx(xp: Any, x: Any) -> Any:
    """exp(x^2) erfc(x), which falls like 1 / x: the tail of erfc without its exponential."""
    values = xp.asarray(x, xp.float64)
    size = xp.maximum(values, 1.25)
    inverse_square = 1.0 / (size * size)
    near = _polynomial(_LARGE_R, inverse_square) / _polynomial(_LARGE_S, inverse_square)
    far = _polynomial(_HUGE_R, inverse_square) / _polynomial(_HUGE_S, inverse_square)
    tail = xp.exp(xp.where(size < 1 / 0.35, near, far) - 0.5625) / size
    inner = xp.clip(values, -26.7, 1.25)
    middle = xp.exp(inner * inner) * erfc(xp, inner)
    result = xp.where(values > 1.25, tail, xp.where(values < -26.7, xp.inf, middle))
    return xp.where(xp.isnan(values), values, result).astype(x.dtype)


def erfinv(xp: Any, y: Any) -> Any:
    """The x with erf(x) = y: a rational first guess, then two steps of Newton's method. nan outside [-1, 1]."""
    values = xp.asarray(y, xp.float64)
    size = xp.abs(values)
    square = values * values
    central = values * _polynomial(_CENTRAL[0], square) / _polynomial(_CENTRAL[1], square)
    root = xp.sqrt(-xp.log((1.0 - size) / 2.0))
    outer = xp.copysign(_polynomial(_OUTER[0], root) / _polynomial(_OUTER[1], root), values)
    x = xp.where(size <= 0.7, central, outer)
    for _ in range(2):
        x = x - (erf(xp, xp.atleast_1d(x)).reshape(x.shape) - values) / (2 / np.sqrt(np.pi) * xp.exp(-x * x))
    x = xp.where(size == 1, xp.copysign(xp.inf, values), x)
    return xp.where(size > 1, xp.nan, x).astype(y.dtype)
