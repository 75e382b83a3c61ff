"""The ladders of the CPU's random numbers. Kernels: ``kernels/mersenne_twister.cu``.

They are launched by ``core/mersenne_twister.py``, which the generator uses.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host


def words(key: Any, blocks: int, rung: str | None = None) -> tuple[Any, Any]:
    """``blocks`` blocks of 624 words behind that of ``key``, and the last block's key."""
    rung = LADDERS["mersenne twister"].rung_for(key, rung)
    key, out = key.copy(), empty(key, (624 * blocks,))
    threads = 1 if rung == "mersenne_twister_serial" else 256
    load("mersenne_twister")[rung](1, threads, (key, out, blocks))
    return out, key


def bernoulli(draws: Any, p: float, dtype: Any) -> Any:
    """1 where the number in [0, 1) that two words make is below ``p``, else 0."""
    y = empty(draws, (draws.size // 2,), dtype)
    kernel = load("mersenne_twister").kernel("bernoulli_of_words", y.dtype)
    host = on_host(y)
    chunk = 65536 if host else 2048
    grid = max(1, -(-y.size // chunk))
    kernel(grid, 1 if host else 256, (draws, y, y.size, chunk, math.ceil(math.ldexp(p, 53))))
    return y


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    key = np.random.MT19937(int(generator.integers(1 << 30))).state["state"]["key"]
    return key.astype(dtype), 3 if size == "small" else 4096


def _reference(key: Any, blocks: int) -> Any:
    engine = np.random.MT19937(0)
    engine.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 624}}
    return engine.random_raw(624 * blocks).astype(np.uint32), engine.state["state"]["key"]


def _example_bernoulli(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    draws = generator.integers(0, 2**32, 2 * (1001 if size == "small" else 1 << 21), dtype=np.uint64).astype(np.uint32)
    return draws, 0.3, dtype


def _reference_bernoulli(draws: Any, p: float, dtype: Any) -> Any:
    joined = (draws[::2].astype(np.uint64) << np.uint64(32)) | draws[1::2]
    return ((joined & np.uint64((1 << 53) - 1)).astype(np.float64) * 2.0**-53 < p).astype(np.float64)


LADDERS = {
    "mersenne twister": Ladder(
        "mersenne twister", "mersenne_twister", lambda rung, key, blocks: words(key, blocks, rung), _example,
        _reference, traffic=lambda key, blocks: 4 * 624 * blocks, dtypes=("uint32",),
    ),
    "bernoulli of words": Ladder(
        "bernoulli of words", "mersenne_twister", lambda rung, draws, p, dtype: bernoulli(draws, p, dtype),
        _example_bernoulli, _reference_bernoulli, traffic=lambda draws, p, dtype: 2 * draws.nbytes,
        dtypes=("float32", "float64"),
    ),
}  # fmt: skip
