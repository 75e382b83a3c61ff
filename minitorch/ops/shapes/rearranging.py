"""Elements in another order: ``flip, roll, rot90, repeat, tile, repeat_interleave, tril, triu, diag, trace``.

Unlike the views of ``views.py`` these copy. Their derivatives put every element's gradient back where the element came
from: flipping again, rolling back, summing over repetitions, cutting the same triangle.

PyTorch: ``aten/src/ATen/native/TensorTransformations.cpp``, ``TensorShape.cpp`` (``repeat``), ``Repeat.cpp``,
``TriangularOps.cpp``, ``ReduceOps.cpp`` (``trace``).
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.memory_format import contiguous_format
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import Operator, operator, record
from minitorch.ops.declare.writer import replace
from minitorch.ops.reductions.reduction import deliver
from minitorch.ops.shapes.parts import _diagonal_backward as diagonal_backward
from minitorch.tensor_base import TensorBase, allocate

# ---- flip, roll, rot90 ----------------------------------------------------------------------------------------------


def _flip_forward(xp: Any, input: Any, dims: tuple[int, ...]) -> Any:
    """The elements of some dimensions in reverse order."""
    return xp.flip(input, dims)


_flip = Operator(_flip_forward, "FlipBackward0", skip=1)
_flip.add_derivative(("input",), lambda grad, dims: flip(grad, dims))


def flip(input: Any, *axes: Any, dims: Any = None) -> Any:
    """Reverse the order along ``dims``. A copy with the input's memory order."""
    arg.check_tensor(input, "flip")
    given = tuple(arg.sizes(axes if dims is None else (dims,), "flip", "dims"))
    axes = geo.wrap_dims(given, input.ndim)
    innermost = max((dim for dim, size in enumerate(input.shape) if size > 1), default=-1)
    if innermost in axes and input._geometry.numel:  # else whole rows move, of any dtype
        refuse_other_kinds("flip_cpu", input._dtype, "bifc")
    device = input._storage.device
    result = allocate(geo.preserving(input._geometry), input._dtype, device)
    result.array[...] = _flip_forward(device.backend.xp, input.array, axes if input.ndim else ())
    record(_flip, (input, given), result)
    return result


def fliplr(input: Any) -> Any:
    """Reverse the columns (dimension 1)."""
    arg.check_tensor(input, "fliplr")
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


def flipud(input: Any) -> Any:
    """Reverse the rows (dimension 0)."""
    arg.check_tensor(input, "flipud")
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


@operator()
def _roll(xp: Any, input: Any, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    """Elements moved along dimensions; what leaves at the end comes in at the start."""
    if not input.size or not input.ndim:
        return xp.array(input, copy=True)
    return xp.roll(input, shifts, dims) if dims else xp.roll(input, shifts[0])


@_roll.derivative("input")
def _(grad: Any, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    return _roll(grad, tuple(-shift for shift in shifts), dims)


def roll(input: Any, shifts: Any, dims: Any = ()) -> Any:
    """Move elements by ``shifts`` along ``dims``, around the end; without ``dims`` along the flattened tensor."""
    arg.check_tensor(input, "roll")
    moves = arg.integers(shifts, "roll", "shifts")
    axes = () if dims is None else arg.integers(dims, "roll", "dims")
    if not moves:
        raise RuntimeError("`shifts` required")
    if len(moves) != len(axes) and not (len(moves) == 1 and not axes):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(moves)}, dims:{len(axes)}")
    if axes and not input.ndim:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    return _roll(input, moves, tuple(geo.wrap_dim(dim, input.ndim) for dim in axes))


def _rot90_forward(xp: Any, input: Any, k: int, dims: tuple[int, int]) -> Any:
    """Rotated by k times 90 degrees."""
    return xp.rot90(input, k, dims)


_rot90 = Operator(_rot90_forward, "Rot90Backward0", skip=1)
_rot90.add_derivative(("input",), lambda grad, k, dims: rot90(grad, -k, dims))


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Rotate by ``k`` times 90 degrees in the plane of two dimensions, from the first towards the second."""
    arg.check_tensor(input, "rot90")
    k = arg.integer(k, "rot90", "k")
    axes = arg.several(dims, "rot90", "dims")
    if len(axes) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(axes)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    first, second = geo.wrap_dims(axes, input.ndim)
    device = input._storage.device
    geometry = geo.preserving(input._geometry)
    result = allocate(geo.transpose(geometry, first, second) if k % 2 else geometry, input._dtype, device)
    result.array[...] = _rot90_forward(device.backend.xp, input.array, k, (first, second))
    record(_rot90, (input, k, (first, second)), result)
    return result


# ---- repeating ------------------------------------------------------------------------------------------------------


@operator()
def _repeat(xp: Any, input: Any, repeats: tuple[int, ...]) -> Any:
    """The whole tensor several times along each dimension."""
    return xp.tile(input, repeats)


@_repeat.derivative("input")
def _(grad: Any, input_geometry: Geometry, repeats: tuple[int, ...]) -> Any:
    shape = input_geometry.shape
    if 0 in repeats:
        return grad.new_zeros(shape)
    for _ in range(len(repeats) - len(shape)):
        grad = grad.sum(0)
    split: list[int] = []  # (r0 n0, r1 n1) -> (r0, n0, r1, n1), summed over the r; an r of 1 is left out
    repeated: list[int] = []
    for times, size in zip(repeats[len(repeats) - len(shape) :], shape):
        if times != 1:
            repeated.append(len(split))
            split.append(times)
        split.append(size)
    return grad.reshape(split).sum(tuple(repeated)) if repeated else grad


def repeat(input: Any, *times: Any, repeats: Any = None) -> Any:
    """The tensor ``repeats[d]`` times along each dimension; there may be more numbers than dimensions."""
    times = arg.sizes(times if repeats is None else (repeats,), "repeat", "repeats")
    if len(times) < input.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = [n * r for n, r in zip((*[1] * (len(times) - input.ndim), *input.shape), times)]
    if min(shape, default=0) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {shape}")
    return _repeat(input, tuple(max(r, 0) for r in times))


def tile(input: Any, *times: Any, dims: Any = None) -> Any:
    """``repeat``, where missing leading numbers count as 1."""
    arg.check_tensor(input, "tile")
    times = arg.sizes(times if dims is None else (dims,), "tile", "dims")
    return repeat(input, (*[1] * (input.ndim - len(times)), *times))


def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each element (or slice of ``dim``) ``repeats`` times in a row; a tensor gives each its own number.

    Of ``repeats`` alone: the index of each, that many times.
    """
    arg.check_tensor(input, "repeat_interleave")
    if repeats is None and dim is None:
        return _interleaved(input)
    if repeats is None:
        raise TypeError("repeat_interleave(): argument 'repeats' must be Tensor or int, not NoneType")
    if dim is None:
        input, dim = input.reshape(-1), 0
    axis = geo.wrap_dim(arg.integer(dim, "repeat_interleave", "dim"), input.ndim)
    counts: Any = repeats
    if not isinstance(counts, TensorBase):
        count = arg.integer(repeats, "repeat_interleave", "repeats")
        if count < 0:
            raise RuntimeError("Repeats must be non-negative")
        if input.ndim == 0:
            input = input.unsqueeze(0)
        shape = input.shape
        spread = input.unsqueeze(axis + 1).expand((*shape[: axis + 1], count, *shape[axis + 1 :]))
        return spread.clone(memory_format=contiguous_format).flatten(axis, axis + 1)
    if repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    length = input.shape[axis] if input.ndim else 1
    if repeats.numel() == 1:
        repeats = repeats.reshape(-1).expand(length)
    elif repeats.numel() != length:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{repeats.numel()} and input.size({axis}) = {length}"
        )
    return input.index_select(axis, _interleaved(repeats))


@operator()
def _repeat_index(xp: Any, repeats: Any) -> Any:
    """0 repeats[0] times, 1 repeats[1] times, ..."""
    return xp.repeat(xp.arange(repeats.size), repeats).astype(repeats.dtype, copy=False)


def _interleaved(repeats: Any) -> Any:
    if repeats._dtype not in (dtypes.int64, dtypes.int32):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{scalar_type_name(repeats._dtype)}'")
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if repeats.numel() and int(repeats.array.min()) < 0:
        raise RuntimeError("repeats can not be negative")
    return _repeat_index(repeats)


# ---- triangles and diagonals ----------------------------------------------------------------------------------------


@operator()
def _tril(xp: Any, input: Any, diagonal: int) -> Any:
    """The lower triangle, zero above."""
    return xp.tril(input, diagonal)


@_tril.derivative("input")
def _(grad: Any, diagonal: int) -> Any:
    return _tril(grad, diagonal)


@operator()
def _triu(xp: Any, input: Any, diagonal: int) -> Any:
    """The upper triangle, zero below."""
    return xp.triu(input, diagonal)


@_triu.derivative("input")
def _(grad: Any, diagonal: int) -> Any:
    return _triu(grad, diagonal)


def _check_matrix(input: Any, function: str) -> None:
    arg.check_tensor(input, function)
    if input.ndim < 2:
        raise RuntimeError(f"{function}: input tensor must have at least 2 dimensions")
    if input._geometry.numel:
        refuse_other_kinds(function.rstrip("_"), input._dtype, "bifc")


def tril(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """The lower triangle of the last two dimensions, up to ``diagonal`` (0 the main one, 1 the one above it)."""
    _check_matrix(input, "tril")
    return deliver(_tril(input, arg.integer(diagonal, "tril", "diagonal")), out, "tril", input)


def triu(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """The upper triangle of the last two dimensions, from ``diagonal`` on."""
    _check_matrix(input, "triu")
    return deliver(_triu(input, arg.integer(diagonal, "triu", "diagonal")), out, "triu", input)


def tril_(input: Any, diagonal: int = 0) -> Any:
    """``tril`` into ``input`` itself."""
    _check_matrix(input, "tril_")
    return replace(_tril, input, arg.integer(diagonal, "tril_", "diagonal"), overlap=True)


def triu_(input: Any, diagonal: int = 0) -> Any:
    """``triu`` into ``input`` itself."""
    _check_matrix(input, "triu_")
    return replace(_triu, input, arg.integer(diagonal, "triu_", "diagonal"), overlap=True)


@operator("DiagEmbedBackward0")
def _diag_embed(xp: Any, input: Any, offset: int, dim1: int, dim2: int) -> Any:
    """Zeros with the last dimension as a diagonal of two new ones."""
    size = input.shape[-1] + abs(offset)
    result = xp.zeros((*input.shape[:-1], size, size), input.dtype)
    rows = xp.arange(input.shape[-1]) + max(-offset, 0)
    result[..., rows, rows + offset] = input
    return xp.moveaxis(result, (-2, -1), (dim1, dim2))


@_diag_embed.derivative("input")
def _(grad: Any, offset: int, dim1: int, dim2: int) -> Any:
    return grad.diagonal(offset, dim1, dim2)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The last dimension as the diagonal of two new dimensions, zeros elsewhere."""
    arg.check_tensor(input, "diag_embed")
    offset = arg.integer(offset, "diag_embed", "offset")
    dim1, dim2 = arg.integer(dim1, "diag_embed", "dim1"), arg.integer(dim2, "diag_embed", "dim2")
    first, second = geo.wrap_dim(dim1, input.ndim + 1), geo.wrap_dim(dim2, input.ndim + 1)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    if input.ndim == 0:
        raise RuntimeError("diag_embed: input must have at least 1 dimension")
    return _diag_embed(input, offset, first, second)


@operator("DiagonalBackward0_copy")
def _diagonal_copy(xp: Any, input: Any, offset: int) -> Any:
    """The diagonal of a matrix, copied."""
    return xp.diagonal(input, offset).copy()


@_diagonal_copy.derivative("input")
def _(grad: Any, input_geometry: Geometry, offset: int) -> Any:
    return diagonal_backward(grad, input_geometry.shape, (offset, 0, 1))


def diag(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """A vector as the diagonal of a matrix, or the diagonal of a matrix as a vector (a copy)."""
    arg.check_tensor(input, "diag")
    diagonal = arg.integer(diagonal, "diag", "diagonal")
    if input.ndim == 1:
        return deliver(diag_embed(input, diagonal), out, "diag", input)
    if input.ndim == 2:
        return deliver(_diagonal_copy(input, diagonal), out, "diag", input)
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")


@operator()
def _trace(xp: Any, input: Any) -> Any:
    """Sum of the diagonal."""
    return xp.trace(input, dtype=xp.int64 if input.dtype.kind in "biu" else None)


@_trace.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    rows, columns = input_geometry.shape
    along = grad.expand(min(rows, columns))
    return diagonal_backward(along, (rows, columns), (0, 0, 1)).view(rows, columns)


def trace(input: Any) -> Any:
    """Sum of the diagonal of a matrix; of integers ``int64``."""
    arg.check_tensor(input, "trace")
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    refuse_other_kinds("trace", input._dtype, "ifc")
    return _trace(input)
