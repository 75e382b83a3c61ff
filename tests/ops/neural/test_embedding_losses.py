"""Tests for `minitorch/ops/neural/embedding_losses.py`."""

import numpy as np
import pytest
from compare import check, check_raises, rand, randn

SIGNS = np.array([[1.0, -1.0, 1.0, -1.0]] * 3)


@pytest.mark.parametrize("reduction", [0, 1, 2, 3])
def test_every_loss_with_every_reduction(reduction):
    x, y, z = randn(3, 4), randn(3, 4, seed=1), randn(3, 4, seed=2)
    check(lambda torch, x, y: torch.binary_cross_entropy_with_logits(x, y, reduction=reduction), x, rand(3, 4))
    check(lambda torch, x, y: torch.kl_div(x, y, reduction), x, rand(3, 4))
    check(lambda torch, x, y: torch.kl_div(x, y, reduction, log_target=True), x, y)
    check(lambda torch, x, y, t: torch.margin_ranking_loss(x, y, t.detach(), 0.3, reduction), x, y, SIGNS)
    check(lambda torch, x, t: torch.hinge_embedding_loss(x, t.detach(), 0.7, reduction), x, SIGNS)
    check(lambda torch, x, y, t: torch.cosine_embedding_loss(x, y, t.detach(), 0.1, reduction), x, y, SIGNS[0, :3])
    check(lambda torch, a, p, n: torch.triplet_margin_loss(a, p, n, reduction=reduction), x, y, z)
    check(lambda torch, a, p, n: torch.triplet_margin_loss(a, p, n, 2.0, 1.0, 1e-3, True, reduction), x, y, z)
    check(lambda torch, x, y: torch.poisson_nll_loss(x, y, True, False, 1e-8, reduction), x, y + 3)
    check(lambda torch, x, y: torch.poisson_nll_loss(x + 4, y + 4, False, True, 1e-8, reduction), x, y)


def test_losses_are_not_reduced_unless_asked():
    x, y = randn(3, 4), rand(3, 4)
    check(lambda torch, x, y: (torch.kl_div(x, y), torch.binary_cross_entropy_with_logits(x, y)), x, y)
    check(lambda torch, x, y: (torch.triplet_margin_loss(x, y, x + 1), torch.margin_ranking_loss(x, y, x)), x, y)


def test_what_is_refused():
    x = randn(3, 4)
    check_raises(lambda torch, x: torch.kl_div(x, x, "mean"), x)
    check_raises(lambda torch, x: torch.cosine_embedding_loss(x, x, x), x)
    check_raises(lambda torch, x: torch.cosine_embedding_loss(x, x, x[0, 0]), x)
    check_raises(lambda torch, x: torch.triplet_margin_loss(x, x[0], x), x)
    check_raises(lambda torch, x: torch.margin_ranking_loss(x, 1.0, x), x)
