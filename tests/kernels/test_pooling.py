"""Pooling by kernels: every rung on windows of many shapes, and the engine's use of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import randn

import minitorch
from minitorch import kernels
from minitorch.core import cuda
from minitorch.ops.arrays import compiled
from minitorch.ops.arrays.pooling import pool_counts
from minitorch.ops.kernels import pooling

# shape, kernel, stride, padding, dilation, ceil_mode
WINDOWS = [
    ((2, 3, 6, 8), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((1, 2, 9, 50), (3, 4), (1, 1), (1, 2), (2, 3), False),
    ((2, 2, 7, 45), (3, 2), (2, 3), (1, 1), (1, 2), True),
    ((3, 1, 5, 70), (2, 3), (1, 2), (0, 1), (1, 1), True),
    ((2, 3, 41), (3,), (2,), (1,), (2,), True),
    ((1, 1, 1, 1), (1, 1), (1, 1), (0, 0), (1, 1), False),
    ((0, 3, 6, 8), (2, 2), (2, 2), (0, 0), (1, 1), False),
]
RUNGS = {name: ladder.rungs for name, ladder in pooling.LADDERS.items()}


def tied(*shape):
    """Values of which many are equal."""
    return np.round(2 * randn(*shape)) / 2


def torch_max(x, kernel, stride, padding, dilation, ceil_mode):
    function = torch.nn.functional.max_pool1d if x.ndim == 3 else torch.nn.functional.max_pool2d
    values, places = function(torch.tensor(x), kernel, stride, padding, dilation, ceil_mode, return_indices=True)
    return values.numpy(), places.numpy()


@pytest.mark.parametrize("rung", RUNGS["max_pool2d"])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("mode", ["fast", "debug"])
def test_maxima_and_their_places_are_pytorchs(window, rung, mode):
    shape, kernel, stride, padding, dilation, ceil_mode = window
    x = tied(*shape)
    counts = pool_counts(shape[2:], kernel, stride, padding, dilation, ceil_mode)
    with kernels.mode(mode):
        values, places = pooling.max_pool2d(x, kernel, (stride, padding, dilation), counts, rung)
    expected = torch_max(x, *window[1:])
    np.testing.assert_array_equal(values, expected[0])
    np.testing.assert_array_equal(places, expected[1])


@pytest.mark.parametrize("rung", RUNGS["max_pool2d"])
@pytest.mark.parametrize("value", [np.nan, -np.inf, np.inf])
def test_nan_wins_and_minus_infinity_has_a_place(rung, value):
    x = randn(1, 2, 8, 40)
    x[0, 0, 2:6, 3:9] = value
    x[0, 1] = value
    geometry = ((1, 2), (1, 1), (1, 1))
    values, places = pooling.max_pool2d(x, (3, 3), geometry, (8, 20), rung)
    expected = torch_max(x, (3, 3), *geometry, False)
    np.testing.assert_array_equal(values, expected[0])
    np.testing.assert_array_equal(places, expected[1])


@pytest.mark.parametrize("rung", RUNGS["max_pool_gradient"])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_gradients_go_to_the_winners(window, rung):
    shape, kernel, stride, padding, dilation, ceil_mode = window
    x = torch.tensor(tied(*shape), requires_grad=True)
    function = torch.nn.functional.max_pool1d if x.ndim == 3 else torch.nn.functional.max_pool2d
    values, places = function(x, kernel, stride, padding, dilation, ceil_mode, return_indices=True)
    grad = randn(*values.shape)
    (expected,) = torch.autograd.grad(values, x, torch.tensor(grad))
    found = pooling.max_pool_gradient(grad, places.numpy(), shape, kernel, (stride, padding, dilation), rung)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-13)


@pytest.mark.parametrize("height", [0, 1, 2])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("divisor, count_padding", [(None, True), (None, False), (5, True)])
def test_means_and_their_gradients_are_pytorchs(window, height, divisor, count_padding):
    shape, kernel, stride, padding, _, ceil_mode = window
    if len(kernel) == 1:
        shape, kernel, stride, padding = (*shape[:2], 1, shape[2]), (1, *kernel), (1, *stride), (0, *padding)
    x = torch.tensor(randn(*shape), requires_grad=True)
    out = torch.nn.functional.avg_pool2d(x, kernel, stride, padding, ceil_mode, count_padding, divisor)
    grad = randn(*out.shape)
    (expected,) = torch.autograd.grad(out, x, torch.tensor(grad))
    rung = RUNGS["avg_pool2d"][min(height, 1)]
    values = x.detach().numpy()
    found = pooling.avg_pool2d(values, kernel, stride, padding, out.shape[2:], divisor, count_padding, rung)
    np.testing.assert_allclose(found, out.detach().numpy(), rtol=1e-12, atol=1e-14)
    rung = RUNGS["avg_pool2d_gradient"][height]
    found = pooling.avg_pool2d_gradient(grad, shape, kernel, stride, padding, divisor, count_padding, rung)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name, rung", [(name, rung) for name, rungs in RUNGS.items() for rung in rungs])
def test_no_two_threads_race(name, rung, generator):
    ladder = pooling.LADDERS[name]
    inputs = ladder.example(generator, "small", np.dtype(np.float64))
    with kernels.mode("race"):
        found = ladder.run(rung, *inputs)
    expected = ladder.reference(*inputs)
    for mine, wanted in zip(*(each if isinstance(each, tuple) else (each,) for each in (found, expected))):
        np.testing.assert_allclose(mine, wanted, rtol=1e-12, atol=1e-13)


def pools(engine, x):
    """One output of each pooling that kernels compute."""
    functions = engine.nn.functional
    return [
        functions.max_pool2d(x, 3, 2, 1),
        functions.max_pool2d(x, (2, 3), (1, 3), (1, 0), (2, 1), ceil_mode=True),
        functions.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        functions.avg_pool2d(x, (2, 3), ceil_mode=True, divisor_override=3),
        functions.adaptive_max_pool2d(x, (3, 2)),
        functions.max_pool1d(x.flatten(0, 1), 3, 2, 1),
        functions.avg_pool1d(x.flatten(0, 1), 3, 2, 1),
        functions.max_pool3d(x.unsqueeze(1), 2),
    ]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("contiguous", [True, False])
def test_the_engine_uses_them_and_differentiates_twice(device, contiguous, monkeypatch):
    monkeypatch.setattr(compiled, "AT_LEAST", 1)
    used = set()
    kernel = pooling._kernel
    monkeypatch.setattr(pooling, "_kernel", lambda rung, dtype: used.add(rung) or kernel(rung, dtype))
    array = randn(2, 7, 9, 3)
    with cuda.chosen("emulate"):
        mine, theirs = (
            x.permute(0, 3, 1, 2).contiguous() if contiguous else x.permute(0, 3, 1, 2)
            for x in (
                minitorch.tensor(array, device=device, requires_grad=True),
                torch.tensor(array, requires_grad=True),
            )
        )
        for found, expected in zip(pools(minitorch, mine), pools(torch, theirs)):
            np.testing.assert_allclose(found.detach().cpu().numpy(), expected.detach().numpy(), rtol=1e-12)
            cotangent = randn(*expected.shape)
            wanted_cotangent = torch.tensor(cotangent, requires_grad=True)
            found_cotangent = minitorch.tensor(cotangent, device=device, requires_grad=True)
            (wanted,) = torch.autograd.grad(expected, theirs, wanted_cotangent, create_graph=True)
            (gradient,) = minitorch.autograd.grad(found, mine, found_cotangent, create_graph=True)
            np.testing.assert_allclose(gradient.detach().cpu().numpy(), wanted.detach().numpy(), rtol=1e-12, atol=1e-14)
            (wanted,) = torch.autograd.grad((wanted * wanted).sum(), wanted_cotangent)
            (gradient,) = minitorch.autograd.grad((gradient * gradient).sum(), found_cotangent)
            np.testing.assert_allclose(gradient.cpu().numpy(), wanted.numpy(), rtol=1e-12, atol=1e-14)
    suffixes = ("row", "plane") if device == "cpu" else ("output", "gather", "atomic")
    assert used and all(rung.endswith(suffixes) for rung in used)
    assert {rung.rsplit("_", 1)[0] for rung in used} == set(RUNGS)
