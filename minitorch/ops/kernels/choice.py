"""Whether a kernel computes something, or the array module's functions do.

    if serves(x):                       # in an operator's forward on arrays
        return kernels.softmax.forward(x)

On a device a kernel serves every contiguous array of its dtypes. On the host there must be a compiler, and enough
elements: a launch costs some microseconds, and the first use of a kernel the compiler's time. ``MINITORCH_KERNELS=off``
leaves everything to the array module.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.kernels import modes
from minitorch.kernels.compiler import compiler

LEAST = 16384  # elements from which a launch pays on the host
FLOATING = ("float32", "float64", "float16", "bfloat16")


def serves(*arrays: Any, least: int = LEAST, dtypes: tuple[str, ...] = FLOATING) -> bool:
    """Whether kernels serve these arrays: contiguous, of one dtype among ``dtypes``, and worth a launch."""
    first = arrays[0]
    if isinstance(first, np.ndarray) and (first.size < least or compiler() is None):
        return False
    if first.dtype.name not in dtypes or modes.current() == "off":
        return False
    return all(each.dtype == first.dtype and each.flags.c_contiguous for each in arrays)
