"""Variance and standard deviation: ``var, std, var_mean, std_mean``.

    var = sum((x - mean)**2) / (n - correction)          correction 1 (Bessel's) unless given; 0 for "biased"

computed in two passes, mean first, which does not cancel. The gradient of the mean inside drops out, for the deviations
sum to zero:  d var / dx_i = 2 (x_i - mean) / (n - correction).

PyTorch: ``std_var_out`` in ``aten/src/ATen/native/ReduceOps.cpp`` (Welford's one-pass algorithm).
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.reduction import moments_by_kernel
from minitorch.ops.declare.operator import operator
from minitorch.ops.elementwise.selection import where
from minitorch.ops.reductions.reduction import Dims, at_least_float32, count_of, deliver, reduced_dims, restore

# ---- forward --------------------------------------------------------------------------------------------------------


def _moments(xp: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> tuple[Any, Any]:
    """Variance and mean over ``dim``, not rounded to half precision yet."""
    array = at_least_float32(xp, input)
    count = math.prod(input.shape[d] for d in dim)
    if (found := moments_by_kernel(array, dim)) is not None:
        mean, total = found
        variance = total / total.dtype.type(max(count - correction, 0))
        return (variance, mean) if keepdim else (xp.squeeze(variance, dim), xp.squeeze(mean, dim))
    mean = xp.add.reduce(array, axis=dim, keepdims=True) / array.dtype.type(count)
    deviation = array - mean
    square = deviation.real**2 + deviation.imag**2 if array.dtype.kind == "c" else deviation * deviation
    total = xp.add.reduce(square, axis=dim, keepdims=keepdim)
    variance = total / total.dtype.type(max(count - correction, 0))
    return variance, mean if keepdim else xp.squeeze(mean, dim)


def _rounded(xp: Any, value: Any, input: Any) -> Any:
    """``value`` in half precision if the input is."""
    return xp.asarray(value).astype(input.dtype, copy=False) if input.dtype.itemsize == 2 else value


@operator("VarBackward0")
def _var(xp: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """Variance over dimensions."""
    return _rounded(xp, _moments(xp, input, dim, correction, keepdim)[0], input)


@operator("StdBackward0")
def _std(xp: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """Standard deviation over dimensions."""
    return _rounded(xp, xp.sqrt(_moments(xp, input, dim, correction, keepdim)[0]), input)


@operator("VarMeanBackward0")
def _var_mean(xp: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """Variance and mean over dimensions."""
    variance, mean = _moments(xp, input, dim, correction, keepdim)
    return _rounded(xp, variance, input), _rounded(xp, mean, input)


@operator("StdMeanBackward0")
def _std_mean(xp: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """Standard deviation and mean over dimensions."""
    variance, mean = _moments(xp, input, dim, correction, keepdim)
    return _rounded(xp, xp.sqrt(variance), input), _rounded(xp, mean, input)


# ---- derivatives ----------------------------------------------------------------------------------------------------


def _var_gradient(grad: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    grad = restore(grad, input._geometry, dim, keepdim)
    mean = input.mean(dim, True)
    freedom = count_of(input._geometry, dim) - correction
    if freedom <= 0:
        return grad * where(input == mean, math.nan, math.inf)
    return (2 / freedom) * grad * (input - mean)


def _std_gradient(grad: Any, input: Any, result: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """Through the square root; a deviation of zero, where that has no derivative, passes nothing on."""
    through_root = (grad / (result * 2)).masked_fill(result == 0, 0)
    return _var_gradient(through_root, input, dim, correction, keepdim)


def _mean_gradient(grad: Any, input: Any, dim: Dims, keepdim: bool) -> Any:
    spread = restore(grad, input._geometry, dim, keepdim).expand(input.shape)
    return spread / count_of(input._geometry, dim)


@_var.derivative("input")
def _(grad: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    return _var_gradient(grad, input, dim, correction, keepdim)


@_std.derivative("input")
def _(grad: Any, input: Any, result: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    return _std_gradient(grad, input, result, dim, correction, keepdim)


def _sum_of(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


@_var_mean.derivative("input")
def _(grads: Any, input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    of_var, of_mean = grads
    return _sum_of(
        None if of_var is None else _var_gradient(of_var, input, dim, correction, keepdim),
        None if of_mean is None else _mean_gradient(of_mean, input, dim, keepdim),
    )


@_std_mean.derivative("input")
def _(grads: Any, input: Any, result0: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    of_std, of_mean = grads
    return _sum_of(
        None if of_std is None else _std_gradient(of_std, input, result0, dim, correction, keepdim),
        None if of_mean is None else _mean_gradient(of_mean, input, dim, keepdim),
    )


# ---- functions ------------------------------------------------------------------------------------------------------


@arg.numpy_names
def var(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, out: Any = None,
) -> Any:  # fmt: skip
    """Variance over ``dim`` with divisor ``n - correction`` (1 unless given); ``unbiased=False`` means correction 0."""
    return deliver(_var(input, *_read("var", input, dim, unbiased, keepdim, correction)), out, "var", input)


@arg.numpy_names
def std(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, out: Any = None,
) -> Any:  # fmt: skip
    """Standard deviation over ``dim`` with divisor ``n - correction`` (1 unless given)."""
    return deliver(_std(input, *_read("std", input, dim, unbiased, keepdim, correction)), out, "std", input)


@arg.numpy_names
def var_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:  # fmt: skip
    """``(var, mean)`` over ``dim``."""
    return _var_mean(input, *_read("var_mean", input, dim, unbiased, keepdim, correction))


@arg.numpy_names
def std_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:  # fmt: skip
    """``(std, mean)`` over ``dim``."""
    return _std_mean(input, *_read("std_mean", input, dim, unbiased, keepdim, correction))


def _read(
    function: str, input: Any, dim: Any, unbiased: bool | None, keepdim: bool, correction: float | None
) -> tuple[Dims, float, bool]:
    """Dimensions, correction and keepdim from the forms ``var(unbiased)`` and ``var(dim, unbiased, keepdim)``."""
    if correction is not None:
        correction = arg.number(correction, function, "correction")
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if not isinstance(unbiased, bool) or correction is not None:
            raise TypeError(
                f"{function}() received an invalid combination of arguments: 'unbiased' must be a bool, and is another "
                f"way of saying 'correction'; got {type(unbiased).__name__}"
            )
        correction = 1 if unbiased else 0
    elif correction is None:
        correction = 1
    if input._dtype.category < dtypes.FLOATING:
        name = function if function.endswith("mean") else "std and var"
        raise RuntimeError(f"{name} only support floating point and complex dtypes")
    dims = reduced_dims(input, dim, function)
    if count_of(input._geometry, dims) - correction <= 0:
        warnings.warn(
            f"{function}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).",
            stacklevel=3,
        )
    return dims, correction, arg.boolean(keepdim, function, "keepdim")
