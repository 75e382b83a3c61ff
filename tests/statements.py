"""Several statements, the last of which is an expression: both engines must do the same.

    @pytest.mark.parametrize("source", ["x = torch.ones(2); y = x.data; y.add_(1); (x, x._version, y._version)"])
    def test_...(source): check_statements(source)

Compared are the type of the exception if there is one, else the result: tensors by class, dtype, shape, stride, offset,
view or not, ``grad_fn`` and values; arrays; anything else by type and ``repr``. ``np, pickle, copy, array, math`` are
there to be used.
"""

from __future__ import annotations

import array
import ast
import copy
import math
import pickle
import warnings
from typing import Any

import numpy as np
import torch

import minitorch


def described(value: Any) -> Any:
    """A result in plain Python, so that those of both engines can be compared."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        steps = [step for step, size in zip(value.stride(), value.shape) if size > 1] if value.numel() else []
        return {
            "class": type(value).__name__, "dtype": repr(value.dtype), "shape": tuple(value.shape), "stride": steps,
            "offset": value.storage_offset(), "is_view": value._is_view(), "requires_grad": value.requires_grad,
            "grad_fn": None if value.grad_fn is None else value.grad_fn.name(),
            "values": repr(value.detach().tolist()),
        }  # fmt: skip
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, value.strides, repr(value.tolist()), value.flags.writeable
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *map(described, value)]
    return type(value).__name__, repr(value).split(" at 0x")[0].replace("minitorch", "torch")


def outcome(engine: Any, source: str) -> Any:
    """What the last statement gives, or the name of the exception that any of them raises."""
    names: dict[str, Any] = {
        "torch": engine, "np": np, "pickle": pickle, "copy": copy, "array": array, "math": math,
    }  # fmt: skip
    body = ast.parse(source).body
    last = body.pop()
    assert isinstance(last, ast.Expr), f"the last statement of {source!r} is no expression"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(ast.Module(body, []), "<statements>", "exec"), names)
            return described(eval(compile(ast.Expression(last.value), "<statements>", "eval"), names))
        except Exception as error:  # the type is what is being compared
            return f"raises {type(error).__name__}"


def check_statements(source: str) -> None:
    """Run the statements in both engines and compare what they give."""
    theirs, ours = outcome(torch, source), outcome(minitorch, source)
    assert ours == theirs, f"\n{source}\nminitorch: {ours}\npytorch:   {theirs}"
