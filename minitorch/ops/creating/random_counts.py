"""``poisson`` and ``binomial``: counts with parameters from tensors.

What is drawn doesn't depend smoothly on the parameters, so no gradient comes back: that of ``poisson`` is zero, that of
``binomial`` an error, as in PyTorch. How they are drawn stands in ``core/count_distributions.py``.

PyTorch: ``aten/src/ATen/native/Distributions.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.creating.sampling import generator_for, sampling
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.reduction import deliver
from minitorch.ops.shapes.views import broadcast_tensors


@operator("PoissonBackward0")
def _poisson(xp: Any, input: Any, generator: Any) -> Any:
    """A Poisson number for each rate."""
    return sampling(generator).poisson(generator, input)


@_poisson.derivative("input")
def _(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


def poisson(input: Any, generator: Any = None, *, out: Any = None) -> Any:
    """A Poisson number with each element of ``input`` as its rate. ``RuntimeError`` for a negative rate."""
    arg.check_tensor(input, "poisson")
    refuse_other_kinds("poisson_cpu", input._dtype, "f")
    return deliver(_poisson(input, generator_for(input.device, generator)), out, "poisson", input)


@operator("torch::autograd::NotImplemented")
def _binomial(xp: Any, count: Any, prob: Any, generator: Any) -> Any:
    """How many of count trials succeed."""
    return sampling(generator).binomial(generator, count, prob)


@_binomial.derivative("count", "prob")
def _(grad: Any) -> Any:
    raise RuntimeError("derivative for aten::binomial is not implemented")


def binomial(count: Any, prob: Any, generator: Any = None, *, out: Any = None) -> Any:
    """How many of ``count`` trials succeed, each with probability ``prob``; both are floating tensors of one dtype."""
    arg.check_tensor(count, "binomial", "count")
    arg.check_tensor(prob, "binomial", "prob", 2)
    for name, tensor in (("count", count), ("prob", prob)):
        if tensor._dtype.category != dtypes.FLOATING:
            raise ValueError(
                f"binomial only supports floating-point dtypes for {name}, got: {scalar_type_name(tensor._dtype)}"
            )
    if prob._dtype is not count._dtype:
        raise RuntimeError(f"Found dtype {scalar_type_name(prob._dtype)} but expected {scalar_type_name(count._dtype)}")
    arg.refuse_half("binomial", (count,))
    count, prob = broadcast_tensors(count, prob)
    return deliver(_binomial(count, prob, generator_for(count.device, generator)), out, "binomial", count, prob)
