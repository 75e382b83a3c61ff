"""Views of a part: ``select``, ``narrow``, ``diagonal``, ``unfold``, ``as_strided``.

Backwards, the gradient of a part is put where the part was read, into zeros:

    x = a b c d        y = x[1:3]  =  b c        dx = 0 dy0 dy1 0

Where a view reads an element more than once (``unfold`` with overlapping windows, ``as_strided``), what comes back for
it adds up.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp``, and ``torch/csrc/autograd/FunctionsManual.cpp``
(``as_strided_backward``).
"""

from __future__ import annotations

from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import OperatorFunction, operator
from minitorch.ops.declare.view import view
from minitorch.tensor_base import TensorBase, check_in_bounds


def _placing(where: OperatorFunction, grad_fn: str) -> OperatorFunction:
    """The operator backwards of the view ``where``: zeros with the input in the part that the view reads."""
    part_of = where.operator.forward

    @operator(grad_fn)
    def place(xp: Any, input: Any, shape: tuple[int, ...], arguments: tuple[Any, ...]) -> Any:
        """Zeros of ``shape`` with ``input`` written where the view reads."""
        result = xp.zeros(shape, input.dtype)
        part = part_of(geo.contiguous(shape), *arguments)
        stride = [step * result.itemsize for step in part.stride]
        if part.numel:
            xp.lib.stride_tricks.as_strided(result.reshape(-1)[part.offset :], part.shape, stride)[...] = input
        return result

    @place.derivative("input")
    def _(grad: Any, arguments: tuple[Any, ...]) -> Any:
        return where(grad, *arguments)

    return place


# ---- select, slice, diagonal ----------------------------------------------------------------------------------------


@view("SelectBackward0")
def _select(geometry: Geometry, dim: int, index: int) -> Geometry:
    """One index of a dimension, which goes."""
    return geo.select(geometry, dim, index)


@_select.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: int, index: int) -> Any:
    return _select_backward(grad, input_geometry.shape, (dim, index))


_select_backward = _placing(_select, "SelectBackwardBackward0")


def select(input: Any, dim: int, index: int) -> Any:
    """``input[..., index, ...]`` at dimension ``dim``."""
    if type(dim) is not int or type(index) is not int:
        dim, index = arg.integer(dim, "select", "dim"), arg.integer(index, "select", "index")
    return _select(input, dim, index)


@view("SliceBackward0")
def _slice(geometry: Geometry, dim: int, start: int | None, end: int | None, step: int) -> Geometry:
    """start:end:step along a dimension."""
    return geo.slice_(geometry, dim, start, end, step)


@_slice.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: int, start: int | None, end: int | None, step: int) -> Any:
    return _slice_backward(grad, input_geometry.shape, (dim, start, end, step))


_slice_backward = _placing(_slice, "SliceBackwardBackward0")


def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """``length`` indices from ``start`` along ``dim``."""
    if isinstance(start, TensorBase) and (start.ndim or start._dtype.category != 1):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    first, axis = arg.integer(start, "narrow", "start"), arg.integer(dim, "narrow", "dim")
    count = arg.integer(length, "narrow", "length")
    geo.narrow(arg.tensor(input, "narrow", "input")._geometry, axis, first, count)  # its stricter checks
    if first < 0:
        first += input._geometry.shape[axis]
    return _slice(input, axis, first, first + count, 1)


@view("DiagonalBackward0")
def _diagonal(geometry: Geometry, offset: int, dim1: int, dim2: int) -> Geometry:
    """The diagonal of two dimensions, as the last dimension."""
    return geo.diagonal(geometry, offset, dim1, dim2)


@_diagonal.derivative("input")
def _(grad: Any, input_geometry: Geometry, offset: int, dim1: int, dim2: int) -> Any:
    return _diagonal_backward(grad, input_geometry.shape, (offset, dim1, dim2))


_diagonal_backward = _placing(_diagonal, "DiagonalBackwardBackward0")


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal of two dimensions as the last dimension; ``offset`` above (or, negative, below) the main one."""
    return _diagonal(
        input, arg.integer(offset, "diagonal", "offset"), arg.integer(dim1, "diagonal", "dim1"),
        arg.integer(dim2, "diagonal", "dim2"),
    )  # fmt: skip


# ---- views that may read an element more than once ------------------------------------------------------------------


@operator("UnfoldBackwardBackward0")
def _add_to_view(xp: Any, input: Any, shape: tuple[int, ...], where: Geometry) -> Any:
    """Zeros of ``shape`` to which ``input`` is added where ``where`` reads; places read twice add up."""
    result = xp.zeros(shape, input.dtype)
    xp.add.at(result.reshape(-1), element_places(xp, where), input)
    return result


@_add_to_view.derivative("input")
def _(grad: Any, where: Geometry) -> Any:
    return _as_strided(grad.contiguous(), where.shape, where.stride, grad._geometry.offset + where.offset)


def element_places(xp: Any, geometry: Geometry) -> Any:
    """The place in storage of every element, an int64 array of the geometry's shape."""
    places = xp.full(geometry.shape, geometry.offset, xp.int64)
    for dim, (size, step) in enumerate(zip(geometry.shape, geometry.stride)):
        places += (xp.arange(size) * step).reshape((-1, *[1] * (geometry.ndim - dim - 1)))
    return places


@view("UnfoldBackward0")
def _unfold(geometry: Geometry, dimension: int, size: int, step: int) -> Geometry:
    """Windows of ``size`` every ``step`` along a dimension."""
    return geo.unfold(geometry, dimension, size, step)


@_unfold.derivative("input")
def _(grad: Any, input_geometry: Geometry, dimension: int, size: int, step: int) -> Any:
    shape = input_geometry.shape
    return _add_to_view(grad, shape, geo.unfold(geo.contiguous(shape), dimension, size, step))


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """Windows of ``size`` every ``step`` along a dimension, as a new last dimension."""
    return _unfold(
        input, arg.integer(dimension, "unfold", "dimension"), arg.integer(size, "unfold", "size"),
        arg.integer(step, "unfold", "step"),
    )  # fmt: skip


@view("AsStridedBackward0")
def _as_strided(geometry: Geometry, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Geometry:
    """Any shape and stride over the storage."""
    return geo.as_strided(size, stride, offset)


@_as_strided.derivative("input")
def _(grad: Any, input_geometry: Geometry, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Any:
    # Gradients are laid out over the part of the storage that input and result span; elements of the input that share
    # a place in memory share its gradient equally.
    start = min(input_geometry.offset, offset)
    of_input = geo.as_strided(input_geometry.shape, input_geometry.stride, input_geometry.offset - start)
    of_result = geo.as_strided(size, stride, offset - start)
    length = max(g.offset + geo.extent(g) for g in (of_input, of_result))
    flat = _add_to_view(grad, (length,), of_result)
    if geo.maybe_overlaps_itself(of_input):
        count = _add_to_view(grad.new_ones(of_input.shape), (length,), of_input)
        flat = flat / count.clamp(min=1)
    return _as_strided(flat, of_input.shape, of_input.stride, of_input.offset)


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Any shape, stride and offset over the input's storage. ``RuntimeError`` outside of the storage."""
    arg.check_tensor(input, "as_strided")
    wanted = arg.several(size, "as_strided", "size")
    step = arg.several(stride, "as_strided", "stride")
    offset = input._geometry.offset
    if storage_offset is not None:
        offset = arg.integer(storage_offset, "as_strided", "storage_offset")
    check_in_bounds(geo.as_strided(wanted, step, offset), input._storage, input._dtype.itemsize)
    return _as_strided(input, wanted, step, offset)
