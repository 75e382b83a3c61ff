"""Activation functions of neural networks: smooth ones.

    silu(x) = x s(x)                    s = sigmoid                 gelu(x) = x P(x),  P = normal distribution function
    softplus(x) = log(1 + e^x)          mish(x) = x tanh(softplus(x))
    elu(x) = x or a (e^x - 1)           logsigmoid(x) = log s(x)

``gelu`` and ``silu`` stand in every block of a transformer; their derivatives are fused operators of their own, whose
derivatives are written with tensor operations. For the others the first derivative is written so.

PyTorch: ``aten/src/ATen/native/Activation.cpp``; papers: Hendrycks & Gimpel 2016 (gelu), Elfwing et al. 2017 (silu),
Clevert et al. 2015 (elu), Klambauer et al. 2017 (selu), Misra 2019 (mish).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.arrays.error_function import erf
from minitorch.ops.arrays.select import select
from minitorch.ops.declare.in_place_name import name_in_place
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import neg
from minitorch.ops.elementwise.elementary import exp, sigmoid, tanh
from minitorch.ops.elementwise.selection import where

# ---- gelu ---------------------------------------------------------------------------------------------------------

_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)
_DENSITY = 1 / math.sqrt(2 * math.pi)
_CUBIC = 0.044715
_GELU_KERNELS = {"none": "Gelu", "tanh": "GeluTanh"}


@pointwise("GeluBackward0", kinds="f")
def _gelu(xp: Any, input: Any, out: Any, approximate: str) -> Any:
    """input times the normal distribution function of input, exact or through tanh."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward(_GELU_KERNELS[approximate], input, out)
    if approximate == "tanh":
        inner = input * input
        inner *= _CUBIC
        inner += 1
        inner *= input
        share = xp.tanh(inner * _ROOT_TWO_OVER_PI)
    else:
        share = erf(xp, xp.asarray(input * _ROOT_HALF))
    share = share + 1
    share *= 0.5
    return xp.multiply(input, share, out)


@_gelu.derivative("input")
def _(grad: Any, input: Any, approximate: str) -> Any:
    return gelu_backward(grad, input, approximate)


@pointwise(kinds="f")
def gelu_backward(xp: Any, grad_output: Any, input: Any, out: Any, approximate: str) -> Any:
    """grad_output times gelu'(input)."""
    if (kernels := kernels_for("activation", grad_output, input, out)) is not None:
        return kernels.backward(_GELU_KERNELS[approximate], grad_output, input, out)
    square = input * input
    if approximate == "tanh":
        t = xp.tanh(_ROOT_TWO_OVER_PI * input * (1 + _CUBIC * square))
        slope = _ROOT_TWO_OVER_PI * (1 + 3 * _CUBIC * square)
        slope *= 1 - t * t
        slope *= input
        slope += 1 + t
        slope *= 0.5
    else:
        slope = xp.exp(square * -0.5)
        slope *= input * _DENSITY
        slope += 0.5 * (1 + erf(xp, xp.asarray(input * _ROOT_HALF)))
    return xp.multiply(grad_output, slope, out)


@gelu_backward.derivative("grad_output")
def _(grad: Any, input: Any, approximate: str) -> Any:
    return gelu_backward(grad, input, approximate)


@gelu_backward.derivative("input")
def _(grad: Any, grad_output: Any, input: Any, approximate: str) -> Any:
    square = input * input
    if approximate == "none":  # d/dx (P + x p) = p + p - x^2 p, for p' = -x p
        return grad * grad_output * (_DENSITY * exp(-0.5 * square) * (2 - square))
    inner = _ROOT_TWO_OVER_PI * (1 + 3 * _CUBIC * square)  # the derivative of tanh's argument
    t = tanh(_ROOT_TWO_OVER_PI * input * (1 + _CUBIC * square))
    bend = 6 * _CUBIC * _ROOT_TWO_OVER_PI * input
    return grad * grad_output * (0.5 * (1 - t * t) * (2 * inner + input * bend - 2 * input * t * inner * inner))


def gelu(input: Any, *, approximate: str = "none", out: Any = None) -> Any:
    """``input`` times the normal distribution function of ``input``. ``approximate``: "none" or "tanh"."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return _gelu(input, approximate, out=out)


# ---- silu ---------------------------------------------------------------------------------------------------------


@pointwise(kinds="fc")
def silu(xp: Any, input: Any, out: Any) -> Any:
    """input * sigmoid(input)."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Silu", input, out)
    return xp.divide(input, xp.exp(-input) + 1, out)


@silu.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return silu_backward(grad, input)


@pointwise(kinds="fc")
def silu_backward(xp: Any, grad_output: Any, input: Any, out: Any) -> Any:
    """grad_output * s * (1 + input * (1 - s)), where s = sigmoid(input)."""
    if (kernels := kernels_for("activation", grad_output, input, out)) is not None:
        return kernels.backward("Silu", grad_output, input, out)
    s = 1 / (xp.exp(-input) + 1)
    return xp.multiply(grad_output * s, 1 + input * (1 - s), out)


@silu_backward.derivative("grad_output")
def _(grad: Any, input: Any) -> Any:
    return silu_backward(grad, input)


@silu_backward.derivative("input")
def _(grad: Any, grad_output: Any, input: Any) -> Any:
    s = sigmoid(input)
    return grad * grad_output * (s * (1 - s) * (2 + input * (1 - 2 * s)))


@pointwise(kinds="f")
def mish(xp: Any, input: Any, out: Any) -> Any:
    """input * tanh(log(1 + exp(input)))."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Mish", input, out)
    return xp.multiply(input, xp.tanh(xp.logaddexp(input, 0)), out)


@mish.derivative("input")
def _(grad: Any, input: Any) -> Any:
    t = tanh(softplus(input))
    return grad * (t + input * sigmoid(input) * (1 - t * t))


# ---- softplus and logsigmoid --------------------------------------------------------------------------------------


@pointwise("SoftplusBackward0", kinds="f")
def _softplus(xp: Any, input: Any, out: Any, beta: float, threshold: float) -> Any:
    """log(1 + exp(beta * input)) / beta; the input itself where beta * input > threshold."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Softplus", input, out, beta, threshold)
    scaled = xp.asarray(input * beta)
    return select(xp, scaled > threshold, xp.asarray(input), xp.asarray(xp.log1p(xp.exp(scaled)) / beta))


@_softplus.derivative("input")
def _(grad: Any, input: Any, beta: float, threshold: float) -> Any:
    return where(input * beta > threshold, grad, grad * sigmoid(input * beta))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta * input)) / beta``, a smooth relu; linear where ``beta * input > threshold``."""
    return _softplus(input, arg.number(beta, "softplus", "beta"), arg.number(threshold, "softplus", "threshold"))


@pointwise("LogSigmoidBackward0", kinds="f")
def logsigmoid(xp: Any, input: Any, out: Any) -> Any:
    """log(sigmoid(input)) = min(input, 0) - log(1 + exp(-|input|))."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("LogSigmoid", input, out)
    return xp.subtract(xp.minimum(input, 0), xp.log1p(xp.exp(-xp.absolute(input))), out)


@logsigmoid.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * sigmoid(neg(input))


# ---- elu and its relatives ----------------------------------------------------------------------------------------


@pointwise("EluBackward0", kinds="f")
def _elu(xp: Any, input: Any, out: Any, alpha: float, scale: float, input_scale: float) -> Any:
    """scale * input where positive, else scale * alpha * (exp(input_scale * input) - 1)."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Elu", input, out, alpha * scale, scale, input_scale)
    curve = xp.expm1(xp.minimum(input, 0) * input_scale) * (alpha * scale)
    return select(xp, xp.asarray(input > 0), xp.asarray(input * scale), xp.asarray(curve))


@_elu.derivative("input")
def _(grad: Any, input: Any, alpha: float, scale: float, input_scale: float) -> Any:
    curve = exp(input.clamp(max=0) * input_scale) * (input_scale * alpha * scale)
    return where(input <= 0, grad * curve, grad * scale)


def elu(input: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    """``input`` where positive, else ``alpha * (exp(input) - 1)``."""
    return _elu(input, arg.number(alpha, "elu", "alpha"), scale, input_scale)


def _elu_gradient_by_result(grad: Any, result: Any, alpha: float, scale: float, input_scale: float) -> Any:
    return where(result <= 0, grad * ((result + alpha * scale) * input_scale), grad * scale)


name_in_place(_elu, "EluBackward1", derivative=_elu_gradient_by_result)


def elu_(input: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    """In-place form of ``elu``."""
    return _elu.inplace(input, alpha, scale, input_scale)


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def selu(input: Any) -> Any:
    """``elu`` with the constants that keep mean 0 and variance 1 from layer to layer."""
    return _elu(input, _SELU_ALPHA, _SELU_SCALE, 1.0)


def selu_(input: Any) -> Any:
    """In-place form of ``selu``."""
    return _elu.inplace(input, _SELU_ALPHA, _SELU_SCALE, 1.0)


@pointwise("CeluBackward0", kinds="f")
def _celu(xp: Any, input: Any, out: Any, alpha: float) -> Any:
    """input where positive, else alpha * (exp(input / alpha) - 1)."""
    return select(
        xp, xp.asarray(input > 0), xp.asarray(input), xp.asarray(xp.expm1(xp.minimum(input, 0) / alpha) * alpha)
    )


@_celu.derivative("input")
def _(grad: Any, input: Any, alpha: float) -> Any:
    return where(input <= 0, grad * exp(input.clamp(max=0) / alpha), grad)


def celu(input: Any, alpha: float = 1.0) -> Any:
    """``input`` where positive, else ``alpha * (exp(input / alpha) - 1)``."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _celu(input, alpha)


def _celu_gradient_by_result(grad: Any, result: Any, alpha: float) -> Any:
    return where(result <= 0, grad * ((result + alpha) / alpha), grad)


name_in_place(_celu, "CeluBackward1", derivative=_celu_gradient_by_result)


def celu_(input: Any, alpha: float = 1.0) -> Any:
    """In-place form of ``celu``."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _celu.inplace(input, alpha)


# ---- made of others -----------------------------------------------------------------------------------------------


def softsign(input: Any) -> Any:
    """``input / (1 + |input|)``."""
    return input / (input.abs() + 1)


def tanhshrink(input: Any) -> Any:
    """``input - tanh(input)``."""
    return input - input.tanh()


@pointwise("GluBackward0", kinds="f")
def _gate(xp: Any, input: Any, gate: Any, out: Any) -> Any:
    """input * sigmoid(gate)."""
    return xp.divide(input, xp.exp(-gate) + 1, out)


@_gate.derivative("input")
def _(grad: Any, gate: Any) -> Any:
    return grad * sigmoid(gate)


@_gate.derivative("gate")
def _(grad: Any, input: Any, gate: Any) -> Any:
    s = sigmoid(gate)
    return grad * input * (s * (1 - s))


def glu(input: Any, dim: int = -1) -> Any:
    """The first half of ``dim`` times the sigmoid of the second half (Dauphin et al. 2016)."""
    if input.ndim == 0:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    dim = geo.wrap_dim(dim, input.ndim)
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    return _gate(input.narrow(dim, 0, size // 2), input.narrow(dim, size // 2, size // 2))
