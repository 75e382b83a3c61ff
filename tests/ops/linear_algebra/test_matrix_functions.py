"""The matrix exponential and powers against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import complex_randn

import minitorch


@pytest.mark.parametrize("make", [randn, complex_randn])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (0, 0), (1, 1), (0, 2, 2)])
def test_the_exponential_and_both_its_derivatives_are_pytorchs(make: Any, shape: tuple[int, ...]) -> None:
    check(lambda engine, a: engine.linalg.matrix_exp(a), make(*shape), second=True)
    check(lambda engine, a: a.matrix_exp(), make(*shape))


def test_matrices_of_very_different_size_are_scaled_each_for_itself() -> None:
    batch = np.stack([randn(3, 3) * 1e-3, randn(3, 3), randn(3, 3) * 20])
    check(lambda engine, a: engine.matrix_exp(a), batch, rtol=1e-8)


def test_a_matrix_that_is_not_finite_does_not_spoil_the_others() -> None:
    batch = np.stack([randn(2, 2), np.full((2, 2), np.nan)])
    result = minitorch.matrix_exp(minitorch.from_numpy(batch)).numpy()
    alone = minitorch.matrix_exp(minitorch.from_numpy(batch[0])).numpy()
    np.testing.assert_array_equal(result[0], alone)
    assert np.isnan(result[1]).all()


def test_a_rotation_is_the_exponential_of_its_generator() -> None:
    turn = minitorch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=minitorch.float64)
    expected = [[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]]
    np.testing.assert_allclose(minitorch.matrix_exp(2 * turn).numpy(), expected, atol=1e-14)


@pytest.mark.parametrize("n", [-3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 8])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2)])
def test_powers_and_both_their_derivatives_are_pytorchs(n: int, shape: tuple[int, ...]) -> None:
    check(lambda engine, a: engine.linalg.matrix_power(a, n), randn(*shape), second=True)
    check(lambda engine, a: a.matrix_power(n), complex_randn(*shape))


def test_what_is_not_square_is_refused() -> None:
    check_raises(lambda engine, a: engine.matrix_exp(a), randn(2, 3))
    check_raises(lambda engine, a: engine.matrix_exp(a.long()), randn(3, 3))
    check_raises(lambda engine, a: engine.matrix_power(a, 2), randn(2, 3))
    check_raises(lambda engine, a: engine.matrix_power(a, 2.5), randn(3, 3))
    check_raises(lambda engine, a: engine.matrix_power(a.long(), -1), randn(3, 3))
