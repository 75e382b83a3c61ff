"""Batch normalization on arrays: the training forward and its derivative.

Every channel is shifted and scaled to mean 0 and variance 1 over the batch and all positions, m = N*H*W values:

    xhat = (x - mean) * invstd,     invstd = 1 / sqrt(var + eps),     out = weight * xhat + bias

`mean` and `var` depend on x too, so the derivative is not just a scale. Through both,

    dx = weight * invstd * (dout - mean(dout) - xhat * mean(dout * xhat))
    dweight = sum(dout * xhat)                  dbias = sum(dout)

which reads: what is left of the gradient when its component along a shift and its component along a scale of the
channel are taken out, since normalization undoes both.

The formula takes a handful of passes, and the statistics need all of a channel before its first output. So the loop is
over blocks of channels, not of images: a block (N, b, L) of all images, L = H*W, is copied once into the cache, and
every later step works there. The variance is the mean square of the centred values, never E[x^2] - mean^2, which loses
all digits where the mean is large. A compiled kernel, where one serves the arrays (`compiled.py`), does the same to
one channel.

PyTorch: `aten/src/ATen/native/Normalization.cpp`, `cpu/batch_norm_kernel.cpp`. The paper: Ioffe and Szegedy 2015,
"Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift". Left out: the running
averages, which are the operator's, the evaluation mode, which is an ordinary scale and shift, and the empty batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType

from minitorch.core.backend import Array
from minitorch.ops.arrays.blocks import accumulation_dtype, blocks
from minitorch.ops.arrays.compiled import kernels_for


def batch_norm_train_forward(
    xp: ModuleType, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """x (N, C, *size), weight and bias (C,) -> out like x, mean (C,), invstd (C,) (these two at least float32).

    The biased variance is `1 / invstd**2 - eps`; `running_var` takes it times m / (m - 1).
    """
    if x.size and (kernels := kernels_for("batch_norm", x)) is not None:
        result: tuple[Array, Array, Array] = kernels.forward(x, weight, bias, eps)
        return result
    images = by_position(x)
    out = xp.empty(images.shape, dtype=x.dtype)
    mean = xp.empty(x.shape[1], dtype=accumulation_dtype(x.dtype))
    invstd = xp.empty_like(mean)
    for block in channel_blocks(xp, images):
        y = images[:, block].astype(mean.dtype)  # a copy, (N, b, L)
        mean[block] = y.mean(axis=(0, 2))
        y -= mean[block, None]
        invstd[block] = 1 / xp.sqrt((y * y).mean(axis=(0, 2)) + eps)
        y *= scale(invstd[block], weight, block)
        if bias is not None:
            y += bias[block, None]
        out[:, block] = y
    return out.reshape(x.shape), mean, invstd


def batch_norm_backward(
    xp: ModuleType, grad: Array, x: Array, weight: Array | None, mean: Array, invstd: Array
) -> tuple[Array, Array, Array]:
    """grad and x (N, C, *size), the forward's mean and invstd (C,) -> dx like x, dweight (C,), dbias (C,)."""
    if x.size and (kernels := kernels_for("batch_norm", x)) is not None:
        result: tuple[Array, Array, Array] = kernels.backward(xp.ascontiguousarray(grad), x, weight, mean, invstd)
        return result
    images, grads = by_position(x), by_position(grad)
    grad_input = xp.empty(images.shape, dtype=x.dtype)
    grad_weight = xp.empty_like(mean)
    grad_bias = xp.empty_like(mean)
    m = images.shape[0] * images.shape[2]
    for block in channel_blocks(xp, images):
        xhat = images[:, block].astype(mean.dtype)  # a copy, (N, b, L)
        xhat -= mean[block, None]
        xhat *= invstd[block, None]
        dx = grads[:, block].astype(mean.dtype)
        grad_bias[block] = dx.sum(axis=(0, 2))
        grad_weight[block] = (dx * xhat).sum(axis=(0, 2))
        dx -= grad_bias[block, None] / m
        xhat *= grad_weight[block, None] / m
        dx -= xhat
        dx *= scale(invstd[block], weight, block)
        grad_input[:, block] = dx
    return grad_input.reshape(x.shape), grad_weight, grad_bias


def by_position(x: Array) -> Array:
    """(N, C, *size) -> (N, C, L), a view where strides allow."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def channel_blocks(xp: ModuleType, images: Array) -> Iterator[slice]:
    """Slices of the channels: as many as keep input, output and two (N, b, L) arrays between them in the cache."""
    one_channel = images.shape[0] * images.shape[2] * accumulation_dtype(images.dtype).itemsize
    return blocks(xp, images.shape[1], 4 * one_channel)


def scale(invstd: Array, weight: Array | None, block: slice) -> Array:
    """What the centred values of a block of channels are multiplied by: (b, 1)."""
    return (invstd if weight is None else invstd * weight[block])[:, None]
