"""Splitting: the pieces, what is refused, and the derivatives, held against PyTorch."""

from __future__ import annotations

import pytest
from compare import awkward, check, randn
from outcomes import check_outcome, programs

SPLITTING = programs(
    "torch, x, v, m, s",
    "x.unbind()", "x.unbind(1)", "x.unbind(dim=-1)", "x.unbind(5)", "s.unbind()", "s.unbind(3)", "x.split(2)",
    "x.split(2, 1)", "x.split([1, 2], 1)", "x.split([1, 1], 1)", "x.split([-1, 4], 1)", "x.split(0)",
    "x.split(-1)", "x.split(2.)", "x.split(5, 2)", "x.split(split_size=2, dim=2)", "torch.split(x, 2, dim=2)",
    "torch.split(x, split_size_or_sections=2)", "torch.zeros(0, 2).split(0)", "torch.zeros(0, 2).split(2)",
    "torch.zeros(2, 0).split(1, 1)", "s.split(1)", "x.split_with_sizes([1, 1])",
    "torch.split_with_sizes(x, [1, 1])", "x.chunk(2)", "x.chunk(5, 2)", "x.chunk(3, 2)", "x.chunk(0)",
    "x.chunk(-1)", "x.chunk(2.)", "s.chunk(1)", "torch.zeros(0).chunk(3)", "x.tensor_split(2)",
    "x.tensor_split(3, 2)", "x.tensor_split((1, 3), 2)", "x.tensor_split([1, -1], 2)", "x.tensor_split(0)",
    "x.tensor_split(torch.tensor(2), 2)", "x.tensor_split(torch.tensor([1, 3]), 2)",
    "x.tensor_split(torch.tensor([1.]), 2)", "x.tensor_split(indices=(1,), dim=1)",
    "x.tensor_split(sections=2, dim=1)", "s.tensor_split(1)", "x.hsplit(3)", "x.hsplit(2)", "v.hsplit(3)",
    "s.hsplit(1)", "x.vsplit(2)", "v.vsplit(1)", "x.dsplit(2)", "m.dsplit(1)", "x.hsplit((1,))",
    "torch.hsplit(x, [1, 2])", "torch.chunk(m, 2)", "torch.unbind(m)", "torch.tensor_split(m, 2)",
    "torch.unbind(3)", "torch.chunk(3, 1)",
)  # fmt: skip


@pytest.mark.parametrize("program", SPLITTING)
def test_the_pieces_are_what_they_are_in_pytorch(program):
    check_outcome(program, (2, 3, 4), (3,), (2, 3), ())


@pytest.mark.parametrize("program", SPLITTING)
def test_they_are_the_same_without_gradients(program):
    check_outcome(program, (2, 3, 4), (3,), (2, 3), (), grad=False)


DIFFERENTIABLE = programs(
    "torch, x",
    "x.unbind()", "x.unbind(-1)", "x.split(2, 1)", "x.split([1, 0, 2], 1)", "x.split(3, 2)", "x.chunk(2, 2)",
    "x.chunk(3, 1)", "x.tensor_split(3, 2)", "x.tensor_split((1, 3), 2)", "x.hsplit(3)", "x.vsplit(2)", "x.dsplit(2)",
)  # fmt: skip


@pytest.mark.parametrize("program", DIFFERENTIABLE)
def test_gradients_and_second_derivatives_are_pytorchs(program):
    for layout in awkward(randn(2, 3, 4)):
        check(lambda torch, x: [piece * piece for piece in program(torch, x)], layout, second=True)


@pytest.mark.parametrize("program", DIFFERENTIABLE)
def test_pieces_that_nobody_used_have_zero_gradient(program):
    check(lambda torch, x: program(torch, x)[-1] * 3, randn(2, 3, 4), second=True)


@pytest.mark.parametrize("program", programs("torch, x", "x.unbind()", "x.split(1)", "x.chunk(2)"))
def test_a_piece_of_several_may_not_be_written_while_recording(program):
    def write(torch, x):
        pieces = program(torch, x * 2)
        pieces[0].mul_(2)

    check_outcome(write, (2, 3))
    check_outcome(lambda torch, x: program(torch, x)[0].mul_(2), (2, 3), grad=False)


def test_pieces_share_memory_with_the_whole():
    def program(torch, x):
        first, *rest = x.split(1)
        first.zero_()
        x.unbind(1)[2].add_(5)
        x.chunk(2)[1].neg_()
        return x, first, rest

    check_outcome(program, (2, 3), grad=False)
