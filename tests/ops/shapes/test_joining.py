"""Joining: results, refusals and derivatives, held against PyTorch."""

from __future__ import annotations

import pytest
from compare import awkward, check, randn
from hypothesis import given
from hypothesis import strategies as st
from outcomes import check_outcome, programs

import minitorch

JOINING = programs(
    "torch, x, v, s, w",
    "torch.cat([x, x])", "torch.cat((x, x), 1)", "torch.cat([x, x], -1)", "torch.cat([x, x], 2)",
    "torch.cat(tensors=[x, x], dim=1)", "torch.cat([x, x], axis=1)", "torch.cat([])", "torch.cat(x)",
    "torch.cat([x, 3])", "torch.cat([x, v])", "torch.cat([x, torch.zeros(2, 2)])",
    "torch.cat([x, torch.zeros(2, 2)], 1)", "torch.cat([s, s])", "torch.cat([v, s])",
    "torch.cat([x, torch.zeros(0)])", "torch.cat([torch.zeros(0), x])",
    "torch.cat([torch.zeros(0), torch.zeros(0)])", "torch.cat([torch.zeros(0)])",
    "torch.cat([x, torch.zeros(0)], 1)", "torch.cat([x, torch.zeros(0, 3)])",
    "torch.cat([x, torch.zeros(0, 2)])", "torch.cat([torch.zeros(0, dtype=torch.float64), x])",
    "torch.cat([x, torch.ones(2, 3, dtype=torch.float64)])",
    "torch.cat([x, torch.ones(2, 3, dtype=torch.int64)])",
    "torch.cat([torch.ones(1, dtype=torch.int8), torch.ones(1, dtype=torch.uint8)])",
    "torch.cat([torch.ones(1, dtype=torch.bool), torch.ones(1)])", "torch.cat([x.t(), x.t()])",
    "torch.cat([x.t(), x.t()], 1)", "torch.cat([w, w])", "torch.cat([w, w], 1)",
    "torch.cat([w, torch.zeros(2, 3, 2, 2)])", "torch.cat([x])", "torch.cat([x, x], 1.)",
    "torch.cat([x, x], out=torch.zeros(4, 3))", "torch.cat([x.detach()]*2, out=torch.zeros(4, 3))",
    "torch.cat([x.detach()]*2, out=torch.zeros(0))",
    "torch.cat([x.detach()]*2, out=torch.zeros(0, dtype=torch.float64))",
    "torch.cat([x.detach()]*2, out=torch.zeros(0, dtype=torch.int64))", "torch.cat([x, x], dim='a')",
    "torch.cat([x, None])", "torch.concat([x, x])", "torch.concatenate([x, x], axis=1)",
    "torch.cat([v.expand(2, 3), x])", "torch.stack([x, x])", "torch.stack([x, x], 1)",
    "torch.stack([x, x], -1)", "torch.stack([x, x], 3)", "torch.stack([])", "torch.stack([x, v])",
    "torch.stack([s, s])", "torch.stack([x.t(), x.t()])", "torch.stack(x)", "torch.stack([x, 3])",
    "torch.stack([x, x.double()])", "torch.stack(tensors=[x], dim=0)",
    "torch.stack([x.detach()], out=torch.zeros(0))", "torch.stack([w, w])", "torch.stack([w, w], 1)",
    "torch.stack([v, v], dim=1)", "torch.hstack([x, x])", "torch.hstack([v, v])", "torch.hstack([s, s])",
    "torch.hstack([s, v])", "torch.hstack([x, v])", "torch.hstack([])", "torch.vstack([x, x])",
    "torch.vstack([v, v])", "torch.vstack([x, v])", "torch.vstack([s, s])", "torch.vstack([])",
    "torch.row_stack([v, x])", "torch.dstack([x, x])", "torch.dstack([v, v])", "torch.dstack([s, s])",
    "torch.dstack([])", "torch.column_stack([x, x])", "torch.column_stack([v, v])",
    "torch.column_stack([s, s])", "torch.column_stack([torch.zeros(3), torch.zeros(3, 2)])",
    "torch.column_stack([])", "torch.hstack([x.detach(), x.detach()], out=torch.zeros(0))",
    "torch.vstack((x, x))", "torch.hstack(x)",
)  # fmt: skip


@pytest.mark.parametrize("program", JOINING)
def test_a_joined_tensor_is_what_it_is_in_pytorch(program):
    check_outcome(with_channels_last(program), (2, 3), (3,), (), (2, 3, 2, 2))


@pytest.mark.parametrize("program", JOINING)
def test_it_is_the_same_without_gradients(program):
    check_outcome(with_channels_last(program), (2, 3), (3,), (), (2, 3, 2, 2), grad=False)


def with_channels_last(program):
    """The last input in channels-last order."""
    return lambda torch, x, v, s, w: program(torch, x, v, s, w.to(memory_format=torch.channels_last))


DIFFERENTIABLE = programs(
    "torch, x, y",
    "torch.cat([x, y])", "torch.cat([x, y, x], -1)", "torch.cat([x.t(), y.t()])",
    "torch.cat([x, torch.zeros(0), y], 1)",
    "torch.stack([x, y])", "torch.stack([x, y], 1)", "torch.stack([x, y], -1)", "torch.hstack([x, y])",
    "torch.vstack([x, y])", "torch.dstack([x, y])", "torch.column_stack([x, y])", "torch.cat([x, y.float()])",
    "torch.cat([x.sum(0), y.sum(0)])", "torch.stack([x.sum(), y.sum()])", "torch.column_stack([x.sum(0), y.sum(0)])",
    "torch.cat([x])", "torch.cat([x.detach(), y])",
)  # fmt: skip


@pytest.mark.parametrize("program", DIFFERENTIABLE)
def test_gradients_and_second_derivatives_are_pytorchs(program):
    for a, b in zip(awkward(randn(3, 4)), awkward(randn(3, 4, seed=1))):
        check(lambda torch, x, y: program(torch, x, y) ** 2, a, b, second=True, rtol=1e-6)


NAMES = ["bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64"]


@pytest.mark.parametrize("second", NAMES)
@pytest.mark.parametrize("first", NAMES)
def test_dtypes_are_promoted_as_in_pytorch(first, second):
    if {first, second} == {"complex64", "float16"}:
        pytest.skip("PyTorch's complex32 is left out")

    def program(torch):
        return torch.cat([torch.ones(2, dtype=getattr(torch, first)), torch.ones(1, dtype=getattr(torch, second))])

    check_outcome(program)


@given(st.data())
def test_splitting_undoes_joining(data):
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    dim = data.draw(st.integers(0, len(shape) - 1))
    lengths = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    pieces = [minitorch.rand(*shape[:dim], n, *shape[dim + 1 :]) for n in lengths]
    if len(shape) == 1 and sum(lengths) == 0:
        return
    for piece, again in zip(pieces, minitorch.cat(pieces, dim).split(lengths, dim)):
        assert again.tolist() == piece.tolist()


def test_the_result_shares_no_memory():
    def program(torch, x):
        joined, stacked = torch.cat([x]), torch.stack([x])
        joined.zero_()
        stacked.zero_()
        return x

    check_outcome(program, (2, 3), grad=False)
