"""Tests for `minitorch/ops/elementwise/normal_functions.py`."""

import numpy as np
import pytest
from compare import check, check_raises, integers, rand, randn

VALUES = np.concatenate([np.linspace(-40, 40, 161), [1e-9, 60.0, 1e10, np.inf, -np.inf, np.nan]])


@pytest.mark.parametrize("name", ["ndtr", "log_ndtr", "erfcx", "entr"])
def test_values_from_the_tails_to_the_middle(name):
    check(
        lambda torch, x: getattr(torch.special, name)(x), VALUES, grad=False, atol=1e-300 if name != "ndtr" else 1e-16
    )


@pytest.mark.parametrize("name", ["ndtr", "log_ndtr", "erfcx"])
def test_derivatives(name):
    for shape in ((3, 4), (), (0,)):
        check(lambda torch, x: getattr(torch.special, name)(x), randn(*shape), second=True)
    check(lambda torch, i: getattr(torch.special, name)(i), integers(3), rtol=1e-5, atol=1e-6)


def test_quantiles_of_the_normal_distribution():
    chances = np.concatenate([np.linspace(-0.1, 1.1, 121), 10.0 ** np.linspace(-300, -1, 30)])
    check(lambda torch, p: torch.special.ndtri(p), chances, grad=False)
    check(lambda torch, p: torch.special.ndtri(p), rand(3, 4), second=True)


def test_entropies():
    check(lambda torch, x: torch.special.entr(x), rand(3, 4), second=True)
    check(lambda torch, x, y: torch.special.xlog1py(x, y), rand(3, 4), rand(4), second=True)
    check(lambda torch, x: (torch.special.xlog1py(2.0, x), torch.special.xlog1py(x, 2.0)), rand(3), second=True)
    zeros = np.array([0.0, 0.0, 1.0])
    check(lambda torch, x, y: torch.special.xlog1py(x, y), zeros, np.array([-1.0, np.nan, -1.0]), grad=False)


def test_ndtr_into_out():
    check(lambda torch, x: torch.special.ndtr(x, out=torch.empty(3, dtype=torch.float64)), randn(3), grad=False)


def test_half_precision_has_no_kernel():
    for name in ("ndtri", "log_ndtr", "erfcx"):
        check_raises(lambda torch, x: getattr(torch.special, name)(x), rand(2, dtype=np.float16))
