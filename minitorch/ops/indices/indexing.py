"""``x[...]`` and ``x[...] = value``: what an index expression means.

An expression is read from left to right with a count of the dimension it has come to:

    3, a zero-dim integer tensor    select(dim, 3)          the dimension goes
    1:5:2                           slice(dim, 1, 5, 2)     on to the next dimension
    ...                             skips the dimensions that nothing else names
    None                            unsqueeze(dim)          a new dimension of size 1
    True, False                     unsqueeze(dim), to be indexed by [0] or by []
    tensor, list, array             to be indexed; a mask counts for all its dimensions

The first four are views, so ``x[1:3, 0]`` is ``x.slice(...).select(...)`` and shares its memory. If index tensors
remain, they index that view (``advanced_indexing.py``), which copies. Assigning writes into the view (``copy_``, or
``index_put_`` where index tensors remain), and so reaches ``x`` and its history.

``x[0]`` and ``x[1:3]`` are the calls a program makes most, so they take the short way at the top.

PyTorch: ``torch/csrc/autograd/python_variable_indexing.cpp``, ``aten/src/ATen/TensorIndexing.h``.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.autograd.inplace import bump_version, check_inplace
from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops.creating import creation
from minitorch.ops.declare.operands import check_representable, number_as_array
from minitorch.ops.declare.writing import refuse_overlap
from minitorch.ops.indices.advanced_indexing import _index_put, check_write, fills_masks, number_brought_to
from minitorch.ops.indices.advanced_indexing import index as index_by_tensors
from minitorch.ops.shapes import copying
from minitorch.ops.shapes.parts import _select, _slice
from minitorch.ops.shapes.views import _unsqueeze, alias
from minitorch.tensor_base import TensorBase

_EVERYTHING = slice(None)

# ---- reading and writing --------------------------------------------------------------------------------------------


def delitem(input: Any, index: Any) -> None:
    """``del input[index]``: ``TypeError``, for a tensor's elements can't be taken out."""
    raise TypeError("Tensor does not support deleting items")


def getitem(input: Any, index: Any) -> Any:
    """``input[index]``. ``IndexError`` for too many indices, one out of range, or something that is no index."""
    kind = type(index)
    if kind is int:
        return _select_at(input, 0, index, 0)
    if kind is slice:
        return _slice_at(input, 0, index)
    if kind is tuple:
        view = _ints_and_slices(input, index)
        if view is not None:
            return alias(input) if view is input else view
    view, tensors = _apply(input, _as_tuple(index))
    if tensors:
        return index_by_tensors(view, tensors)
    return alias(input) if view is input else view


def setitem(input: Any, index: Any, value: Any) -> None:
    """``input[index] = value``, a tensor that broadcasts to the indexed part, or a number."""
    if not isinstance(value, TensorBase):
        _check_number(input, value)
    if index is False:
        return
    kind = type(index)
    tensors: list[Any] = []
    if kind is int:
        view = _select_at(input, 0, index, 0)
    elif kind is slice:
        view = _sliced(input, 0, index)
    else:
        view = _ints_and_slices(input, index) if kind is tuple else None
        if view is None:
            view, tensors = _apply(input, _as_tuple(index))
    if not isinstance(value, TensorBase):
        if not tensors and not view.requires_grad:
            check_inplace(view, "fill_")
            dtype = input._dtype
            view.array[...] = value if dtype.category >= dtypes.FLOATING else number_as_array(value, dtype)
            bump_version(view)
            return
        value = creation.full((), value, dtype=input._dtype, device=input._storage.device)
    if tensors:
        check_inplace(view, "index_put_", value, overlap=True)
        value = number_brought_to(view, _without_leading_ones(value))
        if not fills_masks(tensors, value):
            refuse_overlap(view, value, *tensors)
        _index_put.inplace(view, check_write(view, tensors, value), value, False)
    else:
        _copy_into(view, value)


def _check_number(input: Any, value: Any) -> None:
    is_number = isinstance(value, (int, float, complex, np.integer))  # so NumPy's float64, but not its float32
    if not is_number:
        place = "cuda." if input._storage.device.type == "cuda" else ""
        kind = scalar_type_name(input._dtype)
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{place}{kind}Tensor")
    if isinstance(value, int):
        _check_bits(value)
    if isinstance(value, complex) or input._dtype.category < dtypes.FLOATING or abs(value) > 1e4:
        check_representable(value, input._dtype)


def _check_bits(value: int) -> None:
    """``ValueError`` for an int that does not fit into 64 bits."""
    if not -(2**63) <= value < 2**63:
        raise ValueError("Overflow when unpacking long long")


def _without_leading_ones(value: Any) -> Any:
    """Leading dimensions of size 1 don't count: a (1, 1, 4) may be written where a (4,) may."""
    added = 0
    while added < value.ndim and value.shape[added] == 1:
        added += 1
    return value.view(value.shape[added:]) if added else value


def _copy_into(target: Any, value: Any) -> None:
    if value._geometry.shape == target._geometry.shape:
        copying.copy_(target, value)
    elif not value._geometry.ndim:
        check_inplace(target, "fill_", value)
        copying.fill_(target, value)
    else:
        copying.copy_(target, _without_leading_ones(value).expand(target._geometry.shape))


# ---- what an expression means ---------------------------------------------------------------------------------------


def _select_at(input: Any, dim: int, index: int, place: int) -> Any:
    """``select``, with the errors of an index expression. ``place``: where in the expression the index stands."""
    shape = input._geometry.shape
    if not shape:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
            "0-dim tensor to a number"
        )
    size = shape[dim]
    if not -size <= index < size:
        _check_bits(index)
        raise IndexError(f"index {index} is out of bounds for dimension {place} with size {size}")
    return _select(input, dim, index)


def _slice_at(input: Any, dim: int, index: slice) -> Any:
    start, stop, step = _bound(index.start), _bound(index.stop), _bound(index.step)
    if step is None:
        step = 1
    elif step <= 0:
        raise ValueError("slice step cannot be zero" if step == 0 else "step must be greater than zero")
    if not input._geometry.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    return _slice(input, dim, start, stop, step)


def _ints_and_slices(input: Any, parts: tuple[Any, ...]) -> Any:
    """The view for a tuple of nothing but ints and slices, None for any other."""
    if len(parts) > input._geometry.ndim:
        return None
    view, dim = input, 0
    for place, part in enumerate(parts):
        kind = type(part)
        if kind is int:
            view = _select_at(view, dim, part, place)
        elif kind is slice:
            if part != _EVERYTHING:
                view = _sliced(view, dim, part)
            dim += 1
        else:
            return None
    return view


def _bound(value: Any) -> int | None:
    if value is None or type(value) is int:
        return value
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError("slice indices must be integers or None or have an __index__ method") from None


def _as_tuple(index: Any) -> tuple[Any, ...]:
    """A tuple is one index a dimension; anything else is one index, save lists of slices, sequences and the like."""
    if type(index) is tuple:
        return index
    if isinstance(index, tuple):
        return tuple(index)
    if isinstance(index, list) and len(index) < 32 and any(_makes_tuple(item) for item in index):
        warnings.warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated; use x[tuple(seq)] instead of "
            "x[seq].",
            stacklevel=3,
        )
        return tuple(index)
    return (index,)


def _makes_tuple(item: Any) -> bool:
    return (
        item is None or item is Ellipsis or isinstance(item, (TensorBase, slice, list, tuple, range, str, np.ndarray))
    )


def _apply(input: Any, parts: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """The view that the basic parts make, and for each of its leading dimensions an index tensor or None."""
    named, prepared = _prepare(input, parts)
    view, dim = input, 0
    tensors: list[Any] = []
    for place, part in enumerate(prepared):
        kind = type(part)
        if kind is int:
            view = _select_at(view, dim, part, place)
        elif kind is slice:
            if part != _EVERYTHING:
                view = _sliced(view, dim, part)
            dim += 1
        elif part is Ellipsis:
            dim += input._geometry.ndim - named
        elif part is None:
            view = _unsqueeze(view, dim)
            dim += 1
        elif part is True or part is False or part.ndim == 0:
            view = _unsqueeze(view, dim)
            tensors.extend([None] * (dim - len(tensors)))
            tensors.append(creation.zeros(1 if bool(part) else 0, dtype=dtypes.int64, device=input._storage.device))
            dim += 1
        else:
            tensors.extend([None] * (dim - len(tensors)))
            tensors.append(part)
            dim += part.ndim if part._dtype in _MASKS else 1
            tensors.extend([_COVERED] * (dim - len(tensors)))
    return view, [tensor for tensor in tensors if tensor is not _COVERED]


_MASKS = (dtypes.bool_, dtypes.uint8)
_COVERED = object()  # stands for a dimension that belongs to the mask before it


def _sliced(view: Any, dim: int, part: slice) -> Any:
    """A slice within a tuple; one that takes the whole dimension changes nothing."""
    start, stop, step = _bound(part.start), _bound(part.stop), _bound(part.step)
    shape = view._geometry.shape
    if shape and (start is None or start == 0) and step in (None, 1) and (stop is None or stop >= shape[dim]):
        return view
    return _slice_at(view, dim, part)


def _prepare(input: Any, parts: tuple[Any, ...]) -> tuple[int, Sequence[Any]]:
    """How many dimensions the parts name, and the parts with everything integral as int, everything else as tensor."""
    named, prepared = 0, []
    for part in parts:
        kind = type(part)
        if kind is int or kind is slice:
            named += 1
        elif part is not None and part is not Ellipsis and kind is not bool:
            part = _as_index(input, part)
            named += part.ndim if type(part) is not int and part._dtype in _MASKS else 1
        prepared.append(part)
    if named > input._geometry.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input._geometry.ndim}")
    return named, prepared


def _as_index(input: Any, part: Any) -> Any:
    """A tensor, sequence or array as an index tensor; a zero-dim integer one as an int."""
    if isinstance(part, np.integer):
        return int(part)
    if not isinstance(part, TensorBase):
        if isinstance(part, np.bool_) or not isinstance(part, (list, tuple, range, np.ndarray, str, bytes)):
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
                f"{_type_name(part)})"
            )
        part = _tensor_from(input, part)
    if part._geometry.ndim == 0 and part._dtype.category == dtypes.INTEGER and part._dtype is not dtypes.uint8:
        return int(part.item())
    if part._dtype.category > dtypes.INTEGER:
        raise IndexError(
            f"tensors used as indices must be long, int, byte or bool tensors, but got {part._dtype}; convert with "
            ".long()"
        )
    return part


def _tensor_from(input: Any, sequence: Any) -> Any:
    """A list of bools is a mask; any other becomes ``int64``, floats cut off."""
    device = input._storage.device
    if isinstance(sequence, (np.ndarray, np.generic)):
        found = creation.tensor(sequence, device=device)
        return found.to(dtypes.int64) if found._dtype.category > dtypes.INTEGER else found
    found = creation.tensor(list(sequence) if isinstance(sequence, range) else sequence, device=device)
    return found if found._dtype is dtypes.bool_ else found.to(dtypes.int64)


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
