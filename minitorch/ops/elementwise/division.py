"""Division: ``div`` with its three roundings, ``remainder`` and ``fmod``.

    true        x / y                     integers become the default float
    floor       rounded down              x = y * floor_divide(x, y) + remainder(x, y),  remainder has the sign of y
    trunc       rounded towards zero      x = y * trunc(x / y) + fmod(x, y),             fmod has the sign of x

Dividing integers by zero is an error unless the division is true; floats give inf and nan.

PyTorch: ``aten/src/ATen/native/BinaryOps.cpp``, ``cpu/BinaryOpsKernel.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import conj, neg
from minitorch.ops.elementwise.powers import reciprocal
from minitorch.tensor_base import TensorBase


def _are_integers(input: Any, other: Any) -> bool:
    """Whether two operands of one dtype, of which one may be a Python number, are integers."""
    return (other if hasattr(other, "dtype") else input).dtype.kind in "biu"


def _check_divisor(xp: Any, input: Any, other: Any) -> None:
    """``RuntimeError`` if integers are divided by zero, or by an array that has one."""
    if not _are_integers(input, other) or not getattr(input, "size", 1):
        return
    if not (xp.all(other) if getattr(other, "ndim", 0) else other):
        raise RuntimeError("ZeroDivisionError")


# ---- true division ------------------------------------------------------------------------------------------------


@pointwise("DivBackward0", promotion="float", numbers="exact")
def true_divide(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Quotient input / other."""
    return xp.divide(input, other, out)


@true_divide.derivative("input")
def _(grad: Any, other: Any) -> Any:
    return grad / conj(other)


@true_divide.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return neg(grad) * conj((input / other) / other)


# ---- rounded division ---------------------------------------------------------------------------------------------


def _floor_quotient(xp: Any, input: Any, other: Any, out: Any) -> Any:
    _check_divisor(xp, input, other)
    return xp.floor_divide(input, other, out)


def _trunc_quotient(xp: Any, input: Any, other: Any, out: Any) -> Any:
    _check_divisor(xp, input, other)
    if not _are_integers(input, other):
        return xp.trunc(xp.divide(input, other), out)
    floored = xp.floor_divide(input, other)
    inexact_negative = xp.logical_and(xp.remainder(input, other) != 0, xp.less(input, 0) != xp.less(other, 0))
    return xp.add(floored, inexact_negative, out, dtype=floored.dtype)


@pointwise("DivBackward2", kinds="if")
def _div_floor(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Quotient, rounded down."""
    return _floor_quotient(xp, input, other, out)


@pointwise("DivBackward2", kinds="if")
def _div_trunc(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Quotient, rounded towards zero."""
    return _trunc_quotient(xp, input, other, out)


for _rounded in (_div_floor, _div_trunc):  # constant between its jumps
    _rounded.derivative("input")(lambda grad: grad.new_zeros(grad.shape))
    _rounded.derivative("other")(lambda grad: grad.new_zeros(grad.shape))

_by_rounding_mode = {"floor": _div_floor, "trunc": _div_trunc}


def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """input / other. ``rounding_mode``: None, "floor" or "trunc"."""
    if rounding_mode is None:
        return true_divide(input, other, out=out)
    return _rounded_division(rounding_mode)(input, other, out=out)


def div_(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """In-place form of ``div``."""
    if rounding_mode is None:
        return true_divide.inplace(input, other)
    return _rounded_division(rounding_mode).inplace(input, other)


def _rounded_division(rounding_mode: str) -> Any:
    if not isinstance(rounding_mode, str):
        raise TypeError(f"div(): argument 'rounding_mode' must be str, not {type(rounding_mode).__name__}")
    try:
        return _by_rounding_mode[rounding_mode]
    except KeyError:
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        ) from None


divide, divide_ = div, div_


@pointwise("torch::autograd::NotImplemented", kinds="if")
def floor_divide(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Quotient, rounded down. Has no derivative: ``div(..., rounding_mode="floor")`` has one, which is zero."""
    return _floor_quotient(xp, input, other, out)


@floor_divide.derivative("input", "other")
def _(grad: Any) -> Any:
    raise RuntimeError("derivative for aten::floor_divide is not implemented")


def reflected_division(input: Any, other: Any) -> Any:
    """``other / input`` for a number: what ``2 / x`` calls."""
    return reciprocal(input) * other


def reflected_floor_division(input: Any, other: Any) -> Any:
    """``other // input``: what ``2 // x`` calls."""
    return floor_divide(other, input)


# ---- remainders ---------------------------------------------------------------------------------------------------


def _floor_remainder(xp: Any, input: Any, other: Any, out: Any) -> Any:
    _check_divisor(xp, input, other)
    return xp.remainder(input, other, out)


@pointwise("RemainderBackward1", kinds="if")
def _remainder_tensor(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input - other * floor(input / other)."""
    return _floor_remainder(xp, input, other, out)


@_remainder_tensor.derivative("input")
def _(grad: Any) -> Any:
    return grad


@_remainder_tensor.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return neg(grad) * div(input, other, rounding_mode="floor")


@pointwise("RemainderBackward0", kinds="if")
def _remainder_number(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input - other * floor(input / other)."""
    return _floor_remainder(xp, input, other, out)


@_remainder_number.derivative("input")
def _(grad: Any) -> Any:
    return grad


@pointwise("torch::autograd::NotImplemented", kinds="if")
def _remainder_of_number(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input - other * floor(input / other), where ``input`` is a number. Has no derivative."""
    return _floor_remainder(xp, input, other, out)


@_remainder_of_number.derivative("other")
def _(grad: Any) -> Any:
    raise RuntimeError("derivative for aten::remainder is not implemented")


def remainder(input: Any, other: Any, *, out: Any = None) -> Any:
    """What is left of ``input`` after dividing, with the sign of ``other`` (Python's ``%``)."""
    if not isinstance(input, TensorBase):
        return _remainder_of_number(input, other, out=out)
    return (_remainder_tensor if isinstance(other, TensorBase) else _remainder_number)(input, other, out=out)


def remainder_(input: Any, other: Any) -> Any:
    """In-place form of ``remainder``."""
    return (_remainder_tensor if isinstance(other, TensorBase) else _remainder_number).inplace(input, other)


def reflected_remainder(input: Any, other: Any) -> Any:
    """``other % input``: what ``2 % x`` calls."""
    return remainder(other, input)


@pointwise("FmodBackward1", kinds="if", numbers="second")
def _fmod_tensor(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input - other * trunc(input / other)."""
    _check_divisor(xp, input, other)
    return xp.fmod(input, other, out)


@_fmod_tensor.derivative("input")
def _(grad: Any) -> Any:
    return grad


@_fmod_tensor.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return neg(grad) * div(input, other, rounding_mode="trunc")


@pointwise("FmodBackward0", kinds="if", numbers="second")
def _fmod_number(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input - other * trunc(input / other)."""
    _check_divisor(xp, input, other)
    return xp.fmod(input, other, out)


@_fmod_number.derivative("input")
def _(grad: Any) -> Any:
    return grad


def fmod(input: Any, other: Any, *, out: Any = None) -> Any:
    """What is left of ``input`` after dividing, with the sign of ``input`` (C's ``fmod``)."""
    return (_fmod_tensor if isinstance(other, TensorBase) else _fmod_number)(input, other, out=out)


def fmod_(input: Any, other: Any) -> Any:
    """In-place form of ``fmod``."""
    return (_fmod_tensor if isinstance(other, TensorBase) else _fmod_number).inplace(input, other)
