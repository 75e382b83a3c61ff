"""How operands lie in memory, for kernels over any strides: ``kernels/layout.cuh``.

    collapse((2, 3, 4), [(12, 4, 1), (24, 4, 1)])   ->   (2, 12), [(12, 1), (24, 1)]

Dimensions of size 1 say nothing, and two neighbours are one where every operand steps through them without a gap: the
stride of the outer is size times stride of the inner. Fewer dimensions are fewer divisions for every element.

PyTorch does this in ``TensorIterator::coalesce_dimensions``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.ops.kernels.ladder import on_host

Shape = tuple[int, ...]
MAX_DIMS, MAX_OPERANDS = 8, 4
LAYOUT = np.dtype(
    [("sizes", "<i8", MAX_DIMS), ("strides", "<i8", (MAX_OPERANDS, MAX_DIMS)), ("dims", "<i4"), ("unused", "<i4")]
)
HOST_ELEMENTS, DEVICE_ELEMENTS = 32768, 2048  # about what one block should have to do


def element_strides(array: Any, shape: Shape) -> Shape:
    """Strides counted in elements, of the array broadcast to ``shape``: 0 where it is repeated."""
    missing: int = len(shape) - array.ndim
    own: list[int] = [step // array.itemsize if size != 1 else 0 for step, size in zip(array.strides, array.shape)]
    return (0,) * missing + tuple(own)


def collapse(shape: Shape, strides: Sequence[Shape]) -> tuple[Shape, list[Shape]]:
    """The same elements in the same order, with as few dimensions as the strides allow."""
    sizes: list[int] = []
    kept: list[list[int]] = [[] for _ in strides]
    for dim, size in enumerate(shape):
        if size == 1:
            continue
        here = [each[dim] for each in strides]
        if sizes and all(steps[-1] == step * size for steps, step in zip(kept, here)):
            sizes[-1] *= size
            for steps, step in zip(kept, here):
                steps[-1] = step
        else:
            sizes.append(size)
            for steps, step in zip(kept, here):
                steps.append(step)
    return tuple(sizes), [tuple(steps) for steps in kept]


def layout(shape: Shape, strides: Sequence[Shape]) -> Any:
    """The struct that kernels take. ``ValueError`` for more dimensions than it holds."""
    if len(shape) > MAX_DIMS:
        raise ValueError(f"kernels over strides take at most {MAX_DIMS} dimensions, got {len(shape)}")
    packed = np.zeros((), LAYOUT)
    packed["dims"] = len(shape)
    packed["sizes"][: len(shape)] = shape
    for operand, steps in enumerate(strides):
        packed["strides"][operand, : len(shape)] = steps
    return packed[()]


def by_rows(shape: Shape, array: Any) -> tuple[int, int, tuple[int, int, int]]:
    """Grid, block, and (rows, rows a block, piece of a row) for kernels in which a block works on rows."""
    length = shape[-1] if shape else 1
    rows = math.prod(shape[:-1])
    elements = HOST_ELEMENTS if on_host(array) else DEVICE_ELEMENTS
    piece = max(1, min(length, elements))
    rows_a_block = max(1, elements // max(1, length))
    grid = -(-rows // rows_a_block) * -(-length // piece)
    return max(1, grid), 1 if on_host(array) else 256, (rows, rows_a_block, piece)


def by_elements(count: int, array: Any, threads: int = 256) -> tuple[int, int]:
    """Grid and block for kernels in which a thread has one element."""
    threads = 1 if on_host(array) else threads
    return max(1, -(-count // threads)), threads
