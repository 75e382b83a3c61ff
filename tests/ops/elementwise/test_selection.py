"""Tests for `minitorch/ops/elementwise/selection.py` and `minitorch/ops/arrays/select.py`."""

import itertools

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

from minitorch.ops.arrays.select import clip, keep, select

MASK = integers(3, 4, high=2).astype(bool)


@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((4,), (3, 1)), ((), (3, 4)), ((), ())])
def test_where_agrees_with_torch_to_the_second_derivative(shapes):
    x, y = randn(*shapes[0]), randn(*shapes[1], seed=1)
    check(lambda torch, c, x, y: torch.where(c, x, y), MASK, x, y, second=True)
    check(lambda torch, c, x, y: x.where(c, y), MASK[0], x, y)


def test_where_takes_any_memory_layout():
    for c, x, y in itertools.product(awkward(MASK), awkward(randn(3, 4)), awkward(randn(3, 4, seed=1))):
        check(lambda torch, c, x, y: torch.where(c, x, y), c, x, y)


def test_where_with_numbers():
    check(lambda torch, c, x: (torch.where(c, x, 1.0), torch.where(c, 2, x), torch.where(c, x, 0)), MASK, randn(3, 4))
    check(lambda torch, c: (torch.where(c, 1, 2), torch.where(c, 1.5, 2), torch.where(c, True, False)), MASK)
    check(lambda torch, c, x: torch.where(c, x, 1j), MASK, randn(3, 4))


def test_where_promotes_all_but_the_condition():
    for a, b in itertools.product(["uint8", "int64", "bfloat16", "float32", "float64"], repeat=2):

        def program(torch, c, x, y):
            x, y = x.to(getattr(torch, a)), y.to(getattr(torch, b))
            return torch.where(c, x, y), torch.where(c, x[0, 0], y), torch.where(c.to(torch.uint8), x, 1)

        check(program, MASK, integers(3, 4), integers(3, 4, seed=1), grad=False)


def test_where_refuses_other_conditions():
    x = randn(3)
    check_raises(lambda torch, x: torch.where(x, x, x), x, match="boolean tensor")
    check_raises(lambda torch, x: torch.where(True, x, x), x)
    check_raises(lambda torch, x: torch.where(x > 0, x, "a"), x)
    check_raises(lambda torch, x, y: torch.where(x > 0, x, y), randn(3), randn(4))
    check_raises(lambda torch, x: torch.where(x > 0, x, 300), integers(3).astype(np.int8), match="overflow")


def test_where_writes_into_out():
    check(lambda torch, c, x: torch.where(c, x, x + 1, out=torch.zeros(3, 4, dtype=torch.float64)), MASK,
          randn(3, 4), grad=False)  # fmt: skip


@pytest.mark.parametrize("value", [0, 2.5, -1, float("inf")])
def test_masked_fill_with_a_number(value):
    for layout in awkward(randn(3, 4)):
        check(lambda torch, x, m: x.masked_fill(m, value), layout, MASK, second=True)
        check(lambda torch, x, m: (x * 1).masked_fill_(m, value), layout, MASK)
    check(lambda torch, x, m: x.masked_fill(m, value), randn(4), MASK)
    check(lambda torch, x, m: x.masked_fill(m, value), randn(3, 4), MASK[0])


def test_masked_fill_with_a_tensor():
    check(lambda torch, x, m, v: x.masked_fill(m, v), randn(3, 4), MASK, randn(), second=True)
    check(lambda torch, x, m, v: (x * 1).masked_fill_(m, v), randn(3, 4), MASK[0], randn())
    check_raises(lambda torch, x, m: x.masked_fill(m, x[0]), randn(3, 4), MASK)


def test_masked_fill_keeps_the_dtype():
    i = integers(3, 4)
    check(lambda torch, i, m: (i.masked_fill(m, 2.5), i.masked_fill(m, torch.tensor(2.5)), i > 1), i, MASK)
    check_raises(lambda torch, x, m: x.masked_fill(m, 2j), randn(3, 4), MASK)
    check_raises(lambda torch, i, m: i.masked_fill(m, 300), i.astype(np.int8), MASK)


def test_masked_fill_refuses_bad_masks():
    check_raises(lambda torch, x, m: x.masked_fill(m, 0), randn(3), integers(3), match="boolean masks")
    check_raises(lambda torch, x, m: x.masked_fill(m, 0), randn(3), np.ones(4, bool))
    check_raises(lambda torch, x, m: x.masked_fill_(m, 0), randn(4), MASK)
    check_raises(lambda torch, x, m: x.masked_fill_(m, 0), randn(4), np.ones(4, bool), grad=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64, np.int16, np.complex64])
@pytest.mark.parametrize("size", [10, 5000])
def test_choosing_on_bits_is_where(dtype, size):
    a, b = (randn(size, seed=seed).astype(dtype) * 100 for seed in (0, 1))
    mask = integers(size, high=2).astype(bool)
    np.testing.assert_array_equal(select(np, mask, a, b), np.where(mask, a, b))
    np.testing.assert_array_equal(keep(np, mask, a), np.where(mask, a, dtype(0)))


def test_choosing_on_bits_drops_infinities():
    values = np.full(5000, np.inf, np.float32)
    values[::3] = np.nan
    assert not keep(np, np.zeros(5000, bool), values).any()
    np.testing.assert_array_equal(select(np, np.ones(5000, bool), values, values * 0), values)


@pytest.mark.parametrize("size", [10, 5000])
def test_clip_is_maximum_and_minimum(size):
    x = randn(size)
    x[3] = np.nan
    for low, high in ((-0.5, 0.5), (None, 0.5), (-0.5, None), (0.5, -0.5)):
        expected = x if low is None else np.maximum(x, low)
        expected = expected if high is None else np.minimum(expected, high)
        np.testing.assert_array_equal(clip(np, x, low, high), expected)
