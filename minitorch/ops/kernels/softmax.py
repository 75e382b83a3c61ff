"""Softmax and its logarithm along one dimension of a contiguous array. Kernels: ``kernels/softmax.cu``.

Along the last dimension the array is a matrix of rows, and there is a ladder; along another one it is seen as
(outer, dim, inner), and neighbouring threads take neighbouring columns.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.rows import (  # fmt: skip
    around,
    example_dtypes,
    float64,
    instance,
    one_thread_a_row,
    over_rows,
)

COLUMNS_A_THREAD = 64  # on the host; on a device each thread has one


def forward(x: Any, dim: int = -1, log: bool = False, rung: str | None = None) -> Any:
    """Softmax of ``x`` along ``dim``, or its logarithm."""
    outer, size, inner = around(x.shape, dim % x.ndim)
    if inner == 1:
        chosen = LADDERS["softmax"].rung_for(x, rung)
        return _rows(chosen, log, x.reshape(outer, size)).reshape(x.shape)
    chosen = LADDERS["softmax of a middle dimension"].rung_for(x, rung)
    return _columns(chosen, log, x.reshape(outer, size, inner)).reshape(x.shape)


def backward(grad: Any, y: Any, dim: int = -1, log: bool = False, rung: str | None = None) -> Any:
    """The gradient of the input from that of the result ``y``. Both contiguous, of one dtype."""
    outer, size, inner = around(y.shape, dim % y.ndim)
    if inner == 1:
        chosen, shape = LADDERS["softmax backward"].rung_for(y, rung), (outer, size)
        return _rows(chosen, log, grad.reshape(shape), y.reshape(shape)).reshape(y.shape)
    chosen, spread = LADDERS["softmax of a middle dimension backward"].rung_for(y, rung), (outer, size, inner)
    return _columns(chosen, log, grad.reshape(spread), y.reshape(spread)).reshape(y.shape)


def _rows(rung: str, log: bool, *inputs: Any) -> Any:
    rows, cols = inputs[0].shape
    result = empty(inputs[0], (rows, cols))
    if not rows or not cols:
        return result
    over_rows("softmax", rung, (result.dtype, log), (*inputs, result), (rows, cols))
    return result


def _columns(rung: str, log: bool, *inputs: Any) -> Any:
    outer, dim, inner = inputs[0].shape
    result = empty(inputs[0], (outer, dim, inner))
    if not outer or not dim or not inner:
        return result
    tile = COLUMNS_A_THREAD if on_host(result) else 1
    grid, block = one_thread_a_row(outer * -(-inner // tile), result)
    instance("softmax", rung, result.dtype, log, tile)(grid, block, (*inputs, result, outer, dim, inner))
    return result


# ---- examples and references ----------------------------------------------------------------------------------------


def _example(shapes: dict[str, tuple[int, ...]], count: int, generator: Any, size: str, dtype: Any) -> Arrays:
    y = 3 * generator.standard_normal(shapes[size])
    if count == 1:
        return (y.astype(dtype),)
    result = -np.abs(y)  # a result of the logarithm, and of softmax as far as the derivatives care
    return generator.standard_normal(shapes[size]).astype(dtype), result.astype(dtype)


def _reference(axis: int, log: bool, x: Any) -> Any:
    x = float64(x)
    y = x - x.max(axis, keepdims=True)
    total = np.exp(y).sum(axis, keepdims=True)
    return y - np.log(total) if log else np.exp(y) / total


def _reference_backward(axis: int, log: bool, grad: Any, y: Any) -> Any:
    g, y = float64(grad), float64(y)
    if log:
        return g - np.exp(y) * g.sum(axis, keepdims=True)
    return y * (g - (g * y).sum(axis, keepdims=True))


def _traffic(*inputs: Any) -> int:
    return (len(inputs) + 1) * int(inputs[0].nbytes)


def _ladder(name: str, run: Any, shapes: dict[str, tuple[int, ...]], backward: bool, log: bool) -> Ladder:
    return Ladder(
        name, "softmax", lambda rung, *inputs: run(rung, log, *inputs),
        functools.partial(_example, shapes, 1 + backward),
        functools.partial(_reference_backward if backward else _reference, 1, log),
        traffic=_traffic, dtypes=example_dtypes(),
    )  # fmt: skip


_ROWS: dict[str, tuple[int, ...]] = {"small": (7, 45), "large": (4096, 512)}
_COLUMNS: dict[str, tuple[int, ...]] = {"small": (3, 7, 45), "large": (8, 512, 512)}
LADDERS = {
    name + suffix: _ladder(name, run, shapes, backward, log)
    for suffix, log in (("", False), (", logarithm", True))
    for name, run, shapes, backward in (
        ("softmax", _rows, _ROWS, False),
        ("softmax backward", _rows, _ROWS, True),
        ("softmax of a middle dimension", _columns, _COLUMNS, False),
        ("softmax of a middle dimension backward", _columns, _COLUMNS, True),
    )
}
