"""Pointwise operations over broadcast strides. Kernels: ``kernels/pointwise.cu``, operations: ``pointwise.cuh`` there.

    compute("Add", x, bias)                    x + bias, broadcast against each other
    compute("Lerp", start, end, weight)
    where(condition, x, y)

The engine leaves these to NumPy and CuPy, which do as well as memory allows; they stand here to be read, and for fused
operations to be built from.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch.kernels import Kernel, load
from minitorch.kernels.types import c_type
from minitorch.ops.kernels.copy import as_bytes
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty
from minitorch.ops.kernels.layout import by_elements, by_rows, collapse, element_strides, layout

_FORMS = {1: "pointwise unary", 2: "pointwise binary", 3: "pointwise ternary"}
_MOVED_AS = {1: "char", 2: "short", 4: "int", 8: "double"}


def compute(operation: str, *operands: Any, rung: str | None = None) -> Any:
    """``operation``, a name in ``pointwise.cuh``, of one to three arrays of one floating dtype: a new array."""
    first = operands[0]
    rung = LADDERS[_FORMS[len(operands)]].rung_for(first, rung)
    y = empty(first, np.broadcast_shapes(*[each.shape for each in operands]), first.dtype)
    return _launch(rung, f"{operation}, {c_type(first.dtype)}", y, operands)


def where(condition: Any, a: Any, b: Any, rung: str | None = None) -> Any:
    """``a`` where the boolean ``condition``, else ``b``; two arrays of one dtype. A new array."""
    rung = LADDERS["where"].rung_for(a, rung)
    y = empty(a, np.broadcast_shapes(condition.shape, a.shape, b.shape), a.dtype)
    _launch(rung, _MOVED_AS[a.itemsize], as_bytes(y), (condition, as_bytes(a), as_bytes(b)))
    return y


def _launch(rung: str, template: str, y: Any, operands: tuple[Any, ...]) -> Any:
    if y.size == 0:
        return y
    strides = [element_strides(each, y.shape) for each in (y, *operands)]
    if rung.endswith("elementwise"):
        _instance(rung, template)(*by_elements(y.size, y), (y, *operands, layout(y.shape, strides), y.size))
        return y
    shape, strides = collapse(y.shape, strides)
    grid, block, rows = by_rows(shape, y)
    _instance(rung, template)(grid, block, (y, *operands, layout(shape, strides), *rows))
    return y


@functools.cache
def _instance(rung: str, template: str) -> Kernel:
    return load("pointwise")[f"{rung}<{template}>"]


# ---- the ladders ----------------------------------------------------------------------------------------------------

_SMALL, _LARGE = (3, 5, 67), (16, 256, 1024)


def _example(generator: np.random.Generator, size: str, dtype: Any, operands: int) -> Arrays:
    """A contiguous array; for two, a row beside it; for three, a column and a transposed array."""
    shape = _SMALL if size == "small" else _LARGE
    x, row, column, turned = (
        generator.standard_normal(each).astype(dtype)
        for each in (shape, shape[2:], (*shape[:2], 1), (shape[1], shape[0], shape[2]))
    )
    return {1: (x,), 2: (x, row), 3: (x, column, turned.swapaxes(0, 1))}[operands]


def _wide(function: Any) -> Any:
    return lambda *arrays: function(*[each.astype(np.float64) for each in arrays])


def _ladder(operands: int, operation: str, reference: Any) -> Ladder:
    return Ladder(
        _FORMS[operands],
        "pointwise",
        lambda rung, *arrays: compute(operation, *arrays, rung=rung),
        lambda generator, size, dtype: _example(generator, size, dtype, operands),
        _wide(reference),
        traffic=lambda x, *others: 2 * x.nbytes + sum(each.nbytes for each in others),
        dtypes=("float32", "float64", "float16", "bfloat16"),
    )


def _example_where(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    x, row = _example(generator, size, dtype, 2)
    return generator.random(x.shape[:2] + (1,)) < 0.5, x, row


LADDERS = {
    "pointwise unary": _ladder(1, "Exp", np.exp),
    "pointwise binary": _ladder(2, "Add", np.add),
    "pointwise ternary": _ladder(3, "MultiplyAdd", lambda a, b, c: a + b * c),
    "where": Ladder(
        "where", "pointwise", lambda rung, condition, a, b: where(condition, a, b, rung), _example_where,
        lambda condition, a, b: np.where(condition, a.astype(np.float64), b.astype(np.float64)),
        traffic=lambda condition, a, b: 2 * a.nbytes, dtypes=("float32", "float64", "float16"),
    ),
}  # fmt: skip
