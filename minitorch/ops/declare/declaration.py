"""What a declaration holds, and the node that each call of it leaves in the graph.

An ``Operator`` is a forward with its ``Formula``s, the derivatives. What they name in their parameters is what a node
has to keep, ``Operator.saved``; an ``OperatorNode`` is one call, with the values kept and the versions they had. When
the engine reaches it, ``unpack`` checks the versions and ``apply`` calls the formulas that are wanted.

PyTorch: ``tools/autograd/derivatives.yaml``, and ``torch/csrc/autograd/saved_variable.h`` for what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minitorch.autograd.node import BACKWARD_TWICE, Node, written_in_place
from minitorch.autograd.saved_tensors import Hooks, Packed, PackedList, default_hooks, is_list_of_tensors
from minitorch.autograd.watch import watch
from minitorch.core.dtypes import FLOATING
from minitorch.ops.declare.saved_attributes import show
from minitorch.ops.declare.saved_names import SHOWN, Shown
from minitorch.tensor_base import over_storage


class Formula(NamedTuple):
    """A derivative and how to call it: ``inputs`` it serves, places in ``Node.saved`` of what it names."""

    function: Callable[..., Any]
    inputs: tuple[int, ...]
    serves: int  # the same as a bit mask
    all_outputs: bool  # it asked for `grads`, not `grad`
    wants: tuple[int, ...]


class Saved(NamedTuple):
    """One thing a node keeps: the ``place``-th argument, result or geometry, if one in ``wanted_by`` needs grad."""

    name: str
    kind: str
    place: int
    wanted_by: int


# A bit beyond all arguments: one is a view made in no_grad; it requires grad, for its base does, but none arrives.
LEADS_NOWHERE = 1 << 62

ARGUMENT, RESULT, GEOMETRY, NEEDS = "argument", "result", "geometry", "needs"
NUMBER = -2
PACKED = -3


def _name_in_messages(forward: Callable[..., Any], grad_fn: str | None) -> str:
    """What a user calls the operator: "add" for AddBackward0, however its forward may be named; else the forward's."""
    node = re.fullmatch(r"(\w+)Backward\d+", grad_fn or "")
    if node is None:
        return forward.__name__.strip("_")
    return re.sub(r"(?<=[a-zD])(?=[A-Z][a-z])", "_", node[1]).lower()  # MaxPool2DWithIndices: max_pool2d_with_indices


def parameter_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters, read from its code; ``inspect.signature`` for all operators takes 20 ms."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & _HAS_VARARGS)]


_HAS_VARARGS = 4  # CPython's CO_VARARGS


class Operator:
    """A declaration: forward, derivatives, and the class of the nodes that calls leave behind."""

    def __init__(self, forward: Callable[..., Any], grad_fn: str | None, skip: int) -> None:
        self.name = _name_in_messages(forward, grad_fn)
        self.forward = forward
        self.parameters = parameter_names(forward)[skip:]
        self.formulas: list[Formula] = []
        self.saved: list[Saved] = []
        self.differentiable: tuple[int, ...] = ()  # places of the arguments that have a derivative
        self.edge_for_each_parameter = False
        name = grad_fn or "".join(part.capitalize() for part in self.name.split("_")) + "Backward0"
        namespace, colons, name = name.rpartition("::")
        self.node_class: type[OperatorNode] = type(
            name, (OperatorNode,), {"__slots__": (), "operator": self, "namespace": namespace + colons}
        )
        self.shown = SHOWN.get(name)
        self._only_shown: dict[str, bool] = {}  # what no derivative has asked for so far; whether it is a tensor
        for shown in self.shown or ():
            show(self.node_class, shown)
        self.node_class.__doc__ = f"One call of {self.name}. {forward.__doc__ or ''}"
        self.node_class.__module__ = forward.__module__

    def add_derivative(self, inputs: tuple[str, ...], function: Callable[..., Any]) -> None:
        """Declare ``function`` as the gradient with respect to the parameters named ``inputs``."""
        for name in inputs:
            if name not in self.parameters:
                raise ValueError(f"{self.name} has no parameter {name!r}; it has {', '.join(self.parameters)}")
        if not self.formulas:
            self._keep_what_is_shown()
        places = tuple(self.parameters.index(name) for name in inputs)
        serves = sum(1 << place for place in places)
        first, *names = parameter_names(function)
        wants = tuple(self._place_of_saved(name, serves) for name in names)
        self.formulas.append(Formula(function, places, serves, first == "grads", wants))
        self.differentiable = tuple(sorted({*self.differentiable, *places}))
        self.edge_for_each_parameter = len(self.differentiable) == len(self.parameters)

    def _keep_what_is_shown(self) -> None:
        """What PyTorch keeps is kept, whether a derivative asks for it or not."""
        for shown in self.shown or ():
            name = shown.name if shown.name in self.parameters else shown.source
            if name in self.parameters or name in ("result", "result0"):
                self.saved.append(Saved(name, *self._source_of(name), wanted_by=-1))
                self._only_shown[name] = shown.is_tensor

    def _place_of_saved(self, name: str, serves: int) -> int:
        kind, index = self._source_of(name)
        for place, saved in enumerate(self.saved):
            if saved.name == name:
                before = 0 if self._only_shown.pop(name, False) else saved.wanted_by  # a tensor, only where needed
                self.saved[place] = saved._replace(wanted_by=before | serves)
                return place
        self.saved.append(Saved(name, kind, index, serves))
        if self.shown is None and kind in (ARGUMENT, RESULT):
            show(self.node_class, Shown("self" if name == "input" else name, name, True))
        return len(self.saved) - 1

    def packing_order(self) -> list[int]:
        """The places in the order in which hooks see them: by PyTorch's names, and results after arguments."""
        saved = self.saved
        return sorted(
            range(len(saved)),
            key=lambda place: (saved[place].kind is RESULT, saved[place].name.replace("input", "self")),
        )

    def _source_of(self, name: str) -> tuple[str, int]:
        if name in self.parameters:
            return ARGUMENT, self.parameters.index(name)
        if name.startswith("result"):
            return RESULT, int(name[len("result") :] or 0)
        if name == "needs":
            return NEEDS, 0
        if name.endswith("_geometry"):
            return GEOMETRY, self.parameters.index(name.removesuffix("_geometry"))
        raise ValueError(
            f"a derivative of {self.name} asks for {name!r}, which is neither a parameter "
            f"({', '.join(self.parameters)}) nor result, needs or NAME_geometry"
        )


class OperatorNode(Node):
    """One recorded call of an operator. ``saved`` is parallel to ``operator.saved``.

    ``versions``, parallel to ``saved``: the version of each saved tensor, -1 for what is none. ``needs``: bit mask of
    the arguments that want a gradient.

    ``NUMBER`` is the version of the number in ``x * 2``, which PyTorch makes a tensor, so that going backwards twice is
    an error there too, and of a list of index tensors. ``PACKED`` is that of what hooks have packed, see
    ``autograd/saved_tensors.py``.
    """

    __slots__ = ("saved", "versions", "needs", "list_sizes")
    is_declared = True
    operator: Operator
    _saved_self: Any
    saved: list[Any] | None
    versions: list[int]
    needs: int
    list_sizes: dict[int, int] | None

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """Where gradients go. A node without a derivative names only inputs that want one, as PyTorch's does."""
        functions = super().next_functions
        return tuple([edge for edge in functions if edge[0]]) if type(self).__name__ == "NotImplemented" else functions

    def count_outputs(self) -> int:
        return sum(output is not None for output in self.outputs)  # what is no float has no gradient, and comes last

    def unpack(self) -> list[Any]:
        """The saved values. ``RuntimeError`` if they were freed, or a tensor among them was written since."""
        if self.saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        if watch.detached:
            self._check_not_detached()
        values = self.saved
        for place, version in enumerate(self.versions):
            if version < 0:
                if version == PACKED:
                    values = [None] * len(values)
                    for place in self.operator.packing_order():
                        values[place] = self.unpack_one(place)
                    return values
                continue
            tensor = values[place]
            _, kind, index, _ = self.operator.saved[place]
            if tensor._storage.version != version:
                raise RuntimeError(written_in_place(tensor, version, self if kind is RESULT else None, index))
            if kind is RESULT:
                if values is self.saved:
                    values = list(values)
                values[place] = self._with_history(tensor, index)
        return values

    def _check_not_detached(self) -> None:
        """``RuntimeError`` if a saved tensor has lost its history, through which one came here, to ``detach_``."""
        operator = self.operator
        for place, (_, kind, index, _) in enumerate(operator.saved):
            if kind is not ARGUMENT or self.versions[place] < 0 or index not in operator.differentiable:
                continue
            tensor = self.kept(place)
            edge = self.edges[operator.differentiable.index(index)] if self.list_sizes is None else None
            if edge is not None and edge[0].edges and tensor._grad_fn is None and not tensor._requires_grad:
                raise RuntimeError(
                    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not "
                    "supported, please use out-of-place `.detach()` instead"
                )

    def unpack_one(self, place: int) -> Any:
        """The saved value at ``place``, as ``unpack`` gives it."""
        value, version = self.kept(place), self.versions[place]
        if version == PACKED:
            return value.unpack(self)
        if version < 0:
            return value
        _, kind, index, _ = self.operator.saved[place]
        if value._storage.version != version:
            raise RuntimeError(written_in_place(value, version, self if kind is RESULT else None, index))
        return self._with_history(value, index) if kind is RESULT else value

    def kept(self, place: int) -> Any:
        """What is kept at ``place``, packed as it may be. ``RuntimeError`` if it was freed."""
        if self.saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        return self.saved[place]

    @property
    def is_released(self) -> bool:
        """Whether what was saved has been freed."""
        return self.saved is None

    def pack_one(self, place: int, hooks: Hooks, shown: Any = None) -> None:
        """Let hooks pack what is kept at ``place``. ``shown``: what they see instead of a tensor without history."""
        tensor, saved = self.kept(place), self.operator.saved[place]
        if is_list_of_tensors(tensor):
            self.saved[place], self.versions[place] = PackedList(tensor, hooks), PACKED  # type: ignore[index]
            return
        if shown is None:
            shown = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
        if saved.kind is RESULT:
            tensor = self._with_history(tensor, saved.place)
        packed = Packed(tensor, hooks, saved.kind is RESULT, shown)
        self.saved[place], self.versions[place] = packed, PACKED  # type: ignore[index]

    def pack(self, kind: str, hooks: Hooks, results: Sequence[Any] = (), written: Any = None) -> None:
        """Let hooks pack all tensors of a kind: arguments before, results after the node has got its outputs.

        ``written``: the argument that is about to be written in place, of which a copy is kept.
        """
        saved = self.operator.saved
        for place in self.operator.packing_order():
            tensor = self.kept(place)
            if saved[place].kind is not kind or (self.versions[place] < 0 and not is_list_of_tensors(tensor)):
                continue
            if kind is RESULT:
                tensor = results[saved[place].place]
            elif tensor is written and saved[place].place == 0:
                tensor = tensor.clone()
                self.saved[place] = tensor  # type: ignore[index]
            self.pack_one(place, hooks, tensor)

    def pack_results(self, results: Sequence[Any]) -> None:
        hooks = default_hooks()
        if hooks is not None:
            self.pack(RESULT, hooks, results)

    def _with_history(self, tensor: Any, output_nr: int) -> Any:
        """A result is kept without its history, which is this very node, and gets it back here."""
        result = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
        if tensor._dtype.category >= FLOATING:
            result._grad_fn, result._output_nr, result._requires_grad = self, output_nr, True
        return result

    def apply(self, *grad_outputs: Any, needs: int = -1) -> Sequence[Any]:
        operator, needs = self.operator, self.needs & needs
        values = self.unpack()
        gradients: list[Any] = [None] * len(operator.parameters)
        for function, inputs, serves, all_outputs, wants in operator.formulas:
            if not serves & needs:
                continue
            if all_outputs:
                if grad_outputs.count(None) == len(grad_outputs):
                    continue
                result = function(grad_outputs, *[values[place] for place in wants])
            elif grad_outputs[0] is None:
                continue
            elif len(wants) == 1:
                result = function(grad_outputs[0], values[wants[0]])
            else:
                result = function(grad_outputs[0], *[values[place] for place in wants])
            if len(inputs) == 1:
                gradients[inputs[0]] = result
            else:
                for index, gradient in zip(inputs, result):
                    gradients[index] = gradient
        return gradients if operator.edge_for_each_parameter and self.list_sizes is None else self._by_edge(gradients)

    def apply_towards(self, wanted: set[Node], grad_outputs: Sequence[Any]) -> Sequence[Any]:
        """``apply``, but only what leads to nodes that are wanted is computed."""
        needs = -1
        if self.list_sizes is None:
            for index, edge in zip(self.operator.differentiable, self.edges):
                if edge is not None and edge[0] not in wanted:
                    needs &= ~(1 << index)
        return self.apply(*grad_outputs, needs=needs)

    def _by_edge(self, gradients: list[Any]) -> tuple[Any, ...]:
        """One gradient an edge: a parameter that takes a list of tensors has an edge for each of them."""
        if self.list_sizes is None:
            return tuple([gradients[index] for index in self.operator.differentiable])
        flat: list[Any] = []
        for index in self.operator.differentiable:
            size = self.list_sizes.get(index)
            if size is None:
                flat.append(gradients[index])
            else:
                flat.extend([None] * size if gradients[index] is None else gradients[index])
        return tuple(flat)

    def release(self) -> None:
        if self.versions.count(-1) != len(self.versions):  # nothing to free, nothing to miss the next time
            self.saved = None
