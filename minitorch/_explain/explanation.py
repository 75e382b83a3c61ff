"""``explain``: what stands behind a tensor, a node, or a function, as text.

    minitorch.explain(y)              the call that made y, the file and line of its forward and its derivatives,
                                      what was saved and whether it is still there, and the graph
    minitorch.explain(minitorch.exp)  the file and line of an operator, without a call

The text is put together from what tensors, nodes and declarations hold anyway; explaining changes nothing, and costs
nothing when it is not asked for. (One thing happens that any look at ``y.grad_fn`` does: a view whose base was written
gets its new ``grad_fn``.)

PyTorch has no counterpart. ``source.py`` finds places, ``nodes.py`` reads nodes, ``tree.py`` draws the graph,
``tensors.py`` says what a tensor is.
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Iterable
from typing import Any

from minitorch._explain import tensors
from minitorch._explain.nodes import UNKNOWN, call_of, leaf_of, metadata_of, saved_of
from minitorch._explain.source import first_paragraph, formula_of, operators_behind, place_of, seen_from_here
from minitorch._explain.tree import Graph, names_of, tree
from minitorch.autograd.function import BackwardCFunction, Function
from minitorch.autograd.inplace import CopySlices
from minitorch.autograd.node import AccumulateGrad, Node
from minitorch.ops.declare.declaration import Operator, OperatorNode
from minitorch.tensor_base import TensorBase


class Explanation:
    """A text that shows itself: in a console, with ``print``, and in a notebook."""

    def __init__(self, title: str, sections: Iterable[tuple[str, list[str]]]) -> None:
        parts = [title]
        for heading, lines in sections:
            if lines:
                parts.append(f"\n{heading}")
                parts.extend(f"  {line}".rstrip() for line in lines)
        self.text = "\n".join(parts)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<pre style="white-space: pre; overflow-x: auto">{html.escape(self.text)}</pre>'


def explain(subject: Any, params: Any = None, nodes: int | None = 40) -> Explanation:
    """Explain a tensor, a node of the graph, or a function.

    ``params``: a module, or names and tensors, to call leaves by their names. ``nodes``: how many lines of the graph
    are shown before it is cut; None for all of it, unfolded. ``TypeError`` for anything that is none of the three.
    """
    if nodes is not None and (not isinstance(nodes, int) or isinstance(nodes, bool) or nodes < 1):
        raise TypeError(f"explain(): argument 'nodes' must be a positive int or None, not {nodes!r}")
    if isinstance(subject, TensorBase):
        return _tensor(subject, params, nodes)
    if isinstance(subject, Node):
        return Explanation(f"{subject.name()}, a node of the graph", _about_node(subject, params, nodes))
    if isinstance(subject, property):
        subject = subject.fget
    if isinstance(subject, type) or callable(subject):
        return _function(subject)
    raise TypeError(
        f"explain(): argument 'subject' must be a Tensor, a node such as tensor.grad_fn, or a function, not "
        f"{type(subject).__name__}"
    )


# ---- tensors and nodes ----------------------------------------------------------------------------------------------


def _tensor(tensor: Any, params: Any, limit: int | None) -> Explanation:
    try:
        node = tensor.grad_fn
    except RuntimeError as error:  # a view whose history can't be made anew
        what = [*tensors.place_in_memory(tensor), *tensors.how_made(tensor, None), *tensors.writes(tensor)]
        title = tensors.headline(tensor, None).replace("outside of any graph", "a view that has lost its history")
        return Explanation(title, [("What it is", what), ("Why its grad_fn can't be had", [str(error)])])
    name = names_of(params).get(id(tensor))
    title = tensors.headline(tensor, node)
    what = [
        *tensors.place_in_memory(tensor),
        *tensors.how_made(tensor, node),
        *tensors.writes(tensor),
        *tensors.hooks_of(tensor),
    ]
    sections = [("What it is", what)]
    if node is not None:
        sections.extend(_about_node(node, params, limit))
    return Explanation(title if name is None else f"{name}: {title}", sections)


def _about_node(node: Node, params: Any, limit: int | None) -> list[tuple[str, list[str]]]:
    graph = Graph(node, names_of(params))
    leaves = len(graph.leaves)
    size = f"Graph ({len(graph.nodes):,} nodes, {leaves:,} of them {'a leaf' if leaves == 1 else 'leaves'})"
    return [
        ("Call", _call(node)),
        ("Operator", _places(node)),
        ("Saved for backward", _saved(node)),
        (size, tree(graph, limit)),
    ]


def _call(node: Node) -> list[str]:
    call = call_of(node)
    if isinstance(node, CopySlices) and node.function is not None:
        call = f"{call_of(node.function)}, in place on a view"
    if not call:
        return []
    lines = [call]
    if f"={UNKNOWN}" in call or f"({UNKNOWN}" in call:
        lines.append("? : neither a derivative nor a gradient needs it, so the graph does not keep it")
    trace = getattr(node, "_metadata", {}).get("traceback_")
    if trace:
        lines.append("called at, as detect_anomaly recorded it:")
        lines.extend("".join(trace).rstrip().splitlines()[-2:])
    return lines


def _places(node: Node) -> list[str]:
    if isinstance(node, OperatorNode):
        return _places_of_operator(node.operator)
    if isinstance(node, BackwardCFunction):
        return _places_of_function(node._function)
    if isinstance(node, CopySlices):
        inner = [] if node.function is None else _places(node.function)
        return [f"CopySlices {place_of(CopySlices.apply)}, around", *inner]
    if isinstance(node, AccumulateGrad):
        leaf = leaf_of(node)
        target = "a leaf that is gone" if leaf is None else f"the leaf {metadata_of(node)}"
        return [f"adds what arrives to .grad of {target}: {place_of(AccumulateGrad.apply)}"]
    return [f"{type(node).__name__} {place_of(type(node).apply)}"]


def _places_of_operator(operator: Operator) -> list[str]:
    doc = first_paragraph(operator.forward.__doc__)
    rows = [("forward", place_of(operator.forward), formula_of(operator.forward))]
    for formula in operator.formulas:
        inputs = ", ".join(operator.parameters[place] for place in formula.inputs)
        rows.append((f"derivative for {inputs}", place_of(formula.function), formula_of(formula.function)))
    if len(rows) == 1:
        rows.append(("derivative", "none: its result never requires grad", ""))
    width, wider = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    table = [f"{a:<{width}}  {b:<{wider}}  {'' if c == doc else c}".rstrip() for a, b, c in rows]
    return [f"{operator.name}: {doc}" if doc else operator.name, *table]


def _places_of_function(function: type[Function]) -> list[str]:
    rows = [("forward", function.forward)]
    if function.setup_context is not Function.setup_context:
        rows.append(("setup_context", function.setup_context))
    rows.append(("backward", function.backward if function.backward is not Function.backward else function.vjp))
    doc = first_paragraph(function.__doc__) if function.__doc__ != Function.__doc__ else ""
    title = f"{function.__name__}, an autograd.Function"
    return [f"{title}: {doc}" if doc else title, *[f"{name:<13}  {place_of(member)}" for name, member in rows]]


def _saved(node: Node) -> list[str]:
    saved = saved_of(node)
    if saved is None:
        return ["freed by backward(); retain_graph=True would have kept it"]
    if not saved:
        return ["nothing: the derivatives need no values"] if isinstance(node, (OperatorNode, CopySlices)) else []
    width, wider = max(len(item.name) for item in saved), max(len(item.value) for item in saved)
    lines = []
    for item in saved:
        line = f"{item.name:<{width}}  {item.value:<{wider}}"
        if item.version is not None:
            line += f"  version {item.version} when saved, {item.now} now"
        if item.overwritten:
            line += "  <- OVERWRITTEN SINCE: backward() will raise. Write after backward(), or save a clone()"
        lines.append(line)
    return lines


# ---- functions ------------------------------------------------------------------------------------------------------


def _function(subject: Any) -> Explanation:
    if isinstance(subject, type) and issubclass(subject, Function):
        return Explanation(
            f"{subject.__name__}: a function with a derivative of its own",
            [("Where it stands", _places_of_function(subject))],
        )
    function, name = subject, getattr(subject, "__qualname__", type(subject).__name__)
    if not isinstance(subject, type) and not hasattr(subject, "__code__") and hasattr(subject, "forward"):
        function, name = subject.forward, f"{type(subject).__name__}.forward"  # a module
    elif isinstance(subject, type):
        if "forward" not in dir(subject):
            return Explanation(f"class {name}", [("Where it stands", [_place_of_class(subject)])])
        function, name = getattr(subject, "forward"), f"{name}.forward"  # noqa: B009  mypy knows of no forward
    function = getattr(function, "__func__", function)
    operators = operators_behind(function)
    place = place_of(function)
    if len(operators) == 1 and getattr(function, "operator", None) is operators[0]:
        title, entry = f"{name}: a declared operator", []
    else:
        title = f"{name}: a Python function" if place else f"{name}: a builtin"
        doc = first_paragraph(function.__doc__)
        entry = [line for line in (f"{doc}", place) if line]
    sections = [("What a call goes through first", entry)] if operators else [("Where it stands", entry)]
    for operator in operators:
        sections.append((f"Operator {operator.name}, {operator.node_class.__name__}", _places_of_operator(operator)))
    return Explanation(title, sections)


def _place_of_class(cls: type) -> str:
    try:
        return f"{seen_from_here(inspect.getsourcefile(cls) or '')}:{inspect.getsourcelines(cls)[1]}"
    except (OSError, TypeError):
        return "written in C, or typed into a console: there is no file"
