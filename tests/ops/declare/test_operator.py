"""The declaration of operators: what a call leaves in the graph, what it keeps, what a derivative may ask for."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from engines import outcome, same

import minitorch
from minitorch.autograd import gradcheck, gradgradcheck
from minitorch.ops.declare import operator


def double(*values):
    return minitorch.tensor(list(values), dtype=minitorch.float64).requires_grad_()


@operator("ScaledSumBackward0")
def scaled_sum(xp, first, second, factor):
    """first + factor * second."""
    return first + factor * second


@scaled_sum.derivative("first")
def _(grad):
    return grad


@scaled_sum.derivative("second")
def _(grad, factor):
    return grad * factor


# ---- a declared operator ------------------------------------------------------------------------------------------


def test_a_declared_operator_computes_and_leaves_a_node():
    x, y = double(1.0, 2.0), double(3.0, 4.0)
    result = scaled_sum(x, y, 10.0)
    np.testing.assert_array_equal(result.detach().numpy(), [31.0, 42.0])
    assert result.grad_fn.name() == "ScaledSumBackward0"
    assert [node.variable is leaf for (node, _), leaf in zip(result.grad_fn.next_functions, (x, y))] == [True, True]
    assert gradcheck(lambda x, y: scaled_sum(x, y, 10.0), (x, y))
    assert gradgradcheck(lambda x, y: scaled_sum(x, y, 10.0), (x, y))


def test_the_name_of_the_node_follows_from_the_operators():
    @operator()
    def twice_as_much(xp, input):
        return input * 2

    @twice_as_much.derivative("input")
    def _(grad):
        return grad * 2

    assert twice_as_much(double(1.0)).grad_fn.name() == "TwiceAsMuchBackward0"
    assert twice_as_much.__name__ == "twice_as_much"


def test_nothing_is_left_behind_without_an_input_that_requires_grad():
    plain = minitorch.ones(2, dtype=minitorch.float64)
    assert scaled_sum(plain, plain, 2.0).grad_fn is None
    with minitorch.no_grad():
        assert scaled_sum(double(1.0), double(2.0), 2.0).grad_fn is None


def test_only_wanted_derivatives_run():
    calls = []

    @operator()
    def spied(xp, first, second):
        return first + second

    @spied.derivative("first")
    def _(grad):
        calls.append("first")
        return grad

    @spied.derivative("second")
    def _(grad):
        calls.append("second")
        return grad

    x, plain = double(1.0), minitorch.ones(1, dtype=minitorch.float64)
    spied(x, plain).backward()
    spied(plain, x).backward()
    both = spied(x, y := double(2.0))
    minitorch.autograd.grad(both, y)
    assert calls == ["first", "second", "second"]


def test_a_derivative_may_serve_several_inputs_and_ask_which_are_needed():
    asked = []

    @operator()
    def pair(xp, first, second):
        return first * second

    @pair.derivative("first", "second")
    def _(grad, first, second, needs):
        asked.append(needs)
        return grad * second if needs[0] else None, grad * first if needs[1] else None

    x, plain = double(2.0), minitorch.full((1,), 5.0, dtype=minitorch.float64)
    pair(x, plain).backward()
    assert asked == [[True, False]]
    assert x.grad.tolist() == [5.0]
    assert gradcheck(pair, (double(1.0, 2.0), double(3.0, 4.0)))


def test_an_operator_with_several_outputs_gets_all_their_gradients():
    seen = []

    @operator()
    def two(xp, input):
        return input * 2, input * 3

    @two.derivative("input")
    def _(grads):
        seen.append([gradient is not None for gradient in grads])
        parts = [gradient * factor for gradient, factor in zip(grads, (2, 3)) if gradient is not None]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    x = double(1.0)
    a, b = two(x)
    assert (a.output_nr, b.output_nr, a.grad_fn is b.grad_fn) == (0, 1, True)
    b.backward()
    assert x.grad.tolist() == [3.0]
    assert seen == [[False, True]]
    assert gradcheck(two, (double(1.0, 2.0),))


def test_integer_outputs_have_no_history():
    def program(engine):
        x = engine.tensor([3.0, 1.0, 2.0], requires_grad=True)
        values, places = x.sort()
        values[0].backward()
        return values, places, x.grad

    same(program)


def test_a_list_of_tensors_has_an_edge_for_each():
    def program(engine):
        x, y = engine.ones(2, requires_grad=True), engine.ones(3)
        joined = engine.cat([x, y, x * 2])
        (joined * engine.arange(7)).sum().backward()
        return [(node, nr) for node, nr in joined.grad_fn.next_functions], x.grad

    same(program)


@pytest.mark.parametrize(
    ("names", "derivative", "complaint"),
    [
        (("third",), lambda grad: grad, "has no parameter 'third'"),
        (("first",), lambda grad, third: grad, "asks for 'third'"),
    ],
)
def test_a_wrong_declaration_is_refused_at_once(names, derivative, complaint):
    @operator()
    def wrong(xp, first, second):
        return first

    with pytest.raises(ValueError, match=complaint):
        wrong.derivative(*names)(derivative)


# ---- what is kept -------------------------------------------------------------------------------------------------


def test_only_what_wanted_derivatives_name_is_kept_alive():
    def alive_after(use):
        big = minitorch.ones(2, dtype=minitorch.float64)
        reference = weakref.ref(big)
        result = use(double(1.0, 2.0), big)
        assert result.requires_grad
        del big
        return reference() is not None

    gc.disable()
    try:
        assert alive_after(lambda x, big: x * big)
        assert not alive_after(lambda x, big: x + big)
    finally:
        gc.enable()


def test_a_result_that_is_kept_does_not_keep_its_own_graph_alive():
    gc.disable()
    try:
        result = double(1.0, 2.0).exp()
        references = weakref.ref(result), weakref.ref(result.grad_fn)
        del result
        assert [reference() for reference in references] == [None, None]
    finally:
        gc.enable()


def test_a_kept_result_comes_back_with_its_history():
    x = double(1.0, 2.0)
    result = x.exp()
    saved = result.grad_fn._saved_result
    assert saved.grad_fn is result.grad_fn
    (gradient,) = minitorch.autograd.grad(saved.sum(), x)
    np.testing.assert_allclose(gradient.numpy(), np.exp([1.0, 2.0]))


def test_memory_is_released_by_backward_while_the_result_lives_on():
    gc.disable()
    try:
        x, big = double(1.0, 2.0), minitorch.ones(2, dtype=minitorch.float64)
        reference = weakref.ref(big)
        result = x * big
        del big
        result.sum().backward()
        assert reference() is None
        assert result.grad_fn is not None
    finally:
        gc.enable()


def test_saved_tensors_are_checked_at_their_version():
    def program(engine):
        x = engine.ones(2, dtype=engine.float64).requires_grad_()
        y = engine.ones(2, dtype=engine.float64)
        z = x * y
        before = outcome(lambda: z.grad_fn._saved_other)
        y.mul_(2)
        return before, outcome(lambda: z.grad_fn._saved_other), outcome(lambda: z.sum().backward())

    same(program)


def test_the_sign_of_a_derivative_matters_here():
    """That the checks of this file can fail at all."""

    @operator()
    def negative(xp, input):
        return -input

    @negative.derivative("input")
    def _(grad):
        return grad

    assert gradcheck(negative, (double(1.0),), raise_exception=False) is False


# ---- devices and arguments ----------------------------------------------------------------------------------------


def test_an_operator_needs_a_tensor():
    with pytest.raises(TypeError, match="scaled_sum"):
        scaled_sum(1.0, 2.0, 3.0)


def test_messages_call_an_operator_as_its_users_do():
    leaf = minitorch.ones(3, requires_grad=True)
    calls = {
        "add_": lambda: leaf.add_(1), "sub_": lambda: leaf.sub_(1), "zero_": lambda: leaf.zero_(),
        "fill_": lambda: leaf.fill_(1), "pow_": lambda: leaf.pow_(2), "clamp_": lambda: leaf.clamp_(0, 1),
        "div_": lambda: leaf.div_(2), "lerp_": lambda: leaf.lerp_(leaf, 0.5),
    }  # fmt: skip
    for name, call in calls.items():
        with pytest.raises(RuntimeError, match=rf"^a leaf Variable that requires grad .*\({name} on shape \[3\]"):
            call()


def test_results_may_be_declared_to_lie_column_after_column():
    @operator("PairBackward0", column_major=(1,))
    def pair(xp, input):
        return xp.array(input), xp.array(input)

    rows, columns = pair(minitorch.arange(12.0).reshape(2, 3, 2))
    assert (rows.stride(), columns.stride()) == ((6, 2, 1), (6, 1, 3))
    assert columns.tolist() == rows.tolist()

    @operator("TwiceBackward0", column_major=(0,))
    def twice(xp, input):
        return 2 * input

    assert twice(minitorch.ones(3, 2)).stride() == (1, 3)
    assert twice(minitorch.ones(3)).stride() == (1,)
