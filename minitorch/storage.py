"""Storages as users see them: ``UntypedStorage``, bytes, and above it ``TypedStorage``, elements of one dtype.

    x.untyped_storage()     the bytes under x, and under all its views     minitorch/core/storage.py
    x._typed_storage()      the same bytes, read in the dtype of x         here
    FloatStorage(3)         a new one: the names from when each dtype had a class

A typed storage holds no memory of its own: it is an untyped storage with a dtype, and what it does to elements it asks
a one-dimensional tensor over the same bytes to do. PyTorch is giving it up; ``x.storage()`` says so in a warning.

PyTorch: ``torch/storage.py``. Left out on purpose: files mapped into memory and sharing between processes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import scalar_type_name
from minitorch.core.storage import UntypedStorage as UntypedStorage
from minitorch.core.storage import from_bytes
from minitorch.ops.creating.from_data import tensor
from minitorch.ops.shapes.copying import fill_, write_elements
from minitorch.tensor_base import over_storage

_NAMES = {
    dtypes.float64: "DoubleStorage", dtypes.float32: "FloatStorage", dtypes.float16: "HalfStorage",
    dtypes.bfloat16: "BFloat16Storage", dtypes.int64: "LongStorage", dtypes.int32: "IntStorage",
    dtypes.int16: "ShortStorage", dtypes.int8: "CharStorage", dtypes.uint8: "ByteStorage", dtypes.bool_: "BoolStorage",
    dtypes.complex64: "ComplexFloatStorage", dtypes.complex128: "ComplexDoubleStorage",
}  # fmt: skip

_DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
    "This should only matter to you if you are using storages directly. To access UntypedStorage directly, use "
    "tensor.untyped_storage() instead of tensor.storage()"
)


def _to(dtype: Dtype) -> Any:
    """The method that makes a copy whose elements are of another dtype."""

    def method(self: TypedStorage) -> TypedStorage:
        result = TypedStorage(self.size(), dtype=dtype, device=self.device)
        write_elements(result._elements(), self._elements())
        return result

    method.__doc__ = f"A copy whose elements are {dtype}."
    return method


class _Conversions:
    """The methods named after dtypes; a class of their own, so that below ``int`` still means Python's."""

    double, float, half = _to(dtypes.float64), _to(dtypes.float32), _to(dtypes.float16)
    bfloat16 = _to(dtypes.bfloat16)
    long, int, short, char = _to(dtypes.int64), _to(dtypes.int32), _to(dtypes.int16), _to(dtypes.int8)
    byte, bool = _to(dtypes.uint8), _to(dtypes.bool_)
    complex_float, complex_double = _to(dtypes.complex64), _to(dtypes.complex128)


class TypedStorage(_Conversions):
    """``TypedStorage(3, dtype=float32)``, ``TypedStorage([1, 2])``, or over an untyped one with ``wrap_storage``."""

    dtype: Dtype
    _untyped_storage: UntypedStorage

    def __init__(self, *args: Any, wrap_storage: Any = None, dtype: Any = None, device: Any = None) -> None:
        if len(args) > 1:
            raise RuntimeError(f"TypedStorage() takes one argument, a size or a sequence of numbers, not {len(args)}")
        if wrap_storage is not None:
            if args or device is not None:
                raise RuntimeError("TypedStorage(): with wrap_storage there is no size, sequence or device to be given")
            if dtype is None:
                raise RuntimeError("TypedStorage(): argument 'dtype' must be specified with wrap_storage")
            if not isinstance(wrap_storage, UntypedStorage):
                raise TypeError(
                    f"TypedStorage(): argument 'wrap_storage' must be UntypedStorage, not {type(wrap_storage).__name__}"
                )
        kind = dtypes.get_default_dtype() if dtype is None else dtype
        if not isinstance(kind, Dtype):
            raise TypeError(f"TypedStorage(): argument 'dtype' must be torch.dtype, not {type(kind).__name__}")
        self.dtype = kind
        if wrap_storage is not None:
            self._untyped_storage = wrap_storage
        elif not args or isinstance(args[0], int):
            length = args[0] if args else 0
            self._untyped_storage = UntypedStorage(length * kind.itemsize, device=device)
        else:
            self._untyped_storage = tensor(args[0], dtype=kind, device=device).untyped_storage()

    def _elements(self) -> Any:
        """A one-dimensional tensor over all of it."""
        own = self._untyped_storage.with_own_version()  # writes through a storage raise no tensor's version
        return over_storage(own, self.dtype, geo.contiguous((self.size(),)))

    # ---- size and place -------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Number of elements."""
        return self._untyped_storage.nbytes() // self.dtype.itemsize

    __len__ = size

    def nbytes(self) -> int:
        """Size in bytes."""
        return self._untyped_storage.nbytes()

    def element_size(self) -> int:
        """Bytes an element."""
        return self.dtype.itemsize

    @property
    def device(self) -> Device:
        """Where it lies."""
        return self._untyped_storage.device

    @property
    def is_cuda(self) -> bool:
        """Whether it lies on a CUDA device."""
        return self._untyped_storage.is_cuda

    is_sparse = False
    filename = None

    def get_device(self) -> int | None:
        """The device's index; None on the CPU."""
        return self._untyped_storage.get_device()

    def data_ptr(self) -> int:
        """Address of the first element."""
        return self._untyped_storage.data_ptr()

    @property
    def _cdata(self) -> int:
        return self._untyped_storage._cdata

    def untyped(self) -> UntypedStorage:
        """The bytes."""
        return self._untyped_storage

    def resizable(self) -> bool:
        """Whether ``resize_`` may give it other memory."""
        return self._untyped_storage.resizable()

    def resize_(self, size: int) -> None:
        """Make room for ``size`` elements and keep those that fit."""
        if not isinstance(size, int):
            raise RuntimeError(f"resize_ expects an int, but got {type(size).__name__}")
        self._untyped_storage.resize_(size * self.dtype.itemsize)

    # ---- elements -------------------------------------------------------------------------------------------------

    def _place(self, index: Any) -> int:
        if not isinstance(index, int):
            raise RuntimeError(f"can't index a {type(self)} with {type(index)}")
        if not -self.size() <= index < self.size():
            raise IndexError(f"index {index} out of range for storage of size {self.size()}")
        return index

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._elements()[self._place(index)].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        elements = self._elements()
        fill_(elements[index] if isinstance(index, slice) else elements[self._place(index)], value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return list(self._elements().tolist())

    def fill_(self, value: Any) -> TypedStorage:
        """Set every element."""
        fill_(self._elements(), value)
        return self

    def copy_(self, source: Any, non_blocking: bool = False) -> TypedStorage:
        """Take over the bytes of another storage of the same size."""
        self._untyped_storage.copy_(source._untyped_storage if isinstance(source, TypedStorage) else source)
        return self

    def clone(self) -> TypedStorage:
        """A copy with memory of its own."""
        return TypedStorage(wrap_storage=self._untyped_storage.clone(), dtype=self.dtype)

    # ---- elsewhere ------------------------------------------------------------------------------------------------

    def cpu(self) -> TypedStorage:
        """The same in main memory."""
        return TypedStorage(wrap_storage=self._untyped_storage.cpu(), dtype=self.dtype)

    def type(self) -> str:
        """The old name of storages of this dtype: ``"torch.FloatStorage"``."""
        name = self.pickle_storage_type()
        return "torch.storage.TypedStorage" if name is None else f"torch.{name}"

    def pickle_storage_type(self) -> str | None:
        """That name without its module; None for dtypes that never had one."""
        return _NAMES.get(self.dtype)

    def share_memory_(self) -> TypedStorage:
        """``UntypedStorage.share_memory_``."""
        self._untyped_storage.share_memory_()
        return self

    def is_shared(self) -> bool:
        """Whether ``share_memory_`` was called."""
        return self._untyped_storage.is_shared()

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the memory is locked for transfers to a GPU."""
        return self._untyped_storage.is_pinned()

    def pin_memory(self, device: Any = None) -> TypedStorage:
        """A copy in memory locked for transfers. ``RuntimeError`` without a GPU, as in PyTorch."""
        return TypedStorage(wrap_storage=self._untyped_storage.pin_memory(device), dtype=self.dtype)

    # ---- copying and printing -------------------------------------------------------------------------------------

    def __copy__(self) -> TypedStorage:
        return self.clone()

    def __deepcopy__(self, memo: dict[Any, Any]) -> TypedStorage:
        copied = memo.get(id(self))
        if copied is None:
            untyped = self._untyped_storage.__deepcopy__(memo)
            copied = memo[id(self)] = TypedStorage(wrap_storage=untyped, dtype=self.dtype)
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return _typed, (*self._untyped_storage.__reduce__()[1], self.dtype)

    def __str__(self) -> str:
        listed = "\n ".join(map(str, self.tolist()))
        kind = f"dtype={self.dtype}, device={self.device}"
        return f" {listed}\n[torch.storage.TypedStorage({kind}) of size {self.size()}]"

    __repr__ = __str__


def _typed(content: bytes, device: Device, dtype: Dtype) -> TypedStorage:
    """What ``pickle`` makes of a typed storage."""
    return TypedStorage(wrap_storage=from_bytes(content, device), dtype=dtype)


# ---- FloatStorage and its kin ---------------------------------------------------------------------------------------


class _AnyOfDtype(type):
    """``isinstance(s, FloatStorage)`` asks for the dtype, ``FloatStorage(3)`` makes a typed storage of it."""

    dtype: Dtype

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype

    def __call__(cls, *args: Any, wrap_storage: Any = None, device: Any = None) -> TypedStorage:
        return TypedStorage(*args, wrap_storage=wrap_storage, dtype=cls.dtype, device=device)

    def from_buffer(cls, buffer: Any, byte_order: str = "native") -> TypedStorage:
        """The bytes of a buffer, copied, of ``"little"``, ``"big"`` or ``"native"`` byte order."""
        orders: dict[str, Any] = {"native": "=", "little": "<", "big": ">"}
        if byte_order not in orders:
            raise ValueError(f"invalid byte_order '{byte_order}' (expected 'big', 'little' or 'native')")
        numbers = np.frombuffer(buffer, cls.dtype.np.newbyteorder(orders[byte_order])).astype(cls.dtype.np)
        data = numbers.reshape(-1).view(np.uint8)
        return TypedStorage(wrap_storage=UntypedStorage.over(data, Device("cpu")), dtype=cls.dtype)


def _named(dtype: Dtype) -> Any:
    return _AnyOfDtype(_NAMES[dtype], (), {"dtype": dtype, "__doc__": f"A typed storage of dtype {dtype}."})


DoubleStorage, FloatStorage = _named(dtypes.float64), _named(dtypes.float32)
HalfStorage, BFloat16Storage = _named(dtypes.float16), _named(dtypes.bfloat16)
LongStorage, IntStorage, ShortStorage = _named(dtypes.int64), _named(dtypes.int32), _named(dtypes.int16)
CharStorage, ByteStorage, BoolStorage = _named(dtypes.int8), _named(dtypes.uint8), _named(dtypes.bool_)
ComplexFloatStorage, ComplexDoubleStorage = _named(dtypes.complex64), _named(dtypes.complex128)

BY_DTYPE = {
    cls.dtype: cls
    for cls in (
        DoubleStorage, FloatStorage, HalfStorage, BFloat16Storage, LongStorage, IntStorage, ShortStorage, CharStorage,
        ByteStorage, BoolStorage, ComplexFloatStorage, ComplexDoubleStorage,
    )
}  # fmt: skip


# ---- methods of Tensor ----------------------------------------------------------------------------------------------


def typed_storage(input: Any) -> TypedStorage:
    """The bytes under the tensor, read in its dtype."""
    return TypedStorage(wrap_storage=input.untyped_storage(), dtype=input._dtype)


def storage(input: Any) -> TypedStorage:
    """``typed_storage`` under its old name; warns that it is going away."""
    warnings.warn(_DEPRECATED, stacklevel=2)
    return typed_storage(input)


def storage_type(input: Any) -> Any:
    """``FloatStorage`` for a float tensor."""
    found = BY_DTYPE.get(input._dtype)
    if found is None:
        raise RuntimeError(f"there is no storage class for {scalar_type_name(input._dtype)}")
    return found
