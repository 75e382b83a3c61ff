"""Activation functions over contiguous arrays. Kernels: ``kernels/activation.cu``, formulas: ``activation.cuh`` there.

    forward("Silu", x)                     a new array
    forward("LeakyRelu", x, x, 0.01)       into x itself
    backward("Gelu", dy, x)                dy * gelu'(x)

``Relu``, ``Sigmoid`` and ``Tanh`` take the result for ``x`` in ``backward``, as their derivatives are saved.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.kernels.types import c_type
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host

Grid = tuple[int, int, tuple[int, ...]]  # grid, block, and the argument `chunk` where the kernel has one

HOST_CHUNK = 32768  # elements of a block on the CPU: arrays below are the work of one thread
DEVICE_CHUNK = 2048  # of a block of 256 threads


def forward(
    name: str, x: Any, out: Any = None, a: float = 0.0, b: float = 0.0, c: float = 0.0, rung: str | None = None
) -> Any:
    """The activation ``name`` of the contiguous array ``x``, into ``out`` if given (``x`` itself, or another array)."""
    rung = LADDERS["activation"].rung_for(x, rung)
    y = new_like(x) if out is None else out
    grid, block, chunk = launch_shape(rung, x)
    instance(rung, name, x.dtype)(grid, block, (x, y, x.size, *chunk, a, b, c))
    return y


def backward(
    name: str,
    dy: Any,
    x: Any,
    out: Any = None,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    rung: str | None = None,
) -> Any:
    """``dy`` times the derivative at ``x``, all contiguous and of one shape, into ``out`` if given."""
    rung = LADDERS["activation backward"].rung_for(x, rung)
    dx = new_like(x) if out is None else out
    grid, block, chunk = launch_shape(rung, x)
    instance(rung, name, x.dtype)(grid, block, (dy, x, dx, x.size, *chunk, a, b, c))
    return dx


@functools.cache
def instance(rung: str, name: str, dtype: Any) -> Kernel:
    """The kernel for an activation and a dtype."""
    return load("activation")[f"{rung}<{name}, {c_type(dtype)}>"]


def new_like(x: Any) -> Any:
    """An uninitialised contiguous array like ``x``, where ``x`` is."""
    return empty(x, x.shape, x.dtype)


def launch_shape(rung: str, x: Any, block: int = 256) -> Grid:
    """Grid, block and chunk for a kernel over all elements of ``x``."""
    host = on_host(x)
    if rung.endswith("elementwise"):
        threads = 1 if host else block
        return max(1, -(-x.size // threads)), threads, ()
    chunk = HOST_CHUNK if host else DEVICE_CHUNK
    return max(1, -(-x.size // chunk)), 1 if host else block, (chunk,)


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    count = 2531 if size == "small" else 4096 * 512
    return ((2 * generator.standard_normal(count)).astype(dtype),)


def _example_backward(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    return _example(generator, size, dtype) + _example(generator, size, dtype)


def _reference(x: Any) -> Any:
    x = x.astype(np.float64)
    return 0.5 * x * (1 + _erf(x / np.sqrt(2.0)))


def _reference_backward(dy: Any, x: Any) -> Any:
    x = x.astype(np.float64)
    share = 0.5 * (1 + _erf(x / np.sqrt(2.0)))
    return dy.astype(np.float64) * (share + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


def _erf(x: Any) -> Any:
    from math import erf

    return np.vectorize(erf, otypes=[np.float64])(x)


LADDERS = {
    "activation": Ladder(
        "activation",
        "activation",
        lambda rung, x: forward("Gelu", x, rung=rung),
        _example,
        _reference,
        traffic=lambda x: 2 * x.nbytes,
        dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
    "activation backward": Ladder(
        "activation backward",
        "activation",
        lambda rung, dy, x: backward("Gelu", dy, x, rung=rung),
        _example_backward,
        _reference_backward,
        traffic=lambda dy, x: 3 * x.nbytes,
        dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
}
