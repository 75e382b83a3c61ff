"""Joining: ``cat``, ``stack`` and their relatives. Their derivative cuts the gradient apart again.

    cat([a, b], dim)      lengths along dim add up          da = dy[:len(a)], db = dy[len(a):]
    stack([a, b], dim)    a new dimension, one index each   da = dy[0], db = dy[1]

PyTorch: ``aten/src/ATen/native/TensorShape.cpp``. The others (``hstack``, ``column_stack``) are made of these two.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import can_cast, result_type_of, scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import Operator, device_of, record
from minitorch.ops.declare.writing import check_out, refuse_overlap, write_out
from minitorch.ops.shapes.copying import as_dtype
from minitorch.ops.shapes.parts import _slice
from minitorch.ops.shapes.views import atleast_1d, atleast_2d, atleast_3d, reshape
from minitorch.tensor_base import TensorBase, allocate, wrap


def _one_after_the_other(xp: Any, tensors: Any, dim: int) -> Any:
    """The arrays one after the other along a dimension."""
    return xp.concatenate(tensors, axis=dim)


_cat = Operator(_one_after_the_other, "CatBackward0", skip=1)


def _cut_apart(grad: Any, tensors_geometry: list[Geometry], dim: int) -> list[Any]:
    lengths = [0 if _is_skipped(geometry) else geometry.shape[dim] for geometry in tensors_geometry]
    ends = list(accumulate(lengths))
    return [
        grad.new_zeros(0) if _is_skipped(geometry) else _slice(grad, dim, end - length, end, 1)
        for geometry, length, end in zip(tensors_geometry, lengths, ends)
    ]


_cat.add_derivative(("tensors",), _cut_apart)


def _as_indices(xp: Any, tensors: Any, dim: int) -> Any:
    """The arrays as the indices of a new dimension."""
    return xp.stack(tensors, axis=dim)


_stack = Operator(_as_indices, "StackBackward0", skip=1)
_stack.add_derivative(("tensors",), lambda grad, dim: [grad.select(dim, place) for place in range(grad.shape[dim])])


def _is_skipped(geometry: Geometry) -> bool:
    """A vector without elements may stand among tensors of any shape, and is as if it were not there."""
    return geometry.numel == 0 and geometry.ndim == 1


def cat(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Any = None) -> Any:
    """Tensors of equal shape but for ``dim``, one after the other along it; dtypes are promoted.

    A one-dimensional tensor without elements may stand among tensors of any shape. ``RuntimeError`` for other shapes.
    """
    given = _checked_list(tensors, "cat")
    if out is not None:
        check_out("cat", out, given)
    where = arg.integer(dim if axis is None else axis, "cat", "dim")
    axis, geometry, kept = _geometry_of_cat(tuple([t._geometry for t in given]), where)
    return _join(_cat, given, given if kept is None else [given[place] for place in kept], axis, geometry, out)


@geo.remember
def _geometry_of_cat(geometries: tuple[Geometry, ...], dim: int) -> tuple[int, Geometry, list[int] | None]:
    """The dimension counted from the front, the result's geometry, and the operands to join (None: all of them).

    The result lies in the memory order that all operands agree on, channels last, or else is contiguous.
    """
    for place, geometry in enumerate(geometries):
        if geometry.ndim == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {place}) cannot be concatenated")
    kept = [place for place, geometry in enumerate(geometries) if not _is_skipped(geometry)] or [0]
    joined = [geometries[place] for place in kept]
    first = joined[0]
    axis = geo.wrap_dim(dim, first.ndim)
    for place, geometry in enumerate(joined):
        _check_fits(first.shape, geometry.shape, axis, place)
    shape = (*first.shape[:axis], sum(geometry.shape[axis] for geometry in joined), *first.shape[axis + 1 :])
    in_order = geo.channels_last if all(_is_channels_last(geometry) for geometry in joined) else geo.contiguous
    return axis, in_order(shape), None if len(kept) == len(geometries) else kept


def _is_channels_last(geometry: Geometry) -> bool:
    return not geometry.is_contiguous and geo.is_channels_last(geometry)


def _check_fits(first: tuple[int, ...], other: tuple[int, ...], dim: int, place: int) -> None:
    if len(other) != len(first):
        raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(other)}")
    for axis, (a, b) in enumerate(zip(first, other)):
        if axis != dim and a != b:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {a} but got size {b} for tensor "
                f"number {place} in the list (shapes {list(first)} and {list(other)})."
            )


def stack(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Any = None) -> Any:
    """Tensors of equal shape as the indices of a new dimension ``dim``. ``RuntimeError`` for unequal shapes."""
    given = _checked_list(tensors, "stack")
    where = arg.integer(dim if axis is None else axis, "stack", "dim")
    axis, geometry = _geometry_of_stack(tuple([t._geometry for t in given]), where)
    return _join(_stack, given, given, axis, geometry, out)


@geo.remember
def _geometry_of_stack(geometries: tuple[Geometry, ...], dim: int) -> tuple[int, Geometry]:
    """The new dimension counted from the front, and the result's geometry.

    Channels last is kept as ``cat`` keeps it: what is stacked lies where what is concatenated would lie.
    """
    shape = geometries[0].shape
    axis = geo.wrap_dim(dim, len(shape) + 1)
    for place, other in enumerate(geometries):
        if other.shape != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                f"{list(other.shape)} at entry {place}"
            )
    stacked = (*shape[:axis], len(geometries), *shape[axis:])
    if axis == len(shape) or not all(map(_is_channels_last, geometries)):
        return axis, geo.contiguous(stacked)
    joined = geo.channels_last((*shape[:axis], len(geometries) * shape[axis], *shape[axis + 1 :])).stride
    return axis, Geometry(stacked, (*joined[:axis], joined[axis] * shape[axis], *joined[axis:]))


def _join(operator: Operator, given: list[Any], kept: list[Any], axis: int, geometry: Geometry, out: Any) -> Any:
    """Run the forward on ``kept``, brought to one dtype; ``given`` are what the user gave, to whom gradients go."""
    dtype, device = given[0]._dtype, given[0]._storage.device
    if any([t._dtype is not dtype for t in given]):
        dtype = result_type_of(given)
    if any([t._storage.device is not device for t in given]):
        device_of(operator.name, (given,))  # raises
    arrays = [t.array if t._dtype is dtype else as_dtype(t.array, t._dtype, dtype) for t in kept]
    if out is not None:
        check_out(operator.name, out, given)
        refuse_overlap(out, *given)
        if not can_cast(dtype, out._dtype):
            raise TypeError(
                f"torch.cat(): input types can't be cast to the desired output type {scalar_type_name(out._dtype)}"
            )
        return write_out(out, operator.forward(device.backend.xp, arrays, axis), geometry.shape)
    array = operator.forward(device.backend.xp, arrays, axis)
    if geometry.is_plain:
        xp = device.backend.xp
        result = wrap(array if array.flags.c_contiguous else xp.ascontiguousarray(array), dtype, device, geometry)
    else:
        result = allocate(geometry, dtype, device)
        result.array[...] = array
    if modes.enabled and any([t._requires_grad or t._base is not None for t in given]):
        record(operator, (given, axis), result)
    return result


def _checked_list(tensors: Any, function: str) -> list[Any]:
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    if not tensors:
        if function == "cat":
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    for place, item in enumerate(tensors):
        if not isinstance(item, TensorBase):
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {type(item).__name__}")
    return list(tensors)


# ---- made of these --------------------------------------------------------------------------------------------------

concat = concatenate = cat


def hstack(tensors: Any, *, out: Any = None) -> Any:
    """Side by side: along dimension 1, vectors along dimension 0."""
    given = [atleast_1d(tensor) for tensor in _checked_list(tensors, "hstack")]
    return cat(given, 0 if given[0].ndim == 1 else 1, out=out)


def vstack(tensors: Any, *, out: Any = None) -> Any:
    """One below the other: along dimension 0, vectors as rows."""
    return cat([atleast_2d(tensor) for tensor in _checked_list(tensors, "vstack")], 0, out=out)


row_stack = vstack


def dstack(tensors: Any, *, out: Any = None) -> Any:
    """One behind the other: along dimension 2."""
    return cat([atleast_3d(tensor) for tensor in _checked_list(tensors, "dstack")], 2, out=out)


def column_stack(tensors: Any, *, out: Any = None) -> Any:
    """Side by side, vectors as columns."""
    given = _checked_list(tensors, "column_stack")
    return hstack([t if t.ndim > 1 else reshape(t, (t.numel(), 1)) for t in given], out=out)
