"""Tests for `minitorch/ops/elementwise/powers.py`."""

import itertools

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, rand, randn

EXPONENTS = [0, 1, 2, 3, 4, -1, -2, 0.5, -0.5, 1.5, 2.0, -3]


@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("shape", [(3, 4), (), (0,)])
def test_powers_by_a_number(exponent, shape):
    for layout in awkward(rand(*shape) + 0.5):
        check(lambda torch, x: x**exponent, layout, second=True)
    check(lambda torch, x: x.pow(exponent), rand(5).astype(np.float32), rtol=1e-6, grad=False)


def test_powers_of_negative_numbers_and_zero():
    x = np.array([-2.0, -0.5, 0.0, 3.0])
    for exponent in EXPONENTS:
        check(lambda torch, x: x**exponent, x, grad=exponent > 1)
    check(lambda torch, x: x**2, x, second=True)


@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((), (3,)), ((0, 3), (3,))])
def test_powers_of_tensors(shapes):
    check(lambda torch, x, y: x**y, rand(*shapes[0]), randn(*shapes[1], seed=1), second=True)
    check(lambda torch, x, y: torch.pow(x, y), rand(*shapes[0]), rand(*shapes[1], seed=1))


def test_gradients_of_powers_at_zero():
    check(lambda torch, x, y: x**y, np.array([0.0, 0.0, 2.0]), np.array([2.0, 0.0, 0.0]))
    check(lambda torch, y: 0.0**y, np.array([0.0, 2.0, -1.0]))


def test_powers_of_a_number():
    for base in (2, 2.5, 0.1):
        check(lambda torch, y: (base**y, torch.pow(base, y)), randn(3, 4), second=True)
    check(lambda torch, y: (-2) ** y, np.array([1.0, 2.0, -3.0]), grad=False)


BASES, EXPONENT_DTYPES = ["uint8", "int8", "int64", "float16", "float32"], ["uint8", "int64", "bfloat16", "float32"]


@pytest.mark.parametrize("dtypes", list(itertools.product(BASES, EXPONENT_DTYPES)), ids="-".join)
def test_promotion_of_powers_is_torchs(dtypes):
    def program(torch, x, y):
        a, b = x.to(getattr(torch, dtypes[0])), y.to(getattr(torch, dtypes[1]))
        return a**b, a[0] ** b, a ** b[0], a**2, a**2.5, 2**b, 2.5**b, a**True

    check(program, integers(5, low=1, high=4), integers(5, low=0, high=4, seed=1), grad=False, rtol=2e-3)


def test_integers_to_negative_powers():
    i = np.array([1, -1, 2, -3, -1])
    check_raises(lambda torch, i: i**-1, i, match="Integers to negative integer powers are not allowed.")
    check(lambda torch, i, e: i**e, i, np.array([-1, -3, -1, 2, -2]))
    check(lambda torch, e: 2**e, np.array([3, 0, -1]))
    check(lambda torch, b: b**2, np.array([True, False]))
    check_raises(lambda torch, b: b**b, np.array([True, False]))


def test_complex_powers():
    z = np.array([1 + 2j, -0.5j, 2.0 + 0.1j])
    for exponent in (2, 3, 0.5, 2j, -1):
        check(lambda torch, z: z**exponent, z, second=True)
    check(lambda torch, z, w: z**w, z, z.conj() + 1, second=True)


@pytest.mark.parametrize("name", ["sqrt", "rsqrt", "reciprocal", "square"])
def test_roots_and_reciprocals(name):
    for shape in ((3, 4), (), (0,)):
        for layout in awkward(rand(*shape)):
            check(lambda torch, x: getattr(torch, name)(x), layout, second=True)
    check(lambda torch, x: getattr(x, name)(), integers(4, low=1), grad=False)
    check(lambda torch, x: getattr(x, name)(), np.array([0.0, -1.0, np.inf, np.nan]))
    check(lambda torch, x: getattr(x, name)(), np.array([True, False]))
    check(lambda torch, z: getattr(z, name)(), np.array([1 + 2j, -1 + 0.5j]), second=True)
    check(lambda torch, x: getattr(x * 1, name + "_")(), rand(4))


def test_float_power_computes_in_double_precision():
    check(lambda torch, x: (x.float_power(2), torch.float_power(2, x)), rand(3).astype(np.float32), grad=False)
    check(lambda torch, x: x.float_power(2.5), integers(3))


def test_bad_exponents_are_refused():
    check_raises(lambda torch, x: x ** "a", randn(2))
    check_raises(lambda torch, x: torch.pow(2, 3), randn(2))
    check_raises(lambda torch, x: x.pow_(0.5), integers(2))
