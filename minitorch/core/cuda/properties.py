"""What a CUDA device is: its name, its memory, how many multiprocessors it has.

    GPU = multiprocessors (132) of 2048 threads each, a warp being 32 threads that go in step

An emulated device says it is one certain GPU, an H200 with as much memory as ``MINITORCH_CUDA_MEMORY`` gives it. The
numbers matter: how random numbers are dealt to the elements of a large tensor depends on the count of multiprocessors.

PyTorch: ``torch.cuda.get_device_properties``, ``cudaDeviceProp`` of the CUDA runtime.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

GIB = 2**30
DEFAULT_EMULATED_MEMORY = 8 * GIB


@dataclass(frozen=True)
class DeviceProperties:
    """Sizes in bytes, clock rates in kHz, the width of the memory bus in bits."""

    name: str
    major: int  # the compute capability, major.minor
    minor: int
    total_memory: int
    multi_processor_count: int
    max_threads_per_multi_processor: int
    warp_size: int
    regs_per_multiprocessor: int
    shared_memory_per_block: int
    shared_memory_per_block_optin: int
    shared_memory_per_multiprocessor: int
    L2_cache_size: int
    clock_rate: int
    memory_clock_rate: int
    memory_bus_width: int
    is_integrated: int = 0
    is_multi_gpu_board: int = 0
    max_threads_per_block: int = 1024

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory // 2**20}MB, multi_processor_count={self.multi_processor_count}, "
            f"L2_cache_size={self.L2_cache_size // 2**20}MB)"
        )


def emulated_memory() -> int:
    """How many bytes an emulated device has. ``ValueError`` if the variable holds no positive number."""
    given = os.environ.get("MINITORCH_CUDA_MEMORY", "")
    if not given:
        return DEFAULT_EMULATED_MEMORY
    if not given.isdecimal() or int(given) == 0:
        raise ValueError(f"MINITORCH_CUDA_MEMORY must be a number of bytes, got {given!r}")
    return int(given)


def emulated_properties() -> DeviceProperties:
    """An H200 (SXM), but for its memory."""
    return DeviceProperties(
        "NVIDIA H200 (emulated)", 9, 0, emulated_memory(), 132, 2048, 32, 65536, 49152, 232448, 233472, 60 * 2**20,
        1980000, 3201000, 6144,
    )  # fmt: skip


@functools.cache
def _of_gpu(index: int) -> DeviceProperties:
    import cupy

    found = cupy.cuda.runtime.getDeviceProperties(index)
    attribute = cupy.cuda.runtime.deviceGetAttribute
    return DeviceProperties(
        found["name"].decode(), found["major"], found["minor"], found["totalGlobalMem"], found["multiProcessorCount"],
        found["maxThreadsPerMultiProcessor"], found["warpSize"], found["regsPerMultiprocessor"],
        found["sharedMemPerBlock"], found["sharedMemPerBlockOptin"], found["sharedMemPerMultiprocessor"],
        found["l2CacheSize"], attribute(_CLOCK_RATE, index), attribute(_MEMORY_CLOCK_RATE, index),
        found["memoryBusWidth"], found["integrated"], found["isMultiGpuBoard"], found["maxThreadsPerBlock"],
    )  # fmt: skip


_CLOCK_RATE, _MEMORY_CLOCK_RATE = 13, 36  # cudaDevAttr: CUDA 13 took both out of the struct


def device_properties(index: int) -> DeviceProperties:
    """The properties of the ``index``-th CUDA device."""
    from minitorch.core.cuda import is_emulated

    return emulated_properties() if is_emulated() else _of_gpu(index)
