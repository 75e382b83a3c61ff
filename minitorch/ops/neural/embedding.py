"""Embedding: rows of a table, looked up by number.

    out[...] = weight[indices[...]]        weight (V, D), indices any shape  ->  (*indices.shape, D)

It is ``weight[indices]`` with a gradient of its own: the rows of the gradient are added up by row number, and the row
``padding_idx`` gets none. ``scale_grad_by_freq`` divides a row's gradient by how often the row was looked up.

On a device both are kernels (``ops/kernels/embedding.py``); on the CPU, where a row is a copy of contiguous memory,
NumPy's ``take`` and additions are as good.

PyTorch: ``aten/src/ATen/native/Embedding.cpp``. Left out on purpose: sparse gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.arrays.places import accumulate, places_of
from minitorch.ops.declare.operator import operator


@operator()
def _embedding(xp: Any, weight: Any, indices: Any, padding_idx: int, scale_grad_by_freq: bool) -> Any:
    """out[i] = weight[indices[i]]."""
    if (kernels := _on_device(weight)) is not None:
        flat = indices.reshape(-1).astype(np.int64, copy=False)
        return kernels.forward(weight, flat).reshape(*indices.shape, weight.shape[1])
    return xp.take(weight, indices, axis=0)


@_embedding.derivative("weight")
def _(grad: Any, weight_geometry: Geometry, indices: Any, padding_idx: int, scale_grad_by_freq: bool) -> Any:
    return _embedding_backward(grad, indices, weight_geometry.shape[0], padding_idx, scale_grad_by_freq)


@operator("EmbeddingDenseBackwardBackward0")
def _embedding_backward(
    xp: Any, grad: Any, indices: Any, num_weights: int, padding_idx: int, scale_grad_by_freq: bool
) -> Any:
    """Rows of the gradient added up by row number."""
    width = grad.shape[indices.ndim :]
    rows, numbers = grad.reshape(-1, *width), indices.reshape(-1)
    if len(width) == 1 and (kernels := _on_device(rows)) is not None:
        numbers, scale = numbers.astype(np.int64, copy=False), None
        if scale_grad_by_freq:
            scale = 1 / xp.maximum(xp.bincount(numbers, minlength=num_weights), 1)
            scale = scale.astype(accumulation_dtype(rows.dtype))
        return kernels.gradient(xp, rows, numbers, num_weights, padding_idx, scale)
    if padding_idx >= 0:
        kept = numbers != padding_idx
        rows, numbers = rows[kept], numbers[kept]
    if scale_grad_by_freq and numbers.size:
        rows = rows / xp.bincount(numbers)[numbers].astype(rows.dtype).reshape(-1, *[1] * len(width))
    result = xp.zeros((num_weights, *width), grad.dtype)
    if rows.size:
        accumulate(xp, result, places_of(xp, result.shape, [numbers]), rows)
    return result


@_embedding_backward.derivative("grad")
def _(grad_grad: Any, indices: Any, padding_idx: int) -> Any:
    rows = grad_grad.index_select(0, indices.reshape(-1))
    if padding_idx >= 0:
        rows = rows.masked_fill((indices == padding_idx).reshape(-1, 1), 0)
    return rows.reshape((*indices.shape, *grad_grad.shape[1:]))


def _on_device(rows: Any) -> Any:
    """The kernels, for contiguous rows of floating numbers on a device."""
    return None if isinstance(rows, np.ndarray) else kernels_for("embedding", rows)


def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """Rows ``indices`` of ``weight``. ``padding_idx``: a row that gets no gradient, -1 for none.

    ``RuntimeError`` for indices that are not int32 or int64, ``IndexError`` for one that is no row.
    """
    if arg.tensor(weight, "embedding", "weight").ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    arg.refuse_complex_gradient("embedding", weight)
    if arg.tensor(indices, "embedding", "indices")._dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{scalar_type_name(indices._dtype)}Tensor instead (while checking arguments for embedding)"
        )
    if sparse:
        raise RuntimeError("embedding: sparse gradients are not supported; use sparse=False")
    if indices.numel() and (int(indices.array.min()) < 0 or int(indices.array.max()) >= weight.shape[0]):
        raise IndexError("index out of range in self")
    return _embedding(weight, indices, padding_idx, bool(scale_grad_by_freq))
