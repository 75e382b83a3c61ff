"""What kernels over rows share: launch shapes, new arrays, instances by dtype.

Rungs come in two shapes. Where a *thread* does a row, blocks of 128 rows are launched on a device; on the host a block
is one thread, and the launcher shares the blocks out to the processor's cores. Where a *block* does a row, it has as
many threads as the row has elements, at most 256: a whole number of warps and a power of two, as ``block_reduce.cuh``
and the trees in shared memory want.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.kernels.types import c_type
from minitorch.ops.arrays.blocks import accumulation_dtype as accumulation_dtype
from minitorch.ops.kernels.ladder import on_host

ROWS_IN_A_BLOCK = 128  # on a device, where threads do the rows
BLOCKS_ON_HOST = 16
ELEMENTS_A_BLOCK = 1 << 14  # on the host, at least


@functools.cache
def instance(file: str, rung: str, dtype: Any, *template: Any) -> Kernel:
    """The kernel ``rung<dtype, *template>`` of ``kernels/FILE.cu``; template arguments are bools, ints or names."""
    words = [str(each).lower() if isinstance(each, bool) else str(each) for each in template]
    return load(file)[f"{rung}<{', '.join([c_type(dtype), *words])}>"]


@functools.cache
def takes(file: str, rung: str, parameter: str) -> bool:
    """Whether that kernel has a parameter of this name: one thread a row must be told how many rows there are."""
    return any(each.name == parameter for each in load(file).kernels[rung].parameters)


def one_thread_a_row(rows: int, array: Any) -> tuple[int, int]:
    """Grid and block."""
    return (rows, 1) if on_host(array) else (-(-rows // ROWS_IN_A_BLOCK), ROWS_IN_A_BLOCK)


def over_rows(
    file: str, rung: str, template: tuple[Any, ...], arrays: tuple[Any, ...], shape: tuple[int, int], *numbers: Any
) -> None:
    """Launch a rung over the rows of matrices of that shape; ``numbers`` follow the sizes among its parameters.

    A kernel whose blocks do a row each is told ``cols``; one whose threads do, ``rows, cols``; one whose blocks own
    several rows, ``rows, cols, chunk``.
    """
    rows, cols = shape
    kernel = instance(file, rung, *template)
    if takes(file, rung, "chunk"):
        grid, block, chunk = rows_a_block(rows, cols, arrays[0])
        kernel(grid, block, (*arrays, rows, cols, chunk, *numbers))
    elif takes(file, rung, "rows"):
        kernel(*one_thread_a_row(rows, arrays[0]), (*arrays, rows, cols, *numbers))
    else:
        block = threads_for(cols)
        kernel(rows, block, (*arrays, cols, *numbers), shared_mem=8 * block if rung.endswith("_tree") else 0)


def rows_a_block(rows: int, cols: int, array: Any) -> tuple[int, int, int]:
    """Grid, block, and how many rows a block owns: on the host as many as pay for handing them to another core."""
    if not on_host(array):
        return *one_thread_a_row(rows, array), ROWS_IN_A_BLOCK
    chunk = -(-rows // max(1, min(BLOCKS_ON_HOST, rows * cols // ELEMENTS_A_BLOCK)))
    return -(-rows // chunk), 1, chunk


def threads_for(cols: int) -> int:
    """A power of two from 32 to 256: no more threads than a row has elements, if that is possible."""
    return 32 if cols <= 32 else 64 if cols <= 64 else 128 if cols <= 128 else 256


def widened(vector: Any, dtype: Any) -> Any:
    """A parameter as the kernels take it: contiguous, in the dtype they compute in. None stays None."""
    if vector is None or (vector.dtype == dtype and vector.flags.c_contiguous):
        return vector
    return vector.reshape(-1).astype(dtype)


def around(shape: tuple[int, ...], dim: int) -> tuple[int, int, int]:
    """(outer, dim, inner): the sizes before, of and behind one dimension of a contiguous array."""
    return math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :])


def example_dtypes() -> tuple[str, ...]:
    """The dtypes most ladders are tested with."""
    return "float32", "float64", "float16", "bfloat16"


def float64(array: Any) -> Any:
    """For references; None stays None."""
    return None if array is None else np.asarray(array).astype(np.float64)
