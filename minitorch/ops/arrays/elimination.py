"""Gaussian elimination on arrays: LU with partial pivoting, substitution, and the Cholesky factor, each over a batch.

    for k in 0 .. min(m, n) - 1
        the row, from k on, with the largest element in column k becomes row k              (pivoting)
        l = column k below the diagonal / a[k, k]            stays where the zeros would go
        the rest of the matrix -= outer(l, row k)

Afterwards the upper triangle is U and what is below the diagonal is L without its ones (Doolittle). NumPy's ``linalg``
calls the same routine of LAPACK (``getrf``) inside ``solve``, ``inv`` and ``det`` but does not hand out the factors,
nor say where a matrix of a batch turned out to be singular; so where that is asked for, it is done here, a column at a
time.

"Largest" is by |real| + |imag|, as LAPACK's ``izamax`` measures, so that pivots are the same for complex matrices.
"""

from __future__ import annotations

import math
from typing import Any


def lu_factor(xp: Any, matrices: Any) -> tuple[Any, Any]:
    """Packed factors (*, m, n) and pivots (*, min(m, n)): row i was swapped with row pivots[i] - 1 at step i."""
    *batch, rows, columns = matrices.shape
    steps = min(rows, columns)
    packed = xp.array(matrices).reshape(math.prod(batch), rows, columns)
    members = xp.arange(len(packed))
    pivots = xp.empty((len(packed), steps), xp.int32)
    with xp.errstate(all="ignore"):
        for step in range(steps):
            column = packed[:, step:, step]
            largest = step + (xp.abs(column.real) + xp.abs(column.imag)).argmax(axis=1)
            pivots[:, step] = largest + 1
            row = packed[members, step].copy()
            packed[members, step] = packed[members, largest]
            packed[members, largest] = row
            diagonal = packed[:, step, step]
            packed[:, step + 1 :, step] /= xp.where(diagonal == 0, diagonal.dtype.type(1), diagonal)[:, None]
            packed[:, step + 1 :, step + 1 :] -= packed[:, step + 1 :, step, None] * packed[:, step, None, step + 1 :]
    return packed.reshape(*batch, rows, columns), pivots.reshape(*batch, steps)


def first_zero_pivot(xp: Any, packed: Any) -> Any:
    """LAPACK's ``info``: the place (from 1) of the first zero on U's diagonal, 0 if there is none, as ``int32``."""
    zero = xp.diagonal(packed, axis1=-2, axis2=-1) == 0
    if zero.shape[-1] == 0:
        return xp.zeros(zero.shape[:-1], xp.int32)
    return xp.where(zero.any(axis=-1), zero.argmax(axis=-1) + 1, 0).astype(xp.int32)


def row_order(xp: Any, pivots: Any, rows: int) -> Any:
    """The pivots as a permutation: ``matrix[order] = L @ U``. (*, k) -> (*, rows)."""
    *batch, steps = pivots.shape
    swaps = pivots.reshape(math.prod(batch), steps)
    members = xp.arange(len(swaps))
    order = xp.tile(xp.arange(rows), (len(swaps), 1))
    for step in range(steps):
        other = swaps[:, step] - 1
        kept = order[members, step].copy()
        order[members, step] = order[members, other]
        order[members, other] = kept
    return order.reshape(*batch, rows)


def permutation_matrix(xp: Any, order: Any, dtype: Any) -> Any:
    """P with ``matrix = P @ L @ U``: a one in row order[i] of column i. (*, n) -> (*, n, n)."""
    return (order[..., None, :] == xp.arange(order.shape[-1])[:, None]).astype(dtype)


def solve_triangular(xp: Any, triangle: Any, right: Any, upper: bool, unit: bool) -> Any:
    """X with ``triangle @ X = right``, row after row; a zero on the diagonal gives infinities. Batches broadcast."""
    n = triangle.shape[-1]
    batch = xp.broadcast_shapes(triangle.shape[:-2], right.shape[:-2])
    solution = xp.array(xp.broadcast_to(right, (*batch, *right.shape[-2:])))
    with xp.errstate(all="ignore"):
        for row in reversed(range(n)) if upper else range(n):
            known = slice(row + 1, n) if upper else slice(0, row)
            rest = solution[..., row, :]
            rest -= (triangle[..., row, None, known] @ solution[..., known, :])[..., 0, :]
            if not unit:
                rest /= triangle[..., row, row, None]
    return solution


def lu_solve(xp: Any, packed: Any, pivots: Any, right: Any) -> Any:
    """X with ``P @ L @ U @ X = right``."""
    order = row_order(xp, pivots, packed.shape[-1])
    batch = xp.broadcast_shapes(packed.shape[:-2], right.shape[:-2])
    right = xp.broadcast_to(right, (*batch, *right.shape[-2:]))
    order = xp.broadcast_to(order, (*batch, order.shape[-1]))
    permuted = xp.take_along_axis(right, order[..., None], axis=-2)
    return solve_triangular(xp, packed, solve_triangular(xp, packed, permuted, False, True), True, False)


def lu_solve_adjoint(xp: Any, packed: Any, pivots: Any, right: Any) -> Any:
    """X with ``(P @ L @ U)^H @ X = right``."""
    turned = xp.conj(packed.swapaxes(-2, -1))
    permuted = solve_triangular(xp, turned, solve_triangular(xp, turned, right, False, False), True, True)
    inverse = xp.argsort(row_order(xp, pivots, packed.shape[-1]), axis=-1)
    inverse = xp.broadcast_to(inverse, permuted.shape[:-1])
    return xp.take_along_axis(permuted, inverse[..., None], axis=-2)


def cholesky(xp: Any, matrices: Any) -> tuple[Any, Any]:
    """L (*, n, n) with ``L @ L^H = matrices``, and ``info``: the order of the first minor that is not positive."""
    factor = xp.tril(matrices)
    n = factor.shape[-1]
    info = xp.zeros(factor.shape[:-2], xp.int32)
    with xp.errstate(all="ignore"):
        for step in range(n):
            row = factor[..., step, :step]
            square = factor[..., step, step].real - xp.add.reduce(xp.abs(row) ** 2, axis=-1)
            info = xp.where((info == 0) & ~(square > 0), step + 1, info)
            diagonal = xp.sqrt(square)
            factor[..., step, step] = diagonal
            below = factor[..., step + 1 :, :step] @ xp.conj(row)[..., None]
            factor[..., step + 1 :, step] -= below[..., 0]
            factor[..., step + 1 :, step] /= diagonal[..., None]
    return factor, info.astype(xp.int32)
