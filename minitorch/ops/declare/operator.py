"""Chapter one: what an operator is, and how calling one leaves a node in the graph.

An operator is declared once: its forward on arrays, and beside it its derivative on tensors.

    @operator("MmBackward0")
    def mm(xp, input, mat2):
        return xp.matmul(input, mat2)

    @mm.derivative("input")
    def _(grad, mat2):
        return grad @ mat2.mH

    @mm.derivative("mat2")
    def _(grad, input):
        return input.mH @ grad

``mm`` is then an ordinary function on tensors. Calling it does three things, in ``call`` below, one after the other:
take the arrays out of the tensors, run the forward, ``record`` a node if an input requires grad.

The *parameter names of a derivative say what it needs*: ``grad`` is the gradient of the (first) output and ``grads``
of all of them; the name of a forward parameter is that argument; ``NAME_geometry`` is only its shape and strides;
``result`` (or ``result1`` for the second output) is what the forward returned; ``needs`` tells a derivative that serves
several inputs which of them are wanted. Only what a wanted derivative names is kept alive in the graph.

The other declarations (``pointwise``, ``view``) differ in how they make the result; all of them end in ``record``.

PyTorch generates the same from ``tools/autograd/derivatives.yaml`` (formulas and what they save) and
``native_functions.yaml`` (signatures); saved tensors are ``torch/csrc/autograd/saved_variable.h``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import (
    BACKWARD_TWICE,
    SAVED_INFERENCE,
    Edge,
    Node,
    gradient_edge,
    next_sequence_nr,
    written_in_place,
)
from minitorch.core.dtypes import FLOATING
from minitorch.tensor_base import TensorBase, over_storage, wrap_any

_new = object.__new__


class OperatorFunction(Protocol):
    """A declared operator: a function on tensors that knows its declaration."""

    operator: Operator
    inplace: Callable[..., Any]
    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute, and record if an input requires grad."""

    def derivative(self, *inputs: str) -> Callable[[Callable[..., Any]], None]:
        """Declare the gradient with respect to ``inputs``."""


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
        self.node_class.__doc__ = f"One call of {self.name}. {forward.__doc__ or ''}"
        self.node_class.__module__ = forward.__module__

    def add_derivative(self, inputs: tuple[str, ...], function: Callable[..., Any]) -> None:
        """Declare ``function`` as the gradient with respect to the parameters named ``inputs``."""
        for name in inputs:
            if name not in self.parameters:
                raise ValueError(f"{self.name} has no parameter {name!r}; it has {', '.join(self.parameters)}")
        places = tuple(self.parameters.index(name) for name in inputs)
        serves = sum(1 << place for place in places)
        first, *names = parameter_names(function)
        wants = tuple(self._place_of_saved(name, serves) for name in names)
        self.formulas.append(Formula(function, places, serves, first == "grads", wants))
        self.differentiable = tuple(sorted({*self.differentiable, *places}))
        self.edge_for_each_parameter = len(self.differentiable) == len(self.parameters)

    def _place_of_saved(self, name: str, serves: int) -> int:
        kind, index = self._source_of(name)
        for place, saved in enumerate(self.saved):
            if saved.name == name:
                self.saved[place] = saved._replace(wanted_by=saved.wanted_by | serves)
                return place
        self.saved.append(Saved(name, kind, index, serves))
        place = len(self.saved) - 1
        setattr(self.node_class, f"_saved_{name}", _saved_attribute(place, kind))
        if name == "input":
            self.node_class._saved_self = _saved_attribute(place, kind)
        return place

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


def _saved_attribute(place: int, kind: str) -> Any:
    """``grad_fn._saved_other``: what a node keeps, under PyTorch's names (``input`` is also ``self``)."""

    def get(node: OperatorNode) -> Any:
        value = node.unpack()[place]
        return value.shape if kind is GEOMETRY else value

    return property(get)


class OperatorNode(Node):
    """One recorded call of an operator. ``saved`` is parallel to ``operator.saved``.

    ``versions``, parallel to ``saved``: the version of each saved tensor, -1 for what is none. ``needs``: bit mask of
    the arguments that want a gradient.

    ``NUMBER`` is the version of the number in ``x * 2``, which PyTorch makes a tensor, so that going backwards twice is
    an error there too.
    """

    __slots__ = ("saved", "versions", "needs", "list_sizes")
    operator: Operator
    _saved_self: Any
    saved: list[Any] | None
    versions: list[int]
    needs: int
    list_sizes: dict[int, int] | None

    def unpack(self) -> list[Any]:
        """The saved values. ``RuntimeError`` if they were freed, or a tensor among them was written since."""
        if self.saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        values = self.saved
        for place, version in enumerate(self.versions):
            if version < 0:
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
    node = _leave_node(operator, arguments, result, edges, needed, attach)
    node.list_sizes = list_sizes
    return node


def _leave_node(
    operator: Operator, arguments: Sequence[Any], result: Any, edges: list[Edge], needed: int, attach: bool
) -> OperatorNode:
    node = _new(operator.node_class)
    node.sequence_nr = next_sequence_nr()
    node._hooks = None
    node.needs = needed
    node.list_sizes = None
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
                elif name == "other":
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
        node.outputs = ((result._geometry, result._dtype),)
        result._grad_fn = node
        result._requires_grad = True
    return node


def record_several(operator: Operator, arguments: Sequence[Any], results: Sequence[Any]) -> None:
    """``record`` for an operator with several outputs. Only floating and complex ones are differentiable."""
    node = record(operator, arguments, results, attach=False)
    if node is not None:
        node.outputs = [(result._geometry, result._dtype) for result in results]
        for output_nr, result in enumerate(results):
            if result._dtype.category >= FLOATING:
                result._grad_fn = node
                result._output_nr = output_nr
                result._requires_grad = True


def make_node(operator: Operator, arguments: Sequence[Any], result: Any) -> OperatorNode | None:
    """``record`` for in-place writers, which attach the node after they have written (``rebase_history``)."""
    return record(operator, arguments, result, attach=False)


def _fact(kind: str, argument: Any, needed: int, count: int) -> Any:
    """What a derivative may ask for besides tensors: an argument's geometry, or which inputs are wanted."""
    if kind is NEEDS:
        return [bool(needed >> i & 1) for i in range(count)]
    return [item._geometry for item in argument] if isinstance(argument, (tuple, list)) else argument._geometry


def operator(grad_fn: str | None = None) -> Callable[[Callable[..., Any]], OperatorFunction]:
    """Declare an operator whose forward takes arrays and returns one fresh array, or a tuple of them.

    ``forward(xp, *arguments)``: tensors (also inside a tuple or list) arrive as arrays, everything else as it is.
    ``grad_fn``: the name of its nodes, by default the operator's name in CamelCase with ``Backward0``.
    """

    def declare(forward: Callable[..., Any]) -> OperatorFunction:
        declaration = Operator(forward, grad_fn, skip=1)
        name = declaration.name

        def call(*arguments: Any) -> Any:
            arrays: list[Any] = []
            device: Any = None
            tracked = False
            for argument in arguments:
                if isinstance(argument, TensorBase):
                    if argument._storage.device is not device:
                        device = argument._storage.device if device is None else device_of(name, arguments)
                    tracked = tracked or argument._requires_grad or argument._base is not None
                    array = argument._array
                    arrays.append(argument.array if array is None else array)
                elif type(argument) in _SEQUENCES and argument and isinstance(argument[0], TensorBase):
                    device, tracked = device_of(name, arguments), True
                    arrays.append([item.array for item in argument])
                else:
                    arrays.append(argument)
            output = forward((device or device_of(name, arguments)).backend.xp, *arrays)
            if isinstance(output, tuple):
                results = tuple([wrap_any(array, device) for array in output])
                if tracked and modes.enabled:
                    record_several(declaration, arguments, results)
                return results
            result = wrap_any(output, device)
            if tracked and modes.enabled:
                record(declaration, arguments, result)
            return result

        return as_function(call, declaration)

    return declare


def as_function(call: Callable[..., Any], declaration: Operator) -> OperatorFunction:
    """``call`` under the declared name and text, with ``.derivative`` to go on declaring."""
    function: Any = call
    function.operator = declaration
    function.__name__ = function.__qualname__ = declaration.forward.__name__.strip("_")
    function.__module__ = declaration.forward.__module__
    function.__doc__ = declaration.forward.__doc__

    def derivative(*inputs: str) -> Callable[[Callable[..., Any]], None]:
        return lambda formula: declaration.add_derivative(inputs, formula)

    function.derivative = derivative
    return function  # type: ignore[no-any-return]


_SEQUENCES = (tuple, list)


def device_of(name: str, arguments: Sequence[Any]) -> Any:
    """The device all tensors among the arguments share. ``RuntimeError`` when they don't, as in PyTorch."""
    found = None
    for argument in arguments:
        tensors = argument if isinstance(argument, (tuple, list)) else (argument,)
        for tensor in tensors:
            if isinstance(tensor, TensorBase):
                device = tensor._storage.device
                if found is None:
                    found = device
                elif device is not found:
                    raise RuntimeError(
                        f"Expected all tensors to be on the same device, but found at least two devices, {found} and "
                        f"{device}! (when checking arguments of {name})"
                    )
    if found is None:
        raise TypeError(f"{name}(): expected at least one Tensor argument")
    return found
