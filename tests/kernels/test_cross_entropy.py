"""The fused cross-entropy against PyTorch's log_softmax and nll_loss: weights, smoothing, ignored rows, reductions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import integers, rand, randn

from minitorch.ops.kernels import cross_entropy

FORWARD = cross_entropy.LADDERS["cross entropy"].rungs
BACKWARD = cross_entropy.LADDERS["cross entropy backward"].rungs
CASES = [(weighted, smoothing) for weighted in (False, True) for smoothing in (0.0, 0.25)]


def numbers(weighted: bool):
    x, target = 3 * randn(33, 70), integers(33, high=70)
    target[::7] = 3
    return x, target, rand(70) if weighted else None


@pytest.mark.parametrize("weighted, smoothing", CASES)
@pytest.mark.parametrize("rung", FORWARD)
def test_losses_and_their_mean_are_those_of_pytorch(rung, weighted, smoothing):
    x, target, weight = numbers(weighted)
    loss, _, share = cross_entropy.forward(x, target, weight, 3, smoothing, rung)
    theirs = [
        torch.nn.functional.cross_entropy(
            torch.tensor(x), torch.tensor(target), None if weight is None else torch.tensor(weight),
            ignore_index=3, label_smoothing=smoothing, reduction=reduction,
        ).numpy()
        for reduction in ("none", "mean")
    ]  # fmt: skip
    np.testing.assert_allclose(loss, theirs[0], rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(loss.sum() / share.sum(), theirs[1], rtol=1e-11)


@pytest.mark.parametrize("weighted, smoothing", CASES)
@pytest.mark.parametrize("rung", BACKWARD)
def test_the_gradient_is_that_of_pytorch(rung, weighted, smoothing):
    x, target, weight = numbers(weighted)
    grad, logits = randn(33, seed=5), torch.tensor(x, requires_grad=True)
    torch.nn.functional.cross_entropy(
        logits, torch.tensor(target), None if weight is None else torch.tensor(weight), ignore_index=3,
        label_smoothing=smoothing, reduction="none",
    ).backward(torch.tensor(grad))  # fmt: skip
    lse = torch.logsumexp(logits.detach(), 1).numpy()
    ours = cross_entropy.backward(grad, x, target, weight, lse, 3, smoothing, rung)
    np.testing.assert_allclose(ours, logits.grad.numpy(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("rung", FORWARD)
def test_logits_that_would_overflow_do_not(rung):
    x = np.array([[1e30, 0, -1e30], [-np.inf, 2, 3], [88, 1000, -88], [np.inf, 1, 2], [np.nan, 0, 0]], np.float32)
    target = np.array([0, 1, 0, 1, 2])
    loss = cross_entropy.forward(x, target, rung=rung)[0]
    expected = torch.nn.functional.cross_entropy(torch.tensor(x), torch.tensor(target), reduction="none")
    np.testing.assert_allclose(loss, expected.numpy(), rtol=1e-6)


@pytest.mark.parametrize("rung", FORWARD)
@pytest.mark.parametrize("wrong", [-1, 5, 2**40])
def test_a_target_that_is_no_class_gives_nan_and_reads_nothing(rung, wrong):
    weight = np.ones(5)
    loss, _, _ = cross_entropy.forward(randn(3, 5), np.array([0, wrong, 4]), weight, -100, 0.0, rung)
    np.testing.assert_array_equal(np.isnan(loss), [False, True, False])
