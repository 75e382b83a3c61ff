"""Tests for `minitorch/ops/neural/activation.py` and `minitorch/ops/neural/smooth_activation.py`.

The engine's functions are compared with those of `torch.nn.functional`.
"""

import numpy as np
import pytest
import torch
from compare import awkward, check, check_raises, integers, randn

from minitorch.ops.neural import activation, smooth_activation


def function(engine, name):
    """The activation of either engine."""
    if engine is torch:
        return getattr(torch.nn.functional, name)
    return getattr(activation, name, None) or getattr(smooth_activation, name)


CALLS = {
    "relu": {}, "leaky_relu": {"negative_slope": 0.2}, "threshold": {"threshold": 0.3, "value": -2.0}, "hardtanh": {},
    "relu6": {}, "hardsigmoid": {}, "hardswish": {}, "hardshrink": {}, "softshrink": {"lambd": 0.3}, "elu": {},
    "selu": {}, "celu": {"alpha": 1.5}, "silu": {}, "mish": {}, "softplus": {}, "logsigmoid": {}, "softsign": {},
    "tanhshrink": {}, "gelu": {},
}  # fmt: skip
NO_SECOND = ("hardsigmoid", "hardshrink", "softshrink")  # torch has none, or one that is always zero
VARIANTS = [*CALLS.items(), ("gelu", {"approximate": "tanh"}), ("elu", {"alpha": 0.7}), ("leaky_relu", {}),
            ("leaky_relu", {"negative_slope": 1.5}), ("hardtanh", {"min_val": -0.2, "max_val": 2.0}),
            ("softplus", {"beta": 2.0, "threshold": 1.0})]  # fmt: skip


@pytest.mark.parametrize("call", VARIANTS, ids=str)
@pytest.mark.parametrize("shape", [(3, 4), (), (0, 2)])
def test_activations_agree_with_torch_to_the_second_derivative(call, shape):
    name, options = call
    for layout in awkward(np.asarray(randn(*shape) * 2)):
        check(lambda engine, x: function(engine, name)(x, **options), layout, second=name not in NO_SECOND,
              strides=name != "logsigmoid")  # fmt: skip


@pytest.mark.parametrize("call", VARIANTS, ids=str)
def test_second_derivatives_reach_the_incoming_gradient(call):
    name, options = call
    x = randn(3, 4) * 2
    second, strides = name != "hardsigmoid", name != "logsigmoid"  # which torch has none of, and makes contiguous
    check(lambda engine, x: function(engine, name)(x, **options) * x, x, second=second, strides=strides)


@pytest.mark.parametrize("call", VARIANTS, ids=str)
def test_activations_of_many_elements_agree_with_torch(call):
    """Large arrays choose on bits, see ``arrays/select.py``."""
    name, options = call
    check(lambda engine, x: function(engine, name)(x, **options), randn(50, 60) * 4, second=name not in NO_SECOND)
    x = (randn(50, 60) * 4).astype(np.float32)
    check(lambda engine, x: function(engine, name)(x, **options), x, rtol=5e-5, atol=5e-6)


@pytest.mark.parametrize("call", VARIANTS, ids=str)
def test_activations_at_their_kinks_and_at_infinity(call):
    name, options = call
    x = np.array([0.0, -0.0, 3.0, -3.0, 6.0, 1.0, -1.0, 0.5, -0.5, np.nan, 25.0, -25.0])
    check(lambda engine, x: function(engine, name)(x, **options), x)
    if name not in ("mish", "softplus", "elu", "selu", "celu", "logsigmoid", "gelu", "silu", "softsign", "tanhshrink"):
        check(lambda engine, x: function(engine, name)(x, **options), np.array([np.inf, -np.inf]), grad=False)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("call", VARIANTS, ids=str)
def test_half_precision_is_computed_in_single(call, dtype):
    name, options = call
    composed = name in ("softsign", "tanhshrink")
    check(lambda engine, x: function(engine, name)(x.to(getattr(engine, dtype)), **options), randn(64), grad=False,
          rtol=2e-2 if dtype == "bfloat16" else 3e-3, atol=0.1 if composed else 1e-4)  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [("relu_", ()), ("leaky_relu_", (0.2,)), ("threshold_", (0.3, -2.0)), ("hardtanh_", ()), ("elu_", (0.7,)),
     ("selu_", ()), ("celu_", (1.5,))],
    ids=str,
)  # fmt: skip
def test_in_place_activations(call):
    name, arguments = call

    def program(engine, x):
        z = x * 1
        return function(engine, name)(z, *arguments), z * x

    check(program, randn(3, 4), names=False)  # some end in Backward1 there
    check_raises(lambda engine, x: function(engine, name)(x, *arguments), randn(3), grad=True)


@pytest.mark.parametrize("name", CALLS)
def test_integers_are_taken_or_refused_as_in_torch(name):
    def program(engine, i):
        return function(engine, name)(i, **CALLS[name])

    try:
        program(torch, torch.arange(3))
    except RuntimeError:
        check_raises(program, integers(3))
    else:
        check(program, integers(3, low=-3))


def test_relu_of_other_dtypes():
    check(lambda torch, i: (torch.relu(i), i.relu(), i.clone().relu_()), integers(5, low=-3))
    check_raises(lambda torch, b: torch.relu(b), np.array([True]))
    check_raises(lambda torch, z: torch.relu(z), np.array([1j]))


def test_prelu():
    for shape, weights in (((3, 4), (4,)), ((2, 3, 4), (3,)), ((5,), (1,)), ((2, 3), (1,)), ((), ())):
        check(lambda torch, x, w: torch.prelu(x, w), randn(*shape), randn(*weights, seed=1), second=True, names=False)
    check_raises(lambda torch, x, w: torch.prelu(x, w), randn(2, 3), randn(4))
    check_raises(lambda torch, x, w: torch.prelu(x, w), randn(2, 3), randn(2, 3))
    check_raises(lambda torch, x, w: torch.prelu(x, w), randn(2, 3), randn(3).astype(np.float32))


def test_glu():
    check(lambda engine, x: function(engine, "glu")(x), randn(3, 4), second=True)
    check(lambda engine, x: function(engine, "glu")(x, 0), randn(4, 3), second=True)
    check_raises(lambda engine, x: function(engine, "glu")(x), randn(3, 3), match="but dimension 1 is size 3")
    check_raises(lambda engine, x: function(engine, "glu")(x, 2), randn(3, 4), match="Dimension out of range")
    check_raises(lambda engine, x: function(engine, "glu")(x), randn())


def test_bad_options_are_refused():
    x = randn(3)
    check_raises(lambda engine, x: function(engine, "gelu")(x, approximate="x"), x)
    check_raises(lambda engine, x: function(engine, "hardtanh")(x, 1.0, -1.0), x)
    check_raises(lambda engine, x: function(engine, "softshrink")(x, -1.0), x)
    check_raises(lambda engine, x: function(engine, "celu")(x, 0.0), x)
