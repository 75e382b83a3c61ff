"""Products with vectors: ``mv, addmv, dot, outer``.

Their derivatives are each other: that of a matrix times a vector is an outer product by the matrix and a matrix times a
vector by the vector; that of a dot product is the other vector, scaled.

PyTorch: ``aten/src/ATen/native/Blas.cpp``, ``LinearAlgebra.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.elementwise.arithmetic import conj, mul
from minitorch.ops.linear_algebra.linalg import added, product, scalars, scaled, to_out, type_name, write_into_input
from minitorch.ops.shapes.views import reshape, transpose


@operator("MvBackward0")
def _mv(xp: Any, input: Any, vec: Any) -> Any:
    """Matrix (n, m) times vector (m,)."""
    return product(xp, input, vec).astype(input.dtype, copy=False)


@_mv.derivative("input")
def _(grad: Any, vec: Any) -> Any:
    return outer(grad, conj(vec))


@_mv.derivative("vec")
def _(grad: Any, input: Any) -> Any:
    return _mv(transpose(conj(input), 0, 1), grad)


def mv(input: Any, vec: Any, *, out: Any = None) -> Any:
    """Matrix (n, m) times vector (m,) -> (n,)."""
    arg.check_tensor(input, "mv")
    arg.tensor(vec, "mv", "vec")
    _check_mv(input, vec, 1, input.shape[0] if input.ndim else 0)
    if input._dtype is not vec._dtype:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {type_name(vec)}, {type_name(input)}, and "
            f"{type_name(vec)}"
        )
    return _mv(input, vec) if out is None else to_out("mv", out, _mv, (input, vec))


def _check_mv(mat: Any, vec: Any, ndim: int, length: int) -> None:
    if mat.ndim != 2 or vec.ndim != 1 or ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {ndim}, {mat.ndim}, {vec.ndim}")
    n, m = mat.shape
    if m != vec.shape[0] or length not in (1, n):
        raise RuntimeError(f"size mismatch, got input ({length}), mat ({n}x{m}), vec ({vec.shape[0]})")
    if mat.numel():
        refuse_other_kinds("addmv_impl_cpu", mat._dtype, "ifc")


@operator("AddmvBackward0")
def _addmv(xp: Any, input: Any, mat: Any, vec: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * (mat @ vec)."""
    return added(xp, input, product(xp, mat, vec), beta, alpha)


@_addmv.derivative("input")
def _(grad: Any, beta: Any) -> Any:
    return scaled(grad, beta)


@_addmv.derivative("mat")
def _(grad: Any, vec: Any, alpha: Any) -> Any:
    return scaled(outer(grad, conj(vec)), alpha)


@_addmv.derivative("vec")
def _(grad: Any, mat: Any, alpha: Any) -> Any:
    return scaled(_mv(transpose(conj(mat), 0, 1), grad), alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Any:
    """beta * input + alpha * (mat @ vec); ``input`` broadcasts to (n,)."""
    _check_addmv(input, mat, vec)
    arguments = (input, mat, vec, *scalars(input, beta, alpha))
    return _addmv(*arguments) if out is None else to_out("addmv", out, _addmv, arguments)


def addmv_(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``addmv`` written into ``input``, which must have the result's shape."""
    _check_addmv(input, mat, vec)
    return write_into_input(_addmv, (input, mat, vec, *scalars(input, beta, alpha)), (mat.shape[0],))


def _check_addmv(input: Any, mat: Any, vec: Any) -> None:
    arg.tensor(mat, "addmv", "mat")
    arg.tensor(vec, "addmv", "vec")
    _check_mv(mat, vec, input.ndim, input.numel())
    if not input._dtype is mat._dtype is vec._dtype:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {type_name(input)}, {type_name(mat)}, and "
            f"{type_name(vec)}"
        )


@operator("DotBackward0")
def _dot(xp: Any, input: Any, tensor: Any) -> Any:
    """Sum of the products of two vectors."""
    return product(xp, input, tensor).astype(input.dtype, copy=False)


@_dot.derivative("input")
def _(grad: Any, tensor: Any) -> Any:
    return grad * conj(tensor)


@_dot.derivative("tensor")
def _(grad: Any, input: Any) -> Any:
    return grad * conj(input)


def dot(input: Any, tensor: Any, *, out: Any = None) -> Any:
    """Sum of the products of two vectors of equal length and dtype; nothing is conjugated."""
    arg.check_tensor(input, "dot")
    arg.tensor(tensor, "dot", "tensor")
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    if input._dtype is not tensor._dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {type_name(input)} and {type_name(tensor)}"
        )
    n, m = input.numel(), tensor.numel()
    if n != m:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but "
            f"got {n} and {m} elements respectively"
        )
    refuse_other_kinds("dot", input._dtype, "ifc")
    return _dot(input, tensor) if out is None else to_out("dot", out, _dot, (input, tensor))


def outer(input: Any, vec2: Any, *, out: Any = None) -> Any:
    """All products of two vectors: (n,) and (m,) -> (n, m)."""
    arg.check_tensor(input, "outer")
    arg.tensor(vec2, "outer", "vec2")
    for name, vector in (("self", input), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vector.ndim}-D")
    column = reshape(input, (input.numel(), 1))
    return mul(column, vec2, out=out)
