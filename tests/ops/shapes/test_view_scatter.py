"""Tests for `minitorch/ops/shapes/view_scatter.py`."""

import pytest
from compare import awkward, check, check_raises, randn


def test_each_view_can_be_written_into_a_copy():
    for x in awkward(randn(3, 4)):
        check(lambda torch, x, y: torch.select_scatter(x, y, 0, 1), x, randn(4), second=True)
        check(lambda torch, x, y: x.slice_scatter(y, 1, 0, 4, 2), x, randn(3, 2), second=True)
        check(lambda torch, x, y: torch.diagonal_scatter(x, y, 1), x, randn(3), second=True)
    check(lambda torch, x, y: torch.as_strided_scatter(x, y, (2, 2), (4, 1), 1), randn(3, 4), randn(2, 2))
    check(lambda torch, x, y: x.expand(2, 3, 4).select_scatter(y, 0, 0), randn(3, 4), randn(3, 4, seed=1))


def test_the_source_is_converted_and_out_is_filled():
    check(lambda torch, x: x.int().select_scatter(x[0] * 1.5, 0, 0), randn(3, 4), grad=False)
    check(lambda torch, x: torch.slice_scatter(x, x[:1], 0, 2, out=torch.empty_like(x)), randn(3, 4), grad=False)


@pytest.mark.parametrize("call", [
    lambda torch, x: x.select_scatter(x[0], 0, 5), lambda torch, x: x.select_scatter(x[:, 0], 0, 1),
    lambda torch, x: x.slice_scatter(x[:1], 0, 1, 3), lambda torch, x: x.diagonal_scatter(x[0, :2]),
    lambda torch, x: x.as_strided_scatter(x[0, :2], (2,), (1,), 11), lambda torch, x: x.select_scatter(1.0, 0, 0),
])  # fmt: skip
def test_what_is_refused(call):
    check_raises(call, randn(3, 4))
