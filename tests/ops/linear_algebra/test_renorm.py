"""Slices scaled down to a norm, against PyTorch."""

from __future__ import annotations

import math

import pytest
from compare import check, check_raises, randn
from linear_algebra import complex_randn


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, math.inf])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_slices_are_scaled_down_to_a_norm(p: float, dim: int) -> None:
    check(lambda engine, a: engine.renorm(a, p, dim, 1.0), randn(3, 2, 4), second=p not in (0.5, math.inf))
    check(lambda engine, a: (a * 1).renorm_(p, dim, 1.0), randn(3, 2))
    if p == 2:
        check(lambda engine, a: a.renorm(p, dim, 1.0), complex_randn(3, 2))


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a: engine.renorm(a, 2, 0, 1), randn(3))
    check_raises(lambda engine, a: engine.renorm(a, -2, 0, 1), randn(3, 3))
    check_raises(lambda engine, a: engine.renorm(a, 2, 5, 1), randn(3, 3))
    check_raises(lambda engine, a: engine.renorm(a, 2, 0, -1), randn(3, 3))
    check_raises(lambda engine, a: a.renorm_(2j, 0, 1), randn(3, 3))
    check_raises(lambda engine, a: engine.renorm(a.long(), 2, 0, 1), randn(3, 3))
