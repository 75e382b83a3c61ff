"""Gather and scatter: an index for every single element, along one dimension.

    gather   out[i][j] = input[index[i][j]][j]          (dim = 0; for dim = 1: input[i][index[i][j]])
    scatter  out[index[i][j]][j] = src[i][j]
    scatter_add          ...    += src[i][j]

Each is the other's derivative: what a gather read gets its gradient by ``scatter_add``, and what a scatter wrote came
from ``src``, so that ``src`` gets its gradient by ``gather``. ``index`` may be smaller than the input in the other
dimensions; it does not broadcast and, unlike in ``x[index]``, must not be negative.

PyTorch: ``aten/src/ATen/native/TensorAdvancedIndexing.cpp``, ``ScatterGatherChecks.h``. ``scatter_reduce`` has a file
of its own.
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.autograd.inplace import check_inplace
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.places import accumulate, places_along
from minitorch.ops.declare.operands import NUMBERS, check_representable, number_as_array, refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.declare.writer import writer
from minitorch.ops.declare.writing import check_out, check_out_dtype, refuse_overlap, write_out
from minitorch.ops.reductions.reduction import deliver
from minitorch.tensor_base import TensorBase

# ---- checks ---------------------------------------------------------------------------------------------------------


def check_index_dtype(index: Any, function: str) -> None:
    """``RuntimeError`` unless ``index`` holds ``int32`` or ``int64``; an empty one may hold anything."""
    if index._dtype not in (dtypes.int64, dtypes.int32) and index._geometry.numel:
        raise RuntimeError(
            f"{function}(): Expected dtype int32/int64 for index, but got {index._dtype}; convert with .long()"
        )


def check_index_range(index: Any, size: int, dim: int, error: type[Exception], allow_negative: bool = False) -> None:
    """``error`` if an index is not in [0, size), or [-size, size)."""
    if not index._geometry.numel:
        return
    array = index.array
    low, high = int(array.min()), int(array.max())
    if low < (-size if allow_negative else 0) or high >= size:
        wrong = high if high >= size else low
        raise error(f"index {wrong} is out of bounds for dimension {dim} with size {size}")


def _check_index(input: Any, dim: int, index: Any, function: str) -> int:
    if not isinstance(input, TensorBase):
        arg.check_tensor(input, function)
    axis = geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)
    arg.tensor(index, function, "index")
    check_index_dtype(index, function)
    if index._geometry.numel == 0:
        return axis
    if max(index.ndim, 1) != max(input.ndim, 1):
        what = "input" if function == "gather" else "self"
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {what} tensor")
    for other, (wanted, size) in enumerate(zip(index.shape, input.shape)):
        if other != axis and wanted > size:
            raise RuntimeError(
                f"Size does not match at dimension {other} expected index {list(index.shape)} to be no larger than "
                f"self {list(input.shape)} apart from dimension {axis}"
            )
    check_index_range(index, input.shape[axis] if input.ndim else 1, axis, RuntimeError)
    return axis


def _check_src(input: Any, dim: int, index: Any, src: Any, function: str) -> None:
    if src._dtype is not input._dtype:
        raise RuntimeError(
            f"{function}(): Expected self.dtype to be equal to src.dtype, but got {input._dtype} and {src._dtype}; "
            f"convert with src.to({input._dtype})"
        )
    if index._geometry.numel == 0:
        return
    if max(src.ndim, 1) != max(index.ndim, 1):
        fits_so_far = all(wanted <= size for wanted, size in zip(index.shape, src.shape))
        error = IndexError if fits_so_far and 0 < src.ndim < index.ndim else RuntimeError
        raise error(
            f"Index tensor must have the same number of dimensions as src tensor: {function}() got an index of shape "
            f"{list(index.shape)} and a src of shape {list(src.shape)}"
        )
    if any(wanted > size for wanted, size in zip(index.shape, src.shape or (1,))):
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension "
            f"{dim} and to be no larger size than src {list(src.shape)}"
        )
    refuse_other_kinds("scatter_gather_tensor_cpu", input._dtype, "bifc")


# ---- arrays ---------------------------------------------------------------------------------------------------------


def one_dim(array: Any) -> Any:
    """A zero-dim array as one element in a row, a view; others as they are."""
    return array if array.ndim else array.reshape(1)


def _reachable(array: Any, index: Any, dim: int) -> Any:
    """The part of ``array`` that an index of that shape can reach: everything along ``dim``, a corner of the rest."""
    return array[tuple(slice(None) if d == dim else slice(0, size) for d, size in enumerate(index.shape))]


def _corner(array: Any, index: Any) -> Any:
    """The part of ``array`` that has the index's shape."""
    return array[tuple(slice(0, size) for size in index.shape)]


# ---- gather ---------------------------------------------------------------------------------------------------------


@operator()
def _gather(xp: Any, input: Any, dim: int, index: Any) -> Any:
    """out[i][j] = input[index[i][j]][j]."""
    if not index.size:
        return xp.empty(index.shape, input.dtype)
    flat_index = one_dim(index)
    found = xp.take_along_axis(_reachable(one_dim(input), flat_index, dim), flat_index, dim)
    return found.reshape(index.shape)


@_gather.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: int, index: Any) -> Any:
    return grad.new_zeros(input_geometry.shape).scatter_add_(dim, index, grad)


def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False, out: Any = None) -> Any:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim`` 0, and so on. The result has the index's shape.

    ``RuntimeError`` for an index out of range, of another number of dimensions, or larger than the input elsewhere.
    """
    arg.boolean(sparse_grad, "gather", "sparse_grad")
    axis = _check_index(input, dim, index, "gather")
    if index._geometry.numel:
        refuse_other_kinds("scatter_gather_tensor_cpu", input._dtype, "bifc")
    if out is not None:
        check_out("gather", out, (input,))
        check_out_dtype(out, input._dtype)
        refuse_overlap(out, input, index)
        return write_out(out, _gather(input.detach(), axis, index).array, index.shape)
    return _gather(input, axis, index)


def take_along_dim(input: Any, indices: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """``gather`` with broadcasting: input and indices are expanded to each other but for ``dim``. None: flattened."""
    arg.check_tensor(input, "take_along_dim")
    if indices._dtype is not dtypes.int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices._dtype.name}")
    if dim is None:
        return gather(input.view(-1), 0, indices.view(-1), out=out)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    axis = geo.wrap_dim(dim, input.ndim)
    if indices.numel() and int(indices.array.min()) < 0:
        indices = indices + (indices < 0) * input.shape[axis]
    shape = list(geo.broadcast_shapes(*[(*t.shape[:axis], 1, *t.shape[axis + 1 :]) for t in (input, indices)]))
    full_input = input.expand([*shape[:axis], input.shape[axis], *shape[axis + 1 :]])
    full_indices = indices.expand([*shape[:axis], indices.shape[axis], *shape[axis + 1 :]])
    return gather(full_input, axis, full_indices, out=out)


# ---- scatter --------------------------------------------------------------------------------------------------------


def _put(xp: Any, input: Any, dim: int, index: Any, values: Any) -> None:
    if index.size:
        index = one_dim(index)
        xp.put_along_axis(_reachable(one_dim(input), index, dim), index, values, dim)


@writer("ScatterBackward0")
def _scatter(xp: Any, input: Any, dim: int, index: Any, src: Any) -> None:
    """out[index[i][j]][j] = src[i][j]."""
    _put(xp, input, dim, index, _corner(one_dim(src), one_dim(index)) if index.size else src)


@_scatter.derivative("input")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.scatter(dim, index, 0)


@_scatter.derivative("src")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.gather(dim, index)  # which the engine refuses, as PyTorch's does, if `src` was larger than the index


@writer("ScatterBackward1")
def _scatter_value(xp: Any, input: Any, dim: int, index: Any, value: Any) -> None:
    """out[index[i][j]][j] = value."""
    _put(xp, input, dim, index, value)


@_scatter_value.derivative("input")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.scatter(dim, index, 0)


@writer()
def _scatter_add(xp: Any, input: Any, dim: int, index: Any, src: Any) -> None:
    """out[index[i][j]][j] += src[i][j]."""
    _combine(xp, xp.add, input, dim, index, src)


@_scatter_add.derivative("input")
def _(grad: Any) -> Any:
    return grad


@_scatter_add.derivative("src")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.gather(dim, index)  # which the engine refuses, as PyTorch's does, if `src` was larger than the index


def _combine(xp: Any, ufunc: Any, input: Any, dim: int, index: Any, values: Any) -> None:
    if index.size:
        index, target = one_dim(index), one_dim(input)
        if getattr(values, "ndim", 0):
            values = _corner(values, index)
        accumulate(xp, target, places_along(xp, target.shape, dim, index), values, ufunc)


@writer("torch::autograd::NotImplemented")
def _scatter_combine(xp: Any, input: Any, dim: int, index: Any, src: Any, reduce: str) -> None:
    """out[index[i][j]][j] += or *= src[i][j]."""
    _combine(xp, xp.add if reduce == "add" else xp.multiply, input, dim, index, src)


@_scatter_combine.derivative("input", "src")
def _(grad: Any) -> Any:
    raise RuntimeError("derivative for aten::scatter with reduce= is not implemented; use scatter_reduce")


def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None,
    out: Any = None,
) -> Any:  # fmt: skip
    """A copy of ``input`` with ``out[index[i][j]][j] = src[i][j]`` (``dim`` 0); ``src`` may be a number."""
    function, arguments = _choose_scatter(input, dim, index, src, value, reduce)
    return deliver(function(input, *arguments), out, "scatter", input, src)


def scatter_(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """``scatter`` into ``input`` itself."""
    check_inplace(input, "scatter_", src, value, overlap=True)
    function, arguments = _choose_scatter(input, dim, index, src, value, reduce)
    refuse_overlap(input, index, src)
    return function.inplace(input, *arguments)


def _choose_scatter(input: Any, dim: int, index: Any, src: Any, value: Any, reduce: str | None) -> tuple[Any, Any]:
    axis = _check_index(input, dim, index, "scatter")
    given = value if src is None else src
    if reduce is not None and reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if isinstance(given, TensorBase):
        _check_src(input, axis, index, given, "scatter")
        if reduce is not None:
            warnings.warn(
                "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
                "PyTorch release. Use torch.scatter_reduce instead for more reduction options.",
                stacklevel=3,
            )
    elif isinstance(given, NUMBERS):
        check_representable(given, input._dtype)
        if index._geometry.numel:
            refuse_other_kinds("scatter_gather_scalar_cpu", input._dtype, "bifc")
        given = number_as_array(given, input._dtype)
    else:
        raise TypeError(f"scatter(): argument 'src' (position 3) must be Tensor or Number, not {type(given).__name__}")
    if reduce is not None:
        return _scatter_combine, (axis, index, given, reduce)
    return _scatter if isinstance(given, TensorBase) else _scatter_value, (axis, index, given)


def scatter_add(input: Any, dim: int, index: Any, src: Any, *, out: Any = None) -> Any:
    """A copy of ``input`` with ``out[index[i][j]][j] += src[i][j]`` (``dim`` 0)."""
    axis = _check_index(input, dim, index, "scatter_add")
    _check_src(input, axis, index, arg.tensor(src, "scatter_add", "src"), "scatter_add")
    return deliver(_scatter_add(input, axis, index, src), out, "scatter_add", input, src)


def scatter_add_(input: Any, dim: int, index: Any, src: Any) -> Any:
    """``scatter_add`` into ``input`` itself."""
    check_inplace(input, "scatter_add_", src, overlap=True)
    axis = _check_index(input, dim, index, "scatter_add")
    _check_src(input, axis, index, arg.tensor(src, "scatter_add", "src"), "scatter_add")
    refuse_overlap(input, index, src)
    return _scatter_add.inplace(input, axis, index, src)
