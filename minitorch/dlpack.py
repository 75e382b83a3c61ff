"""DLPack: one block of memory under arrays of several libraries, without a copy.

    np.from_dlpack(x)          asks x.__dlpack_device__() where the memory is, then x.__dlpack__() for a capsule
    from_dlpack(array)         asks the array the same

A *capsule* is a pointer to a C struct that says where the memory is, its dtype, shape and strides, and which function
to call when it is no longer used:

    DLManagedTensor             byte 0    DLTensor, see below; behind it the owner's data and the function
    DLManagedTensorVersioned    byte 0    the version of the struct, the owner's data, the function, flags
                                byte 32   DLTensor
    DLTensor                    byte 0    address   8 device type   12 device index   16 ndim
                                byte 20   dtype: one byte for the kind, one for the bits, two for the lanes
                                byte 24   shape   32 strides   40 offset in bytes

A capsule is called ``dltensor`` (``dltensor_versioned``) until somebody has taken it, and ``used_dltensor`` from then
on, so that it is taken once.

NumPy makes and takes capsules, and looks after their lifetime; only it knows neither ``bfloat16`` nor the float8s. So
for these the capsule says unsigned integer of the same size while NumPy looks at it, and what it truly is while
another library does: two bytes of the struct are written.

PyTorch: ``aten/src/ATen/DLConvertor.cpp``, ``torch/utils/dlpack.py``, ``torch/_tensor.py`` (``__dlpack__``).
"""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Any

import numpy as np

from minitorch.core import cuda, dtypes
from minitorch.core import geometry as geo
from minitorch.core.backend import is_available
from minitorch.core.device import device as Device
from minitorch.core.device import place_of
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.memory_format import preserve_format
from minitorch.core.storage import Storage
from minitorch.ops import arguments as arg
from minitorch.ops.creating.from_data import from_numpy
from minitorch.ops.shapes.copying import clone
from minitorch.tensor_base import over_storage


class DLDeviceType(IntEnum):
    """DLPack's numbers for kinds of devices."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


# ---- the struct in a capsule ----------------------------------------------------------------------------------------

_UNSIGNED, _BFLOAT, _FLOAT8_E4M3FN, _FLOAT8_E5M2 = 1, 4, 10, 12
_UNKNOWN_TO_NUMPY = {
    dtypes.bfloat16: _BFLOAT, dtypes.float8_e4m3fn: _FLOAT8_E4M3FN, dtypes.float8_e5m2: _FLOAT8_E5M2,
}  # fmt: skip
_BY_KIND = {kind: dtype for dtype, kind in _UNKNOWN_TO_NUMPY.items()}
_DTYPE_AT = {b"dltensor": 20, b"dltensor_versioned": 32 + 20}

_is_capsule = ctypes.pythonapi.PyCapsule_IsValid
_is_capsule.argtypes, _is_capsule.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_int
_pointer_in = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_in.argtypes, _pointer_in.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_void_p


def _kind_in(capsule: Any) -> Any:
    """The byte of the struct that says which kind of number the elements are, to be read and written.

    ``RuntimeError`` for what is no capsule, and for a capsule that was taken before.
    """
    for name, place in _DTYPE_AT.items():
        if _is_capsule(capsule, name):
            return ctypes.c_uint8.from_address(_pointer_in(capsule, name) + place)
    raise RuntimeError(
        "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might "
        f"have already constructed a tensor from it once. Got {capsule!r}; expected a capsule or an object with "
        "__dlpack__, such as a NumPy array."
    )


# ---- out of the engine ----------------------------------------------------------------------------------------------


def export(
    tensor: Any, *, stream: Any = -1, max_version: tuple[int, int] | None = None,
    dl_device: tuple[Any, int] | None = None, copy: bool | None = None,
) -> Any:  # fmt: skip
    """``x.__dlpack__()``: a capsule over the tensor's memory, or with ``copy`` over a copy.

    ``max_version``: the newest struct the asker understands; without it, the old one. ``BufferError`` for a tensor that
    requires grad, for its history would be lost; ``AssertionError`` for a stream, which the CPU has none of.
    """
    if tensor.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if tensor.is_conj():
        raise BufferError("Can't export tensors with the conjugate bit set, use tensor.resolve_conj()")
    if stream is not None and type(stream) is not int:
        raise TypeError(f"stream must be ``int`` or ``none``, not {type(stream).__name__}")
    if tensor.device.type == "cpu" and stream not in (None, -1):
        raise AssertionError(f"stream should be None on cpu, not {stream}.")
    if dl_device is not None and tuple(dl_device) != device_of(tensor):
        raise NotImplementedError(f"this installation has no device {tuple(dl_device)} to export the tensor to")
    options = {} if tensor.device.type == "cpu" or stream == -1 else {"stream": stream}
    return _capsule_over(clone(tensor, memory_format=preserve_format) if copy else tensor, max_version, **options)


def _capsule_over(tensor: Any, max_version: tuple[int, int] | None, **options: Any) -> Any:
    device_of(tensor)  # raises for memory that no other library can reach
    array, kind = tensor.array, _UNKNOWN_TO_NUMPY.get(tensor._dtype)
    if kind is not None:
        array = array.view(f"u{tensor._dtype.itemsize}")
    if max_version is not None:
        options["max_version"] = max_version
    capsule = array.__dlpack__(**options)
    if kind is not None:
        _kind_in(capsule).value = kind
    return capsule


def device_of(tensor: Any) -> tuple[DLDeviceType, int]:
    """``x.__dlpack_device__()``: where the memory is. ``BufferError`` for an emulated GPU, where no library looks."""
    device = tensor.device
    if device.type == "cpu":
        return DLDeviceType.kDLCPU, 0
    if cuda.is_emulated():
        raise BufferError(f"the memory of the emulated device {device} cannot be shared; copy it with .cpu() first")
    return DLDeviceType.kDLCUDA, device.index


def to_dlpack(tensor: Any) -> Any:
    """A capsule in the old form, also of a tensor that requires grad."""
    return _capsule_over(arg.tensor(tensor, "to_dlpack", "tensor"), None)


# ---- into the engine ------------------------------------------------------------------------------------------------


class _Handed:
    """A capsule as the object with ``__dlpack__`` that NumPy asks for."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


class _Writable:
    """The memory of an array, for writing. The old form of a capsule can't say that, so NumPy assumes it is not."""

    def __init__(self, array: Any) -> None:
        self.array = array  # whoever uses the memory keeps this object, and with it the array
        interface = array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False), "strides": array.strides}


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor over the memory of another library's array or tensor: writes to one are seen in the other.

    ``copy``: True for memory of its own. ``RuntimeError`` for what is neither capsule nor has ``__dlpack__``.
    """
    if device is not None and not isinstance(device, (str, Device)):
        raise AssertionError(f"from_dlpack: unsupported device type: {type(device)}")
    if device is not None and not is_available(Device(device).type):
        raise NotImplementedError(f"from_dlpack: this installation has no device '{device}'")
    if hasattr(ext_tensor, "__dlpack_device__") and ext_tensor.__dlpack_device__()[0] == DLDeviceType.kDLCUDA:
        return _moved(_from_gpu(ext_tensor, copy), device)
    return _moved(_from_cpu(ext_tensor, copy), device)


def _moved(shared: Any, device: Any) -> Any:
    return shared if device is None else shared.to(device)


def _from_gpu(producer: Any, copy: bool | None) -> Any:
    """A tensor over the memory of another library's array on a GPU; CuPy takes the capsule."""
    if not is_available("cuda") or cuda.is_emulated():
        raise BufferError(f"from_dlpack: memory on DLPack device {producer.__dlpack_device__()} is out of reach")
    import cupy

    array = cupy.from_dlpack(producer)
    kind, place = dtypes.from_numpy_dtype(array.dtype), place_of(f"cuda:{array.device.id}")
    geometry = geo.Geometry(array.shape, tuple(step // kind.itemsize for step in array.strides), 0)
    flat = cupy.ndarray((geo.extent(geometry),), array.dtype, array.data)
    storage = Storage.over(place.backend.flat_bytes(flat), place, resizable=False)
    shared = over_storage(storage, kind, geometry)
    return clone(shared) if copy else shared


def _from_cpu(ext_tensor: Any, copy: bool | None) -> Any:
    shared = _taken(_ask(ext_tensor, copy) if hasattr(ext_tensor, "__dlpack__") else ext_tensor)
    return clone(shared) if copy and not hasattr(ext_tensor, "__dlpack__") else shared


def _ask(producer: Any, copy: bool | None) -> Any:
    """The producer's capsule: in the new form if it knows it. Who does not know ``copy`` either is copied from."""
    if producer.__dlpack_device__()[0] != DLDeviceType.kDLCPU:
        raise BufferError(f"from_dlpack: memory on DLPack device {producer.__dlpack_device__()} is out of reach")
    options = {} if copy is None else {"copy": copy}
    try:
        return producer.__dlpack__(max_version=(1, 0), **options)
    except TypeError:  # made before DLPack 1.0
        capsule = producer.__dlpack__()
    if copy:
        copied = clone(_taken(capsule))
        return copied.__dlpack__()
    return capsule


def _taken(capsule: Any) -> Any:
    """A tensor over the memory in a capsule, which is used up by that."""
    kind = _kind_in(capsule)
    dtype: Dtype | None = _BY_KIND.get(kind.value)
    if dtype is not None:
        kind.value = _UNSIGNED
    array = np.from_dlpack(_Handed(capsule))
    tensor = from_numpy(np.asarray(_Writable(array)), warn=False)
    if dtype is not None:
        tensor._dtype, tensor._array = dtype, None
    return tensor
