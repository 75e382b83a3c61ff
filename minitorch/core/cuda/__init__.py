"""Which GPU: CuPy's if one answers, an emulated one if the program was started with it, or none.

    MINITORCH_CUDA            unset: CuPy, if it is installed and a GPU answers
    MINITORCH_CUDA=emulate    an emulated GPU; `emulate:2` for two of them
    MINITORCH_CUDA=cupy       CuPy, and an error where that is not possible
    MINITORCH_CUDA=off        none, whatever is installed

The question is answered when it is first asked (``cuda.is_available()``, a tensor on ``"cuda"``), not when minitorch is
imported. A test may answer it otherwise: ``with chosen("emulate"):``.

PyTorch: ``torch/cuda/__init__.py`` (``_lazy_init``), ``c10/cuda/CUDAFunctions.cpp``.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from minitorch.core.backend import Backend

# Bytes copied: "to_host", "from_host", "between_devices". An emulated device counts single numbers that are read too
# (`x.item()`, `if x.any():`); on a GPU CuPy reads them, unseen from here.
copies: Counter[str] = Counter()

_backends: list[Backend] | None = None  # one a GPU; None before anybody asked


def _found(setting: str) -> list[Backend]:
    """The backends that a setting stands for. ``ValueError`` for a setting that stands for nothing."""
    kind, _, count = setting.partition(":")
    if kind == "emulate" and (count.isdigit() or not count):
        from minitorch.core.cuda.backend import EmulatedBackend

        return [EmulatedBackend(index) for index in range(int(count or 1))]
    if setting == "off":
        return []
    if setting not in ("", "cupy"):
        raise ValueError(f"MINITORCH_CUDA={setting}: it may be emulate, emulate:COUNT, cupy, off, or nothing at all")
    found = _found_by_cupy()
    if setting and not found:
        raise RuntimeError("MINITORCH_CUDA=cupy: CuPy is not installed, or no GPU answers")
    return found


def _found_by_cupy() -> list[Backend]:
    from importlib.util import find_spec

    if find_spec("cupy") is None:
        return []
    try:
        import cupy
    except ImportError:  # installed for another CUDA, say: as good as none
        return []
    if not cupy.is_available():
        return []
    from minitorch.core.cuda.backend import CUDABackend

    count = cupy.cuda.runtime.getDeviceCount()
    found = [CUDABackend(index, cupy, alone=count == 1) for index in range(count)]
    cupy.cuda.set_allocator(lambda nbytes: found[cupy.cuda.runtime.getDevice()].memory.malloc(nbytes))
    return list(found)


def backends() -> list[Backend]:
    """One for each GPU; none without."""
    global _backends
    if _backends is None:
        _backends = _found(os.environ.get("MINITORCH_CUDA", ""))
    return _backends


def choose(setting: str | None) -> None:
    """Answer the question anew: a setting as above, None for what the environment says.

    Tensors of the GPUs there were before are of no use afterwards.
    """
    global _backends
    from minitorch.core.device import forget_backends

    _backends = None if setting is None else _found(setting)
    forget_backends("cuda")
    for forget in _forgetting:
        forget()


_forgetting: list[Callable[[], None]] = []


def when_chosen(forget: Callable[[], None]) -> None:
    """Have ``forget`` called when other devices are chosen: for whoever keeps something for each device."""
    _forgetting.append(forget)


@contextlib.contextmanager
def chosen(setting: str | None) -> Iterator[None]:
    """``choose`` for a block of code."""
    global _backends
    before = _backends
    choose(setting)
    try:
        yield
    finally:
        choose("off")
        _backends = before


def is_available() -> bool:
    """Whether there is a GPU."""
    return bool(backends())


def is_emulated() -> bool:
    """Whether the GPU is an emulated one."""
    found = backends()
    return bool(found) and bool(getattr(found[0], "is_emulated", False))


def device_count() -> int:
    """How many GPUs there are."""
    return len(backends())


def backend_of(index: int) -> Backend:
    """The backend of the ``index``-th GPU. ``RuntimeError`` (PyTorch's) if there are not so many."""
    found = backends()
    if not 0 <= index < len(found):
        raise RuntimeError(f"CUDA error: invalid device ordinal: {index}, there are {len(found)} devices")
    return found[index]


class _Named(threading.local):
    index = 0


_named = _Named()  # the real GPU that ``"cuda"`` means in this thread


def current_device() -> int:
    """The index that ``"cuda"`` without one means, in this thread.

    On real GPUs the record is our own: CuPy's current device follows the tensors that are computed with
    (``CUDABackend.xp``).
    """
    if is_emulated():
        from minitorch.core.cuda.emulated import current

        return current.index
    return _named.index


def set_device(index: int) -> None:
    """Let ``"cuda"`` mean the ``index``-th GPU in this thread."""
    backend_of(index)
    if is_emulated():
        from minitorch.core.cuda.emulated import current

        current.index = index
    else:
        import cupy

        _named.index = index
        cupy.cuda.runtime.setDevice(index)
