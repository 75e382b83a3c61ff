"""Random programs of tensors that share memory in all ways there are: both engines must agree after every statement.

Compared are, for all tensors: geometry, version, the flags, bytes of storage, who shares storage with whom, and values.
"""

from __future__ import annotations

import copy
import pickle
import random
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

STATEMENTS = (
    "T.append({x}.data)", "T.append({x}.detach())", "T.append({x}[1:] if {x}.dim() else {x})", "T.append({x}.T)",
    "T.append(copy.copy({x}))", "T.append(copy.deepcopy({x}))", "T.append(torch.ones(3).set_({y}))",
    "T.append(torch.ones(3).set_({y}.untyped_storage()))",
    "T.append(torch.ones(3).set_({y}.untyped_storage(), 1, (2,)).fill_({n}))",
    "T.append(torch.ones(3).set_({y}.storage(), 0, (2,), (1,)).fill_({n}))",
    "T.append(torch.ones(3)); T[-1].data = {y}",
    "R({x}).resize_({n}, 2).fill_({n})", "{x}.resize_(0)", "R({x}).resize_(()).fill_({n})", "{x}.add_({n})",
    "{x}.fill_({n})",
    "T.append(torch.from_numpy({x}.numpy()))", "{x}.untyped_storage().fill_({n})", "{x}._typed_storage()[0] = 3.",
    "{x}.t_()", "{x}.unsqueeze_(0)", "{x}.squeeze_()", "{x}.copy_({y})", "T.append({x}.clone())",
    "T.append({x}.view(-1))",
    "T.append(pickle.loads(pickle.dumps({x})))", "T.append({x}.contiguous())", "T.append(torch.asarray({x}))",
    "T.append({x}.as_subclass(torch.Tensor))", "R({x}).resize_as_({y}).zero_()", "T.append(torch.tensor({x}))",
    "{x}.requires_grad_()", "T.append({x} * 2)", "{x}.mul_(2)", "T.append(torch.Tensor({x}))",
)  # fmt: skip


def random_program(seed: int) -> list[str]:
    draw = random.Random(seed)
    program = []
    for _ in range(draw.randint(2, 8)):
        x, y = (f"T[{draw.randrange(1000)} % len(T)]" for _ in "xy")
        program.append(draw.choice(STATEMENTS).format(x=x, y=y, n=draw.randrange(5)))
    return program


def state(tensors: list[Any]) -> list[Any]:
    storages = [tensor.untyped_storage()._cdata for tensor in tensors]
    return [
        (
            tuple(t.shape), t.stride() if t.numel() else None, t.storage_offset(), t._version, t._is_view(), t.is_leaf,
            t.requires_grad, None if t.grad_fn is None else t.grad_fn.name(), t.untyped_storage().nbytes(),
            t.untyped_storage().resizable(), storages.index(storage), t.detach().tolist(),
        )
        for t, storage in zip(tensors, storages)
    ]  # fmt: skip


def resizable(tensor: Any) -> Any:
    """Where memory is not its own, PyTorch's ``resize_`` fails after it has changed the shape: this is left out."""
    if not tensor.untyped_storage().resizable():
        raise RuntimeError("not asked")
    return tensor


def trace(engine: Any, program: list[str]) -> list[Any]:
    tensors = [engine.arange(6.0), engine.ones(2, 3)]
    names = {"torch": engine, "np": np, "copy": copy, "pickle": pickle, "T": tensors, "R": resizable}
    found = []
    for statement in program:
        try:
            exec(statement, names)
        except Exception as error:  # the type is what is being compared
            found.append(type(error).__name__)
        else:
            found.append(state(tensors))
    return found


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_tensors_share_memory_and_versions_as_in_pytorch(start):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(start, start + 100):
            program = random_program(seed)
            theirs, ours = trace(torch, program), trace(minitorch, program)
            for place, statement in enumerate(program):
                done = "\n".join(program[: place + 1])
                assert ours[place] == theirs[place], f"seed {seed}, at {statement}\n{done}"
