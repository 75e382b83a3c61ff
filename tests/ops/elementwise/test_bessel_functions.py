"""Tests for `minitorch/ops/elementwise/bessel_functions.py`."""

import numpy as np
import pytest
from compare import check, check_raises, randn

VALUES = np.concatenate([np.linspace(-12, 12, 97), [1e-3, 1e-9, 4.999, 5.001, 7.999, 8.001, 80.0, np.inf, np.nan]])
WITH_DERIVATIVE = ["i0", "i0e", "i1", "i1e"]
WITHOUT = [
    "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_i0", "modified_bessel_i1",
    "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1",
    "spherical_bessel_j0", "airy_ai",
]  # fmt: skip


@pytest.mark.parametrize("name", WITH_DERIVATIVE + WITHOUT)
def test_values_in_every_interval_of_the_approximations(name):
    check(lambda torch, x: getattr(torch.special, name)(x), VALUES, grad=False, atol=1e-14)
    check(lambda torch, x: getattr(torch.special, name)(x), VALUES.astype(np.float32), grad=False, rtol=3e-4, atol=1e-5)


@pytest.mark.parametrize("name", WITH_DERIVATIVE)
def test_derivatives(name):
    for shape in ((3, 4), (), (0,)):
        check(lambda torch, x: getattr(torch.special, name)(x * 5), randn(*shape), second=True)
    check(lambda torch, x: getattr(torch.special, name)(x), np.array([0.0, 1e-20, -1e-20]))


@pytest.mark.parametrize("name", WITHOUT)
def test_those_without_a_derivative_require_no_grad(name):
    check(lambda torch, x: getattr(torch.special, name)(x).requires_grad, np.array([0.5, 2.0]))


def test_i0_is_a_method_too():
    check(lambda torch, x: (x.i0(), (x * 1).i0_(), torch.i0(x), torch.i0_(x * 1)), randn(3))


def test_half_precision_has_no_kernel():
    check_raises(lambda torch, x: torch.special.bessel_j0(x), randn(2, dtype=np.float16))
    check_raises(lambda torch, x: torch.special.i1(x).sum().backward(), randn(2, dtype=np.float16), grad=True)
