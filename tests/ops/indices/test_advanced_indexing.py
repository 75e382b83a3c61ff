"""index_put, nonzero, take and put."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn


@pytest.mark.parametrize("accumulate", [False, True])
def test_index_put_writes_or_adds(accumulate):
    i, j = np.array([2, 0]), np.array([1, 3])
    for x in awkward(randn(3, 4)):
        for v in (randn(2, seed=1), randn(1, seed=1), randn(seed=1)):
            check(lambda torch, x, i, j, v: x.index_put((i, j), v, accumulate), x, i, j, v, second=True)
            check(lambda torch, x, i, j, v: (x * 1).index_put_([i, j], v, accumulate), x, i, j, v, second=True)
        check(lambda torch, x, i, v: x.index_put((i,), v, accumulate), x, i, randn(4, seed=1), second=True)
        check(lambda torch, x, m, v: x.index_put((m,), v, accumulate), x, randn(3, 4) > 0, randn(seed=1))


def test_index_put_adds_to_an_element_every_time_it_is_named():
    i, j = np.array([[0, 2], [0, 0]]), np.array([1, 1])
    check(lambda torch, x, i, j, v: x.index_put((i, j), v, True), randn(3, 4), i, j, randn(2, 2, seed=1), second=True)
    check(lambda torch, x, i, v: x.index_put((i,), v, True), randn(3, 4), i, randn(2, 2, 4, seed=1), second=True)
    check(lambda torch, x, i, v: x.t().index_put((i,), v, True), randn(4, 3), i, randn(4, seed=1))


@pytest.mark.parametrize("as_tuple", [False, True])
def test_nonzero_lists_indices_in_row_major_order(as_tuple):
    for x in [
        *awkward(integers(3, 4, high=2)),
        integers(5, high=2),
        np.array(3),
        np.array(0),
        integers(0, 3),
        randn(2, 2, 2) > 0,
    ]:
        check(lambda torch, x: x.nonzero(as_tuple=as_tuple), x)


def test_where_of_a_condition_alone_is_nonzero():
    check(lambda torch, x: torch.where(x > 0), randn(3, 4), grad=False)


def test_take_reads_the_flattened_tensor():
    for x in awkward(randn(3, 4)):
        for index in awkward(np.array([[0, -1], [11, 0]])):
            check(lambda torch, x, i: x.take(i), x, index, second=True)
            check(lambda torch, x, i: x.take(i) ** 2, x, index, second=True)
    check(lambda torch, x, i: x.take(i), randn(), np.array([0, 0]))


@pytest.mark.parametrize("accumulate", [False, True])
def test_put_writes_the_flattened_tensor(accumulate):
    index = np.array([[0, -1], [5, 3]])
    for x in awkward(randn(3, 4)):
        check(lambda torch, x, i, s: x.put(i, s, accumulate), x, index, randn(4, seed=1), second=True)
        check(lambda torch, x, i, s: (x * 1).put_(i, s, accumulate), x, index, randn(2, 2, seed=1), second=True)
    check(lambda torch, x, i, s: x.put(i, s, True), randn(3, 4), np.array([1, 1, 1]), randn(3, seed=1), second=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.index_put_((torch.tensor([0]),), torch.ones(2, dtype=torch.float64)),
        lambda torch, x: x.index_put_((torch.tensor([0, 9]),), torch.ones((), dtype=torch.float64)),
        lambda torch, x: x.index_put_((torch.tensor([0]),), torch.ones((), dtype=torch.float32)),
        lambda torch, x: x.index_put_((torch.tensor([0]),) * 3, torch.ones((), dtype=torch.float64)),
        lambda torch, x: x.index_put_((None, torch.tensor([0])), torch.ones((), dtype=torch.float64)),
        lambda torch, x: x.index_put_(
            (
                torch.tensor([0]),
                torch.tensor([0, 1]),
            ),
            torch.ones(3, dtype=torch.float64),
        ),
        lambda torch, x: x.take(torch.tensor([12])),
        lambda torch, x: x.take(torch.tensor([-13])),
        lambda torch, x: x.take(torch.tensor([0.0])),
        lambda torch, x: x.put_(torch.tensor([0, 99]), torch.ones(2, dtype=torch.float64)),
        lambda torch, x: x.put_(torch.tensor([0, 1]), torch.ones(1, dtype=torch.float64)),
        lambda torch, x: x.put_(torch.tensor([0]), torch.ones(1, dtype=torch.float32)),
    ],
)
def test_bad_arguments_are_refused_and_nothing_is_written(program):
    check_raises(program, randn(3, 4))


@pytest.mark.parametrize("key", [np.array([1, 0]), np.array([True, False, True])])
def test_an_index_that_was_written_since_is_not_used_for_a_gradient(key):
    def program(torch, x, i):
        y = x[i] * 1
        i.copy_(i == 0)
        y.sum().backward()

    check_raises(lambda torch, x: program(torch, x, torch.from_numpy(key.copy())), randn(3, 4), grad=True)
