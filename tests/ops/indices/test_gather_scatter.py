"""Gather and scatter: an index for every element."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_gather_reads_what_the_index_names(dim):
    index = integers(2, 2, 3, high=2)
    for x in awkward(randn(2, 3, 4)):
        for i in awkward(index):
            check(lambda torch, x, i: x.gather(dim, i), x, i, second=True)
            check(lambda torch, x, i: x.gather(dim, i) ** 2, x, i, second=True)


def test_gather_of_nothing_of_one_element_and_by_int32():
    check(lambda torch, x, i: x.gather(0, i), randn(), np.array(0))
    check(lambda torch, x, i: x.gather(0, i), randn(), np.array([0, 0]))
    check(lambda torch, x, i: x.gather(1, i), randn(3, 4), np.zeros((0, 2), np.int64))
    check(lambda torch, x, i: x.gather(1, i), randn(3, 4), np.array([[0, 3, 3]], np.int32))
    check(lambda torch, x, i: x.gather(1, i), integers(3, 4) > 4, np.array([[0, 3, 3]]))


def test_take_along_dim_broadcasts():
    check(lambda torch, x, i: x.take_along_dim(i, 0), randn(3, 4), np.array([[2], [0]]), second=True)
    check(lambda torch, x, i: torch.take_along_dim(x, i, 1), randn(3, 4), np.array([[2, 0, 0]]))
    check(lambda torch, x, i: x.take_along_dim(i), randn(3, 4), np.array([7, 0]))
    check(lambda torch, x: x.take_along_dim(x.argsort(1), dim=1), randn(3, 4))


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_scatter_writes_what_the_index_names(dim):
    index = np.stack([np.random.default_rng(i).permutation(3)[:2] for i in range(6)]).reshape(2, 3, 2)
    index = np.moveaxis(index, -1, dim)
    base = randn(*np.array([3, 3, 3]))
    src, larger = randn(*index.shape, seed=1), randn(*np.array(index.shape) + 1, seed=1)
    check(lambda torch, x, i, src: x.scatter(dim, i, src), base, index, larger, grad=False)
    for x in awkward(base):
        check(lambda torch, x, i, src: x.scatter(dim, i, src), x, index, src, second=True)
        check(lambda torch, x, i, src: x.scatter(dim, i, src) ** 2, x, index, src, second=True)
        check(lambda torch, x, i, src: (x * 1).scatter_(dim, i, src), x, index, src, second=True)
        check(lambda torch, x, i: x.scatter(dim, i, 2.5), x, index)
        check(lambda torch, x, i: (x * 1).scatter_(dim, i, value=-1), x, index)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_scatter_add_adds_every_time(dim):
    index = integers(2, 3, 2, high=2)
    for x in awkward(randn(3, 3, 3)):
        check(lambda torch, x, i, s: x.scatter_add(dim, i, s), x, index, randn(2, 3, 4), grad=False)
        for src in awkward(randn(2, 3, 2, seed=1)):
            check(lambda torch, x, i, src: x.scatter_add(dim, i, src), x, index, src, second=True)
            check(lambda torch, x, i, src: x.scatter_add(dim, i, src) ** 2, x, index, src, second=True)
            check(lambda torch, x, i, src: (x * 1).scatter_add_(dim, i, src), x, index, src, second=True)


def test_scatter_into_a_view_reaches_its_base():
    def program(torch, x, src):
        y = x * 1
        y[1:].scatter_add_(0, torch.tensor([[0, 1, 0]]), src)
        y.t()[0:1].scatter_(1, torch.tensor([[2]]), 7.0)
        return y

    check(program, randn(3, 3), randn(1, 3), second=True)


@pytest.mark.filterwarnings("ignore:The reduce argument")
def test_scatter_reduces_by_its_old_argument():
    index = np.array([[0, 0, 1], [1, 0, 1]])
    for reduce in ("add", "multiply"):
        check(
            lambda torch, x, i, s: x.scatter(0, i, s, reduce=reduce),
            randn(3, 3),
            index,
            randn(2, 3, seed=1),
            grad=False,
        )
        check(lambda torch, x, i: x.scatter(0, i, 2, reduce=reduce), integers(3, 3), index)


def test_scatter_of_one_element_and_of_nothing():
    check(lambda torch, x, i: x.scatter(0, i, 3.0), randn(), np.array(0))
    check(lambda torch, x, i, s: x.scatter_add(0, i, s), randn(), np.array(0), randn(seed=1))
    check(
        lambda torch, x, i, s: (x.scatter(0, i, s), x.scatter_add(0, i, s)),
        randn(3, 4),
        np.zeros((0, 4), np.int64),
        randn(0, 4),
    )
    check_raises(
        lambda torch, x, s: x.scatter_add(0, torch.tensor([[0]]), s).sum().backward(),
        randn(3, 4),
        randn(3, 4),
        grad=True,
    )


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.gather(0, torch.tensor([0])),
        lambda torch, x: x.gather(0, torch.tensor([[0, -1]])),
        lambda torch, x: x.gather(0, torch.tensor([[0, 3]])),
        lambda torch, x: x.gather(0, torch.tensor([[0, 1, 0, 1, 0]])),
        lambda torch, x: x.gather(0, torch.tensor([[0]], dtype=torch.int16)),
        lambda torch, x: x.gather(2, torch.tensor([[0]])),
        lambda torch, x: x.take_along_dim(torch.tensor([0]), 0),
        lambda torch, x: x.scatter_(0, torch.tensor([[7]]), 1.0),
        lambda torch, x: x.scatter_(0, torch.tensor([[0, -1]]), 1.0),
        lambda torch, x: x.scatter_(0, torch.tensor([[0], [1]]), torch.ones(1, 1, dtype=torch.float64)),
        lambda torch, x: x.scatter_(0, torch.tensor([[0]]), torch.ones(1, 1, dtype=torch.float32)),
        lambda torch, x: x.scatter_(0, torch.tensor([0]), 1.0),
        lambda torch, x: x.scatter_(0, torch.tensor([[0]]), "a"),
        lambda torch, x: x.scatter_(0, torch.tensor([[0]]), 1.0, reduce="mean"),
        lambda torch, x: x.scatter_add_(0, torch.tensor([[0] * 5]), torch.ones(3, 5, dtype=torch.float64)),
        lambda torch, x: x.scatter_add_(0, torch.tensor([[9]]), x),
    ],
)
def test_bad_arguments_are_refused_and_nothing_is_written(program):
    check_raises(program, randn(3, 4))
