"""``torch._foreach_*`` on lists of tensors: values, dtypes, shapes and errors as in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import randn
from engines import same, same_error

import minitorch
from minitorch import kernels

UNARY = [
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "frac", "lgamma",
    "log", "log10", "log1p", "log2", "neg", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt",
    "tan", "tanh", "trunc",
]  # fmt: skip
SHAPES = [(3, 4), (0,), (), (5,), (2, 1, 3)]


@pytest.fixture(params=["kernels", "no kernels"])
def processor(request):
    """With compiled kernels and without."""
    if request.param == "no kernels":
        with kernels.mode("off"):
            yield request.param
    else:
        if not kernels.available():
            pytest.skip("needs a C++ compiler")
        yield request.param


def tensors(torch: Any, dtype: str = "float64", seed: int = 0, positive: bool = True) -> list[Any]:
    """A list with odd shapes, one of them transposed; values between 0.1 and 0.9, or around 0."""
    values = [randn(*shape, seed=seed + place) for place, shape in enumerate(SHAPES)]
    values = [0.1 + 0.8 / (1 + np.exp(-v)) for v in values] if positive else values
    made = [torch.tensor(np.asarray(v).tolist(), dtype=torch.float64).to(getattr(torch, dtype)) for v in values]
    made[1] = made[1].reshape(0)
    return [made[0].t(), *made[1:]]


def test_pytorchs_names_are_all_there() -> None:
    theirs = {name for name in dir(pytorch) if name.startswith(("_foreach_", "_amp_"))}
    assert theirs == {name for name in dir(minitorch) if name.startswith(("_foreach_", "_amp_"))}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", ["sqrt", "neg", "reciprocal", "exp"])
def test_functions_of_a_list_in_every_float_dtype(name: str, dtype: str, processor: str) -> None:
    def program(torch: Any) -> Any:
        values = tensors(torch, dtype)
        results = getattr(torch, f"_foreach_{name}")(values)
        returned = getattr(torch, f"_foreach_{name}_")(values)
        plain = [*results, *values]
        return [t.to(torch.float64) for t in plain], [str(t.dtype) for t in plain], returned is values, type(results)

    (theirs, *their_facts), (ours, *our_facts) = program(pytorch), program(minitorch)
    assert their_facts == our_facts
    tolerance = {"float64": 1e-15, "float32": 3e-7, "float16": 1e-3, "bfloat16": 8e-3}[dtype]
    for expected, found in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=tolerance)


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_a_list(name: str) -> None:
    def program(torch: Any) -> Any:
        values = tensors(torch)
        results = getattr(torch, f"_foreach_{name}")(values)
        getattr(torch, f"_foreach_{name}_")(values)
        return [*results, *values]

    same(program)


@pytest.mark.parametrize("twin", ["", "_"])
@pytest.mark.parametrize(
    "name, other",
    [(name, other) for name in ("add", "sub", "mul", "div") for other in ("number", "int", "numbers", "tensor", "list")]
    + [
        (name, other)
        for name in ("maximum", "minimum", "clamp_min", "clamp_max", "pow")
        for other in ("number", "numbers", "list")
    ],
)
def test_a_list_and_a_second_operand(name: str, other: str, twin: str, processor: str) -> None:
    def program(torch: Any) -> Any:
        values = tensors(torch)
        second = {
            "number": 0.4, "int": 2, "numbers": [0.5, 1.5, -2.0, 0.25, 3.0], "list": tensors(torch, seed=9),
            "tensor": torch.tensor(0.75, dtype=torch.float64),
        }[other]  # fmt: skip
        return [*getattr(torch, f"_foreach_{name}{twin}")(values, second), *values]

    same(program)


def test_alpha_is_a_factor_of_the_second_operand(processor: str) -> None:
    def program(torch: Any) -> Any:
        values, others = tensors(torch), tensors(torch, seed=9)
        results = [*torch._foreach_add(values, others, alpha=-0.5), *torch._foreach_sub(values, others, alpha=3)]
        results += torch._foreach_add(values, torch.tensor(2.0, dtype=torch.float64), alpha=0.25)
        torch._foreach_sub_(values, others, alpha=0.1)
        return [*results, *values]

    same(program)


@pytest.mark.parametrize("name", ["addcmul", "addcdiv"])
@pytest.mark.parametrize("value", ["none", "number", "numbers", "tensor"])
def test_three_lists(name: str, value: str, processor: str) -> None:
    def program(torch: Any) -> Any:
        numbers = [0.5, 1.5, -2.0, 0.25, 3.0]
        last = {"none": (), "number": (-0.5,), "numbers": (numbers,), "tensor": (torch.tensor(numbers),)}[value]
        lists = [tensors(torch, seed=seed) for seed in (0, 9, 18)]
        results = getattr(torch, f"_foreach_{name}")(*lists, *last)
        getattr(torch, f"_foreach_{name}_")(*lists, *last)
        return [*results, *lists[0]]

    same(program)


@pytest.mark.parametrize("weight", ["number", "near one", "numbers", "tensor", "list"])
def test_lerp_of_lists(weight: str, processor: str) -> None:
    def program(torch: Any) -> Any:
        start, end = tensors(torch, positive=False), tensors(torch, seed=9, positive=False)
        by = {
            "number": 0.1, "near one": 0.9, "numbers": [0.5, 0.0, 1.0, 0.25, 0.75], "list": tensors(torch, seed=18),
            "tensor": torch.tensor(0.75, dtype=torch.float64),
        }[weight]  # fmt: skip
        results = torch._foreach_lerp(start, end, by)
        torch._foreach_lerp_(start, end, by)
        return [*results, *start]

    same(program)


@pytest.mark.parametrize("order", [1, 2, 3, 0.5])
def test_norms_of_lists(order: float, processor: str) -> None:
    same(lambda t: list(t._foreach_norm(tensors(t, positive=False), order)))
    same(lambda t: list(t._foreach_norm(tensors(t, "float32", positive=False), order, dtype=t.float64)))
    same(lambda t: list(t._foreach_norm([t.ones(2, dtype=t.complex64) * (3 + 4j)], order)))


def test_the_infinity_norm_passes_on_nan_and_wants_an_element(processor: str) -> None:
    nan = float("nan")
    same(lambda t: list(t._foreach_norm([t.tensor([1.0, -3.0]), t.tensor([nan, 2.0]), t.tensor(-5.0)], float("inf"))))
    same_error(lambda t: t._foreach_norm([t.ones(0)], float("inf")), exact=True)
    same_error(lambda t: t._foreach_norm([t.ones(2, dtype=t.int64)]), exact=True)


def test_lists_are_filled_copied_and_reduced(processor: str) -> None:
    def program(torch: Any) -> Any:
        values = tensors(torch, positive=False)
        target = [torch.full(v.shape, 7.0) for v in values]  # float32
        copied = torch._foreach_copy_(target, values)
        clones = torch._foreach_clone(values)
        torch._foreach_zero_(values)
        matrices = [torch.ones(2, 3) * 2, torch.ones(1, 4)], [torch.ones(3, 2), torch.ones(4, 2)]
        return [*copied, *clones, *values, *torch._foreach_max([clones[0], clones[2]]), *torch._foreach_mm(*matrices)]

    same(program)


def test_the_larger_of_a_pair_with_nan_is_nan(processor: str) -> None:
    nan = float("nan")
    same(lambda t: list(t._foreach_maximum([t.tensor([nan, 1.0, 2.0])], [t.tensor([1.0, nan, 3.0])])))


def test_a_number_to_the_power_of_a_list() -> None:
    same(lambda t: list(t._foreach_pow(2.0, tensors(t))))


def test_lists_of_mixed_dtypes_promote_one_by_one(processor: str) -> None:
    def program(torch: Any) -> Any:
        values = [
            torch.ones(3, dtype=torch.float32),
            torch.ones(2, dtype=torch.int64),
            torch.ones((), dtype=torch.half),
        ]
        others = [torch.ones(3, dtype=torch.float64), torch.ones(2), torch.ones(())]
        return [*torch._foreach_add(values, others), *torch._foreach_mul(values, 2.5), *torch._foreach_div(values, 2)]

    same(program)


def test_a_tensor_that_stands_twice_in_a_list_is_written_twice(processor: str) -> None:
    def program(torch: Any) -> Any:
        value = torch.ones(3)
        torch._foreach_add_([value, value], 1.0)
        return value

    same(program)


def test_gradients_flow_through_lists() -> None:
    def program(torch: Any) -> Any:
        values = [v.requires_grad_() for v in tensors(torch)]
        results = torch._foreach_mul(torch._foreach_exp(values), [0.5, 1.5, -2.0, 0.25, 3.0])
        sum([(r * r).sum() for r in results]).backward()
        return [v.grad for v in values]

    same(program)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, a: t._foreach_add([], 1), lambda t, a: t._foreach_add(a, [t.ones(2)]),
        lambda t, a: t._foreach_add(a, [1.0]), lambda t, a: t._foreach_add(a, [t.ones(2), t.ones(5)]),
        lambda t, a: t._foreach_mul(a, t.ones(2)), lambda t, a: t._foreach_mul(a, t.ones(1)),
        lambda t, a: t._foreach_sqrt([1, 2]), lambda t, a: t._foreach_zero_([]),
        lambda t, a: t._foreach_addcmul(a, a, a, [1.0]), lambda t, a: t._foreach_addcmul(a, a, a, t.ones(3)),
        lambda t, a: t._foreach_addcmul(a, a, a, t.ones(())), lambda t, a: t._foreach_addcdiv(a, a, a[:1]),
        lambda t, a: t._foreach_lerp(a, a[:1], 0.5),
        lambda t, a: t._foreach_add_([t.ones(2, dtype=t.int64)], 1.5),
        lambda t, a: t._foreach_sqrt_([t.ones(2, dtype=t.int64)]),
    ],
)  # fmt: skip
def test_lists_that_do_not_go_are_refused_with_pytorchs_words(call: Any) -> None:
    same_error(lambda torch: call(torch, [torch.ones(2), torch.ones(3)]), exact=True)


@pytest.mark.parametrize("value", ["x", None])
def test_what_is_no_operand_is_a_type_error(value: Any) -> None:
    same_error(lambda torch: torch._foreach_add([torch.ones(2)], value))
    same_error(lambda torch: torch._foreach_add(torch.ones(2), value))


def test_nothing_is_written_if_one_of_the_tensors_must_not_be() -> None:
    def program(torch: Any) -> None:
        first, second = torch.ones(2), torch.ones(2, requires_grad=True)
        try:
            torch._foreach_add_([first, second], 1)
        finally:
            assert first.tolist() == [1.0, 1.0]

    same_error(program, match="a leaf Variable that requires grad is being used in an in-place operation")


def test_written_tensors_that_share_memory_are_written_one_after_the_other(processor: str) -> None:
    """A launch has no order, so such lists are a loop: the second tensor sees what the first one wrote."""

    def crossed(torch: Any) -> Any:
        a, b = torch.ones(70000), torch.full((70000,), 2.0)
        torch._foreach_add_([a, b], [b, a])
        return a, b

    def shifted(torch: Any) -> Any:
        x, ones = torch.arange(100000.0), torch.ones(60000)
        torch._foreach_mul_([x[:60000], x[1:60001]], [ones * 2, ones * 3])
        return (x,)

    def parts_of_one(torch: Any) -> Any:
        x = torch.arange(1.0, 11.0)
        torch._foreach_add_([x[:4], x[4:8], x[8:]], [x[:4], torch.ones(4), torch.ones(2)], alpha=0.5)
        return (x,)

    for program in (crossed, shifted, parts_of_one):
        for theirs, ours in zip(program(pytorch), program(minitorch), strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_an_operand_that_lies_partly_under_what_is_written_is_refused(processor: str) -> None:
    def overlapping(torch: Any) -> Any:
        x = torch.arange(10.0)
        torch._foreach_add_([x[1:]], [x[:-1]])

    for torch in (pytorch, minitorch):
        with pytest.raises(RuntimeError, match="unsupported operation: some elements of the input tensor and the"):
            overlapping(torch)


@pytest.mark.parametrize("name", ["mul", "mul_", "div", "maximum", "minimum_", "clamp_min"])
def test_only_sums_have_an_alpha(name: str) -> None:
    for torch in (pytorch, minitorch):
        with pytest.raises(TypeError, match="invalid combination of arguments"):
            getattr(torch, f"_foreach_{name}")([torch.ones(2)], [torch.ones(2)], alpha=2)


def test_further_arguments_of_the_wrong_type_are_refused() -> None:
    for torch in (pytorch, minitorch):
        one = [torch.ones(2)]
        with pytest.raises(TypeError, match="argument 'non_blocking' \\(position 3\\) must be bool, not list"):
            torch._foreach_copy_(one, one, one)
        with pytest.raises(TypeError, match="argument 'ord' \\(position 2\\) must be Number, not list"):
            torch._foreach_norm(one, [2.0])


# ---- mixed precision ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0.0, float("inf"), -float("inf"), float("nan")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_unscaling_multiplies_and_finds_what_is_not_finite(dtype: str, bad: float, processor: str) -> None:
    def program(torch: Any) -> Any:
        grads = tensors(torch, dtype, positive=False)
        grads[3][2] = bad
        found = torch.zeros(1)
        assert torch._amp_foreach_non_finite_check_and_unscale_(grads, found, torch.tensor([0.125])) is None
        return [*grads, found]

    same(program)


def test_unscaling_wants_scalars_in_float32() -> None:
    unscale = "_amp_foreach_non_finite_check_and_unscale_"
    for found, scale in ((2, 1), (1, 2)):
        same_error(lambda t, f=found, s=scale: getattr(t, unscale)([t.ones(2)], t.zeros(f), t.ones(s)), exact=True)
    same_error(lambda t: getattr(t, unscale)([t.ones(2)], t.zeros(1), t.ones(1).double()), exact=True)
    same_error(lambda t: getattr(t, unscale)([t.ones(2)], t.zeros(1).double(), t.ones(1)), exact=True)
    same_error(lambda t: getattr(t, unscale)([t.ones(2).long()], t.zeros(1), t.ones(1)), exact=True)


def test_the_scale_grows_after_some_steps_and_shrinks_at_once() -> None:
    def program(torch: Any) -> Any:
        scale, tracker, seen = torch.tensor(4.0), torch.tensor(0, dtype=torch.int32), []
        for found in (0.0, 0.0, 0.0, 1.0, 0.0, 0.0):
            result = torch._amp_update_scale_(scale, tracker, torch.tensor(found), 2.0, 0.5, 2)
            seen += [scale.clone(), tracker.clone(), result is scale]
        huge = torch.tensor(3e38)
        torch._amp_update_scale_(huge, torch.tensor(1, dtype=torch.int32), torch.tensor(0.0), 2.0, 0.5, 2)
        return [*seen, huge]

    same(program)
    one, counter = (lambda t: t.ones(1)), (lambda t: t.zeros(1, dtype=t.int32))
    same_error(lambda t: t._amp_update_scale_(t.ones(2), counter(t), one(t), 2.0, 0.5, 2), exact=True)
    same_error(lambda t: t._amp_update_scale_(one(t), one(t), one(t), 2.0, 0.5, 2), exact=True)
    same_error(lambda t: t._amp_update_scale_(one(t), counter(t), t.ones(2), 2.0, 0.5, 2), exact=True)
