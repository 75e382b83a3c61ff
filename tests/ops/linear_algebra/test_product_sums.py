"""Products that are added to something, out of place and in place, against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, integers, randn
from linear_algebra import complex_randn

FACTORS: list[dict[str, Any]] = [{}, {"beta": 0.5, "alpha": 2}, {"beta": 0, "alpha": -1}]


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("make", [randn, complex_randn])
def test_addbmm_and_both_its_derivatives_are_pytorchs(factors: dict[str, Any], make: Any) -> None:
    arrays = make(2, 4), make(3, 2, 5), make(3, 5, 4)
    check(lambda engine, c, a, b: engine.addbmm(c, a, b, **factors), *arrays, second=True)
    check(lambda engine, c, a, b: (c * 1).addbmm_(a, b, **factors), *arrays)
    check(lambda engine, c, a, b: engine.addbmm(c, a, b, **factors), make(4), *arrays[1:])
    check(lambda engine, c, a, b: c.addbmm(a, b), make(2, 4), make(0, 2, 5), make(0, 5, 4))


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("make", [randn, complex_randn])
def test_addr_and_both_its_derivatives_are_pytorchs(factors: dict[str, Any], make: Any) -> None:
    arrays = make(2, 4), make(2), make(4)
    check(lambda engine, c, a, b: engine.addr(c, a, b, **factors), *arrays, second=True)
    check(lambda engine, c, a, b: (c * 1).addr_(a, b, **factors), *arrays)
    check(lambda engine, c, a, b: c.addr(a, b, **factors), make(1), *arrays[1:])


def test_addr_promotes_and_knows_booleans() -> None:
    check(lambda e, c, a, b: (c * 1).float().addr_(a, b), randn(2, 2), randn(2), randn(2), grad=False, rtol=1e-6)
    check_raises(lambda engine, c, a, b: c.long().addr_(a, b), randn(2, 2), randn(2), randn(2))
    check_raises(lambda engine, c, a, b: engine.addmv(c, a, b, beta="x"), randn(2), randn(2, 2), randn(2))
    check(lambda engine, c, a, b: engine.addr(c, a.float(), b.long()), randn(2, 2), randn(2), randn(2), grad=False)
    check(lambda engine, c, a, b: engine.addr(c > 0, a > 0, b > 0), randn(2, 2), randn(2), randn(2), grad=False)
    check(lambda e, c, a, b: e.addr(c, a, b, beta=2, alpha=3), integers(2, 2), integers(2), integers(2), grad=False)


@pytest.mark.parametrize("factors", FACTORS)
def test_addmv_writes_into_its_input(factors: dict[str, Any]) -> None:
    check(lambda engine, c, a, b: (c * 1).addmv_(a, b, **factors), randn(2), randn(2, 3), randn(3), second=True)
    check(lambda engine, c, a, b: engine.addmv_(c * 1, a, b), complex_randn(2), complex_randn(2, 3), complex_randn(3))


def test_half_precision_rounds_after_every_matrix_as_pytorch_does() -> None:
    arrays = [randn(3, 3), randn(6, 3, 3), randn(6, 3, 3, seed=1)]
    check(
        lambda engine, *t: engine.addbmm(*[x.to(engine.bfloat16) for x in t]), *arrays, grad=False, rtol=1e-3, atol=1e-2
    )


def test_what_does_not_fit_is_refused() -> None:
    square, batch = randn(3, 3), randn(2, 3, 3)
    check_raises(lambda engine, c, a, b: engine.addbmm(c, a, b), square, square, batch)
    check_raises(lambda engine, c, a, b: engine.addbmm(c, a, b), square, batch, randn(3, 3, 3))
    check_raises(lambda engine, c, a, b: engine.addbmm(c, a, b), square, batch, randn(2, 4, 3))
    check_raises(lambda engine, c, a, b: engine.addbmm(c, a, b), randn(4, 3), batch, batch)
    check_raises(lambda engine, c, a, b: engine.addbmm(c, a, b.float()), square, batch, batch)
    check_raises(lambda engine, c, a, b: c.addr_(a, b), randn(1), randn(3), randn(3))
    check_raises(lambda engine, c, a, b: engine.addr(c, a, b), square, square, randn(3))
    check_raises(lambda engine, c, a, b: engine.addr(c, a, b), randn(3, 2), randn(3), randn(3))
    check_raises(lambda e, c, a: e.addr(c, a, a, alpha=0.5), np.ones((2, 2), int), np.ones(2, int), match="alpha")
    check_raises(lambda engine, c, a, b: c.addmv_(a, b), randn(1), square, randn(3), match="match")
