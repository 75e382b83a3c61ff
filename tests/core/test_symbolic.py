"""Tests for `minitorch/core/symbolic.py`."""

import pytest
from engines import same


@pytest.mark.parametrize("call", [
    lambda e: (e.sym_int(2.7), e.sym_int(-2.7), e.sym_int(3), e.sym_float(2), e.sym_not(True), e.sym_sqrt(4)),
    lambda e: (e.sym_max(2, 3), e.sym_max(3, 2.0), e.sym_min(2, 1), e.sym_min(1.0, 2)),
    lambda e: (e.sym_sum([1, 2, 3]), e.sym_ite(True, 1, 2), e.sym_ite(False, 1, 2)),
])  # fmt: skip
def test_arithmetic_on_sizes(call):
    same(lambda engine: list(call(engine)))
