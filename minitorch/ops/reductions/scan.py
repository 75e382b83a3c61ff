"""Scans: running sums, products and extremes along a dimension.

    cumsum   y_i = x_0 + ... + x_i          cumprod, cummax, cummin, logcumsumexp: the same with another operation

Each x_i is part of every y_j with j >= i, so the gradient is a scan from the other end: ``reverse`` below.

PyTorch: ``aten/src/ATen/native/ReduceOps.cpp``; ``cumprod_backward`` in
``torch/csrc/autograd/FunctionsManual.cpp``, where ``input`` has zeros, costs as much as here.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.declare.writer import replace
from minitorch.ops.elementwise.selection import where
from minitorch.ops.reductions.reduction import accumulate_dtype, at_least_float32, deliver
from minitorch.tensor_base import TensorBase


def _reverse_cumsum(tensor: Any, dim: int) -> Any:
    return tensor.flip(dim).cumsum(dim).flip(dim) if tensor.ndim else tensor


def _accumulated(xp: Any, ufunc: Any, array: Any, dim: int, dtype: Dtype) -> Any:
    """The scan in the accumulating dtype, rounded to ``dtype``."""
    compute = accumulate_dtype(dtype).np
    if not array.ndim:
        return array.astype(dtype.np)
    return ufunc.accumulate(array, axis=dim, dtype=compute).astype(dtype.np, copy=False)


# ---- sums and products ----------------------------------------------------------------------------------------------


@operator()
def _cumsum(xp: Any, input: Any, dim: int, dtype: Dtype) -> Any:
    """Running sum."""
    return _accumulated(xp, xp.add, input, dim, dtype)


@_cumsum.derivative("input")
def _(grad: Any, dim: int) -> Any:
    return _reverse_cumsum(grad, dim)


@operator()
def _cumprod(xp: Any, input: Any, dim: int, dtype: Dtype) -> Any:
    """Running product."""
    return _accumulated(xp, xp.multiply, input, dim, dtype)


@_cumprod.derivative("input")
def _(grad: Any, input: Any, result: Any, dim: int) -> Any:
    if not input.ndim:
        return grad
    if grad._dtype is not input._dtype:
        input = input.to(grad._dtype)
    if not bool((input.detach() == 0).any()):
        return _reverse_cumsum(grad * result.conj(), dim) / input.conj()
    return _cumprod_gradient_with_zeros(grad, input, dim)


def _cumprod_gradient_with_zeros(grad: Any, input: Any, dim: int) -> Any:
    """Without dividing: for each i the product of what stands before it, times the scan that starts behind it."""
    from minitorch.ops.shapes.joining import cat, stack

    length = input.shape[dim]
    one = input.new_ones([1 if d == dim else size for d, size in enumerate(input.shape)])
    gradients = []
    for place in range(length):
        before = input.narrow(dim, 0, place).prod(dim, True)
        behind = cat([one, input.narrow(dim, place + 1, length - place - 1)], dim).cumprod(dim)
        product = (before * behind).conj()
        gradients.append((grad.narrow(dim, place, length - place) * product).sum(dim))
    return stack(gradients, dim)


@arg.numpy_names
def cumsum(input: Any, dim: int, *, dtype: Dtype | None = None, out: Any = None) -> Any:
    """``y_i = x_0 + ... + x_i`` along ``dim``; integers and bools are added as ``int64``."""
    return deliver(_cumsum(input, *_read("cumsum", input, dim, dtype, out)), out, "cumsum", input)


@arg.numpy_names
def cumprod(input: Any, dim: int, *, dtype: Dtype | None = None, out: Any = None) -> Any:
    """``y_i = x_0 * ... * x_i`` along ``dim``; integers and bools are multiplied as ``int64``."""
    return deliver(_cumprod(input, *_read("cumprod", input, dim, dtype, out)), out, "cumprod", input)


def cumsum_(input: Any, dim: int, *, dtype: Dtype | None = None) -> Any:
    """``cumsum`` into ``input`` itself."""
    return replace(_cumsum, input, *_read_inplace("cumsum", input, dim, dtype))


def cumprod_(input: Any, dim: int, *, dtype: Dtype | None = None) -> Any:
    """``cumprod`` into ``input`` itself."""
    return replace(_cumprod, input, *_read_inplace("cumprod", input, dim, dtype))


def _read(function: str, input: Any, dim: int, dtype: Dtype | None, out: Any = None) -> tuple[int, Dtype]:
    axis = geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)
    if dtype is not None:
        dtype = arg.dtype(dtype, function)
    elif isinstance(out, TensorBase):
        dtype = out._dtype
    else:
        dtype = input._dtype if input._dtype.category >= dtypes.FLOATING else dtypes.int64
    if input.ndim and input._geometry.numel:
        refuse_other_kinds(f"{function}_out_cpu", dtype, "ifc")
    return axis, dtype


def _read_inplace(function: str, input: Any, dim: int, dtype: Dtype | None) -> tuple[int, Dtype]:
    if dtype is not None and dtype is not input._dtype:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {input._dtype.name} and output tensor dtype {dtype.name} should "
            "match"
        )
    axis = geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)
    if input.ndim and input._geometry.numel:
        refuse_other_kinds(f"{function}_out_cpu", input._dtype, "ifc")
    return axis, input._dtype


# ---- extremes -------------------------------------------------------------------------------------------------------


def _running_extreme(xp: Any, ufunc: Any, input: Any, dim: int) -> Any:
    """The extremes so far, and the last index at which each of them was met. nan stays once it was met."""
    if not input.ndim:
        return xp.array(input, copy=True), xp.zeros((), xp.int64)
    values = ufunc.accumulate(input, axis=dim)
    met = (input == values) | (input != input)
    counting = xp.arange(input.shape[dim]).reshape(-1, *[1] * (input.ndim - dim - 1))
    return values, xp.maximum.accumulate(xp.where(met, counting, 0), axis=dim)


@operator()
def _cummax(xp: Any, input: Any, dim: int) -> Any:
    """Running maximum and its indices."""
    return _running_extreme(xp, xp.maximum, input, dim)


@operator()
def _cummin(xp: Any, input: Any, dim: int) -> Any:
    """Running minimum and its indices."""
    return _running_extreme(xp, xp.minimum, input, dim)


@_cummax.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int) -> Any:
    return grad.new_zeros(input_geometry.shape).scatter_add_(dim, result1, grad)


@_cummin.derivative("input")
def _(grad: Any, input_geometry: Geometry, result1: Any, dim: int) -> Any:
    return grad.new_zeros(input_geometry.shape).scatter_add_(dim, result1, grad)


@arg.numpy_names
def cummax(input: Any, dim: int, *, out: Any = None) -> Any:
    """``(values, indices)``: the largest element so far along ``dim``, and where it was last met."""
    refuse_other_kinds("cummax_cpu", input._dtype, "bif")
    results = _cummax(input, geo.wrap_dim(arg.integer(dim, "cummax", "dim"), input.ndim))
    return return_types.cummax(_both(results, out, "cummax", input))


@arg.numpy_names
def cummin(input: Any, dim: int, *, out: Any = None) -> Any:
    """``(values, indices)``: the smallest element so far along ``dim``, and where it was last met."""
    refuse_other_kinds("cummin_cpu", input._dtype, "bif")
    results = _cummin(input, geo.wrap_dim(arg.integer(dim, "cummin", "dim"), input.ndim))
    return return_types.cummin(_both(results, out, "cummin", input))


def _both(results: Any, out: Any, function: str, input: Any) -> Any:
    if out is None:
        return results
    return tuple(
        deliver(result, place, function, input) for result, place in zip(results, arg.outputs(out, 2, function))
    )


# ---- log of the running sum of exponentials -------------------------------------------------------------------------


@operator()
def _logcumsumexp(xp: Any, input: Any, dim: int) -> Any:
    """log(exp(x_0) + ... + exp(x_i)) without overflow."""
    if not input.ndim:
        return xp.array(input, copy=True)
    if input.dtype.kind == "c":
        return _complex_logcumsumexp(xp, input, dim)
    return xp.logaddexp.accumulate(at_least_float32(xp, input), axis=dim).astype(input.dtype, copy=False)


def _complex_logcumsumexp(xp: Any, input: Any, dim: int) -> Any:
    """One step at a time: of the sum so far and the next value, the one with the larger real part is factored out."""
    result = xp.array(input, order="C", copy=True)
    steps = xp.moveaxis(result, dim, 0)
    for place in range(1, len(steps)):
        so_far, value = steps[place - 1], steps[place]
        larger = so_far.real > value.real
        high, low = xp.where(larger, so_far, value), xp.where(larger, value, so_far)
        steps[place] = high + xp.log1p(xp.exp(low - high))
    return result


@_logcumsumexp.derivative("input")
def _(grad: Any, input: Any, result: Any, dim: int) -> Any:
    if not input.ndim:
        return grad
    if input.is_complex():
        logarithm = grad.conj().log() - result
        return (logcumsumexp(logarithm.flip(dim), dim).flip(dim) + input).exp().conj()

    # dx_i = sum over j >= i of grad_j exp(x_i - y_j): a reverse scan in logarithms, its positive and negative part.
    def part(sign: int) -> Any:
        signed = grad * sign
        logarithm = where(signed > 0, where(signed > 0, signed, 1).log(), dtypes.finfo(grad._dtype).min)
        return (logcumsumexp((logarithm - result).flip(dim), dim).flip(dim) + input).exp()

    return part(1) - part(-1)


@arg.numpy_names
def logcumsumexp(input: Any, dim: int, *, out: Any = None) -> Any:
    """``log(exp(x_0) + ... + exp(x_i))`` along ``dim``."""
    axis = geo.wrap_dim(arg.integer(dim, "logcumsumexp", "dim"), input.ndim)
    refuse_other_kinds("logcumsumexp_out_cpu", input._dtype, "fc")
    return deliver(_logcumsumexp(input, axis), out, "logcumsumexp", input)
