"""``pin_memory``: all tensors of a batch in memory that a GPU can read while the program goes on.

    for images, labels in DataLoader(dataset, pin_memory=True):
        images = images.to("cuda", non_blocking=True)

A batch keeps its form: mappings, sequences and named tuples are rebuilt around the pinned tensors, and an object of the
user's that has a method ``pin_memory`` is asked for it.

PyTorch: ``torch/utils/data/_utils/pin_memory.py``, where a thread does it ahead of the loop. Here it is done when the
batch is asked for.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from minitorch.tensor_base import TensorBase


def pin_memory(data: Any) -> Any:
    """The same data with its tensors pinned."""
    if isinstance(data, TensorBase) or hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, (str, bytes)):
        return data
    if isinstance(data, Mapping):
        return _filled(data, {key: pin_memory(value) for key, value in data.items()}, MutableMapping)
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        rebuild: Any = type(data)
        return rebuild(*[pin_memory(value) for value in data])
    if isinstance(data, tuple):
        return type(data)(pin_memory(value) for value in data)
    if isinstance(data, Sequence):
        return _filled(data, [pin_memory(value) for value in data], MutableSequence)
    return data


def _filled(data: Any, content: Any, mutable: type) -> Any:
    """``content`` in a container like ``data``, with whatever else that has, if one can be made; else by itself."""
    try:
        if not isinstance(data, mutable):
            return type(data)(content)
        twin: Any = copy.copy(data)
        for place, value in content.items() if isinstance(content, dict) else enumerate(content):
            twin[place] = value
        return twin
    except TypeError:
        return content
