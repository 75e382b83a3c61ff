"""The CUDA backend: CuPy on a GPU, or its emulation on none.

What a tensor is made of is the same: a block of bytes, and an array with a dtype, shape and strides over a part of it.

    CuPy      cupy.ndarray(shape, dtype, block.data + offset, strides)
    emulated  the same over memory that NumPy cannot reach (``emulated.py``)

PyTorch: ``c10/cuda/CUDAGuard.h`` (the current device), ``aten/src/ATen/native/cuda/Copy.cu`` (between devices).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.core.backend import Array, Backend
from minitorch.core.cuda import copies as copies
from minitorch.core.cuda import emulated
from minitorch.core.cuda.allocator import EmulatedMemory
from minitorch.core.cuda.array_module import ArrayModule
from minitorch.core.cuda.arrays import module
from minitorch.core.cuda.gpu_memory import GPUMemory
from minitorch.core.cuda.properties import emulated_memory


class CUDABackend(Backend):
    """One GPU, with arrays by CuPy."""

    name = "cuda"
    is_emulated = False

    def __init__(self, index: int, cupy: Any, alone: bool) -> None:
        self.index, self._cupy, self.memory = index, cupy, GPUMemory(index, cupy)
        self._device = cupy.cuda.Device(index)
        self._alone = alone
        self.array_type = cupy.ndarray
        self._module = ArrayModule(cupy, None if alone else lambda: self._device)

    @property
    def xp(self) -> Any:  # type: ignore[override]
        """The array module. An operator asks for it and then computes: of several GPUs this one is now CuPy's current.

        For ``a + b`` and ``a[mask]`` allocate there, not on the device of ``a``.
        """
        if not self._alone:
            self._cupy.cuda.runtime.setDevice(self.index)
        return self._module

    def allocate(self, nbytes: int) -> Array:
        with self._device:
            return self._cupy.empty(nbytes, np.uint8)

    def strided_array(
        self, data: Array, np_dtype: Any, shape: tuple[int, ...], stride: tuple[int, ...], offset: int
    ) -> Array:
        size = np_dtype.itemsize
        strides = tuple([step * size for step in stride])
        start = data.data + offset * size if data.size else data.data  # CuPy moves no null pointer
        return self._cupy.ndarray(shape, np_dtype, start, strides)

    def flat_bytes(self, array: Array) -> Array:
        return array.reshape(-1).view(np.uint8)

    def address(self, data: Array) -> int:
        return int(data.data.ptr)

    def to_host(self, array: Array) -> np.ndarray[Any, Any]:
        copies["to_host"] += array.nbytes
        return array.get()  # type: ignore[no-any-return]

    def from_host(self, array: np.ndarray[Any, Any]) -> Array:
        copies["from_host"] += array.nbytes
        with self._device:
            return self._cupy.asarray(array)

    def from_device(self, array: Array, backend: Backend) -> Array:
        if not isinstance(backend, CUDABackend):
            return self.from_host(backend.to_host(array))
        copies["between_devices"] += array.nbytes
        with self._device:
            copied = self._cupy.empty(array.shape, array.dtype)
            self._cupy.copyto(copied, array)
        return copied

    def pinned(self, nbytes: int) -> np.ndarray[Any, Any]:
        import cupyx

        return cupyx.empty_pinned((nbytes,), np.uint8)  # type: ignore[no-any-return]

    def synchronize(self) -> None:
        self._device.synchronize()


class EmulatedBackend(Backend):
    """One GPU that is not there."""

    name = "cuda"
    is_emulated = True
    array_type = emulated.ndarray

    def __init__(self, index: int) -> None:
        self.index, self.memory = index, EmulatedMemory(index, emulated_memory())
        self.xp = ArrayModule(module(index))

    def allocate(self, nbytes: int) -> Array:
        return self.xp.empty(nbytes, np.uint8)

    def strided_array(
        self, data: Array, np_dtype: Any, shape: tuple[int, ...], stride: tuple[int, ...], offset: int
    ) -> Array:
        size, host = np_dtype.itemsize, emulated.unwrapped(data)
        try:
            array = np.ndarray(shape, np_dtype, host, offset * size, [step * size for step in stride])
        except (TypeError, ValueError):
            if 0 not in shape:
                raise
            array = np.empty(shape, np_dtype)  # no element, and an offset behind the end
        return emulated.over(array, data._memory)

    def flat_bytes(self, array: Array) -> Array:
        return array if array.dtype.isbuiltin == 1 else array.reshape(-1).view(np.uint8)

    def address(self, data: Array) -> int:
        return int(data.data.ptr)

    def to_host(self, array: Array) -> np.ndarray[Any, Any]:
        return array.get()  # type: ignore[no-any-return]

    def from_host(self, array: np.ndarray[Any, Any]) -> Array:
        return self.xp.asarray(array)

    def from_device(self, array: Array, backend: Backend) -> Array:
        if not isinstance(backend, EmulatedBackend):
            return self.from_host(backend.to_host(array))
        copies["between_devices"] += array.nbytes
        return emulated.fresh(emulated.unwrapped(array).copy(order="K"), self.index)

    def pinned(self, nbytes: int) -> np.ndarray[Any, Any]:
        return np.empty(nbytes, np.uint8)

    def synchronize(self) -> None:
        """Everything has been computed already."""
