"""Tests for `minitorch/ops/elementwise/number_parts.py`."""

import numpy as np
import pytest
import torch
from compare import check, check_raises, integers, randn

import minitorch


def test_frexp_and_its_derivative():
    check(lambda torch, x: torch.frexp(x), randn(3, 4) * 10, second=True)
    check(lambda torch, x: x.frexp().mantissa, np.array([0.0, np.inf, np.nan, -8.0]), grad=False)
    check(lambda torch, x: torch.frexp(x), randn(3, dtype=np.float16))
    check_raises(lambda torch, i: torch.frexp(i), integers(3))


def test_ldexp():
    check(lambda torch, x, e: (torch.ldexp(x, e), (x * 1).ldexp_(e)), randn(3, 4), randn(4), second=True)
    check(lambda torch, x, e: torch.ldexp(x, e), randn(3), integers(3))
    check(lambda torch, i, e: torch.ldexp(i, e), integers(3), integers(3, seed=1), rtol=1e-6)
    check_raises(lambda torch, x: torch.ldexp(x, 2), randn(3))


def test_nextafter_in_every_precision():
    values = [1.0, -1.0, 0.0, 0.0, 2.0, 1.5, float("nan"), float("inf"), -0.0]
    towards = [2.0, 0.0, 1.0, -1.0, 2.0, float("inf"), 1.0, 1.0, 5.0]
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        theirs = torch.nextafter(*(torch.tensor(v, dtype=getattr(torch, dtype)) for v in (values, towards)))
        ours = minitorch.nextafter(*(minitorch.tensor(v, dtype=getattr(minitorch, dtype)) for v in (values, towards)))
        np.testing.assert_array_equal(ours.double().numpy(), theirs.double().numpy())


def test_gradient_of_nextafter():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 1.0])
    check(lambda torch, x, y: (torch.nextafter(x, y), (x * 1).nextafter_(y)), x, y)
    check_raises(lambda torch, i: torch.nextafter(i, i), integers(3))


@pytest.mark.parametrize("name", ["gcd", "lcm"])
def test_divisors(name):
    a, b = np.array([4, -6, 0, 0, 12, 7]), np.array([6, 4, 3, 0, -8, 5])
    check(lambda torch, a, b: (getattr(torch, name)(a, b), getattr(a.clone(), name + "_")(b)), a, b)
    check(lambda torch, a, b: getattr(a, name)(b), a.astype(np.int32).reshape(6, 1), b.astype(np.int16))
    check_raises(lambda torch, x: getattr(torch, name)(x, x), randn(2))
    check_raises(lambda torch, a: getattr(torch, name)(a, 6), a)
