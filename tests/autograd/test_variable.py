"""``autograd.Variable`` and what else old programs use, against PyTorch."""

from __future__ import annotations

import pytest
from engines import same, same_error, warned

import minitorch


def test_every_tensor_is_a_variable():
    def program(engine):
        variable, x = engine.autograd.Variable, engine.ones(2)
        parameter = engine.nn.Parameter(x)
        return isinstance(x, variable), isinstance(parameter, variable), isinstance(3, variable), type(variable(x))

    assert same(lambda engine: program(engine)[:3]) == [True, True, False]
    assert program(minitorch)[3] is minitorch.Tensor


def test_a_variable_is_the_tensor_without_its_history():
    def program(engine):
        x = engine.ones(2, requires_grad=True) * 2
        plain, leaf = engine.autograd.Variable(x), engine.autograd.Variable(x, requires_grad=True)
        plain[0] = 5
        return plain, leaf, x.detach(), plain is x, engine.autograd.Variable()

    same(program)


@pytest.mark.parametrize("data", [3, [3], None])
def test_a_variable_is_made_of_a_tensor(data):
    if data is not None:
        same_error(lambda engine: engine.autograd.Variable(data), exact=True)
    same_error(lambda engine: engine.autograd.Variable(engine.ones(2, dtype=engine.int64), True), exact=True)


def test_volatile_has_no_effect_but_a_warning():
    assert warned(lambda: minitorch.autograd.Variable(minitorch.ones(2), volatile=True)) == ["UserWarning"]
    same(lambda engine: engine.autograd.Variable(engine.ones(2), volatile=True))


def test_multithreading_is_a_switch_and_a_context():
    def program(engine):
        autograd = engine.autograd
        states = [autograd.is_multithreading_enabled()]
        with autograd.set_multithreading_enabled(False):
            states.append(autograd.is_multithreading_enabled())
        states.append(autograd.is_multithreading_enabled())
        autograd.set_multithreading_enabled(False)
        states.append(autograd.is_multithreading_enabled())
        autograd.set_multithreading_enabled(True)
        return states

    same(program)


# ---- callbacks at the end of a backward pass ------------------------------------------------------------------------


def queue(engine):
    return engine.autograd.Variable._execution_engine.queue_callback


def test_callbacks_run_after_the_last_gradient_has_arrived():
    def program(engine):
        log, x = [], engine.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda g: queue(engine)(lambda: log.append((x.grad.tolist(), engine.is_grad_enabled()))))
        y.sum().backward()
        y = x * 2
        y.sum().backward()
        return log

    assert len(same(program)) == 1


def test_a_callback_may_queue_another_one():
    def program(engine):
        log, x = [], engine.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda g: queue(engine)(lambda: (log.append(1), queue(engine)(lambda: log.append(2)))))
        y.sum().backward()
        return log

    assert same(program) == [1, 2]


def test_callbacks_belong_to_a_backward_pass_and_their_errors_reach_the_caller():
    def failing(engine):
        y = engine.ones(2, requires_grad=True) * 2
        y.register_hook(lambda g: queue(engine)(lambda: 1 / 0))
        y.sum().backward()

    same_error(lambda engine: queue(engine)(print), exact=True)
    same_error(failing, exact=True)
