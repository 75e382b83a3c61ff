"""Reading arguments: the forms in which PyTorch accepts sizes and dimensions, and its errors for the others."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from minitorch.tensor_base import TensorBase


def integer(value: Any, function: str, argument: str) -> int:
    """An int, a NumPy integer or a zero-dim integer tensor; ``TypeError`` for a float or anything else."""
    if type(value) is int:
        return value
    if isinstance(value, TensorBase) and (value.ndim or value.dtype.category > 1):
        raise TypeError(f"{function}(): argument '{argument}' must be int, not Tensor of shape {list(value.shape)}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(
            f"{function}(): argument '{argument}' must be int, not {type(value).__name__}"
        ) from None


def integers(values: Any, function: str, argument: str) -> tuple[int, ...]:
    """A tuple of ints from a sequence of them, or from a single one."""
    if type(values) is int:
        return (values,)
    if not isinstance(values, (tuple, list)):
        return (integer(values, function, argument),)
    for value in values:
        if type(value) is not int:
            return tuple(integer(value, function, argument) for value in values)
    return tuple(values)


def sizes(args: tuple[Any, ...], function: str, argument: str = "size") -> tuple[int, ...]:
    """What a method got as ``*args``: ``f(2, 3)`` and ``f((2, 3))`` mean the same."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = args[0]
    return integers(tuple(args), function, argument)


def tensor(value: Any, function: str, argument: str) -> Any:
    """``TypeError`` unless it is a tensor."""
    if not isinstance(value, TensorBase):
        raise TypeError(f"{function}(): argument '{argument}' must be Tensor, not {type(value).__name__}")
    return value


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """Also accept NumPy's names for two parameters: ``axis`` for ``dim`` and ``keepdims`` for ``keepdim``."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            if "axis" in kwargs:
                kwargs["dim"] = kwargs.pop("axis")
            if "keepdims" in kwargs:
                kwargs["keepdim"] = kwargs.pop("keepdims")
        return function(*args, **kwargs)

    return call
