"""Convolution and its derivatives by kernels that never write the columns, where there is one for these arrays.

Each function gives None where there is none, and columns serve (``ops/arrays/convolution.py``):

- on the CPU, at stride 1 with one or two spatial axes, a compiled kernel multiplies shifted rows of pixels, as fast as
  a library multiplies matrices that lie ready (``ops/kernels/convolution_lanes.py``);
- on a GPU, if ``minitorch.backends.cuda.convolution.kernel`` names one, a kernel of ``ops/kernels/convolution.py``.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from minitorch.core.backend import Array
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.arrays.im2col import Ints
from minitorch.ops.arrays.selection import convolution as chosen

LEAST_CHANNELS = 8  # of the output in a group, for the weight's gradient: fewer would leave most of a vector empty


def forward(
    xp: ModuleType,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array | None:
    """x (N, C, *size), weight (Co, C/G, *kernel), bias (Co,) -> (N, Co, *counts)."""
    geometry = (stride, padding, dilation)
    if _chosen(x, weight, stride):
        x, weight = xp.ascontiguousarray(x), xp.ascontiguousarray(weight)
        out = chosen.functions.conv2d(x, weight, geometry, groups, chosen.kernel)
        return out if bias is None else out + bias.reshape(-1, *[1] * len(stride))
    lanes, (image, weight) = _lanes(stride, x, weight)
    if lanes is None:
        return None
    offset = None if bias is None else np.ascontiguousarray(bias, image.dtype)
    return lanes.conv2d(image, weight, offset, geometry, groups).astype(x.dtype, copy=False)


def input_gradient(
    xp: ModuleType,
    grad: Array,
    weight: Array,
    input_shape: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array | None:
    """grad (N, Co, *counts), weight (Co, C/G, *kernel) -> (N, C, *size), which is ``input_shape``."""
    geometry, shape = (stride, padding, dilation), tuple(input_shape)
    if _chosen(grad, weight, stride):
        rung = chosen.functions.gradient_rung(str(chosen.kernel), "input")
        grad, weight = xp.ascontiguousarray(grad), xp.ascontiguousarray(weight)
        return chosen.functions.conv2d_input_gradient(grad, weight, shape, geometry, groups, rung)
    lanes, (wide, weight) = _lanes(stride, grad, weight)
    result = None if lanes is None else lanes.conv2d_input_gradient(wide, weight, shape, geometry, groups)
    return None if result is None else result.astype(grad.dtype, copy=False)


def weight_gradient(
    xp: ModuleType, grad: Array, x: Array, weight_shape: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Array | None:
    """grad (N, Co, *counts), x (N, C, *size) -> (Co, C/G, *kernel), which is ``weight_shape``."""
    geometry, shape = (stride, padding, dilation), tuple(weight_shape)
    if _chosen(grad, x, stride):
        rung = chosen.functions.gradient_rung(str(chosen.kernel), "weight")
        grad, x = xp.ascontiguousarray(grad), xp.ascontiguousarray(x)
        return chosen.functions.conv2d_weight_gradient(grad, x, shape, geometry, groups, rung)
    if shape[0] // groups < LEAST_CHANNELS:
        return None
    lanes, (wide, image) = _lanes(stride, grad, x)
    if lanes is None:
        return None
    return lanes.conv2d_weight_gradient(wide, image, shape, geometry, groups).astype(x.dtype, copy=False)


def _chosen(first: Array, second: Array, stride: Ints) -> bool:
    return chosen.kernel is not None and len(stride) <= 2 and chosen.serves(first, second)


def _lanes(stride: Ints, *arrays: Array) -> tuple[Any, tuple[Array, ...]]:
    """The CPU's kernels with the arrays as they want them, contiguous and in a dtype to sum in; or None."""
    first = arrays[0]
    if type(first) is not np.ndarray or len(stride) > 2 or any(s != 1 for s in stride):
        return None, arrays
    wide = accumulation_dtype(first.dtype)
    ready = tuple([np.ascontiguousarray(each, wide) for each in arrays])
    return kernels_for("convolution_lanes", ready[0]), ready
