"""The singular value decomposition: A = U diag(S) V^H with orthonormal columns in U and V, S >= 0 and descending.

With skew(X) = X - X^H and E_ij = S_j^2 - S_i^2 (1 on the diagonal),

    inner = (skew(U^H gU) / E) S + S (skew(V^H gV) / E) + diag(gS)          (S scales columns, then rows)
    gA    = U inner V^H  +  (1 - U U^H) gU S^-1 V^H  +  U S^-1 gV^H (1 - V V^H)

The last two terms are there for a tall and a wide A: what of the gradient points out of the space that the thin U and
V span. Equal singular values divide by zero. For complex A the phase shared by a column of U and of V is free: a loss
must not depend on it, and what may remain on the diagonal, i Im(U^H gU) / S, is added to ``inner``.

PyTorch: ``aten/src/ATen/native/BatchLinearAlgebra.cpp``; ``svd_backward`` in ``FunctionsManual.cpp``. Left out:
``driver=``, which is for CUDA.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import return_types
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.shapes.rearranging import diag_embed
from minitorch.ops.shapes.views import transpose, unsqueeze


def decompose(xp: Any, A: Any, full_matrices: bool) -> tuple[Any, Any, Any]:
    """U, S and V^H of an array. ``LinAlgError`` where LAPACK's iteration does not converge, as for nan."""
    try:
        U, S, Vh = xp.linalg.svd(A, full_matrices)
    except np.linalg.LinAlgError:
        raise given.LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."
        ) from None
    return U, S, Vh


@operator("LinalgSvdBackward0", column_major=(0, 2))
def _svd(xp: Any, A: Any, full_matrices: bool) -> Any:
    """U, S and V^H."""
    return decompose(xp, A, full_matrices)


@_svd.derivative("A")
def _(grads: Any, result0: Any, result1: Any, result2: Any) -> Any:
    grad_U, grad_S, grad_Vh = grads
    U, S, Vh = result0, result1, result2
    k = S.shape[-1]
    U, Vh = U[..., :k], Vh[..., :k, :]
    if grad_U is None and grad_Vh is None:
        return (U * unsqueeze(grad_S, -2)) @ Vh
    grad_U = None if grad_U is None else grad_U[..., :k]
    grad_V = None if grad_Vh is None else grad_Vh[..., :k, :].mH
    inner = _inner(grad_U, grad_S, grad_V, U, S, Vh)
    result = U @ inner @ Vh
    if grad_U is not None and U.shape[-2] > k:
        scaled = grad_U / unsqueeze(S, -2)
        result = result + (scaled - U @ (U.mH @ scaled)) @ Vh
    if grad_V is not None and Vh.shape[-1] > k:
        scaled = (grad_V / unsqueeze(S, -2)).mH
        result = result + U @ (scaled - (scaled @ Vh.mH) @ Vh)
    return result


def _inner(grad_U: Any, grad_S: Any, grad_V: Any, U: Any, S: Any, Vh: Any) -> Any:
    """What stands between U and V^H; see the module's text."""
    from_U = None if grad_U is None else U.mH @ grad_U
    from_V = None if grad_V is None else Vh @ grad_V
    square = S * S
    E = unsqueeze(square, -2) - unsqueeze(square, -1) + diag_embed(S.new_ones(S.shape))
    inner = diag_embed(S.new_zeros(S.shape) if grad_S is None else grad_S)
    if U.is_complex():
        diagonals = [part.diagonal(0, -2, -1) for part in (from_U, from_V) if part is not None]
        phase = sum(diagonal.detach().array.imag for diagonal in diagonals)
        if not np.allclose(phase, 0, rtol=1e-2, atol=1e-2):
            raise RuntimeError(
                "svd_backward: The singular vectors in the complex case are specified up to multiplication by "
                "e^{i phi}. The specified loss function depends on this phase term, making it ill-defined."
            )
        if from_U is not None:
            inner = inner + diag_embed(1j * from_U.diagonal(0, -2, -1).imag / S)
    if from_U is not None:
        inner = inner + _skew(from_U) / E * unsqueeze(S, -2)
    if from_V is not None:
        inner = inner + unsqueeze(S, -1) * (_skew(from_V) / E)
    return inner


def _skew(matrix: Any) -> Any:
    """X - X^H, with zeros on the diagonal."""
    skew = matrix - matrix.mH
    return skew - diag_embed(skew.diagonal(0, -2, -1)) if matrix.is_complex() else skew


def svd(A: Any, full_matrices: bool = True, *, driver: str | None = None, out: Any = None) -> Any:
    """U, S, V^H; not ``full_matrices``: only the columns of U and rows of V^H that belong to singular values."""
    _check(A, driver)
    return given.deliver_all(
        return_types.linalg_svd(_svd(A, arg.boolean(full_matrices, "linalg_svd", "full_matrices"))),
        out,
        "linalg_svd",
        A,
    )


def svdvals(A: Any, *, driver: str | None = None, out: Any = None) -> Any:
    """The singular values, descending."""
    _check(A, driver)
    return given.deliver(_svd(A, False)[1], out, "linalg_svdvals", A)


def torch_svd(input: Any, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> Any:
    """``linalg.svd`` under its older name: thin unless not ``some``, and V itself instead of V^H."""
    _check(input, None)
    U, S, Vh = _svd(input, not arg.boolean(some, "svd", "some") and arg.boolean(compute_uv, "svd", "compute_uv"))
    if not compute_uv:
        batch, (rows, columns) = tuple(input.shape[:-2]), input.shape[-2:]
        U = input.detach().new_zeros((*batch, rows, rows))
        V = transpose(input.detach().new_zeros((*batch, columns, columns)), -2, -1)
    else:
        V = transpose(Vh, -2, -1).conj()
    return given.deliver_all(return_types.svd((U, S, V)), out, "svd", input)


def _check(A: Any, driver: str | None) -> None:
    arg.check_tensor(A, "linalg_svd", "A")
    given.matrices(A, "linalg.svd")
    given.floating(A, "linalg.svd")
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )
    given.kernel(A, "linalg_svd_cpu")
