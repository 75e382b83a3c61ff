"""``Variable``: what tensors with a history were called before tensors had one themselves.

Today every tensor is a ``Variable``, and ``Variable(tensor)`` gives the tensor without its history. Old programs use
it, and ``Variable._execution_engine.queue_callback`` is still the way to have something called at the end of a backward
pass, where ``DistributedDataParallel`` waits for its communication.

PyTorch keeps this in ``torch/autograd/variable.py`` and ``torch/csrc/autograd/python_variable.cpp``.
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.autograd.tasks import queue_callback
from minitorch.tensor_base import TensorBase


class _ExecutionEngine:
    """The engine, as far as old programs ask for it."""

    __slots__ = ()

    @staticmethod
    def queue_callback(callback: Any) -> None:
        """Call ``callback()`` when the present backward pass is done. ``RuntimeError`` outside of one."""
        queue_callback(callback)


class VariableMeta(type):
    """Makes ``isinstance(tensor, Variable)`` true."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TensorBase)


class Variable(metaclass=VariableMeta):
    """``Variable(tensor, requires_grad=False)``: the tensor over the same memory, as a leaf."""

    _execution_engine = _ExecutionEngine()

    def __new__(cls, data: Any = None, requires_grad: bool = False, *, volatile: Any = None) -> Any:
        from minitorch.ops.creating.creation import empty

        if volatile is not None:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        if data is None:
            data = empty(0)
        if not isinstance(data, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if requires_grad and not (data.is_floating_point() or data.is_complex()):
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        variable: Any = data.detach()  # type: ignore[attr-defined]
        return variable.requires_grad_(requires_grad)
