"""The graph behind a tensor as indented text.

    AddBackward0 float32 []
    |-- input: SumBackward0 float32 []
    |          MulBackward0 float32 [2, 3]; input: leaf x float32 [2, 3], other: leaf w float32 [3] (#1)
    `-- other: SumBackward0 float32 []; input: leaf w (#1)

A node's inputs stand below it. With a single one there is no need to indent, so a chain is a column. Leaves stand on
the line of the node that uses them. What has several users gets a number where it is first met, and is only referred to
afterwards. Long chains are folded, and the whole ends after a number of lines; both say how much they hide.

Nothing is recursive: the graph may be 100,000 nodes deep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minitorch._explain.nodes import input_edges, kind, leaf_of, metadata_of
from minitorch.autograd.node import AccumulateGrad, Node

_KEEP = 4  # nodes shown at either end of a folded chain
_DEEPEST = 60  # letters of indentation; what lies deeper is left out


class Graph:
    """All nodes that can be reached from ``root``, and which of them have several users."""

    def __init__(self, root: Node, names: Mapping[int, str]) -> None:
        self.root = root
        self.names = names
        users: Counter[Node] = Counter()
        self.nodes: list[Node] = []
        seen, stack = {root}, [root]
        while stack:
            node = stack.pop()
            self.nodes.append(node)
            for edge in node.edges:
                if edge is not None:
                    users[edge[0]] += 1
                    if edge[0] not in seen:
                        seen.add(edge[0])
                        stack.append(edge[0])
        self.shared = {node for node, count in users.items() if count > 1}

    @property
    def leaves(self) -> list[Node]:
        """The ``AccumulateGrad`` nodes."""
        return [node for node in self.nodes if isinstance(node, AccumulateGrad)]

    def leaf_name(self, node: Node) -> str:
        """The name of a leaf, where one was given."""
        return self.names.get(id(leaf_of(node)), "")


def names_of(params: Any) -> dict[int, str]:
    """Names by the identity of the tensor, from a module, a dictionary, or pairs of name and tensor."""
    if params is None:
        return {}
    if hasattr(params, "named_parameters"):
        pairs: Iterable[tuple[str, Any]] = params.named_parameters()
    elif isinstance(params, Mapping):
        pairs = params.items()
    else:
        pairs = params
    try:
        return {id(tensor): str(name) for name, tensor in pairs}
    except (TypeError, ValueError):
        raise TypeError(
            "params must be a Module, a dict of names and tensors, or pairs of them such as "
            f"model.named_parameters(), not {type(params).__name__}"
        ) from None


def tree(graph: Graph, limit: int | None = 40) -> list[str]:
    """The lines. ``limit``: how many at most, and whether chains are folded; None for all of it."""
    lines: list[str] = []
    for line in _Walk(graph, fold=limit is not None).lines():
        if limit is not None and len(lines) == limit:
            lines.append(f"... the graph has {len(graph.nodes):,} nodes; nodes=None shows all of them")
            break
        lines.append(line)
    return lines


class _Walk:
    def __init__(self, graph: Graph, fold: bool) -> None:
        self.graph = graph
        self.fold = fold
        self.numbers: dict[Node, int] = {}

    def lines(self) -> Iterator[str]:
        # A node, what stands before it on its first line, and on the lines below.
        stack: list[tuple[Node, str, str]] = [(self.graph.root, "", "")]
        while stack:
            node, first, below = stack.pop()
            if node in self.numbers:  # met by way of another user while it waited here
                yield f"{first}{node.name()} (#{self.numbers[node]}, above)"
                continue
            chain, inputs = self._chain(node)
            for text in self._column(chain):
                yield first + text
                first = below
            if self.fold and len(below) > _DEEPEST:
                if inputs:
                    yield f"{below}... {len(inputs)} inputs, too deep to be shown here"
                continue
            for place, (name, child) in enumerate(reversed(inputs)):
                last = place == 0
                stem = f"{name}: "
                stack.append(
                    (
                        child,
                        f"{below}{'`-- ' if last else '|-- '}{stem}",
                        f"{below}{'    ' if last else '|   '}{' ' * len(stem)}",
                    )
                )

    def _chain(self, node: Node) -> tuple[list[str], list[tuple[str, Node]]]:
        """The lines from ``node`` down to where it branches or ends, and the inputs there."""
        chain: list[str] = []
        while True:
            text, inputs = self._line(node)
            chain.append(text)
            if len(inputs) != 1 or inputs[0][1] in self.numbers:
                return chain, inputs
            node = inputs[0][1]

    def _column(self, chain: list[str]) -> Iterator[str]:
        if not self.fold or len(chain) <= 2 * _KEEP + 2:
            yield from chain
            return
        hidden = Counter(line.split(" ", 1)[0] for line in chain[_KEEP:-_KEEP])
        kinds = ", ".join(f"{count:,} {name}" for name, count in hidden.most_common(4))
        more = "" if len(hidden) <= 4 else f" and {len(hidden) - 4} other kinds"
        yield from chain[:_KEEP]
        yield f"... {sum(hidden.values()):,} more in this chain: {kinds}{more}"
        yield from chain[-_KEEP:]

    def _line(self, node: Node) -> tuple[str, list[tuple[str, Node]]]:
        """The text for a node, with the inputs that need no lines of their own, and the other inputs."""
        text = f"{node.name()} {metadata_of(node)}".rstrip()
        if isinstance(node, AccumulateGrad):
            return self._leaf(node), []
        text += self._number(node)
        beside: list[str] = []
        below: list[tuple[str, Node]] = []
        for name, edge in input_edges(node):
            if edge is None:
                continue
            child = edge[0]
            if isinstance(child, AccumulateGrad):
                beside.append(f"{name}: {self._leaf(child)}")
            elif child in self.numbers:
                beside.append(f"{name}: {child.name()} (#{self.numbers[child]}, above)")
            else:
                below.append((name, child))
        return (f"{text}; {', '.join(beside)}" if beside else text), below

    def _leaf(self, node: Node) -> str:
        name = self.graph.leaf_name(node)
        label = f"leaf {name}".rstrip()
        if node in self.numbers:
            return f"{label} (#{self.numbers[node]})"
        leaf = leaf_of(node)
        what = "that is gone" if leaf is None else kind(leaf.dtype, leaf.shape)
        return f"{label} {what}{self._number(node)}"

    def _number(self, node: Node) -> str:
        if node not in self.graph.shared:
            return ""
        self.numbers[node] = len(self.numbers) + 1
        return f" (#{self.numbers[node]})"
