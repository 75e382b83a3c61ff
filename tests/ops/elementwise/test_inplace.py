"""Tests for `minitorch/ops/elementwise/inplace.py`."""

import pytest
from compare import check, check_raises, integers, rand

from minitorch.ops.elementwise import inplace

NAMES = sorted(name for name in vars(inplace) if name.endswith("_") and not name.startswith("_"))
OF_TWO_TENSORS = ("gcd_", "lcm_", "ldexp_")
OTHERS = {"xlogy_": (0.5,), "clip_": (0.3, 0.6), "clamp_": (0.3, 0.6)}


@pytest.mark.parametrize("name", NAMES)
def test_in_place_functions_are_the_methods(name):
    def program(torch, x):
        y = x.clone()
        others = (y.clone(),) if name in OF_TWO_TENSORS else OTHERS.get(name, ())
        assert getattr(torch, name)(y, *others) is y
        return y

    if name in ("gcd_", "lcm_"):
        return check(program, integers(3, 4), grad=False)
    check(program, rand(3, 4), grad=False)


def test_detach_as_a_function():
    check(lambda torch, x: torch.detach_(x * 1).requires_grad, rand(2))
    check_raises(lambda torch, x: torch.detach_(1.0), rand(1))
