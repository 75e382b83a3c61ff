"""Max and average pooling in two dimensions, and their gradients. Kernels: ``kernels/pooling.cu``.

Arrays are contiguous stacks of planes, (N, C, H, W); one spatial axis is two of which the first has size 1. ``counts``
is the spatial shape of the output, which ``ceil_mode`` decides. Places of maxima are int64 indices into the plane.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.ops.kernels.convolution import Geometry, Ints, positions, window
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host

_DIVISOR = np.dtype([("divisor", np.int32), ("count_padding", np.int32)])
_HOST_BLOCKS = 64  # of kernels that walk over rows: enough to share out to threads


def max_pool2d(x: Any, kernel: Ints, geometry: Geometry, counts: Ints, rung: str | None = None) -> tuple[Any, Any]:
    """The maximum of every window, and its place."""
    return _max_pool2d(LADDERS["max_pool2d"].rung_for(x, rung), x, kernel, geometry, counts)


def max_pool_gradient(
    grad: Any, places: Any, shape: Ints, kernel: Ints | None = None, geometry: Geometry | None = None,
    rung: str | None = None,
) -> Any:  # fmt: skip
    """Gradients sent to the places of the maxima, in zeros of ``shape``.

    The rung that gathers needs the window; where it is not known (adaptive pooling), another serves.
    """
    rung = LADDERS["max_pool_gradient"].rung_for(grad, rung)
    if kernel is None and rung == "max_pool_gradient_gather":
        rung = "max_pool_gradient_atomic" if grad.dtype.itemsize >= 4 else "max_pool_gradient_plane"
    return _max_pool_gradient(rung, grad, places, shape, kernel or (), geometry or ((), (), ()))


def avg_pool2d(
    x: Any, kernel: Ints, stride: Ints, padding: Ints, counts: Ints, divisor: int | None = None,
    count_padding: bool = True, rung: str | None = None,
) -> Any:  # fmt: skip
    """The mean of every window; ``divisor`` instead of the number of its pixels, if given."""
    rung = LADDERS["avg_pool2d"].rung_for(x, rung)
    return _avg_pool2d(rung, x, kernel, stride, padding, counts, divisor or 0, count_padding)


def avg_pool2d_gradient(
    grad: Any, shape: Ints, kernel: Ints, stride: Ints, padding: Ints, divisor: int | None = None,
    count_padding: bool = True, rung: str | None = None,
) -> Any:  # fmt: skip
    """Every pixel's shares of the gradients of the windows that contain it, of ``shape``."""
    rung = LADDERS["avg_pool2d_gradient"].rung_for(grad, rung)
    return _avg_pool2d_gradient(rung, grad, shape, kernel, stride, padding, divisor or 0, count_padding)


# ---- launches -------------------------------------------------------------------------------------------------------


@functools.cache
def _kernel(rung: str, dtype: Any) -> Kernel:
    return load("pooling").kernel(rung, dtype)


def _rows(count: int, array: Any) -> tuple[int, int]:
    """Grid and block of kernels in which a thread walks over rows."""
    return (min(count, _HOST_BLOCKS), 1) if on_host(array) else (-(-count // 64), 64)


def _max_pool2d(rung: str, x: Any, kernel: Ints, geometry: Geometry, counts: Ints) -> tuple[Any, Any]:
    shape, planes = (*x.shape[:2], *counts), math.prod(x.shape[:2])
    values, places = empty(x, shape, x.dtype), empty(x, shape, np.dtype(np.int64))
    launch = _kernel(rung, x.dtype)
    if values.size:
        args = (x, values, places, planes, window(x.shape[2:], kernel, geometry, counts))
        rows = planes * math.prod(counts[:-1])
        grid, block = _rows(rows, x) if rung == "max_pool2d_row" else (-(-values.size // 256), 256)
        launch(grid, block, args)
    return values, places


def _max_pool_gradient(rung: str, grad: Any, places: Any, shape: Ints, kernel: Ints, geometry: Geometry) -> Any:
    planes, size, counts = math.prod(shape[:2]), shape[2:], grad.shape[2:]
    dx = empty(grad, tuple(shape), grad.dtype)
    launch = _kernel(rung, grad.dtype)
    if not dx.size:
        return dx
    if rung == "max_pool_gradient_gather":
        launch(-(-dx.size // 256), 256, (grad, places, dx, planes, window(size, kernel, geometry, counts)))
        return dx
    args = (grad, places, dx, planes, math.prod(counts), math.prod(size))
    if rung == "max_pool_gradient_atomic":
        dx[...] = 0
        launch(max(1, -(-grad.size // 256)), 256, args)
    else:
        threads = 1 if on_host(grad) else 64
        launch(-(-planes // threads), threads, args)
    return dx


def _avg_pool2d(
    rung: str, x: Any, kernel: Ints, stride: Ints, padding: Ints, counts: Ints, divisor: int, count_padding: bool
) -> Any:
    planes = math.prod(x.shape[:2])
    out = empty(x, (*x.shape[:2], *counts), x.dtype)
    launch = _kernel(rung, x.dtype)
    if out.size:
        shapes = window(x.shape[2:], kernel, (stride, padding, (1,) * len(kernel)), counts)
        rows = planes * math.prod(counts[:-1])
        grid, block = _rows(rows, x) if rung == "avg_pool2d_row" else (-(-out.size // 256), 256)
        launch(grid, block, (x, out, planes, shapes, np.array((divisor, count_padding), _DIVISOR)[()]))
    return out


def _avg_pool2d_gradient(
    rung: str, grad: Any, shape: Ints, kernel: Ints, stride: Ints, padding: Ints, divisor: int, count_padding: bool
) -> Any:
    planes, size = math.prod(shape[:2]), shape[2:]
    dx = empty(grad, tuple(shape), grad.dtype)
    launch = _kernel(rung, grad.dtype)
    if not dx.size:
        return dx
    shapes = window(size, kernel, (stride, padding, (1,) * len(kernel)), grad.shape[2:])
    args = (grad, dx, planes, shapes, np.array((divisor, count_padding), _DIVISOR)[()])
    if rung == "avg_pool2d_gradient_atomic":
        dx[...] = 0
        launch(max(1, -(-grad.size // 256)), 256, args)
    elif rung == "avg_pool2d_gradient_plane":
        threads = 1 if on_host(grad) else 64
        launch(-(-planes // threads), threads, args)
    else:
        launch(-(-dx.size // 256), 256, args)
    return dx


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _images(generator: np.random.Generator, size: str, dtype: Any) -> tuple[Any, Ints, Geometry, Ints]:
    """Images, kernel, geometry and the output's spatial shape; values that occur more than once."""
    if size == "small":
        shape, kernel, geometry = (2, 3, 7, 36), (3, 2), ((2, 1), (1, 1), (1, 2))
    else:
        shape, kernel, geometry = (64, 64, 56, 56), (2, 2), ((2, 2), (0, 0), (1, 1))
    x = (generator.integers(-8, 8, shape) / 4).astype(dtype)
    return x, kernel, geometry, positions(shape[2:], kernel, geometry)


def _max_gradient_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, kernel, geometry, counts = _images(generator, size, dtype)
    places = _max_pool2d_reference(x, kernel, geometry, counts)[1]
    grad = generator.standard_normal(places.shape).astype(dtype)
    return grad, places, x.shape, kernel, geometry


def _mean_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, kernel, (stride, padding, _), _ = _images(generator, size, dtype)
    ones = (1,) * len(kernel)
    return x, kernel, stride, padding, positions(x.shape[2:], kernel, (stride, padding, ones)), 0, size == "large"


def _mean_gradient_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, kernel, stride, padding, counts, divisor, count_padding = _mean_example(generator, size, dtype)
    grad = generator.standard_normal((*x.shape[:2], *counts)).astype(dtype)
    return grad, x.shape, kernel, stride, padding, divisor, count_padding


def _taps(padded: Any, kernel: Ints, geometry: Geometry, counts: Ints) -> Any:
    """The pixels that each tap reads: (K, N, C, *counts)."""
    stride, _, dilation = geometry
    views = []
    for tap in itertools.product(*map(range, kernel)):
        slices = [slice(k * d, k * d + (count - 1) * s + 1, s) for k, d, s, count in zip(tap, dilation, stride, counts)]
        views.append(padded[(..., *slices)])
    return np.stack(views)


def _bordered(x: Any, padding: Ints, value: float) -> Any:
    border = [(0, 0)] * (x.ndim - len(padding)) + [(p, p) for p in padding]
    return np.pad(x.astype(np.float64), border, constant_values=value)


def _max_pool2d_reference(x: Any, kernel: Ints, geometry: Geometry, counts: Ints) -> Arrays:
    taps = _taps(_bordered(x, geometry[1], -math.inf), kernel, geometry, counts)
    plane = np.arange(math.prod(x.shape[2:])).reshape(x.shape[2:])
    places = _taps(_bordered(plane, geometry[1], -1), kernel, geometry, counts)
    winner = taps.argmax(0)
    places = np.broadcast_to(places[:, None, None], taps.shape)
    return taps.max(0), np.take_along_axis(places, winner[None], 0)[0].astype(np.int64)


def _max_gradient_reference(grad: Any, places: Any, shape: Ints, *_: Any) -> Any:
    dx = np.zeros((math.prod(shape[:2]), math.prod(shape[2:])))
    planes = np.repeat(np.arange(len(dx)), grad.size // len(dx))
    np.add.at(dx, (planes, places.reshape(-1)), grad.reshape(-1).astype(np.float64))
    return dx.reshape(shape)


def _divisors(
    size: Ints, kernel: Ints, stride: Ints, padding: Ints, counts: Ints, divisor: int, count_padding: bool
) -> Any:
    if divisor:
        return float(divisor)
    geometry = (stride, padding, (1,) * len(kernel))
    inside = _bordered(np.ones(size), padding, float(count_padding))
    return _taps(inside, kernel, geometry, counts).sum(0)


def _mean_reference(
    x: Any, kernel: Ints, stride: Ints, padding: Ints, counts: Ints, divisor: int, count_padding: bool
) -> Any:
    taps = _taps(_bordered(x, padding, 0), kernel, (stride, padding, (1,) * len(kernel)), counts)
    return taps.sum(0) / _divisors(x.shape[2:], kernel, stride, padding, counts, divisor, count_padding)


def _mean_gradient_reference(
    grad: Any, shape: Ints, kernel: Ints, stride: Ints, padding: Ints, divisor: int, count_padding: bool
) -> Any:
    share = grad.astype(np.float64) / _divisors(
        shape[2:], kernel, stride, padding, grad.shape[2:], divisor, count_padding
    )
    padded = _bordered(np.zeros(shape), padding, 0)
    for tap in itertools.product(*map(range, kernel)):
        slices = [slice(k, k + (count - 1) * s + 1, s) for k, s, count in zip(tap, stride, grad.shape[2:])]
        padded[(..., *slices)] += share
    return padded[(..., *(slice(p, p + n) for p, n in zip(padding, shape[2:])))]


def _both(array: Any, other: int) -> int:
    """Bytes of an array and of another with ``other`` elements."""
    return int(array.nbytes + other * array.itemsize)


_ALL = ("float32", "float64", "float16", "bfloat16")
LADDERS = {
    "max_pool2d": Ladder(
        "max_pool2d", "pooling", _max_pool2d, _images, _max_pool2d_reference,
        traffic=lambda x, kernel, geometry, counts: x.nbytes
        + math.prod(x.shape[:2]) * math.prod(counts) * (x.itemsize + 8),
        dtypes=_ALL,
    ),
    "max_pool_gradient": Ladder(
        "max_pool_gradient", "pooling", _max_pool_gradient, _max_gradient_example, _max_gradient_reference,
        traffic=lambda grad, places, shape, *_: _both(grad, math.prod(shape)) + places.nbytes,
        dtypes=("float32", "float64"),
    ),
    "avg_pool2d": Ladder(
        "avg_pool2d", "pooling", _avg_pool2d, _mean_example, _mean_reference,
        traffic=lambda x, kernel, stride, padding, counts, *_: _both(x, math.prod(x.shape[:2]) * math.prod(counts)),
        dtypes=_ALL,
    ),
    "avg_pool2d_gradient": Ladder(
        "avg_pool2d_gradient", "pooling", _avg_pool2d_gradient, _mean_gradient_example, _mean_gradient_reference,
        traffic=lambda grad, shape, *_: _both(grad, math.prod(shape)), dtypes=("float32", "float64"),
    ),
}  # fmt: skip
