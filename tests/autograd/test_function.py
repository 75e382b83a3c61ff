"""``Function``: operators of one's own in both forms, and what a context can be told and asked, against PyTorch."""

from __future__ import annotations

import gc
import warnings
import weakref

import pytest
from engines import outcome, same, same_error

import minitorch


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def function(engine, forward, backward=lambda ctx, *gradients: gradients[0], **members):
    """A Function class with these static methods."""
    members = {name: staticmethod(member) for name, member in members.items()}
    return type(
        "F",
        (engine.autograd.Function,),
        {"forward": staticmethod(forward), "backward": staticmethod(backward), **members},
    )


def square_forward(ctx, x):
    ctx.save_for_backward(x)
    return x * x


def square_backward(ctx, gradient):
    (x,) = ctx.saved_tensors
    return 2 * x * gradient


# ---- forms --------------------------------------------------------------------------------------------------------


def test_forward_with_a_context():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = function(engine, square_forward, square_backward).apply(x * 3)
        (y * y).sum().backward()
        return y, x.grad, type(y.grad_fn).__name__, y.grad_fn.next_functions[0][0]

    same(program)


def test_forward_without_a_context_beside_a_setup_context():
    def program(engine):
        seen = []

        def setup(ctx, inputs, output):
            x, factor = inputs
            seen.append((factor, output.requires_grad, x.requires_grad))
            ctx.save_for_backward(x, output)
            ctx.factor = factor

        def backward(ctx, gradient):
            x, output = ctx.saved_tensors
            return gradient * 2 * x * ctx.factor, None

        scaled = function(engine, lambda x, factor=3: x * x * factor, backward, setup_context=setup)
        x = leaf(engine, 1.0, 2.0)
        (scaled.apply(x) + scaled.apply(x, 5) + scaled.apply(x, factor=7)).sum().backward()
        return seen, x.grad

    same(program)


def test_backward_may_be_called_vjp():
    def program(engine):
        members = {"forward": staticmethod(square_forward), "vjp": staticmethod(square_backward)}
        x = leaf(engine, 1.0, 2.0)
        type("F", (engine.autograd.Function,), members).apply(x).sum().backward()
        return x.grad

    same(program)


def test_forward_does_not_record_and_backward_records_with_create_graph_only():
    def program(engine):
        log = []

        def forward(ctx, x):
            log.append((engine.is_grad_enabled(), (x * 2).requires_grad))
            return square_forward(ctx, x)

        def backward(ctx, gradient):
            log.append(engine.is_grad_enabled())
            return square_backward(ctx, gradient)

        y = function(engine, forward, backward).apply(leaf(engine, 1.0))
        x = leaf(engine, 1.0)
        z = function(engine, forward, backward).apply(x)
        y.backward()
        engine.autograd.grad(z, x, create_graph=True)
        return log

    same(program)


def test_double_backward_goes_through_it():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = function(engine, square_forward, square_backward).apply(x)
        (first,) = engine.autograd.grad((y * y).sum(), x, create_graph=True)
        return first.detach(), engine.autograd.grad(first.sum(), x)

    same(program)


def test_double_backward_through_a_saved_result():
    def program(engine):
        def forward(ctx, x):
            result = x.exp()
            ctx.save_for_backward(result)
            return result

        def backward(ctx, gradient):
            return gradient * ctx.saved_tensors[0]

        x = leaf(engine, 1.0, 2.0)
        y = function(engine, forward, backward).apply(x)
        (first,) = engine.autograd.grad(y.sum(), x, create_graph=True)
        (second,) = engine.autograd.grad(first.sum(), x, create_graph=True)
        return first.detach(), second.detach()

    same(program)


def test_without_anything_that_requires_grad_there_is_no_node():
    def program(engine):
        square = function(engine, square_forward, square_backward)
        plain = square.apply(engine.ones(2))
        with engine.no_grad():
            return plain, square.apply(leaf(engine, 1.0))

    same(program)


# ---- the context --------------------------------------------------------------------------------------------------


def test_needs_input_grad_and_arguments_that_are_no_tensors():
    def program(engine):
        log = []

        def backward(ctx, gradient):
            log.append((ctx.needs_input_grad, ctx.text))
            return gradient * 2, None, None, None

        def forward(ctx, x, text, other, options):
            ctx.text = text
            return x * 2

        x = leaf(engine, 1.0)
        y = function(engine, forward, backward).apply(x, "text", engine.ones(1), {"a": 1})
        y.sum().backward()
        return log, x.grad, [node for node, _ in y.grad_fn.next_functions]

    same(program)


def test_none_may_be_saved():
    def program(engine):
        def forward(ctx, x):
            ctx.save_for_backward(None, x, None)
            return x * 2

        def backward(ctx, gradient):
            a, x, b = ctx.saved_tensors
            return gradient * x if a is None and b is None else None

        x = leaf(engine, 3.0)
        function(engine, forward, backward).apply(x).sum().backward()
        return x.grad

    same(program)


@pytest.mark.parametrize("value", [3, [1], "text"])
def test_only_tensors_may_be_saved(value):
    def forward(ctx, x):
        ctx.save_for_backward(x, value)
        return x * 2

    same_error(lambda engine: function(engine, forward).apply(leaf(engine, 1.0)), exact=True)


def test_saved_tensors_are_freed_by_backward():
    def program(engine):
        y = function(engine, square_forward, square_backward).apply(leaf(engine, 1.0)).sum()
        y.backward()
        y.backward()

    same_error(program, "second time", exact=True)


def test_what_saves_nothing_goes_backward_again():
    def program(engine):
        x = leaf(engine, 1.0)
        y = function(engine, lambda ctx, x: x * 2, lambda ctx, gradient: gradient * 2).apply(x).sum()
        y.backward()
        y.backward()
        return x.grad

    same(program)


@pytest.mark.parametrize("which", ["input", "result"])
def test_saved_tensors_that_were_written_are_noticed(which):
    def program(engine):
        def forward(ctx, x):
            result = x * x
            ctx.save_for_backward(x if which == "input" else result)
            return result

        x = leaf(engine, 1.0, 2.0) * 1
        y = function(engine, forward, square_backward).apply(x)
        (x if which == "input" else y).mul_(2)
        y.sum().backward()

    same_error(program, "modified by an inplace operation", exact=True)


def test_missing_gradients_arrive_as_zeros_or_as_none():
    def program(engine):
        log = []

        def forward(ctx, x, materialize):
            ctx.set_materialize_grads(materialize)
            return x * 2, x * 3, "text", (x > 0)

        def backward(ctx, *gradients):
            log.append([g if g is None else (g.tolist(), repr(g.dtype)) for g in gradients])
            return gradients[1] * 3, None

        for materialize in (True, False):
            outputs = function(engine, forward, backward).apply(leaf(engine, 1.0, 2.0), materialize)
            outputs[1].sum().backward()
        return log

    same(program)


def test_outputs_without_derivative():
    def program(engine):
        def forward(ctx, x):
            a, b = x * 2, x * 3
            ctx.mark_non_differentiable(a)
            return a, b, x.argmax()

        x = leaf(engine, 1.0, 2.0)
        a, b, c = function(engine, forward, lambda ctx, *gradients: gradients[1] * 3 + gradients[0]).apply(x)
        b.sum().backward()
        return a, b, c, b.output_nr, x.grad

    same(program)


# ---- inputs as outputs, views, writes -----------------------------------------------------------------------------


def test_an_input_handed_through_becomes_a_view_of_itself():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        identity = function(engine, lambda ctx, x: x, lambda ctx, gradient: gradient * 5)
        y = identity.apply(x)
        y.sum().backward()
        with engine.no_grad():
            quiet = identity.apply(x)
        plain = engine.ones(2)
        passed = identity.apply(plain)
        return (
            y, y is x, y._is_view(), x.grad, quiet, quiet is x, quiet._is_view(), passed is plain, passed._is_view(),
            outcome(lambda: y.mul_(2)),
        )  # fmt: skip

    same(program)


def test_a_view_as_output_may_not_be_written():
    def program(engine):
        y = function(engine, lambda ctx, x: x.view(-1)).apply(leaf(engine, 1.0, 2.0))
        assert y._is_view()
        y.mul_(2)

    same_error(program, "custom Function", exact=True)


def write(ctx, x):
    ctx.mark_dirty(x)
    return x.mul_(2)


def test_a_dirty_input_gets_the_new_node():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        z = function(engine, write, lambda ctx, gradient: gradient * 2).apply(y)
        z.sum().backward()
        return z is y, y, y._version, y.output_nr, x.grad

    same(program)


def test_a_dirty_view_rewrites_its_base():
    def program(engine):
        x = leaf(engine, 1.0, 2.0, 3.0)
        base = x * 1
        view = base[:2]
        result = function(engine, write, lambda ctx, gradient: gradient * 2).apply(view)
        seen = result is view, view, base, view._version
        (base * base).sum().backward()
        return seen, x.grad

    same(program)


def test_a_dirty_view_without_gradient_loses_the_whole_gradient_of_its_base():
    def program(engine):
        x = leaf(engine, 1.0, 2.0, 3.0)
        base = x * 1
        function(engine, write, lambda ctx, gradient: None).apply(base[:2])
        base.sum().backward()
        return x.grad

    assert same(program) is None


@pytest.mark.parametrize("name", ["leaf", "not returned", "view of two"])
def test_what_may_not_be_dirty_is_refused(name):
    def program(engine):
        def forward(ctx, x):
            ctx.mark_dirty(x)
            x.mul_(2)
            return x * 1 if name == "not returned" else (x, x * 3) if name == "view of two" else x

        x = leaf(engine, 1.0, 2.0)
        given = x if name == "leaf" else (x * 1)[:1] if name == "view of two" else x * 1
        function(engine, forward).apply(given)

    same_error(program)


# ---- what backward returns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "returned",
    [
        lambda engine, g: (g, g), lambda engine, g: (g, None), lambda engine, g: (g, None, None),
        lambda engine, g: (None, None), lambda engine, g: g, lambda engine, g: (3, None), lambda engine, g: ([g], None),
        lambda engine, g: (engine.ones(4), None), lambda engine, g: (engine.ones(5, 2), None), lambda engine, g: None,
        lambda engine, g: (engine.ones(2, dtype=engine.complex64), None),
        lambda engine, g: (engine.ones(2, dtype=engine.int64), None), lambda engine, g: (engine.ones(()), None),
    ],
)  # fmt: skip
def test_backward_must_return_a_fitting_gradient_for_each_input(returned):
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = function(engine, lambda ctx, x, k: x * k, lambda ctx, g: returned(engine, g)).apply(x, 2).sum()
        return outcome(lambda: y.backward()), x.grad

    same(program)


def test_the_wrong_number_of_gradients_is_named():
    def program(engine):
        two = function(engine, lambda ctx, x, k: x * k, lambda ctx, g: (g, g, g))
        two.apply(leaf(engine, 1.0), 2).backward()

    same_error(program, "returned an incorrect number of gradients (expected 2, got 3)", exact=True)


def test_once_differentiable_refuses_the_second_derivative():
    def program(engine):
        once = engine.autograd.function.once_differentiable(lambda ctx, gradient: gradient * 2)
        x = leaf(engine, 1.0, 2.0)
        y = function(engine, lambda ctx, x: x * 2, once).apply(x)
        (plain,) = engine.autograd.grad(y.sum(), x, create_graph=True)
        weight = leaf(engine, 5.0, 6.0)
        (found,) = engine.autograd.grad(y, x, weight, create_graph=True)
        return plain, found.requires_grad, outcome(lambda: found.sum().backward())

    assert same(program)[2] == "RuntimeError"


# ---- misuse and memory --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda engine, x: engine.autograd.Function.apply(x),
        lambda engine, x: type("F", (engine.autograd.Function,), {}).apply(x),
        lambda engine, x: (
            type("F", (engine.autograd.Function,), {"forward": staticmethod(lambda ctx, x: x * 2)}).apply(x).backward()
        ),
        lambda engine, x: function(engine, square_forward).apply(),
        lambda engine, x: function(engine, square_forward, square_backward, vjp=square_backward).apply(x).backward(),
        lambda engine, x: function(engine, lambda x: x * 2, setup_context=lambda *a: None).apply(x, other=3),
    ],
)
def test_misuse_is_refused(call):
    same_error(lambda engine: call(engine, leaf(engine, 1.0)))


def test_an_instance_cannot_be_called():
    with pytest.raises(RuntimeError, match="Legacy autograd function"):
        function(minitorch, square_forward)()(minitorch.ones(2))


def test_an_inference_tensor_cannot_be_saved():
    def program(engine):
        with engine.inference_mode():
            t = engine.ones(2, dtype=engine.float64)

        def forward(ctx, x, other):
            ctx.save_for_backward(other)
            return x * 2

        function(engine, forward).apply(leaf(engine, 1.0, 2.0), t)

    same_error(program, "Inference tensors cannot be saved")


@pytest.mark.parametrize("forward", [square_forward, write, lambda ctx, x: x, lambda ctx, x: x.view(-1)])
def test_a_call_leaves_no_cycle_behind(forward):
    def saving(ctx, x):
        result = forward(ctx, x)
        ctx.save_for_backward(result, x)
        return result

    gc.collect()
    gc.disable()
    try:
        x = minitorch.ones(2, requires_grad=True)
        y = function(minitorch, saving).apply(x * 1)
        dead = [weakref.ref(y), weakref.ref(y.grad_fn), weakref.ref(x)]
        del y, x
        assert [reference() for reference in dead] == [None] * 3
    finally:
        gc.enable()


# ---- what else there is to say and to ask -------------------------------------------------------------------------


def said(call):
    """What a call returns or raises, and the warnings it gives with the beginnings of their texts."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        result = outcome(call)
    return result, [(warning.category.__name__, str(warning.message).split("<")[0][:40]) for warning in given]


@pytest.mark.parametrize(
    "act",
    [
        lambda ctx, x: ctx.save_for_backward(3),
        lambda ctx, x: ctx.save_for_forward(3),
        lambda ctx, x: (ctx.save_for_forward(x, None), len(ctx.saved_for_forward)),
        lambda ctx, x: ctx.mark_dirty(3),
        lambda ctx, x: ctx.mark_dirty(None),
        lambda ctx, x: ctx.mark_non_differentiable(3),
        lambda ctx, x: ctx.mark_non_differentiable(x),
        lambda ctx, x: ctx.set_materialize_grads(1),
        lambda ctx, x: ctx.set_materialize_grads(None),
        lambda ctx, x: ctx.mark_shared_storage((x, x)),
        lambda ctx, x: setattr(ctx, "saved_tensors", (x,)),
        lambda ctx, x: (ctx.to_save, ctx.dirty_tensors, ctx.non_differentiable, ctx.saved_tensors),
        lambda ctx, x: (ctx.name(), ctx.next_functions[0][1], type(ctx).__name__),
        lambda ctx, x: (setattr(ctx, "anything", 3), ctx.anything, delattr(ctx, "anything")),
        lambda ctx, x: ctx.nothing,
    ],
)
def test_what_a_context_may_be_told_in_forward(act):
    def program(engine):
        log = []

        def forward(ctx, x):
            log.append(act(ctx, x))
            return x * 2

        return said(lambda: function(engine, forward).apply(leaf(engine, 1.0)).requires_grad), log

    same(program)


@pytest.mark.parametrize(
    "ask",
    [
        lambda node: node.saved_variables,
        lambda node: node.saved_tensors,
        lambda node: node(None),
        lambda node: node.metadata.setdefault("a", 3),
        lambda node: node.register_hook(lambda *a: None) is not None,
        lambda node: (node.name(), type(node).__module__, repr(node).split(" ")[0]),
        lambda node: node.nothing,
    ],
)
def test_what_a_node_answers(ask):
    same(lambda engine: said(lambda: ask(function(engine, lambda ctx, x: x * 2).apply(leaf(engine, 1.0)).grad_fn)))


@pytest.mark.parametrize(
    "ask",
    [
        lambda module, F: F(),
        lambda module, F: F()(3),
        lambda module, F: module.InplaceFunction(True).inplace,
        lambda module, F: issubclass(module.InplaceFunction, module.Function),
        lambda module, F: (F.generate_vmap_rule, F.clear_saved_tensors_on_access, F.boxed_grads_call),
        lambda module, F: F.vmap(None, None),
        lambda module, F: F.jvp(None, None),
        lambda module, F: (F._backward_cls.__name__, issubclass(F._backward_cls, module.FunctionCtx)),
        lambda module, F: issubclass(F._backward_cls, module.BackwardCFunction),
    ],
)
def test_what_the_class_answers(ask):
    def program(engine):
        answer, given = said(lambda: ask(engine.autograd.function, function(engine, square_forward)))
        return answer if isinstance(answer, (str, bool, tuple)) else type(answer).__name__, given

    same(program)


@pytest.mark.parametrize(
    "forward",
    [
        lambda ctx, x, k=3: x * k,
        lambda ctx, x, j=2, k=3: x * k,
        lambda ctx, x, *, k=3: x * k,
        lambda ctx, x, **k: x * k["k"],
        lambda ctx, k, x: x * k,
    ],
)
@pytest.mark.parametrize("given", ["x", "x, k=4", "x=x", "x=x, k=4", "k=4", "x, x=x", "x, ctx=3", "x, other=3"])
def test_keyword_arguments(forward, given):
    def program(engine):
        x = leaf(engine, 1.0)
        made = function(engine, forward, lambda ctx, g: tuple(g if need else None for need in ctx.needs_input_grad))
        y = outcome(lambda: eval(f"made.apply({given})", {"made": made, "x": x}))
        if isinstance(y, engine.Tensor):
            y.sum().backward()
            return y, y.grad_fn.needs_input_grad, x.grad
        return y

    same(program)


def test_gradients_may_come_in_a_list():
    def program(engine):
        seen = []

        def backward(ctx, gradients):
            seen.append((type(gradients).__name__, len(gradients)))
            return gradients.pop() * 2

        made = function(engine, lambda ctx, x: x * 2, backward)
        made.boxed_grads_call = True
        x = leaf(engine, 1.0)
        made.apply(x).sum().backward()
        return seen, x.grad

    same(program)


def test_saved_tensors_may_be_given_once():
    def program(engine):
        made = function(engine, square_forward, lambda ctx, g: (ctx.saved_tensors, ctx.saved_tensors) and g)
        made.clear_saved_tensors_on_access = True
        return outcome(lambda: made.apply(leaf(engine, 1.0)).sum().backward())

    same(program)


@pytest.mark.parametrize("returned", [lambda g: g * 2, lambda g: (g * 2,), lambda g: None])
def test_the_history_of_a_gradient_that_can_be_had_once(returned):
    def program(engine):
        once = engine.autograd.function.once_differentiable(lambda ctx, gradient: returned(gradient))
        x, weight = leaf(engine, 1.0, 2.0), leaf(engine, 5.0, 6.0)
        y = function(engine, lambda ctx, x: x * 2, once).apply(x)
        (found,) = engine.autograd.grad(y, x, weight, create_graph=True, allow_unused=True)
        if found is None:
            return None
        far = engine.autograd.grad(found.sum(), weight, allow_unused=True)
        return found, found.grad_fn.name(), far, outcome(lambda: found.sum().backward())

    same(program)


def test_a_tensor_marked_dirty_that_was_no_input_is_worth_a_warning():
    def program(engine):
        def forward(ctx, x):
            y = x * 2
            ctx.mark_dirty(y)
            return y

        return said(lambda: function(engine, forward).apply(leaf(engine, 1.0)).grad_fn.name())

    assert same(program)[1][0][0] == "UserWarning"
