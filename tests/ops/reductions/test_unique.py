"""Tests for `minitorch/ops/reductions/unique.py`."""

import numpy as np
import pytest
from compare import check, check_raises, integers, randn

X = integers(4, 3, 5, low=0, high=2).astype(np.float64)


def test_values_inverse_and_counts_of_all_elements():
    check(lambda torch, i: torch.unique(i), integers(4, 5))
    check(lambda torch, i: torch.unique(i, return_inverse=True, return_counts=True), integers(4, 5))
    check(lambda torch, i: i.unique_consecutive(return_inverse=True, return_counts=True), np.array([1, 1, 2, 2, 1]))


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_distinct_slices_lie_in_memory_one_after_the_other(dim):
    check(lambda torch, x: torch.unique(x.detach(), return_inverse=True, return_counts=True, dim=dim), X)
    check(lambda torch, x: torch.unique_consecutive(x.detach(), return_counts=True, dim=dim), X)


def test_nodes_and_their_missing_derivatives():
    check(lambda torch, x: [torch.unique(x, dim=d).grad_fn.name() for d in (None, 0, 1)], X)
    check(lambda torch, x: torch.unique_consecutive(x, dim=1).grad_fn.name(), X)
    for call in (
        lambda torch, x: torch.unique(x).sum().backward(), lambda torch, x: torch.unique(x, dim=1).sum().backward(),
        lambda torch, x: torch.unique_consecutive(x).sum().backward(),
    ):  # fmt: skip
        check_raises(call, X, grad=True)
    check_raises(lambda torch, z: torch.unique(z), randn(2) + 1j)
