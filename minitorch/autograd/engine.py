"""The engine: carries gradients backwards through the graph.

The rule of reverse mode is that a node may run only when the gradients from *all* its users have arrived and been
added up. So there are two passes, neither of them recursive (a graph may be 100,000 nodes deep):

1. count, for every node that can be reached, how many edges lead into it (``_count_dependencies``);
2. take a node whose count is zero, run its derivative, send each result along its edge, lower the counts behind them
   (``_run``). Among ready nodes the one recorded last goes first, by sequence number, as in PyTorch.

A pass towards chosen inputs only (``grad``, ``backward(inputs=...)``) first marks the nodes that lead to them
(``Plan``).

A derivative or a hook may itself go backwards (*reentrant*). That is a call inside a call, and so that a deep chain of
them does not overflow Python's stack, every so many go on in a new thread with a stack of its own.

PyTorch keeps this in ``torch/csrc/autograd/engine.cpp`` and its Python side in ``torch/autograd/__init__.py``. Left
out on purpose: a worker thread for each device; a thread runs its own backward, and two threads may do so at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import Any

from minitorch.autograd import saved_tensors
from minitorch.autograd.anomaly_mode import check_for_nan, explain_failure
from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import Edge, Node, fit_gradient
from minitorch.autograd.tasks import GraphTask, current
from minitorch.autograd.watch import watch
from minitorch.core.geometry import is_dense

CALLS_A_THREAD = 40  # reentrant backward passes on one Python stack


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
    plan = None if inputs is None else Plan(roots, inputs, accumulate)
    gradients = [
        gradient if gradient is None or metadata is None else fit_gradient(gradient, metadata, node, place)
        for place, ((node, output_nr), gradient) in enumerate(zip(roots, root_gradients))
        for metadata in (node.outputs[output_nr],)
    ]
    task = GraphTask([node for node, _ in roots], *((None, ()) if plan is None else (plan.visited, plan.captures)))

    def go() -> None:
        previous, modes.enabled = modes.enabled, (create_graph or modes.forward is not None) and not modes.inference
        current.task = task
        try:
            _run(roots, gradients, keep_graph or modes.forward is not None, plan, task)
            task.node = None
            for callback in task.callbacks:  # which may append further ones
                callback()
        except BaseException:
            if watch.anomaly and task.node is not None:
                explain_failure(task.node)
            raise
        finally:
            current.task = task.outer
            modes.enabled = previous

    if task.depth % CALLS_A_THREAD == CALLS_A_THREAD - 1:
        _in_a_new_thread(go)
    else:
        go()
    return [] if plan is None else plan.captured


def _in_a_new_thread(function: Callable[[], None]) -> None:
    """Call ``function`` on another stack, with this thread's grad mode and hooks on saved tensors, and wait for it."""
    states = [(local, dict(local.__dict__)) for local in (modes, current, saved_tensors.default)]
    failure: list[BaseException] = []

    def run() -> None:
        for local, state in states:
            local.__dict__.update(state)
        try:
            function()
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]


def _run(
    roots: Sequence[tuple[Node, int]],
    root_gradients: Sequence[Any],
    keep_graph: bool,
    plan: Plan | None,
    task: GraphTask,
) -> None:
    waiting = _count_dependencies(roots)
    # A binary heap. AccumulateGrads have all the same sequence number, so which of them comes first depends on how the
    # heap is kept; Python and the C++ library that PyTorch uses keep it in the same way.
    ready: list[tuple[int, Node]] = []
    for node, _ in roots:
        waiting[node][0] += 1
    for (node, output_nr), gradient in zip(roots, root_gradients):
        state = waiting[node]
        _add(state, output_nr, gradient)
        state[0] -= 1
        if not state[0] and (plan is None or node in plan.visited):
            heappush(ready, (-node.sequence_nr, node))
    while ready:
        node = task.node = heappop(ready)[1]
        gradients = waiting.pop(node)[1:]
        if plan is not None and node in plan.captures:
            plan.capture(node, gradients)
        if plan is not None and node not in plan.needed:
            continue
        hooks = node._hooks
        if hooks is not None:
            gradients = hooks.before(gradients, node.count_outputs())
        if plan is None:
            results: Sequence[Any] = node.apply(*gradients)
        else:
            results = node.apply_towards(plan.visited, gradients)
        if hooks is not None and hooks.post:
            results = hooks.after(_fitted(node, results, plan), tuple(gradients[: node.count_outputs()]))
        if not keep_graph:
            node.release()
        if watch.anomaly and watch.check_nan:
            check_for_nan(node, _fitted(node, results, plan))
        for index, edge in enumerate(node.edges):
            if edge is None:
                continue
            target, output_nr = edge[0], edge[1]
            if plan is not None and target not in plan.visited:
                continue
            state = waiting[target]
            gradient = results[index]
            if gradient is not None:
                metadata = target.outputs[output_nr]
                if metadata is not None and (
                    gradient._geometry is not metadata[0]
                    or gradient._dtype is not metadata[1]
                    or gradient._storage.device is not metadata[2]
                ):
                    gradient = fit_gradient(gradient, metadata, node, index)
                if state[output_nr + 1] is None:
                    state[output_nr + 1] = gradient
                else:
                    _add(state, output_nr, gradient)
            state[0] -= 1
            if not state[0]:
                heappush(ready, (-target.sequence_nr, target))


def _fitted(node: Node, results: Sequence[Any], plan: Plan | None) -> list[Any]:
    """The gradients of the inputs in the inputs' shapes and dtypes, as hooks on the node see them."""
    fitted: list[Any] = [None] * len(node.edges)
    for index, edge in enumerate(node.edges):
        if edge is not None and results[index] is not None and (plan is None or edge[0] in plan.visited):
            metadata = edge[0].outputs[edge[1]]
            fitted[index] = results[index] if metadata is None else fit_gradient(results[index], metadata, node, index)
    return fitted


def _add(state: list[Any], output_nr: int, gradient: Any) -> None:
    so_far = state[output_nr + 1]
    if so_far is None:
        state[output_nr + 1] = gradient
    elif gradient is not None:
        state[output_nr + 1] = total = so_far + gradient
        alone = getrefcount(so_far) <= _ONLY_HERE and getrefcount(so_far._storage) <= _ONLY_ONE_TENSOR
        if not modes.enabled and alone and is_dense(so_far._geometry):
            total._storage.version = so_far._storage.version + 1  # PyTorch adds in place, which only the version shows


_ONLY_ONE_TENSOR = 2  # references to a storage: the tensor's, that of the call that counts them
_ONLY_HERE = 3  # references to a tensor: the buffer's, the local variable's, that of the call that counts them


def _count_dependencies(roots: Sequence[tuple[Node, int]]) -> dict[Node, list[Any]]:
    """For each node reachable from the roots ``[n, None, None, ...]``: the number of edges into it that are still to
    be served, and a place for the gradient of each of its outputs."""
    waiting: dict[Node, list[Any]] = {node: [0, *[None] * len(node.outputs)] for node, _ in roots}
    stack = list(waiting)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None:
                target = edge[0]
                state = waiting.get(target)
                if state is None:
                    waiting[target] = [1, *[None] * len(target.outputs)]
                    stack.append(target)
                else:
                    state[0] += 1
    return waiting


class Plan:
    """What a backward pass towards ``inputs`` has to do, and what it has found.

    ``needed``: nodes whose derivative runs, because a path leads from them to an input. ``visited``: those, and the
    inputs' own nodes. ``captures``: for a node of an input, which of its outputs go to which place in ``captured``.
    """

    __slots__ = ("needed", "visited", "captures", "captured")

    def __init__(self, roots: Sequence[tuple[Node, int]], inputs: Sequence[Edge], accumulate: bool) -> None:
        targets = {edge[0] for edge in inputs if edge is not None}
        self.needed = _ancestors(targets, roots)
        self.visited = self.needed | targets
        self.captured: list[Any] = [None] * len(inputs)
        self.captures: dict[Node, list[tuple[int, int]]] = {}
        if accumulate:
            self.needed = self.visited
            return
        for place, edge in enumerate(inputs):
            if edge is not None:
                self.captures.setdefault(edge[0], []).append((edge[1], place))

    def capture(self, node: Node, gradients: list[Any]) -> None:
        """Keep the gradients of inputs. They have passed the tensors' hooks only if the node will not run, which is
        PyTorch's rule: a leaf's hooks count, those of a tensor inside the graph come later."""
        if node not in self.needed and node._hooks is not None:
            gradients = node._hooks.tensor_hooks(gradients)
        for output_nr, place in self.captures[node]:
            self.captured[place] = gradients[output_nr]


def _ancestors(targets: set[Node], roots: Sequence[tuple[Node, int]]) -> set[Node]:
    """The nodes from which a path leads to one of ``targets``; a target itself only if it leads to another."""
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
    found: set[Node] = set()
    stack = [user for node in targets for user in users.get(node, ())]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(users.get(node, ()))
    return found
