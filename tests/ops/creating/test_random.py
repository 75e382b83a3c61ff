"""Random tensors: the same numbers as PyTorch from the same seed, number for number."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import check, rand
from outcomes import check_outcome, programs

import minitorch

SAMPLING = programs(
    "torch, x, g",
    "torch.rand(3)", "torch.rand(2, 3)", "torch.rand((2, 3))", "torch.rand(size=(2,))",
    "torch.rand(2, dtype=torch.float64)", "torch.rand(2, dtype=torch.float16)",
    "torch.rand(2, dtype=torch.bfloat16)", "torch.rand(2, dtype=torch.int64)",
    "torch.rand(2, dtype=torch.complex64)", "torch.rand(2, requires_grad=True)",
    "torch.rand(2, generator=torch.Generator().manual_seed(5))", "torch.rand(2, out=torch.zeros(2))",
    "torch.rand(2, out=torch.zeros(3, dtype=torch.float64))", "torch.rand()", "torch.rand(-1)", "torch.rand(0)",
    "torch.rand(())", "torch.randn(3)", "torch.randn(20)", "torch.randn(4, 5)",
    "torch.randn(17, dtype=torch.float64)", "torch.randn(3, dtype=torch.float16)",
    "torch.randn(20, dtype=torch.bfloat16)", "torch.randn(20, dtype=torch.complex64)",
    "torch.randn(3, dtype=torch.complex64)", "torch.randn(2, dtype=torch.int64)",
    "torch.randn(2, out=torch.zeros(2))", "torch.randn(3, generator=torch.Generator().manual_seed(5))",
    "torch.randn(size=(3,), requires_grad=True)", "torch.randint(10, (3,))", "torch.randint(5, 10, (3,))",
    "torch.randint(low=5, high=10, size=(3,))", "torch.randint(high=10, size=(3,))",
    "torch.randint(10, (3,), dtype=torch.int8)", "torch.randint(10, (3,), dtype=torch.float32)",
    "torch.randint(10, (3,), generator=torch.Generator().manual_seed(5))", "torch.randint(10, 5, (3,))",
    "torch.randint(10, 3)", "torch.randint(0, 2**40, (3,))", "torch.randint(-5, 5, [2, 2])",
    "torch.randint(0, 300, (2,), dtype=torch.int8)", "torch.randint(2, (3,), dtype=torch.bool)",
    "torch.randint(10, (3,), out=torch.zeros(3, dtype=torch.int64))", "torch.randint(10.5, (3,))",
    "torch.randperm(5)", "torch.randperm(5, generator=torch.Generator().manual_seed(5))", "torch.randperm(0)",
    "torch.randperm(-1)", "torch.randperm(5, dtype=torch.int32)", "torch.randperm(5, dtype=torch.float32)",
    "torch.randperm(2.5)", "torch.randperm(300, dtype=torch.int8)",
    "torch.randperm(5, out=torch.zeros(5, dtype=torch.int64))", "torch.rand_like(x)",
    "torch.rand_like(x, dtype=torch.float64)", "torch.randn_like(x)", "torch.randn_like(x, requires_grad=True)",
    "torch.randint_like(x, 10)", "torch.randint_like(x, 5, 10)", "torch.randint_like(x, 10, dtype=torch.int64)",
    "torch.randint_like(x, low=2, high=7)", "torch.rand_like(torch.zeros(2, dtype=torch.int64))",
    "torch.rand_like(x.t())", "torch.randn_like(torch.zeros(5, 4).t())", "torch.normal(0., 1., (3,))",
    "torch.normal(2., 3., size=(2, 2))", "torch.normal(torch.zeros(3), 1.)",
    "torch.normal(torch.zeros(3), torch.ones(3))", "torch.normal(0., torch.ones(3))",
    "torch.normal(torch.zeros(2, 1), torch.ones(3))", "torch.normal(mean=torch.arange(3.), std=2.)",
    "torch.normal(0., -1., (2,))", "torch.normal(torch.zeros(2), -1.)",
    "torch.normal(torch.zeros(2), -torch.ones(2))", "torch.normal(0, 1, (20,))", "torch.normal(0., 1.)",
    "torch.normal(torch.zeros(20), 2.)", "torch.normal(torch.zeros(2, requires_grad=True), 1.)",
    "torch.normal(0., 1., (3,), dtype=torch.float64)",
    "torch.normal(0., 1., (2,), generator=torch.Generator().manual_seed(5))",
    "torch.bernoulli(torch.full((5,), 0.3))", "torch.bernoulli((x / 6), 0.5)",
    "torch.bernoulli(torch.full((5,), 1.3))", "torch.bernoulli(torch.full((3,), 0.5, dtype=torch.float64))",
    "torch.bernoulli(torch.ones(2, dtype=torch.int64))",
    "torch.bernoulli(torch.full((5,), 0.3), generator=torch.Generator().manual_seed(5))", "(x / 6).bernoulli()",
    "(x / 6).bernoulli(0.5)", "(x / 6).clone().bernoulli_(0.3)",
    "(x / 6).clone().bernoulli_(torch.full((2, 3), 0.5))", "(x / 6).clone().bernoulli_(1.5)",
    "torch.multinomial(torch.tensor([1., 2, 3]), 2)",
    "torch.multinomial(torch.tensor([1., 2, 3]), 5, replacement=True)",
    "torch.multinomial(torch.tensor([1., 2, 3]), 5)",
    "torch.multinomial(torch.tensor([[1., 2, 3], [3, 2, 1]]), 2)",
    "torch.multinomial(torch.tensor([1., -2, 3]), 2)", "torch.multinomial(torch.tensor([0., 0, 0]), 1)",
    "torch.multinomial(torch.tensor([1., 2, 3]), 0)", "torch.multinomial(torch.tensor([1, 2, 3]), 1)",
    "torch.multinomial(torch.zeros(2, 2, 2), 1)",
    "torch.multinomial(torch.tensor([1., 2, 3]), 2, generator=torch.Generator().manual_seed(5))",
    "torch.empty(3).uniform_()", "torch.empty(3).uniform_(2, 5)", "torch.empty(3).uniform_(5, 2)",
    "torch.empty(3, dtype=torch.int64).uniform_()", "torch.empty(3).uniform_(from_=1)",
    "torch.empty(3).uniform_(**{'from':1., 'to':2.})", "torch.empty(3).uniform_(to=3.)",
    "torch.empty(3).normal_()", "torch.empty(20).normal_(1, 2)", "torch.empty(3).normal_(0, -1)",
    "torch.empty(3).normal_(mean=1, std=2)", "torch.empty(3, dtype=torch.int64).normal_()",
    "torch.empty(20, dtype=torch.complex64).normal_()", "torch.empty(4, 5).t().normal_()",
    "torch.empty(4, 10)[:, ::2].normal_()", "torch.empty(4, 5).t().uniform_()", "torch.empty(3).exponential_()",
    "torch.empty(3).exponential_(2)", "torch.empty(3).exponential_(-1)", "torch.empty(3).cauchy_()",
    "torch.empty(3).log_normal_()", "torch.empty(3).geometric_(0.3)", "torch.empty(3).geometric_(1.5)",
    "torch.empty(3, dtype=torch.int64).geometric_(0.3)", "torch.empty(3).random_()",
    "torch.empty(3, dtype=torch.int64).random_()", "torch.empty(3, dtype=torch.int64).random_(10)",
    "torch.empty(3, dtype=torch.int64).random_(5, 10)", "torch.empty(3, dtype=torch.int8).random_()",
    "torch.empty(3, dtype=torch.bool).random_()", "torch.empty(3).random_(10, 5)",
    "torch.empty(3, dtype=torch.int64).random_(**{'from':3, 'to':5})",
    "torch.empty(3, dtype=torch.int64).random_(to=5)", "torch.empty(3, dtype=torch.int64).random_(-5, None)",
    "torch.empty(3, dtype=torch.int64).random_(0, None)", "(g*1).uniform_()", "(g*1).normal_()", "(g*1).random_()",
    "(g*1).bernoulli_()", "(g*1).exponential_()", "(g*1).cauchy_()", "(g*1).log_normal_()",
    "(g*1).geometric_(0.5)", "g.uniform_()", "torch.initial_seed()", "torch.manual_seed('a')",
    "torch.manual_seed(2**64)", "torch.manual_seed(2.7)and 1", "torch.get_rng_state().dtype",
    "torch.get_rng_state().shape", "torch.get_rng_state()[:40]",
    "torch.set_rng_state(torch.zeros(3, dtype=torch.uint8))", "torch.set_rng_state(torch.zeros(5056))",
    "torch.set_rng_state(3)", "torch.Generator().device", "torch.Generator('cpu').device",
    "torch.Generator(device='cpu').initial_seed()", "torch.Generator('cuda')", "torch.Generator('foo')",
    "torch.Generator().manual_seed(3).initial_seed()", "torch.Generator().get_state()[:24]",
    "torch.Generator().set_state(torch.zeros(3, dtype=torch.uint8))",
    "torch.Generator().set_state(torch.get_rng_state()).get_state()[:16]", "torch.random.initial_seed()",
    "torch.random.get_rng_state().shape", "torch.seed()is None",
    "torch.Generator().manual_seed(5).clone_state().initial_seed()", "torch.rand(2, generator=3)",
    "torch.randn(2, generator='a')", "torch.rand(2, layout=torch.strided)", "torch.rand(2, device='cpu')",
    "torch.rand(2, device='cuda')", "torch.rand(2, pin_memory=True)", "torch.rand(2, 3).stride()",
    "torch.randperm(5, layout=torch.strided)", "torch.randint(3, (2,), requires_grad=True)",
    "torch.randint(3, (2,), dtype=torch.float32, requires_grad=True)", "torch.nn.functional.dropout(x, 0.5)",
    "x.random_(5)", "torch.rand(3, device='cpu:0')", "torch.rand_like(3)", "torch.normal('a', 1.)",
    "torch.rand(2, dtype=float)",
)  # fmt: skip


def seeded(program):
    def run(torch, *inputs):
        torch.manual_seed(7)
        return program(torch, *inputs)

    return run


@pytest.mark.parametrize("program", SAMPLING)
def test_the_same_seed_gives_the_same_numbers_and_the_same_refusals(program):
    check_outcome(seeded(lambda torch, x, g: program(torch, x, g.detach().requires_grad_())), (2, 3), (3,), grad=False)


def whole_program(torch):
    """Everything in one stream, so that one draw too many shows in all that follows."""
    torch.manual_seed(2024)
    drawn = [torch.rand(3), torch.randn(5), torch.randn(33), torch.randint(10, (7,)), torch.randperm(11)]
    drawn.append(torch.randn(2, dtype=torch.float64))
    drawn.append(torch.empty(4, 5).t().normal_())
    drawn.append(torch.empty(3, 4)[:, ::2].uniform_(-1, 1))
    drawn.append(torch.bernoulli(torch.full((9,), 0.3)))
    drawn.append(torch.rand(5) < 0.5)
    drawn.append(torch.multinomial(torch.tensor([0.1, 0.2, 0.7]), 4, replacement=True))
    drawn.append(torch.normal(torch.arange(4.0), torch.ones(4)))
    drawn.append(torch.empty(6).exponential_())
    drawn.append(torch.empty(6, dtype=torch.int64).random_())
    drawn.append(torch.randint(0, 2**40, (3,)))
    drawn.append(torch.rand_like(torch.zeros(2, 3, dtype=torch.float16)))
    drawn.append(torch.randn_like(torch.zeros(3, 2).t()))
    drawn.append(torch.empty(5).geometric_(0.4))
    drawn.append(torch.rand(2))
    return drawn


def test_a_whole_stream_of_different_draws_is_pytorchs():
    theirs, ours = whole_program(torch), whole_program(minitorch)
    for a, b in zip(theirs, ours):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=2e-7)
        assert repr(a.dtype) == repr(b.dtype) and a.stride() == b.stride()
    check_outcome(lambda engine: whole_program(engine)[-1])


def test_a_generator_of_its_own_leaves_the_default_one_alone():
    def program(torch):
        torch.manual_seed(1)
        own = torch.Generator().manual_seed(2)
        first = torch.rand(2, generator=own)
        default = torch.rand(2)
        return first, default, torch.rand(2, generator=own), torch.randperm(4, generator=own), torch.rand(1)

    check_outcome(program)


def test_a_state_can_be_carried_from_one_engine_to_the_other_in_the_middle_of_a_stream():
    torch.manual_seed(5)
    torch.randn(7), torch.rand(3)
    minitorch.set_rng_state(minitorch.tensor(torch.get_rng_state().tolist(), dtype=minitorch.uint8))
    assert minitorch.rand(4).tolist() == torch.rand(4).tolist()
    assert minitorch.randn(3).tolist() == pytest.approx(torch.randn(3).tolist(), rel=1e-6)
    torch.set_rng_state(torch.tensor(minitorch.get_rng_state().tolist(), dtype=torch.uint8))
    assert minitorch.randperm(9).tolist() == torch.randperm(9).tolist()
    assert minitorch.get_rng_state().tolist() == torch.get_rng_state().tolist()


def test_set_state_repeats_a_stream():
    def program(torch):
        generator = torch.Generator().manual_seed(3)
        torch.rand(5, generator=generator)
        state = generator.get_state()
        first = torch.randn(3, generator=generator)
        generator.set_state(state)
        return first, torch.randn(3, generator=generator), state.dtype, state.shape

    check_outcome(program)


def test_fork_rng_gives_the_stream_back_as_it_was():
    def program(torch):
        torch.manual_seed(3)
        before = torch.rand(1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(99)
            inside = torch.rand(1)
        after = torch.rand(1)
        with torch.random.fork_rng(enabled=False):
            torch.manual_seed(4)
        return before, inside, after, torch.rand(1)

    check_outcome(program)


def test_the_module_named_random_is_the_default_stream():
    def program(torch):
        torch.random.manual_seed(4)
        first = torch.rand(1)
        state = torch.random.get_rng_state()
        second = torch.rand(1)
        torch.random.set_rng_state(state)
        return first, second, torch.rand(1), torch.random.initial_seed(), torch.initial_seed()

    check_outcome(program)
    for engine in (torch, minitorch):
        assert engine.manual_seed(3) is engine.default_generator is engine.random.default_generator
        assert engine.random.seed() == engine.initial_seed()
        engine.seed()


@pytest.mark.parametrize("program", programs(
    "torch, x",
    "(x * 1).uniform_()", "(x * 1).normal_()", "(x * 1).bernoulli_(0.5)", "(x * 1).exponential_()",
    "(x * 1).random_(5)", "(x * 1).geometric_(0.5)", "torch.normal(x, 1.0)", "torch.normal(0.0, x)",
    "torch.normal(x, x)", "torch.bernoulli(x)",
))  # fmt: skip
def test_no_gradient_flows_through_a_draw(program):
    check(seeded(lambda torch, x: program(torch, x) * x), rand(3, 4), rtol=1e-6, second=True)


def test_a_refused_draw_takes_no_number_and_writes_nothing():
    for refused in (lambda t: t.uniform_(2, 1), lambda t: t.normal_(0, -1), lambda t: t.expand(2, 2, 3).uniform_()):

        def program(torch, x, refused=refused):
            torch.manual_seed(1)
            try:
                refused(x)
            except RuntimeError:
                return x, x._version, torch.rand(1)

        check_outcome(program, (2, 3), grad=False)


def test_numbers_are_drawn_in_the_order_of_memory():
    minitorch.manual_seed(0)
    plain = minitorch.rand(4, 5)
    minitorch.manual_seed(0)
    transposed = minitorch.empty(5, 4).t().uniform_()
    assert transposed.t().reshape(-1).tolist() == plain.reshape(-1).tolist()


def test_drawing_a_new_tensor_is_no_change_of_it():
    def versions(torch):
        one, new = torch.ones(2), torch.empty(3)
        drawn = [
            torch.rand(3), torch.randn(3), torch.randint(3, (3,)), torch.rand_like(one), torch.randn_like(one),
            torch.randint_like(one, 4), torch.normal(0.0, 1.0, (2,)), torch.normal(one, one),
            torch.bernoulli(one, 0.5), new.normal_(), new.uniform_(),
        ]  # fmt: skip
        return [tensor._version for tensor in drawn]

    assert versions(minitorch) == versions(torch)
