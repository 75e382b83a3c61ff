"""Backward passes that are under way: which one this thread is in, and what may be asked of it.

A ``GraphTask`` is one run of the engine. A derivative or a hook may start another one (*reentrant* backward), so a
thread has a chain of them; ``current.task`` is the innermost. PyTorch: ``torch/csrc/autograd/graph_task.h``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minitorch.autograd.node import Node

_next_id = count().__next__


class GraphTask:
    """One backward pass. ``node``: the one whose derivative runs now. ``roots``: where it starts. ``will_run``: with
    inputs given, the nodes on a path to them; ``captured``: those whose gradient is only returned. ``callbacks``: to be
    called at the end. ``outer``, ``depth``: the task around this one.
    """

    __slots__ = ("id", "node", "roots", "will_run", "captured", "callbacks", "outer", "depth", "_reachable")
    depth: int

    def __init__(self, roots: Sequence[Node], will_run: set[Node] | None, captured: Collection[Node]) -> None:
        self.id = _next_id()
        self.node: Node | None = None
        self.roots = roots
        self.will_run = will_run
        self.captured = captured
        self.callbacks: list[Callable[[], Any]] = []
        self.outer = current.task
        self.depth = 0 if self.outer is None else self.outer.depth + 1
        self._reachable: set[Node] | None = None

    def reachable(self) -> set[Node]:
        """All nodes behind the roots."""
        if self._reachable is None:
            self._reachable = set(self.roots)
            stack = list(self._reachable)
            while stack:
                for edge in stack.pop().edges:
                    if edge is not None and edge[0] not in self._reachable:
                        self._reachable.add(edge[0])
                        stack.append(edge[0])
        return self._reachable


class _Current(threading.local):
    task: GraphTask | None = None


current = _Current()


def current_graph_task_id() -> int:
    """The number of the backward pass that this thread is in; -1 outside of any."""
    return -1 if current.task is None else current.task.id


def will_execute(node: Node) -> bool:
    """Whether the present backward pass runs ``node``, or has run it. ``RuntimeError`` outside of a backward pass, and
    for a leaf in ``autograd.grad``, where nothing is accumulated."""
    task = current.task
    if task is None:
        raise RuntimeError("_will_engine_execute_node() can only be called during the backward pass")
    if node not in task.reachable() or (task.will_run is not None and node not in task.will_run):
        return False
    if node in task.captured and not node.edges:
        raise RuntimeError(
            "A leaf node was passed to _will_engine_execute_node but we are currently running autograd.grad(). This is "
            "currently not supported."
        )
    return True


def queue_callback(callback: Callable[[], Any]) -> None:
    """Call ``callback()`` when the present backward pass is done."""
    if current.task is None:
        raise RuntimeError("Final callbacks can only be installed during backward pass.")
    current.task.callbacks.append(callback)
