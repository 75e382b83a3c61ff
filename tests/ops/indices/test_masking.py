"""masked_select and masked_scatter."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, randn

MASK = randn(3, 4, seed=7) > 0


def test_masked_select_reads_where_the_mask_is_true():
    for x in awkward(randn(3, 4)):
        check(lambda torch, x, m: x.masked_select(m), x, MASK, second=True)
        check(lambda torch, x, m: x.masked_select(m) ** 2, x, MASK, second=True)
    check(lambda torch, x, m: torch.masked_select(x, m), randn(3, 4), MASK[0], second=True)
    check(lambda torch, x, m: x.masked_select(m), randn(4), MASK, second=True)
    check(lambda torch, x, m: x.masked_select(m), randn(), np.array(True))
    check(lambda torch, x, m: x.masked_select(m), randn(3, 4), np.array(False))


def test_masked_scatter_writes_in_order():
    for x in awkward(randn(3, 4)):
        check(lambda torch, x, m, s: x.masked_scatter(m, s), x, MASK, randn(4, 4, seed=1), second=True)
        check(lambda torch, x, m, s: x.masked_scatter(m, s) ** 2, x, MASK, randn(12, seed=1), second=True)
        check(lambda torch, x, m, s: (x * 1).masked_scatter_(m, s), x, MASK, randn(12, seed=1), second=True)
    check(lambda torch, x, m, s: x.masked_scatter(m, s), randn(3, 4), MASK[0], randn(3, 4, seed=1), second=True)
    check(lambda torch, x, m, s: x.masked_scatter(m, s), randn(4), MASK, randn(3, 4, seed=1), second=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.masked_select(torch.tensor([1])),
        lambda torch, x: x.masked_select(torch.ones(3, dtype=torch.bool)),
        lambda torch, x: x.masked_scatter_(x < 9, torch.ones(2, dtype=torch.float64)),
        lambda torch, x: x.masked_scatter_(x < 9, torch.ones(12, dtype=torch.float32)),
        lambda torch, x: x.masked_scatter_(torch.ones(3, dtype=torch.bool), x.clone()),
        lambda torch, x: x.masked_scatter_(torch.ones(4, dtype=torch.int64), x.clone()),
    ],
)
def test_bad_arguments_are_refused_and_nothing_is_written(program):
    check_raises(program, randn(3, 4))
