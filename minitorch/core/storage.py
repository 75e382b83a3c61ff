"""Storage: the flat block of bytes under one or more tensors.

    tensor  = (storage, dtype, shape, stride, storage_offset)
    storage = (bytes, device, version)

Every view of a tensor shares its storage, so a write through one is seen by all. The *version counter* lives here for
the same reason: an in-place operation on any view raises it, and a backward pass that finds a saved tensor's version
changed knows that the value it needs is gone.

One block may have several counters: ``x.data`` and ``y.set_(x)`` share the bytes of ``x`` but not its version. They get
a *twin* of the storage, with a counter of its own; ``x.data.untyped_storage()`` answers with the first one all the
same, and when the block is resized all twins follow.

PyTorch's counterpart is ``c10/core/StorageImpl.h``, and in Python ``torch.UntypedStorage`` (``torch/storage.py``,
``torch/csrc/Storage.cpp``); there the version counter sits beside it, shared between views by ``c10::VariableVersion``
in ``c10/core/TensorImpl.h``. What knows a dtype, ``TypedStorage``, is in ``minitorch/storage.py``. Left out on purpose:
memory shared between processes, and files mapped into memory.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

import numpy as np

from minitorch.core.backend import Array, backend_for, is_available
from minitorch.core.device import cpu, place_of
from minitorch.core.device import device as Device

_new = object.__new__


class UntypedStorage:
    """``UntypedStorage(nbytes)``, ``UntypedStorage([1, 2, 255])``: a block of bytes.

    ``data``: a C-contiguous array of the backend that owns the bytes, of whatever shape and dtype made it. ``version``
    counts in-place writes by tensors. ``is_inference`` marks memory made under ``inference_mode``, whose writes are not
    counted.
    """

    __slots__ = ("data", "device", "version", "is_inference", "_first", "_rare", "_counter", "__weakref__")
    data: Array
    device: Device
    version: int
    is_inference: bool
    _first: UntypedStorage  # set in twins only: the one that stands for all of them
    _rare: _Rare  # set when first needed, so that making a tensor does not pay for it
    _counter: _Counter  # set only where the version counter is that of other memory too

    def __new__(cls, *args: Any, device: Any = None) -> UntypedStorage:
        place = cpu if device is None else place_of(device)
        if not args:
            return cls.allocate(0, place)
        if len(args) > 1:
            raise TypeError(
                f"torch.UntypedStorage() received an invalid combination of arguments - got "
                f"({', '.join(type(value).__name__ for value in args)}), but expected a size in bytes or a sequence"
            )
        if isinstance(args[0], int):
            if args[0] < 0:
                raise RuntimeError(f"torch.UntypedStorage(): a storage of {args[0]} bytes is impossible")
            return cls.allocate(args[0], place)
        made = cls.allocate(0, place)
        made.data = _bytes_of(args[0], place)
        return made

    @classmethod
    def over(cls, data: Array, device: Device, resizable: bool = True) -> UntypedStorage:
        """The memory of an array. Not ``resizable`` if somebody else owns it."""
        made = _new(cls)
        made.data = data
        made.device = device
        made.version = 0
        made.is_inference = False
        if not resizable:
            made.rare().resizable = False
        return made

    @classmethod
    def allocate(cls, nbytes: int, device: Device) -> UntypedStorage:
        """Uninitialised memory of ``nbytes`` bytes on ``device``."""
        return cls.over(device.backend.allocate(nbytes), device)

    # ---- one block, several version counters ----------------------------------------------------------------------

    def rare(self) -> _Rare:
        """What few storages need, made when first asked for; the same object for all twins."""
        found: _Rare | None = getattr(self, "_rare", None)
        if found is None:
            found = self._rare = _Rare(self)
        return found

    def with_own_version(self) -> UntypedStorage:
        """A twin: the same bytes under a version counter of their own (``tensor.data``)."""
        twin = UntypedStorage.over(self.data, self.device)
        twin.is_inference = self.is_inference
        twin._first = self.first_twin()
        twin._rare = self.rare()
        twin._rare.twins.add(twin)
        return twin

    def with_version_of(self, other: UntypedStorage) -> UntypedStorage:
        """A twin that counts versions together with ``other``: after ``x.data = y``, ``x`` and the views it had lie in
        different memory and still share one counter."""
        if type(other) is not _CountedTogether:
            counter = _Counter(other.version)
            other.__class__ = _CountedTogether
            other._counter = counter
        twin = self.with_own_version()
        twin.__class__ = _CountedTogether
        twin._counter = other._counter
        return twin

    def first_twin(self) -> UntypedStorage:
        """The storage that stands for the block: itself, or of which it is a twin."""
        return getattr(self, "_first", self)

    @property
    def _cdata(self) -> int:
        """A number that tells blocks apart: in PyTorch the address of the C++ object."""
        return id(self.first_twin())

    # ---- size and place -------------------------------------------------------------------------------------------

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

    is_hpu = is_sparse = is_sparse_csr = False
    filename = None  # of the file mapped into memory

    def get_device(self) -> int | None:
        """The device's index; None on the CPU."""
        return self.device.index

    def data_ptr(self) -> int:
        """Address of the first byte, 0 for an empty storage."""
        if self.nbytes() == 0:
            return 0
        return self.device.backend.address(self.data)

    def resizable(self) -> bool:
        """Whether ``resize_`` may give it other memory: not if an array or another library owns the memory."""
        return not hasattr(self, "_rare") or self._rare.resizable

    def resize_(self, size: int) -> UntypedStorage:
        """Make it ``size`` bytes long and keep what fits. ``RuntimeError`` if somebody else owns the memory."""
        if not isinstance(size, int):
            raise RuntimeError(f"resize_ expects an int, but got {type(size).__name__}")
        if size < 0:
            raise RuntimeError(f"resize_: a storage of {size} bytes is impossible")
        if not self.resizable():
            raise RuntimeError("Trying to resize storage that is not resizable")
        kept = min(size, self.nbytes())
        memory = self.device.backend.allocate(size)
        memory[:kept] = self.flat_bytes()[:kept]
        for storage in list(self._rare.twins) if hasattr(self, "_rare") else [self]:
            storage.data = memory
            _forget_arrays(storage)
        return self

    # ---- the bytes ------------------------------------------------------------------------------------------------

    def flat_bytes(self) -> Array:
        """All bytes as a one-dimensional array over the same memory."""
        return self.data.reshape(-1).view(self.device.backend.xp.uint8)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            start, stop, step = index.indices(self.nbytes())
            if step != 1:
                raise RuntimeError(f"Trying to slice with a step of {step}, but only a step of 1 is supported")
            return UntypedStorage.over(self.flat_bytes()[start:stop], self.device, resizable=False)
        if not isinstance(index, int):
            raise TypeError(f"can't index a torch.UntypedStorage with {type(index).__name__}")
        if not -self.nbytes() <= index < self.nbytes():
            raise IndexError(f"index {index} out of range for storage of size {self.nbytes()}")
        return int(self.flat_bytes()[index])

    def __setitem__(self, index: Any, value: int) -> None:
        if not isinstance(value, int):
            raise RuntimeError(f"can only set storage content with a int types, but got {type(value).__name__} instead")
        if not isinstance(index, (int, slice)):
            raise RuntimeError(f"can't index a torch.UntypedStorage with {type(index).__name__}")
        if isinstance(index, int) and not -self.nbytes() <= index < self.nbytes():
            raise RuntimeError(f"index {index} is out of bounds for a storage of {self.nbytes()} bytes")
        self.flat_bytes()[index] = value & 0xFF

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def tolist(self) -> list[int]:
        """The bytes as ints in 0..255."""
        values: list[int] = self.flat_bytes().tolist()
        return values

    def fill_(self, value: int) -> UntypedStorage:
        """Set every byte, to ``value`` modulo 256. No version is raised: a storage does not know of tensors."""
        if not isinstance(value, int):
            raise RuntimeError(f"fill_ expects int, but got {type(value).__name__}")
        self.flat_bytes()[...] = value & 0xFF
        return self

    def copy_(self, source: Any, non_blocking: bool = False) -> UntypedStorage:
        """Take over the bytes of another storage of the same size."""
        if not isinstance(source, UntypedStorage):
            raise TypeError(f"copy_(): argument 'src' (position 1) must be torch.Storage, not {type(source).__name__}")
        if source.nbytes() != self.nbytes():
            raise RuntimeError(
                f"size does not match, self was {self.nbytes()} bytes but src was {source.nbytes()} bytes"
            )
        self.flat_bytes()[...] = self.device.backend.from_device(source.flat_bytes(), source.device.backend)
        return self

    def clone(self) -> UntypedStorage:
        """A copy with memory of its own."""
        return UntypedStorage.over(self.data.copy(), self.device)

    # ---- the same on other devices --------------------------------------------------------------------------------

    def untyped(self) -> UntypedStorage:
        """Itself."""
        return self

    def cpu(self) -> UntypedStorage:
        """The bytes in main memory; itself if they are there."""
        return self if self.device is cpu else UntypedStorage(self.nbytes()).copy_(self)

    def type(self) -> str:
        """The name of its class."""
        return "torch.storage.UntypedStorage"

    def share_memory_(self) -> UntypedStorage:
        """Let other processes see it. Here that is only remembered: a process that is forked sees a copy."""
        self.rare().shared = True
        return self

    def is_shared(self) -> bool:
        """Whether ``share_memory_`` was called, or it lies on a GPU."""
        return self.is_cuda or (hasattr(self, "_rare") and self._rare.shared)

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the memory is locked for transfers to a GPU."""
        return hasattr(self, "_rare") and self._rare.pinned

    def pin_memory(self, device: Any = None) -> UntypedStorage:
        """A copy in memory locked for transfers; itself if it is. ``RuntimeError`` without a GPU, as in PyTorch."""
        if not is_available("cuda"):
            raise RuntimeError("Cannot access accelerator device when none is available.")
        if self.device is not cpu:
            raise TypeError(f"cannot pin '{self.type()}' only CPU memory can be pinned")
        return self if self.is_pinned() else pinned_storage(self.nbytes()).copy_(self)

    # ---- copying and printing -------------------------------------------------------------------------------------

    def __copy__(self) -> UntypedStorage:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedStorage:
        first = self.first_twin()
        if id(first) not in memo:
            memo[id(first)] = self.clone()
        copied: UntypedStorage = memo[id(first)]
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return from_bytes, (self.flat_bytes().tobytes(), self.device)

    def __repr__(self) -> str:
        listed = "\n ".join(map(str, self.tolist()))
        return f" {listed}\n[torch.storage.UntypedStorage(device={self.device}) of size {self.nbytes()}]"


Storage = UntypedStorage  # its name inside the engine


class _Counter:
    """A version counter that stands by itself."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class _CountedTogether(UntypedStorage):
    """A storage whose version counter others have too. A class of its own, so that all others pay nothing for it."""

    __slots__ = ()

    @property  # type: ignore[override]
    def version(self) -> int:
        """How often one of those that share the counter was written."""
        return self._counter.value

    @version.setter
    def version(self, value: int) -> None:
        self._counter.value = value


class _Rare:
    """What few storages need. ``twins``: the storages over the same block."""

    __slots__ = ("twins", "resizable", "shared", "pinned", "used_in")

    def __init__(self, first: UntypedStorage) -> None:
        self.twins = WeakSet([first])
        self.resizable = True
        self.shared = False
        self.pinned = False
        self.used_in: Any = None  # the streams that `Tensor.record_stream` named


def _forget_arrays(storage: UntypedStorage) -> None:
    """Tensors keep the array they computed on last (``TensorBase.array``); over other memory it is out of date.

    No storage knows its tensors, for every view would pay for that. The garbage collector does, and resizing is rare.
    """
    for holder in gc.get_referrers(storage):
        if hasattr(type(holder), "_array") and holder._storage is storage:
            holder._array = None


def _bytes_of(values: Any, place: Device) -> Array:
    """A sequence of ints as bytes, each modulo 256. ``RuntimeError`` for anything else."""
    if not hasattr(values, "__len__") or not hasattr(values, "__getitem__") or hasattr(values, "dtype"):
        raise RuntimeError(f"torch.UntypedStorage(): Expected a sequence type, but got {type(values).__name__}")
    for value in values:
        if not isinstance(value, int):
            raise RuntimeError(
                f"torch.UntypedStorage(): tried to construct a storage from a sequence ({type(values).__name__}), but "
                f"one of the items was of type {type(value).__name__} instead of int"
            )
    return place.backend.from_host(np.asarray(bytearray(value & 0xFF for value in values), dtype=np.uint8))


def pinned_storage(nbytes: int) -> UntypedStorage:
    """Host memory that a GPU can read while the program goes on."""
    made = UntypedStorage.over(backend_for("cuda").pinned(nbytes), cpu)
    made.rare().pinned = True
    return made


def from_bytes(content: bytes, device: Device) -> UntypedStorage:
    """What ``pickle`` makes of a storage."""
    made = UntypedStorage.allocate(len(content), device)
    made.data[...] = device.backend.from_host(np.frombuffer(content, np.uint8))
    return made
