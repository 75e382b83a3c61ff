"""Joining: ``cat`` and ``stack``. Their derivative cuts the gradient apart again.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import result_type_of
from minitorch.ops.declare import operator
from minitorch.tensor_base import TensorBase


@operator("CatBackward0")
def _cat(xp: Any, tensors: Any, dim: int) -> Any:
    """The arrays one after the other along a dimension."""
    return xp.concatenate(tensors, axis=dim)


@_cat.derivative("tensors")
def _(grad: Any, tensors_geometry: list[Geometry], dim: int) -> list[Any]:
    lengths = [geometry.shape[dim] for geometry in tensors_geometry]
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return [grad.narrow(dim, start, length) for start, length in zip(starts, lengths)]


@operator("StackBackward0")
def _stack(xp: Any, tensors: Any, dim: int) -> Any:
    """The arrays as the indices of a new dimension."""
    return xp.stack(tensors, axis=dim)


@_stack.derivative("tensors")
def _(grad: Any, dim: int) -> list[Any]:
    return list(grad.unbind(dim))


def cat(tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    """Tensors of equal shape but for ``dim``, one after the other along it; dtypes are promoted.

    A one-dimensional tensor without elements may stand among tensors of any shape. ``RuntimeError`` for other shapes.
    """
    given = _check_list(tensors, "cat")
    kept = [t for t in given if not (t.ndim == 1 and t.numel() == 0)] or given[:1]
    first = kept[0]
    if any(t.ndim == 0 for t in given):
        where = next(place for place, t in enumerate(given) if t.ndim == 0)
        raise RuntimeError(f"zero-dimensional tensor (at position {where}) cannot be concatenated")
    axis = geo.wrap_dim(dim, first.ndim)
    for place, other in enumerate(kept):
        _check_fits(first, other, axis, place)
    dtype = result_type_of(given)
    return _cat([t.to(dtype) for t in kept], axis)


def stack(tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    """Tensors of equal shape as the indices of a new dimension ``dim``. ``RuntimeError`` for unequal shapes."""
    given = _check_list(tensors, "stack")
    for place, other in enumerate(given):
        if other.shape != given[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(given[0].shape)} at entry 0 and "
                f"{list(other.shape)} at entry {place}"
            )
    dtype = result_type_of(given)
    return _stack([t.to(dtype) for t in given], geo.wrap_dim(dim, given[0].ndim + 1))


def _check_list(tensors: Any, function: str) -> list[Any]:
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    if not tensors:
        if function == "cat":
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        raise RuntimeError("stack expects a non-empty TensorList")
    for place, item in enumerate(tensors):
        if not isinstance(item, TensorBase):
            raise TypeError(
                f"expected Tensor as element {place} in argument 0, but got {type(item).__name__}"
            )
    return list(tensors)


def _check_fits(first: Any, other: Any, dim: int, place: int) -> None:
    if other.ndim != first.ndim:
        raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {other.ndim}")
    for axis, (a, b) in enumerate(zip(first.shape, other.shape)):
        if axis != dim and a != b:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {a} but got size {b} for tensor "
                f"number {place} in the list."
            )
