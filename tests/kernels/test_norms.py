"""Layer, RMS and batch norm by kernels: every rung, and the operators of the engine that use them, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import check, rand, randn

import minitorch
from minitorch.core import cuda
from minitorch.ops.arrays import compiled
from minitorch.ops.kernels import batch_norm, layer_norm, rms_norm

F = torch.nn.functional


@pytest.fixture
def always(monkeypatch):
    """Kernels compute whatever the size."""
    monkeypatch.setattr(compiled, "AT_LEAST", 1)


# ---- kernels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (1, 300), (67, 33)])
@pytest.mark.parametrize("rung", layer_norm.LADDERS["layer norm"].rungs)
def test_layer_norm_with_and_without_parameters(rung, shape):
    x = 100 + randn(*shape)
    for weight, bias in ((randn(shape[1]), rand(shape[1])), (randn(shape[1]), None), (None, None)):
        ours = layer_norm.forward(x, weight, bias, 1e-3, rung)[0]
        parameters = [None if each is None else torch.tensor(each) for each in (weight, bias)]
        theirs = F.layer_norm(torch.tensor(x), shape[1:], *parameters, eps=1e-3)
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (1, 300), (67, 33), (1100, 5)])
@pytest.mark.parametrize("rung", layer_norm.LADDERS["layer norm backward"].rungs)
def test_layer_norm_backward(rung, shape):
    x, weight, bias, grad = 2 + randn(*shape), randn(shape[1]), randn(shape[1]), randn(*shape, seed=1)
    inputs = [torch.tensor(each, requires_grad=True) for each in (x, weight, bias)]
    F.layer_norm(inputs[0], shape[1:], *inputs[1:]).backward(torch.tensor(grad))
    _, mean, rstd = layer_norm.forward(x, weight, bias, 1e-5)
    for ours, theirs in zip(layer_norm.backward(grad, x, weight, mean, rstd, rung), inputs):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (1, 300), (67, 33), (1100, 5)])
@pytest.mark.parametrize("weighted", [True, False])
def test_rms_norm_and_its_backward(shape, weighted):
    x, weight, grad = 2 + randn(*shape), randn(shape[1]) if weighted else None, randn(*shape, seed=1)
    leaf, scale = torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=True) if weighted else None
    y = F.rms_norm(leaf, shape[1:], scale, 1e-5)
    y.backward(torch.tensor(grad))
    for rung in rms_norm.LADDERS["rms norm"].rungs:
        ours, rrms = rms_norm.forward(x, weight, 1e-5, rung)
        np.testing.assert_allclose(ours, y.detach().numpy(), rtol=1e-11)
    for rung in rms_norm.LADDERS["rms norm backward"].rungs:
        dx, dweight = rms_norm.backward(grad, x, weight, rrms, rung)
        np.testing.assert_allclose(dx, leaf.grad.numpy(), rtol=1e-8, atol=1e-11)
        if weighted:
            np.testing.assert_allclose(dweight, scale.grad.numpy(), rtol=1e-8, atol=1e-11)


SHAPES = [(4, 3, 5), (1, 2, 33), (3, 1, 2, 2), (2, 70, 3), (9, 40), (600, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_moves_the_running_statistics_and_takes_none(shape):
    x, weight, bias = 5 + randn(*shape), randn(shape[1]), randn(shape[1])
    ladder = batch_norm.LADDERS["batch norm" if len(shape) > 2 else "batch norm of vectors"]
    for rung in ladder.rungs:
        ours, theirs = ([np.full(shape[1], 2.0), np.full(shape[1], 3.0)] for _ in range(2))
        y, _, _ = batch_norm.forward(x, weight, bias, 1e-5, (ours[0], ours[1]), 0.25, rung)
        moved = [torch.tensor(each) for each in theirs]
        expected = F.batch_norm(torch.tensor(x), *moved, torch.tensor(weight), torch.tensor(bias), True, 0.25)
        np.testing.assert_allclose(y, expected.numpy(), rtol=1e-9, atol=1e-10)
        for a, b in zip(ours, moved):
            np.testing.assert_allclose(a, b.numpy(), rtol=1e-12)
        plain = batch_norm.forward(x, None, None, 1e-5, rung=rung)[0]
        np.testing.assert_allclose(
            plain, F.batch_norm(torch.tensor(x), None, None, training=True).numpy(), rtol=1e-9, atol=1e-10
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_backward(shape):
    x, weight, grad = 5 + randn(*shape), randn(shape[1]), randn(*shape, seed=1)
    inputs = [torch.tensor(each, requires_grad=True) for each in (x, weight, np.zeros(shape[1]))]
    F.batch_norm(inputs[0], None, None, *inputs[1:], True).backward(torch.tensor(grad))
    _, mean, rstd = batch_norm.forward(x, weight, None, 1e-5)
    ladder = batch_norm.LADDERS["batch norm backward" if len(shape) > 2 else "batch norm of vectors backward"]
    for rung in ladder.rungs:
        for ours, theirs in zip(batch_norm.backward(grad, x, weight, mean, rstd, rung), inputs):
            np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-7, atol=1e-9)


def test_a_large_mean_does_not_cost_the_digits_of_the_variance():
    x = (1e4 + randn(8, 3, 50)).astype(np.float32)
    expected = 1 / np.sqrt(x.astype(np.float64).var((0, 2)) + 1e-5)
    for rung in batch_norm.LADDERS["batch norm"].rungs:
        np.testing.assert_allclose(batch_norm.forward(x, None, None, 1e-5, rung=rung)[2], expected, rtol=1e-3)


# ---- operators ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layer_and_group_norm_by_kernels_are_those_of_pytorch(always, dtype):
    tolerance, second = (1e-4, False) if dtype is np.float32 else (1e-9, True)
    x, w, b = randn(3, 6, 5, dtype=dtype), randn(6, 5, dtype=dtype), randn(6, 5, dtype=dtype)
    options = {"rtol": tolerance, "atol": tolerance, "second": second}
    check(lambda torch, x, w, b: torch.nn.functional.layer_norm(x, (6, 5), w, b), x, w, b, **options)
    check(lambda torch, x: torch.nn.functional.layer_norm(x, (5,)), x, **options)
    check(lambda torch, x, w: torch.nn.functional.group_norm(x, 3, w, None), x, w[:, 0].copy(), **options)


@pytest.mark.parametrize("shape", [(5, 3, 4, 2), (7, 6), (4, 5, 9)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_by_kernels_is_that_of_pytorch(always, shape, training):
    channels = shape[1]

    def program(torch, x, w, b):
        mean, var = torch.zeros(channels).double() + 0.5, torch.ones(channels).double() + 1
        return torch.nn.functional.batch_norm(x, mean, var, w, b, training, 0.3), mean, var

    check(program, randn(*shape), randn(channels), randn(channels), second=training, rtol=1e-8, atol=1e-9)


def both_derivatives(engine, device, x, w, grad, eps):
    """Of RMS norm: the result, its gradients, and those of a sum of their squares."""
    inputs = [engine.tensor(each).to(device).requires_grad_() for each in (x, w) if each is not None]
    y = engine.nn.functional.rms_norm(inputs[0], (6, 5), *(inputs[1:] or [None]), eps)
    first = engine.autograd.grad(y, inputs, engine.tensor(grad).to(device), create_graph=True)
    second = engine.autograd.grad(sum((each * each).sum() for each in first), inputs)
    return y, [each.detach().cpu().numpy() for each in (y, *first, *second)]


@pytest.mark.cuda
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("eps", [None, 1e-3])
def test_rms_norm_on_a_device_is_one_operator_with_both_derivatives(weighted, eps):
    x, w, grad = randn(3, 6, 5), randn(6, 5, seed=2) if weighted else None, randn(3, 6, 5, seed=3)
    _, expected = both_derivatives(torch, "cpu", x, w, grad, eps)
    with cuda.chosen("emulate"):
        y, found = both_derivatives(minitorch, "cuda", x, w, grad, eps)
    assert y.grad_fn.name() == "FusedRmsNormBackward0"
    for ours, wanted in zip(found, expected):
        np.testing.assert_allclose(ours, wanted, rtol=1e-8, atol=1e-9)


def test_gradients_that_are_not_contiguous(always):
    w = randn(5)
    check(lambda torch, x, w: torch.nn.functional.layer_norm(x, (5,), w).t() * 2, randn(4, 5), w)
    check(lambda torch, x: torch.nn.functional.batch_norm(x, None, None, training=True).sum(0), randn(4, 5))


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_device_normalizes_by_its_own_rungs(dtype):
    programs = [
        lambda engine, x: engine.nn.functional.layer_norm(x, (40,)),
        lambda engine, x: engine.nn.functional.rms_norm(x, (40,)),
        lambda engine, x: engine.nn.functional.batch_norm(x, None, None, training=True),
        lambda engine, x: engine.nn.functional.batch_norm(x.view(3, 2, 40), None, None, training=True).view(6, 40),
    ]
    values = torch.tensor(1 + randn(6, 40, dtype=np.float32)).to(getattr(torch, dtype))
    grad = torch.tensor(randn(6, 40, dtype=np.float32, seed=1)).to(getattr(torch, dtype))
    tolerance = {"float32": 1e-5, "float16": 2e-2, "bfloat16": 1e-1}[dtype]
    for program in programs:
        theirs = values.double().requires_grad_()
        program(torch, theirs).backward(grad.double())
        with cuda.chosen("emulate"):
            x = minitorch.tensor(values.float().numpy()).to(getattr(minitorch, dtype)).cuda().requires_grad_()
            y = program(minitorch, x)
            y.backward(minitorch.tensor(grad.float().numpy()).to(y.dtype).cuda())
            found = y.detach().float().cpu().numpy(), x.grad.float().cpu().numpy()
        expected = program(torch, values.double()).numpy(), theirs.grad.numpy()
        for ours, wanted in zip(found, expected):
            np.testing.assert_allclose(ours, wanted, rtol=tolerance, atol=tolerance)
