"""``gradcheck`` accepts right derivatives, refuses wrong ones, and says what is the matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import randn
from engines import outcome, same_error

import minitorch
from minitorch.autograd import Function, GradcheckError, gradcheck, gradgradcheck


def double(*shape, seed=0):
    return minitorch.from_numpy(randn(*shape, seed=seed)).requires_grad_()


def complex_double(*shape):
    return minitorch.from_numpy(randn(*shape) + 1j * randn(*shape, seed=1)).requires_grad_()


def operator(forward, backward):
    """A function of two tensors with this derivative, ``backward(x, y, gradient)``."""

    class Made(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return forward(x, y)

        @staticmethod
        def backward(ctx, gradient):
            return backward(*ctx.saved_tensors, gradient)

    return Made.apply


# ---- right derivatives --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "shapes"),
    [
        (lambda x, y: x * y, [(2, 3), (2, 3)]),
        (lambda x, y: x * y, [(2, 3), (3,)]),
        (lambda x, y: (x * y, x + y, 3, (x * x).sum()), [(2,), (2,)]),
        (lambda x: x.exp(), [(3,)]),
        (lambda x: x.t()[1:].exp(), [(2, 3)]),
        (lambda x: x.sum(), [()]),
        (lambda x: x * 2, [(0, 3)]),
        (lambda x, y: x * 2, [(2,), (2,)]),
    ],
)
def test_right_derivatives_pass_both_checks(program, shapes):
    inputs = [double(*shape, seed=i) for i, shape in enumerate(shapes)]
    assert gradcheck(program, inputs)
    assert gradgradcheck(program, inputs, check_undefined_grad=False)


def test_inputs_in_awkward_memory():
    x = double(3, 4).detach().t().requires_grad_()
    gaps = double(3, 8).detach()[:, ::2].requires_grad_()
    assert gradcheck(lambda x, y: x.t() * y, (x, gaps))
    assert gradgradcheck(lambda x, y: x.t() * y, (x, gaps), gen_non_contig_grad_outputs=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda z: z * z,
        lambda z: z * z.conj(),
        lambda z: z.conj(),
        lambda z: z.real * 2,
        lambda z: z.abs(),
        lambda z: (z * (1 + 2j)).sum(),
    ],
)
def test_complex_inputs_and_outputs_holomorphic_or_not(program):
    assert gradcheck(program, complex_double(3))
    assert gradgradcheck(program, complex_double(3))


def test_real_inputs_with_complex_outputs():
    assert gradcheck(lambda x: x * (1 + 2j), double(3))


def test_inputs_that_require_no_grad_and_others_are_handed_on():
    plain = double(3).detach()
    assert gradcheck(lambda x, y, k, text: x * y * k, (double(3), plain, 3, "text"))
    assert gradcheck(lambda x: x > 0, double(3))


def test_the_inputs_are_left_as_they_were():
    x = double(3)
    before, version = x.detach().numpy().copy(), x._version
    gradcheck(lambda x: x * x, x)
    np.testing.assert_array_equal(x.detach().numpy(), before)
    assert x._version == version
    assert x.grad is None


# ---- wrong derivatives --------------------------------------------------------------------------------------------

WRONG = {
    "-1 times": (lambda x, y: x * y, lambda x, y, g: (-g * y, g * x), [(3,), (3,)]),
    "missing or doubled factor": (lambda x, y: x * x * y, lambda x, y, g: (g * x * y, g * x * x), [(3,), (3,)]),
    "is zero": (lambda x, y: x * y, lambda x, y, g: (g * 0, g * x), [(3,), (3,)]),
    "does not depend": (lambda x, y: x * 2, lambda x, y, g: (g * 2, g), [(3,), (3,)]),
    "missing sum over broadcast dim 0": (lambda x, y: x * y, lambda x, y, g: (g * y, (g * x)[1]), [(2, 3), (3,)]),
    "missing sum over broadcast dim 1": (
        lambda x, y: x * y, lambda x, y, g: (g * y, (g * x)[:, 1:2]), [(2, 3), (2, 1)],
    ),
    "missing sum over broadcast dim 0, 1": (
        lambda x, y: x * y, lambda x, y, g: (g * y, (g * x)[0, 0]), [(2, 3), ()],
    ),
    "0.333333 times what it should be": (
        lambda x, y: x.sum() * y, lambda x, y, g: ((g * y).expand(3) / 3, g * x.sum()), [(3,), ()],
    ),
    "a mean where a sum belongs": (
        lambda x, y: x.sum() * y, lambda x, y, g: ((g * y).expand(3) / 3, g * x.sum()), [(3,), ()],
    ),
    "dims 0 and 1 of the input are swapped": (
        lambda x, y: x @ y, lambda x, y, g: ((g @ y.t()).t(), x.t() @ g), [(3, 3), (3, 2)],
    ),
    "1 of 4 elements of the input, at [2]": (
        lambda x, y: x * y, lambda x, y, g: (g * y * minitorch.tensor([1, 1, 2, 1]), g * x), [(4,), (4,)],
    ),
    "is nan": (lambda x, y: x * y, lambda x, y, g: (g * y * 0 / 0, g * x), [(3,), (3,)]),
    "single precision": (
        lambda x, y: x.exp() * y, lambda x, y, g: (g * x.exp() * y * 1.01 + 1e-3, g * x.exp()), [(3,), (3,)],
    ),
    "transpose": (lambda x, y: (x * y).sum(1), lambda x, y, g: (None, (x * g).sum(1)), [(3, 3), (3,)]),
    "largest difference": (lambda x, y: x.exp() * y, lambda x, y, g: (g * x * y, g * x.exp()), [(3,), (3,)]),
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_derivative_is_found_and_explained(said):
    forward, backward, shapes = WRONG[said]
    inputs = [double(*shape, seed=i) for i, shape in enumerate(shapes)]
    if said == "transpose":
        inputs[0].requires_grad_(False)
    program = operator(forward, backward)
    with pytest.raises(GradcheckError, match="Jacobian mismatch for output 0 with respect to input") as failure:
        gradcheck(program, inputs)
    assert said in str(failure.value)
    assert "numerical" in str(failure.value)
    assert "analytical" in str(failure.value)
    assert gradcheck(program, inputs, raise_exception=False) is False


def both_messages(program, match):
    """The ``GradcheckError`` of both engines, up to the numbers."""
    texts = []
    for engine in (torch, minitorch):
        with pytest.raises(engine.autograd.gradcheck.__globals__["GradcheckError"], match=match) as failure:
            program(engine)
        texts.append(str(failure.value).split("numerical")[0])
    assert texts[0] == texts[1]


def made_function(engine, forward, backward, jvp=None):
    members = {"forward": forward, "backward": backward, "jvp": jvp}
    members = {name: staticmethod(member) for name, member in members.items() if member is not None}
    return type("F", (engine.autograd.Function,), members).apply


def inputs_of(engine, *arrays):
    return tuple(engine.from_numpy(np.array(array)).requires_grad_() for array in arrays)


COMPLEX = randn(2) + 1j * randn(2, seed=1)


@pytest.mark.parametrize(
    ("forward", "backward", "arrays"),
    [
        (lambda ctx, x: x * 2, lambda ctx, g: g * 3, [randn(3)]),
        (lambda ctx, x, y: x * 2 + y, lambda ctx, g: (g * 2, g * 3), [randn(3), randn(3)]),
        (lambda ctx, k, y: y * k, lambda ctx, g: (g * 0, g), [randn(3), randn(3)]),
        (lambda ctx, x: (x * 2, x * 3), lambda ctx, g, h: g * 2 + h * 2, [randn(3)]),
        (lambda ctx, x: x * (2 + 1j), lambda ctx, g: g * (2 + 1j), [COMPLEX]),
        (lambda ctx, x: x * (2 + 1j), lambda ctx, g: g * (3 - 1j), [COMPLEX]),
        (lambda ctx, x: (x * (2 + 1j)).real, lambda ctx, g: g * (2 + 1j), [COMPLEX]),
    ],
)
def test_a_mismatch_reads_as_in_pytorch(forward, backward, arrays):
    both_messages(
        lambda engine: engine.autograd.gradcheck(
            made_function(engine, forward, backward), inputs_of(engine, *arrays), check_undefined_grad=False
        ),
        "Jacobian mismatch for output . with respect to input .",
    )


# ---- forward mode, batches, dtypes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "program",
    [lambda x: x.exp() * x, lambda x: (x.sin(), (x @ x).sum()), lambda x: x * (1 + 2j)],
)
def test_right_tangents_pass(program):
    assert gradcheck(program, double(2, 2), check_forward_ad=True)
    assert gradcheck(program, double(2, 2), check_forward_ad=True, check_backward_ad=False, check_undefined_grad=False)


def test_right_tangents_of_complex_inputs_pass():
    assert gradcheck(lambda z: (z * z.conj(), z.real, z * z), complex_double(3), check_forward_ad=True)


def test_forward_over_backward_passes():
    assert gradgradcheck(lambda x: (x**3).sum(), double(3), check_fwd_over_rev=True)
    assert gradgradcheck(
        lambda x, y: x.exp() * y, (double(3), double(3)), check_fwd_over_rev=True, check_rev_over_rev=False,
        check_undefined_grad=False,
    )  # fmt: skip


@pytest.mark.parametrize("array", [randn(3), COMPLEX])
def test_a_wrong_tangent_is_found_and_explained(array):
    def program(engine):
        wrong = made_function(engine, lambda ctx, x: x * 2, lambda ctx, g: g * 2, lambda ctx, g: g * -2)
        engine.autograd.gradcheck(wrong, inputs_of(engine, array), check_forward_ad=True)

    both_messages(program, "Jacobian computed with forward mode mismatch for output 0 with respect to input 0")
    with pytest.raises(GradcheckError, match="-1 times"):
        program(minitorch)


def test_gradients_of_a_batch_of_cotangents_are_checked():
    assert gradcheck(lambda x, y: (x * y, y.sum()), (double(3), double(3)), check_batched_grad=True)
    calls = []

    def backward(x, y, gradient):
        calls.append(None)
        return gradient * (2 + (len(calls) > 5)), None

    program = operator(lambda x, y: x * 2, backward)
    with pytest.raises(GradcheckError, match="batched gradient"):
        gradcheck(program, (double(1), double(1).detach()), check_batched_grad=True, check_undefined_grad=False)


def test_a_gradient_of_another_dtype_is_found_if_asked_for():
    def program(engine, **options):
        x = engine.ones(2, dtype=engine.float64, requires_grad=True)
        wrong = made_function(engine, lambda ctx, x: x * 2, lambda ctx, g: (g * 2).float())
        return engine.autograd.gradcheck(wrong, x, **options)

    assert program(minitorch) is program(torch) is True


def test_an_output_that_changes_its_shape_is_refused():
    def program(engine):
        x = engine.ones(2, dtype=engine.float64, requires_grad=True)
        engine.autograd.gradcheck(lambda x: x[x > 1] if bool((x > 1).any()) else x * 2, x)

    same_error(program, "same shape")


def test_a_missing_conjugate_is_found():
    program = operator(lambda x, y: (x * y).real, lambda x, y, g: (g * y, g * x.conj()))
    with pytest.raises(GradcheckError, match="missing conj"):
        gradcheck(program, (complex_double(3), complex_double(3).detach()))


def test_a_wrong_anti_holomorphic_part_is_found():
    program = operator(lambda x, y: x.conj(), lambda x, y, g: (-g.conj(), None))
    with pytest.raises(GradcheckError, match="wrong sign|does not depend"):
        gradcheck(program, (complex_double(3), double(1).detach()))


def test_the_second_output_is_checked_too():
    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 2

    with pytest.raises(GradcheckError, match="for output 1 with respect to input 0"):
        gradcheck(Two.apply, double(3))


def test_a_wrong_second_derivative_is_found_by_gradgradcheck_only():
    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx, gradient):
            (x,) = ctx.saved_tensors
            return gradient * 3 * x * x.detach()

    assert gradcheck(Cube.apply, double(3))
    with pytest.raises(GradcheckError):
        gradgradcheck(Cube.apply, double(3))
    assert gradgradcheck(Cube.apply, double(3), raise_exception=False) is False


def test_a_derivative_that_is_not_linear_in_the_cotangent():
    program = operator(lambda x, y: x * 2, lambda x, y, g: (g * 2 + (g.sum() == 0).double(), None))
    with pytest.raises(GradcheckError, match="backward not multiplied by grad_output"):
        gradcheck(program, (double(1), double(1).detach()))


def test_a_derivative_that_changes_from_call_to_call():
    calls = []

    def backward(x, y, gradient):
        calls.append(None)
        return gradient * (2 + 1e-9 * len(calls)), None

    program = operator(lambda x, y: x * 2, backward)
    with pytest.raises(GradcheckError, match="not reentrant"):
        gradcheck(program, (double(2), double(2).detach()))
    assert gradcheck(program, (double(2), double(2).detach()), nondet_tol=1e-6)


@pytest.mark.parametrize("handles_none", [False, True])
def test_a_derivative_that_cannot_take_none(handles_none):
    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            if handles_none and a is None:
                return None if b is None else b * 3
            return a * 2 if handles_none and b is None else a * 2 + b * 3

    def through(x):
        a, b = Two.apply(x)
        return a * 1, b * 1

    if handles_none:
        assert gradcheck(through, double(2))
        return
    with pytest.raises((GradcheckError, TypeError)):
        gradcheck(through, double(2))


def test_a_function_cut_from_the_graph_must_not_depend_on_its_input():
    with pytest.raises(GradcheckError, match="expected to be zero"):
        gradcheck(lambda x: x.detach() * 2, double(3))
    assert gradcheck(lambda x: minitorch.ones(2), double(3))


# ---- what it refuses ----------------------------------------------------------------------------------------------


def test_something_must_require_grad():
    same_error(lambda e: e.autograd.gradcheck(lambda x: x * 2, e.ones(2, dtype=e.float64)), exact=True)


def test_single_precision_warns():
    with pytest.warns(UserWarning, match="double precision"):
        outcome(lambda: gradcheck(lambda x: x * 2, minitorch.ones(2, requires_grad=True), raise_exception=False))


def test_expanded_inputs_are_refused():
    def program(engine):
        x = engine.ones(1, dtype=engine.float64).expand(3).requires_grad_()
        engine.autograd.gradcheck(lambda x: x * 2, x)

    same_error(program, "stride 0", exact=True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gradcheck", {"check_backward_ad": False}),
        ("gradcheck", {"check_backward_ad": False, "check_forward_ad": True, "check_batched_grad": True}),
        ("gradcheck", {"check_batched_forward_grad": True}),
        ("gradgradcheck", {"check_rev_over_rev": False}),
        ("gradgradcheck", {"check_rev_over_rev": False, "check_fwd_over_rev": True}),
    ],
)
def test_options_that_do_not_go_together(name, options):
    def program(engine):
        x = engine.ones(2, dtype=engine.float64, requires_grad=True)
        getattr(engine.autograd, name)(lambda x: x * 2, x, **options)

    assert same_error(program, exact=True)


def test_it_takes_pytorchs_arguments():
    import inspect

    for ours, theirs in ((gradcheck, torch.autograd.gradcheck), (gradgradcheck, torch.autograd.gradgradcheck)):
        missing = set(inspect.signature(theirs).parameters) - set(inspect.signature(ours).parameters)
        assert not missing
