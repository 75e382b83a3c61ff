"""Sums, means, products, counts: values, dtypes, strides, gradients and errors against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, rand, randn

FORMS = [(), (0,), (-1,), ((0, 2),), ((0, 1, 2),), (None, True), (1, True), ((0, 2), True), ((),)]
ADDING = ["sum", "mean", "nansum", "nanmean"]


@pytest.mark.parametrize("arguments", FORMS)
@pytest.mark.parametrize("name", ADDING)
def test_sums_and_means_agree_in_every_form_of_dim(name, arguments):
    for x in awkward(randn(2, 3, 4)):
        check(lambda torch, x: getattr(x * 1, name)(*arguments), x, second=True)


@pytest.mark.parametrize("name", ADDING)
def test_sums_and_means_of_a_zero_dim_tensor(name):
    check(lambda torch, x: (getattr(x, name)(), getattr(x, name)(0), getattr(x, name)(-1, True)), randn())


@pytest.mark.parametrize("name", [*ADDING, "prod"])
def test_nothing_reduces_to_the_neutral_element(name):
    check(lambda torch, x: (getattr(x, name)(), getattr(x, name)(0), getattr(x, name)(1)), randn(0, 3))


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int16, np.int32, np.int64])
@pytest.mark.parametrize("name", ["sum", "prod", "nansum", "count_nonzero", "all", "any"])
def test_integers_are_added_as_int64(name, dtype):
    x = integers(3, 4, low=0, high=3).astype(dtype)
    check(lambda torch, x: (getattr(x, name)(), getattr(x, name)(1)), x)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "nansum", "logsumexp"])
def test_half_precision_is_accumulated_in_single_and_rounded_once(name):
    x = rand(64, 40).astype(np.float16)
    check(lambda torch, x: getattr(x, name)(1), x, rtol=2e-3, atol=1e-3)


def test_a_long_half_precision_sum_does_not_stall_at_2048():
    check(lambda torch, x: (x.sum(), x.mean()), np.ones(5000, np.float16))


@pytest.mark.parametrize("name", ["sum", "mean", "nansum", "prod", "nanmean"])
def test_dtype_is_the_dtype_of_the_result_and_gradients_keep_the_inputs(name):
    check(lambda torch, x: getattr(x, name)(dtype=torch.float64), randn(3, 4, dtype=np.float32), rtol=1e-5)
    check(lambda torch, x: getattr(x, name)(1, dtype=torch.float64), randn(3, 4, dtype=np.float32), rtol=1e-5)


def test_complex_sums_and_means_and_products():
    x = randn(3, 4) + 1j * randn(3, 4, seed=1)
    check(lambda torch, x: (x.sum(), x.sum(0), x.mean(), x.mean(1), x.prod(), x.prod(0)), x, second=True)


def test_nan_counts_as_nothing_in_nansum_and_nanmean():
    x = randn(3, 4)
    x[0, 1] = x[2, 2] = np.nan
    check(lambda torch, x: (x.nansum(), x.nansum(0), x.nanmean(), x.nanmean(1, True)), x)


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_the_gradient_of_a_product_is_right_with_zeros(zeros):
    x = randn(3, 4)
    x.reshape(-1)[[2, 6][:zeros]] = 0
    check(lambda torch, x: x.prod(), x, second=True)
    check(lambda torch, x: (x.prod(0), x.prod(1, True)), x, second=True)


def test_a_product_of_one_element():
    check(lambda torch, x: (x.prod(), x.prod(0), x.prod(0, True)), np.zeros(()))
    check(lambda torch, x: (x.prod(), x.prod(0)), np.zeros(1))


@pytest.mark.parametrize("arguments", [(0,), (-1, True), ((0, 2),), ((0, 1, 2), True)])
def test_logsumexp_agrees(arguments):
    for x in awkward(randn(2, 3, 4)):
        check(lambda torch, x: x.logsumexp(*arguments), x, second=True)


def test_logsumexp_neither_overflows_nor_divides_infinities():
    x = np.array([[1000.0, 1000.0], [-np.inf, -np.inf], [np.inf, 1.0], [-np.inf, 3.0]])
    check(lambda torch, x: x.logsumexp(1), x, grad=False)
    check(lambda torch, x: (x.logsumexp(0), x.logsumexp(1)), randn(0, 3))
    check(lambda torch, x: x.logsumexp(0), integers(3, 4), rtol=1e-6)
    check(lambda torch, x: x.logsumexp(0), randn(3, 4) + 4j * randn(3, 4, seed=1))


@pytest.mark.parametrize("name", ["all", "any"])
def test_truth_reduces_over_every_form_of_dim(name):
    x = randn(2, 3, 4) > 0
    for form in [(), (0,), (-1, True), ((0, 2),), ((),)]:
        check(lambda torch, x: getattr(x, name)(*form), x)
    check(lambda torch, x: (getattr(x, name)(), getattr(x, name)(0), getattr(x, name)(1)), randn(0, 3), grad=False)


def test_count_nonzero_over_every_form_of_dim():
    check(lambda torch, x: (x.count_nonzero(), x.count_nonzero(0), x.count_nonzero((0, 2))), integers(2, 3, 4, high=2))


def test_numpys_parameter_names_are_understood():
    check(lambda torch, x: (x.sum(axis=0), x.mean(axis=1, keepdims=True), torch.sum(x, axis=1)), randn(3, 4))


def test_out_receives_the_result():
    def program(torch, x):
        out = torch.empty(3, dtype=torch.float64)
        assert torch.sum(x, 1, out=out) is out
        return out

    check(program, randn(3, 4), grad=False)


def test_sum_to_size_sums_what_broadcasting_repeated():
    check(lambda torch, x: (x.sum_to_size(3, 1), x.sum_to_size(1), x.sum_to_size((2, 1, 4))), randn(2, 3, 4))


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.sum(2),
        lambda torch, x: x.sum((0, 0)),
        lambda torch, x: x.sum((0, -2)),
        lambda torch, x: x.mean(5),
        lambda torch, x: x.prod(2),
        lambda torch, x: x.prod((0, 1)),
        lambda torch, x: x.logsumexp(),
        lambda torch, x: x.any(-3),
        lambda torch, x: x.sum(0.5),
        lambda torch, x: x.to(torch.int64).mean(),
        lambda torch, x: x.mean(dtype=torch.int64),
        lambda torch, x: x.to(torch.int64).nanmean(),
        lambda torch, x: torch.sum(x, 0, out=torch.empty(4, dtype=torch.float64)) if x.requires_grad else None.x,
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(3, 4), grad=True)
