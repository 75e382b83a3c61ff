"""Creation: tensors filled with one value, or with nothing yet. ``zeros``, ``full``, ``empty_like``, ``new_ones``.

What all of them share: ``dtype`` defaults to the default dtype (or the input's), ``device`` to the default device (or
the input's), and ``out=`` names a tensor to write into instead. Tensors from data are made in ``from_data.py``, ranges
and index patterns in ``ranges.py``.

PyTorch: ``aten/src/ATen/native/TensorFactories.cpp``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.backend import cannot_allocate, is_available
from minitorch.core.device import device as Device
from minitorch.core.device import place_of
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.memory_format import (
    contiguous_format,
    format_geometry,
    memory_format,
    preserve_format,
    strided,
)
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.creating.from_data import as_tensor as as_tensor
from minitorch.ops.creating.from_data import from_numpy as from_numpy
from minitorch.ops.creating.from_data import new_tensor as new_tensor
from minitorch.ops.creating.from_data import tensor as tensor
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.declare.writing import check_out, write_out
from minitorch.ops.shapes.copying import value_as_array
from minitorch.ops.shapes.pinning import pinned
from minitorch.tensor_base import TensorBase, allocate, wrap

# ---- what all of them share -----------------------------------------------------------------------------------------


def place_and_dtype(function: str, dtype: Any, device: Any, out: Any, otherwise: Dtype | None) -> tuple[Device, Dtype]:
    """Where and in what dtype to compute; ``out`` decides both. ``RuntimeError`` if it contradicts ``dtype``."""
    if out is not None:
        check_out(function, out, ())
        if dtype is not None and arg.dtype(dtype, function) is not out._dtype:
            raise RuntimeError(
                f"{function}(): dtype {scalar_type_name(arg.dtype(dtype, function))} does not match dtype of out "
                f"parameter ({scalar_type_name(out._dtype)})"
            )
        return out._storage.device, out._dtype
    kind = otherwise or dtypes.get_default_dtype() if dtype is None else arg.dtype(dtype, function)
    return place_of(device), kind


def deliver(array: Any, dtype: Dtype, place: Device, requires_grad: bool, out: Any, pin_memory: bool = False) -> Any:
    """A fresh array as a tensor, or written into ``out``; ``pin_memory``: copied into pinned memory."""
    if out is not None:
        result = write_out(out, array, array.shape)
    else:
        result = wrap(array, dtype, place, geo.contiguous(array.shape))
    if pin_memory:
        result = pinned(result)
    return result.requires_grad_() if requires_grad else result


def check_layout(function: str, layout: Any, pin_memory: bool, requires_grad: Any = False, device: Any = None) -> None:
    """Only strided tensors exist here, only those of the CPU can be pinned, and ``requires_grad`` must be a bool."""
    if requires_grad is not False:
        arg.flag(requires_grad, function, "requires_grad")
    if layout is not None and layout is not strided:
        if isinstance(layout, (str, int)):
            raise TypeError(f"{function}(): argument 'layout' must be torch.layout, not {type(layout).__name__}")
        raise NotImplementedError(f"{function}(): layout {layout} is left out, there is only torch.strided")
    if arg.flag(pin_memory, function, "pin_memory"):
        if not is_available("cuda"):
            raise RuntimeError(
                "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available "
                "on this system."
            )
        if place_of(device).type != "cpu":
            raise RuntimeError("Only dense CPU tensors can be pinned")


def _check_sizes(shape: tuple[int, ...], function: str) -> None:
    for size in shape:
        if size < 0:
            raise RuntimeError(f"{function}: Trying to create tensor with negative dimension {size}: {list(shape)}")
        if size >> 63:
            raise TypeError(f"{function}(): argument 'size': Overflow when unpacking long long, got {size}")


def _new(
    function: str, shape: tuple[int, ...], fill: Any, dtype: Any, device: Any, requires_grad: bool, out: Any,
    layout: Any, pin_memory: bool,
) -> Any:  # fmt: skip
    """A tensor of one value, None for whatever is there."""
    if layout is not None or pin_memory:
        check_layout(function, layout, pin_memory, device=device)
    if requires_grad is not False:
        requires_grad = arg.flag(requires_grad, function, "requires_grad")
    if dtype is None and device is None and out is None:
        place, kind = place_of(None), dtypes.get_default_dtype()
    else:
        place, kind = place_and_dtype(function, dtype, device, out, None)
    _check_sizes(shape, function)
    xp = place.backend.xp
    try:
        array = xp.zeros(shape, kind.np) if fill == 0 else xp.empty(shape, kind.np)
    except (MemoryError, ValueError) as error:
        raise cannot_allocate(shape, kind.itemsize) from error
    if fill is not None and fill != 0:
        array.fill(fill)
    if out is not None:
        result = write_out(out, array, shape)
    else:
        result = wrap(array, kind, place, geo.contiguous(shape))
    if pin_memory:
        result = pinned(result)
    return result.requires_grad_() if requires_grad else result


# ---- of a given shape -----------------------------------------------------------------------------------------------


def zeros(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Tensor of shape ``size`` filled with 0."""
    shape = arg.sizes(sizes, "zeros", "size", size)
    return _new("zeros", shape, 0, dtype, device, requires_grad, out, layout, pin_memory)


def ones(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Tensor of shape ``size`` filled with 1."""
    shape = arg.sizes(sizes, "ones", "size", size)
    return _new("ones", shape, 1, dtype, device, requires_grad, out, layout, pin_memory)


def empty(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: memory_format = contiguous_format,
) -> Any:  # fmt: skip
    """Uninitialised tensor of shape ``size``."""
    shape = arg.sizes(sizes, "empty", "size", size)
    if memory_format is contiguous_format:
        return _new("empty", shape, None, dtype, device, requires_grad, out, layout, pin_memory)
    if memory_format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    place, kind = place_and_dtype("empty", dtype, device, out, None)
    check_layout("empty", layout, pin_memory, device=place)
    _check_sizes(shape, "empty")
    result = allocate(format_geometry(geo.contiguous(shape), memory_format), kind, place)
    if pin_memory:
        result = pinned(result)
    return result.requires_grad_() if requires_grad else result


def full(
    size: Any, fill_value: Any, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Tensor of shape ``size`` filled with ``fill_value``, whose type decides the dtype unless one is given."""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    shape, value = arg.integers(size, "full", "size"), _number(fill_value, "full")
    check_layout("full", layout, pin_memory, requires_grad, device)
    inferred = None  # for a bool that is not Python's, too
    if isinstance(value, (complex, np.complexfloating)):
        inferred = dtypes.default_complex_dtype()
    elif not isinstance(value, np.bool_):
        inferred = dtypes.of_python_number(value)
    place, kind = place_and_dtype("full", dtype, device, out, inferred)
    if dtype is None and out is None and kind is dtypes.uint64:
        kind = dtypes.int64
    number = value_as_array(value, kind)
    _check_sizes(shape, "full")
    array = place.backend.xp.empty(shape, kind.np)
    array[...] = number
    return deliver(array, kind, place, requires_grad, out, pin_memory)


def _number(value: Any, function: str) -> Any:
    """A number, or the one in a zero-dim tensor. ``TypeError`` for anything else."""
    if isinstance(value, TensorBase) and value.ndim == 0:
        value = value.item()  # type: ignore[attr-defined]
    if not isinstance(value, NUMBERS):
        raise TypeError(f"{function}(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}")
    return value


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Uninitialised tensor with exactly these strides."""
    check_layout("empty_strided", layout, pin_memory, requires_grad, device)
    for position, (name, given) in enumerate((("size", size), ("stride", stride)), 1):
        if not isinstance(given, (tuple, list)):
            raise TypeError(
                f"empty_strided(): argument '{name}' (position {position}) must be tuple of ints, not "
                f"{type(given).__name__}"
            )
    geometry = geo.as_strided(
        arg.integers(size, "empty_strided", "size"), arg.integers(stride, "empty_strided", "stride"), 0
    )
    place, kind = place_and_dtype("empty_strided", dtype, device, None, None)
    result = allocate(geometry, kind, place)
    if pin_memory:
        result = pinned(result)
    return result.requires_grad_() if requires_grad else result


def empty_permuted(
    size: Any, physical_layout: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Uninitialised tensor whose dimensions lie in memory in the order ``physical_layout``, outermost first."""
    shape = arg.integers(size, "empty_permuted", "size")
    order = arg.integers(physical_layout, "empty_permuted", "physical_layout")
    if sorted(order) != list(range(len(shape))):
        raise RuntimeError(
            f"Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{len(shape)} is not equal to len(physical_layout) = {len(order)}"
            if len(order) != len(shape)
            else f"Duplicate dim not allowed, or out of range: {list(order)}"
        )
    _check_sizes(shape, "empty_permuted")
    return empty_strided(
        shape, geo.dense_in_order(shape, order[::-1]).stride, dtype=dtype, layout=layout, device=device,
        requires_grad=requires_grad, pin_memory=pin_memory,
    )  # fmt: skip


# ---- like another tensor --------------------------------------------------------------------------------------------


def _like(
    function: str, input: Any, dtype: Any, device: Any, requires_grad: bool, memory_format: Any, layout: Any,
    pin_memory: bool, fill: Any = None,
) -> Any:  # fmt: skip
    geometry = arg.tensor(input, function, "input")._geometry
    place = input._storage.device if device is None else place_of(device)
    if layout is not None or pin_memory:
        check_layout(function, layout, pin_memory, device=place)
    if requires_grad is not False:
        requires_grad = arg.flag(requires_grad, function, "requires_grad")
    if memory_format is not preserve_format or not geometry.is_plain:
        geometry = format_geometry(geometry, preserve_format if memory_format is None else memory_format)
    kind = input._dtype if dtype is None else arg.dtype(dtype, function)
    number = None if fill is None else value_as_array(fill, kind)
    result = allocate(geometry, kind, place)
    if number is not None:
        result.array[...] = number
    if pin_memory:
        result = pinned(result)
    return result.requires_grad_() if requires_grad else result


def empty_like(
    input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False, memory_format: memory_format | None = preserve_format,
) -> Any:  # fmt: skip
    """Uninitialised tensor of the input's shape, dtype and memory order."""
    return _like("empty_like", input, dtype, device, requires_grad, memory_format, layout, pin_memory)


def zeros_like(
    input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False, memory_format: memory_format | None = preserve_format,
) -> Any:  # fmt: skip
    """Zeros of the input's shape, dtype and memory order."""
    return _like("zeros_like", input, dtype, device, requires_grad, memory_format, layout, pin_memory, 0)


def ones_like(
    input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False, memory_format: memory_format | None = preserve_format,
) -> Any:  # fmt: skip
    """Ones of the input's shape, dtype and memory order."""
    return _like("ones_like", input, dtype, device, requires_grad, memory_format, layout, pin_memory, 1)


def full_like(
    input: Any, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: memory_format | None = preserve_format,
) -> Any:  # fmt: skip
    """``fill_value`` in the input's shape, dtype and memory order."""
    value = _number(fill_value, "full_like")
    return _like("full_like", input, dtype, device, requires_grad, memory_format, layout, pin_memory, value)


# ---- methods: the tensor's own dtype and device unless others are given ---------------------------------------------


def new_empty(
    input: Any, *sizes: Any, size: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Uninitialised tensor of shape ``size``."""
    shape = arg.sizes(sizes, "new_empty", "size", size)
    return _of_same_kind("new_empty", input, shape, None, dtype, device, requires_grad, layout, pin_memory)


def new_zeros(
    input: Any, *sizes: Any, size: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Zeros of shape ``size``."""
    shape = arg.sizes(sizes, "new_zeros", "size", size)
    return _of_same_kind("new_zeros", input, shape, 0, dtype, device, requires_grad, layout, pin_memory)


def new_ones(
    input: Any, *sizes: Any, size: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Ones of shape ``size``."""
    shape = arg.sizes(sizes, "new_ones", "size", size)
    return _of_same_kind("new_ones", input, shape, 1, dtype, device, requires_grad, layout, pin_memory)


def _of_same_kind(
    function: str, input: Any, shape: tuple[int, ...], fill: Any, dtype: Any, device: Any, requires_grad: bool,
    layout: Any, pin_memory: bool,
) -> Any:  # fmt: skip
    kind, place = dtype or input._dtype, device or input._storage.device
    return _new(function, shape, fill, kind, place, requires_grad, None, layout, pin_memory)


def new_full(
    input: Any, size: Any, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``fill_value`` in shape ``size``."""
    return full(
        size, fill_value, dtype=dtype or input._dtype, layout=layout, device=device or input._storage.device,
        pin_memory=pin_memory, requires_grad=requires_grad,
    )  # fmt: skip


def new_empty_strided(
    input: Any, size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Uninitialised tensor with exactly these strides."""
    return empty_strided(
        size, stride, dtype=dtype or input._dtype, layout=layout, device=device or input._storage.device,
        pin_memory=pin_memory, requires_grad=requires_grad,
    )  # fmt: skip
