"""``graph``: a picture of the graph that a forward pass left behind.

Values flow downwards, from leaves at the top to the tensor at the bottom; gradients will take the same lines upwards. A
box is a node with the shape of what it made. Resting the pointer on it shows the call, what is saved, and where the
derivative stands.

The text form of the same is ``minitorch.explain``.
"""

from __future__ import annotations

from typing import Any

from minitorch._explain.nodes import call_of, kind, leaf_of, metadata_of, saved_of
from minitorch._explain.source import place_of
from minitorch._explain.tree import Graph, names_of
from minitorch.autograd.function import BackwardCFunction
from minitorch.autograd.inplace import CopySlices
from minitorch.autograd.node import AccumulateGrad, Node
from minitorch.ops.declare.declaration import OperatorNode
from minitorch.tensor_base import TensorBase
from minitorch.viz.folding import Box, Fold, boxes_and_edges
from minitorch.viz.layout import layered
from minitorch.viz.svg import GREY, INK, LINE, Picture, element, label, polyline, rect, shortened, text_width, tooltip

# fill and border of each kind of box, and what it is
_LOOKS = {
    "leaf": ("#cfe5ff", "#3b82c4", "leaf: gets a .grad"),
    "operator": ("#eceff3", "#8a94a3", "operation"),
    "function": ("#e6d9fb", "#8758c9", "your own Function"),
    "in place": ("#ffe0b8", "#c77a1b", "write through a view"),
    "result": ("#cdeccf", "#3f9a49", "where backward() starts"),
    "fold": ("#f6f1c7", "#a3963a", "several nodes, folded"),
    "overwritten": ("#ffd0d0", "#cc3b3b", "a saved tensor was overwritten"),
}
_LETTERS = 34  # longest line in a box
_PADDING = 9
_MARGIN = 16.0


def graph(tensor: Any, params: Any = None, show_saved: bool = False) -> Picture:
    """Draw the graph behind ``tensor``, or behind a node of it.

    ``params``: a module, or names and tensors, to write names on leaves. ``show_saved``: what each node keeps is
    written into its box; without it, the tooltip says so. ``TypeError`` for anything but a tensor or a node,
    ``ValueError`` for a tensor that has no graph.
    """
    root = _root_of(tensor)
    whole = Graph(root, names_of(params))
    boxes, edges = boxes_and_edges(whole.nodes)
    drawn = [_Drawn(box, whole, box is root, show_saved) for box in boxes]
    layout = layered([(box.width, box.height) for box in drawn], edges)
    folded = [box.count for box in boxes if isinstance(box, Fold)]
    caption = _caption(tensor, whole, folded)
    top = _MARGIN + LINE + 8
    width = max(layout.width, text_width(caption)) + 2 * _MARGIN
    left = (width - layout.width) / 2
    body = [label(caption, _MARGIN, _MARGIN + 8, fill=GREY)]
    for way in layout.ways:
        points = [(x + left, y + top) for x, y in way]
        body.append(polyline(points, stroke=GREY, stroke_width=1.2, marker_end="url(#arrow)"))
    body += [box.markup(place.x + left, place.y + top) for box, place in zip(drawn, layout.boxes)]
    legend, legend_height = _legend(sorted({box.look for box in drawn}), width, top + layout.height + 22)
    body += legend
    listed = "; ".join(" ".join(box.lines) for box in drawn[:30])
    return Picture(body, width, top + layout.height + 22 + legend_height + _MARGIN, caption, listed)


def _root_of(tensor: Any) -> Node:
    if isinstance(tensor, Node):
        return tensor
    if not isinstance(tensor, TensorBase):
        raise TypeError(
            f"graph(): argument 'tensor' must be a Tensor or a node such as tensor.grad_fn, not {type(tensor).__name__}"
        )
    node = tensor.grad_fn
    if node is None:
        why = "it is a leaf" if tensor.requires_grad else "it does not require grad"
        raise ValueError(
            f"graph(): the {kind(tensor.dtype, tensor.shape)} tensor has no graph, for {why}. Give the result of a "
            "computation on tensors that require grad, such as the loss; minitorch.explain(tensor) says more"
        )
    return node


def _caption(tensor: Any, whole: Graph, folded: list[int]) -> str:
    what = tensor.name() if isinstance(tensor, Node) else kind(tensor.dtype, tensor.shape)
    leaves = len(whole.leaves)
    text = f"graph of {what}: {len(whole.nodes):,} nodes, {leaves:,} {'leaf' if leaves == 1 else 'leaves'}"
    if folded:
        text += f"; {sum(folded):,} nodes are folded into {len(folded)} box{'es' * (len(folded) > 1)}"
    return text


class _Drawn:
    """One box: its lines of text, its looks, and the tooltip."""

    def __init__(self, box: Box, whole: Graph, is_root: bool, show_saved: bool) -> None:
        self.look, lines, self.hint = _contents(box, whole, is_root)
        if isinstance(box, Node) and not isinstance(box, AccumulateGrad):
            saved = saved_of(box)
            if saved is not None and any(item.overwritten for item in saved):
                self.look = "overwritten"
                lines.append("overwritten: " + ", ".join(item.name for item in saved if item.overwritten))
            if show_saved and saved:
                lines += [f"saved {item.name}: {item.value}" for item in saved]
        self.lines = [shortened(line, _LETTERS) for line in lines if line]
        self.width = max(text_width(line) for line in self.lines) + 2 * _PADDING
        self.height = LINE * len(self.lines) + _PADDING

    def markup(self, x: float, y: float) -> str:
        fill, border, _ = _LOOKS[self.look]
        round_ = self.height / 2 if self.look == "leaf" and len(self.lines) < 3 else 4
        parts = [tooltip(self.hint), rect(x, y, self.width, self.height, rx=round_, fill=fill, stroke=border)]
        for row, line in enumerate(self.lines):
            baseline = y + _PADDING / 2 + LINE * row + 12
            weight: dict[str, Any] = {"font_weight": "bold"} if row == 0 else {}
            parts.append(label(line, x + self.width / 2, baseline, fill=INK, text_anchor="middle", **weight))
        return element("g", "".join(parts), class_="node")


def _contents(box: Box, whole: Graph, is_root: bool) -> tuple[str, list[str], str]:
    """Looks, lines and tooltip."""
    if isinstance(box, Fold):
        return "fold", [f"{box.count:,} nodes folded", *box.kinds], f"{box.count:,} nodes: {', '.join(box.kinds)}"
    if isinstance(box, AccumulateGrad):
        leaf, name = leaf_of(box), whole.leaf_name(box)
        what = "gone" if leaf is None else kind(leaf.dtype, leaf.shape)
        hint = f"{name or 'leaf'}: {what}\nbackward() adds what arrives here to its .grad"
        return "leaf", [name, what] if name else [what], hint
    name = box.name().rpartition("::")[2]
    look = "operator"
    if isinstance(box, BackwardCFunction):
        look = "function"
    elif isinstance(box, CopySlices):
        look = "in place"
    return "result" if is_root else look, [name, metadata_of(box)], _hint(box)


def _hint(node: Node) -> str:
    lines = [node.name(), call_of(node)]
    saved = saved_of(node)
    if saved is None:
        lines.append("saved: freed by backward()")
    elif saved:
        lines.append("saved:")
    for item in saved or ():
        version = "" if item.version is None else f", version {item.version}, now {item.now}"
        lines.append(f"  {item.name}: {item.value}{version}{' (OVERWRITTEN)' if item.overwritten else ''}")
    if isinstance(node, OperatorNode):
        lines += [f"derivative: {place_of(formula.function)}" for formula in node.operator.formulas]
    elif isinstance(node, BackwardCFunction):
        lines.append(f"derivative: {place_of(node._function.backward)}")
    return "\n".join(line for line in lines if line)


def _legend(looks: list[str], width: float, y: float) -> tuple[list[str], float]:
    """What the colours mean, for those that occur, in as many rows as the width asks for; and the height of it."""
    parts, x, row = [], _MARGIN, 0
    for look in looks:
        fill, border, meaning = _LOOKS[look]
        needed = 18 + text_width(meaning, 11) + 18
        if x > _MARGIN and x + needed > width:
            x, row = _MARGIN, row + 1
        parts.append(rect(x, y + row * LINE, 12, 12, rx=3, fill=fill, stroke=border))
        parts.append(label(meaning, x + 18, y + row * LINE + 10, 11, fill=GREY))
        x += needed
    return parts, (row + 1) * LINE
