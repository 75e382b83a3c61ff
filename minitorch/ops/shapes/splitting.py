"""Splitting: one tensor into several views of it, ``unbind``, ``split``, ``chunk``, ``tensor_split``.

``unbind`` and ``split`` are single operators with several outputs, whose derivative joins what comes back and puts
zeros for outputs that nobody used. The results of such an operator may not be written in place while recording, for one
node has no way to give only one of its outputs another history. ``tensor_split`` is made of plain slices.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare.view import view
from minitorch.ops.shapes.parts import _slice
from minitorch.tensor_base import TensorBase


@view("UnbindBackward0")
def _unbind(geometry: Geometry, dim: int) -> list[Geometry]:
    """Every index of a dimension as a view of its own."""
    return [geo.select(geometry, dim, index) for index in range(geometry.shape[dim])]


@_unbind.derivative("input")
def _(grads: tuple[Any, ...], input_geometry: Geometry, dim: int) -> Any:
    from minitorch.ops.shapes.joining import stack

    return stack(_zeros_for_missing(grads, [geo.select(input_geometry, dim, 0)] * len(grads)), dim)


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """The views ``input.select(dim, i)`` for every ``i``."""
    ndim = arg.tensor(input, "unbind", "input")._geometry.ndim
    axis = geo.wrap_dim(arg.integer(dim, "unbind", "dim"), ndim)
    if ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return _unbind(input, axis)  # type: ignore[no-any-return]


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
    from minitorch.ops.shapes.joining import cat

    return cat(_zeros_for_missing(grads, geometries), dim)


def _zeros_for_missing(grads: tuple[Any, ...], geometries: list[Geometry]) -> list[Any]:
    some = next(grad for grad in grads if grad is not None)
    return [some.new_zeros(g.shape) if grad is None else grad for grad, g in zip(grads, geometries)]


def split(tensor: Any, split_size_or_sections: Any = None, dim: int = 0, *, split_size: Any = None) -> tuple[Any, ...]:
    """Views of parts along ``dim``: of one size (the last may be smaller), or of the sizes listed."""
    if split_size is not None:
        split_size_or_sections = split_size
    axis = arg.integer(dim, "split", "dim")
    if isinstance(split_size_or_sections, (tuple, list)):
        return split_with_sizes(tensor, split_size_or_sections, axis)
    if arg.tensor(tensor, "split", "tensor")._geometry.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    axis = geo.wrap_dim(axis, tensor._geometry.ndim)
    length = arg.integer(split_size_or_sections, "split", "split_size")
    if length < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={length}")
    if length == 0 and tensor.shape[axis] != 0:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {tensor.shape[axis]}"
        )
    return _split(tensor, length, axis)  # type: ignore[no-any-return]


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views of consecutive parts of the listed sizes, which must add up to the size of ``dim``."""
    lengths = arg.several(split_sizes, "split_with_sizes", "split_sizes")
    if arg.tensor(input, "split_with_sizes", "input")._geometry.ndim == 0:
        raise RuntimeError("split_with_sizes expects at least a 1-dimensional tensor")
    axis = geo.wrap_dim(arg.integer(dim, "split_with_sizes", "dim"), input._geometry.ndim)
    if any(length < 0 for length in lengths):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(lengths)}"
        )
    if sum(lengths) != input.shape[axis]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {input.shape[axis]} (input tensor's size at "
            f"dimension {axis}), but got split_sizes={list(lengths)}"
        )
    return _split_with_sizes(input, lengths, axis)  # type: ignore[no-any-return]


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most ``chunks`` views along ``dim`` of equal size, the last possibly smaller."""
    count = arg.integer(chunks, "chunk", "chunks")
    if arg.tensor(input, "chunk", "input")._geometry.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if count <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {count}")
    axis = geo.wrap_dim(arg.integer(dim, "chunk", "dim"), input._geometry.ndim)
    length = -(-input.shape[axis] // count)
    if length == 0:
        return split_with_sizes(input, [0] * count, axis)
    return _split(input, length, axis)  # type: ignore[no-any-return]


def tensor_split(
    input: Any, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Any, ...]:
    """Views along ``dim``: ``sections`` nearly equal ones, or cut at the given ``indices``."""
    where = next((value for value in (indices_or_sections, indices, sections) if value is not None), None)
    if arg.tensor(input, "tensor_split", "input")._geometry.ndim == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    axis = geo.wrap_dim(arg.integer(dim, "tensor_split", "dim"), input._geometry.ndim)
    if isinstance(where, TensorBase):
        where = _as_python(where)
    size = input.shape[axis]
    if isinstance(where, (tuple, list)):
        cuts = [*arg.integers(where, "tensor_split", "indices"), size]
    else:
        count = arg.integer(where, "tensor_split", "sections")
        if count <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {count}")
        small, larger = divmod(size, count)
        cuts = [small * (i + 1) + min(i + 1, larger) for i in range(count)]
    starts = [0, *cuts[:-1]]
    return tuple(_slice(input, axis, start, end, 1) for start, end in zip(starts, cuts))


def _as_python(where: Any) -> Any:
    if where._dtype.name != "int64" or where.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor of "
            f"dtype int64, but got {where.ndim} dims and {where._dtype}"
        )
    return where.tolist()


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """``tensor_split`` along the columns: dimension 1, or 0 of a vector."""
    _check_dims(input, 1, "hsplit")
    return _split_evenly(input, indices_or_sections, 0 if input.ndim == 1 else 1, "hsplit")


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """``tensor_split`` along the rows, dimension 0."""
    _check_dims(input, 2, "vsplit")
    return _split_evenly(input, indices_or_sections, 0, "vsplit")


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """``tensor_split`` along the depth, dimension 2."""
    _check_dims(input, 3, "dsplit")
    return _split_evenly(input, indices_or_sections, 2, "dsplit")


def _check_dims(input: Any, least: int, function: str) -> None:
    if input.ndim < least:
        raise RuntimeError(
            f"torch.{function} requires a tensor with at least {least} dimension{'s' * (least > 1)}, but got a tensor "
            f"with {input.ndim} dimensions!"
        )


def _split_evenly(input: Any, where: Any, dim: int, function: str) -> tuple[Any, ...]:
    """``tensor_split``, but a number of sections must divide the size."""
    if isinstance(where, int) and (where <= 0 or input.shape[dim] % where):
        raise RuntimeError(
            f"torch.{function} attempted to split along dimension {dim}, but the size of the dimension "
            f"{input.shape[dim]} is not divisible by the split_size {where}!"
        )
    return tensor_split(input, where, dim)
