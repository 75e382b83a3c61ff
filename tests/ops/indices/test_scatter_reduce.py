"""scatter_reduce: every reduction, with and without what was there before."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

REDUCTIONS = ["sum", "prod", "mean", "amax", "amin"]
INDEX = np.array([[0, 0, 1, 2], [0, 2, 1, 2], [0, 0, 1, 1]])


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_scatter_reduce_agrees(reduce, include_self):
    def out_of_place(torch, x, i, s):
        return x.scatter_reduce(0, i, s, reduce, include_self=include_self)

    def in_place(torch, x, i, s):
        return (x * 1).scatter_reduce_(0, i, s, reduce, include_self=include_self)

    for x in awkward(randn(4, 4)):
        check(out_of_place, x, INDEX, randn(3, 4, seed=1), second=True)
        check(in_place, x, INDEX, randn(3, 4, seed=1))
    ties = np.round(randn(3, 4, seed=1))
    check(out_of_place, np.round(randn(4, 4)) + 3 * (reduce == "prod"), INDEX, ties)
    check(out_of_place, integers(4, 4), INDEX, integers(3, 4, seed=1))


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_scatter_reduce_of_nothing(reduce):
    nowhere = np.zeros((0, 4), np.int64)
    check(lambda torch, x, i, s: x.scatter_reduce(0, i, s, reduce), randn(4, 4), nowhere, randn(0, 4))


def test_an_unknown_reduction_is_refused():
    check_raises(lambda torch, x: x.scatter_reduce_(0, torch.tensor([[0]]), x.clone(), "foo"), randn(3, 4))
    check_raises(lambda torch, x: x.scatter_reduce_(0, torch.tensor([[9]]), x.clone(), "sum"), randn(3, 4))


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", REDUCTIONS[1:])
def test_index_reduce_agrees(reduce, include_self):
    for dim in (0, 1):
        source = np.moveaxis(randn(4, 3, seed=1), 0, dim)

        def program(torch, x, i, s, dim=dim):
            return x.index_reduce(dim, i, s, reduce, include_self=include_self)

        check(program, randn(3, 3), np.array([0, 2, 0, 0]), source, second=True)


def test_index_reduce_refuses_what_pytorch_refuses():
    check_raises(lambda torch, x: x.index_reduce_(0, torch.tensor([0]), x[:1].clone(), "sum"), randn(3, 4))
    check_raises(lambda torch, x: x.index_reduce_(0, torch.tensor([-5]), x[:1].clone(), "prod"), randn(3, 4))
    check_raises(lambda torch, x: x.index_reduce_(0, torch.tensor([0]), x[:2].clone(), "prod"), randn(3, 4))
