"""``module.to(...)``, ``.double()``, ``.cuda()``: the same module with its tensors elsewhere or in another dtype.

All are one walk, ``_apply(fn)``, with another ``fn``. A parameter stays the *same object* and only gets other memory
(``parameter.data = fn(parameter)``), so an optimizer that holds it need not be told; its gradient goes along. A buffer
is replaced.

PyTorch: ``torch/nn/modules/module.py``. Left out: the two switches of ``torch.__future__`` that make new parameters
instead, and ``share_memory`` between processes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from minitorch.autograd.grad_mode import no_grad
from minitorch.core import dtypes
from minitorch.core.device import device as Device
from minitorch.core.device import place_of
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.memory_format import preserve_format
from minitorch.ops.creating import creation
from minitorch.ops.shapes.conversion import convert, parse_to


class ModuleConversion:
    """The part of ``Module`` that changes the memory of its tensors."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]

    def children(self) -> Iterator[Any]:
        """The modules directly below."""
        raise NotImplementedError

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Any:
        """Give every parameter, gradient and buffer the memory of ``fn(tensor)``."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            with no_grad():
                parameter.data = fn(parameter)
                if parameter.grad is not None:
                    parameter.grad.data = fn(parameter.grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """``to(device)``, ``to(dtype)``, ``to(device, dtype)``, ``to(tensor)``; keyword ``memory_format``.

        Integer tensors keep their dtype. ``TypeError`` for an integer ``dtype``.
        """
        device, dtype, _, memory_format = parse_to(args, kwargs)
        if dtype is not None and dtype.category < dtypes.FLOATING:
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn(
                "Complex modules are a new feature under active development whose design may change, and some modules "
                "might not work as expected when using complex tensors as parameters or buffers.",
                stacklevel=2,
            )

        def moved(tensor: Any) -> Any:
            kind = dtype if dtype is not None and tensor._dtype.category >= dtypes.FLOATING else tensor._dtype
            order = memory_format if memory_format is not None and tensor.ndim in (4, 5) else preserve_format
            place = device or tensor._storage.device
            if order is preserve_format:
                return convert(tensor, kind, place)
            return convert(tensor, kind, place).contiguous(memory_format=order)

        return self._apply(moved)

    def cpu(self) -> Any:
        """Move everything to the CPU."""
        return self._to_device(Device("cpu"))

    def cuda(self, device: Any = None) -> Any:
        """Move everything to a CUDA device, by default the current one."""
        return self._to_device(place_of("cuda" if device is None else device))

    def _to_device(self, device: Device) -> Any:
        return self._apply(lambda tensor: convert(tensor, tensor._dtype, device))

    def type(self, dst_type: Dtype) -> Any:
        """Convert every parameter and buffer, also integer ones, to a dtype."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self) -> Any:
        """Convert floating-point parameters and buffers to float32."""
        return self._to_floating(dtypes.float32)

    def double(self) -> Any:
        """Convert floating-point parameters and buffers to float64."""
        return self._to_floating(dtypes.float64)

    def half(self) -> Any:
        """Convert floating-point parameters and buffers to float16."""
        return self._to_floating(dtypes.float16)

    def bfloat16(self) -> Any:
        """Convert floating-point parameters and buffers to bfloat16."""
        return self._to_floating(dtypes.bfloat16)

    def _to_floating(self, dtype: Dtype) -> Any:
        return self._apply(lambda t: convert(t, dtype, t._storage.device) if t._dtype.is_floating_point else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Move everything to ``device`` without copying the values: what is there afterwards is undefined."""
        return self._apply(lambda tensor: creation.empty_like(tensor, device=device), recurse)

    def share_memory(self) -> Any:
        """Not available: memory is not shared between processes here."""
        raise RuntimeError("share_memory(): tensors cannot be shared between processes in minitorch")
