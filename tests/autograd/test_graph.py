"""``autograd.graph``: edges, versions, hooks on several tensors, against PyTorch. Hooks on saved tensors: see there."""

from __future__ import annotations

import pytest
from engines import outcome, same, same_error


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def network(engine):
    a, b = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
    c = a * b
    return a, b, c, a * b * 2


def gathering(log):
    return lambda gradients: log.append([None if g is None else g.tolist() for g in gradients])


# ---- hooks on several tensors ---------------------------------------------------------------------------------------


def test_a_hook_on_several_tensors_waits_for_those_that_the_pass_reaches():
    def program(engine):
        log, (a, b, c, d) = [], network(engine)
        handle = engine.autograd.graph.register_multi_grad_hook((a, b, c, d), gathering(log))
        c.sum().backward(retain_graph=True)
        c.sum().backward(inputs=(a,), retain_graph=True)
        (c.sum() + d.sum()).backward(retain_graph=True)
        engine.autograd.grad(c.sum(), [c], retain_graph=True)
        handle.remove()
        c.sum().backward()
        return log, type(handle).__name__

    assert len(same(program)[0]) == 4


def test_a_hook_on_any_of_several_tensors_runs_once_a_pass():
    def program(engine):
        log, (a, b, c, d) = [], network(engine)
        tensors = (a, b, c, d, engine.ones(3))
        handle = engine.autograd.graph.register_multi_grad_hook(tensors, lambda g: log.append(g.tolist()), mode="any")
        c.sum().backward(retain_graph=True)
        c.sum().backward(inputs=(a,), retain_graph=True)
        (c.sum() + d.sum()).backward(retain_graph=True)
        handle.remove()
        c.sum().backward()
        return log

    assert len(same(program)) == 3


def test_a_hook_on_leaves_cannot_tell_what_grad_will_do():
    def program(engine):
        a, b, c, d = network(engine)
        engine.autograd.graph.register_multi_grad_hook((a, b), lambda gradients: None)
        engine.autograd.grad(c.sum(), [a])

    same_error(program, exact=True)


def test_an_error_in_a_hook_on_several_tensors_reaches_the_caller():
    def program(engine):
        a, b, c, d = network(engine)
        engine.autograd.graph.register_multi_grad_hook((a, c), lambda gradients: 1 / 0)
        return outcome(lambda: c.sum().backward()), outcome(lambda: d.sum().backward()), b.grad

    same(program)


def test_wrong_arguments_for_a_hook_on_several_tensors():
    def register(engine):
        return engine.autograd.graph.register_multi_grad_hook

    same_error(lambda engine: register(engine)((leaf(engine, 1.0),), print, mode="some"), exact=True)
    same_error(lambda engine: register(engine)((engine.ones(2),), print))
    same_error(lambda engine: register(engine)(3, print))


# ---- versions -------------------------------------------------------------------------------------------------------


def test_increment_version_takes_tensors_only_and_leaves_inference_tensors_alone():
    def program(engine):
        with engine.inference_mode():
            tensor = engine.ones(2)
        engine.autograd.graph.increment_version(tensor)
        return tensor

    same(program)
    same_error(lambda engine: engine.autograd.graph.increment_version(3), exact=True)


def test_a_version_can_be_kept_over_a_write():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        z = y * y
        with engine.no_grad(), engine.autograd._unsafe_preserve_version_counter(y):
            y.mul_(10)
        z.sum().backward()
        return y._version, x.grad

    same(program)


# ---- edges ----------------------------------------------------------------------------------------------------------


def test_grad_takes_edges_for_inputs_and_for_outputs():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 2
        z = y * y
        edge = engine.autograd.graph.get_gradient_edge
        first = engine.autograd.grad(z.sum(), [edge(y), edge(x)], retain_graph=True)
        second = engine.autograd.grad(edge(z), [x], grad_outputs=[engine.ones(2, dtype=engine.float64)])
        return first, second, edge(x).node.variable is x, edge(y).output_nr, edge(y)._fields

    same(program)


def test_an_edge_must_start_with_a_node():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        engine.autograd.grad((x * 2).sum(), engine.autograd.graph.GradientEdge(x * 3, 0))

    same_error(program, exact=True)


@pytest.mark.parametrize("given", [3, None])
def test_only_tensors_have_an_edge(given):
    same_error(lambda engine: engine.autograd.graph.get_gradient_edge(given))
