"""Operators whose in-place form leaves a node of another name: ``x.acosh_()`` gives ``AcoshBackward1``.

PyTorch's ``derivatives.yaml`` has an entry of its own for a few in-place functions, and numbers the nodes of a name in
the order of their entries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.ops.declare.operands import Pointwise
from minitorch.ops.declare.pointwise import PointwiseFunction
from minitorch.ops.declare.writing import inplace_or_decline, inplace_twin


def name_in_place(
    function: PointwiseFunction,
    grad_fn: str,
    *,
    differentiable: bool = True,
    derivative: Callable[..., Any] | None = None,
) -> None:
    """Let ``function.inplace`` record the same derivatives under ``grad_fn``, or one that only raises.

    ``derivative``: one that does with the result, and so needs no copy of what was there before.
    """
    own = function.operator
    if not isinstance(own, Pointwise):
        raise TypeError(f"{own.name} is no pointwise operator")
    twin = Pointwise(own.forward, grad_fn, own.promotion, own.kinds, own.check, own.numbers)
    for formula in own.formulas:
        names = tuple(own.parameters[place] for place in formula.inputs)
        twin.add_derivative(names, derivative or (formula.function if differentiable else _refusing(own.name)))
    function.inplace = inplace_twin(twin)
    function.inplace_dunder = inplace_twin(twin, inplace_or_decline)


def _refusing(name: str) -> Callable[[Any], Any]:
    def derivative(grad: Any) -> Any:
        raise NotImplementedError(f"the derivative for 'inplace version of {name}' is not implemented.")

    return derivative
