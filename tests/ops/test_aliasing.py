"""Random programs of views and in-place writes: every tensor must see what it sees in PyTorch.

A program keeps a pool of tensors over few memories. Each step makes a view (or copy) of one of them, or writes into it.
In the end all tensors of the pool are compared: values, version, history, and the gradients of what was made of them.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

PROGRAMS = 600

VIEWS = [
    lambda x, dim, other, i: x.transpose(dim, other),
    lambda x, dim, other, i: x.select(dim, min(i, x.shape[dim] - 1)),
    lambda x, dim, other, i: x.narrow(dim, 0, min(1 + i % 2, x.shape[dim])),
    lambda x, dim, other, i: x.unsqueeze(dim),
    lambda x, dim, other, i: x.view(-1),
    lambda x, dim, other, i: x.reshape(-1),
    lambda x, dim, other, i: x.diagonal(0, dim, other),
    lambda x, dim, other, i: x.squeeze(),
    lambda x, dim, other, i: x.unfold(dim, min(2, x.shape[dim]), 2),
    lambda x, dim, other, i: x.detach(),
    lambda x, dim, other, i: x.clone(),
    lambda x, dim, other, i: x.chunk(2, dim)[i % 2],
]
WRITES = [
    lambda x, w: x.mul_(w[0]),
    lambda x, w: x.add_(1.5),
    lambda x, w: x.zero_(),
    lambda x, w: x.copy_(w[1] * x.clone()),
    lambda x, w: x.fill_(w[1]),
    lambda x, w: x.mul_(x.clone()),
]


def run(engine: Any, seed: int) -> list[Any]:
    """The trace of a program, the state of its tensors, and the gradients."""
    choose = random.Random(seed)
    leaf = engine.tensor(np.arange(1.0, 25.0).reshape(2, 3, 4) / 7).requires_grad_(seed % 3 > 0)
    weight = engine.tensor([0.7, 1.3], dtype=engine.float64).requires_grad_(seed % 3 > 0)
    pool, trace = [leaf * 1.0], []
    for _ in range(choose.randint(3, 9)):
        x = choose.choice(pool)
        last = max(x.dim() - 1, 0)
        numbers = choose.randint(0, last), choose.randint(0, last), choose.randint(0, 3)
        view, write, writes = choose.choice(VIEWS), choose.choice(WRITES), choose.random() > 0.55
        try:
            if writes:
                write(x, weight)
            else:
                pool.append(view(x, *numbers))
        except (RuntimeError, IndexError) as error:
            trace.append(type(error).__name__)
    return [trace, [state(x) for x in pool], gradients(engine, pool, [leaf, weight])]


def state(x: Any) -> Any:
    try:
        history = None if x.grad_fn is None else x.grad_fn.name(), x.is_leaf
    except RuntimeError:
        history = "no history: its base was written"
    return x.detach().tolist(), x._version, x.requires_grad, x._is_view(), history


def gradients(engine: Any, pool: list[Any], leaves: list[Any]) -> Any:
    """Of a sum in which every tensor has another weight; what refuses to be differentiated says so."""
    try:
        terms = [(x * x * (place + 1)).sum() for place, x in enumerate(pool) if x.requires_grad]
        if not terms:
            return None
        found = engine.autograd.grad(terms, leaves, allow_unused=True)
        return [None if gradient is None else gradient.tolist() for gradient in found]
    except RuntimeError as error:
        return type(error).__name__


def flat(value: Any) -> list[Any]:
    return [item for part in value for item in flat(part)] if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("first", range(0, PROGRAMS, 100))
def test_random_programs_of_views_and_writes_do_what_they_do_in_pytorch(first):
    for seed in range(first, first + 100):
        theirs, ours = flat(run(torch, seed)), flat(run(minitorch, seed))
        assert len(ours) == len(theirs), f"program {seed}"
        for a, b in zip(theirs, ours):
            assert b == (pytest.approx(a, rel=1e-9, abs=1e-12) if isinstance(a, float) else a), f"program {seed}"
