"""The same program in PyTorch and in minitorch, with everything it returns compared.

    same(lambda engine: engine.ones(3, requires_grad=True).sum().grad_fn)

``same`` is for programs that need more freedom than ``compare.check`` gives: they make their own tensors, register
hooks, look at nodes. A program gets the engine, and returns whatever tells the engines apart: tensors (compared by
value, dtype, shape, ``requires_grad``, ``grad_fn``), nodes (by name), numbers, texts, and lists and dictionaries of
them. ``same_error`` is for programs that must fail.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minitorch

Program = Callable[[Any], Any]


def same(program: Program) -> Any:
    """Run the program in both engines; both must return the same. Returns what it gave in minitorch, as plain data."""
    theirs, ours = (_plain(program(engine)) for engine in (torch, minitorch))
    _assert_equal(theirs, ours, "result")
    return ours


def same_error(program: Program, match: str = "", exact: bool = False) -> str:
    """Both engines must raise the same type; ``match`` must be in both messages, ``exact``: ours begins with theirs."""
    failures = []
    for engine in (torch, minitorch):
        try:
            result = program(engine)
        except Exception as error:  # the type is what is being compared
            failures.append(error)
        else:
            raise AssertionError(f"{engine.__name__} accepted it, with {result}")
    theirs, ours = failures
    assert type(ours) is type(theirs), f"{type(ours).__name__}({ours}) instead of {type(theirs).__name__}({theirs})"
    assert match in str(theirs), f"PyTorch says {str(theirs)!r}"
    assert match in str(ours), f"minitorch says {str(ours)!r}"
    if exact:
        assert str(ours).startswith(str(theirs)), f"{str(ours)!r} instead of {str(theirs)!r}"  # a hint may follow
    return str(ours)


def outcome(call: Callable[[], Any]) -> Any:
    """What a call inside a program returns, or the type of what it raises."""
    try:
        return call()
    except Exception as error:  # the type is what is being compared
        return type(error).__name__


def warned(call: Callable[[], Any]) -> list[str]:
    """The categories of the warnings that a call gives."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        call()
    return [warning.category.__name__ for warning in given]


def _plain(value: Any) -> Any:
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        return {
            "values": np.array(value.detach().resolve_conj().resolve_neg().numpy()),
            "dtype": repr(value.dtype),
            "requires_grad": value.requires_grad,
            "grad_fn": None if value.grad_fn is None else value.grad_fn.name(),
        }
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if callable(getattr(value, "name", None)) and hasattr(value, "next_functions"):
        return value.name()
    if isinstance(value, (torch.dtype, torch.device)) or type(value).__module__.startswith("minitorch"):
        return repr(value)
    return value


def _assert_equal(theirs: Any, ours: Any, where: str) -> None:
    assert type(ours) is type(theirs), f"{where}: {ours!r} instead of {theirs!r}"
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), f"{where}: {list(ours)} instead of {list(theirs)}"
        for key in theirs:
            _assert_equal(theirs[key], ours[key], f"{where}[{key!r}]")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), f"{where}: {ours!r} instead of {theirs!r}"
        for place, (a, b) in enumerate(zip(theirs, ours)):
            _assert_equal(a, b, f"{where}[{place}]")
    elif isinstance(theirs, np.ndarray):
        assert ours.shape == theirs.shape, f"{where}: shape {ours.shape} instead of {theirs.shape}"
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9, err_msg=where)
    elif isinstance(theirs, float):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, err_msg=where)
    else:
        assert ours == theirs, f"{where}: {ours!r} instead of {theirs!r}"
