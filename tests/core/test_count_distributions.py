"""Tests for `minitorch/core/count_distributions.py`: the stream is compared in
`tests/ops/creating/test_random_counts.py`."""

import numpy as np
import pytest

from minitorch.core import count_distributions as counts
from minitorch.core.generator import Generator


@pytest.mark.parametrize("rate", [0.7, 12.0])
def test_mean_and_variance_of_poisson_numbers(rate):
    drawn = counts.poisson(Generator().manual_seed(1), np.full(4000, rate))
    np.testing.assert_allclose([drawn.mean(), drawn.var()], rate, rtol=0.08)


@pytest.mark.parametrize("count, chance", [(8, 0.2), (200, 0.4), (200, 0.9)])
def test_mean_and_variance_of_binomial_numbers(count, chance):
    drawn = counts.binomial(Generator().manual_seed(1), np.full(4000, float(count)), np.full(4000, chance))
    np.testing.assert_allclose(drawn.mean(), count * chance, rtol=0.05)
    np.testing.assert_allclose(drawn.var(), count * chance * (1 - chance), rtol=0.1)


def test_edges():
    assert counts.binomial(Generator(), np.array([3.0, 3.0, 0.0]), np.array([0.0, 1.0, 0.5])).tolist() == [0, 3, 0]
    assert np.isnan(counts.binomial(Generator(), np.array([3.0]), np.array([np.nan]))).all()
    with pytest.raises(RuntimeError, match="non-negative"):
        counts.poisson(Generator(), np.array([-1.0]))
