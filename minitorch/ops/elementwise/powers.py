"""Powers and roots: ``pow``, ``square``, ``sqrt``, ``rsqrt``, ``reciprocal``.

    d x^p / dx = p x^(p-1)  (0 for p = 0)          d x^p / dp = x^p log x  (0 where x = 0 and p >= 0)

``pow`` is three operators, as in PyTorch: a number as exponent, a number as base, and two tensors. The usual exponents
2, 3, 1/2, -1/2, -1 and -2 are computed as products, roots and reciprocals.

PyTorch: ``aten/src/ATen/native/Pow.cpp``, ``cpu/PowKernel.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.ops.declare.operands import NUMBERS, check_representable, refuse_other_kinds
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import conj, times_number
from minitorch.ops.elementwise.selection import where
from minitorch.tensor_base import TensorBase

# ---- one operand --------------------------------------------------------------------------------------------------


@pointwise(promotion="float")
def reciprocal(xp: Any, input: Any, out: Any) -> Any:
    """1 / input."""
    return xp.divide(1, input, out)


@reciprocal.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return -grad * conj(result * result)


@pointwise(promotion="float")
def sqrt(xp: Any, input: Any, out: Any) -> Any:
    """Square root; nan for negative numbers."""
    return xp.sqrt(input, out)


@sqrt.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return grad / (2 * conj(result))


@pointwise(promotion="float")
def rsqrt(xp: Any, input: Any, out: Any) -> Any:
    """1 / sqrt(input)."""
    return xp.divide(1, xp.sqrt(input), out)


@rsqrt.derivative("input")
def _(grad: Any, result: Any) -> Any:
    return -0.5 * grad * conj(result.pow(3))


def square(input: Any, *, out: Any = None) -> Any:
    """input * input, recorded as a power."""
    return pow(input, 2, out=out)


def square_(input: Any) -> Any:
    """In-place form of ``square``."""
    return pow_(input, 2)


# ---- pow ----------------------------------------------------------------------------------------------------------


def _power(xp: Any, base: Any, exponent: Any, out: Any) -> Any:
    """base ** exponent of two arrays or numbers of one dtype."""
    dtype = base.dtype if hasattr(base, "dtype") else exponent.dtype
    if dtype.kind not in "iu":
        return xp.power(base, exponent, out, dtype=dtype)
    negative = xp.less(exponent, 0)
    if not negative.any():
        return xp.power(base, exponent, out)
    # An integer to a negative power: 1 stays 1, -1 alternates, all others round to 0.
    odd = xp.remainder(exponent, 2).astype(bool)
    inverse = xp.where(base == 1, 1, xp.where(base == -1, xp.where(odd, -1, 1), 0))
    return xp.where(negative, inverse, xp.power(base, xp.where(negative, 0, exponent))).astype(dtype)


def _to_the_number(xp: Any, input: Any, exponent: Any, out: Any) -> Any:
    """input ** exponent for a Python number, with short cuts for the usual ones."""
    if exponent in (0, 1) and input.dtype.kind in "biu":
        return xp.array(input) if exponent == 1 else xp.ones_like(input)
    if exponent not in (0, 1):
        refuse_other_kinds("pow", dtypes.from_numpy_dtype(input.dtype), "ifc")
    if exponent == 2:
        return xp.multiply(input, input, out)
    if exponent == 3:
        return xp.multiply(input * input, input, out)
    if input.dtype.kind in "fc":
        if exponent == 0.5:
            return xp.sqrt(input, out)
        if exponent == 1:
            return xp.positive(input, out)
        if exponent == -0.5:
            return xp.divide(1, xp.sqrt(input), out)
        if exponent == -1:
            return xp.divide(1, input, out)
        if exponent == -2:
            return xp.divide(1, input * input, out)
        return xp.power(input, exponent, out, dtype=input.dtype)
    return _power(xp, input, input.dtype.type(exponent), out)


@pointwise("PowBackward0", kinds="biufc")
def _pow_number(xp: Any, input: Any, out: Any, exponent: Any) -> Any:
    """input ** exponent, the exponent a number."""
    return _to_the_number(xp, input, exponent, out)


@_pow_number.derivative("input")
def _(grad: Any, input: Any, exponent: Any) -> Any:
    if exponent == 0:
        return grad.new_zeros(grad.shape)
    return grad * conj(times_number(pow(input, exponent - 1), exponent))


@pointwise("PowBackward1", kinds="ifc")
def _pow_tensors(xp: Any, input: Any, exponent: Any, out: Any) -> Any:
    """input ** exponent."""
    return _power(xp, input, exponent, out)


@_pow_tensors.derivative("input")
def _(grad: Any, input: Any, exponent: Any) -> Any:
    return where(exponent == 0, 0.0, grad * conj(exponent * pow(input, exponent - 1)))


@_pow_tensors.derivative("exponent")
def _(grad: Any, input: Any, exponent: Any, result: Any) -> Any:
    at_zero = (input == 0) & (_real(exponent) >= 0)
    return grad * where(at_zero, 0.0, conj(result * input.log()))


@pointwise("PowBackward2", kinds="ifc")
def _pow_of_number(xp: Any, input: Any, exponent: Any, out: Any) -> Any:
    """input ** exponent, the base a number."""
    return _power(xp, input, exponent, out)


@_pow_of_number.derivative("exponent")
def _(grad: Any, input: Any, exponent: Any, result: Any) -> Any:
    base = result.new_tensor(input)
    if input == 0:
        return grad * where(_real(exponent) >= 0, 0.0, conj(result * base.log()))
    return grad * conj(result * base.log())


def _real(tensor: Any) -> Any:
    return tensor.real if tensor.is_complex() else tensor


def pow(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent; one of them may be a number."""
    if not isinstance(input, TensorBase):
        if not isinstance(exponent, TensorBase):
            raise TypeError(
                f"pow() received an invalid combination of arguments - got ({type(input).__name__}, "
                f"{type(exponent).__name__}), but expected a Tensor among them"
            )
        return _pow_of_number(input, exponent, out=out)
    if isinstance(exponent, TensorBase):
        return _pow_tensors(input, exponent, out=out)
    return _pow_number(_promoted(input, exponent), exponent, out=out)


def pow_(input: Any, exponent: Any) -> Any:
    """In-place form of ``pow``."""
    if isinstance(exponent, TensorBase):
        return _pow_tensors.inplace(input, exponent)
    if _promoted(input, exponent)._dtype is not input._dtype:
        return _pow_tensors.inplace(input, exponent)  # refuses: the result does not fit
    return _pow_number.inplace(input, exponent)


def _promoted(input: Any, exponent: Any) -> Any:
    """The input in the dtype that the power has. Integers have no negative powers, and ``TypeError`` for no number."""
    dtype = input._dtype
    if type(exponent) in (int, float) and dtype.category == dtypes.FLOATING:
        return input
    if not isinstance(exponent, NUMBERS):
        raise TypeError(f"pow(): argument 'exponent' (position 2) must be Number, not {type(exponent).__name__}")
    if isinstance(exponent, (bool, int)) and dtype.category < dtypes.FLOATING:
        if exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        if dtype.category == dtypes.INTEGER:
            check_representable(exponent, dtype)
            return input
    return input.to(result_type_of((input, exponent)))


def _double_dtype(*operands: Any) -> dtypes.dtype:
    for operand in operands:
        if not isinstance(operand, (TensorBase, *NUMBERS)):
            raise TypeError(f"float_power(): arguments must be Tensor or Number, not {type(operand).__name__}")
    complex_ = any(o.is_complex() if isinstance(o, TensorBase) else isinstance(o, complex) for o in operands)
    return dtypes.complex128 if complex_ else dtypes.float64


def float_power_(input: Any, exponent: Any) -> Any:
    """In-place form of ``float_power``. ``RuntimeError`` unless ``input`` has the result's dtype already."""
    dtype = _double_dtype(input, exponent)
    if input._dtype is not dtype:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {scalar_type_name(input._dtype)} but the operation's result "
            f"requires dtype {scalar_type_name(dtype)}"
        )
    return pow_(input, _converted(exponent, dtype))


def float_power(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """``pow`` in ``float64`` (or ``complex128``), whatever the operands' dtypes."""
    dtype = _double_dtype(input, exponent)
    if isinstance(out, TensorBase) and out._dtype is not dtype:
        raise RuntimeError(
            f"the output given to float_power has dtype {scalar_type_name(out._dtype)} but the operation's result "
            f"requires dtype {scalar_type_name(dtype)}"
        )
    return pow(_converted(input, dtype), _converted(exponent, dtype), out=out)


def _converted(value: Any, dtype: dtypes.dtype) -> Any:
    if isinstance(value, TensorBase):
        tensor: Any = value
        return tensor.to(dtype)
    return complex(value) if dtype.category == dtypes.COMPLEX else float(value)


def reflected_pow(input: Any, other: Any) -> Any:
    """``other ** input``: what ``2 ** x`` calls."""
    return pow(other, input)
