"""``func.grad``, ``vjp`` and ``jvp`` against PyTorch, and how they compose."""

from __future__ import annotations

import gc
import warnings
import weakref

import pytest
from compare import randn
from engines import same, same_error

import minitorch

warnings.filterwarnings("ignore", category=DeprecationWarning)


def vectors(engine):
    return engine.from_numpy(randn(3)), engine.from_numpy(randn(3, seed=1))


def cube(x):
    return (x**3).sum()


def without_recording(engine, x):
    with engine.no_grad():
        factor = x**2
    return (x * factor).sum()


CALLS = {
    "grad": lambda e, F, x, y: F.grad(cube)(x),
    "grad of grad": lambda e, F, x, y: F.grad(lambda x: F.grad(cube)(x).sum())(x),
    "three times": lambda e, F, x, y: F.grad(lambda x: F.grad(lambda x: F.grad(cube)(x).sum())(x).sum())(x),
    "argument 1": lambda e, F, x, y: F.grad(lambda x, y: (x * x * y).sum(), argnums=1)(x, y),
    "the last": lambda e, F, x, y: F.grad(lambda x, y: (x * x * y).sum(), argnums=-1)(x, y),
    "both": lambda e, F, x, y: F.grad(lambda x, y: (x * x * y).sum(), argnums=(1, 0))(x, y),
    "one of a tuple": lambda e, F, x, y: F.grad(lambda x, y: (x * y).sum(), argnums=(0,))(x, y),
    "a tree": lambda e, F, x, y: F.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": x, "b": [y]}),
    "a keyword": lambda e, F, x, y: F.grad(lambda x, k: (x * k).sum())(x, k=y),
    "aux": lambda e, F, x, y: F.grad(lambda x: (cube(x), {"a": x * 2}), has_aux=True)(x),
    "value": lambda e, F, x, y: F.grad_and_value(cube)(x),
    "value and aux": lambda e, F, x, y: F.grad_and_value(lambda x: (cube(x), x), has_aux=True)(x),
    "unused": lambda e, F, x, y: F.grad(lambda x, y: cube(x), argnums=(0, 1))(x, y),
    "constant": lambda e, F, x, y: F.grad(lambda x: e.tensor(1.0))(x),
    "partly recorded": lambda e, F, x, y: F.grad(lambda x: without_recording(e, x))(x),
    "vjp": lambda e, F, x, y: (F.vjp(lambda x: x**2, x)[0], F.vjp(lambda x: x**2, x)[1](y)),
    "vjp of trees": lambda e, F, x, y: F.vjp(lambda p: {"a": p[0] * p[1], "b": p[0]}, (x, y))[1]({"a": x, "b": y}),
    "vjp with aux": lambda e, F, x, y: F.vjp(lambda x: (x**2, x), x, has_aux=True)[2],
    "jvp": lambda e, F, x, y: F.jvp(lambda x: x**2, (x,), (y,)),
    "jvp of two": lambda e, F, x, y: F.jvp(lambda x, y: (x * y, [x.sum()]), (x, y), (y, x)),
    "jvp with aux": lambda e, F, x, y: F.jvp(lambda x: (x**2, x), (x,), (y,), has_aux=True),
    "jvp of a constant": lambda e, F, x, y: F.jvp(lambda x: e.ones(2), (x,), (y,)),
    "jvp of grad": lambda e, F, x, y: F.jvp(F.grad(cube), (x,), (y,)),
    "grad of jvp": lambda e, F, x, y: F.grad(lambda x: F.jvp(lambda x: x**3, (x,), (y,))[1].sum())(x),
    "grad of vjp": lambda e, F, x, y: F.grad(lambda x: F.vjp(lambda x: x**3, x)[1](y)[0].sum())(x),
    "vjp of jvp": lambda e, F, x, y: F.vjp(lambda v: F.jvp(lambda x: x.exp(), (x,), (v,))[1], y)[1](x),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_transform_gives_what_it_gives_in_pytorch(name):
    same(lambda engine: CALLS[name](engine, engine.func, *vectors(engine)))


def test_a_tensor_that_requires_grad_outside_stays_in_its_graph():
    def program(engine):
        x, _ = vectors(engine)
        x.requires_grad_()
        found = engine.func.grad(cube)(x)
        return found.detach(), found.requires_grad, engine.autograd.grad(found.sum(), x)

    same(program)


def test_a_closure_that_requires_grad_does_too():
    def program(engine):
        x, w = vectors(engine)
        w.requires_grad_()
        found = engine.func.grad(lambda x: (x * x * w).sum())(x)
        return found.requires_grad, engine.autograd.grad(found.sum(), w)

    same(program)


def test_under_no_grad_the_derivative_is_the_same_but_not_recorded():
    def program(engine):
        x, _ = vectors(engine)
        with engine.no_grad():
            return engine.func.grad(cube)(x.clone().requires_grad_())

    same(program)


def test_the_inputs_are_left_alone():
    x = minitorch.ones(3)
    minitorch.func.grad(cube)(x)
    assert not x.requires_grad
    assert x.grad is None


def test_nothing_is_left_behind():
    gc.collect()
    gc.disable()
    try:
        x = minitorch.ones(3)
        found = minitorch.func.grad(lambda x: minitorch.func.grad(cube)(x).sum())(x)
        dead = weakref.ref(x)
        del x
        assert dead() is None
        assert found.grad_fn is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "call",
    [
        lambda e, F, x, y: F.grad(cube, argnums=5)(x),
        lambda e, F, x, y: F.grad(cube, argnums=())(x),
        lambda e, F, x, y: F.grad(cube, argnums=(0, 0))(x),
        lambda e, F, x, y: F.grad(cube, argnums="a")(x),
        lambda e, F, x, y: F.grad(cube, argnums=("a",))(x),
        lambda e, F, x, y: F.grad(cube, has_aux=True)(x),
        lambda e, F, x, y: F.grad(lambda x: (cube(x), 3), has_aux=True)(x),
        lambda e, F, x, y: F.grad(lambda x: x)(x),
        lambda e, F, x, y: F.grad(lambda x: cube(x).reshape(1))(x),
        lambda e, F, x, y: F.grad(lambda x: 3.0)(x),
        lambda e, F, x, y: F.grad(lambda x: (cube(x),))(x),
        lambda e, F, x, y: F.grad(lambda x: x)(3.0),
        lambda e, F, x, y: F.vjp(lambda x: (x, x), x)[1](y),
        lambda e, F, x, y: F.vjp(lambda x: x * 2, x)[1](e.ones(2)),
        lambda e, F, x, y: F.vjp(lambda x: 3, x),
        lambda e, F, x, y: F.vjp(lambda x: x, 3),
        lambda e, F, x, y: F.jvp(lambda x: x, x, y),
        lambda e, F, x, y: F.jvp(lambda x: x, (x,), (e.ones(2),)),
        lambda e, F, x, y: F.jvp(lambda: x, (), ()),
        lambda e, F, x, y: F.jvp(lambda x: 3, (x,), (y,)),
        lambda e, F, x, y: F.jvp(lambda x: e.ones(2), (x,), (y,), strict=True),
    ],
)
def test_misuse_is_refused_in_the_same_words(call):
    same_error(lambda engine: call(engine, engine.func, *vectors(engine)), exact=True)


def test_tangents_must_be_like_the_primals():
    def program(engine):
        x, y = vectors(engine)
        engine.func.jvp(lambda x: x, (x,), (y, y))

    same_error(program, "Expected primals and tangents to have the same python structure")
    same_error(lambda engine: engine.func.grad(cube)(engine.tensor([1, 2])))
