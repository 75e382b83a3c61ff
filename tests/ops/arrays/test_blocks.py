"""Blocks cover a range once, in order, and keep to their bound."""

import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch.ops.arrays import blocks as arrays


@given(length=st.integers(0, 200), bytes_each=st.integers(0, 1 << 22), at_least=st.integers(0, 1 << 24))
def test_blocks_cover_the_range_once_and_stay_within_the_bound(length, bytes_each, at_least):
    slices = list(arrays.blocks(np, length, bytes_each, at_least))
    assert [i for block in slices for i in range(length)[block]] == list(range(length))
    bound = max(arrays.CACHE_BYTES, at_least)
    assert all((b.stop - b.start) * bytes_each <= bound or b.stop - b.start == 1 for b in slices)


def test_another_array_module_gets_blocks_bounded_by_memory_alone():
    other = types.ModuleType("cupy")
    assert list(arrays.blocks(other, 100, 1 << 20)) == [slice(0, 100)]
    assert len(list(arrays.blocks(np, 100, 1 << 20))) == 100


@pytest.mark.parametrize(
    ("dtype", "wide"),
    [
        ("float16", "float32"),
        ("float32", "float32"),
        ("float64", "float64"),
        ("int8", "int8"),
        ("complex64", "complex64"),
    ],
)
def test_only_narrow_floats_are_widened(dtype, wide):
    assert arrays.accumulation_dtype(np.dtype(dtype)) == np.dtype(wide)


def test_bfloat16_is_widened():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert arrays.accumulation_dtype(np.dtype(ml_dtypes.bfloat16)) == np.float32
