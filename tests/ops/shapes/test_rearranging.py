"""Flips, rolls, repetitions, triangles and diagonals."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

PROGRAMS = {
    "flip one": lambda torch, x: x.flip(0),
    "flip all": lambda torch, x: x.flip(0, 1, -1),
    "flip tuple": lambda torch, x: torch.flip(x, (1, 2)),
    "fliplr": lambda torch, x: torch.fliplr(x),
    "flipud": lambda torch, x: x.flipud(),
    "roll flat": lambda torch, x: x.roll(5),
    "roll one": lambda torch, x: x.roll(-1, 1),
    "roll two": lambda torch, x: torch.roll(x, (1, -2), (0, 2)),
    "repeat": lambda torch, x: x.repeat(2, 1, 3),
    "repeat more": lambda torch, x: x.repeat(2, 3, 1, 2),
    "repeat nothing": lambda torch, x: x.repeat(2, 0, 1),
    "tile": lambda torch, x: x.tile(2),
    "tile more": lambda torch, x: torch.tile(x, (2, 1, 1, 3)),
    "interleave": lambda torch, x: x.repeat_interleave(2),
    "interleave dim": lambda torch, x: x.repeat_interleave(3, 1),
    "interleave last": lambda torch, x: x.repeat_interleave(2, dim=-1),
    "interleave each": lambda torch, x: x.repeat_interleave(torch.tensor([2, 0, 1]), 1),
    "interleave one": lambda torch, x: x.repeat_interleave(torch.tensor([2]), 1),
    "tril": lambda torch, x: x.tril(),
    "tril above": lambda torch, x: x.tril(1),
    "triu": lambda torch, x: torch.triu(x),
    "triu below": lambda torch, x: x.triu(-1),
    "diag": lambda torch, x: x[0].diag(),
    "diag above": lambda torch, x: x[0].diag(2),
    "diag below": lambda torch, x: torch.diag(x[0], -1),
    "diag of vector": lambda torch, x: x[0, 0].diag(),
    "diag of vector above": lambda torch, x: x[0, 0].diag(-2),
    "diag_embed": lambda torch, x: x.diag_embed(),
    "diag_embed dims": lambda torch, x: torch.diag_embed(x, 1, 0, 2),
    "trace": lambda torch, x: x[0].trace(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_rearranging_agrees_in_every_memory_order(name):
    for x in awkward(randn(2, 3, 4)):
        check(PROGRAMS[name], x, second=True)
    check(lambda torch, x: PROGRAMS[name](torch, x) ** 2, randn(2, 3, 4), second=True)
    check(PROGRAMS[name], integers(2, 3, 4))


@pytest.mark.parametrize("k", [-1, 0, 1, 2, 3, 5])
def test_rot90_turns_from_the_first_dimension_to_the_second(k):
    check(lambda torch, x: (x.rot90(k), x.rot90(k, (2, 1))), randn(2, 3, 4), names=False)


def test_triangles_in_place_become_the_tensors_history():
    check(lambda torch, x: (x * 1).tril_(1), randn(3, 4), second=True)
    check(lambda torch, x: (x * 1).triu_(), randn(3, 4), second=True)


def test_nothing_and_a_single_element_are_rearranged():
    check(lambda torch, x: (x.flip(0), x.roll(1), x.repeat(2, 2), x.tile(3)), randn())
    check(lambda torch, x: (x.flip(0), x.roll(1, 0), x.repeat(2, 2), x.tril(), x.repeat_interleave(2, 1)), randn(0, 3))


def test_repeat_interleave_of_counts_gives_indices():
    check(lambda torch, n: (torch.repeat_interleave(n), n.repeat_interleave(2)), np.array([1, 0, 3]))


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.flip(2),
        lambda torch, x: x.flip(0, 0),
        lambda torch, x: x.roll((1, 2)),
        lambda torch, x: x.roll(1, 5),
        lambda torch, x: x[0, 0].roll(1, 0),
        lambda torch, x: x.repeat(2),
        lambda torch, x: x.repeat(-1, 2),
        lambda torch, x: x.repeat_interleave(torch.tensor([1, 2]), 1),
        lambda torch, x: x.repeat_interleave(torch.tensor([-1, 2, 1]), 0),
        lambda torch, x: x.repeat_interleave(torch.tensor([0.5]), 0),
        lambda torch, x: x[0].tril(),
        lambda torch, x: x[None].diag(),
        lambda torch, x: x[0].trace(),
        lambda torch, x: x.rot90(1, (0,)),
        lambda torch, x: x.diag_embed(0, 1, 1),
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(3, 4))
