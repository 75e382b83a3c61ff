"""``Parameter`` and ``Buffer``: tensors that a module notices when they are assigned to it.

    self.weight = nn.Parameter(torch.randn(3, 4))      -> in module.parameters(), requires grad
    self.mean = nn.Buffer(torch.zeros(3))              -> in module.buffers(), saved but not trained

Neither computes anything a tensor does not. A parameter shares the memory of the tensor it is made from and is always
a leaf: a computation on it gives a plain tensor again.

PyTorch: ``torch/nn/parameter.py``. There ``isinstance(x, Parameter)`` also accepts marked tensors of other classes,
through a metaclass; and lazy modules have ``UninitializedParameter``. Both are left out.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.core import dtypes
from minitorch.core.device import cpu
from minitorch.core.geometry import contiguous
from minitorch.ops import arguments as arg
from minitorch.overrides import disabled_torch_function
from minitorch.tensor_base import allocate

_new = object.__new__


def same_memory_as(cls: type, data: Any) -> Any:
    """A leaf tensor of class ``cls`` over the storage of ``data``, with no history."""
    tensor: Any = _new(cls)
    tensor._storage = data._storage
    tensor._dtype = data._dtype
    tensor._geometry = data._geometry
    tensor._array = data._array
    tensor._requires_grad = False
    tensor._grad_fn = None
    tensor._output_nr = 0
    tensor._base = None
    tensor._meta = None
    return tensor


def _nothing() -> Any:
    return allocate(contiguous((0,)), dtypes.get_default_dtype(), cpu)


class Parameter(Tensor):
    """A tensor that a module trains. Shares memory with ``data``; ``RuntimeError`` if an integer is to require grad."""

    __torch_function__ = disabled_torch_function

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        data = _nothing() if data is None else data.detach()
        parameter = same_memory_as(cls, data)
        requires_grad = arg.boolean(requires_grad, "_make_subclass", "require_grad")
        if requires_grad and data._dtype.category < dtypes.FLOATING:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        parameter._requires_grad = requires_grad
        return parameter

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = memo.get(id(self))
        if copy is None:
            copy = memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild_parameter, (type(self), self.detach(), self.requires_grad, dict(self.__dict__))

    def __repr__(self) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()


def _rebuild_parameter(cls: type, data: Any, requires_grad: bool, attributes: dict[str, Any]) -> Any:
    parameter = cls(data, requires_grad)
    parameter.__dict__.update(attributes)
    return parameter


class Buffer(Tensor):
    """A tensor that a module keeps but does not train. ``persistent``: whether ``state_dict`` contains it."""

    __torch_function__ = disabled_torch_function
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        data = _nothing() if data is None else data
        buffer = same_memory_as(cls, data.detach())
        buffer._requires_grad = data.requires_grad
        buffer.persistent = persistent
        return buffer

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.ndim == 0 else self.detach(), spec)  # as the plain tensor it is in PyTorch

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = memo.get(id(self))
        if copy is None:
            copy = memo[id(self)] = Buffer(self.detach().clone(), persistent=self.persistent)
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild_buffer, (self.detach(), self.persistent)


def _rebuild_buffer(data: Any, persistent: bool) -> Any:
    return Buffer(data, persistent=persistent)


def clear_grad(tensor: Any, set_to_none: bool) -> None:
    """Set ``tensor.grad`` to None, or detach it and fill it with zeros."""
    gradient = tensor.grad
    if gradient is None:
        return
    if set_to_none:
        tensor.grad = None
    else:
        if gradient.grad_fn is not None:
            gradient.detach_()
        else:
            gradient.requires_grad_(False)
        gradient.zero_()
