"""Random programs of random numbers draw the same bits as in PyTorch, and leave the generator in the same state."""

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
    "()", "(0,)", "(1,)", "(2,)", "(3,)", "(7,)", "(8,)", "(15,)", "(16,)", "(17,)", "(31,)", "(32,)", "(33,)",
    "(40,)", "(100,)",
    "(2, 3)", "(4, 4)", "(5, 7)", "(2, 3, 4)", "(2, 3, 2, 2)", "(1, 16)", "(17, 1)", "(0, 3)", "(3, 5, 1, 2)",
    "(700,)", "(2, 2, 2, 2, 2)",
)  # fmt: skip
SEEDS = (
    "0", "1", "42", "-1", "-5", "2**32", "2**32 + 7", "2**63", "2**64 - 1", "-2**63", "123456789012345",
    "-0x8000000000000000",
)  # fmt: skip
DTYPES = ("float32",) * 8 + FLOATS * 3 + COMPLEX + INTEGERS + ("bool", "int64", "int64") + UNSIGNED + EIGHT_BIT_FLOATS
PROBABILITIES = ("0.5", "0.1", "0.9", "0.0", "1.0", "0", "1", "0.3", "-0.1", "1.5", "nan", "0.25", "1e-10", "True")
TARGETS = (
    "torch.zeros({s}, dtype=torch.{d})", "torch.zeros({s}, dtype=torch.{d})", "torch.zeros({s}, dtype=torch.{d})",
    "torch.zeros({s}, dtype=torch.{d}).transpose(0, -1)",
    "torch.zeros({s}, dtype=torch.{d}).contiguous(memory_format=torch.channels_last)",
    "torch.zeros(6, *{s}, dtype=torch.{d})[::2]", "torch.zeros(*{s}, 5, dtype=torch.{d})[..., 1::2]",
    "torch.zeros({s}, dtype=torch.{d}).permute(*range(len({s}))[::-1])", "torch.zeros(4, 5, dtype=torch.{d}).t()",
    "torch.zeros(40, dtype=torch.{d})[3:20]", "torch.zeros(40, dtype=torch.{d})[::2]",
    "torch.zeros(4, 6, dtype=torch.{d})[:, 2:]", "torch.zeros(4, 6, dtype=torch.{d})[:, 2:].t()",
    "torch.zeros(2, 3, 4, dtype=torch.{d}).transpose(1, 2)",
    "torch.zeros(2, 3, 4, 5, dtype=torch.{d}).contiguous(memory_format=torch.channels_last)",
    "torch.zeros(2, 20, dtype=torch.{d})[1]",
    "torch.zeros(2, 3, 1, 1, dtype=torch.{d}).contiguous(memory_format=torch.channels_last)",
    "torch.zeros(6, 4, dtype=torch.{d}).t()[1:3]",
    "torch.zeros(3, 4, dtype=torch.{d}).diagonal()", "torch.zeros(18, 2, dtype=torch.{d})[:, 0]",
    "torch.zeros(1, 20, dtype=torch.{d}).t()",
)  # fmt: skip


def generator_argument(rng: Random) -> str:
    return rng.choice(("", "", "generator=g"))


def arguments(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def number(rng: Random) -> str:
    return rng.choice(("0", "1", "0.0", "1.0", "2.5", "-1.5", "0.1", "1e-3", "1e5", "-3", "1e-30", "3e38", "-inf", "nan", "inf"))  # fmt: skip  # noqa: E501


def plain(rng: Random) -> str:
    return rng.choice(("0", "1", "0.0", "1.0", "2.5", "-1.5", "0.1", "1e-3", "7", "-3", "0.3", "123.456"))


def bound(rng: Random) -> str:
    """An end of a range of integers."""
    return rng.choice(
        ("0", "1", "2", "5", "10", "100", "127", "128", "255", "256", "-1", "-5", "-100", "-128", "-129", "1000", "2**11", "2**11 + 1",  # noqa: E501
         "2**15", "2**16", "2**24", "2**24 + 1", "2**28 - 1", "2**28", "2**28 + 1", "2**31 - 1", "2**31", "-2**31",
         "2**32", "2**53",
         "2**62", "2**63 - 1", "-2**63", "2**63", "70000", "3.0", "1.5")
    )  # fmt: skip


def dtype(rng: Random) -> str:
    return f"dtype=torch.{rng.choice(DTYPES)}" if rng.random() < 0.5 else ""


def small_bounds(rng: Random) -> tuple[str, str]:
    low = rng.choice((0, 0, 0, 1, -3, -100, 5))
    return str(low), str(low + rng.choice((1, 2, 3, 7, 10, 100, 200, 1000, 2**20, 2**28 - 1, 2**28, 2**40)))


def new_tensor(rng: Random) -> str:
    """A function that makes a random tensor."""
    shape, gen, kind = rng.choice(SHAPES), generator_argument(rng), dtype(rng)
    like = rng.choice(TARGETS).format(s=rng.choice(SHAPES), d=rng.choice(DTYPES))
    low, high = small_bounds(rng) if rng.random() < 0.7 else (bound(rng), bound(rng))
    name = rng.choice(("rand", "randn", "randint", "randint", "randperm", "normal", "normal", "bernoulli", "multinomial", "rand_like",  # noqa: E501
                       "randn_like", "randint_like", "bernoulli_p", "out"))  # fmt: skip
    if name in ("rand", "randn"):
        form = rng.choice((shape, f"size={shape}", f"*{shape}", f"torch.Size({shape})", f"list({shape})"))
        extra = rng.choice(
            ("", "", "", "requires_grad=True", "device='cpu'", "layout=torch.strided", "pin_memory=False")
        )
        return f"torch.{name}({arguments(form, gen, kind, extra)})"
    if name == "randint":
        form = rng.choice((f"{high}, {shape}", f"{low}, {high}, {shape}", f"low={low}, high={high}, size={shape}", f"high={high}, size={shape}",  # noqa: E501
                           f"{low}, {high}, size={shape}", f"{low}, high={high}, size={shape}"))  # fmt: skip
        return f"torch.randint({arguments(form, gen, kind)})"
    if name == "randperm":
        count = rng.choice(("0", "1", "2", "3", "10", "17", "100", "300", "-1", "2.5", "1000"))
        return f"torch.randperm({arguments(count, gen, kind)})"
    if name == "normal":
        mean = rng.choice((plain(rng), f"torch.arange(6.).reshape(2, 3) + {plain(rng)}", "torch.zeros(20)", "torch.arange(20, dtype=torch.float64)",  # noqa: E501
                           "torch.zeros(3, dtype=torch.float16)", "torch.zeros(4, 5).t()",
                           "torch.zeros(3, dtype=torch.complex64)",
                           "torch.zeros(20, requires_grad=True)", "torch.tensor(1.5)", "torch.zeros(2, 3, dtype=torch.int64)"))  # fmt: skip  # noqa: E501
        std = rng.choice((plain(rng), "torch.ones(3)", "torch.arange(20.) + 1", "torch.tensor(2.0)", "torch.arange(20, dtype=torch.float64)",  # noqa: E501
                          "torch.ones(5, 4)", "-torch.ones(3)", "torch.ones(3, dtype=torch.float16)", "torch.ones(2, 1) * 3"))  # fmt: skip  # noqa: E501
        if mean == std or rng.random() < 0.3:
            return f"torch.normal({arguments(plain(rng), plain(rng), 'size=' + shape, gen, kind)})"
        return f"torch.normal({arguments(mean, std, gen)})"
    if name == "bernoulli":
        return f"torch.bernoulli({arguments(probabilities(rng), gen)})"
    if name == "bernoulli_p":
        return f"torch.bernoulli({arguments(like, rng.choice(PROBABILITIES), gen)})"
    if name == "multinomial":
        weights = rng.choice(("torch.tensor([1., 2., 3.])", "torch.arange(10.) + 0.5", "torch.arange(10.)", "(torch.arange(12.) ** 2).reshape(3, 4)",  # noqa: E501
                              "torch.ones(3, 20, dtype=torch.float64)", "torch.tensor([0., 0.])",
                              "torch.tensor([1., -1.])", "torch.zeros(0)",
                              "torch.ones(2, 3, 4)", "torch.tensor([1, 2, 3])", "torch.tensor([0., 1., 0.])",
                              "torch.ones(5).half()", "torch.ones(0, 3)",
                              "torch.tensor([0.1, 0.2, 0.7]).bfloat16()",
                              "(torch.arange(20.) + 1).reshape(4, 5).t()", "torch.tensor(1.)",
                              "torch.tensor([nan, 1.])", "torch.tensor([inf, 1.])", "(torch.arange(300.) % 17)"))  # fmt: skip  # noqa: E501
        return f"torch.multinomial({arguments(weights, rng.choice(('1', '2', '3', '5', '20', '0', '-1')), rng.choice(('', 'True', 'False', 'replacement=True')), gen)})"  # fmt: skip  # noqa: E501
    if name == "rand_like":
        return f"torch.rand_like({arguments(like, gen, kind, rng.choice(('', '', 'memory_format=torch.contiguous_format')))})"  # noqa: E501
    if name == "randn_like":
        return f"torch.randn_like({arguments(like, gen, kind)})"
    if name == "randint_like":
        return f"torch.randint_like({arguments(like, rng.choice((high, f'{low}, {high}', f'low={low}, high={high}', f'high={high}')), gen, kind)})"  # noqa: E501
    target = rng.choice(TARGETS).format(s=shape, d=rng.choice(DTYPES))
    return rng.choice((
        f"torch.rand({arguments(shape, gen, 'out=' + target)})",
        f"torch.randn({arguments(shape, gen, 'out=' + target)})",
        f"torch.randint({arguments(low, high, shape, gen, 'out=' + target)})",
        f"torch.randperm({arguments('17', gen, 'out=' + target)})",
        f"torch.normal({arguments('torch.zeros(3)', '1.0', gen, 'out=' + target)})",
        f"torch.bernoulli({arguments(probabilities(rng), gen, 'out=' + target)})",
        f"torch.multinomial({arguments('torch.arange(5.)', '2', gen, 'out=' + target)})",
        f"torch.normal({arguments('2.0', 'torch.arange(20.)', gen, 'out=' + target)})",
    ))  # fmt: skip


def probabilities(rng: Random) -> str:
    return rng.choice((
        "torch.full((20,), 0.3)", "torch.arange(10) / 10", "torch.tensor(0.5)", "torch.full((4, 5), 0.5).t()",
        "torch.tensor([0.5, 1.5])",
        "torch.tensor([True, False])", "torch.full((3,), 0.5, dtype=torch.float64)",
        "torch.full((3,), 0.5, dtype=torch.float16)",
        "torch.tensor([nan])", "torch.zeros(0)", "torch.full((17,), 0.7, dtype=torch.bfloat16)",
        "torch.tensor([0, 1, 1])",
        "torch.tensor([0.5j])", "torch.full((6, 4), 0.5)[:, 1:3]",
        "torch.tensor([0.5]).expand(7)",
    ))  # fmt: skip


def sampler(rng: Random) -> str:
    """An in-place sampler's call on ``t``."""
    gen, low, high = generator_argument(rng), bound(rng), bound(rng)
    if rng.random() < 0.6:
        low, high = small_bounds(rng)
    pick = number if rng.random() < 0.25 else plain
    name = rng.choice(
        (
            "uniform_",
            "normal_",
            "exponential_",
            "log_normal_",
            "cauchy_",
            "geometric_",
            "random_",
            "random_",
            "bernoulli_",
        )
    )
    if name == "uniform_":
        form = rng.choice(
            ("", "", f"{pick(rng)}, {pick(rng)}", f"-1, {pick(rng)}", f"{pick(rng)}", f"to={pick(rng)}", "-0.1, 0.3")
        )
    elif name in ("normal_", "log_normal_", "cauchy_"):
        names = {"normal_": ("mean", "std"), "log_normal_": ("mean", "std"), "cauchy_": ("median", "sigma")}[name]
        form = rng.choice(
            ("", f"{pick(rng)}, {pick(rng)}", f"{pick(rng)}", f"{names[0]}={pick(rng)}", f"{names[1]}={pick(rng)}")
        )
    elif name == "exponential_":
        form = rng.choice(("", pick(rng), f"lambd={pick(rng)}"))
    elif name == "geometric_":
        form = rng.choice((*PROBABILITIES, "p=0.5", ""))
    elif name == "random_":
        form = rng.choice(
            ("", "", high, f"{low}, {high}", f"{low}, {high}", f"to={high}", f"{low}, None", f"{low}, to={high}")
        )
    else:
        form = rng.choice(("", *PROBABILITIES, "p=0.5", f"p={probabilities(rng)}", f"{probabilities(rng)}"))
    return f"t.{name}({arguments(form, gen)})"


LAYERS = (
    "F.dropout(t, {p})", "F.dropout(t, {p}, training=False)", "F.dropout(t, {p}, inplace=True)",
    "F.alpha_dropout(t, {p}, training=True)",
    "F.feature_alpha_dropout(t, {p}, training=True)", "F.dropout1d(t, {p})", "F.dropout2d(t, {p})",
    "F.dropout3d(t, {p})", "nn.Dropout({p})(t)",
    "nn.Dropout1d({p})(t)", "nn.Dropout2d({p})(t)", "nn.Dropout3d({p})(t)", "nn.AlphaDropout({p})(t)",
    "nn.FeatureAlphaDropout({p})(t)",
    "torch.dropout(t, {p}, True)", "torch.dropout(t, {p}, False)", "torch.dropout_(t, {p}, True)",
    "torch.feature_dropout(t, {p}, True)",
    "torch.alpha_dropout(t, {p}, True)", "torch.feature_alpha_dropout(t, {p}, True)",
    "F.dropout1d(t, {p}, inplace=True)", "F.dropout2d(t, {p}, inplace=True)",
    "F.gumbel_softmax(t, hard=True)", "F.alpha_dropout(t, {p}, True, inplace=True)", "nn.Dropout({p}, inplace=True)(t)",
    "torch.alpha_dropout_(t, {p}, True)", "torch.feature_alpha_dropout_(t, {p}, True)",
    "torch.feature_dropout_(t, {p}, True)",
)  # fmt: skip
LAYER_INPUTS = (
    "torch.ones(20)", "torch.ones(4, 5)", "torch.ones(2, 3, 4)", "torch.ones(2, 3, 4, 2)",
    "torch.ones(2, 3, 2, 2, 2)", "torch.arange(20.) - 10",
    "torch.ones(20, dtype=torch.float64)", "torch.ones(17, dtype=torch.float16)",
    "torch.ones(17, dtype=torch.bfloat16)", "torch.ones(4, 5).t()",
    "torch.ones(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)", "torch.ones(20, requires_grad=True)",
    "torch.ones(0)", "torch.ones(6)[::2]",
    "torch.ones(5, dtype=torch.int64)", "torch.tensor(2.0)", "torch.ones(3, dtype=torch.complex64)",
    "torch.ones(3, 1).expand(3, 4)", "torch.ones(6, 4)[:, :2]",
    "torch.ones(2, 5, requires_grad=True) * 2", "torch.arange(24.).reshape(2, 3, 4).transpose(0, 2)",
    "torch.ones(3, dtype=torch.bool)",
)  # fmt: skip
INITS = (
    "uniform_(w)", "uniform_(w, -1, 3)", "normal_(w)", "normal_(w, 1.0, 0.5)", "trunc_normal_(w)",
    "trunc_normal_(w, 0.5, 2.0, -1, 1)", "xavier_uniform_(w)",
    "xavier_normal_(w, gain=2)", "kaiming_uniform_(w)", "kaiming_uniform_(w, a=5**0.5)",
    "kaiming_normal_(w, mode='fan_out', nonlinearity='relu')",
    "sparse_(w, 0.3)", "eye_(w)", "dirac_(w)", "zeros_(w)", "constant_(w, 2.5)", "kaiming_normal_(w, mode='fan')",
    "uniform_(w, generator=g)",
    "xavier_uniform_(w, generator=g)", "kaiming_normal_(w, nonlinearity='selu')", "trunc_normal_(w, generator=g)",
)  # fmt: skip
MODULES = (
    "nn.Linear(5, 3)", "nn.Linear(7, 2, bias=False)", "nn.Conv2d(3, 4, 3)", "nn.Conv1d(2, 2, 3, groups=2)",
    "nn.Embedding(7, 3)", "nn.Embedding(7, 3, padding_idx=2)",
    "nn.ConvTranspose2d(2, 3, 2)", "nn.BatchNorm2d(4)", "nn.LayerNorm(5)", "nn.Bilinear(2, 3, 4)", "nn.PReLU()",
    "nn.Linear(3, 4, dtype=torch.float64)",
)  # fmt: skip
STATES = (
    "s = torch.get_rng_state()", "torch.set_rng_state(s)", "see(torch.get_rng_state()[:24].tolist())",
    "see(torch.get_rng_state()[5024:].tolist())",
    "s2 = g.get_state()", "g.set_state(s2)", "g2 = g.clone_state(); g = g2", "see(g.initial_seed())",
    "see(torch.initial_seed())",
    "g.manual_seed({seed})", "torch.manual_seed({seed})", "torch.random.manual_seed({seed})",
    "see(g.manual_seed({seed}) is g)", "see(repr(g.device))",
    "see(torch.default_generator.initial_seed())", "torch.default_generator.manual_seed({seed})",
    "see(g.get_state()[:24].tolist())",
    "see(type(torch.seed()).__name__); torch.manual_seed(3)", "see(type(g.seed()).__name__); g.manual_seed(3)",
    "g = torch.Generator()", "g = torch.Generator('cpu')",
    "import copy; g = copy.deepcopy(g)", "import pickle; g = pickle.loads(pickle.dumps(g))",
    "torch.set_rng_state(g.get_state())", "g.set_state(torch.get_rng_state())",
    "see(torch.random.get_rng_state().sum())", "torch.random.set_rng_state(s)", "torch.set_rng_state(s[:10])",
    "torch.set_rng_state(s.float())", "g.set_state([1])",
    "torch.manual_seed('7')", "torch.manual_seed(2.5)", "g.manual_seed(2.5)", "torch.manual_seed(2**64)",
    "g.manual_seed(-2**63 - 1)", "torch.manual_seed(True)", "torch.manual_seed(None)",
    "g = torch.Generator(device=torch.device('cpu'))", "torch.manual_seed(torch.tensor(5))",
    "torch.manual_seed(np.int64(5))", "see(torch.seed() == torch.initial_seed()); torch.manual_seed(1)",
)  # fmt: skip


def statement(rng: Random) -> list[str]:
    roll = rng.random()
    if roll < 0.35:
        return [f"see({new_tensor(rng)})"]
    if roll < 0.7:
        target = rng.choice(TARGETS).format(s=rng.choice(SHAPES), d=rng.choice(DTYPES))
        call = sampler(rng)
        if rng.random() < 0.1 and "float8" not in target and "uint" not in target:
            return [f"t = {target}", "t.requires_grad_()", "t = t * 1", f"see({call})"]
        return [f"t = {target}", f"see({call})", *(["see(t)"] if rng.random() < 0.3 else [])]
    if roll < 0.8:
        return [f"t = {rng.choice(LAYER_INPUTS)}", f"see({rng.choice(LAYERS).format(p=rng.choice(PROBABILITIES))})"]
    if roll < 0.85:
        shape = rng.choice(("3, 4", "4, 3", "5, 2, 3", "4, 4, 3, 3", "20", "10, 10", "0, 3"))
        kind = rng.choice(("float32", "float32", "float64", "float16", "bfloat16"))
        return [f"w = torch.zeros({shape}, dtype=torch.{kind})", f"see(nn.init.{rng.choice(INITS)})"]
    if roll < 0.88:
        return [f"see([p for p in {rng.choice(MODULES)}.parameters()])"]
    if roll < 0.9:
        return ["with torch.random.fork_rng():", f"    see({new_tensor(rng)})", f"see({new_tensor(rng)})"]
    return [rng.choice(STATES).format(seed=rng.choice(SEEDS))]


def stream_program(rng: Random) -> Program:
    """Seeds, then draws of all kinds; at the end, where both generators stand."""
    program = [
        f"torch.manual_seed({rng.choice(SEEDS)})",
        f"g = torch.Generator().manual_seed({rng.choice(SEEDS)})",
        "s = torch.get_rng_state(); s2 = g.get_state()",
    ]
    if rng.random() < 0.1:
        program.append(f"torch.set_default_dtype(torch.{rng.choice(FLOATS)})")
    for _ in range(rng.randint(1, 4)):
        lines = statement(rng)
        if lines[0].startswith("with"):
            program += ["\n".join(lines[:2]), lines[2]]
        else:
            program += lines
    return program + [
        "see(torch.rand(1))",
        "see(torch.rand(1, generator=g))",
        "see(torch.randn(1, dtype=torch.float64))",
    ]


@given(programs(stream_program))
@examples(200)
def test_random_programs_draw_the_same_numbers_as_in_pytorch(program: Program) -> None:
    check_program(program)
