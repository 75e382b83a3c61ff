"""What ``nn/loss_functions.py`` adds to the losses: weights, broadcasting, older spellings."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, integers, rand, randn

REDUCTIONS = ["none", "mean", "sum"]


def test_weighted_distances_divide_by_the_sum_of_weights() -> None:
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        for reduction in REDUCTIONS:
            check(lambda torch, x, y, w: getattr(torch.nn.functional, name)(x, y, reduction=reduction, weight=w),
                  randn(2, 3), randn(2, 3, seed=1), rand(2, 3))  # fmt: skip


def test_other_shapes_broadcast_with_a_warning_and_other_dtypes_are_promoted() -> None:
    with pytest.warns(UserWarning, match="Using a target size"):
        check(lambda torch, x, y: torch.nn.functional.mse_loss(x, y), randn(2, 3), randn(3))
    check(lambda torch, x, y: torch.nn.functional.mse_loss(x, y), randn(2, 3, dtype=np.float32), randn(2, 3))


def test_margin_losses() -> None:
    sign = np.sign(randn(5, seed=3))
    check(lambda torch, x, y: torch.nn.functional.soft_margin_loss(x, y.detach()), randn(5), sign)
    check(lambda torch, x, y, s: torch.nn.functional.margin_ranking_loss(x, y, s.detach(), margin=0.5),
          randn(5), randn(5, seed=1), sign)  # fmt: skip


def test_older_spellings_of_the_reduction_still_work() -> None:
    x, t = randn(4, 3), integers(4, high=3)
    for old in ({"size_average": False}, {"reduce": False}, {"size_average": True}):
        with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
            check(lambda torch, x, t: torch.nn.functional.cross_entropy(x, t, **old), x, t)
    with pytest.warns(UserWarning, match="elementwise_mean"):
        check(lambda torch, x, t: torch.nn.functional.nll_loss(x, t, reduction="elementwise_mean"), x, t)
