"""Determinants against PyTorch, singular matrices included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import complex_randn


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (0, 0), (2, 0, 0), (1, 1), (0, 2, 2)])
def test_determinants_and_both_their_derivatives_are_pytorchs(shape: tuple[int, ...]) -> None:
    for array in (randn(*shape), complex_randn(*shape)):
        check(lambda engine, a: engine.linalg.det(a), array, second=True)
        check(lambda engine, a: tuple(engine.linalg.slogdet(a)), array, second=True)
        check(lambda engine, a: a.det() + engine.det(a), array)


def test_logdet_is_nan_where_the_determinant_is_negative() -> None:
    array = np.stack([np.diag([2.0, 3.0]), np.diag([-2.0, 3.0]), np.zeros((2, 2))])
    check(lambda engine, a: engine.logdet(a), array, grad=False)
    check(lambda engine, a: a.logdet(), np.diag([2.0, 3.0]) + 0.1, second=True)
    check(lambda engine, a: engine.logdet(a), complex_randn(3, 3), second=True)


def test_the_gradient_of_a_zero_determinant_is_the_adjugate() -> None:
    rank_one_less = np.diag([1.0, 2.0, 0.0]) + 0.0
    check(lambda engine, a: engine.linalg.det(a), rank_one_less)
    check(lambda engine, a: engine.linalg.det(a), np.stack([rank_one_less, np.eye(3), np.diag([0.0, 0.0, 1.0])]))


def test_what_does_not_fit_is_refused() -> None:
    functions: list[Any] = [lambda engine, a: engine.det(a), lambda engine, a: engine.slogdet(a)]
    for program in functions:
        check_raises(program, randn(2, 3), match="2 by 3 matrices")
        check_raises(program, randn(3), match="at least 2 dimensions")
    check_raises(lambda engine, a: engine.logdet(a), randn(2, 3), match="logdet")
    check_raises(lambda engine, a: engine.linalg.det(a.half()), randn(2, 2))
    check_raises(lambda engine, a: engine.linalg.slogdet(a.long()), randn(2, 2))
