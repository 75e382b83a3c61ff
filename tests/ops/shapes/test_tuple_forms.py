"""Functions that take a tuple of ints where the method takes them one by one, held against PyTorch."""

from __future__ import annotations

import pytest
from outcomes import check_outcome, programs

FORMS = programs(
    "torch, x",
    "torch.reshape(x, (3, 2))", "torch.reshape(x, [6])", "torch.reshape(x, 6)", "torch.reshape(x, 3, 2)",
    "torch.permute(x, (1, 0))", "torch.permute(x, dims=[1, 0])", "torch.permute(x, 1, 0)", "torch.flip(x, (0, 1))",
    "torch.flip(x, 0)", "torch.tile(x, (2,))", "torch.tile(x, (2, 1, 1))", "torch.tile(x, 2)",
    "torch.flip(x, ('a',))", "torch.reshape([1], (1,))", "torch.tile(None, (2,))",
)  # fmt: skip


@pytest.mark.parametrize("program", FORMS)
def test_a_function_takes_the_tuple_alone(program):
    check_outcome(program, (2, 3))


METHODS = programs(
    "torch, x",
    "x.reshape(3, 2)", "x.reshape((3, 2))", "x.permute(1, 0)", "x.flip(0, 1)", "x.flip((0,))", "x.tile(2, 1)",
)  # fmt: skip


@pytest.mark.parametrize("program", METHODS)
def test_a_method_takes_the_ints_one_by_one_too(program):
    check_outcome(program, (2, 3))
