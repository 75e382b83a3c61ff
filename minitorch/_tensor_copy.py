"""``copy.deepcopy(tensor)`` and ``pickle.dumps(tensor)``: a tensor with its memory, outside of any graph.

Both copy the whole *storage* and look at it through the same geometry. So two views of one storage that are copied
together, as two parameters of one module may be, still share memory afterwards: Python's memo sees the storage twice.

PyTorch: ``torch/_tensor.py`` (``__deepcopy__``, ``__reduce_ex__``) and ``torch/_utils.py`` (``_rebuild_tensor_v2``).
"""

from __future__ import annotations

import copy
from typing import Any

from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Geometry
from minitorch.core.storage import Storage
from minitorch.tensor_base import over_storage


def deepcopy_tensor(tensor: Any, memo: dict[int, Any]) -> Any:
    """A copy with its own storage, its own gradient and the same attributes. ``RuntimeError`` unless it is a leaf."""
    if not tensor.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
            "A result of an operator would be copied without the graph that made it; use detach() first."
        )
    twin = memo.get(id(tensor))
    if twin is None:
        twin = over_storage(_copied_storage(tensor._storage, memo), tensor._dtype, tensor._geometry)
        memo[id(tensor)] = twin
        twin._requires_grad = tensor.requires_grad
        if tensor.grad is not None:
            twin.grad = copy.deepcopy(tensor.grad, memo)
        twin.__dict__.update(copy.deepcopy(tensor.__dict__, memo))
    return twin


def _copied_storage(storage: Storage, memo: dict[int, Any]) -> Any:
    twin = memo.get(id(storage))
    if twin is None:
        twin = memo[id(storage)] = Storage(storage.data.copy(), storage.device)
    return twin


def reduce_tensor(tensor: Any, protocol: Any) -> Any:
    """What ``pickle`` stores: the storage, how to look at it, whether it requires grad. A graph is left behind."""
    geometry = tensor._geometry
    place = (tuple(geometry.shape), tuple(geometry.stride), geometry.offset)
    return rebuild_tensor, (tensor._storage, tensor._dtype, place, tensor.requires_grad, dict(tensor.__dict__))


def rebuild_tensor(
    storage: Storage, dtype: Dtype, place: tuple[Any, Any, int], requires_grad: bool, attributes: dict[str, Any]
) -> Any:
    """The tensor that ``reduce_tensor`` took apart."""
    storage.version = 0
    tensor = over_storage(storage, dtype, Geometry(*place))
    tensor._requires_grad = requires_grad
    tensor.__dict__.update(attributes)
    return tensor
