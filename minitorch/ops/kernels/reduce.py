"""Reductions of contiguous arrays: sum, sum of squares, extremes, mean and variance. Kernels: ``kernels/reduce.cu``.

``op`` is the name of an operation there: "Sum", "Squares", "Maximum", "Minimum". Sums come out in the dtype they are
kept in, float32 for half precision. No dimension may be empty.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.rows import (
    accumulation_dtype,
    example_dtypes,
    float64,
    instance,
    one_thread_a_row,
    over_rows,
    threads_for,
)

CHUNK = 1 << 15  # elements that a thread of the host reduces before it leaves a partial result
BLOCKS = 1024  # of a device, at most, for a whole array
COLUMNS_A_THREAD = 64  # on the host; on a device each thread has one
EXTREME_COLUMNS = 32
AGAIN = {"Squares": "Sum"}  # what reduces the partial results, where that is another operation


def whole(x: Any, op: str = "Sum", rung: str | None = None) -> Any:
    """All elements to one, a zero-dim array."""
    return _whole(LADDERS["reduction"].rung_for(x, rung), op, x)


def rows(x: Any, op: str = "Sum", rung: str | None = None) -> Any:
    """(rows, cols) -> (rows,)"""
    return _rows(LADDERS["reduction of rows"].rung_for(x, rung), op, x)


def columns(x: Any, op: str = "Sum", rung: str | None = None) -> Any:
    """(outer, length, inner) -> (outer, inner)"""
    return _columns(LADDERS["reduction of columns"].rung_for(x, rung), op, x)


def extreme(x: Any, larger: bool = True, rung: str | None = None) -> tuple[Any, Any]:
    """(outer, length, inner) -> the largest (smallest) of each column and where it is first, both (outer, inner)."""
    if rung is None and x.shape[2] >= EXTREME_COLUMNS:
        rung = "extreme_columns"  # neighbouring threads have neighbouring columns already
    return _extreme(LADDERS["extreme with index"].rung_for(x, rung), "Larger" if larger else "Smaller", x)


def moments(x: Any, rung: str | None = None) -> tuple[Any, Any]:
    """(rows, cols) -> the mean of each row and the sum of squared deviations from it."""
    return _moments(LADDERS["moments of rows"].rung_for(x, rung), x)


# ---- launches -------------------------------------------------------------------------------------------------------


def _whole(rung: str, op: str, x: Any) -> Any:
    size = x.size
    wide = accumulation_dtype(x.dtype)
    kernel = instance("reduce", rung, x.dtype, op)
    if rung == "reduce_atomic":
        total = empty(x, (1,), wide)
        total[...] = 0
        kernel(*one_thread_a_row(size, x), (x, total, size))
        return total.reshape(())
    if rung == "reduce_chunk":
        count = -(-size // CHUNK)
        partial = empty(x, (count,), wide)
        grid, block = one_thread_a_row(count, x)
        kernel(grid, block, (x, partial, size, CHUNK))
    else:
        block = threads_for(size)
        count = min(BLOCKS, -(-size // (8 * block)))
        partial = empty(x, (count,), wide)
        kernel(count, block, (x, partial, size), shared_mem=8 * block if rung == "reduce_tree" else 0)
    return partial.reshape(()) if count == 1 else _whole(rung, AGAIN.get(op, op), partial)


def _rows(rung: str, op: str, x: Any) -> Any:
    count, cols = x.shape
    result = empty(x, (count,), accumulation_dtype(x.dtype))
    over_rows("reduce", rung, (x.dtype, op), (x, result), (count, cols))
    return result


def _columns(rung: str, op: str, x: Any) -> Any:
    outer, length, inner = x.shape
    tile = COLUMNS_A_THREAD if on_host(x) else 1
    strips = outer * -(-inner // tile)
    wanted = 8 if on_host(x) else BLOCKS * 128  # threads: enough for all cores, and for all multiprocessors
    parts = max(1, min(wanted // strips, length // 64))
    chunk = -(-length // parts)
    parts = -(-length // chunk)
    partial = empty(x, (outer, parts, inner), accumulation_dtype(x.dtype))
    grid, block = one_thread_a_row(strips * parts, x)
    instance("reduce", rung, x.dtype, op, tile)(grid, block, (x, partial, outer, length, inner, chunk))
    return partial.reshape(outer, inner) if parts == 1 else _columns(rung, AGAIN.get(op, op), partial)


def _extreme(rung: str, op: str, x: Any) -> tuple[Any, Any]:
    outer, length, inner = x.shape
    values, indices = empty(x, (outer, inner)), empty(x, (outer, inner), np.int64)
    if rung == "extreme_block":
        arguments = (x, values, indices, length, inner)
        instance("reduce", rung, x.dtype, op)(outer * inner, threads_for(length), arguments)
        return values, indices
    tile = EXTREME_COLUMNS if on_host(x) else 1
    grid, block = one_thread_a_row(outer * -(-inner // tile), x)
    instance("reduce", rung, x.dtype, op, tile)(grid, block, (x, values, indices, outer, length, inner))
    return values, indices


def _moments(rung: str, x: Any) -> tuple[Any, Any]:
    count, cols = x.shape
    wide = accumulation_dtype(x.dtype)
    mean, m2 = empty(x, (count,), wide), empty(x, (count,), wide)
    over_rows("reduce", rung, (x.dtype,), (x, mean, m2), (count, cols))
    return mean, m2


# ---- examples and references ----------------------------------------------------------------------------------------


def _example(small: tuple[int, ...], large: tuple[int, ...], generator: Any, size: str, dtype: Any) -> Arrays:
    return ((1 + generator.standard_normal(small if size == "small" else large)).astype(dtype),)


def _example_ties(small: tuple[int, ...], large: tuple[int, ...], generator: Any, size: str, dtype: Any) -> Arrays:
    x = generator.integers(-8, 9, small if size == "small" else large).astype(dtype)
    x[:, 3 if x.shape[1] > 3 else 0, 0] = np.nan
    return (x,)


def _reference_extreme(x: Any) -> tuple[Any, Any]:
    return float64(x).max(1), np.argmax(float64(x), 1)


def _reference_moments(x: Any) -> tuple[Any, Any]:
    return float64(x).mean(1), float64(x).var(1) * x.shape[1]


LADDERS = {
    "reduction": Ladder(
        "reduction", "reduce", lambda rung, x: _whole(rung, "Sum", x), functools.partial(_example, (1003,), (1 << 24,)),
        lambda x: float64(x).sum(), traffic=lambda x: int(x.nbytes), dtypes=example_dtypes(),
    ),
    "reduction of rows": Ladder(
        "reduction of rows", "reduce", lambda rung, x: _rows(rung, "Sum", x),
        functools.partial(_example, (7, 145), (4096, 4096)), lambda x: float64(x).sum(1),
        traffic=lambda x: int(x.nbytes), dtypes=example_dtypes(),
    ),
    "reduction of columns": Ladder(
        "reduction of columns", "reduce", lambda rung, x: _columns(rung, "Sum", x),
        functools.partial(_example, (3, 135, 67), (4, 4096, 1024)), lambda x: float64(x).sum(1),
        traffic=lambda x: int(x.nbytes), dtypes=example_dtypes(),
    ),
    "extreme with index": Ladder(
        "extreme with index", "reduce", lambda rung, x: _extreme(rung, "Larger", x),
        functools.partial(_example_ties, (3, 45, 5), (4, 4096, 1024)), _reference_extreme,
        traffic=lambda x: int(x.nbytes), dtypes=example_dtypes(),
    ),
    "moments of rows": Ladder(
        "moments of rows", "reduce", _moments, functools.partial(_example, (7, 145), (4096, 4096)), _reference_moments,
        traffic=lambda x: int(x.nbytes), dtypes=example_dtypes(),
    ),
}  # fmt: skip
