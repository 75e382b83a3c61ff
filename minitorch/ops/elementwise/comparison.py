"""Comparisons: ``eq ne lt le gt ge``, what floats can be besides numbers, closeness, ``logical_*``.

Operands are promoted to one dtype and then compared; the result is boolean and has no gradient. ``equal`` and
``allclose`` give one Python bool for whole tensors.

PyTorch: ``aten/src/ATen/native/BinaryOps.cpp``, ``TensorCompare.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arguments import tensor as check_tensor
from minitorch.ops.declare.pointwise import pointwise


@pointwise(promotion="bool", kinds="biufc", numbers="second")
def eq(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input == other."""
    return xp.equal(input, other, out)


@pointwise(promotion="bool", kinds="biufc", numbers="second")
def ne(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input != other."""
    return xp.not_equal(input, other, out)


@pointwise(promotion="bool", kinds="bif", numbers="second")
def lt(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input < other."""
    return xp.less(input, other, out)


@pointwise(promotion="bool", kinds="bif", numbers="second")
def le(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input <= other."""
    return xp.less_equal(input, other, out)


@pointwise(promotion="bool", kinds="bif", numbers="second")
def gt(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input > other."""
    return xp.greater(input, other, out)


@pointwise(promotion="bool", kinds="bif", numbers="second")
def ge(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input >= other."""
    return xp.greater_equal(input, other, out)


not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge


# ---- what a float can be besides a number -------------------------------------------------------------------------


@pointwise(promotion="bool", kinds="biufc", out="none")
def isnan(xp: Any, input: Any, out: Any) -> Any:
    """Whether each element is not a number."""
    return xp.isnan(input, out)


@pointwise(promotion="bool", kinds="biufc", out="none")
def isinf(xp: Any, input: Any, out: Any) -> Any:
    """Whether each element is infinite (a complex one: in either part)."""
    return xp.isinf(input, out)


@pointwise(promotion="bool", kinds="biufc", out="none")
def isfinite(xp: Any, input: Any, out: Any) -> Any:
    """Whether each element is neither infinite nor nan."""
    return xp.isfinite(input, out)


def _refuse_complex(name: str, operands: Sequence[Any]) -> None:
    if operands[0].is_complex():
        raise RuntimeError(f"{name} does not support complex inputs.")


@pointwise(promotion="bool", kinds="biuf", check=_refuse_complex, out="bool")
def isposinf(xp: Any, input: Any, out: Any) -> Any:
    """Whether each element is +inf."""
    return xp.logical_and(xp.isinf(input), xp.greater(input, 0), out)


@pointwise(promotion="bool", kinds="biuf", check=_refuse_complex, out="bool")
def isneginf(xp: Any, input: Any, out: Any) -> Any:
    """Whether each element is -inf."""
    return xp.logical_and(xp.isinf(input), xp.less(input, 0), out)


def _refuse_complex_sign(name: str, operands: Sequence[Any]) -> None:
    if operands[0].is_complex():
        raise NotImplementedError("signbit is not implemented for complex tensors.")


@pointwise(promotion="bool", kinds="biuf", check=_refuse_complex_sign, out="bool")
def signbit(xp: Any, input: Any, out: Any) -> Any:
    """Whether each element has its sign bit set: negative numbers and -0.0."""
    return xp.less(input, 0, out) if input.dtype.kind in "biu" else xp.signbit(input, out)


def isreal(input: Any) -> Any:
    """Whether each element has no imaginary part."""
    arg.check_tensor(input, "isreal")
    return input.imag == 0 if input.is_complex() else isfinite(input) | True


# ---- closeness ----------------------------------------------------------------------------------------------------


@pointwise(promotion="bool", kinds="biufc")
def _close(xp: Any, input: Any, other: Any, out: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    """|input - other| <= atol + rtol * |other|, or equal (which covers infinities)."""
    close = xp.equal(input, other)
    if equal_nan and input.dtype.kind in "fc":
        close |= xp.isnan(input) & xp.isnan(other)
    if rtol == 0 and atol == 0:
        return close
    if input.dtype.kind in "bui":
        input, other = input.astype(xp.float64), other.astype(xp.float64)
    distance = xp.abs(input - other)
    return close | (xp.isfinite(distance) & (distance <= atol + xp.abs(rtol * other)))


def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether |input - other| <= atol + rtol * |other|, elementwise. ``RuntimeError`` for two dtypes."""
    check_tensor(input, "isclose", "input")
    check_tensor(other, "isclose", "other")
    if input._dtype is not other._dtype:
        raise RuntimeError(f"{scalar_type_name(input._dtype)} did not match {scalar_type_name(other._dtype)}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if not arg.real(value, "isclose", name) >= 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value}")
    equal_nan = arg.boolean(equal_nan, "isclose", "equal_nan")
    return _close(input.detach(), other.detach(), float(rtol), float(atol), equal_nan)


def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close (see ``isclose``)."""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Any, other: Any) -> bool:
    """Whether both have the same shape and the same elements."""
    check_tensor(input, "equal", "input")
    check_tensor(other, "equal", "other")
    return input.shape == other.shape and bool(eq(input.detach(), other.detach()).array.all())


# ---- logic on truth values ----------------------------------------------------------------------------------------


@pointwise(promotion="bool", numbers="refused")
def logical_and(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Whether both are nonzero."""
    return xp.logical_and(input, other, out)


@pointwise(promotion="bool", numbers="refused")
def logical_or(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Whether either is nonzero."""
    return xp.logical_or(input, other, out)


@pointwise(promotion="bool", numbers="refused")
def logical_xor(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Whether exactly one is nonzero."""
    return xp.logical_xor(input, other, out)


@pointwise(promotion="bool")
def logical_not(xp: Any, input: Any, out: Any) -> Any:
    """Whether each element is zero."""
    return xp.logical_not(input, out)


def _never_recorded(twin: Callable[..., Any]) -> Callable[..., Any]:
    """A truth value is no function of its operand that a gradient could follow: PyTorch writes it even into a leaf."""

    def call(input: Any, *others: Any) -> Any:
        previous, modes.enabled = modes.enabled, False
        try:
            return twin(input, *others)
        finally:
            modes.enabled = previous

    call.__name__ = call.__qualname__ = twin.__name__
    call.__doc__ = twin.__doc__
    return call


logical_and_, logical_or_ = _never_recorded(logical_and.inplace), _never_recorded(logical_or.inplace)
logical_xor_, logical_not_ = _never_recorded(logical_xor.inplace), _never_recorded(logical_not.inplace)


def is_nonzero(input: Any) -> bool:
    """Whether the single element is not zero. ``RuntimeError`` unless there is exactly one."""
    if input.numel() != 1:
        raise RuntimeError(
            "Boolean value of Tensor with "
            + ("no values" if not input.numel() else "more than one value")
            + " is ambiguous"
        )
    return bool(input.item())
