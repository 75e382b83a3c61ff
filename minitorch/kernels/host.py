"""Launching a kernel on the CPU: arguments packed as C lays out a struct, blocks shared out to threads.

A launch is one call into the compiled library with one record of bytes: grid, block, shared memory, schedule, and
behind it the arguments (``kernels/cpu/launch.h`` unpacks it). It is made by one ``struct.pack``, which also checks the
ranges of numbers, so a launch costs a few microseconds; only what does not fit goes the long way, to say why.

In the mode ``threads`` some threads that wait for work make the same call: they take blocks from a counter until there
are none. The modes ``debug`` and ``race`` are in ``checked.py``.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
from collections.abc import Callable
from operator import index as integer
from queue import SimpleQueue
from typing import Any

import numpy as np

from minitorch.core import context
from minitorch.kernels import modes
from minitorch.kernels.arguments import array_mistake, check_count, dtype_name, mistake, number
from minitorch.kernels.compiler import KernelError, opened
from minitorch.kernels.source import overridden
from minitorch.kernels.tables import PointerTable
from minitorch.kernels.types import STRUCT

_LAUNCH = "=3I3I2Q8x"  # grid, block, shared memory, schedule; the arguments begin at a multiple of 16
_HEAD = struct.calcsize(_LAUNCH)


class HostKernel:
    """A kernel compiled for the CPU in one build ("fast" or "checked")."""

    def __init__(self, kernel: Any, build: str) -> None:
        file = kernel.file
        # In the checked build all instances will be wanted, one by one; of a changed copy only the one at hand.
        whole = build == "checked" and kernel.instance in file.instances and not overridden()
        instances = file.instances if whole else (kernel.instance,)
        self.kernel = kernel
        self.library = opened(file.path, instances, build)
        self.library.emu_error.restype = ctypes.c_char_p
        self.library.emu_wait.argtypes = [ctypes.c_void_p]
        symbol = f"emu_kernel_{instances.index(kernel.instance)}"
        self.function = getattr(self.library, symbol)
        self.function.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        sizes, alignments = (ctypes.c_int * 64)(), (ctypes.c_int * 64)()
        count = getattr(self.library, f"{symbol}__args")(sizes, alignments)
        self._lay_out(list(sizes[:count]), list(alignments[:count]))

    def _lay_out(self, sizes: list[int], alignments: list[int]) -> None:
        """Each argument at a multiple of its alignment. Numbers that ``struct`` checks by itself need no cast."""
        kernel, form, at = self.kernel, _LAUNCH, _HEAD
        self.count = len(sizes)
        self.arrays: list[tuple[int, np.dtype[Any] | None, bool]] = []
        self.casts: list[tuple[int, Callable[[Any], Any]]] = []
        for index, (parameter, size, alignment) in enumerate(zip(kernel.source.parameters, sizes, alignments)):
            letter = "Q" if parameter.pointers else STRUCT.get(kernel.types[index], f"{size}s")
            if parameter.pointers:
                name = dtype_name(kernel, index)
                self.arrays.append((index, None if name is None else _dtype(name), not parameter.const))
            elif letter not in "bBhHiIqQfd":
                self.casts.append((index, self._cast(index, letter, size)))
            if not letter.endswith("s") and struct.calcsize(f"={letter}") != size:
                raise KernelError(
                    f"{kernel.instance}: the compiler reads the parameter '{parameter.declaration}' otherwise than the "
                    f"launcher: it has {size} bytes; write it plainly, such as 'const float* x'"
                )
            padding = -at % alignment
            form += f"{padding}x{letter}"
            at += padding + size
        self.pack = struct.Struct(form).pack

    def _cast(self, index: int, letter: str, size: int) -> Callable[[Any], Any]:
        cast = number(self.kernel, index)
        if not letter.endswith("s"):
            return cast

        def sized(value: Any) -> bytes:
            packed = cast(value)
            if len(packed) != size:
                raise mistake(self.kernel, index, f"a struct of {size} bytes", f"one of {len(packed)}")
            return bytes(packed)

        return sized

    def packed(self, grid: Any, block: Any, shared_mem: int, schedule: int, values: list[Any]) -> bytes:
        """The record of a launch. ``values``: the arguments, with addresses in place of arrays."""
        for index, cast in self.casts:
            values[index] = cast(values[index])
        try:
            return self.pack(*_triple(grid), *_triple(block), shared_mem, schedule, *values)
        except (struct.error, OverflowError, TypeError, ValueError):
            for index, parameter in enumerate(
                self.kernel.source.parameters
            ):  # the long way: it names what does not fit
                if not parameter.pointers and type(values[index]) is not bytes:  # bytes: cast above
                    values[index] = number(self.kernel, index)(values[index])
        try:
            return self.pack(*_triple(grid), *_triple(block), shared_mem, schedule, *values)
        except struct.error:
            raise ValueError(
                f"{self.kernel.instance}: cannot launch a grid of {grid} blocks of {block} threads "
                f"with {shared_mem} bytes of shared memory"
            ) from None


def _dtype(name: Any) -> np.dtype[Any]:
    if name == "bfloat16":
        import ml_dtypes

        name = ml_dtypes.bfloat16
    dtype: np.dtype[Any] = np.dtype(name)
    return dtype


def _triple(size: Any) -> tuple[int, int, int]:
    if type(size) is int:
        return size, 1, 1
    try:
        given = [integer(each) for each in size] if isinstance(size, (tuple, list)) else [integer(size)]
        x, y, z = given + [1] * (3 - len(given))
    except (TypeError, ValueError):
        raise TypeError(f"grid and block are each one, two or three integers, got {size!r}") from None
    return x, y, z


# ---- addresses of arrays --------------------------------------------------------------------------------------------

# What ``array.ctypes.data`` says after a microsecond: the field ``data`` of NumPy's array object, right behind the head
# that every object has. C extensions read it there too (PyArray_DATA), so it stays there.
_pointer_at = ctypes.c_void_p.from_address
_DATA = object.__basicsize__


def address(array: np.ndarray[Any, Any]) -> int:
    """Where the first element of an array lies."""
    return _pointer_at(id(array) + _DATA).value or 0


def checked_array(kernel: Any, index: int, dtype: Any, written: bool, array: Any) -> Any:
    """The array; ``TypeError`` if the parameter cannot take it."""
    if not isinstance(array, np.ndarray) or (dtype is not None and array.dtype != dtype):
        raise array_mistake(kernel, index, array, "cpu")
    if written and not array.flags.writeable:
        raise mistake(kernel, index, "an array that may be written", "a read-only one")
    return array


def is_table(kernel: Any, index: int, value: Any) -> bool:
    """Whether the value is a list of arrays for a parameter that takes one."""
    return isinstance(value, (list, tuple)) and kernel.source.parameters[index].pointers == 2


def _long_way(kernel: Any, index: int, dtype: Any, written: bool, value: Any) -> tuple[int, Any]:
    """The address for an argument that is no plain array, and what must live as long as the launch."""
    if value is None:
        return 0, None
    if not is_table(kernel, index, value):
        return address(checked_array(kernel, index, dtype, written, value)), None
    made = value.made.get(kernel.types[index]) if type(value) is PointerTable else None
    if made is None:
        arrays = [None if each is None else checked_array(kernel, index, dtype, written, each) for each in value]
        made = np.array([0 if each is None else address(each) for each in arrays], np.uint64)
        if type(value) is PointerTable:
            value.made[kernel.types[index]] = made
    return address(made), made


# ---- threads that wait for work -------------------------------------------------------------------------------------

_PROGRESS = ctypes.c_char * 1024  # struct Progress in launch.h
_workers_at = 16
_error_at = 20


class _Workers:
    """Threads of this process. A forked child has none and starts its own."""

    def __init__(self) -> None:
        self.work: SimpleQueue[tuple[Any, bytes, Any]] = SimpleQueue()
        self.count = 0
        self.lock = threading.Lock()

    def ask(self, count: int, task: tuple[Any, bytes, Any]) -> None:
        if count > self.count:
            self._start(count)
        for _ in range(count):
            self.work.put(task)

    def _start(self, count: int) -> None:
        with self.lock:
            while self.count < count:
                threading.Thread(target=self._run, name=f"kernel-{self.count}", daemon=True).start()
                self.count += 1

    def _run(self) -> None:
        work = self.work
        while True:
            function, packed, progress = work.get()
            function(packed, progress)  # releases the interpreter's lock
            del function, packed, progress


_workers = _Workers()


def _start_anew() -> None:
    global _workers
    _workers = _Workers()


os.register_at_fork(after_in_child=_start_anew)


def _run_on_threads(compiled: HostKernel, packed: bytes, count: int) -> None:
    progress = _PROGRESS()
    struct.pack_into("I", progress, _workers_at, count)
    _workers.ask(count - 1, (compiled.function, packed, progress))
    compiled.function(packed, progress)
    if compiled.library.emu_wait(progress):
        message = ctypes.string_at(ctypes.addressof(progress) + _error_at).decode(errors="replace")
        raise KernelError(f"{compiled.kernel.instance}: {message}")


# ---- a launch -------------------------------------------------------------------------------------------------------


def compiled_for(kernel: Any, build: str) -> HostKernel:
    """The kernel in a build, compiled once a process."""
    compiled: HostKernel | None = kernel._host.get(build)
    if compiled is None:
        compiled = kernel._host[build] = HostKernel(kernel, build)
    return compiled


def launch(kernel: Any, grid: Any, block: Any, args: tuple[Any, ...], shared_mem: int) -> None:
    """Run a kernel on NumPy arrays in the current mode."""
    mode, schedule = modes.chosen()
    if mode in ("debug", "race"):
        from minitorch.kernels import checked

        return checked.launch(kernel, grid, block, args, shared_mem, mode, schedule)
    compiled: HostKernel = kernel._host.get("fast") or compiled_for(kernel, "fast")
    if len(args) != compiled.count:
        check_count(kernel, args)
    values, keep = list(args), []
    for index, dtype, written in compiled.arrays:
        array = values[index]
        if (
            type(array) is np.ndarray
            and (array.dtype is dtype or dtype is None)
            and not (written and _read_only(array))
        ):
            values[index] = _pointer_at(id(array) + _DATA).value
        else:
            values[index], kept = _long_way(kernel, index, dtype, written, array)
            keep.append(kept)
    packed = compiled.packed(grid, block, shared_mem, schedule, values)
    blocks = grid if type(grid) is int else int(np.prod(_triple(grid)))
    if not blocks:
        return None
    workers = min(context.get_num_threads(), blocks) if mode == "threads" else 1
    if workers > 1:
        _run_on_threads(compiled, packed, workers)
    elif compiled.function(packed, None):
        raise KernelError(f"{kernel.instance}: {compiled.library.emu_error().decode()}")
    return None


def _read_only(array: Any) -> bool:
    return not array.flags.writeable
