"""Geometry: where in its storage each element of a tensor lies. Pure integer arithmetic, no arrays.

Element ``(i, j, k)`` of a tensor lies at

    storage_offset + i * stride[0] + j * stride[1] + k * stride[2]        (counted in elements)

and that one formula is all there is to views: a view is the same storage with another shape, stride and offset.
Transposing swaps two strides, selecting adds to the offset and drops a dimension, expanding sets a stride to 0.
Each view operator is one function below, from geometry to geometry; none of them copies or sees data.

    shape (2, 3), stride (3, 1)           transpose: shape (3, 2), stride (1, 3)
    memory  a b c d e f                   memory  a b c d e f      (the same)
    rows    a b c / d e f                 rows    a d / b e / c f

The functions are pure, so their results are remembered (``lru_cache``), and equal calls give the *same* ``Geometry``
object. Operators use this: two operands with the same object need no broadcasting, which costs one comparison.

PyTorch keeps this in ``aten/src/ATen/native/TensorShape.cpp``, ``aten/src/ATen/TensorUtils.cpp`` (``computeStride``)
and ``aten/src/ATen/TensorGeometry.h``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, overload

Ints = tuple[int, ...]
_remember = lru_cache(maxsize=8192)


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that prints as ``torch.Size([2, 3])``."""

    __slots__ = ()

    def numel(self) -> int:
        """Number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __add__(self, other: tuple[Any, ...]) -> Size:  # type: ignore[override]
        return Size(tuple.__add__(self, other))

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


class Geometry:
    """Shape, stride and offset of a tensor, counted in elements, and the facts that follow from them.

    Immutable and shared between tensors; compared by identity (see the module's text).
    """

    __slots__ = ("shape", "stride", "offset", "numel", "ndim", "is_contiguous", "is_plain", "__weakref__")

    def __init__(self, shape: Iterable[int], stride: Ints, offset: int = 0) -> None:
        self.shape = Size(shape)
        self.stride = stride
        self.offset = offset
        self.numel = math.prod(self.shape)
        self.ndim = len(self.shape)
        self.is_contiguous = self.numel == 0 or all(
            size == 1 or step == expected
            for size, step, expected in zip(self.shape, stride, contiguous_stride(self.shape))
        )
        # Plain: exactly what a freshly made tensor of this shape has; results may then share this object.
        self.is_plain = offset == 0 and stride == contiguous_stride(self.shape)

    def __repr__(self) -> str:
        return f"Geometry(shape={tuple(self.shape)}, stride={self.stride}, offset={self.offset})"


@_remember
def contiguous_stride(shape: Ints) -> Ints:
    """Row-major strides: the last dimension has stride 1. A dimension of size 0 counts as 1."""
    stride = [1] * len(shape)
    for dim in range(len(shape) - 2, -1, -1):
        stride[dim] = stride[dim + 1] * max(shape[dim + 1], 1)
    return tuple(stride)


@_remember
def contiguous(shape: Ints) -> Geometry:
    """The geometry of a new tensor of this shape."""
    return Geometry(shape, contiguous_stride(shape))


@_remember
def channels_last(shape: Ints) -> Geometry:
    """(N, C, *spatial) stored with the channels innermost: (N, *spatial, C) in memory."""
    order = (0, *range(2, len(shape)), 1)
    dense = contiguous_stride(tuple(shape[dim] for dim in order))
    stride = dict(zip(order, dense))
    return Geometry(shape, tuple(stride[dim] for dim in range(len(shape))))


@_remember
def is_channels_last(geometry: Geometry) -> bool:
    """Whether a 4-D (N, C, H, W) lies in memory as a contiguous (N, H, W, C); strides of size-1 dimensions are free."""
    if geometry.ndim != 4:
        return False
    wanted = channels_last(geometry.shape).stride
    return all(size == 1 or a == b for size, a, b in zip(geometry.shape, geometry.stride, wanted))


@_remember
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


@_remember
def overlaps_itself(geometry: Geometry) -> bool:
    """Whether some dimension surely maps several indices to one element (stride 0, as after ``expand``)."""
    if geometry.is_contiguous or geometry.numel == 0:
        return False
    return any(step == 0 and size > 1 for step, size in zip(geometry.stride, geometry.shape))


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
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})"
        )
    return dim + span if dim < 0 else dim


def wrap_dims(dims: Iterable[int], ndim: int) -> Ints:
    """``wrap_dim`` for several; ``RuntimeError`` if one appears twice."""
    wrapped = tuple(wrap_dim(dim, ndim) for dim in dims)
    if len(set(wrapped)) != len(wrapped):
        twice = next(dim for dim in wrapped if wrapped.count(dim) > 1)
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return wrapped


# ---- broadcasting -------------------------------------------------------------------------------------------------


@_remember
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
                    f"at non-singleton dimension {ndim - place}"
                )
            result[-place] = size
    return Size(result)


@_remember
def expand(geometry: Geometry, sizes: Ints) -> Geometry:
    """Repeat dimensions of size 1 by giving them stride 0; -1 keeps a size; new dimensions come in front."""
    added = len(sizes) - geometry.ndim
    if added < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(sizes)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({geometry.ndim}); target sizes {list(sizes)}, tensor sizes {list(geometry.shape)}"
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
    """A new leading dimension of size 1 continues the strides (it is not repeated); a longer one has stride 0."""
    for dim in range(added - 1, -1, -1):
        if shape[dim] == 1 and dim + 1 < len(shape):
            stride[dim] = shape[dim + 1] * stride[dim + 1]
        elif shape[dim] == 1:
            stride[dim] = 1
    return tuple(stride)


@_remember
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
        if all(is_channels_last(g) for g in operands):
            return channels_last(first.shape)
        if all(g.stride == first.stride for g in operands) and is_dense(first):
            return Geometry(first.shape, first.stride)
    shape = broadcast_shapes(*(g.shape for g in operands))
    return dense_in_order(shape, _innermost_first([expand(g, shape).stride for g in operands], shape))


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


@_remember
def preserving(geometry: Geometry) -> Geometry:
    """The geometry of a copy under ``preserve_format``: the same strides if dense, else the same order of strides."""
    if is_dense(geometry):
        return Geometry(geometry.shape, geometry.stride)
    return result_geometry(geometry)


# ---- views --------------------------------------------------------------------------------------------------------


def infer_size(sizes: Ints, numel: int) -> Ints:
    """Fill in the one size given as -1. ``RuntimeError`` when the numbers of elements can't agree."""
    unknown = [dim for dim, size in enumerate(sizes) if size == -1]
    if len(unknown) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any(size < -1 for size in sizes):
        raise RuntimeError(f"invalid shape dimension {min(sizes)}")
    known = math.prod(size for size in sizes if size != -1)
    if not unknown:
        if known != numel:
            raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}")
        return sizes
    if known == 0 and numel == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified dimension size -1 "
            "can be any value and is ambiguous"
        )
    if known == 0 or numel % known:
        raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}")
    return tuple(numel // known if size == -1 else size for size in sizes)


@_remember
def try_view(geometry: Geometry, sizes: Ints) -> Geometry | None:
    """Another shape over the same elements in the same order without a copy, or None where strides forbid it.

    Neighbouring dimensions form one run in memory when ``stride[d] == shape[d+1] * stride[d+1]``. A new shape fits if
    its dimensions can be dealt out so that none crosses from one run into the next.
    """
    shape = infer_size(sizes, geometry.numel)
    if geometry.is_plain:
        return contiguous(shape)
    if geometry.numel == 0:
        same = shape == geometry.shape
        return geometry if same else Geometry(shape, contiguous_stride(shape), geometry.offset)
    stride = _strides_of_view(geometry, shape)
    return None if stride is None else Geometry(shape, stride, geometry.offset)


def _strides_of_view(geometry: Geometry, shape: Ints) -> Ints | None:
    result = [1] * len(shape)
    new = len(shape) - 1
    run, innermost = 1, geometry.stride[-1] if geometry.ndim else 1
    for dim in range(geometry.ndim - 1, -1, -1):
        run *= geometry.shape[dim]
        continues = dim > 0 and (geometry.shape[dim - 1] == 1 or geometry.stride[dim - 1] == run * innermost)
        if continues:
            continue
        covered = 1
        while new >= 0 and (covered < run or shape[new] == 1):
            result[new] = covered * innermost
            covered *= shape[new]
            new -= 1
        if covered != run:
            return None
        if dim > 0:
            run, innermost = 1, geometry.stride[dim - 1]
    return tuple(result) if new == -1 or not geometry.ndim else None


@_remember
def view(geometry: Geometry, sizes: Ints) -> Geometry:
    """``try_view``, with PyTorch's ``RuntimeError`` where a copy would be needed."""
    found = try_view(geometry, sizes)
    if found is None:
        raise RuntimeError(
            f"view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            f"contiguous subspaces). Use .reshape(...) instead. (view size {list(sizes)}, input size "
            f"{list(geometry.shape)}, input stride {list(geometry.stride)})"
        )
    return found


@_remember
def permute(geometry: Geometry, dims: Ints) -> Geometry:
    """Reorder the dimensions: result dimension ``i`` is ``dims[i]`` of the input."""
    if len(dims) != geometry.ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {geometry.ndim} is not equal to len(dims) = {len(dims)}"
        )
    order = tuple(wrap_dim(dim, geometry.ndim) for dim in dims)
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return Geometry(
        [geometry.shape[dim] for dim in order], tuple(geometry.stride[dim] for dim in order), geometry.offset
    )


@_remember
def transpose(geometry: Geometry, dim0: int, dim1: int) -> Geometry:
    """Swap two dimensions."""
    a, b = wrap_dim(dim0, geometry.ndim), wrap_dim(dim1, geometry.ndim)
    if a == b:
        return geometry
    order = list(range(geometry.ndim))
    order[a], order[b] = b, a
    return permute(geometry, tuple(order))


def movedim_order(ndim: int, source: Ints, destination: Ints) -> Ints:
    """The permutation that moves ``source`` dimensions to ``destination`` and keeps the others in order."""
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(source)} dims) should contain the same "
            f"number of dims as destination ({list(destination)} dims)"
        )
    origin = tuple(wrap_dim(dim, ndim) for dim in source)
    target = tuple(wrap_dim(dim, ndim) for dim in destination)
    for name, dims, given in (("source", origin, source), ("destination", target, destination)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    moved = dict(zip(target, origin))
    rest = (dim for dim in range(ndim) if dim not in origin)
    return tuple(moved[dim] if dim in moved else next(rest) for dim in range(ndim))


@_remember
def select(geometry: Geometry, dim: int, index: int) -> Geometry:
    """Fix one index: the dimension goes, the offset moves. ``IndexError`` out of range."""
    if geometry.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, geometry.ndim)
    size = geometry.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(geometry.shape)} at dimension {dim}"
        )
    index += size if index < 0 else 0
    return Geometry(
        geometry.shape[:dim] + geometry.shape[dim + 1 :],
        geometry.stride[:dim] + geometry.stride[dim + 1 :],
        geometry.offset + index * geometry.stride[dim],
    )


@_remember
def slice_(geometry: Geometry, dim: int, start: int | None, end: int | None, step: int = 1) -> Geometry:
    """``start:end:step`` along one dimension, clamped as Python clamps. ``ValueError`` unless ``step > 0``."""
    if geometry.ndim == 0:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, geometry.ndim)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    size = geometry.shape[dim]
    first, last, step = slice(start, end, step).indices(size)
    last = max(first, last)
    count = (last - first + step - 1) // step
    return Geometry(
        (*geometry.shape[:dim], count, *geometry.shape[dim + 1 :]),
        (*geometry.stride[:dim], geometry.stride[dim] * step, *geometry.stride[dim + 1 :]),
        geometry.offset + first * geometry.stride[dim],
    )


@_remember
def narrow(geometry: Geometry, dim: int, start: int, length: int) -> Geometry:
    """``length`` elements from ``start``. Unlike a slice, out of range is an error."""
    if geometry.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = wrap_dim(dim, geometry.ndim)
    size = geometry.shape[dim]
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_(geometry, dim, start, start + length, 1)


@_remember
def unfold(geometry: Geometry, dimension: int, size: int, step: int) -> Geometry:
    """Sliding windows along a dimension as a new last dimension; they overlap in memory when ``step < size``."""
    dim = wrap_dim(dimension, geometry.ndim)
    length = geometry.shape[dim] if geometry.ndim else 1
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if geometry.ndim == 0:
        return Geometry((size,), (1,), geometry.offset)
    old = geometry.stride[dim]
    return Geometry(
        (*geometry.shape[:dim], (length - size) // step + 1, *geometry.shape[dim + 1 :], size),
        (*geometry.stride[:dim], old * step, *geometry.stride[dim + 1 :], old),
        geometry.offset,
    )


@_remember
def diagonal(geometry: Geometry, offset: int, dim1: int, dim2: int) -> Geometry:
    """The diagonal of two dimensions as a new last one: its stride is the sum of theirs."""
    a, b = wrap_dim(dim1, geometry.ndim), wrap_dim(dim2, geometry.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rows, columns = geometry.shape[a], geometry.shape[b]
    length = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    start = geometry.offset
    if length:
        start += offset * geometry.stride[b] if offset >= 0 else -offset * geometry.stride[a]
    rest = [dim for dim in range(geometry.ndim) if dim not in (a, b)]
    return Geometry(
        [*(geometry.shape[dim] for dim in rest), length],
        (*(geometry.stride[dim] for dim in rest), geometry.stride[a] + geometry.stride[b]),
        start,
    )


@_remember
def squeeze(geometry: Geometry, dims: Ints | None) -> Geometry:
    """Drop dimensions of size 1: all of them, or those named that have size 1."""
    named = range(geometry.ndim) if dims is None else wrap_dims(dims, geometry.ndim)
    keep = [dim for dim in range(geometry.ndim) if geometry.shape[dim] != 1 or dim not in named]
    return Geometry([geometry.shape[dim] for dim in keep], tuple(geometry.stride[dim] for dim in keep), geometry.offset)


@_remember
def unsqueeze(geometry: Geometry, dim: int) -> Geometry:
    """Insert a dimension of size 1 before ``dim``; its stride continues the row-major pattern."""
    dim = wrap_dim(dim, geometry.ndim + 1)
    step = geometry.shape[dim] * geometry.stride[dim] if dim < geometry.ndim else 1
    return Geometry(
        (*geometry.shape[:dim], 1, *geometry.shape[dim:]),
        (*geometry.stride[:dim], step, *geometry.stride[dim:]),
        geometry.offset,
    )


@_remember
def as_strided(size: Ints, stride: Ints, offset: int) -> Geometry:
    """Any geometry at all; whether it lies inside the storage is for the caller to check."""
    if len(size) != len(stride):
        raise RuntimeError(
            f"mismatch in length of strides and shape: size {list(size)}, stride {list(stride)}"
        )
    if any(step < 0 for step in stride):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
        )
    if any(length < 0 for length in size):
        raise RuntimeError(f"as_strided: sizes must be non-negative, got {list(size)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    return Geometry(size, stride, offset)
