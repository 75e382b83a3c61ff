"""Broadcasting: the shape in which operands meet, and where a pointwise operator puts its result.

Shapes are aligned at the right; a dimension of size 1, or one that is missing, is repeated by giving it stride 0.

    (3, 1) and (4,)  ->  (3, 4)           the first reads with stride (1, 0), the second with stride (0, 1)

PyTorch: ``aten/src/ATen/ExpandUtils.cpp`` and, for the strides of results, ``aten/src/ATen/TensorIterator.cpp``
(``reorder_dimensions``, ``compute_fast_setup_type``).
"""

from __future__ import annotations

from collections.abc import Sequence

from minitorch.core.geometry.layout import (
    Geometry,
    Ints,
    Size,
    channels_last,
    contiguous,
    is_channels_last,
    is_dense,
    remember,
)


@remember
def broadcast_shapes(*shapes: Ints) -> Ints:
    """The shape all of them expand to: right-aligned, sizes equal or 1. ``RuntimeError`` otherwise."""
    ndim = max((len(shape) for shape in shapes), default=0)
    result = [1] * ndim
    for shape in shapes:
        for place in range(1, len(shape) + 1):
            size, so_far = shape[-place], result[-place]
            if size == so_far or size == 1:
                continue
            if so_far != 1:
                raise RuntimeError(
                    f"The size of tensor a ({so_far}) must match the size of tensor b ({size}) "
                    f"at non-singleton dimension {ndim - place} (shapes: {', '.join(str(list(s)) for s in shapes)}; "
                    "aligned at the last dimension, sizes must be equal or 1: unsqueeze() adds a dimension of size 1)"
                )
            result[-place] = size
    return Size(result)


@remember
def expand(geometry: Geometry, sizes: Ints) -> Geometry:
    """Repeat dimensions of size 1 by giving them stride 0; -1 keeps a size; new dimensions come in front."""
    added = len(sizes) - geometry.ndim
    if added < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(sizes)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({geometry.ndim}); target {list(sizes)}, tensor {list(geometry.shape)}"
        )
    shape, stride = list(sizes), [0] * len(sizes)
    for dim, wanted in enumerate(sizes):
        if dim < added:
            if wanted < 0:
                raise RuntimeError(
                    f"expand: the expanded size of the tensor ({wanted}) isn't allowed in a leading, "
                    f"non-existing dimension {dim}"
                )
            continue
        size, step = geometry.shape[dim - added], geometry.stride[dim - added]
        if wanted in (-1, size):
            shape[dim], stride[dim] = size, step
        elif size != 1:
            raise RuntimeError(
                f"The expanded size of the tensor ({wanted}) must match the existing size ({size}) at non-singleton "
                f"dimension {dim}.  Target sizes: {list(sizes)}.  Tensor sizes: {list(geometry.shape)}"
            )
    return Geometry(shape, _expanded_new_strides(shape, stride, added), geometry.offset)


def _expanded_new_strides(shape: Sequence[int], stride: list[int], added: int) -> Ints:
    """A new leading dimension of size 1 continues the strides (it is not repeated); a longer one has stride 0.

    A zero-dim tensor has no strides to continue, and all of its new dimensions have stride 0.
    """
    if added == len(shape):
        return tuple(stride)
    for dim in range(added - 1, -1, -1):
        if shape[dim] == 1:
            stride[dim] = shape[dim + 1] * stride[dim + 1]
    return tuple(stride)


@remember
def result_geometry(*operands: Geometry) -> Geometry:
    """Where a pointwise operator puts its result: the operands' broadcast shape, strides in the operands' own order.

    Operands that agree on strides and are dense pass them on. Otherwise the dimensions are sorted so that the one with
    the smallest strides is innermost, the first operand deciding, and the result is dense in that order.
    Source: ``TensorIteratorBase::reorder_dimensions`` and ``compute_fast_setup_type`` in ATen/TensorIterator.cpp.
    """
    first = operands[0]
    if all(g.shape == first.shape for g in operands):
        if all(g.is_contiguous for g in operands):
            return contiguous(first.shape)
        if first.ndim == 4 and all(is_channels_last(g) for g in operands):
            return channels_last(first.shape)
        if all(g.stride == first.stride for g in operands) and is_dense(first):
            return Geometry(first.shape, first.stride)
    shape = broadcast_shapes(*(g.shape for g in operands))
    return dense_in_order(shape, _innermost_first([_stride_over(g, shape) for g in operands], shape))


def _stride_over(geometry: Geometry, shape: Ints) -> Ints:
    """Strides for walking along ``shape``: 0 for every dimension that is missing or repeated."""
    added = len(shape) - geometry.ndim
    own = zip(geometry.shape, geometry.stride, shape[added:])
    return (0,) * added + tuple(step if size == wanted else 0 for size, step, wanted in own)


def _innermost_first(strides: list[Ints], shape: Ints) -> list[int]:
    """Dimensions by ascending stride: insertion sort over an order that may be undecided for some pairs."""
    order = list(range(len(shape) - 1, -1, -1))

    def compare(a: int, b: int) -> int:
        for stride in strides:
            if stride[a] == 0 or stride[b] == 0:
                continue  # a broadcast dimension has no opinion
            if stride[a] != stride[b]:
                return -1 if stride[a] < stride[b] else 1
            if shape[a] > shape[b]:
                return 1
        return 0

    for i in range(1, len(order)):
        place = i
        for j in range(i - 1, -1, -1):
            verdict = compare(order[j], order[place])
            if verdict > 0:
                order[j], order[place] = order[place], order[j]
                place = j
            elif verdict < 0:
                break
    return order


def dense_in_order(shape: Ints, innermost_first: Sequence[int]) -> Geometry:
    """A dense geometry whose memory order is given, innermost dimension first."""
    if list(innermost_first) == list(range(len(shape) - 1, -1, -1)):
        return contiguous(shape)
    stride, step = [0] * len(shape), 1
    for dim in innermost_first:
        stride[dim] = step
        step *= shape[dim]
    return Geometry(shape, tuple(stride))


@remember
def preserving(geometry: Geometry) -> Geometry:
    """The geometry of a copy under ``preserve_format``: the same strides if dense, else the same order of strides."""
    if is_dense(geometry):
        return Geometry(geometry.shape, geometry.stride)
    return result_geometry(geometry)
