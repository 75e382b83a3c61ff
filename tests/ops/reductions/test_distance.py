"""Cosine similarity, distances and ``normalize`` against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, integers, randn


@pytest.mark.parametrize("p", [1, 2.0, 3])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_normalize(p: float, dim: int) -> None:
    check(lambda torch, x: torch.nn.functional.normalize(x, p, dim), randn(3, 4, 2))


def test_normalize_of_zeros_is_zero() -> None:
    check(lambda torch, x: torch.nn.functional.normalize(x), np.zeros((2, 3)), grad=False)


def test_cosine_similarity_and_pairwise_distance() -> None:
    check(lambda torch, x, y: torch.nn.functional.cosine_similarity(x, y), randn(3, 4), randn(3, 4, seed=1))
    check(lambda torch, x, y: torch.cosine_similarity(x, y, 0), randn(3, 4), randn(4))
    check(lambda torch, x, y: torch.cosine_similarity(x, y), np.zeros((2, 3)), randn(2, 3))
    for p in (1.0, 2.0, 3.0):
        check(lambda torch, x, y: torch.nn.functional.pairwise_distance(x, y, p),
              randn(3, 4), randn(3, 4, seed=1), names=False)  # fmt: skip
    check(lambda torch, x, y: torch.pairwise_distance(x, y, keepdim=True), randn(3, 4), randn(4, seed=1),
          names=False)  # fmt: skip
    check_raises(lambda torch, x: torch.cosine_similarity(x, x), integers(2, 3))
