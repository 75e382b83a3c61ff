"""Tests for `minitorch/ops/elementwise/bitwise.py`."""

import itertools
import operator

import numpy as np
import pytest
from compare import check, check_raises, integers, randn

INTEGERS = ["bool", "uint8", "int8", "int32", "int64"]


@pytest.mark.parametrize("name", ["and_", "or_", "xor"])
@pytest.mark.parametrize("dtypes", list(itertools.product(INTEGERS, INTEGERS)), ids="-".join)
def test_bits_of_two_tensors(name, dtypes):
    x, y = (integers(3, 4, high=8, seed=seed).astype(dtype) for seed, dtype in enumerate(dtypes))
    bits = getattr(operator, name)
    check(lambda torch, x, y: (bits(x, y), bits(x, y[0]), bits(x.t(), y.t())), x, y)


@pytest.mark.parametrize("name", ["bitwise_and", "bitwise_or", "bitwise_xor"])
def test_bits_of_numbers(name):
    function = name.removeprefix("bitwise_")
    bits = getattr(operator, function if function == "xor" else function + "_")
    check(lambda torch, x: (bits(x, 6), bits(6, x), getattr(torch, name)(x, 3), getattr(x, name)(True)), integers(5))
    check(lambda torch, x: getattr(x.clone(), name + "_")(6), integers(5))
    check_raises(lambda torch, x: bits(x, x), randn(2))


@pytest.mark.parametrize("name", ["lshift", "rshift"])
def test_shifts(name):
    shift = getattr(operator, name)
    x = np.array([1, -5, 127, -128, 0])
    for dtype in (np.int8, np.int64):
        check(lambda torch, x: (shift(x, 1), shift(x, x * 0 + 3), shift(x, 100)), x.astype(dtype))
    check(lambda torch, x: (shift(40, x), getattr(operator, "i" + name)(x, 2)), np.array([1, 2, 0]))
    check_raises(lambda torch, x: shift(x, 1), randn(2))
    check_raises(lambda torch, x: shift(x, x), np.array([True]))


def test_not():
    check(lambda torch, x: (~x, torch.bitwise_not(x), x.bitwise_not_()), np.array([True, False]))
    check(lambda torch, x: ~x, integers(4, dtype=np.uint8))
    check_raises(lambda torch, x: ~x, randn(2), match="integer and Boolean")


def test_in_place_signs():
    def program(torch, x, y):
        x &= y
        x |= 8
        x ^= y
        return x

    check(program, integers(5), integers(5, seed=1))
