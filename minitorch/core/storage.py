"""Storage: the flat block of bytes under one or more tensors.

    tensor  = (storage, dtype, shape, stride, storage_offset)
    storage = (bytes, device, version)

Every view of a tensor shares its storage, so a write through one is seen by all. The *version counter* lives here for
the same reason: an in-place operation on any view raises it, and a backward pass that finds a saved tensor's version
changed knows that the value it needs is gone.

PyTorch's counterpart is ``c10/core/StorageImpl.h``; there the version counter sits beside it, shared between views by
``c10::VariableVersion`` in ``c10/core/TensorImpl.h``.
"""

from __future__ import annotations

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

    def nbytes(self) -> int:
        """Size in bytes."""
        return int(self.data.nbytes)

    size = nbytes

    def __len__(self) -> int:
        return self.nbytes()

    def data_ptr(self) -> int:
        """Address of the first byte, 0 for an empty storage."""
        if self.nbytes() == 0:
            return 0
        interface = getattr(self.data, "__cuda_array_interface__", None) or self.data.__array_interface__
        return int(interface["data"][0])

    def __repr__(self) -> str:
        return f"[torch.storage.UntypedStorage(device={self.device}) of size {self.nbytes()}]"
