"""Where a compiled kernel computes, and where NumPy's functions do.

    if (kernels := kernels_for("activation", input, out)) is not None:
        return kernels.forward("Silu", input, out)
    return xp.divide(input, xp.exp(-input) + 1, out)

A forward of several steps reads and writes memory once a step; the kernel in ``kernels/activation.cu`` does it once. On
the CPU it is compiled on first use (0.3 seconds, kept on disk) and a launch costs some microseconds, so it takes arrays
of ``AT_LEAST`` elements and more, if there is a compiler. On a device the kernel computes whatever the size.

PyTorch's counterpart is the dispatch stub with its vectorised versions, ``aten/src/ATen/native/DispatchStub.h``.
"""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType
from typing import Any

import numpy as np

AT_LEAST = 8192  # elements. Measured, one thread: gelu gains from 512 on, sigmoid from 4096, relu from 32768
_FLOATING = frozenset(("float32", "float64", "float16", "bfloat16"))
_HOST_DTYPES = frozenset((np.dtype(np.float32), np.dtype(np.float64)))


def on_host(array: Any) -> bool:
    """Whether the array is in host memory."""
    return isinstance(array, np.ndarray)


@functools.cache
def family(name: str) -> ModuleType:
    """``minitorch/ops/kernels/NAME.py``, loaded when first needed."""
    return importlib.import_module(f"minitorch.ops.kernels.{name}")


@functools.cache
def _launcher() -> ModuleType:
    return importlib.import_module("minitorch.kernels")


def kernels_for(name: str, first: Any, *others: Any) -> ModuleType | None:
    """The functions of ``minitorch/ops/kernels/NAME.py`` if they can and should compute on these arrays, else None.

    They take contiguous arrays of one shape and one floating dtype, on one processor. None among ``others``, an ``out``
    that nobody gave, is no obstacle.
    """
    if type(first) is np.ndarray:
        if first.size < AT_LEAST or first.dtype not in _HOST_DTYPES or not _launcher().available():
            return None
    elif not _on_device(first) or first.dtype.name not in _FLOATING:
        return None
    if not first.flags.c_contiguous:
        return None
    for other in others:
        if other is first or other is None:
            continue
        if type(other) is not type(first) or other.dtype != first.dtype or other.shape != first.shape:
            return None
        if not other.flags.c_contiguous:
            return None
    return family(name)


def _on_device(array: Any) -> bool:
    """Whether kernels can run where the array is: a GPU, or its emulation, which needs the host's compiler."""
    if type(array) is getattr(sys.modules.get("cupy"), "ndarray", None):
        return True
    emulated = sys.modules.get("minitorch.core.cuda.emulated")
    return type(array) is getattr(emulated, "ndarray", None) and bool(_launcher().available())
