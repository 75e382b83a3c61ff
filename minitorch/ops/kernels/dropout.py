"""Dropout with given random numbers. Kernels: ``kernels/dropout.cu``.

The CPU engine draws a mask as PyTorch does and multiplies (``ops/neural/dropout.py``), GPUs draw on the way
(``kernels/philox.cu``); this is the step between, where the numbers lie in memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.ops.kernels.activation import launch_shape, new_like
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty


def forward(x: Any, u: Any, p: float, rung: str | None = None) -> tuple[Any, Any]:
    """``x`` where ``u``, uniform float32 on [0, 1), is at least ``p``, scaled by 1 / (1 - p), else 0; and that mask."""
    rung = LADDERS["dropout"].rung_for(x, rung)
    y, kept = new_like(x), empty(x, x.shape, np.bool_)
    grid, block, chunk = launch_shape(rung, x)
    load("dropout").kernel(rung, x.dtype)(grid, block, (x, u, y, kept, x.size, *chunk, p, 1 / (1 - p)))
    return y, kept


def backward(dy: Any, kept: Any, p: float, rung: str | None = None) -> Any:
    """``dy`` where ``kept``, scaled, else 0."""
    rung = LADDERS["dropout backward"].rung_for(dy, rung)
    dx = new_like(dy)
    grid, block, chunk = launch_shape(rung, dy)
    load("dropout").kernel(rung, dy.dtype)(grid, block, (dy, kept, dx, dy.size, *chunk, 1 / (1 - p)))
    return dx


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    count = 1037 if size == "small" else 4096 * 512
    return generator.standard_normal(count).astype(dtype), generator.random(count, np.float32), 0.3


def _example_backward(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, u, p = _example(generator, size, dtype)
    return x, u >= p, p


def _reference(x: Any, u: Any, p: float) -> Any:
    kept = u >= np.float32(p)
    return x.astype(np.float64) * kept / (1 - p), kept


LADDERS = {
    "dropout": Ladder(
        "dropout", "dropout", lambda rung, x, u, p: forward(x, u, p, rung), _example, _reference,
        traffic=lambda x, u, p: 2 * x.nbytes + 5 * x.size, dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
    "dropout backward": Ladder(
        "dropout backward", "dropout", lambda rung, dy, kept, p: backward(dy, kept, p, rung), _example_backward,
        lambda dy, kept, p: dy.astype(np.float64) * kept / (1 - p),
        traffic=lambda dy, kept, p: 2 * dy.nbytes + dy.size, dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
}  # fmt: skip
