"""Forward mode: a derivative that travels with the value, ``minitorch.autograd.forward_ad``.

A *dual* tensor is a value (primal) and the direction in which it moves (tangent). What is computed from duals is dual:

    with dual_level():
        dual = make_dual(x, v)
        y = f(dual)
        value, product = unpack_dual(y)              # f(x) and J v, from one run of f, whatever the sizes

Backward mode gives a row of the Jacobian a pass, forward mode a column.

How it is done here. The operators have derivatives in one direction only: a node turns the cotangent of its output
into those of its inputs, ``u -> u^T J``. That is linear in ``u``, and the derivative of a linear map is the map itself,
so differentiating it (with respect to ``u``, with the cotangent ``v``) gives ``J v``: the *double-backward trick*,
applied to one node at a time (``_push``). ``make_dual`` puts a node at the start of a graph, operators record as they
always do, and whenever one has (``Level.recorded``) tangents are pushed through what was recorded since. A ``Function``
brings a ``jvp`` of its own, which ``apply`` calls. Outside of a level forward mode costs an operator nothing.

PyTorch keeps this in ``torch/autograd/forward_ad.py`` and ``torch/csrc/autograd/forward_grad.cpp``, and has a second
formula beside each derivative (``result:`` in ``derivatives.yaml``). What differs here, inside a level: a result of a
dual tensor says ``requires_grad`` although it leads to no leaf (what ``unpack_dual`` returns does not); everything is
recorded under ``no_grad`` too (not under ``inference_mode``), so that writing to a leaf in place is refused there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

import minitorch.autograd as autograd
from minitorch.autograd.grad_mode import _ModeContext, enable_grad, is_grad_enabled, modes
from minitorch.autograd.node import AccumulateGrad, Node, fit_gradient, gradient_edge
from minitorch.autograd.watch import watch
from minitorch.core.dtypes import FLOATING
from minitorch.ops.creating.creation import zeros
from minitorch.ops.declare.declaration import RESULT
from minitorch.tensor_base import over_storage


class UnpackedDualTensor(NamedTuple):
    """What ``unpack_dual`` returns. ``tangent`` is None for a tensor that is not dual."""

    primal: Any
    tangent: Any


class Level:
    """One ``dual_level``: the tangents of the outputs of the nodes that are known so far."""

    def __init__(self) -> None:
        self.tangents: WeakKeyDictionary[Node, list[Any]] = WeakKeyDictionary()
        self.busy = False  # computing tangents: what that records is no program's

    def recorded(self, node: Any, result: Any, attached: bool) -> None:
        """``node`` has just been recorded, and all values it needs are still there.

        Not ``attached``: ``result`` is going to be written in place; a derivative that asks for it has to wait.
        """
        if self.busy or not attached and any(saved.kind is RESULT for saved in node.operator.saved):
            return
        node.outputs = ((result._geometry, result._dtype, result._storage.device),)
        push_to(node, self)

    def tangents_of_inputs(self, inputs: Sequence[Any]) -> list[Any] | None:
        """The tangent of each argument of a ``Function``; None if no argument is dual."""
        found = [tangent_of(value, self) if hasattr(value, "_geometry") else None for value in inputs]
        return None if found.count(None) == len(found) else found

    def call_jvp(self, function: Any, ctx: Any, inputs: Sequence[Any], tangents: list[Any], outputs: Any) -> list[Any]:
        """The tangents of a ``Function``'s outputs, by its own ``jvp``. ``RuntimeError`` if they can't be that."""
        if ctx.materialize_grads:
            tangents = [
                _zeros((value._geometry, value._dtype, value._storage.device))
                if tangent is None and hasattr(value, "_geometry")
                else tangent
                for value, tangent in zip(inputs, tangents)
            ]
        results = function.jvp(ctx, *tangents)
        results = results if isinstance(results, tuple) else (results,)
        if len(results) != len(outputs):
            raise RuntimeError(
                f"Function's jvp returned an invalid number of forward gradients (expected {len(outputs)} but got "
                f"{len(results)})"
            )
        for place, (output, result) in enumerate(zip(outputs, results)):
            _check_jvp(ctx, inputs, tangents, place, output, result)
        return list(results)

    def before_write(self, tensor: Any) -> None:
        """``tensor`` is going to be written in place; afterwards its tangent could not be computed any more."""
        tangent_of(tensor, self)


# ---- levels -------------------------------------------------------------------------------------------------------


def enter_dual_level() -> int:
    """Start a level, inside which dual tensors can be made. There may be one only, number 0."""
    if modes.forward is not None:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    asked = is_grad_enabled()
    modes.forward = Level()
    watch.count(recording=1)
    if not modes.inference:
        modes.asked, modes.enabled = asked, True
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level: the tangents are gone."""
    current = -1 if modes.forward is None else 0
    if level is not None and level != current:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    if current < 0:
        raise RuntimeError("Dual level must be a positive number.")
    asked = is_grad_enabled()
    modes.forward = None
    watch.count(recording=-1)
    if not modes.inference:
        modes.enabled = asked


class dual_level(_ModeContext):  # noqa: N801
    """Context manager and decorator: a level inside, gone at the end."""

    def __enter__(self) -> int:  # type: ignore[override]
        return enter_dual_level()

    def __exit__(self, *exc_info: object) -> None:
        exit_dual_level()


# ---- dual tensors -------------------------------------------------------------------------------------------------


class MakeDual(Node):
    """Where a dual tensor begins. Going backwards it is the identity."""

    __slots__ = ()

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        return grad_outputs


class Identity(MakeDual):
    """The primal of a dual tensor: gradients pass on their way back, tangents do not."""

    __slots__ = ()


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """A dual tensor with the memory of ``tensor`` that moves in the direction ``tangent``.

    ``RuntimeError`` outside of a level, for shapes that differ, or if the tensor is dual already; ``ValueError`` for
    integers.
    """
    current = _current(level)
    if current is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for what, given in (("primal", tensor), ("tangent", tangent)):
        if not (given.is_floating_point() or given.is_complex()):
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {given.dtype}")
    if level:
        raise RuntimeError("Invalid level given to _make_dual")
    if tangent_of(tensor, current) is not None:
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not "
            "supported."
        )
    if tangent.shape != tensor.shape:
        raise RuntimeError(_sizes_differ(tensor, tangent))
    dual = _behind(MakeDual, tensor)
    current.tangents[dual._grad_fn] = [tangent]
    return dual


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """Value and tangent of what was computed in this level; the tangent is None if no dual tensor went into it."""
    current = _current(level)
    if current is None:
        return UnpackedDualTensor(tensor, None)
    if not hasattr(tensor, "_geometry"):
        raise TypeError(f"_unpack_dual(): argument 'dual' (position 1) must be Tensor, not {type(tensor).__name__}")
    tangent = tangent_of(tensor, current)
    if level and tangent is not None:
        raise RuntimeError("Invalid level given to _fw_primal")
    primal = _behind(Identity, tensor) if _leads_to_leaf(tensor) else _plain(tensor)
    return UnpackedDualTensor(primal, tangent if _leads_to_leaf(tangent) else _plain(tangent))


def _current(level: int | None) -> Level | None:
    return None if level is not None and level < 0 else modes.forward


def _behind(kind: type[Node], tensor: Any) -> Any:
    """The same memory as a new tensor, with a node of this kind between it and what ``tensor`` was computed from."""
    edge = gradient_edge(tensor) if tensor.requires_grad and is_grad_enabled() else None
    result = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
    result._grad_fn, result._requires_grad = (
        kind((edge,), ((tensor._geometry, tensor._dtype, tensor._storage.device),)),
        True,
    )
    return result


def _plain(tensor: Any) -> Any:
    return tensor.detach() if tensor is not None and tensor.requires_grad else tensor


def _leads_to_leaf(tensor: Any) -> bool:
    """Whether a gradient sent into ``tensor`` reaches a leaf: whether it requires grad apart from being dual."""
    if tensor is None or not (is_grad_enabled() and tensor.requires_grad):
        return False
    edge = gradient_edge(tensor)
    stack = [] if edge is None else [edge[0]]
    seen = set(stack)
    while stack:
        node = stack.pop()
        if isinstance(node, AccumulateGrad) and node not in _probes:
            return True
        new = {edge[0] for edge in node.edges if edge is not None} - seen
        seen |= new
        stack.extend(new)
    return False


# ---- tangents -----------------------------------------------------------------------------------------------------


def tangent_of(tensor: Any, level: Level) -> Any:
    """The tangent of a tensor, with its history; None if it does not come from a dual tensor of this level."""
    edge = gradient_edge(tensor) if tensor.requires_grad else None
    if edge is None:
        return None
    push_to(edge[0], level)
    return level.tangents[edge[0]][edge[1]] if edge[0] in level.tangents else None


def push_to(last: Node, level: Level) -> None:
    """Compute the tangents of the outputs of a node, and before them of all nodes that it follows from."""
    known, busy = level.tangents, level.busy
    level.busy = True
    try:
        for node in _to_be_done(last, known):
            arriving = [None if to is None or to[0] not in known else known[to[0]][to[1]] for to in node.edges]
            if any(tangent is not None for tangent in arriving):
                with enable_grad():
                    known[node] = _push(node, arriving)
    finally:
        level.busy = busy


def _to_be_done(start: Node, known: WeakKeyDictionary[Node, list[Any]]) -> list[Node]:
    """The nodes that ``start`` was computed by and whose tangents are not known, in the order they were recorded."""
    if start in known:
        return []
    found, stack = {start}, [start]
    while stack:
        for edge in stack.pop().edges:
            if edge is not None and edge[0] not in found and edge[0] not in known:
                found.add(edge[0])
                stack.append(edge[0])
    return sorted((node for node in found if not isinstance(node, Identity)), key=lambda node: node.sequence_nr)


def _push(node: Node, arriving: Sequence[Any]) -> list[Any]:
    """The tangents of a node's outputs from those of its inputs: ``J v`` by the double-backward trick."""
    probes = [_probe(metadata) for metadata in node.outputs]
    towards = {edge[0] for edge, tangent in zip(node.edges, arriving) if edge is not None and tangent is not None}
    gradients = node.apply_towards(towards, probes)
    rows, weights = [], []
    for index, (edge, gradient, tangent) in enumerate(zip(node.edges, gradients, arriving)):
        if edge is None or gradient is None or tangent is None or not gradient.requires_grad:
            continue
        metadata = edge[0].outputs[edge[1]]
        row = gradient if metadata is None else fit_gradient(gradient, metadata, node, index)
        rows.append(row)
        weights.append(tangent if tangent.dtype is row.dtype else tangent.to(row.dtype))
    wanted = [probe for probe in probes if probe is not None]
    found = autograd.grad(rows, wanted, weights, allow_unused=True, create_graph=True) if rows else [None] * len(wanted)
    results = iter(found)
    return [
        None if probe is None else _zeros(metadata) if tangent is None else tangent
        for probe, metadata in zip(probes, node.outputs)
        for tangent in (None if probe is None else next(results),)
    ]


def _probe(metadata: Any) -> Any:
    """The ``u`` that plays no part: ones, as a formula that takes logarithms of cotangents is not linear at zero."""
    probe = _zeros(metadata)
    if probe is not None:
        probe.add_(1).requires_grad_()
        _probes.add(gradient_edge(probe)[0])  # type: ignore[index]
    return probe


_probes: WeakSet[Node] = WeakSet()  # their leaves: a tangent may lead there, and does not require grad for that


def _zeros(metadata: Any) -> Any:
    if metadata is None or metadata[1].category < FLOATING:
        return None
    return zeros(metadata[0].shape, dtype=metadata[1], device=metadata[2])


def _check_jvp(ctx: Any, inputs: Sequence[Any], tangents: list[Any], place: int, output: Any, result: Any) -> None:
    """``RuntimeError`` if what a ``jvp`` returned is not the tangent of that output of ``forward``."""
    if result is not None and not hasattr(result, "_geometry"):
        raise RuntimeError(f"expected Variable or None (got {type(result).__name__}) for grad output {place}.")
    differentiable = hasattr(output, "_geometry") and output._dtype.category >= FLOATING
    if not differentiable or any(output is other for other in ctx.non_differentiable or ()):
        if result is not None:
            raise RuntimeError(
                f"Function's jvp returned a gradient at position {place}, but  the corresponding forward output is not "
                "a differentiable Tensor.You should return None at that position instead."
            )
        return
    if result is None:
        raise RuntimeError(f"Function's jvp returned None at position {place}, where forward returned a Tensor.")
    if result.shape != output.shape:
        raise RuntimeError(_sizes_differ(output, result))
    given = next((tangent for value, tangent in zip(inputs, tangents) if value is output), None)
    if any(output is other for other in ctx.dirty_tensors or ()):
        if result is not given:
            raise RuntimeError(
                "An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is "
                "modifying an input inplace, then the jvp function must modify the corresponding gradient inplace."
            )
    elif (given is not None or output._base is not None) and result._base is None:
        raise RuntimeError(
            "A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view."
        )


def _sizes_differ(tensor: Any, tangent: Any) -> str:
    return (
        "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
        f"supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size "
        f"{list(tangent.shape)}."
    )
