"""Random tensors print as in PyTorch, character for character, under random options."""

from __future__ import annotations

from random import Random

from fuzzing import (
    COMPLEX,
    EIGHT_BIT_FLOATS,
    FLOATS,
    INTEGERS,
    UNSIGNED,
    Program,
    check_program,
    examples,
    programs,
)
from hypothesis import given

SHAPES = (
    [], [], [1], [2], [3], [5], [7], [20], [0], [1, 1], [2, 3], [3, 2], [4, 12], [1, 30], [0, 3], [3, 0], [2, 0, 4],
    [2, 3, 2], [1, 1, 3], [2, 1, 2, 2], [1, 2, 1, 2, 2], [2, 2, 2, 1, 1],
)  # fmt: skip
LARGE_SHAPES = (
    [1001], [1000], [40, 30], [7, 200], [200, 7], [11, 12, 13], [3, 7, 8, 9], [2, 2, 300], [1100, 1], [7, 7, 7, 7],
)  # fmt: skip


def number(rng: Random, kind: str) -> str:
    """A floating literal of a kind."""
    if kind == "whole":
        return repr(float(rng.randint(-9, 9)))
    if kind == "large whole":
        return repr(float(rng.randint(-(10**9), 10**9)))
    if kind == "plain":
        return repr(round(rng.uniform(-10, 10), rng.randint(0, 6)))
    if kind == "mixed":
        return repr(rng.choice((-1, 1)) * round(rng.uniform(1, 10), rng.randint(0, 3)) * 10.0 ** rng.randint(-9, 9))
    if kind == "tiny":
        return repr(rng.uniform(0, 1) * 10.0 ** rng.randint(-46, -3))
    if kind == "huge":
        return repr(rng.uniform(-1, 1) * 10.0 ** rng.randint(3, 45))
    if kind == "edge":
        return rng.choice(
            ("1e-4", "9.999e-5", "1e8", "1.0001e8", "1e3", "1000.5", "0.1", "999.99999", "0.00005", "1e5")
        )
    return rng.choice(("inf", "-inf", "nan", "0.0", "-0.0", "1.0", "-2.5", "5e-324", "1.7976931348623157e308", "6e-8"))


KINDS = ("whole", "large whole", "plain", "plain", "mixed", "tiny", "huge", "edge", "special")


def values(rng: Random, count: int, dtype: str) -> str:
    """A flat list of ``count`` literals."""
    kinds = [rng.choice(KINDS)] if rng.random() < 0.6 else rng.sample(KINDS, 2)
    if rng.random() < 0.2:
        kinds.append("special")
    if dtype == "bool":
        return f"[{', '.join(rng.choice(('True', 'False')) for _ in range(count))}]"
    if dtype in INTEGERS + UNSIGNED:
        top = rng.choice((2, 10, 100, 127))
        low = 0 if dtype.startswith("u") else -top
        numbers = [rng.randint(low, top) for _ in range(count)]
        if dtype in ("int32", "int64") and rng.random() < 0.3:
            numbers = [n * rng.choice((1, 1, 10**3, 10**6)) for n in numbers]
        return repr(numbers)
    if dtype in COMPLEX:
        return "[" + ", ".join(f"complex({number(rng, rng.choice(kinds))}, {number(rng, rng.choice(kinds))})"
                               for _ in range(count)) + "]"  # fmt: skip
    return "[" + ", ".join(number(rng, rng.choice(kinds)) for _ in range(count)) + "]"


def tensor(rng: Random) -> str:
    """An expression for a tensor."""
    dtype = rng.choice(
        FLOATS * 2 + ("float32",) * 6 + COMPLEX * 2 + EIGHT_BIT_FLOATS + INTEGERS + UNSIGNED + ("int64", "bool")
    )
    if rng.random() < 0.15:
        shape = rng.choice(LARGE_SHAPES)
        seed, power = rng.randint(0, 99), rng.choice((-5, -1, 0, 0, 1, 3, 7))
        source = f"np.random.default_rng({seed}).standard_normal({shape})"
        if dtype in COMPLEX:
            source += f" + 1j * np.random.default_rng({seed + 1}).standard_normal({shape})"
        if dtype in UNSIGNED or dtype == "uint8":
            return f"torch.from_numpy(np.abs({source}) * 20).to(torch.{dtype})"
        return f"torch.from_numpy(({source}) * 1e{power}).to(torch.{dtype})"
    shape = rng.choice(SHAPES)
    count = 1
    for size in shape:
        count *= size
    named = f", dtype=torch.{dtype}" if dtype not in ("float32", "int64", "bool") or rng.random() < 0.5 else ""
    source = f"torch.tensor({values(rng, count, dtype)}{named})"
    return source if len(shape) == 1 and count else f"{source}.reshape({shape})"


VIEWS = (
    "t.t()", "t.transpose(0, -1)", "t[::2]", "t[..., 1:]", "t.unsqueeze(0)", "t.expand(2, *t.shape)", "t.flatten()",
    "t[0]",
    "t.conj()", "t.detach()", "t.mT", "t.reshape(-1)", "t.permute(*range(t.dim())[::-1])", "t[..., None]", "t.real",
    "t.imag",
    "t.expand(30, *t.shape)", "t.to(torch.float64)", "t.squeeze()", "t.T", "t.view(-1)", "t.diagonal()",
)  # fmt: skip
GRADS = (
    "t.requires_grad_()", "t = t.requires_grad_() * 2", "t = t.requires_grad_().neg()", "t = t.requires_grad_().abs()",
    "t = t.requires_grad_().clone(); t[0] = 1", "t = t.requires_grad_().clone(); t[..., 0].mul_(2)",
    "t = t.requires_grad_()[0]", "t = nn.Parameter(t)", "t = nn.Parameter(t, requires_grad=False)",
    "t = t.requires_grad_() + 0", "t = t.requires_grad_().view(-1)", "t = t.requires_grad_().relu().max()",
    "t = nn.parameter.Buffer(t)", "t = t.requires_grad_().clone().detach()", "t = t.requires_grad_().unbind()[0]",
    "t = t.requires_grad_().clone(); t.zero_()", "t = torch.stack([t.requires_grad_(), t])",
    "t = torch.where(t == 0, t.requires_grad_(), 1)", "t = t.requires_grad_().masked_fill(t > 1, 0)",
    "t = t.requires_grad_().clone(); u = t.view(-1); u.fill_(3)",
    "t = t.requires_grad_().clone(); u = t[0]; t.add_(1); t = u",
    "with torch.no_grad(): u = t.requires_grad_().clone()[0]\nt = u", "t = t.requires_grad_().flip(0)",
    "t = t.requires_grad_()[torch.tensor([0])]",
    "t = t.requires_grad_().clamp(min=1)",
)  # fmt: skip
SHOWS = (
    "repr(t)", "repr(t)", "repr(t)", "repr(t)", "str(t)", "format(t)", "f'{t}'", "f'{t!r}'", "f'{t:.2f}'", "f'{t:10}'",
    "f'{t:d}'", "f'{t:>12.3e}'", "f'{t:s}'", "repr([t, t])", "repr({'a': t})", "repr((t,))",
    "t.__repr__(tensor_contents='XYZ')",
    "repr(t.shape)", "repr(t.size())", "repr(t.stride())", "repr(t.dtype)", "repr(t.device)", "repr(t.layout)",
    "repr(t.tolist())", "repr(t.item())",
    "str(t.grad_fn)[:15]", "'%s' % t", "'%r %s' % (t, t.shape)", "repr(nn.Parameter(t))", "str(nn.Parameter(t))",
    "repr(t.data)",
    "repr(t.grad)",
    "repr(torch.finfo(t.dtype))", "repr(torch.iinfo(t.dtype))", "str(torch.finfo(t.dtype))", "'{:.3g}'.format(t)",
    "str({'x': [t, {'y': t}]})", "repr(list(t))",
)  # fmt: skip


def options(rng: Random) -> str:
    """A call of ``set_printoptions``."""
    chosen = []
    if rng.random() < 0.5:
        chosen.append(f"precision={rng.choice((0, 1, 2, 3, 4, 6, 8, 10))}")
    if rng.random() < 0.4:
        chosen.append(f"threshold={rng.choice((0, 1, 2, 5, 10, 50, 1000, 10000, 'inf'))}")
    if rng.random() < 0.4:
        chosen.append(f"edgeitems={rng.choice((0, 1, 1, 2, 3, 4, 10))}")
    if rng.random() < 0.4:
        chosen.append(f"linewidth={rng.choice((0, 1, 10, 20, 40, 60, 79, 80, 81, 100, 120, 200))}")
    if rng.random() < 0.3:
        chosen.append(f"profile={rng.choice(('default', 'short', 'full', 'Full', 'other'))!r}")
    if rng.random() < 0.4:
        chosen.append(f"sci_mode={rng.choice((True, False, None))}")
    rng.shuffle(chosen)
    return f"torch.set_printoptions({', '.join(chosen)})"


def printing_program(rng: Random) -> Program:
    """A tensor, something done to it, options, and shows."""
    source = tensor(rng)
    program = [f"t = {source}"]
    if rng.random() < 0.2:
        program.insert(0, f"torch.set_default_dtype(torch.{rng.choice(FLOATS)})")
    if rng.random() < 0.4:
        program += [f"t = {rng.choice(VIEWS)}" for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.3 and "float8" not in source:
        program.append(rng.choice(GRADS))
        if rng.random() < 0.3:
            program.append(f"t = {rng.choice(VIEWS)}")
    if rng.random() < 0.5:
        program.append(options(rng))
    program += [f"see({rng.choice(SHOWS)})" for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.1:
        program[-1] = f"with torch.{rng.choice(('no_grad', 'inference_mode', 'enable_grad'))}(): {program[-1]}"
    return program


@given(programs(printing_program))
@examples(300)
def test_random_tensors_print_as_in_pytorch(program: Program) -> None:
    check_program(program)
