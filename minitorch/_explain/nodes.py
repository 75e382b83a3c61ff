"""What a node of the graph still knows about the call that made it.

A node keeps what its derivatives need and nothing else, so a call can be told again only in part:

    saved arguments     in full: ``dim=-1``, ``other=float32 [3]``
    edges               the node that made an input knows that input's shape and dtype
    saved geometries    the shape
    the rest            is gone, and shown as ``?``

PyTorch's nodes know no more; there it is ``grad_fn._saved_*`` and ``grad_fn.next_functions``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch.autograd.function import BackwardCFunction
from minitorch.autograd.inplace import CopySlices
from minitorch.autograd.node import AccumulateGrad, Node
from minitorch.autograd.saved_tensors import Packed
from minitorch.core.geometry import Geometry
from minitorch.ops.declare.declaration import ARGUMENT, GEOMETRY, NUMBER, PACKED, OperatorNode
from minitorch.tensor_base import TensorBase

UNKNOWN = "?"


class Saved(NamedTuple):
    """One value that a node keeps. ``version`` and ``now`` are those of its storage; None for what is no tensor."""

    name: str
    value: str
    version: int | None = None
    now: int | None = None

    @property
    def overwritten(self) -> bool:
        """Whether it has been written in place since, so that going backwards will fail."""
        return self.version != self.now


def kind(dtype: Any, shape: Any) -> str:
    """``float32 [2, 3]``."""
    return f"{str(dtype).removeprefix('torch.')} {list(shape)}"


def described(value: Any) -> str:
    """A value in few words: dtype and shape of a tensor, the shape of a geometry, numbers as they are."""
    if isinstance(value, TensorBase):
        return kind(value.dtype, value.shape)
    if isinstance(value, Geometry):
        return f"shape {list(value.shape)}"
    if isinstance(value, (list, tuple)) and any(isinstance(item, (TensorBase, Geometry)) for item in value):
        return f"[{', '.join(map(described, value))}]"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def metadata_of(node: Node, output_nr: int = 0) -> str:
    """Shape and dtype of what this node made."""
    metadata = node.outputs[output_nr] if output_nr < len(node.outputs) else None
    return "" if metadata is None else kind(metadata[1], metadata[0].shape)


def operator_name(node: Node) -> str:
    """What was called: the operator, or ``MyFunction.apply``."""
    if isinstance(node, OperatorNode):
        return node.operator.name
    if isinstance(node, BackwardCFunction):
        return f"{node._function.__name__}.apply"
    return node.short_name()


def call_of(node: Node) -> str:
    """The call as far as the node knows it: ``pow(input=float32 [3], exponent=2)``."""
    if isinstance(node, OperatorNode):
        arguments = [f"{name}={value}" for name, value in arguments_of(node).items()]
    elif isinstance(node, BackwardCFunction):
        edges = iter(node.edges)
        arguments = [
            _made_by(next(edges)) if is_tensor else "a value that is no tensor" for is_tensor in node._input_is_tensor
        ]
    else:
        return ""
    return f"{operator_name(node)}({', '.join(arguments)})"


def arguments_of(node: OperatorNode) -> dict[str, str]:
    """Each parameter of the operator with what is known of its argument."""
    known: dict[int, str] = {}
    for declared, value in zip(node.operator.saved, node.saved or ()):
        if declared.kind is GEOMETRY and value is not None:
            known.setdefault(declared.place, described(value))
    lists: dict[int, list[str]] = {}
    for index, edge in zip(_places_of_edges(node), node.edges):
        made = _made_by(edge)
        if index in (node.list_sizes or {}):
            lists.setdefault(index, []).append(made)
        elif made != UNKNOWN:
            known[index] = made
    known.update((index, f"[{', '.join(items)}]") for index, items in lists.items())
    for declared, value, version in zip(node.operator.saved, node.saved or (), node.versions):
        if declared.kind is ARGUMENT and declared.wanted_by & node.needs and version != PACKED:
            known[declared.place] = _number(value) if version == NUMBER else described(value)
    return {name: known.get(index, UNKNOWN) for index, name in enumerate(node.operator.parameters)}


def _number(value: Any) -> str:
    return repr(value.item() if hasattr(value, "item") else value)


def _made_by(edge: Any) -> str:
    """What came along this edge in the forward pass; unknown where no gradient goes back."""
    return UNKNOWN if edge is None else metadata_of(edge[0], edge[1]) or UNKNOWN


def _places_of_edges(node: OperatorNode) -> list[int]:
    """For each edge the place of the parameter it belongs to: a list of tensors has an edge for each of them."""
    sizes = node.list_sizes or {}
    return [index for index in node.operator.differentiable for _ in range(sizes.get(index, 1))]


def input_edges(node: Node) -> list[tuple[str, Any]]:
    """The edges with the name of the parameter each belongs to, ``tensors[1]`` for one of a list."""
    if isinstance(node, OperatorNode):
        sizes = node.list_sizes or {}
        names: list[str] = []
        for index in node.operator.differentiable:
            name = node.operator.parameters[index]
            size = sizes.get(index)
            names.extend([name] if size is None else [f"{name}[{i}]" for i in range(size)])
        return list(zip(names, node.edges))
    if isinstance(node, CopySlices):
        return [("base" if place == 0 else f"input {place}", edge) for place, edge in enumerate(node.edges)]
    return [(f"input {place}", edge) for place, edge in enumerate(node.edges)]


def saved_of(node: Node) -> list[Saved] | None:
    """What the node keeps; None once it has been freed."""
    if isinstance(node, CopySlices):
        return None if node.function is None else saved_of(node.function)
    if isinstance(node, BackwardCFunction):
        if node._saved is None:
            return None
        return [
            _saved(f"saved_tensors[{place}]", item[0], item[1] if item[0] is not None else -1)
            for place, item in enumerate(node._saved)
        ]
    if not isinstance(node, OperatorNode):
        return []
    if node.saved is None:
        return None
    return [
        _saved(declared.name, value, version)
        for declared, value, version in zip(node.operator.saved, node.saved, node.versions)
        if declared.wanted_by & node.needs and (value is not None or version >= 0)
    ]


def _saved(name: str, value: Any, version: int) -> Saved:
    if isinstance(value, TensorBase) and version >= 0:
        return Saved(name, described(value), version, value._storage.version)
    if version == PACKED or isinstance(value, Packed):
        return Saved(name, "packed by saved_tensors_hooks")
    return Saved(name, _number(value) if version == NUMBER else described(value))


def leaf_of(node: Node) -> Any:
    """The tensor an ``AccumulateGrad`` adds to; None for every other node."""
    return node.variable if isinstance(node, AccumulateGrad) else None
