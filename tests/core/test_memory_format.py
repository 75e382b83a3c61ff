"""Memory formats: the strides they give, and when a tensor has one, held against PyTorch."""

from __future__ import annotations

import copy
import pickle

import pytest
from outcomes import check_outcome, programs

import minitorch

FORMATS = ["contiguous_format", "channels_last", "channels_last_3d", "preserve_format"]
SHAPES = [(2, 3, 4, 5), (2, 1, 4, 5), (1, 3, 1, 1), (2, 3, 2, 4, 5), (2, 3), (0, 3, 2, 2)]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_clone_and_a_conversion_in_a_format_have_pytorchs_strides(shape, name):
    for make in (
        lambda torch, x: x.clone(memory_format=getattr(torch, name)),
        lambda torch, x: x.to(torch.float64, memory_format=getattr(torch, name)),
        lambda torch, x: x.transpose(0, 1).clone(memory_format=getattr(torch, name)),
        lambda torch, x: torch.zeros_like(x, memory_format=getattr(torch, name)),
        lambda torch, x: x.contiguous(memory_format=getattr(torch, name)),
    ):
        check_outcome(make, shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tensor_has_the_formats_that_it_has_in_pytorch(shape):
    def program(torch, x):
        tensors = [x, x.transpose(1, -1), x.flatten(0, 1), x.movedim(1, -1).contiguous().movedim(-1, 1)]
        return [[t.is_contiguous(memory_format=getattr(torch, name)) for name in FORMATS] for t in tensors]

    check_outcome(program, shape)


@pytest.mark.parametrize("program", programs(
    "torch, x", "repr(torch.channels_last)", "torch.strided", "x.layout", "x.is_contiguous(memory_format=3)",
    "x.clone(memory_format='channels_last')", "type(torch.strided).__name__",
    "isinstance(torch.preserve_format, torch.memory_format)", "isinstance(x.layout, torch.layout)",
))  # fmt: skip
def test_formats_and_layouts_print_and_refuse_as_in_pytorch(program):
    check_outcome(program, (2, 3))


def test_channels_last_survives_pointwise_operators():
    def program(torch, x):
        y = x.to(memory_format=torch.channels_last)
        return y + 1, y * y, -y, y + x, y.clone(), torch.ones_like(y), y.double()

    check_outcome(program, (2, 3, 4, 5))


def test_a_format_stays_one_object_through_pickle_and_copy():
    for name in (*FORMATS, "strided"):
        one = getattr(minitorch, name)
        assert pickle.loads(pickle.dumps(one)) is one
        assert copy.deepcopy(one) is one
