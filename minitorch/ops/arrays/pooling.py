"""Max and average pooling over windows, with their derivatives, for 1, 2 or 3 spatial axes.

A pooling reduces every window of an image to one number. The loop here runs over the taps of the window, not over the
windows: tap (i, j) of all windows together is one strided slice of the image, and the result is the running maximum, or
sum, of those slices. For 2x2 windows that is four array operations, whatever the image's size.

Padding is never made. `tap_slices` says for each tap which outputs it reaches inside the image, and the other windows
simply go without it: that is a border of minus infinity for a maximum, of zeros for a sum. A window that `ceil_mode`
lets hang over the far edge is the same case.

The maximum's derivative sends each gradient to the pixel that won. Which one is kept as an index into the flattened
image plane (H * W, no padding), PyTorch's `return_indices`. Its rules: of equal values the first in reading order wins;
NaN beats every number, and of several NaN the last wins.

PyTorch: `aten/src/ATen/native/cpu/MaxPoolKernel.cpp`, `AvgPoolKernel.cpp`, `aten/src/ATen/native/Pool.h` (shapes).
Left out: special cases for window sizes; adaptive pooling, whose windows differ in size.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from minitorch.ops.arrays.blocks import accumulation_dtype, blocks
from minitorch.ops.arrays.im2col import Array, Ints, window_counts


def pool_counts(
    size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> tuple[int, ...]:
    """The spatial shape of a pooling's output.

    `ceil_mode` keeps a last window that hangs over the far edge, unless it would start in the padding behind it.
    """
    if not ceil_mode:
        return window_counts(size, kernel, stride, padding, dilation)
    counts = []
    for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
        count = -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1
        counts.append(count - 1 if (count - 1) * s >= n + p else count)
    return tuple(counts)


def tap_slices(
    size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, counts: Ints
) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """For each tap in reading order, two slices of equal shape: of the outputs it reaches, of the inputs it reads.

    Along one axis tap k of output o reads input i = o * stride + k * dilation - padding, and 0 <= i < size must hold.
    """
    axes = []
    for n, kernel_size, s, p, d, count in zip(
        size, kernel, stride, padding, dilation, counts, strict=True
    ):
        pairs = []
        for k in range(kernel_size):
            first = max(0, -((k * d - p) // s))  # ceil((p - k * d) / s)
            last = min(count, (n - 1 + p - k * d) // s + 1)
            start = first * s + k * d - p
            reach = max(0, last - first)
            stop = start + (reach - 1) * s + 1 if reach else start
            pairs.append((slice(first, first + reach), slice(start, stop, s)))
        axes.append(pairs)
    for taps in itertools.product(*axes):
        yield (..., *(outs for outs, _ in taps)), (..., *(ins for _, ins in taps))


def max_pool_forward(
    xp: ModuleType,
    x: Array,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> tuple[Array, Array]:
    """x (N, C, *size) -> the maxima (N, C, *counts) and where in the flattened plane they stood, as int64."""
    size = x.shape[2:]
    counts = pool_counts(size, kernel, stride, padding, dilation, ceil_mode)
    offsets = tap_offsets(size, kernel, dilation)
    corners = window_corners(size, stride, padding, counts)
    slices = list(tap_slices(size, kernel, stride, padding, dilation, counts))

    values: Array = xp.empty((*x.shape[:2], *counts), dtype=x.dtype)
    indices: Array = xp.empty(values.shape, dtype=np.int64)
    offsets, corners = xp.asarray(offsets), xp.asarray(corners)
    for block in blocks(xp, x.shape[0], math.prod(x.shape[1:]) * x.itemsize):
        best, tap = max_over_taps(xp, x[block], slices, values[block].shape)
        values[block] = best
        xp.add(offsets[tap], corners, out=indices[block])
    return values, indices


def max_over_taps(
    xp: ModuleType,
    x: Array,
    slices: list[tuple[tuple[slice, ...], tuple[slice, ...]]],
    shape: Ints,
) -> tuple[Array, Array]:
    """The maxima of a block of images, and the number of the tap that each came from.

    The taps are taken from the last to the first, and a tap wins where it is at least as large as the best so far: so
    the first of equals ends as the winner, and a window of nothing but -inf still ends at a tap inside the image.
    `maximum` carries NaN along by itself; the comparison needs a second look, and only where the block holds a NaN.
    """
    x = x.astype(accumulation_dtype(x.dtype), copy=False)
    floating = x.dtype.kind == "f"
    has_nan = floating and x.size > 0 and bool(xp.isnan(x.max()))
    best = xp.full(shape, -math.inf if floating else np.iinfo(x.dtype).min, dtype=x.dtype)
    tap = xp.zeros(shape, dtype=np.uint8 if len(slices) <= 256 else np.int64)
    for number in range(len(slices) - 1, -1, -1):
        outs, ins = slices[number]
        candidate, current = x[ins], best[outs]
        wins = candidate >= current
        if has_nan:
            wins = (wins | xp.isnan(candidate)) & ~xp.isnan(current)
        xp.maximum(candidate, current, out=current)
        xp.putmask(tap[outs], wins, number) if False else xp.copyto(tap[outs], number, where=wins)
    return best, tap


def max_pool_backward(xp: ModuleType, grad: Array, indices: Array, input_shape: Ints) -> Array:
    """Send each gradient (N, C, *counts) to the pixel that won its window: (N, C, *size), `input_shape`.

    Windows may overlap and share a winner, so the gradients are added where they land.
    """
    planes, plane = input_shape[0] * input_shape[1], math.prod(input_shape[2:])
    total = xp.zeros(planes * plane, dtype=accumulation_dtype(grad.dtype))
    landing = indices.reshape(planes, -1) + plane * xp.arange(planes)[:, None]
    xp.add.at(total, landing.reshape(-1), grad.reshape(-1).astype(total.dtype, copy=False))
    grad_input: Array = total.reshape(tuple(input_shape)).astype(grad.dtype, copy=False)
    return grad_input
