"""``scatter_reduce``, ``index_reduce``: several values may meet in one place, and are summed, multiplied or compared.

    scatter_reduce   out[index[i][j]][j] = reduce(input[...] if include_self, every src[i][j] with that index)
    index_reduce     the same with one index for a whole slice

For the gradient each reduction asks what part an element had in its result: all of it (sum), the product of the others
(prod), 1/n (mean), or its share among the equal extremes (amax, amin).

PyTorch: ``scatter_reduce_two`` in ``aten/src/ATen/native/TensorAdvancedIndexing.cpp``, ``scatter_reduce_backward`` in
``torch/csrc/autograd/FunctionsManual.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.autograd.inplace import check_inplace
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.writer import writer
from minitorch.ops.declare.writing import refuse_overlap
from minitorch.ops.elementwise.selection import where
from minitorch.ops.indices.gather_scatter import _check_index, _check_src, _combine, _put, one_dim
from minitorch.ops.indices.index_along import check_slices
from minitorch.ops.reductions.reduction import deliver

_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _identity(xp: Any, reduce: str, dtype: Any) -> Any:
    """What may be combined with anything and leave it as it is."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if dtype.kind == "b":
        return reduce == "amin"
    if dtype.kind in "iu":
        limits = xp.iinfo(dtype)
        return limits.min if reduce == "amax" else limits.max
    return -xp.inf if reduce == "amax" else xp.inf


def _reduce_into(xp: Any, input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool) -> None:
    if not include_self:
        _put(xp, input, dim, index, _identity(xp, reduce, input.dtype))
    ufunc = {"prod": xp.multiply, "amax": xp.maximum, "amin": xp.minimum}.get(reduce, xp.add)
    _combine(xp, ufunc, input, dim, index, src)
    if reduce == "mean":
        count = xp.ones(input.shape, xp.int64)
        if not include_self:
            _put(xp, count, dim, index, 0)
        _combine(xp, xp.add, count, dim, index, 1)
        count = xp.maximum(count, 1)
        input[...] = input // count if input.dtype.kind in "iu" else input / count.astype(input.dtype)


def _gradients(
    grad: Any, input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool, result: Any
) -> tuple[Any, Any]:
    if reduce == "sum":
        of_input, of_src = grad, grad.gather(dim, index)
    elif reduce == "mean":
        of_input, of_src = _mean_gradient(grad, input, dim, index, src, include_self)
    elif reduce == "prod":
        of_input, of_src = _prod_gradient(grad, input, dim, index, src, include_self, result)
    else:
        of_input, of_src = _extreme_gradient(grad, input, dim, index, src, result)
    if not include_self:
        of_input = of_input.scatter(dim, index, 0)
    return of_input, of_src


@writer()
def _scatter_reduce(xp: Any, input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool) -> None:
    """out[index] = reduce(input, src), an index for each element."""
    _reduce_into(xp, input, dim, index, src, reduce, include_self)


@_scatter_reduce.derivative("input", "src")
def _(
    grad: Any, input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool, result: Any
) -> tuple[Any, Any]:
    return _gradients(grad, input, dim, index, src, reduce, include_self, result)


@writer()
def _index_reduce(xp: Any, input: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool) -> None:
    """out[index] = reduce(input, source), an index for each slice."""
    source = one_dim(source)
    spread = xp.broadcast_to(one_dim(index).reshape(-1, *[1] * (source.ndim - dim - 1)), source.shape)
    _reduce_into(xp, input, dim, spread, source, reduce, include_self)


@_index_reduce.derivative("input", "source")
def _(
    grad: Any, input: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool, result: Any
) -> tuple[Any, Any]:
    spread = index.reshape([-1 if d == dim else 1 for d in range(source.ndim)]).expand(source.shape)
    return _gradients(grad, input, dim, spread, source, reduce, include_self, result)


def _mean_gradient(grad: Any, input: Any, dim: int, index: Any, src: Any, include_self: bool) -> tuple[Any, Any]:
    count = input.new_ones(input.shape) if include_self else input.new_zeros(input.shape)
    count = count.scatter_add(dim, index, src.new_ones(src.shape))
    share = grad / count.masked_fill(count == 0, 1)
    return share, share.gather(dim, index)


def _prod_gradient(
    grad: Any, input: Any, dim: int, index: Any, src: Any, include_self: bool, result: Any
) -> tuple[Any, Any]:
    without_zeros = input.masked_fill(input == 0, 1)
    of_input = grad * scatter_reduce(without_zeros, dim, index, src, "prod", include_self=include_self) / without_zeros
    zero = src == 0
    zeros_met = input.new_zeros(input.shape).scatter_add(dim, index, zero.to(src.dtype)).gather(dim, index)
    only_zero = zero & (zeros_met == 1)  # its gradient is the product of the others, which division can't give
    others = scatter_reduce(input, dim, index, src.masked_fill(only_zero, 1), "prod", include_self=include_self)
    divided = (grad * result).gather(dim, index) / src.masked_fill(zero, 1)
    return of_input, where(only_zero, (grad * others).gather(dim, index), divided)


def _extreme_gradient(grad: Any, input: Any, dim: int, index: Any, src: Any, result: Any) -> tuple[Any, Any]:
    input_is = (input == result).to(grad.dtype)
    src_is = (src == result.gather(dim, index)).to(grad.dtype)
    share = grad / input_is.scatter_add(dim, index, src_is)
    return input_is * share, src_is * share.gather(dim, index)


def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True, out: Any = None
) -> Any:
    """A copy of ``input`` into which ``src`` is reduced by ``index``: "sum", "prod", "mean", "amax" or "amin"."""
    include_self = arg.boolean(include_self, "scatter_reduce", "include_self")
    axis = _check(input, dim, index, src, reduce)
    arg.refuse_complex_gradient("scatter_reduce", input, src)
    result = _scatter_reduce(input, axis, index, src, reduce, include_self)
    return deliver(result, out, "scatter_reduce", input, src)


def scatter_reduce_(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """``scatter_reduce`` into ``input`` itself."""
    check_inplace(input, "scatter_reduce_", src, overlap=True)
    include_self = arg.boolean(include_self, "scatter_reduce_", "include_self")
    axis = _check(input, dim, index, src, reduce)
    refuse_overlap(input, index, src)
    return _scatter_reduce.inplace(input, axis, index, src, reduce, include_self)


def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True, out: Any = None
) -> Any:
    """A copy of ``input`` into whose slices those of ``source`` are reduced: "prod", "mean", "amax" or "amin"."""
    include_self = arg.boolean(include_self, "index_reduce", "include_self")
    axis = _check_index_reduce(input, dim, index, source, reduce)
    arg.refuse_complex_gradient("index_reduce", input, source)
    result = _index_reduce(input, axis, index, source, reduce, include_self)
    return deliver(result, out, "index_reduce", input, source)


def index_reduce_(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """``index_reduce`` into ``input`` itself."""
    check_inplace(input, "index_reduce_", source, overlap=True)
    include_self = arg.boolean(include_self, "index_reduce_", "include_self")
    axis = _check_index_reduce(input, dim, index, source, reduce)
    refuse_overlap(input, index, source)
    return _index_reduce.inplace(input, axis, index, source, reduce, include_self)


def _check_index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str) -> int:
    if reduce not in _REDUCTIONS[1:]:
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    axis = check_slices(input, dim, index, source, "index_reduce", IndexError)
    refuse_other_kinds(f"index_reduce_{reduce}_cpu", input._dtype, {"prod": "bifc", "mean": "ifc"}.get(reduce, "bif"))
    return axis


_KINDS_TAKEN = {"sum": "bifc", "prod": "bifc", "mean": "ifc"}


def _check(input: Any, dim: int, index: Any, src: Any, reduce: str) -> int:
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    axis = _check_index(input, dim, index, "scatter_reduce")
    _check_src(input, axis, index, arg.tensor(src, "scatter_reduce", "src"), "scatter_reduce")
    if index.numel():
        refuse_other_kinds(f"scatter_gather_tensor_cpu_reduce_{reduce}", input._dtype, _KINDS_TAKEN.get(reduce, "bif"))
    return axis
