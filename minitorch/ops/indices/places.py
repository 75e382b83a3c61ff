"""Places as numbers and as tuples: ``unravel_index`` and ``nonzero_static``.

    unravel_index(5, (3, 4)) = (1, 1),      for 5 = 1 * 4 + 1

PyTorch: ``torch/functional.py`` (``unravel_index``), ``aten/src/ATen/native/TensorAdvancedIndexing.cpp``
(``nonzero_static``).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.creating.from_data import tensor
from minitorch.ops.indices.advanced_indexing import nonzero
from minitorch.ops.reductions.reduction import deliver
from minitorch.ops.shapes.joining import cat
from minitorch.tensor_base import TensorBase


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """The coordinates in a tensor of ``shape`` of elements counted row by row."""
    kind = indices._dtype if isinstance(indices, TensorBase) else None
    if kind is None:
        raise AttributeError(f"'{type(indices).__name__}' object has no attribute 'is_complex'")
    if kind.category != dtypes.INTEGER:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {kind}")
    if not isinstance(shape, (int, tuple, list)):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in sizes:
        if not isinstance(size, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(size)}")
        if size < 0:
            raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    steps = [math.prod(sizes[dim + 1 :]) for dim in range(len(sizes))]
    if not sizes:
        return ()
    place = indices._storage.device
    whole = indices.unsqueeze(-1).div(tensor(steps, device=place), rounding_mode="floor")
    return (whole % tensor(sizes, device=place)).unbind(-1)  # type: ignore[no-any-return]


def nonzero_static(input: Any, *, size: int, fill_value: int = -1, out: Any = None) -> Any:
    """The first ``size`` places that are not zero, filled up with ``fill_value``: a shape known in advance."""
    arg.check_tensor(input, "nonzero_static")
    rows, filler = arg.integer(size, "nonzero_static", "size"), arg.integer(fill_value, "nonzero_static", "fill_value")
    if rows < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    places = nonzero(input)[:rows]
    missing = places.new_full((rows - places.shape[0], input.ndim), filler)
    return deliver(cat((places, missing)), out, "nonzero_static", input)
