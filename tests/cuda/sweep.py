"""Which operators differ on the GPU: PyTorch's sample inputs for every operator, on the CPU and on the device.

    python tests/cuda/sweep.py                  every operator of PyTorch's list that minitorch has
    python tests/cuda/sweep.py softmax matmul   some of them

For each, minitorch computes the samples on the CPU and on ``cuda`` (emulated where there is no GPU), with gradients.
An operator fails if the device raises where the CPU does not, or the results differ. One line a failing operator; the
exit status says whether there is one. Operators that draw random numbers are held to shape and dtype only.
"""

from __future__ import annotations

import inspect
import itertools
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

import minitorch

SAMPLES = 6  # of an operator's samples, evenly spread

# On the CPU they differ from call to call, or show memory that nobody wrote.
RANDOM = (
    "rand", "normal", "uniform", "bernoulli", "dropout", "multinomial", "exponential", "cauchy", "geometric", "rrelu",
    "empty", "resize", "fractional", "_lowrank",
)  # fmt: skip


# A sample of logcumsumexp reaches 10000, where float32 logarithms are known to 1e-3, whatever the order of the sum.
LOOSE = {"logcumsumexp": 1e-2}


# Where PyTorch's samples begin with another argument than the function does.
OTHER_ORDER: dict[str, Any] = {
    "einsum": lambda tensors, equation: minitorch.einsum(equation, *tensors),
    "nn.functional.embedding": lambda weight, index, **options: minitorch.nn.functional.embedding(
        index, weight, **options
    ),
    "polygamma": lambda x, n: minitorch.polygamma(n, x),
    "special.polygamma": lambda x, n: minitorch.special.polygamma(n, x),
    "where": lambda x, condition, other: minitorch.where(condition, x, other),
}


def function_of(name: str) -> Any:
    """The operator in minitorch: a function of a module, a method or an attribute; None if there is none."""
    if name in OTHER_ORDER:
        return OTHER_ORDER[name]
    place: Any = minitorch
    for part in name.split("."):
        place = getattr(place, part, None)
    if place is None or isinstance(place, minitorch.dtype):
        place = getattr(minitorch.Tensor, name, None)
    return (lambda tensor: getattr(tensor, name)) if isinstance(place, property) else place


def translated(value: Any, device: str, grad: bool) -> Any:
    """A value of a sample with minitorch's tensors in place of PyTorch's."""
    if isinstance(value, torch.Tensor):
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        made = minitorch.from_numpy(plain.numpy().copy()).to(device)
        if grad and value.is_floating_point():
            made.requires_grad_()
        return made
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(translated(item, device, grad) for item in value)
    if isinstance(value, dict):
        return {name: translated(item, device, grad) for name, item in value.items()}
    if isinstance(value, torch.dtype):
        return getattr(minitorch, str(value).removeprefix("torch."))
    if isinstance(value, torch.device) or value == "cpu":
        return minitorch.device(device)
    if isinstance(value, torch.memory_format):
        return getattr(minitorch, str(value).removeprefix("torch."))
    return value


def tensors_in(value: Any) -> list[Any]:
    """All tensors in nested containers, in order."""
    if isinstance(value, minitorch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    return [t for item in value for t in tensors_in(item)] if isinstance(value, (tuple, list)) else []


def computed(function: Any, sample: Any, device: str, grad: bool) -> tuple[Any, list[Any]]:
    """The result on a device, and the gradients of all floating inputs under a fixed cotangent."""
    inputs = translated((sample.input, sample.args, sample.kwargs), device, grad)
    result = function(inputs[0], *inputs[1], **inputs[2])
    roots = [t for t in tensors_in(result) if t.requires_grad]
    leaves = [t for t in tensors_in(list(inputs)) if t.requires_grad and t.is_leaf]
    if not roots or not leaves:
        return result, []
    cotangents = []
    for place, root in enumerate(roots):
        values = np.random.default_rng(place).standard_normal(tuple(root.shape))
        cotangents.append(minitorch.from_numpy(np.asarray(values)).to(device, root.dtype))
    return result, [g for g in minitorch.autograd.grad(roots, leaves, cotangents, allow_unused=True) if g is not None]


def close(expected: np.ndarray, found: np.ndarray, tolerance: float) -> bool:
    """Whether values agree; what came out of a sum is known as well as the largest of them are."""
    scale = np.max(np.abs(expected), initial=1, where=np.isfinite(expected))
    return np.allclose(found, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def difference(ours: Any, theirs: Any, only_shapes: bool, tolerance: float = 1e-4) -> str:
    """What differs between results on the CPU and on the device; nothing if they agree."""
    here, there = tensors_in(ours), tensors_in(theirs)
    if len(here) != len(there):
        return f"{len(there)} tensors instead of {len(here)}"
    for a, b in zip(here, there, strict=True):
        if b.device.type != "cuda":
            return f"a result on {b.device}"
        if a.shape != b.shape or a.dtype is not b.dtype:
            return f"{b.dtype} {list(b.shape)} instead of {a.dtype} {list(a.shape)}"
        if not only_shapes and a.stride() != b.stride() and a.numel():
            return f"stride {b.stride()} instead of {a.stride()}"
        x, y = (
            t.detach().resolve_conj().to(minitorch.complex128 if t.is_complex() else minitorch.float64) for t in (a, b)
        )
        if not only_shapes and not close(x.numpy(), y.cpu().numpy(), tolerance):
            return "other values"
    if not here and not isinstance(ours, minitorch.Tensor) and ours != theirs and ours == ours:
        return f"{theirs!r} instead of {ours!r}"
    return ""


def failure_of(operator: Any) -> str | None:
    """Why an operator fails; "" if it does not, None if minitorch has it not or cannot compute a sample on the CPU."""
    function = function_of(operator.name)
    if function is None or inspect.isclass(function):
        return None
    samples = list(itertools.islice(operator.sample_inputs("cpu", torch.float32, requires_grad=False), 200))
    step = max(1, len(samples) // SAMPLES)
    ran, only_shapes = False, any(word in operator.name for word in RANDOM)
    for sample in samples[::step]:
        for grad in (False, True) if operator.supports_autograd else (False,):
            try:
                ours = computed(function, sample, "cpu", grad)
            except Exception:
                continue
            ran = True
            try:
                theirs = computed(function, sample, "cuda", grad)
                found = difference(ours, theirs, only_shapes, LOOSE.get(operator.name, 1e-4))
            except Exception as error:
                found = f"{type(error).__name__}: {str(error)[:150]} ({_where(error)})"
            if found:
                return ("gradient: " if grad else "") + found.replace("\n", " ")
    return "" if ran else None


def _where(error: BaseException) -> str:
    """The last line of the engine, of its operators rather than of the emulation, that an error came through."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "minitorch" in name and f"core{os.sep}cuda" not in name:
            lines.append(f"{name.rpartition('minitorch' + os.sep)[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return lines[-1] if lines else ""


def sweep(names: list[str]) -> Iterator[tuple[str, str | None]]:
    """Every operator's full name with what ``failure_of`` says."""
    from torch.testing._internal.common_methods_invocations import op_db

    for operator in op_db:
        name = operator.name + (f".{operator.variant_test_name}" if operator.variant_test_name else "")
        if (not names or operator.name in names or name in names) and torch.float32 in operator.dtypes:
            yield name, failure_of(operator)


def main(names: list[str]) -> int:
    """Print the failing operators. 1 if there are any."""
    from minitorch.core import cuda

    if not cuda.is_available():
        cuda.choose("emulate")
    warnings.simplefilter("ignore")
    passed, absent, failed = 0, 0, 0
    for name, reason in sweep(names):
        if reason:
            failed += 1
            print(f"{name}: {reason}", flush=True)
        elif reason is None:
            absent += 1
        else:
            passed += 1
    print(f"{passed} operators agree, {failed} fail, {absent} are not here or take other arguments")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
