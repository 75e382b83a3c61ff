"""The Cholesky factorisation, and what is computed from the factor, against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import check_singular, complex_randn, positive_definite


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (0, 0), (0, 2, 2)])
def test_the_factor_and_both_its_derivatives_are_pytorchs(upper: bool, kind: str, shape: tuple[int, ...]) -> None:
    array = positive_definite(*shape, kind=kind)
    check(lambda engine, a: engine.linalg.cholesky(a, upper=upper), array, second=True)
    check(lambda engine, a: engine.cholesky(a, upper), array, second=bool(array.size))
    check(lambda engine, a: tuple(engine.linalg.cholesky_ex(a, upper=upper)), array)


@pytest.mark.parametrize("upper", [False, True])
def test_solutions_and_inverses_from_the_factor_are_pytorchs(upper: bool) -> None:
    for factor, b in (
        (np.linalg.cholesky(positive_definite(3, 3)), randn(3, 2)),
        (np.linalg.cholesky(positive_definite(2, 3, 3, kind="complex")), complex_randn(2, 3, 2)),
    ):
        if upper:
            factor = np.ascontiguousarray(np.conj(np.swapaxes(factor, -1, -2)))
        check(lambda engine, b, f: engine.cholesky_solve(b, f, upper), b, factor, second=True)
        check(lambda engine, f: engine.cholesky_inverse(f, upper), factor, second=True)


def test_the_batches_of_a_solution_broadcast() -> None:
    check(lambda engine, b, f: b.cholesky_solve(f), randn(2, 3, 2), np.linalg.cholesky(positive_definite(3, 3)))


def test_a_matrix_that_is_not_positive_definite_is_refused_by_its_leading_minor() -> None:
    batch = np.stack([np.eye(3), np.diag([1.0, -1.0, 1.0])])
    programs: list[Any] = [
        lambda engine, a: engine.linalg.cholesky(a),
        lambda engine, a: engine.linalg.cholesky(a, upper=True),
        lambda engine, a: engine.cholesky(a),
        lambda engine, a: engine.linalg.cholesky_ex(a, check_errors=True),
    ]
    for program in programs:
        check_singular(program, batch)
        check_singular(program, -np.eye(2))
        check_singular(program, np.full((2, 2), np.nan))
    check_singular(lambda engine, a: engine.cholesky_inverse(a), np.zeros((2, 2)))
    check(lambda engine, a: engine.linalg.cholesky_ex(a).info, batch, grad=False)


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a: engine.linalg.cholesky(a), randn(2, 3))
    check_raises(lambda engine, a: engine.linalg.cholesky(a.long()), randn(3, 3))
    check_raises(lambda engine, a: engine.cholesky(a.half()), randn(3, 3))
    check_raises(lambda engine, a: engine.cholesky_inverse(a.long()), randn(3, 3))
    check_raises(lambda engine, a, b: engine.cholesky_solve(a, b), randn(3, 3), randn(2, 2))
    check_raises(lambda engine, a, b: engine.cholesky_solve(a, b.float()), randn(3, 3), randn(3, 3))
