"""Distinct elements: ``unique``, ``unique_consecutive``.

Both answer three questions at once: which values there are, for each element which of them it is (``inverse``), and how
often each occurs (``counts``):  ``values[inverse] == input``.

PyTorch: ``aten/src/ATen/native/Unique.cpp``. Neither has a derivative there, nor here.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.tensor_base import allocate


@operator("Unique2Backward0")
def _unique(xp: Any, input: Any, dim: int | None) -> Any:
    """Sorted distinct values, inverse, counts."""
    values, inverse, counts = xp.unique(input, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    return values, inverse.reshape(input.shape if dim is None else -1), counts


@_unique.derivative("input")
def _(grads: Any) -> Any:
    raise NotImplementedError("the derivative for '_unique2' is not implemented.")


_unique_dim = operator("UniqueDimBackward0")(_unique.operator.forward)


@_unique_dim.derivative("input")
def _(grads: Any) -> Any:
    raise NotImplementedError("the derivative for 'unique_dim' is not implemented.")


@operator("UniqueConsecutiveBackward0")
def _unique_consecutive(xp: Any, input: Any, dim: int | None) -> Any:
    """First of each run of equal values, inverse, counts."""
    rows = input.reshape(-1) if dim is None else xp.moveaxis(input, dim, 0)
    flat = rows.reshape(rows.shape[0], -1) if rows.size else rows.reshape(rows.shape[0], 0)
    begins = xp.ones(rows.shape[0], bool)
    begins[1:] = (flat[1:] != flat[:-1]).any(1)
    starts = xp.flatnonzero(begins)
    counts = xp.diff(xp.append(starts, rows.shape[0]))
    values = rows[starts] if dim is None else xp.moveaxis(rows[starts], 0, dim)
    inverse = xp.cumsum(begins) - 1
    return values, inverse.reshape(input.shape if dim is None else -1), counts


@_unique_consecutive.derivative("input")
def _(grads: Any) -> Any:
    raise NotImplementedError("the derivative for 'unique_consecutive' is not implemented.")


def _by_slices(results: Any, axis: int | None) -> Any:
    """The values laid out as PyTorch does: slice after slice, so that ``axis`` is the outermost dimension in memory."""
    values, inverse, counts = results
    if axis:
        shape = values.shape
        order = (axis, *(d for d in range(len(shape)) if d != axis))
        stride, step = [0] * len(shape), 1
        for d in reversed(order):
            stride[d], step = step, step * max(shape[d], 1)
        laid_out = allocate(geo.as_strided(tuple(shape), tuple(stride), 0), values._dtype, values._storage.device)
        laid_out.array[...] = values.array
        values._storage, values._geometry, values._array = laid_out._storage, laid_out._geometry, None
    return values, inverse, counts


def _answer(results: Any, return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = results
    asked = [values, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    return tuple(asked) if len(asked) > 1 else values


def _check(function: str, input: Any, dim: int | None, **flags: bool) -> int | None:
    """The wrapped dimension, if the arguments are what they should be."""
    arg.check_tensor(input, function)
    for name, value in flags.items():
        arg.boolean(value, function, name)
    axis = None if dim is None else geo.wrap_dim(arg.integer(dim, function, "dim"), input.ndim)
    refuse_other_kinds("unique", input._dtype, "biuf")
    return axis


def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """Distinct elements in ascending order, or distinct slices of ``dim``; with ``inverse`` and ``counts`` if asked."""
    axis = _check("unique", input, dim, sorted=sorted, return_inverse=return_inverse, return_counts=return_counts)
    results = _unique(input, None) if axis is None else _unique_dim(input, axis)
    return _answer(_by_slices(results, axis), return_inverse, return_counts)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The first of each run of equal elements, or of equal slices of ``dim``."""
    axis = _check("unique_consecutive", input, dim, return_inverse=return_inverse, return_counts=return_counts)
    return _answer(_by_slices(_unique_consecutive(input, axis), axis), return_inverse, return_counts)
