"""Reading and writing by a mask: ``masked_select``, ``masked_scatter``.

    masked_select   the elements where the mask is true, in a row
    masked_scatter  the same row written back to where the mask is true

Each is the other's derivative. Mask and input are broadcast to each other; ``masked_fill`` is in ``selection.py``.

PyTorch: ``aten/src/ATen/native/TensorAdvancedIndexing.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.autograd.inplace import check_inplace
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.declare.writer import writer
from minitorch.ops.declare.writing import refuse_overlap
from minitorch.ops.reductions.reduction import deliver


@operator()
def _masked_select(xp: Any, input: Any, mask: Any) -> Any:
    """The elements where the mask is true."""
    input, mask = xp.broadcast_arrays(input, mask)
    return input[mask]


@_masked_select.derivative("input")
def _(grad: Any, input_geometry: Geometry, mask: Any) -> Any:
    shape = geo.broadcast_shapes(input_geometry.shape, mask.shape)
    return grad.new_zeros(shape).masked_scatter_(mask, grad)


def masked_select(input: Any, mask: Any, *, out: Any = None) -> Any:
    """The elements of ``input`` where ``mask`` is true, one-dimensional; both are broadcast to each other."""
    if arg.tensor(mask, "masked_select", "mask")._dtype is not dtypes.bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    if 0 not in geo.broadcast_shapes(input.shape, mask.shape):
        refuse_other_kinds("masked_select", input._dtype, "bifc")
    if out is not None:
        refuse_overlap(out, input, mask)
    return deliver(_masked_select(input, mask), out, "masked_select", input)


@writer()
def _masked_scatter(xp: Any, input: Any, mask: Any, source: Any) -> None:
    """The elements of source, in order, where the mask is true."""
    mask = xp.broadcast_to(mask, input.shape)
    input[mask] = source.reshape(-1)[: int(mask.sum())]


@_masked_scatter.derivative("input")
def _(grad: Any, mask: Any) -> Any:
    return grad.masked_fill(mask, 0)


@_masked_scatter.derivative("source")
def _(grad: Any, source_geometry: Geometry, mask: Any) -> Any:
    used = grad.masked_select(mask)
    unused = source_geometry.numel - used.numel()
    if unused:
        from minitorch.ops.shapes.joining import cat

        used = cat([used, grad.new_zeros((unused,))])
    return used.reshape(source_geometry.shape)


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """A copy of ``input`` with the elements of ``source``, in order, where ``mask`` is true."""
    _check(input, mask, source)
    shape = geo.broadcast_shapes(input.shape, mask.shape)
    if int(mask.expand(shape).array.sum()) > source.numel():
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return _masked_scatter(input.expand(shape) if input.shape != shape else input, mask, source)


def masked_scatter_(input: Any, mask: Any, source: Any) -> Any:
    """``masked_scatter`` into ``input`` itself."""
    check_inplace(input, "masked_scatter_", source, overlap=True)
    _check(input, mask, source)
    if int(mask.expand(input.shape).array.sum()) > source.numel():
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return _masked_scatter.inplace(input, mask, source)


def _check(input: Any, mask: Any, source: Any) -> None:
    arg.tensor(mask, "masked_scatter", "mask")
    arg.tensor(source, "masked_scatter", "source")
    if mask._dtype is not dtypes.bool_:
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask._dtype.name}")
    if source._dtype is not input._dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got {scalar_type_name(input._dtype)} "
            f"and {scalar_type_name(source._dtype)}"
        )
    refuse_other_kinds("masked_scatter", input._dtype, "bifc")
