"""Softmax and its logarithm along one dimension.

    softmax(x)_i = exp(x_i) / sum_j exp(x_j)            log_softmax(x)_i = x_i - log sum_j exp(x_j)

Both are the same for ``x`` and ``x - c``; with ``c = max x`` no exponential overflows, and the sum is at least 1, so
its logarithm is safe. With y the result, g its gradient and sums along the dimension:

    softmax:      dx = y * (g - sum(g * y))             log_softmax:  dx = g - exp(y) * sum(g)

Each derivative is one operator on arrays, since training spends its time there, with a derivative of its own below it.
Where a compiled kernel serves the arrays (``ops/arrays/compiled.py``), it takes one pass for NumPy's four.

PyTorch: ``aten/src/ATen/native/SoftMax.cpp``, ``cpu/SoftMaxKernel.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.reduction import deliver
from minitorch.tensor_base import TensorBase


def _in_wide(array: Any) -> Any:
    """The array in a dtype to compute in, float32 for half precision; a zero-dim one as a vector of one element."""
    wide = array.astype(accumulation_dtype(array.dtype), copy=False)
    return wide if array.ndim else wide.reshape(1)


def _as_input(result: Any, input: Any) -> Any:
    """What ``_in_wide`` changed, back again."""
    return result.astype(input.dtype, copy=False) if input.ndim else result.astype(input.dtype).reshape(())


@operator("SoftmaxBackward0")
def _softmax(xp: Any, input: Any, dim: int) -> Any:
    """exp(input) over its sum along ``dim``."""
    if input.ndim and (kernels := kernels_for("softmax", input)) is not None:
        return kernels.forward(input, dim)
    x = _in_wide(input)
    y = x - xp.maximum.reduce(x, axis=dim, keepdims=True) if x.size else x.copy()
    xp.exp(y, out=y)
    y /= xp.add.reduce(y, axis=dim, keepdims=True)
    return _as_input(y, input)


@_softmax.derivative("input")
def _(grad: Any, result: Any, dim: int) -> Any:
    return _softmax_backward(grad, result, dim)


@operator("SoftmaxBackwardDataBackward0")
def _softmax_backward(xp: Any, grad: Any, output: Any, dim: int) -> Any:
    """output * (grad - sum(grad * output))."""
    if output.ndim and (kernels := kernels_for("softmax", output)) is not None:
        return kernels.backward(xp.ascontiguousarray(grad), output, dim)
    g, y = _in_wide(grad), _in_wide(output)
    result = g * y
    result -= y * xp.add.reduce(result, axis=dim, keepdims=True)
    return _as_input(result, grad)


@_softmax_backward.derivative("grad")
def _(grad: Any, output: Any, dim: int) -> Any:
    return _softmax_backward(grad, output, dim)  # the Jacobian is symmetric


@_softmax_backward.derivative("output")
def _(grad_grad: Any, grad: Any, output: Any, dim: int) -> Any:
    return grad_grad * (grad - (grad * output).sum(dim, True)) - grad * (grad_grad * output).sum(dim, True)


@operator("LogSoftmaxBackward0")
def _log_softmax(xp: Any, input: Any, dim: int) -> Any:
    """input - log(sum(exp(input))) along ``dim``."""
    if input.ndim and (kernels := kernels_for("softmax", input)) is not None:
        return kernels.forward(input, dim, log=True)
    x = _in_wide(input)
    y = x - xp.maximum.reduce(x, axis=dim, keepdims=True) if x.size else x.copy()
    y -= xp.log(xp.add.reduce(xp.exp(y), axis=dim, keepdims=True))
    return _as_input(y, input)


@_log_softmax.derivative("input")
def _(grad: Any, result: Any, dim: int) -> Any:
    return _log_softmax_backward(grad, result, dim)


@operator("LogSoftmaxBackwardDataBackward0")
def _log_softmax_backward(xp: Any, grad: Any, output: Any, dim: int) -> Any:
    """grad - exp(output) * sum(grad)."""
    if output.ndim and (kernels := kernels_for("softmax", output)) is not None:
        return kernels.backward(xp.ascontiguousarray(grad), output, dim, log=True)
    g = _in_wide(grad)
    result = xp.exp(_in_wide(output))
    result *= xp.add.reduce(g, axis=dim, keepdims=True)
    return _as_input(xp.subtract(g, result, out=result), grad)


@_log_softmax_backward.derivative("grad")
def _(grad_grad: Any, output: Any, dim: int) -> Any:
    return grad_grad - (grad_grad * output.exp()).sum(dim, True)


@_log_softmax_backward.derivative("output")
def _(grad_grad: Any, grad: Any, output: Any, dim: int) -> Any:
    return -(grad_grad * output.exp() * grad.sum(dim, True))


def softmax(input: Any, dim: int, dtype: Dtype | None = None, *, out: Any = None) -> Any:
    """Positive numbers that sum to 1 along ``dim``, in the ratios of exp(input). ``dtype``: convert the input first."""
    source, axis = _read(input, dim, dtype, "softmax")
    result = _softmax(source, axis)
    return result if out is None else deliver(result, out, "softmax", input)


def log_softmax(input: Any, dim: int, dtype: Dtype | None = None, *, out: Any = None) -> Any:
    """The logarithm of ``softmax``, computed without taking the logarithm of a small number."""
    source, axis = _read(input, dim, dtype, "log_softmax")
    result = _log_softmax(source, axis)
    return result if out is None else deliver(result, out, "log_softmax", input)


def softmin(input: Any, dim: int, dtype: Dtype | None = None) -> Any:
    """``softmax(-input)``."""
    return softmax(-input, dim, dtype)


def _read(input: Any, dim: int, dtype: Dtype | None, function: str) -> tuple[Any, int]:
    """The tensor to work on, and the axis counted from 0."""
    if not isinstance(input, TensorBase):
        arg.tensor(input, function, "input")
    axis = geo.wrap_dim(dim if type(dim) is int else arg.integer(dim, function, "dim"), input._geometry.ndim)
    if dtype is not None:
        dtype = arg.dtype(dtype, function)
    source = input if dtype is None or dtype is input._dtype else input.to(dtype)
    if source._dtype.category != dtypes.FLOATING:
        kernel = "lastdim_kernel_impl" if axis == max(input.ndim - 1, 0) else "kernel_impl"
        raise NotImplementedError(f"\"{function}_{kernel}\" not implemented for '{scalar_type_name(source._dtype)}'")
    return source, axis
