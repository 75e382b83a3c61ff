"""Extremes: ``max, min, amax, amin, aminmax, argmax, argmin``.

Three kinds of gradient live here. ``max(dim)`` also returns *where* the maximum is, and the gradient goes to that one
place (the first of several equal ones). ``amax`` and ``max()`` of everything share the gradient evenly among equals:

    d amax / dx_i = [x_i == result] / (number of elements equal to the result)

nan counts as the largest and as the smallest value.

PyTorch: ``aten/src/ATen/native/ReduceOps.cpp``, ``TensorCompare.cpp``, ``ReduceAllOps.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.reduction import extreme_by_kernel, large, reduce_by_kernel
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.reduction import Dims, deliver, reduced_dims, restore
from minitorch.tensor_base import TensorBase


def _check_not_empty(input: Any, dims: Dims, given: bool, function: str, error: type[Exception]) -> None:
    """An extreme of nothing does not exist."""
    if input._geometry.numel:
        return
    if not given:
        raise error(
            f"{function}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
            "with the 'dim' argument."
        )
    for dim in dims:
        if input.shape[dim] == 0:
            raise IndexError(f"{function}(): Expected reduction dim {dim} to have non-zero size.")


# ---- all elements, or several dimensions: equals share the gradient -------------------------------------------------


def _share(grad: Any, input: Any, extreme: Any, dims: Dims) -> Any:
    """``grad`` to the elements equal to ``extreme``, divided by their number."""
    equal = input == extreme
    if not dims:
        return grad * equal
    return grad / equal.sum(dims, True) * equal


def share_among_equals(grad: Any, input: Any, result: Any) -> Any:
    """The gradient of one element picked by its value, such as the maximum or the median of all."""
    equal = input.isnan() if bool(result.detach().isnan()) else input == result
    return grad.new_zeros(input.shape).masked_fill(equal, grad / equal.sum())


@operator("MaxBackward1")
def _max_all(xp: Any, input: Any) -> Any:
    """Largest element."""
    if large(input) and (found := reduce_by_kernel(input, None, False, "Maximum")) is not None:
        return found
    return xp.maximum.reduce(input, axis=None)


@_max_all.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return share_among_equals(grad, input, result)


@operator("MinBackward1")
def _min_all(xp: Any, input: Any) -> Any:
    """Smallest element."""
    if large(input) and (found := reduce_by_kernel(input, None, False, "Minimum")) is not None:
        return found
    return xp.minimum.reduce(input, axis=None)


@_min_all.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return share_among_equals(grad, input, result)


@operator("AmaxBackward0")
def _amax(xp: Any, input: Any, dim: Dims, keepdim: bool) -> Any:
    """Largest elements over dimensions."""
    if large(input) and (found := reduce_by_kernel(input, dim, keepdim, "Maximum")) is not None:
        return found
    return xp.maximum.reduce(input, axis=dim, keepdims=keepdim)


@_amax.derivative("input")
def _(grad: Any, input: Any, result: Any, dim: Dims, keepdim: bool) -> Any:
    geometry = input._geometry
    return _share(restore(grad, geometry, dim, keepdim), input, restore(result, geometry, dim, keepdim), dim)


@operator("AminBackward0")
def _amin(xp: Any, input: Any, dim: Dims, keepdim: bool) -> Any:
    """Smallest elements over dimensions."""
    if large(input) and (found := reduce_by_kernel(input, dim, keepdim, "Minimum")) is not None:
        return found
    return xp.minimum.reduce(input, axis=dim, keepdims=keepdim)


@_amin.derivative("input")
def _(grad: Any, input: Any, result: Any, dim: Dims, keepdim: bool) -> Any:
    geometry = input._geometry
    return _share(restore(grad, geometry, dim, keepdim), input, restore(result, geometry, dim, keepdim), dim)


@arg.numpy_names
def amax(input: Any, dim: Any = (), keepdim: bool = False, *, out: Any = None) -> Any:
    """Largest elements over one, several or all dimensions. Equal ones share the gradient."""
    return _extreme(_amax, input, dim, keepdim, out, "amax", "max_values_cpu")


@arg.numpy_names
def amin(input: Any, dim: Any = (), keepdim: bool = False, *, out: Any = None) -> Any:
    """Smallest elements over one, several or all dimensions. Equal ones share the gradient."""
    return _extreme(_amin, input, dim, keepdim, out, "amin", "min_values_cpu")


def _extreme(reduce: Any, input: Any, dim: Any, keepdim: bool, out: Any, function: str, kernel: str) -> Any:
    dims = reduced_dims(input, dim, function)
    _check_not_empty(input, dims, not (isinstance(dim, (tuple, list)) and not dim), function, RuntimeError)
    refuse_other_kinds(kernel, input._dtype, "bif")
    return deliver(reduce(input, dims, arg.boolean(keepdim, function, "keepdim")), out, function, input)


@operator("AminmaxBackward0")
def _aminmax(xp: Any, input: Any, dim: Dims, keepdim: bool) -> Any:
    """Smallest and largest elements."""
    return (
        xp.minimum.reduce(input, axis=dim, keepdims=keepdim),
        xp.maximum.reduce(input, axis=dim, keepdims=keepdim),
    )


@_aminmax.derivative("input")
def _(grads: Any, input: Any, result0: Any, result1: Any, dim: Dims, keepdim: bool) -> Any:
    geometry, total = input._geometry, None
    for grad, result in zip(grads, (result0, result1)):
        if grad is not None:
            spread = _share(restore(grad, geometry, dim, keepdim), input, restore(result, geometry, dim, keepdim), dim)
            total = spread if total is None else total + spread
    return total


@arg.numpy_names
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False, out: Any = None) -> Any:
    """``(min, max)`` of all elements, or over one dimension."""
    dims = reduced_dims(input, dim, "aminmax")
    if dim is None and input._geometry.numel == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    _check_not_empty(input, dims, True, "aminmax", RuntimeError)
    refuse_other_kinds("aminmax_cpu", input._dtype, "bif")
    least, largest = _aminmax(input, dims, arg.boolean(keepdim, "aminmax", "keepdim"))
    if out is not None:
        out = arg.outputs(out, 2, "aminmax")
        least, largest = deliver(least, out[0], "aminmax", input), deliver(largest, out[1], "aminmax", input)
    return return_types.aminmax((least, largest))


# ---- one dimension, with indices: the gradient goes to the one that was found ---------------------------------------


def _with_dim(xp: Any, found: tuple[Any, Any], dim: int) -> tuple[Any, Any]:
    """The reduced dimension put back, of size 1."""
    return xp.expand_dims(found[0], dim), xp.expand_dims(found[1], dim)


def _found(xp: Any, input: Any, indices: Any, dim: int, keepdim: bool) -> Any:
    """The values at ``indices`` (which keep the dimension), and the indices; both without it unless ``keepdim``."""
    values = xp.take_along_axis(input, indices, dim)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


@operator("MaxBackward0")
def _max_dim(xp: Any, input: Any, dim: int, keepdim: bool) -> Any:
    """Largest elements of a dimension and their (first) indices."""
    if not input.ndim:
        return xp.array(input, copy=True), xp.zeros((), xp.int64)
    if (found := extreme_by_kernel(input, dim, True)) is not None:
        return _with_dim(xp, found, dim) if keepdim else found
    return _found(xp, input, input.argmax(dim, keepdims=True), dim, keepdim)


@operator("MinBackward0")
def _min_dim(xp: Any, input: Any, dim: int, keepdim: bool) -> Any:
    """Smallest elements of a dimension and their (first) indices."""
    if not input.ndim:
        return xp.array(input, copy=True), xp.zeros((), xp.int64)
    if (found := extreme_by_kernel(input, dim, False)) is not None:
        return _with_dim(xp, found, dim) if keepdim else found
    return _found(xp, input, input.argmin(dim, keepdims=True), dim, keepdim)


@_max_dim.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int, keepdim: bool) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, keepdim)


@_min_dim.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int, keepdim: bool) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, keepdim)


def selected_gradient(grad: Any, geometry: Geometry, indices: Any, dim: int, keepdim: bool) -> Any:
    """Zeros of the input's shape with ``grad`` at ``indices`` along ``dim``: for reductions that pick one element."""
    if not geometry.ndim:
        return grad
    if not keepdim:
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return grad.new_zeros(geometry.shape).scatter_(dim, indices, grad)


@arg.numpy_names
def max(input: Any, dim: Any = arg.ALL, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """``max()``: the largest element. ``max(dim)``: ``(values, indices)``. ``max(other)``: elementwise maximum."""
    if isinstance(dim, TensorBase) or other is not None:
        from minitorch.ops.elementwise.clamping import maximum

        if keepdim is not False:
            raise TypeError("max(): argument 'keepdim' goes with an int 'dim', not with another tensor")

        return maximum(input, dim if other is None else other, out=out)
    return _max_or_min(_max_all, _max_dim, input, dim, keepdim, out, "max")


@arg.numpy_names
def min(input: Any, dim: Any = arg.ALL, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """``min()``: the smallest element. ``min(dim)``: ``(values, indices)``. ``min(other)``: elementwise minimum."""
    if isinstance(dim, TensorBase) or other is not None:
        from minitorch.ops.elementwise.clamping import minimum

        if keepdim is not False:
            raise TypeError("min(): argument 'keepdim' goes with an int 'dim', not with another tensor")

        return minimum(input, dim if other is None else other, out=out)
    return _max_or_min(_min_all, _min_dim, input, dim, keepdim, out, "min")


def _max_or_min(whole: Any, along: Any, input: Any, dim: Any, keepdim: bool, out: Any, function: str) -> Any:
    if dim is not arg.ALL and input.is_complex():
        raise RuntimeError(f"{function}(): does not support complex input")
    if dim is arg.ALL:
        _check_not_empty(input, (), False, function, RuntimeError)
        refuse_other_kinds(f"{function}_all", input._dtype, "bif")
        return deliver(whole(input), out, function, input)
    axis = geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)
    _check_not_empty(input, (axis,), True, function, IndexError)
    if input.ndim and input._geometry.numel:
        refuse_other_kinds(f"{function}_cpu", input._dtype, "bif")
    values, indices = along(input, axis, arg.boolean(keepdim, function, "keepdim"))
    if out is not None:
        out = arg.outputs(out, 2, function)
        values, indices = deliver(values, out[0], function, input), deliver(indices, out[1], function, input)
    return (return_types.max if function == "max" else return_types.min)((values, indices))


# ---- only where -----------------------------------------------------------------------------------------------------


@operator()
def _argmax(xp: Any, input: Any, dim: int | None, keepdim: bool) -> Any:
    """Index of the first largest element."""
    return xp.argmax(input, axis=dim if input.ndim else None, keepdims=keepdim)


@operator()
def _argmin(xp: Any, input: Any, dim: int | None, keepdim: bool) -> Any:
    """Index of the first smallest element."""
    return xp.argmin(input, axis=dim if input.ndim else None, keepdims=keepdim)


@arg.numpy_names
def argmax(input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Index of the largest element of a dimension, or of the flattened tensor. The first of several equal ones."""
    return _arg_extreme(_argmax, input, dim, keepdim, out, "argmax")


@arg.numpy_names
def argmin(input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Index of the smallest element of a dimension, or of the flattened tensor. The first of several equal ones."""
    return _arg_extreme(_argmin, input, dim, keepdim, out, "argmin")


def _arg_extreme(find: Any, input: Any, dim: int | None, keepdim: bool, out: Any, function: str) -> Any:
    if input.is_complex():
        raise RuntimeError(f"{function}(): does not support complex input")
    if input._dtype is dtypes.bool_:
        raise RuntimeError(f"{function}(): does not support bool input")
    refuse_other_kinds(f"{function}_cpu", input._dtype, "if")
    axis = None if dim is None else geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)
    _check_not_empty(input, () if axis is None else (axis,), axis is not None, function, IndexError)
    return deliver(find(input, axis, arg.boolean(keepdim, function, "keepdim")), out, function, input)
