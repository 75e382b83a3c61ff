"""Tests for `minitorch/ops/reductions/searching.py`."""

import numpy as np
import pytest
from compare import check, check_raises, integers, randn

ROW = np.array([1.0, 3.0, 3.0, 5.0])


def test_searchsorted_to_the_left_and_to_the_right():
    values = np.array([[0.0, 1.0, 3.0], [4.0, 5.0, np.nan]])
    check(lambda torch, r, v: (torch.searchsorted(r, v), torch.searchsorted(r, v, right=True)), ROW, values, grad=False)
    check(lambda torch, r, v: torch.searchsorted(r, v, side="right", out_int32=True), ROW, values, grad=False)
    check(lambda torch, r: torch.searchsorted(r, 3.5), ROW, grad=False)


def test_searchsorted_in_rows_of_their_own_and_through_a_sorter():
    rows = randn(2, 3, 4)
    check(lambda torch, r, v: torch.searchsorted(r.sort()[0], v), rows, randn(2, 3, 2, seed=1), grad=False)
    check(lambda torch, r, v: torch.searchsorted(r, v, sorter=r.argsort()), rows, randn(2, 3, 2, seed=1), grad=False)
    check(lambda torch, r, v: torch.searchsorted(r, v), np.zeros((0, 0)), np.zeros((0, 0)), grad=False)


def test_bucketize():
    check(lambda torch, v, b: (torch.bucketize(v, b), torch.bucketize(v, b, right=True)), ROW + 0.5, ROW, grad=False)
    check(lambda torch, b: torch.bucketize(3, b, out_int32=True), ROW, grad=False)
    check(lambda torch, v, b: torch.bucketize(v, b), integers(5), ROW, grad=False)


@pytest.mark.parametrize("call", [
    lambda torch, r: torch.searchsorted(r, r, side="middle"),
    lambda torch, r: torch.searchsorted(r, r, side="left", right=True),
    lambda torch, r: torch.searchsorted(r.reshape(2, 2), r), lambda torch, r: torch.searchsorted(r[0], r),
    lambda torch, r: torch.searchsorted(r.reshape(2, 2), 1.0), lambda torch, r: torch.searchsorted(r, r, sorter=r),
    lambda torch, r: torch.searchsorted(r, r, sorter=torch.tensor([0])),
    lambda torch, r: torch.searchsorted(r, r, sorter=torch.tensor([0, 1, 2, 9])),
    lambda torch, r: torch.searchsorted(r, r, out_int32=True, out=torch.tensor([1])),
    lambda torch, r: torch.searchsorted(r > 1, r > 1), lambda torch, r: torch.bucketize(r, r.reshape(2, 2)),
])  # fmt: skip
def test_searching_refuses(call):
    check_raises(call, ROW)


def test_isin_with_tensors_and_numbers():
    check(lambda torch, a, b: (torch.isin(a, b), torch.isin(a, b, invert=True)), integers(3, 4), integers(4, seed=1))
    check(lambda torch, a: (torch.isin(a, 3), torch.isin(3, a)), integers(6))
    check(lambda torch, x: torch.isin(x, x[:2]), np.array([1.0, np.nan, 2.0]), grad=False)
    check_raises(lambda torch, a: torch.isin(a > 1, a > 1), integers(3))
    check_raises(lambda torch: torch.isin(1, 2))
