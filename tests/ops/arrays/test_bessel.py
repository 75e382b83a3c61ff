"""Tests for `minitorch/ops/arrays/bessel.py`."""

import numpy as np

from minitorch.ops.arrays import bessel


def test_wronskian_of_both_kinds():
    x = np.concatenate([np.linspace(0.05, 5, 100), np.linspace(5, 60, 100)])
    wronskian = bessel.j1(np, x) * bessel.y0(np, x) - bessel.j0(np, x) * bessel.y1(np, x)
    np.testing.assert_allclose(wronskian, 2 / (np.pi * x), rtol=2e-7)


def test_even_and_odd():
    x = np.linspace(0.1, 20, 50)
    np.testing.assert_array_equal(bessel.j0(np, -x), bessel.j0(np, x))
    np.testing.assert_array_equal(bessel.j1(np, -x), -bessel.j1(np, x))


def test_airys_function_solves_its_equation():
    x, h = np.linspace(-8, 4, 61), 1e-2
    second = (bessel.airy_ai(np, x + h) - 2 * bessel.airy_ai(np, x) + bessel.airy_ai(np, x - h)) / h**2
    np.testing.assert_allclose(second, x * bessel.airy_ai(np, x), atol=1e-3)
