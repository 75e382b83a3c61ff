"""The normal distribution function and its relatives: ``ndtr log_ndtr ndtri erfcx``, and the entropies of ``special``.

    ndtr(x) = (1 + erf(x / sqrt 2)) / 2       log_ndtr = log ndtr       ndtri(p): ndtr(ndtri(p)) = p
    erfcx(x) = e^(x^2) erfc(x)                entr(x) = -x log x        xlog1py(x, y) = x log(1 + y)

``ndtr`` is composed of ``erf``, so it has no derivative of its own. That of ``log_ndtr`` is the ratio of density and
distribution function, which ``erfcx`` gives without dividing two numbers that are both too small.

PyTorch: ``aten/src/ATen/native/UnaryOps.cpp``, ``BinaryOps.cpp``; ``Math.h`` for the numbers.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import error_function, normal_quantile
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.elementary import erf
from minitorch.ops.elementwise.scalar_forms import add_number, mul_number
from minitorch.ops.elementwise.selection import where
from minitorch.ops.reductions.reduction import deliver
from minitorch.tensor_base import TensorBase

_ROOT_HALF = math.sqrt(0.5)


def ndtr(input: Any, *, out: Any = None) -> Any:
    """Probability that a standard normal lies below ``input``."""
    arg.check_tensor(input, "special_ndtr")
    if input._dtype.category < dtypes.FLOATING:
        input = input.to(dtypes.get_default_dtype())
    return deliver(mul_number(add_number(erf(mul_number(input, _ROOT_HALF)), 1.0), 0.5), out, "special_ndtr", input)


@pointwise("SpecialLogNdtrBackward0", promotion="float", kinds="f", check=arg.refuse_half)
def log_ndtr(xp: Any, input: Any, out: Any) -> Any:
    """log of ``ndtr``, exact far into the lower tail."""
    return normal_quantile.log_ndtr(xp, xp.asarray(input))


@log_ndtr.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad / erfcx(input * -_ROOT_HALF) * math.sqrt(2 / math.pi)


@pointwise("SpecialNdtriBackward0", promotion="float", kinds="f", check=arg.refuse_half)
def ndtri(xp: Any, input: Any, out: Any) -> Any:
    """The quantile of the standard normal distribution."""
    return normal_quantile.ndtri(xp, xp.asarray(input))


@ndtri.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return grad * math.sqrt(2 * math.pi) * (result.square() / 2).exp()


@pointwise("SpecialErfcxBackward0", promotion="float", kinds="f", check=arg.refuse_half)
def erfcx(xp: Any, input: Any, out: Any) -> Any:
    """exp(input^2) erfc(input)."""
    return error_function.erfcx(xp, xp.asarray(input))


@erfcx.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return (2 * input * result - 2 / math.sqrt(math.pi)) * grad


# ---- entropies ------------------------------------------------------------------------------------------------------


@pointwise("SpecialEntrBackward0", promotion="float", kinds="f")
def entr(xp: Any, input: Any, out: Any) -> Any:
    """-input log(input); 0 at 0, minus infinity below."""
    positive = xp.where(input > 0, input, 1)
    result = xp.where(input > 0, -positive * xp.log(positive), xp.where(input == 0, 0.0, -math.inf))
    return xp.where(xp.isnan(input), input, result).astype(input.dtype)


@entr.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * where(input.isnan(), input, -input.log() - 1)


def _xlog1py_forward(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input * log(1 + other); 0 where input is 0 and other is a number."""
    return xp.where((input == 0) & ~xp.isnan(other), 0.0, input * xp.log1p(other))


def _by_input(grad: Any, input: Any, other: Any) -> Any:
    below = (input == 0) & (other <= -1)
    product = xlog1py(grad, other)
    return product.masked_fill(below, 0.0) if isinstance(below, TensorBase) else product  # type: ignore[unreachable]


def _by_other(grad: Any, input: Any, other: Any) -> Any:
    return grad * input / (other + 1)


_xlog1py = pointwise("SpecialXlog1PyBackward0", promotion="float", kinds="f")(_xlog1py_forward)
_xlog1py.derivative("input")(_by_input)
_xlog1py.derivative("other")(_by_other)
_xlog1py_of_number = pointwise("SpecialXlog1PyBackward1", promotion="float", kinds="f")(_xlog1py_forward)
_xlog1py_of_number.derivative("other")(_by_other)
_xlog1py_at_number = pointwise("SpecialXlog1PyBackward2", promotion="float", kinds="f")(_xlog1py_forward)
_xlog1py_at_number.derivative("input")(_by_input)


def xlog1py(input: Any, other: Any, *, out: Any = None) -> Any:
    """input * log(1 + other); one of them may be a number."""
    if not isinstance(input, TensorBase):
        return _xlog1py_of_number(input, other, out=out)
    return (_xlog1py if isinstance(other, TensorBase) else _xlog1py_at_number)(input, other, out=out)
