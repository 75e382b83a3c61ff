"""One index vector for a whole dimension: ``index_select, index_add, index_copy, index_fill``.

    index_select  out[i] = input[index[i]]               (dim = 0: whole rows)
    index_add     out[index[i]] += alpha * source[i]     rows named twice are added twice
    index_copy    out[index[i]] = source[i]
    index_fill    out[index[i]] = value

Reading and adding are each other's derivative, as gather and ``scatter_add`` are.

PyTorch: ``aten/src/ATen/native/TensorAdvancedIndexing.cpp``.
"""

from __future__ import annotations

from typing import Any, cast

from minitorch.autograd.inplace import check_inplace
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.dtypes import from_numpy_dtype
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.places import accumulate, places_of
from minitorch.ops.declare.operands import number_as_array, refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.declare.writer import writer
from minitorch.ops.declare.writing import check_out, refuse_overlap
from minitorch.ops.elementwise.scalar_forms import mul_number
from minitorch.ops.indices.gather_scatter import check_index_range, one_dim
from minitorch.ops.reductions.reduction import deliver
from minitorch.tensor_base import TensorBase


def _check_vector(input: Any, dim: int, index: Any, function: str, message: str) -> int:
    """The wrapped dimension; the index must be a tensor of at most one dimension."""
    axis = geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)
    arg.tensor(index, function, "index")
    if index.ndim > 1:
        raise IndexError(message)
    return axis


def _length(input: Any, axis: int) -> int:
    return input.shape[axis] if input.ndim else 1


# ---- index_select ---------------------------------------------------------------------------------------------------


@operator()
def _index_select(xp: Any, input: Any, dim: int, index: Any) -> Any:
    """out[i] = input[index[i]]."""
    if not input.ndim:
        return xp.array(input, copy=True)
    return xp.take(input, one_dim(index), axis=dim)


@_index_select.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: int, index: Any) -> Any:
    return grad.new_zeros(input_geometry.shape).index_add_(dim, index, grad)


def index_select(input: Any, dim: int, index: Any, *, out: Any = None) -> Any:
    """The slices of ``input`` along ``dim`` that ``index``, a vector, names. ``IndexError`` out of range."""
    if out is not None and isinstance(input, TensorBase):
        check_out("index_select", out, (input,))
        refuse_overlap(out, input, index)
    axis = _check_vector(input, dim, index, "index_select", "index_select(): Index is supposed to be a vector")
    if index._dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            f"index_select(): Expected dtype int32 or int64 for index, but got {index._dtype}; convert with .long()"
        )
    if not input.ndim and index.numel() != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {index.numel()} value(s)")
    if index.numel() and input.ndim > 1 and not _length(input, axis):
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    if index.numel() and (int(index.array.min()) < 0 or int(index.array.max()) >= _length(input, axis)):
        raise IndexError("index out of range in self")
    if input.ndim < 2 and index.numel():
        refuse_other_kinds("index_select", input._dtype, "bifc")
    return deliver(_index_select(input, axis, index), out, "index_select", input)


# ---- index_add ------------------------------------------------------------------------------------------------------


@writer()
def _index_add(xp: Any, input: Any, dim: int, index: Any, source: Any, alpha: Any) -> None:
    """out[index[i]] += alpha * source[i]."""
    target = one_dim(input)
    if alpha != 1:
        source = source * number_as_array(alpha, from_numpy_dtype(source.dtype))
    if index.size:
        places = places_of(xp, target.shape, [*[None] * dim, one_dim(index)])
        accumulate(xp, target, places, source.reshape(places.shape))


@_index_add.derivative("input")
def _(grad: Any) -> Any:
    return grad


@_index_add.derivative("source")
def _(grad: Any, source_geometry: Geometry, dim: int, index: Any, alpha: Any) -> Any:
    found = _selected(grad, dim, index, source_geometry)
    return found if alpha == 1 else mul_number(found, alpha)


def _selected(grad: Any, dim: int, index: Any, of: Geometry) -> Any:
    """The gradient of a source: what arrived where its slices went."""
    found = grad.index_select(dim, index)
    return found.expand(of.shape) if of.ndim else found.reshape(())


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """A copy of ``input`` with ``out[index[i]] += alpha * source[i]`` along ``dim``."""
    alpha = arg.number(alpha, "index_add", "alpha")
    axis = check_slices(input, dim, index, source, "index_add")
    _refuse_adding(input)
    return deliver(_index_add(input, axis, index, source, alpha), out, "index_add", input, source)


def index_add_(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """``index_add`` into ``input`` itself."""
    alpha = arg.number(alpha, "index_add", "alpha")
    check_inplace(input, "index_add_", source, overlap=True)
    axis = check_slices(input, dim, index, source, "index_add")
    _refuse_adding(input)
    refuse_overlap(input, index, source)
    return _index_add.inplace(input, axis, index, source, alpha)


def _refuse_adding(input: Any) -> None:
    if input._geometry.numel:
        refuse_other_kinds("scatter_gather_tensor_cpu", input._dtype, "bifc")


def check_slices(
    input: Any, dim: int, index: Any, source: Any, function: str, error: type[Exception] = RuntimeError
) -> int:
    """The wrapped dimension, if ``source`` has a slice for every index, each of the shape of the input's."""
    axis = _check_vector(input, dim, index, function, f"{function}_(): Index is supposed to be a vector")
    arg.tensor(source, function, "source")
    if index._dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(f"{function}_(): Expected dtype int32/int64 for index, but got {index._dtype}; use .long()")
    if source._dtype is not input._dtype:
        raise RuntimeError(
            f"{function}_(): self ({scalar_type_name(input._dtype)}) and source ({scalar_type_name(source._dtype)}) "
            "must have the same scalar type"
        )
    if source.ndim and axis >= source.ndim:
        raise RuntimeError(
            f"{function}_(): Indexing dim {axis} is out of bounds of the source tensor with dim {source.ndim}"
        )
    length = source.shape[axis] if source.ndim else 1
    if index.numel() != length:
        if not source.ndim:
            raise IndexError(f"{function}_(): dimension specified as {axis} but source has no dimensions")
        raise RuntimeError(
            f"{function}_(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({length}), for "
            f"dim: {axis}"
        )
    if bool(input.ndim) != bool(source.ndim) or _without(input.shape, axis) != _without(source.shape, axis):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(input.shape)} source.shape = {list(source.shape)}"
        )
    check_index_range(index, _length(input, axis), axis, IndexError if input.ndim < 2 else error)
    return axis


def _without(shape: Any, axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :])


# ---- index_copy -----------------------------------------------------------------------------------------------------


@writer()
def _index_copy(xp: Any, input: Any, dim: int, index: Any, source: Any) -> None:
    """out[index[i]] = source[i]."""
    xp.moveaxis(one_dim(input), dim, 0)[one_dim(index)] = xp.moveaxis(one_dim(source), dim, 0)


@_index_copy.derivative("input")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.index_fill(dim, index, 0)


@_index_copy.derivative("source")
def _(grad: Any, source_geometry: Geometry, dim: int, index: Any) -> Any:
    return _selected(grad, dim, index, source_geometry)


def index_copy(input: Any, dim: int, index: Any, source: Any, *, out: Any = None) -> Any:
    """A copy of ``input`` with ``out[index[i]] = source[i]`` along ``dim``."""
    axis = _check_index_copy(input, dim, index, source)
    return deliver(_index_copy(input, axis, index, source), out, "index_copy", input, source)


def index_copy_(input: Any, dim: int, index: Any, source: Any) -> Any:
    """``index_copy`` into ``input`` itself."""
    check_inplace(input, "index_copy_", source)
    refuse_overlap(input, index, source)
    return _index_copy.inplace(input, _check_index_copy(input, dim, index, source), index, source)


def _check_index_copy(input: Any, dim: int, index: Any, source: Any) -> int:
    arg.tensor(source, "index_copy", "source")
    axis = _check_vector(
        input,
        dim,
        index,
        "index_copy",
        f"index_copy_(): Index should have dimension 1 or 0 (got {getattr(index, 'ndim', 0)})",
    )
    if index._dtype is not dtypes.int64:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {scalar_type_name(index._dtype)}")
    if source._dtype is not input._dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{scalar_type_name(input._dtype)} and (source) {scalar_type_name(source._dtype)}"
        )
    if source.ndim and input.ndim and source.ndim != input.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.ndim}), destination dimensionality ({input.ndim})"
        )
    length = source.shape[axis] if source.ndim else 1
    if _without(input.shape, axis) != _without(source.shape, axis):
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{list(_without(input.shape, axis))} at dimension {axis} and source slice shape: "
            f"{list(_without(source.shape, axis))} at dimension {axis}."
        )
    if index.numel() != length:
        raise IndexError(
            f"index_copy_(): Number of indices ({index.numel()}) should be equal to source.size(dim) ({length})"
        )
    check_index_range(index, _length(input, axis), axis, IndexError)
    refuse_other_kinds("index_copy_cpu", input._dtype, "bifc")
    return axis


# ---- index_fill -----------------------------------------------------------------------------------------------------


def _fill_rows(xp: Any, input: Any, dim: int, index: Any, value: Any) -> None:
    xp.moveaxis(one_dim(input), dim, 0)[one_dim(index)] = value


@writer("IndexFillBackward0", preserve=True, overlap=True)
def _index_fill(xp: Any, input: Any, dim: int, index: Any, value: Any) -> None:
    """out[index[i]] = value, a number."""
    _fill_rows(xp, input, dim, index, value)


@_index_fill.derivative("input")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.index_fill(dim, index, 0)


@writer("IndexFillBackward1", preserve=True, overlap=True)
def _index_fill_tensor(xp: Any, input: Any, dim: int, index: Any, value: Any) -> None:
    """out[index[i]] = value, a zero-dim tensor."""
    _fill_rows(xp, input, dim, index, value)


@_index_fill_tensor.derivative("input")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.index_fill(dim, index, 0)


@_index_fill_tensor.derivative("value")
def _(grad: Any, dim: int, index: Any) -> Any:
    return grad.index_select(dim, index.unique()).sum()


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """A copy of ``input`` with ``value``, a number or zero-dim tensor, in the slices that ``index`` names."""
    function, arguments = _choose_fill(input, dim, index, value)
    return function(input, *arguments)


def index_fill_(input: Any, dim: int, index: Any, value: Any) -> Any:
    """``index_fill`` into ``input`` itself."""
    check_inplace(input, "index_fill_", value, overlap=True)
    function, arguments = _choose_fill(input, dim, index, value)
    refuse_overlap(input, index)
    return function.inplace(input, *arguments)


def _choose_fill(input: Any, dim: int, index: Any, value: Any) -> tuple[Any, tuple[Any, ...]]:
    axis = geo.wrap_dim(arg.integer(dim, "index_fill", "dim"), input.ndim)
    if not isinstance(value, TensorBase):
        value = arg.number(value, "index_fill_", "value")
    if arg.tensor(index, "index_fill", "index").ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if index._dtype is not dtypes.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if isinstance(value, complex) and not input.is_complex():
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    size = _length(input, axis)
    refuse_other_kinds("index_fill_cpu", input._dtype, "bifc")
    check_index_range(index, size, axis, IndexError if size else RuntimeError, allow_negative=True)
    if isinstance(value, TensorBase):
        if value.ndim:
            raise RuntimeError(
                "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.ndim} dimension(s)."
            )
        return _index_fill_tensor, (axis, index, cast(Any, value).to(input._storage.device))
    return _index_fill, (axis, index, number_as_array(value, input._dtype))
