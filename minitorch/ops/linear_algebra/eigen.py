"""Eigenvalues and eigenvectors: ``eigh`` for Hermitian matrices, ``eig`` for any, A V = V diag(L).

With E_ij = L_j - L_i (1 on the diagonal) and H = V^H gV,

    eigh:   gA = V (diag(gL) + (H - H^H) / 2 / E) V^H                   V unitary
    eig:    gA = V^-H (diag(gL) + (H - V^H V diag(Re H)) / conj(E)) V^H     columns of V have length 1

Equal eigenvalues divide by zero: their eigenvectors are not determined. Nor is the phase of a complex eigenvector, so a
loss must not depend on it; a derivative that sees it does, by an imaginary diagonal of H, refuses.

PyTorch: ``aten/src/ATen/native/BatchLinearAlgebra.cpp``; ``linalg_eig_backward`` in ``FunctionsManual.cpp``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.solving import solve_ex
from minitorch.ops.shapes.rearranging import diag_embed
from minitorch.ops.shapes.views import unsqueeze


def _distances(L: Any) -> Any:
    """E_ij = L_j - L_i, with ones on the diagonal."""
    n = L.shape[-1]
    difference = unsqueeze(L, -2) - unsqueeze(L, -1)
    return difference + diag_embed(L.new_ones((*L.shape[:-1], n)))


def _check_phase(diagonal: Any, name: str) -> None:
    if not np.allclose(diagonal.detach().array.imag, 0, rtol=1e-2, atol=1e-2):
        raise RuntimeError(
            f"{name}: The eigenvectors in the complex case are specified up to multiplication by e^{{i phi}}. The "
            "specified loss function depends on this quantity, so it is ill-defined."
        )


# ---- Hermitian matrices --------------------------------------------------------------------------------------------


def decompose(xp: Any, A: Any, UPLO: str) -> tuple[Any, Any]:
    """Eigenvalues and vectors of a Hermitian array. ``LinAlgError`` where LAPACK's iteration does not converge."""
    try:
        values, vectors = xp.linalg.eigh(A, UPLO)
    except np.linalg.LinAlgError:
        raise given.LinAlgError(
            "linalg.eigh: The algorithm failed to converge because the input matrix is ill-conditioned or has too many "
            "repeated eigenvalues."
        ) from None
    return values, vectors


@operator("LinalgEighBackward0", column_major=(1,))
def _eigh(xp: Any, A: Any, UPLO: str) -> Any:
    """Eigenvalues in ascending order, and eigenvectors in columns."""
    return decompose(xp, A, UPLO)


@_eigh.derivative("A")
def _(grads: Any, result0: Any, result1: Any) -> Any:
    grad_L, grad_V = grads
    L, V = result0, result1
    if grad_V is None:
        return (V * unsqueeze(grad_L, -2)) @ V.mH
    product = V.mH @ grad_V
    if V.is_complex():
        _check_phase(product.diagonal(0, -2, -1), "linalg_eigh_backward")
    inner = 0.5 * (product - product.mH) / _distances(L)  # what would make V less orthonormal is no way to move
    inner = _off_diagonal(inner) if V.is_complex() else inner
    if grad_L is not None:
        inner = inner + diag_embed(grad_L)
    return V @ inner @ V.mH


def _off_diagonal(matrix: Any) -> Any:
    return matrix - diag_embed(matrix.diagonal(0, -2, -1))


def eigh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """Eigenvalues (ascending, real) and eigenvectors of Hermitian matrices, of which one triangle is read."""
    return given.deliver_all(return_types.linalg_eigh(_checked_eigh(A, UPLO)), out, "linalg_eigh", A)


def eigvalsh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """Eigenvalues of Hermitian matrices, ascending."""
    return given.deliver(_checked_eigh(A, UPLO)[0], out, "linalg_eigvalsh", A)


def _checked_eigh(A: Any, UPLO: str) -> Any:
    given.square(A, "linalg.eigh")
    if not isinstance(UPLO, str):
        raise TypeError(f"linalg_eigh(): argument 'UPLO' must be str, not {type(UPLO).__name__}")
    if UPLO not in ("L", "U", "l", "u"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    given.kernel(A, "linalg_eigh_cpu")
    return _eigh(A, UPLO.upper())


# ---- any matrices --------------------------------------------------------------------------------------------------


@operator("LinalgEigBackward0", column_major=(1,))
def _eig(xp: Any, A: Any) -> Any:
    """Eigenvalues and eigenvectors, complex."""
    wide = xp.result_type(A.dtype, xp.complex64)
    if A.size == 0:
        return xp.empty(A.shape[:-1], wide), xp.empty(A.shape, wide)
    values, vectors = xp.linalg.eig(A)
    return values.astype(wide, copy=False), vectors.astype(wide, copy=False)


@_eig.derivative("A")
def _(grads: Any, A_geometry: Any, result0: Any, result1: Any) -> Any:
    grad_L, grad_V = grads
    L, V = result0, result1
    if grad_V is None:
        return solve_ex(V.mH, unsqueeze(grad_L, -1) * V.mH)[0]
    product = V.mH @ grad_V
    diagonal = product.diagonal(0, -2, -1)
    _check_phase(diagonal, "linalg_eig_backward")
    inner = (product - V.mH @ (V * unsqueeze(diagonal.real, -2))) / _distances(L).conj()
    inner = _off_diagonal(inner)
    if grad_L is not None:
        inner = inner + diag_embed(grad_L)
    return solve_ex(V.mH, inner @ V.mH)[0]


def eig(A: Any, *, out: Any = None) -> Any:
    """Eigenvalues and eigenvectors of square matrices, complex, in no particular order."""
    return given.deliver_all(return_types.linalg_eig(_checked_eig(A, "linalg.eig")), out, "linalg_eig", A)


def eigvals(A: Any, *, out: Any = None) -> Any:
    """Eigenvalues of square matrices, complex, in no particular order."""
    return given.deliver(_checked_eig(A, "linalg.eigvals")[0], out, "linalg_eigvals", A)


def _checked_eig(A: Any, function: str) -> Any:
    arg.check_tensor(A, function.replace(".", "_"), "A")
    given.square(A, function)
    if A._dtype.category < dtypes.FLOATING:
        raise RuntimeError(f"Unknown Complex ScalarType for {scalar_type_name(A._dtype)}")
    given.kernel(A, "linalg_eig_out_cpu")
    if not np.isfinite(A.array).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    return _eig(A)
