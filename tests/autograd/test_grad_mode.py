"""Grad modes as contexts and decorators, nested, on generators, after errors, in threads; inference tensors."""

from __future__ import annotations

import threading

import pytest
from engines import outcome, same, same_error

import minitorch


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


MODES = {
    "no_grad": lambda engine: engine.no_grad(),
    "enable_grad": lambda engine: engine.enable_grad(),
    "set_grad_enabled(False)": lambda engine: engine.set_grad_enabled(False),
    "set_grad_enabled(True)": lambda engine: engine.set_grad_enabled(True),
    "inference_mode": lambda engine: engine.inference_mode(),
    "inference_mode(False)": lambda engine: engine.inference_mode(False),
}


def now(engine):
    return engine.is_grad_enabled(), engine.is_inference_mode_enabled(), (leaf(engine, 1.0) * 2).requires_grad


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_modes_inside_modes(outer, inner):
    def program(engine):
        seen = [now(engine)]
        with MODES[outer](engine):
            seen.append(now(engine))
            with MODES[inner](engine):
                seen.append(now(engine))
            seen.append(now(engine))
        return [*seen, now(engine)]

    same(program)


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_ends_with_an_error(mode):
    def program(engine):
        try:
            with MODES[mode](engine):
                raise KeyError("stop")
        except KeyError:
            return now(engine)

    same(program)


@pytest.mark.parametrize("mode", MODES)
def test_as_a_decorator_a_mode_holds_during_each_call_only(mode):
    def program(engine):
        @MODES[mode](engine)
        def function(depth):
            """Its text."""
            seen = [now(engine)]
            if depth:
                with engine.enable_grad():
                    seen += function(depth - 1)
            return seen

        return function(2), now(engine), function.__name__, function.__doc__

    same(program)


@pytest.mark.parametrize("mode", ["no_grad", "enable_grad", "inference_mode"])
def test_a_decorator_may_stand_without_parentheses(mode):
    def program(engine):
        @getattr(engine, mode)
        def function(value):
            return value, now(engine)

        return function(3), now(engine)

    same(program)


@pytest.mark.parametrize("mode", MODES)
def test_a_generator_is_in_the_mode_and_its_caller_is_not(mode):
    def program(engine):
        log = []

        @MODES[mode](engine)
        def generate():
            try:
                sent = yield now(engine)
                log.append(("sent", sent, now(engine)))
                try:
                    yield now(engine)
                except KeyError:
                    log.append(("thrown", now(engine)))
                yield now(engine)
                return "the end"
            finally:
                log.append(("closed", now(engine)))

        generator = generate()
        seen = [next(generator), now(engine), generator.send(5), now(engine), generator.throw(KeyError()), now(engine)]
        try:
            next(generator)
        except StopIteration as stop:
            seen.append(stop.value)
        early = generate()
        next(early)
        early.close()
        return seen, log, now(engine)

    same(program)


def test_set_grad_enabled_works_at_once():
    def program(engine):
        engine.set_grad_enabled(False)
        seen = [now(engine)]
        engine.set_grad_enabled(True)
        return [*seen, now(engine)]

    same(program)


def test_each_thread_has_its_own_mode():
    seen = []
    with minitorch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(now(minitorch)))
        thread.start()
        thread.join()
    assert seen == [(True, False, True)]


def test_what_is_made_in_no_grad_requires_none_and_takes_part_later():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        with engine.no_grad():
            y = x * x
            made = engine.ones(2, requires_grad=True)
        z = (y.double() * x * made).sum()
        z.backward()
        return y, x.grad, made.grad, made.is_leaf

    same(program)


# ---- inference tensors --------------------------------------------------------------------------------------------


def inference_tensor(engine):
    with engine.inference_mode():
        return engine.ones(3, dtype=engine.float64)


@pytest.mark.parametrize(
    "use",
    [
        lambda engine, t, x: t.mul_(2),
        lambda engine, t, x: t.copy_(x),
        lambda engine, t, x: t.requires_grad_(),
        lambda engine, t, x: t._version,
        lambda engine, t, x: t * x,
        lambda engine, t, x: (x * 1).mul_(t),
    ],
)
def test_what_an_inference_tensor_may_not_do_outside(use):
    same_error(lambda engine: use(engine, inference_tensor(engine), leaf(engine, 1.0, 2.0, 3.0)), exact=True)


def test_what_an_inference_tensor_may_do():
    def program(engine):
        t, x = inference_tensor(engine), leaf(engine, 1.0, 2.0, 3.0)
        (t + x).sum().backward()
        with engine.inference_mode():
            t.mul_(2)
            normal_written = x.detach().mul_(2).is_inference()
        copy = t.clone().requires_grad_()
        (copy * x).sum().backward()
        return (
            t, t.is_inference(), t[:1].is_inference(), t[:1]._is_view(), copy.is_inference(), normal_written, x.grad,
            copy.grad, x._version, (t * 2).is_inference(), t.data.is_inference(), t.detach().is_inference(),
        )  # fmt: skip

    same(program)


def test_views_of_normal_tensors_made_in_inference_mode_are_normal_but_may_not_be_written():
    def program(engine):
        x = engine.ones(3)
        with engine.inference_mode():
            view = x[:2]
            view.mul_(2)
            made = engine.ones(2, requires_grad=True)
        return (
            view.is_inference(), view._is_view(), view._base is x, x, x._version, made.requires_grad,
            outcome(lambda: view.mul_(leaf(engine, 1.0, 2.0))), outcome(lambda: view.mul_(2)),
        )  # fmt: skip

    same(program)
