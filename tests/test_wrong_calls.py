"""Calls as people write them, wrong ones above all: both engines must refuse them alike, or agree on the answer.

The calls are in ``wrong_calls/*.txt``, one a line, a file an area. Each is run in both engines on fresh inputs
(``INPUTS``). Where PyTorch raises, minitorch must raise the same class of exception and leave every input as it was;
where it does not, the results must agree in type, dtype, shape, ``requires_grad``, ``grad_fn`` and values. A line may
hold several statements; if the last is no expression, the inputs afterwards are what is compared.
"""

from __future__ import annotations

import ast
import copy
import math
import pickle
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.checkpoint

import minitorch
import minitorch.utils.checkpoint

AREAS = {
    path.stem: path.read_text().splitlines() for path in sorted((Path(__file__).parent / "wrong_calls").glob("*.txt"))
}

INPUTS = """
x = torch.arange(6.).reshape(2, 3).clone()
g = x.clone().requires_grad_()
y = g * 2
s = torch.tensor(2.5)
v = torch.tensor([1., 2., 3.])
i = torch.tensor([0, 2, 1])
n = torch.arange(6).reshape(2, 3).clone()
b = torch.tensor([[True, False, True], [False, True, True]])
c = torch.tensor([1 + 1j, 2, 3j])
m = torch.arange(12.).reshape(3, 4).clone()
q = torch.eye(3) * 2
d = torch.arange(6., dtype=torch.float64).reshape(2, 3)
e = torch.tensor([1., 2., 3.]).expand(2, 3)
z = torch.zeros(0)
"""
NAMES = "xgysvinbcmqdez"

CLASSES = """
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * a
    @staticmethod
    def backward(ctx, k):
        a, = ctx.saved_tensors
        return 2 * a * k
class Bare(torch.autograd.Function): pass
class WrongCount(Square):
    @staticmethod
    def backward(ctx, k): return k, k
class WrongShape(Square):
    @staticmethod
    def backward(ctx, k): return k[0, :2]
class WrongKind(Square):
    @staticmethod
    def backward(ctx, k): return 3
class NoBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a): return a * 2
class NoTensor(Square):
    @staticmethod
    def forward(ctx, a): return 3
class SavesNumber(Square):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(3)
        return a * 2
class ReturnsNone(Square):
    @staticmethod
    def forward(ctx, a): return None
class NoGradient(Square):
    @staticmethod
    def backward(ctx): return None
class Dirty(Square):
    @staticmethod
    def forward(ctx, a):
        ctx.mark_dirty(a)
        return a.add_(1)
class Once(Square):
    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, k):
        a, = ctx.saved_tensors
        return 2 * a * k
class Stream(torch.utils.data.IterableDataset):
    def __iter__(self): return iter([1, 2])
"""


def rounded(value: Any) -> Any:
    """Numbers to five digits, for sums are added up in another order here and there."""
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, complex):
        return rounded(value.real), rounded(value.imag)
    return float(f"{value:.5g}") if isinstance(value, float) else value


def described(value: Any) -> Any:
    """A result in plain Python, so that those of both engines can be compared."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        kind = type(value).__name__, repr(value.dtype), tuple(value.shape), value.requires_grad
        return *kind, value.grad_fn and value.grad_fn.name(), repr(rounded(value.detach().tolist()))
    if isinstance(value, np.ndarray):
        return "array", str(value.dtype), value.shape, repr(rounded(value.tolist()))
    if isinstance(value, (tuple, list)):
        return [type(value).__name__.strip("_"), *map(described, value)]
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}
    if value is None or isinstance(value, (int, float, str, complex)):
        return repr(rounded(value))
    return type(value).__name__


def outcome(engine: Any, call: str, before: dict[str, Any]) -> Any:
    """What the call gives, or the exception it raises and the names of the inputs that it has changed nevertheless."""
    engine.manual_seed(0)
    names = {
        "torch": engine, "np": np, "copy": copy, "pickle": pickle, "math": math, "nn": engine.nn,
        "F": engine.nn.functional, "optim": engine.optim, "data": engine.utils.data,
    }  # fmt: skip
    exec(_compiled(INPUTS), names)
    if any(kind in call for kind in _CLASS_NAMES):
        exec(_compiled(CLASSES), names)
    body = ast.parse(call).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(ast.Module(body, []), "<call>", "exec"), names)
            if last is None:
                return [described(names[name]) for name in NAMES]
            return described(eval(compile(ast.Expression(last.value), "<call>", "eval"), names))  # type: ignore[attr-defined]
        except Exception as error:  # the type is what is being compared
            if engine is torch:
                return f"raises {type(error).__name__}", []  # it may have written half of it
            changed = [name for name in NAMES if described(names[name]) != before[name]]
            return f"raises {type(error).__name__}", changed
        finally:
            engine.set_grad_enabled(True)
            engine.set_default_dtype(engine.float32)
            engine.set_printoptions(profile="default")


_CLASS_NAMES = [line.split()[1].split("(")[0] for line in CLASSES.splitlines() if line.startswith("class ")]
_code: dict[str, types.CodeType] = {}


def _compiled(source: str) -> types.CodeType:
    if source not in _code:
        _code[source] = compile(source, "<inputs>", "exec")
    return _code[source]


def inputs_of(engine: Any) -> dict[str, Any]:
    """The inputs as they are before a call."""
    names = {"torch": engine}
    exec(INPUTS, names)
    return {name: described(names[name]) for name in NAMES}


def differences(calls: list[str]) -> list[str]:
    """The calls in which the engines differ, with what each of them does."""
    before = inputs_of(torch), inputs_of(minitorch)
    found = []
    for call in calls:
        theirs, ours = outcome(torch, call, before[0]), outcome(minitorch, call, before[1])
        if ours != theirs:
            found.append(f"{call}\n    minitorch: {ours}\n    pytorch:   {theirs}")
    return found


@pytest.mark.parametrize("area", AREAS)
def test_both_engines_refuse_the_same_calls_with_the_same_exception(area):
    calls = [line for line in AREAS[area] if line and not line.startswith("#")]
    found = differences(calls)
    assert not found, f"{len(found)} of {len(calls)} calls differ:\n" + "\n".join(found)


def test_there_are_wrong_calls_of_every_area():
    assert sum(map(len, AREAS.values())) > 2500
    assert len(AREAS) > 15
