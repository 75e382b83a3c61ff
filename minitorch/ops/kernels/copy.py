"""Copies between any strides, transposed matrices, and filling. Kernels: ``kernels/copy.cu``.

Bytes are moved, whatever they mean: an array is passed as one of the C type of its element's size.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.layout import by_elements, by_rows, collapse, element_strides, layout

_MOVED_AS: dict[int, tuple[str, Any]] = {
    1: ("char", np.int8), 2: ("short", np.int16), 4: ("int", np.int32), 8: ("double", np.float64),
    16: ("float4", np.complex128),
}  # fmt: skip


def copy(to: Any, source: Any, rung: str | None = None) -> Any:
    """``to[...] = source`` for arrays of one dtype, of any strides; ``source`` is broadcast. Returns ``to``."""
    rung = LADDERS["copy"].rung_for(to, rung)
    if to.dtype != source.dtype:
        raise TypeError(f"copy moves bytes: expected two arrays of one dtype, got {to.dtype} and {source.dtype}")
    strides = [element_strides(to, to.shape), element_strides(source, to.shape)]
    if to.size == 0:
        return to
    arguments = (as_bytes(to), as_bytes(source))
    if rung == "copy_elementwise":
        grid, block = by_elements(to.size, to)
        instance(rung, to.itemsize)(grid, block, (*arguments, layout(to.shape, strides), to.size))
        return to
    shape, strides = collapse(to.shape, strides)
    grid, block, rows = by_rows(shape, to)
    instance(rung, to.itemsize)(grid, block, (*arguments, layout(shape, strides), *rows))
    return to


def transpose(x: Any, rung: str | None = None) -> Any:
    """The matrices of the contiguous ``x`` (..., rows, cols), each transposed: a new contiguous array."""
    rung = LADDERS["transpose"].rung_for(x, rung)
    rows, cols = x.shape[-2:]
    y = empty(x, (*x.shape[:-2], cols, rows), x.dtype)
    if x.size:
        grid = -(-cols // 32) * -(-rows // 32) * (x.size // (rows * cols))
        block = 1 if on_host(x) and rung == "transpose_tile" else (32, 8)  # the others need a thread for each column
        instance(rung, x.itemsize)(grid, block, (as_bytes(x), as_bytes(y), rows, cols))
    return y


def fill(y: Any, value: Any, rung: str | None = None) -> Any:
    """``y[...] = value``, an array of one element and of the same dtype, for a contiguous ``y``. Returns ``y``."""
    rung = LADDERS["fill"].rung_for(y, rung)
    arguments = (as_bytes(y), as_bytes(value), y.size)
    if rung == "fill_elementwise":
        instance(rung, y.itemsize)(*by_elements(y.size, y), arguments)
        return y
    chunk = 32768 if on_host(y) else 8192
    grid = max(1, -(-y.size // chunk))
    instance(rung, y.itemsize)(grid, 1 if on_host(y) else 256, (*arguments, chunk))
    return y


@functools.cache
def instance(rung: str, itemsize: int) -> Kernel:
    """The kernel that moves elements of this many bytes."""
    return load("copy")[f"{rung}<{_MOVED_AS[itemsize][0]}>"]


def as_bytes(array: Any) -> Any:
    """The same memory under the dtype that a kernel moves."""
    return array.view(_MOVED_AS[array.itemsize][1])


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    shape = (3, 5, 64) if size == "small" else (64, 128, 512)
    x = generator.standard_normal((shape[1], shape[0], shape[2])).astype(dtype)
    return (x.transpose(1, 0, 2),)  # the rows are contiguous, but not in order


def _run_copy(rung: str, x: Any) -> Any:
    return copy(empty(x, x.shape, x.dtype), x, rung)


def _example_transpose(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    return (generator.standard_normal((2, 37, 45) if size == "small" else (8, 1024, 1024)).astype(dtype),)


def _example_fill(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    count = 1003 if size == "small" else 1 << 22
    return np.zeros(count, dtype)[1:], np.array([2.5], dtype)


LADDERS = {
    "copy": Ladder(
        "copy", "copy", _run_copy, _example, lambda x: x.astype(np.float64), traffic=lambda x: 2 * x.nbytes,
        dtypes=("float32", "float64", "float16"),
    ),
    "transpose": Ladder(
        "transpose", "copy", lambda rung, x: transpose(x, rung), _example_transpose,
        lambda x: x.astype(np.float64).swapaxes(-1, -2), traffic=lambda x: 2 * x.nbytes,
        dtypes=("float32", "float64", "float16"),
    ),
    "fill": Ladder(
        "fill", "copy", lambda rung, y, value: fill(empty(y, y.shape, y.dtype)[1:], value, rung), _example_fill,
        lambda y, value: np.full(y.shape[0] - 1, 2.5), traffic=lambda y, value: y.nbytes,
        dtypes=("float32", "float64", "float16"),
    ),
}  # fmt: skip
