"""Emulated device memory: an array that NumPy must not touch, as it could not touch a GPU's.

    x = xp.asarray(host)     a copy, host to device
    x + 1, xp.exp(x)         device to device
    x.get()                  a copy, device to host
    host + x, np.asarray(x)  TypeError

``ndarray`` stands for ``cupy.ndarray``: its attributes, methods and refusals are CuPy's. Inside is a NumPy array that
is reached by nobody but ``unwrapped``, so that code that runs on it keeps host and device apart, and would on a GPU.
What CuPy gives as a zero-dim array where NumPy gives a scalar is a zero-dim array here too.

Each block of memory knows its device and tells the allocator (``allocator.py``) when it begins and ends; views share
it. The functions on arrays are in ``arrays.py``.

Not emulated: CuPy clamps or wraps indices that are out of bounds, here they are errors, as they are for PyTorch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minitorch.core.cuda import backend_of, copies

IMPLICIT = (
    "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array explicitly."
)
_IN_CUPY = "?bBhHiIlLqQefdFD"  # the dtypes that it has, and bfloat16


class _Current(threading.local):
    index = 0


current = _Current()  # the device on which this thread makes new arrays


class Memory:
    """A block of device memory, shared by all views over it; counted as long as one of them lives."""

    __slots__ = ("nbytes", "device_id", "block", "__weakref__")

    def __init__(self, nbytes: int, device_id: int) -> None:
        self.block = None  # nothing to give back if it is refused
        self.block = backend_of(device_id).memory.take(nbytes)
        self.nbytes, self.device_id = nbytes, device_id

    def __del__(self) -> None:
        if self.block is not None:
            self.block.device.give_back(self.block)


class MemoryPointer:
    """``x.data``: where an array begins."""

    __slots__ = ("mem", "ptr")

    def __init__(self, mem: Memory, ptr: int) -> None:
        self.mem, self.ptr = mem, ptr

    @property
    def device_id(self) -> int:
        """The device that owns the block."""
        return self.mem.device_id


class Device:
    """``x.device``: which GPU. In a ``with`` block it is the current one."""

    __slots__ = ("id", "_before")

    def __init__(self, id: int) -> None:
        self.id = id

    def __enter__(self) -> Device:
        self._before, current.index = current.index, self.id
        return self

    def __exit__(self, *exc_info: object) -> None:
        current.index = self._before

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return self.id

    def __int__(self) -> int:
        return self.id

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"


class Flags:
    """``x.flags``: the three that CuPy has."""

    __slots__ = ("c_contiguous", "f_contiguous", "owndata")

    def __init__(self, flags: Any) -> None:
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.owndata = flags.owndata


# ---- the border between host and device -----------------------------------------------------------------------------


def unwrapped(array: ndarray) -> np.ndarray[Any, Any]:
    """The memory of a device array, for kernels that are emulated too. The one way in; everybody else copies."""
    return array._host


def fresh(host: np.ndarray[Any, Any], device_id: int) -> ndarray:
    """A device array over memory that nobody else has: a result that was just computed, or a copy."""
    dtype = host.dtype
    if dtype.char not in _IN_CUPY and dtype.name != "bfloat16":
        raise TypeError(f"Unsupported dtype {dtype}")
    return over(host, Memory(host.nbytes, device_id))


def over(host: np.ndarray[Any, Any], memory: Memory) -> ndarray:
    """A device array over a block that exists."""
    array = object.__new__(ndarray)
    array._host, array._memory = host, memory
    return array


def operand(value: Any) -> Any:
    """What NumPy computes with. ``TypeError`` (CuPy's) for arrays of the host."""
    if type(value) is ndarray:
        return value._host
    if isinstance(value, (int, float, complex, np.generic)) or value is None:
        return value
    raise TypeError(f"Unsupported type {type(value)}")


def result(value: Any, sources: list[ndarray], device_id: int) -> Any:
    """What NumPy computed as what CuPy would have: arrays of the device; a view, if it is one of a source."""
    if isinstance(value, np.generic):
        return fresh(np.asarray(value), device_id)
    if isinstance(value, np.ndarray):
        for source in sources:
            if value is source._host:
                return source
        if value.base is not None:
            root = _root(value)
            for source in sources:
                if _root(source._host) is root:
                    return over(value, source._memory)
        return fresh(value, device_id)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[result(item, sources, device_id) for item in value])
    if isinstance(value, (tuple, list)):
        return type(value)(result(item, sources, device_id) for item in value)
    return value


def _root(array: Any) -> Any:
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], device_id: int) -> Any:
    """A NumPy function on device arrays, also inside tuples and lists; the result is on the device of the first."""
    sources: list[ndarray] = []
    args = tuple([_opened(value, sources) for value in args])
    kwargs = {name: _opened(value, sources) for name, value in kwargs.items()}
    place = sources[0]._memory.device_id if sources else device_id
    return result(function(*args, **kwargs), sources, place)


def _opened(value: Any, sources: list[ndarray]) -> Any:
    if type(value) is ndarray:
        sources.append(value)
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if type(value) in (tuple, list):
        return type(value)([_opened(item, sources) for item in value])
    return value


# ---- the array ------------------------------------------------------------------------------------------------------


def _method(name: str, parameters: str, least: int = 0) -> Callable[..., Any]:
    """The method of ``np.ndarray`` of that name, with CuPy's parameters."""
    names = parameters.split()
    function = getattr(np.ndarray, name)

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        if len(args) > len(names) or not kwargs.keys() <= set(names):
            raise TypeError(f"cupy.ndarray.{name}({', '.join(names)}): got {len(args)} arguments and {list(kwargs)}")
        if len(args) > least:
            kwargs |= zip(names[least:], args[least:])
        return call(function, (self, *args[:least]), kwargs, self._memory.device_id)

    method.__name__ = name
    return method


class ndarray(np.lib.mixins.NDArrayOperatorsMixin):  # noqa: N801  (CuPy's own spelling)
    """An array in device memory. See the module's text."""

    __slots__ = ("_host", "_memory", "__weakref__")
    __array_priority__ = 100
    _host: np.ndarray[Any, Any]
    _memory: Memory

    def __init__(self, shape: Any, dtype: Any = float) -> None:
        """Uninitialised memory on the current device, as ``cupy.ndarray(shape, dtype)`` makes it."""
        made = fresh(np.empty(shape, dtype), current.index)
        self._host, self._memory = made._host, made._memory

    # ---- what it is -------------------------------------------------------------------------------------------------

    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    strides = property(lambda self: self._host.strides)
    flags = property(lambda self: Flags(self._host.flags))
    device = property(lambda self: Device(self._memory.device_id))
    data = property(lambda self: MemoryPointer(self._memory, self._host.ctypes.data))
    T = property(lambda self: self._view(self._host.T))
    mT = property(lambda self: self._view(self._host.mT))

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dimension."""
        return tuple(self._host.shape)

    @shape.setter
    def shape(self, shape: Any) -> None:
        self._host = self._host.reshape(shape)

    @property
    def real(self) -> ndarray:
        """The real part, a view."""
        return self._view(self._host.real)

    @real.setter
    def real(self, value: Any) -> None:
        self._host.real = operand(value)

    @property
    def imag(self) -> ndarray:
        """The imaginary part, a view; zeros for real numbers."""
        if self._host.dtype.kind == "c":
            return self._view(self._host.imag)
        return fresh(np.zeros_like(self._host), self._memory.device_id)

    @imag.setter
    def imag(self, value: Any) -> None:
        self._host.imag = operand(value)

    def _view(self, host: np.ndarray[Any, Any]) -> ndarray:
        return over(host, self._memory)

    # ---- from and to the host ---------------------------------------------------------------------------------------

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> Any:
        """A copy in host memory."""
        host = self._read()
        if out is None:
            return host.copy(order=order)  # type: ignore[arg-type]
        out[...] = host
        return out

    def _read(self) -> np.ndarray[Any, Any]:
        """The elements on their way to the host."""
        copies["to_host"] += self._host.nbytes
        return self._host

    def set(self, arr: np.ndarray[Any, Any], stream: Any = None) -> None:
        """Take over the elements of a host array of the same shape and dtype."""
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if self.dtype != arr.dtype:
            raise TypeError(f"{arr.dtype} array cannot be set to {self.dtype} array")
        if self.shape != arr.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {arr.shape}")
        copies["from_host"] += arr.nbytes
        self._host[...] = arr

    def item(self) -> Any:
        """The one element as a Python number."""
        return self._read().item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._read().tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        """The elements' bytes."""
        return self._read().tobytes(order)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(IMPLICIT)

    def __bool__(self) -> bool:
        return bool(self._read())

    def __int__(self) -> int:
        return int(self._read())

    def __float__(self) -> float:
        return float(self._read())

    def __complex__(self) -> complex:
        return complex(self._read())

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[ndarray]:
        if self._host.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[place] for place in range(len(self._host)))

    def __copy__(self) -> ndarray:
        return fresh(self._host.copy(order="K"), self._memory.device_id)

    def __deepcopy__(self, memo: Any) -> ndarray:
        return self.__copy__()

    def __reduce__(self) -> Any:
        return _unpickled, (self._host.copy(),)

    def __repr__(self) -> str:
        return repr(self._host)

    def __str__(self) -> str:
        return str(self._host)

    def __format__(self, spec: str) -> str:
        return format(self._host.item() if self._host.ndim == 0 else self._host, spec)

    # ---- elements ---------------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> ndarray:
        index = _index(index)
        index = index if isinstance(index, tuple) else (index,)
        if not any(part is Ellipsis for part in index):
            index = (*index, ...)  # a zero-dim array instead of a scalar
        return result(self._host[index], [self], self._memory.device_id)  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._host[_index(index)] = _filling(value)

    def fill(self, value: Any) -> None:
        """Every element the same value."""
        self._host.fill(_filling(value))

    # ---- copies and views -------------------------------------------------------------------------------------------

    def astype(self, dtype: Any, order: Any = "K", casting: Any = None, subok: Any = None, copy: bool = True) -> Any:
        """The elements in another dtype; itself if nothing changes and ``copy`` is False."""
        host = self._host.astype(dtype, order, casting or "unsafe", copy=copy)
        return self if host is self._host else fresh(host, self._memory.device_id)

    def view(self, dtype: Any = None, type: Any = None) -> ndarray:
        """The same memory, read as another dtype."""
        return self._view(self._host.view() if dtype is None else self._host.view(dtype))

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        """Another shape: a view where that is possible."""
        return call(np.ndarray.reshape, (self, *shape), {"order": order}, self._memory.device_id)

    def transpose(self, *axes: Any) -> Any:
        """A view with the axes in another order."""
        return self._view(self._host.transpose(*axes))

    def copy(self, order: Any = "C") -> ndarray:
        """A copy in memory of its own."""
        return fresh(self._host.copy(order), self._memory.device_id)

    ravel = _method("ravel", "order")
    flatten = _method("flatten", "order")
    squeeze = _method("squeeze", "axis")
    swapaxes = _method("swapaxes", "axis1 axis2", 2)
    diagonal = _method("diagonal", "offset axis1 axis2")
    repeat = _method("repeat", "repeats axis", 1)
    take = _method("take", "indices axis out", 1)
    put = _method("put", "indices values mode", 2)
    choose = _method("choose", "choices out mode", 1)
    compress = _method("compress", "condition axis out", 1)

    # ---- computation ------------------------------------------------------------------------------------------------

    sum, prod = _method("sum", "axis dtype out keepdims"), _method("prod", "axis dtype out keepdims")
    mean = _method("mean", "axis dtype out keepdims")
    std, var = _method("std", "axis dtype out ddof keepdims"), _method("var", "axis dtype out ddof keepdims")
    max, min = _method("max", "axis out keepdims"), _method("min", "axis out keepdims")
    all, any = _method("all", "axis out keepdims"), _method("any", "axis out keepdims")
    argmax, argmin = _method("argmax", "axis out keepdims"), _method("argmin", "axis out keepdims")
    cumsum, cumprod = _method("cumsum", "axis dtype out"), _method("cumprod", "axis dtype out")
    trace = _method("trace", "offset axis1 axis2 dtype out")
    sort, argsort = _method("sort", "axis kind"), _method("argsort", "axis kind")
    partition, argpartition = _method("partition", "kth axis", 1), _method("argpartition", "kth axis", 1)
    searchsorted = _method("searchsorted", "v side sorter", 1)
    nonzero = _method("nonzero", "")
    clip, round = _method("clip", "min max out"), _method("round", "decimals out")
    conj = conjugate = _method("conj", "")
    dot = _method("dot", "b out", 1)

    # ---- NumPy's functions, called with one of these ----------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from minitorch.core.cuda.arrays import module

        emulated = getattr(module(current.index), ufunc.__name__, None)
        if emulated is None:
            return NotImplemented
        outs = kwargs.get("out")
        if isinstance(outs, tuple) and len(outs) == 1:
            kwargs["out"] = outs[0]
        return (emulated if method == "__call__" else getattr(emulated, method))(*inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from minitorch.core.cuda.arrays import module

        place: Any = module(current.index)
        for part in [*function.__module__.split(".")[1:], function.__name__]:
            place = getattr(place, part, None)
        if place is None or any(kind is not ndarray for kind in types):
            return NotImplemented
        return place(*args, **kwargs)


def _unpickled(host: np.ndarray[Any, Any]) -> ndarray:
    return fresh(host, current.index)


def _index(index: Any) -> Any:
    """An index for NumPy. Host arrays are copied to the device by CuPy, so they may stand here."""
    if type(index) is tuple:
        return tuple([_index(part) for part in index])
    if isinstance(index, np.ndarray):
        copies["from_host"] += index.nbytes
    return index._host if type(index) is ndarray else index


def _filling(value: Any) -> Any:
    """What may be written into elements. ``ValueError`` for host arrays, but for a single number."""
    if isinstance(value, np.ndarray):
        if value.shape != ():
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        return value
    return operand(value)
