"""Tests for `minitorch/ops/elementwise/gamma_functions.py`."""

import numpy as np
import pytest
import torch
from compare import awkward, check, check_raises, integers, rand, randn

import minitorch

ONE_OPERAND = ["lgamma", "digamma"]


@pytest.mark.parametrize("name", ONE_OPERAND)
def test_functions_of_one_operand_and_their_derivatives(name):
    for shape in ((3, 4), (), (0,)):
        check(lambda torch, x: getattr(torch, name)(x), np.asarray(randn(*shape) * 4), second=True)
    for layout in awkward(rand(3, 4)):
        check(lambda torch, x: (getattr(x, name)(), getattr(x * 1, name + "_")()), layout)
    check(lambda torch, i: getattr(torch, name)(i), integers(4, low=1), rtol=1e-5)


@pytest.mark.parametrize("name", ONE_OPERAND)
def test_poles_and_infinities(name):
    edges = np.array([0.0, -0.0, -1.0, -2.5, -20.0, 1e-300, 10.0, 1e20, np.inf, -np.inf, np.nan])
    check(lambda torch, x: getattr(torch, name)(x), edges, grad=False)


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_polygamma_and_its_derivative(order):
    x = np.array([-3.3, -0.4, 0.2, 0.5, 1.0, 7.5, 40.0])
    check(lambda torch, x: (torch.polygamma(order, x), x.polygamma(order), torch.special.polygamma(order, x)), x)
    check(lambda torch, x: (x * 1).polygamma_(order), x)
    check(lambda torch, x: torch.polygamma(order, x), x[2:], second=True)


def test_polygamma_refuses_negative_orders():
    check_raises(lambda torch, x: torch.polygamma(-1, x), randn(3), match="negative n")
    check_raises(lambda torch, x: torch.polygamma(1.5, x), randn(3))


def test_mvlgamma():
    for p in (1, 3):
        check(lambda torch, x: (torch.mvlgamma(x + 3, p), (x + 3).mvlgamma_(p)), rand(3, 2), second=True)
    check(lambda torch, i: torch.mvlgamma(i, 2), integers(3, low=2), rtol=1e-6)
    check_raises(lambda torch, x: torch.mvlgamma(x, 0), rand(2))
    check_raises(lambda torch, x: torch.mvlgamma(x > 0, 1), rand(2))


@pytest.mark.parametrize("name", ["igamma", "igammac"])
def test_incomplete_gamma_functions(name):
    orders = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 9.0, 50.0, 300.0, -1.0, np.inf])
    a, x = (part.ravel() for part in np.meshgrid(orders, np.append(orders, [0.3, 48.0, 310.0])))
    check(lambda torch, a, x: getattr(torch, name)(a, x), a, x, grad=False, rtol=1e-8)
    check(lambda torch, x: getattr(torch, name)(torch.full_like(x, 1.7), x), rand(3, 4), second=True)
    check(lambda torch, a, x: getattr(a.detach() * 1, name + "_")(x.detach()), rand(4), rand(4, seed=1))


def test_the_derivative_by_the_order_is_not_implemented():
    for name in ("igamma", "igammac"):
        check_raises(lambda torch, a, x: getattr(torch, name)(a, x).sum().backward(), rand(2), rand(2), grad=True)


def test_zeta_with_tensors_and_numbers():
    s, q = np.meshgrid(np.array([1.0, 1.5, 2.0, 3.0, 20.0, 0.5]), np.array([0.3, 1.0, 4.5, 30.0, 0.0, -1.5, -2.0]))
    check(lambda torch, s, q: torch.special.zeta(s, q), s, q, grad=False)
    check(lambda torch, q: torch.special.zeta(2.5, q), rand(4), second=True)
    check(lambda torch, s: torch.special.zeta(s.detach() + 2, 1.5), rand(4))
    check_raises(lambda torch, s: torch.special.zeta(s + 2, 1.5).sum().backward(), rand(2), grad=True)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int64", "bool"])
def test_other_dtypes_agree_with_torch(dtype):
    values = [1, 2, 5, 11]
    theirs = torch.tensor(values).to(getattr(torch, dtype)).lgamma()
    ours = minitorch.tensor(values).to(getattr(minitorch, dtype)).lgamma()
    assert repr(ours.dtype) == repr(theirs.dtype)
    np.testing.assert_allclose(ours.float().numpy(), theirs.float().numpy(), rtol=1e-5)


def test_complex_numbers_are_refused():
    check_raises(lambda torch, x: torch.lgamma(x), randn(2) + 1j)
    check_raises(lambda torch, x: torch.igamma(x, x), randn(2) + 1j)
