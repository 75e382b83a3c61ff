"""Layer normalization on arrays: every row of a matrix shifted and scaled to mean 0 and variance 1.

    xhat = (x - mean) * rstd,      rstd = 1 / sqrt(var + eps),      out = weight * xhat + bias

and, with h = weight * dout and means along a row,

    dx = rstd * (h - mean(h) - xhat * mean(h * xhat)),     dweight = sum(dout * xhat),     dbias = sum(dout)

The statistics need a whole row before its first output, so this takes several passes; done on a block of rows that fits
the cache (``blocks``), only the first and the last of them touch main memory. Group norm is the same with a group of
channels for a row. A compiled kernel does the same to a single row, where one serves the arrays (``compiled.py``).

PyTorch: ``aten/src/ATen/native/cpu/layer_norm_kernel.cpp``. The paper: Ba, Kiros and Hinton 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from minitorch.core.backend import Array
from minitorch.ops.arrays.blocks import accumulation_dtype, blocks
from minitorch.ops.arrays.compiled import kernels_for


def layer_norm_forward(
    xp: ModuleType, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """x (M, K), weight and bias (K,) -> out (M, K), mean (M,), rstd (M,) (these two at least float32)."""
    if x.size and (kernels := kernels_for("layer_norm", x)) is not None:
        result: tuple[Array, Array, Array] = kernels.forward(x, weight, bias, eps)
        return result
    wide = accumulation_dtype(x.dtype)
    out = xp.empty(x.shape, x.dtype)
    mean, rstd = xp.empty(x.shape[0], wide), xp.empty(x.shape[0], wide)
    for block in row_blocks(xp, x):
        rows = x[block].astype(wide)  # a copy
        mean[block] = rows.mean(axis=1)
        rows -= mean[block, None]
        rstd[block] = 1 / xp.sqrt((rows * rows).mean(axis=1) + eps)
        rows *= rstd[block, None]
        if weight is not None:
            rows *= weight
        if bias is not None:
            rows += bias
        out[block] = rows
    return out, mean, rstd


def layer_norm_backward(
    xp: ModuleType, grad: Array, x: Array, weight: Array | None, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """grad and x (M, K), the forward's mean and rstd (M,) -> dx (M, K), dweight (K,), dbias (K,)."""
    if x.size and (kernels := kernels_for("layer_norm", x)) is not None:
        result: tuple[Array, Array, Array] = kernels.backward(xp.ascontiguousarray(grad), x, weight, mean, rstd)
        return result
    grad_input = xp.empty(x.shape, x.dtype)
    grad_weight, grad_bias = xp.zeros(x.shape[1], mean.dtype), xp.zeros(x.shape[1], mean.dtype)
    for block in row_blocks(xp, x):
        xhat = x[block].astype(mean.dtype)  # a copy
        xhat -= mean[block, None]
        xhat *= rstd[block, None]
        h = grad[block].astype(mean.dtype)
        grad_bias += h.sum(axis=0)
        product = h * xhat
        grad_weight += product.sum(axis=0)
        if weight is not None:
            h *= weight
            product *= weight
        h -= h.mean(axis=1, keepdims=True)
        xhat *= product.mean(axis=1, keepdims=True)
        h -= xhat
        h *= rstd[block, None]
        grad_input[block] = h
    return grad_input, grad_weight, grad_bias


def row_blocks(xp: ModuleType, x: Array) -> Iterator[slice]:
    """Slices of the rows: as many as keep input, output and two copies between them in the cache."""
    return blocks(xp, x.shape[0], 4 * x.shape[1] * accumulation_dtype(x.dtype).itemsize)
