"""Elements moved between channels and places: ``pixel_shuffle``, ``pixel_unshuffle``, ``channel_shuffle``.

``pixel_shuffle`` makes an image r times as large in both directions out of r^2 times as many channels, each of which
fills one place of every r by r block:

    (*, C r^2, H, W) -> (*, C, r, r, H, W) -> (*, C, H, r, W, r) -> (*, C, H r, W r)

Forwards and backwards are each other's derivatives. ``channel_shuffle`` takes the channels of several groups in turn.

PyTorch: ``aten/src/ATen/native/PixelShuffle.cpp``, ``ChanelShuffle.cpp``. Papers: Shi et al. 2016, Zhang et al. 2017.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.reduction import deliver


@operator("PixelShuffleBackward0")
def _pixel_shuffle(xp: Any, input: Any, upscale_factor: int) -> Any:
    """Channels into blocks of pixels."""
    r = upscale_factor
    *batch, channels, height, width = input.shape
    blocks = input.reshape(*batch, channels // (r * r), r, r, height, width)
    n = len(batch)
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return xp.array(blocks.transpose(order)).reshape(*batch, channels // (r * r), height * r, width * r)


@_pixel_shuffle.derivative("input")
def _(grad: Any, upscale_factor: int) -> Any:
    return _pixel_unshuffle(grad, upscale_factor)


@operator("PixelUnshuffleBackward0")
def _pixel_unshuffle(xp: Any, input: Any, downscale_factor: int) -> Any:
    """Blocks of pixels into channels."""
    r = downscale_factor
    *batch, channels, height, width = input.shape
    blocks = input.reshape(*batch, channels, height // r, r, width // r, r)
    n = len(batch)
    order = (*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return xp.array(blocks.transpose(order)).reshape(*batch, channels * r * r, height // r, width // r)


@_pixel_unshuffle.derivative("input")
def _(grad: Any, downscale_factor: int) -> Any:
    return _pixel_shuffle(grad, downscale_factor)


def _check_image(input: Any, function: str) -> None:
    if arg.tensor(input, function, "input").ndim < 3:
        raise RuntimeError(
            f"{function} expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )


def pixel_shuffle(input: Any, upscale_factor: int, *, out: Any = None) -> Any:
    """(*, C r^2, H, W) -> (*, C, H r, W r) for r = ``upscale_factor``."""
    r = arg.integer(upscale_factor, "pixel_shuffle", "upscale_factor")
    _check_image(input, "pixel_shuffle")
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    if input.shape[-3] % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={input.shape[-3]} is not divisible by {r * r}"
        )
    if input.numel():
        refuse_other_kinds("pixel_shuffle", input._dtype, "bifc")
    return deliver(_pixel_shuffle(input, r), out, "pixel_shuffle", input)


def pixel_unshuffle(input: Any, downscale_factor: int, *, out: Any = None) -> Any:
    """(*, C, H r, W r) -> (*, C r^2, H, W) for r = ``downscale_factor``."""
    r = arg.integer(downscale_factor, "pixel_unshuffle", "downscale_factor")
    _check_image(input, "pixel_unshuffle")
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    for name, dim in (("height", -2), ("width", -1)):
        if input.shape[dim] % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({dim})="
                f"{input.shape[dim]} is not divisible by {r}"
            )
    return deliver(_pixel_unshuffle(input, r), out, "pixel_unshuffle", input)


# ---- channels -------------------------------------------------------------------------------------------------------


def _shuffled(xp: Any, input: Any, groups: int) -> Any:
    """(N, g C, ...) -> (N, g, C, ...) -> (N, C, g, ...) -> (N, C g, ...)."""
    batch, channels, *rest = input.shape
    grouped = input.reshape(batch, groups, channels // groups, -1)
    return xp.array(grouped.transpose(0, 2, 1, 3)).reshape(batch, channels, *rest)


@operator("ChannelShuffleBackward0")
def _channel_shuffle(xp: Any, input: Any, groups: int) -> Any:
    """The channels of each group in turn."""
    return _shuffled(xp, input, groups)


@_channel_shuffle.derivative("input")
def _(grad: Any, groups: int) -> Any:
    return _channel_shuffle(grad, grad.shape[1] // groups)


@operator("torch::autograd::NotImplemented")
def _native_channel_shuffle(xp: Any, input: Any, groups: int) -> Any:
    """The same, without a derivative."""
    return _shuffled(xp, input, groups)


@_native_channel_shuffle.derivative("input")
def _(grad: Any) -> Any:
    raise RuntimeError("derivative for aten::native_channel_shuffle is not implemented")


def _groups_of(input: Any, groups: Any) -> int:
    count = arg.integer(groups, "channel_shuffle", "groups")
    if arg.tensor(input, "channel_shuffle", "input").ndim <= 2:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if count <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{count}")
    if input.shape[1] % count:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {input.shape[1]} channels and {count} groups."
        )
    if input.numel():
        refuse_other_kinds("channel_shuffle", input._dtype, "bifc")
    return count


def channel_shuffle(input: Any, groups: int) -> Any:
    """Channels of dimension 1, in ``groups`` groups, dealt out in turn."""
    return _channel_shuffle(input, _groups_of(input, groups))


def native_channel_shuffle(input: Any, groups: int) -> Any:
    """``channel_shuffle`` as PyTorch's kernel gives it, without a derivative."""
    return _native_channel_shuffle(input, _groups_of(input, groups))
