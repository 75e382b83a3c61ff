"""A launch in the debug or race mode: on guarded copies, every access looked at, errors in terms of the source."""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

import numpy as np

from minitorch.kernels import race
from minitorch.kernels.arguments import MOST_SHARED, check_count
from minitorch.kernels.compiler import KernelError
from minitorch.kernels.explain import explained
from minitorch.kernels.guard import Argument, Guard
from minitorch.kernels.host import HostKernel, _triple, checked_array, compiled_for, is_table

_one_at_a_time = threading.Lock()  # handlers of signals belong to the process


def timeout() -> int:
    """Seconds that a checked launch may take: ``MINITORCH_KERNEL_TIMEOUT``, else 60; 0 for no limit."""
    return int(os.environ.get("MINITORCH_KERNEL_TIMEOUT", "60"))


def _collect(kernel: Any, compiled: HostKernel, args: tuple[Any, ...]) -> tuple[dict[int, Any], list[Argument]]:
    """The arrays among the arguments: by parameter an ``Argument``, or a table and its list of them."""
    by_parameter: dict[int, Any] = {}
    everything: list[Argument] = []
    for index, dtype, written in compiled.arrays:
        name, value = kernel.source.parameters[index].name, args[index]
        if value is None:
            continue
        if not is_table(kernel, index, value):
            by_parameter[index] = Argument(name, checked_array(kernel, index, dtype, written, value), written)
            everything.append(by_parameter[index])
            continue
        arrays = [each if each is None else checked_array(kernel, index, dtype, written, each) for each in value]
        table = Argument(name, np.zeros(len(arrays), np.uint64), False)
        parts = [a if a is None else Argument(f"{name}[{i}]", a, written) for i, a in enumerate(arrays)]
        by_parameter[index] = table, parts
        everything += [table, *(each for each in parts if each is not None)]
    return by_parameter, everything


def _addresses(by_parameter: dict[int, Any], values: list[Any], guard: Guard) -> None:
    for index, value in by_parameter.items():
        if isinstance(value, Argument):
            values[index] = guard.address(value)
            continue
        table, parts = value
        table.array[:] = [0 if each is None else guard.address(each) for each in parts]
        guard.fill(table)
        values[index] = guard.address(table)


def launch(
    kernel: Any, grid: Any, block: Any, args: tuple[Any, ...], shared_mem: int, mode: str, schedule: int
) -> None:
    """Run a kernel on copies of NumPy arrays; ``KernelError`` if anything is wrong, and then no array has changed."""
    check_count(kernel, args)
    if shared_mem > MOST_SHARED:
        raise ValueError(f"{kernel.instance}: {shared_mem} bytes of shared memory; a GPU has at most {MOST_SHARED}")
    compiled = compiled_for(kernel, "checked")
    library = compiled.library
    library.emu_watch.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_uint]
    by_parameter, arguments = _collect(kernel, compiled, args)
    grid, block = _triple(grid), _triple(block)
    with _one_at_a_time, Guard(arguments) as guard:
        values = [0 if each.pointers else args[i] for i, each in enumerate(kernel.source.parameters)]
        _addresses(by_parameter, values, guard)
        packed = compiled.packed(grid, block, shared_mem, schedule, values)
        if 0 in grid:
            return
        library.emu_watch(ctypes.addressof(guard.regions), guard.count, mode == "race", timeout())
        failed = compiled.function(packed, None)
        races = race.found(library, kernel.instance, grid, block, guard)
        if failed:
            message = explained(library.emu_error().decode(errors="replace"), library._name, guard)
            nothing = [
                each.name for each, value in zip(kernel.source.parameters, args) if each.pointers and value is None
            ]
            if "null pointer" in message and nothing:
                message += f" (None was passed for {', '.join(nothing)})"
            raise KernelError(f"{kernel.instance}: {message}")
        if races:
            raise race.RaceError(kernel.instance, races)
        guard.copy_back()
