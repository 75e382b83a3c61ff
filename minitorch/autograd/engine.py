"""The engine: carries gradients backwards through the graph.

The rule of reverse mode is that a node may run only when the gradients from *all* its users have arrived and been
added up. So there are two passes, neither of them recursive (a graph may be 100,000 nodes deep):

1. count, for every node that can be reached, how many edges lead into it (``_count_dependencies``);
2. take a node whose count is zero, run its derivative, send each result along its edge, lower the counts behind them
   (``_run``). Among ready nodes the one recorded last goes first, by sequence number, as in PyTorch.

PyTorch keeps this in ``torch/csrc/autograd/engine.cpp`` and its Python side in ``torch/autograd/__init__.py``. Left
out on purpose: a worker thread for each device; a thread runs its own backward, and two threads may do so at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import Edge, Node, fit_gradient


def run_backward(
    roots: Sequence[tuple[Node, int]],
    root_gradients: Sequence[Any],
    *,
    keep_graph: bool,
    create_graph: bool,
    inputs: Sequence[Edge] | None = None,
    accumulate: bool = True,
) -> list[Any]:
    """Send ``root_gradients`` from ``roots`` backwards.

    With ``inputs``, only nodes on a path to them run, and their gradients are returned (None where none arrives) or,
    with ``accumulate``, added to the leaves among them. ``create_graph`` records the derivatives themselves.
    """
    needed = None if inputs is None else _nodes_leading_to([edge for edge in inputs if edge is not None], roots)
    captures: dict[Node, list[tuple[int, int]]] = {}
    if inputs is not None and not accumulate:
        for place, edge in enumerate(inputs):
            if edge is not None:
                captures.setdefault(edge[0], []).append((edge[1], place))
    captured: list[Any] = [None] * (0 if inputs is None else len(inputs))
    previous = modes.enabled
    modes.enabled = create_graph
    try:
        _run(roots, root_gradients, keep_graph, needed, captures, captured)
    finally:
        modes.enabled = previous
    return captured


def _run(
    roots: Sequence[tuple[Node, int]],
    root_gradients: Sequence[Any],
    keep_graph: bool,
    needed: set[Node] | None,
    captures: dict[Node, list[tuple[int, int]]],
    captured: list[Any],
) -> None:
    dependencies = _count_dependencies(roots)
    arrived: dict[Node, list[Any]] = {}
    ready: list[tuple[int, int, Node]] = []
    for (node, output_nr), gradient in zip(roots, root_gradients):
        if node not in arrived:
            arrived[node] = [None] * len(node.outputs)
            if not dependencies[node]:
                heappush(ready, (-node.sequence_nr, id(node), node))
        _add(arrived[node], output_nr, gradient)
    while ready:
        node = heappop(ready)[2]
        gradients = arrived.pop(node)
        hooks = node._hooks
        if hooks is not None:
            gradients = hooks.before(gradients)
        if node in captures:
            for output_nr, place in captures[node]:
                captured[place] = _captured_value(node, gradients[output_nr])
            if not node.edges:
                continue  # a leaf whose gradient is returned, not accumulated
        if needed is not None and node not in needed:
            continue
        results = node.apply(*gradients)
        if hooks is not None and hooks.post:
            results = hooks.after(results, tuple(gradients))
        if not keep_graph:
            node.release()
        for index, edge in enumerate(node.edges):
            if edge is None:
                continue
            target, output_nr = edge
            gradient = results[index]
            if gradient is not None:
                metadata = target.outputs[output_nr]
                if metadata is not None and (
                    gradient._geometry is not metadata[0] or gradient._dtype is not metadata[1]
                ):
                    gradient = fit_gradient(gradient, metadata, node, index)
                buffer = arrived.get(target)
                if buffer is None:
                    buffer = arrived[target] = [None] * len(target.outputs)
                _add(buffer, output_nr, gradient)
            dependencies[target] -= 1
            if not dependencies[target]:
                if target not in arrived:
                    arrived[target] = [None] * len(target.outputs)
                heappush(ready, (-target.sequence_nr, id(target), target))


def _add(buffer: list[Any], output_nr: int, gradient: Any) -> None:
    so_far = buffer[output_nr]
    buffer[output_nr] = gradient if so_far is None else so_far + gradient


def _captured_value(node: Node, gradient: Any) -> Any:
    """A leaf's own tensor hooks also see a gradient that is returned instead of accumulated."""
    variable = getattr(node, "variable", None)
    if variable is not None and gradient is not None and variable._meta is not None:
        for hook in list(variable._meta.hooks.values()):
            replaced = hook(gradient)
            gradient = gradient if replaced is None else replaced
    return gradient


def _count_dependencies(roots: Sequence[tuple[Node, int]]) -> dict[Node, int]:
    """For each node reachable from the roots, the number of edges into it."""
    dependencies: dict[Node, int] = {node: 0 for node, _ in roots}
    stack = list(dependencies)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None:
                target = edge[0]
                if target in dependencies:
                    dependencies[target] += 1
                else:
                    dependencies[target] = 1
                    stack.append(target)
    return dependencies


def _nodes_leading_to(targets: Sequence[tuple[Node, int]], roots: Sequence[tuple[Node, int]]) -> set[Node]:
    """The nodes that must run so that gradients reach ``targets``: those with a path to one of them.

    A target that is a leaf's AccumulateGrad is among them; an inner node is one only if another target lies behind it.
    """
    goal = {node for node, _ in targets}
    users: dict[Node, list[Node]] = {}
    seen = {node for node, _ in roots}
    stack = list(seen)
    while stack:
        node = stack.pop()
        for edge in node.edges:
            if edge is not None:
                users.setdefault(edge[0], []).append(node)
                if edge[0] not in seen:
                    seen.add(edge[0])
                    stack.append(edge[0])
    needed = {node for node in goal if not node.edges}
    stack = [user for node in goal for user in users.get(node, ())]
    while stack:
        node = stack.pop()
        if node not in needed:
            needed.add(node)
            stack.extend(users.get(node, ()))
    return needed
