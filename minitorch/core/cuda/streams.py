"""Streams and events: in which order a device works, and where it waits.

A stream is a queue: what is put into it is done in order. Two streams know nothing of each other, unless one waits for
an event of the other:

    compute   --- a --- b --- [event.record] --- c ---
                                     |
    copy      --- x ----------- [event.wait] --- y ---          y comes after b; nobody knows about c and x

``Stream`` and ``Event`` are PyTorch's on both kinds of device. On a GPU they are CuPy's underneath. On an emulated
device everything is done at once, so every query says yes; what is kept (``emulated_streams.py``) is who waited for
whom, and ``stream.follows(event)`` tells: was an order that a program relies on asked for?

PyTorch: ``c10/cuda/CUDAStream.h``, ``ATen/cuda/CUDAEvent.h``, ``torch/cuda/streams.py``. Left out: sharing events
between processes, graph capture, looking for accesses to memory that no event orders.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import Any

from minitorch.core.cuda import backends, current_device, emulated_streams, is_available, is_emulated, set_device
from minitorch.core.cuda.emulated_streams import EmulatedEvent, EmulatedStream
from minitorch.core.device import device as Device

LOWEST_PRIORITY, HIGHEST_PRIORITY = 0, -3


def _library() -> Any:
    """CuPy's streams and events, or the emulated ones."""
    if is_emulated():
        return emulated_streams
    import cupy

    return cupy.cuda


class device_guard:  # noqa: N801  (a context manager)
    """The ``index``-th device is the current one for a block of code; nothing changes for a negative one."""

    def __init__(self, index: int) -> None:
        self.index, self.before = index, -1

    def __enter__(self) -> None:
        if self.index >= 0:
            self.before = current_device()
            set_device(self.index)

    def __exit__(self, *exc_info: object) -> None:
        if self.index >= 0:
            set_device(self.before)


def index_of(device: Any) -> int:
    """The index of a CUDA device given as a device, a name, a number, or None for the current one."""
    if isinstance(device, int) and not isinstance(device, bool):
        return device
    if device is None:
        return current_device()
    place = Device(device)
    if place.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {place}")
    return current_device() if place.index is None else place.index


# ---- streams --------------------------------------------------------------------------------------------------------


class Stream:
    """``Stream(device=None, priority=0)``: a queue of work of one device.

    A lower ``priority`` is a more urgent one. ``with stream:`` puts work into it.
    """

    __module__ = "minitorch.cuda"

    _queue: Any
    device: Device
    priority: int

    def __new__(cls, device: Any = None, priority: int = 0, **kwargs: Any) -> Stream:
        if not is_available():
            raise RuntimeError("torch.cuda.Stream requires CUDA support")
        index = index_of(device)
        if not -1 <= index < len(backends()):
            raise RuntimeError(f"CUDA error: invalid device ordinal: {index}, there are {len(backends())} devices")
        index = current_device() if index < 0 else index
        priority = min(max(int(priority), HIGHEST_PRIORITY), LOWEST_PRIORITY)
        with device_guard(index):
            queue = _library().Stream(non_blocking=True, priority=priority)
        return cls._over(queue, index, priority)

    @classmethod
    def _over(cls, queue: Any, index: int, priority: int = 0) -> Stream:
        made = object.__new__(cls)
        made._queue, made.device, made.priority = queue, Device("cuda", index), priority
        return made

    @property
    def cuda_stream(self) -> int:
        """The handle that C functions take: 0 for the default stream."""
        return int(self._queue.ptr)

    stream_id = cuda_stream

    @property
    def device_index(self) -> int:
        """Which device it belongs to."""
        return self.device.index or 0

    device_type = 1  # c10::DeviceType::CUDA

    @staticmethod
    def priority_range() -> tuple[int, int]:
        """The least urgent priority and the most urgent one."""
        return LOWEST_PRIORITY, HIGHEST_PRIORITY

    def query(self) -> bool:
        """Whether all work that was put into it is done."""
        return bool(self._queue.done)

    def synchronize(self) -> None:
        """Wait until all work that was put into it is done."""
        self._queue.synchronize()

    def wait_event(self, event: Event) -> None:
        """What is put into it from now on waits for the event."""
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """What is put into it from now on waits for what is in the other stream now."""
        self.wait_event(stream.record_event())

    def record_event(self, event: Event | None = None) -> Event:
        """An event (a new one for None) that happens when all that is in the stream now is done."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def follows(self, event: Event) -> bool:
        """Whether what is put into it now is sure to come after the event. Emulated devices only."""
        if not isinstance(self._queue, EmulatedStream):
            raise RuntimeError(
                "Stream.follows() is known of emulated devices only: a GPU keeps no record of who waited"
            )
        return all(self._queue.clock.get(stream, 0) >= count for stream, count in event._recorded().clock.items())

    def __enter__(self) -> Stream:
        _current.entered().append(current_stream(None))
        _current.entered().append(current_stream(self.device))
        set_stream(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        on_its_device, before = _current.entered().pop(), _current.entered().pop()
        set_stream(on_its_device)
        set_stream(before)

    @property
    def _as_parameter_(self) -> ctypes.c_void_p:
        return ctypes.c_void_p(self.cuda_stream)

    def __cuda_stream__(self) -> tuple[int, int]:
        return 0, self.cuda_stream

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (self.cuda_stream, self.device) == (other.cuda_stream, other.device)

    def __hash__(self) -> int:
        return hash((self.cuda_stream, self.device))

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"


class ExternalStream(Stream):
    """``ExternalStream(pointer, device=None)``: a stream that another library made and keeps alive."""

    __module__ = "minitorch.cuda"

    def __new__(cls, stream_ptr: int, device: Any = None, **kwargs: Any) -> Stream:  # type: ignore[misc]
        if not is_available() or is_emulated():
            raise RuntimeError("torch.cuda.ExternalStream requires a GPU: there are no streams of other libraries here")
        import cupy

        index = index_of(device)
        return cls._over(cupy.cuda.ExternalStream(stream_ptr, index), index)


class _Current(threading.local):
    """The current stream of each device in this thread, and those to come back to."""

    def __init__(self) -> None:
        self._streams: dict[int, Stream] = {}
        self._entered: list[Stream] = []
        self._made_for: Any = None

    def streams(self) -> dict[int, Stream]:
        """By device index; empty again when other devices were chosen."""
        if self._made_for is not backends():
            self._streams, self._entered, self._made_for = {}, [], backends()
        return self._streams

    def entered(self) -> list[Stream]:
        """The streams that were current when ``with`` blocks began."""
        self.streams()
        return self._entered


_current = _Current()
_default: dict[int, tuple[Any, Stream]] = {}  # for each device: its backend, its default stream


def default_stream(device: Any = None) -> Stream:
    """The stream that a device works in when none was chosen."""
    index = index_of(device)
    backend = backends()[index]
    found = _default.get(index)
    if found is None or found[0] is not backend:
        found = _default[index] = (backend, Stream._over(_library().Stream(null=True), index))
    return found[1]


def current_stream(device: Any = None) -> Stream:
    """The stream that a device works in at the moment, in this thread."""
    index = index_of(device)
    return _current.streams().get(index) or default_stream(index)


def set_stream(stream: Stream | None) -> None:
    """Put work into this stream from now on, and make its device the current one. Nothing for None."""
    if stream is None:
        return
    _current.streams()[stream.device_index] = stream
    set_device(stream.device_index)
    stream._queue.use()


# ---- events ---------------------------------------------------------------------------------------------------------


class Event:
    """``Event(enable_timing=False, blocking=False)``: a place in a stream, to wait for or to measure time between."""

    __module__ = "minitorch.cuda"

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False, external: bool = False
    ) -> None:
        if not is_available():
            raise RuntimeError("Tried to instantiate dummy base class Event")
        if interprocess or external:
            raise NotImplementedError("torch.cuda.Event(): events for other processes or for graphs are not supported")
        self._timed, self._blocking = bool(enable_timing), bool(blocking)
        self._mark: Any = None  # made when first recorded, on the stream's device
        self._device: Device | None = None

    @property
    def device(self) -> Device | None:
        """The device it was recorded on; None before."""
        return self._device

    @property
    def cuda_event(self) -> int:
        """The handle that C functions take; 0 before it is recorded."""
        return 0 if self._mark is None else int(self._mark.ptr)

    def _recorded(self) -> Any:
        return EmulatedEvent() if self._mark is None else self._mark

    def record(self, stream: Stream | None = None) -> None:
        """It happens when all that is in the stream now is done."""
        stream = current_stream() if stream is None else stream
        if self._device is not None and self._device is not stream.device:
            raise RuntimeError(
                f"Event device {self._device.index} does not match recording stream's device {stream.device_index}."
            )
        if self._mark is None:
            with device_guard(stream.device_index):
                self._mark = _library().Event(block=self._blocking, disable_timing=not self._timed)
            self._device = stream.device
        self._mark.record(stream._queue)

    def wait(self, stream: Stream | None = None) -> None:
        """What is put into the stream from now on waits for it. One that was never recorded is not waited for."""
        stream = current_stream() if stream is None else stream
        if self._mark is not None:
            stream._queue.wait_event(self._mark)

    def query(self) -> bool:
        """Whether it has happened; one that was never recorded has."""
        return self._mark is None or bool(self._mark.done)

    def synchronize(self) -> None:
        """Wait until it happens."""
        if self._mark is not None:
            self._mark.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to another."""
        if not (self._timed and end_event._timed):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        if self._mark is None or end_event._mark is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        if not (self.query() and end_event.query()):
            raise RuntimeError("Both events must be completed before calculating elapsed time.")
        return float(_library().get_elapsed_time(self._mark, end_event._mark))

    @property
    def _as_parameter_(self) -> ctypes.c_void_p:
        return ctypes.c_void_p(self.cuda_event)

    def __repr__(self) -> str:
        return f"<torch.cuda.Event {self.cuda_event:#x}>" if self.cuda_event else "<torch.cuda.Event uninitialized>"


# ---- memory that several streams use --------------------------------------------------------------------------------

_kept: list[tuple[Any, Any]] = []  # events, and memory that may not be reused before they happen


class _KeepUntilDone:
    """Sits in a storage; when the storage is gone, its memory stays until the streams that used it get there."""

    __slots__ = ("memory", "streams")

    def __init__(self, memory: Any) -> None:
        self.memory = memory
        self.streams: set[Stream] = set()

    def __del__(self) -> None:
        if sys.is_finalizing():
            return
        for stream in self.streams:
            _kept.append((stream.record_event(), self.memory))
        _kept[:] = [(event, memory) for event, memory in _kept if not event.query()]


def record_stream(input: Any, s: Any) -> None:
    """Say that a tensor is used in a stream other than the one it was made in.

    Without it the memory of a tensor that dies could be handed out again while that stream still reads it.
    """
    if not isinstance(s, Stream):
        raise RuntimeError("unknown parameter type")
    storage = input._storage.first_twin()
    if not storage.is_cuda:
        raise NotImplementedError("Could not run 'aten::record_stream' with arguments from the 'CPU' backend.")
    rare = storage.rare()
    if rare.used_in is None:
        rare.used_in = _KeepUntilDone(storage.data)
    rare.used_in.streams.add(s)
