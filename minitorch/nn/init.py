"""Initialisation: which random numbers a layer's weights start from.

All functions write into their first argument, outside of the graph, and return it. The two that matter keep the
variance of signals constant from layer to layer (``fan_in`` and ``fan_out``: connections into and out of a unit):

    Glorot and Bengio 2010  xavier_*    Var[w] = gain**2 * 2 / (fan_in + fan_out)
    He et al. 2015          kaiming_*   Var[w] = gain**2 / fan_in       gain = sqrt(2) for relu

A uniform on (-a, a) has variance a**2 / 3, hence the sqrt(3) below. The draws come from the same stream in the same
order as PyTorch's, so one seed gives the same weights. PyTorch: ``torch/nn/init.py``; its deprecated names without
the underscore are left out.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from minitorch.autograd.grad_mode import no_grad
from minitorch.autograd.inplace import bump_version
from minitorch.ops.creating import creation, from_data, ranges
from minitorch.ops.creating.random import randperm

_GAIN_ONE = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid",
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a nonlinearity shrinks the standard deviation of its input. ``param``: leaky_relu's slope."""
    if nonlinearity in _GAIN_ONE:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "selu":
        return 3.0 / 4
    if nonlinearity != "leaky_relu":
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    if param is None:
        param = 0.01
    elif isinstance(param, bool) or not isinstance(param, (int, float)):
        raise ValueError(f"negative_slope {param} not a valid number")
    return math.sqrt(2.0 / (1 + param**2))


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    """Weights of shape (out, in, *kernel): connections into and out of one unit. ``ValueError`` below 2 dimensions."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    receptive_field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive_field, tensor.shape[0] * receptive_field


def _fan(tensor: Any, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode == "fan_in" else fan_out


# ---- plain distributions and constants ----------------------------------------------------------------------------


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Uniform on [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Normal with ``mean`` and ``std``."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor: Any, val: float) -> Any:
    """``val`` everywhere."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Any) -> Any:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """0 everywhere."""
    with no_grad():
        return tensor.zero_()


def eye_(tensor: Any) -> Any:
    """The identity matrix. ``ValueError`` unless there are 2 dimensions."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        return tensor.copy_(ranges.eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Convolution weights that hand through as many input channels as possible, in each group."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out_channels, in_channels, *kernel = tensor.shape
    if out_channels % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    channels = out_channels // groups
    centre = tuple(size // 2 for size in kernel)
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(channels, in_channels)):
                tensor[(group * channels + channel, channel, *centre)] = 1
    return tensor


# ---- by fan -------------------------------------------------------------------------------------------------------


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Uniform with variance gain**2 * 2 / (fan_in + fan_out)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Normal with variance gain**2 * 2 / (fan_in + fan_out)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(fan_in + fan_out)), generator)


def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Uniform with variance gain**2 / fan. ``a``: the slope of the leaky_relu that follows; ``mode``: which fan."""
    if _is_empty(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Normal with variance gain**2 / fan."""
    if _is_empty(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0, std, generator)


def _is_empty(tensor: Any) -> bool:
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


# ---- others -------------------------------------------------------------------------------------------------------


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Normal with ``mean`` and ``std``, but only values in [a, b].

    Where that interval holds more than 0.3 of the probability, normals are drawn again until all lie inside; else
    uniforms on [a, b] are accepted with probability density(x) / density(nearest point to the mean).
    """

    def below(x: float) -> float:
        return (1.0 + math.erf((x - mean) / std / math.sqrt(2.0))) / 2.0

    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
            "incorrect.",
            stacklevel=2,
        )
    with no_grad():
        if below(b) - below(a) > 0.3:
            return _redraw_normals(tensor, mean, std, a, b, generator)
        return _accept_uniforms(tensor, mean, std, a, b, generator)


def _redraw_normals(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> Any:
    low, high = (tensor.new_tensor(bound, device="cpu").item() for bound in (a, b))  # rounded to the dtype
    tensor.normal_(mean, std, generator=generator)
    values = tensor.array
    outside = (values < low) | (values > high)
    if not outside.any():
        return tensor
    values = values.copy()
    while outside.any():
        again = creation.empty_like(tensor).normal_(mean, std, generator=generator).array
        values[outside] = again[outside]
        outside = (values < low) | (values > high)
    tensor.array[...] = values
    bump_version(tensor)
    return tensor


def _accept_uniforms(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> Any:
    nearest = max(a, min(mean, b))
    log_peak = -0.5 * ((nearest - mean) / std) ** 2
    chance = creation.empty_like(tensor)
    candidates = tensor.uniform_(a, b, generator=generator)
    pending: Any = True
    rounds = 0
    while True:
        log_density = (candidates - mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak)
        refused = (chance.uniform_(generator=generator).log_() > log_density).array
        pending = refused & pending
        if not pending.any():
            if rounds:
                bump_version(tensor)
            return tensor
        rounds += 1
        candidates = creation.empty_like(tensor).uniform_(a, b, generator=generator)
        tensor.array[pending] = candidates.array[pending]


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """Orthonormal rows, or columns if there are fewer of them: the Q of a normal matrix (Saxe et al. 2013)."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    matrix = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator).array
    q, r = np.linalg.qr(matrix.T if rows < columns else matrix)
    q *= np.sign(np.diagonal(r))  # makes the decomposition unique and Q uniform
    with no_grad():
        values = np.ascontiguousarray(q.T if rows < columns else q, matrix.dtype)
        tensor.copy_(from_data.from_numpy(values).view(*tensor.shape))
        return tensor.mul_(gain)


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Normal, with the fraction ``sparsity`` of each column set to zero at random rows (Martens 2010)."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows)[:zeros], column] = 0
    return tensor
