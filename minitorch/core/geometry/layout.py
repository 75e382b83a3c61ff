"""Layout: what a geometry is, and what follows from shape and stride about the order of elements in memory.

PyTorch: ``c10/core/TensorImpl.h`` (``is_contiguous`` and ``is_non_overlapping_and_dense``), ``c10/util/strides.h``,
``c10/core/WrapDimMinimal.h``, ``torch/csrc/Size.cpp``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, overload
from weakref import WeakValueDictionary

Ints = tuple[int, ...]
remember = lru_cache(maxsize=8192)  # geometries come back: programs have few shapes


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that prints as ``torch.Size([2, 3])``. ``TypeError`` for anything but ints."""

    __module__ = "minitorch"  # where users find it, and what type(x) prints

    __slots__ = ()

    def __new__(cls, sizes: Iterable[Any] = ()) -> Size:
        given = tuple(sizes)
        for place, size in enumerate(given):
            if type(size) is not int:
                return tuple.__new__(cls, [*given[:place], *_as_ints(given, place)])
        return tuple.__new__(cls, given)

    def numel(self) -> int:
        """Number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __add__(self, other: tuple[Any, ...]) -> Size:  # type: ignore[override]
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: tuple[Any, ...]) -> Size:
        return Size(tuple.__add__(other, self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: Any) -> Size:
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    @overload  # type: ignore[override]
    def __getitem__(self, index: slice) -> Size: ...
    @overload
    def __getitem__(self, index: int) -> int: ...
    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found


def _as_ints(sizes: Ints, start: int) -> list[int]:
    for place, size in enumerate(sizes[start:], start):
        if not hasattr(size, "__index__"):
            raise TypeError(f"torch.Size() takes an iterable of 'int' (item {place} is '{type(size).__name__}')")
    return [int(size) for size in sizes[start:]]


class Geometry:
    """Shape, stride and offset of a tensor, counted in elements, and the facts that follow from them.

    Immutable and shared between tensors. There is one object for each (shape, stride, offset, pending), so equality is
    identity. ``pending`` is what is still to be done to the elements on reading: "conj" for ``z.conj()``, a view of the
    memory of ``z``; "neg" for the imaginary part of that; mostly "".
    """

    __slots__ = ("shape", "stride", "offset", "pending", "numel", "ndim", "is_contiguous", "is_plain", "__weakref__")
    shape: Size
    stride: Ints
    offset: int
    pending: str
    numel: int
    ndim: int
    is_contiguous: bool
    is_plain: bool  # exactly what a freshly made tensor of this shape has; results may then share this object

    def __new__(cls, shape: Iterable[int], stride: Iterable[int], offset: int = 0, pending: str = "") -> Geometry:
        shape, stride = tuple(shape), tuple(stride)
        found = _all_geometries.get((shape, stride, offset, pending))
        if found is not None:
            return found
        made = object.__new__(cls)
        made.shape, made.numel, made.is_contiguous, has_plain_stride = _facts(shape, stride)
        made.stride = stride
        made.offset = offset
        made.pending = pending
        made.ndim = len(shape)
        made.is_plain = has_plain_stride and offset == 0 and not pending
        return _all_geometries.setdefault((shape, stride, offset, pending), made)

    def with_pending(self, pending: str) -> Geometry:
        """The same elements, of which something else is to be done on reading."""
        return self if pending == self.pending else Geometry(self.shape, self.stride, self.offset, pending)

    def __repr__(self) -> str:
        pending = f", pending={self.pending!r}" if self.pending else ""
        return f"Geometry(shape={tuple(self.shape)}, stride={self.stride}, offset={self.offset}{pending})"


_all_geometries: WeakValueDictionary[tuple[Ints, Ints, int, str], Geometry] = WeakValueDictionary()


@remember
def _facts(shape: Ints, stride: Ints) -> tuple[Size, int, bool, bool]:
    """Size, number of elements, whether contiguous, whether with the very strides of a new tensor."""
    numel = math.prod(shape)
    plain = contiguous_stride(shape)
    matches = all(size == 1 or step == wanted for size, step, wanted in zip(shape, stride, plain))
    return Size(shape), numel, numel == 0 or matches, stride == plain


@remember
def contiguous_stride(shape: Ints) -> Ints:
    """Row-major strides: the last dimension has stride 1. A dimension of size 0 counts as 1."""
    stride = [1] * len(shape)
    for dim in range(len(shape) - 2, -1, -1):
        stride[dim] = stride[dim + 1] * max(shape[dim + 1], 1)
    return tuple(stride)


@remember
def contiguous(shape: Ints) -> Geometry:
    """The geometry of a new tensor of this shape."""
    return Geometry(shape, contiguous_stride(shape))


@remember
def channels_last(shape: Ints) -> Geometry:
    """(N, C, *spatial) stored with the channels innermost: (N, *spatial, C) in memory."""
    order = (0, *range(2, len(shape)), 1)
    dense = contiguous_stride(tuple(shape[dim] for dim in order))
    stride = dict(zip(order, dense))
    return Geometry(shape, tuple(stride[dim] for dim in range(len(shape))))


@remember
def is_channels_last(geometry: Geometry) -> bool:
    """Whether (N, C, H, W) lies in memory as a contiguous (N, H, W, C), or (N, C, D, H, W) as (N, D, H, W, C).

    Strides of dimensions of size 1 are free.
    """
    if geometry.ndim not in (4, 5):
        return False
    wanted = channels_last(geometry.shape).stride
    return all(size == 1 or a == b for size, a, b in zip(geometry.shape, geometry.stride, wanted))


@remember
def is_dense(geometry: Geometry) -> bool:
    """Non-overlapping and without gaps: some order of the dimensions makes it contiguous."""
    if geometry.is_contiguous:
        return True
    expected = 1
    for step, size in sorted(zip(geometry.stride, geometry.shape)):
        if size == 1:
            continue
        if step != expected:
            return False
        expected *= size
    return True


@remember
def overlaps_itself(geometry: Geometry) -> bool:
    """Whether some dimension surely maps several indices to one element (stride 0, as after ``expand``)."""
    if geometry.is_contiguous or geometry.numel == 0:
        return False
    return any(step == 0 and size > 1 for step, size in zip(geometry.stride, geometry.shape))


@remember
def maybe_overlaps_itself(geometry: Geometry) -> bool:
    """Whether two indices may lead to one element: some stride does not step over all that smaller strides reach."""
    reach = 0
    for step, size in sorted(zip(geometry.stride, geometry.shape)):
        if size > 1:
            if step <= reach:
                return geometry.numel > 0
            reach += (size - 1) * step
    return False


def extent(geometry: Geometry) -> int:
    """How many elements of storage it spans from the first to the last, 0 when it has no element."""
    if geometry.numel == 0:
        return 0
    return 1 + sum((size - 1) * step for size, step in zip(geometry.shape, geometry.stride))


# ---- dimensions ---------------------------------------------------------------------------------------------------


def wrap_dim(dim: int, ndim: int) -> int:
    """Count a negative dimension from the end. ``IndexError`` out of range; a zero-dim tensor accepts -1 and 0."""
    span = max(ndim, 1)
    if not -span <= dim < span:
        if not -(2**63) <= dim < 2**63:
            raise ValueError(f"Overflow when unpacking long long: the dimension {dim}")
        raise IndexError(f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})")
    return dim + span if dim < 0 else dim


def wrap_dims(dims: Iterable[int], ndim: int) -> Ints:
    """``wrap_dim`` for several; ``RuntimeError`` if one appears twice."""
    wrapped: list[int] = []
    for dim in dims:
        wrapped.append(wrap_dim(dim, ndim))
        if wrapped.count(wrapped[-1]) > 1:
            raise RuntimeError(f"dim {wrapped[-1]} appears multiple times in the list of dims")
    return tuple(wrapped)
