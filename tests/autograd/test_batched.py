"""``autograd.grad(is_grads_batched=True)`` against PyTorch."""

from __future__ import annotations

import pytest
from engines import same, same_error


def start(engine):
    x = engine.arange(3.0).requires_grad_()
    return x, x**2, x.sum()


def gradients(engine, roots, make, **options):
    x, square, total = start(engine)
    chosen = {"square": square, "total": total, "both": [square, total]}[roots]
    return [g.detach() for g in engine.autograd.grad(chosen, x, make(engine), is_grads_batched=True, **options)]


@pytest.mark.parametrize(
    ("roots", "make"),
    [
        ("square", lambda e: e.eye(3)),
        ("square", lambda e: e.arange(6.0).reshape(2, 3)),
        ("square", lambda e: e.ones(2, 3, dtype=e.float64)),
        ("total", lambda e: e.arange(2.0)),
        ("both", lambda e: [e.arange(6.0).reshape(2, 3), e.arange(2.0)]),
    ],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_each_cotangent_of_the_batch_gives_its_gradient(roots, make, create_graph):
    same(lambda engine: gradients(engine, roots, make, create_graph=create_graph))


def test_the_gradients_can_be_differentiated():
    def program(engine):
        x, square, _ = start(engine)
        (found,) = engine.autograd.grad(square * x, x, engine.eye(3), is_grads_batched=True, create_graph=True)
        return engine.autograd.grad(found.sum(), x)

    same(program)


def test_the_graph_is_freed_after_the_last():
    def program(engine, keep):
        x, square, _ = start(engine)
        for _ in range(2):
            engine.autograd.grad(square, x, engine.eye(3), retain_graph=keep, is_grads_batched=True)

    same(lambda engine: program(engine, True))
    same_error(lambda engine: program(engine, None), "second time", exact=True)


def test_inputs_that_are_not_used():
    def program(engine, **options):
        x, square, _ = start(engine)
        other = engine.ones(2, requires_grad=True)
        return engine.autograd.grad(square, [x, other], engine.ones(4, 3), is_grads_batched=True, **options)

    same(lambda engine: program(engine, allow_unused=True))
    same(lambda engine: program(engine, materialize_grads=True))
    same_error(program, exact=True)


@pytest.mark.parametrize(
    ("roots", "make"),
    [
        ("square", lambda e: None),
        ("total", lambda e: None),
        ("total", lambda e: e.tensor(2.0)),
        ("square", lambda e: e.ones(0, 3)),
        ("square", lambda e: e.ones(2, 4)),
        ("square", lambda e: e.ones(3)),
        ("square", lambda e: e.ones(2, 3, dtype=e.complex64)),
        ("both", lambda e: [e.ones(2, 3), e.ones(3)]),
        ("both", lambda e: [e.ones(2, 3), None]),
    ],
)
def test_what_is_no_batch_is_refused(roots, make):
    same_error(lambda engine: gradients(engine, roots, make))
