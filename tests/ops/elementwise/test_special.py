"""Tests for `minitorch/ops/elementwise/special.py`."""

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, rand, randn

BINARY = ["hypot", "logaddexp", "logaddexp2", "xlogy", "copysign"]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((), (3,)), ((0, 3), (3,))])
def test_functions_of_two_operands_agree_with_torch(name, shapes):
    x, y = rand(*shapes[0]), rand(*shapes[1], seed=1)
    check(lambda torch, x, y: getattr(torch, name)(x, y), x, y, second=True)
    for layout in awkward(x):
        check(lambda torch, x, y: getattr(x, name)(y), layout, y)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_operands_at_their_edges(name):
    values = np.array([0.0, 1.0, -1.0, 500.0, -500.0, np.inf, np.nan])
    x, y = (part.ravel() for part in np.meshgrid(values, values))
    check(lambda torch, x, y: getattr(torch, name)(x, y), x, y, grad=False)


def test_gradients_of_xlogy_and_copysign_at_zero():
    x, y = np.array([0.0, 0.0, 2.0, -2.0]), np.array([0.0, 2.0, -1.0, -3.0])
    check(lambda torch, x, y: (torch.xlogy(x, y), torch.copysign(x, y)), x, y)
    check(lambda torch, i: (torch.xlogy(i, i), torch.copysign(i, -1 * i)), integers(3), rtol=1e-6)


def test_heaviside():
    x = np.array([-1.0, 0.0, 2.0])
    check(lambda torch, x, v: torch.heaviside(x, v), x, np.asarray(0.5), grad=False)
    check_raises(lambda torch, x, v: torch.heaviside(x, v).sum().backward(), x, x, grad=True, match="not implemented")


@pytest.mark.parametrize("name", ["sinc", "deg2rad", "rad2deg"])
def test_functions_of_one_operand(name):
    for shape in ((3, 4), (), (0,)):
        check(lambda torch, x: getattr(torch, name)(x), randn(*shape), second=True)
    check(lambda torch, x: getattr(x * 1, name + "_")(), np.array([0.0, 1.0, -2.0]))
    check(lambda torch, i: getattr(torch, name)(i), integers(4), rtol=1e-6)


def test_nan_to_num():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    check(lambda torch, x: (x.nan_to_num(), torch.nan_to_num(x, 1.0, 2.0, 3.0), (x * 1).nan_to_num_(neginf=0.0)), x)
    check(lambda torch, x: x.nan_to_num(), x.astype(np.float32), grad=False)
    check(lambda torch, i: i.nan_to_num(), integers(3))


def test_xlogy_with_numbers_has_nodes_of_its_own():
    check(lambda torch, x: (torch.xlogy(2.0, x), torch.xlogy(x, 2.0), (x * 1).xlogy_(3)), rand(3), second=True)
    check_raises(lambda torch, x: torch.xlogy(2.0, 3.0), rand(1))


def test_copysign_of_a_number_has_a_node_of_its_own():
    check(lambda torch, x: (torch.copysign(x, -2.0), x.copysign(3), (x * 1).copysign_(-1.0)), randn(3))
    check_raises(lambda torch, x: torch.copysign(2.0, x), rand(1))
