"""Tests for `minitorch/ops/elementwise/clamping.py`."""

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

PAIRS = ["maximum", "minimum", "fmax", "fmin"]


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((), (3,)), ((0, 3), (3,))])
def test_maximum_and_its_relatives(name, shapes):
    check(lambda torch, x, y: getattr(torch, name)(x, y), randn(*shapes[0]), randn(*shapes[1], seed=1), second=True)


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_of_ties_and_nan(name):
    x = np.array([1.0, 2.0, np.nan, 3.0, np.nan])
    y = np.array([1.0, 1.0, 3.0, np.nan, np.nan])
    check(lambda torch, x, y: getattr(torch, name)(x, y), x, y)
    check(lambda torch, x: getattr(torch, name)(x, x), np.array([1.0, 2.0]))


@pytest.mark.parametrize("name", PAIRS)
def test_dtypes_of_maximum(name):
    def program(torch, i, f, b):
        return [getattr(torch, name)(p, q) for p, q in ((i, f), (i, i), (b, i), (b, b), (i, f[0]))]

    check(program, integers(3), randn(3), np.array([True, False, True]), grad=False)
    check_raises(lambda torch, z: getattr(torch, name)(z, z), randn(3) * 1j)
    check_raises(lambda torch, x: getattr(torch, name)(x, 1), randn(3), match="'other' (position 2) must be Tensor")


BOUNDS = [(-0.5, 0.5), (None, 0.5), (-0.5, None), (0.5, -0.5), (0, 1), (0, None)]


@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize("shape", [(3, 4), (), (0,), (60, 50)])
def test_clamp_between_numbers(bounds, shape):
    x = randn(*shape)
    for layout in awkward(x):
        check(lambda torch, x: x.clamp(*bounds), layout, second=True)
    check(lambda torch, x: (torch.clip(x, *bounds), (x * 1).clamp_(*bounds)), x)


def test_clamp_passes_the_gradient_at_its_bounds():
    x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0, np.nan, np.inf])
    check(lambda torch, x: (x.clamp(-0.5, 0.5), x.clamp(min=0), x.clamp(max=0.5)), x)
    check(lambda torch, x: (x.clamp_min(-0.5), x.clamp_max(0.5)), x)
    check(lambda torch, x: x.clamp(min=float("nan")), x, grad=False)


def test_clamp_between_tensors():
    x, low, high = randn(3, 4), randn(4, seed=1), randn(3, 1, seed=2)
    check(lambda torch, x, low, high: x.clamp(low, high), x, low, high, second=True)
    check(lambda torch, x, low, high: x.clamp(low, high), x, low - 1, high + 1, second=True)
    check(lambda torch, x, low, high: x.clamp(low, high), x, low + 1, high - 1)
    check(lambda torch, x, low: (x.clamp(min=low), x.clamp(max=low)), x, low)
    check(lambda torch, x, low: (x.clamp_min(low), x.clamp_max(low)), x, low)
    check(lambda torch, x, low: (x * 1).clamp_(min=low).clamp_max_(low + 1).clamp_min_(low + 0.5), x, low)


def test_dtypes_of_clamp():
    i = integers(5, low=-3)
    check(lambda torch, i: (i.clamp(0, 2), i.clamp(0.5, 1.5), i.clamp(min=0.5), i.clamp_min(1)), i)
    check(lambda torch, b: b.clamp(0, 1), np.array([True, False]))
    check(lambda torch, i, f: (i.clamp(f, f), f.clamp(min=i)), i, randn(5))
    check_raises(lambda torch, i: i.clamp_(0.5), i, match="can't be cast")
    check_raises(lambda torch, i: i.clamp(0, 300), i.astype(np.int8), match="without overflow")


def test_clamp_refuses_no_bounds_and_complex_numbers():
    check_raises(lambda torch, x: x.clamp(), randn(3), match="At least one of 'min' or 'max'")
    check_raises(lambda torch, x: x.clamp("a"), randn(3))
    check_raises(lambda torch, x: x.clamp(0), randn(3) * 1j)
