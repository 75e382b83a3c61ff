"""Folding: a graph of thousands of nodes as a picture of a few dozen boxes.

A *spine* is what a loop leaves behind: nodes one after the other, each with one user. What hangs on it and leads only
to leaves (the input of step 7 times a weight) counts as part of the node that uses it. The middle of a long spine
becomes one ``Fold``. If too much is left even so, only what is nearest to the root is kept, and a ``Fold`` stands for
the rest.

    root <- tanh <- add <- mm <- tanh <- add <- mm <- ...        root <- tanh <- add <- [2,996 nodes] <- mm <- tanh
                     ^- mm <- leaf        ^- mm <- leaf                                     ^- leaf
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from minitorch.autograd.node import AccumulateGrad, Node

MOST = 300  # boxes that can still be read
_SHORT = 6  # a spine of so many nodes is not worth folding
_KEEP = 2  # nodes kept at either end of a folded spine
_SIDE = 4  # nodes in what hangs on a spine, at most


class Fold:
    """Stands for ``nodes``, of which there are ``count``."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        kinds = Counter(node.short_name().rpartition("::")[2] for node in nodes)
        self.count = sum(kinds.values())
        self.kinds = [f"{count:,} x {name}" for name, count in kinds.most_common(3)]
        if len(kinds) > 3:
            self.kinds.append(f"and {len(kinds) - 3} other kinds")


Box = Node | Fold


def boxes_and_edges(nodes: Sequence[Node], most: int = MOST) -> tuple[list[Box], list[tuple[int, int]]]:
    """What to draw for a graph: boxes, root first, and edges ``(input, user)`` by their places; folded if need be."""
    boxes: dict[Node, Box] = {node: node for node in nodes}
    if len(nodes) > most:
        boxes = _spines_folded(nodes)
    if len(set(boxes.values())) > most:
        boxes = _far_ones_folded(nodes, boxes, most)
    places = {box: place for place, box in enumerate(dict.fromkeys(boxes[node] for node in nodes))}
    edges = {
        (places[boxes[edge[0]]], places[boxes[node]]): None
        for node in nodes
        for edge in node.edges
        if edge is not None and boxes[edge[0]] is not boxes[node]
    }
    return list(places), list(edges)


def _inputs(node: Node) -> list[Node]:
    return list(dict.fromkeys(edge[0] for edge in node.edges if edge is not None))


def _spines_folded(nodes: Sequence[Node]) -> dict[Node, Box]:
    users = Counter(child for node in nodes for child in _inputs(node))
    sides = _sides(nodes, users)
    following: dict[Node, Node] = {}  # along a spine, from a node to its only input that is neither leaf nor side
    for node in nodes:
        rest = [child for child in _inputs(node) if child not in sides and not isinstance(child, AccumulateGrad)]
        if node not in sides and len(rest) == 1 and users[rest[0]] == 1:
            following[node] = rest[0]
    boxes: dict[Node, Box] = {node: node for node in nodes}
    for start in set(following) - set(following.values()):
        spine = [start]
        while spine[-1] in following:
            spine.append(following[spine[-1]])
        if len(spine) > _SHORT:
            hidden = [part for node in spine[_KEEP:-_KEEP] for part in (node, *_with_sides(node, sides))]
            fold = Fold(hidden)
            boxes.update((node, fold) for node in hidden)
    return boxes


def _sides(nodes: Sequence[Node], users: Counter[Node]) -> dict[Node, int]:
    """Small parts with one user that lead to nothing but leaves, with the number of their nodes."""
    sides: dict[Node, int] = {}
    for node in _inputs_first(nodes):
        inputs = [child for child in _inputs(node) if not isinstance(child, AccumulateGrad)]
        if isinstance(node, AccumulateGrad) or users[node] != 1 or not all(child in sides for child in inputs):
            continue
        size = 1 + sum(sides[child] for child in inputs)
        if size <= _SIDE:
            sides[node] = size
    return sides


def _with_sides(node: Node, sides: dict[Node, int]) -> list[Node]:
    found: list[Node] = []
    stack = [child for child in _inputs(node) if child in sides]
    while stack:
        part = stack.pop()
        found.append(part)
        stack.extend(child for child in _inputs(part) if child in sides)
    return found


def _inputs_first(nodes: Sequence[Node]) -> list[Node]:
    """All nodes, each behind its inputs."""
    missing = {node: len(_inputs(node)) for node in nodes}
    users: dict[Node, list[Node]] = {}
    for node in nodes:
        for child in _inputs(node):
            users.setdefault(child, []).append(node)
    order = [node for node in nodes if not missing[node]]
    for node in order:  # grows while it is walked
        for user in users.get(node, ()):
            missing[user] -= 1
            if not missing[user]:
                order.append(user)
    return order


def _far_ones_folded(nodes: Sequence[Node], boxes: dict[Node, Box], most: int) -> dict[Node, Box]:
    """Keep what is nearest to the root, by number of steps; leaves that only the rest uses are part of the rest."""
    kept: dict[Box, None] = {boxes[nodes[0]]: None}
    members: dict[Box, list[Node]] = {}
    for node in nodes:
        members.setdefault(boxes[node], []).append(node)
    queue = list(kept)
    for box in queue:  # grows while it is walked
        for node in members[box]:
            for child in _inputs(node):
                if len(kept) < most - 1 and boxes[child] not in kept:
                    kept[boxes[child]] = None
                    queue.append(boxes[child])
    rest = [node for node in nodes if boxes[node] not in kept]
    fold = Fold(rest)
    return {node: boxes[node] if boxes[node] in kept else fold for node in nodes}
