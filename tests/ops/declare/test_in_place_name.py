"""Tests for `minitorch/ops/declare/in_place_name.py`."""

import pytest
from compare import check, check_raises, rand, randn


@pytest.mark.parametrize("name", ["acosh_", "asinh_", "atanh_"])
def test_some_in_place_forms_have_a_node_without_a_derivative(name):
    x = rand(3) + (1.5 if name == "acosh_" else 0)
    check(lambda torch, x: getattr(x * 1, name)().detach(), x)
    check(lambda torch, x: getattr(x * 1, name)().grad_fn.name(), x)
    check_raises(lambda torch, x: getattr(x * 1, name)().sum().backward(), x, grad=True, match="inplace version")


def test_conj_physical_in_place_has_a_node_of_its_own():
    check(lambda torch, z: (z * 1).conj_physical_(), randn(3) + 1j * randn(3, seed=1))
    check(lambda torch, x: (x > 0).conj_physical_(), randn(3))
