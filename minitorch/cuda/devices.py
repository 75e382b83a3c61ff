"""Which GPUs there are, what they are, and which is the current one.

``"cuda"`` without an index means the current device, and so does every function here that is given no device. A device
may be given as ``torch.device("cuda:1")``, ``"cuda:1"`` or ``1``.

PyTorch: ``torch/cuda/__init__.py``.
"""

from __future__ import annotations

import weakref
from typing import Any

from minitorch.core import cuda as gpus
from minitorch.core.cuda import generator, streams
from minitorch.core.cuda.properties import DeviceProperties
from minitorch.core.cuda.properties import device_properties as _properties
from minitorch.core.cuda.streams import Stream, device_guard
from minitorch.core.device import device as Device

_started: weakref.WeakSet[Any] = weakref.WeakSet()  # backends of the devices that `init` was called for


def is_available() -> bool:
    """Whether tensors can live on a CUDA device."""
    return gpus.is_available()


def is_emulated() -> bool:
    """Whether the CUDA devices are emulated ones. Not in PyTorch."""
    return gpus.is_emulated()


def device_count() -> int:
    """How many CUDA devices there are."""
    return gpus.device_count()


def init() -> None:
    """Start the devices, which happens by itself when one is used. ``AssertionError`` without any."""
    if not gpus.is_available():
        raise AssertionError("Torch not compiled with CUDA enabled")
    if not is_initialized():
        _started.update(gpus.backends())
        generator.default_generators()


def is_initialized() -> bool:
    """Whether a device was used, or ``init`` called."""
    found = gpus.backends()
    return bool(found) and (generator.in_use() or any(each in _started or each.memory.used for each in found))


def checked_index(given: Any = None, optional: bool = True) -> int:
    """The index of a device. ``AssertionError`` without devices or for a wrong index, ``ValueError`` for others."""
    init()
    if isinstance(given, device):
        given = given.idx
    if not optional and not isinstance(given, int) and (given is None or Device(given).index is None):
        raise ValueError(f"Expected a torch.device with a specified index or an integer, but got:{given}")
    index = streams.index_of(given)
    if not 0 <= index < gpus.device_count():
        raise AssertionError(f"Invalid device id: {index}, there are {gpus.device_count()} devices")
    return index


def current_device() -> int:
    """The index of the current device."""
    init()
    return gpus.current_device()


def set_device(device: Any) -> None:
    """Make a device the current one, in this thread. Nothing for a negative index."""
    if isinstance(device, int) and device < 0:
        return
    init()
    gpus.set_device(streams.index_of(device))


class device:  # noqa: N801  (PyTorch's own spelling)
    """``with cuda.device(1):`` the device is the current one inside. Nothing for None or a negative index."""

    def __init__(self, device: Any) -> None:
        if device is not None and not isinstance(device, int) and Device(device).type != "cuda":
            raise ValueError(f"Expected a cuda device, but got: {device}")
        self.idx = -1 if device is None else device if isinstance(device, int) else _index_if_any(device)
        self._guards: list[device_guard] = []

    def __enter__(self) -> None:
        if self.idx >= 0 and not gpus.is_available():
            raise RuntimeError("PyTorch was compiled without CUDA support")
        guard = device_guard(self.idx)
        guard.__enter__()
        self._guards.append(guard)

    def __exit__(self, *exc_info: object) -> None:
        self._guards.pop().__exit__()


def _index_if_any(given: Any) -> int:
    index = Device(given).index
    return gpus.current_device() if index is None and gpus.is_available() else index or 0


class device_of(device):  # noqa: N801
    """``with cuda.device_of(x):`` the device of a tensor or storage is the current one inside. Nothing on the CPU."""

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if obj.is_cuda else -1)


def synchronize(device: Any = None) -> None:
    """Wait until a device has done all that was asked of it."""
    gpus.backend_of(checked_index(device)).synchronize()


# ---- what they are --------------------------------------------------------------------------------------------------


def get_device_properties(device: Any = None) -> DeviceProperties:
    """Its name, its memory, its multiprocessors, ..."""
    return _properties(checked_index(device))


def get_device_name(device: Any = None) -> str:
    """Its name."""
    return get_device_properties(device).name


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Its compute capability: (9, 0) for an H200."""
    properties = get_device_properties(device)
    return properties.major, properties.minor


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the current device can compute with bfloat16: all can, those from 8.0 on by instructions of their own."""
    return gpus.is_available() and (including_emulation or get_device_capability()[0] >= 8)


def can_device_access_peer(device: Any, peer_device: Any) -> bool:
    """Whether a device can read another one's memory. An emulated one cannot."""
    first, second = checked_index(device), checked_index(peer_device, optional=False)
    if gpus.is_emulated() or first == second:
        return False
    import cupy

    return bool(cupy.cuda.runtime.deviceCanAccessPeer(first, second))


def get_arch_list() -> list[str]:
    """The architectures that kernels are compiled for: on demand, so those of the devices at hand."""
    return sorted({f"sm_{gpu.major}{gpu.minor}" for gpu in map(_properties, range(gpus.device_count()))})


# ---- streams --------------------------------------------------------------------------------------------------------


def current_stream(device: Any = None) -> Stream:
    """The stream that a device works in at the moment, in this thread."""
    return streams.current_stream(checked_index(device))


def default_stream(device: Any = None) -> Stream:
    """The stream that a device works in when none was chosen."""
    return streams.default_stream(checked_index(device))


def set_stream(stream: Stream | None) -> None:
    """Work in this stream from now on; its device becomes the current one. Nothing for None."""
    streams.set_stream(stream)


class StreamContext:
    """``with cuda.stream(s):`` work inside is put into ``s``."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            self.stream.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        if self.stream is not None:
            self.stream.__exit__()


def stream(stream: Stream | None) -> StreamContext:
    """Put the work of a ``with`` block into a stream. Nothing for None."""
    return StreamContext(stream)
