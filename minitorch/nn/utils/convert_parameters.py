"""Between many parameters and one vector, for optimizers that want a vector.

PyTorch: ``torch/nn/utils/convert_parameters.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch._tensor import Tensor
from minitorch._typename import typename
from minitorch.ops.shapes.joining import cat


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All parameters behind each other in one vector, through which gradients flow. ``TypeError`` over two devices."""
    parameters = list(parameters)
    _check_same_device(parameters)
    return cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """The way back: each parameter becomes its part of the vector and shares its memory."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    parameters = list(parameters)
    _check_same_device(parameters)
    start = 0
    for parameter in parameters:
        part = vec.detach().narrow(0, start, parameter.numel())
        parameter.data = part.view_as(parameter)
        start += parameter.numel()


def _check_same_device(parameters: list[Any]) -> None:
    if len({parameter.device for parameter in parameters}) > 1:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")
