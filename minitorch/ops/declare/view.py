"""View operators: the forward is a function from geometry to geometry, and no element moves.

    @view("TransposeBackward0")
    def transpose(geometry, dim0, dim1):
        return geo.transpose(geometry, dim0, dim1)

    @transpose.derivative("input")
    def _(grad, dim0, dim1):
        return transpose(grad, dim0, dim1)

The result shares the input's storage and knows its ``_base``, so that in-place writes reach the right history (see
``minitorch/autograd/inplace.py``). A forward that returns a list of geometries declares an operator with several
outputs, such as ``unbind``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.core.geometry import Geometry
from minitorch.ops.declare.operator import (
    Operator,
    OperatorFunction,
    as_function,
    record,
    record_several,
)
from minitorch.tensor_base import MULTI_OUTPUT, view_of


def view(grad_fn: str | None = None) -> Callable[[Callable[..., Any]], OperatorFunction]:
    """Declare a view operator: ``forward(geometry, *arguments)`` gives a geometry, or a list of them."""

    def declare(forward: Callable[..., Geometry | list[Geometry]]) -> OperatorFunction:
        declaration = Operator(forward, grad_fn, skip=1)
        declaration.parameters = ("input", *declaration.parameters)

        def call(input: Any, *arguments: Any) -> Any:
            try:
                own = input._geometry
            except AttributeError:
                raise TypeError(
                    f"{declaration.name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
                ) from None
            geometry = forward(own, *arguments)
            if isinstance(geometry, list):
                return _several(input, arguments, geometry)
            result = view_of(input, geometry)
            if modes.enabled and (input._requires_grad or (input._base is not None and input._base._requires_grad)):
                record(declaration, (input, *arguments), result)
            return result

        def _several(input: Any, arguments: tuple[Any, ...], geometries: list[Geometry]) -> Any:
            results = tuple([view_of(input, geometry) for geometry in geometries])
            if modes.enabled:
                for result in results:
                    result._view_creation = MULTI_OUTPUT
                if input._requires_grad or input._base is not None:
                    record_several(declaration, (input, *arguments), results)
            return results

        return as_function(call, declaration)

    return declare
