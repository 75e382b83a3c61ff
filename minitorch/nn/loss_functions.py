"""The losses of ``nn.functional``: argument forms, the older spellings of ``reduction``, and broadcasting.

The formulas are in ``ops/neural/loss.py`` and ``nll_loss.py`` beside it. ``reduction`` is "mean", "sum" or "none";
``size_average`` and ``reduce`` are what it was called before, and still win where they are given.

PyTorch: ``torch/nn/functional.py`` and ``torch/nn/_reduction.py``. Left out: the margin, embedding and CTC losses.
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.core import geometry as geo
from minitorch.ops.neural import embedding_losses as losses_of_vectors
from minitorch.ops.neural import loss
from minitorch.ops.neural import nll_loss as classification
from minitorch.ops.shapes.views import broadcast_tensors


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction meant. ``ValueError`` if it is none of "mean", "sum" and "none"."""
    if size_average is not None or reduce is not None:
        if reduce is False:
            meant = "none"
        else:
            meant = "sum" if size_average is False else "mean"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.", stacklevel=3
        )
        return meant
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        return "mean"
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


# ---- classes --------------------------------------------------------------------------------------------------------


def cross_entropy(
    input: Any, target: Any, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-log softmax(input)[target]: scores (N, C, *) or (C,), target classes (N, *) or probabilities like the input."""
    if size_average is not None or reduce is not None or reduction not in ("mean", "sum", "none"):
        reduction = reduction_of(size_average, reduce, reduction)
    return classification.cross_entropy_loss(input, target, weight, reduction, ignore_index, label_smoothing)


def nll_loss(
    input: Any, target: Any, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """-input[target] for log-probabilities (N, C, *) or (C,) and target classes (N, *) or ()."""
    return classification.nll_loss(input, target, weight, reduction_of(size_average, reduce, reduction), ignore_index)


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    """-(target log(input) + (1 - target) log(1 - input)), both probabilities of one shape."""
    reduction = reduction_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is deprecated."
            " Please ensure they have the same size."
        )
    if weight is not None and weight.shape != target.shape:
        weight = weight.expand(geo.broadcast_shapes(target.shape, weight.shape))
    return loss.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", pos_weight: Any = None,
) -> Any:  # fmt: skip
    """``binary_cross_entropy(sigmoid(input), target)`` without overflow; positives count ``pos_weight`` times."""
    reduction = reduction_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    return loss.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)


def kl_div(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    log_target: bool = False,
) -> Any:  # fmt: skip
    """target (log(target) - input) for log-probabilities ``input``; "batchmean" divides by the batch size alone."""
    if reduction == "batchmean":
        total = loss.kl_div(input, target, "sum", log_target)
        return total / input.shape[0] if input.ndim else total
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the "
            "same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    return loss.kl_div(input, target, reduction_of(size_average, reduce, reduction), log_target)


# ---- distances ------------------------------------------------------------------------------------------------------


def mse_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    weight: Any = None,
) -> Any:  # fmt: skip
    """(input - target)^2; with ``weight`` the mean is a weighted one."""
    reduction = reduction_of(size_average, reduce, reduction)
    x, y = _broadcast(input, target)
    if weight is None:
        return loss.mse_loss(x, y, reduction)
    return _weighted((x - y).pow(2), weight, input, reduction)


def l1_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    weight: Any = None,
) -> Any:  # fmt: skip
    """|input - target|; with ``weight`` the mean is a weighted one."""
    reduction = reduction_of(size_average, reduce, reduction)
    x, y = _broadcast(input, target)
    if weight is None:
        return loss.l1_loss(x, y, reduction)
    return _weighted((x - y).abs(), weight, input, reduction)


def smooth_l1_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    beta: float = 1.0,
) -> Any:  # fmt: skip
    """d^2 / (2 beta) where |d| = |input - target| < beta, else |d| - beta / 2."""
    reduction = reduction_of(size_average, reduce, reduction)
    x, y = _broadcast(input, target)
    return loss.smooth_l1_loss(x, y, reduction, beta)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """d^2 / 2 where |d| = |input - target| <= delta, else delta (|d| - delta / 2)."""
    x, y = _broadcast(input, target)
    if weight is None:
        return loss.huber_loss(x, y, reduction_of(None, None, reduction), delta)
    _check_weight(weight, input)
    losses = loss.huber_loss(x, y, "none", delta) * weight
    return loss.apply_reduction(losses, reduction_of(None, None, reduction))


def _broadcast(input: Any, target: Any) -> Any:
    if target.shape == input.shape:
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This will likely "
        "lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )
    return broadcast_tensors(input, target)


def _check_weight(weight: Any, input: Any) -> None:
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")


def _weighted(losses: Any, weight: Any, input: Any, reduction: str) -> Any:
    _check_weight(weight, input)
    losses = losses * weight
    if reduction == "mean":
        return losses.sum() / weight.sum()
    return loss.apply_reduction(losses, reduction)


def soft_margin_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Any:
    """log(1 + exp(-target * input)) for targets 1 and -1."""
    return loss.soft_margin_loss(input, target, reduction_of(size_average, reduce, reduction))


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Any:  # fmt: skip
    """max(0, -target * (input1 - input2) + margin): which of two should rank higher, 1 or -1."""
    meant = reduction_of(size_average, reduce, reduction)
    return losses_of_vectors.margin_ranking_loss(input1, input2, target, margin, ("none", "mean", "sum").index(meant))
