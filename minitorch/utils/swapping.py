"""``swap_tensors``: two tensors become each other, and everybody who holds one holds the other from then on.

    swap_tensors(layer.weight, converted)       the optimizer that holds layer.weight now holds the converted one

Nothing is copied: class, attributes, storage, geometry and history change places. A graph that was recorded with one of
them would be wrong about it, so the accumulator at its end refuses to work.

PyTorch: ``swap_tensors`` in ``torch/utils/__init__.py``. There a count of references also finds saved values that hold
one of the tensors, and refuses; here only views are looked for.
"""

from __future__ import annotations

import gc
import weakref
from typing import Any

from minitorch.tensor_base import TensorBase

_SLOTS = tuple(name for name in TensorBase.__slots__ if not name.startswith("__"))


def swap_tensors(t1: Any, t2: Any) -> None:
    """Swap what ``t1`` and ``t2`` are. ``RuntimeError`` if a view or a weak reference knows one of them.

    A graph that leads to one of them can't be walked backwards any more.
    """
    for name, tensor in (("t1", t1), ("t2", t2)):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"swap_tensors(): argument '{name}' must be Tensor, not {type(tensor).__name__}")
        accumulator = None if tensor._meta is None else tensor._meta.accumulator
        if weakref.getweakrefcount(tensor) > (accumulator is not None):  # the accumulator has one itself
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
        if any(isinstance(holder, TensorBase) and holder._base is tensor for holder in gc.get_referrers(tensor)):
            raise RuntimeError(f"Cannot swap {name} because there are views of it")
    for tensor in (t1, t2):
        if tensor._meta is not None and tensor._meta.accumulator is not None:
            tensor._meta.accumulator.register_prehook(_refuse)
            tensor._meta.accumulator = None
    t1.__class__, t2.__class__ = t2.__class__, t1.__class__
    t1.__dict__, t2.__dict__ = t2.__dict__, t1.__dict__
    first, second = _slots_of(t1), _slots_of(t2)
    _set_slots(t1, second)
    _set_slots(t2, first)


def _refuse(grad_outputs: Any) -> None:
    raise RuntimeError(
        "Trying to execute AccumulateGrad node that was poisoned by swap_tensors: the leaf that this graph was "
        "recorded with was swapped since. Swap before the forward pass, or after backward."
    )


def _slots_of(tensor: Any) -> dict[str, Any]:
    return {name: getattr(tensor, name) for name in _SLOTS if hasattr(tensor, name)}


def _set_slots(tensor: Any, values: dict[str, Any]) -> None:
    for name in _SLOTS:
        if name in values:
            setattr(tensor, name, values[name])
        elif hasattr(tensor, name):
            delattr(tensor, name)
