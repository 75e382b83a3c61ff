"""Conversion: another dtype, device or memory format. ``to``, ``type_as``, ``float()``, ``cpu()``.

A tensor that is already what is asked for is returned as it is, unless ``copy=True``. Gradients of a converted tensor
are converted back, which the engine does when it brings a gradient to the dtype of the tensor it belongs to.

PyTorch: ``aten/src/ATen/native/TensorConversions.cpp``. ``x.type(...)`` is in ``legacy_types.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.core import dtypes
from minitorch.core.device import cpu as CPU
from minitorch.core.device import device as Device
from minitorch.core.device import place_of
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.memory_format import format_geometry, memory_format, preserve_format, suggested_format
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import Operator, record
from minitorch.ops.shapes.copying import write_elements
from minitorch.tensor_base import TensorBase, allocate


def _converted(xp: Any, input: Any, home: Device) -> Any:
    """The elements in another dtype, or away from ``home``."""
    return input


_to_copy = Operator(_converted, "ToCopyBackward0", skip=1)
_to_copy.add_derivative(("input",), lambda grad, home: grad.to(home))  # the engine brings it to the input's dtype


def convert(
    input: Any, dtype: Dtype, device: Device, copy: bool = False, memory_format: memory_format = preserve_format
) -> Any:
    """The input in another dtype or on another device; itself if it is there already and no copy is asked for."""
    same = input._dtype is dtype and input._storage.device is device
    if same and not copy and memory_format in (preserve_format, suggested_format(input._geometry)):
        return input
    geometry = format_geometry(input._geometry, memory_format)
    result = allocate(geometry, dtype, device)
    write_elements(result, input)
    if dtype.category >= dtypes.FLOATING:
        record(_to_copy, (input, input._storage.device), result)
    return result


def to(input: Any, *args: Any, **kwargs: Any) -> Any:
    """``to(dtype)``, ``to(device, dtype)``, ``to(other)``; keywords ``non_blocking, copy, memory_format``."""
    if len(args) == 1 and not kwargs and args[0].__class__ is Dtype:
        return convert(input, args[0], input._storage.device)
    device, dtype, copy, memory_format = parse_to(args, kwargs)
    place = device or input._storage.device
    return convert(input, dtype or input._dtype, place, copy, memory_format or preserve_format)


_FORMS = {"tensor": ("tensor",), "dtype": ("dtype",), "device": ("device", "dtype")}


def parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, bool, Any]:
    """The device, dtype, ``copy`` and memory format meant by the arguments of ``to``. ``TypeError`` for others.

    The first argument decides the form: a tensor, a dtype, or a device; behind it come the form's other arguments,
    ``non_blocking`` and ``copy``.
    """
    first = args[0] if args else kwargs.get("tensor", kwargs.get("dtype") if "device" not in kwargs else None)
    if isinstance(first, TensorBase):
        form = "tensor"
    elif isinstance(first, Dtype) or (isinstance(first, type) and first in (float, int, bool, complex)):
        form = "dtype"
    else:
        form = "device"
    names = (*_FORMS[form], "non_blocking", "copy")
    if len(args) > len(names):
        raise _no_such_form(args, kwargs)
    given = dict(zip(names, args))
    if any(name in given or name not in (*names, "memory_format") for name in kwargs):
        raise _no_such_form(args, kwargs)
    given |= kwargs
    device, dtype, other = given.get("device"), given.get("dtype"), given.get("tensor")
    fits = (
        (device is None or (isinstance(device, (str, int, Device)) and not isinstance(device, bool)))
        and (dtype is None or isinstance(dtype, (Dtype, type)))
        and all(isinstance(given.get(flag, False), bool) for flag in ("non_blocking", "copy"))
    )
    if not fits:
        raise _no_such_form(args, kwargs)
    if other is not None:
        device, dtype = other.device, other.dtype
    return (
        None if device is None else place_of(device), None if dtype is None else arg.dtype(dtype, "to"),
        given.get("copy", False), given.get("memory_format"),
    )  # fmt: skip


def _no_such_form(args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
    given = [type(value).__name__ for value in args] + [f"{name}={type(v).__name__}" for name, v in kwargs.items()]
    return TypeError(
        f"to() received an invalid combination of arguments - got ({', '.join(given)}), but expected one of: (device, "
        "dtype, non_blocking, copy), (dtype, non_blocking, copy), (Tensor other, non_blocking, copy), each with a "
        "keyword memory_format"
    )


def type_as(input: Any, other: Any) -> Any:
    """``input.to(other.dtype, other.device)``."""
    like = arg.tensor(other, "type_as", "other")
    return convert(input, like._dtype, like._storage.device)


def _to_dtype(dtype: Dtype, name: str) -> Callable[..., Any]:
    """The method ``name``, which converts to ``dtype``."""

    def method(input: Any, memory_format: memory_format = preserve_format) -> Any:
        return convert(input, dtype, input._storage.device, memory_format=memory_format)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``to({dtype})``."
    return method


float_, double, half = map(_to_dtype, (dtypes.float32, dtypes.float64, dtypes.float16), ("float", "double", "half"))
bfloat16 = _to_dtype(dtypes.bfloat16, "bfloat16")
bool_, byte, char = map(_to_dtype, (dtypes.bool_, dtypes.uint8, dtypes.int8), ("bool", "byte", "char"))
short, int_, long = map(_to_dtype, (dtypes.int16, dtypes.int32, dtypes.int64), ("short", "int", "long"))
cfloat, cdouble = map(_to_dtype, (dtypes.complex64, dtypes.complex128), ("cfloat", "cdouble"))


def cpu(input: Any, memory_format: memory_format = preserve_format) -> Any:
    """The tensor on the CPU; itself if it is there."""
    return convert(input, input._dtype, CPU, memory_format=memory_format)


def cuda(input: Any, device: Any = None, non_blocking: bool = False,
         memory_format: memory_format = preserve_format) -> Any:  # fmt: skip
    """The tensor on a GPU; itself if it is there. ``AssertionError`` where this installation has none."""
    return convert(input, input._dtype, place_of("cuda" if device is None else device), memory_format=memory_format)


def xpu(input: Any, device: Any = None, non_blocking: bool = False,
        memory_format: memory_format = preserve_format) -> Any:  # fmt: skip
    """The tensor on an Intel GPU. ``AssertionError``: this installation has none."""
    return convert(input, input._dtype, place_of("xpu" if device is None else device), memory_format=memory_format)
