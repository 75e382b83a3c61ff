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

Where there are kernels (`ops/arrays/compiled.py`), in one and two dimensions, those of `ops/kernels/pooling.py` compute
the same in one pass over memory.

PyTorch: `aten/src/ATen/native/cpu/MaxPoolKernel.cpp`, `AvgPoolKernel.cpp`, `aten/src/ATen/native/Pool.h` (shapes).
Left out: special cases for window sizes; adaptive pooling, whose windows differ in size.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from minitorch.core.backend import Array
from minitorch.ops.arrays.blocks import accumulation_dtype, blocks
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.arrays.im2col import Ints, window_counts

Index: TypeAlias = tuple[Any, ...]  # `...`, then one slice a spatial axis


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
) -> Iterator[tuple[Index, Index]]:
    """For each tap in reading order, two slices of equal shape: of the outputs it reaches, of the inputs it reads.

    Along one axis tap k of output o reads input i = o * stride + k * dilation - padding, and 0 <= i < size must hold.
    """
    axes = []
    for n, kernel_size, s, p, d, count in zip(size, kernel, stride, padding, dilation, counts, strict=True):
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
    if len(size) <= 2 and (kernels := kernels_for("pooling", ready := xp.ascontiguousarray(x))) is not None:
        maxima, places = kernels.max_pool2d(ready, kernel, (stride, padding, dilation), counts)
        return maxima, places
    slices = list(tap_slices(size, kernel, stride, padding, dilation, counts))
    # A winner's index: that of its window's first corner, plus how far its tap lies from there.
    tap_steps = [np.arange(k) * d for k, d in zip(kernel, dilation, strict=True)]
    corner_steps = [np.arange(c) * s - p for c, s, p in zip(counts, stride, padding, strict=True)]
    offsets = xp.asarray(plane_indices(size, tap_steps).reshape(-1)[::-1])  # by rank: last tap first
    corners = xp.asarray(plane_indices(size, corner_steps))

    values = xp.empty((*x.shape[:2], *counts), dtype=x.dtype)
    indices = xp.empty(values.shape, dtype=np.int64)
    for block in blocks(xp, x.shape[0], math.prod(x.shape[1:]) * x.itemsize):
        best, ranks = max_over_taps(xp, x[block], slices, values[block].shape)
        values[block] = best
        xp.add(offsets.take(ranks), corners, out=indices[block])
    return values, indices


def max_over_taps(
    xp: ModuleType,
    x: Array,
    slices: list[tuple[Index, Index]],
    shape: Ints,
) -> tuple[Array, Array]:
    """The maxima of a block of images, and the rank of the tap that each came from, counted from the last tap.

    From the last tap to the first, a tap wins where it is at least as large as the best so far: so of equals the first
    in reading order ends as the winner, and a window of nothing but -inf ends at a tap inside the image. Ranks rise
    along the way, so the latest winner's is the largest: a product and a maximum, three
    times faster than masked copies, whose branches a processor cannot predict.
    `maximum` carries NaN along by itself; the comparison needs a second look, but only where there is a NaN.
    """
    x = x.astype(accumulation_dtype(x.dtype), copy=False)
    floating = x.dtype.kind == "f"
    has_nan = floating and x.size > 0 and bool(xp.isnan(x.max()))
    best = xp.full(shape, -math.inf if floating else np.iinfo(x.dtype).min, dtype=x.dtype)
    ranks = xp.zeros(shape, dtype=np.uint8 if len(slices) <= 256 else np.int64)
    for rank, (outs, ins) in enumerate(reversed(slices)):
        candidate, current = x[ins], best[outs]
        wins = candidate >= current
        if has_nan:
            wins = (wins | xp.isnan(candidate)) & ~xp.isnan(current)
        xp.maximum(candidate, current, out=current)
        xp.maximum(ranks[outs], wins * ranks.dtype.type(rank), out=ranks[outs])
    return best, ranks


def plane_indices(size: Ints, coordinates: list[Array]) -> Array:
    """Indices into the flattened plane (H, W) of all combinations of one coordinate an axis."""
    indices = np.zeros((1,) * len(size), dtype=np.int64)
    for axis, coordinate in enumerate(np.ix_(*coordinates)):
        indices = indices + coordinate * math.prod(size[axis + 1 :])
    return indices


def max_pool_backward(
    xp: ModuleType, grad: Array, indices: Array, input_shape: Ints, window: tuple[Ints, Ints, Ints, Ints] | None = None
) -> Array:
    """Send each gradient (N, C, *counts) to the pixel that won its window: (N, C, *size), which is `input_shape`.

    Windows may overlap and share a winner, so gradients are added where they land. `window` (kernel, stride, padding,
    dilation) lets a kernel on a GPU look from the pixel's side instead.
    """
    if (kernels := kernels_for("pooling", ready := xp.ascontiguousarray(grad))) is not None:
        kernel, geometry = (None, None) if window is None or len(window[0]) > 2 else (window[0], window[1:])
        return kernels.max_pool_gradient(ready, xp.ascontiguousarray(indices), input_shape, kernel, geometry)
    planes, plane = math.prod(input_shape[:2]), math.prod(input_shape[2:])
    total = xp.zeros(planes * plane, dtype=accumulation_dtype(grad.dtype))
    landing = indices.reshape(planes, math.prod(indices.shape[2:])) + plane * xp.arange(planes)[:, None]
    xp.add.at(total, landing.reshape(-1), grad.reshape(-1).astype(total.dtype, copy=False))
    return total.reshape(tuple(input_shape)).astype(grad.dtype, copy=False)


def avg_pool_forward(
    xp: ModuleType,
    x: Array,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    """x (N, C, *size) -> the mean of every window (N, C, *counts); integers are divided towards zero."""
    size, dilation = x.shape[2:], (1,) * len(kernel)
    counts = pool_counts(size, kernel, stride, padding, dilation, ceil_mode)
    if len(size) <= 2 and (kernels := kernels_for("pooling", ready := xp.ascontiguousarray(x))) is not None:
        return kernels.avg_pool2d(ready, kernel, stride, padding, counts, divisor_override, count_include_pad)
    slices = list(tap_slices(size, kernel, stride, padding, dilation, counts))
    divisors = window_divisors(xp, size, kernel, stride, padding, counts, count_include_pad, divisor_override)
    divisors = divisors.astype(accumulation_dtype(x.dtype))
    out = xp.empty((*x.shape[:2], *counts), dtype=x.dtype)
    for block in blocks(xp, x.shape[0], math.prod(x.shape[1:]) * x.itemsize):
        total = xp.zeros(out[block].shape, dtype=divisors.dtype)
        for outs, ins in slices:
            total[outs] += x[block][ins]
        out[block] = total / divisors
    return out


def avg_pool_backward(
    xp: ModuleType,
    grad: Array,
    input_shape: Ints,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    """Give every pixel of a window its share of the gradient: (N, C, *counts) -> (N, C, *size), `input_shape`."""
    size, counts, dilation = input_shape[2:], grad.shape[2:], (1,) * len(kernel)
    if len(size) <= 2 and (kernels := kernels_for("pooling", ready := xp.ascontiguousarray(grad))) is not None:
        return kernels.avg_pool2d_gradient(
            ready, input_shape, kernel, stride, padding, divisor_override, count_include_pad
        )
    slices = list(tap_slices(size, kernel, stride, padding, dilation, counts))
    divisors = window_divisors(xp, size, kernel, stride, padding, counts, count_include_pad, divisor_override)
    divisors = divisors.astype(accumulation_dtype(grad.dtype))
    grad_input = xp.empty(tuple(input_shape), dtype=grad.dtype)
    for block in blocks(xp, input_shape[0], math.prod(input_shape[1:]) * grad.itemsize):
        share = grad[block] / divisors
        total = xp.zeros(grad_input[block].shape, dtype=share.dtype)
        for outs, ins in slices:
            total[ins] += share[outs]
        grad_input[block] = total
    return grad_input


def window_divisors(
    xp: ModuleType,
    size: Ints,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    counts: Ints,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    """What to divide each window's sum by: (*counts,).

    The pixels of the window that lie in the image, and with `count_include_pad` in its padding. What hangs over behind
    the padding, which only `ceil_mode` allows, never counts.
    """
    if divisor_override is not None:
        return xp.full(tuple(counts), divisor_override)
    divisors = np.ones((), dtype=np.int64)
    for n, k, s, p, count in zip(size, kernel, stride, padding, counts, strict=True):
        start = np.arange(count) * s - p
        stop = np.minimum(start + k, n + p)
        if not count_include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, n)
        divisors = np.multiply.outer(divisors, stop - start)
    return xp.asarray(divisors)
