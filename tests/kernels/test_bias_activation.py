"""Bias and activation in one pass, and dropout with given numbers, against PyTorch in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from minitorch.ops.kernels import bias_activation, dropout

F = torch.nn.functional
SHAPES = [(1, 1), (70, 3), (3, 700), (200, 130), (0, 5)]
TOLERANCE = {"float32": 3e-6, "float64": 1e-13, "float16": 3e-3}


@pytest.mark.parametrize("rung", bias_activation.LADDERS["bias activation"].rungs)
@pytest.mark.parametrize("name, function", [("Relu", F.relu), ("Gelu", F.gelu), ("Silu", F.silu)])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_activation_of_x_plus_bias_is_that_of_pytorch(rung, name, function, shape, generator):
    x, bias = generator.standard_normal(shape), generator.standard_normal(shape[1])
    got = bias_activation.forward(name, x, bias, rung)
    expected = function(torch.tensor(x) + torch.tensor(bias)).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("rung", bias_activation.LADDERS["bias activation backward"].rungs)
@pytest.mark.parametrize("name, function", [("Gelu", F.gelu), ("Silu", F.silu)])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_gradients_of_x_and_bias_are_those_of_pytorch(rung, name, function, shape, dtype, generator):
    dy, x = generator.standard_normal((2, *shape)).astype(dtype)
    bias = generator.standard_normal(shape[1]).astype(dtype)
    leaves = [torch.tensor(each.astype(np.float64), requires_grad=True) for each in (x, bias)]
    function(leaves[0] + leaves[1]).backward(torch.tensor(dy.astype(np.float64)))
    dx, dbias = bias_activation.backward(name, dy, x, bias, rung)
    assert dx.dtype == x.dtype and dbias.dtype == (np.float64 if dtype == "float64" else np.float32)
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(dx.astype(float), leaves[0].grad, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dbias, leaves[1].grad, rtol=10 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("rung", [0, 1])
@pytest.mark.parametrize("shape", [(0,), (1,), (7, 11), (40001,)])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_dropout_keeps_where_the_number_is_at_least_p_and_scales(rung, shape, dtype, generator):
    x, dy = generator.standard_normal((2, *shape)).astype(dtype)
    u, p = generator.random(shape, np.float32), 0.25
    forward, backward = (dropout.LADDERS[name].rungs[rung] for name in ("dropout", "dropout backward"))
    y, kept = dropout.forward(x, u, p, forward)
    np.testing.assert_array_equal(kept, u >= p)
    noise = torch.tensor(u >= p).double() / (1 - p)
    leaf = torch.tensor(x.astype(np.float64), requires_grad=True)
    expected = leaf * noise
    expected.backward(torch.tensor(dy.astype(np.float64)))
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(y.astype(float), expected.detach(), rtol=tolerance, atol=0)
    np.testing.assert_allclose(dropout.backward(dy, kept, p, backward).astype(float), leaf.grad, rtol=tolerance, atol=0)
