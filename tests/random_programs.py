"""Random programs of views, in-place writes, arithmetic, hooks and backward passes, run in PyTorch and in minitorch.

A program is a list of statements ``(name, a, b, c, mode)``. The numbers pick operands among the variables made so far,
always modulo how many fit, so that every part of a program is a program too and a failing one can be shortened by
leaving statements out. ``state`` is all there is to see of the variables after a statement.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Statement = tuple[str, int, int, int, str]

SHAPES = [(4,), (2, 3), (3,), (2, 2), (1, 3), ()]
FACTORS = [0.5, -1.0, 2.0, 1.5, -0.25]
OPERATIONS: dict[str, tuple[int, Callable[..., None]]] = {}


class Machine:
    """One engine with the variables of the program, and a log of what its hooks saw."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.variables: list[Any] = []
        self.log: list[tuple[Any, ...]] = []
        self.made = 0
        self.inference = False  # whether there ever was an inference tensor

    def pick(self, number: int) -> Any:
        return self.variables[number % len(self.variables)]

    def pick_fitting(self, number: int, target: Any) -> Any:
        """A variable that broadcasts to the shape of ``target``; now and then any. Not another view of its memory:
        writing one from the other is an error only where PyTorch sees it, and undefined elsewhere."""
        memory = target.untyped_storage().data_ptr()
        apart = [v for v in self.variables if v is target or v.untyped_storage().data_ptr() != memory] or [target]
        fitting = [v for v in apart if _expands(tuple(v.shape), tuple(target.shape))]
        if not fitting or number % 23 == 0:
            fitting = apart
        return fitting[number % len(fitting)]

    def owns_memory(self, tensor: Any) -> bool:
        """Whether it is a normal tensor, without views. What cutting off or replacing the base of views means, is a
        question that PyTorch answers by accident."""
        if self.inference or self.engine.is_inference_mode_enabled() or tensor._is_view():
            return False
        memory = [variable.untyped_storage().data_ptr() for variable in self.variables]
        return memory.count(tensor.untyped_storage().data_ptr()) == 1

    def keep(self, *tensors: Any) -> None:
        self.variables.extend(tensors)
        self.inference |= any(tensor.is_inference() for tensor in tensors)
        if len(self.variables) > 8:
            del self.variables[: len(self.variables) - 8]

    def fresh(self, shape: tuple[int, ...], number: int) -> Any:
        self.made += 1
        values = np.random.default_rng([number, self.made]).uniform(-1, 1, shape)
        return self.engine.tensor(values.tolist(), dtype=self.engine.float64)


def _expands(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    return len(shape) <= len(target) and all(a in (1, b) for a, b in zip(reversed(shape), reversed(target)))


def operation(weight: int) -> Callable[[Callable[..., None]], None]:
    """Enter a kind of statement; ``weight`` says how often it is drawn."""

    def enter(function: Callable[..., None]) -> None:
        OPERATIONS[function.__name__] = (weight, function)

    return enter


# ---- making and computing -----------------------------------------------------------------------------------------


@operation(6)
def leaf(m: Machine, a: int, b: int, c: int) -> None:
    tensor = m.fresh(SHAPES[a % len(SHAPES)], b)
    # PyTorch does not record operations on inference tensors alone, even if those require grad.
    m.keep(tensor.requires_grad_(c % 3 != 0 and not tensor.is_inference()))


@operation(6)
def mul(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x * m.pick_fitting(b, x))


@operation(4)
def add(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x + m.pick_fitting(b, x))


@operation(3)
def scale(m: Machine, a: int, b: int, c: int) -> None:
    m.keep(m.pick(a) * FACTORS[c % 5])


@operation(2)
def tanh(m: Machine, a: int, b: int, c: int) -> None:
    m.keep(m.pick(a).tanh())


@operation(2)
def total(m: Machine, a: int, b: int, c: int) -> None:
    m.keep(m.pick(a).sum())


@operation(2)
def cat(m: Machine, a: int, b: int, c: int) -> None:
    m.keep(m.engine.cat([m.pick(a).reshape(-1), m.pick(b).reshape(-1)])[: 4 + c % 3])


@operation(2)
def clone(m: Machine, a: int, b: int, c: int) -> None:
    m.keep(m.pick(a).clone())


@operation(1)
def contiguous(m: Machine, a: int, b: int, c: int) -> None:
    m.keep(m.pick(a).contiguous())


# ---- views --------------------------------------------------------------------------------------------------------


@operation(3)
def flat_view(m: Machine, a: int, b: int, c: int) -> None:
    m.keep(m.pick(a).view(-1))


@operation(3)
def transpose(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x.transpose(0, -1) if x.ndim else x.unsqueeze(0))


@operation(5)
def slice_(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x[b % 2 : 2 + c % 3] if x.ndim else x.view(1))


@operation(4)
def select(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x[b % 2])


@operation(2)
def expand(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x.expand(2, *x.shape) if x.ndim < 2 else x.expand_as(x))


@operation(2)
def unsqueeze(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x.unsqueeze(0) if x.ndim < 2 else x.squeeze(0))


@operation(1)
def diagonal(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x.diagonal() if x.ndim > 1 else x)


@operation(2)
def unbind(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(*x.unbind(0)[:2] if x.ndim else [x])


@operation(2)
def split(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(*(x.split(2) if c % 2 else x.chunk(2))[:2])


@operation(1)
def as_strided(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    m.keep(x.as_strided((2, 2), (1, c % 2 * 2), b % 2))  # overlapping, but not so that only PyTorch fails to see it


@operation(3)
def detach(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if not x.is_inference():  # else PyTorch's result is one in part only: it counts versions
        m.keep(x.detach())


@operation(1)
def data(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if not x.is_inference():  # as above
        m.keep(x.data)


# ---- writing in place ---------------------------------------------------------------------------------------------


@operation(8)
def mul_(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    x.mul_(m.pick_fitting(b, x))


@operation(5)
def add_(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    x.add_(m.pick_fitting(b, x))


@operation(4)
def scale_(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    x *= FACTORS[c % 5]


@operation(2)
def tanh_(m: Machine, a: int, b: int, c: int) -> None:
    m.pick(a).tanh_()


@operation(3)
def copy_(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    x.copy_(m.pick_fitting(b, x))


@operation(2)
def fill_(m: Machine, a: int, b: int, c: int) -> None:
    m.pick(a).fill_(FACTORS[c % 5])


@operation(1)
def zero_(m: Machine, a: int, b: int, c: int) -> None:
    m.pick(a).zero_()


@operation(4)
def set_item(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    part = x[c % 2]
    x[c % 2] = m.pick_fitting(b, part).expand_as(part)


@operation(1)
def set_slice(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if x.ndim:
        x[b % 2 :] = FACTORS[c % 5]


# ---- changing the history -----------------------------------------------------------------------------------------


@operation(1)
def requires_grad_(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if m.owns_memory(x):
        x.requires_grad_(c % 3 != 0)


@operation(1)
def set_requires_grad(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if m.owns_memory(x):
        x.requires_grad = c % 3 != 0


@operation(1)
def detach_(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if m.owns_memory(x):
        x.detach_()


@operation(3)
def retain_grad(m: Machine, a: int, b: int, c: int) -> None:
    m.pick(a).retain_grad()


@operation(3)
def register_hook(m: Machine, a: int, b: int, c: int) -> None:
    tag = len(m.log)

    def hook(gradient: Any) -> Any:
        m.log.append((tag, _known([gradient])))
        return gradient * 2 if c % 3 == 0 and gradient is not None else None

    tensor = m.pick(a)
    if tensor.requires_grad and tensor.is_leaf and tensor._is_view():
        return  # crashes PyTorch: requires grad by its base only, and has no node of its own
    handle = tensor.register_hook(hook)
    m.log.append(("registered", tag))
    if c % 7 == 0:
        handle.remove()


@operation(1)
def post_accumulate(m: Machine, a: int, b: int, c: int) -> None:
    tag = len(m.log)
    tensor = m.pick(a)
    if tensor.is_leaf and tensor._is_view():
        return  # as above
    tensor.register_post_accumulate_grad_hook(lambda leaf: m.log.append((tag, _known([leaf.grad]))))
    m.log.append(("registered", tag))


@operation(1)
def node_hooks(m: Machine, a: int, b: int, c: int) -> None:
    node, tag = m.pick(a).grad_fn, len(m.log)
    if node is None:
        return
    if c % 2:
        node.register_hook(lambda into, out: m.log.append((tag, _known(into), _known(out))))
    else:
        node.register_prehook(lambda out: m.log.append((tag, _known(out))))
    m.log.append(("registered", tag))


def _known(gradients: Any) -> Any:
    return [None if g is None else g.detach().numpy().copy() for g in gradients]


@operation(1)
def set_data(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if x.is_leaf and m.owns_memory(x):
        x.data = m.fresh(tuple(x.shape), b)


@operation(1)
def write_data(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    if not x.is_inference():
        x.data.mul_(FACTORS[c % 5])


@operation(1)
def forget(m: Machine, a: int, b: int, c: int) -> None:
    if len(m.variables) > 2:
        del m.variables[a % len(m.variables)]


# ---- going backwards ----------------------------------------------------------------------------------------------


@operation(6)
def backward(m: Machine, a: int, b: int, c: int) -> None:
    x = m.pick(a)
    create_graph = c % 7 == 0 and m.engine.is_grad_enabled()
    x.backward(m.fresh(tuple(x.shape), b), retain_graph=bool(c % 2), create_graph=create_graph)


@operation(3)
def backward_to(m: Machine, a: int, b: int, c: int) -> None:
    m.pick(a).sum().backward(inputs=[m.pick(b), m.pick(c)], retain_graph=bool(c % 2))


@operation(3)
def backward_of_two(m: Machine, a: int, b: int, c: int) -> None:
    m.engine.autograd.backward([m.pick(a).sum(), m.pick(b).sum()], retain_graph=bool(c % 2))


@operation(6)
def grad(m: Machine, a: int, b: int, c: int) -> None:
    found = m.engine.autograd.grad(
        m.pick(a).sum(), [m.pick(b), m.pick(c)], retain_graph=bool(c % 2), allow_unused=bool(b % 3),
        create_graph=c % 4 == 0, materialize_grads=b % 6 == 1,
    )  # fmt: skip
    # With a version of their own: whether gradients were added up in place is not compared.
    m.keep(*[g if g.requires_grad else g.data for g in found if g is not None])


@operation(2)
def grad_is_none(m: Machine, a: int, b: int, c: int) -> None:
    m.pick(a).grad = None


@operation(1)
def take_grad(m: Machine, a: int, b: int, c: int) -> None:
    gradient = m.pick(a).grad
    if gradient is not None:
        m.keep(gradient.data)  # with a version of its own: whether the first gradient was copied is not compared


# ---- programs -----------------------------------------------------------------------------------------------------


def random_program(seed: int, length: int) -> list[Statement]:
    """A program that starts with two leaves."""
    draw = random.Random(seed)
    names = list(OPERATIONS)
    weights = [weight for weight, _ in OPERATIONS.values()]
    some = draw.sample(names, 14) + ["mul", "slice_", "mul_", "backward"]  # not all at once: more of the same meets
    program: list[Statement] = [("leaf", draw.randrange(1000), 0, 1, ""), ("leaf", draw.randrange(1000), 1, 1, "")]
    for _ in range(length):
        pool = names if draw.random() < 0.3 else some
        name = draw.choices(pool, [weights[names.index(n)] for n in pool])[0]
        a, b, c = (draw.randrange(1000) for _ in range(3))
        mode = draw.choices(["", "no_grad", "enable_grad", "inference_mode"], [30, 4, 1, 1])[0]
        program.append((name, a, b, c, mode))
    return program


def run(engine: Any, program: list[Statement], watch: bool) -> Iterator[tuple[Any, ...]]:
    """After each statement: what it raised, and the state. Without ``watch`` the state only at the end, so that
    nobody's looking brings a stale view up to date."""
    machine = Machine(engine)
    for place, (name, a, b, c, mode) in enumerate(program):
        outcome = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if mode:
                    with getattr(engine, mode)():
                        OPERATIONS[name][1](machine, a, b, c)
                else:
                    OPERATIONS[name][1](machine, a, b, c)
        except Exception as error:  # which exception is what is being compared
            outcome = error
        if outcome is not None and "Inplace update to inference" in str(outcome):
            yield outcome, []
            return  # PyTorch has written before it complains
        yield outcome, state(machine) if watch or place == len(program) - 1 else []


def state(machine: Machine) -> list[Any]:
    """All that can be seen of each variable, and the log of the hooks."""
    seen: list[Any] = []
    for variable in machine.variables:
        facts: dict[str, Any] = {}
        for name, look in FACTS.items():
            try:
                facts[name] = look(machine, variable)
            except Exception as error:  # a stale view of a kind that can't be brought up to date
                facts[name] = type(error).__name__
        seen.append(facts)
    return [*seen, list(machine.log)]


def _gradient(machine: Machine, variable: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradient = variable.grad
    if gradient is None:
        return None
    return gradient.detach().numpy().copy(), gradient.requires_grad, _long_strides(gradient)


def _long_strides(tensor: Any) -> tuple[int, ...]:
    return tuple(step for step, size in zip(tensor.stride(), tensor.shape) if size > 1 and tensor.numel())


FACTS: dict[str, Callable[[Machine, Any], Any]] = {
    "values": lambda m, t: t.detach().numpy().copy(),
    "shape": lambda m, t: tuple(t.shape),
    "stride": lambda m, t: _long_strides(t),
    "requires_grad": lambda m, t: t.requires_grad,
    "is_leaf": lambda m, t: t.is_leaf,
    "grad_fn": lambda m, t: None if t.grad_fn is None else t.grad_fn.name(),
    "edges": lambda m, t: _edges(t.grad_fn),
    "output_nr": lambda m, t: t.output_nr,
    "is_inference": lambda m, t: t.is_inference(),
    # Where inference tensors take part, PyTorch's versions tell which kernels it is made of.
    "version": lambda m, t: None if m.inference else t._version,
    "is_view": lambda m, t: t._is_view(),
    "base": lambda m, t: next((i for i, v in enumerate(m.variables) if v is t._base), None),
    "retains_grad": lambda m, t: t.retains_grad,
    "grad": _gradient,
}


# Where PyTorch inserts a copy or a type conversion of its own into a graph, names of further edges may differ.
def _edges(node: Any) -> Any:
    if node is None:
        return None
    return [None if edge is None else edge.name().removeprefix("struct ").removeprefix("torch::autograd::")
            for edge, _ in node.next_functions]  # fmt: skip


def difference(theirs: Any, ours: Any, where: str = "") -> str | None:
    """The first place where two states differ, or None."""
    if isinstance(theirs, dict):
        for key in theirs.keys() | ours.keys():
            if key not in theirs or key not in ours:
                return f"{where} {key}: only in {'PyTorch' if key in theirs else 'minitorch'}"
            found = difference(theirs[key], ours[key], f"{where} {key}")
            if found:
                return found
        return None
    if isinstance(theirs, np.ndarray) and isinstance(ours, np.ndarray):
        if theirs.shape == ours.shape and np.allclose(theirs, ours, rtol=1e-9, atol=1e-12, equal_nan=True):
            return None
        return f"{where}: {ours.tolist()} instead of {theirs.tolist()}"
    if isinstance(theirs, (list, tuple)) and isinstance(ours, (list, tuple)):
        if len(theirs) != len(ours):
            return f"{where}: {ours} instead of {theirs}"
        for place, (a, b) in enumerate(zip(theirs, ours)):
            found = difference(a, b, f"{where}[{place}]")
            if found:
                return found
        return None
    same = type(theirs) is type(ours) and theirs == ours
    return None if same else f"{where}: {ours!r} instead of {theirs!r}"
