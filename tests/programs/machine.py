"""Running a program in both engines, and comparing all there is to see."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

import minitorch

# Relative accuracy of a result in each dtype: a few units in the last place, for sums in another order.
TOLERANCE = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 2e-5, "complex64": 2e-5, "float64": 1e-10,
             "complex128": 1e-10}  # fmt: skip


def make(engine: Any, shape: tuple[int, ...], dtype: str, seed: int) -> Any:
    """A tensor with small random values, the same in both engines; integers among them to provoke equal ones."""
    draw = np.random.default_rng([seed, *shape])
    if dtype == "bool":
        values = draw.integers(0, 2, shape).astype(bool)
    elif dtype.startswith(("int", "uint")):
        values = draw.integers(0 if dtype[0] == "u" else -4, 5, shape)
    else:
        values = np.round(draw.uniform(-2, 2, shape) * 8) / 8
        if dtype.startswith("complex"):
            values = values + 1j * np.round(draw.uniform(-2, 2, shape) * 8) / 8
    return engine.tensor(values.tolist(), dtype=getattr(engine, dtype)).reshape(shape).clone()


# What PyTorch says when it has changed the tensor already.
BREAKING = ("Inplace update to inference", "resize storage that is not resizable", "ZeroDivisionError",
            "is out of bounds for dimension")  # fmt: skip


class Machine:
    """One engine with the variables of the program, and a log of what its hooks saw."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        engine.manual_seed(0)
        self.log: list[Any] = []
        self.accuracy = 0.0
        self.broken = False  # PyTorch complained after it had written: nothing can be compared any more
        self.inference = False  # from then on PyTorch's versions tell which kernels it is made of
        self.names: dict[str, Any] = {
            "torch": engine,
            "make": lambda shape, dtype, seed: make(engine, shape, dtype, seed),
            "log": self.log.append,
            "facts": facts_of_gradient,
            "np": np,
        }

    def run(self, statement: str) -> Exception | None:
        """Runs a statement; the exception it raised."""
        self.inference |= "inference_mode" in statement
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                exec(statement, self.names)
        except Exception as error:  # which exception is what is being compared
            self.broken |= any(text in str(error) for text in BREAKING)
            return error
        return None

    def tensors(self) -> dict[str, Any]:
        """The variables that are tensors, by name."""
        return {name: value for name, value in self.names.items() if isinstance(value, self.engine.Tensor)}

    def variables(self) -> dict[str, Any]:
        """All variables of the program."""
        return {name: value for name, value in self.names.items() if name.startswith("v")}


def array_of(tensor: Any) -> np.ndarray:
    """The values, as an array that NumPy can compare."""
    tensor = tensor.detach().resolve_conj().resolve_neg()
    name = str(tensor.dtype).removeprefix("torch.").removeprefix("minitorch.")
    if name == "complex32":
        tensor = tensor.to(torch.complex64)
    if name == "bfloat16" or name.startswith("float8"):
        tensor = tensor.float()
    return np.array(tensor.numpy())


def dtype_name(tensor: Any) -> str:
    return str(tensor.dtype).rpartition(".")[2]


def node_name(node: Any) -> str | None:
    return None if node is None else node.name().removeprefix("struct ").removeprefix("torch::autograd::")


def facts_of_gradient(gradient: Any) -> Any:
    """What is compared of a gradient, in a hook or in ``x.grad``."""
    if gradient is None:
        return None
    return (array_of(gradient), dtype_name(gradient), tuple(gradient.shape), gradient.requires_grad)


def _grad(tensor: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradient = tensor.grad
    strides = tuple(gradient.stride()) if gradient is not None and gradient.numel() else None
    return None if gradient is None else (facts_of_gradient(gradient), strides)


def _edges(node: Any) -> Any:
    return None if node is None else [(node_name(next_node), number) for next_node, number in node.next_functions]


FACTS: dict[str, Callable[[Any], Any]] = {
    "values": lambda t: (array_of(t), dtype_name(t)),
    "dtype": dtype_name,
    "shape": lambda t: tuple(t.shape),
    "stride": lambda t: tuple(t.stride()) if t.numel() else None,
    "offset": lambda t: t.storage_offset(),
    "contiguous": lambda t: t.is_contiguous(),
    "is_conj": lambda t: (t.is_conj(), t.is_neg()),
    "requires_grad": lambda t: t.requires_grad,
    "is_leaf": lambda t: t.is_leaf,
    "grad_fn": lambda t: node_name(t.grad_fn),
    "edges": lambda t: _edges(t.grad_fn),
    "output_nr": lambda t: t.output_nr,
    "is_inference": lambda t: t.is_inference(),
    "is_view": lambda t: t._is_view(),
    "retains_grad": lambda t: t.retains_grad,
    "grad": _grad,
}


def state(machine: Machine) -> dict[str, Any]:
    """All that can be seen of each variable, how they share memory, and the log of the hooks."""
    seen: dict[str, Any] = {}
    tensors = machine.tensors()
    for name, value in machine.variables().items():
        if name in tensors:
            seen[name] = {fact: _look(look, value) for fact, look in FACTS.items()}
            seen[name]["version"] = None if machine.inference else value._version
            seen[name]["base"] = next((n for n, other in tensors.items() if value._base is other), None)
            seen[name]["memory"] = next(n for n, t in tensors.items() if _storage(t) == _storage(value))
        elif isinstance(value, (int, float, complex, bool, str, tuple, list)):
            seen[name] = repr(value).replace("minitorch", "torch")
        else:
            seen[name] = type(value).__name__
    seen["log"] = list(machine.log)
    return seen


def _look(look: Callable[[Any], Any], tensor: Any) -> Any:
    try:
        return look(tensor)
    except Exception as error:  # a stale view of a kind that can't be brought up to date
        return type(error).__name__


def _storage(tensor: Any) -> Any:
    storage = tensor.untyped_storage()
    return storage.data_ptr() if storage.nbytes() else id(tensor)


def difference(theirs: Any, ours: Any, where: str = "", accuracy: float = 0.0) -> str | None:
    """The first place where two states differ, or None. ``accuracy``: of the least exact dtype values came from."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in dict.fromkeys([*theirs, *ours]):
            if key not in theirs or key not in ours:
                return f"{where} {key}: only in {'PyTorch' if key in theirs else 'minitorch'}"
            found = difference(theirs[key], ours[key], f"{where} {key}", accuracy)
            if found:
                return found
        return None
    if isinstance(theirs, (list, tuple)) and isinstance(ours, (list, tuple)):
        if len(theirs) != len(ours):
            return f"{where}: {ours} instead of {theirs}"
        if len(theirs) > 1 and isinstance(theirs[0], np.ndarray) and isinstance(ours[0], np.ndarray):
            tolerance = TOLERANCE.get(str(theirs[1]), 0.0)
            if not _close(theirs[0], ours[0], max(tolerance, accuracy) if tolerance else 0.0):
                return f"{where}: {ours[0].tolist()} {ours[0].dtype} instead of {theirs[0].tolist()} {theirs[0].dtype}"
            return difference(theirs[1:], ours[1:], where, accuracy)
        pairs = enumerate(zip(theirs, ours))
        return next((f for i, (a, b) in pairs if (f := difference(a, b, f"{where}[{i}]", accuracy))), None)
    return None if type(theirs) is type(ours) and theirs == ours else f"{where}: {ours!r} instead of {theirs!r}"


def _close(theirs: np.ndarray, ours: np.ndarray, tolerance: float) -> bool:
    if theirs.shape != ours.shape or theirs.dtype != ours.dtype:
        return False
    if not tolerance:
        return bool(np.array_equal(theirs, ours))
    with np.errstate(all="ignore"):
        if theirs.dtype.kind == "c":  # where a part is infinite or nan, what the other is says nothing
            theirs, ours = (np.where(np.isfinite(a), a, np.nan) for a in (theirs, ours))
        finite = np.abs(theirs[np.isfinite(theirs)]).astype(float)
        scale = float(finite.max()) if finite.size else 0.0
        return bool(np.allclose(ours, theirs, rtol=tolerance, atol=tolerance * max(scale, 1e-3), equal_nan=True))


def run_both(statements: Iterable[str], watch: bool = True) -> str | None:
    """The first difference between the engines, with the statement after which it showed.

    Without ``watch`` the states are compared only at the end, so that nobody's looking brings a stale view up to date.
    """
    theirs, ours = Machine(torch), Machine(minitorch)
    statement = ""
    for statement in statements:
        found = step_both(theirs, ours, statement, watch)
        if found:
            return found
        if theirs.broken:
            return None
    return None if watch else compared(theirs, ours, statement)


def step_both(theirs: Machine, ours: Machine, statement: str, watch: bool = True) -> str | None:
    """Run one statement in both; the difference it made."""
    return step(theirs, ours, statement, theirs.run(statement), watch)


def step(
    theirs: Machine, ours: Machine, statement: str, their_error: Exception | None, watch: bool = True
) -> str | None:
    """Run a statement that PyTorch has run already; the difference it made."""
    our_error = ours.run(statement)
    if type(their_error).__name__ != type(our_error).__name__:
        return f"{statement}\n    {our_error!r}\n    instead of {their_error!r}"
    return compared(theirs, ours, statement) if watch and not theirs.broken else None


def compared(theirs: Machine, ours: Machine, statement: str) -> str | None:
    theirs.accuracy = max([theirs.accuracy, *(TOLERANCE.get(dtype_name(t), 0.0) for t in theirs.tensors().values())])
    found = difference(state(theirs), state(ours), accuracy=theirs.accuracy)
    return f"{statement}\n   {found}" if found else None
