"""Creation: tensors from data (``tensor``, ``from_numpy``) and from a rule (``zeros``, ``arange``, ``eye``).

PyTorch: ``aten/src/ATen/native/TensorFactories.cpp``; ``tensor`` is ``torch/csrc/utils/tensor_new.cpp``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.device import cpu
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.storage import Storage
from minitorch.ops import arguments as arg
from minitorch.ops.copying import MemoryFormat, format_geometry, preserve_format
from minitorch.ops.declare.pointwise import NUMBERS, number_as_array
from minitorch.tensor_base import TensorBase, allocate, over_storage, wrap


def _new(
    shape: tuple[int, ...], dtype: Dtype | None, device: Any, requires_grad: bool, fill: Any = None, function: str = ""
) -> Any:
    if any(size < 0 for size in shape):
        raise RuntimeError(f"{function}: Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    place = cpu if device is None else Device(device)
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    result = allocate(geo.contiguous(shape), kind, place)
    if fill is not None and result.numel():
        result.array[...] = number_as_array(fill, kind)
    return result.requires_grad_() if requires_grad else result


def empty(
    *size: Any, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False, out: Any = None,
    layout: Any = None, pin_memory: bool = False, memory_format: MemoryFormat | None = None,
) -> Any:  # fmt: skip
    """Uninitialised tensor of shape ``size``."""
    return _new(arg.sizes(size, "empty"), dtype, device, requires_grad, None, "empty")


def zeros(
    *size: Any, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False, out: Any = None,
    layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Tensor of shape ``size`` filled with 0."""
    return _new(arg.sizes(size, "zeros"), dtype, device, requires_grad, 0, "zeros")


def ones(
    *size: Any, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False, out: Any = None,
    layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Tensor of shape ``size`` filled with 1."""
    return _new(arg.sizes(size, "ones"), dtype, device, requires_grad, 1, "ones")


def full(
    size: Any, fill_value: Any, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Tensor of shape ``size`` filled with ``fill_value``, whose type decides the dtype unless one is given."""
    if isinstance(fill_value, TensorBase):
        fill_value = fill_value.item()
    if dtype is None:
        dtype = dtypes.of_python_number(fill_value)
    return _new(arg.integers(size, "full", "size"), dtype, device, requires_grad, fill_value, "full")


def empty_strided(
    size: Any, stride: Any, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Uninitialised tensor with exactly these strides."""
    geometry = geo.as_strided(
        arg.integers(size, "empty_strided", "size"), arg.integers(stride, "empty_strided", "stride"), 0
    )
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    place = cpu if device is None else Device(device)
    result = over_storage(Storage.allocate(geo.extent(geometry) * kind.itemsize, place), kind, geometry)
    return result.requires_grad_() if requires_grad else result


def _like(
    input: Any, dtype: Dtype | None, device: Any, requires_grad: bool, memory_format: MemoryFormat, fill: Any = None
) -> Any:
    kind = input._dtype if dtype is None else dtype
    place = input._storage.device if device is None else Device(device)
    result = allocate(format_geometry(input._geometry, memory_format), kind, place)
    if fill is not None and result.numel():
        result.array[...] = number_as_array(fill, kind)
    return result.requires_grad_() if requires_grad else result


def empty_like(
    input: Any, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False,
    memory_format: MemoryFormat = preserve_format,
) -> Any:  # fmt: skip
    """Uninitialised tensor of the input's shape, dtype and memory order."""
    return _like(input, dtype, device, requires_grad, memory_format)


def zeros_like(
    input: Any, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False,
    memory_format: MemoryFormat = preserve_format,
) -> Any:  # fmt: skip
    """Zeros of the input's shape, dtype and memory order."""
    return _like(input, dtype, device, requires_grad, memory_format, 0)


def ones_like(
    input: Any, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False,
    memory_format: MemoryFormat = preserve_format,
) -> Any:  # fmt: skip
    """Ones of the input's shape, dtype and memory order."""
    return _like(input, dtype, device, requires_grad, memory_format, 1)


def full_like(
    input: Any, fill_value: Any, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False,
    memory_format: MemoryFormat = preserve_format,
) -> Any:  # fmt: skip
    """``fill_value`` in the input's shape, dtype and memory order."""
    return _like(input, dtype, device, requires_grad, memory_format, fill_value)


# ---- methods: the tensor's own dtype and device unless others are given ----------------------------------------------


def new_empty(input: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Uninitialised tensor of shape ``size``."""
    return empty(*size, dtype=dtype or input._dtype, device=device or input.device, requires_grad=requires_grad)


def new_zeros(input: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of shape ``size``."""
    return zeros(*size, dtype=dtype or input._dtype, device=device or input.device, requires_grad=requires_grad)


def new_ones(input: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of shape ``size``."""
    return ones(*size, dtype=dtype or input._dtype, device=device or input.device, requires_grad=requires_grad)


def new_full(
    input: Any, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """``fill_value`` in shape ``size``."""
    return full(
        size, fill_value, dtype=dtype or input._dtype, device=device or input.device, requires_grad=requires_grad
    )


def new_empty_strided(input: Any, size: Any, stride: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Uninitialised tensor with exactly these strides."""
    return empty_strided(size, stride, dtype=dtype or input._dtype, device=device or input.device)


def new_tensor(input: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """``tensor(data)`` with the input's dtype and device."""
    return tensor(data, dtype=dtype or input._dtype, device=device or input.device, requires_grad=requires_grad)


# ---- from data -------------------------------------------------------------------------------------------------------


def tensor(data: Any, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Any:  # fmt: skip
    """A new tensor with a copy of ``data``: a number, nested sequences of numbers, an array or a tensor.

    Without ``dtype``: Python floats become the default dtype, ints ``int64``, bools ``bool``; arrays and tensors keep
    theirs. ``ValueError`` for ragged sequences, ``TypeError`` for what is not a number.
    """
    place = (data.device if isinstance(data, TensorBase) else cpu) if device is None else Device(device)
    array, kind = _as_array(data, dtype)
    xp = place.backend.xp
    result = wrap(xp.array(array, dtype=kind.np, order="C", copy=True), kind, place, geo.contiguous(array.shape))
    return result.requires_grad_() if requires_grad else result


def _as_array(data: Any, dtype: Dtype | None) -> tuple[Any, Dtype]:
    """``data`` as an array, and the dtype that a tensor made from it has."""
    if isinstance(data, TensorBase):
        return data.array, dtype or data._dtype
    if isinstance(data, (np.ndarray, np.generic)):
        return np.asarray(data), dtype or dtypes.from_numpy_dtype(data.dtype)
    if hasattr(data, "__array__"):
        array = np.asarray(data)
        return array, dtype or dtypes.from_numpy_dtype(array.dtype)
    if isinstance(data, NUMBERS):
        kind = dtype or dtypes.of_python_number(data)
        return number_as_array(data, kind), kind
    if not hasattr(data, "__len__") or isinstance(data, (str, bytes, dict)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    return _from_sequence(data, dtype)


def _from_sequence(data: Any, dtype: Dtype | None) -> tuple[Any, Dtype]:
    shape = _shape_of(data)
    leaves: list[Any] = []
    _collect(data, shape, 0, leaves)
    if dtype is None:
        dtype = _infer_dtype(leaves)
    array = np.empty(len(leaves), dtype.np)
    for place, value in enumerate(leaves):
        array[place] = number_as_array(value, dtype) if isinstance(value, int) else value
    return array.reshape(shape), dtype


def _shape_of(data: Any) -> tuple[int, ...]:
    shape = []
    while not isinstance(data, NUMBERS):
        if isinstance(data, (TensorBase, np.ndarray)):
            return (*shape, *data.shape)
        if isinstance(data, (str, bytes, dict)) or not hasattr(data, "__len__"):
            raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
        shape.append(len(data))
        if not len(data):
            break
        data = data[0]
    return tuple(shape)


def _collect(data: Any, shape: tuple[int, ...], dim: int, leaves: list[Any]) -> None:
    """Append the numbers of nested sequences in order. ``ValueError`` where a length differs from its siblings'."""
    if dim == len(shape):
        if isinstance(data, (TensorBase, np.ndarray)):
            data = data.item()
        if not isinstance(data, NUMBERS):
            raise TypeError(f"must be real number, not {type(data).__name__}")
        leaves.append(data)
        return
    if isinstance(data, NUMBERS) or not hasattr(data, "__len__"):
        raise TypeError(f"expected a sequence of length {shape[dim]} at dim {dim}, got {type(data).__name__}")
    if len(data) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(data)})")
    if dim == len(shape) - 1 and all(type(value) in (int, float, bool) for value in data):
        leaves.extend(data)
        return
    for item in data:
        _collect(item, shape, dim + 1, leaves)


def _infer_dtype(leaves: list[Any]) -> Dtype:
    if not leaves:
        return dtypes.get_default_dtype()
    kinds = [dtypes.of_python_number(value) for value in {type(v): v for v in leaves}.values()]
    return max(kinds, key=lambda kind: kind.category)


def as_tensor(data: Any, dtype: Dtype | None = None, device: Any = None) -> Any:
    """``data`` as a tensor, sharing memory with an array or tensor where dtype and device allow it."""
    place = None if device is None else Device(device)
    if isinstance(data, np.ndarray):
        data = from_numpy(data)
    if isinstance(data, TensorBase):
        return data.to(dtype=dtype or data._dtype, device=place or data._storage.device)  # type: ignore[attr-defined]
    return tensor(data, dtype=dtype, device=place)


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Any:
    """A tensor over the array's own memory: writes to one are seen in the other."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    kind = dtypes.from_numpy_dtype(ndarray.dtype)
    if any(step < 0 for step in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array with array.copy().)"
        )
    if any(step % kind.itemsize for step in ndarray.strides):
        raise ValueError("given numpy array strides not a multiple of the element byte size. Copy the numpy array first.")
    geometry = geo.as_strided(ndarray.shape, tuple(step // kind.itemsize for step in ndarray.strides), 0)
    if ndarray.flags.c_contiguous:
        return over_storage(Storage(cpu.backend.flat_bytes(ndarray), cpu), kind, geometry)
    flat = np.lib.stride_tricks.as_strided(ndarray, (geo.extent(geometry),), (kind.itemsize,))
    return over_storage(Storage(cpu.backend.flat_bytes(flat), cpu), kind, geometry)


# ---- from a rule -----------------------------------------------------------------------------------------------------


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Dtype | None = None, device: Any = None,
    requires_grad: bool = False, out: Any = None, layout: Any = None,
) -> Any:  # fmt: skip
    """``start, start + step, ...`` up to but without ``end``; one argument is the end. Ints give ``int64``."""
    if end is None:
        start, end = 0, start
    start, end, step = (v.item() if isinstance(v, TensorBase) else v for v in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not all(math.isfinite(v) for v in (start, end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        integral = all(isinstance(v, (int, np.integer)) for v in (start, end, step))
        dtype = dtypes.int64 if integral else dtypes.get_default_dtype()
    length = math.ceil((end - start) / step)
    if all(isinstance(v, (int, np.integer)) for v in (start, end, step)):
        length = -(-(end - start) // step)
    place = cpu if device is None else Device(device)
    xp = place.backend.xp
    if dtype.category >= dtypes.FLOATING:  # computed in double and rounded once
        array = (start + xp.arange(length, dtype=np.float64) * step).astype(dtype.np)
    else:
        array = (int(start) + xp.arange(length, dtype=np.int64) * int(step)).astype(dtype.np)
    result = wrap(array, dtype, place, geo.contiguous((length,)))
    return result.requires_grad_() if requires_grad else result


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """``steps`` evenly spaced values from ``start`` to ``end``, both included, counted from the nearer end."""
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    start, end = (v.item() if isinstance(v, TensorBase) else v for v in (start, end))
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    place = cpu if device is None else Device(device)
    xp = place.backend.xp
    compute = np.dtype(np.float64) if kind.category < dtypes.FLOATING else kind.np
    step = compute.type((end - start) / (steps - 1)) if steps > 1 else compute.type(0)
    index = xp.arange(steps)
    forwards = compute.type(start) + step * index.astype(compute)
    backwards = compute.type(end) - step * (steps - 1 - index).astype(compute)
    values = xp.where(index < steps // 2, forwards, backwards) if steps > 1 else forwards
    result = wrap(values.astype(kind.np), kind, place, geo.contiguous((steps,)))
    return result.requires_grad_() if requires_grad else result


def eye(
    n: int, m: int | None = None, *, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """``n`` by ``m`` with ones on the diagonal."""
    if n < 0 or (m is not None and m < 0):
        raise RuntimeError(f"n must be greater or equal to 0, got {n}" if n < 0 else f"m must be greater or equal to 0, got {m}")
    place = cpu if device is None else Device(device)
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    columns = n if m is None else m
    result = wrap(place.backend.xp.eye(n, columns, dtype=kind.np), kind, place, geo.contiguous((n, columns)))
    return result.requires_grad_() if requires_grad else result
