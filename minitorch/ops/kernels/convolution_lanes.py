"""Convolution at stride 1 as a CPU's compiler likes it. Kernels: ``kernels/convolution_lanes.cu``.

The kernels read images whose border of zeros is made, and weights packed so that 8 output channels stand side by side.
Both are made here; they are small. The gradient of the input is a convolution again: of the gradient, with the weights
turned around, and the border that is left when the forward's is taken from a full one.
For that of the weight the output's gradient is turned so that its channels are neighbours.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.ops.kernels import convolution as columns
from minitorch.ops.kernels.convolution import Geometry, Ints, positions
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty

_OUTPUTS = 8  # channels that a block makes, as in the kernel
_BLOCKS = 8  # of the weight's gradient: each reads the whole gradient once
_CACHED = 1 << 18  # bytes of the gradient that its columns share
_BEHIND = 256  # zeros behind the last plane: a vector may reach so far beyond it


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
    """The gradient (N, Co, *positions) of the output -> that of the weight, ``shape``."""
    return _conv2d_weight_gradient("conv2d_weight_gradient_lanes", grad, x, shape, geometry, groups)


# ---- launches -------------------------------------------------------------------------------------------------------


@functools.cache
def _kernel(rung: str, *template: Any) -> Kernel:
    return load("convolution_lanes").kernel(rung, *template)


def _two_axes(numbers: Ints, none: int) -> tuple[int, ...]:
    """One number an axis, for two of them; ``none`` for one that is not there."""
    return tuple(numbers) if len(numbers) == 2 else (none, *numbers)


def _zeros(like: Any, shape: Ints) -> Any:
    """Zeros on the processor of ``like``."""
    zeros = empty(like, tuple(shape), like.dtype)
    zeros[...] = 0
    return zeros


def _bordered(x: Any, padding: Ints) -> tuple[Any, int, int]:
    """Planes with a border of zeros around them, flat, and their height and width."""
    (rows, across), (y, left) = _two_axes(x.shape[2:], 1), _two_axes(padding, 0)
    height, width, planes = rows + 2 * y, across + 2 * left, x.shape[0] * x.shape[1]
    flat = _zeros(x, (planes * height * width + _BEHIND,))
    laid = flat[: planes * height * width].reshape(planes, height, width)
    laid[:, y : y + rows, left : left + across] = x.reshape(planes, rows, across)
    return flat, height, width


def _packed(weight: Any, groups: int) -> Any:
    """(Co, C/G, *kernel) -> (G, tiles, C/G * K, 8), with zeros for channels that fill up the last tile."""
    outputs, inner = weight.shape[0] // groups, math.prod(weight.shape[1:])
    tiles = -(-outputs // _OUTPUTS)
    packed = _zeros(weight, (groups, tiles * _OUTPUTS, inner))
    packed[:, :outputs] = weight.reshape(groups, outputs, inner)
    return packed.reshape(groups, tiles, _OUTPUTS, inner).swapaxes(2, 3).copy()


def _window(height: int, width: int, kernel: Ints, dilation: Ints, counts: Ints) -> Any:
    kernel, dilation, counts = _two_axes(kernel, 1), _two_axes(dilation, 1), _two_axes(counts, 1)
    return columns.window((height, width), kernel, ((1, 1), (0, 0), dilation), counts)


def _conv2d(rung: str, x: Any, weight: Any, bias: Any, geometry: Geometry, groups: int) -> Any:
    kernel, counts = weight.shape[2:], positions(x.shape[2:], weight.shape[2:], geometry)
    out = empty(x, (x.shape[0], weight.shape[0], *counts), x.dtype)
    bordered, height, width = _bordered(x, geometry[1])
    packed = _packed(weight, groups)
    if out.size:
        channels = columns.channel_counts(x.shape[0], weight.shape, groups)
        shapes = _window(height, width, kernel, geometry[2], counts)
        blocks = x.shape[0] * groups * packed.shape[1]
        _kernel(rung, x.dtype)(blocks, 1, (bordered, packed, bias, out, channels, shapes))
    return out


def _conv2d_weight_gradient(rung: str, grad: Any, x: Any, shape: Ints, geometry: Geometry, groups: int) -> Any:
    bordered, height, width = _bordered(x, geometry[1])
    inner, outputs = math.prod(shape[1:]), shape[0] // groups
    lanes = 64 // grad.itemsize
    vectors = 1 if outputs <= lanes else 2 if outputs <= 2 * lanes else 4
    turned = _turned("channels_last", grad, groups, -(-outputs // (vectors * lanes)) * vectors * lanes)
    across = turned.shape[-1]
    dweight = empty(grad, (groups, inner, across), grad.dtype)
    if not grad.size:
        dweight[...] = 0
    elif inner:
        shapes = _window(height, width, shape[2:], geometry[2], grad.shape[2:])
        chunk = max(1, _CACHED // (grad.nbytes // grad.shape[0]))
        blocks = min(_BLOCKS, -(-inner * vectors // 24))
        args = (turned, bordered, dweight, columns.channel_counts(x.shape[0], shape, groups), shapes, across, chunk)
        _kernel(rung, vectors, grad.dtype)((blocks, groups), 1, args)
    return dweight[..., :outputs].swapaxes(1, 2).copy().reshape(tuple(shape))


def _turned(rung: str, grad: Any, groups: int, width: int) -> Any:
    """(N, Co, *counts) -> (N, G, L, width): the channels of a group side by side."""
    inner = math.prod(grad.shape[2:])
    out = empty(grad, (grad.shape[0], groups, inner, width), grad.dtype)
    if out.size:
        blocks = grad.shape[0] * groups * -(-inner // 64)
        _kernel(rung, grad.dtype)(blocks, 1, (grad, out, grad.shape[1] // groups, inner, width))
    return out


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


def _turned_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    shape = (2, 6, 7, 9) if size == "small" else (64, 64, 28, 28)
    return generator.standard_normal(shape).astype(dtype), 2, 5 if size == "small" else 32


def _turned_reference(grad: Any, groups: int, width: int) -> Any:
    planes = grad.astype(np.float64).reshape(grad.shape[0], groups, grad.shape[1] // groups, -1)
    return np.pad(planes, [(0, 0), (0, 0), (0, width - planes.shape[2]), (0, 0)]).swapaxes(2, 3)


LADDERS = {
    "channels_last": Ladder(
        "channels_last", "convolution_lanes", _turned, _turned_example, _turned_reference,
        traffic=lambda grad, *_: 2 * grad.nbytes, dtypes=("float32", "float64"),
    ),
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
