"""Tests for `minitorch/ops/reductions/covariance.py`."""

import numpy as np
import pytest
from compare import check, check_raises, rand, randn


def test_covariances_and_correlations():
    check(lambda torch, x: (torch.cov(x), x.cov(correction=0), torch.corrcoef(x)), randn(3, 6), second=True)
    check(lambda torch, x: (torch.cov(x), x.corrcoef()), randn(5))
    check(lambda torch, x: (torch.cov(x), torch.corrcoef(x)), randn(3, 4) + 1j * randn(3, 4, seed=1))
    check(lambda torch, i: torch.cov(i), np.arange(8).reshape(2, 4) ** 2, rtol=1e-6)


def test_weights():
    counts, weights = np.array([1, 2, 1, 3]), rand(4)
    check(lambda torch, x, f: torch.cov(x, fweights=f), randn(3, 4), counts)
    check(lambda torch, x, w: torch.cov(x, aweights=w), randn(3, 4), weights)
    check(lambda torch, x, f, w: torch.cov(x, correction=2, fweights=f, aweights=w), randn(3, 4), counts, weights)


@pytest.mark.filterwarnings("ignore:cov")
def test_too_few_observations_give_nan():
    check(lambda torch, x: torch.cov(x), randn(3, 1), grad=False)


@pytest.mark.parametrize("call", [
    lambda torch, x: torch.cov(x.reshape(1, 1, 4)), lambda torch, x: torch.corrcoef(x.reshape(1, 1, 4)),
    lambda torch, x: torch.cov(x, fweights=x), lambda torch, x: torch.cov(x, fweights=torch.tensor([1, -2, 1, 1])),
    lambda torch, x: torch.cov(x, aweights=torch.tensor([1, 2, 1, 1])), lambda torch, x: torch.cov(x > 0),
    lambda torch, x: torch.cov(x, fweights=torch.tensor([[1, 2, 1, 1]])),
    lambda torch, x: torch.cov(x, fweights=torch.tensor([1])),
])  # fmt: skip
def test_what_is_refused(call):
    check_raises(call, randn(4))
