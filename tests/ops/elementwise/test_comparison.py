"""Tests for `minitorch/ops/elementwise/comparison.py`."""

import itertools
import operator

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

import minitorch

COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
DTYPES = ["bool", "uint8", "int8", "int64", "float16", "bfloat16", "float32", "float64", "complex64"]


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((), (3,)), ((), ()), ((0, 3), (3,))])
def test_comparisons_agree_with_torch(name, shapes):
    x, y = integers(*shapes[0], high=3).astype(float), integers(*shapes[1], high=3, seed=1).astype(float)
    for a, b in itertools.product(awkward(x), awkward(y)):
        check(lambda torch, x, y: (getattr(torch, name)(x, y), getattr(operator, name)(x, y)), a, b)


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_with_numbers(name):
    x = np.array([0.0, 1.0, 2.0, np.nan, np.inf, -np.inf])
    compare = getattr(operator, name)
    for number in (1, 1.0, 0.5, True, float("inf"), float("nan")):
        check(lambda torch, x: (compare(x, number), compare(number, x), getattr(x, name)(number)), x)
        check(lambda torch, x: (compare(x, number), compare(x[0], number)), integers(5, high=3))
    check(lambda torch, x: (compare(x, -1), compare(x, 300)), np.array([1, 255], np.uint8))


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("dtypes", list(itertools.product(DTYPES, DTYPES)), ids="-".join)
def test_comparisons_promote_as_torch_does(name, dtypes):
    x, y = integers(4, high=2), integers(4, high=2, seed=1)

    def program(torch, x, y):
        return getattr(torch, name)(x.to(getattr(torch, dtypes[0])), y.to(getattr(torch, dtypes[1])))

    if "complex64" in dtypes and name not in ("eq", "ne"):
        check_raises(program, x, y)
    elif not ("complex64" in dtypes and "float16" in dtypes):
        check(program, x, y, grad=False)


@pytest.mark.parametrize("name", COMPARISONS)
def test_in_place_comparisons_cut_the_gradient(name):
    def program(torch, x, y):
        z = x * 2
        return getattr(z, name + "_")(y), z * y

    check(program, randn(3), randn(3, seed=1), names=False)
    check(lambda torch, x: getattr(x.clone(), name + "_")(1), integers(5), grad=False)


def test_comparison_with_what_is_no_tensor():
    x = minitorch.ones(2)
    assert (x == None) is False and (x != "a") is True  # noqa: E711
    assert x.__eq__("a") is NotImplemented
    with pytest.raises(TypeError):
        x < "a"
    with pytest.raises(TypeError):
        x.eq("a")


def test_tensors_stay_hashable():
    x, y = minitorch.ones(2), minitorch.ones(2)
    assert len({x, y, x}) == 2


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite", "isposinf", "isneginf", "signbit"])
def test_what_a_float_can_be(name):
    x = np.array([0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf])
    check(lambda torch, x: getattr(torch, name)(x), x)
    check(lambda torch, x: getattr(torch, name)(x.to(torch.bfloat16)), x, grad=False)
    check(lambda torch, x: getattr(torch, name)(x), integers(4, low=-2))
    check(lambda torch, x: getattr(torch, name)(x), np.array([True, False]))
    check(lambda torch, x: getattr(torch, name)(x.t()), randn(3, 4))


def test_isreal():
    check(lambda torch, z: (torch.isreal(z), torch.isreal(z.real)), np.array([1 + 0j, 2j]), grad=False)


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor"])
def test_logic_on_truth_values(name):
    x, y = integers(3, 4, high=2), integers(4, high=2, seed=1)
    check(lambda torch, x, y: getattr(torch, name)(x, y), x, y.astype(float))
    check(lambda torch, x, y: getattr(x.clone(), name + "_")(y), x, y, grad=False)
    check(lambda torch, x, y: getattr(x, name)(y), x.astype(bool), y.astype(np.complex128))
    check_raises(lambda torch, x: getattr(torch, name)(x, 1), x, match="must be Tensor")


def test_logical_not():
    check(lambda torch, x: (torch.logical_not(x), x.logical_not()), np.array([0.0, 1.0, np.nan]))
    check(lambda torch, x: x.logical_not_(), integers(4, high=2))


def test_closeness():
    x = np.array([1.0, 1.0, 1.0, np.inf, -np.inf, np.nan, 0.0])
    y = np.array([1.0, 1.00001, 1.1, np.inf, np.inf, np.nan, 1e-9])
    check(lambda torch, x, y: (torch.isclose(x, y), x.isclose(y, equal_nan=True)), x, y)
    check(lambda torch, x, y: x.isclose(y, rtol=0.2, atol=0), x, y)
    check(lambda torch, x, y: (x.isclose(y, 0, 0), x.allclose(y), x[:2].allclose(y[:2], rtol=1e-4)), x, y)
    check(lambda torch, i: (i.isclose(i + 1), i.isclose(i + 1, atol=1)), integers(4))
    check_raises(lambda torch, x: x.isclose(x.to(torch.float32)), x, match="did not match")
    check_raises(lambda torch, x: x.isclose(x, rtol=-1), x)


def test_equal_compares_whole_tensors():
    x = randn(3)
    check(lambda torch, x: (x.equal(x * 1), x.equal(x + 1), x.equal(x[:2]), torch.equal(x, x.to(torch.float32))), x)
    check_raises(lambda torch, x: torch.equal(x, 2), x, match="must be Tensor")


def test_out_of_a_comparison():
    def program(torch, x):
        out = torch.empty(0, dtype=torch.bool)
        floats = torch.empty(3)
        return torch.gt(x, 0, out=out), torch.eq(x, x, out=floats)

    check(program, randn(3), grad=False)
