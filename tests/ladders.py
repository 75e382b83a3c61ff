"""What the tests of ladders share: every rung with the dtypes of its ladder's examples, and what counts as equal."""

from __future__ import annotations

import numpy as np

from minitorch.ops.kernels import all_ladders

LADDERS = all_ladders()
CASES = [
    (ladder, each, dtype) for ladder in LADDERS.values() for each in ladder.records for dtype in ladder.dtypes
]  # fmt: skip
TOLERANCE = {"float64": 1e-12, "float32": 2e-5, "float16": 2e-3, "bfloat16": 1.6e-2}


def arrays(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


def assert_close(ladder, dtype, outputs, expected):
    """Relative to the element, and absolute to the largest one: what a sum of many terms can promise."""
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
