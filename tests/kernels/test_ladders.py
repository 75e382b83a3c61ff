"""Every rung of every ladder computes what float64 says it should, launched as on the CPU.

As on a GPU, many threads a block and in three orders, they are launched in ``tests/cuda/test_ladders.py``.
"""

from __future__ import annotations

import pytest
from ladders import CASES, LADDERS, assert_close, dtype_of

from minitorch import kernels
from minitorch.kernels.compiler import kernel_folder


@pytest.mark.parametrize(
    "ladder, rung, dtype",
    [pytest.param(ladder, each.kernel, dtype, id=f"{each.kernel}-{dtype}") for ladder, each, dtype in CASES
     if not each.needs],
)  # fmt: skip
def test_a_rung_computes_what_float64_says_on_the_host(ladder, rung, dtype, generator):
    """A kernel without barriers has one thread a block there."""
    with kernels.mode("debug"):
        inputs = ladder.example(generator, "small", dtype_of(dtype))
        expected = ladder.reference(*inputs)
        assert_close(ladder, dtype, ladder.run(rung, *inputs), expected)


def test_every_kernel_is_a_rung_of_a_ladder():
    declared = {name for path in kernel_folder().glob("*.cu") for name in kernels.load(path).kernels}
    assert declared == {rung for ladder in LADDERS.values() for rung in ladder.rungs}
