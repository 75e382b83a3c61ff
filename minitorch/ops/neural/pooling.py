"""Pooling: every window of an image reduced to its maximum or its mean.

The arithmetic over windows is in ``ops/arrays/pooling.py``; here are the arguments and derivatives.

A maximum pooling also gives the place of each maximum, as an index into the flattened image plane. Its derivative sends
each gradient to that place, and the derivative of that reads the same places: two operators, each other's derivative.
The same holds for an average pooling and its backward.

    output size   (n + 2 padding - dilation (kernel - 1) - 1) // stride + 1,  rounded up instead with ``ceil_mode``

One dimension is treated as two of which the first has size 1, as PyTorch does.

PyTorch: ``aten/src/ATen/native/Pooling.cpp``, ``DilatedMaxPool2d.cpp``, ``AveragePool2d.cpp``. Left out: fractional
pooling, and unpooling.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import pooling as on_arrays
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.shapes.views import squeeze, unsqueeze

Ints = tuple[int, ...]


def _as_batch(array: Any, spatial: int) -> Any:
    """The array with a batch axis in front if it has none."""
    return array[None] if array.ndim == spatial + 1 else array


def _like_input(result: Any, input: Any) -> Any:
    """Without the batch axis that ``_as_batch`` put there."""
    return result if result.ndim == input.ndim else result[0]


# ---- maximum ------------------------------------------------------------------------------------------------------


def _max_pool(
    xp: Any, input: Any, kernel_size: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> Any:
    """The maximum of every window, and its place in the image plane."""
    batch = _as_batch(input, len(kernel_size))
    results = on_arrays.max_pool_forward(xp, batch, kernel_size, stride, padding, dilation, ceil_mode)
    return tuple(_like_input(result, input) for result in results)


_max_pool2d = operator("MaxPool2DWithIndicesBackward0")(_max_pool)
_max_pool3d = operator("MaxPool3DWithIndicesBackward0")(_max_pool)


def _max_pool_gradient(
    grad: Any, input_geometry: Geometry, result1: Any, kernel_size: Ints, stride: Ints, padding: Ints, dilation: Ints
) -> Any:
    window = (kernel_size, stride, padding, dilation)
    return to_places(grad, result1, tuple(input_geometry.shape), len(kernel_size), window)


_max_pool2d.derivative("input")(_max_pool_gradient)
_max_pool3d.derivative("input")(_max_pool_gradient)


@operator("MaxPoolBackwardBackward0")
def to_places(
    xp: Any, grad: Any, indices: Any, shape: Ints, spatial: int, window: tuple[Ints, Ints, Ints, Ints] | None
) -> Any:
    """Zeros of ``shape``, each gradient added where its index says. ``window``: kernel, stride, padding, dilation."""
    batched = (1,) * (spatial + 2 - len(shape)) + shape
    gradients, places = _as_batch(grad, spatial), _as_batch(indices, spatial)
    if not indices.size:
        return xp.zeros(shape, grad.dtype)
    return on_arrays.max_pool_backward(xp, gradients, places, batched, window).reshape(shape)


@operator("MaxPoolBackwardBackward0")
def _from_places(xp: Any, input: Any, indices: Any, spatial: int) -> Any:
    """The elements of each image plane that the indices name."""
    lead = input.shape[: input.ndim - spatial]
    planes = input.reshape(*lead, math.prod(input.shape[input.ndim - spatial :]))
    return xp.take_along_axis(planes, indices.reshape(*lead, -1), -1).reshape(indices.shape)


@to_places.derivative("grad")
def _(grad: Any, indices: Any, spatial: int) -> Any:
    return _from_places(grad, indices, spatial)


@_from_places.derivative("input")
def _(grad: Any, input_geometry: Geometry, indices: Any, spatial: int) -> Any:
    return to_places(grad, indices, tuple(input_geometry.shape), spatial, None)


def max_pool2d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """(N, C, H, W) or (C, H, W) -> the maxima and their places in the plane; ``stride`` is the kernel by default."""
    window = _window("max_pool2d", 2, kernel_size, stride, padding, dilation)
    _check_pool(input, window, ceil_mode, 2)
    return _max_pool2d(input, *window, arg.boolean(ceil_mode, "max_pool", "ceil_mode"))


def max_pool3d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """(N, C, D, H, W) or (C, D, H, W) -> the maxima and their places in the volume."""
    window = _window("max_pool3d", 3, kernel_size, stride, padding, dilation)
    _check_pool(input, window, ceil_mode, 3)
    return _max_pool3d(input, *window, arg.boolean(ceil_mode, "max_pool", "ceil_mode"))


def max_pool1d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """(N, C, L) or (C, L) -> the maxima and their places."""
    check_1d(input, "max_pool1d")
    kernel = single(kernel_size, "max_pool1d", "kernel_size")
    step = kernel if _absent(stride) else single(stride, "max_pool1d", "stride")
    border, spread = single(padding, "max_pool1d", "padding"), single(dilation, "max_pool1d", "dilation")
    _check_max_pool1d(input, kernel, step, border, spread, ceil_mode)
    values, indices = _max_pool2d(
        unsqueeze(input, -2),
        (1, kernel),
        (1, step),
        (0, border),
        (1, spread),
        arg.boolean(ceil_mode, "max_pool1d", "ceil_mode"),
    )
    return squeeze(values, -2), squeeze(indices, -2)


def _check_max_pool1d(input: Any, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> None:
    for name, value in (("kernel_size", kernel), ("stride", stride)):
        if value <= 0:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {value}")
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={padding} and "
            f"kernel_size={kernel}"
        )
    if dilation <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {dilation}")
    size = on_arrays.pool_counts((input.shape[-1],), (kernel,), (stride,), (padding,), (dilation,), ceil_mode)[0]
    if size <= 0:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {size}")


def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The maxima of ``max_pool1d_with_indices``."""
    return max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The maxima of ``max_pool2d_with_indices``."""
    return max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The maxima of ``max_pool3d_with_indices``."""
    return max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)[0]


# ---- mean ---------------------------------------------------------------------------------------------------------


def _avg_pool(
    xp: Any, input: Any, kernel_size: Ints, stride: Ints, padding: Ints, ceil_mode: bool, count_include_pad: bool,
    divisor_override: int | None,
) -> Any:  # fmt: skip
    """The mean of every window."""
    batch = _as_batch(input, len(kernel_size))
    result = on_arrays.avg_pool_forward(
        xp, batch, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    return _like_input(result, input)


_avg_pool2d = operator("AvgPool2DBackward0")(_avg_pool)
_avg_pool3d = operator("AvgPool3DBackward0")(_avg_pool)


def _avg_pool_gradient(
    grad: Any, input_geometry: Geometry, kernel_size: Ints, stride: Ints, padding: Ints, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Any:  # fmt: skip
    shape = tuple(input_geometry.shape)
    return _spread(grad, shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


_avg_pool2d.derivative("input")(_avg_pool_gradient)
_avg_pool3d.derivative("input")(_avg_pool_gradient)


@operator("AvgPoolBackwardBackward0")
def _spread(
    xp: Any, grad: Any, shape: Ints, kernel_size: Ints, stride: Ints, padding: Ints, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Any:  # fmt: skip
    """Every element of a window gets its share of the window's gradient."""
    spatial = len(kernel_size)
    batched = (1,) * (spatial + 2 - len(shape)) + shape
    return on_arrays.avg_pool_backward(
        xp, _as_batch(grad, spatial), batched, kernel_size, stride, padding, count_include_pad, divisor_override
    ).reshape(shape)


@_spread.derivative("grad")
def _(
    grad: Any, kernel_size: Ints, stride: Ints, padding: Ints, ceil_mode: bool, count_include_pad: bool,
    divisor_override: int | None,
) -> Any:  # fmt: skip
    pool = _avg_pool2d if len(kernel_size) == 2 else _avg_pool3d
    return pool(grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """(N, C, H, W) or (C, H, W) -> the mean of every window; ``divisor_override`` replaces the number divided by."""
    return _avg_pool_nd(
        _avg_pool2d, 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """(N, C, D, H, W) or (C, D, H, W) -> the mean of every window."""
    return _avg_pool_nd(
        _avg_pool3d, 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _avg_pool_nd(
    pool: Any, spatial: int, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Any:  # fmt: skip
    name = f"avg_pool{spatial}d"
    arg.check_tensor(input, name)
    ceil_mode = arg.boolean(ceil_mode, name, "ceil_mode")
    count_include_pad = arg.boolean(count_include_pad, name, "count_include_pad")
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    kernel, step, border, ones = _window(f"avg_pool{spatial}d", spatial, kernel_size, stride, padding, 1)
    if input.ndim < spatial + 1:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-input.ndim}, {input.ndim - 1}], but got "
            f"{-spatial - 1})"
        )
    _check_pool(input, (kernel, step, border, ones), ceil_mode, spatial)
    return pool(input, kernel, step, border, ceil_mode, count_include_pad, divisor_override)


def avg_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """(N, C, L) or (C, L) -> the mean of every window."""
    check_1d(input, "avg_pool1d")
    kernel = single(kernel_size, "avg_pool1d", "kernel_size")
    step = kernel if _absent(stride) else single(stride, "avg_pool1d", "stride")
    border = single(padding, "avg_pool1d", "padding")
    pooled = avg_pool2d(unsqueeze(input, -2), (1, kernel), (1, step), (0, border), ceil_mode, count_include_pad)
    return squeeze(pooled, -2)


# ---- arguments ------------------------------------------------------------------------------------------------------


def _absent(stride: Any) -> bool:
    return stride is None or (isinstance(stride, (tuple, list)) and not stride)


def _window(
    function: str, spatial: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Ints, Ints, Ints, Ints]:
    """Kernel, stride, padding and dilation, one number an axis each."""
    given = (kernel_size, kernel_size if _absent(stride) else stride, padding, dilation)
    found = []
    for name, value in zip(("kernel_size", "stride", "padding", "dilation"), given):
        numbers = arg.integers(value, function, name)
        if len(numbers) == 1:
            numbers = numbers * spatial
        if len(numbers) != spatial:
            words = "two" if spatial == 2 else "three"
            omitted = "be omitted, a single int" if name == "stride" else "either be a single int"
            raise RuntimeError(f"{function}: {name} must {omitted}, or a tuple of {words} ints")
        found.append(numbers)
    return found[0], found[1], found[2], found[3]


def single(value: Any, function: str, name: str) -> int:
    numbers = arg.integers(value, function, name)
    if len(numbers) != 1:
        raise RuntimeError(f"{function}() argument '{name}' should contain one int (got {len(numbers)})")
    return numbers[0]


def check_1d(input: Any, function: str) -> None:
    arg.tensor(input, function, "input")
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"{function}: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:"
            f"{list(input.shape)}"
        )


def _check_pool(input: Any, window: tuple[Ints, Ints, Ints, Ints], ceil_mode: bool, spatial: int) -> None:
    kernel, stride, padding, dilation = window
    arg.tensor(input, "pool", "input")
    if min(stride) == 0:
        raise RuntimeError("stride should not be zero")
    if min(kernel) <= 0:
        raise RuntimeError(f"kernel size should be greater than zero, but got {list(kernel)}")
    if min(padding) < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(padding)}")
    for k, p, d in zip(kernel, padding, dilation):
        if p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                f"dilation={d}"
            )
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    shape = list(input.shape)
    if input.ndim not in (spatial + 1, spatial + 2):
        raise RuntimeError(f"non-empty {spatial + 1}D or {spatial + 2}D (batch mode) tensor expected for input")
    if not all(shape[input.ndim - spatial - 1 :]):
        raise RuntimeError(
            f"Expected {spatial + 1}D or {spatial + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
            f"but got:{shape}"
        )
    refuse_other_kinds(f"max_pool{spatial}d", input._dtype, "iuf")
    size = shape[input.ndim - spatial :]
    counts = on_arrays.pool_counts(size, kernel, stride, padding, dilation, bool(ceil_mode))
    if min(counts) < 1:
        channels = shape[input.ndim - spatial - 1]
        raise RuntimeError(
            f"Given input size: ({'x'.join(map(str, (channels, *size)))}). Calculated output size: "
            f"({'x'.join(map(str, (channels, *counts)))}). Output size is too small"
        )
