"""Sorting and order statistics: ``sort, argsort, msort, topk, kthvalue, median, nanmedian, mode``.

All of them pick elements, so they share one derivative: the gradient of a picked value goes back to where it was picked
(``scatter`` by the indices). Sorting is stable, nan is the largest value, and a descending sort keeps equal elements in
their order too:  reverse, sort ascending, reverse the result.

PyTorch: ``aten/src/ATen/native/Sorting.cpp``, ``SortingUtils.h``, ``TensorCompare.cpp`` (``mode``). Left out on
purpose: its partial sorts; everything here sorts the whole dimension.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import Operator, operator, record_several
from minitorch.ops.reductions.extremes import selected_gradient, share_among_equals
from minitorch.ops.reductions.reduction import at_least_float32, deliver
from minitorch.tensor_base import allocate

# ---- arrays ---------------------------------------------------------------------------------------------------------


def order_of(xp: Any, array: Any, dim: int, descending: bool = False) -> Any:
    """The stable sorting permutation along ``dim``; nan counts as the largest value."""
    array = at_least_float32(xp, array)
    if not descending:
        return xp.argsort(array, axis=dim, kind="stable")
    return array.shape[dim] - 1 - xp.flip(xp.argsort(xp.flip(array, dim), axis=dim, kind="stable"), dim)


def _picked(xp: Any, array: Any, indices: Any, dim: int, keepdim: bool) -> Any:
    values = xp.take_along_axis(array, indices, dim)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _axis(input: Any, dim: int, function: str) -> int:
    return geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)


def _check_not_empty(input: Any, axis: int, function: str) -> None:
    if input.ndim and input.shape[axis] == 0:
        raise IndexError(f"{function}(): Expected reduction dim {axis} to have non-zero size.")


def _both(results: Any, out: Any, function: str, input: Any) -> Any:
    if out is None:
        return results
    return tuple(
        deliver(result, place, function, input)
        for result, place in zip(results, arg.outputs(out, len(results), function))
    )


# ---- sort -----------------------------------------------------------------------------------------------------------


def _sort_forward(xp: Any, input: Any, dim: int, descending: bool) -> Any:
    """Values in order, and where they came from."""
    if not input.ndim:
        return input, xp.zeros((), xp.int64)
    order = order_of(xp, input, dim, descending)
    return xp.take_along_axis(input, order, dim), order


def _sort_gradient(grad: Any, input_geometry: Geometry, result1: Any, dim: int) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, True)


_sort = Operator(_sort_forward, "SortBackward0", skip=1)
_sort.add_derivative(("input",), _sort_gradient)
_stable_sort = Operator(_sort_forward, "SortBackward1", skip=1)  # the same: PyTorch has two, and names show which
_stable_sort.add_derivative(("input",), _sort_gradient)


@arg.numpy_names
def sort(input: Any, dim: int = -1, descending: bool = False, *, stable: bool | None = None, out: Any = None) -> Any:
    """``(values, indices)`` in ascending or descending order along ``dim``, always stable. Keeps the memory order."""
    if stable is not None:
        arg.boolean(stable, "sort", "stable")
    axis = _axis(input, dim, "sort")
    if input.is_complex():
        raise RuntimeError("Sort does not support complex dtypes on CPU")
    device = input._storage.device
    arrays = _sort_forward(device.backend.xp, input.array, axis, arg.boolean(descending, "sort", "descending"))
    geometry = geo.preserving(input._geometry)
    values = allocate(geometry, input._dtype, device)
    indices = allocate(geometry, dtypes.int64, device)
    values.array[...], indices.array[...] = arrays
    record_several(_sort if stable is None else _stable_sort, (input, axis, descending), (values, indices))
    return return_types.sort(_both((values, indices), out, "sort", input))


@arg.numpy_names
def argsort(input: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    """The indices that ``sort`` returns."""
    return sort(input.detach(), dim, descending)[1]


def msort(input: Any, *, out: Any = None) -> Any:
    """The values of ``sort`` along the first dimension."""
    return deliver(sort(input, 0)[0], out, "msort", input)


# ---- the k-th and the k first ---------------------------------------------------------------------------------------


@operator()
def _topk(xp: Any, input: Any, k: int, dim: int, largest: bool) -> Any:
    """The first k of the sorted values, and where they came from."""
    if not input.ndim:
        return xp.array(input, copy=True), xp.zeros((), xp.int64)
    order = order_of(xp, input, dim, largest)
    first = order[(slice(None),) * dim + (slice(0, k),)]
    return _picked(xp, input, first, dim, True)


@_topk.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, True)


@arg.numpy_names
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, out: Any = None) -> Any:
    """``(values, indices)`` of the ``k`` largest (or smallest) elements along ``dim``, the most extreme first."""
    arg.boolean(sorted, "topk", "sorted")
    axis = _axis(input, dim, "topk")
    count = arg.integer(k, "topk", "k")
    if not 0 <= count <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if input._dtype is dtypes.bool_ or input.is_complex():
        raise RuntimeError(f"topk does not support {'complex' if input.is_complex() else 'bool'} dtypes on CPU")
    refuse_other_kinds("topk_cpu", input._dtype, "if")
    return return_types.topk(
        _both(_topk(input, count, axis, arg.boolean(largest, "topk", "largest")), out, "topk", input)
    )


@operator()
def _kthvalue(xp: Any, input: Any, k: int, dim: int, keepdim: bool) -> Any:
    """The k-th smallest value, and where it is."""
    if not input.ndim:
        return xp.array(input, copy=True), xp.zeros((), xp.int64)
    order = order_of(xp, input, dim)
    return _picked(xp, input, order[(slice(None),) * dim + (slice(k - 1, k),)], dim, keepdim)


@_kthvalue.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int, keepdim: bool) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, keepdim)


@arg.numpy_names
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """``(values, indices)`` of the ``k``-th smallest element along ``dim``, counted from 1."""
    axis = _axis(input, dim, "kthvalue")
    _check_not_empty(input, axis, "kthvalue")
    count = arg.integer(k, "kthvalue", "k")
    if not 1 <= count <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}")
    refuse_other_kinds("kthvalue_cpu", input._dtype, "if")
    return return_types.kthvalue(
        _both(_kthvalue(input, count, axis, arg.boolean(keepdim, "kthvalue", "keepdim")), out, "kthvalue", input)
    )


# ---- median ---------------------------------------------------------------------------------------------------------


def _median_along(xp: Any, input: Any, dim: int, keepdim: bool, skip_nan: bool) -> Any:
    """The lower median of each row. With a nan in it: nan, or the median of the others (``skip_nan``)."""
    if not input.ndim:
        return xp.array(input, copy=True), xp.zeros((), xp.int64)
    order = order_of(xp, input, dim)
    size = input.shape[dim]
    missing = xp.add.reduce(input != input, axis=dim, keepdims=True)
    counted = size - missing
    if skip_nan:
        place = xp.maximum(counted - 1, 0) // 2
    else:
        place = xp.where(missing > 0, counted, (size - 1) // 2)  # the first nan comes right behind the numbers
    return _picked(xp, input, xp.take_along_axis(order, place, dim), dim, keepdim)


@operator("MedianBackward1")
def _median_dim(xp: Any, input: Any, dim: int, keepdim: bool) -> Any:
    """Lower median along a dimension, and where it is."""
    return _median_along(xp, input, dim, keepdim, False)


@operator("NanmedianBackward1")
def _nanmedian_dim(xp: Any, input: Any, dim: int, keepdim: bool) -> Any:
    """Lower median of what is not nan, and where it is."""
    return _median_along(xp, input, dim, keepdim, True)


@_median_dim.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int, keepdim: bool) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, keepdim)


@_nanmedian_dim.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int, keepdim: bool) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, keepdim)


def _median_of_all(xp: Any, input: Any, skip_nan: bool) -> Any:
    if not input.size:
        return xp.full((), xp.nan).astype(input.dtype)
    return _median_along(xp, input.reshape(-1), 0, False, skip_nan)[0]


@operator("MedianBackward0")
def _median(xp: Any, input: Any) -> Any:
    """Lower median of all elements."""
    return _median_of_all(xp, input, False)


@operator("NanmedianBackward0")
def _nanmedian(xp: Any, input: Any) -> Any:
    """Lower median of all elements that are not nan."""
    return _median_of_all(xp, input, True)


@_median.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return share_among_equals(grad, input, result)


@_nanmedian.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return share_among_equals(grad, input, result)


@arg.numpy_names
def median(input: Any, dim: int = arg.ALL, keepdim: bool = False, *, out: Any = None) -> Any:
    """The lower median of all elements; with ``dim`` ``(values, indices)``. nan if there is one."""
    refuse_other_kinds("median_cpu", input._dtype, "if")
    if dim is arg.ALL:
        return deliver(_median(input), out, "median", input)
    axis = _axis(input, dim, "median")
    _check_not_empty(input, axis, "median")
    return return_types.median(
        _both(_median_dim(input, axis, arg.boolean(keepdim, "median", "keepdim")), out, "median", input)
    )


@arg.numpy_names
def nanmedian(input: Any, dim: int = arg.ALL, keepdim: bool = False, *, out: Any = None) -> Any:
    """``median`` of what is not nan."""
    arg.check_tensor(input, "nanmedian")
    refuse_other_kinds("median_cpu", input._dtype, "if")
    if dim is arg.ALL:
        return deliver(_nanmedian(input), out, "nanmedian", input)
    axis = _axis(input, dim, "nanmedian")
    _check_not_empty(input, axis, "nanmedian")
    return return_types.nanmedian(
        _both(_nanmedian_dim(input, axis, arg.boolean(keepdim, "nanmedian", "keepdim")), out, "nanmedian", input)
    )


# ---- mode -----------------------------------------------------------------------------------------------------------


@operator()
def _mode(xp: Any, input: Any, dim: int, keepdim: bool) -> Any:
    """The most frequent value (the smallest of several), and where the last of them is."""
    if not input.ndim:
        return xp.array(input, copy=True), xp.zeros((), xp.int64)
    order = order_of(xp, input, dim)
    values = xp.moveaxis(xp.take_along_axis(input, order, dim), dim, -1)
    # Length of the run of equal values that ends at each place of the sorted row: place minus where the run began.
    begins = xp.ones(values.shape, bool)
    begins[..., 1:] = values[..., 1:] != values[..., :-1]
    counting = xp.arange(values.shape[-1])
    length = counting - xp.maximum.accumulate(xp.where(begins, counting, 0), axis=-1)
    best = xp.moveaxis(length.argmax(-1, keepdims=True), -1, dim)
    return _picked(xp, input, xp.take_along_axis(order, best, dim), dim, keepdim)


@_mode.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int, keepdim: bool) -> Any:
    return selected_gradient(grad, input_geometry, result1, dim, keepdim)


@arg.numpy_names
def mode(input: Any, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """``(values, indices)`` of the most frequent element along ``dim``; the smallest of several equally frequent."""
    axis = _axis(input, dim, "mode")
    _check_not_empty(input, axis, "mode")
    refuse_other_kinds("mode_cpu", input._dtype, "bif")
    return return_types.mode(_both(_mode(input, axis, arg.boolean(keepdim, "mode", "keepdim")), out, "mode", input))
