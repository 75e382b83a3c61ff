"""A stand-in for CuPy, so that the code for a real GPU can run where there is none.

Arrays are the emulated ones, kernels run on the host, and what lies between is as strict as CuPy 14.2 is.

    with installed(2, monkeypatch):            two GPUs; `import cupy` finds them
        with cuda.chosen("cupy"): ...

Memory comes from a pool behind the allocator that was set, as in CuPy, and only on the current device: whoever makes an
array elsewhere is told so. The emulated arrays know the rest of what CuPy refuses.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import sys
import weakref
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np

from minitorch import kernels
from minitorch.core.cuda import emulated, emulated_streams
from minitorch.core.cuda.arrays import module
from minitorch.core.cuda.emulated import current
from minitorch.kernels import arguments, gpu

TOTAL = 1 << 30


class OutOfMemoryError(MemoryError):
    """``cupy.cuda.memory.OutOfMemoryError``: what was asked for, and what there is."""

    def __init__(self, size, total, limit=0):
        super().__init__(f"Out of memory allocating {size} bytes (allocated so far: {total} bytes)")


class CompileException(Exception):  # noqa: N818
    """``cupy.cuda.compiler.CompileException``."""


class Device:
    """``cupy.cuda.Device``: current inside of a ``with`` block, which may be entered again."""

    def __init__(self, id=None):
        self.id, self.before = current.index if id is None else id, []

    def __enter__(self):
        self.before.append(current.index)
        current.index = self.id
        return self

    def __exit__(self, *error):
        current.index = self.before.pop()

    def synchronize(self):
        """All is done already."""


class UnownedMemory:
    """Memory that somebody else owns, who is kept."""

    def __init__(self, ptr, size, owner, device_id=-1):
        self.ptr, self.size, self.owner, self.device_id = ptr, size, owner, device_id


class MemoryPointer:
    """A place in memory. CuPy's ``__add__`` asserts that there is any."""

    def __init__(self, mem, offset):
        self.mem, self.ptr = mem, mem.ptr + offset
        self.device_id = mem.device_id


class Pool:
    """``cupy.cuda.MemoryPool``, one for all devices: multiples of 512 bytes, kept when they come back."""

    _addresses = itertools.count(1 << 40, 1 << 36)

    def __init__(self, count):
        self.used, self.kept = [0] * count, [0] * count

    def malloc(self, size):
        size, place = -(-size // 512) * 512, current.index
        if self.total_bytes() + size - min(size, self.kept[place]) > TOTAL:
            raise OutOfMemoryError(size, self.total_bytes())
        self.kept[place] -= min(size, self.kept[place])
        self.used[place] += size
        memory = UnownedMemory(next(self._addresses) if size else 0, size, None, place)
        pointer = MemoryPointer(memory, 0)
        weakref.finalize(pointer, self._back, size, place).atexit = False
        return pointer

    def _back(self, size, place):
        self.used[place] -= size
        self.kept[place] += size

    def free_all_blocks(self, stream=None):
        self.kept[current.index] = 0

    def total_bytes(self):
        return self.used[current.index] + self.kept[current.index]


class Allocated:
    """In place of an emulated device's memory: it goes through CuPy's allocator."""

    def __init__(self, cupy, index):
        self.memory, self.cupy, self.index = self, cupy, index

    def take(self, nbytes):
        if self.index != current.index:
            raise ValueError(
                f"Array device must be same as the current device: array device = {self.index} while current = "
                f"{current.index}"
            )
        return SimpleNamespace(device=self, pointer=self.cupy.allocator(nbytes))

    def give_back(self, block):
        block.pointer = None


def new_array(self, shape, dtype=float, memptr=None, strides=None, order="C"):
    """``cupy.ndarray(shape, dtype, memptr, strides)``: over memory that exists, or new on the current device."""
    if memptr is None:
        made = emulated.fresh(np.empty(shape, dtype, order), current.index)
        self._host, self._memory = made._host, made._memory
        return
    self._memory = memptr.mem
    size = max(0, self._memory.nbytes - (memptr.ptr - memptr.start))
    buffer = (ctypes.c_char * size).from_address(memptr.ptr) if size else bytearray(1)
    if 0 in tuple(shape):
        self._host = np.empty(shape, dtype)
    else:
        self._host = np.ndarray(shape, dtype, buffer, 0, strides)


class ArrayPointer(emulated.MemoryPointer):
    """``x.data``, to which an offset may be added."""

    __slots__ = ("start",)

    def __init__(self, mem, ptr, start=None):
        super().__init__(mem, ptr)
        self.start = ptr if start is None else start

    def __add__(self, offset):
        assert self.mem.nbytes or offset == 0  # CuPy asserts the same of a null pointer
        return ArrayPointer(self.mem, self.ptr + offset, self.start)


class Stream(emulated_streams.EmulatedStream):
    """``cupy.cuda.Stream``."""

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        super().__init__(null, non_blocking, priority or 0)

    def use(self):
        streams[current.index] = self
        return self


streams: dict[int, Stream] = {}


class Function:
    """A compiled kernel: it is launched on the host."""

    shared_size_bytes, max_dynamic_shared_size_bytes = 0, 48 * 1024

    def __init__(self, kernel):
        self.kernel = kernel

    def __call__(self, grid, block, args, *, shared_mem=0):
        assert len(grid) == len(block) == 3 and min(*grid, *block) > 0
        assert shared_mem <= self.max_dynamic_shared_size_bytes, "CUDA_ERROR_INVALID_VALUE"
        from minitorch.kernels import host

        parameters = self.kernel.source.parameters
        values = tuple(self.value(parameters[i], each, self.kernel.types[i]) for i, each in enumerate(args))
        with kernels.mode("fast"):
            host.launch(self.kernel, grid, block, values, shared_mem)

    def value(self, parameter, given, type):
        if isinstance(given, emulated.ndarray):
            assert given._memory.device_id == current.index, "CUDA_ERROR_ILLEGAL_ADDRESS"
            if parameter.pointers == 2:
                return [each if each is None else over(each, type) for each in given._host.tolist()]
            return given._host
        if isinstance(given, np.ndarray):
            assert given.size == 1, "an array of one element goes by value, no other"
            return given[0]
        assert given is None or isinstance(given, np.generic), f"CuPy would pass a {given!r} as 8 bytes or not at all"
        return given


def over(address, type):
    """An element at an address in a table."""
    dtype = arguments.DTYPES[type]
    if dtype == "bfloat16":
        import ml_dtypes

        dtype = ml_dtypes.bfloat16
    size = np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(address), dtype) if address else None


class RawModule:
    """``cupy.RawModule``: which file it was made from says the line that begins the code."""

    made: list[RawModule] = []

    def __init__(self, *, code, options=(), backend="nvrtc", name_expressions=None, jitify=False):
        assert backend == "nvrtc" and isinstance(options, tuple) and all(isinstance(each, str) for each in options)
        self.code, self.options, self.names = code, options, name_expressions
        RawModule.made.append(self)

    def get_function(self, name):
        assert name in self.names, "CuPy finds only what is written exactly as in name_expressions"
        path = Path(re.match(r'#line 1 "(.*)"', self.code)[1])
        if "refuse" in self.code:
            raise CompileException(f"{path.name}(1): error: refused")
        return Function(kernels.load(path)[name])


PROPERTIES = {
    "name": b"Stand-in", "major": 9, "minor": 0, "totalGlobalMem": TOTAL, "multiProcessorCount": 132,
    "maxThreadsPerMultiProcessor": 2048, "warpSize": 32, "regsPerMultiprocessor": 65536, "sharedMemPerBlock": 49152,
    "sharedMemPerBlockOptin": 232448, "sharedMemPerMultiprocessor": 233472, "l2CacheSize": 60 << 20,
    "memoryBusWidth": 6144, "integrated": 0, "isMultiGpuBoard": 0, "maxThreadsPerBlock": 1024,
}  # fmt: skip


class Cupy(ModuleType):
    """The module: names of the emulated array module, on the current device, and ``cuda`` beside them."""

    def __init__(self, count):
        super().__init__("cupy")
        self.__version__, self.RawModule, self.ndarray = "14.2.0", RawModule, emulated.ndarray
        self.pool, self.allocator = Pool(count), None
        self.lib = module(0).lib
        runtime = SimpleNamespace(
            getDevice=lambda: current.index,
            setDevice=lambda index: setattr(current, "index", index),
            getDeviceCount=lambda: count,
            memGetInfo=lambda: (TOTAL - self.pool.total_bytes(), TOTAL),
            getDeviceProperties=lambda index: dict(PROPERTIES),
            deviceGetAttribute=lambda attribute, index: {13: 1980000, 36: 3201000}[attribute],
            deviceCanAccessPeer=lambda first, second: 0,
        )
        self.cuda = SimpleNamespace(
            Device=Device, Stream=Stream, Event=emulated_streams.EmulatedEvent, MemoryPointer=MemoryPointer,
            ExternalStream=lambda pointer, device_id=-1: SimpleNamespace(ptr=pointer, done=True),
            UnownedMemory=UnownedMemory, get_elapsed_time=emulated_streams.get_elapsed_time, runtime=runtime,
            get_current_stream=lambda: streams.setdefault(current.index, Stream(null=True)),
            memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError), set_allocator=self._set_allocator,
            compiler=SimpleNamespace(CompileException=CompileException),
        )  # fmt: skip

    def _set_allocator(self, allocator):
        self.allocator = allocator

    def is_available(self):
        return True

    def get_default_memory_pool(self):
        return self.pool

    def __getattr__(self, name):
        if name in ("cupyx", "__path__", "__file__", "__spec__"):
            raise AttributeError(name)
        found = getattr(module(current.index), name)
        if not callable(found) or isinstance(found, type) or not hasattr(found, "_device_id"):
            return found
        return OnCurrent(name)


class OnCurrent:
    """A function, or a ufunc with its methods, that makes arrays where the current device is."""

    def __init__(self, name):
        self._name = self.__name__ = name

    def __call__(self, *args, **kwargs):
        return getattr(module(current.index), self._name)(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(getattr(module(current.index), self._name), name)


class NoErrors:
    """``cupyx.errstate``."""

    def __init__(self, **kinds):
        assert kinds == {"linalg": "raise"}

    def __enter__(self):
        pass

    def __exit__(self, *error):
        pass


def installed(count, monkeypatch):
    """Let ``import cupy`` find so many GPUs, until ``monkeypatch`` is undone."""
    cupy, cupyx = Cupy(count), ModuleType("cupyx")
    cupyx.errstate = NoErrors
    cupyx.empty_pinned = lambda shape, dtype: np.empty(shape, dtype)
    special = ModuleType("cupyx.scipy.special")
    special.gammaln = module(0).cupyx.scipy.special.gammaln
    for name, made in (
        ("cupy", cupy), ("cupyx", cupyx), ("cupyx.scipy", ModuleType("cupyx.scipy")), ("cupyx.scipy.special", special)
    ):  # fmt: skip
        monkeypatch.setitem(sys.modules, name, made)
    cupy.__spec__ = SimpleNamespace(name="cupy", loader=None)  # for find_spec
    places = [Allocated(cupy, index) for index in range(count)]
    monkeypatch.setattr(emulated, "backend_of", places.__getitem__)
    monkeypatch.setattr(emulated.ndarray, "__init__", new_array)
    monkeypatch.setattr(emulated.ndarray, "__module__", "cupy")
    start = emulated.ndarray.data.fget
    monkeypatch.setattr(emulated.ndarray, "data", property(lambda self: ArrayPointer(self._memory, start(self).ptr)))
    monkeypatch.setattr(arguments, "emulated_class", lambda: None)
    monkeypatch.setattr(gpu, "_tables", gpu.OrderedDict())
    monkeypatch.setattr(RawModule, "made", [])
    monkeypatch.setattr(kernels.launch, "_load", __import__("functools").cache(kernels.launch._load.__wrapped__))
    streams.clear()
    current.index = 0
    return cupy
