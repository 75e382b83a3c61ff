"""Dropout: zero elements at random while training, and scale the others so that the mean stays.

    output = input * noise,      noise = bernoulli(1 - p) / (1 - p)

The noise is an ordinary tensor and the product an ordinary product, so there is no derivative here. The variants differ
in the noise: feature dropout draws one number a channel, alpha dropout sets elements to the value that a SELU saturates
at (and rescales) instead of zero, which keeps mean and variance of a self-normalizing network.

PyTorch: ``aten/src/ATen/native/Dropout.cpp``. Papers: Srivastava et al. 2014 (dropout), Tompson et al. 2015 (feature
dropout), Klambauer et al. 2017 (alpha dropout).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.creating.creation import empty_like
from minitorch.ops.creating.random import bernoulli_
from minitorch.ops.elementwise.arithmetic import mul
from minitorch.ops.neural.native_dropout import is_fused, native_dropout

SELU_SATURATION = 1.7580993408473766  # scale * alpha of SELU: its limit towards minus infinity is minus this


def dropout(input: Any, p: float, train: bool) -> Any:
    """Each element zero with probability ``p``, else times 1 / (1 - p). Not training: the input itself."""
    if not _active(input, p, train, "dropout"):
        return input
    if p == 1:
        return mul(input, _zero(input))
    if is_fused(input):
        return native_dropout(input, p)
    return mul(input, _noise(input, p))


def dropout_(input: Any, p: float, train: bool) -> Any:
    """``dropout`` written into ``input``."""
    if not _active(input, p, train, "dropout"):
        return input
    return mul.inplace(input, _zero(input) if p == 1 else _noise(input, p))


def feature_dropout(input: Any, p: float, train: bool) -> Any:
    """Whole channels at once: (N, C, *) has one random number for each of the N * C."""
    if not _active(input, p, train, "feature dropout"):
        return input
    return mul(input, _zero(input) if p == 1 else _noise(_one_a_channel(input), p))


def feature_dropout_(input: Any, p: float, train: bool) -> Any:
    """``feature_dropout`` written into ``input``."""
    if not _active(input, p, train, "feature dropout"):
        return input
    return mul.inplace(input, _zero(input) if p == 1 else _noise(_one_a_channel(input), p))


def alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """Dropped elements get SELU's lower limit; then mean and variance are restored."""
    if not _active(input, p, train, "dropout"):
        return input
    return mul(input, _zero(input)) if p == 1 else _alpha(mul, input, empty_like(input.detach()), p)


def alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """``alpha_dropout`` written into ``input``."""
    if not _active(input, p, train, "dropout"):
        return input
    return mul.inplace(input, _zero(input)) if p == 1 else _alpha(mul.inplace, input, empty_like(input.detach()), p)


def feature_alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """``alpha_dropout`` of whole channels."""
    if not _active(input, p, train, "feature dropout"):
        return input
    return mul(input, _zero(input)) if p == 1 else _alpha(mul, input, _one_a_channel(input), p)


def feature_alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """``feature_alpha_dropout`` written into ``input``."""
    if not _active(input, p, train, "feature dropout"):
        return input
    return mul.inplace(input, _zero(input)) if p == 1 else _alpha(mul.inplace, input, _one_a_channel(input), p)


def _active(input: Any, p: float, train: bool, what: str) -> bool:
    """Whether there is anything to do. ``RuntimeError`` for a ``p`` that is no probability."""
    arg.tensor(input, "dropout", "input")
    p, train = arg.real(p, "dropout", "p"), arg.boolean(train, "dropout", "train")
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p == 0 or not train or not input._geometry.numel:
        return False
    if what == "feature dropout" and input.ndim < 2 and p != 1:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return True


def _kept(like: Any, p: float) -> Any:
    """1 with probability 1 - p, else 0. ``RuntimeError`` for integers, which hold no 1 / (1 - p)."""
    kept = bernoulli_(like, 1 - p)
    if like._dtype.category < dtypes.FLOATING:  # after the draw, as in PyTorch: the streams stay together
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {scalar_type_name(like._dtype)}"
        )
    return kept


def _noise(like: Any, p: float) -> Any:
    """0 with probability ``p``, else 1 / (1 - p), in the shape and memory order of ``like``."""
    noise = _kept(empty_like(like.detach()), p)
    array = noise.array  # nobody has seen it: written without counting a write
    wide = accumulation_dtype(array.dtype).type
    array *= array.dtype.type(wide(1) / wide(1 - p))
    return noise


def _zero(input: Any) -> Any:
    return input.new_zeros(())


def _one_a_channel(input: Any) -> Any:
    return input.new_empty((*input.shape[:2], *[1] * (input.ndim - 2)))


def _alpha(multiply: Any, input: Any, like: Any, p: float) -> Any:
    scale = 1.0 / math.sqrt((SELU_SATURATION**2 * p + 1) * (1 - p))
    kept = _kept(like, p)
    shift = (kept - 1) * (SELU_SATURATION * scale) + SELU_SATURATION * scale * p
    return multiply(input, kept * scale).add_(shift)
