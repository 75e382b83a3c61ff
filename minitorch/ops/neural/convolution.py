"""Convolutions in 1, 2 and 3 dimensions, and transposed ones.

A convolution is linear in its input and in its weight, and every derivative of it is a convolution again. Write
conv(x, w) for the ordinary one, T(g, w) for the transposed one (which spreads each element of g over the window it came
from) and W(g, x) for the product of outputs and inputs that has the weight's shape. Then, in either direction,

    y = conv(x, w)      dx = T(dy, w)         dw = W(dy, x)
    y = T(x, w)         dx = conv(dy, w)      dw = W(x, dy)
    w' = W(g, x)        dg = conv(x, dw')     dx = T(g, dw')

so two operators are enough for derivatives of all orders. Their arithmetic is in ``ops/arrays/convolution.py``; here
are the arguments, the checks and the derivatives.

    output size   (n + 2 padding - dilation (kernel - 1) - 1) // stride + 1
    transposed    (n - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1

Several inputs have the same output size when the stride leaves a remainder; ``output_padding`` says which one a
transposed convolution should give.

PyTorch: ``aten/src/ATen/native/Convolution.cpp``, ``NaiveConvolutionTranspose2d.cpp``. Left out: memory formats other
than contiguous, and the choice among backends.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import convolution as on_arrays
from minitorch.ops.arrays.im2col import window_counts
from minitorch.ops.declare.operator import operator
from minitorch.ops.elementwise.arithmetic import conj
from minitorch.ops.neural.padding import constant_pad_nd
from minitorch.ops.shapes.views import squeeze, unsqueeze

Ints = tuple[int, ...]


def transposed_size(size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, extra: Ints) -> Ints:
    """The spatial shape of a transposed convolution's output."""
    return tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, k, s, p, d, e in zip(size, kernel, stride, padding, dilation, extra)
    )


def remainder(size: Ints, counts: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """The ``output_padding`` with which a transposed convolution gives ``size`` back from ``counts``."""
    least = transposed_size(counts, kernel, stride, padding, dilation, (0,) * len(size))
    return tuple(n - m for n, m in zip(size, least))


@operator("ConvolutionBackward0")
def _convolution(
    xp: Any, input: Any, weight: Any, bias: Any, stride: Ints, padding: Ints, dilation: Ints, transposed: bool,
    output_padding: Ints, groups: int,
) -> Any:  # fmt: skip
    """Convolution of (N, C, *size) with (Co, C/G, *kernel); transposed: of (N, Co, *size) with the same weight."""
    if not transposed:
        return on_arrays.conv_forward(xp, input, weight, bias, stride, padding, dilation, groups)
    size = transposed_size(input.shape[2:], weight.shape[2:], stride, padding, dilation, output_padding)
    shape = (input.shape[0], weight.shape[1] * groups, *size)
    result = on_arrays.conv_backward_input(xp, input, weight, shape, stride, padding, dilation, groups)
    if bias is not None:
        result += bias.reshape(-1, *[1] * len(size))
    return result


@_convolution.derivative("input")
def _(
    grad: Any, input_geometry: Geometry, weight: Any, stride: Ints, padding: Ints, dilation: Ints, transposed: bool,
    groups: int,
) -> Any:  # fmt: skip
    extra = (0,) * len(stride)
    if not transposed:
        size, counts, kernel = input_geometry.shape[2:], grad.shape[2:], weight.shape[2:]
        extra = remainder(size, counts, kernel, stride, padding, dilation)
    result = _convolution(grad, conj(weight), None, stride, padding, dilation, not transposed, extra, groups)
    return _cropped(result, input_geometry.shape[2:])


def _cropped(result: Any, size: Ints) -> Any:
    """Its first windows: an output padding as large as the stride leaves room for more than there were."""
    for dim, length in enumerate(size, 2):
        if result.shape[dim] > length:
            result = result.narrow(dim, 0, length).contiguous()
    return result


@_convolution.derivative("weight")
def _(
    grad: Any, input: Any, weight_geometry: Geometry, stride: Ints, padding: Ints, dilation: Ints, transposed: bool,
    groups: int,
) -> Any:  # fmt: skip
    outputs, inputs = (conj(input), grad) if transposed else (grad, conj(input))
    return _convolution_weight(outputs, inputs, tuple(weight_geometry.shape), stride, padding, dilation, groups)


@_convolution.derivative("bias")
def _(grad: Any) -> Any:
    return grad.sum((0, *range(2, grad.ndim)))


@operator("ConvolutionBackwardBackward0")
def _convolution_weight(
    xp: Any, grad: Any, input: Any, weight_shape: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Any:
    """What a gradient (N, Co, *counts) of conv(input, weight) means for the weight."""
    return on_arrays.conv_backward_weight(xp, grad, input, weight_shape, stride, padding, dilation, groups)


@_convolution_weight.derivative("grad")
def _(
    weight: Any, input: Any, grad_geometry: Geometry, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Any:
    nothing = (0,) * len(stride)
    result = _convolution(conj(input), weight, None, stride, padding, dilation, False, nothing, groups)
    return _cropped(result, grad_geometry.shape[2:])


@_convolution_weight.derivative("input")
def _(
    weight: Any, grad: Any, input_geometry: Geometry, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Any:
    extra = remainder(input_geometry.shape[2:], grad.shape[2:], weight.shape[2:], stride, padding, dilation)
    return _convolution(conj(grad), weight, None, stride, padding, dilation, True, extra, groups)


# ---- arguments ------------------------------------------------------------------------------------------------------


def convolution(
    input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, transposed: bool,
    output_padding: Any, groups: int, dims: int, function: str,
) -> Any:  # fmt: skip
    """Any convolution over ``dims`` spatial axes. Without a batch axis the input is a batch of one."""
    _check_tensors(input, weight, bias, function)
    if input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {function}, but got input of size: "
            f"{list(input.shape)}"
        )
    batched = input.ndim == dims + 2
    source = input if batched else unsqueeze(input, 0)
    spatial = weight.ndim - 2
    stride = per_axis(stride, spatial, function, "stride", dims)
    dilation = per_axis(dilation, spatial, function, "dilation", dims)
    output_padding = per_axis(output_padding, spatial, function, "output_padding", dims)
    if isinstance(padding, str):
        source, padding = _named_padding(source, weight, padding, stride, dilation)
    padding = per_axis(padding, spatial, function, "padding", dims)
    groups = arg.integer(groups, function, "groups")
    _check_numbers(weight.shape[2:], stride, padding, dilation, output_padding, groups)
    _check_shapes(source, weight, bias, padding, dilation, transposed, groups)
    if transposed:
        _check_transposed(source, weight, stride, padding, dilation, output_padding)
    elif not source._geometry.numel or not weight._geometry.numel:
        _check_dtypes(source, weight, bias)
        return _without_elements(source, weight, bias, stride, padding, dilation, groups, batched)
    _check_dtypes(source, weight, bias)
    result = _convolution(source, weight, bias, stride, padding, dilation, transposed, output_padding, groups)
    return result if batched else squeeze(result, 0)


def per_axis(value: Any, spatial: int, function: str, name: str, dims: int) -> Ints:
    """One number an axis; a single one stands for all. ``RuntimeError`` for another number of them."""
    numbers = arg.integers(value, function, name)
    if len(numbers) == 1:
        return numbers * spatial if dims == spatial else numbers * dims
    if len(numbers) != spatial:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {spatial} values to match the convolution "
            f"dimensions, but got {name}={list(numbers)}"
        )
    return numbers


def _check_tensors(input: Any, weight: Any, bias: Any, function: str) -> None:
    arg.tensor(input, function, "input")
    arg.tensor(weight, function, "weight")
    if bias is not None:
        arg.tensor(bias, function, "bias")


def _check_numbers(
    kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, output_padding: Ints, groups: int
) -> None:
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(output_padding) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if 0 in kernel:
        raise RuntimeError(f"kernel size should be greater than zero, but got {list(kernel)}")
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")


def _check_shapes(
    input: Any, weight: Any, bias: Any, padding: Ints, dilation: Ints, transposed: bool, groups: int
) -> None:
    shape, wanted = list(input.shape), list(weight.shape)
    if len(wanted) != len(shape):
        spatial = len(wanted) - 2
        raise RuntimeError(
            f"expected stride to be a single integer value or a list of {spatial} values to match the convolution "
            f"dimensions, but got stride={[1] * (len(shape) - 2)}"
        )
    if wanted[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{wanted} instead"
        )
    if wanted[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{wanted}] instead"
        )
    channels = wanted[0] if transposed else wanted[1] * groups
    if shape[1] != channels:
        raise RuntimeError(
            f"Given {'transposed=1' if transposed else f'groups={groups}'}, weight of size {wanted}, expected input"
            f"{shape} to have {channels} channels, but got {shape[1]} channels instead"
        )
    outputs = wanted[1] * groups if transposed else wanted[0]
    if bias is not None and tuple(bias.shape) != (outputs,):
        raise RuntimeError(
            f"Given {'transposed=1, ' if transposed else ''}weight of size {wanted}, expected bias to be 1-dimensional "
            f"with {outputs} elements, but got bias of size {list(bias.shape)} instead"
        )
    if transposed:
        return
    padded = [n + 2 * p for n, p in zip(shape[2:], padding)]
    reach = [d * (k - 1) + 1 for k, d in zip(wanted[2:], dilation)]
    if any(n < r for n, r in zip(padded, reach)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
            f"({' x '.join(map(str, reach))}). Kernel size can't be greater than actual input size"
        )


def _check_dtypes(input: Any, weight: Any, bias: Any) -> None:
    if input._dtype is not weight._dtype:
        raise RuntimeError(
            f"expected scalar type {scalar_type_name(input._dtype)} but found {scalar_type_name(weight._dtype)}"
        )
    if bias is not None and bias._dtype is not input._dtype:
        raise RuntimeError(
            f"Input type ({scalar_type_name(input._dtype).lower()}) and bias type "
            f"({scalar_type_name(bias._dtype).lower()}) should be the same"
        )
    if input._dtype is dtypes.bool_:
        raise RuntimeError("\"slow_conv2d_cpu\" not implemented for 'Bool'")


def _check_transposed(
    input: Any, weight: Any, stride: Ints, padding: Ints, dilation: Ints, output_padding: Ints
) -> None:
    if any(e >= s and e >= d for e, s, d in zip(output_padding, stride, dilation)):
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got output_padding: "
            f"{list(output_padding)}, stride: {list(stride)}, dilation: {list(dilation)}"
        )
    size = transposed_size(input.shape[2:], weight.shape[2:], stride, padding, dilation, output_padding)
    if min(size) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({' x '.join(map(str, input.shape[2:]))}). Calculated output size per "
            f"channel: ({' x '.join(map(str, size))}). Output size is too small"
        )


def _named_padding(input: Any, weight: Any, name: str, stride: Ints, dilation: Ints) -> tuple[Any, Ints]:
    """'valid' is none. 'same' keeps the size: as much as the kernel reaches beyond one element, the odd one behind."""
    if name == "valid":
        return input, (0,) * len(stride)
    if name != "same":
        raise RuntimeError(f"Invalid padding string: '{name}'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation)]
    if any(t % 2 for t in total):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created",
            stacklevel=4,
        )
        behind = [side for t in reversed(total) for side in (0, t % 2)]
        input = constant_pad_nd(input, behind, 0)
    return input, tuple(t // 2 for t in total)


def _without_elements(
    input: Any, weight: Any, bias: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, batched: bool
) -> Any:
    """No images, or no channels: a result of the right shape that still belongs to the graph."""
    counts = window_counts(input.shape[2:], weight.shape[2:], stride, padding, dilation)
    shape = (input.shape[0], weight.shape[0], *counts)
    result = input.sum() * weight.sum() + input.new_zeros(shape)
    if bias is not None:
        result = result + bias.sum() * 0
    return result if batched or math.prod(shape) else squeeze(result, 0)


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """(N, C, L) or (C, L) with weight (Co, C/groups, K) -> (N, Co, Lo). ``padding``: numbers, 'same' or 'valid'."""
    return convolution(input, weight, bias, stride, padding, dilation, False, 0, groups, 1, "conv1d")


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """(N, C, H, W) or (C, H, W) with weight (Co, C/groups, Kh, Kw) -> (N, Co, Ho, Wo)."""
    return convolution(input, weight, bias, stride, padding, dilation, False, 0, groups, 2, "conv2d")


def conv3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """(N, C, D, H, W) or (C, D, H, W) with weight (Co, C/groups, Kd, Kh, Kw) -> (N, Co, Do, Ho, Wo)."""
    return convolution(input, weight, bias, stride, padding, dilation, False, 0, groups, 3, "conv3d")


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """(N, C, L) with weight (C, Co/groups, K) -> (N, Co, Lo): the gradient of ``conv1d`` as an operator of its own."""
    return convolution(
        input, weight, bias, stride, padding, dilation, True, output_padding, groups, 1, "conv_transpose1d"
    )


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """(N, C, H, W) with weight (C, Co/groups, Kh, Kw) -> (N, Co, Ho, Wo)."""
    return convolution(
        input, weight, bias, stride, padding, dilation, True, output_padding, groups, 2, "conv_transpose2d"
    )


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """(N, C, D, H, W) with weight (C, Co/groups, Kd, Kh, Kw) -> (N, Co, Do, Ho, Wo)."""
    return convolution(
        input, weight, bias, stride, padding, dilation, True, output_padding, groups, 3, "conv_transpose3d"
    )
