"""``pad`` in all its modes against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

PADS = [(1, 2), (0, 1, 2, 0), (-1, 2), (-1, -1, 1, 1), (1, 1, 1, 1, 1, 1), (0, 0), ()]


@pytest.mark.parametrize("pad", PADS, ids=str)
@pytest.mark.parametrize("value", [None, 1.5])
def test_constant_padding_and_cutting(pad: tuple[int, ...], value: float | None) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        padded = torch.nn.functional.pad(x, pad, value=value)
        return padded * padded

    check(program, randn(2, 3, 4), second=True)


MODES = ["reflect", "replicate", "circular"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "shape, pad",
    [((2, 4), (1, 2)), ((2, 3, 4), (2, 1)), ((3, 4, 5), (1, 2, 2, 0)), ((2, 3, 4, 5), (1, 2, 3, 1)),
     ((2, 2, 3, 4, 3), (1, 2, 2, 1, 1, 0)), ((2, 3, 4), (-1, 2))],
    ids=str,
)  # fmt: skip
def test_borders_read_from_inside(mode: str, shape: tuple[int, ...], pad: tuple[int, ...]) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        padded = torch.nn.functional.pad(x, pad, mode)
        return padded * padded

    if mode == "circular" and min(pad) < 0 or (mode == "circular" and len(shape) == 2):
        pytest.skip("PyTorch's circular mode is stricter there")
    check(program, randn(*shape), second=True)


def test_names_of_the_nodes() -> None:
    check(lambda torch, x: torch.nn.functional.pad(x, (1, 1)), randn(2, 3))
    check(lambda torch, x: torch.nn.functional.pad(x, (1, 1), "reflect"), randn(2, 3))
    check(lambda torch, x: torch.nn.functional.pad(x, (1, 1, 1, 1), "replicate"), randn(2, 3, 3))


def test_layouts_and_integers() -> None:
    for x in awkward(randn(2, 3, 4)):
        check(lambda torch, x: torch.nn.functional.pad(x, (1, 1), "reflect"), x)
        check(lambda torch, x: torch.nn.functional.pad(x, (1, 1)), x, strides=False)
    check(lambda torch, x: torch.nn.functional.pad(x, (1, 1), value=1.5), integers(2, 3))
    check(lambda torch, x: torch.nn.functional.pad(x, (1, 1), "replicate"), integers(1, 2, 3))
    check(lambda torch, x: torch.constant_pad_nd(x, (1, 2), 3), integers(2, 3))


def test_padding_nothing_gives_a_copy() -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        padded = torch.nn.functional.pad(x, (0, 0), "reflect")
        padded += 1
        return padded, x

    check(program, randn(2, 3), grad=False)


@pytest.mark.parametrize(
    "pad, mode, message",
    [
        ((1,), "constant", "Padding length must be divisible by 2"),
        ((1,) * 6, "constant", "Padding length should be less than or equal to two times the input dimension"),
        ((-3, -1), "constant", "narrow(): length must be non-negative."),
        ((1, 1), "foo", "Unrecognised padding mode foo"),
        ((3, 3), "reflect", "Argument #4: Padding size should be less than the corresponding input dimension"),
        ((1, 1, 1, 1), "reflect", "Padding size 4 is not supported for 2D input tensor."),
        ((4, 4), "circular", ""),
    ],
)
def test_wrong_paddings_are_refused(pad: tuple[int, ...], mode: str, message: str) -> None:
    shape = (1, 2, 3) if mode == "circular" else (2, 3)
    check_raises(lambda torch, x: torch.nn.functional.pad(x, pad, mode), randn(*shape), match=message)


def test_a_value_belongs_to_the_constant_mode() -> None:
    check_raises(lambda torch, x: torch.nn.functional.pad(x, (1, 1), "reflect", 1), np.zeros((2, 3)),
                 match='Padding mode "reflect" doesn\'t take in value argument')  # fmt: skip
