"""Lists of tensors as operands: what may be one, and when a single kernel can run over all of it.

A launch costs a GPU some microseconds, however few elements it is for, and an optimizer has a hundred small tensors. So
a list whose tensors go together (one device, one floating dtype, the same strides in all lists, nothing to be recorded)
is handed to a kernel that takes all of it, ``ops/kernels/multi_tensor.py``. Any other list is a loop over its tensors,
with the ordinary operators, which also record what autograd needs.

PyTorch: ``aten/src/ATen/native/ForeachUtils.h`` (``check_foreach_api_restrictions``, ``can_use_fast_route``).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.watch import watch
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.ops.declare.operands import NUMBERS
from minitorch.tensor_base import TensorBase, allocate

Lists = Sequence[list[Any]]
KERNEL_DTYPES = frozenset((dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16))


# ---- checks ---------------------------------------------------------------------------------------------------------


def is_list_of_tensors(value: Any) -> bool:
    """Whether it is a list or tuple whose first element is a tensor."""
    return isinstance(value, (list, tuple)) and bool(value) and isinstance(value[0], TensorBase)


def is_list_of_numbers(value: Any) -> bool:
    """Whether it is a list or tuple whose first element is a number."""
    return isinstance(value, (list, tuple)) and bool(value) and isinstance(value[0], NUMBERS)


def check_lists(name: str, *lists: Any) -> None:
    """``TypeError`` for what is no list of tensors, ``RuntimeError`` for an empty one or lists that do not go along."""
    for place, tensors in enumerate(lists):
        if not isinstance(tensors, (list, tuple)):
            raise TypeError(
                f"{name}(): argument '{'self' if place == 0 else f'tensors{place}'}' (position {place + 1}) must be "
                f"tuple of Tensors, not {type(tensors).__name__}"
            )
        for element, tensor in enumerate(tensors):
            if not isinstance(tensor, TensorBase):
                raise TypeError(
                    f"expected Tensor as element {element} in argument {place}, but got {type(tensor).__name__}"
                )
    first = lists[0]
    if not first:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for other in lists[1:]:
        if len(other) != len(first):
            raise RuntimeError(f"Tensor lists must have the same number of tensors, got {len(first)} and {len(other)}")


def check_scalars(tensors: Sequence[Any], scalars: Sequence[Any]) -> None:
    """``RuntimeError`` unless there is a number for each tensor."""
    if len(tensors) != len(scalars):
        raise RuntimeError("Tensor list must have same number of elements as scalar list.")


def check_zero_dim(tensor: Any) -> None:
    """``RuntimeError`` unless the tensor that stands for a number has no dimension."""
    if tensor.ndim:
        raise RuntimeError(
            f"scalar tensor expected to be 0 dim but it has {tensor.ndim} dimensions and {tensor.numel()} elements."
        )


# ---- groups ----------------------------------------------------------------------------------------------------------


def by_device_and_dtype(lists: Lists) -> dict[tuple[Any, Any], tuple[list[list[Any]], list[int]]]:
    """The lists cut into groups by device and dtype of the first one's tensors, with the places where each was.

    Other lists may be empty, and stay so, or hold None.
    """
    first = lists[0]
    places: dict[tuple[Any, Any], list[int]] = {}
    for place, tensor in enumerate(first):
        places.setdefault((tensor.device, tensor.dtype), []).append(place)
    if len(places) == 1:
        return {key: ([list(each) for each in lists], found) for key, found in places.items()}
    return {key: ([[each[i] for i in found] if each else [] for each in lists], found) for key, found in places.items()}


# ---- one launch -----------------------------------------------------------------------------------------------------


def kernels_serve(device: Any) -> bool:
    """Whether CUDA kernels run on arrays of this device: on a GPU, elsewhere with a compiler; not if switched off."""
    from minitorch import kernels
    from minitorch.kernels import modes

    if device.type == "cuda" and not device.backend.is_emulated:
        return modes.current() != "off"
    return kernels.available()


def flat(tensor: Any) -> Any:
    """The elements of a dense tensor in the order in which they lie in memory: an array that is contiguous."""
    geometry = tensor._geometry
    if geometry.is_contiguous:
        return tensor.array
    storage = tensor._storage
    return storage.device.backend.strided_array(
        storage.data, tensor._dtype.np, (geometry.numel,), (1,), geometry.offset
    )  # fmt: skip


def lie_alike(tensors: Sequence[Any]) -> bool:
    """Whether tensors of one shape are dense and have their elements in the same places."""
    first = tensors[0]._geometry
    if not first.is_contiguous and not geo.is_dense(first):
        return False
    for tensor in tensors[1:]:
        other = tensor._geometry
        if other is not first and (other.shape != first.shape or other.stride != first.stride):
            return False
    return True


def one_launch(lists: Sequence[Sequence[Any]], writes: bool) -> bool:
    """Whether a kernel may run over the lists. ``writes``: it writes over the first."""
    first = lists[0][0]
    dtype, device = first._dtype, first._storage.device
    if dtype not in KERNEL_DTYPES or watch.writes or not kernels_serve(device):
        return False
    for tensors in lists:
        for tensor in tensors:
            if tensor._dtype is not dtype or tensor._storage.device is not device:
                return False
            if modes.enabled and tensor.requires_grad:
                return False
    if not all([lie_alike(tensors) for tensors in zip(*lists)]):
        return False
    return not writes or (written_apart(lists) and not any([t._storage.is_inference for t in lists[0]]))


def written_apart(lists: Sequence[Sequence[Any]]) -> bool:
    """Whether no dense tensor of the first list shares an element with another tensor, but for operands in its place.

    A launch has no order: what one block writes, another may or may not have read.
    """
    written: dict[int, list[tuple[int, int]]] = {}  # by memory: from where to where
    for tensor in lists[0]:
        start = tensor._geometry.offset
        written.setdefault(id(tensor._storage.data), []).append((start, start + tensor._geometry.numel))
    for spans in written.values():
        spans.sort()
        if any([second[0] < first[1] for first, second in itertools.pairwise(spans)]):
            return False
    for tensors in lists[1:]:
        for target, tensor in zip(lists[0], tensors):
            beside = written.get(id(tensor._storage.data))
            start = tensor._geometry.offset
            if beside is None or (tensor._storage.data is target._storage.data and start == target._geometry.offset):
                continue
            if any([start < end and begin < start + tensor._geometry.numel for begin, end in beside]):
                return False
    return True


def launch(kernel: str, lists: Sequence[Sequence[Any]], number: Any = None, *, writes: bool) -> Any:
    """The results of a ``foreach_`` kernel on the lists, written over the first or new; None if it cannot run.

    ``number``: a number, a list with one for each tensor, or a zero-dim tensor. ``foreach_zero`` reads no list.
    """
    if not one_launch(lists, writes):
        return None
    if isinstance(number, TensorBase) and lists[0][0]._storage.device.type == "cpu" != number._storage.device.type:
        return None  # the ordinary operators refuse it
    from minitorch.ops.kernels import multi_tensor

    if isinstance(number, TensorBase):
        number = _where_it_is_needed(number, lists[0][0]._storage.device)
    operands = [[flat(tensor) for tensor in tensors] for tensors in lists]
    if writes:
        results, out = lists[0], operands[0]
    else:
        results = tuple([allocate(geo.preserving(t._geometry), t._dtype, t._storage.device) for t in lists[0]])
        out = [flat(tensor) for tensor in results]
    multi_tensor.apply(kernel, out, *(operands if kernel != "foreach_zero" else ()), number=number)
    if writes:
        for tensor in results:
            tensor._storage.version += 1
    return results


def _where_it_is_needed(number: Any, device: Any) -> Any:
    """A zero-dim tensor as what ``multi_tensor.apply`` takes: read on the host, left on a device."""
    if number._storage.device.type == "cpu" or number._storage.device is not device:
        return float(number.item())
    return number.array.astype("float64").reshape(1)
