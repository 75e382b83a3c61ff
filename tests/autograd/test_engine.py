"""``backward`` and ``grad``: every form of the call, the order of the walk, deep graphs, threads, against PyTorch."""

from __future__ import annotations

import random
import sys
import threading
import warnings

import numpy as np
import pytest
from engines import outcome, same, same_error, warned

import minitorch


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


# ---- backward -----------------------------------------------------------------------------------------------------


def test_backward_fills_the_grad_of_every_leaf():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, -4.0)
        (x * w * w).sum().backward()
        return x.grad, w.grad

    same(program)


def test_backward_of_a_vector_needs_its_gradient():
    same_error(lambda engine: (leaf(engine, 1.0, 2.0) * 2).backward(), "only for scalar outputs", exact=True)

    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        (x * x).backward(engine.tensor([10.0, 100.0], dtype=engine.float64))
        return x.grad

    same(program)


def test_a_second_backward_adds_to_the_first():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * x
        y.sum().backward(retain_graph=True)
        first = x.grad
        kept = first.clone()
        y.sum().backward()
        return kept, x.grad, first is x.grad

    same(program)


def test_grad_accumulates_in_place_without_and_out_of_place_with_create_graph():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        x.grad = engine.tensor([5.0, 6.0], dtype=engine.float64)
        before = x.grad
        (x * x).sum().backward()
        in_place = before is x.grad
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (x * x).sum().backward(create_graph=True)
        result = in_place, before is x.grad, before, x.grad
        x.grad = None
        return result

    same(program)


def test_gradient_of_another_dtype_is_brought_to_the_outputs_own():
    def program(engine):
        x = engine.tensor([1.0, 2.0], requires_grad=True)
        (x * x).backward(engine.tensor([1.0, 3.0], dtype=engine.float64))
        return x.grad

    same(program)


def test_going_backward_twice_is_an_error_that_names_retain_graph():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = (x * x).sum()
        y.backward()
        y.backward()

    same_error(program, "Specify retain_graph=True", exact=True)


def test_going_backward_twice_is_an_error_also_where_a_number_was_the_factor():
    def program(engine):
        y = (leaf(engine, 1.0, 2.0) * 2.0).sum()
        y.backward()
        y.backward()

    same_error(program, "second time")


def test_what_saves_nothing_can_go_backward_twice():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = (x + x).view(2, 1).sum()
        y.backward()
        y.backward()
        return x.grad

    same(program)


def test_several_roots_meet_in_one_pass():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * x
        engine.autograd.backward([y.sum(), (y * x).sum(), y], [None, engine.tensor(2.0).double(), engine.ones(2)])
        return x.grad

    same(program)


def test_a_root_may_be_named_twice():
    def program(engine):
        x = leaf(engine, 3.0)
        y = (x * x).sum()
        engine.autograd.backward([y, y])
        return x.grad

    same(program)


def test_a_root_may_lie_inside_the_graph_of_another():
    def program(engine):
        x = leaf(engine, 3.0)
        y = (x * x).sum()
        z = y * y
        engine.autograd.backward([y, z])
        return x.grad

    same(program)


def test_backward_of_a_leaf_itself():
    def program(engine):
        x = leaf(engine, 3.0)
        x.sum().backward()
        x.backward(engine.tensor([2.0], dtype=engine.float64))
        return x.grad

    same(program)


def test_the_first_gradient_is_not_the_tensor_that_was_handed_in():
    def program(engine):
        x, gradient = leaf(engine, 3.0, 4.0), engine.ones(2, dtype=engine.float64)
        y = leaf(engine, 3.0, 4.0)
        (x + y).backward(gradient)
        gradient.mul_(7)
        x.grad.mul_(5)
        return x.grad, y.grad

    same(program)


def test_the_gradient_has_the_memory_order_of_the_leaf():
    def program(engine):
        x = engine.ones(2, 3, dtype=engine.float64).t().requires_grad_()
        (x * engine.ones(3, 2, dtype=engine.float64)).sum().backward()
        gaps = engine.ones(3, 4, dtype=engine.float64)[:, ::2].requires_grad_()
        (gaps * 2).sum().backward()
        return list(x.grad.stride()), list(gaps.grad.stride())

    same(program)


def test_only_the_inputs_collect_if_some_are_given():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        y = x * w
        (y * y).sum().backward(inputs=[w])
        (x * w).sum().backward(inputs=x)
        return x.grad, w.grad

    same(program)


def test_inputs_may_lie_inside_the_graph_and_keep_their_gradient_then():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * x
        z = (y * 3).sum()
        z.backward(inputs=[y])
        return x.grad, y.grad, y.retains_grad

    same(program)


def test_hooks_beside_the_way_to_the_inputs_are_not_called():
    def program(engine):
        calls = []
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        a, b = x * 2, w * 2
        b.register_hook(lambda gradient: calls.append("b"))
        b.grad_fn.register_prehook(lambda gradients: calls.append("node of b"))
        a.register_hook(lambda gradient: calls.append("a"))
        w.register_hook(lambda gradient: calls.append("w"))
        (a * b).sum().backward(inputs=[x])
        return calls, w.grad

    assert same(program)[0] == ["a"]


@pytest.mark.parametrize(
    "call",
    [
        lambda engine, x, y: y.backward(3),
        lambda engine, x, y: y.backward(engine.ones(3)),
        lambda engine, x, y: y.backward(engine.ones(2, dtype=engine.complex64)),
        lambda engine, x, y: engine.autograd.backward([y, y], [engine.ones(2)]),
        lambda engine, x, y: engine.autograd.backward([y, y], [engine.ones(2), None]),
        lambda engine, x, y: y.sum().backward(inputs=[]),
        lambda engine, x, y: y.sum().backward(inputs=[engine.ones(2)]),
        lambda engine, x, y: y.sum().backward(inputs=[3]),
        lambda engine, x, y: engine.ones(2).sum().backward(),
        lambda engine, x, y: engine.ones(2).backward(),
        lambda engine, x, y: engine.autograd.backward(None),
        lambda engine, x, y: engine.autograd.grad(y.sum(), []),
        lambda engine, x, y: engine.autograd.grad([], x),
        lambda engine, x, y: engine.autograd.grad(3, x),
        lambda engine, x, y: engine.autograd.grad(y.sum(), 3),
        lambda engine, x, y: engine.autograd.grad(y.sum(), [3]),
        lambda engine, x, y: engine.autograd.grad(y.sum(), engine.ones(2)),
        lambda engine, x, y: engine.autograd.grad(engine.ones(2).sum(), x),
        lambda engine, x, y: engine.autograd.grad((x * 2).sum(), [x, y]),
        lambda engine, x, y: engine.autograd.grad(y.sum(), x, allow_unused=False, materialize_grads=True),
        lambda engine, x, y: y.to(engine.complex64).sum().backward(),
    ],
)
def test_what_pytorch_refuses_is_refused_in_the_same_words(call):
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        return call(engine, x, x * x)

    same_error(program, exact=True)


def test_backward_with_create_graph_warns_of_the_cycle_once():
    minitorch.autograd._warned_of_cycles = False
    x = minitorch.ones(2, requires_grad=True)
    assert warned(lambda: (x * x).sum().backward(create_graph=True)) == ["UserWarning"]
    assert warned(lambda: (x * x).sum().backward(create_graph=True)) == []
    x.grad = None


# ---- grad ---------------------------------------------------------------------------------------------------------


def test_grad_returns_instead_of_accumulating():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        return engine.autograd.grad((x * w * w).sum(), [w, x]), x.grad, w.grad

    same(program)


def test_grad_with_respect_to_the_output_itself_and_to_inner_tensors():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * x
        z = (y * 3).sum()
        return engine.autograd.grad(z, [z, y, x])

    same(program)


def test_grad_with_respect_to_the_same_tensor_twice():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        return engine.autograd.grad((x * x).sum(), [x, x])

    same(program)


def test_grad_of_an_unused_input_is_none_or_zeros_or_an_error():
    def program(engine):
        x, unused = leaf(engine, 1.0, 2.0), leaf(engine, 3.0)
        y = (x * x).sum()

        def call(**options):
            return outcome(lambda: engine.autograd.grad(y, [x, unused], retain_graph=True, **options))

        return (
            call(), call(allow_unused=True), call(materialize_grads=True),
            call(materialize_grads=True, create_graph=True), call(allow_unused=True, materialize_grads=True),
        )  # fmt: skip

    same(program)


def test_grad_takes_a_dictionary_and_gives_one():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        return engine.autograd.grad((x * w * w).sum(), {"weight": w, "input": x})

    same(program)


def test_grad_of_several_outputs_adds_up():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        return engine.autograd.grad([x * x, (x * 5).sum()], x, [engine.ones(2, dtype=engine.float64), None])

    same(program)


def test_second_and_third_derivatives():
    def program(engine):
        x = leaf(engine, 1.5, -2.0)
        y = (x * x * x * x).sum()
        (first,) = engine.autograd.grad(y, x, create_graph=True)
        (second,) = engine.autograd.grad(first.sum(), x, create_graph=True)
        (third,) = engine.autograd.grad(second.sum(), x)
        return first.detach(), second.detach(), third

    same(program)


def test_create_graph_keeps_the_graph_unless_told_otherwise():
    def program(engine):
        x = leaf(engine, 1.5, -2.0)
        y = (x * x).sum()
        engine.autograd.grad(y, x, create_graph=True)
        engine.autograd.grad(y, x, create_graph=True, retain_graph=False)
        return outcome(lambda: engine.autograd.grad(y, x))

    assert same(program) == "RuntimeError"


def test_backward_with_create_graph_keeps_the_graph_too():
    def program(engine):
        x = leaf(engine, 1.5, -2.0)
        y = (x * x).sum()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y.backward(create_graph=True)
            y.backward(create_graph=True, retain_graph=False)
        result = x.grad.detach(), outcome(lambda: y.backward())
        x.grad = None
        return result

    assert same(program)[1] == "RuntimeError"


def test_nothing_is_recorded_going_backward_in_inference_mode():
    def program(engine):
        x = leaf(engine, 1.5, -2.0)
        y = (x * x).sum()
        with engine.inference_mode():
            (found,) = engine.autograd.grad(y, x, create_graph=True)
        return found, found.is_inference()

    same(program)


def test_grad_leaves_out_what_is_not_on_the_way():
    def program(engine):
        asked = []

        class Square(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, gradient):
                asked.append("backward")
                return gradient * 2 * ctx.saved_tensors[0]

        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        z = (x * Square.apply(w)).sum()
        found = engine.autograd.grad(z, x)
        return found, asked

    assert same(program)[1] == []


def test_a_hook_on_an_inner_tensor_does_not_change_what_grad_returns_for_it_but_for_those_behind():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * x
        y.register_hook(lambda gradient: gradient * 10)
        x.register_hook(lambda gradient: gradient * 100)
        return engine.autograd.grad((y * 3).sum(), [y, x], retain_graph=True), engine.autograd.grad((y * 3).sum(), [y])

    same(program)


def test_gradient_edges_stand_for_tensors():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * x
        edge = engine.autograd.graph.get_gradient_edge(y)
        leaf_edge = engine.autograd.graph.get_gradient_edge(x)
        z = (y * 3).sum()
        root = engine.autograd.graph.get_gradient_edge(z)
        found = engine.autograd.grad(root, [edge, leaf_edge], retain_graph=True)
        z.backward(inputs=[leaf_edge])
        return found, x.grad, edge.node, edge.output_nr

    same(program)


# ---- fitting ------------------------------------------------------------------------------------------------------


def test_gradients_are_summed_over_what_was_broadcast():
    def program(engine):
        shapes = [(3,), (1,), (2, 1), (1, 3), (4, 1, 3), ()]
        leaves = [engine.ones(shape, dtype=engine.float64).requires_grad_() for shape in shapes]
        big = engine.arange(24, dtype=engine.float64).reshape(4, 2, 3)
        for each in leaves:
            (each * big).backward(big)
        return [each.grad for each in leaves]

    same(program)


def test_gradients_have_the_dtype_of_their_tensor():
    def program(engine):
        half = engine.ones(3, dtype=engine.float16).requires_grad_()
        double = engine.ones(3, dtype=engine.float64).requires_grad_()
        single = engine.ones(3, requires_grad=True)
        (half * double * single).sum().backward()
        return half.grad, double.grad, single.grad

    same(program)


def test_outputs_that_nobody_used_send_no_gradient():
    def program(engine):
        x = leaf(engine, 1.0, 2.0, 3.0)
        a, b, c = (x * 2).unbind(0)
        (b * 5).backward()
        parts = (x * 3).split(2)
        parts[1].sum().backward()
        return x.grad

    same(program)


def test_a_node_whose_outputs_all_stay_without_gradient_passes_none_on():
    def program(engine):
        class Cut(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x.clone()

            @staticmethod
            def backward(ctx, gradient):
                return None

        x = leaf(engine, 1.0, 2.0, 3.0)
        a, b, c = (x * 2).unbind(0)
        Cut.apply(a * 3).backward()
        Cut.apply((x * 2).exp()).sum().backward()
        return x.grad

    assert same(program) is None


# ---- order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_nodes_run_in_pytorchs_order_on_random_graphs(seed):
    def program(engine):
        draw, order = random.Random(seed), []
        tensors = [leaf(engine, 1.0, 2.0) for _ in range(3)]
        for number in range(14):
            a, b = draw.choice(tensors), draw.choice(tensors)
            kind = draw.randrange(4)
            made = [a * b] if kind == 0 else [a + b] if kind == 1 else [a.clone()] if kind == 2 else list(a.split(1))
            if kind == 3:
                made = [part.expand(2) for part in made]
            for place, tensor in enumerate(made):
                tensor.grad_fn.register_prehook(lambda g, n=(number, place): order.append(("before", *n)))
                tensor.register_hook(lambda g, n=(number, place): order.append(("tensor", *n)))
                tensor.grad_fn.register_hook(lambda g, o, n=(number, place): order.append(("after", *n)))
            tensors += made
        roots = draw.sample(tensors[3:], 3)
        engine.autograd.backward([root.sum() for root in roots])
        return order, [t.grad for t in tensors[:3]]

    same(program)


# ---- depth --------------------------------------------------------------------------------------------------------


def chain(length, step):
    x = minitorch.ones(1, requires_grad=True)
    y = x
    for _ in range(length):
        y = step(y, x)
    return x, y


def test_a_chain_of_a_hundred_thousand_nodes_goes_backward_and_is_freed_without_recursion():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        x, y = chain(100_000, lambda y, x: y * 1.0)
        y.backward()
        assert x.grad.item() == 1.0
        del y
        x, y = chain(100_000, lambda y, x: y * x)
        del y
    finally:
        sys.setrecursionlimit(limit)


def test_deep_chains_of_views_and_of_in_place_writes_are_freed_too():
    x, y = chain(50_000, lambda y, x: y.view(1))
    del y
    x = minitorch.ones(2, requires_grad=True)
    base = x * 1
    for _ in range(5_000):
        base[:1].mul_(1.0)
    base.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0, 1.0])


def test_grad_with_respect_to_the_far_end_of_a_deep_chain():
    x, y = chain(30_000, lambda y, x: y * 1.0)
    (gradient,) = minitorch.autograd.grad(y, x)
    assert gradient.item() == 1.0


def test_a_ladder_of_diamonds_takes_linear_time():
    x = minitorch.ones(1, dtype=minitorch.float64).requires_grad_()
    y = x
    for _ in range(60):
        y = (y + y) * 0.5
    y.backward()
    assert x.grad.item() == 1.0


# ---- threads and reentrance -------------------------------------------------------------------------------------


def test_two_threads_go_backward_at_once():
    x = minitorch.ones(50, dtype=minitorch.float64).requires_grad_()
    failures = []

    def work():
        try:
            for _ in range(200):
                (x * x).sum().backward()
        except BaseException as error:  # reported by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failures
    np.testing.assert_array_equal(x.grad.numpy(), np.full(50, 2.0 * 4 * 200))


def test_no_thread_overwrites_the_first_gradient_of_another():
    x = minitorch.ones(2000, dtype=minitorch.float64).requires_grad_()
    interval, totals = sys.getswitchinterval(), []
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(150):
            x.grad = None
            start = threading.Barrier(3)

            def work(start=start):
                y = (x * 3).sum()
                start.wait()
                y.backward()

            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            totals.append(x.grad[0].item())
    finally:
        sys.setswitchinterval(interval)
    assert set(totals) == {9.0}


def test_backward_inside_a_backward():
    def program(engine):
        class Inner(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, gradient):
                (x,) = ctx.saved_tensors
                with engine.enable_grad():
                    again = x.detach().requires_grad_()
                    (again * again).sum().backward()
                return gradient * again.grad

        x = leaf(engine, 1.0, 2.0)
        Inner.apply(x * 3).sum().backward()
        return x.grad, engine.is_grad_enabled()

    same(program)


def test_an_error_in_a_backward_leaves_grad_mode_as_it_was():
    def program(engine):
        class Fails(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, gradient):
                raise KeyError("no derivative today")

        x = leaf(engine, 1.0)
        return outcome(lambda: Fails.apply(x).sum().backward()), engine.is_grad_enabled(), x.grad

    assert same(program)[0] == "KeyError"


def test_backward_under_no_grad():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = (x * x).sum()
        with engine.no_grad():
            (first,) = engine.autograd.grad(y, x, create_graph=True)
            enabled = engine.is_grad_enabled()
            y.backward()
        return first, enabled, x.grad

    same(program)


# ---- which of several leaves comes first ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 9, 12])
@pytest.mark.parametrize("others", [0, 1, 3])
def test_leaves_that_are_ready_together_accumulate_in_pytorchs_order(count, others):
    def program(engine):
        log, leaves = [], [leaf(engine, float(i)) for i in range(count)]
        for place, tensor in enumerate(leaves):
            tensor.register_hook(lambda gradient, place=place: log.append(place))
        inner = [leaf(engine, 1.0) * 2 for _ in range(others)]  # wait in the same heap
        engine.stack([*leaves, *inner, *leaves[: count // 2]]).sum().backward()
        return log

    same(program)


def test_of_several_roots_a_leaf_that_is_given_twice_waits_for_both():
    def program(engine):
        log, a, b = [], leaf(engine, 1.0), leaf(engine, 2.0)
        a.register_hook(lambda gradient: log.append(("a", gradient.tolist())))
        b.register_hook(lambda gradient: log.append(("b", gradient.tolist())))
        one = engine.ones(1, dtype=engine.float64)
        engine.autograd.backward([a, b, a], [one, one, one])
        return log

    assert [name for name, _ in same(program)] == ["b", "a"]


# ---- backward inside of backward ------------------------------------------------------------------------------------


def test_a_function_may_go_backward_in_its_backward_to_any_depth():
    def program(engine):
        class Down(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x.detach() * 1

            @staticmethod
            def backward(ctx, gradient):
                (x,) = ctx.saved_tensors
                if float(x) <= 0:
                    return gradient
                with engine.enable_grad():
                    lower = (x - 1).detach().requires_grad_()
                    Down.apply(lower).backward()
                return gradient + lower.grad

        x = engine.tensor(300.0, requires_grad=True)
        Down.apply(x).backward()
        return x.grad, engine.is_grad_enabled()

    same(program)


def test_an_error_deep_inside_reaches_the_caller():
    def program(engine):
        def go(depth):
            y = leaf(engine, 1.0) * 2
            y.register_hook(lambda gradient: go(depth - 1) if depth else 1 / 0)
            y.sum().backward()

        go(100)

    same_error(program, exact=True)


def test_a_hook_may_go_backward_through_the_same_leaf():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y, z = x * x, (x * 3).sum()
        y.register_hook(lambda gradient: z.backward())
        y.sum().backward()
        return x.grad

    same(program)


# ---- threads --------------------------------------------------------------------------------------------------------


def in_threads(count, work):
    failures = []

    def guarded():
        try:
            work()
        except Exception as error:  # would be lost in its thread
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_no_gradient_is_lost_when_threads_share_a_leaf():
    def program(engine):
        x = leaf(engine, 1.0, 2.0, 3.0)
        in_threads(4, lambda: [(x * 2).sum().backward() for _ in range(50)])
        return x.grad

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        assert same(program)["values"].tolist() == [400.0] * 3
    finally:
        sys.setswitchinterval(interval)


def test_threads_may_share_a_graph_that_is_kept():
    def program(engine):
        x = leaf(engine, 0.1, 0.2, 0.3)
        y = (x * x).exp().sum()
        in_threads(3, lambda: [y.backward(retain_graph=True) for _ in range(20)])
        return x.grad

    same(program)
