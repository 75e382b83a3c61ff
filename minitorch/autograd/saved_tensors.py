"""Hooks on saved tensors: what the graph keeps may be packed away, and is unpacked when a derivative asks for it.

    with saved_tensors_hooks(pack, unpack):
        y = x * w                   # the node keeps pack(x) and pack(w), whatever that returns
    y.sum().backward()              # the derivative gets unpack(pack(x)), unpack(pack(w))

Where no hook is set a node keeps the tensor itself, with the version it had. Where one is set it keeps a ``Packed``:
what the hook returned, and the history of the tensor, which the unpacked one gets back; so gradients of gradients go
where they would have gone. No version is checked then: the engine can't know what the hooks do with it.

Innermost hooks alone apply, to the thread that set them. ``SavedTensor`` is one saved tensor as a user sees it,
``node._raw_saved_self``, on which hooks may be set afterwards.

PyTorch keeps this in ``torch/csrc/autograd/saved_variable.cpp`` and ``python_saved_variable_hooks.cpp``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import gradient_edge
from minitorch.autograd.watch import watch
from minitorch.tensor_base import TensorBase, over_storage

Hooks = tuple[Callable[[Any], Any], Callable[[Any], Any]]


class _Default(threading.local):
    """The pairs of hooks of this thread, innermost last; why there may be none, if there may not."""

    def __init__(self) -> None:
        self.pairs: list[Hooks] = []
        self.forbidden: str | None = None


default = _Default()


def default_hooks() -> Hooks | None:
    """What packs and unpacks in this thread now."""
    return default.pairs[-1] if default.pairs else None


def push_hooks(pack_hook: Any, unpack_hook: Any) -> None:
    """Let these hooks apply until ``pop_hooks``."""
    if not callable(pack_hook) or not callable(unpack_hook):
        raise TypeError(
            "saved_tensors_hooks(): pack_hook and unpack_hook must be functions, but got "
            f"{type(pack_hook).__name__} and {type(unpack_hook).__name__}"
        )
    if default.forbidden is not None:
        raise RuntimeError(default.forbidden)
    default.pairs.append((pack_hook, unpack_hook))
    watch.count(recording=1)


def pop_hooks() -> None:
    """Back to the hooks outside of these."""
    default.pairs.pop()
    watch.count(recording=-1)


def forbid_hooks(message: str | None) -> str | None:
    """Setting hooks is a ``RuntimeError`` with this message from now on; None allows it. Returns what was said before.

    ``RuntimeError`` if hooks are set already.
    """
    if message is not None and default.pairs:
        raise RuntimeError(message)
    before, default.forbidden = default.forbidden, message
    return before


PACK_WRITES = (
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
    "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to "
    "perform in-place operations on the input to a pack hook."
)


class Packed:
    """What a node keeps of a tensor that was packed. ``is_output``: it is a result of that very node."""

    __slots__ = ("content", "unpack_hook", "is_output", "output_nr", "grad_fn", "requires_grad", "leaf_edge")

    def __init__(self, tensor: Any, hooks: Hooks, is_output: bool = False, shown: Any = None) -> None:
        """``shown``: what the hook gets to see, if not the tensor itself."""
        self.is_output = is_output
        self.output_nr = tensor._output_nr
        self.requires_grad = tensor.requires_grad
        self.grad_fn = None if is_output else tensor.grad_fn
        leaf = gradient_edge(tensor) if self.requires_grad and self.grad_fn is None and not is_output else None
        self.leaf_edge = None if leaf is None else leaf[0]
        pack_hook, self.unpack_hook = hooks
        version = tensor._storage.version
        previous, modes.enabled = modes.enabled, False
        try:
            self.content = pack_hook(tensor if shown is None else shown)
        finally:
            modes.enabled = previous
        if tensor._storage.version != version:
            raise RuntimeError(PACK_WRITES)

    def unpack(self, node: Any) -> Any:
        """The tensor again, with its history. ``node``: the one that keeps it."""
        data = self.unpack_hook(self.content)
        if not isinstance(data, TensorBase):
            raise TypeError(
                f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(data).__name__}"
            )
        grad_fn = node if self.is_output else self.grad_fn
        if grad_fn is None and not self.requires_grad and not data.requires_grad:
            return data
        tensor = over_storage(data._storage, data._dtype, data._geometry)
        if grad_fn is not None:
            tensor._grad_fn, tensor._output_nr, tensor._requires_grad = grad_fn, self.output_nr, True
        else:
            tensor._requires_grad = self.requires_grad
            if self.leaf_edge is not None:
                tensor.autograd_meta().accumulator = self.leaf_edge
        return tensor


class PackedList:
    """What a node keeps of a list of tensors that were packed; None may be among them."""

    __slots__ = ("items", "kind")

    def __init__(self, tensors: Any, hooks: Hooks) -> None:
        self.items = [None if tensor is None else Packed(tensor, hooks) for tensor in tensors]
        self.kind = type(tensors)

    def unpack(self, node: Any) -> Any:
        """The list again."""
        return self.kind([None if item is None else item.unpack(node) for item in self.items])


def is_list_of_tensors(value: Any) -> bool:
    """Whether it is a list or tuple with tensors in it."""
    return isinstance(value, (list, tuple)) and any(isinstance(item, TensorBase) for item in value)


class SavedTensor:
    """One saved tensor of a node: ``node._raw_saved_self``. ``slots[place]`` is where the node keeps it."""

    __slots__ = ("_node", "_place")

    def __init__(self, node: Any, place: int) -> None:
        self._node = node
        self._place = place

    @property
    def data(self) -> Any:
        """What is kept: the tensor, or what a hook has made of it."""
        kept = self._node.kept(self._place)
        return kept.content if isinstance(kept, Packed) else kept

    @property
    def unpack_hook(self) -> Any:
        """The function that will unpack it, or None."""
        kept = self._node.kept(self._place)
        return kept.unpack_hook if isinstance(kept, Packed) else None

    def unpack(self) -> Any:
        """The tensor, as the derivative will get it."""
        return self._node.unpack_one(self._place)

    def register_hooks(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        """Pack the tensor now, and unpack it when it is asked for. ``RuntimeError`` if that has been done, or if there
        is no tensor."""
        if not callable(pack_hook) or not callable(unpack_hook):
            raise TypeError(
                "register_hooks(): pack_hook and unpack_hook must be functions, but got "
                f"{type(pack_hook).__name__} and {type(unpack_hook).__name__}"
            )
        if self._node.is_released:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the "
                "graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need "
                "to backward through the graph a second time or if you need to access saved variables after calling "
                "backward."
            )
        kept = self._node.kept(self._place)
        if isinstance(kept, Packed):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of "
                "hooks is allowed at a time."
            )
        if kept is None:
            raise RuntimeError("Calling register_hooks on a saved tensor with value None is forbidden")
        self._node.pack_one(self._place, (pack_hook, unpack_hook))


class saved_tensors_hooks:  # noqa: N801
    """Inside, what the graph keeps is ``pack_hook(tensor)``; the derivative gets ``unpack_hook`` of that.

    ``pack_hook`` may return anything, but must not write into the tensor; ``unpack_hook`` must return a tensor of the
    same content. Only the innermost pair applies, and only to this thread.
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        push_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *exc_info: object) -> None:
        pop_hooks()
