"""Nodes: the graph that a forward pass leaves behind.

Each recorded operation makes one ``Node``. It points to where gradients go next: for every input a pair
``(node, output_nr)``, the node that made that input and which of its outputs it was. A leaf tensor has no such node,
so an ``AccumulateGrad`` stands in for it, which adds what arrives to ``leaf.grad``.

    x ---.                           AccumulateGrad(x) <---.
          mul -> z -> sum -> loss                          MulBackward0 <- SumBackward0 <- loss.grad_fn
    w ---'                           AccumulateGrad(w) <---'

PyTorch keeps this in ``torch/csrc/autograd/function.h`` (``Node``), ``edge.h`` and
``functions/accumulate_grad.h``.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from minitorch.core.dtypes import dtype as Dtype
    from minitorch.core.geometry import Geometry
    from minitorch.tensor_base import TensorBase

_new = object.__new__
next_sequence_nr = count().__next__
ACCUMULATE_FIRST = 1 << 62  # the sequence number of AccumulateGrad nodes: they run as soon as they are ready

Edge = Optional[tuple["Node", int]]

BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)


# What the gradient of an output must look like: the output's own geometry and dtype.
OutputMetadata = tuple["Geometry", "Dtype"]


class Node:
    """One recorded operation. ``apply(*grad_outputs)`` gives the gradients of its inputs, None where not wanted.

    ``edges``: one per input, None where no gradient flows. ``outputs``: metadata, one per output.
    """

    __slots__ = ("edges", "outputs", "sequence_nr", "_hooks", "_metadata", "__weakref__", "__dict__")
    edges: tuple[Edge, ...]
    outputs: tuple[OutputMetadata | None, ...]
    sequence_nr: int
    _hooks: NodeHooks | None

    def __init__(self, edges: tuple[Edge, ...], outputs: tuple[OutputMetadata | None, ...]) -> None:
        self.edges = edges
        self.outputs = outputs
        self.sequence_nr = next_sequence_nr()
        self._hooks = None

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        """Gradients of the inputs from the gradients of the outputs (None stands for zeros)."""
        raise NotImplementedError(f"{self.name()} has no derivative")

    def release(self) -> None:
        """Forget saved tensors: this node will not be asked again."""

    def __call__(self, *grad_outputs: Any) -> Any:
        gradients = self.apply(*grad_outputs)
        return gradients[0] if len(gradients) == 1 else gradients

    def name(self) -> str:
        """The operator's backward name, such as ``MulBackward0``."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """Where gradients go: ``(node, output_nr)`` for each input; ``(None, 0)`` where none is wanted."""
        return tuple((None, 0) if edge is None else edge for edge in self.edges)

    @property
    def metadata(self) -> dict[str, Any]:
        """A dictionary for whatever a user wants to attach."""
        if not hasattr(self, "_metadata"):
            self._metadata: dict[str, Any] = {}
        return self._metadata

    # ---- hooks ----------------------------------------------------------------------------------------------------

    def hooks(self) -> NodeHooks:
        """The node's hooks, made when first asked for."""
        if self._hooks is None:
            self._hooks = NodeHooks()
        return self._hooks

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node; what it returns replaces the grad_inputs."""
        return RemovableHandle.add(self.hooks().post, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before this node; what it returns replaces the grad_outputs."""
        return RemovableHandle.add(self.hooks().pre, hook)


class NodeHooks:
    """``tensor_pre``: hooks on an output tensor, by output number; ``pre`` and ``post``: hooks on the node."""

    __slots__ = ("tensor_pre", "retain", "pre", "post")

    def __init__(self) -> None:
        self.tensor_pre: list[tuple[int, dict[int, Callable[[Any], Any]]]] = []
        self.retain: dict[int, weakref.ref[Any]] = {}
        self.pre: dict[int, Callable[..., Any]] = {}
        self.post: dict[int, Callable[..., Any]] = {}

    def before(self, gradients: list[Any]) -> list[Any]:
        """The grad_outputs after hooks on tensors, then hooks on the node; then kept where ``retain_grad`` asked."""
        for output_nr, hooks in self.tensor_pre:
            for hook in list(hooks.values()):
                if gradients[output_nr] is not None:
                    replaced = hook(gradients[output_nr])
                    if replaced is not None:
                        gradients[output_nr] = replaced
        for hook in list(self.pre.values()):
            replaced = hook(tuple(gradients))
            if replaced is not None:
                gradients = list(replaced) if isinstance(replaced, (tuple, list)) else [replaced]
        for output_nr, reference in self.retain.items():
            tensor = reference()
            if tensor is not None and gradients[output_nr] is not None:
                accumulate_into(tensor, gradients[output_nr])
        return gradients

    def after(self, gradients: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The grad_inputs after hooks on the node."""
        for hook in list(self.post.values()):
            replaced = hook(gradients, grad_outputs)
            if replaced is not None:
                gradients = tuple(replaced) if isinstance(replaced, (tuple, list)) else (replaced,)
        return gradients


class RemovableHandle:
    """What registering a hook returns: ``handle.remove()`` takes the hook out again. Also a context manager."""

    _next_id = count().__next__

    def __init__(self, hooks: dict[int, Any]) -> None:
        self.hooks_dict_ref = weakref.ref(hooks) if hasattr(hooks, "__weakref__") else (lambda: hooks)
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


class AccumulateGrad(Node):
    """Stands for a leaf: adds the gradient that arrives to ``variable.grad``."""

    __slots__ = ("variable",)
    edges = ()
    sequence_nr = ACCUMULATE_FIRST

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        gradient, variable = grad_outputs[0], self.variable
        if gradient is None:
            return ()
        meta = variable.autograd_meta()
        for hook in list(meta.hooks.values()):
            replaced = hook(gradient)
            if replaced is not None:
                gradient = replaced
        accumulate_into(variable, gradient)
        for post_hook in list(meta.post_accumulate_hooks.values()):
            post_hook(variable)
        return ()


def accumulate_into(tensor: TensorBase, gradient: Any) -> None:
    """``tensor.grad += gradient``. The first gradient is copied, for others may hold the tensor that arrived."""
    meta = tensor.autograd_meta()
    if gradient.requires_grad:  # create_graph: keep the history of the sum
        meta.grad = gradient.clone() if meta.grad is None else meta.grad + gradient
    elif meta.grad is None:
        meta.grad = gradient.detach().clone()
    elif meta.grad.requires_grad:
        meta.grad = meta.grad + gradient
    else:
        meta.grad.add_(gradient)


def gradient_edge(tensor: Any) -> Edge:
    """Where the gradient of this tensor goes: its ``grad_fn``, or its AccumulateGrad if it is a leaf."""
    node = tensor._grad_fn if tensor._base is None else tensor.grad_fn
    if node is not None:
        return (node, tensor._output_nr)
    if not tensor._requires_grad and not tensor.requires_grad:
        return None
    meta = tensor._meta
    if meta is None:
        meta = tensor.autograd_meta()
    elif meta.accumulator is not None:
        accumulator = meta.accumulator()
        if accumulator is not None:
            return (accumulator, 0)
    accumulator = _new(AccumulateGrad)  # one for each leaf, as long as some graph points to it
    accumulator.variable = tensor
    accumulator.outputs = ((tensor._geometry, tensor._dtype),)
    accumulator._hooks = None
    meta.accumulator = weakref.ref(accumulator)
    return (accumulator, 0)


def fit_gradient(gradient: Any, metadata: OutputMetadata, node: Node, index: int) -> Any:
    """Bring a gradient to the shape and dtype of the tensor it belongs to: broadcast dimensions are summed away.

    ``RuntimeError`` when the shapes can't belong together.
    """
    geometry, dtype = metadata
    wanted = geometry.shape
    if gradient._geometry.shape != wanted:
        if not is_expandable_to(wanted, gradient._geometry.shape):
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {index} - got "
                f"{list(gradient.shape)} but expected shape compatible with {list(wanted)}"
            )
        gradient = gradient.sum_to_size(wanted)
    if gradient._dtype is not dtype:
        if gradient._dtype.is_complex and not dtype.is_complex:
            gradient = gradient.real
        gradient = gradient.to(dtype)
    return gradient


def is_expandable_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether broadcasting ``shape`` against ``target`` gives ``target``."""
    return len(shape) <= len(target) and all(
        a == b or a == 1 for a, b in zip(reversed(shape), reversed(target))
    )
