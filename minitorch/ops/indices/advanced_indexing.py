"""Indexing by tensors: ``index``, ``index_put``, ``nonzero``, ``take``, ``put``.

An index tensor names elements of one dimension; several of them are broadcast to a common shape ``B`` and read
together, point by point. A boolean mask stands for the index tensors ``mask.nonzero()``, one for each of its
dimensions. Dimensions without an index tensor stay whole:

    x (3, 4, 5)    x[:, i]      i (2, 7)         ->  (3, 2, 7, 5)    B takes the place of the indexed dimension
                   x[i, :, j]   i, j (2, 7)      ->  (2, 7, 4)       not together: B comes first

The gradient of reading is adding into zeros at the same places (``index_put`` with ``accumulate``); the gradient of
writing is reading.

PyTorch: ``aten/src/ATen/native/TensorAdvancedIndexing.cpp``, ``IndexingUtils.h``. The expressions in ``x[...]`` are
taken apart in ``indexing.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from minitorch.autograd.inplace import check_inplace
from minitorch.autograd.node import written_in_place
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.places import accumulate as accumulate_at
from minitorch.ops.arrays.places import places_of
from minitorch.ops.declare.operands import check_representable, refuse_other_kinds
from minitorch.ops.declare.operator import Operator, device_of, operator, record
from minitorch.ops.declare.writer import writer
from minitorch.ops.declare.writing import refuse_overlap
from minitorch.ops.indices.gather_scatter import check_index_range
from minitorch.ops.reductions.reduction import deliver
from minitorch.tensor_base import TensorBase, allocate, over_storage, wrap, wrap_any


class Indices(list[Any]):
    """For each leading dimension an ``int64`` tensor or None (the whole dimension); or one single mask.

    A node that keeps them finds out by ``unchanged`` whether one was written since.
    """

    def __init__(self, tensors: Sequence[Any]) -> None:
        super().__init__(tensors)
        self.versions = [0 if tensor is None else tensor._storage.version for tensor in tensors]

    def unchanged(self) -> Indices:
        """Themselves. ``RuntimeError`` if one of the tensors was written in place."""
        for tensor, version in zip(self, self.versions):
            if tensor is not None and tensor._storage.version != version:
                raise RuntimeError(written_in_place(tensor, version, None))
        return self

    @property
    def is_mask(self) -> bool:
        """Whether it is a mask and nothing else, which NumPy takes as it is."""
        return len(self) == 1 and self[0]._dtype is dtypes.bool_


# ---- masks and shapes -----------------------------------------------------------------------------------------------


def expand_masks(input: Any, indices: Sequence[Any], keep_single: bool = True) -> Indices:
    """Masks replaced by the index tensors they stand for; the others checked. A single mask may stay one.

    ``IndexError`` for another dtype, a mask of another shape than what it indexes, or more indices than dimensions.
    """
    if keep_single and len(indices) == 1 and indices[0]._dtype is dtypes.bool_ and indices[0]._geometry.ndim:
        _check_mask(input, indices[0], 0)
        return Indices([_brought_to(input, indices[0])])
    indices = [None if index is None else _brought_to(input, index) for index in indices]
    expanded: list[Any] = []
    for index in indices:
        if index is None or index._dtype is dtypes.int64:
            expanded.append(index)
        elif index._dtype is dtypes.int32:
            expanded.append(index.to(dtypes.int64))
        elif index._dtype in (dtypes.bool_, dtypes.uint8):
            expanded.extend(_indices_of_mask(input, index, len(expanded)))
        else:
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors; convert with .long()")
    if len(expanded) > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim} (got {len(expanded)})")
    return Indices(expanded)


def _brought_to(input: Any, index: Any) -> Any:
    """An index tensor on the device of what it indexes: those of the CPU may index tensors of every device."""
    device = input._storage.device
    if index._storage.device is device:
        return index
    if index._storage.device.type != "cpu":
        raise RuntimeError(f"indices should be either on cpu or on the same device as the indexed tensor ({device})")
    return index.to(device)


def number_brought_to(input: Any, value: Any) -> Any:
    """A value to be written, if it is zero-dim, on the device of what it is written into."""
    return value if value._geometry.ndim else value.to(input._storage.device)


def _indices_of_mask(input: Any, mask: Any, dim: int) -> list[Any]:
    if mask._dtype is dtypes.uint8:
        warnings.warn(
            "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.", stacklevel=4
        )
    _check_mask(input, mask, dim)
    device = mask._storage.device
    return [wrap_any(places, device) for places in device.backend.xp.nonzero(mask.array)]


def _check_mask(input: Any, mask: Any, dim: int) -> None:
    if dim + mask.ndim > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim} (got {dim + mask.ndim})")
    if mask.shape != input.shape[dim : dim + mask.ndim]:
        wrong = next(d for d in range(mask.ndim) if mask.shape[d] != input.shape[dim + d])
        raise IndexError(
            f"The shape of the mask {list(mask.shape)} at index {wrong} does not match the shape of the indexed tensor "
            f"{list(input.shape)} at index {dim + wrong}"
        )


def _check_broadcast(indices: Indices) -> None:
    given = [index for index in indices if index is not None]
    if len(given) > 1 and any(index.shape != given[0].shape for index in given):
        try:
            geo.broadcast_shapes(*[index.shape for index in given])
        except RuntimeError:
            shapes = ", ".join(str(list(index.shape)) for index in given)
            raise IndexError(
                f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
            ) from None


def result_geometry(geometry: Geometry, indices: Indices) -> Geometry:
    """Shape and strides of ``input[indices]``: the strides follow those of the input and the index tensors."""
    if indices.is_mask:
        mask = indices[0]
        return geo.contiguous((int(mask.array.sum()), *geometry.shape[mask.ndim :]))
    given = [index._geometry for index in indices if index is not None]
    common = geo.broadcast_shapes(*[g.shape for g in given])
    indexed = [dim for dim, index in enumerate(indices) if index is not None]
    others = [dim for dim in range(geometry.ndim) if dim not in indexed]
    together = indexed == list(range(indexed[0], indexed[-1] + 1))
    front = others[: indexed[0]] if together else []
    back = others[len(front) :]
    if geometry.is_contiguous and all(g.is_contiguous for g in given):
        shape = geometry.shape
        return geo.contiguous((*[shape[d] for d in front], *common, *[shape[d] for d in back]))
    size = (*[geometry.shape[d] for d in front], *common, *[geometry.shape[d] for d in back])
    stride = (*[geometry.stride[d] for d in front], *[0] * len(common), *[geometry.stride[d] for d in back])
    operands = [Geometry(size, stride)]
    for g in given:
        padded = geo.expand(g, common)
        operands.append(
            Geometry(
                (*[1] * len(front), *common, *[1] * len(back)), (*[0] * len(front), *padded.stride, *[0] * len(back))
            )
        )
    return geo.result_geometry(*operands)


def _as_numpy_index(arrays: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(slice(None) if array is None else array for array in arrays)


# ---- reading --------------------------------------------------------------------------------------------------------


def _index_forward(xp: Any, input: Any, indices: Any) -> Any:
    """The elements that the index tensors name."""
    return input[_as_numpy_index([None if index is None else index.array for index in indices])]


_index = Operator(_index_forward, "IndexBackward0", skip=1)


def _index_backward(grad: Any, input_geometry: Geometry, indices: Any) -> Any:
    return _index_put_impl.inplace(grad.new_zeros(input_geometry.shape), indices.unchanged(), grad, True)


_index.add_derivative(("input",), _index_backward)


def index(input: Any, indices: Sequence[Any]) -> Any:
    """``input[indices]`` for index tensors, masks and None. ``IndexError`` out of range, or where shapes don't fit."""
    expanded = expand_masks(input, indices, keep_single=input._geometry.is_contiguous)
    _check_broadcast(expanded)
    return read(input, expanded)


def read(input: Any, indices: Indices) -> Any:
    """``index`` for index tensors that are known to fit each other."""
    device = device_of("index", (input, [i for i in indices if i is not None]))
    geometry = None if indices.is_mask else result_geometry(input._geometry, indices)
    if geometry is not None and not geometry.numel:
        _check_nothing_is_read(input, indices)
        result = allocate(geometry, input._dtype, device)
    else:
        try:
            array = _index_forward(device.backend.xp, input.array, indices)
        except IndexError:
            _check_range(input, indices)
            raise
        result = _laid_out(array, geometry or geo.contiguous(array.shape), input._dtype, device)
    record(_index, (input, indices), result)
    return result


def _laid_out(array: Any, geometry: Geometry, dtype: Any, device: Any) -> Any:
    """``array`` as a tensor of that geometry, without a copy if it lies in memory so already."""
    if geometry.is_plain and array.flags.c_contiguous and array.flags.owndata:
        return wrap(array, dtype, device, geometry)
    result = allocate(geometry, dtype, device)
    result.array[...] = array
    return result


def _check_nothing_is_read(input: Any, indices: Indices) -> None:
    for dim, given in enumerate(indices):
        if given is not None and given.numel() and input.shape[dim] == 0:
            raise IndexError("index is out of bounds for dimension with size 0")


def _check_range(input: Any, indices: Indices) -> None:
    for dim, given in enumerate(indices):
        if given is not None and given._dtype is dtypes.int64:
            check_index_range(given, input.shape[dim], dim, IndexError, allow_negative=True)


# ---- writing --------------------------------------------------------------------------------------------------------


@writer("IndexPutBackward0", preserve=True, overlap=True)
def _index_put(xp: Any, input: Any, indices: Any, values: Any, accumulate: bool) -> None:
    """input[indices] = values, or += values."""
    if not input.size:
        return  # no element to write, and as in PyTorch nobody asks whether the indices are in range
    if accumulate and indices[0] is not None and indices[0].dtype == bool:
        input[indices[0]] += values  # a mask names no element twice
    elif accumulate:
        accumulate_at(xp, input, places_of(xp, input.shape, indices), values)
    else:
        if values.dtype.kind == "c" and input.dtype.kind != "c":
            values = values.real
        input[_as_numpy_index(indices)] = values


@_index_put.derivative("input")
def _(grad: Any, indices: Any, accumulate: bool) -> Any:
    return grad if accumulate else _index_put(grad, indices.unchanged(), grad.new_zeros(()), False)


@_index_put.derivative("values")
def _(grad: Any, values_geometry: Geometry, indices: Any) -> Any:
    return read(grad, indices.unchanged())


# The same under the name that it has in the derivative of reading.
_index_put_impl = writer("IndexPutImplBackward0", preserve=True)(_index_put.operator.forward)
for _formula in _index_put.operator.formulas:
    _index_put_impl.operator.add_derivative(
        tuple(_index_put.operator.parameters[place] for place in _formula.inputs), _formula.function
    )


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """A copy of ``input`` with ``out[indices] = values``, or ``+= values``, adding every time an element is named."""
    accumulate = arg.boolean(accumulate, "index_put", "accumulate")
    expanded = _check_put(input, indices, values, "index_put")
    return _index_put(input, expanded, number_brought_to(input, values), accumulate)


def index_put_(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """``index_put`` into ``input`` itself."""
    accumulate = arg.boolean(accumulate, "index_put_", "accumulate")
    check_inplace(input, "index_put_", values, overlap=True)
    expanded = _check_put(input, indices, values, "index_put_")
    if not fills_masks(indices, values):
        refuse_overlap(input, values, *indices)
    return _index_put.inplace(input, expanded, number_brought_to(input, values), accumulate)


def _check_put(input: Any, indices: Any, values: Any, function: str) -> Indices:
    if not isinstance(indices, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'indices' (position 1) must be tuple of Tensors, not {type(indices).__name__}"
        )
    for place, given in enumerate(indices):
        if not isinstance(given, TensorBase):
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {type(given).__name__}")
    arg.tensor(values, function, "values")
    return check_write(input, indices, values)


def fills_masks(indices: Sequence[Any], values: Any) -> bool:
    """Whether one value goes wherever masks are true. PyTorch then takes ``masked_fill_``, which converts the value."""
    return values._geometry.numel == 1 and all(i is None or i._dtype in (dtypes.bool_, dtypes.uint8) for i in indices)


def check_write(input: Any, indices: Sequence[Any], values: Any) -> Indices:
    """The expanded indices, after PyTorch's checks of dtype, range and the shape of ``values``."""
    expanded = expand_masks(input, indices)
    _check_broadcast(expanded)
    _check_nothing_is_read(input, expanded)
    if fills_masks(indices, values):
        if any(mask is not None and mask._dtype is dtypes.uint8 for mask in indices):
            raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype unsigned char")
        if values._dtype is not input._dtype:
            check_representable(values.item(), input._dtype)
    elif values._dtype is not input._dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {scalar_type_name(input._dtype)} for the "
            f"destination and {scalar_type_name(values._dtype)} for the source."
        )
    if values._geometry.ndim:
        shape = result_geometry(input._geometry, expanded).shape
        fits = values.ndim <= len(shape) and all(a in (1, b) for a, b in zip(values.shape[::-1], shape[::-1]))
        if not fits:
            raise RuntimeError(
                f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of "
                f"shape {list(shape)}"
            )
    refuse_other_kinds("masked_fill" if fills_masks(indices, values) else "index_put", input._dtype, "bifc")
    if input._geometry.numel:
        _check_range(input, expanded)
    return expanded


# ---- nonzero --------------------------------------------------------------------------------------------------------


def nonzero(input: Any, *, as_tuple: bool = False, out: Any = None) -> Any:
    """Indices of the nonzero elements in row-major order: ``(n, ndim)``, or a tensor a dimension (``as_tuple``)."""
    arg.check_tensor(input, "nonzero")
    if arg.boolean(as_tuple, "nonzero", "as_tuple") and out is not None:
        raise RuntimeError("nonzero does not support the out kwarg when as_tuple is True")
    refuse_other_kinds("nonzero_count_cpu", input._dtype, "bifc")
    if as_tuple:
        return nonzero(input.unsqueeze(0) if input.ndim == 0 else input).unbind(1)
    device = input._storage.device
    xp, array = device.backend.xp, input.array
    places = xp.stack(xp.nonzero(array)) if input.ndim else xp.empty((0, int(array != 0)), xp.int64)
    found = wrap_any(places, device)
    ndim, count = found.shape
    geometry = Geometry((count, ndim), (1, count))
    return deliver(over_storage(found._storage, dtypes.int64, geometry), out, "nonzero", input)


# ---- the tensor as one long row -------------------------------------------------------------------------------------


@operator()
def _take(xp: Any, input: Any, index: Any) -> Any:
    """out[i] = input.flatten()[index[i]]."""
    return xp.take(input, index)


@_take.derivative("input")
def _(grad: Any, input_geometry: Geometry, index: Any) -> Any:
    return grad.new_zeros(input_geometry.shape).put_(index, grad, True)


def take(input: Any, index: Any, *, out: Any = None) -> Any:
    """Elements of the flattened input; the result has the index's shape. ``IndexError`` out of range."""
    arg.check_tensor(input, "take")
    if arg.tensor(index, "take", "index")._dtype is dtypes.int64 and index._geometry.numel and input._geometry.numel:
        refuse_other_kinds("take_cpu", input._dtype, "bifc")
    _check_flat(input, index, "take")
    if out is not None:
        refuse_overlap(out, input, index)
    return deliver(_take(input, index), out, "take", input)


def _check_flat(input: Any, index: Any, function: str) -> None:
    if index._dtype is not dtypes.int64:
        raise RuntimeError(f"{function}(): Expected a long tensor for index, but got {scalar_type_name(index._dtype)}")
    size = input.numel()
    if index.numel():
        if not size:
            raise IndexError(f"{function}(): tried to take from an empty tensor")
        low, high = int(index.array.min()), int(index.array.max())
        if low < -size or high >= size:
            raise IndexError(
                f"out of range: tried to access index {high if high >= size else low} on a tensor of {size} elements."
            )


@writer(preserve=True)
def _put(xp: Any, input: Any, index: Any, source: Any, accumulate: bool) -> None:
    """input.flatten()[index[i]] = source[i], or += source[i]."""
    places = xp.where(index < 0, index + input.size, index)
    if accumulate:
        accumulate_at(xp, input, places, source.reshape(places.shape))
    else:
        xp.put(input, places, source)


@_put.derivative("input")
def _(grad: Any, source_geometry: Geometry, index: Any, accumulate: bool) -> Any:
    return grad if accumulate else grad.put(index, grad.new_zeros(source_geometry.shape))


@_put.derivative("source")
def _(grad: Any, source_geometry: Geometry, index: Any) -> Any:
    return grad.take(index).reshape(source_geometry.shape)


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy of ``input``, flattened in thought, with ``out[index] = source`` or ``+= source``."""
    _check_source(input, index, source)
    return _put(input, index, source, arg.boolean(accumulate, "put", "accumulate"))


def put_(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """``put`` into ``input`` itself."""
    check_inplace(input, "put_", source, overlap=True)
    _check_source(input, index, source)
    refuse_overlap(input, index, source)
    return _put.inplace(input, index, source, arg.boolean(accumulate, "put_", "accumulate"))


def _check_source(input: Any, index: Any, source: Any) -> None:
    for name, value in (("input", input), ("index", index), ("source", source)):
        arg.tensor(value, "put_", name)
    if source._dtype is not input._dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{scalar_type_name(input._dtype)} and source.dtype = {scalar_type_name(source._dtype)}"
        )
    if index.numel() != source.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.numel()}, index.numel() = {index.numel()}"
        )
    _check_flat(input, index, "put_")
    if index.numel():
        refuse_other_kinds("take_put_cpu", input._dtype, "bifc")
