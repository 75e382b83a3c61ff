"""Sum, product and quotient with a number, as PyTorch's C++ writes them: ``MulBackward1`` instead of ``MulBackward0``.

``x * 2`` in Python makes a tensor of the 2 and calls ``mul.Tensor``; inside of PyTorch's own functions it calls
``mul.Scalar``. The values are the same, and the graph tells which it was. Functions here that PyTorch composes in C++
(``trapezoid``, ``gradient``, ``ndtr``) use these.

PyTorch: ``mul.Scalar``, ``div.Scalar``, ``add.Scalar`` in ``native_functions.yaml``.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import conj, mul, plain_add
from minitorch.ops.elementwise.division import true_divide

mul_number = pointwise("MulBackward1", numbers="exact")(mul.operator.forward)
div_number = pointwise("DivBackward1", promotion="float", numbers="exact")(true_divide.operator.forward)
add_number = pointwise("AddBackward1")(plain_add.operator.forward)


@mul_number.derivative("input")
def _(grad: Any, other: Any) -> Any:
    return mul_number(grad, conj(other))


@div_number.derivative("input")
def _(grad: Any, other: Any) -> Any:
    return div_number(grad, conj(other))


@add_number.derivative("input")
def _(grad: Any) -> Any:
    return grad
