"""Views: a function for each view operator, from geometry to geometry; none of them copies or sees data.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp`` and ``aten/src/ATen/TensorUtils.cpp`` (``computeStride``).
"""

from __future__ import annotations

import math

from minitorch.core.geometry.layout import (
    Geometry,
    Ints,
    contiguous,
    contiguous_stride,
    remember,
    wrap_dim,
    wrap_dims,
)

_HOW_TO_FIT = "the sizes must multiply to the number of elements, and one of them may be -1, to be worked out"


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
            raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}; {_HOW_TO_FIT}")
        return sizes
    if known == 0 and numel == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified dimension size -1 "
            "can be any value and is ambiguous"
        )
    if known == 0 or numel % known:
        raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}; {_HOW_TO_FIT}")
    return tuple(numel // known if size == -1 else size for size in sizes)


@remember
def try_view(geometry: Geometry, sizes: Ints) -> Geometry | None:
    """Another shape over the same elements in the same order without a copy, or None where strides forbid it.

    Neighbouring dimensions form one run in memory when ``stride[d] == shape[d+1] * stride[d+1]``. A new shape fits if
    its dimensions can be dealt out so that none crosses from one run into the next.
    """
    shape = infer_size(sizes, geometry.numel)
    if geometry.is_plain:
        return contiguous(shape)
    if geometry.numel == 0:
        return geometry if shape == geometry.shape else Geometry(shape, contiguous_stride(shape), geometry.offset)
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


@remember
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


@remember
def reinterpret(geometry: Geometry, old_size: int, new_size: int, what: str) -> Geometry:
    """The same bytes as elements of another size: smaller ones lengthen the last dimension, larger ones shorten it.

    ``RuntimeError``, ending in ``what`` was tried, unless elements lie side by side and large ones come out even.
    """
    if old_size == new_size:
        return geometry
    shape, stride, offset = geometry.shape, geometry.stride, geometry.offset
    if not shape:
        raise RuntimeError(f"self.dim() cannot be 0 {what}")
    if stride[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {what}, but got {stride[-1]}")
    if new_size < old_size:
        times = old_size // new_size
        steps = [step * times for step in stride[:-1]]
        return Geometry((*shape[:-1], shape[-1] * times), (*steps, 1), offset * times)
    times = new_size // old_size
    steps = [step // times for step in stride[:-1]]
    measured = [("size(-1)", shape[-1]), ("storage_offset()", offset)]
    for name, value in measured + [(f"stride({dim})", step) for dim, step in enumerate(stride[:-1])]:
        if value % times:
            raise RuntimeError(f"self.{name} must be divisible by {times} {what}, but got {value}")
    return Geometry((*shape[:-1], shape[-1] // times), (*steps, 1), offset // times)


@remember
def permute(geometry: Geometry, dims: Ints) -> Geometry:
    """Reorder the dimensions: result dimension ``i`` is ``dims[i]`` of the input."""
    if len(dims) != geometry.ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {geometry.ndim} is not equal to len(dims) = {len(dims)}"
        )
    order: list[int] = []
    for dim in dims:
        order.append(wrap_dim(dim, geometry.ndim))
        if order.count(order[-1]) > 1:
            raise RuntimeError("permute(): duplicate dims are not allowed.")
    return Geometry(
        [geometry.shape[dim] for dim in order], tuple(geometry.stride[dim] for dim in order), geometry.offset
    )


@remember
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


@remember
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


@remember
def slice_(geometry: Geometry, dim: int, start: int | None, end: int | None, step: int = 1) -> Geometry:
    """``start:end:step`` along one dimension, clamped as Python clamps. ``RuntimeError`` unless ``step > 0``."""
    if geometry.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
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


@remember
def narrow(geometry: Geometry, dim: int, start: int, length: int) -> Geometry:
    """``length`` elements from ``start``. Unlike a slice, out of range is an error."""
    if geometry.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = wrap_dim(dim, geometry.ndim)
    size = geometry.shape[dim]
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_(geometry, dim, start, start + length, 1)


@remember
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


@remember
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


@remember
def squeeze(geometry: Geometry, dims: Ints | None) -> Geometry:
    """Drop dimensions of size 1: all of them, or those named that have size 1."""
    named = range(geometry.ndim) if dims is None else wrap_dims(dims, geometry.ndim)
    keep = [dim for dim in range(geometry.ndim) if geometry.shape[dim] != 1 or dim not in named]
    return Geometry([geometry.shape[dim] for dim in keep], tuple(geometry.stride[dim] for dim in keep), geometry.offset)


@remember
def unsqueeze(geometry: Geometry, dim: int) -> Geometry:
    """Insert a dimension of size 1 before ``dim``; its stride continues the row-major pattern."""
    dim = wrap_dim(dim, geometry.ndim + 1)
    step = geometry.shape[dim] * geometry.stride[dim] if dim < geometry.ndim else 1
    return Geometry(
        (*geometry.shape[:dim], 1, *geometry.shape[dim:]),
        (*geometry.stride[:dim], step, *geometry.stride[dim:]),
        geometry.offset,
    )


@remember
def as_strided(size: Ints, stride: Ints, offset: int) -> Geometry:
    """Any geometry at all; whether it lies inside the storage is for the caller to check."""
    if len(size) != len(stride):
        raise RuntimeError(f"mismatch in length of strides and shape: size {list(size)}, stride {list(stride)}")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if any(length < 0 for length in size):
        raise RuntimeError(f"as_strided: sizes must be non-negative, got {list(size)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    return Geometry(size, stride, offset)
