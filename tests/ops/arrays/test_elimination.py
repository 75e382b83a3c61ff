"""Gaussian elimination on arrays: the factors multiply to the matrix, substitution solves, failures are found."""

from __future__ import annotations

import numpy as np
import pytest
from compare import randn
from linear_algebra import complex_randn, positive_definite

from minitorch.ops.arrays import elimination


@pytest.mark.parametrize("make", [randn, complex_randn])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 2), (2, 2, 4), (1, 1)])
def test_rows_in_pivot_order_are_the_product_of_the_triangles(make, shape) -> None:  # type: ignore[no-untyped-def]
    matrix = make(*shape)
    packed, pivots = elimination.lu_factor(np, matrix)
    k = min(shape[-2:])
    lower = np.tril(packed[..., :k], -1) + np.eye(shape[-2], k)
    order = elimination.row_order(np, pivots, shape[-2])
    np.testing.assert_allclose(np.take_along_axis(matrix, order[..., None], -2), lower @ np.triu(packed[..., :k, :]))
    P = elimination.permutation_matrix(np, order, matrix.dtype)
    np.testing.assert_allclose(P @ lower @ np.triu(packed[..., :k, :]), matrix)


@pytest.mark.parametrize("make", [randn, complex_randn])
def test_solutions_solve_the_equation_and_its_adjoint(make) -> None:  # type: ignore[no-untyped-def]
    matrix, right = make(2, 3, 3), make(3, 2)
    factors = elimination.lu_factor(np, matrix)
    np.testing.assert_allclose(matrix @ elimination.lu_solve(np, *factors, right), np.stack([right, right]))
    adjoint = np.conj(np.swapaxes(matrix, -1, -2))
    np.testing.assert_allclose(adjoint @ elimination.lu_solve_adjoint(np, *factors, right), np.stack([right, right]))


def test_the_first_zero_on_the_diagonal_is_found() -> None:
    batch = np.stack([np.eye(3), np.diag([1.0, 0, 0]), np.diag([1.0, 1, 0])])
    assert elimination.first_zero_pivot(np, batch).tolist() == [0, 2, 3]
    assert elimination.first_zero_pivot(np, np.empty((2, 0, 0))).tolist() == [0, 0]


def test_the_cholesky_factor_and_the_first_minor_that_is_not_positive() -> None:
    matrix = positive_definite(2, 3, 3, kind="complex")
    factor, info = elimination.cholesky(np, matrix)
    np.testing.assert_allclose(factor, np.linalg.cholesky(matrix))
    assert info.tolist() == [0, 0]
    batch = np.stack([np.eye(3), np.diag([1.0, -1, 1]), np.full((3, 3), np.nan)])
    assert elimination.cholesky(np, batch)[1].tolist() == [0, 2, 1]
