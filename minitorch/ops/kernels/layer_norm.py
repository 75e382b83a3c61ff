"""Layer norm over the rows of a contiguous matrix. Kernels: ``kernels/layer_norm.cu``.

Backward's dweight and dbias are sums over all rows. Two stages make them without atomics: every thread (on the host) or
block (on a device) adds up a chunk of rows of its own, then the columns of what they left are added up.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops.kernels import reduce
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.rows import (
    accumulation_dtype,
    example_dtypes,
    float64,
    instance,
    one_thread_a_row,
    over_rows,
    takes,
    threads_for,
    widened,
)

CHUNKS = 16  # of rows, on the host
CHUNKS_ON_DEVICE = 512


def forward(x: Any, weight: Any, bias: Any, eps: float, rung: str | None = None) -> tuple[Any, Any, Any]:
    """x (M, K), weight and bias (K,) or None -> out (M, K), mean (M,), rstd (M,) (these two at least float32)."""
    return _forward(LADDERS["layer norm"].rung_for(x, rung), x, weight, bias, eps)


def backward(
    grad: Any, x: Any, weight: Any, mean: Any, rstd: Any, rung: str | None = None
) -> tuple[Any, Any, Any]:  # fmt: skip
    """grad and x (M, K), the forward's mean and rstd (M,) -> dx (M, K), dweight (K,), dbias (K,)."""
    return _backward(LADDERS["layer norm backward"].rung_for(x, rung), grad, x, weight, mean, rstd)


def _forward(rung: str, x: Any, weight: Any, bias: Any, eps: float) -> tuple[Any, Any, Any]:
    rows, cols = x.shape
    wide = accumulation_dtype(x.dtype)
    y, mean, rstd = empty(x, x.shape), empty(x, (rows,), wide), empty(x, (rows,), wide)
    arrays = (x, widened(weight, wide), widened(bias, wide), y, mean, rstd)
    over_rows("layer_norm", rung, (x.dtype,), arrays, (rows, cols), eps)
    return y, mean, rstd


def _backward(rung: str, grad: Any, x: Any, weight: Any, mean: Any, rstd: Any) -> tuple[Any, Any, Any]:
    rows, cols = x.shape
    wide = accumulation_dtype(x.dtype)
    dx, inputs = empty(x, x.shape), (grad, x, widened(weight, wide), mean, rstd)
    kernel = instance("layer_norm", rung, x.dtype)
    if not takes("layer_norm", rung, "chunk"):
        sums = empty(x, (2, cols), wide)
        sums[...] = 0
        kernel(*one_thread_a_row(rows, x), (*inputs, dx, sums[0], sums[1], rows, cols))
        return dx, sums[0], sums[1]
    grid, block, chunk = chunks_of_rows(rung.endswith("_block"), rows, cols, x)
    parts = -(-rows // chunk)
    partial = empty(x, (2, parts, cols), wide)
    kernel(grid, block, (*inputs, dx, partial[0], partial[1], rows, cols, chunk))
    sums = reduce.columns(partial)
    return dx, sums[0], sums[1]


def chunks_of_rows(a_block: bool, rows: int, cols: int, x: Any) -> tuple[int, int, int]:
    """Grid, block, and rows in a chunk; ``a_block``: of a block, else of a thread."""
    if not a_block:
        chunk = -(-rows // CHUNKS) if on_host(x) else 16
        return *one_thread_a_row(-(-rows // chunk), x), chunk
    chunk = -(-rows // CHUNKS_ON_DEVICE)
    return -(-rows // chunk), threads_for(cols), chunk


# ---- examples and references ----------------------------------------------------------------------------------------


def _shape(size: str) -> tuple[int, int]:
    return (7, 45) if size == "small" else (4096, 512)


def _example(generator: Any, size: str, dtype: Any) -> Arrays:
    rows, cols = _shape(size)
    wide = accumulation_dtype(dtype)
    x = 2 + generator.standard_normal((rows, cols))
    weight, bias = generator.standard_normal((2, cols))
    return x.astype(dtype), weight.astype(wide), bias.astype(wide), 1e-5


def _example_backward(generator: Any, size: str, dtype: Any) -> Arrays:
    x, weight, _, eps = _example(generator, size, dtype)
    wide = weight.dtype
    mean, rstd = float64(x).mean(1), 1 / (float64(x).var(1) + eps) ** 0.5
    return generator.standard_normal(x.shape).astype(dtype), x, weight, mean.astype(wide), rstd.astype(wide)


def _reference(x: Any, weight: Any, bias: Any, eps: float) -> tuple[Any, Any, Any]:
    x = float64(x)
    mean, rstd = x.mean(1), 1 / (x.var(1) + eps) ** 0.5
    return (x - mean[:, None]) * rstd[:, None] * float64(weight) + float64(bias), mean, rstd


def _reference_backward(grad: Any, x: Any, weight: Any, mean: Any, rstd: Any) -> tuple[Any, Any, Any]:
    g, rstd = float64(grad), float64(rstd)[:, None]
    xhat, h = (float64(x) - float64(mean)[:, None]) * rstd, g * float64(weight)
    dx = rstd * (h - h.mean(1, keepdims=True) - xhat * (h * xhat).mean(1, keepdims=True))
    return dx, (g * xhat).sum(0), g.sum(0)


LADDERS = {
    "layer norm": Ladder(
        "layer norm", "layer_norm", _forward, _example, _reference, traffic=lambda x, *_: 2 * int(x.nbytes),
        dtypes=example_dtypes(),
    ),
    "layer norm backward": Ladder(
        "layer norm backward", "layer_norm", _backward, _example_backward, _reference_backward,
        traffic=lambda grad, *_: 3 * int(grad.nbytes), dtypes=example_dtypes(),
    ),
}  # fmt: skip
