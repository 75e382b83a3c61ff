"""Softmax by kernels: every rung on extreme values, and the operator of the engine that uses them, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import check, randn

from minitorch.core import cuda
from minitorch.ops.arrays import compiled
from minitorch.ops.kernels import softmax

FORWARD = softmax.LADDERS["softmax"].rungs
BACKWARD = softmax.LADDERS["softmax backward"].rungs


@pytest.fixture
def always(monkeypatch):
    """Kernels compute whatever the size."""
    monkeypatch.setattr(compiled, "AT_LEAST", 1)


def extreme_rows() -> np.ndarray:
    x = 50 * np.random.default_rng(1).standard_normal((9, 70)).astype(np.float32)
    x[1] = -np.inf
    x[2, 5] = np.inf
    x[3, 3] = np.nan
    x[4, :69] = -np.inf
    x[5] = 3.0e38
    x[6] = -3.0e38
    x[7, ::2] = -np.inf
    return x


@pytest.mark.parametrize("rung", FORWARD)
@pytest.mark.parametrize("log", [False, True])
def test_infinities_and_nan_come_out_as_in_pytorch(rung, log):
    x = extreme_rows()
    function = torch.log_softmax if log else torch.softmax
    expected = function(torch.tensor(x).double(), 1).numpy()
    np.testing.assert_allclose(softmax.forward(x, 1, log, rung), expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("log", [False, True])
def test_columns_with_infinities_and_nan_come_out_as_in_pytorch(log):
    x = np.ascontiguousarray(extreme_rows().T)
    function = torch.log_softmax if log else torch.softmax
    expected = function(torch.tensor(x).double(), 0).numpy()
    np.testing.assert_allclose(softmax.forward(x, 0, log), expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 257), (5, 1025), (0, 4), (4, 0), (130, 33)])
@pytest.mark.parametrize("rung", FORWARD)
def test_any_number_of_rows_and_columns(rung, shape):
    x = randn(*shape)
    expected = torch.softmax(torch.tensor(x), 1).numpy()
    np.testing.assert_allclose(softmax.forward(x, 1, rung=rung), expected, rtol=1e-13)


@pytest.mark.parametrize("rung", BACKWARD)
@pytest.mark.parametrize("log", [False, True])
def test_the_gradient_of_a_random_cotangent(rung, log):
    x, grad = torch.tensor(randn(6, 301), requires_grad=True), randn(6, 301, seed=1)
    y = (torch.log_softmax if log else torch.softmax)(x, 1)
    y.backward(torch.tensor(grad))
    ours = softmax.backward(grad, y.detach().numpy(), 1, log, rung)
    np.testing.assert_allclose(ours, x.grad.numpy(), rtol=1e-11, atol=1e-13)


def test_a_rung_of_another_ladder_is_refused():
    with pytest.raises(ValueError, match="softmax has no rung 'softmax_backward_block'"):
        softmax.forward(randn(2, 3), rung="softmax_backward_block")


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_operator_computes_by_kernels_what_pytorch_does(always, name, dim, dtype):
    tolerance = 1e-5 if dtype is np.float32 else 1e-10
    check(
        lambda engine, x: getattr(engine, name)(x, dim), randn(3, 37, 35, dtype=dtype),
        rtol=tolerance, atol=tolerance, second=dtype is np.float64,
    )  # fmt: skip


def test_a_gradient_that_is_not_contiguous(always):
    check(lambda engine, x: (engine.softmax(x, 1).t() * 1).t() * 2, randn(17, 19), second=True)
    check(lambda engine, x: engine.log_softmax(x, 0).sum(), randn(17, 19))


@pytest.mark.cuda
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape, dim", [((), 0), ((5,), 0), ((4, 6), 0), ((4, 6), 1), ((2, 3, 4), 1), ((0, 3), 1)])
def test_a_device_computes_the_same_by_its_own_rung(name, shape, dim):
    import minitorch

    values, grad = randn(*shape), randn(*shape, seed=1)
    theirs = torch.tensor(values, requires_grad=True)
    getattr(torch, name)(theirs, dim).backward(torch.tensor(grad))
    with cuda.chosen("emulate"):
        x = minitorch.tensor(values, device="cuda", requires_grad=True)
        y = getattr(minitorch, name)(x, dim)
        y.backward(minitorch.tensor(grad, device="cuda"))
        np.testing.assert_allclose(y.detach().cpu().numpy(), getattr(torch, name)(theirs, dim).detach().numpy())
        np.testing.assert_allclose(x.grad.cpu().numpy(), theirs.grad.numpy(), rtol=1e-9, atol=1e-12)
