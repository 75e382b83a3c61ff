"""RMS norm over the rows of a contiguous matrix. Kernels: ``kernels/rms_norm.cu``.

A layer norm without mean and bias; dweight is made in two stages as there.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops.kernels import reduce
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty
from minitorch.ops.kernels.layer_norm import chunks_of_rows
from minitorch.ops.kernels.rows import (
    accumulation_dtype,
    example_dtypes,
    float64,
    instance,
    one_thread_a_row,
    over_rows,
    takes,
    widened,
)


def forward(x: Any, weight: Any, eps: float, rung: str | None = None) -> tuple[Any, Any]:
    """x (M, K), weight (K,) or None -> out (M, K), 1 / rms (M,) (at least float32)."""
    return _forward(LADDERS["rms norm"].rung_for(x, rung), x, weight, eps)


def backward(grad: Any, x: Any, weight: Any, rrms: Any, rung: str | None = None) -> tuple[Any, Any]:
    """grad and x (M, K), the forward's 1 / rms (M,) -> dx (M, K), dweight (K,)."""
    return _backward(LADDERS["rms norm backward"].rung_for(x, rung), grad, x, weight, rrms)


def _forward(rung: str, x: Any, weight: Any, eps: float) -> tuple[Any, Any]:
    rows, cols = x.shape
    wide = accumulation_dtype(x.dtype)
    y, rrms = empty(x, x.shape), empty(x, (rows,), wide)
    arrays = (x, widened(weight, wide), y, rrms)
    over_rows("rms_norm", rung, (x.dtype,), arrays, (rows, cols), eps)
    return y, rrms


def _backward(rung: str, grad: Any, x: Any, weight: Any, rrms: Any) -> tuple[Any, Any]:
    rows, cols = x.shape
    wide = accumulation_dtype(x.dtype)
    dx, inputs = empty(x, x.shape), (grad, x, widened(weight, wide), rrms)
    kernel = instance("rms_norm", rung, x.dtype)
    if not takes("rms_norm", rung, "chunk"):
        total = empty(x, (cols,), wide)
        total[...] = 0
        kernel(*one_thread_a_row(rows, x), (*inputs, dx, total, rows, cols))
        return dx, total
    grid, block, chunk = chunks_of_rows(rung.endswith("_block"), rows, cols, x)
    partial = empty(x, (1, -(-rows // chunk), cols), wide)
    kernel(grid, block, (*inputs, dx, partial, rows, cols, chunk))
    return dx, reduce.columns(partial)[0]


# ---- examples and references ----------------------------------------------------------------------------------------


def _example(generator: Any, size: str, dtype: Any) -> Arrays:
    rows, cols = (7, 45) if size == "small" else (4096, 512)
    x, weight = 2 + generator.standard_normal((rows, cols)), generator.standard_normal(cols)
    return x.astype(dtype), weight.astype(accumulation_dtype(dtype)), 1e-5


def _example_backward(generator: Any, size: str, dtype: Any) -> Arrays:
    x, weight, eps = _example(generator, size, dtype)
    rrms = 1 / ((float64(x) ** 2).mean(1) + eps) ** 0.5
    return generator.standard_normal(x.shape).astype(dtype), x, weight, rrms.astype(weight.dtype)


def _reference(x: Any, weight: Any, eps: float) -> tuple[Any, Any]:
    rrms = 1 / ((float64(x) ** 2).mean(1) + eps) ** 0.5
    return float64(x) * rrms[:, None] * float64(weight), rrms


def _reference_backward(grad: Any, x: Any, weight: Any, rrms: Any) -> tuple[Any, Any]:
    g, r = float64(grad), float64(rrms)[:, None]
    xhat, h = float64(x) * r, g * float64(weight)
    return r * (h - xhat * (h * xhat).mean(1, keepdims=True)), (g * xhat).sum(0)


LADDERS = {
    "rms norm": Ladder(
        "rms norm", "rms_norm", _forward, _example, _reference, traffic=lambda x, *_: 2 * int(x.nbytes),
        dtypes=example_dtypes(),
    ),
    "rms norm backward": Ladder(
        "rms norm backward", "rms_norm", _backward, _example_backward, _reference_backward,
        traffic=lambda grad, *_: 3 * int(grad.nbytes), dtypes=example_dtypes(),
    ),
}  # fmt: skip
