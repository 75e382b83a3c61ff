"""Launching a kernel on the CPU: arguments packed as C lays out a struct, blocks shared out to threads."""

from __future__ import annotations

import ctypes
import functools
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.core import context
from minitorch.kernels import modes
from minitorch.kernels.compiler import KernelError, compile_for_host
from minitorch.kernels.types import DTYPES, STRUCT


class _Config(ctypes.Structure):
    _fields_ = [
        ("grid", ctypes.c_uint * 3), ("block", ctypes.c_uint * 3), ("shared", ctypes.c_uint64),
        ("schedule", ctypes.c_uint64), ("first", ctypes.c_uint64), ("last", ctypes.c_uint64),
        ("worker", ctypes.c_int), ("checked", ctypes.c_int),
    ]  # fmt: skip


@functools.cache
def _library(path: Path, instances: tuple[str, ...], build: str) -> Any:
    library = ctypes.CDLL(str(compile_for_host(path, instances, build)))
    library.emu_error.restype = ctypes.c_char_p
    return library


class HostKernel:
    """A kernel compiled for the CPU in one build ("fast", "debug", "race")."""

    def __init__(self, kernel: Any, build: str) -> None:
        file = kernel.file
        whole = build != "fast" and kernel.instance in file.instances
        instances = file.instances if whole else (kernel.instance,)
        library = _library(file.path, instances, build)
        index = instances.index(kernel.instance)
        self.library, self.function = library, getattr(library, f"emu_kernel_{index}")
        self.checked = build == "debug"
        sizes, alignments = (ctypes.c_int * 64)(), (ctypes.c_int * 64)()
        count = getattr(library, f"emu_kernel_{index}__args")(sizes, alignments)
        self.pack = _packer(kernel, list(sizes[:count]), list(alignments[:count]))


def _packer(kernel: Any, sizes: list[int], alignments: list[int]) -> struct.Struct:
    """The layout of the arguments, each at a multiple of its alignment."""
    form, at = "=", 0
    for type, parameter, size, alignment in zip(kernel.types, kernel.source.parameters, sizes, alignments):
        padding = -at % alignment
        letter = "Q" if parameter.pointers else STRUCT.get(type, f"{size}s")
        form += f"{padding}x{letter}"
        at += padding + size
    return struct.Struct(form)


def _mistake(kernel: Any, index: int, wanted: str, got: str) -> TypeError:
    return TypeError(
        f"{kernel.instance}: parameter '{kernel.source.parameters[index].declaration}' wants {wanted}, got {got}"
    )


def _address(kernel: Any, index: int, array: Any, keep: list[Any]) -> int:
    """The address of an array argument; of a table of addresses for a list of arrays."""
    parameter, type = kernel.source.parameters[index], kernel.types[index]
    if array is None:
        return 0
    if isinstance(array, (list, tuple)):
        if parameter.pointers != 2:
            raise _mistake(kernel, index, "one array", f"a {array.__class__.__name__} of {len(array)}")
        made = getattr(array, "made", None)  # a PointerTable keeps what is made of it
        table = None if made is None else made.get(type)
        if table is None:
            table = np.array([_address(kernel, index, each, keep) for each in array], np.uint64)
            if made is not None:
                made[type] = table
        keep.append(table)
        return _address_of(table)
    if not isinstance(array, np.ndarray):
        raise _mistake(kernel, index, "an array", type_name(array))
    wanted = _dtype_of(type)
    if wanted is not None and array.dtype is not wanted and array.dtype != wanted:
        raise _mistake(kernel, index, f"an array of {wanted}", f"one of {array.dtype.name}")
    return _address_of(array)


@functools.cache
def _dtype_of(type: str) -> Any:
    """The dtype of a C type's elements; None where it says none."""
    name = DTYPES.get(type)
    if name != "bfloat16":
        return None if name is None else np.dtype(name)
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def _address_of(array: np.ndarray[Any, Any]) -> int:
    """Where an array begins. The usual way to ask takes five times as long, and an optimizer asks of every gradient."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError, BufferError):  # read-only, empty, in a dtype that exports no memory, not contiguous
        return int(array.__array_interface__["data"][0])


def type_name(value: Any) -> str:
    """How messages call a value's type."""
    return f"a {type(value).__name__}"


def _pack(kernel: Any, compiled: HostKernel, args: tuple[Any, ...], keep: list[Any]) -> bytes:
    parameters = kernel.source.parameters
    if len(args) != len(parameters):
        raise TypeError(f"{kernel.instance} takes {len(parameters)} arguments, got {len(args)}")
    values = []
    for index, (parameter, argument) in enumerate(zip(parameters, args)):
        if parameter.pointers:
            values.append(_address(kernel, index, argument, keep))
        elif kernel.types[index] in STRUCT:
            if isinstance(argument, np.ndarray) and argument.ndim:
                raise _mistake(kernel, index, "a number", "an array")
            values.append(float(argument) if STRUCT[kernel.types[index]] in "fd" else int(argument))
        else:
            values.append(np.asarray(argument).tobytes())
    return compiled.pack.pack(*values)


_pool: ThreadPoolExecutor | None = None


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) - 1), "kernel")
    return _pool


def _forget_threads() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def _triple(size: Any) -> tuple[int, int, int]:
    size = (size,) if isinstance(size, int) else tuple(size)
    return size + (1,) * (3 - len(size))


def launch(kernel: Any, grid: Any, block: Any, args: tuple[Any, ...], shared_mem: int) -> None:
    """Run a kernel on NumPy arrays in the current mode."""
    mode = modes.current()
    build = mode if mode in ("debug", "race") else "fast"
    compiled = kernel._host.get(build)
    if compiled is None:
        compiled = kernel._host[build] = HostKernel(kernel, build)
    keep: list[Any] = []
    packed = _pack(kernel, compiled, args, keep)
    grid, block = _triple(grid), _triple(block)
    blocks = grid[0] * grid[1] * grid[2]
    workers = min(context.get_num_threads(), blocks) if mode == "threads" else 1

    def work(worker: int) -> int:
        first, last = blocks * worker // workers, blocks * (worker + 1) // workers
        config = _Config(grid, block, shared_mem, modes.schedule(), first, last, worker, compiled.checked)
        return int(compiled.function(ctypes.byref(config), packed))

    waiting = [_threads().submit(work, worker) for worker in range(1, workers)]
    failed = work(0)
    failed = any([each.result() for each in waiting]) or failed
    if failed:
        raise KernelError(f"{kernel.instance}: {compiled.library.emu_error().decode()}")
