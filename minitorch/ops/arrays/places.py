"""Adding to places of an array, some of them perhaps named twice: the heart of every backward of an indexing operator.

``target[places] += values`` adds only once where a place is named twice. ``accumulate`` adds every time, in order, as
PyTorch's loops do. It works on the flat array, for which NumPy's ``add.at`` has a loop four times as fast as the one
for several dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.core.geometry import contiguous_stride


def accumulate(xp: Any, target: Any, places: Any, values: Any, ufunc: Any = None) -> None:
    """``target.flat[p] += v`` for every place and its value. ``ufunc``: another operation than adding."""
    flat = target.reshape(-1)  # a view if `target` is contiguous, otherwise a copy to be written back
    if hasattr(values, "shape"):
        values = xp.broadcast_to(values, places.shape).reshape(-1)
    else:  # a number
        values = xp.full(places.size, values, target.dtype)
    (ufunc or xp.add).at(flat, places.reshape(-1), values)
    if not target.flags.c_contiguous:
        target[...] = flat.reshape(target.shape)


def places_of(xp: Any, shape: Sequence[int], indices: Sequence[Any]) -> Any:
    """Flat places of what ``array[indices]`` reads, in the shape of the result.

    ``indices``: for each dimension an integer array or None (the whole dimension); missing ones count as None. Where
    the arrays stand together their common shape takes their place, otherwise it comes first, as in NumPy.
    """
    stride = contiguous_stride(tuple(shape))
    indexed = [dim for dim, index in enumerate(indices) if index is not None]
    others = [dim for dim in range(len(shape)) if dim not in indexed]
    together = indexed == list(range(indexed[0], indexed[-1] + 1))
    front = indexed[0] if together else 0  # how many whole dimensions come before the arrays' common shape
    places: Any = 0
    for dim in indexed:
        index = indices[dim]
        places = places + xp.where(index < 0, index + shape[dim], index) * stride[dim]
    common = places.ndim
    places = places.reshape(*places.shape, *[1] * (len(others) - front))
    for order, dim in enumerate(others):
        behind = len(others) - 1 - order + (common if order < front else 0)
        places = places + (xp.arange(shape[dim]) * stride[dim]).reshape(-1, *[1] * behind)
    return places


def places_along(xp: Any, shape: Sequence[int], dim: int, index: Any) -> Any:
    """Flat places of ``array[i][index[i][j][k]][k]`` (for ``dim`` 1): what ``gather`` reads and ``scatter`` writes."""
    stride = contiguous_stride(tuple(shape))
    places = index * stride[dim] if shape else index
    for other in range(len(shape)):
        if other != dim:
            counting = xp.arange(index.shape[other]) * stride[other]
            places = places + counting.reshape(-1, *[1] * (len(shape) - other - 1))
    return places
