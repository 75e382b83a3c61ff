"""Matrices put together: ``block_diag``, ``diagflat``, ``vander``, and ``fill_diagonal_``.

    block_diag(A, B)   A 0        diagflat([1, 2])   1 0        vander([2, 3])   2 1
                       0 B                           0 2                         3 1

PyTorch: ``aten/src/ATen/native/TensorFactories.cpp`` (``vander``), ``TensorShape.cpp`` (``block_diag``,
``diagflat``), ``Fill.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import promote_types, result_type_of
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.scan import cumprod
from minitorch.ops.shapes.parts import as_strided
from minitorch.ops.shapes.rearranging import diag, flip
from minitorch.tensor_base import TensorBase

# ---- blocks ---------------------------------------------------------------------------------------------------------


def _corners(shapes: list[tuple[int, ...]]) -> list[tuple[slice, slice]]:
    """Where each block lies: below and to the right of the one before."""
    corners, row, column = [], 0, 0
    for height, width in shapes:
        corners.append((slice(row, row + height), slice(column, column + width)))
        row, column = row + height, column + width
    return corners


@operator("BlockDiagBackward0")
def _block_diag(xp: Any, tensors: Any, dtype: dtypes.dtype) -> Any:
    """The matrices along the diagonal of a matrix of zeros."""
    matrices = [xp.atleast_2d(tensor) for tensor in tensors]
    result = xp.zeros((sum(m.shape[0] for m in matrices), sum(m.shape[1] for m in matrices)), dtype.np)
    for matrix, corner in zip(matrices, _corners([m.shape for m in matrices])):
        result[corner] = matrix
    return result


@_block_diag.derivative("tensors")
def _(grad: Any, tensors_geometry: list[Geometry]) -> Any:
    shapes = [(1,) * (2 - geometry.ndim) + tuple(geometry.shape) for geometry in tensors_geometry]
    pieces = [grad[corner] for corner in _corners(shapes)]
    return [piece.reshape(geometry.shape) for piece, geometry in zip(pieces, tensors_geometry)]


def block_diag(*tensors: Any) -> Any:
    """A block-diagonal matrix of matrices; vectors are rows, numbers 1 by 1."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {type(tensor).__name__}")
        if tensor.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {place} has {tensor.ndim} "
                "dimensions"
            )
    if not tensors:
        from minitorch.ops.creating.creation import empty

        return empty((1, 0))
    return _block_diag(tensors, result_type_of(tensors))


# ---- diagonals ------------------------------------------------------------------------------------------------------


def diagflat(input: Any, offset: int = 0) -> Any:
    """A matrix with all elements of the input on its diagonal."""
    return diag(arg.tensor(input, "diagflat", "input").contiguous().view(-1), arg.integer(offset, "diagflat", "offset"))


def fill_diagonal_(input: Any, fill_value: Any, wrap: bool = False) -> Any:
    """Write a number on the diagonal x[i, i, ..., i]; ``wrap``: start again below where a tall matrix's ends."""
    arg.check_tensor(input, "fill_diagonal_")
    number = isinstance(fill_value, NUMBERS) or (isinstance(fill_value, TensorBase) and not fill_value.ndim)
    if not number:
        raise TypeError(
            f"fill_diagonal_(): argument 'fill_value' (position 1) must be Number, not {type(fill_value).__name__}"
        )
    if isinstance(fill_value, TensorBase):
        fill_value = fill_value.item()  # type: ignore[attr-defined]
    if input.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    height, width = input.shape[0], input.shape[1]
    if input.ndim > 2 and len(set(input.shape)) != 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    step, start = sum(input.stride()), input.storage_offset()
    as_strided(input, (min(input.shape),), (step,), start).fill_(fill_value)
    if wrap and input.ndim == 2 and height > width + 1:
        rest, rows = start + (width + 1) * input.stride(0), height - width - 1
        whole, left = divmod(rows, width + 1)
        for block in range(whole + 1):
            length = width if block < whole else left
            if length:
                first = rest + block * (width + 1) * input.stride(0)
                as_strided(input, (min(length, width),), (step,), first).fill_(fill_value)
    return input


# ---- powers ---------------------------------------------------------------------------------------------------------


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803
    """Vandermonde's matrix: row i has the powers of x[i], from N - 1 down to 0, or ``increasing`` from 0."""
    if arg.tensor(x, "vander", "x").ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    columns = x.shape[0] if N is None else arg.integer(N, "vander", "N")
    if columns < 0:
        raise RuntimeError("N must be non-negative.")
    result = x.new_empty((x.shape[0], columns), dtype=promote_types(x._dtype, dtypes.int64))
    if columns > 0:
        result.select(1, 0).fill_(1)
    if columns > 1:
        result.narrow(1, 1, columns - 1).copy_(x.unsqueeze(1))
        powers = result.narrow(1, 1, columns - 1)
        powers.copy_(cumprod(powers, 1))
    return result if increasing else flip(result, [1])
