"""Products of Householder reflectors: ``geqrf`` leaves them, ``householder_product`` and ``ormqr`` use them.

    Q = H_0 H_1 ... H_(k-1),      H_i = I - tau_i v_i v_i^H

Going backwards through Y = H_0 (H_1 (... C)), one reflector at a time: with R what H_i was applied to and P the
gradient of what came out of it,

    g tau = -(v^H P)(R^H v),      g v = -(conj(tau) P (R^H v) + tau R (P^H v)),      and on with H_i^H P

Everything else (Q^H C, C Q, C Q^H) is this with adjoints in the right places.

PyTorch: ``householder_product_backward`` and ``ormqr_backward`` in ``torch/csrc/autograd/FunctionsManual.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import reflectors
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.shapes.joining import cat, stack
from minitorch.ops.shapes.rearranging import tril
from minitorch.ops.shapes.views import unsqueeze


@operator("GeqrfBackward0", column_major=(0,))
def _geqrf(xp: Any, input: Any) -> Any:
    """R above the diagonal and reflectors below it, and tau."""
    if 0 in input.shape:
        return xp.array(input), xp.zeros((*input.shape[:-2], min(input.shape[-2:])), input.dtype)
    packed, tau = xp.linalg.qr(input, mode="raw")
    return packed.swapaxes(-2, -1).astype(input.dtype, copy=False), tau.astype(input.dtype, copy=False)


@_geqrf.derivative("input")
def _(grads: Any) -> Any:
    raise NotImplementedError("the derivative for 'geqrf' is not implemented.")


def geqrf(input: Any, *, out: Any = None) -> Any:
    """LAPACK's raw QR: R with the reflectors below its diagonal, and their tau. It has no derivative."""
    arg.check_tensor(input, "geqrf")
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    given.kernel(input, "geqrf_cpu")
    return given.deliver_all(return_types.geqrf(_geqrf(input)), out, "geqrf", input)


# ---- the gradient, for all of them ---------------------------------------------------------------------------------


def _vectors(columns: Any, count: int) -> list[Any]:
    """The v of each reflector, (*, m, 1), with their ones and zeros."""
    rows = columns.shape[-2]
    vectors = []
    for place in range(count):
        head = [columns.new_zeros((*columns.shape[:-2], place, 1)), columns.new_ones((*columns.shape[:-2], 1, 1))]
        vectors.append(cat([*head, columns[..., place + 1 : rows, place : place + 1]], -2))
    return vectors


def _apply_gradients(grad: Any, columns: Any, tau: Any, target: Any, adjoint: bool) -> tuple[Any, Any, Any]:
    """Gradients of columns, tau and target for Q C or Q^H C."""
    count = tau.shape[-1]
    vectors = _vectors(columns, count)
    scales = [unsqueeze(unsqueeze(tau[..., place], -1), -1) for place in range(count)]
    if adjoint:
        scales = [scale.conj() for scale in scales]
    order = list(range(count)) if not adjoint else list(reversed(range(count)))  # outermost first
    operands = {}
    for place in reversed(order):
        operands[place] = target
        target = target - scales[place] * (vectors[place] @ (vectors[place].mH @ target))
    grad_columns: list[Any] = [None] * count
    grad_tau: list[Any] = [None] * count
    for place in order:
        v, scale, operand = vectors[place], scales[place], operands[place]
        to_v, from_v = operand.mH @ v, v.mH @ grad  # R^H v and v^H P
        grad_scale = -(from_v @ to_v)[..., 0, 0]
        grad_tau[place] = grad_scale.conj() if adjoint else grad_scale
        grad_columns[place] = -(scale.conj() * (grad @ to_v) + scale * (operand @ from_v.mH))[..., 0]
        grad = grad - scale.conj() * (v @ from_v)
    stacked = tril(stack(grad_columns, -1), -1) if count else columns.new_zeros((*columns.shape[:-1], 0))
    if columns.shape[-1] > count:
        rest = columns.new_zeros((*stacked.shape[:-1], columns.shape[-1] - count))
        stacked = cat([stacked, rest], -1)
    return stacked, stack(grad_tau, -1) if count else tau.new_zeros(tau.shape), grad


# ---- Q itself ------------------------------------------------------------------------------------------------------


@operator("LinalgHouseholderProductBackward0", column_major=(0,))
def _householder_product(xp: Any, input: Any, tau: Any) -> Any:
    """The first columns of Q, as many as ``input`` has."""
    return reflectors.apply(xp, input, tau, xp.eye(*input.shape[-2:], dtype=input.dtype), False)


@_householder_product.derivative("input", "tau")
def _(grad: Any, input: Any, tau: Any) -> Any:
    from minitorch.ops.creating.ranges import eye

    identity = eye(input.shape[-2], input.shape[-1], dtype=input.dtype, device=input.device)
    return _apply_gradients(grad, input, tau, identity, False)[:2]


def householder_product(A: Any, tau: Any, *, out: Any = None) -> Any:
    """The first n columns of H_0 H_1 ... for reflectors in the columns of A (*, m, n) and tau (*, k), k <= n <= m."""
    name = "torch.linalg.householder_product"
    arg.check_tensor(A, "linalg_householder_product", "input")
    arg.tensor(tau, "linalg_householder_product", "tau")
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if A.shape[-2] < A.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if A.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    _check_tau(A, tau, name)
    given.kernel(A, "orgqr_cpu")
    return given.deliver(_householder_product(A, tau), out, "linalg_householder_product", A, tau)


def _check_tau(A: Any, tau: Any, name: str) -> None:
    if A.ndim - tau.ndim != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
            f"input.ndim is equal to {A.ndim}"
        )
    if tuple(A.shape[:-2]) != tuple(tau.shape[:-1]):
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {list(tau.shape[:-1])}"
        )
    if tau._dtype is not A._dtype:
        raise RuntimeError(f"{name}: tau dtype {tau.dtype} does not match input dtype {A.dtype}")


def orgqr(input: Any, tau: Any, *, out: Any = None) -> Any:
    """``linalg.householder_product`` under LAPACK's name."""
    return householder_product(input, tau, out=out)


# ---- Q times something ---------------------------------------------------------------------------------------------


@operator("OrmqrBackward0", column_major=(0,))
def _ormqr(xp: Any, input: Any, tau: Any, other: Any, left: bool, transpose: bool) -> Any:
    """Q C, Q^H C, C Q or C Q^H."""
    if left:
        return reflectors.apply(xp, input, tau, other, transpose)
    turned = xp.conj(other.swapaxes(-2, -1))
    return xp.conj(reflectors.apply(xp, input, tau, turned, not transpose).swapaxes(-2, -1))


@_ormqr.derivative("input", "tau", "other")
def _(grad: Any, input: Any, tau: Any, other: Any, left: bool, transpose: bool) -> Any:
    if left:
        return _apply_gradients(grad, input, tau, other, transpose)
    grad_input, grad_tau, grad_other = _apply_gradients(grad.mH, input, tau, other.mH, not transpose)
    return grad_input, grad_tau, grad_other.mH


def ormqr(
    input: Any, tau: Any, other: Any, left: bool = True, transpose: bool = False, *, out: Any = None
) -> Any:  # fmt: skip
    """Q @ other (``transpose``: Q^H; not ``left``: from the right), Q the product of reflectors, never built."""
    arg.check_tensor(input, "ormqr")
    arg.tensor(tau, "ormqr", "tau")
    arg.tensor(other, "ormqr", "other")
    if input.ndim < 2 or other.ndim < 2:
        raise RuntimeError("torch.ormqr: input and other must have at least 2 dimensions.")
    side = -2 if left else -1
    if other.shape[side] < tau.shape[-1]:
        raise RuntimeError(f"torch.ormqr: other.shape[{side}] must be greater than or equal to tau.shape[-1]")
    if other.shape[side] != input.shape[-2]:
        raise RuntimeError(f"torch.ormqr: other.shape[{side}] must be equal to input.shape[-2]")
    if tau.shape[-1] != min(other.shape[side], input.shape[-1]):
        raise RuntimeError(f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])")
    _check_tau(input, tau, "torch.ormqr")
    if other.ndim != input.ndim or tuple(other.shape[:-2]) != tuple(input.shape[:-2]):
        raise RuntimeError(
            "torch.ormqr: Expected batch dimensions of other to be equal to input.shape[:-2], but got "
            f"{list(other.shape[:-2])}"
        )
    given.same_dtype(input, other, "torch.ormqr", ("input", "other"))
    given.kernel(input, "ormqr_cpu")
    return given.deliver(_ormqr(input, tau, other, bool(left), bool(transpose)), out, "ormqr", input, tau, other)
