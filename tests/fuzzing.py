"""Random programs as source text, run in both engines, with everything they show compared.

    check_program(["t = torch.arange(3.)", "see(t)", "see(repr(t * 2))"])

A program is a list of statements in which ``torch`` is the engine. ``see(value)`` shows a value: texts and numbers are
compared as they are, tensors bit for bit (any nan equals any other) with dtype, shape, stride and the name of
``grad_fn``. A statement that raises shows the type of the exception, and the program goes on.

Generators take a ``random.Random``; hypothesis chooses its seed (``programs``), and a failing program is shortened by
leaving out statements. How many are run: ``examples(number)``, or whatever the environment variable ``MINITORCH_FUZZ``
says, which also draws new ones each time. ``any_error=True`` accepts any two exceptions as equal, for calls that may be
wrong in two ways at once, of which the engines need not find the same one first.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import minitorch

Program = list[str]

FLOATS = ("float16", "bfloat16", "float32", "float64")
EIGHT_BIT_FLOATS = ("float8_e4m3fn", "float8_e5m2")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
UNSIGNED = ("uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")


def examples(number: int) -> Any:
    """Settings: ``number`` programs, always the same; more and new ones if ``MINITORCH_FUZZ`` is set."""
    wanted = int(os.environ.get("MINITORCH_FUZZ", 0))
    return settings(
        max_examples=wanted or number,
        derandomize=not wanted,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def programs(generate: Callable[[Random], Program]) -> Any:
    """A hypothesis strategy of the programs that ``generate`` makes."""
    return st.integers(0, 2**32 - 1).map(lambda seed: generate(Random(seed)))


def check_program(program: Sequence[str], any_error: bool = False) -> None:
    """Both engines must show the same."""
    found = difference(program, any_error)
    if found is None:
        return
    program = list(program)
    for place in range(len(program) - 1, -1, -1):
        shorter = program[:place] + program[place + 1 :]
        still = difference(shorter, any_error)
        if still is not None and "NameError" not in still:
            program, found = shorter, still
    raise AssertionError(found + "\n\n" + "\n".join(program))


def difference(program: Sequence[str], any_error: bool = False) -> str | None:
    """The first thing shown that differs, in words; None if there is none."""
    theirs, ours = run(torch, program), run(minitorch, program)
    for place, (a, b) in enumerate(zip(theirs, ours)):
        failed = all(isinstance(shown, str) and shown.startswith("statement ") for shown in (a, b))
        if a != b and not (any_error and failed):
            return f"shown {place}:\nminitorch: {b}\npytorch:   {a}"
    return None if len(theirs) == len(ours) else f"{len(ours)} things shown instead of {len(theirs)}"


def run(engine: Any, program: Sequence[str]) -> list[Any]:
    """What the program shows, statement by statement."""
    seen: list[Any] = []
    names = {
        "torch": engine, "nn": engine.nn, "F": engine.nn.functional, "np": np, "math": math,
        "inf": math.inf, "nan": math.nan, "see": lambda value: seen.append(described(value)),
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for number, statement in enumerate(program):
                try:
                    exec(statement, names)
                except Exception as error:  # the type is what is being compared
                    seen.append(f"statement {number}: {type(error).__name__}")
        finally:
            engine.set_default_dtype(engine.float32)
            engine.set_printoptions(profile="default")
    return seen


def described(value: Any) -> Any:
    """A value as plain data that can be compared with ``==``."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        sizes = tuple(value.shape)
        steps = [step for step, size in zip(value.stride(), sizes) if size > 1] if value.numel() else []
        grad_fn = None if value.grad_fn is None else value.grad_fn.name()
        return ["tensor", repr(value.dtype), sizes, steps, value.requires_grad, grad_fn, bits(value)]
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *map(described, value)]
    if isinstance(value, (str, bool, int, type(None))):
        return value
    return repr(value)


def bits(tensor: Any) -> Any:
    """The elements so that two tensors have equal ones if and only if they are bitwise equal, nan apart."""
    tensor = tensor.detach()
    if tensor.is_complex():
        tensor = tensor.resolve_conj()
    if tensor.is_complex() or tensor.dtype in (torch.float64, minitorch.float64, torch.float32, minitorch.float32):
        array = tensor.numpy()
        parts = (array.real, array.imag) if array.dtype.kind == "c" else (array,)
        return [[float(x).hex() for x in part.ravel().tolist()] for part in parts]
    if tensor.is_floating_point():
        engine = torch if isinstance(tensor, torch.Tensor) else minitorch
        return [float(x).hex() for x in tensor.to(engine.float32).numpy().ravel().tolist()]
    return tensor.numpy().ravel().tolist()
