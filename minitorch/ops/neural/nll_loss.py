"""Classification losses: ``nll_loss`` and ``cross_entropy``.

With log-probabilities x (N, C), the right class t (N,) of each row and a weight w (C,) for each class,

    loss_n = -w[t_n] * x[n, t_n]          mean = sum_n loss_n / sum_n w[t_n]

so the gradient is zero but for one element a row, -w[t_n] / sum w. Rows whose target is ``ignore_index`` count nowhere,
neither above nor below the line. ``cross_entropy`` is this after ``log_softmax``; its targets may also be
probabilities, and label smoothing moves a part of every target to all classes evenly.

PyTorch: ``aten/src/ATen/native/LossNLL.cpp``, ``LossNLL2d.cpp``. Left out: ``chunk``-wise losses that save memory.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.neural.softmax import log_softmax
from minitorch.tensor_base import TensorBase


def classes_of(xp: Any, target: Any, count: int, ignore_index: int) -> tuple[Any, Any]:
    """The targets as indices, and which of them count: None if all do. ``IndexError`` if one is no class.

    Read as unsigned, a negative target is huge, so in the usual case one maximum settles everything.
    """
    target = target.astype(xp.int64, copy=False)
    if not target.size:
        return target, None
    if not 0 <= ignore_index < count and xp.maximum.reduce(target.view(xp.uint64), axis=None) < count:
        return target, None
    kept = target != ignore_index
    wrong = kept & ((target < 0) | (target >= count))
    if wrong.any():
        raise IndexError(f"Target {int(target[wrong][0])} is out of bounds.")
    return xp.where(kept, target, 0), kept


def _weights_of(xp: Any, weight: Any, index: Any, kept: Any, dtype: Any) -> Any:
    """The weight of every element; None if all are 1."""
    if weight is None:
        return None if kept is None else kept.astype(dtype)
    weights = weight[index].astype(dtype, copy=False)
    return weights if kept is None else weights * kept


def _picked(xp: Any, input: Any, index: Any) -> Any:
    """Element ``index[n, ...]`` of the classes: (N, C, *) and (N, *) -> (N, *)."""
    if input.ndim == 2:
        return input[xp.arange(len(index)), index]
    return xp.take_along_axis(input, index[:, None], 1)[:, 0]


def _forward(xp: Any, input: Any, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    wide = accumulation_dtype(input.dtype)
    index, kept = classes_of(xp, target, input.shape[1], ignore_index)
    weights = _weights_of(xp, weight, index, kept, wide)
    losses = xp.negative(_picked(xp, input, index)).astype(wide, copy=False)
    if weights is not None:
        losses = xp.where(weights == 0, 0, losses * weights) if kept is not None else losses * weights
    if reduction == "none":
        return losses.astype(input.dtype, copy=False)
    total = xp.add.reduce(losses, axis=None)
    if reduction == "mean":
        total = _divided(total, index.size if weights is None else weights.sum())
    return total.astype(input.dtype)


def _divided(value: Any, count: Any) -> Any:
    """value / count; 0 / 0 is NaN, without NumPy's warning."""
    return value / count if count else value * math.nan


@operator("NllLossBackward0")
def _nll_loss(xp: Any, input: Any, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    """-weight[target] * input[n, target]."""
    if input.ndim == 1:
        losses = _forward(xp, input[None], target.reshape(1), weight, reduction, ignore_index)
        return losses.reshape(())
    return _forward(xp, input, target, weight, reduction, ignore_index)


@operator("NllLoss2DBackward0")
def _nll_loss2d(xp: Any, input: Any, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    """The same for every position of an image."""
    return _forward(xp, input, target, weight, reduction, ignore_index)


@_nll_loss.derivative("input")
def _(grad: Any, input_geometry: Geometry, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    return _nll_loss_backward(grad, target, weight, input_geometry.shape, reduction, ignore_index)


@_nll_loss2d.derivative("input")
def _(grad: Any, input_geometry: Geometry, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    return _nll_loss_backward(grad, target, weight, input_geometry.shape, reduction, ignore_index)


@operator("NllLossBackwardBackward0")
def _nll_loss_backward(
    xp: Any, grad: Any, target: Any, weight: Any, shape: Any, reduction: str, ignore_index: int
) -> Any:
    """Zeros of ``shape`` with -weight * grad at the target's class."""
    result = xp.zeros(shape, grad.dtype)
    rows = result[None] if len(shape) == 1 else result
    if len(shape) == 1:
        target, grad = target.reshape(1), grad.reshape(1) if reduction == "none" else grad
    wide = accumulation_dtype(grad.dtype)
    index, kept = classes_of(xp, target, rows.shape[1], ignore_index)
    weights = _weights_of(xp, weight, index, kept, wide)
    share = xp.negative(grad.astype(wide, copy=False))
    if reduction == "mean":
        share = _divided(share, index.size if weights is None else weights.sum())
    if weights is not None:
        share = xp.where(weights == 0, 0, share * weights) if kept is not None else share * weights
    if rows.ndim == 2:
        rows[xp.arange(len(index)), index] = share
    elif index.size:
        xp.put_along_axis(rows, index[:, None], xp.broadcast_to(share, index.shape)[:, None].astype(rows.dtype), 1)
    return result


@_nll_loss_backward.derivative("grad")
def _(grad_grad: Any, target: Any, weight: Any, shape: Any, reduction: str, ignore_index: int) -> Any:
    forward = _nll_loss if len(shape) <= 2 else _nll_loss2d
    return forward(grad_grad, target, weight, reduction, ignore_index)  # the loss is linear in its input


# ---- arguments ------------------------------------------------------------------------------------------------------


def nll_loss(input: Any, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    """Log-probabilities (N, C, *size) or (C,) and classes (N, *size) or (): the mean or sum, or each loss.

    ``weight``: (C,). ``ignore_index``: a target that does not count. ``ValueError`` where batches differ,
    ``RuntimeError`` for other wrong shapes or dtypes, ``IndexError`` for a target that is no class.
    """
    arg.check_tensor(input, "nll_loss_nd")
    arg.optional_tensor(weight, "nll_loss_nd", "weight")
    if not isinstance(target, TensorBase):
        arg.tensor(target, "nll_loss_nd", "target")
    ndim, shape = input._geometry.ndim, tuple(input._geometry.shape)
    if ndim < 1:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if ndim == 1:
        if target.ndim > 1 or target.numel() != 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.numel()}")
    elif not target._geometry.ndim or shape[0] != tuple(target._geometry.shape)[0]:
        size = target.shape[0] if target.ndim else 1
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({size}).")
    _check_dtypes(input, target, weight)
    if ndim <= 2:
        if target._geometry.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if weight is not None:
            _check_weight(weight, shape[-1])
        return _nll_loss(input, target, weight, reduction, ignore_index)
    if ndim == 4 and target.ndim != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.ndim}"
        )
    wanted = (shape[0], *shape[2:])
    if target.shape != wanted:
        raise RuntimeError(f"Expected target size {list(wanted)}, got {list(target.shape)}")
    _check_weight(weight, shape[1])
    if ndim == 4:
        return _nll_loss2d(input, target, weight, reduction, ignore_index)
    flat = (shape[0], 1, math.prod(shape[2:]))
    rows = input.contiguous().view(flat[0], shape[1], *flat[1:])
    loss = _nll_loss2d(rows, target.contiguous().view(flat), weight, reduction, ignore_index)
    return loss.view(wanted) if reduction == "none" else loss


def _check_dtypes(input: Any, target: Any, weight: Any) -> None:
    if target._dtype is not dtypes.int64 and target._dtype is not dtypes.uint8:
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {scalar_type_name(target._dtype)}; classes are "
            "integers: convert with target.long(), or give probabilities of the input's own shape"
        )
    refuse_other_kinds("nll_loss_out_frame", input._dtype, "f")
    if weight is not None and weight._dtype is not input._dtype:
        raise RuntimeError(
            f"expected scalar type {scalar_type_name(input._dtype)} but found {scalar_type_name(weight._dtype)}"
        )


def _check_weight(weight: Any, classes: int, function: str = "") -> None:
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"{function}weight tensor should be defined either for all {classes} classes or no classes but got weight "
            f"tensor of shape: {list(weight.shape)}"
        )


def cross_entropy_loss(
    input: Any, target: Any, weight: Any, reduction: str, ignore_index: int, label_smoothing: float
) -> Any:
    """Minus the log-probability of the target under ``softmax(input)``; shapes as for ``nll_loss``.

    A floating target of the input's own shape holds class probabilities instead of classes.
    """
    ignore_index = arg.integer(ignore_index, "cross_entropy_loss", "ignore_index")
    label_smoothing = arg.real(label_smoothing, "cross_entropy_loss", "label_smoothing")
    if not isinstance(input, TensorBase) or not isinstance(target, TensorBase):
        arg.tensor(input, "cross_entropy_loss", "input")
        arg.tensor(target, "cross_entropy_loss", "target")
    if weight is not None:
        arg.tensor(weight, "cross_entropy_loss", "weight")
    class_dim = 0 if input._geometry.ndim <= 1 else 1
    if label_smoothing > 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if input._geometry.shape == target._geometry.shape:
        return _with_probabilities(input, target, weight, reduction, ignore_index, label_smoothing, class_dim)
    log_probabilities = log_softmax(input, class_dim)
    loss = nll_loss(log_probabilities, target, weight, reduction, ignore_index)
    if label_smoothing <= 0.0:
        return loss
    evenly = _evenly_spread(log_probabilities, target, weight, reduction, ignore_index, class_dim)
    return loss * (1 - label_smoothing) + evenly * (label_smoothing / input.shape[class_dim])


def _evenly_spread(
    log_probabilities: Any, target: Any, weight: Any, reduction: str, ignore_index: int, class_dim: int
) -> Any:
    """The loss, times the number of classes, for targets that give all classes the same probability."""
    if weight is not None:
        log_probabilities = log_probabilities * _along(weight, class_dim, log_probabilities.ndim)
    ignored = target == ignore_index
    losses = (-log_probabilities.sum(class_dim)).masked_fill(ignored, 0.0)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if weight is None:
        return losses.sum() / (~ignored).sum()
    return losses.sum() / weight.gather(0, target[~ignored].flatten()).sum()


def _along(weight: Any, dim: int, ndim: int) -> Any:
    """A vector as the given dimension among ``ndim``, the others of size 1."""
    return weight.view([-1 if place == dim else 1 for place in range(ndim)])


def _with_probabilities(
    input: Any, target: Any, weight: Any, reduction: str, ignore_index: int, label_smoothing: float, class_dim: int
) -> Any:
    if target._dtype.category != dtypes.FLOATING:
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {scalar_type_name(target._dtype)}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    classes = input.shape[class_dim]
    _check_weight(weight, classes, "cross_entropy: ")
    losses = log_softmax(input, class_dim)
    if label_smoothing > 0.0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    losses = losses * target
    if weight is not None:
        losses = losses * _along(weight, class_dim, input.ndim)
    if reduction == "none":
        return -losses.sum(class_dim)
    if reduction == "sum":
        return -losses.sum()
    return -losses.sum() / (input.numel() // classes if input.numel() else math.nan)
