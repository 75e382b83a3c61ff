"""The gamma function's family: ``lgamma digamma polygamma mvlgamma igamma igammac zeta``.

Each is the derivative of the one before, which is what makes this file short:

    lgamma  -->  digamma  -->  polygamma(1)  -->  polygamma(2)  -->  ...

The incomplete gamma functions know their derivative with respect to the upper limit, which is the integrand. With
respect to the order ``a`` there is no closed form; PyTorch has none, and neither has this.

How they are computed stands in ``arrays/gamma.py``. PyTorch: ``aten/src/ATen/native/UnaryOps.cpp``, ``BinaryOps.cpp``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import gamma as gamma_arrays
from minitorch.ops.declare.pointwise import pointwise
from minitorch.tensor_base import TensorBase

# ---- of one operand -------------------------------------------------------------------------------------------------


@pointwise(promotion="float", kinds="f")
def lgamma(xp: Any, input: Any, out: Any) -> Any:
    """log |Gamma(input)|."""
    return gamma_arrays.lgamma(xp, input)


@lgamma.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * digamma(input)


@pointwise(promotion="float", kinds="f")
def digamma(xp: Any, input: Any, out: Any) -> Any:
    """Derivative of log Gamma."""
    return gamma_arrays.digamma(xp, input)


@digamma.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * polygamma(1, input)


@pointwise("PolygammaBackward0", promotion="float", kinds="f")
def _polygamma(xp: Any, input: Any, out: Any, n: int) -> Any:
    """The n-th derivative of digamma."""
    return gamma_arrays.polygamma(xp, n, input)


@_polygamma.derivative("input")
def _(grad: Any, input: Any, n: int) -> Any:
    return grad * _polygamma(input, n + 1)


_polygamma_inplace = pointwise("PolygammaBackward1", promotion="float", kinds="f")(_polygamma.operator.forward)


@_polygamma_inplace.derivative("input")
def _(grad: Any, input: Any, n: int) -> Any:
    return grad * _polygamma(input, n + 1)


def _order(n: Any) -> int:
    order = arg.integer(n, "polygamma", "n")
    if order < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, but got n = {order}.")
    return order


def polygamma(n: int, input: Any, *, out: Any = None) -> Any:
    """The ``n``-th derivative of digamma, ``n >= 0``."""
    arg.check_tensor(input, "polygamma", position=2)
    return _polygamma(input, _order(n), out=out)


def polygamma_of(input: Any, n: int) -> Any:
    """``x.polygamma(n)``, the method."""
    return _polygamma(input, _order(n))


def polygamma_(input: Any, n: int) -> Any:
    """In-place form of ``polygamma``."""
    return _polygamma_inplace.inplace(input, _order(n))


@pointwise("MvlgammaBackward0", promotion="float", kinds="f")
def _mvlgamma(xp: Any, input: Any, out: Any, p: int) -> Any:
    """log of the multivariate gamma function: p (p - 1) / 4 log pi + the sum of lgamma(input - j / 2), j < p."""
    total = gamma_arrays.lgamma(xp, input)
    for j in range(1, p):
        total = total + gamma_arrays.lgamma(xp, input - 0.5 * j)
    return total + total.dtype.type(p * (p - 1) / 4 * math.log(math.pi))


@_mvlgamma.derivative("input")
def _(grad: Any, input: Any, p: int) -> Any:
    slope = digamma(input)
    for j in range(1, p):
        slope = slope + digamma(input - 0.5 * j)
    return grad * slope


def _dimension(input: Any, p: Any, function: str) -> int:
    arg.check_tensor(input, function)
    dimension = arg.integer(p, function, "p")
    if input._dtype is dtypes.bool_:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    if dimension < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    return dimension


def mvlgamma(input: Any, p: int, *, out: Any = None) -> Any:
    """log of the multivariate gamma function of dimension ``p``."""
    return _mvlgamma(input, _dimension(input, p, "mvlgamma"), out=out)


def mvlgamma_(input: Any, p: int) -> Any:
    """In-place form of ``mvlgamma``."""
    return _mvlgamma.inplace(input, _dimension(input, p, "mvlgamma_"))


# ---- incomplete gamma -----------------------------------------------------------------------------------------------


def _slope(a: Any, x: Any) -> Any:
    """The integrand over Gamma(a): x^(a-1) e^-x / Gamma(a)."""
    return ((a - 1) * x.log() - x - lgamma(a)).exp()


@pointwise(kinds="f", numbers="refused")
def igamma(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Regularized lower incomplete gamma function of order ``input`` up to ``other``."""
    return gamma_arrays.igamma(xp, input, other)


@igamma.derivative("input")
def _(grad: Any) -> Any:
    raise NotImplementedError("the derivative for 'igamma: input' is not implemented.")


@igamma.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return grad * _slope(input, other)


@pointwise(kinds="f", numbers="refused")
def igammac(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Regularized upper incomplete gamma function of order ``input`` from ``other`` on."""
    return gamma_arrays.igammac(xp, input, other)


@igammac.derivative("input")
def _(grad: Any) -> Any:
    raise NotImplementedError("the derivative for 'igammac: input' is not implemented.")


@igammac.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return -grad * _slope(input, other)


# ---- zeta -----------------------------------------------------------------------------------------------------------


def _zeta_forward(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Hurwitz' zeta function: the sum of (k + other)^-input over k = 0, 1, ..."""
    return gamma_arrays.zeta(xp, xp.asarray(input), xp.asarray(other))


def _zeta_by_input(grad: Any) -> Any:
    raise NotImplementedError("the derivative for 'zeta' is not implemented.")


def _zeta_by_other(grad: Any, input: Any, other: Any) -> Any:
    return grad * -input * zeta(input + 1.0, other)


_zeta = pointwise("SpecialZetaBackward0", promotion="float", kinds="f", check=arg.refuse_half)(_zeta_forward)
_zeta.derivative("input")(_zeta_by_input)
_zeta.derivative("other")(_zeta_by_other)
_zeta_of_number = pointwise("SpecialZetaBackward1", promotion="float", kinds="f", check=arg.refuse_half)(_zeta_forward)
_zeta_of_number.derivative("other")(_zeta_by_other)
_zeta_at_number = pointwise("SpecialZetaBackward2", promotion="float", kinds="f", check=arg.refuse_half)(_zeta_forward)
_zeta_at_number.derivative("input")(_zeta_by_input)


def zeta(input: Any, other: Any, *, out: Any = None) -> Any:
    """Hurwitz' zeta function of exponent ``input`` from ``other`` on; one of them may be a number."""
    if not isinstance(input, TensorBase):
        return _zeta_of_number(input, other, out=out)
    return (_zeta if isinstance(other, TensorBase) else _zeta_at_number)(input, other, out=out)
