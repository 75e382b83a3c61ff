"""Adaptive pooling on arrays: the number of windows is given, and their sizes follow from it.

Along an axis of n elements, window i of k covers

    floor(i * n / k)  ..  ceil((i + 1) * n / k)        (the end not included)

The windows cover the axis evenly; where k does not divide n they overlap by one element. A window of an image is a
product of windows of its axes, so a mean may be taken one axis after the other.

PyTorch: ``aten/src/ATen/native/AdaptivePooling.h``, ``cpu/AdaptiveAvgPoolKernel.cpp``, ``AdaptiveMaxPoolKernel.cpp``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from minitorch.core.backend import Array
from minitorch.ops.arrays.blocks import accumulation_dtype


def window_bounds(size: int, count: int) -> list[tuple[int, int]]:
    """Start and end of each of ``count`` windows over ``size`` elements."""
    return [(i * size // count, -((-(i + 1) * size) // count)) for i in range(count)]


def adaptive_avg_forward(xp: ModuleType, x: Array, output_size: Sequence[int]) -> Array:
    """(..., *size) -> the means (..., *output_size)."""
    wide = x.astype(accumulation_dtype(x.dtype), copy=False)
    for axis, count in zip(range(-len(output_size), 0), output_size):
        behind = (slice(None),) * (-axis - 1)
        pooled = xp.empty((*wide.shape[:axis], count, *wide.shape[wide.ndim + axis + 1 :]), wide.dtype)
        for i, (start, stop) in enumerate(window_bounds(wide.shape[axis], count)):
            pooled[(..., i, *behind)] = wide[(..., slice(start, stop), *behind)].mean(axis=axis)
        wide = pooled
    return wide.astype(x.dtype, copy=False)


def adaptive_avg_backward(xp: ModuleType, grad: Array, size: Sequence[int]) -> Array:
    """(..., *output_size) -> (..., *size): every element of a window gets the same share of its gradient."""
    wide = grad.astype(accumulation_dtype(grad.dtype), copy=False)
    for axis, length in zip(range(-len(size), 0), size):
        behind = (slice(None),) * (-axis - 1)
        spread = xp.zeros((*wide.shape[:axis], length, *wide.shape[wide.ndim + axis + 1 :]), wide.dtype)
        for i, (start, stop) in enumerate(window_bounds(length, wide.shape[axis])):
            spread[(..., slice(start, stop), *behind)] += wide[(..., slice(i, i + 1), *behind)] / (stop - start)
        wide = spread
    return wide.astype(grad.dtype, copy=False)


def adaptive_max_forward(xp: ModuleType, x: Array, output_size: Sequence[int]) -> tuple[Array, Array]:
    """(..., *size) -> the maxima (..., *output_size) and where in the flattened plane they stood, as int64."""
    spatial = len(output_size)
    lead, size = x.shape[: x.ndim - spatial], x.shape[x.ndim - spatial :]
    plane = np.arange(math.prod(size)).reshape(size)
    values = xp.empty((*lead, *output_size), x.dtype)
    indices = xp.empty(values.shape, np.int64)
    bounds = [window_bounds(n, count) for n, count in zip(size, output_size)]
    for place in itertools.product(*map(range, output_size)):
        window = tuple(slice(*bounds[axis][i]) for axis, i in enumerate(place))
        elements = x[(..., *window)].reshape(*lead, -1)
        winner = elements.argmax(axis=-1)
        values[(..., *place)] = xp.take_along_axis(elements, winner[..., None], -1)[..., 0]
        indices[(..., *place)] = xp.asarray(plane[window].reshape(-1))[winner]
    return values, indices
