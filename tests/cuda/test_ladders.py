"""Every rung of every ladder computes what float64 says it should, launched as on a GPU.

On an emulated device in the debug mode, the threads of a block in three orders: forward, reverse, random.
"""

from __future__ import annotations

import numpy as np
import pytest
from ladders import CASES, arrays, assert_close, dtype_of

from minitorch import kernels
from minitorch.core import cuda

ORDERS = (0, 1, 77)


@pytest.mark.skipif(not kernels.available(), reason="emulated kernels need a C++ compiler (g++ or clang++)")
@pytest.mark.parametrize(
    "ladder, record, dtype",
    [pytest.param(ladder, each, dtype, id=f"{each.kernel}-{dtype}") for ladder, each, dtype in CASES],
)
def test_a_rung_computes_what_float64_says(ladder, record, dtype):
    if record.needs and cuda.is_emulated():
        pytest.skip(f"{record.kernel} needs a GPU of {record.needs}")
    backend = cuda.backend_of(0)
    inputs = ladder.example(np.random.default_rng(0), "small", dtype_of(dtype))
    expected = ladder.reference(*inputs)
    for order in ORDERS if cuda.is_emulated() else (0,):
        on_device = [backend.from_host(each) if isinstance(each, np.ndarray) else each for each in inputs]
        with kernels.mode("debug", order):
            outputs = ladder.run(record.kernel, *on_device)
        assert_close(ladder, dtype, tuple(backend.to_host(each) for each in arrays(outputs)), expected)


@pytest.mark.skipif(not kernels.available(), reason="emulated kernels need a C++ compiler (g++ or clang++)")
@pytest.mark.parametrize(
    "ladder, record",
    [
        pytest.param(ladder, each, id=each.kernel)
        for ladder, each, dtype in CASES
        if dtype == ladder.dtypes[0] and not each.needs
    ],
)
def test_a_rung_has_no_race(ladder, record):
    if not cuda.is_emulated():
        pytest.skip("the race detector watches emulated kernels")
    backend = cuda.backend_of(0)
    inputs = ladder.example(np.random.default_rng(0), "small", dtype_of(ladder.dtypes[0]))
    on_device = [backend.from_host(each) if isinstance(each, np.ndarray) else each for each in inputs]
    with kernels.mode("race"):
        outputs = ladder.run(record.kernel, *on_device)  # raises a RaceError
    assert all(each.size for each in arrays(outputs))
