"""Reductions: sums, means, extremes and norms over dimensions.

``dim`` is None (all dimensions), an int, or several; ``keepdim`` keeps reduced dimensions with size 1. A gradient of a
reduction has the reduced shape, so each derivative first puts the dimensions back (``_restore``) and then broadcasts.

PyTorch: ``aten/src/ATen/native/ReduceOps.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare import operator

Dims = tuple[int, ...]


def reduced_dims(input: Any, dim: Any, function: str) -> Dims:
    """The dimensions meant by ``dim``, none of them negative or twice; all of them for None or an empty tuple."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(input.ndim))
    dims = geo.wrap_dims(arg.integers(dim, function, "dim"), input.ndim)
    return dims if input.ndim else ()


def restore(grad: Any, geometry: Geometry, dims: Dims, keepdim: bool) -> Any:
    """Put reduced dimensions back as size 1, so that the tensor broadcasts against the reduction's input."""
    if keepdim or not geometry.ndim:
        return grad
    if len(dims) == geometry.ndim:
        return grad  # zero-dim: broadcasts as it is
    return grad.reshape([1 if dim in dims else size for dim, size in enumerate(geometry.shape)])


@operator("SumBackward0")
def _sum_all(xp: Any, input: Any) -> Any:
    """Sum of all elements."""
    return xp.add.reduce(input, axis=None)


@_sum_all.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return grad.expand(input_geometry.shape)


@operator("SumBackward1")
def _sum_dims(xp: Any, input: Any, dim: Dims, keepdim: bool) -> Any:
    """Sum over dimensions."""
    return xp.add.reduce(input, axis=dim, keepdims=keepdim)


@_sum_dims.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: Dims, keepdim: bool) -> Any:
    return restore(grad, input_geometry, dim, keepdim).expand(input_geometry.shape)


def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None, out: Any = None) -> Any:  # noqa: A001
    """Sum over ``dim``; integers and bools are summed as ``int64``. Half precision accumulates in float32."""
    if dtype is None and input._dtype.category < dtypes.FLOATING:
        dtype = dtypes.int64
    result_dtype = dtype or input._dtype
    source = input.to(accumulate_dtype(result_dtype))
    if dim is None and not keepdim:
        result = _sum_all(source)
    else:
        result = _sum_dims(source, reduced_dims(input, dim, "sum"), bool(keepdim))
    return result.to(result_dtype)


def accumulate_dtype(dtype: Dtype) -> Dtype:
    """The dtype in which a reduction adds up: float32 for half precision, else its own."""
    return dtypes.float32 if dtype in (dtypes.float16, dtypes.bfloat16) else dtype


def sum_to_size(input: Any, *size: Any) -> Any:
    """Sum away what broadcasting ``size`` to the input's shape would have repeated. ``RuntimeError`` if it can't."""
    wanted = arg.sizes(size, "sum_to_size")
    shape = input._geometry.shape
    if shape == wanted:
        return input
    added = len(shape) - len(wanted)
    if added < 0 or any(a != b and b != 1 for a, b in zip(shape[added:], wanted)):
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(shape)}}}.")
    dims = (*range(added), *(dim + added for dim, b in enumerate(wanted) if b == 1 and shape[dim + added] != 1))
    result = _sum_dims(input, dims, True)
    return result.view(wanted) if added else result
