"""Rows of a table looked up by number, and the gradient of the table. Kernels: ``kernels/embedding.cu``.

The table is (V, D), indices are int64 and flat, all arrays are contiguous. ``padding``: a row that gets no gradient, -1
for none. ``scale``: a factor for each row of the table, in the dtype of sums, or None.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host

_HOST_BLOCKS = 64  # enough to share out to threads


def forward(weight: Any, indices: Any, rung: str | None = None) -> Any:
    """(V, D) and (n,) -> (n, D)."""
    return _forward(LADDERS["embedding"].rung_for(weight, rung), weight, indices)


def gradient(
    xp: ModuleType, grad: Any, indices: Any, table: int, padding: int = -1, scale: Any = None, rung: str | None = None
) -> Any:
    """(n, D) and (n,) -> (V, D): the gradients of equal indices added up."""
    rung = LADDERS["embedding_gradient"].rung_for(grad, rung)
    order, starts = occurrences(xp, indices, table) if rung == "embedding_gradient_sorted" else (None, None)
    return _gradient(rung, grad, indices, order, starts, scale, table, padding)


def occurrences(xp: ModuleType, indices: Any, table: int) -> tuple[Any, Any]:
    """Where every row of the table occurs: ``order[starts[row] : starts[row + 1]]``, in order."""
    order = xp.argsort(indices, kind="stable")
    starts = xp.zeros(table + 1, np.int64)
    starts[1:] = xp.cumsum(xp.bincount(indices, minlength=table))
    return order, starts


# ---- launches -------------------------------------------------------------------------------------------------------


@functools.cache
def _kernel(rung: str, dtype: Any) -> Kernel:
    return load("embedding").kernel(rung, dtype)


def _forward(rung: str, weight: Any, indices: Any) -> Any:
    count, width = indices.size, weight.shape[1]
    out = empty(weight, (count, width), weight.dtype)
    launch = _kernel(rung, weight.dtype)
    if not out.size:
        return out
    if rung == "embedding_element":
        launch(-(-out.size // 256), 256, (weight, indices, out, count, width))
        return out
    grid, block = _grid(count, weight)
    launch(grid, block, (weight, indices, out, count, width))
    return out


def _gradient(rung: str, grad: Any, indices: Any, order: Any, starts: Any, scale: Any, table: int, padding: int) -> Any:
    count, width = grad.shape
    dweight = empty(grad, (table, width), grad.dtype)
    launch = _kernel(rung, grad.dtype)
    if not dweight.size:
        return dweight
    if rung == "embedding_gradient_atomic":
        dweight[...] = 0
        launch(max(1, -(-grad.size // 256)), 256, (grad, indices, scale, dweight, count, width, padding))
        return dweight
    grid, block = _grid(table, grad)
    launch(grid, block, (grad, order, starts, scale, dweight, table, width, padding))
    return dweight


def _grid(rows: int, array: Any) -> tuple[int, tuple[int, int]]:
    """Grid and block of kernels whose blocks walk over rows, 8 at a time on a device."""
    return (min(rows, _HOST_BLOCKS), (1, 1)) if on_host(array) else (min(-(-rows // 8), 65535), (32, 8))


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    table, width, count = (11, 37, 29) if size == "small" else (50_000, 512, 8192)
    return generator.standard_normal((table, width)).astype(dtype), generator.integers(0, table, count)


def _gradient_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    weight, indices = _example(generator, size, dtype)
    grad = generator.standard_normal((indices.size, weight.shape[1])).astype(dtype)
    scale = generator.random(len(weight)).astype(accumulation_dtype(grad.dtype))
    return grad, indices, *occurrences(np, indices, len(weight)), scale, len(weight), 3


def _gradient_reference(grad: Any, indices: Any, order: Any, starts: Any, scale: Any, table: int, padding: int) -> Any:
    dweight = np.zeros((table, grad.shape[1]))
    np.add.at(dweight, indices, grad.astype(np.float64) * scale[indices, None].astype(np.float64))
    dweight[padding] = 0
    return dweight


LADDERS = {
    "embedding": Ladder(
        "embedding", "embedding", _forward, _example, lambda weight, indices: weight.astype(np.float64)[indices],
        traffic=lambda weight, indices: indices.nbytes + 2 * indices.size * weight.shape[1] * weight.itemsize,
        dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
    "embedding_gradient": Ladder(
        "embedding_gradient", "embedding", _gradient, _gradient_example, _gradient_reference,
        traffic=lambda grad, indices, order, starts, scale, table, padding: grad.nbytes + order.nbytes + starts.nbytes
        + table * grad.shape[1] * grad.itemsize,
        dtypes=("float32", "float64"),
    ),
}  # fmt: skip
