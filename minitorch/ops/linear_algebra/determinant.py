"""Determinants: ``det, slogdet, logdet``.

    g_A = conj(det A) g A^-H                       g_A = g A^-H  for log|det A|

The first also holds where A is singular, if conj(det A) A^-H is read as the adjoint of the adjugate. That comes from
A = U S V^H, where adj(A) = det(U V^H) V adj(S) U^H, and adj(S) has on its diagonal the products of the other values:
nothing is divided by. The sign of a complex determinant is a point on the unit circle, and moves with A as well.

PyTorch: ``linalg_det_backward`` and ``slogdet_backward`` in ``torch/csrc/autograd/FunctionsManual.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.autograd.grad_mode import modes
from minitorch.core import dtypes
from minitorch.ops.creating.ranges import eye
from minitorch.ops.declare.operator import operator
from minitorch.ops.elementwise.selection import where
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.solving import solve_ex
from minitorch.ops.reductions.reduction import _product_of_others
from minitorch.ops.shapes.rearranging import diag_embed
from minitorch.ops.shapes.views import unsqueeze


@operator("LinalgDetBackward0")
def _det(xp: Any, A: Any) -> Any:
    """The determinant."""
    return xp.asarray(xp.linalg.det(A))


@_det.derivative("A")
def _(grad: Any, A: Any, result: Any) -> Any:
    if A.shape[-1] < 2 or not A.numel():  # linear in A, or nothing at all
        return unsqueeze(unsqueeze(grad, -1), -1).expand(A.shape)
    if (
        not modes.enabled
    ):  # PyTorch's short cut where nothing further is to be derived: 0 for a determinant of exactly 0
        zero = unsqueeze(unsqueeze(result == 0, -1), -1)
        return _times_inverse(where(zero, eye(A.shape[-1], dtype=A.dtype, device=A.device), A), grad * result.conj())
    singular = result.detach().abs() < 100 * dtypes.finfo(result._dtype).eps
    if not bool(singular.any()):
        return _times_inverse(A, grad * result.conj())
    if bool(singular.all()):
        return _times_adjugate(A, grad)
    grad_A = A.new_zeros(A.shape)
    regular = singular.logical_not()
    part = _times_inverse(A[regular], (grad * result.conj())[regular])
    return grad_A.masked_scatter(_matrices_of(regular, A), part).masked_scatter(
        _matrices_of(singular, A), _times_adjugate(A[singular], grad[singular])
    )


def _matrices_of(mask: Any, A: Any) -> Any:
    """A mask of batch members as one of their elements."""
    return unsqueeze(unsqueeze(mask, -1), -1).expand(A.shape)


def _times_inverse(A: Any, factor: Any) -> Any:
    """factor * A^-H for each matrix."""
    n = A.shape[-1]
    return solve_ex(A.mH, diag_embed(unsqueeze(factor, -1).expand((*factor.shape, n))))[0]


def _times_adjugate(A: Any, grad: Any) -> Any:
    """grad * adj(A)^H, without dividing by anything."""
    from minitorch.ops.linear_algebra.svd import svd

    U, S, Vh = svd(A)
    scale = (det(U) * det(Vh)).conj() * grad
    others = _product_of_others(S, S.ndim - 1)
    return (U * (unsqueeze(scale, -1) * others).unsqueeze(-2)) @ Vh


def det(A: Any, *, out: Any = None) -> Any:
    """The determinant of square matrices; 1 for empty ones."""
    given.square(A, "linalg.det")
    given.floating(A, "linalg.det")
    given.kernel(A, "lu_cpu")
    return given.deliver(_det(A), out, "linalg_det", A)


@operator("LinalgSlogdetBackward0")
def _slogdet(xp: Any, A: Any) -> Any:
    """det / |det| and log|det|."""
    with xp.errstate(divide="ignore"):
        sign, logarithm = xp.linalg.slogdet(A)
    return xp.asarray(sign).astype(A.dtype, copy=False), xp.asarray(logarithm)


@_slogdet.derivative("A")
def _(grads: Any, A: Any, result0: Any) -> Any:
    grad_sign, grad_log = grads
    if not A.is_complex():
        return None if grad_log is None else _times_inverse(A, grad_log)
    factor = result0.new_zeros(result0.shape) if grad_log is None else grad_log.to(A._dtype)
    if grad_sign is not None:
        factor = factor - 1j * (grad_sign.conj() * result0).imag
    return _times_inverse(A, factor)


def slogdet(A: Any, *, out: Any = None) -> Any:
    """Sign and log of the absolute value of the determinant, which neither overflows nor underflows."""
    return given.deliver_all(return_types.linalg_slogdet(_checked_slogdet(A, "linalg.slogdet")), out, "slogdet", A)


def torch_slogdet(input: Any, *, out: Any = None) -> Any:
    """``linalg.slogdet`` under its older name."""
    return given.deliver_all(return_types.slogdet(_checked_slogdet(input, "linalg.slogdet")), out, "slogdet", input)


def _checked_slogdet(A: Any, function: str) -> Any:
    given.square(A, function)
    given.floating(A, function, low_precision=False)
    return _slogdet(A)


def logdet(input: Any) -> Any:
    """log(det(input)): nan where the determinant is negative, -inf where it is 0."""
    sign, logarithm = _checked_slogdet(input, "logdet")
    if input.is_complex():
        return sign.log() + logarithm
    return where(sign == -1.0, float("nan"), logarithm)
