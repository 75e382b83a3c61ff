"""Activation kernels against PyTorch: values, gradients, extreme inputs, halves, and the engine that uses them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch import kernels
from minitorch.ops.arrays import compiled
from minitorch.ops.kernels import activation

F = torch.nn.functional

# name: PyTorch's function, its numbers, whether `backward` takes the result, and the first arguments of our functions
ACTIVATIONS = {
    "Relu": (F.relu, (), True, ()),
    "LeakyRelu": (F.leaky_relu, (0.2,), False, (0.2,)),
    "Hardtanh": (F.hardtanh, (-0.7, 1.3), False, (-0.7, 1.3)),
    "Hardsigmoid": (F.hardsigmoid, (), False, ()),
    "Hardswish": (F.hardswish, (), False, ()),
    "Sigmoid": (torch.sigmoid, (), True, ()),
    "Tanh": (torch.tanh, (), True, ()),
    "Silu": (F.silu, (), False, ()),
    "Gelu": (F.gelu, (), False, ()),
    "GeluTanh": (lambda x: F.gelu(x, approximate="tanh"), (), False, ()),
    "Mish": (F.mish, (), False, ()),
    "Softplus": (F.softplus, (1.7, 9.0), False, (1.7, 9.0)),
    "LogSigmoid": (F.logsigmoid, (), False, ()),
    "Elu": (torch.ops.aten.elu, (0.8, 1.1, 0.9), False, (0.8 * 1.1, 1.1, 0.9)),
}
SPECIAL = [0.0, -0.0, 1e-30, -1e-30, 87.0, -87.0, 1e4, -1e4, np.inf, np.nan]


@pytest.fixture(params=sorted(ACTIVATIONS))
def name(request):
    return request.param


def inputs(generator, shape, dtype):
    x = (3 * generator.standard_normal(shape)).astype(dtype)
    return x, generator.standard_normal(shape).astype(dtype)


def by_pytorch(name, x, dy):
    """Value and gradient in float64."""
    function, numbers, _, _ = ACTIVATIONS[name]
    leaf = torch.tensor(x.astype(np.float64), requires_grad=True)
    y = function(leaf, *numbers)
    (dx,) = torch.autograd.grad(y, leaf, torch.tensor(dy.astype(np.float64)))
    return y.detach().numpy(), dx.numpy()


@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-6), ("float64", 1e-13), ("float16", 2e-3)])
@pytest.mark.parametrize("shape", [(1,), (3, 5, 7), (40009,)])
def test_value_and_gradient_are_those_of_pytorch(name, dtype, tolerance, shape, generator):
    x, dy = inputs(generator, shape, dtype)
    _, _, by_result, numbers = ACTIVATIONS[name]
    y, dx = by_pytorch(name, x, dy)
    got = activation.forward(name, x, None, *numbers)
    assert got.dtype == x.dtype and got.shape == shape
    np.testing.assert_allclose(got.astype(np.float64), y, rtol=tolerance, atol=tolerance)
    saved = y.astype(dtype) if by_result else x
    gradient = activation.backward(name, dy, saved, None, *numbers)
    np.testing.assert_allclose(gradient.astype(np.float64), dx, rtol=tolerance, atol=4 * tolerance)


def test_extreme_inputs_give_what_pytorch_gives_in_double_precision(name):
    function, numbers, _, ours = ACTIVATIONS[name]
    x = np.array(SPECIAL, np.float32)
    y = function(torch.tensor(x, dtype=torch.float64), *numbers).numpy()
    np.testing.assert_allclose(activation.forward(name, x, None, *ours), y, rtol=2e-6, atol=1e-37)


def test_the_result_may_be_written_over_the_input(name, generator):
    x, dy = inputs(generator, (777,), np.float32)
    numbers = ACTIVATIONS[name][3]
    expected = activation.forward(name, x, None, *numbers), activation.backward(name, dy, x, None, *numbers)
    over_x, over_dy = x.copy(), dy.copy()
    assert activation.forward(name, over_x, over_x, *numbers) is over_x
    assert activation.backward(name, over_dy, x, over_dy, *numbers) is over_dy
    np.testing.assert_array_equal(over_x, expected[0])
    np.testing.assert_array_equal(over_dy, expected[1])


@pytest.mark.parametrize("ladder", ["activation", "activation backward"])
def test_all_rungs_compute_the_same_on_unaligned_and_empty_arrays(ladder, generator, schedule):
    for start, stop in ((0, 0), (0, 1), (1, 1050), (3, 4)):
        arrays = [generator.standard_normal(1100).astype(np.float32)[start:stop] for _ in range(2)]
        run = activation.LADDERS[ladder].run
        inputs = arrays[: 1 if ladder == "activation" else 2]
        first, *others = [run(rung, *inputs) for rung in activation.LADDERS[ladder].rungs]
        for other in others:
            np.testing.assert_array_equal(first, other)


# ---- the engine -----------------------------------------------------------------------------------------------------

OPERATORS = ["relu", "leaky_relu", "hardtanh", "hardswish", "hardsigmoid", "gelu", "silu", "mish", "softplus"]


@pytest.mark.parametrize("operator", [*OPERATORS, "logsigmoid", "elu", "selu", "sigmoid", "tanh"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_operators_of_the_engine_use_the_kernels_and_agree_with_pytorch(operator, dtype, generator, monkeypatch):
    launched = []
    monkeypatch.setattr(activation, "instance", lambda *which: launched.append(which) or plain(*which))
    values, cotangent = inputs(generator, (97, 101), dtype)
    results = []
    for engine in (torch, minitorch):
        x = engine.tensor(values, requires_grad=True)
        y = getattr(engine.nn.functional, operator)(x)
        y.backward(engine.tensor(cotangent))
        results.append((y.detach().numpy(), x.grad.numpy()))
    assert launched
    tolerance = 2e-6 if dtype == "float32" else 1e-13
    for ours, theirs in zip(results[1], results[0]):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


plain = activation.instance


@pytest.mark.parametrize("operator", ["relu_", "leaky_relu_", "hardtanh_", "elu_", "silu", "mish"])
def test_in_place_operators_write_into_the_tensor(operator, generator):
    values = generator.standard_normal((100, 100)).astype(np.float32)
    results = []
    for engine in (torch, minitorch):
        x = engine.tensor(values)
        if operator.endswith("_"):
            getattr(engine.nn.functional, operator)(x)
        else:
            getattr(engine.nn.functional, operator)(x, inplace=True)
        results.append(x.numpy())
    assert not np.array_equal(results[1], values)
    np.testing.assert_allclose(results[1], results[0], rtol=2e-6, atol=1e-7)


def test_without_kernels_numpy_computes_the_same_to_rounding(generator):
    x = minitorch.tensor(generator.standard_normal(20000).astype(np.float32))
    with_kernels = minitorch.nn.functional.gelu(x).numpy()
    with kernels.mode("off"):
        without = minitorch.nn.functional.gelu(x).numpy()
    np.testing.assert_allclose(with_kernels, without, rtol=1e-5, atol=1e-6)


def test_kernels_serve_large_contiguous_floating_arrays_alone():
    x = np.zeros((100, 100), np.float32)
    serves = compiled.kernels_for
    assert serves("activation", x) is activation
    assert serves("activation", x, None) is activation
    assert serves("activation", x.T) is None
    assert serves("activation", x, np.zeros((100, 100))) is None
    assert serves("activation", x, np.zeros((1, 100), np.float32)) is None
    assert serves("activation", x, 1.0) is None
    assert serves("activation", x.astype(np.complex64)) is None
    assert serves("activation", np.zeros(compiled.AT_LEAST - 1, np.float32)) is None
    with kernels.mode("off"):
        assert serves("activation", x) is None
