"""Pinned memory: host memory that the system may not move, which a GPU can read while the program goes on.

    batch = batch.pin_memory()                    a copy, in memory that is locked
    batch.to("cuda", non_blocking=True)           needs no second copy on the way

Who pins is the backend of the GPU (``Backend.pinned``): CuPy on a real one; an emulated one has ordinary memory and a
flag that says it is pinned, so that programs take the same way.

PyTorch: ``aten/src/ATen/native/Memory.cpp``, ``aten/src/ATen/cuda/CachingHostAllocator.h``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.backend import is_available
from minitorch.core.device import cpu
from minitorch.core.storage import pinned_storage
from minitorch.ops import arguments as arg
from minitorch.ops.shapes.copying import write_elements
from minitorch.tensor_base import over_storage


def is_pinned(input: Any, device: Any = None) -> bool:
    """Whether the memory is locked for transfers to a GPU."""
    return bool(input._storage.is_pinned())


def pin_memory(input: Any, device: Any = None) -> Any:
    """A copy in memory locked for transfers; itself if it is there. ``RuntimeError`` without a GPU, as in PyTorch."""
    arg.check_tensor(input, "pin_memory")
    if not is_available("cuda"):
        raise RuntimeError("Cannot access accelerator device when none is available.")
    if input._storage.device is not cpu:
        raise RuntimeError(f"cannot pin '{input.type()}' only dense CPU tensors can be pinned")
    return input if is_pinned(input) else pinned(input)


def pinned(input: Any) -> Any:
    """A copy with the same strides, outside of any graph."""
    geometry = input._geometry
    nbytes = geo.extent(geometry) * input._dtype.itemsize if geometry.numel else 0
    result = over_storage(
        pinned_storage(nbytes), input._dtype, geo.as_strided(tuple(geometry.shape), tuple(geometry.stride), 0)
    )
    write_elements(result, input)
    return result
