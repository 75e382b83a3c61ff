"""The Cholesky factorisation of a Hermitian, positive-definite matrix: A = L L^H with a lower triangle L.

    P = tril(L^H gL),      gA = L^-H  (P + tril(P, -1)^H) / 2  L^-1

From L: ``cholesky_solve`` gives A^-1 B, ``cholesky_inverse`` A^-1. With ``upper`` the factor is U = L^H, A = U^H U.

PyTorch: ``aten/src/ATen/native/BatchLinearAlgebra.cpp``; ``cholesky_backward`` in ``FunctionsManual.cpp``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import return_types
from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import elimination
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.solving import _solve_triangular
from minitorch.ops.shapes.rearranging import tril
from minitorch.tensor_base import wrap_any

# ---- the factor -----------------------------------------------------------------------------------------------------


def _factor(xp: Any, A: Any, upper: bool) -> tuple[Any, Any]:
    """The factor and info, from the triangle of A that the factor has."""
    if A.size == 0:
        return xp.array(A), xp.zeros(A.shape[:-2], xp.int32)
    try:
        factor = xp.linalg.cholesky(A, upper=upper)
        if not xp.isnan(factor).any():
            return factor, xp.zeros(A.shape[:-2], xp.int32)
    except np.linalg.LinAlgError:
        pass  # one of them is not positive-definite; which one, and where, is found out below
    factor, info = elimination.cholesky(xp, xp.conj(A.swapaxes(-2, -1)) if upper else A)
    return xp.conj(factor.swapaxes(-2, -1)) if upper else factor, info


def _factor_gradient(grad: Any, factor: Any, upper: bool) -> Any:
    L, grad = (factor.mH, grad.mH) if upper else (factor, grad)
    inner = tril(L.mH @ grad)
    inner = 0.5 * (inner + tril(inner, -1).mH)
    inner = _solve_triangular(L.mH, inner, True, True, False)
    return _solve_triangular(L, inner, False, False, False)


@operator("LinalgCholeskyExBackward0", column_major=(0,))
def _cholesky_ex(xp: Any, A: Any, upper: bool) -> Any:
    """L or U, and info."""
    return _factor(xp, A, upper)


@_cholesky_ex.derivative("A")
def _(grad: Any, result: Any, upper: bool) -> Any:
    return _factor_gradient(grad, result, upper)


@operator("CholeskyBackward0", column_major=(0,))
def _cholesky(xp: Any, A: Any, upper: bool) -> Any:
    """L or U, and info."""
    return _factor(xp, A, upper)


@_cholesky.derivative("A")
def _(grad: Any, result: Any, upper: bool) -> Any:
    return _factor_gradient(grad, result, upper)


def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    """The factor, and ``info``: the order of the first leading minor that is not positive, else 0."""
    given.square(A, "linalg.cholesky")
    given.floating(A, "linalg.cholesky")
    given.kernel(A, "cholesky_cpu")
    factor, info = _cholesky_ex(A, arg.boolean(upper, "linalg_cholesky", "upper"))
    if check_errors:
        given.check_info(info, "linalg.cholesky_ex", "cholesky")
    return given.deliver_all(return_types.linalg_cholesky_ex((factor, info)), out, "linalg_cholesky_ex", A)


def cholesky(A: Any, *, upper: bool = False, out: Any = None) -> Any:
    """L with A = L L^H (``upper``: U with A = U^H U). ``LinAlgError`` if a matrix is not positive-definite."""
    factor, info = cholesky_ex(A, upper=upper)
    given.check_info(info, "linalg.cholesky", "cholesky")
    return given.deliver(factor, out, "linalg_cholesky", A)


def torch_cholesky(input: Any, upper: bool = False, *, out: Any = None) -> Any:
    """``linalg.cholesky`` under its older name."""
    arg.check_tensor(input, "cholesky")
    if input.numel() or input.ndim < 2:  # what is empty need not be square
        given.square(input, "cholesky")
    given.kernel(input, "cholesky_cpu")
    factor, info = _cholesky(input, bool(upper))
    given.check_info(info, "cholesky", "cholesky")
    return given.deliver(factor, out, "cholesky", input)


# ---- what the factor is good for ------------------------------------------------------------------------------------


@operator("CholeskySolveBackward0", column_major=(0,))
def _cholesky_solve(xp: Any, input: Any, input2: Any, upper: bool) -> Any:
    """A^-1 input for A = L L^H: two substitutions."""
    adjoint = xp.conj(input2.swapaxes(-2, -1))
    lower, higher = (adjoint, input2) if upper else (input2, adjoint)
    half = elimination.solve_triangular(xp, lower, input, False, False)
    return elimination.solve_triangular(xp, higher, half, True, False)


@_cholesky_solve.derivative("input", "input2")
def _(grad: Any, input2: Any, result: Any, upper: bool) -> Any:
    grad_input = _cholesky_solve(grad, input2, upper)
    common = grad_input @ result.mH
    common = common + common.mH
    return grad_input, -(input2 @ common) if upper else -(common @ input2)


def cholesky_solve(input: Any, L: Any, upper: bool = False, *, out: Any = None) -> Any:
    """A^-1 ``input`` where L is the Cholesky factor of A; batch dimensions broadcast."""
    arg.check_tensor(input, "cholesky_solve")
    arg.tensor(L, "cholesky_solve", "L")
    for name, tensor in (("b", input), ("u", L)):
        if tensor.ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {tensor.ndim} dimensions instead")
    given.equation(L, input, True, "cholesky_solve")
    given.same_dtype(input, L, "cholesky_solve", ("b", "A"))
    given.kernel(L, "cholesky_solve_cpu")
    batch = geo.broadcast_shapes(tuple(input.shape[:-2]), tuple(L.shape[:-2]))
    if tuple(input.shape[:-2]) != tuple(batch):
        input = input.expand((*batch, *input.shape[-2:]))
    if tuple(L.shape[:-2]) != tuple(batch):
        L = L.expand((*batch, *L.shape[-2:]))
    return given.deliver(_cholesky_solve(input, L, bool(upper)), out, "cholesky_solve", input, L)


@operator("CholeskyInverseBackward0", column_major=(0,))
def _cholesky_inverse(xp: Any, L: Any, upper: bool) -> Any:
    """(L L^H)^-1."""
    lower = xp.conj(L.swapaxes(-2, -1)) if upper else L
    half = elimination.solve_triangular(xp, lower, xp.eye(L.shape[-1], dtype=L.dtype), False, False)
    return xp.conj(half.swapaxes(-2, -1)) @ half


@_cholesky_inverse.derivative("L")
def _(grad: Any, L: Any, result: Any, upper: bool) -> Any:
    common = result @ (grad + grad.mH) @ result
    return -(L @ common) if upper else -(common @ L)


def cholesky_inverse(L: Any, upper: bool = False, *, out: Any = None) -> Any:
    """A^-1 from the Cholesky factor of A. ``LinAlgError`` if there is a zero on its diagonal."""
    given.square(L, "cholesky_inverse")
    given.kernel(L, "cholesky_inverse_out_cpu")
    info = wrap_any(elimination.first_zero_pivot(L.device.backend.xp, L.array), L._storage.device)
    given.check_info(info, "cholesky_inverse", "inv")
    return given.deliver(_cholesky_inverse(L, bool(upper)), out, "cholesky_inverse", L)
