"""Copies, transposes and fills of every size of element, shape and stride, against NumPy's assignment."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch.ops.kernels import copy
from minitorch.ops.kernels.layout import collapse, element_strides

DTYPES = ["bool", "uint8", "float16", "int32", "float32", "int64", "complex64", "float64", "complex128"]


def numbers(generator, shape, dtype):
    return generator.integers(0, 100, shape).astype(dtype)


@pytest.mark.parametrize("rung", copy.LADDERS["copy"].rungs)
@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_of_every_size_are_copied_between_strides(rung, dtype, generator):
    source = numbers(generator, (5, 7, 6, 9), dtype).transpose(2, 0, 3, 1)[::2, 1:, :, ::3]
    space = numbers(generator, (2 * source.size,), dtype)
    before = space.copy()
    to = space[1::2].reshape(source.shape)  # every second element
    assert copy.copy(to, source, rung) is to
    np.testing.assert_array_equal(to, source)
    np.testing.assert_array_equal(space[::2], before[::2])


@pytest.mark.parametrize("rung", copy.LADDERS["copy"].rungs)
@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0, 2), (1, 1, 1), (70000,), (3, 40000), (40000, 3)])
def test_any_shape_is_copied(rung, shape, generator):
    if rung == "copy_elementwise" and np.prod(shape) > 100000:
        shape = (300, 100)
    source = numbers(generator, shape, "float32")
    np.testing.assert_array_equal(copy.copy(np.empty_like(source), source, rung), source)


@pytest.mark.parametrize("rung", copy.LADDERS["copy"].rungs)
def test_the_source_is_broadcast_and_may_be_unaligned(rung, generator):
    row = numbers(generator, 38, "float32")[1:]
    to = np.zeros((5, 37), np.float32)
    np.testing.assert_array_equal(copy.copy(to, row, rung), np.tile(row, (5, 1)))
    column = numbers(generator, (5, 1), "float32")
    np.testing.assert_array_equal(copy.copy(to, column, rung), np.tile(column, (1, 37)))


def test_arrays_of_two_dtypes_are_refused():
    with pytest.raises(TypeError, match="one dtype, got float32 and int32"):
        copy.copy(np.zeros(3, np.float32), np.zeros(3, np.int32))


@pytest.mark.parametrize("rung", copy.LADDERS["transpose"].rungs)
@pytest.mark.parametrize("shape", [(1, 1), (33, 31), (64, 32), (2, 3, 40, 65), (1, 100), (100, 1), (0, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "complex128"])
def test_matrices_are_transposed(rung, shape, dtype, generator):
    x = numbers(generator, shape, dtype)
    y = copy.transpose(x, rung)
    assert y.flags.c_contiguous
    np.testing.assert_array_equal(y, x.swapaxes(-1, -2))


@pytest.mark.parametrize("rung", copy.LADDERS["fill"].rungs)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("start, stop", [(0, 0), (0, 1), (1, 3), (3, 50000)])
def test_fill_writes_all_elements_and_no_other(rung, dtype, start, stop):
    space = np.zeros(50010, dtype)
    value = np.array([1], dtype)
    copy.fill(space[start:stop], value, rung)
    expected = np.zeros(50010, dtype)
    expected[start:stop] = 1
    np.testing.assert_array_equal(space, expected)


# ---- the layout -----------------------------------------------------------------------------------------------------


def test_dimensions_without_a_gap_in_any_operand_become_one():
    assert collapse((2, 3, 4), [(12, 4, 1), (24, 4, 1)]) == ((2, 12), [(12, 1), (24, 1)])
    assert collapse((2, 3, 4), [(12, 4, 1), (12, 4, 1)]) == ((24,), [(1,), (1,)])
    assert collapse((2, 3, 4), [(12, 4, 1), (0, 0, 1)]) == ((6, 4), [(4, 1), (0, 1)])
    assert collapse((5, 1, 1), [(1, 9, 9)]) == ((5,), [(1,)])
    assert collapse((1, 1), [(3, 2)]) == ((), [()])


def test_a_collapsed_layout_visits_the_same_elements_in_the_same_order(generator):
    for _ in range(50):
        base = np.arange(3 * 4 * 2 * 5).reshape(3, 4, 2, 5)
        view = base.transpose(generator.permutation(4))[generator.integers(0, 2) :]
        other = np.empty(view.shape)
        shape, strides = collapse(view.shape, [element_strides(view, view.shape), element_strides(other, view.shape)])
        first = int(view.flat[0])
        offsets = np.zeros(shape, int)
        for size, step, index in zip(shape, strides[0], np.indices(shape)):
            assert size > 1
            offsets += step * index
        np.testing.assert_array_equal(base.ravel()[first + offsets.ravel()], view.ravel())
