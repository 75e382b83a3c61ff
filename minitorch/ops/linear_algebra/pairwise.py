"""Distances between vectors: ``dist, cdist, pdist``.

    cdist(x, y)[i, j] = |x_i - y_j|_p            pdist(x) = the part of cdist(x, x) above the diagonal, as a vector

For p = 2 and many rows |x - y|^2 = |x|^2 - 2 x.y + |y|^2 is one matrix product, at the price of cancellation where two
points are close; PyTorch changes to it above 25 rows, and so does this.

PyTorch: ``aten/src/ATen/native/Distance.cpp``, ``cpu/DistanceOpsKernel.cpp``. Left out: that the derivatives of
``cdist`` and ``pdist`` have none of their own; here they have.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.reductions.norms import _vector_norm, vector_norm_gradient
from minitorch.ops.reductions.reduction import at_least_float32
from minitorch.ops.shapes.views import unsqueeze

# ---- two tensors ---------------------------------------------------------------------------------------------------


@operator()
def _dist(xp: Any, input: Any, other: Any, p: float) -> Any:
    """|input - other|_p over all elements."""
    difference = at_least_float32(xp, input) - at_least_float32(xp, other)
    result = _vector_norm.operator.forward(xp, difference, p, tuple(range(difference.ndim)), False)
    return xp.asarray(result).astype(xp.zeros(0, input.dtype).real.dtype, copy=False)


@_dist.derivative("input", "other")
def _(grad: Any, input: Any, other: Any, result: Any, p: float) -> Any:
    difference = input - other
    grad = vector_norm_gradient(grad, difference, result, p, tuple(range(difference.ndim)), False)
    return grad, -grad


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The p-norm of ``input - other``, which broadcast. ``RuntimeError`` for integers."""
    arg.check_tensor(input, "dist")
    arg.tensor(other, "dist", "other")
    if not isinstance(p, NUMBERS):
        raise TypeError(f"dist(): argument 'p' (position 3) must be Number, not {type(p).__name__}")
    dtype = result_type_of((input, other))
    geo.broadcast_shapes(tuple(input.shape), tuple(other.shape))
    if dtype.category < dtypes.FLOATING:
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {scalar_type_name(dtype)} instead."
        )
    return _dist(input.to(dtype), other.to(dtype), float(p))


# ---- all pairs -----------------------------------------------------------------------------------------------------


def _pair_distances(xp: Any, x1: Any, x2: Any, p: float) -> Any:
    """(*, n, d) and (*, m, d) -> (*, n, m)."""
    size = xp.abs(x1[..., :, None, :] - x2[..., None, :, :])
    if p == 0:
        return xp.add.reduce(size != 0, axis=-1, dtype=x1.dtype)
    if p == 1:
        return xp.add.reduce(size, axis=-1)
    if p == 2:
        return xp.sqrt(xp.add.reduce(size * size, axis=-1))
    if p == math.inf:
        return xp.maximum.reduce(size, axis=-1, initial=0)
    return xp.add.reduce(size**p, axis=-1) ** (1 / p)


def _difference_gradient(grad: Any, x1: Any, x2: Any, result: Any, p: float) -> Any:
    """The gradient of each difference x_i - y_j, (*, n, m, d); 0 where the distance is."""
    difference = unsqueeze(x1, -2) - unsqueeze(x2, -3)
    grad, norm = unsqueeze(grad, -1), unsqueeze(result, -1)
    if p == 0:
        return difference * 0
    if p == 1:
        return difference.sign() * grad
    if p == math.inf:
        return difference.sign() * (difference.abs() == norm) * grad
    if p == 2:
        return difference * (grad / norm).masked_fill(norm == 0, 0)
    size = difference.abs()
    power = (size ** (p - 1)).masked_fill(size == 0, 0)
    return difference.sign() * power * (grad / norm ** (p - 1)).masked_fill(norm == 0, 0)


@operator()
def _cdist(xp: Any, x1: Any, x2: Any, p: float) -> Any:
    """Distances of all rows of x1 from all rows of x2."""
    return _pair_distances(xp, x1, x2, p)


@_cdist.derivative("x1", "x2")
def _(grad: Any, x1: Any, x2: Any, result: Any, p: float) -> Any:
    each = _difference_gradient(grad, x1, x2, result, p)
    return each.sum(-2), -each.sum(-3)


@operator("EuclideanDistBackward0")
def _euclidean_dist(xp: Any, x1: Any, x2: Any) -> Any:
    """sqrt(|x|^2 - 2 x.y + |y|^2)."""
    squares1 = xp.add.reduce(x1 * x1, axis=-1, keepdims=True)
    squares2 = xp.add.reduce(x2 * x2, axis=-1, keepdims=True)
    square = squares1 - 2 * (x1 @ x2.swapaxes(-2, -1)) + squares2.swapaxes(-2, -1)
    return xp.sqrt(xp.maximum(square, 0))


@_euclidean_dist.derivative("x1", "x2")
def _(grad: Any, x1: Any, x2: Any, result: Any) -> Any:
    ratio = (grad / result).masked_fill(result == 0, 0)
    return x1 * ratio.sum(-1, True) - ratio @ x2, x2 * unsqueeze(ratio.sum(-2), -1) - ratio.mT @ x1


_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = _MODES[0]) -> Any:
    """Distances (*, n, m) between the rows of x1 (*, n, d) and of x2 (*, m, d); batch dimensions broadcast."""
    arg.check_tensor(x1, "cdist", "x1")
    arg.tensor(x2, "cdist", "x2")
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
        if x._dtype.category != dtypes.FLOATING:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {scalar_type_name(x._dtype)}")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if x1._dtype is not x2._dtype:
        raise RuntimeError(
            f"expected scalar type {scalar_type_name(x1._dtype)} but found {scalar_type_name(x2._dtype)}"
        )
    given.kernel(x1, "cdist")
    batch = geo.broadcast_shapes(tuple(x1.shape[:-2]), tuple(x2.shape[:-2]))
    rows = (x1.shape[-2], x2.shape[-2])
    if tuple(x1.shape[:-2]) != tuple(batch):
        x1 = x1.expand((*batch, *x1.shape[-2:]))
    if tuple(x2.shape[:-2]) != tuple(batch):
        x2 = x2.expand((*batch, *x2.shape[-2:]))
    as_product = compute_mode == _MODES[1] or (compute_mode == _MODES[0] and max(rows) > 25)
    if p == 2 and as_product and x1.numel() and x2.numel():
        return _euclidean_dist(x1, x2).view((*batch, *rows))
    return _cdist(x1, x2, float(p))


@operator()
def _pdist(xp: Any, input: Any, p: float) -> Any:
    """Distances of each row from all later ones."""
    rows, columns = xp.triu_indices(len(input), 1)
    return _pair_distances(xp, input, input, p)[rows, columns]


@_pdist.derivative("input")
def _(grad: Any, input: Any, result: Any, p: float) -> Any:
    n = input.shape[0]
    later = input.new_ones((n, n)).triu(1) != 0
    square = grad.new_zeros((n, n)).masked_scatter(later, grad)
    norms = grad.new_ones((n, n)).masked_scatter(later, result)
    each = _difference_gradient(square, input, input, norms, p)
    return each.sum(-2) - each.sum(-3)


def pdist(input: Any, p: float = 2) -> Any:
    """Distances between all pairs of rows of a matrix (n, d), as a vector of n (n - 1) / 2."""
    arg.check_tensor(input, "pdist")
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if input._dtype.category != dtypes.FLOATING:
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    given.kernel(input, "pdist")
    return _pdist(input.contiguous(), float(p))
