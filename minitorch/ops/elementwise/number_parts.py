"""Numbers taken apart: ``frexp``, ``ldexp``, ``nextafter`` of floats, ``gcd`` and ``lcm`` of integers.

A float is m * 2^e with m in [1/2, 1): ``frexp`` gives both, ``ldexp`` puts them together, and ``nextafter`` is the
neighbour in the order of all floats, one step in the last bit of m.

PyTorch: ``aten/src/ATen/native/UnaryOps.cpp`` (``frexp``), ``BinaryOps.cpp``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core.promotion import result_type_of
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import operator
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import conj
from minitorch.ops.reductions.reduction import deliver


@operator("FrexpBackward0")
def _frexp(xp: Any, input: Any) -> Any:
    """Mantissa and exponent."""
    half = input.dtype.itemsize == 2
    mantissa, exponent = xp.frexp(input.astype(xp.float32) if half else input)
    return mantissa.astype(input.dtype, copy=False), exponent.astype(xp.int32)


@_frexp.derivative("input")
def _(grads: Any, result1: Any) -> Any:
    return grads[0] / result1.exp2()


def frexp(input: Any, *, out: Any = None) -> Any:
    """Mantissas in [1/2, 1) and ``int32`` exponents: ``input = mantissa * 2 ** exponent``."""
    arg.check_tensor(input, "frexp")
    if input._dtype.category != dtypes.FLOATING:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    results = _frexp(input)
    if out is not None:
        results = tuple(deliver(result, place, "frexp", input) for result, place in zip(results, out))
    return return_types.frexp(results)


@pointwise("LdexpBackward0", promotion="float", numbers="refused")
def ldexp(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input * 2^other."""
    return xp.multiply(input, xp.power(input.dtype.type(2), other), out)


@ldexp.derivative("input")
def _(grad: Any, other: Any) -> Any:
    return grad * conj(2.0**other)


@ldexp.derivative("other")
def _(grad: Any, result: Any) -> Any:
    return grad * conj(result) * math.log(2)


# ---- neighbours -----------------------------------------------------------------------------------------------------


@pointwise("NextafterBackward0", kinds="f", numbers="refused")
def _nextafter(xp: Any, input: Any, other: Any, out: Any, dtype: str) -> Any:
    """The next number of ``dtype`` after input towards other."""
    if dtype == "float16":
        return xp.nextafter(input.astype(xp.float16), other.astype(xp.float16)).astype(input.dtype)
    if dtype == "bfloat16":
        return _next_bfloat16(xp, input, other)
    return xp.nextafter(input, other, out)


def _next_bfloat16(xp: Any, input: Any, other: Any) -> Any:
    """A bfloat16 is the upper half of a float32, so its neighbour is 2^16 float32 further."""
    input, other = xp.broadcast_arrays(input, other)
    bits = input.view(xp.int32)
    away = (input < other) == (bits >= 0)  # the size of the number grows
    stepped = (bits + xp.where(away, 1 << 16, -(1 << 16)).astype(xp.int32)).view(xp.float32)
    from_zero = xp.copysign(xp.asarray(1 << 16, xp.int32).view(xp.float32), other)
    result = xp.where(input == other, other, xp.where(input == 0, from_zero, stepped))
    return xp.where(xp.isnan(input) | xp.isnan(other), xp.float32(xp.nan), result)


@_nextafter.derivative("input")
def _(grad: Any, input: Any, other: Any) -> Any:
    return grad.masked_fill(input == other, 0)


@_nextafter.derivative("other")
def _(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


def nextafter(input: Any, other: Any, *, out: Any = None) -> Any:
    """The floating-point number after ``input`` on the way to ``other``."""
    arg.check_tensor(input, "nextafter")
    arg.check_tensor(other, "nextafter", "other", 2)
    return _nextafter(input, other, result_type_of((input, other)).name, out=out)


def nextafter_(input: Any, other: Any) -> Any:
    """In-place form of ``nextafter``."""
    arg.check_tensor(other, "nextafter_", "other")
    return _nextafter.inplace(input, other, input._dtype.name)


# ---- divisors -------------------------------------------------------------------------------------------------------


@pointwise("torch::autograd::NotImplemented", kinds="i", numbers="refused")
def gcd(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Greatest common divisor; 0 of two zeros."""
    return xp.gcd(input, other, out)


@pointwise("torch::autograd::NotImplemented", kinds="i", numbers="refused")
def lcm(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Least common multiple; 0 if one of them is 0."""
    return xp.lcm(input, other, out)


gcd.operator.name, lcm.operator.name = "gcd", "lcm"
