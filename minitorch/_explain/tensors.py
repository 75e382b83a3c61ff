"""What a tensor is, apart from the call that made it: leaf or not, view of what, under which mode, how often written.

Each function returns lines of text about one question, or none where the question does not come up.
"""

from __future__ import annotations

import gc

from minitorch._explain.nodes import kind
from minitorch.autograd.inplace import CopySlices
from minitorch.autograd.node import Node
from minitorch.core import geometry as geo
from minitorch.core.dtypes import FLOATING
from minitorch.tensor_base import IN_FUNCTION, IN_INFERENCE, IN_NO_GRAD, MULTI_OUTPUT, TensorBase

_INDICES = "ijklmnpqrst"


def headline(tensor: TensorBase, node: Node | None) -> str:
    """``float32 tensor [2, 3], output 0 of MulBackward0``."""
    kind_of = type(tensor).__name__ if type(tensor).__name__ != "Tensor" else "tensor"
    text = f"{str(tensor.dtype).removeprefix('torch.')} {kind_of} of shape {list(tensor.shape)}"
    if node is not None:
        return f"{text}: output {tensor._output_nr} of {node.name()}"
    if tensor.is_inference():
        return f"{text}: an inference tensor"
    if tensor._requires_grad:
        return f"{text}: a leaf that requires grad"
    return f"{text}: outside of any graph"


def place_in_memory(tensor: TensorBase) -> list[str]:
    """Where an element lies, and of what the tensor is a view."""
    geometry, base = tensor._geometry, tensor._base
    lines = []
    if base is not None:
        lines.append(f"a view of {_of(base)}: it has no memory of its own")
        if geo.overlaps_itself(geometry):
            dims = [d for d, (n, s) in enumerate(zip(geometry.shape, geometry.stride)) if s == 0 and n > 1]
            lines.append(f"stride 0 in dim {', '.join(map(str, dims))}: all indices there lead to the same element")
    if base is not None or not geometry.is_plain:
        lines.append(f"element {element_formula(geometry)}")
    if not geometry.is_contiguous:
        lines.append("not contiguous: neighbours in the last dimension are not neighbours in memory, or there are gaps")
    return lines


def element_formula(geometry: geo.Geometry) -> str:
    """``[i, j] is storage[4 + i*6 + j*1]``."""
    names = [_INDICES[dim] if dim < len(_INDICES) else f"i{dim}" for dim in range(geometry.ndim)]
    terms = [str(geometry.offset), *[f"{name}*{step}" for name, step in zip(names, geometry.stride)]]
    return f"[{', '.join(names)}] is storage[{' + '.join(terms)}]"


def _of(base: TensorBase) -> str:
    words = kind(base.dtype, base.shape)
    if base._grad_fn is not None:
        return f"the {words} made by {base._grad_fn.name()}"
    return f"a leaf, {words}" if base._requires_grad else f"a tensor, {words}"


def how_made(tensor: TensorBase, node: Node | None) -> list[str]:
    """Why there is a ``grad_fn``, or none."""
    if tensor.is_inference():
        return [
            "made under inference_mode: it can never be part of a graph, and its writes are not counted",
            "clone() outside of the mode gives a normal tensor",
        ]
    if node is not None:
        return _rewritten(tensor, node) + _creation(tensor)
    if tensor._base is not None and tensor._view_creation in (IN_NO_GRAD, IN_INFERENCE):
        return _creation(tensor)
    if tensor._requires_grad:
        return [_gradient(tensor)]
    if tensor.dtype.category < FLOATING:
        name = str(tensor.dtype).removeprefix("torch.")
        return [f"{name} has no derivatives: only floating point and complex tensors can require grad"]
    return [
        "no grad_fn, for one of three reasons: it was made directly from data; or nothing that requires grad went into",
        "it; or recording was off (no_grad) or cut (detach(), .data)",
        *_companions(tensor),
    ]


def _gradient(tensor: TensorBase) -> str:
    grad = None if tensor._meta is None else tensor._meta.grad
    now = "None: no backward() has reached it yet" if grad is None else kind(grad.dtype, grad.shape)
    return f"nothing recorded made it, so backward() ends here and adds to its .grad (now {now})"


def _companions(tensor: TensorBase) -> list[str]:
    """Other living tensors over the same memory, which a tensor itself does not know: detach() leaves such pairs."""
    data = tensor._storage.data
    storages = [s for s in gc.get_referrers(data) if type(s) is type(tensor._storage)]
    found = [
        f"{kind(other.dtype, other.shape)}{', requires grad' if other._requires_grad else ''}"
        for storage in storages
        for other in gc.get_referrers(storage)
        if isinstance(other, TensorBase) and other is not tensor
    ]
    if not found:
        return []
    return [f"shares its memory with {len(found)} other tensor{'s' * (len(found) > 1)}: {'; '.join(sorted(found)[:4])}"]


def _rewritten(tensor: TensorBase, node: Node) -> list[str]:
    base = tensor._base
    if isinstance(node, CopySlices):
        inner = "freed" if node.function is None else node.function.name()
        return [
            f"written in place through a view ({element_formula(node.view_geometry)}) by {inner}:",
            "CopySlices sends the gradient of that part through the write, and lets the rest pass to the old history",
        ]
    if base is not None and node.name() == "AsStridedBackward0" and isinstance(base._grad_fn, CopySlices):
        return [
            "its base was written in place after this view was made. The old grad_fn was no longer true, so a new one",
            f"was made: as_strided with this view's geometry, on {base._grad_fn.name()}, the base's present history",
        ]
    return []


_CREATION = {
    IN_NO_GRAD: "a view made under no_grad: no grad_fn was recorded for it, and it may not be written in place while "
    "recording",
    IN_INFERENCE: "a view made under inference_mode: it may not be written in place outside of it",
    MULTI_OUTPUT: "one of several views that one call returned: it may not be written in place",
    IN_FUNCTION: "a view made inside an autograd.Function: it may not be written in place",
}


def _creation(tensor: TensorBase) -> list[str]:
    if tensor._base is None or tensor._view_creation not in _CREATION:
        return []
    return [_CREATION[tensor._view_creation]]


def writes(tensor: TensorBase) -> list[str]:
    """How often the memory has been written in place."""
    version = 0 if tensor.is_inference() else tensor._storage.version
    if not version:
        return []
    shared = " by this tensor or another over the same memory" if tensor._base is not None else ""
    return [f"its storage has been written in place {version} time{'s' * (version > 1)}{shared} (_version {version})"]


def hooks_of(tensor: TensorBase) -> list[str]:
    """Hooks, and whether ``.grad`` is kept."""
    meta = tensor._meta
    if meta is None:
        return []
    lines = []
    if meta.hooks:
        lines.append(f"{len(meta.hooks)} hook{'s' * (len(meta.hooks) > 1)} will see its gradient")
    if meta.retains_grad:
        lines.append("retain_grad() was called: backward() keeps its .grad although it is no leaf")
    return lines
