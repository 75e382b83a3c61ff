"""Tests for `minitorch/ops/arrays/modified_bessel.py`."""

import numpy as np

from minitorch.ops.arrays import modified_bessel as bessel

X = np.concatenate([np.linspace(0.05, 2, 40), np.linspace(2, 30, 60)])


def test_wronskian_of_both_kinds():
    wronskian = bessel.i0(np, X) * bessel.k1(np, X) + bessel.i1(np, X) * bessel.k0(np, X)
    np.testing.assert_allclose(wronskian, 1 / X, rtol=1e-12)


def test_the_scaled_functions_have_lost_their_exponential():
    np.testing.assert_allclose(bessel.i0e(np, X) * np.exp(X), bessel.i0(np, X), rtol=1e-13)
    np.testing.assert_allclose(bessel.i1e(np, -X) * np.exp(X), -bessel.i1(np, X), rtol=1e-13)
    np.testing.assert_allclose(bessel.k0(np, X, scaled=True) * np.exp(-X), bessel.k0(np, X), rtol=1e-13)
    np.testing.assert_allclose(bessel.k1(np, X, scaled=True) * np.exp(-X), bessel.k1(np, X), rtol=1e-13)
