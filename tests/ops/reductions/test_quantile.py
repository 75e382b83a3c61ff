"""Tests for `minitorch/ops/reductions/quantile.py`."""

import numpy as np
import pytest
from compare import check, check_raises, randn

INTERPOLATIONS = ["linear", "lower", "higher", "midpoint", "nearest"]


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles_along_each_dimension(name, interpolation):
    def program(torch, x, q):
        f = getattr(torch, name)
        return [
            f(x, 0.3, interpolation=interpolation), f(x, q, interpolation=interpolation),
            f(x, 0.4, dim=1, interpolation=interpolation), f(x, q, 0, True, interpolation=interpolation),
            f(x, q.detach(), dim=-1, interpolation=interpolation), f(x, 0.9, keepdim=True, interpolation=interpolation),
        ]  # fmt: skip

    check(program, randn(3, 4, 5), np.array([0.0, 0.25, 0.6, 1.0]))


def test_a_nan_makes_its_row_nan_or_is_left_out():
    x = randn(3, 4)
    x[1, 2] = np.nan
    x[2] = np.nan
    check(lambda torch, x: (torch.quantile(x, 0.5, 1), torch.nanquantile(x, 0.5, 1), x.nanquantile(0.2)), x, grad=False)


def test_zero_dim_input_and_out():
    check(lambda torch, x: torch.quantile(x, 0.5), np.asarray(2.0))
    check(lambda torch, x: torch.quantile(x, 0.5, out=torch.empty((), dtype=torch.float64)), randn(3), grad=False)


@pytest.mark.parametrize("call", [
    lambda torch, x: x.long().quantile(0.5), lambda torch, x: x.quantile(1.5), lambda torch, x: x.half().quantile(0.5),
    lambda torch, x: x.quantile(torch.tensor([[0.5]], dtype=torch.float64)), lambda torch, x: x.quantile("half"),
    lambda torch, x: x.quantile(torch.tensor([0.5])), lambda torch, x: x.quantile(0.5, interpolation="cubic"),
    lambda torch, x: x.quantile(torch.tensor([1.5], dtype=torch.float64)), lambda torch, x: x[:0].quantile(0.5),
    lambda torch, x: x.quantile(0.5, dim=3),
])  # fmt: skip
def test_quantile_refuses(call):
    check_raises(call, randn(4))
