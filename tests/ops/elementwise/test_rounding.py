"""Tests for `minitorch/ops/elementwise/rounding.py`."""

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

import minitorch

ROUNDING = ["floor", "ceil", "round", "trunc", "frac", "fix"]


@pytest.mark.parametrize("name", ROUNDING)
@pytest.mark.parametrize("shape", [(3, 4), (), (0, 2)])
def test_rounding(name, shape):
    for layout in awkward(np.asarray(randn(*shape) * 3)):
        check(lambda torch, x: getattr(torch, name)(x), layout)
    check(lambda torch, x: getattr(torch, name)(x), np.array([0.5, 1.5, 2.5, -0.5, -1.5, np.inf, -np.inf, np.nan]))
    check(lambda torch, x: getattr(x * 1, name + "_")(), np.asarray(randn(*shape) * 3))


def test_rounding_keeps_integers_and_refuses_the_rest():
    i = integers(4)
    for name in ("floor", "ceil", "round", "trunc"):
        check(lambda torch, i: getattr(torch, name)(i), i)
        check_raises(lambda torch, b: getattr(torch, name)(b), np.array([True]))
        if name != "round":
            check_raises(lambda torch, z: getattr(torch, name)(z), np.array([1j]))
    check_raises(lambda torch, i: torch.frac(i), i)
    rounded = minitorch.from_numpy(i).round()
    rounded += 1
    np.testing.assert_array_equal(i, integers(4))


@pytest.mark.parametrize("decimals", [0, 1, 3, -1, -2])
def test_rounding_to_decimals(decimals):
    x = randn(20) * 1000
    check(lambda torch, x: (x.round(decimals=decimals), (x * 1).round_(decimals=decimals)), x)
    check(lambda torch, x: torch.round(x, decimals=decimals), x.astype(np.float32), grad=False, rtol=1e-6)
