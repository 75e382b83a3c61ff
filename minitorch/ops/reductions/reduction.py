"""Reductions that add up or multiply: ``sum, nansum, mean, nanmean, prod, all, any, count_nonzero, logsumexp``.

``dim`` is None (all dimensions), an int, or several; ``keepdim`` keeps reduced dimensions with size 1. A gradient of a
reduction has the reduced shape, so each derivative first puts the dimensions back (``restore``) and then broadcasts:

    forward   (2, 3, 4) --sum(1)--> (2, 4)
    backward  (2, 4) --restore--> (2, 1, 4) --expand--> (2, 3, 4)

Half precision is added up in float32 and rounded once. Extremes are in ``extremes.py``, variances in ``statistics.py``,
norms in ``norms.py``, running sums in ``scan.py``.

PyTorch: ``aten/src/ATen/native/ReduceOps.cpp``. Left out on purpose: its cascade summation; NumPy adds pairwise.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.reduction import large, reduce_by_kernel
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.declare.pointwise import check_out, write_out
from minitorch.ops.elementwise.arithmetic import conj, over_number
from minitorch.tensor_base import TensorBase

Dims = tuple[int, ...]


# ---- what reductions share ------------------------------------------------------------------------------------------


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


def count_of(geometry: Geometry, dims: Dims) -> int:
    """How many elements of the input go into one of the result."""
    return math.prod(geometry.shape[dim] for dim in dims)


def accumulate_dtype(dtype: Dtype) -> Dtype:
    """The dtype in which a reduction adds up: float32 for half precision, else its own."""
    return dtypes.float32 if dtype in (dtypes.float16, dtypes.bfloat16) else dtype


def at_least_float32(xp: Any, array: Any) -> Any:
    """Half precision as float32, to compute in; other arrays as they are."""
    return array.astype(xp.float32) if array.dtype.itemsize == 2 and array.dtype.kind in "fV" else array


def deliver(result: Any, out: Any, function: str, *inputs: Any) -> Any:
    """``result``, or ``out`` with the result written into it if one was given."""
    if out is None:
        return result
    check_out(function, out, [t for t in inputs if isinstance(t, TensorBase)])
    if out._dtype is not result._dtype:
        raise RuntimeError(
            f"{function}(): Expected out tensor to have dtype {result._dtype}, but got {out._dtype} instead"
        )
    return write_out(out, result.array, result.shape)


def _add_up(xp: Any, array: Any, dims: Any, keepdim: bool, dtype: Dtype) -> Any:
    """The sum over ``dims``, added up in the accumulating dtype and rounded to ``dtype`` once."""
    if array.dtype is dtype._np and dtype.is_native:  # the usual case
        if large(array) and (total := reduce_by_kernel(array, dims, keepdim, "Sum")) is not None:
            return total
        return xp.add.reduce(array, dims, array.dtype, None, keepdim)
    compute = accumulate_dtype(dtype)
    if array.dtype.kind == "c" and compute.category < dtypes.COMPLEX:
        array = array.real
    total = xp.add.reduce(array, axis=dims, dtype=compute.np, keepdims=keepdim)
    return total if compute is dtype else total.astype(dtype.np)


# ---- sum ------------------------------------------------------------------------------------------------------------


@operator("SumBackward0")
def _sum_all(xp: Any, input: Any, dtype: Dtype) -> Any:
    """Sum of all elements."""
    return _add_up(xp, input, None, False, dtype)


@_sum_all.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return grad.expand(input_geometry.shape)


@operator("SumBackward1")
def _sum_dims(xp: Any, input: Any, dim: Dims, keepdim: bool, dtype: Dtype) -> Any:
    """Sum over dimensions."""
    return _add_up(xp, input, dim, keepdim, dtype)


@_sum_dims.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: Dims, keepdim: bool) -> Any:
    return restore(grad, input_geometry, dim, keepdim).expand(input_geometry.shape)


def _sum_dtype(input: Any, dtype: Dtype | None, out: Any = None, kernel: str = "sum_cpu") -> Dtype:
    """What to add up in: the ``dtype`` asked for, or that of ``out``; else integers and bools as int64."""
    if dtype is not None or isinstance(out, TensorBase):
        wanted = out._dtype if dtype is None else arg.dtype(dtype, kernel.removesuffix("_cpu"))
        refuse_other_kinds(kernel, wanted, "bifc")
        return wanted
    own: Dtype = input._dtype
    return own if own.category >= dtypes.FLOATING else dtypes.int64


@arg.numpy_names
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None, out: Any = None) -> Any:
    """Sum over ``dim``; integers and bools are summed as ``int64``. Half precision accumulates in float32."""
    result_dtype = _sum_dtype(input, dtype, out)
    if dim is None and not keepdim:
        result = _sum_all(input, result_dtype)
    else:
        result = _sum_dims(input, reduced_dims(input, dim, "sum"), arg.boolean(keepdim, "sum", "keepdim"), result_dtype)
    return result if out is None else deliver(result, out, "sum", input)


def sum_to_size(input: Any, *size: Any) -> Any:
    """Sum away what broadcasting ``size`` to the input's shape would have repeated. ``RuntimeError`` if it can't."""
    wanted = arg.sizes(size, "sum_to_size")
    shape = input._geometry.shape
    if not wanted:
        return sum(input)
    if shape == wanted:
        return input
    added = len(shape) - len(wanted)
    if added < 0 or builtins.any(a != b and b != 1 for a, b in zip(shape[added:], wanted)):
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(shape)}}}.")
    dims = (*range(added), *(dim + added for dim, b in enumerate(wanted) if b == 1 and shape[dim + added] != 1))
    result = _sum_dims(input, dims, True, _sum_dtype(input, None))
    return result.view(wanted) if added else result


@operator("NansumBackward0")
def _nansum(xp: Any, input: Any, dim: Dims, keepdim: bool, dtype: Dtype) -> Any:
    """Sum over dimensions, nan counting as 0."""
    return _add_up(xp, xp.where(xp.isnan(input), input.dtype.type(0), input), dim, keepdim, dtype)


@_nansum.derivative("input")
def _(grad: Any, input: Any, dim: Dims, keepdim: bool) -> Any:
    spread = restore(grad, input._geometry, dim, keepdim).expand(input.shape)
    return spread * input.isnan().logical_not()


@arg.numpy_names
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None, out: Any = None) -> Any:
    """Sum over ``dim`` of what is not nan."""
    if input.is_complex():
        raise RuntimeError("nansum does not support complex inputs")
    if input._dtype.category < dtypes.FLOATING:
        return sum(input, dim, keepdim, dtype=dtype, out=out)
    dims = reduced_dims(input, dim, "nansum")
    result = _nansum(input, dims, arg.boolean(keepdim, "nansum", "keepdim"), _sum_dtype(input, dtype, out))
    return deliver(result, out, "nansum", input)


# ---- mean -----------------------------------------------------------------------------------------------------------


def _average(xp: Any, array: Any, dims: Any, keepdim: bool, dtype: Dtype, count: int) -> Any:
    compute = accumulate_dtype(dtype)
    total = reduce_by_kernel(array, dims, keepdim, "Sum", compute.np) if array.dtype == dtype.np else None
    if total is None:
        total = xp.add.reduce(array, axis=dims, dtype=compute.np, keepdims=keepdim)
    return xp.asarray(total / compute.np.type(count)).astype(dtype.np, copy=False)


@operator("MeanBackward0")
def _mean_all(xp: Any, input: Any, dtype: Dtype) -> Any:
    """Mean of all elements."""
    return _average(xp, input, None, False, dtype, input.size)


@_mean_all.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return over_number(grad.expand(input_geometry.shape), input_geometry.numel)


@operator("MeanBackward1")
def _mean_dims(xp: Any, input: Any, dim: Dims, keepdim: bool, dtype: Dtype) -> Any:
    """Mean over dimensions."""
    return _average(xp, input, dim, keepdim, dtype, math.prod(input.shape[d] for d in dim))


@_mean_dims.derivative("input")
def _(grad: Any, input_geometry: Geometry, dim: Dims, keepdim: bool) -> Any:
    spread = restore(grad, input_geometry, dim, keepdim).expand(input_geometry.shape)
    return over_number(spread, count_of(input_geometry, dim))


@arg.numpy_names
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None, out: Any = None) -> Any:
    """Mean over ``dim``. ``RuntimeError`` for integers unless a floating ``dtype`` is given."""
    result_dtype = input._dtype
    if dtype is not None or isinstance(out, TensorBase):
        result_dtype = out._dtype if dtype is None else arg.dtype(dtype, "mean")
    if result_dtype.category < dtypes.FLOATING:
        what = "Input dtype" if dtype is None else "Optional dtype"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {what} must be either a floating point or complex dtype. Got: "
            f"{scalar_type_name(result_dtype)}; use x.float().mean() or mean(dtype=torch.float32)"
        )
    if dim is None and not keepdim:
        result = _mean_all(input, result_dtype)
    else:
        result = _mean_dims(
            input, reduced_dims(input, dim, "mean"), arg.boolean(keepdim, "mean", "keepdim"), result_dtype
        )
    return result if out is None else deliver(result, out, "mean", input)


@arg.numpy_names
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None, out: Any = None) -> Any:
    """Mean over ``dim`` of what is not nan. ``RuntimeError`` for integers."""
    if input._dtype.category < dtypes.FLOATING:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{scalar_type_name(input._dtype)}"
        )
    counted = sum(input.detach().isnan().logical_not(), dim, keepdim)
    return deliver(nansum(input, dim, keepdim, dtype=dtype) / counted, out, "nanmean", input)


# ---- product --------------------------------------------------------------------------------------------------------


def _multiply_up(xp: Any, array: Any, dims: Any, keepdim: bool, dtype: Dtype) -> Any:
    compute = accumulate_dtype(dtype)
    product = xp.multiply.reduce(array, axis=dims, dtype=compute.np, keepdims=keepdim)
    return product if compute is dtype else product.astype(dtype.np)


@operator("ProdBackward0")
def _prod_all(xp: Any, input: Any, dtype: Dtype) -> Any:
    """Product of all elements."""
    return _multiply_up(xp, input, None, False, dtype)


@_prod_all.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    if not bool((input.detach() == 0).any()):
        return grad * (result / input).conj()
    return grad * _product_of_others(input.reshape(-1), 0).reshape(input.shape).conj()


@operator("ProdBackward1")
def _prod_dim(xp: Any, input: Any, dim: int, keepdim: bool, dtype: Dtype) -> Any:
    """Product over one dimension."""
    return _multiply_up(xp, input, dim if input.ndim else None, keepdim, dtype)


@_prod_dim.derivative("input")
def _(grad: Any, input: Any, result: Any, dim: int, keepdim: bool) -> Any:
    if input.ndim and not keepdim:
        grad, result = grad.unsqueeze(dim), result.unsqueeze(dim)
    if not bool((input.detach() == 0).any()):
        return grad * (result / input).conj()
    if not input.ndim:
        return grad
    return grad * _product_of_others(input, dim).conj()


def _product_of_others(input: Any, dim: int) -> Any:
    """For each element the product of all the others along ``dim``, without dividing: prefix times suffix."""
    from minitorch.ops.shapes.joining import cat

    length = input.shape[dim]
    one = input.new_ones([1 if d == dim else size for d, size in enumerate(input.shape)])
    before = cat([one, input.narrow(dim, 0, length - 1)], dim).cumprod(dim)
    after = cat([one, input.narrow(dim, 1, length - 1).flip(dim)], dim).cumprod(dim).flip(dim)
    return before * after


@arg.numpy_names
def prod(input: Any, dim: int = arg.ALL, keepdim: bool = False, *, dtype: Dtype | None = None, out: Any = None) -> Any:
    """Product of all elements, or over one dimension; integers and bools are multiplied as ``int64``."""
    result_dtype = _sum_dtype(input, dtype, out, "prod_cpu")
    if dim is arg.ALL:
        result = _prod_all(input, result_dtype)
    else:
        axis = geo.wrap_dim(arg.integer(dim, "prod", "dim"), input.ndim)
        result = _prod_dim(input, axis, arg.boolean(keepdim, "prod", "keepdim"), result_dtype)
    return deliver(result, out, "prod", input)


# ---- counting and logic ---------------------------------------------------------------------------------------------


@operator()
def _all(xp: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    """Whether all elements are true."""
    return xp.logical_and.reduce(input, axis=dim, keepdims=keepdim)


@operator()
def _any(xp: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    """Whether any element is true."""
    return xp.logical_or.reduce(input, axis=dim, keepdims=keepdim)


@arg.numpy_names
def all(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Whether all elements (over ``dim``) are nonzero: a bool tensor, for ``uint8`` a ``uint8`` one."""
    return _truth(_all, input, dim, keepdim, out, "all")


@arg.numpy_names
def any(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Whether any element (over ``dim``) is nonzero: a bool tensor, for ``uint8`` a ``uint8`` one."""
    return _truth(_any, input, dim, keepdim, out, "any")


def _truth(reduce: Any, input: Any, dim: Any, keepdim: bool, out: Any, function: str) -> Any:
    keepdim = arg.boolean(keepdim, function, "keepdim")
    if isinstance(dim, (tuple, list)) and not dim:  # unlike a sum, these reduce nothing over no dimensions
        result = reduce(input, (), keepdim)
    else:
        result = reduce(input, reduced_dims(input, dim, function), keepdim)
    if input._dtype is dtypes.uint8:
        result = result.to(dtypes.uint8)
    return deliver(result, out, function, input)


@operator()
def _count_nonzero(xp: Any, input: Any, dim: Dims) -> Any:
    """Number of elements that are not zero."""
    return xp.add.reduce(input != 0, axis=dim, dtype=xp.int64)


@arg.numpy_names
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """Number of nonzero elements (over ``dim``), ``int64``."""
    refuse_other_kinds("nonzero_count_cpu", input._dtype, "bifc")
    return _count_nonzero(input, reduced_dims(input, dim, "count_nonzero"))


# ---- log of a sum of exponentials -----------------------------------------------------------------------------------


@operator("LogsumexpBackward0")
def _logsumexp(xp: Any, input: Any, dim: Dims, keepdim: bool) -> Any:
    """log(sum(exp(x))), computed as m + log(sum(exp(x - m))) with m the maximum, so that nothing overflows."""
    array = at_least_float32(xp, input)
    largest = xp.maximum.reduce(array.real, axis=dim, keepdims=True, initial=-xp.inf)
    largest = xp.where(xp.isinf(largest), largest.dtype.type(0), largest)
    total = xp.add.reduce(xp.exp(array - largest), axis=dim, keepdims=True)
    result = xp.log(total) + largest
    return (result if keepdim else xp.squeeze(result, dim)).astype(input.dtype)


@_logsumexp.derivative("input")
def _(grad: Any, input: Any, result: Any, dim: Dims, keepdim: bool) -> Any:
    geometry = input._geometry
    softmax = (input - restore(result, geometry, dim, keepdim)).exp()
    return restore(grad, geometry, dim, keepdim) * conj(softmax)


@arg.numpy_names
def logsumexp(input: Any, dim: Any, keepdim: bool = False, *, out: Any = None) -> Any:
    """``log(sum(exp(input)))`` over ``dim`` without overflow; integers become the default float."""
    if input._dtype.category < dtypes.FLOATING:
        input = input.to(dtypes.get_default_dtype())
    result = _logsumexp(input, reduced_dims(input, dim, "logsumexp"), arg.boolean(keepdim, "logsumexp", "keepdim"))
    return deliver(result, out, "logsumexp", input)
