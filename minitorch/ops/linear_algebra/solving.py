"""Linear equations: ``inv, solve, solve_triangular`` and their relatives.

    X = A^-1 B:        gB = A^-H gX,       gA = -gB X^H
    X = A^-1:          gA = -X^H gX X^H

so going backwards through a solution is another solution, with the adjoint matrix. A vector B is a matrix of one
column that is put on before and taken off afterwards.

The work is done by LAPACK through NumPy, for float32 in float64, where it answers for the whole batch. If a matrix is
singular NumPy gives up on all of them; only then ``arrays/elimination.py`` finds out which one it is.

PyTorch: ``aten/src/ATen/native/BatchLinearAlgebra.cpp``; derivatives in ``torch/csrc/autograd/FunctionsManual.cpp``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch import return_types
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import elimination
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.shapes.rearranging import tril, triu
from minitorch.ops.shapes.views import reshape, squeeze, unsqueeze

# ---- the inverse ---------------------------------------------------------------------------------------------------


@operator("LinalgInvExBackward0", column_major=(0,))
def _inv(xp: Any, A: Any) -> Any:
    """A^-1 and, for each matrix, where it turned out to be singular."""
    identity = xp.eye(A.shape[-1], dtype=A.dtype)
    return _solution(xp, A, identity)


@_inv.derivative("A")
def _(grad: Any, result: Any) -> Any:
    adjoint = result.mH
    return -(adjoint @ (grad @ adjoint))


def _solution(xp: Any, A: Any, B: Any) -> tuple[Any, Any]:
    """A^-1 B and info."""
    try:
        with xp.errstate(all="ignore"):
            return xp.linalg.solve(A, B), xp.zeros(A.shape[:-2], xp.int32)
    except np.linalg.LinAlgError:
        packed, pivots = elimination.lu_factor(xp, A)
        return elimination.lu_solve(xp, packed, pivots, B), elimination.first_zero_pivot(xp, packed)


def inv_ex(A: Any, *, check_errors: bool = False, out: Any = None) -> Any:
    """The inverse and ``info``; a singular matrix raises ``LinAlgError`` only if ``check_errors``."""
    given.square(A, "linalg.inv")
    given.floating(A, "linalg.inv", low_precision=False)
    inverse, info = _inv(A)
    if check_errors:
        given.check_info(info, "linalg.inv_ex", "inv")
    return given.deliver_all(return_types.linalg_inv_ex((inverse, info)), out, "linalg_inv_ex", A)


def inv(A: Any, *, out: Any = None) -> Any:
    """The inverse of square matrices. ``LinAlgError`` for a singular one."""
    inverse, info = inv_ex(A)
    given.check_info(info, "linalg.inv", "inv")
    return given.deliver(inverse, out, "linalg_inv", A)


def inverse(input: Any, *, out: Any = None) -> Any:
    """``linalg.inv``."""
    return inv(input, out=out)


# ---- A X = B -------------------------------------------------------------------------------------------------------


def _solve_gradients(grad: Any, A: Any, result: Any, left: bool) -> tuple[Any, Any]:
    """Gradients of A and B; what belongs to repeated batch members is summed by the engine."""
    grad_B = solve(A.mH, grad, left=left)
    return -(grad_B @ result.mH) if left else -(result.mH @ grad_B), grad_B


@operator("LinalgSolveExBackward0", column_major=(0,))
def _solve_left(xp: Any, A: Any, B: Any) -> Any:
    """X with A X = B."""
    return _solution(xp, A, B)


@_solve_left.derivative("A", "B")
def _(grad: Any, A: Any, result: Any) -> Any:
    return _solve_gradients(grad, A, result, True)


@operator("LinalgSolveExBackward0")
def _solve_right(xp: Any, A: Any, B: Any) -> Any:
    """X with X A = B, which is A^T X^T = B^T."""
    solution, info = _solution(xp, A.swapaxes(-2, -1), B.swapaxes(-2, -1))
    return solution.swapaxes(-2, -1), info


@_solve_right.derivative("A", "B")
def _(grad: Any, A: Any, result: Any) -> Any:
    return _solve_gradients(grad, A, result, False)


@operator("LinalgSolveExBackward0", column_major=(0,))
def _solve_vector(xp: Any, A: Any, B: Any) -> Any:
    """x with A x = b."""
    solution, info = _solution(xp, A, B[..., None])
    return solution[..., 0], info


@_solve_vector.derivative("A", "B")
def _(grad: Any, A: Any, result: Any) -> Any:
    grad_A, grad_B = _solve_gradients(unsqueeze(grad, -1), A, unsqueeze(result, -1), True)
    return grad_A, squeeze(grad_B, -1)


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """X with A X = B (``left=False``: X A = B), and ``info``."""
    result, info = _solve(A, B, left)
    if check_errors:
        given.check_info(info, "torch.linalg.solve_ex", "solve")
    return given.deliver_all(return_types.linalg_solve_ex((result, info)), out, "linalg_solve_ex", A, B)


def solve(A: Any, B: Any, *, left: bool = True, out: Any = None) -> Any:
    """X with A X = B (``left=False``: X A = B) for square A. ``LinAlgError`` if a matrix is singular."""
    result, info = _solve(A, B, left)
    given.check_info(info, "torch.linalg.solve", "solve")
    return given.deliver(result, out, "linalg_solve", A, B)


def _solve(A: Any, B: Any, left: bool) -> Any:
    arg.check_tensor(A, "linalg_solve", "A")
    given.floating(A, "linalg.solve", low_precision=False)
    given.same_dtype(A, B, "linalg.solve")
    if given.is_vector(A, B):  # a column; from the left only a number could be multiplied with it, and numbers commute
        given.equation(A, unsqueeze(B, -1), left, "linalg.solve")
        return _solve_vector(A, B)
    given.equation(A, B, left, "linalg.solve")
    return _solve_left(A, B) if left else _solve_right(A, B)


# ---- triangular matrices -------------------------------------------------------------------------------------------


@operator("LinalgSolveTriangularBackward0", column_major=(0,))
def _solve_triangular(xp: Any, A: Any, B: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    """X with A X = B or X A = B, reading one triangle of A."""
    if left:
        return elimination.solve_triangular(xp, A, B, upper, unitriangular)
    turned = elimination.solve_triangular(xp, A.swapaxes(-2, -1), B.swapaxes(-2, -1), not upper, unitriangular)
    return turned.swapaxes(-2, -1)


@_solve_triangular.derivative("A", "B")
def _(grad: Any, A: Any, result: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    grad_B = _solve_triangular(A.mH, grad, not upper, left, unitriangular)
    grad_A = -(grad_B @ result.mH) if left else -(result.mH @ grad_B)
    return _triangle(grad_A, upper, unitriangular), grad_B


def _triangle(matrix: Any, upper: bool, unitriangular: bool) -> Any:
    """The part of a gradient that belongs to elements which were read."""
    return triu(matrix, int(unitriangular)) if upper else tril(matrix, -int(unitriangular))


def solve_triangular(
    input: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False, out: Any = None
) -> Any:
    """X with A X = B (or X A = B) where A is triangular; what is on the other side of its diagonal is not looked at."""
    arg.check_tensor(input, "linalg_solve_triangular", "input")
    given.same_dtype(input, B, "linalg.solve_triangular")
    given.equation(input, B, left, "linalg.solve_triangular")
    given.kernel(input, "triangular_solve_cpu")
    result = _solve_triangular(input, B, bool(upper), bool(left), bool(unitriangular))
    return given.deliver(result, out, "linalg_solve_triangular", input, B)


@operator("TriangularSolveBackward0", column_major=(0, 1))
def _triangular_solve(xp: Any, input: Any, A: Any, upper: bool, transpose: bool, unitriangular: bool) -> Any:
    """X with op(A) X = input, and a copy of A."""
    triangle = A.swapaxes(-2, -1) if transpose else A
    batch = xp.broadcast_shapes(A.shape[:-2], input.shape[:-2])
    copy = xp.array(xp.broadcast_to(A, (*batch, *A.shape[-2:])))
    return elimination.solve_triangular(xp, triangle, input, upper != transpose, unitriangular), copy


@_triangular_solve.derivative("input", "A")
def _(grads: Any, A: Any, result: Any, upper: bool, transpose: bool, unitriangular: bool) -> Any:
    grad, grad_copy = grads
    grad_A = grad_copy
    if grad is None:
        return None, grad_A
    turned = A.mH.mT if transpose else A.mH  # the adjoint of op(A)
    grad_input = _solve_triangular(turned, grad, upper == transpose, True, unitriangular)
    own = -(result.conj() @ grad_input.mT) if transpose else -(grad_input @ result.mH)
    own = _triangle(own, upper, unitriangular)
    return grad_input, own if grad_A is None else grad_A + own


def triangular_solve(
    input: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False, *, out: Any = None
) -> Any:
    """The older form of ``solve_triangular``: the right side first, and a copy of A as second result."""
    arg.check_tensor(input, "triangular_solve", "input")
    arg.tensor(A, "triangular_solve", "A")
    for name, tensor in (("b", input), ("A", A)):
        if tensor.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {tensor.ndim} "
                "dimensions instead"
            )
    given.equation(A, input, True, "triangular_solve")
    given.kernel(A, "triangular_solve_cpu")
    solved = _triangular_solve(input, A, bool(upper), bool(transpose), bool(unitriangular))
    return given.deliver_all(return_types.triangular_solve(solved), out, "triangular_solve", input, A)


# ---- tensors as matrices -------------------------------------------------------------------------------------------


def tensorinv(A: Any, ind: int = 2, *, out: Any = None) -> Any:
    """The inverse of A as a map from its dimensions behind ``ind`` to those before: for ``tensordot``."""
    arg.check_tensor(A, "linalg_tensorinv")
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    if ind > A.ndim:
        raise RuntimeError(f"linalg.tensorinv: ind = {ind} is out of range for a tensor with {A.ndim} dimensions")
    before, behind = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if math.prod(behind) != math.prod(before):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{math.prod(behind)} != {math.prod(before)}"
        )
    inverse, info = inv_ex(reshape(A, (math.prod(behind), math.prod(before))))
    given.check_info(info, "inv", "inv")
    return given.deliver(reshape(inverse, (*behind, *before)), out, "linalg_tensorinv", A)


def tensorsolve(A: Any, B: Any, dims: Any = None, *, out: Any = None) -> Any:
    """X with ``tensordot(A, X, X.ndim) = B``; ``dims`` of A are moved to its end first."""
    arg.check_tensor(A, "linalg_tensorsolve")
    arg.check_tensor(B, "linalg_tensorsolve", "other", 2)
    ndim = A.ndim
    if dims is not None:
        last = arg.integers(dims, "linalg_tensorsolve", "dims")
        A = A.movedim(last, tuple(range(ndim - len(last), ndim)))
    shape = tuple(A.shape[B.ndim :])
    if math.prod(shape) != math.prod(A.shape[: B.ndim]):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {math.prod(shape)} != {math.prod(A.shape[: B.ndim])}"
        )
    count = math.prod(shape)
    result = solve(reshape(A, (count, count)), reshape(B, (B.numel(),)))
    return given.deliver(reshape(result, shape), out, "linalg_tensorsolve", A, B)
