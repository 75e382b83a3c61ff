"""Operators on bits: ``& | ^ ~ << >>``, for integers and (all but the shifts) booleans.

PyTorch: ``aten/src/ATen/native/BinaryOps.cpp``. A shift by more than the number of bits leaves 0, or -1 for a negative
number shifted right.
"""

from __future__ import annotations

from typing import Any

from minitorch.core.dtypes import INTEGER
from minitorch.ops.declare.pointwise import pointwise


@pointwise(kinds="biu")
def bitwise_and(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Bits set in both; ``and`` of booleans."""
    return xp.bitwise_and(input, other, out)


@pointwise(kinds="biu")
def bitwise_or(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Bits set in either; ``or`` of booleans."""
    return xp.bitwise_or(input, other, out)


@pointwise(kinds="biu")
def bitwise_xor(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """Bits set in exactly one."""
    return xp.bitwise_xor(input, other, out)


@pointwise(kinds="i")
def bitwise_left_shift(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input * 2 ** other."""
    return xp.left_shift(input, other, out)


@pointwise(kinds="i")
def bitwise_right_shift(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """input / 2 ** other, rounded down."""
    return xp.right_shift(input, other, out)


@pointwise(kinds="bi", out="same")
def bitwise_not(xp: Any, input: Any, out: Any) -> Any:
    """All bits flipped; ``not`` of booleans."""
    return xp.invert(input, out)


def invert(input: Any) -> Any:
    """``~input``."""
    if input._dtype.category > INTEGER:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(input)


def reflected_left_shift(input: Any, other: Any) -> Any:
    """``other << input``: what ``1 << x`` calls."""
    return bitwise_left_shift(other, input)


def reflected_right_shift(input: Any, other: Any) -> Any:
    """``other >> input``: what ``1 >> x`` calls."""
    return bitwise_right_shift(other, input)
