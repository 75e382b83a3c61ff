"""Adaptive pooling: the number of windows is given, and their sizes follow from it.

Window i of k on n elements is floor(i n / k) .. ceil((i + 1) n / k), so that windows may differ in size by one and
overlap. The arithmetic is in ``ops/arrays/adaptive_pooling.py``; the gradient of a maximum goes to its place, as in
``ops/neural/pooling.py``. A mean over a single window is an ordinary mean, as in PyTorch.

PyTorch: ``aten/src/ATen/native/AdaptiveAveragePooling.cpp``, ``AdaptiveMaxPooling2d.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import adaptive_pooling as on_arrays
from minitorch.ops.declare.operator import operator
from minitorch.ops.neural.pooling import check_1d, single, to_places
from minitorch.ops.shapes.views import squeeze, unsqueeze

Ints = tuple[int, ...]


def _adaptive_max_pool(xp: Any, input: Any, output_size: Ints) -> Any:
    """The maximum of every window, and its place in the image plane."""
    return on_arrays.adaptive_max_forward(xp, input, output_size)


_adaptive_max_pool2d = operator("AdaptiveMaxPool2DBackward0")(_adaptive_max_pool)
_adaptive_max_pool3d = operator("AdaptiveMaxPool3DBackward0")(_adaptive_max_pool)


@_adaptive_max_pool2d.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any) -> Any:
    return to_places(grad, result1, tuple(input_geometry.shape), 2, None)


@_adaptive_max_pool3d.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any) -> Any:
    return to_places(grad, result1, tuple(input_geometry.shape), 3, None)


def _adaptive_avg_pool(xp: Any, input: Any, output_size: Ints) -> Any:
    """The mean of every window."""
    return on_arrays.adaptive_avg_forward(xp, input, output_size)


_adaptive_avg_pool2d = operator("AdaptiveAvgPool2DBackward0")(_adaptive_avg_pool)
_adaptive_avg_pool3d = operator("AdaptiveAvgPool3DBackward0")(_adaptive_avg_pool)


def _adaptive_avg_gradient(grad: Any, input_geometry: Geometry, output_size: Ints) -> Any:
    return _adaptive_spread(grad, tuple(input_geometry.shape), output_size)


_adaptive_avg_pool2d.derivative("input")(_adaptive_avg_gradient)
_adaptive_avg_pool3d.derivative("input")(_adaptive_avg_gradient)


@operator("AdaptiveAvgPoolBackwardBackward0")
def _adaptive_spread(xp: Any, grad: Any, shape: Ints, output_size: Ints) -> Any:
    """Every element of a window gets its share of the window's gradient."""
    return on_arrays.adaptive_avg_backward(xp, grad, shape[len(shape) - len(output_size) :])


@_adaptive_spread.derivative("grad")
def _(grad: Any, output_size: Ints) -> Any:
    return (_adaptive_avg_pool2d if len(output_size) == 2 else _adaptive_avg_pool3d)(grad, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """(N, C, H, W) or (C, H, W) -> (N, C, *output_size); an entry None keeps that size."""
    size = _output_size(input, output_size, 2, "adaptive_avg_pool2d")
    if size == (1, 1):
        return input.mean((-1, -2), True)
    return _adaptive_avg_pool2d(input, size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """(N, C, D, H, W) or (C, D, H, W) -> (N, C, *output_size)."""
    size = _output_size(input, output_size, 3, "adaptive_avg_pool3d")
    if size == (1, 1, 1):
        return input.mean((-1, -2, -3), True)
    return _adaptive_avg_pool3d(input, size)


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """(N, C, L) or (C, L) -> (N, C, output_size)."""
    check_1d(input, "adaptive_avg_pool1d")
    size = single(output_size, "adaptive_avg_pool1d", "output_size")
    return squeeze(adaptive_avg_pool2d(unsqueeze(input, -2), (1, size)), -2)


def adaptive_max_pool2d(input: Any, output_size: Any) -> Any:
    """(N, C, H, W) or (C, H, W) -> the maxima (N, C, *output_size) and their places."""
    return _adaptive_max_pool2d(input, _output_size(input, output_size, 2, "adaptive_max_pool2d"))


def adaptive_max_pool3d(input: Any, output_size: Any) -> Any:
    """(N, C, D, H, W) or (C, D, H, W) -> the maxima (N, C, *output_size) and their places."""
    return _adaptive_max_pool3d(input, _output_size(input, output_size, 3, "adaptive_max_pool3d"))


def adaptive_max_pool1d(input: Any, output_size: Any) -> Any:
    """(N, C, L) or (C, L) -> the maxima (N, C, output_size) and their places."""
    check_1d(input, "adaptive_max_pool1d")
    size = single(output_size, "adaptive_max_pool1d", "output_size")
    values, indices = adaptive_max_pool2d(unsqueeze(input, -2), (1, size))
    return squeeze(values, -2), squeeze(indices, -2)


def _output_size(input: Any, output_size: Any, spatial: int, function: str) -> Ints:
    arg.tensor(input, function, "input")
    if input.ndim not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"{function}(): Expected {spatial + 1}D or {spatial + 2}D tensor, but got {list(input.shape)}"
        )
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * spatial
    if len(wanted) != spatial:
        raise RuntimeError(f"{function}: output_size must be {spatial}")
    size = arg.integers(
        [n if k is None else k for k, n in zip(wanted, input.shape[input.ndim - spatial :])], function, "output_size"
    )
    if min(size) < 0:
        raise RuntimeError(
            f"{function}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{', '.join(map(str, size))}}}"
        )
    for dim in range(1 if input.ndim == spatial + 2 else 0, input.ndim):
        if not input.shape[dim]:
            raise RuntimeError(
                f"{function}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{list(input.shape)} with dimension {dim} being empty"
            )
    return size
