"""Norms of matrices and condition numbers against PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import complex_randn

import minitorch

ORDERS = ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [(-2, -1), (0, 2), (2, 1)])
def test_matrix_norms_and_both_their_derivatives_are_pytorchs(order: Any, keepdim: bool, dim: Any) -> None:
    def program(engine: Any, a: Any) -> Any:
        return engine.linalg.matrix_norm(a, order, dim, keepdim)

    check(program, randn(3, 2, 4), second=True, rtol=1e-7, atol=1e-8)
    check(program, complex_randn(3, 2, 4), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("order", [None, *ORDERS])
def test_linalg_norm_is_a_matrix_norm_only_where_two_dimensions_are_meant(order: Any) -> None:
    check(lambda engine, a: engine.linalg.norm(a, order), randn(3, 4), rtol=1e-7)
    check(lambda engine, a: engine.linalg.norm(a, order, dim=(0, 1)), randn(3, 4, 2), rtol=1e-7)
    if not isinstance(order, str):
        check(lambda engine, a: engine.linalg.norm(a, order), randn(3))
        check(lambda engine, a: engine.linalg.norm(a, order, dim=1, keepdim=True), randn(3, 4))
    check(lambda engine, a: engine.linalg.norm(a), randn(3, 4, 2))


@pytest.mark.parametrize("order", [None, *ORDERS])
def test_condition_numbers_and_their_derivatives_are_pytorchs(order: Any) -> None:
    inverts = order not in (None, "nuc", 2, -2)  # PyTorch has no gradient there: it overwrites the inverse
    check(lambda engine, a: engine.linalg.cond(a, order), randn(2, 3, 3), rtol=1e-7, atol=1e-8, grad=not inverts)
    if inverts:

        def program(engine: Any, a: Any) -> Any:
            norm = engine.linalg.matrix_norm
            if engine is minitorch:
                return engine.linalg.cond(a, order)
            return norm(a, order) * norm(engine.linalg.inv(a), order)

        check(program, randn(2, 3, 3), names=False, second=True)
    check(lambda engine, a: engine.linalg.cond(a, order), randn(0, 0), grad=False)
    if order not in ("nuc",):
        check(lambda engine, a: engine.linalg.cond(a, order), np.zeros((2, 2)), grad=False)


def test_the_older_names_are_pytorchs() -> None:
    check(lambda engine, a: engine.norm(a, "nuc"), randn(3, 4))
    check(lambda engine, a: a.norm("nuc", dim=(0, 2)), randn(3, 4, 2))
    check(lambda engine, a: engine.nuclear_norm(a), randn(3, 4), second=True, rtol=1e-7, atol=1e-8)
    check(lambda engine, a: engine.nuclear_norm(a, (0, 1), True), randn(3, 4, 2))
    check(lambda engine, a: engine.frobenius_norm(a, (0, 1)), randn(3, 4, 2), names=False)
    for dim in (-1, 0, 1, 2):
        check(lambda engine, a, dim=dim: engine.norm_except_dim(a, 2, dim), randn(3, 4, 2), names=dim >= 0)


def test_what_is_no_matrix_norm_is_refused() -> None:
    check_raises(lambda engine, a: engine.linalg.matrix_norm(a, "max"), randn(3, 3), match="not supported")
    check_raises(lambda engine, a: engine.linalg.matrix_norm(a, 3), randn(3, 3), match="not supported")
    check_raises(lambda engine, a: engine.linalg.matrix_norm(a, "fro", (0, 0)), randn(3, 3), match="different")
    check_raises(lambda engine, a: engine.linalg.matrix_norm(a, dim=0), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.matrix_norm(a), randn(3))
    check_raises(lambda engine, a: engine.linalg.matrix_norm(a.long()), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.norm(a, "fro", dim=0), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.norm(a, 2), randn(3, 3, 3), match="1D or 2D")
    check_raises(lambda engine, a: engine.linalg.norm(a, 2, dim=(0, 1, 2)), randn(3, 3, 3), match="length 1 or 2")
    check_raises(lambda engine, a: engine.linalg.cond(a, 1), randn(2, 3))
    check_raises(lambda engine, a: engine.linalg.cond(a, 3), randn(3, 3), match="invalid norm type")
    check_raises(lambda engine, a: engine.linalg.cond(a), randn(3))
    check_raises(lambda engine, a: engine.frobenius_norm(a, (0, 1, 2)), randn(2, 2, 2))
    check_raises(lambda engine, a: engine.norm(a, "max"), randn(2, 2))
    check_raises(lambda engine, a: engine.norm(a, "nuc", dim=0), randn(2, 2), match="2-tuple")
    check_raises(lambda engine, a: engine.norm(a, "fro", dim=(0, 1, 2)), randn(2, 2, 2), match="2-tuple")
    check_raises(lambda engine, a: engine.linalg.vector_norm(a, dtype=engine.int64), randn(2, 2), match="dtype")
