"""Recording a call: where gradients go, and what the derivatives will need.

This runs once for every operation on tensors that require grad, so the usual cases come first and without detours.

PyTorch: the generated ``VariableType`` (``torch/csrc/autograd/``), ``collect_next_edges`` in ``function.h``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import SAVED_INFERENCE, Edge, gradient_edge, next_sequence_nr
from minitorch.autograd.saved_tensors import default_hooks
from minitorch.autograd.watch import watch
from minitorch.core.dtypes import FLOATING
from minitorch.ops.declare.declaration import (
    ARGUMENT,
    LEADS_NOWHERE,
    NEEDS,
    NUMBER,
    RESULT,
    Operator,
    OperatorNode,
)
from minitorch.tensor_base import TensorBase, over_storage

_new = object.__new__
_FREED = {"other", "indices"}  # no tensors themselves, but freed with them, as PyTorch does


def record(operator: Operator, arguments: Sequence[Any], result: Any, attach: bool = True) -> OperatorNode | None:
    """If an argument requires grad, leave a node behind: where gradients go, and what the derivatives will need.

    It becomes the ``grad_fn`` of the result, unless the caller attaches it (in-place writers, several outputs).
    """
    if not modes.enabled:
        return None
    edges: list[Edge] = []
    needed = 0
    for index in operator.differentiable:
        value = arguments[index]
        if not isinstance(value, TensorBase):
            if isinstance(value, (tuple, list)):
                return _record_list(operator, arguments, result, attach)
            edges.append(None)
            continue
        grad_fn = value._grad_fn  # the usual cases of gradient_edge(value), without the call
        if grad_fn is not None and (value._base is None or value._view_version == value._storage.version):
            edges.append((grad_fn, value._output_nr))
        elif value._base is None and not value._requires_grad:
            edges.append(None)
            continue
        else:
            edge = gradient_edge(value)
            edges.append(edge)
            if edge is None:
                needed |= LEADS_NOWHERE if value.requires_grad else 0
                continue
        needed |= 1 << index
    if not needed:
        return None
    return _leave_node(operator, arguments, result, edges, needed, attach)


def _record_list(operator: Operator, arguments: Sequence[Any], result: Any, attach: bool) -> OperatorNode | None:
    """``record`` where a parameter is a list of tensors, such as that of ``cat``: an edge for each of them."""
    edges: list[Edge] = []
    list_sizes: dict[int, int] = {}
    needed = 0
    for index in operator.differentiable:
        value = arguments[index]
        items = list(value) if isinstance(value, (tuple, list)) else [value]
        if isinstance(value, (tuple, list)):
            list_sizes[index] = len(items)
        for item in items:
            edge = gradient_edge(item) if isinstance(item, TensorBase) else None
            edges.append(edge)
            if edge is not None:
                needed |= 1 << index
            elif isinstance(item, TensorBase) and item.requires_grad:
                needed |= LEADS_NOWHERE
    if not needed:
        return None
    return _leave_node(operator, arguments, result, edges, needed, attach, list_sizes)


def leave_node_without_edges(operator: Operator, arguments: Sequence[Any], result: Any) -> None:
    """Make ``result`` one that a node stands behind, although no gradient goes on from there."""
    _leave_node(operator, arguments, result, [None] * len(operator.differentiable), (1 << len(arguments)) - 1, True)


def _leave_node(
    operator: Operator,
    arguments: Sequence[Any],
    result: Any,
    edges: list[Edge],
    needed: int,
    attach: bool,
    list_sizes: dict[int, int] | None = None,
) -> OperatorNode:
    node = _new(operator.node_class)
    node.sequence_nr = next_sequence_nr()
    node._hooks = None
    node.needs = needed
    node.list_sizes = list_sizes
    node.edges = edges
    node.saved = saved = []
    node.versions = versions = []
    for name, kind, index, wanted_by in operator.saved:
        version = -1
        value: Any = None
        if wanted_by & needed:
            if kind is ARGUMENT:
                value = arguments[index]
                if isinstance(value, TensorBase):
                    if value._storage.is_inference:
                        raise RuntimeError(SAVED_INFERENCE)
                    version = value._storage.version
                elif name in _FREED:
                    version = NUMBER
            elif kind is RESULT:
                output = result[index] if isinstance(result, tuple) else result
                value = over_storage(output._storage, output._dtype, output._geometry)
                version = output._storage.version
            else:
                value = _fact(kind, arguments[index], needed, len(operator.parameters))
        saved.append(value)
        versions.append(version)
    if attach:
        node.outputs = ((result._geometry, result._dtype, result._storage.device),)
        result._grad_fn = node
        result._requires_grad = True
    if watch.recording:
        _tell_watchers(node, result, attach)
    return node


def _tell_watchers(node: OperatorNode, result: Any, attached: bool) -> None:
    """Anomaly mode and hooks on saved tensors want to know. Several results, and one that is yet to be written in
    place, are packed when they are there (``record_several``, ``rebase_history``)."""
    node.remember_traceback()
    hooks = default_hooks()
    if hooks is not None:
        node.pack(ARGUMENT, hooks, written=None if attached or isinstance(result, tuple) else result)
    if attached:
        node.pack_results((result,))
    if modes.forward is not None and not isinstance(result, tuple):
        modes.forward.recorded(node, result, attached)


def record_several(operator: Operator, arguments: Sequence[Any], results: Sequence[Any]) -> None:
    """``record`` for an operator with several outputs. Only floating and complex ones are differentiable."""
    node = record(operator, arguments, results, attach=False)
    if node is not None:
        node.outputs = [
            (r._geometry, r._dtype, r._storage.device) if r._dtype.category >= FLOATING else None for r in results
        ]
        for output_nr, result in enumerate(results):
            if result._dtype.category >= FLOATING:
                result._grad_fn = node
                result._output_nr = output_nr
                result._requires_grad = True
        if watch.recording:
            node.pack_results(results)


def make_node(operator: Operator, arguments: Sequence[Any], result: Any) -> OperatorNode | None:
    """``record`` for in-place writers, which attach the node after they have written (``rebase_history``)."""
    return record(operator, arguments, result, attach=False)


def _fact(kind: str, argument: Any, needed: int, count: int) -> Any:
    """What a derivative may ask for besides tensors: an argument's geometry, or which inputs are wanted."""
    if kind is NEEDS:
        return [bool(needed >> i & 1) for i in range(count)]
    return [item._geometry for item in argument] if isinstance(argument, (tuple, list)) else argument._geometry
