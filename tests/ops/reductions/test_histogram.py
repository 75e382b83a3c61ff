"""Tests for `minitorch/ops/reductions/histogram.py`."""

import numpy as np
import pytest
from compare import check, check_raises, integers, rand, randn


def test_bincount():
    places = np.array([1, 2, 2, 5])
    check(lambda torch, i: (torch.bincount(i), i.bincount(minlength=9)), places)
    check(lambda torch, i, w: torch.bincount(i, w), places, rand(4), grad=False)
    check(lambda torch, i, w: torch.bincount(i, w, 8), places, rand(4, dtype=np.float32), grad=False)
    check(lambda torch, i, w: torch.bincount(i, w).dtype is torch.float64, places, integers(4))
    check(lambda torch: torch.bincount(torch.tensor([], dtype=torch.int32), minlength=3))


@pytest.mark.parametrize("call", [
    lambda torch, i: torch.bincount(i - 5), lambda torch, i: torch.bincount(i.reshape(2, 2)),
    lambda torch, i: torch.bincount(i * 1.0), lambda torch, i: torch.bincount(i, minlength=-1),
    lambda torch, i: torch.bincount(i, i[:2]), lambda torch, i: torch.bincount(i > 1),
])  # fmt: skip
def test_bincount_refuses(call):
    check_raises(call, np.array([1, 2, 2, 3]))


def test_histc():
    x = randn(5, 8)
    check(lambda torch, x: (torch.histc(x), torch.histc(x, 4), x.histc(5, -1, 1.5)), x, grad=False)
    check(lambda torch, x: torch.histc(x, 3), np.array([2.0, 2.0]), grad=False)
    check(lambda torch, x: torch.histc(x, 3), np.zeros(0), grad=False)
    check(lambda torch, x: torch.histc(x, 5, -1, 1), randn(50, dtype=np.float16), grad=False)
    for bad in (
        lambda torch, x: torch.histc(x, 0), lambda torch, x: torch.histc(x, 2, 3, 1),
        lambda torch, x: torch.histc(x / 0, 2), lambda torch, x: torch.histc(x.long(), 2),
    ):  # fmt: skip
        check_raises(bad, x)


def test_histogram_with_counts_edges_weights_and_density():
    x, weight = randn(40), rand(40)
    check(lambda torch, x: torch.histogram(x, 4), x, grad=False)
    check(lambda torch, x: x.histogram(3, range=(-1.0, 1.0)).hist, x, grad=False)
    check(lambda torch, x, w: torch.histogram(x, 5, weight=w, density=True), x, weight, grad=False)
    check(lambda torch, x, edges: torch.histogram(x, edges), x, np.array([-2.0, -0.5, 0.0, 3.0]), grad=False)


def test_histogramdd():
    rows = randn(20, 2)
    check(lambda torch, x: torch.histogramdd(x, [2, 3]), rows, grad=False)
    check(lambda torch, x: torch.histogramdd(x, 4, density=True).hist, rows, grad=False)
    check(lambda torch, x: torch.histogramdd(x, [2, 2], range=[-1.0, 1.0, 0.0, 2.0])[0], rows, grad=False)


@pytest.mark.parametrize("call", [
    lambda torch, x: torch.histogram(x.long(), 2), lambda torch, x: torch.histogram(x, 0),
    lambda torch, x: torch.histogram(x, 2, weight=x[:1]), lambda torch, x: torch.histogram(x, x.reshape(1, -1)),
    lambda torch, x: torch.histogram(x, 2, range=(3.0, 1.0)), lambda torch, x: torch.histogramdd(x, [2]),
    lambda torch, x: torch.histogram(x, "auto"),
])  # fmt: skip
def test_histogram_refuses(call):
    check_raises(call, randn(4))
