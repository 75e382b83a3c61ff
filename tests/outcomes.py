"""Programs that may succeed or fail: both engines must do the same.

    check_outcome(lambda torch, x: x.view(5, 5), (2, 3))

    @pytest.mark.parametrize("program", programs("torch, x", "x.view(5, 5)", "x.t()"))      # written as they read
    def test_...(program): check_outcome(program, (2, 3))

Where ``compare.check`` compares what a program computes, this compares what it *is*: the type of the exception if there
is one, else of every tensor its dtype, shape, stride, offset, whether it is a view, its ``grad_fn`` and its values.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch


def programs(parameters: str, *sources: str) -> list[Any]:
    """Expressions as functions of ``parameters``, for ``pytest.mark.parametrize``; their text is the test's id."""
    return [pytest.param(eval(f"lambda {parameters}: {source}", {"np": np}), id=source) for source in sources]


def described(result: Any) -> Any:
    """A result in plain Python, so that those of both engines can be compared."""
    if isinstance(result, (torch.Tensor, minitorch.Tensor)):
        steps = [step for step, size in zip(result.stride(), result.shape) if size > 1] if result.numel() else []
        return {
            "dtype": repr(result.dtype), "shape": tuple(result.shape), "stride": steps,
            "offset": result.storage_offset(), "is_view": result._is_view(), "requires_grad": result.requires_grad,
            "grad_fn": None if result.grad_fn is None else result.grad_fn.name(),
            "values": repr(result.detach().tolist()),
        }  # fmt: skip
    if isinstance(result, (tuple, list)):
        return [type(result).__name__, *map(described, result)]
    return type(result).__name__, repr(result)


def outcome(engine: Any, program: Callable[..., Any], shapes: tuple[tuple[int, ...], ...], grad: bool) -> Any:
    """What the program returns, or the name of the exception it raises."""
    inputs = []
    for shape in shapes:
        count = 1
        for size in shape:
            count *= size
        tensor = engine.arange(float(count)).reshape(shape).clone()
        inputs.append(tensor.requires_grad_() if grad else tensor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return described(program(engine, *inputs))
        except Exception as error:  # the type is what is being compared
            return f"raises {type(error).__name__}"


def check_outcome(program: Callable[..., Any], *shapes: tuple[int, ...], grad: bool = True) -> None:
    """Run the program in both engines on tensors of these shapes (0, 1, 2, ... in float32), and compare."""
    theirs, ours = outcome(torch, program, shapes, grad), outcome(minitorch, program, shapes, grad)
    assert ours == theirs, f"\nminitorch: {ours}\npytorch:   {theirs}"
