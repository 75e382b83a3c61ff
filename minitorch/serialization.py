"""``save`` and ``load``: files that PyTorch reads, and PyTorch's files.

    save(model.state_dict(), "model.pt")        model.load_state_dict(load("model.pt"))

A file is a zip archive, nothing in it compressed:

    model/data.pkl        the object, pickled; where a storage would be, a number stands
    model/data/0, 1, ...  the bytes of the storages with these numbers, each once however many tensors look at it
    model/byteorder       "little"
    model/version         "3"

The pickle calls functions by PyTorch's names: ``torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...)``.
Writing, ``_Writer`` puts these names for the functions here; reading, ``_Reader`` finds the functions here for these
names. A pickle may call any function of any module, which is a program somebody else wrote; so ``load`` refuses every
name that is not on the list of those that only put tensors together, unless told ``weights_only=False``.

PyTorch: ``torch/serialization.py``, ``torch/_weights_only_unpickler.py``, ``caffe2/serialize/inline_container.cc``.
Left out on purpose: the two older file formats, files mapped into memory, and alignment of the bytes to 64.
"""

from __future__ import annotations

import codecs
import io
import os
import pickle
import sys
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import storage as storages
from minitorch._tensor import Tensor
from minitorch._tensor_copy import _rebuild_from_type_v2, _rebuild_tensor_v2, reduce_tensor
from minitorch.core import dtypes, memory_format
from minitorch.core.backend import is_available
from minitorch.core.device import cpu
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Size
from minitorch.nn.parameter import Parameter
from minitorch.storage import TypedStorage, UntypedStorage

DEFAULT_PROTOCOL = 2


# ---- what the pickle calls ------------------------------------------------------------------------------------------


def _rebuild_tensor_v3(
    storage: Any, storage_offset: int, size: Any, stride: Any, requires_grad: bool, backward_hooks: Any, dtype: Dtype,
    metadata: Any = None,
) -> Any:  # fmt: skip
    """``_rebuild_tensor_v2`` for dtypes that have no storage class of their own."""
    typed = TypedStorage(wrap_storage=storage, dtype=dtype)
    return _rebuild_tensor_v2(typed, storage_offset, size, stride, requires_grad, backward_hooks, metadata)


def _rebuild_parameter(data: Any, requires_grad: bool, backward_hooks: Any) -> Any:
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data: Any, requires_grad: bool, backward_hooks: Any, state: Any) -> Any:
    parameter = Parameter(data, requires_grad)
    parameter.__dict__.update(state)
    return parameter


def _named_objects() -> dict[tuple[str, str], Any]:
    """What stands in the files under PyTorch's names."""
    found: dict[tuple[str, str], Any] = {
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
        ("torch._utils", "_rebuild_tensor_v3"): _rebuild_tensor_v3,
        ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
        ("torch._utils", "_rebuild_parameter_with_state"): _rebuild_parameter_with_state,
        ("torch._tensor", "_rebuild_from_type_v2"): _rebuild_from_type_v2,
        ("torch", "Tensor"): Tensor,
        ("torch.nn.parameter", "Parameter"): Parameter,
        ("torch", "Size"): Size,
        ("torch", "device"): Device,
        ("torch.storage", "UntypedStorage"): UntypedStorage,
    }
    for dtype in dtypes.ALL:
        found["torch", dtype.name] = dtype
    for storage_class in storages.BY_DTYPE.values():
        found["torch", storage_class.__name__] = storage_class
    for name in ("contiguous_format", "preserve_format", "channels_last", "channels_last_3d", "strided"):
        found["torch", name] = getattr(memory_format, name)
    return found


_BY_NAME = _named_objects()
_NAMES = {id(value): name for name, value in _BY_NAME.items()}
_SAFE_BUILTINS: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict, ("collections", "Counter"): Counter, ("builtins", "set"): set,
    ("builtins", "complex"): complex, ("builtins", "bytearray"): bytearray, ("_codecs", "encode"): codecs.encode,
}  # fmt: skip
_safe_globals: dict[tuple[str, str], Any] = {}


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Functions and classes that ``load`` may call besides those on its list."""
    for value in safe_globals:
        _safe_globals[value.__module__, value.__qualname__] = value


def get_safe_globals() -> list[Any]:
    """What ``add_safe_globals`` was given."""
    return list(_safe_globals.values())


def clear_safe_globals() -> None:
    """Forget what ``add_safe_globals`` was given."""
    _safe_globals.clear()


# ---- writing --------------------------------------------------------------------------------------------------------


class _Writer(pickle._Pickler):
    """A pickler that collects storages, and writes PyTorch's names."""

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol)
        self.storages: list[UntypedStorage] = []
        self.dtypes: dict[int, Dtype] = {}

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, TypedStorage):
            storage_class: Any = storages.BY_DTYPE[obj.dtype]
            return ("storage", storage_class, self._number(obj.untyped(), obj.dtype), str(obj.device), obj.size())
        if isinstance(obj, UntypedStorage):
            return ("storage", UntypedStorage, self._number(obj, dtypes.uint8), str(obj.device), obj.nbytes())
        return None

    def _number(self, storage: UntypedStorage, dtype: Dtype) -> str:
        storage = storage.first_twin()
        if self.dtypes.setdefault(storage._cdata, dtype) is not dtype and storage.nbytes():
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types: "
                f"{self.dtypes[storage._cdata]} and {dtype}. Save one of them, or a clone."
            )
        for number, known in enumerate(self.storages):
            if known is storage:
                return str(number)
        self.storages.append(storage)
        return str(len(self.storages) - 1)

    def reducer_override(self, obj: Any) -> Any:
        if id(obj) in _NAMES:
            return _NAMES[id(obj)][1]
        if isinstance(obj, Size):
            return Size, (tuple(obj),)
        if isinstance(obj, Parameter):
            data: Any = obj.detach()
            no_hooks: Any = OrderedDict()
            if obj.__dict__:
                return _rebuild_parameter_with_state, (data, obj.requires_grad, no_hooks, dict(obj.__dict__))
            return _rebuild_parameter, (data, obj.requires_grad, no_hooks)
        if isinstance(obj, Tensor):
            return self._reduced(obj)
        return NotImplemented

    @staticmethod
    def _reduced(tensor: Any) -> Any:
        function, arguments = reduce_tensor(tensor, DEFAULT_PROTOCOL)
        if tensor._dtype in storages.BY_DTYPE:
            return function, arguments
        if function is _rebuild_tensor_v2:
            typed, *how = arguments
            return _rebuild_tensor_v3, (typed.untyped(), *how, tensor._dtype)
        _, cls, (typed, *how), state = arguments
        return function, (_rebuild_tensor_v3, cls, (typed.untyped(), *how, tensor._dtype), state)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        named = _NAMES.get(id(obj))
        if named is None and getattr(obj, "__module__", "").partition(".")[0] == "minitorch":
            named = ("torch" + obj.__module__.removeprefix("minitorch"), name or obj.__qualname__)
        if named is None:
            super().save_global(obj, name)  # type: ignore[misc]
            return
        module, called = named
        self.write(pickle.GLOBAL + f"{module}\n{called}\n".encode())  # type: ignore[attr-defined]
        self.memoize(obj)  # type: ignore[attr-defined]


def save(
    obj: Any, f: Any, pickle_module: Any = pickle, pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
) -> None:  # fmt: skip
    """Write an object with all tensors in it to a path or an open binary file."""
    if not _use_new_zipfile_serialization:
        raise NotImplementedError("save: only PyTorch's zip format is written, not the one before it")
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError(
            f"expected 'f' to be string, path, or a file-like object with a 'write' attribute, not {f!r}"
        )
    pickled = io.BytesIO()
    writer = _Writer(pickled, pickle_protocol)
    writer.dump(obj)
    name = os.path.splitext(os.path.basename(os.fspath(f)))[0] if isinstance(f, (str, os.PathLike)) else "archive"
    try:
        archive = zipfile.ZipFile(f, "w", zipfile.ZIP_STORED)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise RuntimeError(f"save: the file {f} cannot be written: {error.strerror}") from error
    with archive:
        archive.writestr(f"{name}/data.pkl", pickled.getvalue())
        archive.writestr(f"{name}/byteorder", sys.byteorder)
        for number, storage in enumerate(writer.storages):
            archive.writestr(f"{name}/data/{number}", storage.cpu().flat_bytes().tobytes())
        archive.writestr(f"{name}/version", "3\n")


# ---- reading --------------------------------------------------------------------------------------------------------


class _Reader(pickle.Unpickler):
    """An unpickler that finds storages by number, and functions by PyTorch's names."""

    def __init__(self, file: Any, find_storage: Callable[[Any], Any], weights_only: bool, **options: Any) -> None:
        super().__init__(file, **options)
        self.find_storage = find_storage
        self.weights_only = weights_only

    def persistent_load(self, pid: Any) -> Any:
        return self.find_storage(pid)

    def find_class(self, module: str, name: str) -> Any:
        if module == "__builtin__":  # its name in Python 2, which protocol 2 is meant to be read by
            module = "builtins"
        for known in (_BY_NAME, _SAFE_BUILTINS, _safe_globals):
            if (module, name) in known:
                return known[module, name]
        if self.weights_only:
            raise pickle.UnpicklingError(
                f"Weights only load failed. The file wants to call {module}.{name}, which load() does not allow by "
                "default: a file can make it run any program. If you trust who wrote it, use load(f, "
                "weights_only=False), or allow this one with serialization.add_safe_globals([...])."
            )
        if module.partition(".")[0] == "torch":
            module = "minitorch" + module.removeprefix("torch")
        return super().find_class(module, name)


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None,
    mmap: bool | None = None, **pickle_load_args: Any,
) -> Any:  # fmt: skip
    """Read what ``save``, here or in PyTorch, wrote to a path or an open binary file.

    ``map_location``: a device, a dictionary of locations, or ``f(storage, location)``, for files from another machine.
    ``weights_only``: refuse, with ``pickle.UnpicklingError``, what is more than tensors and containers (the default).
    """
    if mmap:
        raise RuntimeError("load: files are not mapped into memory here; leave out mmap")
    if not isinstance(f, (str, os.PathLike)) and not (hasattr(f, "read") and hasattr(f, "seek")):
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a file that is "
            "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
        )
    try:
        archive = zipfile.ZipFile(f)
    except zipfile.BadZipFile:
        raise _no_archive(f) from None
    with archive:
        names = archive.namelist()
        pickles = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        if not pickles:
            raise RuntimeError(f"load: the archive holds no data.pkl, but {names[:5]}: it was not written by save()")
        records = _Records(archive, pickles[0].removesuffix("data.pkl"), map_location)
        content = io.BytesIO(archive.read(pickles[0]))
        return _Reader(content, records.find, weights_only is not False, **pickle_load_args).load()


def _no_archive(f: Any) -> Exception:
    empty = os.path.getsize(f) == 0 if isinstance(f, (str, os.PathLike)) else not f.seek(0, os.SEEK_END)
    if empty:
        return EOFError("Ran out of input")
    return pickle.UnpicklingError("Weights only load failed. The file is no zip archive, as save() writes it.")


class _Records:
    """The storages of an archive, each made once."""

    def __init__(self, archive: zipfile.ZipFile, prefix: str, map_location: Any) -> None:
        self.archive, self.prefix, self.map_location = archive, prefix, map_location
        order = f"{prefix}byteorder"
        self.foreign = order in archive.namelist() and archive.read(order).decode() != sys.byteorder
        self.made: dict[str, UntypedStorage] = {}

    def find(self, pid: Any) -> Any:
        """The storage that the pickle calls ``("storage", class, number, location, elements)``."""
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise pickle.UnpicklingError(f"load: the pickle asks for {pid!r}, which is no storage")
        _, storage_class, number, location, _ = pid
        dtype = None if storage_class is UntypedStorage else storage_class.dtype
        if number not in self.made:
            data = np.frombuffer(bytearray(self.archive.read(f"{self.prefix}data/{number}")), np.uint8)
            if self.foreign and dtype is not None and dtype.itemsize > 1:
                data = data.reshape(-1, dtype.to_real().itemsize)[:, ::-1].reshape(-1).copy()
            self.made[number] = self._placed(UntypedStorage.over(data, cpu), location)
        untyped = self.made[number]
        return untyped if dtype is None else TypedStorage(wrap_storage=untyped, dtype=dtype)

    def _placed(self, storage: UntypedStorage, location: str) -> UntypedStorage:
        wanted = self.map_location
        if isinstance(wanted, dict):
            location = str(wanted.get(location, location))
        elif callable(wanted):
            return wanted(storage, location) or storage
        elif wanted is not None:
            location = str(Device(wanted))
        place = Device(location)
        if place.type == "cuda" and is_available("cuda"):
            return UntypedStorage(storage.nbytes(), device=place).copy_(storage)
        if place.type != "cpu":
            raise RuntimeError(
                f"Attempting to deserialize object on device '{location}', which this installation does not have. If "
                "you are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to "
                "map your storages to the CPU."
            )
        return storage
