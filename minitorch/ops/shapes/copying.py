"""Copying: ``clone``, ``contiguous``, ``copy_``, ``fill_``, ``zero_``.

A copy reads elements in the order of their indices and writes them in the order of its own memory; converting between
dtypes on the way is C's conversion (``as_dtype``). Gradients pass a copy unchanged, back to what was copied; what was
overwritten gets zeros.

PyTorch: ``aten/src/ATen/native/Copy.cpp``, ``Fill.cpp``, ``TensorFactories.cpp`` (``clone``).
"""

from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np

from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.autograd.node import Node
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.memory_format import (
    contiguous_format,
    format_geometry,
    has_format,
    memory_format,
    preserve_format,
)
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS, check_representable, number_as_array
from minitorch.ops.declare.operator import Operator, make_node, record
from minitorch.ops.declare.writing import check_partial_overlap
from minitorch.tensor_base import TensorBase, allocate, wrap, wrap_any

# ---- a new tensor ---------------------------------------------------------------------------------------------------


def _copied(xp: Any, input: Any, geometry: geo.Geometry) -> Any:
    """A copy of the elements."""
    return input


_clone = Operator(_copied, "CloneBackward0", skip=1)
_clone.add_derivative(("input",), lambda grad: grad)


def clone(input: Any, *, memory_format: memory_format | None = preserve_format) -> Any:
    """A copy with storage of its own, through which gradients flow."""
    geometry = arg.tensor(input, "clone", "input")._geometry
    if memory_format is preserve_format or memory_format is None:
        geometry = geometry if geometry.is_plain else geo.preserving(geometry)
    else:
        geometry = format_geometry(geometry, memory_format)
    if geometry.is_plain:
        device = input._storage.device
        result = wrap(device.backend.xp.array(input.array, order="C"), input._dtype, device, geometry)
    else:
        result = allocate(geometry, input._dtype, input._storage.device)
        result.array[...] = input.array
    if input._requires_grad or input._base is not None:
        record(_clone, (input, geometry), result)
    return result


def contiguous(input: Any, memory_format: memory_format = contiguous_format) -> Any:
    """The input itself if its memory is in row-major order already, else a copy that is."""
    if memory_format is contiguous_format and input._geometry.is_contiguous:
        return input
    return input if has_format(input._geometry, memory_format) else clone(input, memory_format=memory_format)


def is_contiguous(input: Any, *, memory_format: memory_format = contiguous_format) -> bool:
    """Whether the elements lie in memory in row-major order (or in ``channels_last`` order) without gaps."""
    return bool(has_format(input._geometry, memory_format))


# ---- into an existing tensor ----------------------------------------------------------------------------------------


def _copy_forward(xp: Any, input: Any, src: Any, home: Device) -> Any:
    """The elements of src, which lies on the device ``home``."""
    return src


_copy_into = Operator(_copy_forward, "torch::autograd::CopyBackwards", skip=1)
_copy_into.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))
_copy_into.add_derivative(("src",), lambda grad, home: grad.to(home))


def copy_(input: Any, other: Any, non_blocking: bool = False) -> Any:
    """Write the elements of ``other``, broadcast to this shape and converted to this dtype, into ``input``."""
    if not isinstance(other, TensorBase):
        if not isinstance(other, NUMBERS):
            return arg.tensor(other, "copy_", "other")
        other = wrap_any(np.asarray(other), input._storage.device)  # converted as a tensor is: cut, wrapped around
    check_inplace(input, "copy_", other, overlap=other is input)
    if other._geometry is not input._geometry or other._dtype is not input._dtype:
        _check_fits(input, other)
        check_partial_overlap(input, (other,))
    node = None
    if input._dtype.category >= dtypes.FLOATING:
        node = make_node(_copy_into, (input, other, other._storage.device), input)
    write_elements(input, other)
    _written(input, node)
    return input


def _check_fits(input: Any, src: TensorBase) -> None:
    shape = geo.broadcast_shapes(input.shape, src.shape)
    if shape != input.shape:
        raise RuntimeError(f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(shape)}")


def write_elements(target: Any, source: Any) -> None:
    """Elements of ``source`` into ``target``, broadcast and converted; nothing is checked or recorded."""
    array = source.array
    here, there = target._storage.device.backend, source._storage.device.backend
    if here is not there:
        array = here.from_device(array, there)
    if source._dtype is not target._dtype:
        array = as_dtype(array, source._dtype, target._dtype)
    target.array[...] = array


def as_dtype(array: Any, source: Dtype, target: Dtype) -> Any:
    """An array converted as C converts, integers by cutting; on the way to a half through float32, as PyTorch goes."""
    if source.category == dtypes.COMPLEX and target.category < dtypes.COMPLEX and target is not dtypes.bool_:
        warnings.warn("Casting complex values to real discards the imaginary part", stacklevel=4)
        array, source = array.real, source.to_real()
    if target.itemsize <= 2 and target.category == dtypes.FLOATING and source.itemsize >= 4:
        array = array.astype("float32", copy=False)
    if target is dtypes.float8_e4m3fn:  # has no infinity: PyTorch stops at the largest number
        array = array.astype("float32", copy=False).clip(-448, 448)
    return array.astype(target.np)


# ---- one value everywhere -------------------------------------------------------------------------------------------


def _filled(xp: Any, input: Any, value: Any) -> Any:
    """Every element the same value."""
    return value


def _filling(grad_fn: str, *, of_tensor: bool = False) -> Operator:
    operator = Operator(_filled, grad_fn, skip=1)
    operator.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))
    if of_tensor:
        operator.add_derivative(("value",), lambda grad: grad.sum())
    return operator


_new_with_number, _new_with_tensor = _filling("FillBackward0"), _filling("FillBackward1", of_tensor=True)
_fill_with_number, _fill_with_tensor = _filling("FillBackward2"), _filling("FillBackward3", of_tensor=True)
_zero = _filling("ZeroBackward0")


def fill_(input: Any, value: Any) -> Any:
    """Write one value, a number or a zero-dim tensor, into every element."""
    arg.check_tensor(input, "fill_")
    array = _value_for(input, value, "fill_")
    return _fill(_fill_with_tensor if isinstance(value, TensorBase) else _fill_with_number, input, value, array)


def fill(input: Any, value: Any) -> Any:
    """A tensor like ``input`` with one value everywhere."""
    arg.check_tensor(input, "fill")
    result = allocate(geo.preserving(input._geometry), input._dtype, input._storage.device)
    result.array[...] = _value_for(input, value, "fill")
    record(_new_with_tensor if isinstance(value, TensorBase) else _new_with_number, (input, value), result)
    return result


def zero_(input: Any) -> Any:
    """Write zero into every element."""
    arg.check_tensor(input, "zero_")
    return _fill(_zero, input, 0, 0)


def _value_for(input: Any, value: Any, function: str) -> Any:
    """The value as an array of the input's dtype. ``RuntimeError`` for a number that it cannot hold."""
    if isinstance(value, TensorBase):
        if value.ndim:
            raise RuntimeError(
                f"{function} only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
            )
        if value._storage.device is not input._storage.device:
            value = cast(Any, value).detach().to(input._storage.device)
        return as_dtype(value.array, value._dtype, input._dtype)
    if not isinstance(value, NUMBERS):
        raise TypeError(f"{function}(): argument 'value' (position 1) must be Number, not {type(value).__name__}")
    return value_as_array(value, input._dtype)


def value_as_array(value: Any, dtype: Dtype) -> Any:
    """A number as a zero-dim array. ``RuntimeError`` if ``dtype`` cannot hold it, ``OverflowError`` beyond 64 bits."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise OverflowError("int too big to convert")
    if dtype.category == dtypes.INTEGER and value != value:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")
    if dtype is not dtypes.bool_:
        check_representable(value, dtype)
    return number_as_array(value, dtype)


def _fill(operator: Operator, input: Any, value: Any, array: Any) -> Any:
    check_inplace(input, operator.name + "_", value, overlap=True)  # writing one value twice does no harm
    node = make_node(operator, (input, value), input)
    input.array[...] = array
    _written(input, node)
    return input


def _written(input: Any, node: Node | None) -> None:
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype, input._storage.device),)
        rebase_history(input, node)
