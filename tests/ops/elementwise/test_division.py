"""Tests for `minitorch/ops/elementwise/division.py`."""

import itertools

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

DTYPES = ["bool", "uint8", "int8", "int64", "float16", "bfloat16", "float32", "float64"]
BINARY = {
    "div": lambda torch, x, y: x / y,
    "true_divide": lambda torch, x, y: torch.true_divide(x, y),
    "floor": lambda torch, x, y: torch.div(x, y, rounding_mode="floor"),
    "trunc": lambda torch, x, y: torch.div(x, y, rounding_mode="trunc"),
    "remainder": lambda torch, x, y: x % y,
    "fmod": lambda torch, x, y: torch.fmod(x, y),
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((), (3,)), ((), ()), ((0, 3), (3,))])
def test_divisions_agree_with_torch_to_the_second_derivative(name, shapes):
    check(BINARY[name], np.asarray(randn(*shapes[0]) * 5), randn(*shapes[1], seed=1), second=True)


@pytest.mark.parametrize("name", BINARY)
def test_divisions_take_any_memory_layout(name):
    for a, b in itertools.product(awkward(randn(3, 4) * 3), awkward(randn(3, 4, seed=1))):
        check(BINARY[name], a, b)


@pytest.mark.parametrize("name", BINARY)
def test_numbers_divide_and_are_divided(name):
    x = randn(7) * 4
    for number in (2, 2.5, -3):
        check(lambda torch, x: BINARY[name](torch, x, number), x)
        check(lambda torch, x: BINARY[name](torch, x, number), integers(7, low=-9, high=9))
    check(lambda torch, x: (2 / x, 2.5 / x), x, second=True)
    check(lambda torch, x: (7 // x, 7 % x, -7.5 // x, torch.remainder(-7, x)), np.array([2, -3, 5]))


@pytest.mark.parametrize("dtypes", list(itertools.product(DTYPES, DTYPES)), ids="-".join)
def test_promotion_of_divisions_is_torchs(dtypes):
    x, y = integers(6, low=0, high=9), integers(6, low=1, high=5, seed=1)

    def program(torch, x, y):
        a, b = x.to(getattr(torch, dtypes[0])), y.to(getattr(torch, dtypes[1]))
        results = [a / b, a / b[0], a[0] / b]
        if dtypes != ("bool", "bool"):
            results += [a // b, a % b, torch.fmod(a, b), torch.div(a, b, rounding_mode="trunc")]
        return results

    check(program, x, y, grad=False, rtol=1e-6)


def test_booleans_have_no_rounded_division():
    b = np.array([True])
    for program in (lambda torch, b: b // b, lambda torch, b: b % b, lambda torch, b: torch.fmod(b, b)):
        check_raises(program, b)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, i: i // 0,
        lambda torch, i: i % 0,
        lambda torch, i: torch.fmod(i, 0),
        lambda torch, i: i // torch.tensor([1, 0, 1]),
        lambda torch, i: i.remainder_(torch.tensor(0)),
        lambda torch, i: torch.div(i, 0, rounding_mode="trunc"),
    ],
)
def test_integers_divided_by_zero_are_an_error(program):
    check_raises(program, integers(3), match="ZeroDivisionError")


def test_floats_divided_by_zero_are_infinite():
    x = np.array([1.0, -1.0, 0.0, np.nan, np.inf])
    check(lambda torch, x: x // 0, x, grad=False)
    check(lambda torch, x: (x / 0, x % 0, torch.fmod(x, 0), torch.div(x, 0, rounding_mode="trunc")), x)
    check(lambda torch, i: i / 0, integers(3))


def test_signs_of_quotients_and_remainders():
    x = np.array([7.0, -7.0, 7.0, -7.0, 6.0, -6.0, 5.5])
    y = np.array([3.0, 3.0, -3.0, -3.0, 3.0, 3.0, -0.5])
    for name in BINARY:
        check(BINARY[name], x, y)
        check(BINARY[name], x.astype(np.int32), np.array([3, 3, -3, -3, 3, 3, -1], np.int32))
        check(BINARY[name], x.astype(np.float32), y.astype(np.float32), rtol=1e-6)


def test_an_unknown_rounding_mode_is_refused():
    check_raises(lambda torch, x: torch.div(x, 2, rounding_mode="up"), randn(3), match="rounding_mode")


def test_floor_division_has_no_derivative():
    check(lambda torch, x: x // 2, randn(3), grad=False)
    check_raises(lambda torch, x: (x // 2).sum().backward(), randn(3), grad=True, match="not implemented")
    check_raises(lambda torch, x: (2 % x).sum().backward(), randn(3), grad=True, match="not implemented")


def test_in_place_divisions():
    def program(torch, x, y):
        a = x * 1
        a /= y
        b = x * 1
        b %= y
        return a, b, (x * 1).div_(y, rounding_mode="floor"), (x * 1).fmod_(2), (x * 1).remainder_(2)

    check(program, randn(3, 4) * 5, randn(4, seed=1) + 3)

    def whole(torch, i):
        i //= 2
        i %= 3
        return i

    check(whole, integers(5, low=-9))
