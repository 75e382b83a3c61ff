"""Distances between vectors against PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import complex_randn

POWERS = [0, 0.5, 1, 1.5, 2, 3, math.inf]


@pytest.mark.parametrize("p", [*POWERS, -math.inf])
def test_the_distance_of_two_tensors_is_pytorchs(p: float) -> None:
    grad = p != 0  # PyTorch fails there
    check(lambda engine, a, b: engine.dist(a, b, p), randn(2, 3), randn(3, seed=1), grad=grad, second=p != 0.5)
    check(lambda engine, a, b: a.dist(b, p), complex_randn(3), complex_randn(3, seed=4), grad=grad)


@pytest.mark.parametrize("p", POWERS)
def test_distances_of_all_pairs_of_rows_are_pytorchs(p: float) -> None:
    check(lambda engine, a, b: engine.cdist(a, b, p), randn(4, 3), randn(2, 3, seed=1))
    check(lambda engine, a, b: engine.cdist(a, b, p), randn(2, 4, 3), randn(1, 5, 3, seed=1))
    check(lambda engine, a: engine.cdist(a, a, p), randn(3, 2))
    check(lambda engine, a, b: engine.cdist(a, b, p), randn(0, 3), randn(2, 3))


@pytest.mark.parametrize("p", POWERS)
def test_distances_within_one_matrix_are_pytorchs(p: float) -> None:
    check(lambda engine, a: engine.pdist(a, p), randn(4, 3))
    check(lambda engine, a: engine.nn.functional.pdist(a, p), randn(1, 3))


def test_many_rows_are_compared_by_a_matrix_product() -> None:
    check(lambda engine, a, b: engine.cdist(a, b), randn(30, 3), randn(26, 3, seed=1), second=True, rtol=1e-7)
    for mode in ("use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"):

        def program(engine: Any, a: Any, b: Any, mode: str = mode) -> Any:
            return engine.cdist(a, b, compute_mode=mode)

        check(program, randn(2, 4, 3), randn(2, 5, 3, seed=1))


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a, b: engine.dist(a, b), randn(3), randn(2, 2))
    check_raises(lambda engine, a: engine.dist(a, a), np.ones(2, int))
    check_raises(lambda engine, a, b: engine.cdist(a, b), randn(3), randn(2, 2))
    check_raises(lambda engine, a, b: engine.cdist(a, b), randn(3, 2), randn(2, 3))
    check_raises(lambda engine, a: engine.cdist(a, a), np.ones((2, 2), int))
    check_raises(lambda engine, a: engine.cdist(a, a, p=-1), randn(2, 2))
    check_raises(lambda engine, a: engine.cdist(a, a, compute_mode="fast"), randn(2, 2))
    check_raises(lambda engine, a: engine.cdist(a, a.float()), randn(2, 2))
    check_raises(lambda engine, a: engine.pdist(a), randn(3))
    check_raises(lambda engine, a: engine.pdist(a.long()), randn(3, 2))
