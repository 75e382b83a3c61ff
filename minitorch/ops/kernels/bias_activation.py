"""Bias and activation behind a matrix product, in one pass. Kernels: ``kernels/bias_activation.cu``.

y = forward("Gelu", x, bias)                    f(x + bias), a bias for each column of (rows, cols)
dx, dbias = backward("Gelu", dy, x, bias)       Gelu or Silu, whose derivatives are of the input
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.kernels.types import c_type
from minitorch.ops.kernels import activation
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.layout import by_elements

_HOST_ROWS, _DEVICE_ROWS = 64, 4  # of a block
_HOST_COLUMNS, _DEVICE_COLUMNS = 256, 32


def forward(name: str, x: Any, bias: Any, rung: str | None = None) -> Any:
    """The activation ``name`` of ``x + bias``; both contiguous."""
    rung = LADDERS["bias activation"].rung_for(x, rung)
    y = activation.new_like(x)
    rows, cols = x.shape
    kernel = load("bias_activation")[f"{rung}<{name}, {c_type(x.dtype)}>"]
    if rung == "bias_activation_elementwise":
        kernel(*by_elements(x.size, x), (x, bias, y, x.size, cols))
        return y
    rows_a_block = _HOST_ROWS if on_host(x) else _DEVICE_ROWS
    kernel(max(1, -(-rows // rows_a_block)), 1 if on_host(x) else 256, (x, bias, y, rows, rows_a_block, cols))
    return y


def backward(name: str, dy: Any, x: Any, bias: Any, rung: str | None = None) -> tuple[Any, Any]:
    """Gradients of ``x`` and ``bias``; that of the bias in the type of the sums, float32 for halves."""
    rung = LADDERS["bias activation backward"].rung_for(x, rung)
    rows, cols = x.shape
    dx, dbias = activation.new_like(x), empty(x, (cols,), np.float64 if x.dtype == np.float64 else np.float32)
    dbias.fill(0)
    kernel = load("bias_activation")[f"{rung}<{name}, {c_type(x.dtype)}>"]
    if rung == "bias_activation_backward_atomic":
        kernel(*by_elements(x.size, x), (dy, x, bias, dx, dbias, x.size, cols))
        return dx, dbias
    columns = _HOST_COLUMNS if on_host(x) else _DEVICE_COLUMNS
    threads = 1 if on_host(x) else columns
    kernel(max(1, -(-cols // columns)), threads, (dy, x, bias, dx, dbias, rows, columns, cols))
    return dx, dbias


# ---- the ladders ----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    shape = (13, 67) if size == "small" else (4096, 512)
    return generator.standard_normal(shape).astype(dtype), generator.standard_normal(shape[1]).astype(dtype)


def _example_backward(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, bias = _example(generator, size, dtype)
    return generator.standard_normal(x.shape).astype(dtype), x, bias


def _logistic(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _reference(x: Any, bias: Any) -> Any:
    z = x.astype(np.float64) + bias.astype(np.float64)
    return z * _logistic(z)


def _reference_backward(dy: Any, x: Any, bias: Any) -> Any:
    z = x.astype(np.float64) + bias.astype(np.float64)
    s = _logistic(z)
    dz = dy.astype(np.float64) * s * (1 + z * (1 - s))
    return dz, dz.sum(0)


LADDERS = {
    "bias activation": Ladder(
        "bias activation", "bias_activation", lambda rung, x, bias: forward("Silu", x, bias, rung), _example,
        _reference, traffic=lambda x, bias: 2 * x.nbytes, dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
    "bias activation backward": Ladder(
        "bias activation backward", "bias_activation", lambda rung, dy, x, bias: backward("Silu", dy, x, bias, rung),
        _example_backward, _reference_backward, traffic=lambda dy, x, bias: 3 * x.nbytes,
        dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
}  # fmt: skip
