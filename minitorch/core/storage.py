"""Storage: the flat block of bytes under one or more tensors.

    tensor  = (storage, dtype, shape, stride, storage_offset)
    storage = (bytes, device, version)

Every view of a tensor shares its storage, so a write through one is seen by all. The *version counter* lives here for
the same reason: an in-place operation on any view raises it, and a backward pass that finds a saved tensor's version
changed knows that the value it needs is gone.

PyTorch's counterpart is ``c10/core/StorageImpl.h``, and in Python ``torch.UntypedStorage`` (``torch/storage.py``);
there the version counter sits beside it, shared between views by ``c10::VariableVersion`` in ``c10/core/TensorImpl.h``.
Left out on purpose: typed storages, which PyTorch itself is giving up, and sharing between processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minitorch.core.backend import Array
from minitorch.core.device import device as Device

_new = object.__new__


class Storage:
    """``data``: a C-contiguous array of the backend that owns the bytes, of whatever shape and dtype made it.

    ``version`` counts in-place writes. ``is_inference`` marks memory made under ``inference_mode``, whose writes are
    not counted.
    """

    __slots__ = ("data", "device", "version", "is_inference", "__weakref__")
    data: Array
    device: Device
    version: int
    is_inference: bool

    def __init__(self, data: Array, device: Device) -> None:
        self.data = data
        self.device = device
        self.version = 0
        self.is_inference = False

    @classmethod
    def allocate(cls, nbytes: int, device: Device) -> Storage:
        """Uninitialised memory of ``nbytes`` bytes on ``device``."""
        return cls(device.backend.allocate(nbytes), device)

    def with_own_version(self) -> Storage:
        """The same bytes under a version counter of their own (``tensor.data``)."""
        other = Storage(self.data, self.device)
        other.is_inference = self.is_inference
        return other

    def nbytes(self) -> int:
        """Size in bytes."""
        return int(self.data.nbytes)

    size = nbytes

    def __len__(self) -> int:
        return self.nbytes()

    def element_size(self) -> int:
        """Bytes an element: a storage knows of no dtype, its elements are bytes."""
        return 1

    @property
    def is_cuda(self) -> bool:
        """Whether it lies on a CUDA device."""
        return self.device.type == "cuda"

    def data_ptr(self) -> int:
        """Address of the first byte, 0 for an empty storage."""
        if self.nbytes() == 0:
            return 0
        interface = getattr(self.data, "__cuda_array_interface__", None) or self.data.__array_interface__
        return int(interface["data"][0])

    def flat_bytes(self) -> Array:
        """All bytes as a one-dimensional array over the same memory."""
        return self.data.reshape(-1).view(self.device.backend.xp.uint8)

    def __getitem__(self, index: int) -> int:
        if not isinstance(index, int):
            raise TypeError(f"can't index a torch.UntypedStorage with {type(index).__name__}")
        return int(self.flat_bytes()[index])

    def __setitem__(self, index: int, value: int) -> None:
        self.flat_bytes()[index] = value
        self.version += 1

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def tolist(self) -> list[int]:
        """The bytes as ints in 0..255."""
        values: list[int] = self.flat_bytes().tolist()
        return values

    def clone(self) -> Storage:
        """A copy with memory of its own."""
        return type(self)(self.data.copy(), self.device)

    def fill_(self, value: int) -> Storage:
        """Set every byte."""
        self.flat_bytes()[...] = value
        self.version += 1
        return self

    def untyped(self) -> Storage:
        """Itself."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Storage:
        if id(self) not in memo:
            memo[id(self)] = self.clone()
        copied: Storage = memo[id(self)]
        return copied

    def __repr__(self) -> str:
        listed = "\n ".join(map(str, self.tolist()))
        return f" {listed}\n[torch.storage.UntypedStorage(device={self.device}) of size {self.nbytes()}]"
