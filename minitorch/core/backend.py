"""A backend: what one kind of processor can do.

An operator's forward is written against an *array module* ``xp`` (``numpy``, or CuPy with the same functions). The
backend says which one, how to make raw memory, and how to lay a strided array over it. Operators ask the backend of
their operand's device and never ask which device it is; a new processor is a new backend and no operator changes.

PyTorch's counterpart is the dispatch key of a device with the kernels registered for it, and ``c10/core/Allocator.h``.
"""

from __future__ import annotations

import math
from typing import Any

Array = Any  # an array of the backend's array module: np.ndarray on the CPU


class Backend:
    """What a processor offers. ``xp``: its array module; ``array_type``: the class of its arrays."""

    name: str
    xp: Any
    array_type: type
    memory: Any  # of a GPU: the books of its memory

    def allocate(self, nbytes: int) -> Array:
        """Uninitialised memory: a one-dimensional byte array of ``nbytes``."""
        raise NotImplementedError

    def strided_array(
        self, data: Array, np_dtype: Any, shape: tuple[int, ...], stride: tuple[int, ...], offset: int
    ) -> Array:
        """An array over ``data`` (bytes); ``stride`` and ``offset`` count elements, not bytes."""
        raise NotImplementedError

    def flat_bytes(self, array: Array) -> Array:
        """The C-contiguous ``array`` as memory that ``strided_array`` accepts, without a copy."""
        raise NotImplementedError

    def address(self, data: Array) -> int:
        """Where memory begins, as a number."""
        raise NotImplementedError

    # What crosses the border between processors goes through these three.

    def to_host(self, array: Array) -> Any:
        """The elements as a NumPy array: the same memory on the CPU, a copy elsewhere."""
        raise NotImplementedError

    def from_host(self, array: Any) -> Array:
        """A NumPy array as one of this processor: the same memory on the CPU, a copy elsewhere."""
        raise NotImplementedError

    def from_device(self, array: Array, backend: Backend) -> Array:
        """An array of another backend as one of this: by way of the host, unless the two know a shorter one."""
        return self.from_host(backend.to_host(array))

    def pinned(self, nbytes: int) -> Any:
        """Host memory locked for transfers to this processor, as NumPy bytes."""
        raise NotImplementedError

    def synchronize(self) -> None:
        """Wait until everything that was started has been computed."""


def cannot_allocate(shape: tuple[int, ...], itemsize: int) -> RuntimeError:
    """What to raise where there is no memory for an array of that shape."""
    count = math.prod(shape)
    if count * itemsize >= 2**63:
        return RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
    return RuntimeError(
        f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {count * itemsize} bytes, for sizes="
        f"{list(shape)}. Error code 12 (Cannot allocate memory)"
    )


_backends: dict[str, Backend] = {}


def register_backend(device_type: str, backend: Backend) -> None:
    """Make ``device(device_type)`` computable."""
    _backends[device_type] = backend


def _gpus() -> Any:
    """What knows the GPUs; imported when somebody first asks for one."""
    from minitorch.core import cuda

    return cuda


def backend_for(device_type: str, index: int | None = None) -> Backend:
    """The backend of a device; without an index, of the current one of that type.

    Where this installation has none, PyTorch's errors: ``AssertionError`` for GPUs, else ``NotImplementedError``.
    """
    found = _backends.get(device_type)
    if found is not None:
        return found
    if device_type == "cuda" and _gpus().is_available():
        return _gpus().backend_of(_gpus().current_device() if index is None else index)  # type: ignore[no-any-return]
    if device_type in ("cuda", "xpu"):
        raise AssertionError(f"Torch not compiled with {device_type.upper()} enabled")
    present = [*sorted(_backends), *(["cuda"] if _gpus().is_available() else [])]
    raise NotImplementedError(
        f"no backend for device type '{device_type}' in this installation; there is: {', '.join(present)}"
    )


def current_index(device_type: str) -> int:
    """Which device is meant by a type without an index."""
    return _gpus().current_device() if device_type == "cuda" else 0


def is_available(device_type: str) -> bool:
    """Whether tensors can live on this device type."""
    return device_type in _backends or (device_type == "cuda" and _gpus().is_available())
