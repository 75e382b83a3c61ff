"""Vector norms of every order, and their subgradients."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, randn

ORDERS = [2, 1, 0, 3, 2.5, 1.5, 0.5, -1, float("inf"), float("-inf")]


@pytest.mark.parametrize("order", ORDERS)
def test_norms_of_every_order_over_every_form_of_dim(order):
    second = order not in (1, 0) and not np.isinf(order)
    for x in awkward(randn(2, 3, 4)):
        check(lambda torch, x: x.norm(order), x, second=second)
    for arguments in [(0,), (-1, True), ((0, 2),)]:
        check(lambda torch, x: x.norm(order, *arguments), randn(2, 3, 4), second=second)


@pytest.mark.parametrize("order", [2, 1, 3, 1.5, float("inf")])
def test_the_norm_of_zeros_has_pytorchs_subgradient(order):
    check(lambda torch, x: x.norm(order, 1), np.array([[0.0, 0.0], [0.0, 2.0]]))


def test_equal_extremes_share_the_gradient_of_the_infinity_norm():
    check(lambda torch, x: x.norm(float("inf"), 1), np.array([[1.0, -1.0, 0.5], [2.0, 2.0, 2.0]]))


@pytest.mark.parametrize("order", [2, 1, 3, float("inf")])
def test_the_norm_of_complex_numbers_is_real(order):
    check(lambda torch, x: (x.norm(order), x.norm(order, 0)), randn(3, 4) + 1j * randn(3, 4, seed=1))


def test_names_and_dtypes_of_norms():
    check(lambda torch, x: (x.norm(), x.norm("fro"), x.norm(p="fro", dim=1), x.norm(None)), randn(3, 4))
    check(lambda torch, x: torch.norm(x, 2, dtype=torch.float64), randn(3, 4, dtype=np.float32), rtol=1e-6)
    check(lambda torch, x: x.norm(), randn(3, 4).astype(np.float16), rtol=2e-3)
    check(lambda torch, x: (x.norm(), x.norm(2, 1), x.norm(1, 0)), randn(0, 3))


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.to(torch.int64).norm(),
        lambda torch, x: x.norm(2, 5),
        lambda torch, x: torch.zeros(0, 3).norm(float("inf")),
        lambda torch, x: torch.zeros(0, 3).norm(-1, 0),
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(3, 4))
