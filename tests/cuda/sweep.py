"""Which operators differ on the GPU: PyTorch's sample inputs for every operator, on the device and by PyTorch.

    python tests/cuda/sweep.py                              every operator of PyTorch's list that minitorch has
    python tests/cuda/sweep.py softmax matmul               some of them
    python tests/cuda/sweep.py --dtypes float16,complex64   in other dtypes than float32; `all` for the six below
    python tests/cuda/sweep.py --order 2 softmax            with second derivatives

For each sample minitorch computes on ``cuda`` (emulated where there is no GPU) and PyTorch on the CPU: results,
gradients under random cotangents, the in-place form, ``out=``, and whether a view shows the input's memory. An operator
fails if the device raises or gives other values, dtypes, shapes or strides than PyTorch, and minitorch on the CPU does
not do the same; what the CPU does as well is no matter of the device and is counted apart. One line a failing operator;
the exit status says whether there is one. ``test_operators.py`` runs a part of this as tests.
"""

from __future__ import annotations

import argparse
import inspect
import itertools
import os
import sys
import types
import unittest
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

import minitorch

try:
    import expecttest  # noqa: F401
except ImportError:  # PyTorch's lists import it, for tests of its own
    sys.modules["expecttest"] = types.ModuleType("expecttest")
    sys.modules["expecttest"].TestCase = unittest.TestCase
    sys.modules["expecttest"].ACCEPT = False

SAMPLES = 6  # of an operator's samples, evenly spread
DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "bool", "complex64")

# They differ from call to call, or show memory that nobody wrote: held to shape and dtype only.
RANDOM = (
    "rand", "normal", "uniform", "bernoulli", "dropout", "multinomial", "exponential", "cauchy", "geometric", "rrelu",
    "empty", "resize", "fractional", "_lowrank",
)  # fmt: skip

# Relative tolerance, about three times PyTorch's own; the absolute one is that much of the largest value.
TOLERANCE = {"float32": 4e-6, "float64": 1e-9, "float16": 3e-3, "bfloat16": 2.4e-2, "complex64": 4e-6}

# Where that is too strict: how many times as much, and why.
LOOSE = {
    "logcumsumexp": (200, "a sample reaches 10000, where logarithms in float32 are known to 1e-3"),
    "nn.functional.layer_norm": (3, "gradients of weights sum over rows in float32, in another order"),
    "nn.functional.scaled_dot_product_attention": (3, "softmax is summed up tile by tile"),
}

# The gradients of a fused kernel lie as it writes them.
OTHER_STRIDES = ("nn.functional.scaled_dot_product_attention",)

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


class Verdict(NamedTuple):
    """``status``: "agrees", "fails", "absent" (no sample could be computed) or "elsewhere" (the CPU does it too)."""

    status: str
    reason: str = ""


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


# ---- samples --------------------------------------------------------------------------------------------------------


def samples_of(operator: Any, dtype: torch.dtype, count: int, grad: bool) -> list[Any]:
    """Samples, the same at every call, the last but one of them not contiguous."""
    torch.manual_seed(0)
    found = list(itertools.islice(operator.sample_inputs("cpu", dtype, requires_grad=grad), 200))
    chosen = found[:: max(1, len(found) // count)][:count]
    return [sample.noncontiguous() if place == len(chosen) - 2 else sample for place, sample in enumerate(chosen)]


def for_engine(engine: Any, value: Any, device: str, grad: bool) -> Any:
    """A value of a sample with tensors of an engine that have memory of their own, with the same strides."""
    if isinstance(value, torch.Tensor):
        plain = value.detach().resolve_conj().resolve_neg()
        memory = torch.empty(0, dtype=plain.dtype).set_(plain.untyped_storage())[plain.storage_offset() :]
        length = 1 + sum((n - 1) * s for n, s in zip(plain.shape, plain.stride(), strict=True)) if plain.numel() else 0
        flat = memory[:length].clone()
        if engine is minitorch:
            wide = flat.float() if flat.dtype is torch.bfloat16 else flat
            flat = minitorch.from_numpy(wide.numpy()).to(device, getattr(minitorch, str(flat.dtype)[6:]))
        made = flat.as_strided(tuple(plain.shape), plain.stride())
        return made.requires_grad_() if grad and value.requires_grad else made
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(for_engine(engine, item, device, grad) for item in value)
    if isinstance(value, dict):
        return {name: for_engine(engine, item, device, grad) for name, item in value.items()}
    if engine is torch:
        return value
    if isinstance(value, (torch.dtype, torch.memory_format)):
        return getattr(minitorch, str(value).removeprefix("torch."))
    if isinstance(value, torch.device) or (isinstance(value, str) and value == "cpu"):
        return minitorch.device(device)
    return value


def tensors_in(value: Any) -> list[Any]:
    """All tensors in nested containers, in order."""
    if isinstance(value, (minitorch.Tensor, torch.Tensor)):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    return [t for item in value for t in tensors_in(item)] if isinstance(value, (tuple, list)) else []


# ---- computing ------------------------------------------------------------------------------------------------------


class Computed(NamedTuple):
    """What came out, the gradients of all inputs that have one, and which results show the first input's memory."""

    result: Any
    gradients: list[Any]
    aliases: list[bool]


def computed(engine: Any, function: Any, sample: Any, device: str, order: int = 0, form: str = "plain") -> Computed:
    """A sample in an engine, with derivatives up to ``order``; ``form``: "plain", "in place" or "out"."""
    inputs = for_engine(engine, (sample.input, sample.args, sample.kwargs), device, order > 0)
    first, args, kwargs = inputs
    if form == "out":
        made = tensors_in(function(first, *args, **kwargs))
        out = tuple([engine.empty_like(t) for t in made]) if len(made) > 1 else engine.empty_like(made[0])
        kwargs = {**kwargs, "out": out}
    if form == "in place" and order:
        first = first.clone()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function(first, *args, **kwargs)
    if form == "out":
        for written, returned in zip(tensors_in(out), tensors_in(result), strict=True):
            assert written is returned, "out= is not what is returned"
    sources = {t.untyped_storage().data_ptr() for t in tensors_in(inputs[0]) if t.numel()}
    aliases = [t.untyped_storage().data_ptr() in sources for t in tensors_in(result) if t.numel()]
    roots = [t for t in tensors_in(result) if t.requires_grad]
    leaves = [t for t in tensors_in(list(inputs)) if t.requires_grad and t.is_leaf]
    found, every = [], []
    for _ in range(order):
        if not roots or not leaves:
            break
        cotangents = [cotangent_of(engine, root, device, place) for place, root in enumerate(roots)]
        found = engine.autograd.grad(roots, leaves, cotangents, create_graph=order > 1, allow_unused=True)
        every += [g for g in found if g is not None]
        roots = [g for g in found if g is not None and g.requires_grad]
    return Computed(result, every, aliases)


def cotangent_of(engine: Any, root: Any, device: str, place: int) -> Any:
    """Random numbers of the shape of a result, the same for both engines."""
    draw = np.random.default_rng(place).standard_normal
    values = draw(tuple(root.shape)) + (1j * draw(tuple(root.shape)) if root.is_complex() else 0)
    return engine.from_numpy(np.asarray(values)).to(device=device, dtype=root.dtype)


# ---- comparing ------------------------------------------------------------------------------------------------------


def values_of(tensor: Any) -> np.ndarray:
    """As wide NumPy numbers."""
    engine = torch if isinstance(tensor, torch.Tensor) else minitorch
    plain = tensor.detach().resolve_conj().resolve_neg()
    if engine is torch and plain._is_zerotensor():
        plain = plain.clone()  # a symbolic zero has no memory
    if plain.dtype is engine.bfloat16:
        plain = plain.to(engine.float32)
    return np.asarray(plain.cpu().numpy())


def close(expected: np.ndarray, found: np.ndarray, tolerance: float) -> bool:
    """Whether values agree; what came out of a sum is known as well as the largest of them are."""
    if not tolerance or expected.dtype.kind in "biu":
        return bool(np.array_equal(expected, found))
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    expected, found = expected.astype(wide), found.astype(wide)
    scale = np.max(np.abs(expected), initial=1, where=np.isfinite(expected))
    return np.allclose(found, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def difference(expected: Any, found: Any, only_shapes: bool, tolerance: float, strides: bool) -> str:
    """What differs from what was expected; nothing if all agrees."""
    here, there = tensors_in(expected), tensors_in(found)
    if len(here) != len(there):
        return f"{len(there)} tensors instead of {len(here)}"
    for a, b in zip(here, there, strict=True):
        if tuple(a.shape) != tuple(b.shape) or repr(a.dtype) != repr(b.dtype):
            return f"{b.dtype} {list(b.shape)} instead of {a.dtype} {list(a.shape)}"
        if only_shapes:
            continue
        steps = [[s for s, n in zip(t.stride(), t.shape) if n > 1] for t in (a, b)]
        if strides and steps[0] != steps[1] and a.numel():
            return f"stride {b.stride()} instead of {a.stride()} for {list(a.shape)}"
        x, y = values_of(a), values_of(b)
        if not close(x, y, tolerance):
            return f"other values, by {worst(x, y):.1e}"
    if not here and isinstance(expected, (bool, int, float, complex, str)) and expected != found == found:
        return f"{found!r} instead of {expected!r}"
    return ""


def worst(expected: np.ndarray, found: np.ndarray) -> float:
    """The largest difference, as a part of the largest value."""
    if expected.dtype.kind == "b":
        return float((expected != found).any())
    apart = np.abs(np.subtract(found, expected, dtype=np.complex128))
    scale = np.max(np.abs(expected), initial=1, where=np.isfinite(expected))
    return float(np.nanmax(apart, initial=0)) / float(scale)


def compared(expected: Computed, found: Computed, name: str, tolerance: float, device: str, order: int = 1) -> str:
    """What differs between PyTorch's results and minitorch's. Second derivatives may have strides of their own."""
    away = [str(t.device) for t in [*tensors_in(found.result), *found.gradients] if t.device.type != device]
    if away:
        return f"a result on {away[0]}"
    only_shapes = any(word in name for word in RANDOM)
    problem = difference(expected.result, found.result, only_shapes, tolerance, True)
    if not problem and expected.aliases != found.aliases:
        problem = "a copy instead of a view" if any(expected.aliases) else "a view instead of a copy"
    if problem:
        return problem
    strides = name not in OTHER_STRIDES and order < 2
    problem = difference(expected.gradients, found.gradients, only_shapes, tolerance * 2, strides)
    return problem and f"gradient: {problem}"


# ---- operators ------------------------------------------------------------------------------------------------------


def forms_of(operator: Any, function: Any) -> Iterator[tuple[str, Any, Any]]:
    """The plain form, the one in place, ``out=``: its name, PyTorch's function, minitorch's."""
    yield "plain", operator, function
    theirs, name = operator.inplace_variant, operator.name.rpartition(".")[2]
    ours = getattr(minitorch.Tensor, f"{name}_", None)
    if theirs is not None and ours is not None and hasattr(torch.Tensor, f"{name}_"):
        yield "in place", theirs, ours
    if operator.supports_out and operator.name not in OTHER_ORDER:
        yield "out", operator, function


def verdict_of(operator: Any, dtype: str = "float32", samples: int = SAMPLES, order: int = 1) -> Verdict:
    """Whether an operator does on the device what PyTorch does."""
    function = function_of(operator.name)
    if function is None or inspect.isclass(function):
        return Verdict("absent")
    exact = getattr(torch, dtype)
    if not operator.supports_autograd or not (exact.is_floating_point or exact.is_complex):
        order = 0
    elif not operator.supports_gradgrad:
        order = min(order, 1)
    ran, elsewhere = False, ""
    tolerance = TOLERANCE.get(dtype, 4e-6) * LOOSE.get(operator.name, (1, ""))[0]
    for sample in samples_of(operator, exact, samples, order > 0):
        for form, theirs, ours in forms_of(operator, function):
            steps = order if form == "plain" else 0
            try:
                expected = computed(torch, theirs, sample, "cpu", steps, form)
            except Exception:
                continue  # PyTorch refuses it: no form for this sample
            found = outcome(expected, ours, sample, "cuda", steps, form, operator.name, tolerance)
            ran = ran or not found
            if found and outcome(expected, ours, sample, "cpu", steps, form, operator.name, tolerance):
                elsewhere = elsewhere or f"{form}: {found}"
            elif found:
                return Verdict("fails", f"{form}: {found}")
    if elsewhere:
        return Verdict("elsewhere" if ran else "absent", elsewhere)
    return Verdict("agrees" if ran else "absent")


def outcome(
    expected: Computed, function: Any, sample: Any, device: str, order: int, form: str, name: str, tolerance: float
) -> str:
    """What is wrong with minitorch's result on a device; nothing if it is PyTorch's."""
    try:
        found = computed(minitorch, function, sample, device, order, form)
        return compared(expected, found, name, tolerance, device, order)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:150]} ({_where(error)})".replace("\n", " ")


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


def operators(names: list[str]) -> Iterator[tuple[str, Any]]:
    """PyTorch's operators by full name: all, or those that are named, with their variants."""
    from torch.testing._internal.common_methods_invocations import op_db

    for operator in op_db:
        name = operator.name + (f".{operator.variant_test_name}" if operator.variant_test_name else "")
        if not names or operator.name in names or name in names:
            yield name, operator


def main(arguments: list[str]) -> int:
    """Print the failing operators. 1 if there are any."""
    from minitorch.core import cuda

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--dtypes", default="float32")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--order", type=int, default=1, help="of derivatives")
    parser.add_argument("--elsewhere", action="store_true", help="print what differs on the CPU as well")
    chosen = parser.parse_args(arguments)
    if not cuda.is_available():
        cuda.choose("emulate")
    warnings.simplefilter("ignore")
    failed = 0
    for dtype in DTYPES if chosen.dtypes == "all" else chosen.dtypes.split(","):
        counts = dict.fromkeys(("agrees", "fails", "absent", "elsewhere"), 0)
        for name, operator in operators(chosen.names):
            if getattr(torch, dtype) not in operator.dtypes:
                continue
            status, reason = verdict_of(operator, dtype, chosen.samples, chosen.order)
            counts[status] += 1
            if status == "fails" or (chosen.elsewhere and reason):
                print(f"{name}: {status}: {reason}", flush=True)
        print(
            f"{dtype}: {counts['agrees']} operators agree, {counts['fails']} fail, {counts['elsewhere']} differ on the "
            f"CPU as well, {counts['absent']} are not here or take other arguments"
        )
        failed += counts["fails"]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
