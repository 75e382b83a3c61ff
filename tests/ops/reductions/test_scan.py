"""Running sums, products and extremes."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp"])
def test_scans_agree_along_every_dimension(name, dim):
    for x in awkward(randn(2, 3, 4)):
        check(lambda torch, x: getattr(x, name)(dim), x, second=True)


@pytest.mark.parametrize("name", ["cummax", "cummin"])
def test_running_extremes_give_the_last_index_that_met_them(name):
    for x in [*awkward(randn(4, 5)), np.round(randn(4, 5))]:
        check(lambda torch, x: (*getattr(x, name)(0), *getattr(x, name)(-1)), x, second=True)


def test_nan_stays_the_running_extreme():
    x = np.array([1.0, 3.0, np.nan, 5.0, np.nan, 0.0])
    check(lambda torch, x: (*x.cummax(0), *x.cummin(0)), x, grad=False)


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"])
def test_a_zero_dim_tensor_is_its_own_scan(name):
    check(lambda torch, x: getattr(x, name)(0), randn())
    check(lambda torch, x: getattr(x, name)(0), randn(0, 3))
    check(lambda torch, x: getattr(x, name)(1), randn(2, 0, 3))


@pytest.mark.parametrize("zeros", [[2], [1, 3], [0], [4]])
def test_the_gradient_of_a_running_product_is_right_with_zeros(zeros):
    x = randn(5, 2)
    x[zeros, 0] = 0
    check(lambda torch, x: x.cumprod(0), x, second=True)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int32, np.int64])
def test_integers_are_scanned_as_int64(dtype):
    x = integers(3, 4, low=0, high=3).astype(dtype)
    check(lambda torch, x: (x.cumsum(0), x.cumprod(1), *x.cummax(0)), x)


def test_scans_take_a_dtype_and_half_precision():
    x = randn(3, 4, dtype=np.float32)
    check(lambda torch, x: (x.cumsum(0, dtype=torch.float64), x.cumprod(1, dtype=torch.float64)), x, rtol=1e-5)
    check(lambda torch, x: (x.cumsum(0), x.cumprod(1)), randn(3, 4).astype(np.float16), rtol=5e-3, atol=2e-3)
    check(lambda torch, x: (x.cumsum(0), x.cumprod(1)), randn(3, 4) + 1j * randn(3, 4, seed=1))


def test_scans_in_place_become_the_tensors_history():
    check(lambda torch, x: (x * 1).cumsum_(0), randn(3, 4), second=True)
    check(lambda torch, x: (x * 1).cumprod_(1), randn(3, 4), second=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.cumsum(2),
        lambda torch, x: x.cumprod(),
        lambda torch, x: x.cummax(-3),
        lambda torch, x: x.cumsum_(0),
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(3, 4), grad=True)


def test_the_logarithm_of_a_running_sum_of_complex_numbers():
    check(lambda torch, x: x.logcumsumexp(1), randn(3, 4) + 2j * randn(3, 4, seed=1))
