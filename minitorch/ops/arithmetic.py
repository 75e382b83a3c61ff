"""Arithmetic: ``add, sub, mul, div, pow, neg`` and their relatives.

Derivatives stand beside each forward. ``conj`` is there because the gradient of a complex function is the conjugate
Wirtinger derivative; for real tensors it does nothing.

PyTorch: ``aten/src/ATen/native/BinaryOps.cpp``, ``Pow.cpp``, ``UnaryOps.cpp``; formulas in
``tools/autograd/derivatives.yaml``.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops.declare import pointwise
from minitorch.tensor_base import TensorBase


def conj(value: Any) -> Any:
    """Complex conjugate of a tensor or a Python number; a real one is returned as it is."""
    if isinstance(value, TensorBase):
        return value.conj() if value.is_complex() else value
    return value.conjugate() if isinstance(value, complex) else value


@pointwise("AddBackward0")
def plain_add(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Sum input + other."""
    return xp.add(input, other, out)


@plain_add.derivative("input")
def _(grad: Any) -> Any:
    return grad


@plain_add.derivative("other")
def _(grad: Any) -> Any:
    return grad


@pointwise("AddBackward0")
def scaled_add(xp: Any, input: Any, other: Any, out: Any, alpha: Any) -> Any:
    """Sum input + alpha * other."""
    return xp.add(input, xp.multiply(other, alpha, dtype=other.dtype), out)


@scaled_add.derivative("input")
def _(grad: Any) -> Any:
    return grad


@scaled_add.derivative("other")
def _(grad: Any, alpha: Any) -> Any:
    return grad * conj(alpha)


@pointwise()
def mul(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Product input * other."""
    return xp.multiply(input, other, out)


@mul.derivative("input")
def _(grad: Any, other: Any) -> Any:
    return grad * conj(other)


@mul.derivative("other")
def _(grad: Any, input: Any) -> Any:
    return grad * conj(input)
