"""``utils.checkpoint`` against PyTorch: gradients, random state, memory, nesting, and what it refuses."""

from __future__ import annotations

import gc
import importlib
import warnings
import weakref

import pytest
import torch
from engines import outcome, same, same_error, warned

import minitorch

CALLS = pytest.mark.parametrize("reentrant", [False, True])


def module_of(engine):
    return importlib.import_module(f"{engine.__name__}.utils.checkpoint")


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def layers(engine, count=4):
    engine.manual_seed(0)
    parts = [part for _ in range(count) for part in (engine.nn.Linear(3, 3), engine.nn.Tanh(), engine.nn.Dropout(0.5))]
    return engine.nn.Sequential(*parts)


@CALLS
def test_gradients_are_those_without(reentrant):
    def program(engine, checkpointed):
        model, x = layers(engine), engine.ones(2, 3, requires_grad=True)
        engine.manual_seed(1)
        y = module_of(engine).checkpoint(model, x, use_reentrant=reentrant) if checkpointed else model(x)
        after = engine.rand(2)
        (y * y).sum().backward()
        return y.detach(), after, engine.rand(2), x.grad, [p.grad for p in model.parameters()]

    ours = [same(lambda engine, c=c: program(engine, c)) for c in (False, True)]
    for plain, checkpointed in zip(flat(ours[0]), flat(ours[1])):
        assert plain["values"].tolist() == checkpointed["values"].tolist()


def flat(value):
    return [item for part in value for item in flat(part)] if isinstance(value, list) else [value]


@CALLS
@pytest.mark.parametrize("segments", [1, 2, 3, 4])
def test_a_sequential_in_segments(reentrant, segments):
    def program(engine):
        model, x = layers(engine).double(), engine.ones(2, 3, dtype=engine.float64, requires_grad=True)
        y = module_of(engine).checkpoint_sequential(model, segments, x, use_reentrant=reentrant)
        y.sum().backward()
        functions = [lambda t: t * 2, lambda t: t.exp(), lambda t: t.sin()]
        z = module_of(engine).checkpoint_sequential(functions, min(segments, 3), x, use_reentrant=reentrant)
        return y.detach(), x.grad, z.detach(), [p.grad for p in model.parameters()]

    same(program)


@CALLS
@pytest.mark.parametrize("preserve", [True, False])
def test_dropout_draws_the_same_mask_again_unless_told_otherwise(reentrant, preserve):
    def program(engine):
        engine.manual_seed(0)
        x = engine.ones(20, requires_grad=True)
        checkpoint = module_of(engine).checkpoint
        function = lambda x: engine.nn.functional.dropout(x, 0.5) * x
        y = checkpoint(function, x, use_reentrant=reentrant, preserve_rng_state=preserve)
        y.sum().backward()
        return y.detach(), x.grad, engine.rand(2)

    same(program)


@CALLS
def test_the_function_runs_once_forward_and_once_for_each_backward(reentrant):
    def program(engine):
        log = []

        def function(x):
            log.append((engine.is_grad_enabled(), x.requires_grad, x.is_leaf))
            return (x * 2).exp()

        x = leaf(engine, 1.0)
        y = module_of(engine).checkpoint(function, x * 1, use_reentrant=reentrant).sum()
        log.append("forward")
        y.backward(retain_graph=True)
        log.append("backward")
        y.backward()
        with engine.no_grad():
            module_of(engine).checkpoint(function, x, use_reentrant=reentrant)
        return log, x.grad

    same(program)


@pytest.mark.parametrize("early_stop", [True, False])
@pytest.mark.parametrize("overridden", [None, True, False])
def test_the_second_run_stops_when_all_is_there(early_stop, overridden):
    def program(engine):
        module, log = module_of(engine), []

        def function(x):
            y = x.exp()
            log.append("after exp")
            z = y + 1
            log.append("end")
            return z

        call = lambda: module.checkpoint(function, leaf(engine, 1.0), use_reentrant=False, early_stop=early_stop)
        if overridden is None:
            y = call()
        else:
            with module.set_checkpoint_early_stop(overridden):
                y = call()
        y.sum().backward()
        return log

    same(program)


def test_other_arguments_and_results():
    def program(engine):
        checkpoint = module_of(engine).checkpoint
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)

        def function(x, scale, pair, options=None):
            return x.exp() * scale, (x * options["w"]).sum(), "text", pair

        a, b, text, pair = checkpoint(function, x, 3, (x, 2), use_reentrant=False, options={"w": w})
        c = checkpoint(lambda x, k, w: x.exp() * k * w, x, 3, w, use_reentrant=True)
        (a.sum() + b + c.sum()).backward()
        return a.detach(), b.detach(), text, pair[1], pair[0] is x, x.grad, w.grad

    same(program)


def test_the_outer_graph_and_double_backward_without_reentrance():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = module_of(engine).checkpoint(lambda x: x.exp() * x, x * 2, use_reentrant=False)
        (first,) = engine.autograd.grad(y.sum(), x, create_graph=True)
        return first.detach(), engine.autograd.grad(first.sum(), x)

    same(program)


@CALLS
def test_checkpoints_inside_checkpoints(reentrant):
    def program(engine):
        checkpoint, log = module_of(engine).checkpoint, []

        def inner(x):
            log.append("inner")
            return x.sin().exp()

        def outer(x):
            log.append("outer")
            return checkpoint(inner, x.exp(), use_reentrant=reentrant).cos() * x

        x = leaf(engine, 0.1, 0.2)
        checkpoint(
            lambda x: checkpoint(outer, x, use_reentrant=reentrant) * x, x, use_reentrant=reentrant
        ).sum().backward()
        return log, x.grad

    same(program)


def test_a_closure_over_parameters_gets_gradients():
    def program(engine):
        x, w = leaf(engine, 1.0), leaf(engine, 2.0)
        y = module_of(engine).checkpoint(lambda x: (x * w).exp(), x, use_reentrant=False)
        y.sum().backward()
        return x.grad, w.grad

    same(program)


def test_inputs_that_need_no_gradient():
    def program(engine, reentrant):
        w = leaf(engine, 2.0)
        y = module_of(engine).checkpoint(lambda x: (x * w).exp(), engine.ones(1), use_reentrant=reentrant)
        return y.requires_grad, outcome(lambda: y.sum().backward()), w.grad

    same(lambda engine: program(engine, False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(lambda engine: program(engine, True))


def test_a_tensor_that_was_written_is_noticed():
    def program(engine, reentrant):
        x = leaf(engine, 1.0, 2.0) * 1
        y = module_of(engine).checkpoint(lambda x: x.exp() * x, x, use_reentrant=reentrant)
        x.mul_(2)
        y.sum().backward()

    for reentrant in (False, True):
        same_error(lambda engine, r=reentrant: program(engine, r), "modified by an inplace operation")


def test_context_fn_surrounds_both_runs():
    def program(engine):
        log = []

        class Note:
            def __init__(self, name):
                self.name = name

            def __enter__(self):
                log.append(f"enter {self.name}")

            def __exit__(self, *exc_info):
                log.append(f"exit {self.name}")

        contexts = lambda: (Note("forward"), Note("again"))
        y = module_of(engine).checkpoint(lambda x: x.exp(), leaf(engine, 1.0), use_reentrant=False, context_fn=contexts)
        log.append("backward")
        y.sum().backward()
        return log

    same(program)


# ---- memory -------------------------------------------------------------------------------------------------------


@CALLS
def test_what_is_inside_is_not_kept(reentrant):
    inside, alive = [], []

    def function(x):
        hidden = x.exp()
        inside.append(weakref.ref(hidden.untyped_storage()))
        return hidden.sin().sum()

    x = minitorch.ones(5, requires_grad=True)
    loss = minitorch.utils.checkpoint.checkpoint(function, x * 1, use_reentrant=reentrant)
    gc.collect()
    alive.append(inside[0]() is not None)
    loss.backward()
    del loss
    gc.collect()
    alive.append(inside[-1]() is not None)
    assert alive == [False, False]
    assert len(inside) == 2


def test_without_it_the_inside_is_kept():
    inside = []

    def function(x):
        hidden = x.exp()
        inside.append(weakref.ref(hidden.untyped_storage()))
        return hidden.sin().sum()

    loss = function(minitorch.ones(5, requires_grad=True))
    gc.collect()
    assert loss is not None
    assert inside[0]() is not None


# ---- what it refuses ----------------------------------------------------------------------------------------------


def checkpoint_error(program, said=""):
    """Both engines must raise their ``CheckpointError``, and both say this. The message of minitorch."""
    for engine in (torch, minitorch):
        with pytest.raises(module_of(engine).CheckpointError) as failure:
            program(engine)
        assert said in str(failure.value)
    return str(failure.value)


def changing(engine, first, second, **options):
    """A backward pass through a function that is ``first`` in the first run and ``second`` in the other."""
    runs = []

    def function(x):
        runs.append(None)
        return (first if len(runs) == 1 else second)(x)

    x = engine.ones(3, 4, requires_grad=True)
    options = {"use_reentrant": False, **options}
    module_of(engine).checkpoint(function, x, **options).sum().backward()


MORE, LESS = (lambda x: x.exp().sin().cos()), (lambda x: x.exp())


@pytest.mark.parametrize(
    ("first", "second", "options", "said"),
    [
        (MORE, LESS, {}, "A different number of tensors was saved"),
        (LESS, MORE, {"early_stop": False}, "trying to save more tensors during recomputation"),
        (MORE, lambda x: x[:2].exp().sin().cos(), {}, "different metadata than during the forward pass"),
        (MORE, lambda x: x.double().exp().sin().cos(), {}, "different metadata than during the forward pass"),
        (MORE, LESS, {"debug": True}, ""),
    ],
)
def test_a_second_run_that_differs_is_noticed(first, second, options, said):
    message = checkpoint_error(lambda engine: changing(engine, first, second, **options), said)
    assert ("Lines that saved" in message) == ("debug" in options)


def test_debug_names_the_lines_that_saved():
    with (
        minitorch.utils.checkpoint.set_checkpoint_debug_enabled(True),
        pytest.raises(minitorch.utils.checkpoint.CheckpointError) as failure,
    ):
        changing(minitorch, MORE, LESS)
    message = str(failure.value)
    assert message.count("MORE, LESS = (lambda x: x.exp().sin().cos())") == 4
    assert "test_checkpoint.py" in message


@pytest.mark.parametrize(("first", "second"), [(LESS, MORE), (MORE, lambda x: x.double().exp().sin().cos())])
def test_differences_that_go_unnoticed(first, second):
    same(lambda engine: outcome(lambda: changing(engine, first, second, determinism_check="none")))


def test_a_saved_tensor_can_be_asked_for_once_in_each_pass():
    def program(engine, times):
        class Twice(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x.exp()

            @staticmethod
            def backward(ctx, gradient):
                for _ in range(times):
                    (x,) = ctx.saved_tensors
                return gradient * x

        x = leaf(engine, 1.0)
        module_of(engine).checkpoint(Twice.apply, x, use_reentrant=False).backward()
        return x.grad

    same(lambda engine: program(engine, 1))
    checkpoint_error(lambda engine: program(engine, 2), "already unpacked once")


@pytest.mark.parametrize(
    "call",
    [
        lambda c, f, x: c.checkpoint(f, x, use_reentrant=True, k=3),
        lambda c, f, x: c.checkpoint(f, x, use_reentrant=False, k=3),
        lambda c, f, x: c.checkpoint(f, x, use_reentrant=True, debug=True),
        lambda c, f, x: c.checkpoint(f, x, use_reentrant=True, context_fn=lambda: None),
        lambda c, f, x: c.checkpoint(f, x, use_reentrant=False, determinism_check="some"),
        lambda c, f, x: c.checkpoint(f, x, use_reentrant=False, debug=True, context_fn=lambda: None),
        lambda c, f, x: c.checkpoint(f, x, x, use_reentrant=False),
        lambda c, f, x: c.checkpoint(3, x, use_reentrant=False),
        lambda c, f, x: c.checkpoint(3, x, use_reentrant=True),
        lambda c, f, x: c.checkpoint_sequential([f], 2, x, use_reentrant=True, k=3),
        lambda c, f, x: c.checkpoint_sequential([f], 2, x, use_reentrant=False),
        lambda c, f, x: c.checkpoint_sequential([f], 0, x, use_reentrant=False),
        lambda c, f, x: c.detach_variable([x]),
        lambda c, f, x: c.checkpoint(lambda x: x.detach(), x, use_reentrant=True).backward(),
        lambda c, f, x: c.checkpoint(lambda x: 1 / 0, x, use_reentrant=False),
    ],
)
def test_wrong_calls(call):
    same_error(lambda engine: call(module_of(engine), lambda x: x * 2, leaf(engine, 1.0)))


@pytest.mark.parametrize("way", ["grad", "inputs"])
def test_the_reentrant_variant_only_accumulates(way):
    def program(engine):
        x = leaf(engine, 1.0)
        y = module_of(engine).checkpoint(lambda x: x.exp(), x, use_reentrant=True)
        return engine.autograd.grad(y, x) if way == "grad" else y.backward(inputs=[x])

    same_error(program, "incompatible with .grad()", exact=True)


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint_sequential"])
def test_the_variant_must_be_chosen(name):
    def program(engine):
        module, x = module_of(engine), leaf(engine, 1.0)
        arguments = (lambda x: x * 2, x) if name == "checkpoint" else ([lambda x: x * 2], 1, x)
        return warned(lambda: getattr(module, name)(*arguments))

    assert same(program) == ["UserWarning"]


def test_nothing_that_requires_grad_is_worth_a_warning():
    def program(engine):
        return warned(lambda: module_of(engine).checkpoint(lambda x: x * 2, engine.ones(1), use_reentrant=True))

    assert same(program) == ["UserWarning"]


def test_a_context_that_swallows_an_exception_is_refused():
    def program(engine):
        import contextlib

        contexts = lambda: (contextlib.suppress(ZeroDivisionError), contextlib.nullcontext())
        function = lambda x: x * (1 / 0)
        module_of(engine).checkpoint(function, leaf(engine, 1.0), use_reentrant=False, context_fn=contexts)

    same_error(program, "suppressed an exception", exact=True)


def test_hooks_are_gone_after_an_exception():
    with pytest.raises(ZeroDivisionError):
        minitorch.utils.checkpoint.checkpoint(lambda x: x / (1 // 0), leaf(minitorch, 1.0), use_reentrant=False)
    y = leaf(minitorch, 1.0).exp()
    assert isinstance(y.grad_fn._saved_result, minitorch.Tensor)


def test_it_has_pytorchs_names():
    import inspect

    ours, theirs = module_of(minitorch), module_of(torch)
    for name in ("checkpoint", "checkpoint_sequential"):
        assert list(inspect.signature(getattr(ours, name)).parameters) == list(
            inspect.signature(getattr(theirs, name)).parameters
        )
