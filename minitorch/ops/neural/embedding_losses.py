"""Losses as PyTorch's C++ exports them, ``torch.kl_div(x, y, 1)``, and those that compare whole vectors.

    margin_ranking      max(0, -y (a - b) + margin)                     a above b if y = 1, below if -1
    hinge_embedding     x if y = 1,  max(0, margin - x) if y = -1       x a distance
    cosine_embedding    1 - cos if y = 1,  max(0, cos - margin) if y = -1
    triplet_margin      max(0, margin + |a - p| - |a - n|)              anchor, positive, negative
    poisson_nll         e^x - y x   (x the logarithm of a rate)         or x - y log(x + eps)

At this level ``reduction`` is a number: 0 none, 1 mean, 2 sum. ``nn.functional`` has the words for them. The default in
Python is none, though the schemas say mean.

PyTorch: ``aten/src/ATen/native/Loss.cpp``. All but the first two functions below are composed.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.creating.creation import zeros_like
from minitorch.ops.creating.from_data import scalar_tensor
from minitorch.ops.elementwise.arithmetic import sub
from minitorch.ops.elementwise.clamping import clamp_min, minimum
from minitorch.ops.elementwise.scalar_forms import add_number, mul_number
from minitorch.ops.elementwise.selection import where
from minitorch.ops.neural import loss
from minitorch.ops.reductions.distance import pairwise_distance

_NAMES = ("none", "mean", "sum")


def _reduction(value: Any, function: str) -> str:
    number = arg.integer(value, function, "reduction")
    return _NAMES[number] if 0 <= number <= 2 else "none"


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 0
) -> Any:
    """``nn.functional.binary_cross_entropy_with_logits`` with a number for the reduction."""
    arg.check_tensor(input, "binary_cross_entropy_with_logits")
    meant = _reduction(reduction, "binary_cross_entropy_with_logits")
    return loss.binary_cross_entropy_with_logits(input, target, weight, pos_weight, meant)


def kl_div(input: Any, target: Any, reduction: int = 0, *, log_target: bool = False) -> Any:
    """``nn.functional.kl_div`` with a number for the reduction."""
    arg.check_tensor(input, "kl_div")
    arg.check_tensor(target, "kl_div", "target", 2)
    return loss.kl_div(input, target, _reduction(reduction, "kl_div"), log_target)


def _from_number(number: float, like: Any, other: Any) -> Any:
    """number - other, as PyTorch's C++ writes it: with the number as a tensor."""
    return sub(scalar_tensor(number, dtype=like._dtype, device=like.device), other)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0) -> Any:
    """max(0, -target * (input1 - input2) + margin)."""
    for name, tensor in (("input1", input1), ("input2", input2), ("target", target)):
        arg.tensor(tensor, "margin_ranking_loss", name)
    losses = clamp_min(add_number(-target * (input1 - input2), margin), 0)
    return loss.apply_reduction(losses, _reduction(reduction, "margin_ranking_loss"))


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: int = 0) -> Any:
    """``input`` where the target is 1, max(0, margin - input) where it is -1."""
    arg.check_tensor(input, "hinge_embedding_loss")
    arg.check_tensor(target, "hinge_embedding_loss", "target", 2)
    zero = zeros_like(input)
    apart = where(target != 1, clamp_min(_from_number(margin, input, input), 0), zero)
    together = where(target != -1, input, zero)
    return loss.apply_reduction(apart + together, _reduction(reduction, "hinge_embedding_loss"))


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0) -> Any:
    """1 - cos of two vectors (or rows) where the target is 1, max(0, cos - margin) where it is -1."""
    for name, tensor in (("input1", input1), ("input2", input2), ("target", target)):
        arg.tensor(tensor, "cosine_embedding_loss", name)
    dim = target.ndim
    if dim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != dim + 1 or input2.ndim != dim + 1:
        raise RuntimeError(
            f"{dim}D target tensor expects {dim + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    product = (input1 * input2).sum(dim)
    square1 = add_number((input1 * input1).sum(dim), 1e-12)
    square2 = add_number((input2 * input2).sum(dim), 1e-12)
    cosine = product / (square1 * square2).sqrt()
    zero = zeros_like(cosine)
    together = where(target == 1, _from_number(1.0, cosine, cosine), zero)
    apart = where(target == -1, clamp_min(cosine - margin, 0), zero)
    return loss.apply_reduction(together + apart, _reduction(reduction, "cosine_embedding_loss"))


def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, reduction: int = 0,
) -> Any:  # fmt: skip
    """max(0, margin + |anchor - positive| - |anchor - negative|). ``swap``: or |positive - negative| if smaller."""
    for name, tensor in (("anchor", anchor), ("positive", positive), ("negative", negative)):
        arg.tensor(tensor, "triplet_margin_loss", name)
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    losses = clamp_min(add_number(near, margin) - far, 0)
    return loss.apply_reduction(losses, _reduction(reduction, "triplet_margin_loss"))


def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int) -> Any:
    """Negative log-likelihood of counts; ``log_input``: of the rate's logarithm, ``full``: with log target!."""
    arg.check_tensor(input, "poisson_nll_loss")
    arg.check_tensor(target, "poisson_nll_loss", "target", 2)
    losses = input.exp() - target * input if log_input else input - target * add_number(input, eps).log()
    if full:
        stirling = target * target.log() - target + mul_number(mul_number(target, 2 * math.pi).log(), 0.5)
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return loss.apply_reduction(losses, _reduction(reduction, "poisson_nll_loss"))
