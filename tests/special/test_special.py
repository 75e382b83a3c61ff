"""Tests for `minitorch/special/__init__.py`."""

import pytest
import torch
from compare import check, rand

import minitorch


def test_every_name_of_torch_special_is_there():
    assert [name for name in torch.special.__all__ if not hasattr(minitorch.special, name)] == []


@pytest.mark.parametrize("name", ["expit", "psi", "gammaln", "exp2", "expm1", "erfinv", "logit", "sinc", "round"])
def test_aliases(name):
    check(lambda torch, x: getattr(torch.special, name)(x), rand(3, 4))


def test_softmax_and_logsumexp():
    check(lambda torch, x: (torch.special.softmax(x, 1), torch.special.log_softmax(x, 0)), rand(3, 4))
    check(lambda torch, x: (torch.special.logsumexp(x, 1), torch.special.multigammaln(x + 2, 2)), rand(3, 4))
