"""The QR factorisation and products of reflectors against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import complex_randn

import minitorch


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 3), (3, 0), (0, 2, 2)])
def test_the_reduced_factors_and_both_their_derivatives_are_pytorchs(shape: tuple[int, ...]) -> None:
    check(lambda engine, a: tuple(engine.linalg.qr(a)), randn(*shape), second=True)
    check(lambda engine, a: tuple(engine.qr(a)), complex_randn(*shape), second=True)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("shape", [(4, 2), (2, 4)])
def test_a_gradient_may_come_through_one_factor_only(which: int, shape: tuple[int, ...]) -> None:
    check(lambda engine, a: engine.linalg.qr(a)[which], randn(*shape), second=True)


def test_the_other_modes_are_pytorchs() -> None:
    check(lambda engine, a: tuple(engine.linalg.qr(a, mode="complete")), randn(4, 2), grad=False)
    check(lambda engine, a: tuple(engine.linalg.qr(a, mode="complete")), randn(2, 4))
    check(lambda engine, a: tuple(engine.linalg.qr(a, "r")), randn(2, 4, 2), grad=False)
    check(lambda engine, a: tuple(engine.qr(a, some=False)), randn(3, 3))


def test_modes_without_a_derivative_say_so() -> None:
    check_raises(
        lambda engine, a: engine.linalg.qr(a, "r")[1].sum().backward(), randn(3, 2), grad=True, match="reduced"
    )
    check_raises(lambda engine, a: engine.linalg.qr(a, "complete")[1].sum().backward(), randn(3, 2), grad=True)
    check_raises(lambda engine, a: engine.geqrf(a)[0].sum().backward(), randn(3, 2), grad=True, match="geqrf")
    check_raises(lambda engine, a: engine.linalg.qr(a, mode="full"), randn(3, 2), match="unrecognized mode")
    check_raises(lambda engine, a: engine.linalg.qr(a), randn(3))
    check_raises(lambda engine, a: engine.linalg.qr(a.half()), randn(3, 3))


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 2), (3, 3)])
def test_reflectors_multiply_to_q(shape: tuple[int, ...]) -> None:
    packed, tau = minitorch.geqrf(minitorch.from_numpy(randn(*shape)))
    Q, R = minitorch.linalg.qr(minitorch.from_numpy(randn(*shape)))
    np.testing.assert_allclose(minitorch.linalg.householder_product(packed, tau).numpy(), Q.numpy(), atol=1e-12)
    np.testing.assert_allclose(packed.triu().numpy()[..., : shape[-1], :], R.numpy(), atol=1e-12)
    check(lambda engine, a: tuple(engine.geqrf(a)), randn(*shape), grad=False)


@pytest.mark.parametrize("make", [randn, complex_randn])
def test_products_of_reflectors_and_both_their_derivatives_are_pytorchs(make: Any) -> None:
    check(lambda engine, a, t: engine.linalg.householder_product(a, t), make(4, 3), make(2), second=True)
    check(lambda engine, a, t: engine.orgqr(a, t), make(2, 4, 3), make(2, 3))


@pytest.mark.parametrize("make", [randn, complex_randn])
@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
def test_q_times_a_matrix_and_its_derivatives_are_pytorchs(make: Any, left: bool, transpose: bool) -> None:
    c = make(4, 2) if left else make(2, 4)
    check(lambda engine, a, t, c: engine.ormqr(a, t, c, left, transpose), make(4, 3), make(3), c)


def test_reflectors_that_do_not_fit_are_refused() -> None:
    check_raises(lambda engine, a, t: engine.linalg.householder_product(a, t), randn(2, 3), randn(2))
    check_raises(lambda engine, a, t: engine.linalg.householder_product(a, t), randn(3, 2), randn(3))
    check_raises(lambda engine, a, t: engine.linalg.householder_product(a, t), randn(3, 2), randn(1, 2))
    check_raises(lambda engine, a, t, c: engine.ormqr(a, t, c), randn(3, 2), randn(2), randn(4, 4))
