"""Pseudo-inverses, ranks and least squares against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import complex_randn, positive_definite

RANK_ONE = np.outer([1.0, 2.0, 3.0], [1.0, -1.0])


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 3), (2, 3, 0)])
def test_pseudo_inverses_and_both_their_derivatives_are_pytorchs(shape: tuple[int, ...]) -> None:
    check(lambda engine, a: engine.linalg.pinv(a), randn(*shape), second=True)
    check(lambda engine, a: a.pinverse(), complex_randn(*shape), second=True)


def test_small_singular_values_are_left_out_below_a_tolerance() -> None:
    almost = np.diag([1.0, 1e-3])
    check(lambda engine, a: engine.linalg.pinv(a, rtol=1e-2), almost)
    check(lambda engine, a: engine.linalg.pinv(a, atol=1e-2), almost)
    check(lambda engine, a: engine.linalg.pinv(a, 1e-2), almost)
    check(lambda engine, a: engine.linalg.pinv(a, hermitian=True), positive_definite(3, 3, kind="complex"))
    check(lambda engine, a: engine.linalg.pinv(a, atol=engine.tensor([1e-2, 0.0])), np.stack([almost, almost]))
    check(lambda engine, a: engine.linalg.pinv(a), RANK_ONE, grad=False)


def test_the_rank_counts_singular_values_above_the_tolerance() -> None:
    for array in (RANK_ONE, randn(3, 4), np.stack([np.eye(2), np.zeros((2, 2))]), randn(0, 3)):
        check(lambda engine, a: engine.linalg.matrix_rank(a), array, grad=False)
    almost = np.diag([1.0, 1e-3])
    check(lambda engine, a: engine.linalg.matrix_rank(a, 1e-2), almost, grad=False)
    check(lambda engine, a: engine.linalg.matrix_rank(a, rtol=1e-4), almost, grad=False)
    check(lambda engine, a: engine.linalg.matrix_rank(a, hermitian=True), -almost, grad=False)


@pytest.mark.parametrize("driver", ["gels", "gelsy", "gelsd", "gelss"])
@pytest.mark.parametrize("shape", [(4, 2), (3, 3), (2, 4), (2, 4, 2)])
def test_least_squares_and_their_derivatives_are_pytorchs(driver: str, shape: tuple[int, ...]) -> None:
    def program(engine: Any, a: Any, b: Any) -> Any:
        return tuple(engine.linalg.lstsq(a, b, driver=driver))

    check(program, randn(*shape), randn(*shape[:-1], 2), strides=False)
    check(program, complex_randn(*shape), complex_randn(*shape[:-1], 2), strides=False)


def test_a_vector_on_the_right_side_gives_a_vector() -> None:
    check(lambda engine, a, b: engine.linalg.lstsq(a, b).solution, randn(4, 2), randn(4))


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a: engine.linalg.pinv(a), randn(3))
    check_raises(lambda engine, a: engine.linalg.pinv(a.long()), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.pinv(a, hermitian=True), randn(2, 3))
    check_raises(lambda engine, a: engine.linalg.matrix_rank(a.half()), randn(3, 3))
    check_raises(lambda engine, a, b: engine.linalg.lstsq(a, b), randn(3, 2), randn(4, 2))
    check_raises(lambda engine, a, b: engine.linalg.lstsq(a, b.float()), randn(3, 2), randn(3, 2))
    check_raises(lambda engine, a, b: engine.linalg.lstsq(a, b, driver="svd"), randn(3, 2), randn(3, 2))


def test_removed_functions_say_what_to_use() -> None:
    check_raises(lambda engine, a: engine.matrix_rank(a), randn(3, 3), match="linalg.matrix_rank")
    check_raises(lambda engine, a: engine.lstsq(a, a), randn(3, 3), match="linalg.lstsq")
    check_raises(lambda engine, a: engine.solve(a, a), randn(3, 3), match="linalg.solve")
    check_raises(lambda engine, a: a.symeig(), randn(3, 3), match="linalg.eigh")
    check_raises(lambda engine, a: engine.eig(a), randn(3, 3), match="linalg.eig")
