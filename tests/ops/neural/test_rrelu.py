"""Tests for `minitorch/ops/neural/rrelu.py`."""

from compare import check, check_raises, integers, randn


def _seeded(torch, x, call):
    torch.manual_seed(1)
    return call(torch, x), torch.rand(1)


def test_the_slopes_drawn_are_those_of_torch():
    for x in (randn(4, 5), randn(3, 2)):
        check(lambda torch, x: _seeded(torch, x, lambda t, x: t.rrelu(x, 0.1, 0.4, True)), x)
        check(lambda torch, x: _seeded(torch, x, lambda t, x: t.rrelu_(x * 1, training=True)), x)


def test_without_training_the_slope_is_the_mean():
    check(lambda torch, x: (torch.rrelu(x), torch.rrelu(x, 0.2, 0.6), torch.rrelu_(x * 1)), randn(4, 5))


def test_the_functional_form():
    check(lambda torch, x: torch.nn.functional.rrelu(x, 0.2, 0.3), randn(4))
    check(lambda torch, x: torch.nn.functional.rrelu(x * 1, inplace=True), randn(4))


def test_what_is_refused():
    check_raises(lambda torch, x: torch.rrelu(x, 2.0, 1.0, True), randn(2))
    check_raises(lambda torch, i: torch.rrelu(i), integers(2))
    check_raises(lambda torch, i: torch.rrelu(i, training=True), integers(2))
