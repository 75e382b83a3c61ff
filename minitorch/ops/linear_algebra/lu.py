"""The LU factorisation: A = P L U with a permutation, a lower triangle of ones on the diagonal, and an upper triangle.

For square A, with gL and gU the gradients of the factors (the upper triangle of gL and the lower of gU do not exist),

    gA = P L^-H [ tril(L^H gL, -1) + triu(gU U^H) ] U^-H

If A is wide, its last columns are P L times the last columns of U; if it is tall, its last rows are the last rows of L
times U. The gradient of these parts is a plain product's, and what it says about the square part joins the bracket.

``lu_factor`` keeps L and U in one matrix, as LAPACK does, with the row swaps as ``pivots``; ``lu_unpack`` takes them
apart.

PyTorch: ``aten/src/ATen/native/BatchLinearAlgebra.cpp``; ``plu_backward_base`` in ``FunctionsManual.cpp``. Left out, as
on PyTorch's CPU: ``pivot=False``.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import elimination
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.solving import _solve_triangular
from minitorch.ops.shapes.joining import cat
from minitorch.ops.shapes.rearranging import tril, triu


def _lu_gradient(grad_L: Any, grad_U: Any, P: Any, L: Any, U: Any) -> Any:
    """The gradient of A; see the module's text. A missing gradient of one factor is a zero."""
    rows, columns = L.shape[-2], U.shape[-1]
    k = min(rows, columns)
    grad_L = L.new_zeros(L.shape) if grad_L is None else grad_L
    grad_U = U.new_zeros(U.shape) if grad_U is None else grad_U
    L1, U1, gL1, gU1 = L[..., :k, :], U[..., :, :k], grad_L[..., :k, :], grad_U[..., :, :k]
    lower, upper = L1.mH @ gL1, gU1 @ U1.mH
    if rows > k:
        upper = upper - L[..., k:, :].mH @ grad_L[..., k:, :]
    if columns > k:
        lower = lower - grad_U[..., :, k:] @ U[..., :, k:].mH
    inner = _solve_triangular(U1.mH, tril(lower, -1) + triu(upper), False, False, False)
    grad_A = _solve_triangular(L1.mH, inner, True, True, True)
    if columns > k:
        grad_A = cat([grad_A, _solve_triangular(L1.mH, grad_U[..., :, k:], True, True, True)], -1)
    if rows > k:
        grad_A = cat([grad_A, _solve_triangular(U1.mH, grad_L[..., k:, :], False, False, False)], -2)
    return P @ grad_A


@operator("LinalgLuFactorExBackward0", column_major=(0,))
def _lu_factor(xp: Any, A: Any) -> Any:
    """L and U in one matrix, pivots, info."""
    packed, pivots = elimination.lu_factor(xp, A)
    return packed, pivots, elimination.first_zero_pivot(xp, packed)


@_lu_factor.derivative("A")
def _(grad: Any, result0: Any, result1: Any) -> Any:
    P, L, U = lu_unpack(result0, result1)
    return _lu_gradient(grad[..., :, : L.shape[-1]], grad[..., : U.shape[-2], :], P, L, U)


def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """``lu_factor`` with ``info``: where U has its first zero on the diagonal, else 0."""
    arg.check_tensor(A, "linalg_lu_factor_ex", "A")
    if A.ndim < 2:
        raise RuntimeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead"
        )
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    given.kernel(A, "lu_cpu")
    packed, pivots, info = _lu_factor(A)
    if check_errors:
        _check_nonsingular(info, "torch.linalg.lu_factor_ex")
    results = return_types.linalg_lu_factor_ex((packed, pivots, info))
    return given.deliver_all(results, out, "linalg_lu_factor_ex", A)


def _check_nonsingular(info: Any, function: str) -> None:
    for place, failed in enumerate(info.array.reshape(-1).tolist()):
        if failed:
            where = f"(Batch element {place}): " if info.ndim else ""
            raise RuntimeError(
                f"{function}: {where}U[{failed},{failed}] is zero and using it on lu_solve would result in a division "
                "by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
                "linalg.lu_factor_ex(A, pivot)"
            )


def lu_factor(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """L and U packed in one matrix, and pivots from 1. ``RuntimeError`` for a singular matrix."""
    packed, pivots, info = lu_factor_ex(A, pivot=pivot)
    _check_nonsingular(info, "torch.linalg.lu_factor")
    return given.deliver_all(return_types.linalg_lu_factor((packed, pivots)), out, "linalg_lu_factor", A)


def torch_lu(A: Any, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """``lu_factor`` under its older name: a plain tuple, with ``info`` if ``get_infos``."""
    packed, pivots, info = lu_factor_ex(A, pivot=pivot)
    results = return_types._lu_with_info((packed, pivots, info)) if get_infos else (packed, pivots)
    if out is not None:
        for result, place in zip(results, out):
            given.deliver(result, place, "lu", A)
        return tuple(out)
    return results


# ---- the factors one by one ----------------------------------------------------------------------------------------


def _factors(xp: Any, packed: Any, pivots: Any) -> tuple[Any, Any, Any]:
    """P, L and U from what ``lu_factor`` gave."""
    rows, columns = packed.shape[-2:]
    k = min(rows, columns)
    P = elimination.permutation_matrix(xp, elimination.row_order(xp, pivots, rows), packed.dtype)
    L = xp.tril(packed[..., :, :k], -1)
    L[..., xp.arange(k), xp.arange(k)] = 1
    return P, L, xp.triu(packed[..., :k, :])


@operator("LinalgLuBackward0")
def _lu(xp: Any, A: Any) -> Any:
    """P, L, U."""
    return _factors(xp, *elimination.lu_factor(xp, A))


@_lu.derivative("A")
def _(grads: Any, result0: Any, result1: Any, result2: Any) -> Any:
    return _lu_gradient(grads[1], grads[2], result0.detach(), result1, result2)


def lu(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """P, L, U with A = P L U; U may be singular. P has no gradient."""
    arg.check_tensor(A, "linalg_lu", "A")
    if A.ndim < 2:
        raise RuntimeError(f"linalg.lu: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead")
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    given.kernel(A, "lu_cpu")
    P, L, U = _lu(A)
    return given.deliver_all(return_types.linalg_lu((_constant(P), L, U)), out, "linalg_lu", A)


def _constant(permutation: Any) -> Any:
    """P is no function of A that could be differentiated: it leaves the graph."""
    return permutation.detach() if permutation.requires_grad else permutation


@operator("LuUnpackBackward0")
def _unpack(xp: Any, LU_data: Any, LU_pivots: Any, unpack_data: bool) -> Any:
    """P, L, U; the latter two empty unless ``unpack_data``."""
    P, L, U = _factors(xp, LU_data, LU_pivots)
    return (P, L, U) if unpack_data else (P, xp.empty((0,), L.dtype), xp.empty((0,), U.dtype))


@_unpack.derivative("LU_data")
def _(grads: Any, LU_data_geometry: Geometry) -> Any:
    _, grad_L, grad_U = grads
    rows, columns = LU_data_geometry.shape[-2:]
    parts = []
    if grad_L is not None and grad_L.ndim > 1:
        parts.append(_padded(tril(grad_L, -1), rows, columns))
    if grad_U is not None and grad_U.ndim > 1:
        parts.append(_padded(triu(grad_U), rows, columns))
    if not parts:
        return None  # only the permutation was asked for
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _padded(part: Any, rows: int, columns: int) -> Any:
    """Zeros added on the right and below."""
    if part.shape[-1] < columns:
        part = cat([part, part.new_zeros((*part.shape[:-1], columns - part.shape[-1]))], -1)
    if part.shape[-2] < rows:
        part = cat([part, part.new_zeros((*part.shape[:-2], rows - part.shape[-2], columns))], -2)
    return part


def lu_unpack(
    LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True, *, out: Any = None
) -> Any:
    """P, L, U of ``lu_factor``'s result; what is not unpacked is an empty tensor."""
    arg.check_tensor(LU_data, "lu_unpack", "LU_data")
    if unpack_pivots:
        _check_pivots(LU_pivots, "lu_unpack")
    P, L, U = _unpack(LU_data, LU_pivots, bool(unpack_data))
    results = (_constant(P) if unpack_pivots else LU_data.detach().new_empty((0,)), L, U)
    return given.deliver_all(return_types.lu_unpack(results), out, "lu_unpack", LU_data)


def _check_pivots(pivots: Any, function: str) -> None:
    arg.tensor(pivots, function, "pivots")
    if pivots._dtype is not dtypes.int32:
        raise RuntimeError(
            f"torch.{function}: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype. Note: this "
            "function is intended to be used with the output produced by torch.linalg.lu_factor"
        )


# ---- equations -----------------------------------------------------------------------------------------------------


@operator("LinalgLuSolveBackward0", column_major=(0,))
def _lu_solve_left(xp: Any, LU: Any, pivots: Any, B: Any, adjoint: bool) -> Any:
    """X with A X = B, or with A^H X = B (adjoint), for A = P L U."""
    forward = elimination.lu_solve_adjoint if adjoint else elimination.lu_solve
    return forward(xp, LU, pivots, B)


@_lu_solve_left.derivative("LU", "B")
def _(grad: Any, LU: Any, pivots: Any, result: Any, adjoint: bool) -> Any:
    grad_B = _lu_solve_left(LU, pivots, grad, not adjoint)
    return _packed_gradient(grad_B, result, LU, pivots, adjoint), grad_B


@operator("LinalgLuSolveBackward0")
def _lu_solve_right(xp: Any, LU: Any, pivots: Any, B: Any, adjoint: bool) -> Any:
    """X with X A = B, or with X A^H = B (adjoint): the equation A^H X^H = B^H."""
    forward = elimination.lu_solve if adjoint else elimination.lu_solve_adjoint
    return xp.conj(forward(xp, LU, pivots, xp.conj(B.swapaxes(-2, -1))).swapaxes(-2, -1))


@_lu_solve_right.derivative("LU", "B")
def _(grad: Any, LU: Any, pivots: Any, result: Any, adjoint: bool) -> Any:
    grad_B = _lu_solve_right(LU, pivots, grad, not adjoint)
    return _packed_gradient(grad_B.mH, result.mH, LU, pivots, not adjoint), grad_B


def _packed_gradient(grad_B: Any, X: Any, LU: Any, pivots: Any, adjoint: bool) -> Any:
    """The gradient of both triangles in their one matrix, from that of the right side."""
    P, L, U = lu_unpack(LU, pivots)
    if adjoint:  # U^H W = B, L^H P^T X = W
        Z = P.mT @ X
        W = L.mH @ Z
        grad_W = U @ grad_B
        return tril(-(Z @ grad_W.mH), -1) + triu(-(W @ grad_B.mH))
    g = P.mT @ grad_B  # L Y = P^T B, U X = Y
    grad_U = -((L.mH @ g) @ X.mH)
    return tril(-(g @ (U @ X).mH), -1) + triu(grad_U)


def lu_solve(
    LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False, out: Any = None
) -> Any:  # fmt: skip
    """X with A X = B, where LU and pivots are ``lu_factor(A)``."""
    arg.check_tensor(LU, "linalg_lu_solve", "LU")
    given.same_dtype(LU, B, "linalg.lu_solve", ("LU", "B"))
    if pivots._dtype is not dtypes.int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    given.square(LU, "torch.linalg.lu_solve", "LU")
    given.equation(LU, B, left, "linalg.lu_solve")
    if tuple(pivots.shape) != tuple(LU.shape[:-1]):
        raise RuntimeError("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
    given.kernel(LU, "lu_solve_cpu")
    result = (_lu_solve_left if left else _lu_solve_right)(LU, pivots, B, bool(adjoint))
    return given.deliver(result, out, "linalg_lu_solve", LU, B)


def torch_lu_solve(input: Any, LU_data: Any, LU_pivots: Any, *, out: Any = None) -> Any:
    """``linalg.lu_solve`` under its older name, with the right side first."""
    return lu_solve(LU_data, LU_pivots, input, out=out)
