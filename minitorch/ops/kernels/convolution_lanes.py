"""Convolution at stride 1 as a CPU's compiler likes it. Kernels: ``kernels/convolution_lanes.cu``.

The kernels read images whose border of zeros is made, and weights packed so that 8 output channels stand side by side.
Both are made here; they are small. The gradient of the input is a convolution again: of the gradient, with the weights
turned around, and the border that is left when the forward's is taken from a full one.

Sums of the weight's gradient meet positions that the output does not have, where the gradient is zero; an infinity in
the image would make NaN of that. So a result that is not finite is not given: None, and columns serve instead.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.ops.kernels import convolution as columns
from minitorch.ops.kernels.convolution import Geometry, Ints, positions
from minitorch.ops.kernels.ladder import Arrays, Ladder

_OUTPUTS = 8  # channels that a block makes, as in the kernel
_BEHIND = 256  # zeros behind the last plane: a vector may reach so far beyond it


def serves(geometry: Geometry, kernel: Ints) -> bool:
    """Whether the forward and the weight's gradient can be had: one or two spatial axes, stride 1."""
    return len(kernel) <= 2 and all(s == 1 for s in geometry[0])


def conv2d(x: Any, weight: Any, bias: Any, geometry: Geometry, groups: int = 1) -> Any:
    """(N, C, *size) with (Co, C/G, *kernel) -> (N, Co, *positions)."""
    return _conv2d("conv2d_lanes", x, weight, bias, geometry, groups)


def conv2d_input_gradient(grad: Any, weight: Any, shape: Ints, geometry: Geometry, groups: int = 1) -> Any:
    """The gradient (N, Co, *positions) of the output -> that of the input, ``shape``; None if it is no convolution."""
    stride, padding, dilation = geometry
    kernel = weight.shape[2:]
    border = tuple(d * (k - 1) - p for k, p, d in zip(kernel, padding, dilation))
    if min(border) < 0 or positions(shape[2:], kernel, geometry) != tuple(grad.shape[2:]):
        return None
    outputs, inputs = weight.shape[0] // groups, weight.shape[1]
    turned = weight.reshape(groups, outputs, inputs, *kernel).swapaxes(1, 2)
    turned = turned[(..., *[slice(None, None, -1)] * len(kernel))].reshape(groups * inputs, outputs, *kernel)
    return _conv2d("conv2d_lanes", grad, turned, None, (stride, border, dilation), groups)


def conv2d_weight_gradient(grad: Any, x: Any, shape: Ints, geometry: Geometry, groups: int = 1) -> Any:
    """The gradient (N, Co, *positions) of the output -> that of the weight, ``shape``; None if it is not finite."""
    result = _conv2d_weight_gradient("conv2d_weight_gradient_lanes", grad, x, shape, geometry, groups)
    return result if np.isfinite(result).all() else None


# ---- launches -------------------------------------------------------------------------------------------------------


@functools.cache
def _kernel(rung: str, dtype: Any) -> Kernel:
    return load("convolution_lanes").kernel(rung, dtype)


def _two_axes(numbers: Ints, none: int) -> tuple[int, ...]:
    """One number an axis, for two of them; ``none`` for one that is not there."""
    return tuple(numbers) if len(numbers) == 2 else (none, *numbers)


def _bordered(planes: Any, border: Ints, height: int, width: int, behind: int) -> Any:
    """Planes (N, C, *size) laid into zeros, flat; a plane takes ``height`` * ``width`` and ``behind`` more."""
    lead, size = planes.shape[:2], _two_axes(planes.shape[2:], 1)
    plane = height * width + behind
    flat = np.zeros(math.prod(lead) * plane + _BEHIND, planes.dtype)
    laid = flat[: math.prod(lead) * plane].reshape(*lead, plane)[..., : height * width].reshape(*lead, height, width)
    y, x = border
    laid[..., y : y + size[0], x : x + size[1]] = planes.reshape(*lead, *size)
    return flat


def _padded(x: Any, padding: Ints) -> tuple[Any, int, int]:
    (height, width), (y, across) = _two_axes(x.shape[2:], 1), _two_axes(padding, 0)
    height, width = height + 2 * y, width + 2 * across
    return _bordered(x, (y, across), height, width, 0), height, width


def _packed(weight: Any, groups: int) -> Any:
    """(Co, C/G, *kernel) -> (G, tiles, C/G * K, 8), with zeros for channels that fill up the last tile."""
    outputs, inner = weight.shape[0] // groups, math.prod(weight.shape[1:])
    tiles = -(-outputs // _OUTPUTS)
    packed = np.zeros((groups, tiles * _OUTPUTS, inner), weight.dtype)
    packed[:, :outputs] = weight.reshape(groups, outputs, inner)
    return np.ascontiguousarray(packed.reshape(groups, tiles, _OUTPUTS, inner).swapaxes(2, 3))


def _window(height: int, width: int, kernel: Ints, dilation: Ints, counts: Ints) -> Any:
    kernel, dilation, counts = _two_axes(kernel, 1), _two_axes(dilation, 1), _two_axes(counts, 1)
    return columns.window((height, width), kernel, ((1, 1), (0, 0), dilation), counts)


def _conv2d(rung: str, x: Any, weight: Any, bias: Any, geometry: Geometry, groups: int) -> Any:
    kernel, counts = weight.shape[2:], positions(x.shape[2:], weight.shape[2:], geometry)
    out = np.empty((x.shape[0], weight.shape[0], *counts), x.dtype)
    bordered, height, width = _padded(x, geometry[1])
    packed = _packed(weight, groups)
    if out.size:
        channels = columns.channel_counts(x.shape[0], weight.shape, groups)
        shapes = _window(height, width, kernel, geometry[2], counts)
        blocks = x.shape[0] * groups * packed.shape[1]
        _kernel(rung, x.dtype)(blocks, 1, (bordered, packed, bias, out, channels, shapes))
    return out


def _conv2d_weight_gradient(rung: str, grad: Any, x: Any, shape: Ints, geometry: Geometry, groups: int) -> Any:
    bordered, height, width = _padded(x, geometry[1])
    counts = grad.shape[2:]
    rows = _two_axes(counts, 1)[0]
    behind = -(rows * width) % (64 // grad.itemsize)  # whole vectors
    gradients = _bordered(grad, (0, 0), rows, width, behind)
    dweight = np.empty(tuple(shape), grad.dtype)
    if dweight.size:
        channels = columns.channel_counts(x.shape[0], shape, groups)
        shapes = _window(height, width, shape[2:], geometry[2], counts)
        tiles = -(-math.prod(shape[1:]) // 6) * -(-(shape[0] // groups) // 4) * groups
        args = (gradients, bordered, dweight, channels, shapes, rows * width + behind)
        _kernel(rung, grad.dtype)(tiles, 1, args)
    return dweight


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    """Images, weight, bias, geometry and groups, at stride 1."""
    x, weight, (_, padding, dilation), groups = columns.example(generator, size, dtype)
    bias = generator.standard_normal(weight.shape[0]).astype(dtype)
    return x, weight, bias, ((1, 1), padding, dilation), groups


def _weight_gradient_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, weight, _, geometry, groups = _example(generator, size, dtype)
    return columns.output_gradient(generator, x, weight, geometry), x, weight.shape, geometry, groups


def _reference(x: Any, weight: Any, bias: Any, geometry: Geometry, groups: int) -> Any:
    out = columns.LADDERS["conv2d"].reference(x, weight, geometry, groups)
    return out + bias.astype(np.float64).reshape(-1, 1, 1)


LADDERS = {
    "conv2d_lanes": Ladder(
        "conv2d", "convolution_lanes", _conv2d, _example, _reference, dtypes=("float32", "float64"),
        operations=lambda x, weight, bias, geometry, _: columns.products(
            x.shape[0], positions(x.shape[2:], weight.shape[2:], geometry), weight.shape
        ),
    ),
    "conv2d_weight_gradient_lanes": Ladder(
        "conv2d_weight_gradient", "convolution_lanes", _conv2d_weight_gradient, _weight_gradient_example,
        columns.LADDERS["conv2d_weight_gradient"].reference, dtypes=("float32", "float64"),
        operations=lambda grad, x, shape, *_: columns.products(grad.shape[0], grad.shape[2:], shape),
    ),
}  # fmt: skip
