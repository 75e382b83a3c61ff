"""Where a tensor's bytes live: ``device("cpu")``, ``device("cuda:0")``.

There is one object per device, so two devices are compared with ``is`` on the hot path. A device may be named without
existing; a tensor can live only where this installation has a backend, and ``place_of`` is what says so:

    place_of("cpu:0")   cpu        there is one CPU, whatever its index
    place_of("cuda")    cuda:0     a GPU tensor knows which GPU
    place_of(None)      cpu        or what set_default_device, or `with device("cuda"):`, says

PyTorch keeps the same in ``c10/core/Device.h``, ``torch/csrc/Device.cpp`` and ``torch/utils/_device.py``.
"""

from __future__ import annotations

import threading
from typing import Any

from minitorch.core import cpu as _cpu  # noqa: F401  (registers the CPU backend)
from minitorch.core.backend import Backend, backend_for, current_index, is_available

_TYPES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip
_interned: dict[tuple[str, int | None], device] = {}


class device:  # noqa: N801  (PyTorch's own spelling)
    """``device("cuda", 1)``, ``device("cuda:1")``, ``device(1)`` or another device.

    ``RuntimeError`` for unknown types and bad indices, ``TypeError`` for what is no name. ``with device("cuda"):``
    makes it the default device of new tensors.
    """

    __module__ = "minitorch"  # where users find it, and what type(x) prints

    __slots__ = ("type", "index", "_backend")
    type: str
    index: int | None
    _backend: Any  # `backend` for the hot path: set before the first tensor on the device can be made

    def __new__(cls, type: Any = None, index: int | None = None, *, device: Any = None) -> device:
        given = type if device is None else device
        if given.__class__ is cls and index is None:
            return given  # type: ignore[no-any-return]
        if isinstance(given, int) and not isinstance(given, bool):
            if not is_available("cuda"):
                raise RuntimeError("Cannot access accelerator device when none is available.")
            return _intern(*_parse("cuda", given))
        if not isinstance(given, str):
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {given.__class__.__name__}")
        if index is not None and (not isinstance(index, int) or isinstance(index, bool)):
            raise TypeError(f"device(): argument 'index' (position 2) must be int, not {index.__class__.__name__}")
        return _intern(*_parse(given, index))

    @property
    def backend(self) -> Backend:
        """What computes on this device; see ``backend_for`` for where there is nothing that does."""
        if self._backend is None:
            object.__setattr__(self, "_backend", backend_for(self.type, self.index))
        return self._backend  # type: ignore[no-any-return]

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __enter__(self) -> device:
        _defaults.stack.append(place_of(self))
        return self

    def __exit__(self, *exc_info: object) -> None:
        _defaults.stack.pop()

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        if self.index is None:
            return f"device(type='{self.type}')"
        return f"device(type='{self.type}', index={self.index})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (device, (self.type,) if self.index is None else (self.type, self.index))


def _parse(name: str, index: int | None) -> tuple[str, int | None]:
    """Type and index from ``"cuda"`` or ``"cuda:1"``. ``RuntimeError`` for anything else."""
    if not name:
        raise RuntimeError("Device string must not be empty")
    kind, colon, number = name.partition(":")
    if colon:
        if index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {name}")
        if not (number.isascii() and number.isdigit()) or (len(number) > 1 and number[0] == "0"):
            raise RuntimeError(f"Invalid device string: '{name}'; usual ones are 'cpu', 'cuda' and 'cuda:0'")
        index = int(number)
    if kind not in _TYPES:
        raise RuntimeError(
            f"Expected one of {', '.join(_TYPES)} device type at start of device string: {name}; "
            "usual ones are 'cpu', 'cuda' and 'cuda:0'"
        )
    if index is not None and index < 0:
        raise RuntimeError("Device index must not be negative")
    return kind, index


def _intern(kind: str, index: int | None) -> device:
    found = _interned.get((kind, index))
    if found is None:
        made = object.__new__(device)
        for name, value in (("type", kind), ("index", index), ("_backend", None)):
            object.__setattr__(made, name, value)
        found = _interned.setdefault((kind, index), made)
    return found


cpu = device("cpu")
_ = cpu.backend  # set from now on


def forget_backends(kind: str) -> None:
    """What computes on devices of a kind is to be asked for again."""
    for known in _interned.values():
        if known.type == kind:
            object.__setattr__(known, "_backend", None)


# ---- where new tensors go -------------------------------------------------------------------------------------------


class _Defaults(threading.local):
    """The default device of this thread, and above it those of the ``with`` blocks around."""

    def __init__(self) -> None:
        self.stack = [cpu]


_defaults = _Defaults()


def place_of(given: Any) -> device:
    """The device on which a tensor asked for on ``given`` will live; the default device for None.

    ``AssertionError`` for a GPU and ``NotImplementedError`` for other devices that this installation cannot compute on.
    """
    if given is None:
        return _defaults.stack[-1]
    if given is cpu:
        return cpu  # type: ignore[no-any-return]
    named = device(given)
    if named.type == "cpu":
        return cpu
    backend_for(named.type, named.index)
    place = _intern(named.type, current_index(named.type) if named.index is None else named.index)
    _ = place.backend  # set from now on, for the hot path reads it without asking
    return place


def get_default_device() -> device:
    """Where new tensors go when no device is named."""
    return _defaults.stack[-1]


def set_default_device(device: Any) -> None:
    """Name where new tensors go when no device is named; None means the CPU."""
    _defaults.stack[0] = cpu if device is None else place_of(device)
