"""Losses that compare two tensors element by element: ``mse``, ``l1``, ``smooth_l1``, ``huber``, ``bce``, ``kl_div``.

With d = input - target, elementwise and then averaged, summed or left as they are:

    mse        d^2                                   smooth_l1   d^2 / (2 beta)  if |d| < beta,  else |d| - beta / 2
    l1         |d|                                   huber       smooth_l1 * beta, with delta for beta
    bce        -y log x - (1 - y) log(1 - x)         kl_div      y (log y - x),  x a log-probability

Smooth L1 and Huber are a parabola that goes on as a straight line, so their slope is a clamped straight line, and the
derivative below is a ``clamp``. Derivatives are tensor expressions; second derivatives follow from them.

PyTorch: ``aten/src/ATen/native/Loss.cpp``, ``BinaryOps.cpp``; formulas in ``tools/autograd/derivatives.yaml``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.neural.smooth_activation import logsigmoid


def _reduced(xp: Any, losses: Any, reduction: str, dtype: Any) -> Any:
    """The mean or sum of all losses, or the losses themselves, in ``dtype``."""
    if reduction == "none":
        return losses.astype(dtype, copy=False)
    total = xp.add.reduce(losses, axis=None)
    if reduction == "mean":
        total = total / losses.size if losses.size else total * math.nan
    return total.astype(dtype)


def _share(grad: Any, reduction: str, geometry: Geometry, factor: float = 1.0) -> Any:
    """What of the result's gradient reaches each loss, times a constant."""
    if reduction == "mean" and geometry.numel:
        factor /= geometry.numel
    return grad if factor == 1.0 else grad * factor


def apply_reduction(losses: Any, reduction: str) -> Any:
    """The same reduction on tensors."""
    if reduction == "mean":
        return losses.mean()
    return losses.sum() if reduction == "sum" else losses


def _wide(xp: Any, *arrays: Any) -> list[Any]:
    return [array.astype(accumulation_dtype(array.dtype), copy=False) for array in arrays]


def _promoted(input: Any, target: Any, kernel: str) -> tuple[Any, Any]:
    """Both in their common dtype. ``NotImplementedError`` if that is no floating one."""
    if input._dtype is not target._dtype:
        dtype = result_type_of((input, target))
        input, target = input.to(dtype), target.to(dtype)
    refuse_other_kinds(kernel, input._dtype, "f")
    return input, target


@operator("MseLossBackward0")
def _mse_loss(xp: Any, input: Any, target: Any, reduction: str) -> Any:
    """(input - target)^2."""
    x, y = _wide(xp, input, target)
    losses = x - y
    losses *= losses
    return _reduced(xp, losses, reduction, input.dtype)


@_mse_loss.derivative("input")
def _(grad: Any, input: Any, target: Any, reduction: str) -> Any:
    return _mse_loss_backward(grad, input, target, reduction)


@_mse_loss.derivative("target")
def _(grad: Any, input: Any, target: Any, reduction: str) -> Any:
    return _mse_loss_backward(grad, target, input, reduction)


@operator("MseLossBackwardBackward0")
def _mse_loss_backward(xp: Any, grad_output: Any, input: Any, target: Any, reduction: str) -> Any:
    """2 (input - target) grad_output, divided by the number of losses where their mean was taken."""
    x, y, grad = _wide(xp, input, target, grad_output)
    factor = 2 / x.size if reduction == "mean" and x.size else 2
    return xp.asarray((x - y) * (grad * x.dtype.type(factor))).astype(input.dtype, copy=False)


@_mse_loss_backward.derivative("grad_output")
def _(grad: Any, input: Any, target: Any, input_geometry: Geometry, reduction: str) -> Any:
    return apply_reduction(grad * 2 * (input - target), reduction)


@_mse_loss_backward.derivative("input")
def _(grad: Any, grad_output: Any, input_geometry: Geometry, reduction: str) -> Any:
    return _share(grad * grad_output, reduction, input_geometry, 2.0)


@_mse_loss_backward.derivative("target")
def _(grad: Any, grad_output: Any, input_geometry: Geometry, reduction: str) -> Any:
    return _share(grad * grad_output, reduction, input_geometry, -2.0)


def mse_loss(input: Any, target: Any, reduction: str) -> Any:
    """Squared error of tensors of one shape."""
    x, y = _promoted(input, target, "mse_cpu")
    return _mse_loss(x, y, reduction)


def l1_loss(input: Any, target: Any, reduction: str) -> Any:
    """Absolute error."""
    return apply_reduction((input - target).abs(), reduction)


@operator("SmoothL1LossBackward0")
def _smooth_l1_loss(xp: Any, input: Any, target: Any, reduction: str, beta: float) -> Any:
    """A parabola where |input - target| < beta, a straight line beyond."""
    x, y = _wide(xp, input, target)
    distance = xp.abs(x - y)
    losses = xp.where(distance < beta, distance * distance * (0.5 / beta), distance - 0.5 * beta)
    return _reduced(xp, losses, reduction, input.dtype)


@_smooth_l1_loss.derivative("input")
def _(grad: Any, input: Any, target: Any, input_geometry: Geometry, reduction: str, beta: float) -> Any:
    return ((input - target) / beta).clamp(-1.0, 1.0) * _share(grad, reduction, input_geometry)


@_smooth_l1_loss.derivative("target")
def _(grad: Any, input: Any, target: Any, input_geometry: Geometry, reduction: str, beta: float) -> Any:
    return ((target - input) / beta).clamp(-1.0, 1.0) * _share(grad, reduction, input_geometry)


def smooth_l1_loss(input: Any, target: Any, reduction: str, beta: float) -> Any:
    """Absolute error with its corner rounded off over [-beta, beta]. ``RuntimeError`` for a negative ``beta``."""
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return l1_loss(input, target, reduction)
    x, y = _promoted(input, target, "smooth_l1_cpu")
    return _smooth_l1_loss(x, y, reduction, beta)


@operator("HuberLossBackward0")
def _huber_loss(xp: Any, input: Any, target: Any, reduction: str, delta: float) -> Any:
    """d^2 / 2 where |d| <= delta, a straight line beyond."""
    x, y = _wide(xp, input, target)
    distance = xp.abs(x - y)
    losses = xp.where(distance <= delta, 0.5 * distance * distance, delta * (distance - 0.5 * delta))
    return _reduced(xp, losses, reduction, input.dtype)


@_huber_loss.derivative("input")
def _(grad: Any, input: Any, target: Any, input_geometry: Geometry, reduction: str, delta: float) -> Any:
    return (input - target).clamp(-delta, delta) * _share(grad, reduction, input_geometry)


@_huber_loss.derivative("target")
def _(grad: Any, input: Any, target: Any, input_geometry: Geometry, reduction: str, delta: float) -> Any:
    return (target - input).clamp(-delta, delta) * _share(grad, reduction, input_geometry)


def huber_loss(input: Any, target: Any, reduction: str, delta: float) -> Any:
    """Squared error up to ``delta``, linear beyond. ``RuntimeError`` unless ``delta > 0``."""
    delta = arg.real(delta, "huber_loss", "delta")
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    x, y = _promoted(input, target, "huber_cpu")
    return _huber_loss(x, y, reduction, delta)


@operator("SoftMarginLossBackward0")
def _soft_margin_loss(xp: Any, input: Any, target: Any, reduction: str) -> Any:
    """log(1 + exp(-target * input))."""
    x, y = _wide(xp, input, target)
    return _reduced(xp, xp.log1p(xp.exp(-x * y)), reduction, input.dtype)


@_soft_margin_loss.derivative("input")
def _(grad: Any, input: Any, target: Any, input_geometry: Geometry, reduction: str) -> Any:
    return -target * (-target * input).sigmoid() * _share(grad, reduction, input_geometry)


def soft_margin_loss(input: Any, target: Any, reduction: str) -> Any:
    """log(1 + exp(-target * input)) for targets 1 and -1."""
    x, y = _promoted(input, target, "soft_margin_loss")
    return _soft_margin_loss(x, y, reduction)


# ---- probabilities --------------------------------------------------------------------------------------------------

LOG_FLOOR = -100.0  # log 0 counts as -100, so that a wrong certainty costs much but not infinitely much
SLOPE_FLOOR = float(np.float32(1e-12))  # and x (1 - x), by which the derivative divides, as this


@operator("BinaryCrossEntropyBackward0")
def _binary_cross_entropy(xp: Any, input: Any, target: Any, weight: Any, reduction: str) -> Any:
    """-weight * (target * log(input) + (1 - target) * log(1 - input)), logarithms not below -100."""
    x, y = _wide(xp, input, target)
    if ((x < 0) | (x > 1)).any():
        raise RuntimeError("all elements of input should be between 0 and 1")
    if ((y < 0) | (y > 1)).any():
        raise RuntimeError("all elements of target should be between 0 and 1")
    tiny = math.exp(LOG_FLOOR)  # the logarithm is clamped before it is taken: log 0 would warn
    if x.dtype.itemsize < 8:
        tiny = float(xp.finfo(x.dtype).tiny)
    log_x = xp.where(x < tiny, LOG_FLOOR, xp.log(xp.maximum(x, tiny)))
    log_not_x = xp.where(x >= 1, LOG_FLOOR, xp.log1p(-xp.minimum(x, 1 - xp.finfo(x.dtype).epsneg)))
    losses = (y - 1) * log_not_x - y * log_x
    if weight is not None:
        losses = losses * weight
    return _reduced(xp, losses.astype(x.dtype, copy=False), reduction, input.dtype)


@_binary_cross_entropy.derivative("input")
def _(grad: Any, input: Any, target: Any, weight: Any, input_geometry: Geometry, reduction: str) -> Any:
    slope = (input - target) / ((1 - input) * input).clamp(min=SLOPE_FLOOR)
    slope = slope if weight is None else slope * weight
    return slope * _share(grad, reduction, input_geometry)


@_binary_cross_entropy.derivative("target")
def _(grad: Any, input: Any, weight: Any, input_geometry: Geometry, reduction: str) -> Any:
    slope = (1 - input).log().clamp(min=LOG_FLOOR) - input.log().clamp(min=LOG_FLOOR)
    slope = slope if weight is None else slope * weight
    return slope * _share(grad, reduction, input_geometry)


def binary_cross_entropy(input: Any, target: Any, weight: Any, reduction: str) -> Any:
    """Probabilities against targets in [0, 1], of one shape and dtype. ``RuntimeError`` for values outside."""
    refuse_other_kinds("binary_cross_entropy", input._dtype, "fc")
    for tensor in (target, weight):
        if tensor is not None and tensor._dtype is not input._dtype:
            raise RuntimeError(
                f"Found dtype {scalar_type_name(tensor._dtype)} but expected {scalar_type_name(input._dtype)}"
            )
    return _binary_cross_entropy(input, target, weight, reduction)


@operator("BinaryCrossEntropyWithLogitsBackward0")
def _bce_with_logits(xp: Any, input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    """``bce(sigmoid(input))`` without overflow: (1 - y) x + w (log(1 + exp(-|x|)) + max(-x, 0)), w = 1 + (p - 1) y."""
    x, y = _wide(xp, input, target)
    softplus = xp.log1p(xp.exp(-xp.abs(x))) + xp.maximum(-x, 0)  # -log sigmoid(x)
    if pos_weight is not None:
        softplus = softplus * ((pos_weight - 1) * y + 1)
    losses = (1 - y) * x + softplus
    if weight is not None:
        losses = losses * weight
    return _reduced(xp, losses.astype(x.dtype, copy=False), reduction, input.dtype)


@_bce_with_logits.derivative("input")
def _(
    grad: Any, input: Any, target: Any, weight: Any, pos_weight: Any, input_geometry: Geometry, reduction: str
) -> Any:
    if pos_weight is None:
        slope = input.sigmoid() - target
    else:
        positive = pos_weight * target
        slope = (positive + 1 - target) * input.sigmoid() - positive
    slope = slope if weight is None else slope * weight
    return slope * _share(grad, reduction, input_geometry)


@_bce_with_logits.derivative("target")
def _(grad: Any, input: Any, weight: Any, pos_weight: Any, input_geometry: Geometry, reduction: str) -> Any:
    slope = -input if pos_weight is None else logsigmoid(-input) - pos_weight * logsigmoid(input)
    slope = slope if weight is None else slope * weight
    return slope * _share(grad, reduction, input_geometry)


def binary_cross_entropy_with_logits(input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    """``binary_cross_entropy(sigmoid(input), target)``. ``pos_weight``: how much more a positive counts."""
    arg.tensor(target, "binary_cross_entropy_with_logits", "target")
    for name, factor in (("weight", weight), ("pos_weight", pos_weight)):
        if factor is not None:
            geo.broadcast_shapes(arg.tensor(factor, "binary_cross_entropy_with_logits", name).shape, target.shape)
    if target._dtype.category < dtypes.FLOATING and input._dtype.category >= dtypes.FLOATING:
        raise RuntimeError(
            f"result type {scalar_type_name(input._dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(target._dtype)}"
        )
    x, y = _promoted(input, target, "binary_cross_entropy_with_logits")
    return _bce_with_logits(x, y, weight, pos_weight, reduction)


def kl_div(input: Any, target: Any, reduction: str, log_target: bool) -> Any:
    """target * (log(target) - input), with 0 log 0 = 0; ``log_target``: the target is a log-probability as well."""
    log_target = arg.boolean(log_target, "kl_div", "log_target")
    for name, tensor in (("input", input), ("target", target)):
        if arg.tensor(tensor, "kl_div", name).is_complex():
            raise RuntimeError("kl_div: Complex inputs not supported.")
    if input._dtype.category < dtypes.FLOATING:
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        losses = target.exp() * (target - input)
    else:
        from minitorch.ops.elementwise.special import xlogy

        losses = xlogy(target, target) - target * input
    return apply_reduction(losses, reduction)
