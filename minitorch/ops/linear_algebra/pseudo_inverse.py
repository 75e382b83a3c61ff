"""The pseudo-inverse, the rank, and least squares: ``pinv, matrix_rank, lstsq``.

    A = U S V^H    pinv(A) = V S^+ U^H,    S^+: 1/s for singular values above a tolerance, 0 for the others

The tolerance is max(atol, rtol * largest singular value), by default rtol = max(m, n) * eps. X = pinv(A) B is the
shortest of those that make |A X - B| smallest, which is what all of LAPACK's drivers find when A has full rank; here
they are all this one product, and differ in what they report beside the solution.

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp`` (``pinv``, ``matrix_rank``), ``BatchLinearAlgebra.cpp`` (``lstsq``);
``pinv_backward`` and ``linalg_lstsq_backward`` in ``FunctionsManual.cpp``. Left out: that a solution of ``lstsq`` with
fewer rows than B is a part of B's memory, and has its strides. Golub and Pereyra, "The Differentiation of
Pseudo-Inverses and Nonlinear Least Squares Problems Whose Variables Separate", 1973.
"""

from __future__ import annotations

from typing import Any

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import eigen, svd
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.shapes.views import squeeze, unsqueeze
from minitorch.tensor_base import TensorBase, wrap_any

# ---- the tolerance --------------------------------------------------------------------------------------------------


def _tolerances(A: Any, atol: Any, rtol: Any, name: str) -> tuple[Any, Any]:
    """atol and rtol as numbers or arrays that broadcast against the batch; the default of one depends on the other."""
    for what, value in (("atol", atol), ("rtol", rtol)):
        if value is not None and not isinstance(value, (TensorBase, *NUMBERS)):
            raise TypeError(f"linalg_{name}(): argument '{what}' must be Number or Tensor, not {type(value).__name__}")
        if isinstance(value, TensorBase) and value.is_complex():  # type: ignore[attr-defined]
            raise RuntimeError(f"torch.linalg.{name}: {what} tensor of complex type is not supported.")
    atol = 0.0 if (given_atol := atol) is None else atol
    default = dtypes.finfo(A._dtype).eps * max(A.shape[-2], A.shape[-1])
    if rtol is None:
        rtol = default
        if isinstance(given_atol, TensorBase):
            rtol = (atol > 0).logical_not().to(dtypes.float64) * default
        elif given_atol is not None and given_atol > 0:
            rtol = 0.0
    return _as_array(atol), _as_array(rtol)


def _as_array(value: Any) -> Any:
    return value.detach().array if isinstance(value, TensorBase) else value  # type: ignore[attr-defined]


# ---- pinv -----------------------------------------------------------------------------------------------------------


@operator("LinalgPinvBackward0")
def _pinv(xp: Any, A: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    """V S^+ U^H, or V L^+ V^H for a Hermitian matrix."""
    if A.size == 0:
        return xp.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)
    if hermitian:
        values, U = eigen.decompose(xp, A, "L")
        Vh = xp.conj(U.swapaxes(-2, -1))
    else:
        U, values, Vh = svd.decompose(xp, A, False)
    size = xp.abs(values)
    tolerance = xp.maximum(atol, rtol * size.max(axis=-1))
    kept = size > xp.asarray(tolerance)[..., None]
    inverse = xp.where(kept, 1 / xp.where(kept, values, 1), 0).astype(values.dtype)
    right = xp.conj(U.swapaxes(-2, -1))
    return xp.conj(Vh.swapaxes(-2, -1)) @ (inverse[..., None] * right)


@_pinv.derivative("A")
def _(grad: Any, A: Any, result: Any) -> Any:
    return pinv_gradient(grad, A, result)


def pinv_gradient(grad: Any, A: Any, inverse: Any) -> Any:
    """The gradient of A for one of its pseudo-inverse, in the order of products that is cheaper for A's shape."""
    adjoint, grad = inverse.mH, grad.mH
    if A.shape[-2] <= A.shape[-1]:
        K = grad @ inverse
        K_adjoint = K @ adjoint
        return (
            -((inverse @ K).mH) + K_adjoint - (A @ inverse) @ K_adjoint + (adjoint @ inverse) @ (grad - K @ A)
        )  # fmt: skip
    K = inverse @ grad
    adjoint_K = adjoint @ K
    return -((K @ inverse).mH) + (grad - A @ K) @ inverse @ adjoint + adjoint_K - (adjoint_K @ inverse) @ A


def pinv(
    A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None
) -> Any:
    """The pseudo-inverse (*, n, m) of A (*, m, n). ``rcond`` is the older name of ``rtol``."""
    arg.check_tensor(A, "linalg_pinv", "A")
    if A.ndim < 2 or A._dtype not in given.LAPACK_DTYPES:
        raise RuntimeError(
            f"linalg.pinv({scalar_type_name(A._dtype)}{{{list(A.shape)}}}): expected a tensor with 2 or more "
            "dimensions of float, double, cfloat or cdouble types"
        )
    if hermitian:
        given.square(A, "linalg.eigh")
    atol, rtol = _tolerances(A, 0.0 if rcond is not None else atol, rcond if rcond is not None else rtol, "pinv")
    return given.deliver(_pinv(A, atol, rtol, bool(hermitian)), out, "linalg_pinv", A)


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """``linalg.pinv`` with a tolerance of 1e-15."""
    return pinv(input, rcond)


# ---- rank -----------------------------------------------------------------------------------------------------------


def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None
) -> Any:
    """How many singular values are above max(atol, rtol * largest); ``tol`` is an absolute one."""
    arg.check_tensor(A, "linalg_matrix_rank", "input")
    if A._dtype not in given.LAPACK_DTYPES:
        raise RuntimeError("This function doesn't handle types other than float and double")
    given.matrices(A, "torch.linalg.matrix_rank", "input")
    if hermitian:
        given.square(A, "linalg.eigh")
    atol, rtol = _tolerances(A, atol if tol is None else tol, rtol if tol is None else 0.0, "matrix_rank")
    A = A.detach()
    xp = A.device.backend.xp
    if A.numel() == 0:
        rank = xp.zeros(A.shape[:-2], xp.int64)
    else:
        S = xp.abs((eigen.eigvalsh(A) if hermitian else svd.svdvals(A)).array)
        threshold = xp.maximum(atol, rtol * S.max(axis=-1))
        rank = xp.add.reduce(xp.asarray(threshold)[..., None] < S, axis=-1, dtype=xp.int64)
    result = wrap_any(xp.asarray(rank), A._storage.device).to(dtypes.int64)
    return given.deliver(result, out, "linalg_matrix_rank", A)


# ---- least squares --------------------------------------------------------------------------------------------------

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@operator("LinalgLstsqBackward0", column_major=(0,))
def _lstsq(xp: Any, A: Any, B: Any, rcond: float, driver: str, vector: bool) -> Any:
    """Solution, residuals, rank and singular values, the last three empty where the driver does not give them."""
    rows, columns = A.shape[-2:]
    if vector:
        B = B[..., None]
    S = svd.decompose(xp, A, False)[1]
    largest = xp.maximum.reduce(S, axis=-1, initial=0)
    rank = xp.add.reduce(xp.asarray(rcond * largest)[..., None] < S, axis=-1, dtype=xp.int64)
    solution = _pinv.operator.forward(xp, A, 0.0, 0.0 if driver == "gels" else rcond, False) @ B
    residuals = xp.empty((0,), S.dtype)
    if rows > columns and driver != "gelsy" and bool((rank == columns).all()):
        residuals = xp.add.reduce(xp.abs(A @ solution - B) ** 2, axis=-2)
    nothing = xp.empty((0,), S.dtype)
    rank = xp.empty((0,), xp.int64) if driver == "gels" else xp.asarray(rank)
    solution = solution[..., 0] if vector else solution
    return solution, residuals, rank, S if driver in ("gelsd", "gelss") else nothing


@_lstsq.derivative("A", "B")
def _(grads: Any, A: Any, B: Any, result: Any, vector: bool) -> Any:
    grad_X, grad_R = grads[0], grads[1]
    if vector:
        B, result = unsqueeze(B, -1), unsqueeze(result, -1)
        grad_X = None if grad_X is None else unsqueeze(grad_X, -1)
    grad_A = grad_B = None
    if grad_X is not None:
        inverse = _pinv(A, 0.0, dtypes.finfo(A._dtype).eps * max(A.shape[-2], A.shape[-1]), False)
        grad_A = pinv_gradient(grad_X @ B.mH, A, inverse)
        grad_B = inverse.mH @ grad_X
    if grad_R is not None and grad_R.numel():
        outward = 2 * unsqueeze(grad_R, -2) * (A @ result - B)  # at the minimum, moving X changes nothing
        grad_B = -outward if grad_B is None else grad_B - outward
        grad_A = outward @ result.mH if grad_A is None else grad_A + outward @ result.mH
    return grad_A, squeeze(grad_B, -1) if vector and grad_B is not None else grad_B


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None, out: Any = None) -> Any:
    """X that makes |A X - B| smallest; also residuals, rank and singular values, as far as ``driver`` gives them."""
    name = "torch.linalg.lstsq"
    arg.check_tensor(A, "linalg_lstsq", "input")
    arg.tensor(B, "linalg_lstsq", "b")
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if B.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if A._dtype is not B._dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype "
            f"{scalar_type_name(A._dtype)} and other's dtype {scalar_type_name(B._dtype)}"
        )
    vector = given.is_vector(A, B)
    if A.shape[-2] != (B.shape[-1] if vector else B.shape[-2]):
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({-1 if vector else -2})")
    if driver is not None and driver not in _DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    given.floating(A, name, low_precision=False)
    if rcond is None:
        rcond = dtypes.finfo(A._dtype).eps * max(A.shape[-2], A.shape[-1])
    solution, residuals, rank, values = _lstsq(A, B, rcond, driver or "gelsy", vector)
    values = values.detach() if values.requires_grad else values
    results = return_types.linalg_lstsq((solution, residuals, rank, values))
    return given.deliver_all(results, out, "linalg_lstsq", A, B)
