"""Flat places: reading by them is indexing, adding at them adds every time."""

from __future__ import annotations

import numpy as np
import pytest
from compare import randn

from minitorch.ops.arrays.places import accumulate, places_along, places_of

SHAPE = (3, 4, 5, 2)
I, J = np.array([[0, 2], [-1, 1]]), np.array([1, 0])


@pytest.mark.parametrize(
    "indices",
    [[I], [None, I], [I, J], [None, I, J], [I, None, J], [None, I, None, J], [None, None, None, J], [np.array(1)]],
)
def test_places_read_what_the_same_index_reads(indices):
    x = randn(*SHAPE)
    expected = x[tuple(slice(None) if i is None else i for i in indices)]
    np.testing.assert_array_equal(x.reshape(-1)[places_of(np, SHAPE, indices)], expected)


@pytest.mark.parametrize("dim", range(4))
def test_places_along_a_dimension_read_what_take_along_axis_reads(dim):
    x, index = randn(*SHAPE), np.random.default_rng(dim).integers(0, 2, SHAPE)
    np.testing.assert_array_equal(x.reshape(-1)[places_along(np, SHAPE, dim, index)], np.take_along_axis(x, index, dim))


def test_accumulate_adds_in_contiguous_arrays_and_in_views():
    for target in (np.zeros((3, 2)), np.zeros((2, 3)).T):
        accumulate(np, target, np.array([0, 0, 5]), np.array([1.0, 2.0, 4.0]))
        np.testing.assert_array_equal(target, [[3, 0], [0, 0], [0, 4]])


def test_accumulate_takes_another_operation():
    target = np.array([2.0, 3.0])
    accumulate(np, target, np.array([0, 0]), 5.0, np.multiply)
    np.testing.assert_array_equal(target, [50, 3])
