"""``renorm``: every slice along a dimension whose norm is above a bound is scaled down to it.

    y = x * (maxnorm / (|x| + 1e-7))  where |x| > maxnorm,      gx = maxnorm / |x| * (g - g|x| x.g / |x|)  there

with g|x| the gradient of the norm: what points along it is lost, since the length is fixed.

PyTorch: ``aten/src/ATen/native/Normalization.cpp``; ``renorm_backward`` in ``FunctionsManual.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.declare.operator import operator
from minitorch.ops.declare.writer import replace
from minitorch.ops.elementwise.selection import where
from minitorch.ops.reductions.norms import _vector_norm, vector_norm, vector_norm_gradient
from minitorch.ops.reductions.reduction import at_least_float32, deliver

_TINY = 1e-7


@operator()
def _renorm(xp: Any, input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """Slices above the norm, scaled down; the others as they are."""
    wide = at_least_float32(xp, input)
    rest = tuple(d for d in range(input.ndim) if d != dim)
    norm = _vector_norm.operator.forward(xp, wide, p, rest, True)
    factor = xp.where(norm > maxnorm, maxnorm / (norm + norm.dtype.type(_TINY)), norm.dtype.type(1))
    return (wide * factor.astype(norm.dtype)).astype(input.dtype)


@_renorm.derivative("input")
def _(grad: Any, input: Any, p: float, dim: int, maxnorm: float) -> Any:
    rest = tuple(d for d in range(input.ndim) if d != dim)
    norm = vector_norm(input, p, rest, True)
    product = (input.conj() * grad).sum(rest, True)
    through_norm = vector_norm_gradient(product.real if product.is_complex() else product, input, norm, p, rest, True)
    inverse = (norm + _TINY).reciprocal()
    return where(norm > maxnorm, maxnorm * inverse * (grad - inverse * through_norm), grad)


def renorm(input: Any, p: float, dim: int, maxnorm: float, *, out: Any = None) -> Any:
    """Scale down every slice along ``dim`` whose p-norm is larger than ``maxnorm``."""
    return deliver(_renorm(input, *_arguments(input, p, dim, maxnorm)), out, "renorm", input)


def renorm_(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """In-place form of ``renorm``."""
    return replace(_renorm, input, *_arguments(input, p, dim, maxnorm))


def _arguments(input: Any, p: Any, dim: Any, maxnorm: Any) -> tuple[float, int, float]:
    arg.check_tensor(input, "renorm")
    for name, number in (("p", p), ("maxnorm", maxnorm)):
        if not isinstance(number, NUMBERS):
            raise TypeError(f"renorm(): argument '{name}' must be Number, not {type(number).__name__}")
        if isinstance(number, complex):
            raise RuntimeError(f"renorm: {name} must be real-valued")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    axis = geo.wrap_dim(arg.integer(dim, "renorm", "dim"), input.ndim)
    if input._dtype.category < dtypes.FLOATING:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{scalar_type_name(input._dtype)}"
        )
    return float(p), axis, float(maxnorm)
