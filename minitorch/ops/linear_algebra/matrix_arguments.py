"""What the operators of linear algebra ask of their arguments, and how they report that a matrix would not do.

Three kinds of refusal, as in PyTorch: ``RuntimeError`` for a shape or a dtype that makes no sense,
``NotImplementedError`` for a dtype that LAPACK has no routine for, and ``LinAlgError`` for a matrix that turns out to
be singular, or not positive-definite, while the work is being done. The last is read off ``info``, which LAPACK gives
for each matrix of a batch: 0, or the step at which it failed.

PyTorch: ``aten/src/ATen/native/LinearAlgebraUtils.h`` and ``_linalg_check_errors`` in ``BatchLinearAlgebra.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.pointwise import check_out, write_out
from minitorch.tensor_base import TensorBase

LAPACK_DTYPES = frozenset((dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128))


class _LinAlgError(RuntimeError):
    """A matrix was singular, not positive-definite, or an iteration did not converge (``linalg.LinAlgError``)."""


LinAlgError = _LinAlgError  # the name it is known by; it prints under the other one in PyTorch, too


# ---- shapes and dtypes ---------------------------------------------------------------------------------------------


def matrices(A: Any, function: str, argument: str = "A") -> tuple[int, int]:
    """Rows and columns of a batch of matrices."""
    arg.check_tensor(A, function.replace(".", "_"), argument)
    if A.ndim < 2:
        raise RuntimeError(f"{function}: The input tensor {argument} must have at least 2 dimensions.")
    return A.shape[-2], A.shape[-1]


def square(A: Any, function: str, argument: str = "A") -> int:
    """The order of a batch of square matrices."""
    rows, columns = matrices(A, function, argument)
    if rows != columns:
        raise RuntimeError(
            f"{function}: {argument} must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    return rows


def floating(A: Any, function: str, low_precision: bool = True) -> None:
    """A floating or complex dtype; half precision only where ``low_precision`` says so."""
    name = scalar_type_name(A._dtype)
    if A._dtype.category < dtypes.FLOATING:
        raise RuntimeError(f"{function}: Expected a floating point or complex tensor as input. Got {name}")
    if not low_precision and A._dtype not in LAPACK_DTYPES:
        raise RuntimeError(f"{function}: Low precision dtypes not supported. Got {name}")


def kernel(A: Any, name: str) -> None:
    """``NotImplementedError`` unless LAPACK has routines for the dtype."""
    if A._dtype not in LAPACK_DTYPES:
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_type_name(A._dtype)}'")


def same_dtype(A: Any, B: Any, function: str, names: tuple[str, str] = ("A", "B")) -> None:
    """Both must have one dtype: nothing is promoted in linear algebra."""
    arg.check_tensor(B, function.replace(".", "_"), names[1], 2)
    if A._dtype is not B._dtype:
        raise RuntimeError(
            f"{function}: Expected {names[0]} and {names[1]} to have the same dtype, but found {names[0]} of type "
            f"{scalar_type_name(A._dtype)} and {names[1]} of type {scalar_type_name(B._dtype)} instead"
        )


def equation(A: Any, B: Any, left: bool, function: str) -> None:
    """A X = B (or X A = B) must fit, for square A and matrices B whose batch dimensions broadcast."""
    n = square(A, function)
    matrices(B, function, "B")
    if B.shape[-2 if left else -1] != n:
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({n}x{n} and {B.shape[-2]}x{B.shape[-1]})"
        )
    geo.broadcast_shapes(tuple(A.shape[:-2]), tuple(B.shape[:-2]))


def is_vector(A: Any, B: Any) -> bool:
    """Whether B is one right side for each matrix of A, not a matrix of them."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))


# ---- reports of failure --------------------------------------------------------------------------------------------

_FAILURES = {
    "inv": "The diagonal element {info} is zero, the inversion could not be completed because the input matrix is "
    "singular.",
    "solve": "The solver failed because the input matrix is singular.",
    "cholesky": "The factorization could not be completed because the input is not positive-definite (the leading "
    "minor of order {info} is not positive-definite).",
    "svd": "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated "
    "singular values (error code: {info}).",
    "eigh": "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated "
    "eigenvalues (error code: {info}).",
}


def check_info(info: Any, function: str, what: str) -> None:
    """``LinAlgError`` for the first matrix of a batch whose ``info`` is not 0."""
    for place, failed in enumerate(info.array.reshape(-1).tolist()):
        if failed:
            where = f"(Batch element {place}): " if info.ndim else ""
            raise LinAlgError(f"{function}: {where}{_FAILURES[what].format(info=int(failed))}")


# ---- out= ----------------------------------------------------------------------------------------------------------


def deliver(result: Any, out: Any, function: str, *inputs: Any) -> Any:
    """One result, written into ``out`` if one was given."""
    if out is None:
        return result
    check_out(function, out, [t for t in inputs if isinstance(t, TensorBase)])
    if out._dtype is not result._dtype:
        raise RuntimeError(
            f"{function}: Expected result to be safely castable from {scalar_type_name(result._dtype)} dtype, but got "
            f"result with dtype {scalar_type_name(out._dtype)}"
        )
    resized = out.shape != result.shape
    write_out(out, result.array, tuple(result.shape))
    if resized and result._base is None:  # then it also gets the result's memory order: column after column, mostly
        out._storage.data, out._geometry, out._array = result._storage.data, result._geometry, None
    return out


def deliver_all(results: Any, out: Any, function: str, *inputs: Any) -> Any:
    """Several results in their named tuple, each written into its place of ``out`` if a tuple was given."""
    if out is None:
        return results
    if not isinstance(out, (tuple, list)) or len(out) != len(results):
        raise TypeError(f"{function}(): argument 'out' must be tuple of {len(results)} Tensors")
    for result, place in zip(results, out):
        deliver(result, place, function, *inputs)
    return type(results)(out)
