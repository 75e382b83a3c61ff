"""What all normalizations share, and the two over the batch: ``batch_norm`` and ``instance_norm``.

They compute the same thing over different elements. With the mean and variance of a set of elements,

    xhat = (x - mean) * rstd,      rstd = 1 / sqrt(var + eps),      y = weight * xhat + bias

where the sets are: batch norm, all of a channel; layer norm, all of a row's last dimensions; group norm, some channels
of one image; instance norm, one channel of one image (layer and group norm are in ``layer_norm.py``). Because mean
and rstd depend on x, the derivative is a projection. With h the gradient of xhat and means over a set,

    dx = rstd * P(h),              P(v) = v - mean(v) - xhat * mean(v * xhat)

The second derivative, ``double_backward`` below, is one formula for all of them. P is symmetric, so that the product
sum(G * rstd * P(h)) has the derivative rstd * P(G) by h; what it has by x runs through xhat and through rstd.

PyTorch: ``aten/src/ATen/native/Normalization.cpp``; the second derivatives in
``torch/csrc/autograd/FunctionsManual.cpp``. Papers: Ioffe and Szegedy 2015 (batch), Ulyanov et al. 2016 (instance).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.batch_norm import batch_norm_backward, batch_norm_train_forward
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.arrays.compiled import kernels_for
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator

Ints = tuple[int, ...]


def double_backward(
    grads: tuple[Any, ...], grad: Any, input: Any, weight: Any, eps: float, dims: Ints, centre: bool = True
) -> tuple[Any, Any, Any]:
    """Derivatives of the backward pass by ``grad``, ``input`` and ``weight``.

    ``grads``: the gradients G of dx, A of dweight, B of dbias, or None. Everything is shaped to broadcast with
    ``input``; the weight's derivative comes unsummed. Not to ``centre`` is RMS norm: no mean is taken out anywhere.
    """
    of_dx, of_dweight, of_dbias = grads
    centred = input - input.mean(dims, True) if centre else input
    rstd = ((centred * centred).mean(dims, True) + eps).rsqrt()
    xhat = centred * rstd

    def project(v: Any) -> Any:
        return (v - v.mean(dims, True) if centre else v) - xhat * (v * xhat).mean(dims, True)

    by_grad, by_xhat, by_input, by_weight = [], [], [], None
    if of_dx is not None:
        h = grad if weight is None else grad * weight
        projected = rstd * project(of_dx)
        by_grad.append(projected if weight is None else projected * weight)
        by_weight = None if weight is None else projected * grad
        by_xhat.append(-rstd * (h * (of_dx * xhat).mean(dims, True) + of_dx * (h * xhat).mean(dims, True)))
        by_input.append(-rstd * xhat * (projected * h).mean(dims, True))
    if of_dweight is not None:
        by_grad.append(of_dweight * xhat)
        by_xhat.append(of_dweight * grad)
    if of_dbias is not None:
        by_grad.append(of_dbias + input.new_zeros(input.shape))
    if by_xhat:
        by_input.append(rstd * project(_total(by_xhat)))
    return _total(by_grad), _total(by_input), by_weight


def _total(terms: list[Any]) -> Any:
    total = None
    for term in terms:
        total = term if total is None else total + term
    return total


# ---- batch norm -----------------------------------------------------------------------------------------------------


@operator("NativeBatchNormBackward0")
def _batch_norm_train(xp: Any, input: Any, weight: Any, bias: Any, eps: float) -> Any:
    """Normalized by its own statistics, which are the second and third output: mean and rstd of each channel."""
    return batch_norm_train_forward(xp, input, weight, bias, eps)


@_batch_norm_train.derivative("input", "weight", "bias")
def _(grads: tuple[Any, ...], input: Any, weight: Any, result1: Any, result2: Any, eps: float, needs: Any) -> Any:
    if grads[0] is None:
        return None, None, None
    results = _batch_norm_train_backward(grads[0], input, weight, result1, result2, eps)
    return [result if needed else None for result, needed in zip(results, needs)]


@operator("NativeBatchNormBackwardBackward0")
def _batch_norm_train_backward(xp: Any, grad: Any, input: Any, weight: Any, mean: Any, rstd: Any, eps: float) -> Any:
    """Gradients of input, weight and bias."""
    return batch_norm_backward(xp, grad, input, weight, mean, rstd)


@_batch_norm_train_backward.derivative("grad", "input", "weight")
def _(grads: tuple[Any, ...], grad: Any, input: Any, weight: Any, eps: float) -> Any:
    dims = (0, *range(2, input.ndim))
    shaped = (grads[0], _by_channel(grads[1], input), _by_channel(grads[2], input))
    by_grad, by_input, by_weight = double_backward(shaped, grad, input, _by_channel(weight, input), eps, dims)
    return by_grad, by_input, None if by_weight is None else by_weight.sum(dims)


def _by_channel(vector: Any, input: Any) -> Any:
    """(C,) as (1, C, 1, ...), to broadcast with (N, C, *)."""
    return None if vector is None else vector.reshape([1, -1] + [1] * (input.ndim - 2))


@operator("NativeBatchNormBackward0")
def _batch_norm_eval(
    xp: Any, input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, eps: float
) -> Any:
    """Normalized by given statistics: a scale and a shift of each channel."""
    wide = accumulation_dtype(input.dtype)
    scale = 1 / xp.sqrt(running_var.astype(wide, copy=False) + eps)
    if input.ndim > 2 and input.size and (kernels := kernels_for("batch_norm", input)) is not None:
        return kernels.apply(input, weight, bias, running_mean.astype(wide), scale)
    if weight is not None:
        scale = scale * weight
    shift = -running_mean * scale if bias is None else bias - running_mean * scale
    shape = (-1, *[1] * (input.ndim - 2))
    result = input * scale.astype(wide, copy=False).reshape(shape)
    result += shift.astype(wide, copy=False).reshape(shape)
    return result.astype(input.dtype, copy=False)


@_batch_norm_eval.derivative("input")
def _(grad: Any, weight: Any, running_var: Any, eps: float) -> Any:
    rstd = (running_var + eps).rsqrt()
    return grad * _by_channel(rstd if weight is None else rstd * weight, grad)


@_batch_norm_eval.derivative("weight")
def _(grad: Any, input: Any, running_mean: Any, running_var: Any, eps: float) -> Any:
    xhat = (input - _by_channel(running_mean, input)) * _by_channel((running_var + eps).rsqrt(), input)
    return (grad * xhat).sum((0, *range(2, grad.ndim)))


@_batch_norm_eval.derivative("bias")
def _(grad: Any) -> Any:
    return grad.sum((0, *range(2, grad.ndim)))


def batch_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float,
    eps: float, cudnn_enabled: bool = True,
) -> Any:  # fmt: skip
    """(N, C, *): each channel normalized over the batch and all positions, or by its running statistics.

    ``training`` moves the running statistics, in place, by ``momentum`` towards the batch's; the running variance is
    the unbiased one. ``RuntimeError`` for statistics or parameters of another length than C.
    """
    arg.optional_tensor(weight, "batch_norm", "weight")
    arg.optional_tensor(bias, "batch_norm", "bias")
    arg.optional_tensor(running_mean, "batch_norm", "running_mean")
    arg.optional_tensor(running_var, "batch_norm", "running_var")
    training = arg.boolean(training, "batch_norm", "training")
    eps = arg.real(eps, "batch_norm", "eps")
    arg.tensor(input, "batch_norm", "input")
    channels = input._geometry.shape[1] if input._geometry.ndim > 1 else 0
    _check_channels(channels, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training:
        for name, statistic in (("running_mean", running_mean), ("running_var", running_var)):
            if statistic is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
    check_parameter_dtypes(input, (weight, bias, running_mean, running_var), "batch_norm")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if not training:
        return _batch_norm_eval(input, weight, bias, running_mean, running_var, eps)
    if not input._geometry.numel:
        return input.clone()
    result, mean, rstd = _batch_norm_train(input, weight, bias, eps)
    if running_mean is not None:
        _move_statistics(running_mean, running_var, mean, rstd, input._geometry, momentum, eps)
    return result


def _move_statistics(
    running_mean: Any, running_var: Any, mean: Any, rstd: Any, geometry: Geometry, momentum: float, eps: float
) -> None:
    """running = (1 - momentum) * running + momentum * batch's. As in PyTorch this is not counted as a write."""
    count = geometry.numel // geometry.shape[1]
    rate = float(arg.real(momentum, "batch_norm", "momentum"))
    variance = 1 / (rstd.array * rstd.array) - eps
    variance *= count / (count - 1) if count > 1 else math.nan
    for running, batch in ((running_mean, mean.array), (running_var, variance)):
        array = running.array
        array[...] = (1 - rate) * array + rate * batch.astype(array.dtype, copy=False)


def _check_channels(channels: int, **vectors: Any) -> None:
    for name, vector in vectors.items():
        if vector is None:
            continue
        if vector._geometry.numel != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {vector.numel()}")
        if name.startswith("running") and vector.requires_grad:
            raise RuntimeError(
                f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. This input "
                "cannot have requires_grad True."
            )


def check_parameter_dtypes(input: Any, parameters: tuple[Any, ...], kernel: str) -> None:
    """Parameters have the input's dtype, or float32 where the input is in half precision."""
    refuse_other_kinds(kernel, input._dtype, "f")
    for parameter in parameters:
        if parameter is None or parameter._dtype is input._dtype:
            continue
        if input._dtype.itemsize == 2 and parameter._dtype is dtypes.float32:
            continue
        if parameter._dtype.itemsize < input._dtype.itemsize:
            raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
        expected = "Float" if input._dtype.itemsize == 2 else scalar_type_name(input._dtype)
        raise RuntimeError(f"mixed dtype (CPU): expect parameter to have scalar type of {expected}")


def instance_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, use_input_stats: bool, momentum: float,
    eps: float, cudnn_enabled: bool = True,
) -> Any:  # fmt: skip
    """Batch norm in which every image is a batch of its own: (N, C, *) is seen as (1, N * C, *)."""
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    batch, channels = input.shape[0], input.shape[1]
    _check_channels(channels, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    scale, shift, mean, var = (_repeated(vector, batch) for vector in (weight, bias, running_mean, running_var))
    rows = input.contiguous().view((1, batch * channels, *input.shape[2:]))
    result = batch_norm(rows, scale, shift, mean, var, use_input_stats, momentum, eps)
    for running, each in ((running_mean, mean), (running_var, var)):
        if running is not None:
            running.array[...] = each.array.reshape(batch, channels).mean(axis=0)
    return result.view(input.shape)


def _repeated(vector: Any, times: int) -> Any:
    if vector is None:
        return None
    return vector.expand((times, vector.shape[0])).reshape((-1,)).clone()
