"""Hooks on tensors and nodes: when they run, what they see, what they may change, against PyTorch."""

from __future__ import annotations

import gc
import weakref

import pytest
from engines import outcome, same, same_error, warned

import minitorch
from minitorch.autograd.node import RemovableHandle


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def logger(log, tag):
    def hook(gradient):
        log.append((tag, None if gradient is None else gradient.tolist()))

    return hook


# ---- on tensors ---------------------------------------------------------------------------------------------------


def test_a_hook_sees_the_gradient_and_what_it_returns_replaces_it():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        y = x * 3
        y.register_hook(logger(log, "y"))
        y.register_hook(lambda gradient: gradient * 10)
        y.register_hook(logger(log, "y again"))
        x.register_hook(logger(log, "x"))
        x.register_hook(lambda gradient: gradient + 1)
        (y * y).sum().backward()
        return log, x.grad

    same(program)


def test_a_hook_on_a_leaf_stays_for_later_graphs_until_it_is_removed():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        y = x * 3
        handle = x.register_hook(logger(log, "x"))
        y.sum().backward()
        (x * 5).sum().backward()
        handle.remove()
        handle.remove()
        (x * 7).sum().backward()
        return log, x.grad

    same(program)


def test_a_handle_is_a_context_manager():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        with x.register_hook(logger(log, "x")):
            (x * 5).sum().backward()
        (x * 7).sum().backward()
        return log

    assert len(same(program)) == 1


def test_a_hook_may_be_added_and_removed_while_hooks_run():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        y = x * 2

        def first(gradient):
            log.append("first")
            handle.remove()

        handle = y.register_hook(first)
        y.register_hook(logger(log, "second"))
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        return log

    same(program)


def test_outputs_of_one_node_have_hooks_of_their_own():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        a, b = (x * 1).unbind(0)
        a.register_hook(logger(log, "a"))
        b.register_hook(logger(log, "b"))
        a.register_hook(logger(log, "a again"))
        (a * 3).backward(retain_graph=True)
        (a + b).backward()
        return log

    same(program)


def test_hooks_are_called_with_none_where_no_gradient_arrives():
    def program(engine):
        class Cut(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, gradient):
                return None

        log, x = [], leaf(engine, 1.0, 2.0)
        y = x * 2
        y.register_hook(logger(log, "y"))
        y.grad_fn.register_prehook(lambda gradients: log.append(("before", list(gradients))))
        y.grad_fn.register_hook(lambda inputs, outputs: log.append(("after", list(inputs), list(outputs))))
        x.register_hook(logger(log, "x"))
        x.register_post_accumulate_grad_hook(lambda tensor: log.append(("accumulated", tensor.grad)))
        Cut.apply(y).sum().backward()
        return log

    same(program)


@pytest.mark.parametrize("new", ["number", "longer", "float", "complex", "tuple", "broadcastable"])
def test_a_hook_must_return_a_gradient_of_the_same_shape_and_dtype(new):
    def program(engine):
        def hook(gradient):
            return {
                "number": 3, "longer": engine.ones(4).double(), "float": engine.ones(2),
                "complex": engine.ones(2, dtype=engine.complex128), "tuple": (gradient,),
                "broadcastable": engine.ones(1, dtype=engine.float64),
            }[new]  # fmt: skip

        y = leaf(engine, 1.0, 2.0) * 2
        y.register_hook(hook)
        y.sum().backward()

    same_error(program)


def test_a_none_gradient_cannot_be_replaced():
    def program(engine):
        a, b = (leaf(engine, 1.0, 2.0) * 1).unbind(0)
        b.register_hook(lambda gradient: engine.ones(()).double())
        a.backward()

    same_error(program, "can't replace a None gradient", exact=True)


def test_tensors_that_require_no_gradient_take_no_hooks():
    same_error(lambda engine: engine.ones(2).register_hook(print), exact=True)
    same_error(lambda engine: engine.ones(2).register_post_accumulate_grad_hook(print), exact=True)
    same_error(lambda engine: (leaf(engine, 1.0) * 2).register_post_accumulate_grad_hook(print), exact=True)
    same_error(lambda engine: engine.ones(2).retain_grad(), exact=True)


def test_hooks_after_accumulation_see_the_new_grad():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        handle = x.register_post_accumulate_grad_hook(lambda tensor: log.append((tensor is x, tensor.grad.tolist())))
        (x * 5).sum().backward()
        (x * 7).sum().backward()
        handle.remove()
        (x * 9).sum().backward()
        return log

    same(program)


def test_a_step_can_be_taken_in_a_hook_after_accumulation():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)

        def step(tensor):
            with engine.no_grad():
                tensor.add_(tensor.grad * -0.1)
            tensor.grad = None

        x.register_post_accumulate_grad_hook(step)
        for _ in range(3):
            (x * x).sum().backward()
        return x.detach(), x.grad

    same(program)


# ---- tensors that change in place ---------------------------------------------------------------------------------


def test_hooks_stay_with_the_value_they_were_registered_on():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        y = x * 1
        y.register_hook(logger(log, "before"))
        y.mul_(3)
        y.register_hook(logger(log, "after"))
        (y * 5).sum().backward()
        return log

    same(program)


def test_hooks_on_a_view_and_on_its_base_around_a_write_to_the_view():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0, 3.0)
        base = x * 1
        view = base[:2]
        view.register_hook(logger(log, "view before"))
        base.register_hook(logger(log, "base before"))
        view.mul_(3)
        view.register_hook(logger(log, "view after"))
        base.register_hook(logger(log, "base after"))
        (base * 5).sum().backward(retain_graph=True)
        (view * 5).sum().backward()
        return log, x.grad

    same(program)


def test_retain_grad_keeps_the_gradient_of_the_latest_value():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        y.retain_grad()
        y.mul_(3)
        (y * 5).sum().backward()
        base = x * 1
        base.retain_grad()
        base[:1].mul_(3)
        (base * 5).sum().backward()
        base = x * 1
        view = base[:1]
        view.retain_grad()
        base.mul_(3)
        (view * 5).sum().backward()
        return y.grad, base.retains_grad, view.grad, view.retains_grad

    same(program)


def test_retain_grad_adds_up_and_does_nothing_on_a_leaf():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 2
        y.retain_grad()
        y.retain_grad()
        x.retain_grad()
        (y * 3).sum().backward(retain_graph=True)
        first = y.grad
        (y * 5).sum().backward()
        return first, y.grad, x.retains_grad, y.retains_grad, x.grad

    same(program)


def test_retain_grad_keeps_what_tensor_hooks_made_of_it_but_not_what_node_hooks_do():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 2
        y.retain_grad()
        y.grad_fn.register_prehook(lambda gradients: (gradients[0] * 100,))
        y.register_hook(lambda gradient: gradient * 3)
        y.sum().backward()
        return y.grad, x.grad

    same(program)


# ---- on nodes -----------------------------------------------------------------------------------------------------


def test_node_hooks_see_and_replace_gradients_before_and_after():
    def program(engine):
        log, x, w = [], leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        y = x * w
        y.grad_fn.register_prehook(lambda outputs: log.append(len(outputs)) or (outputs[0] * 2,))
        y.grad_fn.register_hook(lambda inputs, outputs: log.append((inputs[0].tolist(), outputs[0].tolist())))
        y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10, None))
        y.sum().backward()
        return log, x.grad, w.grad

    same(program)


def test_hooks_on_the_node_of_a_leaf_run_after_those_on_the_leaf():
    def program(engine):
        log, x = [], leaf(engine, 1.0, 2.0)
        y = x * 2
        node = y.grad_fn.next_functions[0][0]
        node.register_prehook(lambda outputs: log.append(("before", outputs[0].tolist())))
        node.register_hook(lambda inputs, outputs: log.append(("after", len(inputs), outputs[0].tolist())))
        x.register_hook(lambda gradient: gradient * 5)
        x.register_post_accumulate_grad_hook(lambda tensor: log.append(("accumulated", tensor.grad.tolist())))
        y.sum().backward()
        return log

    assert [entry[0] for entry in same(program)] == ["before", "accumulated", "after"]


def test_a_node_hook_sees_gradients_summed_to_the_shape_of_the_input():
    def program(engine):
        log, x = [], leaf(engine, 2.0)
        y = x * engine.ones(3, dtype=engine.float64)
        y.grad_fn.register_hook(lambda inputs, outputs: log.append(inputs[0].tolist()))
        y.sum().backward()
        return log

    same(program)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("new", ["number", "tensor", "list", "too many", "too few", "float", "ok"])
def test_a_node_hook_must_return_a_tuple_that_fits(when, new):
    def program(engine):
        def replaced(gradients):
            one = engine.ones(2, dtype=engine.float64)
            return {
                "number": 3, "tensor": one, "list": [one] * len(gradients), "too many": (one,) * 5, "too few": (),
                "float": (one.float(),) * len(gradients), "ok": (one,) * len(gradients),
            }[new]  # fmt: skip

        x = leaf(engine, 1.0, 2.0)
        y = x * x
        if when == "before":
            y.grad_fn.register_prehook(replaced)
        else:
            y.grad_fn.register_hook(lambda inputs, outputs: replaced(inputs))
        return outcome(lambda: y.sum().backward()), x.grad

    same(program)


# ---- the .grad attribute ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        lambda engine, x: 3,
        lambda engine, x: engine.ones(4, dtype=engine.float64),
        lambda engine, x: engine.ones(2),
        lambda engine, x: x,
        lambda engine, x: engine.ones(2, dtype=engine.float64),
        lambda engine, x: None,
    ],
)
def test_grad_takes_a_tensor_of_the_same_shape_and_dtype_or_none(value):
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        given = value(engine, x)

        def assign():
            x.grad = given

        return outcome(assign), x.grad, x.grad is given

    same(program)


def test_grad_can_be_deleted():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        (x * x).sum().backward()
        del x.grad
        first = x.grad
        (x * x).sum().backward()
        return first, x.grad

    same(program)


def test_reading_the_grad_of_a_non_leaf_warns_unless_it_is_retained():
    for engine in (minitorch,):  # PyTorch warns once a place in its source only
        x = leaf(engine, 1.0, 2.0)
        y = x * 2
        assert warned(lambda: y.grad) == ["UserWarning"]
        assert warned(lambda: x.grad) == []
        y.retain_grad()
        assert warned(lambda: y.grad) == []


# ---- memory -------------------------------------------------------------------------------------------------------


def test_hooks_keep_neither_the_tensor_nor_the_graph_alive():
    gc.disable()
    try:
        x = minitorch.ones(2, requires_grad=True)
        y = x * 2
        handle = y.register_hook(lambda gradient: None)
        y.retain_grad()
        y.grad_fn.register_hook(lambda inputs, outputs: None)
        x.register_hook(lambda gradient: None)
        x.register_post_accumulate_grad_hook(lambda tensor: None)
        dead = [weakref.ref(y), weakref.ref(y.grad_fn), weakref.ref(x)]
        del y, x
        assert [reference() for reference in dead] == [None] * 3
        handle.remove()  # of what is gone: harmless
    finally:
        gc.enable()


def test_a_handle_of_a_plain_dictionary_works_too():
    hooks = {}
    handle = RemovableHandle.add(hooks, print)
    assert list(hooks.values()) == [print]
    handle.remove()
    assert not hooks
