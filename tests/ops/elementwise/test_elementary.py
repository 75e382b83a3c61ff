"""Tests for `minitorch/ops/elementwise/elementary.py` and `minitorch/ops/arrays/error_function.py`."""

import math

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, rand, randn

from minitorch.ops.arrays import error_function

DTYPES = ["bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64"]
SMOOTH = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
          "cosh", "tanh", "asinh", "atanh", "sigmoid", "logit", "erf", "erfc", "erfinv"]  # fmt: skip
COMPLEX = [name for name in SMOOTH if name not in ("logit", "erf", "erfc", "erfinv")] + ["acosh"]


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("shape", [(3, 4), (), (0, 2)])
def test_functions_agree_with_torch_to_the_second_derivative(name, shape):
    for layout in awkward(rand(*shape)):
        check(lambda torch, x: getattr(torch, name)(x), layout, second=True)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives_reach_the_incoming_gradient(name):
    check(lambda torch, x: getattr(torch, name)(x) * x, rand(3, 4), second=True)


def test_acosh_agrees_with_torch():
    check(lambda torch, x: torch.acosh(x), rand(3, 4) + 1, second=True)


@pytest.mark.parametrize("name", [*SMOOTH, "acosh"])
def test_edges_agree_with_torch(name):
    x = np.array([0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 30.0, -30.0, 800.0, -800.0, np.inf, -np.inf, np.nan])
    check(lambda torch, x: getattr(torch, name)(x), x, grad=False, rtol=1e-12)


@pytest.mark.parametrize("name", [*SMOOTH, "acosh"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_integers_become_floats_and_half_precision_stays(name, dtype):
    def program(torch, x):
        return getattr(torch, name)(x.to(getattr(torch, dtype)))

    values = integers(5, low=1, high=2) if name in ("erfinv", "atanh", "logit") else integers(5, low=1, high=4)
    tolerance = {"float16": 2e-3, "bfloat16": 2e-2}.get(dtype, 1e-6)
    check(program, values, grad=False, rtol=tolerance)


@pytest.mark.parametrize("name", SMOOTH)
def test_single_precision_agrees_to_its_last_digits(name):
    x = rand(300).astype(np.float32)
    check(lambda torch, x: getattr(torch, name)(x), x, grad=False, rtol=3e-6, atol=1e-7)


@pytest.mark.parametrize("name", COMPLEX)
def test_functions_of_complex_numbers(name):
    z = rand(4) + 1j * rand(4, seed=1)
    check(lambda torch, z: getattr(torch, name)(z), z, second=True, rtol=1e-7)


@pytest.mark.parametrize("name", [name for name in SMOOTH if name not in ("logit", "asinh", "atanh")])
def test_in_place_forms(name):
    check(lambda torch, x: getattr(x * 1, name + "_")(), rand(3, 4), names=False)
    check(lambda torch, x: getattr(x.clone(), name + "_")(), rand(3, 4).astype(np.float32), grad=False, rtol=1e-5)
    check_raises(lambda torch, i: getattr(i, name + "_")(), integers(3), match="can't be cast")


def test_out_takes_the_result():
    def program(torch, x):
        out = torch.empty(0, dtype=torch.float64)
        return torch.exp(x, out=out), torch.sigmoid(x, out=torch.zeros(3, dtype=torch.float64))

    check(program, rand(3), grad=False)


@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((), (3,)), ((0, 3), (3,))])
def test_atan2(shapes):
    check(lambda torch, y, x: torch.atan2(y, x), randn(*shapes[0]), randn(*shapes[1], seed=1), second=True)
    check(lambda torch, y, x: torch.arctan2(y, x), np.zeros(2), np.array([0.0, -0.0]))
    check(lambda torch, i: torch.atan2(i, i), integers(3), rtol=1e-6)
    check_raises(lambda torch, x: torch.atan2(x, 1), randn(3), match="must be Tensor")


def test_logit_with_bounds():
    x = np.array([0.0, 0.1, 0.2, 0.5, 0.8, 0.95, 1.0])
    check(lambda torch, x: (x.logit(0.2), torch.logit(x, eps=0.1), (x * 1).logit_(0.2)), x, second=True)
    check(lambda torch, x: x.logit(), np.array([-0.5, 0.3, 1.5]))


def test_the_error_function_is_accurate_to_one_unit_in_the_last_place():
    x = np.concatenate([randn(2000) * 2, np.linspace(-7, 7, 501), [0.84375, 1.25, 1 / 0.35, 6.0, 28.0, 1e-300]])
    exact = np.array([math.erf(value) for value in x])
    np.testing.assert_array_less(np.abs(error_function.erf(np, x) - exact), 1.5 * np.spacing(np.abs(exact)) + 1e-320)
    exact = np.array([math.erfc(value) for value in x])
    np.testing.assert_allclose(error_function.erfc(np, x), exact, rtol=1e-15, atol=0)


def test_the_single_precision_error_function_stays_within_a_few_units():
    x = np.linspace(-6, 6, 20001).astype(np.float32)
    exact = np.array([math.erf(float(value)) for value in x])
    np.testing.assert_allclose(error_function.erf(np, x), exact, rtol=5e-7, atol=1e-30)


def test_the_inverse_error_function_inverts():
    y = np.linspace(-0.999, 0.999, 401)
    np.testing.assert_allclose([math.erf(x) for x in error_function.erfinv(np, y)], y, rtol=1e-13, atol=1e-15)
    check(lambda torch, y: torch.erfinv(y), np.array([1.0, -1.0, 1.5, np.nan, 0.0]), grad=False)
