"""Copying and converting: ``clone``, ``contiguous``, ``to``, ``copy_``, ``fill_``, ``zero_``.

PyTorch: ``aten/src/ATen/native/TensorConversions.cpp``, ``Copy.cpp``, ``Fill.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.ops.declare.operator import Operator, make_node, record
from minitorch.ops.declare.pointwise import NUMBERS, number_as_array
from minitorch.tensor_base import TensorBase, allocate


class MemoryFormat:
    """How dimensions are ordered in memory: ``contiguous_format``, ``preserve_format``, ``channels_last``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


contiguous_format = MemoryFormat("contiguous_format")
preserve_format = MemoryFormat("preserve_format")
channels_last = MemoryFormat("channels_last")


def format_geometry(geometry: geo.Geometry, memory_format: MemoryFormat) -> geo.Geometry:
    """The geometry of a new tensor like ``geometry`` in a memory format."""
    if memory_format is preserve_format:
        return geo.preserving(geometry)
    if memory_format is channels_last:
        if geometry.ndim != 4:
            raise RuntimeError("required rank 4 tensor to use channels_last format")
        return geo.channels_last(geometry.shape)
    return geo.contiguous(geometry.shape)


def _copied(xp: Any, input: Any, geometry: geo.Geometry) -> Any:
    """A copy of the elements."""
    return input


_clone = Operator(_copied, "CloneBackward0", skip=1)
_clone.add_derivative(("input",), lambda grad: grad)


def _converted(xp: Any, input: Any, dtype: Dtype) -> Any:
    """The elements in another dtype."""
    return input


_to_copy = Operator(_converted, "ToCopyBackward0", skip=1)
_to_copy.add_derivative(("input",), lambda grad: grad)  # the engine brings it to the input's dtype


def clone(input: Any, *, memory_format: MemoryFormat = preserve_format) -> Any:
    """A copy with storage of its own, through which gradients flow."""
    geometry = format_geometry(input._geometry, memory_format)
    result = allocate(geometry, input._dtype, input._storage.device)
    result.array[...] = input.array
    record(_clone, (input, geometry), result)
    return result


def contiguous(input: Any, memory_format: MemoryFormat = contiguous_format) -> Any:
    """The input itself if its memory is in row-major order already, else a copy that is."""
    return input if is_contiguous(input, memory_format) else clone(input, memory_format=memory_format)


def is_contiguous(input: Any, memory_format: MemoryFormat = contiguous_format) -> bool:
    """Whether the elements lie in memory in row-major order (or in ``channels_last`` order) without gaps."""
    geometry = input._geometry
    if memory_format is channels_last:
        return geo.is_channels_last(geometry)
    return bool(geometry.is_contiguous)


def convert(
    input: Any, dtype: Dtype, device: Device, copy: bool = False, memory_format: MemoryFormat = preserve_format
) -> Any:
    """The input in another dtype or on another device; itself if it is there already and no copy is asked for."""
    if input._dtype is dtype and input._storage.device is device and not copy:
        return input
    geometry = format_geometry(input._geometry, memory_format)
    result = allocate(geometry, dtype, device)
    _write(result, input)
    if dtype.category >= dtypes.FLOATING:
        record(_to_copy, (input, dtype), result)
    return result


def to(input: Any, *args: Any, **kwargs: Any) -> Any:
    """``to(dtype)``, ``to(device, dtype)``, ``to(other)``; keywords ``non_blocking, copy, memory_format``."""
    device, dtype, copy, memory_format = parse_to(args, kwargs)
    return convert(
        input, dtype or input._dtype, device or input._storage.device, copy, memory_format or preserve_format
    )


def parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, bool, Any]:
    """The device, dtype, ``copy`` and memory format meant by the arguments of ``to``. ``TypeError`` for others."""
    device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
    copy, memory_format = kwargs.pop("copy", False), kwargs.pop("memory_format", None)
    kwargs.pop("non_blocking", None)
    other = kwargs.pop("other", None)
    flags = []
    for value in args:
        if isinstance(value, Dtype):
            dtype = value
        elif isinstance(value, TensorBase):
            other = value
        elif isinstance(value, bool):
            flags.append(value)
        elif isinstance(value, (str, Device, int)):
            device = value
        elif value is not None:
            raise TypeError(
                f"to() received an invalid combination of arguments - got ({type(value).__name__}), but expected a "
                "device, a dtype or a Tensor"
            )
    if kwargs:
        raise TypeError(f"to() got an unexpected keyword argument '{next(iter(kwargs))}'")
    if other is not None:
        device, dtype = other.device, other.dtype
    if len(flags) > 1:
        copy = flags[1]
    return (None if device is None else Device(device)), dtype, copy, memory_format


def type_as(input: Any, other: Any) -> Any:
    """``input.to(other.dtype, other.device)``."""
    return convert(input, other._dtype, other._storage.device)


def _copy_forward(xp: Any, input: Any, src: Any) -> Any:
    """The elements of src."""
    return src


_copy_into = Operator(_copy_forward, "torch::autograd::CopyBackwards", skip=1)
_copy_into.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))
_copy_into.add_derivative(("src",), lambda grad: grad)


def copy_(input: Any, src: Any, non_blocking: bool = False) -> Any:
    """Write the elements of ``src``, broadcast to this shape and converted to this dtype, into ``input``."""
    if not isinstance(src, TensorBase):
        raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}")
    check_inplace(input, "copy_", src)
    geo.expand(src._geometry, tuple(input.shape))
    node = make_node(_copy_into, (input, src), input)
    _write(input, src)
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype),)
        rebase_history(input, node)
    return input


def _write(target: Any, source: Any) -> None:
    """Elements of ``source`` into ``target``, converted as C converts: a float becomes an integer by truncation."""
    array = source.array
    backend = source._storage.device.backend
    if target._storage.device is not source._storage.device and backend is not target._storage.device.backend:
        array = target._storage.device.backend.xp.asarray(array)
    if source._dtype.is_complex and not target._dtype.is_complex:
        array = array.real
    target.array[...] = array


def _filled(xp: Any, input: Any, value: Any) -> Any:
    """Every element the same value."""
    return value


_fill_with_tensor = Operator(_filled, "FillBackward3", skip=1)
_fill_with_tensor.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))
_fill_with_tensor.add_derivative(("value",), lambda grad: grad.sum())

_fill_with_number = Operator(_filled, "FillBackward2", skip=1)
_fill_with_number.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))

_zero = Operator(_filled, "ZeroBackward0", skip=1)
_zero.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))


def fill_(input: Any, value: Any) -> Any:
    """Write one value, a number or a zero-dim tensor, into every element."""
    if isinstance(value, TensorBase):
        if value.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
            )
        return _fill(_fill_with_tensor, input, value, value.array)
    if isinstance(value, NUMBERS):
        return _fill(_fill_with_number, input, value, number_as_array(value, input._dtype))
    raise TypeError(f"fill_(): argument 'value' (position 1) must be Number, not {type(value).__name__}")


def zero_(input: Any) -> Any:
    """Write zero into every element."""
    return _fill(_zero, input, 0, 0)


def _fill(operator: Operator, input: Any, value: Any, array: Any) -> Any:
    check_inplace(input, operator.name, value, overlap=True)  # writing one value twice does no harm
    node = make_node(operator, (input, value), input)
    input.array[...] = array
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype),)
        rebase_history(input, node)
    return input
