"""Copying: ``clone``, ``contiguous``, ``copy_``, ``fill_``, held against PyTorch."""

from __future__ import annotations

import pytest
from compare import check, randn
from outcomes import check_outcome, programs

COPYING = programs(
    "torch, x, w",
    "x.detach().copy_(3)", "x.detach().copy_([1, 2, 3])", "x.detach().fill_('a')", "x.detach().fill_([1])",
    "torch.zeros(2, dtype=torch.int8).fill_(300)", "torch.zeros(2, dtype=torch.int8).fill_(2.7)",
    "torch.zeros(2).fill_(1j)", "torch.zeros(2, dtype=torch.bool).fill_(2.7)",
    "torch.zeros(2, dtype=torch.uint8).fill_(-1)", "torch.zeros(2, dtype=torch.uint8).fill_(-300)",
    "torch.zeros(2, dtype=torch.float16).fill_(1e6)", "torch.zeros(2).fill_(1e300)",
    "torch.zeros(2, dtype=torch.int8).fill_(float('nan'))", "torch.zeros(2, dtype=torch.int8).fill_(float('inf'))",
    "torch.zeros(2).fill_(torch.tensor(3.))", "torch.zeros(2).fill_(torch.tensor([3.]))",
    "torch.zeros(2, dtype=torch.int8).fill_(torch.tensor(300.))", "torch.fill(x.detach(), 2)", "(x*1).fill_(2)",
    "(x*1).zero_()", "(x*1).fill_(torch.tensor(1., requires_grad=True))", "(x*1).copy_(x.detach())",
    "x.detach().clone().copy_(x)", "x.detach().expand(2, 2, 3).zero_()", "torch.fill(x, 2)",
    "torch.fill(x, torch.tensor(2.))", "torch.zeros(2, dtype=torch.int8).copy_(torch.ones(2, 2))",
    "x.detach().copy_(torch.ones(3))", "x.detach().copy_(src=torch.ones(3))", "torch.clone(x.detach())",
    "torch.clone(3)", "x.detach().clone(memory_format=3)", "x.detach().clone(memory_format=torch.channels_last)",
    "x.detach().contiguous(memory_format=torch.preserve_format)",
    "x.detach().is_contiguous(memory_format=torch.preserve_format)",
    "x.detach().is_contiguous(memory_format=torch.channels_last)", "torch.zeros(2, dtype=torch.bool).fill_(1j)",
    "torch.zero_(x.detach())", "torch.fill_(x.detach(), 1)", "torch.zeros(2, dtype=torch.int64).fill_(2**63)",
    "torch.zeros(2, dtype=torch.uint64).fill_(2**63)", "torch.zeros(2, dtype=torch.int64).fill_(2**70)",
    "torch.zeros(2, requires_grad=True).zero_()", "x.detach().copy_(torch.ones(5, requires_grad=True)[:3])",
    "x.clone()", "x.t().clone()", "x.t().contiguous()", "x.contiguous() is x",
    "x.t().clone(memory_format=torch.contiguous_format)", "w.clone(memory_format=torch.channels_last)",
    "w.contiguous(memory_format=torch.channels_last).is_contiguous(memory_format=torch.channels_last)",
    "x.detach().expand(4, 2, 3).clone()", "x.detach().expand(4, 2, 3).contiguous()", "x.detach()[:, ::2].clone()",
    "x.detach().t()[::2].clone()", "x.copy_(x.detach())", "x.detach().copy_(x.detach())",
    "x.detach().t().copy_(torch.arange(6.).reshape(3, 2))", "x.detach().copy_(torch.arange(3))",
    "x.detach().copy_(torch.tensor([1.5, 2.5, float('nan')], dtype=torch.float64))",
    "torch.zeros(3, dtype=torch.int32).copy_(torch.tensor([1.9, -1.9, 300.]))",
    "torch.zeros(2, dtype=torch.bool).copy_(torch.tensor([0.5, 0.]))",
    "torch.zeros(2).copy_(torch.tensor([1+2j, 3.]))",
    "torch.zeros(2, dtype=torch.complex64).copy_(torch.tensor([1., 3.]))", "torch.zeros(0).copy_(torch.zeros(1))",
    "torch.zeros(2).copy_(torch.zeros(0))", "x.detach().copy_(torch.zeros(2, 1))",
    "x.detach().expand(2, 2, 3).copy_(torch.zeros(2, 3))", "x.detach().fill_(True)",
    "x.detach().fill_(np.float32(2.5))",
)  # fmt: skip


@pytest.mark.parametrize("program", COPYING)
def test_a_copy_is_what_it_is_in_pytorch(program):
    check_outcome(program, (2, 3), (2, 3, 2, 4))


@pytest.mark.parametrize("program", COPYING)
def test_it_is_the_same_without_gradients(program):
    check_outcome(program, (2, 3), (2, 3, 2, 4), grad=False)


DIFFERENTIABLE = programs(
    "torch, x, y",
    "x.clone()", "x.t().contiguous()", "torch.clone(x.t(), memory_format=torch.contiguous_format)",
    "(x * 1).copy_(y)", "x.clone().copy_(y[0])", "x.clone().copy_(y.sum(0, keepdim=True))", "(x * 1).fill_(2)",
    "(x * 1).fill_(y.sum())", "(x * 1).zero_()", "torch.fill(x, 3)", "torch.fill(x, y.sum())",
)  # fmt: skip


@pytest.mark.parametrize("program", DIFFERENTIABLE)
def test_gradients_and_second_derivatives_are_pytorchs(program):
    check(lambda torch, x, y: (program(torch, x, y) ** 2, program(torch, x, y)), randn(3, 4), randn(3, 4), second=True)


def test_copying_into_a_part_leaves_the_gradient_of_the_rest():
    def program(torch, x, y):
        whole = x * 2
        whole.narrow(1, 1, 2).copy_(y)
        return whole

    check(program, randn(3, 4), randn(3, 2))


def test_copying_converts_the_gradient_back():
    def program(torch, x):
        half = torch.zeros(3, 4, dtype=torch.float32).copy_(x)
        return half.double() * half

    check(program, randn(3, 4), rtol=1e-6)


def test_a_clone_has_memory_of_its_own():
    def program(torch, x):
        copy, same = x.clone(), x.contiguous()
        copy.zero_()
        return x, same.data_ptr() == x.data_ptr(), copy.data_ptr() == x.data_ptr()

    check_outcome(program, (2, 3), grad=False)


def test_a_refused_copy_changes_nothing():
    for refused in (lambda x: x.copy_(x.repeat(2, 1)), lambda x: x.fill_(1e300), lambda x: x.expand(2, 2, 3).copy_(x)):

        def program(torch, x, refused=refused):
            before = x.clone(), x._version
            try:
                refused(x)
            except RuntimeError:
                return x, (x == before[0]).all(), x._version - before[1]

        check_outcome(program, (2, 3), grad=False)


def test_every_write_is_counted():
    def program(torch, x):
        versions = []
        for write in (lambda: x.zero_(), lambda: x.fill_(1), lambda: x.copy_(x.clone()), lambda: x[0].zero_()):
            write()
            versions.append(x._version)
        return versions

    check_outcome(program, (2, 3), grad=False)
