"""``autograd.forward_ad`` against PyTorch: tangents of every kind of operator, levels, errors, custom functions."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from compare import rand, randn
from engines import outcome, same, same_error

import minitorch
from minitorch.autograd.grad_mode import modes
from minitorch.autograd.watch import watch


@pytest.fixture(autouse=True)
def no_level_is_left_open():
    yield
    assert modes.forward is None
    assert modes.enabled
    assert watch.recording == 0


def tensors(engine, *arrays):
    return [engine.from_numpy(np.array(array)) for array in arrays]


def tangents(engine, function, *primals, only=None):
    """Values and tangents of ``function`` where each (or only the given) input moves in some direction."""
    fw = engine.autograd.forward_ad
    directions = [randn(*p.shape, seed=50 + i) for i, p in enumerate(primals)]
    directions = [d + 1j * randn(*d.shape, seed=90) if p.dtype.kind == "c" else d for d, p in zip(directions, primals)]
    with fw.dual_level():
        inputs = tensors(engine, *primals)
        for place, direction in enumerate(directions):
            if only is None or place in only:
                inputs[place] = fw.make_dual(inputs[place], *tensors(engine, direction))
        results = function(engine, *inputs)
        results = results if isinstance(results, tuple) else (results,)
        return [tuple(fw.unpack_dual(result)) for result in results]


X, Y, P = randn(3, 4), randn(3, 4, seed=1), rand(3, 4)
COMPLEX = randn(3) + 1j * randn(3, seed=1)

OPERATORS = {
    "add": (lambda e, x, y: x + 2 * y, X, Y),
    "mul": (lambda e, x, y: x * y, X, Y),
    "broadcast": (lambda e, x, y: x * y - y / x, X, rand(4)),
    "broadcast both": (lambda e, x, y: x * y, randn(3, 1), randn(4)),
    "number": (lambda e, x: 3 - x * 2, X),
    "div": (lambda e, x, y: x / y, X, P),
    "pow": (lambda e, x: x**3, X),
    "pow two": (lambda e, x, y: x**y, P, Y),
    "elementary": (lambda e, x: (x.exp(), x.log(), x.sqrt(), x.tanh(), x.sigmoid(), x.sin(), x.abs()), P),
    "relu": (lambda e, x: (e.relu(x), e.nn.functional.gelu(x), e.nn.functional.softplus(x)), X),
    "where": (lambda e, x, y: e.where(x > y, x, y), X, Y),
    "clamp": (lambda e, x: x.clamp(-0.5, 0.5), X),
    "sum": (lambda e, x: (x.sum(), x.sum(1), x.mean(0, keepdim=True)), X),
    "prod and var": (lambda e, x: (x.prod(), x.var(1), x.std()), P),
    "max": (lambda e, x: (x.max(), x.max(1).values, x.max(1).indices, x.amin(0)), X),
    "norm": (lambda e, x: (x.norm(), x.norm(dim=1), x.norm(1)), X),
    "softmax": (lambda e, x: (x.softmax(1), x.log_softmax(0), x.logsumexp(1)), X),
    "cumsum": (lambda e, x: (x.cumsum(0), x.cumprod(1)), P),
    "logcumsumexp": (lambda e, x: x.logcumsumexp(1), X),
    "matmul": (lambda e, x, y: (x @ y.t(), x.t() @ y, e.einsum("ij,ij->i", x, y)), X, Y),
    "vectors": (lambda e, x, y: (x @ y, e.outer(x, y)), randn(3), randn(3, seed=1)),
    "batches": (lambda e, x, y: x @ y, randn(2, 3, 4), randn(2, 4, 2)),
    "addmm": (lambda e, x, y, z: e.addmm(x, y, z), randn(3, 2), X, randn(4, 2)),
    "views": (lambda e, x: (x.t(), x.reshape(2, 6), x[1:, ::2], x[0], x.unsqueeze(0), x.expand(2, 3, 4)), X),
    "diagonal": (lambda e, x: (x.diagonal(), x.flip(0), x.roll(1), x.triu()), X),
    "split": (lambda e, x: tuple(x.split(2, 1)) + tuple(x.unbind(0)), X),
    "cat": (lambda e, x, y: (e.cat([x, y], 1), e.stack([x, y, x])), X, Y),
    "one of a list": (lambda e, x: e.cat([x, e.ones(2, 4, dtype=e.float64), x]), X),
    "index": (lambda e, x: (x[e.tensor([0, 2, 0])], x[x > 0], x.gather(1, e.tensor([[0], [1], [2]]))), X),
    "sort": (lambda e, x: (x.sort(1).values, x.topk(2).values), X),
    "conversion": (lambda e, x: (x.float(), x.double(), x.clone(), x.contiguous()), X),
    "to integers": (lambda e, x: (x.long(), x > 0, x.argmax()), X),
    "detach": (lambda e, x: x.detach() * 2, X),
    "unrelated": (lambda e, x: e.ones(2), X),
    "constant": (lambda e, x: e.zeros_like(x), X),
    "complex": (lambda e, x: (x * x, x.conj().resolve_conj(), x.abs(), x.real, x * (1 + 2j)), COMPLEX),
    "to complex": (lambda e, x: (x * (1 + 2j), e.complex(x, x * 2)), X),
    "in place": (lambda e, x: x.exp().mul_(2).add_(x), X),
    "in place on its own result": (lambda e, x: x.exp().mul_(x).sin_().exp_(), X),
    "in place on a view": (lambda e, x: (lambda y: (y[0].mul_(3), y)[1])(x * 1), X),
    "written into a constant": (lambda e, x: (lambda y: (y.__setitem__(slice(0, 2), x[:2]), y)[1])(e.zeros_like(x)), X),
    "overwritten after use": (lambda e, x: (lambda y: (y * y, y.sin(), y.zero_()))(x * 2), X),
    "in place on the dual": (lambda e, x: x.mul_(3).add_(1), X),
    "linear": (lambda e, x, w, b: e.nn.functional.linear(x, w, b), X, randn(2, 4), randn(2)),
    "layer norm": (lambda e, x: e.nn.functional.layer_norm(x, (4,)), X),
    "convolution": (lambda e, x, w: e.nn.functional.conv2d(x, w, padding=1), randn(1, 2, 4, 4), randn(3, 2, 3, 3)),
    "pooling": (lambda e, x: e.nn.functional.avg_pool2d(x, 2), randn(1, 2, 4, 4)),
    "losses": (lambda e, x, y: (e.nn.functional.mse_loss(x, y), e.nn.functional.l1_loss(x, y)), X, Y),
    "cross entropy": (lambda e, x: e.nn.functional.cross_entropy(x, e.tensor([0, 1, 3])), X),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_the_tangent_of_an_operator(name):
    function, *primals = OPERATORS[name]
    same(lambda engine: tangents(engine, function, *primals))


@pytest.mark.parametrize("name", ["add", "mul", "broadcast", "div", "matmul", "cat", "addmm", "where"])
@pytest.mark.parametrize("only", [{0}, {1}])
def test_one_dual_input_is_enough(name, only):
    function, *primals = OPERATORS[name]
    same(lambda engine: tangents(engine, function, *primals, only=only))


def test_a_tensor_multiplied_in_place_with_itself():
    fw = minitorch.autograd.forward_ad
    with fw.dual_level():
        y = fw.make_dual(minitorch.tensor([3.0]), minitorch.tensor([1.0])) * 1
        y.mul_(y)  # (y * y)' = 2 y = 6, where PyTorch has 12: it changes the tangent while it reads it
        assert fw.unpack_dual(y).tangent.tolist() == [6.0]


@pytest.mark.parametrize("mode", ["no_grad", "enable_grad"])
def test_grad_mode_outside_and_inside_does_not_matter(mode):
    def program(engine):
        fw, switch = engine.autograd.forward_ad, getattr(engine, mode)
        (x,) = tensors(engine, X)
        with switch(), fw.dual_level():
            outside = fw.unpack_dual(fw.make_dual(x, x) * 2), engine.is_grad_enabled()
        x.requires_grad_()
        with fw.dual_level(), switch():
            inside = fw.unpack_dual((fw.make_dual(x, x.detach()) ** 2).sum()), engine.is_grad_enabled()
        return outside, [t.detach() for t in inside[0]], inside[0].primal.requires_grad, engine.is_grad_enabled()

    same(program)


def test_the_level_gives_the_grad_mode_back():
    fw = minitorch.autograd.forward_ad
    with minitorch.no_grad():
        with fw.dual_level():
            minitorch.set_grad_enabled(False)
        assert not modes.enabled
    assert modes.enabled
    with fw.dual_level(), minitorch.no_grad():
        assert not minitorch.is_grad_enabled()


def test_backward_mode_goes_through_a_dual_tensor():
    def program(engine):
        fw = engine.autograd.forward_ad
        (x,) = tensors(engine, X)
        x.requires_grad_()
        with fw.dual_level():
            y = fw.make_dual(x, engine.ones_like(x)) ** 3
            primal, tangent = fw.unpack_dual(y)
            first, second = (engine.autograd.grad(t.sum(), x, retain_graph=True)[0] for t in (primal, tangent))
            return first.detach(), second.detach()

    same(program)


def test_a_tangent_may_require_grad():
    def program(engine):
        fw = engine.autograd.forward_ad
        x, v = tensors(engine, X, Y)
        v.requires_grad_()
        with fw.dual_level():
            tangent = fw.unpack_dual(fw.make_dual(x, v) ** 3).tangent
        return tangent.requires_grad, engine.autograd.grad(tangent.sum(), v)

    same(program)


@pytest.mark.parametrize("create_graph", [False, True])
def test_forward_over_backward_is_a_product_with_the_hessian(create_graph):
    def program(engine):
        fw = engine.autograd.forward_ad
        x, v = tensors(engine, X, Y)
        x.requires_grad_()
        with fw.dual_level():
            dual = fw.make_dual(x, v)
            (gradient,) = engine.autograd.grad((dual**3).sum(), x, create_graph=create_graph)
            return [tensor.detach() for tensor in fw.unpack_dual(gradient)]

    same(program)


def test_modules_take_dual_parameters():
    def program(engine):
        fw = engine.autograd.forward_ad
        engine.manual_seed(0)
        model = engine.nn.Linear(4, 2)
        x = engine.ones(3, 4)
        named = dict(model.named_parameters())
        with fw.dual_level():
            for name, parameter in named.items():
                delattr(model, name)
                setattr(model, name, fw.make_dual(parameter, engine.ones_like(parameter)))
            return [tensor.detach() for tensor in fw.unpack_dual(model(x).tanh().sum())]

    same(program)


def test_unpacking():
    def program(engine):
        fw = engine.autograd.forward_ad
        x, v = tensors(engine, X, Y)
        outside = fw.unpack_dual(x)
        with fw.dual_level() as level:
            plain, dual = fw.unpack_dual(x), fw.make_dual(x, v)
            unpacked = fw.unpack_dual(dual)
            again = fw.unpack_dual(unpacked.primal)
            shared = dual.data_ptr() == x.data_ptr(), unpacked.primal.data_ptr() == x.data_ptr()
        after = fw.unpack_dual(dual)
        return (
            level, outside.primal is x, outside.tangent, plain.tangent, unpacked, unpacked._fields, again.tangent,
            shared, unpacked.tangent is v, after.tangent, type(unpacked).__name__,
        )  # fmt: skip

    same(program)


def test_a_level_is_a_decorator_too():
    def program(engine):
        fw = engine.autograd.forward_ad

        @fw.dual_level()
        def jvp(x, v):
            return fw.unpack_dual(fw.make_dual(x, v).sin())

        x, v = tensors(engine, X, Y)
        return jvp(x, v), jvp(x, v), outcome(lambda: fw.make_dual(x, v))

    same(program)


@pytest.mark.parametrize(
    "call",
    [
        lambda e, fw, x: fw.make_dual(x, e.ones(3)),
        lambda e, fw, x: fw.make_dual(x, x.long()),
        lambda e, fw, x: fw.make_dual(x.long(), x),
        lambda e, fw, x: fw.make_dual(x, 3),
        lambda e, fw, x: fw.make_dual(3, x),
        lambda e, fw, x: fw.make_dual(fw.make_dual(x, x), x),
        lambda e, fw, x: fw.make_dual(fw.make_dual(x, x) * 2, x),
        lambda e, fw, x: fw.make_dual(x, x, level=1),
        lambda e, fw, x: fw.make_dual(x, x, level=-1),
        lambda e, fw, x: fw.unpack_dual(fw.make_dual(x, x), level=1),
        lambda e, fw, x: fw.unpack_dual(3),
        lambda e, fw, x: fw.enter_dual_level(),
        lambda e, fw, x: fw.exit_dual_level(level=3),
    ],
)
def test_wrong_calls_inside_a_level(call):
    def program(engine):
        fw = engine.autograd.forward_ad
        with fw.dual_level():
            call(engine, fw, engine.ones(2))

    same_error(program, exact=True)


@pytest.mark.parametrize("call", [lambda fw, x: fw.make_dual(x, x), lambda fw, x: fw.exit_dual_level()])
def test_wrong_calls_outside_of_a_level(call):
    same_error(lambda engine: call(engine.autograd.forward_ad, engine.ones(2)), exact=True)


def test_tangents_are_forgotten_with_the_graph():
    fw = minitorch.autograd.forward_ad
    with fw.dual_level():
        tangent = minitorch.ones(3)
        dual = fw.make_dual(minitorch.ones(3), tangent)
        y = dual * 2
        dead = weakref.ref(tangent), weakref.ref(y.grad_fn)
        del dual, tangent, y
        gc.collect()
        assert [reference() for reference in dead] == [None, None]


# ---- functions with a jvp of their own ----------------------------------------------------------------------------


def through_function(engine, forward, jvp, *inputs, **members):
    """Values and tangents of what a Function makes of duals: the pairs among ``inputs``."""
    fw = engine.autograd.forward_ad
    statics = {name: staticmethod(member) for name, member in (("forward", forward), ("jvp", jvp)) if member}
    made = type("F", (engine.autograd.Function,), {**statics, **members})
    with fw.dual_level():
        arguments = [fw.make_dual(*i) if isinstance(i, tuple) else i for i in inputs]
        results = made.apply(*arguments)
        results = results if isinstance(results, tuple) else (results,)
        return [tuple(fw.unpack_dual(r)) if isinstance(r, engine.Tensor) else r for r in results]


def dirty(ctx, x):
    ctx.mark_dirty(x)
    return x.mul_(2)


def cut(ctx, x):
    y = x * 2
    ctx.mark_non_differentiable(y)
    return y


def unmaterialized(ctx, x, y):
    ctx.set_materialize_grads(False)
    return x * 2


FUNCTIONS = {
    "one": (lambda ctx, x: x * 2, lambda ctx, g: g * 2, "d"),
    "two outputs": (lambda ctx, x: (x * 2, x * 3), lambda ctx, g: (g * 2, g * 3), "d"),
    "a zero tangent": (lambda ctx, x, y: x * y, lambda ctx, g, h: g * 2 + h, "dp"),
    "no tangent": (unmaterialized, lambda ctx, g, h: g * 2 if h is None else None, "dp"),
    "a number": (lambda ctx, x, k: x * k, lambda ctx, g, k: g * 3 if k is None else None, "dn"),
    "a number as output": (lambda ctx, x: (x * 2, 3), lambda ctx, g: (g * 2, None), "d"),
    "not dual": (lambda ctx, x: x * 2, lambda ctx, g: 1 / 0, "p"),
    "too many": (lambda ctx, x: x * 2, lambda ctx, g: (g, g), "d"),
    "too few": (lambda ctx, x: (x * 2, x * 3), lambda ctx, g: g, "d"),
    "None": (lambda ctx, x: x * 2, lambda ctx, g: None, "d"),
    "an int": (lambda ctx, x: x * 2, lambda ctx, g: 3, "d"),
    "another shape": (lambda ctx, x: x * 2, lambda ctx, g: g.sum(), "d"),
    "no jvp": (lambda ctx, x: x * 2, None, "d"),
    "saved": (
        lambda ctx, x: (ctx.save_for_forward(x), x**2)[1], lambda ctx, g: 2 * g * ctx.saved_tensors[0].detach(), "d",
    ),
    "an attribute": (lambda ctx, x: setattr(ctx, "r", x.exp()) or ctx.r, lambda ctx, g: g * ctx.r, "d"),
    "itself": (lambda ctx, x: x, lambda ctx, g: g.view_as(g), "d"),
    "itself, no view": (lambda ctx, x: x, lambda ctx, g: g, "d"),
    "a view": (lambda ctx, x: x.view(2, 1), lambda ctx, g: g.view(2, 1), "d"),
    "a view, no view": (lambda ctx, x: x.view(2, 1), lambda ctx, g: g.view(2, 1) * 1, "d"),
    "dirty": (dirty, lambda ctx, g: g.mul_(2), "d"),
    "dirty, tangent not": (dirty, lambda ctx, g: g * 2, "d"),
    "cut": (cut, lambda ctx, g: None, "d"),
    "cut, with a tangent": (cut, lambda ctx, g: g * 2, "d"),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_brings_its_own_tangent(name):
    forward, jvp, kinds = FUNCTIONS[name]

    def program(engine):
        made = {"d": lambda: (engine.ones(2), engine.tensor([1.0, 2.0])), "p": lambda: engine.ones(2), "n": lambda: 3}
        return outcome(lambda: through_function(engine, forward, jvp, *[made[kind]() for kind in kinds]))

    same(program)


def test_a_function_with_setup_context():
    def program(engine):
        setup = staticmethod(lambda ctx, inputs, output: ctx.save_for_forward(output))
        dual = engine.ones(2), engine.tensor([1.0, 2.0])
        jvp = lambda ctx, g: g * ctx.saved_tensors[0]
        return through_function(engine, lambda x: x.exp(), jvp, dual, setup_context=setup)

    same(program)


def test_tangents_go_on_behind_a_function():
    def program(engine):
        made = type(
            "F",
            (engine.autograd.Function,),
            {"forward": staticmethod(lambda ctx, x: x * 2), "jvp": staticmethod(lambda ctx, g: g * 5)},
        )
        (x,) = tensors(engine, X)
        fw = engine.autograd.forward_ad
        with fw.dual_level():
            return fw.unpack_dual((made.apply(fw.make_dual(x, x).sin()) * 3).sum())

    same(program)
