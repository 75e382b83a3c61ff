"""Many words of mt19937 at once, by a compiled kernel: ``kernels/mersenne_twister.cu``.

NumPy makes one word after the other. But word i of a block of 624 depends on no word nearer than 227 before it, so that
vector instructions make 8 or 16 at once, in a tenth of the time. ``generator.py`` asks here for large draws, such as
dropout's, where drawing is nearly all the work.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

AT_LEAST = 32  # blocks; below, NumPy is done before a kernel is launched
PIECE = 65536  # numbers whose words stay in the cache between drawing and use


@functools.cache
def _kernel(name: str) -> Any:
    from minitorch.kernels import load

    return load("mersenne_twister")[name]


def serves(blocks: int) -> bool:
    """Whether a kernel should make that many blocks of 624 words."""
    if blocks < AT_LEAST:
        return False
    from minitorch.kernels import available

    return available()


def draw_blocks(key: NDArray[np.uint32], words: NDArray[np.uint32]) -> None:
    """Fill ``words`` with the blocks behind that of ``key``, which is moved on to the last of them."""
    _kernel("mersenne_twister_serial")(1, 1, (key, words, words.size // 624))


def bernoulli(words: NDArray[np.uint32], p: float, out: NDArray[Any]) -> None:
    """1 where the 53 random bits in a pair of words, times 2^-53, are below ``p``, else 0: into float32 or float64."""
    name = f"bernoulli_of_words<{'float' if out.dtype == np.float32 else 'double'}>"
    _kernel(name)(1, 1, (words, out, out.size, out.size, math.ceil(math.ldexp(p, 53))))
