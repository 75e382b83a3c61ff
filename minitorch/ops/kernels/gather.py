"""Gather and scatter-add along a dimension. Kernels: ``kernels/gather.cu``.

Arrays are contiguous; indices are int64, not negative and in range, which the operators check before they come here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.layout import DEVICE_ELEMENTS, HOST_ELEMENTS, by_elements


def gather(x: Any, dim: int, index: Any, rung: str | None = None) -> Any:
    """``y[..., j, ...] = x[..., index[..., j, ...], ...]``; ``index`` has the shape of ``x`` except in ``dim``."""
    rung = LADDERS["gather"].rung_for(x, rung)
    y = empty(x, index.shape, x.dtype)
    picked, inner = index.shape[dim], math.prod(index.shape[dim + 1 :])
    kernel = load("gather").kernel(rung, x.dtype)
    if y.size == 0:
        return y
    if rung == "gather_elementwise":
        kernel(*by_elements(y.size, x), (x, index, y, y.size, x.shape[dim], picked, inner))
        return y
    rows = y.size // inner
    rows_a_block = max(1, (HOST_ELEMENTS if on_host(x) else DEVICE_ELEMENTS) // inner)
    arguments = (x, index, y, rows, rows_a_block, x.shape[dim], picked, inner)
    kernel(-(-rows // rows_a_block), 1 if on_host(x) else 256, arguments)
    return y


def scatter_add(y: Any, dim: int, index: Any, x: Any, rung: str | None = None) -> Any:
    """``y[..., index[..., j, ...], ...] += x[..., j, ...]``, in place; shapes as for ``gather``. Returns ``y``."""
    rung = LADDERS["scatter add"].rung_for(y, rung)
    added, inner = index.shape[dim], math.prod(index.shape[dim + 1 :])
    kernel = load("gather").kernel(rung, y.dtype)
    if x.size == 0:
        return y
    if rung == "scatter_add_atomic":
        kernel(*by_elements(x.size, y), (y, index, x, x.size, y.shape[dim], added, inner))
        return y
    outer = x.size // (added * inner)
    piece = max(1, (HOST_ELEMENTS if on_host(x) else DEVICE_ELEMENTS) // added)
    blocks = -(-outer // piece) if inner == 1 else outer * -(-inner // piece)
    kernel(blocks, 1 if on_host(x) else 128, (y, index, x, outer, piece, y.shape[dim], added, inner))
    return y


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    outer, dim, inner, picked = (3, 11, 20, 7) if size == "small" else (64, 256, 256, 256)
    x = generator.standard_normal((outer, dim, inner)).astype(dtype)
    return x, generator.integers(0, dim, (outer, picked, inner))


def _example_scatter(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    y, index = _example(generator, size, dtype)
    return y, index, generator.standard_normal(index.shape).astype(dtype)


def _reference_scatter(y: Any, index: Any, x: Any) -> Any:
    sums = y.astype(np.float64)
    outer, _, inner = np.indices(index.shape)
    np.add.at(sums, (outer, index, inner), x.astype(np.float64))
    return sums


LADDERS = {
    "gather": Ladder(
        "gather", "gather", lambda rung, x, index: gather(x, 1, index, rung), _example,
        lambda x, index: np.take_along_axis(x.astype(np.float64), index, 1),
        traffic=lambda x, index: index.nbytes + 2 * index.size * x.itemsize,
        dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
    "scatter add": Ladder(
        "scatter add", "gather", lambda rung, y, index, x: scatter_add(y.copy(), 1, index, x, rung), _example_scatter,
        _reference_scatter, traffic=lambda y, index, x: index.nbytes + 3 * x.nbytes,
        dtypes=("float32", "float64", "float16", "bfloat16"),
        tolerance={"float16": 6e-3, "bfloat16": 5e-2},  # rounded after every addition
    ),
}  # fmt: skip
