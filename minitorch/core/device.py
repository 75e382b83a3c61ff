"""Where a tensor's bytes live: ``device("cpu")``, ``device("cuda:0")``.

There is one object per device, so two devices are compared with ``is`` on the hot path. A device may be named without
existing; asking for its ``backend`` is what fails then.

PyTorch keeps the same in ``c10/core/Device.h`` and ``torch/csrc/Device.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import cpu as _cpu  # noqa: F401  (registers the CPU backend)
from minitorch.core.backend import Backend, backend_for

_TYPES = ("cpu", "cuda", "mps", "xpu", "meta")
_interned: dict[tuple[str, int | None], device] = {}


class device:  # noqa: N801  (PyTorch's own spelling)
    """``device("cuda", 1)``, ``device("cuda:1")``, ``device(1)`` or another device. ``RuntimeError`` for unknown types."""

    __slots__ = ("type", "index", "_backend")
    type: str
    index: int | None
    _backend: Backend | None

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> device:  # noqa: A002
        if isinstance(type, device):
            return type
        if isinstance(type, int) and not isinstance(type, bool):
            type, index = "cuda", type
        if not isinstance(type, str):
            raise TypeError(
                f"device(): argument 'type' must be a str, an int or a device, not {type.__class__.__name__}"
            )
        kind, colon, number = type.partition(":")
        if colon:
            if index is not None:
                raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
            if not number.isdigit() or (len(number) > 1 and number[0] == "0"):
                raise RuntimeError(f"Invalid device string: '{type}'")
            index = int(number)
        if kind not in _TYPES:
            raise RuntimeError(
                f"Expected one of {', '.join(_TYPES)} device type at start of device string: {type}"
            )
        found = _interned.get((kind, index))
        if found is None:
            found = object.__new__(cls)
            found.type, found.index, found._backend = kind, index, None
            _interned[kind, index] = found
        return found

    @property
    def backend(self) -> Backend:
        """What computes on this device; ``RuntimeError`` where this installation has nothing that does."""
        if self._backend is None:
            self._backend = backend_for(self.type)
        return self._backend

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        if self.index is None:
            return f"device(type='{self.type}')"
        return f"device(type='{self.type}', index={self.index})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (device, (self.type, self.index))


cpu = device("cpu")
