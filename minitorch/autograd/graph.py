"""The graph as data: ``minitorch.autograd.graph``.

``Node`` is what ``tensor.grad_fn`` is. A ``GradientEdge`` names a place in the graph without holding the tensor there:
``grad`` and ``backward`` take edges where they take tensors, so that ``y`` itself may be freed.

    edge = get_gradient_edge(y);  del y;  grad(loss, edge)

PyTorch keeps this in ``torch/autograd/graph.py``. Left out on purpose: packing saved tensors away
(``saved_tensors_hooks``, ``save_on_cpu``), and hooks that wait for several gradients.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from minitorch.autograd.inplace import bump_version
from minitorch.autograd.node import Node as Node
from minitorch.autograd.node import gradient_edge
from minitorch.tensor_base import TensorBase


class GradientEdge(NamedTuple):
    """Output number ``output_nr`` of ``node``: the place that the gradient of one tensor flows to."""

    node: Node
    output_nr: int


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The edge that the gradient of ``tensor`` flows along. ``RuntimeError`` if it requires none."""
    edge = gradient_edge(tensor) if tensor.requires_grad else None
    if edge is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(edge[0], edge[1])


def increment_version(tensor: Any) -> None:
    """Count a write to a tensor, or to each of several, that was made behind the engine's back."""
    tensors: Iterable[Any] = (tensor,) if isinstance(tensor, TensorBase) else tensor
    for each in tensors:
        if each.is_inference():
            raise RuntimeError("increment_version cannot be called on inference tensors: they have no version counter")
        bump_version(each)
