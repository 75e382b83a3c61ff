"""Normalizations: ``batch_norm, layer_norm, group_norm, instance_norm, rms_norm``.

All but the last compute the same thing over different elements. With the mean and variance of a set of elements,

    xhat = (x - mean) * rstd,      rstd = 1 / sqrt(var + eps),      y = weight * xhat + bias

where the sets are: batch norm, all of a channel; layer norm, all of a row's last dimensions; group norm, some channels
of one image; instance norm, one channel of one image. Because mean and rstd depend on x, the derivative is a
projection. With h the gradient of xhat and means over a set,

    dx = rstd * P(h),              P(v) = v - mean(v) - xhat * mean(v * xhat)

The second derivative, ``double_backward`` below, is one formula for all of them. P is symmetric, so that the product
sum(G * rstd * P(h)) has the derivative rstd * P(G) by h; what it has by x runs through xhat and through rstd.

PyTorch: ``aten/src/ATen/native/Normalization.cpp``, ``layer_norm.cpp``, ``group_norm.cpp``; the second derivatives in
``torch/csrc/autograd/FunctionsManual.cpp``. Papers: Ioffe and Szegedy 2015 (batch), Ba et al. 2016 (layer), Ulyanov et
al. 2016 (instance), Wu and He 2018 (group), Zhang and Sennrich 2019 (RMS).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core.dtypes import finfo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.batch_norm import batch_norm_backward, batch_norm_train_forward
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.arrays.layer_norm import layer_norm_backward, layer_norm_forward
from minitorch.ops.declare import operator

Ints = tuple[int, ...]


def double_backward(
    grads: tuple[Any, ...], grad: Any, input: Any, weight: Any, eps: float, dims: Ints
) -> tuple[Any, Any, Any]:
    """Derivatives of the backward pass by ``grad``, ``input`` and ``weight``.

    ``grads``: the gradients G of dx, A of dweight, B of dbias, or None. Everything is shaped to broadcast with ``input``;
    the weight's derivative comes unsummed.
    """
    of_dx, of_dweight, of_dbias = grads
    centred = input - input.mean(dims, True)
    rstd = ((centred * centred).mean(dims, True) + eps).rsqrt()
    xhat = centred * rstd

    def project(v: Any) -> Any:
        return v - v.mean(dims, True) - xhat * (v * xhat).mean(dims, True)

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


# ---- batch norm -----------------------------------------------------------------------------------------------------------


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
def _batch_norm_train_backward(
    xp: Any, grad: Any, input: Any, weight: Any, mean: Any, rstd: Any, eps: float
) -> Any:
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
    arg.tensor(input, "batch_norm", "input")
    channels = input._geometry.shape[1] if input._geometry.ndim > 1 else 0
    _check_channels(channels, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training:
        for name, statistic in (("running_mean", running_mean), ("running_var", running_var)):
            if statistic is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
    _check_parameter_dtypes(input, (weight, bias, running_mean, running_var), "batch_norm")
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
    rate = float(momentum)
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


def _check_parameter_dtypes(input: Any, parameters: tuple[Any, ...], kernel: str) -> None:
    """Parameters have the input's dtype, or float32 where the input is in half precision."""
    if input._dtype.category != dtypes.FLOATING:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input._dtype)}'")
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
    vectors = [_repeated(vector, batch) for vector in (weight, bias, running_mean, running_var)]
    rows = input.contiguous().view((1, batch * channels, *input.shape[2:]))
    result = batch_norm(rows, *vectors, use_input_stats, momentum, eps)
    for running, each in ((running_mean, vectors[2]), (running_var, vectors[3])):
        if running is not None:
            running.array[...] = each.array.reshape(batch, channels).mean(axis=0)
    return result.view(input.shape)


def _repeated(vector: Any, times: int) -> Any:
    if vector is None:
        return None
    return vector.expand((times, vector.shape[0])).reshape((-1,)).clone()


# ---- layer norm and group norm -----------------------------------------------------------------------------------------


@operator("NativeLayerNormBackward0")
def _layer_norm(xp: Any, input: Any, normalized_shape: Ints, weight: Any, bias: Any, eps: float) -> Any:
    """The last dimensions normalized; the second and third output are mean and rstd of each row."""
    rows = input.reshape(-1 if input.size else 0, math.prod(normalized_shape))
    flat = [None if vector is None else vector.reshape(-1) for vector in (weight, bias)]
    result, mean, rstd = layer_norm_forward(xp, rows, *flat, eps)
    return result.reshape(input.shape), mean, rstd


@_layer_norm.derivative("input", "weight", "bias")
def _(
    grads: tuple[Any, ...], input: Any, normalized_shape: Ints, weight: Any, bias: Any, result1: Any, result2: Any,
    eps: float, needs: Any,
) -> Any:  # fmt: skip
    if grads[0] is None:
        return None, None, None
    results = _layer_norm_backward(grads[0], input, normalized_shape, weight, result1, result2, eps)
    return [result if needs[place] else None for result, place in zip(results, (0, 2, 3))]


@operator("NativeLayerNormBackwardBackward0")
def _layer_norm_backward(
    xp: Any, grad: Any, input: Any, normalized_shape: Ints, weight: Any, mean: Any, rstd: Any, eps: float
) -> Any:
    """Gradients of input, weight and bias."""
    shape = (-1 if input.size else 0, math.prod(normalized_shape))
    flat = None if weight is None else weight.reshape(-1)
    by_input, by_weight, by_bias = layer_norm_backward(
        xp, grad.reshape(shape), input.reshape(shape), flat, mean, rstd
    )
    return by_input.reshape(input.shape), by_weight.reshape(normalized_shape), by_bias.reshape(normalized_shape)


@_layer_norm_backward.derivative("grad", "input", "weight")
def _(grads: tuple[Any, ...], grad: Any, input: Any, normalized_shape: Ints, weight: Any, eps: float) -> Any:
    dims = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    return double_backward(grads, grad, input, weight, eps, dims)  # the engine sums the weight's over the rows


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Any:  # fmt: skip
    """Each row of the last dimensions, whose sizes ``normalized_shape`` repeats, normalized by its own statistics."""
    arg.tensor(input, "layer_norm", "input")
    shape = _check_normalized_shape(input, normalized_shape, "layer_norm")
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and tuple(parameter.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(parameter.shape)} and normalized_shape = {list(shape)}"
            )
    _check_parameter_dtypes(input, (weight, bias), "LayerNormKernelImpl")
    return _layer_norm(input, shape, weight, bias, eps)[0]


def _check_normalized_shape(input: Any, normalized_shape: Any, function: str) -> Ints:
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    shape = arg.integers(normalized_shape, function, "normalized_shape")
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    if input.ndim < len(shape) or tuple(input.shape[input.ndim - len(shape) :]) != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*, {str(list(shape))[1:-1]}], but got "
            f"input of size{list(input.shape)}"
        )
    return shape


@operator("NativeGroupNormBackward0")
def _group_norm(xp: Any, input: Any, weight: Any, bias: Any, num_groups: int, eps: float) -> Any:
    """Groups of channels normalized; the second and third output are mean and rstd of each group."""
    rows = input.reshape(input.shape[0] * num_groups, math.prod(input.shape[1:]) // num_groups)
    result, mean, rstd = layer_norm_forward(xp, rows, None, None, eps)
    result = result.reshape(input.shape)
    shape = (-1, *[1] * (input.ndim - 2))
    if weight is not None:
        result = (result * weight.reshape(shape)).astype(input.dtype, copy=False)
    if bias is not None:
        result = (result + bias.reshape(shape)).astype(input.dtype, copy=False)
    return result, mean, rstd


@_group_norm.derivative("input", "weight", "bias")
def _(
    grads: tuple[Any, ...], input: Any, weight: Any, num_groups: int, result1: Any, result2: Any, eps: float,
    needs: Any,
) -> Any:  # fmt: skip
    if grads[0] is None:
        return None, None, None
    results = _group_norm_backward(grads[0], input, weight, num_groups, result1, result2, eps)
    return [result if needed else None for result, needed in zip(results, needs)]


@operator("NativeGroupNormBackwardBackward0")
def _group_norm_backward(
    xp: Any, grad: Any, input: Any, weight: Any, num_groups: int, mean: Any, rstd: Any, eps: float
) -> Any:
    """Gradients of input, weight and bias."""
    channels = (-1, *[1] * (input.ndim - 2))
    scaled = grad if weight is None else grad * weight.reshape(channels)
    shape = (input.shape[0] * num_groups, math.prod(input.shape[1:]) // num_groups)
    rows = input.reshape(shape)
    by_input, _, _ = layer_norm_backward(xp, scaled.reshape(shape), rows, None, mean, rstd)
    xhat = ((rows - mean[:, None]) * rstd[:, None]).reshape(input.shape)
    others = (0, *range(2, input.ndim))
    by_weight = (grad * xhat).sum(axis=others, dtype=mean.dtype)
    return by_input.reshape(input.shape), by_weight, grad.sum(axis=others, dtype=mean.dtype)


@_group_norm_backward.derivative("grad", "input", "weight")
def _(grads: tuple[Any, ...], grad: Any, input: Any, weight: Any, num_groups: int, eps: float) -> Any:
    # (N, C, *) -> (N, G, C/G, L): a set to normalize over is then the last two dimensions
    split = (input.shape[0], num_groups, input.shape[1] // num_groups, math.prod(input.shape[2:]))
    vector = (1, *split[1:3], 1)
    shaped = (
        None if grads[0] is None else grads[0].reshape(split),
        *[None if g is None else g.reshape(vector) for g in grads[1:]],
    )
    scale = None if weight is None else weight.reshape(vector)
    by_grad, by_input, by_weight = double_backward(
        shaped, grad.reshape(split), input.reshape(split), scale, eps, (2, 3)
    )
    return (
        None if by_grad is None else by_grad.reshape(input.shape),
        None if by_input is None else by_input.reshape(input.shape),
        None if by_weight is None else by_weight.sum((0, 3)).reshape((-1,)),
    )


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, cudnn_enabled: bool = True
) -> Any:
    """(N, C, *): the channels in ``num_groups`` equal groups, each normalized within each image."""
    arg.tensor(input, "group_norm", "input")
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    shape, channels = list(input.shape), input.shape[1]
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if channels % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of shape {shape} and "
            f"num_groups={num_groups}"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and tuple(parameter.shape) != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(parameter.shape)} and input of shape {shape}"
            )
    _check_parameter_dtypes(input, (weight, bias), "GroupNormKernelImpl")
    if not input._geometry.numel:
        return input.clone()
    return _group_norm(input, weight, bias, num_groups, eps)[0]


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """input / sqrt(mean(input^2) + eps) * weight over the last dimensions: a layer norm that does not centre."""
    shape = _check_normalized_shape(input, normalized_shape, "rms_norm")
    if weight is not None and tuple(weight.shape) != shape:
        raise RuntimeError(
            f"Expected weight to be of same shape as normalized_shape, but got weight of shape {list(weight.shape)} and "
            f"normalized_shape = {list(shape)}"
        )
    dims = tuple(range(input.ndim - len(shape), input.ndim))
    wide = input.to(dtypes.float32) if input._dtype.itemsize == 2 else input
    smallest = finfo(input._dtype).eps if eps is None else eps
    result = wide * (wide.pow(2).mean(dims, True) + smallest).rsqrt()
    if weight is not None:
        result = result * weight
    return result.to(input._dtype)
