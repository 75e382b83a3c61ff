"""Working in blocks that fit the cache.

A NumPy expression of several steps passes over memory once a step. On arrays of megabytes every pass goes to main
memory and back, and that, not arithmetic, is what the steps cost. The same steps on a piece of the array that fits the
processor's second-level cache read it from memory once and write the result once; whatever lies between never leaves
the core. Compiled code gets this by fusing loops, as PyTorch's kernels in `aten/src/ATen/native/cpu` do; in NumPy it is
a Python loop over pieces, each large enough to hide the cost of the calls (about a microsecond each).

Measured on a processor with 1 MB of such cache a core: a 3x3 convolution of 64x32x28x28 takes 14 ms for 19, batch norm
and max pooling of 64x64x28x28 a fifth less, though these arrays still fit its large third-level cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

CACHE_BYTES = 1 << 20  # about the second-level cache of one core
GPU_BYTES = 1 << 28  # a GPU wants few, large launches: only memory bounds a block


def blocks(xp: ModuleType, length: int, bytes_each: int, at_least: int = 0) -> Iterator[slice]:
    """Slices that cover `range(length)`, of as many items of `bytes_each` as fit the cache, or `at_least` bytes."""
    bound = max(CACHE_BYTES if xp is np else GPU_BYTES, at_least)
    step = max(1, bound // max(1, bytes_each))
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def accumulation_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype to compute in: float32 for float16, bfloat16 and smaller (`ml_dtypes` are of kind V), else itself."""
    narrow = dtype.kind in "fV" and dtype.itemsize < 4
    return np.dtype(np.float32) if narrow else dtype
