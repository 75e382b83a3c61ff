"""Arithmetic: ``add, sub, mul, neg, abs, sign``. Division is in ``division.py``, powers in ``powers.py``.

Derivatives stand beside each forward. ``conj`` is there because the gradient of a complex function is the conjugate
Wirtinger derivative; for real tensors it does nothing.

``add`` and ``sub`` know a factor: ``add(x, y, alpha=a)`` is x + a * y, in one operation, which is how an optimizer
takes a step. Booleans add and multiply as ``or`` and ``and``, but cannot be subtracted or negated.

PyTorch: ``aten/src/ATen/native/BinaryOps.cpp``, ``UnaryOps.cpp``; formulas in ``tools/autograd/derivatives.yaml``.
Left out on purpose: the fused multiply-add that its vector kernels use for ``alpha``, which differs in the last bit.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core.promotion import result_type_of
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS, check_representable, is_boolean, number_as_array, rounded_number
from minitorch.ops.declare.pointwise import pointwise
from minitorch.tensor_base import TensorBase


def conj(value: Any) -> Any:
    """Complex conjugate of a tensor or a Python number; a real one is returned as it is."""
    if isinstance(value, TensorBase):
        return value.conj() if value._dtype.category == dtypes.COMPLEX else value  # type: ignore[attr-defined]
    return value.conjugate() if isinstance(value, complex) else value


# ---- add ----------------------------------------------------------------------------------------------------------


@pointwise("AddBackward0")
def plain_add(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Sum input + other."""
    return xp.add(input, other, out)


# PyTorch's derivatives multiply and divide by numbers that are none to autograd, and their nodes have other names.


@pointwise("MulBackward1", numbers="exact")
def times_number(xp: Any, input: Any, number: Any, out: Any) -> Any:
    """Product input * number."""
    return xp.multiply(input, number, out)


@times_number.derivative("input")
def _(grad: Any, number: Any) -> Any:
    return times_number(grad, number.conjugate())


@pointwise("DivBackward1", promotion="float", numbers="exact")
def over_number(xp: Any, input: Any, number: Any, out: Any) -> Any:
    """Quotient input / number."""
    return xp.divide(input, number, out)


@over_number.derivative("input")
def _(grad: Any, number: Any) -> Any:
    return over_number(grad, number.conjugate())


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
    return times_number(grad, alpha.conjugate())


def add(input: Any, other: Any, last: Any = None, *, alpha: Any = 1, out: Any = None) -> Any:
    """input + alpha * other. The factor may also stand in between, as it did once: ``add(input, alpha, other)``."""
    if last is not None:
        return add(input, last, alpha=factor_first(other, alpha, "add"), out=out)
    if type(alpha) is int and alpha == 1:
        return plain_add(input, other, out=out)
    if type(alpha) is not float or not isinstance(input, TensorBase) or input._dtype not in _FLOATS:
        alpha = check_alpha(alpha, input, other)
    if isinstance(other, NUMBERS):
        return plain_add(input, other * alpha, out=out)
    return scaled_add(input, other, alpha, out=out)


def add_(input: Any, other: Any, last: Any = None, *, alpha: Any = 1) -> Any:
    """input += alpha * other."""
    if last is not None:
        return add_(input, last, alpha=factor_first(other, alpha, "add_"))
    if type(alpha) is int and alpha == 1:
        return plain_add.inplace(input, other)
    if type(alpha) is not float or input._dtype.category != dtypes.FLOATING:
        alpha = check_alpha(alpha, input, other)
    if isinstance(other, NUMBERS):
        return plain_add.inplace(input, other * alpha)
    return scaled_add.inplace(input, other, alpha)


_FLOATS = (dtypes.float32, dtypes.float64)


def factor_first(factor: Any, alpha: Any, function: str) -> Any:
    """The factor of ``add(input, factor, other)``, a form that PyTorch still takes, with a warning."""
    if isinstance(factor, TensorBase) and factor.ndim or not (type(alpha) is int and alpha == 1):
        raise TypeError(f"{function}() takes 2 positional arguments and the factor as alpha=, but 3 were given")
    warnings.warn(f"{function}(input, alpha, other) is deprecated: use {function}(input, other, alpha=)", stacklevel=3)
    return arg.number(factor, function, "alpha")


def check_alpha(alpha: Any, *operands: Any) -> Any:
    """The factor as the result's dtype holds it; ``RuntimeError`` if it cannot."""
    dtype = result_type_of([o for o in operands if isinstance(o, (TensorBase, *NUMBERS))])
    category = dtype.category
    alpha = arg.number(alpha, "add", "alpha")
    if isinstance(alpha, bool):
        if category != dtypes.BOOL:
            raise RuntimeError("Boolean alpha only supported for Boolean results.")
    elif isinstance(alpha, complex):
        if category != dtypes.COMPLEX:
            raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    elif isinstance(alpha, (float, np.floating)) and category < dtypes.FLOATING:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if category == dtypes.BOOL:
        return bool(alpha)
    check_representable(alpha, dtype)
    return number_as_array(alpha, dtype) if category == dtypes.INTEGER else rounded_number(alpha, dtype)


# ---- sub ----------------------------------------------------------------------------------------------------------


def refuse_bools(name: str, operands: Sequence[Any]) -> None:
    """``RuntimeError`` if a boolean is to be subtracted."""
    booleans = [is_boolean(operand) for operand in operands]
    if len(booleans) == 2 and all(booleans) and all(isinstance(operand, TensorBase) for operand in operands):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any(booleans):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )


@pointwise("SubBackward0", check=refuse_bools)
def plain_sub(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Difference input - other."""
    return xp.subtract(input, other, out)


@plain_sub.derivative("input")
def _(grad: Any) -> Any:
    return grad


@plain_sub.derivative("other")
def _(grad: Any) -> Any:
    return neg(grad)


@pointwise("SubBackward0", check=refuse_bools)
def scaled_sub(xp: Any, input: Any, other: Any, out: Any, alpha: Any) -> Any:
    """Difference input - alpha * other."""
    return xp.subtract(input, xp.multiply(other, alpha, dtype=other.dtype), out)


@scaled_sub.derivative("input")
def _(grad: Any) -> Any:
    return grad


@scaled_sub.derivative("other")
def _(grad: Any, alpha: Any) -> Any:
    return times_number(neg(grad), alpha.conjugate())


@pointwise("RsubBackward1", check=refuse_bools)
def plain_rsub(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Difference other - input, where ``other`` is a number."""
    return xp.subtract(other, input, out)


@plain_rsub.derivative("input")
def _(grad: Any) -> Any:
    return neg(grad)


@pointwise("RsubBackward0", check=refuse_bools)
def _rsub_tensor(xp: Any, other: Any, input: Any, out: Any, alpha: Any) -> Any:
    """Difference other - alpha * input."""
    return xp.subtract(other, xp.multiply(input, alpha, dtype=input.dtype), out)


@_rsub_tensor.derivative("input")
def _(grad: Any, alpha: Any) -> Any:
    return times_number(neg(grad), alpha.conjugate())


@_rsub_tensor.derivative("other")
def _(grad: Any) -> Any:
    return grad


def sub(input: Any, other: Any, last: Any = None, *, alpha: Any = 1, out: Any = None) -> Any:
    """input - alpha * other."""
    if last is not None:
        return sub(input, last, alpha=factor_first(other, alpha, "sub"), out=out)
    if type(alpha) is int and alpha == 1:
        return plain_sub(input, other, out=out)
    alpha = check_alpha(alpha, input, other)
    if isinstance(other, NUMBERS):
        return plain_sub(input, other * alpha, out=out)
    return scaled_sub(input, other, alpha, out=out)


def sub_(input: Any, other: Any, last: Any = None, *, alpha: Any = 1) -> Any:
    """input -= alpha * other."""
    if last is not None:
        return sub_(input, last, alpha=factor_first(other, alpha, "sub_"))
    if type(alpha) is int and alpha == 1:
        return plain_sub.inplace(input, other)
    alpha = check_alpha(alpha, input, other)
    if isinstance(other, NUMBERS):
        return plain_sub.inplace(input, other * alpha)
    return scaled_sub.inplace(input, other, alpha)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha * input."""
    if not isinstance(input, TensorBase):
        raise TypeError(f"rsub(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if input._dtype is dtypes.bool_:
        refuse_bools("rsub", (input, other))
    alpha = check_alpha(alpha, input, other)
    if isinstance(other, TensorBase):
        return _rsub_tensor(other, input, alpha)
    return plain_rsub(input if type(alpha) is int and alpha == 1 else input * alpha, other)


subtract, subtract_ = sub, sub_


# ---- mul ----------------------------------------------------------------------------------------------------------


@pointwise(numbers="exact", kinds="biufc")
def mul(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Product input * other."""
    return xp.multiply(input, other, out)


@mul.derivative("input")
def _(grad: Any, other: Any) -> Any:
    return grad * conj(other)


@mul.derivative("other")
def _(grad: Any, input: Any) -> Any:
    return grad * conj(input)


multiply, multiply_ = mul, mul.inplace


# ---- one operand --------------------------------------------------------------------------------------------------


def _refuse_negated_bool(name: str, operands: Sequence[Any]) -> None:
    if is_boolean(operands[0]):
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )


@pointwise(check=_refuse_negated_bool, out="same")
def neg(xp: Any, input: Any, out: Any) -> Any:
    """-input."""
    return xp.negative(input, out)


@neg.derivative("input")
def _(grad: Any) -> Any:
    return neg(grad)


negative, negative_ = neg, neg.inplace


def positive(input: Any) -> Any:
    """The input itself; ``RuntimeError`` for a bool tensor."""
    if is_boolean(input):
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@pointwise(promotion="real", kinds="ifc", out="same")
def abs(xp: Any, input: Any, out: Any) -> Any:
    """Magnitude; real also for complex numbers."""
    return xp.absolute(input, out)


@abs.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * sgn(input)


absolute = abs


def abs_(input: Any) -> Any:
    """In-place form of ``abs``."""
    arg.check_tensor(input, "abs_")
    if input.is_complex():
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return abs.inplace(input)


absolute_ = abs_


def _signs(xp: Any, input: Any) -> Any:
    """-1, 0 or 1; 0 for nan."""
    if input.dtype.kind == "b":
        return input.copy()
    return xp.subtract(xp.greater(input, 0), xp.less(input, 0), dtype=input.dtype)


def _refuse_complex_sign(name: str, operands: Sequence[Any]) -> None:
    if operands[0].is_complex():
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )


@pointwise(check=_refuse_complex_sign, out="same")
def sign(xp: Any, input: Any, out: Any) -> Any:
    """-1, 0 or 1."""
    return _signs(xp, input)


@sign.derivative("input")
def _(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


@pointwise(out="same")
def sgn(xp: Any, input: Any, out: Any) -> Any:
    """input / |input|, the sign of a complex number; 0 for 0."""
    if input.dtype.kind != "c":
        return _signs(xp, input)
    size = xp.absolute(input)
    return xp.where(size == 0, input.dtype.type(0), xp.divide(input, size))


@sgn.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    if not input.is_complex():
        return grad.new_zeros(grad.shape)
    size = input.abs()
    along = (grad / result).real * result  # the part along the radius does not change the direction
    return ((grad - along) / size).masked_fill(size == 0, 0)
