"""Launching a kernel on a GPU, through CuPy: NVRTC compiles it at its first launch, the driver runs it.

CuPy's ``RawModule`` does most of it, and trusts its caller in what this file adds:

- **Arguments.** CuPy passes on whatever bits it gets: a Python int is 8 bytes whether the kernel says ``int`` or not.
  Each is checked and cast here, as on the host (``arguments.py``).
- **Headers.** CuPy keeps compiled kernels on disk, under a hash of the source alone; a changed header would go
  unnoticed, so a hash of the headers goes with the options.
- **Tables of arrays.** The addresses are copied to the device first. The table is kept: an optimizer asks for the same
  one in each step, and what is kept cannot be freed before the kernel has read it. A launch that a CUDA graph captures
  must have been made once before, so that its table is there.
- **Shared memory.** More than 48 KiB a block must be asked for.

A launch goes into CuPy's current stream, on the arrays' own device, and returns before the kernel has run. Compiled
through CuPy, kernels flush float32 subnormals to zero (it always says ``-ftz=true``); PyTorch's do not.

PyTorch: ``at::cuda::jit`` compiles its few run-time kernels so; all others are compiled when PyTorch is built.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from contextlib import nullcontext
from typing import Any

import numpy as np

from minitorch.kernels.arguments import array_mistake, check_count, device_of, dtype_name, launch_shape, number
from minitorch.kernels.compiler import KernelError
from minitorch.kernels.nvrtc import OPTIONS, include_options, source_text
from minitorch.kernels.source import headers
from minitorch.kernels.types import DTYPES, STRUCT

_UNASKED = 48 * 1024  # bytes of shared memory that a block may always have
_KEPT = 256  # tables of addresses


class GpuKernel:
    """A kernel compiled for the GPUs of this process. CuPy compiles it anew for a second kind of GPU."""

    def __init__(self, kernel: Any, cupy: Any) -> None:
        path = kernel.file.path
        digest = hashlib.sha256(b"".join(header.read_bytes() for header in headers(path))).hexdigest()[:16]
        module = cupy.RawModule(
            code=source_text(path),
            options=(*OPTIONS, *include_options(path), f"-DMINITORCH_HEADERS=0x{digest}"),
            backend="nvrtc",
            name_expressions=(kernel.instance,),
        )
        try:
            self.function = module.get_function(kernel.instance)  # compiles
        except cupy.cuda.compiler.CompileException as error:
            raise KernelError(f"NVRTC cannot compile {path.name}:\n{str(error)[:4000]}") from None
        self.casts = tuple(
            None if parameter.pointers else _by_value(kernel, index)
            for index, parameter in enumerate(kernel.source.parameters)
        )
        self._shared: dict[int, tuple[int, int]] = {}  # by device: static bytes, dynamic bytes that were asked for

    def ask_for_shared_memory(self, dynamic: int, device: int) -> None:
        """Allow a launch with more than 48 KiB. For the current device."""
        static, allowed = self._shared.get(device) or (int(self.function.shared_size_bytes), 0)
        if static + dynamic > _UNASKED and dynamic > allowed:
            self.function.max_dynamic_shared_size_bytes = allowed = dynamic
        self._shared[device] = static, allowed


def _by_value(kernel: Any, index: int) -> Any:
    """What makes of an argument something that CuPy passes with exactly the parameter's bits."""
    cast = number(kernel, index)
    if kernel.types[index] not in STRUCT:  # an array of one element goes by value, whatever it is
        return lambda value: np.frombuffer(bits := cast(value), np.dtype((np.void, len(bits))))
    scalar = np.dtype(DTYPES[kernel.types[index]]).type
    return lambda value: scalar(cast(value))


def launch(kernel: Any, grid: Any, block: Any, args: tuple[Any, ...], shared_mem: int, device: int) -> None:
    """Enqueue a kernel on CuPy arrays of the ``device``-th GPU."""
    cupy = sys.modules["cupy"]
    check_count(kernel, args)
    grid, block = launch_shape(kernel, grid, block)
    elsewhere = cupy.cuda.runtime.getDevice() != device
    with cupy.cuda.Device(device) if elsewhere else nullcontext():
        if kernel._gpu is None:
            kernel._gpu = GpuKernel(kernel, cupy)
        compiled = kernel._gpu
        values = tuple(
            _array(kernel, index, value, device, cupy) if cast is None else cast(value)
            for index, (cast, value) in enumerate(zip(compiled.casts, args))
        )
        if 0 in grid:  # CuPy would make it 1; on the host no block runs
            return
        compiled.ask_for_shared_memory(shared_mem, device)
        compiled.function(grid, block, values, shared_mem=shared_mem)


# ---- arrays and tables of arrays ------------------------------------------------------------------------------------


def _array(kernel: Any, index: int, value: Any, device: int, cupy: Any) -> Any:
    if value is None:
        return value
    if isinstance(value, (list, tuple)) and kernel.source.parameters[index].pointers == 2:
        kept = getattr(value, "made", None)  # a PointerTable
        key = kernel.types[index], device, cupy.cuda.get_current_stream().ptr
        if kept is not None and key in kept:
            return kept[key]
        table = _table(tuple(_address(kernel, index, each, device) for each in value), key, cupy)
        if kept is not None:
            kept[key] = table
        return table
    _address(kernel, index, value, device)  # for its checks
    return value


def _address(kernel: Any, index: int, array: Any, device: int) -> int:
    """Where a checked array lies."""
    if array is None:
        return 0
    wanted = dtype_name(kernel, index)
    place = f"cuda:{device}"
    if device_of(array) != place or (wanted is not None and array.dtype.name != wanted):
        raise array_mistake(kernel, index, array, place)
    return int(array.data.ptr)


_tables: OrderedDict[tuple[Any, ...], Any] = OrderedDict()


def _table(addresses: tuple[int, ...], key: tuple[Any, ...], cupy: Any) -> Any:
    """The addresses as a device array: the one made before, if the same stream has written it."""
    table = _tables.get((key, addresses))
    if table is None:
        table = _tables[key, addresses] = cupy.asarray(np.array(addresses, np.uint64))
        if len(_tables) > _KEPT:
            _tables.popitem(last=False)
    else:
        _tables.move_to_end((key, addresses))
    return table
