"""Batch normalization on arrays: the training forward and its derivative.

Every channel is shifted and scaled to mean 0 and variance 1 over the batch and all positions, m = N*H*W values:

    xhat = (x - mean) * invstd,     invstd = 1 / sqrt(var + eps),     out = weight * xhat + bias

`mean` and `var` depend on x too, so the derivative is not just a scale. Through both,

    dx = weight * invstd * (dout - mean(dout) - xhat * mean(dout * xhat))
    dweight = sum(dout * xhat)                  dbias = sum(dout)

which reads: what is left of the gradient when its component along a shift and its component along a scale of the
channel are taken out, since normalization undoes both.

The formula takes a handful of passes, and the statistics need all of a channel before its first output. So the loop is
over blocks of channels, not of images: a block is copied once into a contiguous (b, m) matrix that fits the cache, and
every later step works there. The variance is the mean square of the centred values, never E[x^2] - mean^2, which loses
all digits where the mean is large.

PyTorch: `aten/src/ATen/native/Normalization.cpp`, `cpu/batch_norm_kernel.cpp`. The paper: Ioffe and Szegedy 2015,
"Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift". Left out: the running
averages, which are the operator's, and the evaluation mode, which is an ordinary scale and shift.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType

from minitorch.ops.arrays.blocks import accumulation_dtype, blocks
from minitorch.ops.arrays.im2col import Array


def batch_norm_train_forward(
    xp: ModuleType, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """x (N, C, *size), weight and bias (C,) -> out like x, mean (C,), invstd (C,) (these two at least float32).

    The biased variance is `1 / invstd**2 - eps`; `running_var` takes it times m / (m - 1).
    """
    out: Array = xp.empty(x.shape, dtype=x.dtype)
    wide = accumulation_dtype(x.dtype)
    mean: Array = xp.empty(x.shape[1], dtype=wide)
    invstd: Array = xp.empty(x.shape[1], dtype=wide)
    for block in channel_blocks(xp, x):
        rows = channel_rows(xp, x[:, block])  # (b, m), a fresh copy
        mean[block] = rows.mean(axis=1)
        rows -= mean[block, None]
        invstd[block] = 1 / xp.sqrt((rows * rows).mean(axis=1) + eps)
        scale = invstd[block] if weight is None else invstd[block] * weight[block]
        rows *= scale[:, None]
        if bias is not None:
            rows += bias[block, None]
        out[:, block] = as_images(rows, x[:, block])
    return out, mean, invstd


def batch_norm_backward(
    xp: ModuleType, grad: Array, x: Array, weight: Array | None, mean: Array, invstd: Array
) -> tuple[Array, Array, Array]:
    """grad and x (N, C, *size), the forward's mean and invstd (C,) -> dx like x, dweight (C,), dbias (C,)."""
    grad_input: Array = xp.empty(x.shape, dtype=x.dtype)
    grad_weight: Array = xp.empty(x.shape[1], dtype=mean.dtype)
    grad_bias: Array = xp.empty(x.shape[1], dtype=mean.dtype)
    m = x.shape[0] * math.prod(x.shape[2:])
    for block in channel_blocks(xp, x):
        xhat = channel_rows(xp, x[:, block])  # (b, m)
        xhat -= mean[block, None]
        xhat *= invstd[block, None]
        rows = channel_rows(xp, grad[:, block])  # (b, m), becomes dx
        grad_bias[block] = rows.sum(axis=1)
        grad_weight[block] = (rows * xhat).sum(axis=1)
        xhat *= grad_weight[block, None] / m
        rows -= xhat
        rows -= grad_bias[block, None] / m
        scale = invstd[block] if weight is None else invstd[block] * weight[block]
        rows *= scale[:, None]
        grad_input[:, block] = as_images(rows, x[:, block])
    return grad_input, grad_weight, grad_bias


def channel_blocks(xp: ModuleType, x: Array) -> Iterator[slice]:
    """Slices of the channels: as many as keep two or three of their (b, m) matrices in the cache."""
    one_channel = x.shape[0] * math.prod(x.shape[2:]) * accumulation_dtype(x.dtype).itemsize
    return blocks(xp, x.shape[1], 2 * one_channel)


def channel_rows(xp: ModuleType, images: Array) -> Array:
    """A copy of (N, b, *size) as (b, N * prod(size)): one row a channel, in a dtype to compute in."""
    channels = images.swapaxes(0, 1)
    rows: Array = xp.array(channels, dtype=accumulation_dtype(images.dtype), order="C")
    return rows.reshape(channels.shape[0], channels.shape[1] * math.prod(channels.shape[2:]))


def as_images(rows: Array, images: Array) -> Array:
    """(b, N * prod(size)) as a view of the shape of `images` (N, b, *size): `channel_rows` backwards."""
    batch, channels, *size = images.shape
    return rows.reshape(channels, batch, *size).swapaxes(0, 1)
