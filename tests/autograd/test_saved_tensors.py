"""Hooks on saved tensors, against PyTorch: what they see, in which order, what comes back, what is refused."""

from __future__ import annotations

import math
import threading

import pytest
from engines import same, same_error

import minitorch


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def tensors(engine):
    x = leaf(engine, 1.0, 2.0)
    return x, x * 2, x * 3


def logging(log):
    """Hooks that write down what they see."""

    def entry(tag, tensor):
        name = None if tensor.grad_fn is None else tensor.grad_fn.name()
        log.append((tag, tensor.tolist(), tensor.requires_grad, tensor.is_leaf, name))
        return tensor

    return lambda tensor: entry("pack", tensor), lambda tensor: entry("unpack", tensor.detach())


def f(engine):
    return engine.nn.functional


OPERATIONS = {
    "mul": lambda e, x, b, c: b * c,
    "a number is not packed": lambda e, x, b, c: b * 2,
    "addcmul": lambda e, x, b, c: e.addcmul(x, b, c),
    "div": lambda e, x, b, c: b / c,
    "atan2": lambda e, x, b, c: e.atan2(b, c),
    "pow": lambda e, x, b, c: b**c,
    "lerp": lambda e, x, b, c: e.lerp(b, c, x),
    "where": lambda e, x, b, c: e.where(b > 2, b, c),
    "sqrt": lambda e, x, b, c: b.sqrt(),
    "prod": lambda e, x, b, c: b.prod(),
    "sum saves nothing": lambda e, x, b, c: b.sum(),
    "max": lambda e, x, b, c: b.max(0)[0],
    "index": lambda e, x, b, c: b[e.tensor([1, 0, 1])],
    "gather": lambda e, x, b, c: b.gather(0, e.tensor([1])),
    "cat": lambda e, x, b, c: e.cat([b, c]),
    "matmul": lambda e, x, b, c: b.view(1, 2) @ c.view(2, 1),
    "dot": lambda e, x, b, c: b @ c,
    "linear": lambda e, x, b, c: f(e).linear(b, e.ones(2, 2, dtype=e.float64, requires_grad=True)),
    "convolution": lambda e, x, b, c: f(e).conv1d(b.view(1, 1, 2), c.view(1, 1, 2)),
    "mse_loss": lambda e, x, b, c: f(e).mse_loss(b, c),
    "relu_": lambda e, x, b, c: (b * 1).relu_(),
    "sqrt_": lambda e, x, b, c: (b * 1).sqrt_(),
    "mul_": lambda e, x, b, c: (b * 1).mul_(c),
    "mul_ with itself": lambda e, x, b, c: (lambda t: t.mul_(t))(b * 1),
    "pow_ keeps a copy": lambda e, x, b, c: (b * 1).pow_(3),
    "on a view": lambda e, x, b, c: (b * 1)[:1].sqrt_(),
    "clamp": lambda e, x, b, c: b.clamp(0, 2),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_hooks_see_what_the_graph_keeps_in_pytorchs_order(name):
    def program(engine):
        log, (x, b, c) = [], tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(*logging(log)):
            result = OPERATIONS[name](engine, x, b, c)
        result.sum().backward()
        return log, x.grad

    same(program)


def test_what_pack_returns_is_what_unpack_gets_and_changes_the_derivative():
    def program(engine):
        x, b, c = tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(lambda t: ("packed", t * 10), lambda packed: packed[1]):
            y = b * c
        y.sum().backward()
        return x.grad

    same(program)


def test_only_the_innermost_hooks_apply_and_they_end_with_their_block():
    def program(engine):
        log, (_, b, _) = [], tensors(engine)
        hooks = engine.autograd.graph.saved_tensors_hooks
        with hooks(lambda t: log.append("outer") or t, lambda t: t):
            b.sqrt()
            with hooks(lambda t: log.append("inner") or t, lambda t: t):
                b.sqrt()
            b.sqrt()
        b.sqrt()
        return log

    assert same(program) == ["outer", "inner", "outer"]


def test_hooks_belong_to_a_thread():
    def program(engine):
        log, (x, b, c) = [], tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(lambda t: log.append("packed") or t, lambda t: t):
            thread = threading.Thread(target=lambda: (b * c).sum().backward(retain_graph=True))
            thread.start()
            thread.join()
            log.append("here")
            b.sqrt()
        return log, x.grad

    assert same(program)[0] == ["here", "packed"]


def test_unpacked_tensors_have_their_history_so_that_second_derivatives_arrive():
    def program(engine):
        x, b, c = tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
            y = (b * c * x).sum() + b.exp().sum()
        (g,) = engine.autograd.grad(y, x, create_graph=True)
        g.sum().backward()
        return g, x.grad

    same(program)


def test_a_write_to_a_packed_tensor_is_not_noticed():
    def program(engine):
        x, b, c = tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
            y = b * c
        b.add_(1)
        y.sum().backward()
        return x.grad

    same(program)


def test_tensors_saved_by_a_function_are_packed_too():
    def program(engine):
        class Square(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = x * x
                ctx.save_for_backward(x, None, y)
                return y

            @staticmethod
            def backward(ctx, gradient):
                x, nothing, y = ctx.saved_tensors
                assert nothing is None
                return gradient * x * 2 + 0 * y

        log, (x, b, _) = [], tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(*logging(log)):
            y = Square.apply(b)
        y.sum().backward()
        return log, x.grad

    same(program)


def test_wrong_hooks_are_refused():
    def writing(engine):
        x, b, c = tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(lambda t: t.add_(1), lambda t: t):
            b * c

    def not_a_tensor(engine):
        x, b, c = tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 3):
            y = b * c
        return y.grad_fn._saved_self

    def raising(engine):
        x, b, c = tensors(engine)
        with engine.autograd.graph.saved_tensors_hooks(lambda t: 1 / 0, lambda t: t):
            b * c

    def no_functions(engine):
        with engine.autograd.graph.saved_tensors_hooks(3, 4):
            pass

    same_error(writing, exact=True)
    same_error(not_a_tensor, exact=True)
    same_error(raising, exact=True)
    same_error(no_functions)
    same_error(lambda engine: engine.autograd.graph.saved_tensors_hooks(abs))


def test_after_a_pack_hook_has_failed_everything_works_as_before():
    x, b, c = tensors(minitorch)
    hooks = minitorch.autograd.graph.saved_tensors_hooks(lambda t: 1 / 0, lambda t: t)
    with pytest.raises(ZeroDivisionError), hooks:
        b * c
    assert minitorch.is_grad_enabled()
    (b * c).sum().backward()
    assert x.grad.tolist() == [12.0, 24.0]


@pytest.mark.parametrize("order", ["hooks inside", "hooks outside", "nested"])
def test_hooks_can_be_forbidden(order):
    def program(engine):
        graph = engine.autograd.graph
        hooks = graph.saved_tensors_hooks(abs, abs)
        if order == "hooks inside":
            with graph.disable_saved_tensors_hooks("not here"), hooks:
                pass
        elif order == "hooks outside":
            with hooks, graph.disable_saved_tensors_hooks("not here"):
                pass
        else:
            with graph.disable_saved_tensors_hooks("outer"):
                with graph.disable_saved_tensors_hooks("inner"):
                    pass
                with hooks:
                    pass

    same_error(program, exact=True)


def test_hooks_are_allowed_again_after_they_were_forbidden():
    def program(engine):
        log, (_, b, c) = [], tensors(engine)
        with engine.autograd.graph.disable_saved_tensors_hooks("not here"):
            b * c
        with engine.autograd.graph.saved_tensors_hooks(*logging(log)):
            b * c
        return log

    assert len(same(program)) == 2


@pytest.mark.parametrize("pin_memory", [False, True])
def test_save_on_cpu_changes_no_gradient(pin_memory):
    def program(engine):
        x, b, c = tensors(engine)
        with engine.autograd.graph.save_on_cpu():
            y = (b * c * x).sum()
        kind = type(y.grad_fn.next_functions[0][0]._raw_saved_self.data).__name__
        (g,) = engine.autograd.grad(y, x, create_graph=True)
        g.sum().backward()
        return kind, g, x.grad

    assert same(program)[0] == "tuple"


# ---- one saved tensor -------------------------------------------------------------------------------------------


def test_a_saved_tensor_shows_what_is_kept():
    def program(engine):
        x, b, c = tensors(engine)
        saved = (x * c).grad_fn._raw_saved_self
        before = saved.data, saved.unpack(), saved.unpack_hook
        saved.register_hooks(lambda t: (5, t.requires_grad, t), lambda packed: packed[2] * 2)
        return before, saved.data, saved.unpack()

    same(program)


def test_hooks_on_one_saved_tensor_replace_what_the_derivative_gets():
    def program(engine):
        log, (x, b, c) = [], tensors(engine)
        y, z = b * c, b.exp()
        pack, unpack = logging(log)
        y.grad_fn._raw_saved_other.register_hooks(pack, lambda t: unpack(t) * 10)
        z.grad_fn._raw_saved_result.register_hooks(pack, unpack)
        (y + z).sum().backward()
        return log, x.grad

    same(program)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (0, "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair"),
        (1, "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph"),
        (2, "Calling register_hooks on a saved tensor with value None is forbidden"),
        (3, "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook"),
    ],
)
def test_hooks_on_one_saved_tensor_are_refused_a_second_time_after_release_for_none_and_if_they_write(number, message):
    # The messages are PyTorch's. It is not run here: some of these errors make it abort when garbage is collected.
    _, b, c = tensors(minitorch)
    y = b * c
    saved = [y, y, b * minitorch.ones(2), y][number].grad_fn._raw_saved_self
    pack = (lambda t: t.add_(1)) if number == 3 else (lambda t: t)
    if number == 0:
        saved.register_hooks(pack, pack)
    if number == 1:
        y.sum().backward()
    with pytest.raises(RuntimeError, match=message):
        saved.register_hooks(pack, pack)
    with pytest.raises(TypeError):
        saved.register_hooks(3, pack)


def test_the_saved_tensors_of_a_function_take_hooks():
    def program(engine):
        class Square(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, gradient):
                return gradient * ctx.saved_tensors[0] * 2

        x, b, c = tensors(engine)
        y = Square.apply(b)
        (saved,) = y.grad_fn._raw_saved_tensors
        saved.register_hooks(lambda t: t * 3, lambda t: t)
        y.sum().backward()
        return x.grad

    same(program)


# ---- allow_mutation_on_saved_tensors ----------------------------------------------------------------------------


def test_saved_tensors_may_be_written_where_that_is_allowed():
    x, b, c = tensors(minitorch)
    with minitorch.autograd.graph.allow_mutation_on_saved_tensors() as copies:
        y = (b**2).sum() + (c * b).sum() + c.exp().sum()
        b.sin_()
        c[0] = 7
        with minitorch.no_grad():
            b.view(2).mul_(2)
            minitorch.sin(b, out=c)
        assert len(copies.cloned) > 0
        y.backward()
        assert x.grad is not None
    assert len(copies.cloned) == len(copies.original) == 0
    # y = (2x)^2 + 6x^2 + exp(3x), as if nothing had been written
    expected = [20 * value + 3 * math.exp(3 * value) for value in (1.0, 2.0)]
    assert x.grad.tolist() == pytest.approx(expected)


def test_backward_outside_of_where_it_was_allowed_is_an_error():
    x, b, c = tensors(minitorch)
    with minitorch.autograd.graph.allow_mutation_on_saved_tensors():
        y = (b**2).sum()
    with pytest.raises(AssertionError, match="Trying to backward outside of"):
        y.backward()


def test_allowing_it_twice_is_an_error():
    allowed = minitorch.autograd.graph.allow_mutation_on_saved_tensors
    with allowed(), pytest.raises(RuntimeError, match="cannot be nested"), allowed():
        pass


def test_where_it_is_not_allowed_a_write_is_noticed_as_ever():
    with minitorch.autograd.graph.allow_mutation_on_saved_tensors():
        pass
    x, b, c = tensors(minitorch)
    y = b * c
    b.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()
