"""The QR factorisation: A = Q R with orthonormal columns in Q and an upper triangle R.

For m >= n, with herm(X) = X + X^H, its diagonal halved,

    gA = (gQ + Q herm(triu(gR R^H - Q^H gQ))) R^-H

A wide A = [X | Y] has R = [U | V] with X = Q U and Y = Q V = X U^-1 V: the formula serves X, with gQ + Y gV^H for gQ,
and the gradient of Y is Q gV.

PyTorch: ``linalg_qr_out`` in ``aten/src/ATen/native/BatchLinearAlgebra.cpp``, ``linalg_qr_backward`` in
``FunctionsManual.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.solving import _solve_triangular
from minitorch.ops.shapes.joining import cat
from minitorch.ops.shapes.rearranging import diag_embed, triu


@operator("LinalgQrBackward0", column_major=(0, 1))
def _qr(xp: Any, A: Any, mode: str) -> Any:
    """Q and R; for mode "r" an empty Q."""
    if mode == "r":
        return xp.empty((0,), A.dtype), xp.linalg.qr(A, mode="r")
    *batch, rows, columns = A.shape
    if 0 in (rows, columns):
        k = rows if mode == "complete" else min(rows, columns)
        identity = xp.broadcast_to(xp.eye(rows, k, dtype=A.dtype), (*batch, rows, k))
        return xp.array(identity), xp.zeros((*batch, k, columns), A.dtype)
    Q, R = xp.linalg.qr(A, mode=mode)
    return Q, R


@_qr.derivative("A")
def _(grads: Any, result0: Any, result1: Any, mode: str) -> Any:
    Q, R = result0, result1
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
            "mode='reduced') if you are going to differentiate through linalg.qr."
        )
    rows, columns = Q.shape[-2], R.shape[-1]
    if mode == "complete" and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    grad_Q, grad_R = grads
    if rows >= columns:
        return _tall_gradient(grad_Q, grad_R, Q, R)
    U, V = R[..., :rows], R[..., rows:]
    if grad_R is None:
        grad_U = grad_V = None
        grad_Y = Q.new_zeros((*Q.shape[:-1], columns - rows))
    else:
        grad_U, grad_V = grad_R[..., :rows], grad_R[..., rows:]
        grad_Y = Q @ grad_V
        through_Y = Q @ V @ grad_V.mH
        grad_Q = through_Y if grad_Q is None else grad_Q + through_Y
    return cat([_tall_gradient(grad_Q, grad_U, Q, U), grad_Y], -1)


def _tall_gradient(grad_Q: Any, grad_R: Any, Q: Any, R: Any) -> Any:
    """The gradient of A with at least as many rows as columns."""
    inner = None if grad_R is None else grad_R @ R.mH
    if grad_Q is not None:
        product = Q.mH @ grad_Q
        inner = -product if inner is None else inner - product
    upper = triu(inner)
    diagonal = upper.diagonal(0, -2, -1)
    twice = upper + upper.mH
    hermitian = twice - diag_embed(diagonal.real if diagonal.is_complex() else diagonal)
    total = Q @ hermitian if grad_Q is None else grad_Q + Q @ hermitian
    return _solve_triangular(R.mH, total, False, False, False)


def qr(A: Any, mode: str = "reduced", *, out: Any = None) -> Any:
    """Q and R. ``mode``: "reduced" (Q has min(m, n) columns), "complete" (m columns) or "r" (no Q)."""
    return given.deliver_all(return_types.linalg_qr(_checked_qr(A, mode)), out, "linalg_qr", A)


def torch_qr(input: Any, some: bool = True, *, out: Any = None) -> Any:
    """``linalg.qr`` under its older name; not ``some``: complete."""
    factors = _checked_qr(input, "reduced" if some else "complete")
    return given.deliver_all(return_types.qr(factors), out, "qr", input)


def _checked_qr(A: Any, mode: str) -> Any:
    arg.check_tensor(A, "linalg_qr", "A")
    if not isinstance(mode, str):
        raise TypeError(f"linalg_qr(): argument 'mode' must be str, not {type(mode).__name__}")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    given.matrices(A, "linalg.qr")
    given.floating(A, "linalg.qr")
    given.kernel(A, "geqrf_cpu")
    return _qr(A, mode)
