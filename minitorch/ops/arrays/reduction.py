"""Reductions on arrays by a compiled kernel, where one serves the array and is faster than the array module.

The kernels (``kernels/reduce.cu``) know two forms, rows and columns. Dimensions to reduce that are neighbours are one
dimension to them, and what is not is reduced one run after the other, the last first:

    (N, C, H, W) over 0, 2, 3:    (N * C, H * W) --rows--> (1, N, C) --columns--> (1, C)

NumPy's reductions are fast too, on one core. On the host a kernel pays from ``AT_LEAST`` elements, for rows that are
long and columns that are many; on a device it takes everything.

PyTorch: ``TensorIterator`` finds the same two forms, inner and outer reductions, in
``aten/src/ATen/native/cpu/ReduceOpsKernel.cpp``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.core.backend import Array
from minitorch.ops.arrays.compiled import kernels_for

AT_LEAST = 1 << 18
ROW_AT_LEAST, COLUMNS_AT_LEAST = 64, 32  # what fills the vector registers
Run = tuple[int, int]


def reduce_by_kernel(array: Array, dims: Any, keepdim: bool, op: str, dtype: Any = None) -> Array | None:
    """``array`` reduced over ``dims`` (None: all, else in any order) by "Sum", "Squares", "Maximum" or "Minimum".

    In ``dtype``, by default the array's. None where no kernel should do it.
    """
    kernels = _kernels(array)
    if kernels is None:
        return None
    shape = tuple(array.shape)
    chosen = tuple(range(len(shape))) if dims is None else dims
    runs = _runs(chosen)
    if not runs or not (len(chosen) == len(shape) or _pays(array, runs)):
        return None
    result = array
    if len(chosen) == len(shape):
        result = kernels.whole(array, op)
    else:
        for start, stop in reversed(runs):
            result = _reduce_run(kernels, result, start, stop, op)
            op = kernels.AGAIN.get(op, op)
    kept = [1 if dim in chosen else size for dim, size in enumerate(shape)]
    left = kept if keepdim else [size for dim, size in enumerate(shape) if dim not in chosen]
    return result.reshape(left).astype(array.dtype if dtype is None else dtype, copy=False)


def moments_by_kernel(array: Array, dims: tuple[int, ...]) -> tuple[Array, Array] | None:
    """Mean and sum of squared deviations over the last dimensions, kept as size 1; or None, as above."""
    kernels = _kernels(array)
    if kernels is None or _runs(dims) != [(array.ndim - len(dims), array.ndim)] or not _pays(array, _runs(dims)):
        return None
    rows = array.reshape(-1, math.prod(array.shape[array.ndim - len(dims) :]))
    shape = (*array.shape[: array.ndim - len(dims)], *[1] * len(dims))
    mean, m2 = kernels.moments(rows)
    return mean.reshape(shape), m2.reshape(shape)


def extreme_by_kernel(array: Array, dim: int, largest: bool) -> tuple[Array, Array] | None:
    """Largest (smallest) values along ``dim`` and their first places, without that dimension; or None, as above.

    On the host only for columns: NumPy is fast where a row is contiguous.
    """
    kernels = kernels_for("reduce", array) if array.size else None
    inner = math.prod(array.shape[dim + 1 :])
    if kernels is None or (type(array) is np.ndarray and inner < COLUMNS_AT_LEAST):
        return None
    values, indices = kernels.extreme(array.reshape(-1, array.shape[dim], inner), largest)
    shape = (*array.shape[:dim], *array.shape[dim + 1 :])
    return values.reshape(shape), indices.reshape(shape)


def _kernels(array: Array) -> Any:
    return kernels_for("reduce", array) if large(array) and array.ndim else None


def large(array: Array) -> bool:
    """Whether there is enough to reduce for a kernel."""
    return bool(array.size >= AT_LEAST if type(array) is np.ndarray else array.size > 0)


def _runs(dims: tuple[int, ...]) -> list[Run]:
    """Neighbouring dimensions as (first, last + 1)."""
    runs: list[Run] = []
    for dim in sorted(dims):
        if runs and runs[-1][1] == dim:
            runs[-1] = (runs[-1][0], dim + 1)
        else:
            runs.append((dim, dim + 1))
    return runs


def _pays(array: Array, runs: list[Run]) -> bool:
    """Whether a kernel beats the array module: on a device always; on the host if the last run, the large one, does."""
    if type(array) is not np.ndarray:
        return True
    start, stop = runs[-1]
    length, inner = math.prod(array.shape[start:stop]), math.prod(array.shape[stop:])
    return bool(length >= ROW_AT_LEAST if inner == 1 else inner >= COLUMNS_AT_LEAST)


def _reduce_run(kernels: Any, array: Array, start: int, stop: int, op: str) -> Array:
    outer, inner = math.prod(array.shape[:start]), math.prod(array.shape[stop:])
    if inner == 1:
        result = kernels.rows(array.reshape(outer, -1), op)
    else:
        result = kernels.columns(array.reshape(outer, -1, inner), op)
    return result.reshape(*array.shape[:start], *array.shape[stop:])
