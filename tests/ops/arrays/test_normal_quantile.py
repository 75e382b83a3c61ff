"""Tests for `minitorch/ops/arrays/normal_quantile.py`."""

import statistics

import numpy as np

from minitorch.ops.arrays import normal_quantile


def test_quantiles_are_those_of_the_normal_distribution():
    p = np.concatenate([np.linspace(0.001, 0.999, 97), [1e-12, 1e-30]])
    expected = [statistics.NormalDist().inv_cdf(value) for value in p]
    np.testing.assert_allclose(normal_quantile.ndtri(np, p), expected, rtol=1e-9, atol=1e-12)


def test_the_logarithm_of_the_distribution_function():
    x = np.linspace(-5, 5, 41)
    expected = [np.log(statistics.NormalDist().cdf(value)) for value in x]
    np.testing.assert_allclose(normal_quantile.log_ndtr(np, x), expected, rtol=1e-8)
    np.testing.assert_allclose(normal_quantile.log_ndtr(np, np.array([-40.0])), -804.608442, rtol=1e-8)
