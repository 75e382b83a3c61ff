"""Views: other shapes over the same memory. Every forward here is one call into ``core/geometry.py``.

The derivative of a view is the movement backwards: transposing again, summing what was expanded, putting a selected
part back into zeros.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp``; ``reshape`` copies only where no view is possible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare import operator, view
from minitorch.tensor_base import check_in_bounds, over_storage


@view("ViewBackward0")
def _view(geometry: Geometry, size: tuple[int, ...]) -> Geometry:
    """The same elements in the same order under another shape."""
    return geo.view(geometry, size)


@_view.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


def view_as_size(input: Any, *size: Any) -> Any:
    """Shape ``size`` over the same elements; one size may be -1. ``RuntimeError`` where strides forbid it."""
    return _view(input, arg.sizes(size, "view"))


@operator("UnsafeViewBackward0")
def _reshape_copy(xp: Any, input: Any, size: tuple[int, ...]) -> Any:
    """The same elements under another shape, copied."""
    return xp.array(input, order="C", copy=True).reshape(size)


@_reshape_copy.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


def reshape(input: Any, *shape: Any) -> Any:
    """A view of that shape if strides allow it, else a contiguous copy."""
    size = geo.infer_size(arg.sizes(shape, "reshape", "shape"), input._geometry.numel)
    if geo.try_view(input._geometry, size) is not None:
        return _view(input, size)
    return _reshape_copy(input, size)


def view_as(input: Any, other: Any) -> Any:
    """``input.view(other.size())``."""
    return _view(input, tuple(other.shape))


def reshape_as(input: Any, other: Any) -> Any:
    """``input.reshape(other.size())``."""
    return reshape(input, tuple(other.shape))


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions ``start_dim..end_dim`` merged into one; a zero-dim tensor becomes one-dimensional."""
    shape = input._geometry.shape
    start, end = geo.wrap_dim(start_dim, len(shape)), geo.wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, (1,))
    if start == end:
        return input
    return reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def ravel(input: Any) -> Any:
    """All dimensions merged into one."""
    return reshape(input, (-1,)) if input.numel() else reshape(input, (0,))


def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Any:
    """One dimension split into several of ``sizes``, one of which may be -1."""
    shape = input._geometry.shape
    dim = geo.wrap_dim(dim, len(shape))
    wanted = arg.integers(sizes, "unflatten", "sizes")
    if not wanted:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if -1 not in wanted and math.prod(wanted) != shape[dim]:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(wanted)} don't multiply up to the size of dim {dim} ({shape[dim]}) in "
            "the input tensor"
        )
    return _view(input, (*shape[:dim], *geo.infer_size(wanted, shape[dim]), *shape[dim + 1 :]))


@view("TransposeBackward0")
def transpose(geometry: Geometry, dim0: int, dim1: int) -> Geometry:
    """Swap two dimensions."""
    return geo.transpose(geometry, dim0, dim1)


@transpose.derivative("input")
def _(grad: Any, dim0: int, dim1: int) -> Any:
    return transpose(grad, dim0, dim1)


@view("TBackward0")
def _t(geometry: Geometry) -> Geometry:
    """Transpose of a matrix."""
    return geo.transpose(geometry, 0, 1) if geometry.ndim == 2 else Geometry(*_parts(geometry))


@_t.derivative("input")
def _(grad: Any) -> Any:
    return _t(grad)


def t(input: Any) -> Any:
    """Transpose of a matrix; vectors and zero-dim tensors as they are. ``RuntimeError`` beyond two dimensions."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return _t(input)


def _parts(geometry: Geometry) -> tuple[Any, Any, int]:
    return geometry.shape, geometry.stride, geometry.offset


@view("PermuteBackward0")
def _permute(geometry: Geometry, dims: tuple[int, ...]) -> Geometry:
    """Reorder the dimensions."""
    return geo.permute(geometry, dims)


@_permute.derivative("input")
def _(grad: Any, dims: tuple[int, ...]) -> Any:
    order = [dim % len(dims) for dim in dims]
    return _permute(grad, tuple(order.index(dim) for dim in range(len(order))))


def permute(input: Any, *dims: Any) -> Any:
    """Result dimension ``i`` is ``dims[i]`` of the input."""
    return _permute(input, arg.sizes(dims, "permute", "dims"))


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Move dimensions ``source`` to ``destination``; the others keep their order."""
    origin = arg.integers(source, "movedim", "source")
    target = arg.integers(destination, "movedim", "destination")
    return _permute(input, geo.movedim_order(input.ndim, origin, target))


def matrix_transpose(input: Any) -> Any:
    """The last two dimensions swapped (``.mT``)."""
    if input.ndim < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {input.ndim}-D tensor."
        )
    return transpose(input, -2, -1)


def conjugate_transpose(input: Any) -> Any:
    """``.mT`` and complex conjugate (``.mH``)."""
    swapped = matrix_transpose(input)
    return swapped.conj() if input.is_complex() else swapped


def numpy_transpose(input: Any) -> Any:
    """All dimensions reversed (``.T``)."""
    return _permute(input, tuple(range(input.ndim - 1, -1, -1)))


@view("ExpandBackward0")
def _expand(geometry: Geometry, size: tuple[int, ...]) -> Geometry:
    """Dimensions of size 1 repeated by stride 0."""
    return geo.expand(geometry, size)


@_expand.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return grad.sum_to_size(input_geometry.shape)


def expand(input: Any, *size: Any, implicit: bool = False) -> Any:
    """Broadcast to ``size`` without a copy; -1 keeps a dimension's size."""
    return _expand(input, arg.sizes(size, "expand"))


def expand_as(input: Any, other: Any) -> Any:
    """``input.expand(other.size())``."""
    return _expand(input, tuple(other.shape))


def broadcast_to(input: Any, size: Any) -> Any:
    """``input.expand(size)``."""
    return _expand(input, arg.integers(size, "broadcast_to", "size"))


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All tensors expanded to their common shape."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    shape = geo.broadcast_shapes(*(t.shape for t in given))
    return tuple(_expand(t, tuple(shape)) for t in given)


@view("SelectBackward0")
def _select(geometry: Geometry, dim: int, index: int) -> Geometry:
    """One index of a dimension, which goes."""
    return geo.select(geometry, dim, index)


@_select.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: int, index: int) -> Any:
    return _placed(grad, input_geometry, _select, dim, index)


def select(input: Any, dim: int, index: int) -> Any:
    """``input[..., index, ...]`` at dimension ``dim``."""
    return _select(input, arg.integer(dim, "select", "dim"), arg.integer(index, "select", "index"))


@view("SliceBackward0")
def _slice(geometry: Geometry, dim: int, start: int | None, end: int | None, step: int) -> Geometry:
    """start:end:step along a dimension."""
    return geo.slice_(geometry, dim, start, end, step)


@_slice.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: int, start: int | None, end: int | None, step: int) -> Any:
    return _placed(grad, input_geometry, _slice, dim, start, end, step)


def slice_dim(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    """``input[..., start:end:step, ...]`` at dimension ``dim``."""
    return _slice(input, dim, start, end, step)


def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """``length`` indices from ``start`` along ``dim``."""
    first = arg.integer(start, "narrow", "start")
    geo.narrow(input._geometry, dim, first, length)  # its stricter checks
    if first < 0:
        first += input.shape[dim]
    return _slice(input, dim, first, first + length, 1)


@view("DiagonalBackward0")
def diagonal(geometry: Geometry, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Geometry:
    """The diagonal of two dimensions, as the last dimension."""
    return geo.diagonal(geometry, offset, dim1, dim2)


@diagonal.derivative("input")
def _(grad: Any, input_geometry: Geometry, offset: int, dim1: int, dim2: int) -> Any:
    return _placed(grad, input_geometry, diagonal, offset, dim1, dim2)


def _placed(grad: Any, geometry: Geometry, where: Any, *place: Any) -> Any:
    """Zeros of the input's shape with ``grad`` in the part that the view read."""
    return _place(grad, tuple(geometry.shape), where, place)


@operator("PlaceBackward0")
def _place(xp: Any, input: Any, shape: tuple[int, ...], where: Any, place: tuple[Any, ...]) -> Any:
    """Zeros of ``shape`` with ``input`` written where the view operator ``where(*place)`` reads."""
    result = xp.zeros(shape, input.dtype)
    part = where.operator.forward(geo.contiguous(shape), *place)
    size = result.itemsize
    target = xp.ndarray(part.shape, input.dtype, result, part.offset * size, [s * size for s in part.stride])
    target[...] = input
    return result


@_place.derivative("input")
def _(grad: Any, where: Any, place: tuple[Any, ...]) -> Any:
    return where(grad, *place)


@view("SqueezeBackward0")
def _squeeze_all(geometry: Geometry) -> Geometry:
    """Drop all dimensions of size 1."""
    return geo.squeeze(geometry, None)


@_squeeze_all.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


@view("SqueezeBackward1")
def _squeeze_dim(geometry: Geometry, dim: int) -> Geometry:
    """Drop one dimension if it has size 1."""
    return geo.squeeze(geometry, (dim,))


@_squeeze_dim.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


@view("SqueezeBackward2")
def _squeeze_dims(geometry: Geometry, dim: tuple[int, ...]) -> Geometry:
    """Drop those of the named dimensions that have size 1."""
    return geo.squeeze(geometry, dim)


@_squeeze_dims.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


def squeeze(input: Any, dim: Any = None) -> Any:
    """Drop dimensions of size 1: all, or those named."""
    if dim is None:
        return _squeeze_all(input)
    if isinstance(dim, (tuple, list)):
        return _squeeze_dims(input, tuple(dim))
    return _squeeze_dim(input, arg.integer(dim, "squeeze", "dim"))


@view("UnsqueezeBackward0")
def unsqueeze(geometry: Geometry, dim: int) -> Geometry:
    """Insert a dimension of size 1 before ``dim``."""
    return geo.unsqueeze(geometry, dim)


@unsqueeze.derivative("input")
def _(grad: Any, dim: int) -> Any:
    return _squeeze_dim(grad, dim)


@view("UnfoldBackward0")
def unfold(geometry: Geometry, dimension: int, size: int, step: int) -> Geometry:
    """Windows of ``size`` every ``step`` along a dimension, as a new last dimension."""
    return geo.unfold(geometry, dimension, size, step)


@unfold.derivative("input")
def _(grad: Any, input_geometry: Geometry, dimension: int, size: int, step: int) -> Any:
    shape = tuple(input_geometry.shape)
    return _add_to_view(grad, shape, geo.unfold(geo.contiguous(shape), dimension, size, step))


@view("AsStridedBackward0")
def _as_strided(geometry: Geometry, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Geometry:
    """Any shape and stride over the storage."""
    return geo.as_strided(size, stride, offset)


@_as_strided.derivative("input")
def _(grad: Any, input_geometry: Geometry, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Any:
    # Gradients are laid out over the part of the storage that input and result span; elements of the input that share
    # a place in memory share its gradient equally.
    start = min(input_geometry.offset, offset)
    of_input = geo.as_strided(tuple(input_geometry.shape), input_geometry.stride, input_geometry.offset - start)
    of_result = geo.as_strided(size, stride, offset - start)
    length = max(g.offset + geo.extent(g) for g in (of_input, of_result))
    flat = _add_to_view(grad, (length,), of_result)
    if geo.overlaps_itself(of_input):
        count = _add_to_view(grad.new_ones(of_input.shape), (length,), of_input)
        flat = flat / count.clamp(min=1)
    return _as_strided(flat, tuple(of_input.shape), of_input.stride, of_input.offset)


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Any shape, stride and offset over the input's storage. ``RuntimeError`` outside of the storage."""
    wanted = arg.integers(size, "as_strided", "size")
    step = arg.integers(stride, "as_strided", "stride")
    offset = input._geometry.offset if storage_offset is None else storage_offset
    check_in_bounds(geo.as_strided(wanted, step, offset), input._storage, input._dtype.itemsize)
    return _as_strided(input, wanted, step, offset)


@operator("AddToViewBackward0")
def _add_to_view(xp: Any, input: Any, shape: tuple[int, ...], where: Geometry) -> Any:
    """Zeros of ``shape`` to which ``input`` is added where ``where`` reads; places read twice add up."""
    result = xp.zeros(shape, input.dtype)
    xp.add.at(result.reshape(-1), element_places(xp, where), input)
    return result


@_add_to_view.derivative("input")
def _(grad: Any, where: Geometry) -> Any:
    return _as_strided(grad.contiguous(), tuple(where.shape), where.stride, where.offset)


def element_places(xp: Any, geometry: Geometry) -> Any:
    """The place in storage of every element, an int64 array of the geometry's shape."""
    places = xp.full(geometry.shape, geometry.offset, xp.int64)
    for dim, (size, step) in enumerate(zip(geometry.shape, geometry.stride)):
        places += (xp.arange(size) * step).reshape((-1, *[1] * (geometry.ndim - dim - 1)))
    return places


@view("UnbindBackward0")
def _unbind(geometry: Geometry, dim: int) -> list[Geometry]:
    """Every index of a dimension as a view of its own."""
    dim = geo.wrap_dim(dim, geometry.ndim)
    return [geo.select(geometry, dim, index) for index in range(geometry.shape[dim])]


@_unbind.derivative("input")
def _(grads: tuple[Any, ...], input_geometry: Geometry, dim: int) -> Any:
    from minitorch.ops.joining import stack

    return stack(_zeros_for_missing(grads, [_select.operator.forward(input_geometry, dim, 0)] * len(grads)), dim)


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """The views ``input.select(dim, i)`` for every ``i``."""
    if input.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return _unbind(input, dim)  # type: ignore[no-any-return]


@view("SplitWithSizesBackward0")
def _split_with_sizes(geometry: Geometry, split_sizes: tuple[int, ...], dim: int) -> list[Geometry]:
    """Consecutive parts of the given lengths."""
    parts, start = [], 0
    for length in split_sizes:
        parts.append(geo.narrow(geometry, dim, start, length))
        start += length
    return parts


@_split_with_sizes.derivative("input")
def _(grads: tuple[Any, ...], input_geometry: Geometry, split_sizes: tuple[int, ...], dim: int) -> Any:
    return _joined(grads, _split_with_sizes.operator.forward(input_geometry, split_sizes, dim), dim)


@view("SplitBackward0")
def _split(geometry: Geometry, split_size: int, dim: int) -> list[Geometry]:
    """Parts of one length; the last may be shorter."""
    size = geometry.shape[dim]
    starts = range(0, size, split_size) if size else [0]
    return [geo.narrow(geometry, dim, start, min(split_size, size - start)) for start in starts]


@_split.derivative("input")
def _(grads: tuple[Any, ...], input_geometry: Geometry, split_size: int, dim: int) -> Any:
    return _joined(grads, _split.operator.forward(input_geometry, split_size, dim), dim)


def _joined(grads: tuple[Any, ...], geometries: list[Geometry], dim: int) -> Any:
    from minitorch.ops.joining import cat

    return cat(_zeros_for_missing(grads, geometries), dim)


def _zeros_for_missing(grads: tuple[Any, ...], geometries: list[Geometry]) -> list[Any]:
    some = next(grad for grad in grads if grad is not None)
    return [some.new_zeros(g.shape) if grad is None else grad for grad, g in zip(grads, geometries)]


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views of parts along ``dim``: of one size (the last may be smaller), or of the sizes listed."""
    dim = geo.wrap_dim(dim, tensor.ndim)
    if tensor.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if isinstance(split_size_or_sections, (tuple, list)):
        lengths = arg.integers(split_size_or_sections, "split", "split_size_or_sections")
        if sum(lengths) != tensor.shape[dim] or any(length < 0 for length in lengths):
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {tensor.shape[dim]} (input tensor's size at "
                f"dimension {dim}), but got split_sizes={list(lengths)}"
            )
        return _split_with_sizes(tensor, lengths, dim)  # type: ignore[no-any-return]
    length = arg.integer(split_size_or_sections, "split", "split_size")
    if length < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={length}")
    if length == 0 and tensor.shape[dim] != 0:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {tensor.shape[dim]}"
        )
    return _split(tensor, length, dim)  # type: ignore[no-any-return]


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most ``chunks`` views along ``dim`` of equal size, the last possibly smaller."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    if input.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    size = input.shape[geo.wrap_dim(dim, input.ndim)]
    length = -(-size // chunks)
    if length == 0:
        return split(input, [0] * chunks, dim)
    return split(input, length, dim)


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views along ``dim``: ``sections`` nearly equal ones, or cut at the given indices."""
    if input.ndim == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = geo.wrap_dim(dim, input.ndim)
    size = input.shape[dim]
    if isinstance(indices_or_sections, (tuple, list)):
        cuts = [*arg.integers(indices_or_sections, "tensor_split", "indices"), size]
    else:
        sections = arg.integer(indices_or_sections, "tensor_split", "sections")
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        small, larger = divmod(size, sections)
        cuts = [small * (i + 1) + min(i + 1, larger) for i in range(sections)]
    starts = [0, *cuts[:-1]]
    return tuple(_slice(input, dim, start, end, 1) for start, end in zip(starts, cuts))


def detach(input: Any) -> Any:
    """The same memory outside of any graph. In-place writes to it still count as writes to the input."""
    return over_storage(input._storage, input._dtype, input._geometry)


@view("AliasBackward0")
def alias(geometry: Geometry) -> Geometry:
    """A view of everything."""
    return Geometry(*_parts(geometry))


@alias.derivative("input")
def _(grad: Any) -> Any:
    return grad
