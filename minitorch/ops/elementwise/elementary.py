"""Elementary functions: exponentials, logarithms, trigonometry, sigmoid and the error function.

One operand, integers become the default float first. Each derivative is the formula from the
table in a calculus book, written with the result where that is cheaper than the input: exp' = exp, tanh' = 1 - tanh^2.

PyTorch: ``aten/src/ATen/native/UnaryOps.cpp``; formulas in ``tools/autograd/derivatives.yaml``.
What is less elementary: ``gamma_functions.py``, ``bessel_functions.py``, ``normal_functions.py``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.arrays import error_function
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.declare.in_place_name import name_in_place
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import conj, neg
from minitorch.ops.elementwise.selection import keep_where

_LN_2, _LN_10 = math.log(2.0), math.log(10.0)
_TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)

# ---- exponentials -------------------------------------------------------------------------------------------------


@pointwise(promotion="float")
def exp(xp: Any, input: Any, out: Any) -> Any:
    """e ** input."""
    return xp.exp(input, out)


@exp.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return grad * conj(result)


@pointwise(promotion="float")
def exp2(xp: Any, input: Any, out: Any) -> Any:
    """2 ** input."""
    return xp.exp(input * _LN_2, out) if input.dtype.kind == "c" else xp.exp2(input, out)


@exp2.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return grad * conj(result) * _LN_2


@pointwise(promotion="float")
def expm1(xp: Any, input: Any, out: Any) -> Any:
    """e ** input - 1, accurate near 0."""
    return xp.expm1(input, out)


@expm1.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return grad * (conj(result) + 1)


# ---- logarithms ---------------------------------------------------------------------------------------------------


@pointwise(promotion="float")
def log(xp: Any, input: Any, out: Any) -> Any:
    """Natural logarithm."""
    return xp.log(input, out)


@log.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad / conj(input)


@pointwise(promotion="float")
def log2(xp: Any, input: Any, out: Any) -> Any:
    """Logarithm to the base 2."""
    return xp.log2(input, out)


@log2.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad / (conj(input) * _LN_2)


@pointwise(promotion="float")
def log10(xp: Any, input: Any, out: Any) -> Any:
    """Logarithm to the base 10."""
    return xp.log10(input, out)


@log10.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad / (conj(input) * _LN_10)


@pointwise("Log1PBackward0", promotion="float")
def log1p(xp: Any, input: Any, out: Any) -> Any:
    """log(1 + input), accurate near 0."""
    return xp.log1p(input, out)


@log1p.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad / (conj(input) + 1)


# ---- trigonometry -------------------------------------------------------------------------------------------------


@pointwise(promotion="float")
def sin(xp: Any, input: Any, out: Any) -> Any:
    """Sine of radians."""
    return xp.sin(input, out)


@sin.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * conj(cos(input))


@pointwise(promotion="float")
def cos(xp: Any, input: Any, out: Any) -> Any:
    """Cosine of radians."""
    return xp.cos(input, out)


@cos.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * neg(conj(sin(input)))


@pointwise(promotion="float")
def tan(xp: Any, input: Any, out: Any) -> Any:
    """Tangent of radians."""
    return xp.tan(input, out)


@tan.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return grad * conj(1 + result * result)


@pointwise(promotion="float")
def asin(xp: Any, input: Any, out: Any) -> Any:
    """Inverse sine."""
    return xp.arcsin(input, out)


@asin.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * conj((1 - input * input).rsqrt())


@pointwise(promotion="float")
def acos(xp: Any, input: Any, out: Any) -> Any:
    """Inverse cosine."""
    return xp.arccos(input, out)


@acos.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * neg(conj((1 - input * input).rsqrt()))


@pointwise(promotion="float")
def atan(xp: Any, input: Any, out: Any) -> Any:
    """Inverse tangent."""
    return xp.arctan(input, out)


@atan.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad / conj(input * input + 1)


@pointwise(promotion="float", kinds="f", numbers="refused")
def atan2(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """The angle of the point (other, input)."""
    return xp.arctan2(input, other, out)


@atan2.derivative("input", "other")
def _(grad: Any, input: Any, other: Any, needs: Any) -> Any:
    square = input * input + other * other
    share = grad * keep_where(square != 0, 1 / square)
    return share * other if needs[0] else None, share * neg(input) if needs[1] else None


# ---- hyperbolic functions -----------------------------------------------------------------------------------------


@pointwise(promotion="float")
def sinh(xp: Any, input: Any, out: Any) -> Any:
    """Hyperbolic sine."""
    return xp.sinh(input, out)


@sinh.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * conj(cosh(input))


@pointwise(promotion="float")
def cosh(xp: Any, input: Any, out: Any) -> Any:
    """Hyperbolic cosine."""
    return xp.cosh(input, out)


@cosh.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * conj(sinh(input))


@pointwise(promotion="float")
def tanh(xp: Any, input: Any, out: Any) -> Any:
    """Hyperbolic tangent."""
    return xp.tanh(input, out)


@tanh.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return tanh_backward(grad, conj(result))


@pointwise()
def tanh_backward(xp: Any, grad_output: Any, output: Any, out: Any) -> Any:
    """grad_output * (1 - output^2)."""
    if (kernels := kernels_for("activation", grad_output, output, out)) is not None:
        return kernels.backward("Tanh", grad_output, output, out)
    return xp.multiply(grad_output, 1 - output * output, out)


@tanh_backward.derivative("grad_output")
def _(grad: Any, output: Any) -> Any:
    return tanh_backward(grad, conj(output))


@tanh_backward.derivative("output")
def _(grad: Any, grad_output: Any, output: Any) -> Any:
    return grad * conj(-2 * grad_output * output)


@pointwise(promotion="float")
def asinh(xp: Any, input: Any, out: Any) -> Any:
    """Inverse hyperbolic sine."""
    return xp.arcsinh(input, out)


@asinh.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * conj((input * input + 1).rsqrt())


@pointwise(promotion="float")
def acosh(xp: Any, input: Any, out: Any) -> Any:
    """Inverse hyperbolic cosine."""
    return xp.arccosh(input, out)


@acosh.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * conj((input - 1).rsqrt() * (input + 1).rsqrt())


@pointwise(promotion="float")
def atanh(xp: Any, input: Any, out: Any) -> Any:
    """Inverse hyperbolic tangent."""
    return xp.arctanh(input, out)


@atanh.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad / conj(1 - input * input)


for _function in (asinh, acosh, atanh):
    name_in_place(_function, f"{_function.__name__.capitalize()}Backward1", differentiable=False)

arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh

# ---- sigmoid and the error function -------------------------------------------------------------------------------


@pointwise(promotion="float")
def sigmoid(xp: Any, input: Any, out: Any) -> Any:
    """1 / (1 + exp(-input))."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Sigmoid", input, out)
    return xp.divide(1, xp.exp(-input) + 1, out)


@sigmoid.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return sigmoid_backward(grad, conj(result))


@pointwise()
def sigmoid_backward(xp: Any, grad_output: Any, output: Any, out: Any) -> Any:
    """grad_output * output * (1 - output)."""
    if (kernels := kernels_for("activation", grad_output, output, out)) is not None:
        return kernels.backward("Sigmoid", grad_output, output, out)
    return xp.multiply(grad_output * (1 - output), output, out)


@sigmoid_backward.derivative("grad_output")
def _(grad: Any, output: Any) -> Any:
    return sigmoid_backward(grad, conj(output))


@sigmoid_backward.derivative("output")
def _(grad: Any, grad_output: Any, output: Any) -> Any:
    return grad * conj(grad_output * (1 - 2 * output))


expit = sigmoid


@pointwise("LogitBackward0", promotion="float", kinds="f")
def _logit(xp: Any, input: Any, out: Any, eps: float | None) -> Any:
    """log(input / (1 - input)), the input first kept between eps and 1 - eps."""
    if eps is not None:
        input = xp.minimum(xp.maximum(input, eps), 1 - eps)
    return xp.log(input / (1 - input), out)


@_logit.derivative("input")
def _(grad: Any, input: Any, eps: float | None) -> Any:
    slope = grad / (input * (1 - input))
    if eps is None:
        return slope.masked_fill((input < 0) | (input > 1), math.nan)
    return keep_where((input >= eps) & (input <= 1 - eps), slope)


def logit(input: Any, eps: float | None = None, *, out: Any = None) -> Any:
    """The inverse of ``sigmoid``. ``eps`` keeps the input away from 0 and 1, where the result is infinite."""
    return _logit(input, None if eps is None else arg.real(eps, "logit", "eps"), out=out)


def logit_(input: Any, eps: float | None = None) -> Any:
    """In-place form of ``logit``."""
    return _logit.inplace(input, None if eps is None else arg.real(eps, "logit_", "eps"))


@pointwise(promotion="float", kinds="f")
def erf(xp: Any, input: Any, out: Any) -> Any:
    """The error function."""
    return error_function.erf(xp, input, out)


@erf.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return _TWO_OVER_ROOT_PI * exp(neg(input * input)) * grad


@pointwise(promotion="float", kinds="f")
def erfc(xp: Any, input: Any, out: Any) -> Any:
    """1 - erf(input), accurate where erf is almost 1."""
    return error_function.erfc(xp, input, out)


@erfc.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return -_TWO_OVER_ROOT_PI * exp(neg(input * input)) * grad


@pointwise(promotion="float", kinds="f")
def erfinv(xp: Any, input: Any, out: Any) -> Any:
    """The number whose ``erf`` is the input."""
    return error_function.erfinv(xp, input)


@erfinv.derivative("input")
def _(grad: Any, input: Any) -> Any:
    inverse = erfinv(input)
    return 1 / _TWO_OVER_ROOT_PI * exp(inverse * inverse) * grad
