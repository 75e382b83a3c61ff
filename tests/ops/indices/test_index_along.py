"""One index vector for a dimension."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

INDEX = np.array([2, 0, 2])


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_index_select_reads_whole_slices(dim):
    for x in awkward(randn(3, 4, 5)):
        check(lambda torch, x, i: x.index_select(dim, i), x, INDEX, second=True)
        check(lambda torch, x, i: x.index_select(dim, i) ** 2, x, INDEX, second=True)
    check(lambda torch, x, i: x.index_select(dim, i), randn(3, 4, 5), np.array(1))
    check(lambda torch, x, i: x.index_select(dim, i), integers(3, 4, 5), np.array([], np.int64))


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("alpha", [1, 2.5])
def test_index_add_adds_every_time(dim, alpha):
    source = np.moveaxis(randn(3, 3, 3, seed=1), 0, dim)
    for x in awkward(randn(3, 3, 3)):
        check(lambda torch, x, i, s: x.index_add(dim, i, s, alpha=alpha), x, INDEX, source, second=True)
        check(lambda torch, x, i, s: x.index_add(dim, i, s, alpha=alpha) ** 2, x, INDEX, source, second=True)
        check(lambda torch, x, i, s: (x * 1).index_add_(dim, i, s, alpha=alpha), x, INDEX, source, second=True)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_index_copy_writes_whole_slices(dim):
    index, source = np.array([2, 0]), np.moveaxis(randn(2, 3, 3, seed=1), 0, dim)
    for x in awkward(randn(3, 3, 3)):
        check(lambda torch, x, i, s: x.index_copy(dim, i, s), x, index, source, second=True)
        check(lambda torch, x, i, s: x.index_copy(dim, i, s) ** 2, x, index, source, second=True)
        check(lambda torch, x, i, s: (x * 1).index_copy_(dim, i, s), x, index, source, second=True)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_index_fill_writes_one_value(dim):
    for x in awkward(randn(3, 3, 3)):
        check(lambda torch, x, i: x.index_fill(dim, i, 2.5), x, INDEX, second=True)
        check(lambda torch, x, i, v: x.index_fill(dim, i, v), x, np.array([1, 0]), randn(seed=1), second=True)
        check(lambda torch, x, i: x.index_fill(dim, i, 1.0), x, np.array([-1, 0]), grad=False)
        check(lambda torch, x, i: (x * 1).index_fill_(dim, i, -1), x, INDEX)
        check(lambda torch, x, i, v: (x * 1).index_fill_(dim, i, v), x, INDEX, randn(seed=1), second=True)


def test_a_zero_dim_tensor_is_one_slice():
    check(lambda torch, x, i: x.index_select(0, i), randn(), np.array([0]))
    check(lambda torch, x, i, s: x.index_add(0, i, s), randn(), np.array([0]), randn(seed=1))
    check(lambda torch, x, i, s: x.index_copy(0, i, s), randn(), np.array([0]), randn(seed=1))
    check(lambda torch, x, i: x.index_fill(0, i, 3.0), randn(), np.array([0]))


def test_writing_slices_of_a_view_reaches_its_base():
    def program(torch, x, s):
        y = x * 1
        y[:, 1:].index_add_(1, torch.tensor([0, 0]), s)
        y.t().index_copy_(0, torch.tensor([0]), s.t()[:1])
        y[1].index_fill_(0, torch.tensor([2]), 9.0)
        return y

    check(program, randn(3, 4), randn(3, 2, seed=1), second=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.index_select(0, torch.tensor([[0]])),
        lambda torch, x: x.index_select(0, torch.tensor([3])),
        lambda torch, x: x.index_select(0, torch.tensor([-1])),
        lambda torch, x: x.index_select(0, torch.tensor([0.0])),
        lambda torch, x: x.index_select(7, torch.tensor([0])),
        lambda torch, x: x[0, 0].index_select(0, torch.tensor([0, 0])),
        lambda torch, x: x.index_add_(0, torch.tensor([0]), x[:2]),
        lambda torch, x: x.index_add_(0, torch.tensor([0, 1]), x[:2].to(torch.float32)),
        lambda torch, x: x.index_add_(0, torch.tensor([0, 3]), x[:2].clone()),
        lambda torch, x: x.index_add_(0, torch.tensor([-1]), x[:1].clone()),
        lambda torch, x: x.index_add_(0, torch.tensor([0]), x[:1, :2].clone()),
        lambda torch, x: x[0].index_add_(0, torch.tensor([0, 9]), x[0, :2].clone()),
        lambda torch, x: x.index_copy_(0, torch.tensor([0, 3]), x[:2].clone()),
        lambda torch, x: x.index_copy_(0, torch.tensor([-1]), x[:1].clone()),
        lambda torch, x: x.index_copy_(0, torch.tensor([0]), x[:2].clone()),
        lambda torch, x: x.index_copy_(0, torch.tensor([0]), x[:1, :2].clone()),
        lambda torch, x: x.index_fill_(0, torch.tensor([0, 3]), 1.0),
        lambda torch, x: x.index_fill_(0, torch.tensor([[1]]), 1.0),
        lambda torch, x: x.index_fill_(0, torch.tensor([0]), torch.tensor([1.0])),
        lambda torch, x: x.index_fill_(0, torch.tensor([0], dtype=torch.int32), 1.0),
    ],
)
def test_bad_arguments_are_refused_and_nothing_is_written(program):
    check_raises(program, randn(3, 4))
