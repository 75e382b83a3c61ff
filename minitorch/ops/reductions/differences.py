"""Differences and integrals of samples: ``diff``, ``gradient``, ``trapezoid``, ``cumulative_trapezoid``.

    diff        y_1 - y_0, y_2 - y_1, ...                              n - 1 numbers
    gradient    (y_2 - y_0) / 2 inside, one-sided at both ends          n numbers
    trapezoid   sum of (y_i + y_{i+1}) / 2 * (x_{i+1} - x_i)            one number

With uneven spacing h- to the left and h+ to the right, the slope at a sample is the mean of both difference quotients,
each weighted with the other's step. All are composed of slices and arithmetic.

PyTorch: ``aten/src/ATen/native/ReduceOps.cpp`` (``diff``, ``gradient``), ``Integration.cpp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.creating.creation import zeros_like
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.elementwise.comparison import logical_xor
from minitorch.ops.elementwise.scalar_forms import div_number, mul_number
from minitorch.ops.reductions.reduction import deliver
from minitorch.ops.shapes.joining import cat
from minitorch.ops.shapes.parts import _slice
from minitorch.tensor_base import TensorBase

# ---- diff -----------------------------------------------------------------------------------------------------------


def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None, *, out: Any = None) -> Any:
    """The ``n``-th differences of neighbours along ``dim``, of ``prepend``, ``input`` and ``append`` joined."""
    arg.check_tensor(input, "diff")
    order = arg.integer(n, "diff", "n")
    if input.ndim < 1:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if order < 0:
        raise RuntimeError(f"order must be non-negative but got {order}")
    axis = geo.wrap_dim(arg.integer(dim, "diff", "dim"), input.ndim)
    for extra in (prepend, append):
        if extra is not None:
            _check_extra(input, extra, axis)
    joined = cat([t for t in (prepend, input, append) if t is not None], axis) if prepend is not append else input
    length = joined.shape[axis]
    if order == 0:
        result = zeros_like(input).copy_(input)
    else:
        result = joined
        for _ in range(min(order, length)):
            length -= 1
            after, before = _slice(result, axis, 1, 1 + length, 1), _slice(result, axis, 0, length, 1)
            result = logical_xor(after, before) if input._dtype is dtypes.bool_ else after - before
    return deliver(result, out, "diff", input)


def _check_extra(input: Any, extra: Any, axis: int) -> None:
    arg.tensor(extra, "diff", "prepend")
    if extra.ndim != input.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for dim, (mine, its) in enumerate(zip(input.shape, extra.shape)):
        if dim != axis and mine != its:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along the "
                f"differencing dimension; input.size({dim}) = {mine}, but got tensor.size({dim}) = {its}"
            )


# ---- gradient -------------------------------------------------------------------------------------------------------


def gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """Slopes along each dimension of ``dim``. ``spacing``: a step, a step a dimension, or tensors of coordinates."""
    arg.check_tensor(input, "gradient")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if input._dtype is dtypes.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    dims = range(input.ndim) if dim is None else geo.wrap_dims(arg.integers(dim, "gradient", "dim"), input.ndim)
    steps = _steps(input, 1 if spacing is None else spacing, dims, dim is None)
    for axis, step in zip(dims, steps):
        if input.shape[axis] < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
        if isinstance(step, TensorBase) and step.shape[0] != input.shape[axis]:
            raise RuntimeError(
                "torch.gradient expected each spacing tensor to have as many elements as the input has along its "
                f"dimension, but got {step.shape[0]} for size {input.shape[axis]}"
            )
    return tuple(
        _uneven(input, axis, step, edge_order) if isinstance(step, TensorBase) else _even(input, axis, step, edge_order)
        for axis, step in zip(dims, steps)
    )


def _steps(input: Any, spacing: Any, dims: Sequence[int], all_dims: bool) -> list[Any]:
    if isinstance(spacing, TensorBase) and not spacing.ndim:
        spacing = spacing.item()  # type: ignore[attr-defined]
    if isinstance(spacing, NUMBERS):
        return [spacing] * len(dims)
    steps = list(spacing)
    if len(steps) != len(dims):
        where = f"'self.dim() = {input.ndim}', since dim argument was not given" if all_dims else f"dim = {len(dims)}"
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to "
            f"{where}, but got a list of length {len(steps)}"
        )
    for step in steps:
        if isinstance(step, TensorBase) and step.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got an element with "
                f"{step.ndim} dimensions!"
            )
    return steps


def _even(input: Any, axis: int, step: Any, edge_order: int) -> Any:
    def at(start: int, end: int | None) -> Any:
        return _slice(input, axis, start, input.shape[axis] if end is None else end, 1)

    center = div_number(at(2, None) - at(0, -2), 2 * step)
    if edge_order == 1:
        first = div_number(at(1, 2) - at(0, 1), step)
        last = div_number(at(-1, None) - at(-2, -1), step)
    else:
        first = div_number(mul_number(at(1, 2), 2.0) - mul_number(at(0, 1), 1.5) - mul_number(at(2, 3), 0.5), step)
        last = div_number(
            mul_number(at(-1, None), 1.5) - mul_number(at(-2, -1), 2.0) + mul_number(at(-3, -2), 0.5), step
        )
    return cat((first, center, last), axis)


def _uneven(input: Any, axis: int, coordinates: Any, edge_order: int) -> Any:
    length = input.shape[axis]
    shape = [-1 if d == axis else 1 for d in range(input.ndim)]

    def at(start: int, end: int) -> Any:
        return _slice(input, axis, start, end, 1)

    step = coordinates.diff().reshape(shape) if length > 1 else coordinates.reshape(shape)

    def h(start: int, end: int) -> Any:
        return _slice(step, axis, start, end, 1)

    left, right = h(0, length - 2), h(1, length - 1)
    # weights of the left, middle and right sample of each inner point
    a, c = -right / (left * (left + right)), left / (right * (left + right))
    b = (right - left) / (left * right)
    center = a * at(0, length - 2) + b * at(1, length - 1) + c * at(2, length)
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / h(0, 1)
        last = (at(length - 1, length) - at(length - 2, length - 1)) / h(length - 2, length - 1)
        return cat((first, center, last), axis)
    p, q = h(0, 1), h(1, 2)
    first = -(2.0 * p + q) / (p * (p + q)) * at(0, 1) + (p + q) / (p * q) * at(1, 2) - p / (q * (p + q)) * at(2, 3)
    p, q = h(length - 3, length - 2), h(length - 2, length - 1)
    last = (
        q / (p * (p + q)) * at(length - 3, length - 2)
        - (p + q) / (p * q) * at(length - 2, length - 1)
        + (2.0 * q + p) / (q * (p + q)) * at(length - 1, length)
    )
    return cat((first, center, last), axis)


# ---- trapezoid ------------------------------------------------------------------------------------------------------


def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral of samples ``y`` at places ``x``, or ``dx`` apart, along ``dim``."""
    axis, step = _read("trapezoid", y, x, dx, dim)
    if y.shape[axis] == 0:
        return y.new_zeros([size for d, size in enumerate(y.shape) if d != axis])
    if x is None:
        ends = mul_number(y.select(axis, 0) + y.select(axis, -1), 0.5)
        return mul_number(y.sum(axis) - ends, step)
    return div_number(((_pairs(y, axis)) * _widths(x, y, axis, "trapezoid")).sum(axis), 2.0)


def trapz(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """``trapezoid`` under NumPy's older name."""
    return trapezoid(y, x, dx=dx, dim=dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral up to each sample but the first."""
    axis, step = _read("cumulative_trapezoid", y, x, dx, dim)
    if x is None:
        return mul_number(_pairs(y, axis), step / 2.0).cumsum(axis)
    return div_number((_pairs(y, axis) * _widths(x, y, axis, "cumulative_trapezoid")).cumsum(axis), 2.0)


def _read(function: str, y: Any, x: Any, dx: Any, dim: int) -> tuple[int, float]:
    arg.check_tensor(y, function, "y")
    if x is not None:
        arg.check_tensor(x, function, "x", 2)
        if dx is not None:
            raise TypeError(f"{function}() received an invalid combination of arguments: both 'x' and 'dx'")
    booleans = [t for t in (y, x) if t is not None and t._dtype is dtypes.bool_]
    if booleans:
        which = "`y`" if x is None else "`x` or `y`"
        raise RuntimeError(f"{function}: received a bool input for {which}, but bool is not supported")
    if isinstance(dx, (bool, complex)):
        raise RuntimeError(f"{function}: Currently, we only support dx as a real number.")
    axis = geo.wrap_dim(arg.integer(dim, function, "dim"), y.ndim)
    if not y.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return axis, 1.0 if dx is None else float(dx)


def _pairs(y: Any, axis: int) -> Any:
    return _slice(y, axis, 0, -1, 1) + _slice(y, axis, 1, y.shape[axis], 1)


def _widths(x: Any, y: Any, axis: int, function: str) -> Any:
    """x_{i+1} - x_i, in a shape that broadcasts against ``y``."""
    if x.ndim == 1:
        if x.shape[0] != y.shape[axis]:
            raise RuntimeError(f"{function}: There must be one `x` value for each sample point")
        x = x.view([-1 if d == axis else 1 for d in range(y.ndim)])
    elif x.ndim < y.ndim:
        x = x.view((*[1] * (y.ndim - x.ndim), *x.shape))
    last = axis + x.ndim - y.ndim
    if x.ndim and x.shape[last] != y.shape[axis]:
        raise RuntimeError(f"{function}: There must be one `x` value for each sample point")
    return _slice(x, last, 1, x.shape[last], 1) - _slice(x, last, 0, -1, 1)
