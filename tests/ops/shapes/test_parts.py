"""Views of a part: what they are, what they refuse, and their derivatives, held against PyTorch."""

from __future__ import annotations

import pytest
from compare import awkward, check, randn
from outcomes import check_outcome, programs

PARTS = programs(
    "torch, x, v, m, s",
    "x.select(0, 1)", "x.select(dim=0, index=1)", "x.select(0, 5)", "x.select(0, 1.5)",
    "x.select(0, torch.tensor(1))", "x.narrow(1, 1, 2)", "x.narrow(dim=1, start=1, length=2)",
    "x.narrow(1, torch.tensor(1), 2)", "x.narrow(1, torch.tensor([1]), 2)", "x.narrow(1, torch.tensor(1.), 2)",
    "x.narrow(1, -2, 2)", "x.narrow(1, 3, 0)", "x.narrow(1, 4, 0)", "x.narrow(1, 0, -1)", "s.narrow(0, 0, 1)",
    "x.diagonal()", "x.diagonal(offset=1, dim1=1, dim2=2)", "x.diagonal(dim1=0, dim2=0)", "x.diagonal(5)",
    "s.diagonal()", "v.diagonal()", "x.unfold(1, 2, 1)", "x.unfold(dimension=1, size=2, step=1)",
    "x.unfold(1, 5, 1)", "s.unfold(0, 1, 1)", "s.unfold(0, 0, 1)", "x.as_strided((2, 2), (1, 1))",
    "x.as_strided(size=(2, 2), stride=(1, 1), storage_offset=3)", "x.as_strided((2, 2), (1, 1), 100)",
    "x.as_strided((2,), (1, 1))", "x.as_strided((2, 2), (1, -1))", "x.select(0, True)", "torch.select(m, 0, 0)",
    "torch.narrow(m, 0, 0, 1)", "torch.diagonal(m)", "torch.as_strided(m, (2,), (1,))",
)  # fmt: skip


@pytest.mark.parametrize("program", PARTS)
def test_a_view_of_a_part_is_what_it_is_in_pytorch(program):
    check_outcome(program, (2, 3, 4), (3,), (2, 3), ())


@pytest.mark.parametrize("program", PARTS)
def test_it_is_the_same_without_gradients(program):
    check_outcome(program, (2, 3, 4), (3,), (2, 3), (), grad=False)


DIFFERENTIABLE = programs(
    "torch, x",
    "x.select(0, 1)", "x.select(-1, -2)", "x.narrow(1, 1, 2)", "x.narrow(2, -3, 2)", "x.narrow(1, 3, 0)",

    "x.diagonal()", "x.diagonal(1, 1, 2)", "x.diagonal(-1, 2, 0)", "x.diagonal(5)", "x.unfold(1, 2, 1)",
    "x.unfold(2, 2, 2)", "x.unfold(2, 3, 1).unfold(1, 2, 1)", "x.unfold(0, 1, 3)", "x.as_strided((2, 2), (1, 2))",
    "x.as_strided((2, 3), (1, 1))", "x.as_strided((3, 3), (2, 1), 1)", "x.as_strided((), ())",
    "x.as_strided((4,), (0,), 2)", "x.select(0, 1).as_strided((2,), (3,))", "x.select(0, 1).as_strided((2,), (3,), 0)",
    "x.unfold(2, 2, 1).as_strided((3,), (2,))", "x.transpose(0, 2).as_strided((2, 2), (1, 4))",
    "x.expand(2, 2, 3, 4).as_strided((2, 5), (3, 1))",
)  # fmt: skip


@pytest.mark.parametrize("program", DIFFERENTIABLE)
def test_gradients_and_second_derivatives_are_pytorchs(program):
    for layout in awkward(randn(2, 3, 4)):
        check(lambda torch, x: (program(torch, x) ** 2, program(torch, x)), layout, second=True)


def test_elements_read_several_times_collect_all_their_gradients():
    def program(torch, x):
        x.as_strided((3, 2), (1, 1)).sum().backward()
        return x.grad.tolist()

    check_outcome(program, (4,))


def test_an_input_that_overlaps_itself_shares_its_gradient_among_its_elements():
    def program(torch, x):
        wide = x.expand(3, 4)
        (gradient,) = torch.autograd.grad(wide.as_strided((2,), (1,)).sum(), wide)
        return gradient

    check_outcome(program, (4,))


def test_parts_share_memory_with_the_whole():
    def program(torch, x):
        x.select(0, 1).zero_()
        x.narrow(1, 1, 2).add_(10)
        x.select(0, 0).diagonal().mul_(-1)
        x.as_strided((2,), (5,), 2).fill_(77)
        return x, x._version

    check_outcome(program, (2, 3, 4), grad=False)


def test_writing_into_a_part_of_a_computed_tensor_gives_the_base_a_new_history():
    def program(torch, x):
        y = x * 2
        part = y.narrow(0, 1, 2)
        part.mul_(x.narrow(0, 0, 2))
        return y, part, y.sum() + part.sum()

    check(program, randn(4, 3))


def test_the_gradient_of_a_part_is_zero_elsewhere():
    def program(torch, x):
        (gradient,) = torch.autograd.grad(x.select(1, 2).sum(), x)
        return gradient

    check_outcome(program, (2, 3, 4))
