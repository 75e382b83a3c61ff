"""Products that are added to something: ``addbmm`` (a sum over a batch of matrix products), ``addr`` (outer products).

    addbmm:  beta * input + alpha * sum_b batch1[b] @ batch2[b]
    addr:    beta * input + alpha * outer(vec1, vec2)

Their relatives with one product, ``addmm``, ``baddbmm`` and ``addmv``, are in ``ops/linear_algebra/linalg.py`` and
``matrix_vector.py``.

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.promotion import can_cast, result_type_of, scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.elementwise.arithmetic import check_alpha, conj
from minitorch.ops.linear_algebra.linalg import (
    _bmm,
    added,
    product,
    scalars,
    scaled,
    to_out,
    type_name,
    write_into_input,
)
from minitorch.ops.linear_algebra.matrix_vector import mv
from minitorch.ops.shapes.views import expand, transpose, unsqueeze

# ---- addbmm --------------------------------------------------------------------------------------------------------


@operator("AddbmmBackward0")
def _addbmm(xp: Any, input: Any, batch1: Any, batch2: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * the products, added up one by one: in half precision that rounds each time."""
    if not len(batch1):
        return added(xp, input, xp.zeros(input.shape, input.dtype), beta, alpha)
    for each in product(xp, batch1, batch2):
        input = added(xp, input, each, beta, alpha)
        beta = 1
    return xp.array(input)


@_addbmm.derivative("input")
def _(grad: Any, beta: Any) -> Any:
    return scaled(grad, beta)


@_addbmm.derivative("batch1")
def _(grad: Any, batch2: Any, alpha: Any) -> Any:
    every = expand(unsqueeze(grad, 0), (batch2.shape[0], *grad.shape))
    return scaled(_bmm(every, transpose(conj(batch2), 1, 2)), alpha)


@_addbmm.derivative("batch2")
def _(grad: Any, batch1: Any, alpha: Any) -> Any:
    every = expand(unsqueeze(grad, 0), (batch1.shape[0], *grad.shape))
    return scaled(_bmm(transpose(conj(batch1), 1, 2), every), alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Any:
    """beta * input + alpha * sum_b batch1[b] @ batch2[b]; ``input`` broadcasts to (n, p)."""
    shape = _check_addbmm(input, batch1, batch2)
    if tuple(input.shape) != shape:
        input = expand(input, shape)
    arguments = (input, batch1, batch2, *scalars(input, beta, alpha))
    return _addbmm(*arguments) if out is None else to_out("addbmm", out, _addbmm, arguments)


def addbmm_(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``addbmm`` written into ``input``, which must have the result's shape."""
    shape = _check_addbmm(input, batch1, batch2)
    return write_into_input(_addbmm, (input, batch1, batch2, *scalars(input, beta, alpha)), shape)


def _check_addbmm(input: Any, batch1: Any, batch2: Any) -> tuple[int, int]:
    arg.check_tensor(input, "addbmm")
    arg.tensor(batch1, "addbmm", "batch1")
    arg.tensor(batch2, "addbmm", "batch2")
    geo.wrap_dim(1, batch1.ndim)  # PyTorch asks for the result's sizes first
    geo.wrap_dim(2, batch2.ndim)
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    (b, n, m), (b2, k, p) = batch1.shape, batch2.shape
    if b != b2:
        raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {b} and {b2}")
    if m != k:
        raise RuntimeError(f"Incompatible matrix sizes for bmm ({n}x{m} and {k}x{p})")
    geo.expand(input._geometry, (n, p))
    if not input._dtype is batch1._dtype is batch2._dtype:
        other = batch2 if batch2._dtype is not input._dtype else batch1
        raise RuntimeError(f"self and mat2 must have the same dtype, but got {type_name(input)} and {type_name(other)}")
    refuse_other_kinds("addbmm_impl_cpu_", input._dtype, "iufc")
    return n, p


# ---- addr ----------------------------------------------------------------------------------------------------------


@operator("AddrBackward0")
def _addr(xp: Any, input: Any, vec1: Any, vec2: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * outer(vec1, vec2)."""
    if input.dtype == bool:
        outer = vec1[:, None] & vec2 if alpha else xp.zeros((len(vec1), len(vec2)), bool)
        return xp.array(outer | input if beta else outer)
    dtype = vec1.dtype  # the promoted one; in place, the input may be narrower
    wide = accumulation_dtype(dtype)
    left = vec1.astype(wide)[:, None]
    result = left * wide.type(alpha) * vec2.astype(wide)
    if beta != 0:
        result = result + wide.type(beta) * input.astype(wide)
    return result.astype(dtype, copy=False)


@_addr.derivative("input")
def _(grad: Any, beta: Any) -> Any:
    return scaled(grad, beta)


@_addr.derivative("vec1")
def _(grad: Any, vec2: Any, alpha: Any) -> Any:
    return scaled(mv(grad, conj(vec2)), alpha)


@_addr.derivative("vec2")
def _(grad: Any, vec1: Any, alpha: Any) -> Any:
    return scaled(mv(transpose(grad, 0, 1), conj(vec1)), alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Any:
    """beta * input + alpha * outer(vec1, vec2); ``input`` broadcasts to (n, m), and dtypes are promoted."""
    arguments = _addr_arguments(input, vec1, vec2, beta, alpha)
    return _addr(*arguments) if out is None else to_out("addr", out, _addr, arguments)


def addr_(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``addr`` written into ``input``."""
    arguments = _addr_arguments(input, vec1, vec2, beta, alpha)
    if input.ndim != 2:
        raise RuntimeError(f"2D tensor expected, got {input.ndim}D tensor for input")
    if not can_cast(arguments[0]._dtype, input._dtype):
        raise RuntimeError(
            f"result type {scalar_type_name(arguments[0]._dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(input._dtype)}"
        )
    return write_into_input(_addr, (input, *arguments[1:]), (vec1.shape[0], vec2.shape[0]))


def _addr_arguments(input: Any, vec1: Any, vec2: Any, beta: Any, alpha: Any) -> tuple[Any, ...]:
    arg.check_tensor(input, "addr")
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        arg.tensor(vector, "addr", name)
        if vector.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {vector.ndim}-D")
    geo.expand(input._geometry, (vec1.shape[0], vec2.shape[0]))
    dtype = result_type_of((input, vec1, vec2))
    for number in (beta, alpha):
        check_alpha(number, input, vec1, vec2)
    return input.to(dtype), vec1.to(dtype), vec2.to(dtype), beta, alpha
