"""Tests for `minitorch/ops/elementwise/arithmetic.py` and what pointwise operators share: dtypes, layouts, out=."""

import itertools

import numpy as np
import pytest
import torch
from compare import awkward, check, check_raises, integers, rand, randn

import minitorch

SHAPES = [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (3,)), ((), ()), ((0, 3), (3,)), ((2, 1, 3), (4, 1))]
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
          "complex128"]  # fmt: skip
BINARY = {
    "add": lambda torch, x, y: x + y,
    "add with alpha": lambda torch, x, y: torch.add(x, y, alpha=-2.5),
    "sub": lambda torch, x, y: x - y,
    "sub with alpha": lambda torch, x, y: torch.sub(x, y, alpha=3),
    "rsub": lambda torch, x, y: torch.rsub(x, y, alpha=2),
    "mul": lambda torch, x, y: x * y,
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", SHAPES)
def test_binary_operators_agree_with_torch_to_the_second_derivative(name, shapes):
    x, y = randn(*shapes[0]), randn(*shapes[1], seed=1)
    check(BINARY[name], x, y, second=True)


@pytest.mark.parametrize("name", BINARY)
def test_binary_operators_take_any_memory_layout(name):
    x, y = randn(3, 4), randn(3, 4, seed=1)
    for a, b in itertools.product(awkward(x), awkward(y)):
        check(BINARY[name], a, b)


@pytest.mark.parametrize("name", BINARY)
def test_binary_operators_have_wirtinger_derivatives(name):
    z = randn(3) + 1j * randn(3, seed=1)
    check(BINARY[name], z, z.conj() + 2, second=True)
    check(BINARY[name], z, randn(3, seed=2))
    check(BINARY[name], randn(3, seed=2), z)


@pytest.mark.parametrize("shape", [(3, 4), (), (0,)])
def test_operands_may_be_numbers_on_either_side(shape):
    x = randn(*shape)
    for number in (2, 2.5, -1, 0):
        check(lambda torch, x: (x + number, number + x, x - number, number - x, x * number, number * x), x)
        check(lambda torch, x: (torch.add(number, x), torch.sub(number, x), torch.mul(number, x)), x)
        check(lambda torch, x: (torch.add(x, number, alpha=2), torch.sub(x, number, alpha=2)), x)
    check(lambda torch, x: (x + 2j, x * (1 - 1j), 2j - x), x)


def values_of(dtype, shape, seed=0):
    array = integers(*shape, low=0, high=2 if dtype == "bool" else 4, seed=seed)
    return array.astype(bool) if dtype == "bool" else array


PAIRS = [
    pair for pair in itertools.product(DTYPES, DTYPES) if not ("float16" in pair and "complex" in "".join(pair))
]  # complex32, which they would give, has no counterpart in NumPy


@pytest.mark.parametrize("dtypes", PAIRS, ids="-".join)
def test_promotion_of_every_pair_of_dtypes_is_torchs(dtypes):
    first, second = dtypes
    x, y = values_of(first, (3,)), values_of(second, (3,), seed=1)

    def program(torch, x, y):
        results = []
        a, b = x.to(getattr(torch, first)), y.to(getattr(torch, second))
        for p, q in ((a, b), (a[0], b), (a, b[0]), (a[0], b[0])):
            results += [p + q, p * q]
            if "bool" not in dtypes:
                results += [p - q]
        return results

    check(program, x, y, grad=False, rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_promotion_with_python_numbers_is_torchs(dtype):
    def program(torch, x):
        a = x.to(getattr(torch, dtype))
        numbers = (True, 2, 2.5) if dtype == "float16" else (True, 2, 2.5, 1j)
        return [p * number for p in (a, a[0]) for number in numbers] + [2.5 + a, 3 + a]

    check(program, values_of(dtype, (3,)), grad=False, rtol=1e-6)


def test_integers_wrap_around():
    x = np.array([1, 2, 3], np.int8)
    check(lambda torch, x: (x + 300, x * 300, x.add(300), x - 1000), x)
    check(lambda torch, x: (x + (-1), -x), x.astype(np.uint8))


def test_half_precision_is_rounded_once():
    def program(torch, x):
        h = x.to(torch.bfloat16)
        return h + 1e-3, torch.add(h, h, alpha=1 / 3), h * h, h * 0.3

    check(program, randn(64), grad=False, rtol=0, atol=0)


@pytest.mark.parametrize("dtypes", [("bool", "bool"), ("bool", "int64"), ("float32", "bool")])
def test_booleans_cannot_be_subtracted(dtypes):
    x, y = (np.ones(3, dtype) for dtype in dtypes)
    check_raises(lambda torch, x, y: x - y, x, y, match="Subtraction, the `-` operator")
    check_raises(lambda torch, x, y: x.sub(y), x, y)


def test_booleans_cannot_be_negated_but_add_and_multiply():
    b = np.array([True, False])
    check_raises(lambda torch, b: -b, b, match="Negation")
    check_raises(lambda torch, b: 1 - b, b)
    check_raises(lambda torch, b: +b, b)
    check_raises(lambda torch, b: abs(b), b)
    check(lambda torch, b: (b + b, b * b, b + 1, b.add(b, alpha=True)), b)


def test_alpha_must_fit_the_result():
    f, i = randn(3), integers(3)
    check_raises(lambda torch, x: x.add(x, alpha=2j), f)
    check_raises(lambda torch, x: x.add(x, alpha=2.0), i)
    check_raises(lambda torch, x: x.add_(x, alpha=2.0), i)
    check_raises(lambda torch, x: x.sub(x, alpha=True), f)
    check(lambda torch, x: x.add(x, alpha=2), i)


def test_operators_decline_what_is_no_tensor():
    tensor = minitorch.ones(2)
    for method in ("add", "radd", "sub", "rsub", "mul", "truediv", "rtruediv", "floordiv", "mod", "pow", "rpow", "eq",
                   "lt", "and", "iadd", "imul", "ipow", "lshift"):  # fmt: skip
        assert getattr(tensor, f"__{method}__")("a") is NotImplemented, method
        assert getattr(torch.ones(2), f"__{method}__")("a") is NotImplemented, method
    check_raises(lambda torch, x: x + "a", randn(2))
    check_raises(lambda torch, x: x * None, randn(2))
    check_raises(lambda torch, x: torch.add(x, "a"), randn(2), match="'other' (position 2)")
    assert (tensor == None) is False  # noqa: E711


def test_another_type_can_take_over():
    class Other:
        def __radd__(self, other):
            return "taken"

    assert minitorch.ones(2) + Other() == "taken"


def test_shapes_that_do_not_broadcast_are_refused():
    check_raises(lambda torch, x, y: x + y, randn(3), randn(4), match="(3) must match the size of tensor b (4)")
    check_raises(lambda torch, x, y: x.add_(y), randn(3), randn(2, 3), match="doesn't match the broadcast shape")


INPLACE = {
    "add_": lambda torch, x, y: x.add_(y),
    "add_ alpha": lambda torch, x, y: x.add_(y, alpha=0.5),
    "add_ number": lambda torch, x, y: x.add_(2, alpha=0.5),
    "sub_": lambda torch, x, y: x.sub_(y),
    "sub_ alpha": lambda torch, x, y: x.sub_(y, alpha=0.5),
    "mul_": lambda torch, x, y: x.mul_(y),
    "mul_ number": lambda torch, x, y: x.mul_(0.9),
    "div_": lambda torch, x, y: x.div_(y),
    "pow_": lambda torch, x, y: x.pow_(2),
    "neg_": lambda torch, x, y: x.neg_(),
    "abs_": lambda torch, x, y: x.abs_(),
    "sqrt_": lambda torch, x, y: x.abs_().sqrt_(),
    "exp_": lambda torch, x, y: x.exp_(),
    "clamp_": lambda torch, x, y: x.clamp_(-0.5, 0.5),
    "addcmul_": lambda torch, x, y: x.addcmul_(y, y, value=0.5),
    "addcdiv_": lambda torch, x, y: x.addcdiv_(y, y + 3, value=-0.5),
    "lerp_": lambda torch, x, y: x.lerp_(y, 0.3),
    "eq_": lambda torch, x, y: x.eq_(y),
    "relu_": lambda torch, x, y: x.relu_(),
}


@pytest.mark.parametrize("name", INPLACE)
def test_in_place_writes_into_the_tensor_and_its_history(name):
    def program(torch, x, y):
        z = x * 1
        w = INPLACE[name](torch, z, y)
        assert w is z and z._version >= 1
        return z, z * y

    names = name != "eq_"  # torch numbers EqBackward by the kind of the other operand
    check(program, randn(3, 4), randn(3, 4, seed=1), names=names)
    check(program, randn(3, 4), randn(4, seed=1), names=names)
    check(program, randn(), randn(seed=1), names=names)


@pytest.mark.parametrize("name", INPLACE)
def test_in_place_without_a_graph_is_the_same(name):
    """The short way for plain float tensors and the general way must agree."""

    def program(torch, x, y):
        result = [INPLACE[name](torch, x.clone(), y)]
        result.append(INPLACE[name](torch, x.to(torch.float32), y.to(torch.float32)))
        with torch.no_grad():
            z = x.clone().requires_grad_()
            result.append(INPLACE[name](torch, z, y).detach())
            assert z._version >= 1
        result.append(INPLACE[name](torch, x.clone(), x + 1))
        base = x.clone()
        INPLACE[name](torch, base[1:], y[1:])
        INPLACE[name](torch, base.t(), y.t())
        return [*result, base]

    check(program, randn(3, 3), randn(3, 3, seed=1), grad=False, rtol=1e-5)


def test_in_place_on_a_leaf_that_requires_grad_is_refused():
    check_raises(lambda torch, x: x.mul_(2.0), randn(3), grad=True, match="a leaf Variable that requires grad")
    check_raises(lambda torch, x: x[1:].add_(1), randn(3), grad=True)


def test_in_place_results_must_fit_the_dtype():
    check_raises(lambda torch, x: x.add_(1.5), integers(3), match="can't be cast")
    check_raises(lambda torch, x: x.mul_(2j), randn(3))
    check_raises(lambda torch, x: x.add_(1), np.array([True]))
    check_raises(lambda torch, x: x.div_(2), integers(3))
    check(lambda torch, x: x.add_(True).mul_(2), integers(3))


def test_in_place_on_overlapping_memory_is_refused():
    check_raises(lambda torch, x: x[1:].add_(x[:-1]), randn(5), match="single memory location")
    check_raises(lambda torch, x: x.expand(3, 5).add_(1), randn(5))
    check(lambda torch, x: (x[2:].add_(x[:2]), x.add_(x)), randn(4), grad=False)


def test_out_is_written_resized_and_never_recorded():
    def program(torch, x, y):
        out = torch.empty(0, dtype=torch.float64)
        result = torch.add(x, y, out=out)
        assert result is out
        wide = torch.zeros(4, 3, dtype=torch.float64).t()
        torch.mul(x, y, out=wide)
        narrow = torch.empty(3, 4, dtype=torch.float32)
        torch.sub(x, y, alpha=2, out=narrow)
        return out, wide, narrow, torch.mul(x, x, out=x)

    check(program, randn(3, 4), randn(4), grad=False, rtol=1e-6)
    check_raises(lambda torch, x, y: torch.mul(x, y, out=y), randn(3), integers(3))
    check_raises(lambda torch, x: torch.mul(x, x, out=torch.zeros(3)), randn(3), grad=True)


UNARY = ["neg", "abs", "sign", "sgn", "positive", "negative", "absolute"]


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("shape", [(3, 4), (), (0, 2)])
def test_unary_operators_agree_with_torch(name, shape):
    for layout in awkward(randn(*shape)):
        check(lambda torch, x: getattr(torch, name)(x) * 1, layout, second=True)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", [d for d in DTYPES if d != "bool"])
def test_unary_operators_keep_torchs_dtypes(name, dtype):
    if name == "sign" and "complex" in dtype:
        check_raises(lambda torch, x: torch.sign(x), randn(2) * 1j)
        return

    def program(torch, x):
        return getattr(torch, name)(x.to(getattr(torch, dtype)))

    values = integers(5, low=0 if dtype == "uint8" else -3, high=4)
    check(program, values, grad=False, rtol=1e-6)


def test_abs_and_sgn_of_complex_numbers():
    z = np.array([1 + 2j, -3j, 2.0, -1 + 0.5j])
    check(lambda torch, z: (z.abs(), z.sgn()), z, second=True)
    check(lambda torch, z: z.abs(), np.zeros(2, np.complex128))
    check(lambda torch, z: z.sgn(), np.zeros(2, np.complex128))
    check_raises(lambda torch, z: z.abs_(), z)


def test_sign_of_nan_is_torchs():
    check(lambda torch, x: (x.sign(), x.sgn()), np.array([np.nan, np.inf, -0.0, 0.0, -np.inf]))


def test_saved_tensors_have_torchs_names():
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2, requires_grad=True)
    node = (x * y).grad_fn
    assert node._saved_self is x and node._saved_other is y


def test_conjugate_gradient_of_a_complex_scale():
    check(lambda torch, z: z * (2 + 3j), randn(3) + 1j * randn(3, seed=1), second=True)
    check(lambda torch, z: torch.add(z, z, alpha=2 + 3j), randn(3) + 1j * randn(3, seed=1))


def test_layouts_of_results_follow_the_operands():
    x = rand(2, 3, 4)
    check(lambda torch, x: (x.transpose(0, 2) + 1, x.transpose(0, 2) * x.transpose(0, 2), x[:, ::2] + x[:, ::2]), x)
    check(lambda torch, x: (x[1:] + x[:1], x[0] + x, x.permute(1, 2, 0) * x[0, :, :, None]), x)
