"""Tests for `minitorch/ops/shapes/matrix_building.py`."""

import numpy as np
import pytest
from compare import check, check_raises, integers, randn


def test_block_diag():
    check(lambda torch, a, b: torch.block_diag(a, b, torch.tensor(2.0), b[0]), randn(2, 3), randn(3, 1), second=True)
    check(lambda torch, a, i: torch.block_diag(a, i), randn(2, 2), integers(2))
    check(lambda torch: torch.block_diag())
    check_raises(lambda torch, a: torch.block_diag(a), randn(1, 2, 2))
    check_raises(lambda torch: torch.block_diag(1))


def test_diagflat():
    check(lambda torch, x: (torch.diagflat(x), x.diagflat(-1)), randn(2, 3), second=True)
    check(lambda torch, x: torch.diagflat(x.t()), randn(2, 3))


def test_vander():
    for engine_x in (integers(4), randn(4), integers(3, dtype=np.uint8), integers(3) > 4):
        check(lambda torch, x: (torch.vander(x), torch.vander(x, 2), torch.vander(x, 5, True)), engine_x, grad=False)
    check(lambda torch, x: torch.vander(x, 0), randn(2), grad=False)
    check_raises(lambda torch, x: torch.vander(x), randn(2, 2))
    check_raises(lambda torch, x: torch.vander(x, -1), randn(2))


@pytest.mark.parametrize("shape", [(3, 3), (7, 3), (3, 7), (3, 3, 3), (4, 3), (8, 3)])
def test_fill_diagonal(shape):
    check(lambda torch, x: (x * 1).fill_diagonal_(5), randn(*shape))
    if len(shape) == 2:
        check(lambda torch, x: (x * 1).fill_diagonal_(5.5, wrap=True), randn(*shape))


def test_fill_diagonal_refuses():
    check_raises(lambda torch, x: x.fill_diagonal_(1), randn(3))
    check_raises(lambda torch, x: x.fill_diagonal_(1), randn(2, 3, 4))
    check_raises(lambda torch, x: x.fill_diagonal_("one"), randn(2, 3))
