"""Tests for `minitorch/ops/elementwise/orthogonal_polynomials.py`."""

import numpy as np
import pytest
from compare import check, check_raises, randn

NAMES = [
    "chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w",
    "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w", "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l",
    "legendre_polynomial_p",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_degree_at_many_places(name):
    x, n = np.meshgrid(np.array([-1.5, -1.0, -0.3, 0.0, 0.4, 0.9, 1.0, 2.5]), np.arange(-1.0, 13.0))
    check(lambda torch, x, n: getattr(torch.special, name)(x, n), x, n, grad=False, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_the_degree_or_the_place_may_be_a_number(name):
    check(lambda torch, x: getattr(torch.special, name)(x, 3), randn(4), grad=False)
    check(lambda torch, n: getattr(torch.special, name)(0.3, n), np.array([0.0, 1.0, 4.0]), grad=False)


def test_results_require_no_grad_and_half_is_refused():
    check(lambda torch, x: torch.special.legendre_polynomial_p(x, 2).requires_grad, randn(2))
    check_raises(lambda torch, x: torch.special.legendre_polynomial_p(x, 2), randn(2, dtype=np.float16))
