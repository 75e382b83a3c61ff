"""Rounding: ``floor ceil trunc round frac``.

All but ``frac`` are constant between their jumps, so their gradient is zero. Integers are copied as they are. ``round``
goes to the nearest integer, and from the middle between two to the even one, as IEEE 754 does.

PyTorch: ``aten/src/ATen/native/UnaryOps.cpp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.declare.pointwise import pointwise


def _refuse_complex(name: str, operands: Sequence[Any]) -> None:
    if operands[0].is_complex():
        raise NotImplementedError(f"{name} is not supported for complex inputs")


@pointwise(kinds="iuf", check=_refuse_complex, out="same")
def floor(xp: Any, input: Any, out: Any) -> Any:
    """The next integer below."""
    return xp.floor(input, out)


@pointwise(kinds="iuf", check=_refuse_complex, out="same")
def ceil(xp: Any, input: Any, out: Any) -> Any:
    """The next integer above."""
    return xp.ceil(input, out)


@pointwise(kinds="iuf", check=_refuse_complex, out="same")
def trunc(xp: Any, input: Any, out: Any) -> Any:
    """The next integer towards zero."""
    return xp.trunc(input, out)


@pointwise("RoundBackward0", kinds="iuf", check=_refuse_complex, out="same")
def _round(xp: Any, input: Any, out: Any) -> Any:
    """The nearest integer, the even one of two."""
    return xp.rint(input, out) if input.dtype.kind == "f" else xp.positive(input, out)


@pointwise("RoundBackward1", kinds="f", out="same")
def _round_decimals(xp: Any, input: Any, out: Any, decimals: int) -> Any:
    """The nearest multiple of 10 ** -decimals."""
    power = 10.0 ** abs(decimals)
    if decimals > 0:
        return xp.divide(xp.rint(input * power), power, out)
    return xp.multiply(xp.rint(input / power), power, out)


for _rounding in (floor, ceil, trunc, _round, _round_decimals):  # constant between their jumps
    _rounding.derivative("input")(lambda grad: grad.new_zeros(grad.shape))

fix = trunc


def round(input: Any, *, decimals: int = arg.ALL, out: Any = None) -> Any:
    """The nearest integer, of two equally near the even one; or with ``decimals``, that many digits kept."""
    if decimals is not arg.ALL:
        decimals = arg.integer(decimals, "round", "decimals")
    return _round(input, out=out) if decimals is arg.ALL else _round_decimals(input, decimals, out=out)


def round_(input: Any, *, decimals: int = arg.ALL) -> Any:
    """In-place form of ``round``."""
    if decimals is not arg.ALL:
        decimals = arg.integer(decimals, "round_", "decimals")
    return _round.inplace(input) if decimals is arg.ALL else _round_decimals.inplace(input, decimals)


@pointwise(kinds="f", out="same")
def frac(xp: Any, input: Any, out: Any) -> Any:
    """input - trunc(input)."""
    return xp.subtract(input, xp.trunc(input), out)


@frac.derivative("input")
def _(grad: Any) -> Any:
    return grad
