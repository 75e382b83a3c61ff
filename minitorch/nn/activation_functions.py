"""The activations of ``nn.functional`` that have an ``inplace`` flag: the operator, or its in-place twin.

The formulas are in ``ops/neural/activation.py`` (made of straight lines) and ``ops/neural/smooth_activation.py``.

PyTorch: ``torch/nn/functional.py``.
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.core.memory_format import contiguous_format
from minitorch.ops.creating.creation import empty_like, zeros_like
from minitorch.ops.creating.random import exponential_
from minitorch.ops.neural import activation, smooth_activation
from minitorch.ops.neural import rrelu as rrelus


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0)."""
    return activation.relu.inplace(input) if inplace else activation.relu(input)


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(x, 0), 6)."""
    return activation.relu6_(input) if inplace else activation.relu6(input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where positive, else ``negative_slope * x``."""
    function = activation.leaky_relu_ if inplace else activation.leaky_relu
    return function(input, negative_slope)


def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> Any:
    """Leaky ReLU with a slope drawn for each element while training."""
    return (rrelus.rrelu_ if inplace else rrelus.rrelu)(input, lower, upper, training)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where above ``threshold``, else ``value``."""
    function = activation.threshold_ if inplace else activation.threshold
    return function(input, threshold, value)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x between two bounds."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    function = activation.hardtanh_ if inplace else activation.hardtanh
    return function(input, min_val, max_val)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """relu6(x + 3) / 6."""
    return activation.hardsigmoid.inplace(input) if inplace else activation.hardsigmoid(input)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x * relu6(x + 3) / 6."""
    return activation.hardswish.inplace(input) if inplace else activation.hardswish(input)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where positive, else alpha * (exp(x) - 1)."""
    return smooth_activation.elu_(input, alpha) if inplace else smooth_activation.elu(input, alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """ELU scaled so that mean 0 and variance 1 are a fixed point."""
    return smooth_activation.selu_(input) if inplace else smooth_activation.selu(input)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """ELU with a continuous slope for every ``alpha``."""
    return smooth_activation.celu_(input, alpha) if inplace else smooth_activation.celu(input, alpha)


def silu(input: Any, inplace: bool = False) -> Any:
    """x * sigmoid(x)."""
    return smooth_activation.silu.inplace(input) if inplace else smooth_activation.silu(input)


def mish(input: Any, inplace: bool = False) -> Any:
    """x * tanh(softplus(x))."""
    return smooth_activation.mish.inplace(input) if inplace else smooth_activation.mish(input)


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return input.sigmoid()


def tanh(input: Any) -> Any:
    """Hyperbolic tangent."""
    return input.tanh()


def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """A random choice in proportion to softmax(logits), made differentiable (Jang et al. 2016).

    ``hard``: a one-hot choice forward whose gradient is that of the soft one.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -exponential_(empty_like(logits.detach(), memory_format=contiguous_format)).log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.detach().argmax(dim, True)
    choice = zeros_like(logits.detach(), memory_format=contiguous_format).scatter_(dim, index, 1.0)
    return choice - soft.detach() + soft
