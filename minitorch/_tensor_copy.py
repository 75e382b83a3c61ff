"""``copy.deepcopy(tensor)`` and ``pickle.dumps(tensor)``: a tensor with its memory, outside of any graph.

Both take the whole *storage* along and look at it through the same geometry. Python's memo sees the storage of two
views twice, so a deep copy of both gives two views of one storage again. A pickle stores it once for each: only
``minitorch.save`` (``serialization.py``) knows that they were one.

A tensor that is put together again has been given its memory by ``set_``, which counts as a write: its version is 1.

PyTorch: ``torch/_tensor.py`` (``__deepcopy__``, ``__reduce_ex__``, ``_rebuild_from_type_v2``) and ``torch/_utils.py``
(``_rebuild_tensor_v2``), the names that its files contain.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

from minitorch.core.geometry import contiguous
from minitorch.ops.shapes.resizing import set_
from minitorch.ops.shapes.views import as_subclass
from minitorch.storage import TypedStorage, typed_storage
from minitorch.tensor_base import allocate, is_exactly_tensor


def deepcopy_tensor(tensor: Any, memo: dict[int, Any]) -> Any:
    """A copy with its own storage, its own gradient and the same attributes. ``RuntimeError`` unless it is a leaf."""
    if not tensor.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
            "A result of an operator would be copied without the graph that made it; use detach() first."
        )
    twin = memo.get(id(tensor))
    if twin is None:
        geometry = tensor._geometry
        twin = allocate(contiguous((0,)), tensor._dtype, tensor.device)
        set_(twin, copy.deepcopy(tensor.untyped_storage(), memo), geometry.offset, geometry.shape, geometry.stride)
        if tensor.is_conj():
            twin = twin.conj_physical()
        if tensor.is_neg():
            twin = twin.neg()
        twin.__class__ = type(tensor)
        memo[id(tensor)] = twin
        twin._requires_grad = tensor.requires_grad
        if tensor.grad is not None:
            twin.grad = copy.deepcopy(tensor.grad, memo)
        twin.__dict__.update(copy.deepcopy(tensor.__dict__, memo))
    return twin


def reduce_tensor(tensor: Any, protocol: Any) -> Any:
    """What ``pickle`` stores: the storage, how to look at it, whether it requires grad. A graph is left behind."""
    if tensor.is_conj() or tensor.is_neg():
        tensor = tensor.resolve_conj().resolve_neg()
    geometry = tensor._geometry
    no_hooks: OrderedDict[int, Any] = OrderedDict()
    arguments = (
        typed_storage(tensor), geometry.offset, tuple(geometry.shape), tuple(geometry.stride), tensor.requires_grad,
        no_hooks,
    )  # fmt: skip
    if is_exactly_tensor(tensor) and not tensor.__dict__:
        return _rebuild_tensor_v2, arguments
    return _rebuild_from_type_v2, (_rebuild_tensor_v2, type(tensor), arguments, dict(tensor.__dict__))


def _rebuild_tensor_v2(
    storage: TypedStorage, storage_offset: int, size: tuple[int, ...], stride: tuple[int, ...], requires_grad: bool,
    backward_hooks: Any, metadata: Any = None,
) -> Any:  # fmt: skip
    """The tensor that ``reduce_tensor`` took apart."""
    tensor = allocate(contiguous((0,)), storage.dtype, storage.device)
    set_(tensor, storage, storage_offset, tuple(size), tuple(stride))
    tensor._requires_grad = requires_grad
    return tensor


def _rebuild_from_type_v2(function: Any, cls: type, arguments: tuple[Any, ...], state: Any) -> Any:
    """A tensor of a subclass, or with attributes of its own."""
    tensor = function(*arguments)
    if type(tensor) is not cls:
        tensor = as_subclass(tensor, cls)
    if hasattr(cls, "__setstate__"):
        tensor.__setstate__(state)
    else:
        tensor.__dict__.update(state)
    return tensor
