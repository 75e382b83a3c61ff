"""Subclasses of ``Tensor`` and ``__torch_function__``, held against PyTorch."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch as pytorch
from statements import described

import minitorch

EXPRESSIONS = [
    "s + 1", "1 + s", "s + p", "p + s", "p - s", "p / s", "s * s", "s @ p", "p @ s", "-s", "s == s", "p == s", "s > 0",
    "s.add(1)", "s.sum()", "s.sum(0)", "list(s.max(0))", "s.T", "s.mT", "s.data", "s.real", "s.detach()", "s.clone()",
    "s.view(4)", "s[0]", "s[0, 0]", "s[s > 0]", "s.unbind()", "s.split(1)", "s.tolist()", "s[0, 0].item()", "s.shape",
    "s.to(torch.float64)", "s.double()", "s.float() is s", "s.contiguous() is s", "torch.add(p, s)", "torch.add(s, p)",
    "torch.cat([s, p])", "torch.cat([p, s])", "torch.stack((p, s))", "torch.where(s > 0, s, p)", "torch.matmul(p, s)",
    "torch.nn.functional.relu(s)", "torch.nn.functional.linear(p, s)", "torch.zeros_like(s)", "s.new_zeros(2)",
    "torch.tensor(s)", "torch.as_tensor(s) is s", "list(torch.sort(s))", "s.grad", "s.grad_fn", "s.requires_grad",
    "s._base is None", "s.add_(1)", "s.add_(1) is s", "s + s2", "s2 + s", "s2 + p", "p + s2", "torch.add(s, s2)",
    "leaf * 2", "(leaf * 2).sum().backward() or leaf.grad", "leaf.view(2)", "leaf.detach()", "d.sum()", "torch.sum(d)",
    "d + 1", "n + 1", "1 + n", "n.sum()", "torch.abs(n)", "n + s", "p[0] + n", "repr(s)", "str(s2)", "f'{s}'",
    "s.as_subclass(torch.Tensor)", "p.as_subclass(type(s)) is p", "p.as_subclass(int)", "type(s)([1, 2])",
    "type(s)(2, 3).shape", "type(s)(torch.ones(2))", "type(s)()", "torch.Tensor._make_subclass(type(s), p)",
    "torch.Tensor._make_subclass(type(s), p, True).requires_grad",
    "torch.Tensor._make_subclass(type(s), torch.ones(2, dtype=torch.int32), True)", "isinstance(s, torch.FloatTensor)",
    "torch.nn.Parameter(torch.ones(2)) * 2", "torch.ones(2) * torch.nn.Parameter(torch.ones(2))",
    "s[0] + torch.nn.Parameter(torch.ones(2))", "torch.autograd.grad((leaf * 3).sum(), leaf)", "list(s)", "len(s)",
    "torch.is_tensor(s)", "s.equal(p)", "torch.equal(s, p)", "torch.broadcast_tensors(s, p)", "s.unsqueeze_(0)",
    "s.size()", "s.mean()", "torch.einsum('ij,jk->ik', s, p)", "type(torch.nn.Linear(2, 2)(s)).__name__",
    "torch.overrides.is_tensor_like(s)", "torch.overrides.is_tensor_like(3)",
    "torch.overrides.has_torch_function((s,))",
    "torch.overrides.has_torch_function((p,))", "torch.overrides.has_torch_function((torch.nn.Parameter(p),))",
    "torch.abs(Duck())", "torch.add(p, Duck())", "torch.cat([p, Duck()])", "copy.copy(s)", "np.sin(s.zero_())",
]  # fmt: skip


def names_in(engine: Any) -> dict[str, Any]:
    """Subclasses of that engine's ``Tensor``, and tensors of them."""

    class Sub(engine.Tensor):
        pass

    class SubSub(Sub):
        pass

    class Doubling(engine.Tensor):
        def sum(self, *args: Any, **kwargs: Any) -> Any:
            return super().sum(*args, **kwargs) * 2

    class Refusing(engine.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return NotImplemented

    class Duck:
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return "duck", func.__name__

    import copy

    import numpy as np

    ones = engine.ones
    return {
        "torch": engine, "copy": copy, "np": np, "Duck": Duck, "p": ones(2, 2), "s": ones(2, 2).as_subclass(Sub),
        "s2": ones(2, 2).as_subclass(SubSub), "d": ones(3).as_subclass(Doubling), "n": ones(2).as_subclass(Refusing),
        "leaf": ones(2).as_subclass(Sub).requires_grad_(),
    }  # fmt: skip


def outcome(engine: Any, expression: str) -> Any:
    try:
        return described(eval(expression, names_in(engine)))
    except Exception as error:  # the type is what is being compared
        return f"raises {type(error).__name__}"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_comes_of_a_subclass_is_what_comes_of_pytorchs(expression):
    assert outcome(minitorch, expression) == outcome(pytorch, expression)


@pytest.mark.parametrize("engine", [pytorch, minitorch])
def test_a_class_may_compute_something_else(engine):
    handled = {}

    class Logarithmic(engine.Tensor):
        """Keeps the logarithm of its values."""

        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func in handled:
                return handled[func](*args, **(kwargs or {}))
            return super().__torch_function__(func, types, args, kwargs)

    handled[engine.prod] = lambda x: x.sum()
    x = engine.tensor([1.0, 2.0, 3.0]).as_subclass(Logarithmic)
    assert engine.prod(x).item() == 6
    assert engine.prod(engine.tensor([1.0, 2.0, 4.0])).item() == 8
    assert math.isclose(engine.exp(x)[0].item(), math.e, rel_tol=1e-6)


@pytest.mark.parametrize("engine", [pytorch, minitorch])
def test_every_call_is_seen_once_and_nothing_inside_it(engine):
    seen = []

    class Logging(engine.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append((func.__name__, types == (cls,)))
            return super().__torch_function__(func, types, args, kwargs or {})

    x = engine.ones(2, 2).as_subclass(Logging)
    y = engine.nn.functional.softmax(x + 1, dim=0)
    engine.var_mean(y.flatten())
    assert seen == [("add", True), ("softmax", True), ("flatten", True), ("var_mean", True)]
    assert type(y) is Logging


def test_nobody_is_asked_where_that_is_disabled():
    s = names_in(minitorch)["s"]
    with minitorch.overrides.DisableTorchFunctionSubclass():
        assert type(s + 1) is minitorch.Tensor
        assert type(minitorch.sin(s)) is minitorch.Tensor
    assert type(s + 1) is type(s)


def test_gradients_flow_through_a_subclass():
    for engine in (pytorch, minitorch):
        leaf = names_in(engine)["leaf"]
        (engine.sin(leaf) * leaf).sum().backward()
        assert type(leaf.grad) is engine.Tensor
        assert math.isclose(leaf.grad[0].item(), math.sin(1) + math.cos(1), rel_tol=1e-6)
