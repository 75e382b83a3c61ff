"""Products of vectors and of chains of matrices: ``inner, vdot, vecdot, cross, kron, vander, multi_dot``.

``vdot`` and ``vecdot`` conjugate their first operand, ``dot`` and ``inner`` nothing. ``cross`` is the product of
vectors of length 3 that is orthogonal to both; its derivative is a cross product, for g . (a x b) = a . (b x g) = b .
(g x a).

The order in which a chain of matrices is multiplied does not change the result, but what it costs. ``multi_dot`` finds
the cheapest one: cost[i, j], for the matrices i to j, is the least over all places k where the last product may be,

    cost[i, k] + cost[k + 1, j] + rows(i) * columns(k) * columns(j)

(Cormen et al., "Introduction to Algorithms", chapter 15.2).

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp``, ``Cross.cpp``, ``Blas.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.elementwise.arithmetic import conj, mul
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.einsum import tensordot
from minitorch.ops.linear_algebra.linalg import _c_name, mm, product, to_out
from minitorch.ops.linear_algebra.matrix_vector import dot
from minitorch.ops.reductions.reduction import sum as sum_over
from minitorch.ops.shapes.joining import cat
from minitorch.ops.shapes.views import _unsafe_view, unsqueeze
from minitorch.tensor_base import TensorBase

# ---- inner products ------------------------------------------------------------------------------------------------


def inner(input: Any, other: Any, *, out: Any = None) -> Any:
    """Sum of products over the last dimension of both; a plain product if one is zero-dim."""
    arg.check_tensor(input, "inner")
    arg.tensor(other, "inner", "other")
    if input._dtype is not other._dtype:
        raise RuntimeError("both inputs should have same dtype")
    if input.ndim == 0 or other.ndim == 0:
        return mul(input, other, out=out)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return given.deliver(tensordot(input, other, ([-1], [-1])), out, "inner", input, other)


@operator("VdotBackward0")
def _vdot(xp: Any, input: Any, other: Any) -> Any:
    """Sum of conj(input) * other."""
    return product(xp, xp.conj(input) if input.dtype.kind == "c" else input, other).astype(input.dtype, copy=False)


@_vdot.derivative("input")
def _(grad: Any, other: Any) -> Any:
    return conj(grad) * other


@_vdot.derivative("other")
def _(grad: Any, input: Any) -> Any:
    return grad * input


def vdot(input: Any, other: Any, *, out: Any = None) -> Any:
    """The dot product of two vectors, the first of them conjugated."""
    arg.check_tensor(input, "vdot")
    arg.tensor(other, "vdot", "other")
    dot(input.detach(), other.detach())  # the same conditions
    return _vdot(input, other) if out is None else to_out("vdot", out, _vdot, (input, other))


def vecdot(x: Any, y: Any, *, dim: int = -1, out: Any = None) -> Any:
    """Dot products along ``dim``, the first operand conjugated; batch dimensions broadcast."""
    arg.check_tensor(x, "linalg_vecdot", "x")
    arg.tensor(y, "linalg_vecdot", "y")
    given.floating(x, "linalg.vecdot")
    given.same_dtype(x, y, "linalg.vecdot", ("x", "y"))
    if x.ndim == 1 and y.ndim == 1:
        return vdot(x, y, out=out)
    return given.deliver(sum_over(conj(x) * y, dim), out, "linalg_vecdot", x, y)


# ---- the vector product --------------------------------------------------------------------------------------------


@operator("LinalgCrossBackward0")
def _cross(xp: Any, input: Any, other: Any, dim: int) -> Any:
    """a_1 b_2 - a_2 b_1 and so on around."""
    shape = xp.broadcast_shapes(input.shape, other.shape)
    wide = accumulation_dtype(input.dtype)
    a = [part.astype(wide, copy=False) for part in xp.moveaxis(xp.broadcast_to(input, shape), dim, 0)]
    b = [part.astype(wide, copy=False) for part in xp.moveaxis(xp.broadcast_to(other, shape), dim, 0)]
    around = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    return xp.stack(around, axis=dim).astype(input.dtype, copy=False)


@_cross.derivative("input")
def _(grad: Any, other: Any, dim: int) -> Any:
    return _cross(conj(other), grad, dim)


@_cross.derivative("other")
def _(grad: Any, input: Any, dim: int) -> Any:
    return _cross(grad, conj(input), dim)


def cross(input: Any, other: Any, *, dim: int = -1, out: Any = None) -> Any:
    """The vector product along ``dim``, which must have size 3; the other dimensions broadcast."""
    arg.check_tensor(input, "linalg_cross")
    arg.tensor(other, "linalg_cross", "other")
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    axis = geo.wrap_dim(arg.integer(dim, "linalg_cross", "dim"), input.ndim)
    if input.shape[axis] != 3 or other.shape[axis] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[axis]} and {other.shape[axis]}"
        )
    geo.broadcast_shapes(tuple(input.shape), tuple(other.shape))
    if input._dtype is not other._dtype:
        raise RuntimeError(
            f"expected scalar type {scalar_type_name(input._dtype)} but found {scalar_type_name(other._dtype)}"
        )
    if input.numel() and other.numel():
        refuse_other_kinds("cross", input._dtype, "ifc")
    return given.deliver(_cross(input, other, axis), out, "linalg_cross", input, other)


def torch_cross(input: Any, other: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """``linalg.cross`` along the first dimension of size 3, if none is named."""
    arg.check_tensor(input, "cross")
    if dim is None:
        if 3 not in input.shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = input.shape.index(3)
    return cross(input, other, dim=dim, out=out)


# ---- all products --------------------------------------------------------------------------------------------------


def kron(input: Any, other: Any, *, out: Any = None) -> Any:
    """The Kronecker product: every element of ``input`` times the whole of ``other``, laid out as blocks."""
    arg.check_tensor(input, "kron")
    arg.tensor(other, "kron", "other")
    ndim = max(input.ndim, other.ndim)
    a = (*(1,) * (ndim - input.ndim), *input.shape)
    b = (*(1,) * (ndim - other.ndim), *other.shape)
    # (a0, a1) x (b0, b1): (a0, 1, a1, 1) * (1, b0, 1, b1) -> (a0, b0, a1, b1) -> (a0 b0, a1 b1)
    left = _unsafe_view(input, tuple(size for pair in zip(a, (1,) * ndim) for size in pair))
    right = _unsafe_view(other, tuple(size for pair in zip((1,) * ndim, b) for size in pair))
    result = _unsafe_view(mul(left, right), tuple(m * n for m, n in zip(a, b)))
    return given.deliver(result, out, "kron", input, other)


def vander(x: Any, N: int | None = None) -> Any:
    """Powers 0 to N - 1 of each element along a new last dimension, (*, n) -> (*, n, N); N is n by default."""
    arg.check_tensor(x, "linalg_vander", "x")
    if x._dtype in (dtypes.float16, dtypes.bfloat16, dtypes.bool_):
        raise RuntimeError(
            f"linalg.vander supports floating point, complex, and integer tensors, but got {scalar_type_name(x._dtype)}"
        )
    if x.ndim == 0:
        x = unsqueeze(x, 0)
    count = x.shape[-1] if N is None else arg.integer(N, "linalg_vander", "N")
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    powers = unsqueeze(x, -1).expand((*x.shape, count - 1)).cumprod(-1)
    return cat([powers.new_ones((*x.shape, 1)), powers], -1)


# ---- chains --------------------------------------------------------------------------------------------------------


def multi_dot(tensors: Any, *, out: Any = None) -> Any:
    """The product of matrices in the cheapest order; the first and the last may be vectors."""
    matrices = _chain(tensors)
    lead = () if tensors[0].ndim == 1 else (tensors[0].shape[0],)
    tail = () if tensors[-1].ndim == 1 else (tensors[-1].shape[1],)
    sizes = [matrix.shape[0] for matrix in matrices] + [matrices[-1].shape[1]]
    result = _multiply(matrices, _cheapest_splits(sizes), 0, len(matrices) - 1).view((*lead, *tail))
    return given.deliver(result, out, "linalg_multi_dot", *matrices)


def _chain(tensors: Any) -> list[Any]:
    """The operands as matrices that fit. ``RuntimeError`` where they don't."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            "linalg_multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, TensorBase):
            raise TypeError(
                f"linalg_multi_dot(): argument 'tensors' must be tuple of Tensors, but got {type(tensor).__name__} at "
                f"position {place}"
            )
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    matrices = list(tensors)
    for place, name, vector_to_matrix in ((0, "first", 0), (len(tensors) - 1, "last", -1)):
        tensor = tensors[place]
        if tensor.ndim not in (1, 2):
            raise RuntimeError(f"multi_dot(): the {name} tensor must be 1D or 2D but got {tensor.ndim}D")
        if tensor.ndim == 1:
            matrices[place] = unsqueeze(tensor, vector_to_matrix)
    for place, matrix in enumerate(matrices):
        if matrix.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {place} must be 2D but got {matrix.ndim}D")
        if matrix._dtype is not matrices[0]._dtype:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {_c_name(matrices[0])} and "
                f"tensor {place} {_c_name(matrix)}"
            )
        if place and matrices[place - 1].shape[1] != matrix.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {place - 1} and {place} with shapes {list(matrices[place - 1].shape)} and "
                f"{list(matrix.shape)} cannot be multiplied"
            )
    return matrices


def _cheapest_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """For each stretch of the chain, behind which matrix to split it. Matrix i is sizes[i] by sizes[i + 1]."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            cost[i, j] = min(costs)
            split[i, j] = i + costs.index(cost[i, j])
    return split


def _multiply(matrices: list[Any], split: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return matrices[i]
    k = split[i, j]
    return mm(_multiply(matrices, split, i, k), _multiply(matrices, split, k + 1, j))


def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """``linalg.multi_dot`` under its older name: the matrices one by one, and only matrices."""
    if len(matrices) == 1 and isinstance(matrices[0], (tuple, list)):
        matrices = tuple(matrices[0])
    for place, matrix in enumerate(matrices):
        if not isinstance(matrix, TensorBase):
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {type(matrix).__name__}")
        if matrix.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {matrix.ndim}, expected 2 instead.")
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    if len(matrices) == 1:
        return given.deliver(matrices[0].clone() if out is None else matrices[0], out, "chain_matmul", *matrices)
    return multi_dot(matrices, out=out)
