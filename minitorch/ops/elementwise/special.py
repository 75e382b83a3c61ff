"""Functions that other functions are made of: ``logaddexp hypot xlogy copysign heaviside sinc nan_to_num``.

Each is an expression that could be written out, done so that it neither overflows nor divides by zero on the way:

    logaddexp(x, y) = log(e^x + e^y)        hypot(x, y) = sqrt(x^2 + y^2)        xlogy(x, y) = x log y, 0 where x = 0

PyTorch: ``aten/src/ATen/native/BinaryOps.cpp``, ``UnaryOps.cpp``. The gamma and Bessel
functions have files of their own (``gamma_functions.py``, ``bessel_functions.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import conj
from minitorch.ops.elementwise.elementary import exp
from minitorch.ops.elementwise.selection import where
from minitorch.tensor_base import TensorBase

# ---- of two operands ----------------------------------------------------------------------------------------------


@pointwise(kinds="f", numbers="refused")
def hypot(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """sqrt(input^2 + other^2)."""
    return xp.hypot(input, other, out)


@hypot.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return grad * input / result


@hypot.derivative("other")
def _(grad: Any, other: Any, result: Any) -> Any:
    return grad * other / result


@pointwise(kinds="fc", numbers="refused")
def logaddexp(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """log(e^input + e^other)."""
    if input.dtype.kind != "c":
        return xp.logaddexp(input, other, out)
    larger = xp.where(input.real >= other.real, input, other)
    smaller = xp.where(input.real >= other.real, other, input)
    return xp.add(larger, xp.log(1 + xp.exp(smaller - larger)), out)


@logaddexp.derivative("input")
def _(grad: Any, input: Any, other: Any) -> Any:
    return grad / (1 + exp(conj(other - input)))


@logaddexp.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return grad / (1 + exp(conj(input - other)))


@pointwise(kinds="f", numbers="refused")
def logaddexp2(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """log2(2^input + 2^other)."""
    return xp.logaddexp2(input, other, out)


@logaddexp2.derivative("input")
def _(grad: Any, input: Any, other: Any) -> Any:
    return grad / (1 + (other - input).exp2())


@logaddexp2.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return grad / (1 + (input - other).exp2())


def _xlogy_forward(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input * log(other); 0 where input is 0 and other is a number."""
    return xp.where((input == 0) & ~xp.isnan(other), 0.0, input * xp.log(other))


def _xlogy_by_input(grad: Any, input: Any, other: Any) -> Any:
    return xlogy(grad, other).masked_fill((input == 0) & (other <= 0), 0)


def _xlogy_by_other(grad: Any, input: Any, other: Any) -> Any:
    return grad * input / other


_xlogy = pointwise("XlogyBackward0", promotion="float", kinds="f")(_xlogy_forward)
_xlogy.derivative("input")(_xlogy_by_input)
_xlogy.derivative("other")(_xlogy_by_other)
_xlogy_of_number = pointwise("XlogyBackward1", promotion="float", kinds="f")(_xlogy_forward)
_xlogy_of_number.derivative("other")(_xlogy_by_other)
_xlogy_with_number = pointwise("XlogyBackward2", promotion="float", kinds="f")(_xlogy_forward)
_xlogy_with_number.derivative("input")(_xlogy_by_input)


def xlogy(input: Any, other: Any, *, out: Any = None) -> Any:
    """input * log(other), 0 where input is 0; one of them may be a number."""
    if not isinstance(input, TensorBase):
        return _xlogy_of_number(input, other, out=out)
    return (_xlogy if isinstance(other, TensorBase) else _xlogy_with_number)(input, other, out=out)


def xlogy_(input: Any, other: Any) -> Any:
    """In-place form of ``xlogy``."""
    return (_xlogy if isinstance(other, TensorBase) else _xlogy_with_number).inplace(input, other)


@pointwise("CopysignBackward0", numbers="second", promotion="float", kinds="f")
def _copysign(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """The magnitude of input with the sign of other."""
    return xp.copysign(input, other, out)


@_copysign.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return grad * (result / input).masked_fill(input == 0, 0)


@_copysign.derivative("other")
def _(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


_copysign_of_number = pointwise("CopysignBackward1", numbers="second", promotion="float", kinds="f")(
    _copysign.operator.forward
)


@_copysign_of_number.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return grad * (result / input).masked_fill(input == 0, 0)


def copysign(input: Any, other: Any, *, out: Any = None) -> Any:
    """The magnitude of ``input`` with the sign of ``other``, a tensor or a number."""
    return (_copysign if isinstance(other, TensorBase) else _copysign_of_number)(input, other, out=out)


def copysign_(input: Any, other: Any) -> Any:
    """In-place form of ``copysign``."""
    return (_copysign if isinstance(other, TensorBase) else _copysign_of_number).inplace(input, other)


def _refuse_in_heaviside(name: str, operands: Sequence[Any]) -> None:
    if any(operand.is_complex() for operand in operands):
        raise RuntimeError(f"{name} is not yet implemented for complex tensors.")
    if operands[0]._dtype is not operands[1]._dtype:
        raise RuntimeError(
            f"{name} is not yet implemented for tensors with different dtypes: input is {operands[0].dtype}, values "
            f"{operands[1].dtype}."
        )


@pointwise("torch::autograd::NotImplemented", numbers="refused", check=_refuse_in_heaviside)
def heaviside(xp: Any, input: Any, values: Any, out: Any) -> Any:
    """0 where input is negative, 1 where it is positive, values where it is 0. Has no derivative."""
    return xp.where(input == 0, values, xp.greater(input, 0).astype(input.dtype))


@heaviside.derivative("input", "values")
def _(grad: Any) -> Any:
    raise RuntimeError("derivative for aten::heaviside is not implemented")


# ---- of one operand -----------------------------------------------------------------------------------------------


@pointwise(promotion="float", kinds="fc")
def sinc(xp: Any, input: Any, out: Any) -> Any:
    """sin(pi input) / (pi input); 1 at 0."""
    angle = input * math.pi
    return xp.where(input == 0, 1.0, xp.sin(angle) / angle)


@sinc.derivative("input")
def _(grad: Any, input: Any) -> Any:
    angle = input * math.pi
    return where(angle == 0, 0, grad * conj((angle * angle.cos() - angle.sin()) / (angle * input)))


def _refuse_complex(name: str, operands: Sequence[Any]) -> None:
    if operands[0].is_complex():
        raise RuntimeError(f"{name} is not supported for complex tensors.")


@pointwise("Deg2RadBackward0", promotion="float", kinds="f", check=_refuse_complex)
def deg2rad(xp: Any, input: Any, out: Any) -> Any:
    """Degrees as radians."""
    return xp.multiply(input, math.pi / 180, out)


@deg2rad.derivative("input")
def _(grad: Any) -> Any:
    return deg2rad(grad)


@pointwise("Rad2DegBackward0", promotion="float", kinds="f", check=_refuse_complex)
def rad2deg(xp: Any, input: Any, out: Any) -> Any:
    """Radians as degrees."""
    return xp.multiply(input, 180 / math.pi, out)


@rad2deg.derivative("input")
def _(grad: Any) -> Any:
    return rad2deg(grad)


@pointwise("NanToNumBackward0", kinds="biufc", out="same")
def _nan_to_num(xp: Any, input: Any, out: Any, nan: float, posinf: float, neginf: float) -> Any:
    """nan and the infinities replaced by numbers."""
    if input.dtype.kind in "biu":
        return input.copy()
    finite = xp.where(xp.isnan(input), nan, input)
    return xp.where(finite == math.inf, posinf, xp.where(finite == -math.inf, neginf, finite))


@_nan_to_num.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return where(input.isfinite(), grad, 0)


def nan_to_num(
    input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None, *, out: Any = None
) -> Any:
    """nan becomes ``nan`` (0), the infinities ``posinf`` and ``neginf`` (the dtype's largest and smallest number)."""
    arg.check_tensor(input, "nan_to_num")
    arg.refuse_complex_gradient("nan_to_num", input)
    return _nan_to_num(input, *_replacements(input, nan, posinf, neginf), out=out)


def nan_to_num_(input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Any:
    """In-place form of ``nan_to_num``."""
    arg.check_tensor(input, "nan_to_num_")
    return _nan_to_num.inplace(input, *_replacements(input, nan, posinf, neginf))


def _replacements(input: Any, nan: Any, posinf: Any, neginf: Any) -> tuple[float, float, float]:
    for name, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
        if value is not None:
            arg.real(value, "nan_to_num", name)
    if input._dtype.category < dtypes.FLOATING:
        return 0.0, 0.0, 0.0
    limits = dtypes.finfo(input._dtype)
    return (
        0.0 if nan is None else nan,
        limits.max if posinf is None else posinf,
        limits.min if neginf is None else neginf,
    )
