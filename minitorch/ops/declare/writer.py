"""Writers: operators that change part of a tensor, such as ``index_add`` or ``scatter``.

    @writer("IndexAddBackward0")
    def _index_add(xp, input, dim, index, source):      # changes the array `input`, returns nothing
        ...

``_index_add(x, ...)`` gives the forward a copy of ``x`` to change; ``_index_add.inplace(x, ...)`` gives it ``x``
itself, after asking whether ``x`` may be written, and makes the node its new history (``autograd/inplace.py``). The
forward must not fail halfway, so whoever calls a writer has checked the arguments before.

``replace`` is the in-place form of an operator that gives every element anew, such as ``cumsum``: its result is
computed first and then written.

PyTorch declares the same as ``structured_inplace`` and ``CompositeExplicitAutograd`` in ``native_functions.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import geometry as geo
from minitorch.ops.declare.operator import (
    Operator,
    OperatorFunction,
    OperatorNode,
    as_function,
    device_of,
    make_node,
    record,
)
from minitorch.ops.declare.writing import keep_old_value as keep_old_value
from minitorch.ops.declare.writing import renew_saved_result as renew_saved_result
from minitorch.tensor_base import TensorBase, allocate


def writer(
    grad_fn: str | None = None, *, preserve: bool = False, overlap: bool = False
) -> Callable[[Callable[..., Any]], OperatorFunction]:
    """Declare an operator whose forward changes the array of its first operand.

    ``preserve``: the copy that the out-of-place form changes keeps the operand's strides instead of being contiguous.
    ``overlap``: in place, elements of the operand may share a place in memory, which PyTorch only warns about.
    """

    def declare(forward: Callable[..., Any]) -> OperatorFunction:
        declaration = Operator(forward, grad_fn, skip=1)

        def call(input: Any, *arguments: Any) -> Any:
            device = device_of(declaration.name, (input, *arguments))
            geometry = input._geometry
            geometry = geo.preserving(geometry) if preserve else geo.contiguous(geometry.shape)
            result = allocate(geometry, input._dtype, device)
            result.array[...] = input.array
            forward(device.backend.xp, result.array, *[_array_of(argument) for argument in arguments])
            record(declaration, (input, *arguments), result)
            return result

        def inplace(input: Any, *arguments: Any) -> Any:
            device = device_of(declaration.name, (input, *arguments))
            check_inplace(input, declaration.name + "_", *arguments, overlap=overlap)
            node = make_node(declaration, (input, *arguments), input)
            if node is not None:
                keep_old_value(node, input)
            forward(device.backend.xp, input.array, *[_array_of(argument) for argument in arguments])
            written(input, node)
            return input

        function = as_function(call, declaration)
        function.inplace = inplace
        return function

    return declare


def replace(function: OperatorFunction, input: Any, *arguments: Any, overlap: bool = False) -> Any:
    """In-place form of a declared operator whose result has the shape of ``input``. ``overlap``: as in ``writer``."""
    declaration = function.operator
    device = device_of(declaration.name, (input, *arguments))
    check_inplace(input, declaration.name + "_", *arguments, overlap=overlap)
    array = declaration.forward(device.backend.xp, input.array, *[_array_of(argument) for argument in arguments])
    node = make_node(declaration, (input, *arguments), input)
    if node is not None:
        keep_old_value(node, input)
    input.array[...] = array
    written(input, node)
    return input


def written(input: Any, node: OperatorNode | None) -> None:
    """``input`` has been written: count it, and let ``node`` be its history from now on."""
    bump_version(input)
    if node is not None:
        renew_saved_result(node, input)
        node.outputs = ((input._geometry, input._dtype, input._storage.device),)
        rebase_history(input, node)


def _array_of(argument: Any) -> Any:
    if isinstance(argument, TensorBase):
        return argument.array
    if isinstance(argument, (tuple, list)):
        return [item.array if isinstance(item, TensorBase) else item for item in argument]
    return argument
