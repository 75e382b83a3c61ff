"""Changing a tensor's own geometry: in-place views, ``resize_``, ``set_``, held against PyTorch."""

from __future__ import annotations

import pytest
from compare import check, randn
from outcomes import check_outcome, programs

RESIZING = programs(
    "torch, x",
    "torch.zeros(3).resize_(2)", "torch.zeros(3).resize_(3, 2).shape", "torch.arange(6).resize_(2, 2)",
    "x.resize_(2)", "torch.zeros(3).resize_(-1)", "torch.arange(6).resize_as_(torch.zeros(2, 2))",
    "torch.zeros(2, 3).t_()", "torch.zeros(2, 3).unsqueeze_(0)", "torch.zeros(1, 3).squeeze_()",
    "torch.zeros(1, 3).squeeze_(0)", "torch.zeros(2, 3).transpose_(0, 1)", "torch.zeros(2, 3).swapaxes_(0, 1)",
    "(x*2).unsqueeze_(0)", "(x*2).t_()", "x.t_()", "torch.arange(6.).as_strided_((2, 2), (1, 2))",
    "torch.zeros(2, 3)._version", "torch.zeros(2, 3).unsqueeze_(0)._version",
    "torch.zeros(2, 3).resize_(1)._version", "torch.zeros(2).set_(torch.arange(4.))",
    "torch.zeros(2).set_(torch.arange(4))", "torch.zeros(2).set_()",
    "torch.zeros(2).set_(torch.arange(4.).untyped_storage(), 1, (2,), (1,))",
    "torch.zeros(2).set_(torch.arange(4.).untyped_storage())",
)  # fmt: skip


@pytest.mark.parametrize("program", RESIZING)
def test_a_tensor_changes_as_it_does_in_pytorch(program):
    check_outcome(program, (2, 3))


@pytest.mark.parametrize("program", programs(
    "torch, x",
    "(x * 2).unsqueeze_(1)", "(x * 2).t_()", "(x * 2).transpose_(0, 1)", "(x * 2).unsqueeze_(0).squeeze_()",
    "(x * 2).unsqueeze_(0).squeeze_(0)", "(x * 2).unsqueeze_(0).squeeze_((0,))", "(x * 2).swapaxes_(0, 1)",
    "(x * 2).as_strided_((2, 2), (1, 2))", "(x * 2).view(12).unsqueeze_(0)",
))  # fmt: skip
def test_gradients_of_in_place_views_are_pytorchs(program):
    check(lambda torch, x: program(torch, x) ** 2, randn(3, 4), second=True)


def test_a_grown_tensor_keeps_its_elements_and_its_views():
    def program(torch, x):
        view = x.view(6)
        x.resize_(4, 3)
        x[3] = 0
        x[2] = 0
        x[0, 0] = 100
        return x, view[0], view.untyped_storage().nbytes()

    check_outcome(program, (2, 3), grad=False)


def test_set_looks_at_other_memory():
    def program(torch, x):
        y = torch.zeros(2).set_(x)
        y[0] = 7
        return x, y, y.data_ptr() == x.data_ptr()

    check_outcome(program, (2, 3), grad=False)
