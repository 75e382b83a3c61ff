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

``declaration.py`` holds what is declared and the node a call leaves; ``recording.py`` makes that node.

The other declarations (``pointwise``, ``view``) differ in how they make the result; all of them end in ``record``.

PyTorch generates the same from ``tools/autograd/derivatives.yaml`` (formulas and what they save) and
``native_functions.yaml`` (signatures); saved tensors are ``torch/csrc/autograd/saved_variable.h``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from minitorch.autograd.grad_mode import modes
from minitorch.ops.declare.declaration import ARGUMENT as ARGUMENT
from minitorch.ops.declare.declaration import RESULT as RESULT
from minitorch.ops.declare.declaration import Operator as Operator
from minitorch.ops.declare.declaration import OperatorNode as OperatorNode
from minitorch.ops.declare.recording import make_node as make_node
from minitorch.ops.declare.recording import record as record
from minitorch.ops.declare.recording import record_several as record_several
from minitorch.tensor_base import TensorBase, wrap_any, wrap_column_major


class OperatorFunction(Protocol):
    """A declared operator: a function on tensors that knows its declaration."""

    operator: Operator
    inplace: Callable[..., Any]
    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute, and record if an input requires grad."""

    def derivative(self, *inputs: str) -> Callable[[Callable[..., Any]], None]:
        """Declare the gradient with respect to ``inputs``."""


def operator(
    grad_fn: str | None = None, *, column_major: tuple[int, ...] = ()
) -> Callable[[Callable[..., Any]], OperatorFunction]:
    """Declare an operator whose forward takes arrays and returns one fresh array, or a tuple of them.

    ``forward(xp, *arguments)``: tensors (also inside a tuple or list) arrive as arrays, everything else as it is.
    ``grad_fn``: the name of its nodes, by default the operator's name in CamelCase with ``Backward0``.
    ``column_major``: which of the results are matrices that lie column after column in memory, as LAPACK makes them.
    """
    wrap_result = wrap_column_major if 0 in column_major else wrap_any

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
                if column_major:
                    results = tuple(
                        [
                            (wrap_column_major if place in column_major else wrap_any)(array, device)
                            for place, array in enumerate(output)
                        ]
                    )
                else:
                    results = tuple([wrap_any(array, device) for array in output])
                if tracked and modes.enabled:
                    record_several(declaration, arguments, results)
                return results
            result = wrap_result(output, device)
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
