"""Conversions between all dtypes that kernels know. Kernels: ``kernels/cast.cu``, the rules: ``cast.cuh`` there."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.kernels.types import c_type
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.layout import by_elements


def cast(x: Any, dtype: Any, rung: str | None = None) -> Any:
    """The contiguous array ``x`` as one of another dtype, by the rules of NVIDIA's GPUs."""
    rung = LADDERS["cast"].rung_for(x, rung)
    y = empty(x, x.shape, dtype)
    kernel = instance(rung, y.dtype, x.dtype)
    if rung == "cast_elementwise":
        kernel(*by_elements(x.size, x), (x, y, x.size))
        return y
    chunk = 32768 if on_host(x) else 4096
    kernel(max(1, -(-x.size // chunk)), 1 if on_host(x) else 256, (x, y, x.size, chunk))
    return y


@functools.cache
def instance(rung: str, to: Any, source: Any) -> Kernel:
    """The kernel between two dtypes."""
    return load("cast")[f"{rung}<{_c_type(to)}, {_c_type(source)}>"]


def _c_type(dtype: Any) -> str:
    return dtype.name if dtype.kind == "c" else c_type(dtype)  # complex numbers have their names in cast.cuh


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    return ((100 * generator.standard_normal(1027 if size == "small" else 1 << 22)).astype(dtype),)


LADDERS = {
    "cast": Ladder(
        "cast", "cast", lambda rung, x: cast(x, np.int32, rung), _example,
        lambda x: np.trunc(x.astype(np.float64)), traffic=lambda x: x.nbytes + 4 * x.size,
        dtypes=("float32", "float64", "float16", "bfloat16", "int32"),
    ),
}  # fmt: skip
