"""im2col: every window of an image, laid out as a column, and its adjoint col2im.

A convolution, a pooling and `unfold` all look at an image through a small window that slides. Along one axis, tap k of
the window at position o reads the (padded) input at

    i = o * stride + k * dilation

which is linear in o and in k. So an axis of n elements seen through a window is two axes, taps and positions, whose
strides are the axis's own times `dilation` and times `stride`: a view, with no copy, in which an element appears as
often as windows cover it. `window_view` is that view. `im2col` copies it out, one axis after the other:

    (C, H, W)  ->  (C, Kw, H, Wo)  ->  (C, Kh, Kw, Ho, Wo)  =  columns (C * Kh * Kw, Ho * Wo)

The last axis goes first because then the larger, second copy moves whole images (Ho * Wo elements in one run, at
stride 1) where copying all axes in one step moves rows. `col2im` walks the same steps backwards and sums: each element
of the image receives all of its appearances. It is the adjoint of `im2col`, hence its derivative.

PyTorch: `aten/src/ATen/native/im2col.h`, `Im2Col.cpp`, `Col2Im.cpp` (2-d, one copy loop an image).
Left out: nothing that `torch.nn.functional.unfold` and `fold` do; any number of spatial axes works.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType
from typing import TypeAlias

from minitorch.core.backend import Array

Ints: TypeAlias = Sequence[int]  # one number a spatial axis


def window_counts(size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> tuple[int, ...]:
    """How many window positions fit along each axis: the spatial shape of a convolution's output."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def pad(xp: ModuleType, x: Array, padding: Ints) -> Array:
    """Zeros around the last axes: (..., H, W) -> (..., H + 2*ph, W + 2*pw); `x` itself where none are asked for."""
    if not any(padding):
        return x
    padded = xp.zeros(padded_shape(x.shape, padding), dtype=x.dtype)
    crop(padded, padding)[...] = x
    return padded


def crop(padded: Array, padding: Ints) -> Array:
    """The view of `padded` inside its border: `pad` backwards."""
    size = padded.shape[padded.ndim - len(padding) :]
    return padded[(..., *(slice(p, n - p) for n, p in zip(size, padding, strict=True)))]


def padded_shape(shape: Ints, padding: Ints) -> tuple[int, ...]:
    """`shape` with its last axes grown by the padding on both sides."""
    lead = len(shape) - len(padding)
    return (*shape[:lead], *(n + 2 * p for n, p in zip(shape[lead:], padding, strict=True)))


def window_view(
    xp: ModuleType, x: Array, axis: int, kernel: int, stride: int, dilation: int, count: int, at: int
) -> Array:
    """The view of `x` with `axis` reduced to its `count` window positions and a new axis `at` for the `kernel` taps."""
    shape, strides = list(x.shape), list(x.strides)
    step = strides[axis]
    shape[axis], strides[axis] = count, step * stride
    shape.insert(at, kernel)
    strides.insert(at, step * dilation)
    return xp.lib.stride_tricks.as_strided(x, shape, strides)


def im2col(xp: ModuleType, x: Array, kernel: Ints, stride: Ints, dilation: Ints, counts: Ints, at: int) -> Array:
    """All windows of a padded image: (..., H, W) -> (..., Ho, Wo) with the taps Kh, Kw inserted at axis `at`.

    The result is contiguous. For a 1x1 kernel at stride 1 a contiguous `x` is not even copied.
    """
    for axis in range(-1, -len(kernel) - 1, -1):
        k, s, d, count = kernel[axis], stride[axis], dilation[axis], counts[axis]
        x = xp.ascontiguousarray(window_view(xp, x, axis, k, s, d, count, at))
    return x


def col2im(xp: ModuleType, columns: Array, size: Ints, kernel: Ints, stride: Ints, dilation: Ints, at: int) -> Array:
    """Sum windows back into a padded image of spatial shape `size`; the adjoint of `im2col`, same layout.

    Windows overlap, so one assignment through a view would lose terms; but the positions of one tap are distinct, so
    one strided addition places them all. The loop runs over the few taps, never over pixels.
    """
    taps_before = (slice(None),) * at
    for axis in range(-len(kernel), 0):
        count, s, d = columns.shape[axis], stride[axis], dilation[axis]
        shape = list(columns.shape)
        shape[axis] = size[axis]
        del shape[at]
        image = xp.zeros(shape, dtype=columns.dtype)
        behind = (slice(None),) * (-axis - 1)
        for k in range(kernel[axis]):
            reach = slice(k * d, k * d + (count - 1) * s + 1, s)
            image[(..., reach, *behind)] += columns[(*taps_before, k)]
        columns = image
    return columns


def unfold(xp: ModuleType, x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Array:
    """`torch.nn.functional.unfold`: (N, C, *size) -> columns (N, C * prod(kernel), L) for L window positions."""
    counts = window_counts(x.shape[2:], kernel, stride, padding, dilation)
    columns = im2col(xp, pad(xp, x, padding), kernel, stride, dilation, counts, at=2)
    if max(kernel) == 1:  # nothing may have been copied, and an operator's output must not alias its input
        columns = columns.copy()
    return columns.reshape(x.shape[0], x.shape[1] * math.prod(kernel), math.prod(counts))


def fold(
    xp: ModuleType,
    columns: Array,
    output_size: Ints,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
) -> Array:
    """`torch.nn.functional.fold`: columns (N, C * prod(kernel), L) -> (N, C, *output_size), overlaps summed."""
    batch, channels = columns.shape[0], columns.shape[1] // math.prod(kernel)
    counts = window_counts(output_size, kernel, stride, padding, dilation)
    columns = columns.reshape(batch, channels, *kernel, *counts)
    padded = col2im(xp, columns, padded_shape(output_size, padding), kernel, stride, dilation, at=2)
    return xp.ascontiguousarray(crop(padded, padding))
