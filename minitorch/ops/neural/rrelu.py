"""``rrelu``: a leaky ReLU whose slope below zero is drawn for each element while training.

    y = x               where x > 0              lower <= r <= upper uniform while training;
        r x             elsewhere                r = (lower + upper) / 2 otherwise

The slopes drawn are kept as ``noise``; they are the derivative.

PyTorch: ``aten/src/ATen/native/Activation.cpp`` (``rrelu_with_noise``). Paper: Xu et al. 2015.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.creating.sampling import generator_for, sampling
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.selection import where
from minitorch.tensor_base import wrap


def _forward(xp: Any, input: Any, out: Any, noise: Any, slope: float) -> Any:
    """The input, times its slope where it is not positive."""
    if noise is None:
        return xp.where(input > 0, input, input * slope)
    return (input * noise.array).astype(input.dtype)


def _gradient(grad: Any, input: Any, noise: Any, slope: float) -> Any:
    return where(input > 0, grad, grad * slope) if noise is None else grad * noise


_rrelu = pointwise("RreluWithNoiseBackward0", kinds="f")(_forward)
_rrelu.derivative("input")(_gradient)
_rrelu_inplace = pointwise("RreluWithNoiseBackward1", kinds="f")(_forward)
_rrelu_inplace.derivative("input")(_gradient)


def _read(input: Any, lower: Any, upper: Any, training: bool, generator: Any) -> tuple[Any, float]:
    """The slopes drawn (None when not training) and the mean slope."""
    arg.check_tensor(input, "rrelu")
    for name, value in (("lower", lower), ("upper", upper)):
        if not isinstance(value, NUMBERS):
            raise TypeError(f"rrelu(): argument '{name}' must be Number, not {type(value).__name__}")
    if not lower <= upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if input._dtype.category != dtypes.FLOATING or (training and input._dtype is dtypes.float16):
        kernel = "rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input._dtype)}'")
    return (_draw(input, lower, upper, generator_for(input.device, generator)) if training else None), (
        lower + upper
    ) / 2


def _draw(input: Any, lower: float, upper: float, generator: Any) -> Any:
    """A slope for each element, which is 1 for those that are positive."""
    slopes = sampling(generator).slopes(generator, input.detach().array, lower, upper)
    return wrap(slopes, input._dtype, input.device, geo.contiguous(tuple(input.shape)))


def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, generator: Any = None) -> Any:
    """Leaky ReLU with a random slope in [lower, upper] while training, their mean otherwise."""
    return _rrelu(input, *_read(input, lower, upper, training, generator))


def rrelu_(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, generator: Any = None
) -> Any:
    """In-place form of ``rrelu``."""
    return _rrelu_inplace.inplace(input, *_read(input, lower, upper, training, generator))
