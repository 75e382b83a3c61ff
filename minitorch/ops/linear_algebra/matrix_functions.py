"""Functions of a square matrix: ``matrix_exp`` and ``matrix_power``.

    exp(A) = sum A^k / k!

is computed by scaling and squaring: exp(A) = exp(A / 2^s)^(2^s), with s so large that a quotient of two polynomials of
degree 13 (Pade's) gives exp(A / 2^s) to the last bit. The derivative is an exponential, too: with G the gradient,

    exp [ A^H  G   ]  =  [ exp(A^H)  gA       ]
        [ 0    A^H ]     [ 0         exp(A^H) ]

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp`` (with Taylor polynomials, after Bader, Blanes and Casas, 2019);
``linalg_matrix_exp_differential`` in ``FunctionsManual.cpp``. Higham, "The Scaling and Squaring Method for the Matrix
Exponential Revisited", 2005, and Mathias, "A Chain Rule for Matrix Functions", 1996.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.grad_mode import no_grad
from minitorch.ops import arguments as arg
from minitorch.ops.creating.ranges import eye
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.matmul import matmul
from minitorch.ops.linear_algebra.solving import inv
from minitorch.ops.shapes.joining import cat

_LARGEST = 5.37  # norm up to which the quotient of degree 13 is exact in double precision
_PADE = [
    math.factorial(26 - k) * math.factorial(13) / (math.factorial(26) * math.factorial(13 - k) * math.factorial(k))
    for k in range(14)
]


@operator("LinalgMatrixExpBackward0")
def _matrix_exp(xp: Any, A: Any) -> Any:
    """exp(A), computed in double precision."""
    wide = A.astype(xp.complex128 if A.dtype.kind == "c" else xp.float64)
    if A.size == 0:
        return xp.array(A)
    norm = xp.abs(wide).sum(axis=-2).max(axis=-1)
    norm = xp.where(xp.isfinite(norm), norm, 0)
    squarings = xp.maximum(0, xp.ceil(xp.log2(xp.maximum(norm, _LARGEST) / _LARGEST)))[..., None, None]
    scaled = wide / 2**squarings
    with xp.errstate(all="ignore"):
        result = _pade(xp, scaled)
        for step in range(int(xp.maximum.reduce(squarings, axis=None, initial=0))):
            result = xp.where(step < squarings, result @ result, result)
    return result.astype(A.dtype)


def _pade(xp: Any, A: Any) -> Any:
    """p(A) / p(-A), with even and odd powers apart so that p(-A) costs nothing."""
    finite = xp.isfinite(A).all(axis=(-2, -1), keepdims=True)
    A = xp.where(finite, A, 0)
    power = xp.broadcast_to(xp.eye(A.shape[-1], dtype=A.dtype), A.shape)
    square = A @ A
    even, odd = _PADE[0] * power, _PADE[1] * power
    for k in range(2, 14, 2):
        power = power @ square
        even = even + _PADE[k] * power
        odd = odd + _PADE[k + 1] * power
    odd = A @ odd
    return xp.where(finite, xp.linalg.solve(even - odd, even + odd), xp.nan)


@_matrix_exp.derivative("A")
def _(grad: Any, A: Any) -> Any:
    n = A.shape[-1]
    adjoint = A.mH
    above = cat([adjoint, grad], -1)
    below = cat([adjoint.new_zeros(adjoint.shape), adjoint], -1)
    return _matrix_exp(cat([above, below], -2))[..., :n, n:]


def matrix_exp(A: Any) -> Any:
    """exp(A) for square matrices; not the exponential of each element."""
    given.square(A, "linalg.matrix_exp")
    given.floating(A, "linalg.matrix_exp")
    return _matrix_exp(A)


def matrix_power(A: Any, n: int, *, out: Any = None) -> Any:
    """A @ A @ ... with n factors, by repeated squaring; the inverse's power for n < 0, the identity for n = 0."""
    arg.check_tensor(A, "linalg_matrix_power", "A")
    n = arg.integer(n, "linalg_matrix_power", "n")
    given.square(A, "linalg.matrix_power")
    return given.deliver(_power(A, n), out, "linalg_matrix_power", A)


def _power(A: Any, n: int) -> Any:
    if n == 0:
        with no_grad():
            result = A.new_empty(A.shape)
        identity = eye(A.shape[-1], dtype=A.dtype, device=A.device).expand(A.shape)
        return (A.clone() if A.requires_grad else result).copy_(identity)
    if n == 1:
        return A.clone()
    if n < 0:
        inverse = inv(A)
        return inverse if n == -1 else _power(inverse, -n)
    if n == 2:
        return matmul(A, A)
    if n == 3:
        return matmul(matmul(A, A), A)
    result, square = None, A
    while True:
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else matmul(result, square)
        if n == 0:
            return result
        square = matmul(square, square)
