"""Tests for `minitorch/ops/arrays/gamma.py`."""

import numpy as np
import pytest
import torch

from minitorch.ops.arrays import gamma


@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_recurrences_of_the_gamma_function(name):
    x = np.linspace(0.1, 30, 200)
    step = np.log(x) if name == "lgamma" else 1 / x  # Gamma(x + 1) = x Gamma(x)
    function = getattr(gamma, name)
    np.testing.assert_allclose(function(np, x + 1), function(np, x) + step, rtol=1e-11, atol=1e-11)


def test_zeta_at_even_numbers_and_polygamma():
    s, q = np.array([2.0, 4.0]), np.array([1.0, 1.0])
    np.testing.assert_allclose(gamma.zeta(np, s, q), [np.pi**2 / 6, np.pi**4 / 90], rtol=1e-14)
    np.testing.assert_allclose(gamma.polygamma(np, 1, np.array([1.0])), np.pi**2 / 6, rtol=1e-6)
    np.testing.assert_allclose(gamma.polygamma(np, 3, np.array([1.0])), np.pi**4 / 15, rtol=1e-13)


def test_incomplete_gamma_functions_of_order_one_and_their_sum():
    x = np.linspace(0.0, 40, 81)
    np.testing.assert_allclose(gamma.igamma(np, np.array(1.0), x), -np.expm1(-x), rtol=1e-13)
    a, x = np.meshgrid(np.array([0.1, 3.0, 29.0, 31.0, 400.0]), np.array([0.01, 2.0, 30.0, 380.0, 425.0]))
    np.testing.assert_allclose(gamma.igamma(np, a, x) + gamma.igammac(np, a, x), 1.0, rtol=1e-13)


def test_single_precision_stays_single():
    x = np.float32([0.5, 2.0])
    assert gamma.lgamma(np, x).dtype == np.float32
    np.testing.assert_allclose(gamma.digamma(np, x), torch.digamma(torch.from_numpy(x)).numpy(), rtol=1e-6)
