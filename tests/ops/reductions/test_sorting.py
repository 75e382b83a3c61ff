"""Sorting, order statistics and distinct elements."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

TIES = integers(4, 6, high=3)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_sort_is_stable_and_keeps_the_memory_order(dim, descending):
    for x in [*awkward(randn(2, 3, 4)), np.round(randn(2, 3, 9))]:
        check(lambda torch, x: tuple(torch.sort(x, stable=True, dim=dim, descending=descending)), x, second=True)
        check(lambda torch, x: torch.argsort(x, dim=dim, descending=descending, stable=True), x)
    check(lambda torch, x: tuple(x.sort(dim, descending)), randn(2, 3, 4))


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float16, np.float32])
def test_every_ordered_dtype_is_sorted(dtype):
    x = TIES.astype(dtype)
    check(lambda torch, x: tuple(torch.sort(x, dim=1, stable=True)), x)
    check(lambda torch, x: tuple(torch.sort(x, dim=0, descending=True, stable=True)), x)


def test_nan_is_the_largest_value():
    x = np.array([[2.0, np.nan, -np.inf, np.inf], [7.0, 1.0, np.nan, 0.0]])
    check(lambda torch, x: (*x.sort(1), *x.sort(1, True), *x.topk(2), *x.kthvalue(3, 1)), x, grad=False)


@pytest.mark.parametrize("name", ["sort", "msort", "median", "mode"])
def test_a_zero_dim_tensor_is_sorted_already(name):
    check(lambda torch, x: getattr(x, name)() if name != "msort" else x.sort(0), randn())
    check(lambda torch, x: tuple(getattr(x, name)(0)) if name not in ("msort",) else (), randn())


def test_topk_takes_the_most_extreme_first():
    for x in awkward(randn(3, 4, 5)):
        check(lambda torch, x: tuple(x.topk(2)), x, second=True)
        check(lambda torch, x: tuple(x.topk(3, 0, False)), x)
        check(lambda torch, x: x.topk(0).values, x)
    check(lambda torch, x: tuple(x.topk(1)), randn())


def test_kthvalue_counts_from_one():
    for x in awkward(randn(3, 5)):
        check(lambda torch, x: (*x.kthvalue(1), *x.kthvalue(2, 0, True), *x.kthvalue(5, 1)), x, second=True)


@pytest.mark.parametrize("size", [4, 5])
@pytest.mark.parametrize("name", ["median", "nanmedian"])
def test_the_median_of_an_even_number_is_the_lower_one(name, size):
    for x in awkward(randn(3, size)):
        check(lambda torch, x: getattr(x, name)(), x, second=True)
        check(lambda torch, x: (*getattr(x, name)(1), *getattr(x, name)(0, True)), x, second=True)
    check(lambda torch, x: getattr(x, name)(), TIES)
    check(lambda torch, x: getattr(x, name)(), np.round(randn(3, 4)))


@pytest.mark.parametrize("name", ["median", "nanmedian"])
def test_nan_is_the_median_unless_it_is_skipped(name):
    x = np.array([[5.0, np.nan, 3.0, 1.0], [np.nan, np.nan, np.nan, np.nan], [1.0, 2.0, 3.0, 4.0]])
    check(lambda torch, x: getattr(x, name)(1).values, x, grad=False)
    check(lambda torch, x: getattr(x, name)(1).values, x[[0, 2]])
    check(lambda torch, x: getattr(x[:1] * 1, name)(1).indices, x, grad=False)
    check(lambda torch, x: getattr(x, name)(), x, grad=False)
    check(lambda torch, x: getattr(x, name)(), randn(0), grad=False)


def test_mode_is_the_smallest_of_the_most_frequent_values():
    check(lambda torch, x: (*x.mode(), *x.mode(0), *x.mode(1, True)), TIES)
    check(lambda torch, x: x.mode(0).values, np.round(randn(7, 3)), second=True)


def test_unique_answers_all_three_questions():
    for x in (TIES, np.round(randn(3, 4)), TIES.astype(bool)):
        check(lambda torch, x: torch.unique(x), x, grad=False)
        check(lambda torch, x: x.unique(return_inverse=True, return_counts=True), x, grad=False)
    check(lambda torch, x: x.unique(return_counts=True, dim=0), integers(6, 2, high=2))
    check(lambda torch, x: x.unique(return_inverse=True, dim=1), integers(2, 6, high=2), strides=False)


def test_unique_consecutive_compares_neighbours_only():
    check(lambda torch, x: torch.unique_consecutive(x, return_inverse=True, return_counts=True), integers(12, high=2))
    check(lambda torch, x: x.unique_consecutive(return_counts=True, dim=0), integers(9, 2, high=2))
    check(lambda torch, x: x.unique_consecutive(), integers(0))


def test_the_derivative_of_unique_is_refused():
    check_raises(lambda torch, x: x.unique().sum().backward(), randn(3), grad=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.sort(2),
        lambda torch, x: x.topk(5),
        lambda torch, x: x.topk(-1),
        lambda torch, x: x.kthvalue(0),
        lambda torch, x: x.kthvalue(5),
        lambda torch, x: x.median(2),
        lambda torch, x: torch.zeros(0, 2).median(0),
        lambda torch, x: torch.zeros(0, 2).mode(0),
        lambda torch, x: torch.zeros(0).kthvalue(1),
        lambda torch, x: torch.complex(x, x).sort(),
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(3, 4))
