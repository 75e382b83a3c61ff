"""im2col, col2im and convolution in two dimensions. Kernels: ``kernels/convolution.cu``.

All arrays are contiguous: images (N, C, H, W), weights (Co, C/G, Kh, Kw), columns (C * Kh * Kw, N * L) with the images
behind the taps, L = Ho * Wo positions. One spatial axis is two of which the first has size 1. ``geometry`` is (stride,
padding, dilation), a pair each.

``ops/arrays/convolution.py`` multiplies columns by a library's matrix product; ``conv2d`` and its two gradients here
are the ladder that needs neither columns nor library.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host

Ints = Sequence[int]
Geometry = tuple[Ints, Ints, Ints]  # stride, padding, dilation

_WINDOW = np.dtype([(name, np.int32) for name in (
    "height", "width", "kernel_y", "kernel_x", "stride_y", "stride_x", "padding_y", "padding_x", "dilation_y",
    "dilation_x", "out_y", "out_x",
)])  # fmt: skip
_CHANNELS = np.dtype([(name, np.int32) for name in ("images", "inputs", "outputs", "groups")])
_MANY_BLOCKS = 65535  # as many as a grid may have along its second and third axis
_TILE = 64


def positions(size: Ints, kernel: Ints, geometry: Geometry) -> tuple[int, ...]:
    """How many positions of the window fit along each axis."""
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(size, kernel, *geometry, strict=True))


def window(size: Ints, kernel: Ints, geometry: Geometry, counts: Ints) -> Any:
    """``struct Window`` of ``kernels/window.cuh``."""
    stride, padding, dilation = geometry
    return _window(*map(tuple, (size, kernel, stride, padding, dilation, counts)))


@functools.lru_cache(512)
def _window(*per_axis: tuple[int, ...]) -> Any:
    absent = (1, 1, 1, 0, 1, 1)  # size, kernel, stride, padding, dilation, count of an axis that is not there
    pairs = [numbers if len(numbers) == 2 else (none, *numbers) for numbers, none in zip(per_axis, absent)]
    return np.array(tuple(itertools.chain(*pairs)), _WINDOW)[()]


def im2col(x: Any, kernel: Ints, geometry: Geometry, rung: str | None = None) -> Any:
    """(N, C, *size) -> columns (C * K, N * L)."""
    return _im2col(LADDERS["im2col"].rung_for(x, rung), x, kernel, geometry)


def col2im(columns: Any, shape: Ints, counts: Ints, kernel: Ints, geometry: Geometry, rung: str | None = None) -> Any:
    """Columns (C * K, N * L) -> the images ``shape`` = (N, C, *size), every pixel the sum of its appearances.

    ``counts``: the positions along each axis, for ``shape`` may have room for one more.
    """
    return _col2im(LADDERS["col2im"].rung_for(columns, rung), columns, shape, counts, kernel, geometry)


def conv2d(x: Any, weight: Any, geometry: Geometry, groups: int = 1, rung: str | None = None) -> Any:
    """(N, C, *size) with (Co, C/G, *kernel) -> (N, Co, *positions)."""
    return _conv2d(LADDERS["conv2d"].rung_for(x, rung), x, weight, geometry, groups)


def conv2d_input_gradient(
    grad: Any, weight: Any, shape: Ints, geometry: Geometry, groups: int = 1, rung: str | None = None
) -> Any:
    """The gradient (N, Co, *positions) of the output -> that of the input, ``shape`` = (N, C, *size)."""
    ladder = LADDERS["conv2d_input_gradient"]
    return _conv2d_input_gradient(ladder.rung_for(grad, rung), grad, weight, shape, geometry, groups)


def conv2d_weight_gradient(
    grad: Any, x: Any, shape: Ints, geometry: Geometry, groups: int = 1, rung: str | None = None
) -> Any:
    """The gradient (N, Co, *positions) of the output -> that of the weight, ``shape`` = (Co, C/G, *kernel)."""
    ladder = LADDERS["conv2d_weight_gradient"]
    return _conv2d_weight_gradient(ladder.rung_for(grad, rung), grad, x, shape, geometry, groups)


def rungs() -> tuple[str, ...]:
    """What ``minitorch.backends.cuda.convolution.kernel`` may name; the gradients use the rungs of the same height."""
    return LADDERS["conv2d"].rungs


def gradient_rung(rung: str, of: str) -> str:
    """The kernel for the gradient of the "input" or the "weight" that goes with a rung of the forward."""
    return LADDERS[f"conv2d_{of}_gradient"].rungs[rungs().index(rung)]


# ---- launches -------------------------------------------------------------------------------------------------------


@functools.cache
def _kernel(rung: str, dtype: Any) -> Kernel:
    return load("convolution").kernel(rung, dtype)


def _im2col(rung: str, x: Any, kernel: Ints, geometry: Geometry) -> Any:
    images, channels, *size = x.shape
    counts, taps = positions(size, kernel, geometry), math.prod(kernel)
    columns = empty(x, (channels * taps, images * math.prod(counts)), x.dtype)
    args = (x, columns, images, channels, window(size, kernel, geometry, counts))
    launch = _kernel(rung, x.dtype)
    if not columns.size:
        return columns
    if rung == "im2col_plane":
        threads = (1, 1) if on_host(x) else (32, 8)
        launch((channels * taps, min(images, _MANY_BLOCKS)), threads, args)
    else:
        launch(-(-columns.size // 256), 256, args)
    return columns


def _col2im(rung: str, columns: Any, shape: Ints, counts: Ints, kernel: Ints, geometry: Geometry) -> Any:
    images, channels, *size = shape
    image = empty(columns, tuple(shape), columns.dtype)
    args = (columns, image, images, channels, window(size, kernel, geometry, counts))
    launch = _kernel(rung, columns.dtype)
    if not image.size:
        return image
    if rung == "col2im_atomic":
        image[...] = 0
        launch(max(1, -(-columns.size // 256)), 256, args)
    elif rung == "col2im_plane":
        threads = 1 if on_host(columns) else 64
        launch(-(-images * channels // threads), threads, args)
    else:
        launch(-(-image.size // 256), 256, args)
    return image


def channel_counts(images: int, weight_shape: Ints, groups: int) -> Any:
    return np.array((images, weight_shape[1], weight_shape[0] // groups, groups), _CHANNELS)[()]


def _tiles(count: int) -> int:
    return -(-count // _TILE)


def _conv2d(rung: str, x: Any, weight: Any, geometry: Geometry, groups: int) -> Any:
    images, size, kernel, outputs = x.shape[0], x.shape[2:], weight.shape[2:], weight.shape[0]
    counts = positions(size, kernel, geometry)
    out = empty(x, (images, outputs, *counts), x.dtype)
    args = (x, weight, out, channel_counts(images, weight.shape, groups), window(size, kernel, geometry, counts))
    launch = _kernel(rung, x.dtype)
    if not out.size:
        return out
    if rung == "conv2d_direct":
        launch(-(-out.size // 256), 256, args)
    else:
        launch((_tiles(images * math.prod(counts)), _tiles(outputs // groups), groups), 256, args)
    return out


def _conv2d_input_gradient(rung: str, grad: Any, weight: Any, shape: Ints, geometry: Geometry, groups: int) -> Any:
    images, channels, *size = shape
    dx = empty(grad, tuple(shape), grad.dtype)
    shapes = window(size, weight.shape[2:], geometry, grad.shape[2:])
    args = (grad, weight, dx, channel_counts(images, weight.shape, groups), shapes)
    launch = _kernel(rung, grad.dtype)
    if not dx.size:
        return dx
    if rung == "conv2d_input_gradient_direct":
        launch(-(-dx.size // 256), 256, args)
    else:
        launch((_tiles(images * math.prod(size)), _tiles(channels // groups), groups), 256, args)
    return dx


def _conv2d_weight_gradient(rung: str, grad: Any, x: Any, shape: Ints, geometry: Geometry, groups: int) -> Any:
    outputs, columns = shape[0] // groups, math.prod(shape[1:])
    direct = rung == "conv2d_weight_gradient_direct"
    slices = 1 if direct else _slices(grad, _tiles(outputs) * _tiles(columns) * groups)
    wide = np.dtype(np.float64 if grad.dtype == np.float64 else np.float32)
    partial = empty(grad, (slices, *shape), wide)
    shapes = window(x.shape[2:], shape[2:], geometry, grad.shape[2:])
    args = (grad, x, partial, channel_counts(x.shape[0], shape, groups), shapes, slices)
    launch = _kernel(rung, grad.dtype)
    if not partial.size:
        return partial[0].astype(grad.dtype)
    if direct:
        launch(-(-partial.size // 256), 256, args)
    else:
        launch((_tiles(columns), _tiles(outputs), groups * slices), 256, args)
    return partial.sum(0).astype(grad.dtype, copy=False)


def _slices(grad: Any, blocks: int) -> int:
    """Into how many parts to split the sum: enough for some 500 blocks, each of at least 512 positions."""
    inner = int(grad.size) // int(grad.shape[1])
    return max(1, min(512 // blocks, inner // 512, _MANY_BLOCKS // blocks))


# ---- the ladders ----------------------------------------------------------------------------------------------------


def example(generator: np.random.Generator, size: str, dtype: Any) -> tuple[Any, Any, Geometry, int]:
    """Images, weight, geometry and groups."""
    if size == "small":
        x, weight, geometry, groups = (2, 4, 7, 9), (6, 2, 3, 2), ((2, 1), (1, 2), (1, 2)), 2
    else:
        x, weight, geometry, groups = (64, 32, 28, 28), (64, 32, 3, 3), ((1, 1), (1, 1), (1, 1)), 1
    draw = generator.standard_normal
    return draw(x).astype(dtype), draw(weight).astype(dtype), geometry, groups


def output_gradient(generator: np.random.Generator, x: Any, weight: Any, geometry: Geometry) -> Any:
    counts = positions(x.shape[2:], weight.shape[2:], geometry)
    return generator.standard_normal((x.shape[0], weight.shape[0], *counts)).astype(x.dtype)


def _im2col_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, weight, geometry, _ = example(generator, size, dtype)
    return x, weight.shape[2:], geometry


def _col2im_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, weight, geometry, _ = example(generator, size, dtype)
    kernel, counts = weight.shape[2:], positions(x.shape[2:], weight.shape[2:], geometry)
    shape = (x.shape[1] * math.prod(kernel), x.shape[0] * math.prod(counts))
    return generator.standard_normal(shape).astype(dtype), x.shape, counts, kernel, geometry


def _input_gradient_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, weight, geometry, groups = example(generator, size, dtype)
    return output_gradient(generator, x, weight, geometry), weight, x.shape, geometry, groups


def _weight_gradient_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, weight, geometry, groups = example(generator, size, dtype)
    return output_gradient(generator, x, weight, geometry), x, weight.shape, geometry, groups


def _windows(padded: Any, kernel: Ints, geometry: Geometry, counts: Ints) -> Any:
    """For every tap, the view (N, C, *counts) of the padded images that it reads."""
    stride, _, dilation = geometry
    for tap in itertools.product(*map(range, kernel)):
        yield (slice(None), slice(None), *(
            slice(k * d, k * d + (count - 1) * s + 1, s) for k, d, s, count in zip(tap, dilation, stride, counts)
        ))  # fmt: skip


def _padded(x: Any, geometry: Geometry) -> Any:
    return np.pad(x.astype(np.float64), [(0, 0), (0, 0), *((p, p) for p in geometry[1])])


def _im2col_reference(x: Any, kernel: Ints, geometry: Geometry) -> Any:
    padded, counts = _padded(x, geometry), positions(x.shape[2:], kernel, geometry)
    taps = [padded[view] for view in _windows(padded, kernel, geometry, counts)]
    columns = np.stack(taps, 2)  # (N, C, K, *counts)
    return np.moveaxis(columns, 0, 2).reshape(x.shape[1] * len(taps), -1)


def _col2im_reference(columns: Any, shape: Ints, counts: Ints, kernel: Ints, geometry: Geometry) -> Any:
    images, channels, *_ = shape
    each = np.moveaxis(columns.astype(np.float64).reshape(channels, -1, images, *counts), 2, 0)  # (N, C, K, *counts)
    padded = _padded(np.zeros(shape), geometry)
    for tap, view in enumerate(_windows(padded, kernel, geometry, counts)):
        padded[view] += each[:, :, tap]
    return padded[(..., *(slice(p, p + n) for p, n in zip(geometry[1], shape[2:])))]


def _grouped_columns(x: Any, kernel: Ints, geometry: Geometry, groups: int) -> Any:
    """(G, C/G * K, N * L)."""
    columns = _im2col_reference(x, kernel, geometry)
    return columns.reshape(groups, -1, columns.shape[1])


def _rows(grad: Any, groups: int) -> Any:
    """(N, Co, *counts) -> (G, Co/G, N * L)."""
    return np.moveaxis(grad.astype(np.float64), 0, 1).reshape(groups, grad.shape[1] // groups, -1)


def _conv2d_reference(x: Any, weight: Any, geometry: Geometry, groups: int) -> Any:
    rows = weight.astype(np.float64).reshape(groups, weight.shape[0] // groups, -1)
    out = rows @ _grouped_columns(x, weight.shape[2:], geometry, groups)
    counts = positions(x.shape[2:], weight.shape[2:], geometry)
    return np.moveaxis(out.reshape(weight.shape[0], x.shape[0], *counts), 0, 1)


def _input_gradient_reference(grad: Any, weight: Any, shape: Ints, geometry: Geometry, groups: int) -> Any:
    rows = weight.astype(np.float64).reshape(groups, weight.shape[0] // groups, -1)
    columns = rows.swapaxes(1, 2) @ _rows(grad, groups)
    return _col2im_reference(columns.reshape(-1, columns.shape[2]), shape, grad.shape[2:], weight.shape[2:], geometry)


def _weight_gradient_reference(grad: Any, x: Any, shape: Ints, geometry: Geometry, groups: int) -> Any:
    columns = _grouped_columns(x, shape[2:], geometry, groups)
    return (_rows(grad, groups) @ columns.swapaxes(1, 2)).reshape(shape)


def _column_bytes(x: Any, kernel: Ints, geometry: Geometry) -> int:
    counts = positions(x.shape[2:], kernel, geometry)
    return math.prod((*x.shape[:2], *kernel, *counts)) * int(x.itemsize)


def products(images: int, counts: Ints, weight_shape: Ints) -> int:
    """Multiplications and additions of a convolution, the same in its gradients."""
    return 2 * images * math.prod(counts) * math.prod(weight_shape)


_ALL = ("float32", "float64", "float16", "bfloat16")
LADDERS = {
    "im2col": Ladder(
        "im2col", "convolution", _im2col, _im2col_example, _im2col_reference,
        traffic=lambda x, *shapes: x.nbytes + _column_bytes(x, *shapes), dtypes=_ALL,
    ),
    "col2im": Ladder(
        "col2im", "convolution", _col2im, _col2im_example, _col2im_reference,
        traffic=lambda columns, shape, *_: columns.nbytes + math.prod(shape) * columns.itemsize,
        dtypes=("float32", "float64"),
    ),
    "conv2d": Ladder(
        "conv2d", "convolution", _conv2d, example, _conv2d_reference,
        operations=lambda x, weight, geometry, _: products(
            x.shape[0], positions(x.shape[2:], weight.shape[2:], geometry), weight.shape
        ),
        dtypes=_ALL,
    ),
    "conv2d_input_gradient": Ladder(
        "conv2d_input_gradient", "convolution", _conv2d_input_gradient, _input_gradient_example,
        _input_gradient_reference,
        operations=lambda grad, weight, *_: products(grad.shape[0], grad.shape[2:], weight.shape), dtypes=_ALL,
    ),
    "conv2d_weight_gradient": Ladder(
        "conv2d_weight_gradient", "convolution", _conv2d_weight_gradient, _weight_gradient_example,
        _weight_gradient_reference,
        operations=lambda grad, x, shape, *_: products(grad.shape[0], grad.shape[2:], shape), dtypes=_ALL,
    ),
}  # fmt: skip
