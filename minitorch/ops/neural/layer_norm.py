"""Layer norm, group norm and RMS norm: normalizations within one image or one row.

The formulas are those of ``normalization.py``, over other sets of elements: the last dimensions for layer norm,
some channels of one image for group norm. Neither looks at other members of the batch, so training and evaluation are
the same. RMS norm does not subtract the mean; it is made of other operators, as on PyTorch's CPU, or one operator where
a compiled kernel serves the arrays, as on PyTorch's CUDA.

PyTorch: ``aten/src/ATen/native/layer_norm.cpp``, ``group_norm.cpp``. Papers: Ba et al. 2016 (layer), Wu and He 2018
(group), Zhang and Sennrich 2019 (RMS).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core.dtypes import finfo
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.compiled import kernels_for, on_host
from minitorch.ops.arrays.layer_norm import layer_norm_backward, layer_norm_forward
from minitorch.ops.declare.operator import operator
from minitorch.ops.neural.normalization import check_parameter_dtypes, double_backward

Ints = tuple[int, ...]


@operator("NativeLayerNormBackward0")
def _layer_norm(xp: Any, input: Any, normalized_shape: Ints, weight: Any, bias: Any, eps: float) -> Any:
    """The last dimensions normalized; the second and third output are mean and rstd of each row."""
    rows = input.reshape(-1 if input.size else 0, math.prod(normalized_shape))
    scale, shift = (None if vector is None else vector.reshape(-1) for vector in (weight, bias))
    result, mean, rstd = layer_norm_forward(xp, rows, scale, shift, eps)
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
    by_input, by_weight, by_bias = layer_norm_backward(xp, grad.reshape(shape), input.reshape(shape), flat, mean, rstd)
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
    arg.optional_tensor(weight, "layer_norm", "weight")
    arg.optional_tensor(bias, "layer_norm", "bias")
    eps = arg.real(eps, "layer_norm", "eps")
    arg.tensor(input, "layer_norm", "input")
    shape = _check_normalized_shape(input, normalized_shape, "layer_norm")
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and tuple(parameter.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(parameter.shape)} and normalized_shape = {list(shape)}"
            )
    if input._dtype.category < dtypes.FLOATING and weight is not None and weight._dtype is not input._dtype:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
    check_parameter_dtypes(input, (weight, bias), "LayerNormKernelImpl")
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
    num_groups = arg.integer(num_groups, "group_norm", "num_groups")
    arg.optional_tensor(weight, "group_norm", "weight")
    arg.optional_tensor(bias, "group_norm", "bias")
    eps = arg.real(eps, "group_norm", "eps")
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
    check_parameter_dtypes(input, (weight, bias), "GroupNormKernelImpl")
    if not input._geometry.numel:
        return input.clone()
    return _group_norm(input, weight, bias, num_groups, eps)[0]


@operator("FusedRmsNormBackward0")
def _rms_norm(xp: Any, input: Any, normalized_shape: Ints, weight: Any, eps: float) -> Any:
    """One kernel; the second output is 1 / rms of each row."""
    rows = input.reshape(-1, math.prod(normalized_shape))
    result, rrms = _rms_norm_kernels(input).forward(rows, weight, eps)
    return result.reshape(input.shape), rrms


def _rms_norm_kernels(input: Any) -> Any:
    return kernels_for("rms_norm", input) if input.size else None


@_rms_norm.derivative("input", "weight")
def _(
    grads: tuple[Any, ...], input: Any, normalized_shape: Ints, weight: Any, result1: Any, eps: float, needs: Any
) -> Any:  # fmt: skip
    if grads[0] is None:
        return None, None
    results = _rms_norm_backward(grads[0], input, normalized_shape, weight, result1, eps)
    return [result if needs[place] else None for result, place in zip(results, (0, 2))]


@operator("FusedRmsNormBackwardBackward0")
def _rms_norm_backward(
    xp: Any, grad: Any, input: Any, normalized_shape: Ints, weight: Any, rrms: Any, eps: float
) -> Any:  # fmt: skip
    """Gradients of input and weight."""
    shape = (-1, math.prod(normalized_shape))
    rows, kernels = xp.ascontiguousarray(grad).reshape(shape), _rms_norm_kernels(input)
    by_input, by_weight = kernels.backward(rows, input.reshape(shape), weight, rrms)
    return by_input.reshape(input.shape), by_weight.reshape(normalized_shape)


@_rms_norm_backward.derivative("grad", "input", "weight")
def _(grads: tuple[Any, ...], grad: Any, input: Any, normalized_shape: Ints, weight: Any, eps: float) -> Any:
    dims = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    return double_backward((*grads, None), grad, input, weight, eps, dims, centre=False)


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """input / sqrt(mean(input^2) + eps) * weight over the last dimensions: a layer norm that does not centre."""
    shape = _check_normalized_shape(input, normalized_shape, "rms_norm")
    if weight is not None and tuple(weight.shape) != shape:
        raise RuntimeError(
            f"Expected weight to be of same shape as normalized_shape, but got weight of shape {list(weight.shape)} "
            f"and normalized_shape = {list(shape)}"
        )
    dims = tuple(range(input.ndim - len(shape), input.ndim))
    smallest = finfo(input._dtype).eps if eps is None else eps
    same = weight is None or weight._dtype is input._dtype
    # PyTorch fuses it on a GPU alone; on the CPU its graph is that of the formula.
    if same and not on_host(input.array) and _rms_norm_kernels(input.array) is not None:
        return _rms_norm(input, shape, weight, smallest)[0]
    wide = input.to(dtypes.float32) if input._dtype.itemsize == 2 else input
    result = wide * (wide.pow(2).mean(dims, True) + smallest).rsqrt()
    if weight is not None:
        result = result * weight
    return result.to(input._dtype)
