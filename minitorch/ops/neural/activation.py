"""Activation functions of neural networks: piecewise linear ones.

Each is made of straight pieces, so its derivative only chooses: the gradient times the slope of the piece that the
input lies on. That choice is an operator of its own (``threshold_backward`` and so on), linear in the gradient, so that
its derivative is itself. The smooth activations are in ``smooth_activation.py``.

PyTorch: ``aten/src/ATen/native/Activation.cpp``, ``cpu/Activation.cpp``. In-place forms keep the input's old value for
their derivative where it is needed; PyTorch rewrites the formula in the result instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.arrays.select import clip, keep
from minitorch.ops.declare.in_place_name import name_in_place
from minitorch.ops.declare.operands import is_boolean, is_complex
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.selection import where


def _refuse(name: str, operands: Sequence[Any]) -> None:
    if is_boolean(operands[0]):
        raise RuntimeError(f"Boolean inputs not supported for {name}")
    if is_complex(operands[0]):
        raise NotImplementedError("clamp is not supported for complex types")


# ---- relu and threshold -------------------------------------------------------------------------------------------


@pointwise(check=_refuse, out="none")
def relu(xp: Any, input: Any, out: Any) -> Any:
    """max(input, 0)."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Relu", input, out)
    return clip(xp, input, 0, None, out)


@relu.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return threshold_backward(grad, result, 0)


relu_ = relu.inplace


@pointwise(kinds="if")
def threshold_backward(xp: Any, grad_output: Any, input: Any, out: Any, threshold: Any) -> Any:
    """grad_output where input > threshold (or nan), else 0."""
    if (kernels := kernels_for("activation", grad_output, input, out)) is not None:
        return kernels.backward("Relu", grad_output, input, out, threshold)
    return keep(xp, xp.logical_not(xp.less_equal(input, threshold)), grad_output)


@threshold_backward.derivative("grad_output")
def _(grad: Any, input: Any, threshold: Any) -> Any:
    return threshold_backward(grad, input, threshold)


@threshold_backward.derivative("input")
def _(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


@pointwise("ThresholdBackward0", kinds="if")
def _threshold(xp: Any, input: Any, out: Any, threshold: Any, value: Any) -> Any:
    """input where input > threshold, else value."""
    return xp.where(xp.less_equal(input, threshold), input.dtype.type(value), input)


@_threshold.derivative("input")
def _(grad: Any, input: Any, threshold: Any) -> Any:
    return threshold_backward(grad, input, threshold)


def threshold(input: Any, threshold: Any, value: Any, *, out: Any = None) -> Any:
    """``input`` where it is above ``threshold``, else ``value``."""
    return _threshold(input, threshold, value, out=out)


name_in_place(_threshold, "ThresholdBackward1")


def threshold_(input: Any, threshold: Any, value: Any) -> Any:
    """In-place form of ``threshold``."""
    return _threshold.inplace(input, threshold, value)


# ---- two slopes ---------------------------------------------------------------------------------------------------


@pointwise("LeakyReluBackward0", kinds="f")
def _leaky_relu(xp: Any, input: Any, out: Any, negative_slope: float) -> Any:
    """input where positive, else negative_slope * input."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("LeakyRelu", input, out, negative_slope)
    if 0 <= negative_slope <= 1:
        return xp.maximum(input, input * negative_slope, out=out)
    return xp.where(xp.greater(input, 0), input, input * negative_slope)


@_leaky_relu.derivative("input")
def _(grad: Any, input: Any, negative_slope: float) -> Any:
    return leaky_relu_backward(grad, input, negative_slope)


@pointwise(kinds="f")
def leaky_relu_backward(xp: Any, grad_output: Any, input: Any, out: Any, negative_slope: float) -> Any:
    """grad_output where input > 0, else negative_slope * grad_output."""
    if (kernels := kernels_for("activation", grad_output, input, out)) is not None:
        return kernels.backward("LeakyRelu", grad_output, input, out, negative_slope)
    positive = xp.greater(input, 0)
    slope = input.dtype.type(1 - negative_slope) * positive
    slope += input.dtype.type(negative_slope)
    return xp.multiply(grad_output, slope, out)


@leaky_relu_backward.derivative("grad_output")
def _(grad: Any, input: Any, negative_slope: float) -> Any:
    return leaky_relu_backward(grad, input, negative_slope)


@leaky_relu_backward.derivative("input")
def _(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


def leaky_relu(input: Any, negative_slope: float = 0.01, *, out: Any = None) -> Any:
    """``input`` where positive, else ``negative_slope * input``."""
    return _leaky_relu(input, arg.number(negative_slope, "leaky_relu", "negative_slope"), out=out)


def _leaky_relu_gradient_by_result(grad: Any, result: Any, negative_slope: float) -> Any:
    if negative_slope < 0:
        raise RuntimeError(
            "leaky_relu_: the gradient of the in-place form with a negative slope is not supported; use leaky_relu"
        )
    return leaky_relu_backward(grad, result, negative_slope)


name_in_place(_leaky_relu, "LeakyReluBackward1", derivative=_leaky_relu_gradient_by_result)


def leaky_relu_(input: Any, negative_slope: float = 0.01) -> Any:
    """In-place form of ``leaky_relu``. ``RuntimeError`` for a negative slope that needs a gradient."""
    return _leaky_relu.inplace(input, negative_slope)


# ---- a slope between two bounds -----------------------------------------------------------------------------------


@pointwise("HardtanhBackward0", kinds="if")
def _hardtanh(xp: Any, input: Any, out: Any, min_val: Any, max_val: Any) -> Any:
    """input, kept between min_val and max_val."""
    return clip(xp, input, min_val, max_val, out)


@_hardtanh.derivative("input")
def _(grad: Any, input: Any, min_val: Any, max_val: Any) -> Any:
    return hardtanh_backward(grad, input, min_val, max_val)


@pointwise(kinds="f")
def hardtanh_backward(xp: Any, grad_output: Any, input: Any, out: Any, min_val: Any, max_val: Any) -> Any:
    """grad_output where min_val < input < max_val (or nan), else 0."""
    if (kernels := kernels_for("activation", grad_output, input, out)) is not None:
        return kernels.backward("Hardtanh", grad_output, input, out, min_val, max_val)
    outside = xp.logical_or(xp.less_equal(input, min_val), xp.greater_equal(input, max_val))
    return keep(xp, xp.logical_not(outside), grad_output)


@hardtanh_backward.derivative("grad_output")
def _(grad: Any, input: Any, min_val: Any, max_val: Any) -> Any:
    return hardtanh_backward(grad, input, min_val, max_val)


@hardtanh_backward.derivative("input")
def _(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


def hardtanh(input: Any, min_val: Any = -1.0, max_val: Any = 1.0) -> Any:
    """``input`` kept between ``min_val`` and ``max_val``."""
    return _hardtanh(input, *_bounds(input, min_val, max_val))


def hardtanh_(input: Any, min_val: Any = -1.0, max_val: Any = 1.0) -> Any:
    """In-place form of ``hardtanh``."""
    return _hardtanh.inplace(input, *_bounds(input, min_val, max_val))


def _bounds(input: Any, min_val: Any, max_val: Any) -> tuple[Any, Any]:
    if is_boolean(input):
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if min_val > max_val:
        raise ValueError("hardtanh: min_val cannot be greater than max_val")
    if input.is_floating_point():
        return min_val, max_val
    if not input._dtype.is_signed and (min_val < 0 or max_val < 0):
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return int(min_val), int(max_val)


def relu6(input: Any) -> Any:
    """``input`` kept between 0 and 6."""
    return hardtanh(input, 0.0, 6.0)


def relu6_(input: Any) -> Any:
    """In-place form of ``relu6``."""
    return hardtanh_(input, 0.0, 6.0)


_SIXTH = 0.1666666716337204  # PyTorch's constant: 1/6 in single precision, also for float64


@pointwise(kinds="f")
def hardsigmoid(xp: Any, input: Any, out: Any) -> Any:
    """relu6(input + 3) / 6."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Hardsigmoid", input, out)
    return xp.divide(clip(xp, input + 3, 0, 6), 6, out)


@hardsigmoid.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return where((input > -3) & (input < 3), grad * _SIXTH, 0)


@pointwise(kinds="f")
def hardswish(xp: Any, input: Any, out: Any) -> Any:
    """input * relu6(input + 3) / 6."""
    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Hardswish", input, out)
    return xp.divide(input * clip(xp, input + 3, 0, 6), 6, out)


@hardswish.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return where(input <= -3, 0, where(input < 3, grad * (input / 3 + 0.5), grad))


# ---- shrinking towards zero ---------------------------------------------------------------------------------------


@pointwise("HardshrinkBackward0", kinds="f")
def _hardshrink(xp: Any, input: Any, out: Any, lambd: float) -> Any:
    """0 where |input| <= lambd, else input."""
    return keep(xp, xp.logical_not(xp.absolute(input) <= lambd), input)


@_hardshrink.derivative("input")
def _(grad: Any, input: Any, lambd: float) -> Any:
    return where(input.abs() <= lambd, 0, grad)


def hardshrink(input: Any, lambd: float = 0.5, *, out: Any = None) -> Any:
    """``input``, but 0 where its magnitude is at most ``lambd``."""
    return _hardshrink(input, lambd, out=out)


@pointwise("SoftshrinkBackward0", kinds="f")
def _softshrink(xp: Any, input: Any, out: Any, lambd: float) -> Any:
    """0 where |input| <= lambd, else input moved towards 0 by lambd."""
    return xp.where(input > lambd, input - lambd, xp.where(input < -lambd, input + lambd, input * 0))


@_softshrink.derivative("input")
def _(grad: Any, input: Any, lambd: float) -> Any:
    return where((input >= -lambd) & (input <= lambd), 0, grad)


def softshrink(input: Any, lambd: float = 0.5, *, out: Any = None) -> Any:
    """``input`` moved towards 0 by ``lambd``, which must not be negative."""
    if not lambd >= 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}.")
    return _softshrink(input, lambd, out=out)


@pointwise("PreluKernelBackward0", kinds="f")
def _prelu(xp: Any, input: Any, weight: Any, out: Any) -> Any:
    """input where positive, else weight * input."""
    return xp.where(xp.greater(input, 0), input, weight * input)


@_prelu.derivative("input")
def _(grad: Any, input: Any, weight: Any) -> Any:
    return where(input > 0, grad, weight * grad)


@_prelu.derivative("weight")
def _(grad: Any, input: Any) -> Any:
    return where(input > 0, 0, input * grad)


def prelu(input: Any, weight: Any) -> Any:
    """``input`` where positive, else ``weight * input``; one weight, or one for each channel (dimension 1)."""
    arg.check_tensor(input, "prelu")
    arg.check_tensor(weight, "prelu", "weight", 2)
    if input._dtype is not weight._dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}")
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if weight.numel() != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if input.ndim == 0:
            raise RuntimeError("prelu: Not allow zero-dim input tensor.")
        if channels != weight.numel():
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.numel()} and "
                f"channel size = {channels}."
            )
    if weight.ndim:
        shape = [1] * input.ndim
        if input.ndim > 1:
            shape[1] = weight.numel()
        weight = weight.reshape(shape)
    return _prelu(input, weight)
