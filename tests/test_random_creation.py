"""Random calls of the functions that make tensors: same values bit for bit, dtypes, strides and errors as in PyTorch."""  # noqa: E501

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
    difference,
    examples,
    programs,
)
from hypothesis import given

DTYPES = ("float32",) * 4 + FLOATS * 3 + COMPLEX * 2 + INTEGERS * 2 + UNSIGNED + EIGHT_BIT_FLOATS + ("bool", "int64")
SIZES = (
    "2, 3", "(2, 3)", "[2, 3]", "torch.Size([2, 3])", "()", "[]", "0", "(0,)", "3", "np.int64(3)",
    "(np.int32(2), 3)", "torch.tensor(3)", "torch.tensor(2), 3",
    "(torch.tensor(2), 3)", "size=(2, 3)", "size=[2]", "size=()", "size=3", "-1", "(2, -1)", "2.0", "(2, 2.5)",
    "'a'", "None", "True", "(True,)", "2, (3,)", "*(2, 3)",
    "torch.tensor([2, 3])", "2, 3, 4, 5", "(2, 0, 3)", "np.array([2, 3])", "(1,) * 5", "1, 2, 1, 2",
    "torch.tensor([3])", "range(3)", "torch.tensor(2.0)", "",
)  # fmt: skip
GOOD_SIZES = ("2, 3", "(2, 3)", "[3]", "()", "0", "5", "(2, 3, 2, 2)", "torch.Size([2, 3])", "(0, 3)")
INTS = (
    "0",
    "1",
    "2",
    "5",
    "-3",
    "10",
    "7",
    "-1",
    "100",
    "255",
    "256",
    "-128",
    "-129",
    "2**31",
    "2**40",
    "2**53 + 1",
    "2**63 - 1",
    "-2**63",
    "2**63",
    "2**64",
    "2**65",
)
REALS = (
    "0.0",
    "1.5",
    "-2.5",
    "0.1",
    "-0.0",
    "1e10",
    "1e-30",
    "inf",
    "-inf",
    "nan",
    "1e39",
    "3.9",
    "-0.9",
    "1e300",
    "5e-324",
    "65504.0",
    "70000.0",
    "0.3333333333333333",
)
OTHERS = ("True", "False", "1j", "2 + 3j", "np.float64(2.5)", "np.int32(3)", "np.float32(0.1)", "np.bool_(True)", "torch.tensor(2)", "torch.tensor(1.5)",  # noqa: E501
          "torch.tensor(True)", "None", "'a'", "torch.tensor([1])", "[1]", "np.uint8(200)", "torch.tensor(2.0, dtype=torch.float64)")  # fmt: skip  # noqa: E501
LIKES = (
    "torch.zeros(2, 3)", "torch.zeros(2, 3).t()", "torch.zeros(4, 6)[::2, 1:4]", "torch.zeros(3, 1).expand(3, 4)",
    "torch.zeros(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)",
    "torch.zeros(2, 3, 4).permute(2, 0, 1)", "torch.tensor(1)", "torch.zeros(0, 3)",
    "torch.zeros(3, dtype=torch.float64)", "torch.zeros(3, dtype=torch.int32)", "torch.zeros(2, dtype=torch.bool)",
    "torch.zeros(2, dtype=torch.complex64)", "torch.zeros(2, requires_grad=True)", "torch.zeros(4, 6)[1:3, ::2].t()",
    "torch.zeros(5).expand(2, 5)", "torch.zeros(2, 3, 4, 5)[:, 1:].permute(0, 2, 3, 1)",
    "torch.zeros(3, dtype=torch.bfloat16)", "torch.zeros(1, 3, 1).transpose(0, 1)",
    "torch.zeros(2, 3, 1, 1).contiguous(memory_format=torch.channels_last)", "torch.zeros(3, 4).diagonal()",
    "torch.zeros(2, 3, 2, 2, 2).contiguous(memory_format=torch.channels_last_3d)",
    "torch.zeros(2, 1, 3).expand(2, 4, 3).transpose(0, 2)", "torch.zeros(2, 1, 1, 2).expand(2, 3, 1, 2)",
    "torch.zeros(2, 3, 0, 4).transpose(1, 3)", "torch.zeros(3, dtype=torch.uint16)",
    "torch.zeros(1, 4).expand(5, 4).t()", "torch.zeros(()).expand(2, 3)", "np.zeros(3)", "[1, 2]", "2",
)  # fmt: skip


def pick(rng: Random, *options: str) -> str:
    return rng.choice(options)


def arguments(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def options(rng: Random, *more: str) -> list[str]:
    """Keyword arguments that all share."""
    chosen = []
    if rng.random() < 0.5:
        chosen.append(
            f"dtype=torch.{rng.choice(DTYPES)}"
            if rng.random() < 0.95
            else pick(rng, "dtype=float", "dtype=int", "dtype=bool", "dtype=complex", "dtype=None", "dtype='float32'")
        )
    if rng.random() < 0.1:
        chosen.append(
            pick(rng, "device='cpu'", "device=torch.device('cpu')", "device=None", "device='cpu:0'", "device='nope'")
        )
    if rng.random() < 0.12:
        chosen.append(pick(rng, "requires_grad=True", "requires_grad=False", "requires_grad=True", "requires_grad=1"))
    if rng.random() < 0.08:
        chosen.append(pick(rng, *more, "layout=torch.strided", "pin_memory=False"))
    return chosen


def number(rng: Random) -> str:
    roll = rng.random()
    return pick(rng, *INTS) if roll < 0.4 else pick(rng, *REALS) if roll < 0.75 else pick(rng, *OTHERS)


def out(rng: Random) -> str:
    like = pick(
        rng,
        "torch.empty(0)",
        "torch.zeros(2, 3)",
        "torch.zeros(3, 2).t()",
        "torch.zeros(5)",
        "torch.zeros(10)[::2]",
        "torch.zeros(6)",
        "torch.zeros(3, 3)",
    )
    kind = rng.choice(("float32", "float32", "float64", "int64", "int32", "complex64", "float16", "bool", "uint8"))
    return f"out={like}.to(torch.{kind})"


def sized(rng: Random) -> str:
    name = pick(rng, "zeros", "ones", "full", "full", "empty")
    size = pick(rng, *SIZES) if rng.random() < 0.5 else pick(rng, *GOOD_SIZES)
    extra = options(rng, "names=None")
    if rng.random() < 0.1:
        extra.append(out(rng))
    if name == "full":
        size = pick(rng, "(2, 3)", "()", "[2]", "torch.Size([3])", "3", "(0,)", "(-1,)", "(2.0,)", "size=(2,)")
        value = number(rng) if not size.startswith("size") else f"fill_value={number(rng)}"
        return f"torch.full({arguments(size, value, *extra)})"
    call = f"torch.{name}({arguments(size, *extra)})"
    return call if name != "empty" else f"{call}.zero_()"


def like(rng: Random) -> str:
    name = pick(rng, "zeros_like", "ones_like", "full_like", "full_like", "empty_like", "rand_like_shape")
    source, extra = pick(rng, *LIKES), options(rng)
    if rng.random() < 0.3:
        extra.append(
            "memory_format=torch."
            + pick(rng, "preserve_format", "contiguous_format", "channels_last", "channels_last_3d")
        )
    if name == "full_like":
        return f"torch.full_like({arguments(source, number(rng), *extra)})"
    if name in ("empty_like", "rand_like_shape"):
        return f"torch.empty_like({arguments(source, *extra)}).zero_()"
    return f"torch.{name}({arguments(source, *extra)})"


def method(rng: Random) -> str:
    source = pick(rng, *LIKES[:-3])
    name = pick(rng, "new_zeros", "new_ones", "new_full", "new_tensor", "new_empty", "new_empty_strided")
    size = pick(rng, *SIZES) if rng.random() < 0.3 else pick(rng, *GOOD_SIZES)
    if name == "new_full":
        return f"{source}.new_full({arguments(pick(rng, '(2, 3)', '()', '[2]', '3'), number(rng), *options(rng))})"
    if name == "new_tensor":
        return f"{source}.new_tensor({arguments(data(rng), *options(rng))})"
    if name == "new_empty_strided":
        return f"{source}.new_empty_strided({arguments(pick(rng, '(2, 3), (3, 1)', '(2, 3), (1, 2)', '(2, 3), (1,)', '(2,), (-1,)', '(-2,), (1,)', '(), ()', '(2, 3), (0, 1)', '(3,), (2,)'), *options(rng))}).zero_()"  # noqa: E501
    call = f"{source}.{name}({arguments(size, *options(rng))})"
    return call if name != "new_empty" else f"{call}.zero_()"


def data(rng: Random) -> str:
    """What ``tensor`` takes."""
    roll = rng.random()
    if roll < 0.25:
        return number(rng)
    if roll < 0.6:
        kinds = rng.choice(
            (
                (INTS,),
                (REALS,),
                (INTS, REALS),
                (("True", "False"),),
                (OTHERS,),
                (INTS, ("True",)),
                (REALS, ("1j",)),
                (INTS[:8],),
                (REALS[:5],),
            )
        )
        items = [pick(rng, *rng.choice(kinds)) for _ in range(rng.randint(1, 4))]
        text = f"[{', '.join(items)}]" if rng.random() < 0.8 else f"({', '.join(items)},)"
        return f"[{text}, {text}]" if rng.random() < 0.2 else text
    return pick(
        rng, "[]", "[[]]", "[[], []]", "[[1, 2], [3]]", "[[1], 2]", "[1, [2]]", "()", "[[1, 2.5], [True, 3]]", "np.arange(3)", "np.zeros((2, 3), np.float32).T", "np.float32(1.5)",  # noqa: E501
        "np.array(3)", "np.array([1j])", "np.array(['a'])", "[np.array([1, 2]), np.array([3, 4])]",
        "[np.float32(1), np.float64(2)]", "[torch.tensor(1), torch.tensor(2.5)]",
        "[torch.tensor([1]), torch.tensor([2])]",
        "[torch.tensor([1, 2])]", "torch.arange(3)", "torch.arange(6.).reshape(2, 3).t()", "range(3)", "{1: 2}",
        "{1, 2}", "'abc'", "b'abc'", "None", "[None]", "['a']", "[1, None]", "object()",
        "np.arange(6)[::2]", "np.arange(3)[::-1]", "np.zeros(3, np.uint16)", "np.zeros(2, object)",
        "np.zeros(2, '>f4')", "np.float16(0.1)", "[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]", "[[1, 2], [3, 'a']]",
        "np.zeros(0)", "np.zeros((2, 0))", "bytearray(b'abcdefgh')", "torch.zeros(2, requires_grad=True)",
        "torch.tensor(2.5)", "[[1, 2], (3, 4)]", "[1.5, 2, True, 1j]", "torch.zeros(3, 1).expand(3, 2)",
        "np.ma.array([1, 2])", "memoryview(b'abcd')", "[float('nan'), 1]", "np.datetime64('2020-01-01')",
        "np.str_('a')", "[[True], [False]]", "[0.1, 0.2]", "[2**31, 1]", "[-1, 255]", "[256]", "[1e400]",
    )  # fmt: skip


def from_data(rng: Random) -> str:
    name = pick(rng, "tensor", "tensor", "as_tensor", "asarray", "scalar_tensor")
    extra = [part for part in options(rng) if "layout" not in part and (name == "tensor" or "pin" not in part)]
    if name == "as_tensor":
        extra = [part for part in extra if "requires_grad" not in part]
    if name == "asarray" and rng.random() < 0.3:
        extra.append(pick(rng, "copy=True", "copy=False", "copy=None"))
    if name == "scalar_tensor":
        return f"torch.scalar_tensor({arguments(pick(rng, *INTS[:15], *REALS[:9]), *extra)})"
    return f"torch.{name}({arguments(data(rng), *extra)})"


def bound(rng: Random) -> str:
    roll = rng.random()
    if roll < 0.45:
        return str(rng.randint(-10, 40))
    if roll < 0.85:
        return repr(round(rng.uniform(-10, 40), rng.choice((0, 1, 2, 7))))
    return pick(rng, "inf", "nan", "True", "1j", "torch.tensor(5)", "torch.tensor(2.5)", "np.int64(7)", "np.float32(3.3)", "-0.0", "None", "'a'", "torch.tensor([1])", "1e-3", "torch.tensor(3, dtype=torch.int32)", "1 + 2j")  # fmt: skip  # noqa: E501


def step(rng: Random) -> str:
    return pick(
        rng,
        "1",
        "2",
        "3",
        "0.1",
        "0.5",
        "0.3",
        "-1",
        "-2",
        "-0.7",
        "1.0",
        "2.5",
        "0",
        "0.0",
        "1/3",
        "7",
        "torch.tensor(2)",
        "0.01",
        "np.float32(0.1)",
        "nan",
        "1j",
        "True",
        "inf",
    )


def row(rng: Random) -> str:
    """``arange``, ``linspace``, ``logspace``, ``range``."""
    name = pick(rng, "arange", "arange", "linspace", "linspace", "logspace", "range")
    extra = options(rng)
    if rng.random() < 0.1:
        extra.append(out(rng))
    if name in ("arange", "range"):
        a, b, s = bound(rng), bound(rng), step(rng)
        if name == "range":  # in PyTorch a step below one dies of a division by zero if the dtype is an integer
            s = pick(rng, "1", "2", "-1", "3", "7", "2.5", "-2", "0", "torch.tensor(2)")
        form = pick(
            rng,
            f"{a}",
            f"{a}, {b}",
            f"{a}, {b}, {s}",
            f"{a}, {b}, {s}",
            f"{a}, {b}, step={s}",
            f"start={a}, end={b}, step={s}",
            f"end={b}",
            f"{a}, end={b}",
            f"start={a}, end={b}",
        )
        return f"torch.{name}({arguments(form, *extra)})"
    count = pick(
        rng,
        "0",
        "1",
        "2",
        "3",
        "5",
        "10",
        "17",
        "33",
        "50",
        "100",
        "-1",
        "2.5",
        "True",
        "torch.tensor(4)",
        "np.int64(4)",
    )
    a, b = bound(rng), bound(rng)
    if name == "logspace":
        a, b = (str(round(rng.uniform(-5, 5), rng.choice((0, 1, 3)))) if rng.random() < 0.9 else end for end in (a, b))
        base = pick(
            rng,
            "",
            "",
            "2",
            "base=2",
            "base=2.718281828",
            "base=0.5",
            "base=-2",
            "base=0",
            "base=1e3",
            "10.0",
            "base=1j",
        )
        return f"torch.logspace({arguments(a, b, count, base, *extra)})"
    form = pick(
        rng, f"{a}, {b}, {count}", f"{a}, {b}, steps={count}", f"start={a}, end={b}, steps={count}", f"{a}, {b}"
    )
    return f"torch.linspace({arguments(form, *extra)})"


def pattern(rng: Random) -> str:
    """``eye``, index patterns, grids, complex numbers."""
    name = pick(
        rng,
        "eye",
        "tril_indices",
        "triu_indices",
        "meshgrid",
        "complex",
        "cartesian_prod",
        "combinations",
        "empty_strided",
        "empty_permuted",
    )
    size = lambda: pick(rng, "0", "1", "2", "3", "5", "-1", "2.0", "np.int64(2)", "True")
    if name == "eye":
        return f"torch.eye({arguments(size(), pick(rng, '', size()), *options(rng), *([out(rng)] if rng.random() < 0.15 else []))})"  # noqa: E501
    if name in ("tril_indices", "triu_indices"):
        return f"torch.{name}({arguments(size(), size(), pick(rng, '', '1', '-1', 'offset=2', '-5', '5', '0.5'), *[o for o in options(rng) if 'grad' not in o])})"  # noqa: E501
    if name == "meshgrid":
        given = pick(rng, "torch.arange(2), torch.arange(3)", "[torch.arange(2), torch.arange(3)]", "torch.arange(2)", "torch.arange(2), torch.tensor(3)", "torch.arange(2), torch.arange(3), torch.arange(4)",  # noqa: E501
                     "torch.arange(2), torch.arange(3.)", "torch.zeros(2, 2)", "[]",
                     "torch.arange(4)[::2], torch.arange(3)", "torch.zeros(0), torch.arange(2.)",
                     "torch.ones(2, requires_grad=True), torch.ones(3)",
                     "(torch.arange(2), torch.arange(3))", "torch.tensor(1), torch.tensor(2)")  # fmt: skip
        return f"torch.meshgrid({arguments(given, pick(rng, '', 'indexing=' + repr('ij'), 'indexing=' + repr('xy'), 'indexing=' + repr('ab')))})"  # noqa: E501
    if name == "complex":
        a, b = (pick(rng, "torch.tensor([1., 2.5])", "torch.tensor([3., -4.], dtype=torch.float64)", "torch.tensor([1., nan])", "torch.tensor(2.)", "torch.arange(6.).reshape(3, 2)", "torch.tensor([1, 2])", "torch.ones(2, requires_grad=True)", "1.0", "torch.tensor([inf, -0.0])") for _ in range(2))  # fmt: skip  # noqa: E501
        return f"torch.{name}({a}, {b})"
    if name == "cartesian_prod":
        return f"torch.cartesian_prod({pick(rng, 'torch.arange(2), torch.arange(3)', 'torch.arange(2)', 'torch.zeros(2, 2)', 'torch.arange(2), torch.arange(2), torch.arange(2)', 'torch.zeros(0), torch.zeros(2)', '')})"  # noqa: E501
    if name == "combinations":
        return f"torch.combinations({arguments(pick(rng, 'torch.arange(4)', 'torch.zeros(2, 2)', 'torch.zeros(0)', 'torch.arange(3.)'), pick(rng, '', '1', '2', '3', 'r=0', 'r=5', 'r=-1'), pick(rng, '', 'with_replacement=True'))})"  # noqa: E501
    if name == "empty_strided":
        return f"torch.empty_strided({arguments(pick(rng, '(2, 3), (3, 1)', '(2, 3), (1, 2)', '(2, 3), (1,)', '(2,), (-1,)', '(-2,), (1,)', '(), ()', '(0, 3), (5, 1)', '(3,), (2,)', '(2, 2), (0, 1)', '2, 3'), *options(rng))}).zero_()"  # noqa: E501
    assert name == "empty_permuted"
    return f"torch.empty_permuted({arguments(pick(rng, '(2, 3, 4), (0, 2, 1)', '(2, 3), (1, 0)', '(2, 3), (0,)', '(2, 3), (0, 0)', '(2, 3), (0, 5)', '(), ()', '(2, 3), (-1, 0)', '(2, 0, 3), (2, 0, 1)'), *options(rng))}).zero_()"  # noqa: E501


def creation_program(rng: Random) -> Program:
    """A few calls, some under another default dtype."""
    program = []
    if rng.random() < 0.15:
        program.append(
            f"torch.set_default_dtype(torch.{rng.choice(FLOATS[1:])})"
            if rng.random() < 0.9
            else f"torch.set_default_dtype({pick(rng, 'torch.int64', 'torch.complex64', 'float', 'torch.float8_e5m2')})"
        )
    for _ in range(rng.randint(1, 3)):
        make = rng.choice((sized, like, method, from_data, from_data, row, row, row, pattern))
        program.append(f"see({make(rng)})")
    return program


@given(programs(creation_program))
@examples(300)
def test_random_calls_make_the_same_tensors_as_in_pytorch(program: Program) -> None:
    check_program(
        program, any_error=True
    )  # the types are compared in tests/ops/creating/test_creation.py and test_ranges.py


def test_the_comparison_notices_a_difference() -> None:
    assert difference(["see(torch.__name__)"]) is not None
    assert difference(["see(torch.tensor(float(len(torch.__name__))))"]) is not None
    assert difference(["see(torch.zeros(2).fill_(-0.0 if torch.__name__ == 'torch' else 0.0))"]) is not None
    assert difference(["if torch.__name__ == 'torch': raise ValueError", "see(1)"]) is not None
    assert difference(["see(torch.zeros(2))"]) is None
