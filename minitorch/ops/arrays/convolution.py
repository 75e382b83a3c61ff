"""Convolution as matrix multiplication, with its two derivatives, for 1, 2 or 3 spatial axes.

Lay every window of an image as a column (`im2col`). Then each output pixel is a row of weights times a column, and the
whole convolution of one image is one product:

    out     (Co, L)     =  weight (Co, C*K)  @  columns (C*K, L)          L = Ho*Wo positions, K = Kh*Kw taps
    dcolumns (C*K, L)   =  weight^T          @  dout                      then col2im sums dcolumns into dx
    dweight (Co, C*K)   =  dout              @  columns^T                 summed over the batch

With groups, rows and columns split into G independent products: a leading axis G on every matrix. A transposed
convolution is the second line used as a forward: `conv_backward_input` with the wanted output's shape as `input_shape`
(that is all `output_padding` is), and its derivatives are the other two lines.

The ladder. Rung one is the three lines above on the whole batch at once. Its columns are K times the input: 58 MB for
64 images of 32x28x28 and a 3x3 kernel, written to main memory and read back. The product alone takes 10 ms there (64
output channels, two cores), with the columns 19. Rung two, here, changes one thing: it takes a few images at a time, so
that their columns stay in the processor's second-level cache between the copy that writes them and the product that
reads them, and takes 14. Backward keeps nothing but the input: making its columns again is cheap by now.

Where there are kernels (``ops/arrays/compiled.py``), im2col and col2im are theirs; and on the CPU at stride 1 a kernel
convolves without columns, in 7 (``ops/kernels/convolution_lanes.py``). On a GPU the products are cuBLAS's, unless
``minitorch.backends.cuda.convolution.kernel`` chooses a kernel that never writes the columns (an implicit GEMM).

PyTorch: `aten/src/ATen/native/ConvolutionMM2d.cpp` (the same products, `slow_conv2d`), `Convolution.cpp` (the choice
among backends), oneDNN in practice. Left out: Winograd and FFT forms, which trade accuracy or memory for arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType

from minitorch.core.backend import Array
from minitorch.ops.arrays import direct_convolution
from minitorch.ops.arrays.blocks import accumulation_dtype, blocks
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.arrays.im2col import (
    Ints,
    col2im,
    crop,
    im2col,
    pad,
    padded_shape,
    window_counts,
)


def conv_forward(
    xp: ModuleType,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array:
    """x (N, C, *size), weight (Co, C/G, *kernel), bias (Co,) -> contiguous (N, Co, *counts)."""
    batch, channels = x.shape[0], weight.shape[0]
    kernel = weight.shape[2:]
    counts = window_counts(x.shape[2:], kernel, stride, padding, dilation)
    direct = direct_convolution.forward(xp, x, weight, bias, stride, padding, dilation, groups)
    if direct is not None:
        return direct
    rows = as_rows(weight, groups)
    out = xp.empty((batch, channels, *counts), dtype=x.dtype)
    x, compiled = for_kernels(xp, x)
    for block in image_blocks(xp, batch, rows, counts):
        columns = block_columns(xp, x[block], kernel, stride, padding, dilation, groups, counts, compiled)
        product = xp.matmul(rows, columns)  # (G, Co/G, b*L)
        if bias is not None:
            product += bias.reshape(groups, channels // groups, 1).astype(rows.dtype, copy=False)
        out[block] = product.reshape(channels, -1, *counts).swapaxes(0, 1)
    return out


def conv_backward_input(
    xp: ModuleType,
    grad: Array,
    weight: Array,
    input_shape: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array:
    """grad (N, Co, *counts), weight (Co, C/G, *kernel) -> (N, C, *size), which is `input_shape`.

    Positions of the input that no window reached (the remainder of a stride, `output_padding`) get zero.
    """
    batch, channels, *size = input_shape
    channels_out, kernel, counts = weight.shape[0], weight.shape[2:], grad.shape[2:]
    direct = direct_convolution.input_gradient(xp, grad, weight, input_shape, stride, padding, dilation, groups)
    if direct is not None:
        return direct
    padded_size = padded_shape(size, padding)
    rows = as_rows(weight, groups)
    grad_input = xp.empty(tuple(input_shape), dtype=grad.dtype)
    for block in image_blocks(xp, batch, rows, counts):
        grad_rows = channels_first(grad[block], groups)  # (G, Co/G, b*L)
        if channels_out == groups:  # depthwise: an outer product, for which matmul has no fast path
            columns = rows.swapaxes(1, 2) * grad_rows
        else:
            columns = xp.matmul(rows.swapaxes(1, 2), grad_rows)  # (G, C/G*K, b*L)
        if (compiled := compiled_for(columns, len(size))) is not None:
            shape, columns = grad_input[block].shape, columns.reshape(-1, columns.shape[2])
            grad_input[block] = compiled.col2im(columns, shape, counts, kernel, (stride, padding, dilation))
            continue
        columns = columns.reshape(channels, *kernel, -1, *counts)
        padded = col2im(xp, columns, padded_size, kernel, stride, dilation, at=1)  # (C, b, *)
        grad_input[block] = crop(padded, padding).swapaxes(0, 1)
    return grad_input


def conv_backward_weight(
    xp: ModuleType,
    grad: Array,
    x: Array,
    weight_shape: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array:
    """grad (N, Co, *counts), x (N, C, *size) -> (Co, C/G, *kernel), which is `weight_shape`."""
    kernel, counts = weight_shape[2:], grad.shape[2:]
    channels, taps = weight_shape[0], math.prod(weight_shape[1:])
    if window_counts(x.shape[2:], kernel, stride, padding, dilation) != tuple(counts):
        x, padding = covered(xp, x, kernel, stride, padding, dilation, counts), (0,) * len(kernel)
    direct = direct_convolution.weight_gradient(xp, grad, x, weight_shape, stride, padding, dilation, groups)
    if direct is not None:
        return direct
    total = xp.zeros((groups, channels // groups, taps), accumulation_dtype(x.dtype))
    dtype, (x, compiled) = x.dtype, for_kernels(xp, x)
    for block in image_blocks(xp, x.shape[0], total, counts):
        columns = block_columns(xp, x[block], kernel, stride, padding, dilation, groups, counts, compiled)
        total += xp.matmul(channels_first(grad[block], groups), columns.swapaxes(1, 2))
    return total.reshape(tuple(weight_shape)).astype(dtype, copy=False)


def covered(xp: ModuleType, x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, counts: Ints) -> Array:
    """The part of the padded images that ``counts`` windows cover, where there is room for more of them.

    The output of a transposed convolution has that room if its `output_padding` is as large as the stride.
    """
    extents = [(n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip(counts, stride, dilation, kernel)]
    return pad(xp, x, padding)[(..., *map(slice, extents))]


def conv_backward_bias(xp: ModuleType, grad: Array) -> Array:
    """grad (N, Co, *counts) -> (Co,): the bias was added at every position of every image."""
    axes = (0, *range(2, grad.ndim))
    total = grad.sum(axis=axes, dtype=accumulation_dtype(grad.dtype))
    return total.astype(grad.dtype, copy=False)


def block_columns(
    xp: ModuleType,
    x: Array,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
    counts: Ints,
    compiled: ModuleType | None = None,
) -> Array:
    """The columns of b images: (b, C, *size) -> (G, C/G*K, b*L).

    The images stand behind the taps, so that one product serves all of them.
    """
    if compiled is not None:
        columns = compiled.im2col(x, kernel, (stride, padding, dilation))
        return columns.reshape(groups, -1, columns.shape[1])
    image = x.swapaxes(0, 1).astype(accumulation_dtype(x.dtype), copy=False)
    image = pad(xp, image, padding)
    columns = im2col(xp, image, kernel, stride, dilation, counts, at=1)  # (C, *kernel, b, *counts)
    taps = x.shape[1] // groups * math.prod(kernel)
    return columns.reshape(groups, taps, x.shape[0] * math.prod(counts))


def for_kernels(xp: ModuleType, x: Array) -> tuple[Array, ModuleType | None]:
    """``x`` as the compiled kernels want it, in a dtype to sum in, and their module; ``x`` itself and None without."""
    ready = xp.ascontiguousarray(x).astype(accumulation_dtype(x.dtype), copy=False)
    compiled = compiled_for(ready, x.ndim - 2)
    return (x, None) if compiled is None else (ready, compiled)


def compiled_for(array: Array, spatial: int) -> ModuleType | None:
    """The compiled im2col and col2im, for one or two spatial axes and enough elements."""
    return kernels_for("convolution", array) if spatial <= 2 else None


def as_rows(weight: Array, groups: int) -> Array:
    """(Co, C/G, *kernel) -> (G, Co/G, C/G*K): one row of numbers an output channel, in a dtype to sum in."""
    rows = weight.reshape(groups, weight.shape[0] // groups, math.prod(weight.shape[1:]))
    return rows.astype(accumulation_dtype(weight.dtype), copy=False)


def channels_first(grad: Array, groups: int) -> Array:
    """(b, Co, *counts) -> (G, Co/G, b*L), in a dtype to sum in; a view where the block is one image."""
    batch, channels, *counts = grad.shape
    rows = grad.swapaxes(0, 1).reshape(groups, channels // groups, batch * math.prod(counts))
    return rows.astype(accumulation_dtype(grad.dtype), copy=False)


def image_blocks(xp: ModuleType, batch: int, rows: Array, counts: Ints) -> Iterator[slice]:
    """Slices of the batch: as many images as keep columns and product in the cache.

    Large weights raise the bound to their own size, since every block's product reads all of them once.
    """
    groups, channels, taps = rows.shape
    one_image = groups * (channels + taps) * math.prod(counts) * rows.itemsize
    return blocks(xp, batch, one_image, at_least=rows.nbytes)
