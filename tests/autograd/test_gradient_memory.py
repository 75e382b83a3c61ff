"""A gradient that only the engine knows becomes the leaf's own; one that somebody else can see is copied."""

from __future__ import annotations

import pytest

import minitorch as torch

X = 3.0


def gradients(program):
    """The gradients of two leaves, and the cotangent that was passed in."""
    a, b = torch.full((4, 5), X, requires_grad=True), torch.full((4, 5), X, requires_grad=True)
    cotangent = torch.ones(4, 5)
    program(a, b).backward(cotangent)
    return a.grad, b.grad, cotangent


@pytest.mark.parametrize(
    "program",
    [
        lambda a, b: a + b,
        lambda a, b: a * 1 + b * 1,
        lambda a, b: (a + 0) + (b - 0),
        lambda a, b: a.view(5, 4).view(4, 5) + b.clone(),
        lambda a, b: torch.cat([a[:2], b[2:]]),
        lambda a, b: a.exp() + torch.softmax(b, 1),
        lambda a, b: torch.stack([a, b]).sum(0),
        lambda a, b: (a.t() + b.t()).t(),
    ],
)
def test_no_gradient_shares_memory_with_another_or_with_the_cotangent(program):
    first, second, cotangent = gradients(program)
    before = second.clone(), cotangent.clone()
    first.fill_(-7)
    assert torch.equal(second, before[0])
    assert torch.equal(cotangent, before[1])


def test_what_a_hook_kept_is_not_written_by_a_later_accumulation():
    x, kept = torch.ones(3, requires_grad=True), []
    y = x * 2
    x.register_hook(kept.append)
    y.backward(torch.ones(3))
    (x * 5).backward(torch.ones(3))
    assert x.grad.tolist() == [7, 7, 7]
    assert kept[0].tolist() == [2, 2, 2]


def test_an_array_over_the_gradient_of_a_function_is_not_written():
    kept = []

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            result = grad * 2
            kept.append(result.numpy())
            return result

    x = torch.ones(3, requires_grad=True)
    Double.apply(x).backward(torch.ones(3))
    x.grad.zero_()
    assert kept[0].tolist() == [2, 2, 2]
