"""Kernels on lists of arrays: how a list is cut into chunks, the forms of a number, norms at their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minitorch import kernels
from minitorch.ops.kernels import multi_tensor
from minitorch.ops.kernels.multi_tensor import CHUNK, LADDERS


def arrays(generator, sizes, dtype=np.float32):
    return [generator.standard_normal(size).astype(dtype) for size in sizes]


def test_a_list_is_cut_into_chunks_of_one_tensor_each():
    cut = multi_tensor.chunks_of([np.empty(size) for size in (5, 0, CHUNK, 2 * CHUNK + 1)])
    assert cut.blocks == 6
    assert cut.table.tolist() == [
        [0, 0, 5], [1, 0, 0], [2, 0, CHUNK], [3, 0, CHUNK], [3, CHUNK, CHUNK], [3, 2 * CHUNK, 1],
    ]  # fmt: skip
    assert cut.of_tensor.tolist() == [1, 1, 1, 3]
    assert cut.first.tolist() == [0, 1, 2, 3, 6]


@pytest.mark.parametrize("sizes", [(1,), (0,), (3, 0, 7), (CHUNK, 2), (2 * CHUNK + 5, 1, 40)])
def test_every_element_is_computed_once(generator, sizes):
    a, b = arrays(generator, sizes), arrays(generator, sizes)
    expected = [x.astype(np.float64) + 0.5 * y.astype(np.float64) for x, y in zip(a, b)]
    multi_tensor.apply("foreach_add", a, a, b, number=0.5)  # in place
    for found, wanted in zip(a, expected):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


def test_a_number_is_one_for_all_one_for_each_or_an_array(generator):
    values = arrays(generator, (4, CHUNK + 3, 1), np.float64)
    for number, each in ((2.5, [2.5] * 3), ([1.0, -2.0, 0.5], [1.0, -2.0, 0.5]), (np.array([3.0]), [3.0] * 3)):
        out = [np.empty_like(value) for value in values]
        multi_tensor.apply("foreach_mul_scalar", out, values, number=number)
        for found, value, factor in zip(out, values, each):
            np.testing.assert_array_equal(found, value * factor)


@pytest.mark.parametrize("rung", LADDERS["multi_tensor_norm"].rungs)
@pytest.mark.parametrize("order", [1, 2, math.inf])
def test_norms_of_every_order(generator, rung, order):
    values = arrays(generator, (1, 3 * CHUNK + 7, 77, 2), np.float64)
    values[3][:] = np.nan, 1.0
    found = multi_tensor.norm(values, order, rung)
    expected = [np.linalg.norm(value, order) for value in values]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_norm_of_nothing_is_zero(generator):
    assert multi_tensor.norm(arrays(generator, (0, 3)), 2)[0] == 0


def test_unscaling_says_whether_all_were_finite(generator):
    for bad in (None, np.inf, -np.inf, np.nan):
        values = arrays(generator, (3, CHUNK + 2, 5))
        expected = [value * np.float32(0.125) for value in values]
        if bad is not None:
            values[1][-1] = expected[1][-1] = bad
        found_inf = np.zeros(1, np.float32)
        multi_tensor.unscale(values, np.array([0.125], np.float32), found_inf)
        assert found_inf[0] == (bad is not None)
        for found, wanted in zip(values, expected):
            np.testing.assert_array_equal(found, wanted)


def test_numbers_that_are_finite_stay_unmarked(generator):
    found_inf = np.zeros(1, np.float32)
    multi_tensor.unscale([np.array([3e38, -3e38], np.float32)], np.ones(1, np.float32), found_inf)
    assert found_inf[0] == 0


@pytest.mark.parametrize("rung", [rung for ladder in LADDERS.values() for rung in ladder.rungs])
def test_no_rung_has_a_race(generator, rung):
    ladder = next(ladder for ladder in LADDERS.values() if rung in ladder.rungs)
    with kernels.mode("race"):
        ladder.run(rung, *ladder.example(generator, "small", np.dtype(np.float32)))
