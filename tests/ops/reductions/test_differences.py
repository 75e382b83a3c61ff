"""Tests for `minitorch/ops/reductions/differences.py`."""

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, rand, randn


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_differences_of_every_order(order):
    for layout in awkward(randn(3, 4)):
        check(lambda torch, x: (torch.diff(x, order), x.diff(order, 0)), layout)
    check(lambda torch, i: (i.diff(order), (i > 4).diff(order)), integers(4))


def test_differences_with_something_before_and_behind():
    check(lambda torch, x, a, b: torch.diff(x, prepend=a, append=b), randn(3, 4), randn(3, 2), randn(3, 1))
    check(lambda torch, x, a: torch.diff(x, 1, 0, append=a), randn(3, 4), randn(1, 4))


@pytest.mark.parametrize("call", [
    lambda torch, x: torch.diff(x[0, 0]), lambda torch, x: torch.diff(x, -1), lambda torch, x: torch.diff(x, dim=2),
    lambda torch, x: torch.diff(x, prepend=x[0]), lambda torch, x: torch.diff(x, prepend=x[:1]),
    lambda torch, x: torch.gradient(x, edge_order=3), lambda torch, x: torch.gradient(x[:, :1]),
    lambda torch, x: torch.gradient(x, dim=5), lambda torch, x: torch.gradient(x, spacing=[1.0]),
    lambda torch, x: torch.gradient(x, dim=(0, 0)), lambda torch, x: torch.gradient(x.byte()),
    lambda torch, x: torch.gradient(x, spacing=(x, x)), lambda torch, x: torch.trapezoid(x, x[0, :2]),
    lambda torch, x: torch.trapezoid(x[0, 0]), lambda torch, x: torch.trapezoid(x > 0),
    lambda torch, x: torch.trapezoid(x, dx=True), lambda torch, x: torch.trapezoid(x, dx=1j),
    lambda torch, x: torch.cumulative_trapezoid(x > 0, x), lambda torch, x: torch.trapezoid(x, 1.0),
])  # fmt: skip
def test_what_is_refused(call):
    check_raises(call, randn(3, 4))


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradients_with_even_and_uneven_spacing(edge_order):
    x, places = randn(4, 5), np.cumsum(rand(5))
    check(lambda torch, x: torch.gradient(x, edge_order=edge_order), x)
    check(lambda torch, x: torch.gradient(x, spacing=None, dim=0), x)
    check(lambda torch, x: torch.gradient(x, spacing=2.5, dim=1, edge_order=edge_order), x)
    check(lambda torch, x: torch.gradient(x, spacing=[0.5, 2], edge_order=edge_order), x)
    check(lambda torch, x, c: torch.gradient(x, spacing=(c,), dim=1, edge_order=edge_order), x, places, names=False)
    check(lambda torch, i: torch.gradient(i, edge_order=edge_order), integers(5), rtol=1e-6)


@pytest.mark.parametrize("name", ["trapezoid", "trapz", "cumulative_trapezoid"])
def test_integrals(name):
    def program(torch, y, x):
        f = getattr(torch, name)
        if name == "trapz":
            return f(y), f(y, dx=0.5), f(y, dim=0), f(y, x)
        return f(y), f(y, dx=0.5), f(y, dim=0, dx=2), f(y, x), f(y, x.expand(3, 4)), f(y, x[:3], dim=0)

    check(program, randn(3, 4), np.cumsum(rand(4)), second=True)
    check(lambda torch, y: getattr(torch, name)(y), np.zeros((3, 0)))
