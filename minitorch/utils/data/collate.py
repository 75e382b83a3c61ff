"""Collating: a list of items becomes one batch, tensors stacked along a new first dimension.

PyTorch: ``torch/utils/data/_utils/collate.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.ops.creating.creation import as_tensor, tensor
from minitorch.ops.shapes.joining import stack
from minitorch.tensor_base import TensorBase

_REFUSED = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def default_collate(batch: Sequence[Any]) -> Any:
    """Items of equal structure as one item whose leaves are batches.

    Tensors and arrays are stacked; floats become ``float64`` and ints ``int64`` tensors; strings stay a list; dicts,
    named tuples, tuples and lists are collated field by field. ``RuntimeError`` for lists of unequal length,
    ``TypeError`` for anything else.
    """
    first = batch[0]
    if isinstance(first, TensorBase):
        return stack(list(batch), 0)
    if isinstance(first, np.ndarray):
        if first.dtype.kind in "SUO":
            raise TypeError(_REFUSED.format(first.dtype))
        return stack([as_tensor(item) for item in batch], 0)
    if isinstance(first, np.generic) and first.dtype.kind not in "SU":
        return as_tensor(np.array(list(batch)))
    if isinstance(first, float):
        return tensor(list(batch), dtype=dtypes.float64)
    if isinstance(first, int):
        return tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    return _collate_structure(batch)


def _collate_structure(batch: Sequence[Any]) -> Any:
    first = batch[0]
    kind: Any = type(first)
    if isinstance(first, Mapping):
        fields = {key: default_collate([item[key] for item in batch]) for key in first}
        return _rebuilt(kind, fields)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return kind(*(default_collate(column) for column in zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch)]
        return columns if isinstance(first, tuple) else _rebuilt(kind, columns)
    raise TypeError(_REFUSED.format(kind))


def default_convert(data: Any) -> Any:
    """One item, its arrays made tensors; used when batching is switched off."""
    if isinstance(data, TensorBase):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return data if np.asarray(data).dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuilt(type(data), {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        rebuild: Any = type(data)
        return rebuild(*(default_convert(value) for value in data))
    if isinstance(data, tuple):
        return [default_convert(value) for value in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _rebuilt(type(data), [default_convert(value) for value in data])
    return data


def _rebuilt(kind: Callable[[Any], Any], content: Any) -> Any:
    """``content`` in the container type of the items, if that can be made from it."""
    try:
        return kind(content)
    except TypeError:
        return content
