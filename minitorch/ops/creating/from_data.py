"""Tensors from data: ``tensor``, ``as_tensor``, ``asarray``, ``from_numpy``, ``frombuffer``.

``tensor`` always copies. Its dtype follows the data: arrays and tensors keep theirs, Python floats become the default
dtype, ints ``int64``, bools ``bool``; in nested sequences all numbers are promoted to one dtype. ``from_numpy`` never
copies: tensor and array look at the same memory.

PyTorch: ``torch/csrc/utils/tensor_new.cpp`` (``infer_scalar_type``, ``compute_sizes``, ``recursive_store``) and
``tensor_numpy.cpp``.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.backend import is_available
from minitorch.core.device import cpu, place_of
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import promote_types, scalar_type_name
from minitorch.core.storage import Storage
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS, check_representable
from minitorch.ops.shapes.copying import as_dtype, clone, write_elements
from minitorch.ops.shapes.pinning import pin_memory as _pinned
from minitorch.tensor_base import TensorBase, allocate, over_storage, wrap

_NOT_WRITABLE = (
    "The given {0} is not writable, and PyTorch does not support non-writable tensors. This means writing to this "
    "tensor will result in undefined behavior. You may want to copy the {1} to protect its data or make it writable "
    "before converting it to a tensor."
)


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Any:  # fmt: skip
    """A new tensor with a copy of ``data``: a number, nested sequences of numbers, an array or a tensor.

    ``ValueError`` for ragged sequences and numbers too large, ``TypeError`` and ``RuntimeError`` for what is no number.
    """
    if isinstance(data, TensorBase):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            stacklevel=2,
        )
    if pin_memory and not is_available("cuda"):
        raise RuntimeError("Cannot access accelerator device when none is available.")
    _check_flag("tensor", "requires_grad", requires_grad)
    if requires_grad is not False:
        requires_grad = arg.flag(requires_grad, "tensor", "requires_grad")
    result = _copied(data, None if dtype is None else arg.dtype(dtype, "tensor"), device)
    if pin_memory:
        result = _pinned(result)
    return result.requires_grad_() if requires_grad else result


def _check_flag(function: str, argument: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{function}(): argument '{argument}' must be bool, not {type(value).__name__}")


def _copied(data: Any, dtype: Dtype | None, device: Any) -> Any:
    if isinstance(data, TensorBase):
        place = data._storage.device if device is None else place_of(device)
        return _copy_of(data, dtype or data._dtype, place)
    place = place_of(device)
    if isinstance(data, np.ndarray):
        source = from_numpy(data, warn=False)
        return _copy_of(source, dtype or source._dtype, place)
    array, kind = _from_python(data, dtype)
    if place is not cpu:
        array = place.backend.from_host(array)
    return wrap(array, kind, place, geo.contiguous(array.shape))


def _copy_of(source: Any, dtype: Dtype, place: Device) -> Any:
    result = allocate(geo.preserving(source._geometry), dtype, place)
    write_elements(result, source)
    return result


def new_tensor(input: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """``tensor(data)`` with the input's dtype and device."""
    return tensor(data, dtype=dtype or input._dtype, device=device or input._storage.device,
                  requires_grad=requires_grad)  # fmt: skip


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
                  layout: Any = None, pin_memory: bool = False) -> Any:  # fmt: skip
    """A zero-dim tensor of one number, by default in the default dtype whatever the number."""
    if isinstance(s, TensorBase) and s.ndim == 0:
        s = s.item()  # type: ignore[attr-defined]
    if not isinstance(s, NUMBERS):
        raise TypeError(f"scalar_tensor(): argument 's' (position 1) must be Number, not {type(s).__name__}")
    kind = dtypes.get_default_dtype() if dtype is None else arg.dtype(dtype, "scalar_tensor")
    if kind in (dtypes.float16, dtypes.bfloat16):  # too large is infinite, as where a float becomes a half
        made = scalar_tensor(s, dtype=dtypes.float64, device=device).to(kind)
        return made.requires_grad_() if requires_grad else made
    check_representable(s, kind)
    return tensor(s, dtype=kind, device=device, requires_grad=requires_grad)


# ---- numbers and nested sequences -----------------------------------------------------------------------------------


def _from_python(data: Any, dtype: Dtype | None) -> tuple[Any, Dtype]:
    """A fresh array, and the dtype it has as a tensor."""
    kind = type(data)
    if kind is list or kind is tuple:
        plain = _plain_numbers(data, dtype)
        if plain is not None:
            return plain
    elif kind in (float, int, bool):
        dtype = dtype or _infer_dtype(data)
        return _array_of([data], dtype).reshape(()), dtype
    shape = _shape_of(data)
    if dtype is None:
        dtype = _infer_dtype(data)
    values: list[Any] = []
    if math.prod(shape):
        _collect(data, shape, 0, values, _storing(dtype))
    return _array_of_stored(values, dtype).reshape(shape), dtype


def _plain_numbers(data: Any, dtype: Dtype | None) -> tuple[Any, Dtype] | None:
    """The usual case: a flat list of Python numbers of one type."""
    types = set(map(type, data))
    if len(types) != 1 or not types <= {float, int, bool}:
        return None
    kind = dtype or _infer_dtype(data[0])
    if types == {float} and kind.category == dtypes.FLOATING and kind.itemsize >= 4:
        with np.errstate(over="ignore"):
            return np.array(data, kind.np), kind
    return _array_of(data, kind), kind


def _array_of(leaves: Any, dtype: Dtype) -> Any:
    """Numbers in a one-dimensional array of ``dtype``; checked, where the dtype cannot hold every number."""
    store = _storing(dtype)
    return _array_of_stored([store(value) for value in leaves], dtype)


def _array_of_stored(values: list[Any], dtype: Dtype) -> Any:
    if dtype.category < dtypes.FLOATING:
        return np.array([value if value < 2**63 else value - 2**64 for value in values], np.int64).astype(dtype.np)
    with np.errstate(over="ignore"):
        if dtype.category == dtypes.FLOATING:
            return as_dtype(np.array(values, np.float64), dtypes.float64, dtype)
        return np.array(values, np.complex128).astype(dtype.np)


# ---- one number, as C would store it --------------------------------------------------------------------------------


def _storing(dtype: Dtype) -> Callable[[Any], Any]:
    """The function that makes of an object the Python number that an element of ``dtype`` holds."""
    if dtype.category == dtypes.FLOATING:
        return _as_float
    if dtype.category == dtypes.COMPLEX:
        return _as_complex
    if dtype is dtypes.bool_:
        return _as_bool
    return _as_uint64 if dtype is dtypes.uint64 else partial(_as_integer, dtype)


def _as_float(value: Any) -> float:
    if isinstance(value, (str, bytes, bytearray, complex)):
        raise TypeError(f"must be real number, not {type(value).__name__}")
    return float(value)


def _as_complex(value: Any) -> complex:
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f"must be a number, not {type(value).__name__}")
    return complex(value)


def _as_bool(value: Any) -> bool:
    if isinstance(value, (int, float, complex, np.bool_)):
        return bool(value)
    return bool(operator.index(value))


def _as_uint64(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"an integer is required, not {type(value).__name__}")
    if not 0 <= value < 2**64:
        raise OverflowError("int too big to convert" if value > 0 else "can't convert negative int to unsigned")
    return value


def _as_integer(dtype: Dtype, value: Any) -> int:
    """A float cut to an int, as C casts, or what says that it is an int."""
    info = np.iinfo(dtype.np)
    low, is_float = info.min if dtype.is_signed else -info.max, isinstance(value, float)
    if is_float and not math.isfinite(value):
        raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
    if is_float and not dtype.is_signed:
        low = 0
    number = int(value) if is_float else operator.index(value)
    if not is_float and not -(2**63) <= number < 2**63:
        raise ValueError("Overflow when unpacking long long")
    if not low <= number <= info.max:
        raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
    return number


# ---- nested sequences -----------------------------------------------------------------------------------------------


def is_sequence(data: Any) -> bool:
    """What C Python counts as a sequence: has a length and is indexed by ints. Sets and dicts do not."""
    if isinstance(data, (dict, TensorBase)):
        return isinstance(data, TensorBase) and data.ndim > 0
    return hasattr(data, "__len__") and hasattr(data, "__getitem__")


def _shape_of(data: Any) -> tuple[int, ...]:
    """The lengths along the first elements."""
    shape: list[int] = []
    while is_sequence(data):
        if isinstance(data, (str, bytes)):
            if shape and isinstance(data, str):
                raise ValueError(f"too many dimensions '{type(data).__name__}'")
            raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
        length = len(data)
        shape.append(length)
        if length == 0:
            break
        data = data[0]
        if isinstance(data, TensorBase):
            break  # one number, or it will be refused where numbers are stored
    return tuple(shape)


def _infer_dtype(data: Any) -> Dtype:
    """The dtype to which all numbers in ``data`` promote. ``RuntimeError`` for what has none."""
    if isinstance(data, TensorBase):
        return data._dtype
    if isinstance(data, (np.ndarray, np.generic)):
        return dtypes.from_numpy_dtype(data.dtype)
    if isinstance(data, (bool, int, float, complex)):
        kind = dtypes.of_python_number(data)
        return dtypes.int64 if kind is dtypes.uint64 else kind
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if not is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    if len(data) == 0:
        return dtypes.get_default_dtype()
    return reduce(promote_types, (_infer_dtype(data[i]) for i in range(len(data))))


def _collect(data: Any, shape: tuple[int, ...], dim: int, values: list[Any], store: Callable[[Any], Any]) -> None:
    """Append the numbers of nested sequences in order. ``ValueError`` where a length differs from its siblings'."""
    if dim == len(shape):
        values.append(store(data))
        return
    if not is_sequence(data):
        raise TypeError("not a sequence")
    if len(data) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(data)})")
    for i in range(len(data)):
        _collect(data[i], shape, dim + 1, values, store)


# ---- sharing memory -------------------------------------------------------------------------------------------------


def from_numpy(ndarray: np.ndarray[Any, Any], *, warn: bool = True) -> Any:
    """A tensor over the array's own memory: writes to one are seen in the other.

    ``TypeError`` for other dtypes, ``ValueError`` for negative or odd strides and foreign byte orders.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    if any(step < 0 for step in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array with array.copy().)"
        )
    if not ndarray.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    kind = dtypes.from_numpy_dtype(ndarray.dtype)
    if any(step % kind.itemsize for step in ndarray.strides):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the "
            "memory."
        )
    if warn and not ndarray.flags.writeable:
        warnings.warn(_NOT_WRITABLE.format("NumPy array", "array"), stacklevel=2)
    geometry = geo.Geometry(ndarray.shape, tuple(step // kind.itemsize for step in ndarray.strides), 0)
    flat = ndarray
    if not ndarray.flags.c_contiguous:
        flat = np.lib.stride_tricks.as_strided(ndarray, (geo.extent(geometry),), (kind.itemsize,))
    return over_storage(Storage.over(cpu.backend.flat_bytes(flat), cpu, resizable=False), kind, geometry)


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Any:
    """A one-dimensional tensor over the memory of any object with a buffer, from byte ``offset`` on."""
    kind = arg.dtype(dtype, "frombuffer")
    try:
        memory = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    length, size = memory.nbytes, kind.itemsize
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )
    if count < 0 and (length - offset) % size:
        raise ValueError(
            f"buffer length ({length} bytes) after offset ({offset} bytes) must be a multiple of element size ({size})"
        )
    number = (length - offset) // size if count < 0 else count
    if offset + number * size > length:
        raise ValueError(
            f"requested buffer length ({number} * {size} bytes) after offset ({offset} bytes) must not be greater than "
            f"actual buffer length ({length} bytes)"
        )
    if memory.readonly:
        warnings.warn(_NOT_WRITABLE.format("buffer", "buffer"), stacklevel=2)
    flat = np.frombuffer(memory, np.uint8, number * size, offset)
    result = over_storage(Storage.over(flat, cpu, resizable=False), kind, geo.contiguous((number,)))
    return result.requires_grad_() if requires_grad else result


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """``data`` as a tensor, sharing memory with an array or tensor where dtype and device allow it."""
    kind = None if dtype is None else arg.dtype(dtype, "as_tensor")
    if isinstance(data, np.ndarray):
        data = from_numpy(data)
    if isinstance(data, TensorBase):
        place = data._storage.device if device is None else place_of(device)
        return data.to(dtype=kind or data._dtype, device=place)  # type: ignore[attr-defined]
    return _copied(data, kind, device)


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool = False) -> Any:  # fmt: skip
    """``obj`` as a tensor: shared where possible, copied if ``copy`` says so, refused if ``copy=False`` cannot be.

    Takes tensors, arrays, anything with a buffer, numbers and nested sequences.
    """
    kind = None if dtype is None else arg.dtype(dtype, "asarray")
    _check_flag("asarray", "requires_grad", requires_grad)
    if copy is not None:
        _check_flag("asarray", "copy", copy)
    if copy is False and isinstance(obj, np.generic):
        raise RuntimeError("can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray.")
    shared = from_numpy(np.array(obj)) if isinstance(obj, np.generic) else _shared(obj, kind)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        result = _copied(obj, kind, device)
    else:
        result = _converted(shared, kind or shared._dtype, device, copy)
    return result.requires_grad_() if requires_grad and not result.requires_grad else result


def _converted(shared: Any, dtype: Dtype, device: Any, copy: bool | None) -> Any:
    """What ``asarray`` makes of a tensor over the object's memory; with its history, if it has one."""
    place = shared._storage.device if device is None else place_of(device)
    same = dtype is shared._dtype and place is shared._storage.device
    if copy is False and dtype is not shared._dtype:
        raise ValueError(
            f"can't alias tensor with dtype '{scalar_type_name(shared._dtype)}' into dtype '{scalar_type_name(dtype)}'."
        )
    if copy is False and not same:
        raise ValueError(f"can't alias tensor from device '{shared.device}' to '{place}'.")
    if same:
        return clone(shared) if copy else shared
    return shared.to(dtype=dtype, device=place)


def _shared(obj: Any, dtype: Dtype | None) -> Any:
    """A tensor over the memory of ``obj``; None if it has none to share."""
    if isinstance(obj, TensorBase):
        return obj
    if isinstance(obj, np.ndarray):
        return from_numpy(obj)
    if hasattr(obj, "__dlpack__"):
        from minitorch.dlpack import from_dlpack

        return from_dlpack(obj)
    try:
        memoryview(obj)
    except TypeError:
        return None
    return frombuffer(obj, dtype=dtypes.get_default_dtype() if dtype is None else dtype)
