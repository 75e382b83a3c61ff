"""Hooks: functions of the user that the engine calls when it comes past a tensor or a node.

    y.register_hook(h)                 h(gradient of y), before the node that made y runs; may return another gradient
    y.retain_grad()                    what the hooks of y have made of its gradient is kept in y.grad
    y.grad_fn.register_prehook(h)      h(grad_outputs), after the hooks of the outputs
    y.grad_fn.register_hook(h)         h(grad_inputs, grad_outputs), after the node has run

They belong to the node, in ``NodeHooks``; a tensor's own are also known to the tensor, and stay with the value they
were registered on when the tensor is written in place.

PyTorch keeps this in ``torch/csrc/autograd/function_hook.h``, ``python_hook.cpp`` and ``torch/utils/hooks.py``.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minitorch.autograd.node import Node


class Hooks(OrderedDict[int, Callable[..., Any]]):
    """Hooks by number, in the order in which they were registered. A handle points to it weakly."""

    __slots__ = ()


class NodeHooks:
    """``of_tensors``: the hooks of each output tensor that has some, with its output number; ``retain``: the output
    tensors that ``retain_grad`` was called on; ``pre`` and ``post``: the hooks of the node itself.
    """

    __slots__ = ("of_tensors", "retain", "pre", "post")

    def __init__(self) -> None:
        self.of_tensors: list[tuple[int, Hooks]] = []
        self.retain: dict[int, weakref.ref[Any]] = {}
        self.pre = Hooks()
        self.post = Hooks()

    def before(self, gradients: list[Any], count: int) -> list[Any]:
        """The grad_outputs after the hooks of tensors, then of the node, which see the first ``count`` of them."""
        gradients = self.tensor_hooks(gradients)
        for hook in list(self.pre.values()):
            seen = gradients[:count]
            gradients[:count] = _replaced(hook, seen, hook(tuple(seen)))
        return gradients

    def tensor_hooks(self, gradients: list[Any]) -> list[Any]:
        """The grad_outputs after the hooks of tensors. What they make of it is what ``retain_grad`` keeps."""
        gradients = list(gradients)
        for output_nr, hooks in self.of_tensors:
            for hook in list(hooks.values()):
                new = hook(gradients[output_nr])
                if new is not None:
                    gradients[output_nr] = _checked(hook, gradients[output_nr], new)
        for output_nr, reference in self.retain.items():
            tensor, gradient = reference(), gradients[output_nr]
            if tensor is not None and gradient is not None:
                meta = tensor._meta
                meta.grad = gradient.clone().contiguous() if meta.grad is None else meta.grad + gradient
        return gradients

    def after(self, gradients: Sequence[Any], grad_outputs: tuple[Any, ...]) -> Sequence[Any]:
        """The grad_inputs after the hooks of the node."""
        for hook in list(self.post.values()):
            gradients = _replaced(hook, gradients, hook(tuple(gradients), grad_outputs))
        return gradients


def _replaced(hook: Callable[..., Any], old: Sequence[Any], new: Any) -> Sequence[Any]:
    """What a node hook returned in place of ``old``: a tuple of as many gradients, or None to leave them."""
    if new is None:
        return old
    if not isinstance(new, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(new).__name__}'")
    if len(new) != len(old):
        raise RuntimeError(
            f"hook '{_name_of(hook)}' has returned an incorrect number of values (got {len(new)}, but expected "
            f"{len(old)})"
        )
    return [None if b is None else _checked(hook, a, b) for a, b in zip(old, new)]


def _checked(hook: Callable[..., Any], old: Any, new: Any) -> Any:
    """The gradient ``new`` that a hook returned in place of ``old``: it must have the same dtype and shape."""
    if old is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not hasattr(new, "_geometry"):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
    if new._dtype is not old._dtype:
        raise RuntimeError(f"hook '{_name_of(hook)}' has changed the type of value (was {old.dtype} got {new.dtype})")
    if new._geometry.shape != old._geometry.shape:
        raise RuntimeError(f"hook '{_name_of(hook)}' has changed the size of value")
    return new


def _name_of(hook: Any) -> str:
    return getattr(hook, "__name__", "<unknown>")


class RemovableHandle:
    """What registering a hook returns: ``handle.remove()`` takes the hook out again. Also a context manager."""

    _next_id = count().__next__

    def __init__(self, hooks: dict[int, Any]) -> None:
        # A plain dictionary can't be pointed to weakly.
        self.hooks_dict_ref = (lambda: hooks) if type(hooks) is dict else weakref.ref(hooks)
        self.id = RemovableHandle._next_id()

    @classmethod
    def add(cls, hooks: dict[int, Any], hook: Callable[..., Any]) -> RemovableHandle:
        """Put ``hook`` in and return the handle that takes it out."""
        handle = cls(hooks)
        hooks[handle.id] = hook
        return handle

    def remove(self) -> None:
        """Take the hook out; harmless when it is gone already."""
        hooks = self.hooks_dict_ref()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()


def add_tensor_hook(tensor: Any, hook: Callable[[Any], Any]) -> RemovableHandle:
    """``tensor.register_hook``. The first hook of a tensor makes its present node know all the further ones."""
    meta = tensor.autograd_meta()
    if meta.hooks is None:
        hooks, node = Hooks(), tensor.grad_fn  # asking a stale view for its grad_fn may reset meta.hooks
        meta.hooks = hooks
        if node is None:
            node = meta.accumulator
        if node is not None:
            node.hooks().of_tensors.append((tensor._output_nr, hooks))
    return RemovableHandle.add(meta.hooks, hook)


def retain_grad(tensor: Any) -> None:
    """``tensor.retain_grad``; nothing happens for a leaf."""
    meta = tensor.autograd_meta()
    if tensor._grad_fn is not None and not meta.retains_grad:
        tensor.grad_fn.hooks().retain[tensor._output_nr] = weakref.ref(tensor)
        meta.retains_grad = True


def move_hooks(tensor: Any, old: Node | None, new: Node, output_nr: int) -> None:
    """``tensor`` has got another ``grad_fn``: ``retain_grad`` follows it there; its hooks stay with the old value."""
    meta = tensor._meta
    if meta is None:
        return
    meta.hooks = None
    if meta.retains_grad and old is not None and old._hooks is not None:
        reference = old._hooks.retain.pop(tensor._output_nr, None)
        if reference is not None:
            new.hooks().retain[output_nr] = reference
