"""Every rung of every ladder computes what float64 says it should, whatever the order of the threads."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import kernels
from minitorch.core import cuda
from minitorch.kernels.compiler import kernel_folder
from minitorch.ops.kernels import all_ladders

LADDERS = all_ladders()
CASES = [
    pytest.param(ladder, each.kernel, dtype, id=f"{each.kernel}-{dtype}")
    for ladder in LADDERS.values()
    for each in ladder.records
    if not each.needs
    for dtype in ladder.dtypes
]
TOLERANCE = {"float64": 1e-12, "float32": 2e-5, "float16": 2e-3, "bfloat16": 1.6e-2}


def arrays(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


def assert_close(ladder, dtype, outputs, expected):
    tolerance = (ladder.tolerance or {}).get(dtype, TOLERANCE.get(dtype, 0))
    assert len(arrays(outputs)) == len(arrays(expected))
    for output, wanted in zip(arrays(outputs), arrays(expected)):
        wanted = np.asarray(wanted)
        scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0) if wanted.dtype.kind == "f" else 0
        np.testing.assert_allclose(
            np.asarray(output, wanted.dtype), wanted, rtol=tolerance, atol=tolerance * max(scale, 1e-30)
        )


def dtype_of(name):
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


@pytest.mark.parametrize("ladder, rung, dtype", CASES)
def test_a_rung_computes_what_float64_says_on_a_device(ladder, rung, dtype, generator, schedule):
    """Launched as on a GPU, many threads a block, on arrays that stand for device memory."""
    with cuda.chosen("emulate"):
        backend = cuda.backend_of(0)
        inputs = ladder.example(generator, "small", dtype_of(dtype))
        expected = ladder.reference(*inputs)
        outputs = ladder.run(rung, *[backend.from_host(x) if isinstance(x, np.ndarray) else x for x in inputs])
        assert_close(ladder, dtype, tuple(backend.to_host(each) for each in arrays(outputs)), expected)


@pytest.mark.parametrize("ladder, rung, dtype", CASES)
def test_a_rung_computes_what_float64_says_on_the_host(ladder, rung, dtype, generator):
    """Launched as on the CPU, where a kernel without barriers has one thread a block."""
    with kernels.mode("debug"):
        inputs = ladder.example(generator, "small", dtype_of(dtype))
        expected = ladder.reference(*inputs)
        assert_close(ladder, dtype, ladder.run(rung, *inputs), expected)


def test_every_kernel_is_a_rung_of_a_ladder():
    declared = {name for path in kernel_folder().glob("*.cu") for name in kernels.load(path).kernels}
    assert declared == {rung for ladder in LADDERS.values() for rung in ladder.rungs}
