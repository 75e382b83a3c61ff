"""Bessel functions: ``i0 i0e i1 i1e`` with derivatives, and the others of ``torch.special`` without.

    I0' = I1          I1' = I0 - I1 / x   (1/2 at x = 0)          scaled: (e^-|x| I)' = e^-|x| (I' - sign(x) I)

PyTorch has no derivatives for ``bessel_j0`` and its like: their results don't require grad.

How they are computed stands in ``arrays/modified_bessel.py`` and ``arrays/bessel.py``. PyTorch:
``aten/src/ATen/native/Math.h``, ``special_*`` in ``UnaryOps.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import bessel, modified_bessel
from minitorch.ops.declare.pointwise import PointwiseFunction, pointwise
from minitorch.ops.elementwise.selection import where


@pointwise("I0Backward0", promotion="float", kinds="f")
def i0(xp: Any, input: Any, out: Any) -> Any:
    """Modified Bessel function of the first kind, order 0."""
    return modified_bessel.i0(xp, input)


@i0.derivative("input")
def _(grad: Any, input: Any) -> Any:
    return grad * i1(input)


@pointwise("SpecialI0EBackward0", promotion="float", kinds="f")
def i0e(xp: Any, input: Any, out: Any) -> Any:
    """``i0`` times e^-|input|."""
    return modified_bessel.i0e(xp, input)


@i0e.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    return grad * (i1e(input) - input.sgn() * result)


def _without_zero(input: Any, kernel: str) -> tuple[Any, Any]:
    """Where the input is not (nearly) zero, and the input with a number one may divide by where it is."""
    arg.refuse_half(kernel, (input,))
    elsewhere = input.abs() > dtypes.finfo(input.dtype).eps
    return elsewhere, where(elsewhere, input, dtypes.finfo(input.dtype).eps)


@pointwise("SpecialI1Backward0", promotion="float", kinds="f")
def i1(xp: Any, input: Any, out: Any) -> Any:
    """Modified Bessel function of the first kind, order 1."""
    return modified_bessel.i1(xp, input)


@i1.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    elsewhere, safe = _without_zero(input, "i1_backward")
    return grad * where(elsewhere, i0(safe) - result * safe.reciprocal(), 0.5)


@pointwise("SpecialI1EBackward0", promotion="float", kinds="f")
def i1e(xp: Any, input: Any, out: Any) -> Any:
    """``i1`` times e^-|input|."""
    return modified_bessel.i1e(xp, input)


@i1e.derivative("input")
def _(grad: Any, input: Any, result: Any) -> Any:
    elsewhere, safe = _without_zero(input, "i1e_backward")
    return grad * where(elsewhere, i0e(safe) - result * (safe.sgn() + safe.reciprocal()), 0.5)


# ---- without derivatives --------------------------------------------------------------------------------------------


def _plain(name: str, compute: Callable[[Any, Any], Any], text: str) -> PointwiseFunction:
    def forward(xp: Any, input: Any, out: Any) -> Any:
        return compute(xp, input)

    forward.__name__, forward.__doc__ = name, text
    return pointwise(promotion="float", kinds="f", check=arg.refuse_half)(forward)


bessel_j0 = _plain("bessel_j0", bessel.j0, "Bessel function of the first kind, order 0.")
bessel_j1 = _plain("bessel_j1", bessel.j1, "Bessel function of the first kind, order 1.")
bessel_y0 = _plain("bessel_y0", bessel.y0, "Bessel function of the second kind, order 0.")
bessel_y1 = _plain("bessel_y1", bessel.y1, "Bessel function of the second kind, order 1.")
modified_bessel_i0 = _plain("modified_bessel_i0", modified_bessel.i0, "``i0``, but without a derivative.")
modified_bessel_i1 = _plain("modified_bessel_i1", modified_bessel.i1, "``i1``, but without a derivative.")
modified_bessel_k0 = _plain("modified_bessel_k0", modified_bessel.k0, "Second kind, modified, order 0.")
modified_bessel_k1 = _plain("modified_bessel_k1", modified_bessel.k1, "Second kind, modified, order 1.")
scaled_modified_bessel_k0 = _plain(
    "scaled_modified_bessel_k0", lambda xp, x: modified_bessel.k0(xp, x, scaled=True), "``k0`` times e^x."
)
scaled_modified_bessel_k1 = _plain(
    "scaled_modified_bessel_k1", lambda xp, x: modified_bessel.k1(xp, x, scaled=True), "``k1`` times e^x."
)
spherical_bessel_j0 = _plain("spherical_bessel_j0", bessel.spherical_j0, "sin(x) / x.")
airy_ai = _plain("airy_ai", bessel.airy_ai, "Airy's function Ai.")
