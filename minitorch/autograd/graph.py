"""The graph as data: ``minitorch.autograd.graph``.

``Node`` is what ``tensor.grad_fn`` is. A ``GradientEdge`` names a place in the graph without holding the tensor there:
``grad`` and ``backward`` take edges where they take tensors, so that ``y`` itself may be freed.

    edge = get_gradient_edge(y);  del y;  grad(loss, edge)

``saved_tensors_hooks`` pack away what the graph keeps (``saved_tensors.py``), ``save_on_cpu`` is one use of it.
``register_multi_grad_hook`` waits for the gradients of several tensors.

PyTorch keeps this in ``torch/autograd/graph.py``. Left out on purpose: what concerns its compiler and CUDA streams.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from minitorch.autograd.inplace import bump_version
from minitorch.autograd.mutation import allow_mutation_on_saved_tensors as allow_mutation_on_saved_tensors
from minitorch.autograd.node import Node as Node
from minitorch.autograd.node import RemovableHandle, gradient_edge
from minitorch.autograd.saved_tensors import forbid_hooks
from minitorch.autograd.saved_tensors import saved_tensors_hooks as saved_tensors_hooks
from minitorch.autograd.tasks import current_graph_task_id, will_execute
from minitorch.tensor_base import TensorBase


class GradientEdge(NamedTuple):
    """Output number ``output_nr`` of ``node``: the place that the gradient of one tensor flows to.

    ``ownership_token``: what keeps the graph behind the node alive, where the node alone does not.
    """

    node: Node
    output_nr: int
    ownership_token: Node | None = None


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The edge that the gradient of ``tensor`` flows along. ``RuntimeError`` if it requires none."""
    edge = gradient_edge(tensor) if tensor.requires_grad else None
    if edge is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(edge[0], edge[1])


def increment_version(tensor: Any) -> None:
    """Count a write to a tensor, or to each of several, that was made behind the engine's back."""
    tensors = (tensor,) if isinstance(tensor, TensorBase) else tensor
    if not isinstance(tensors, Iterable):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for each in tensors:
        if not isinstance(each, TensorBase):
            raise RuntimeError("increment_version expects each element of the iterable to be a tensor")
        bump_version(each)  # does nothing to an inference tensor, which has no counter


# ---- saved tensors --------------------------------------------------------------------------------------------------


class save_on_cpu(saved_tensors_hooks):  # noqa: N801
    """Inside, what the graph keeps is moved to the CPU, and back to its device for the derivative."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: Any) -> tuple[Any, Any]:
            return tensor.device, tensor.cpu()

        def unpack(packed: tuple[Any, Any]) -> Any:
            device, tensor = packed
            return tensor.to(device)

        super().__init__(pack, unpack)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Generator[None, None, None]:
    """Inside, setting hooks on saved tensors is a ``RuntimeError`` with this message; entering is, where some are."""
    before = forbid_hooks(error_message)
    try:
        yield
    finally:
        forbid_hooks(before)


# ---- hooks that wait for several gradients --------------------------------------------------------------------------


class _MultiHandle(RemovableHandle):
    """The handles of one hook on several tensors."""

    def __init__(self, handles: tuple[RemovableHandle, ...]) -> None:
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[Any], fn: Callable[..., Any], *, mode: str = "all") -> RemovableHandle:
    """A hook on several tensors at once.

    ``mode="all"``: after the gradients of all of ``tensors`` that the backward pass reaches have been computed, calls
    ``fn(gradients)``, with None for the others. ``mode="any"``: calls ``fn(gradient)`` with the first. ``ValueError``
    for another mode; what ``fn`` returns is ignored. The handle takes it off all of them.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "any":
        hook = _first_of_a_pass(fn)
        return _MultiHandle(tuple([tensor.register_hook(hook) for tensor in tensors if tensor.requires_grad]))
    gathering = _Gathering([_node_of(tensor) for tensor in tensors], fn)
    return _MultiHandle(tuple([t.register_hook(gathering.hook(place)) for place, t in enumerate(tensors)]))


def _node_of(tensor: Any) -> Node:
    if isinstance(tensor, GradientEdge):
        return tensor.node
    edge = gradient_edge(tensor)
    if edge is None:
        raise AssertionError("Expected gradient function to be set: a tensor that requires no grad has no hooks")
    return edge[0]  # type: ignore[no-any-return]


def _first_of_a_pass(fn: Callable[[Any], Any]) -> Callable[[Any], None]:
    """``fn``, but called once in each backward pass."""
    ran: set[int] = set()
    lock = threading.Lock()

    def hook(gradient: Any) -> None:
        task = current_graph_task_id()
        with lock:
            if task in ran:
                return
            ran.add(task)
        fn(gradient)

    hook.__name__ = getattr(fn, "__name__", "hook")
    return hook


class _Gathering:
    """The gradients of several nodes, gathered for each backward pass until the last one has come."""

    def __init__(self, nodes: list[Node], fn: Callable[[list[Any]], Any]) -> None:
        self.nodes = nodes
        self.fn = fn
        self.missing: dict[int, int] = {}  # for each backward pass, how many are still to come
        self.gradients: dict[int, list[Any]] = {}
        self.lock = threading.Lock()

    def hook(self, place: int) -> Callable[[Any], None]:
        """The hook of the tensor at ``place``."""

        def arrived(gradient: Any) -> None:
            task = current_graph_task_id()
            with self.lock:
                if task not in self.missing:
                    self.missing[task] = sum(map(will_execute, self.nodes))
                    self.gradients[task] = [None] * len(self.nodes)
                self.gradients[task][place] = gradient
                self.missing[task] -= 1
                if self.missing[task]:
                    return
                del self.missing[task]
                gradients = self.gradients.pop(task)
            self.fn(gradients)

        return arrived
