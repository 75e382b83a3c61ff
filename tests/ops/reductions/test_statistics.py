"""Variances: every way of saying the correction, gradients, degenerate sizes."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, randn

FORMS = [
    ((), {}), ((0,), {}), ((-1,), {"keepdim": True}), (((0, 2),), {}), ((False,), {}), ((0, False), {}),
    ((0, True, True), {}), ((1,), {"unbiased": False}), ((), {"correction": 0}), ((0,), {"correction": 1.5}),
    ((None,), {"correction": 2, "keepdim": True}), ((), {"axis": 1}),
]  # fmt: skip


@pytest.mark.parametrize("arguments, keywords", FORMS)
@pytest.mark.parametrize("name", ["var", "std"])
def test_variance_in_every_form(name, arguments, keywords):
    for x in awkward(randn(2, 3, 4)):
        check(lambda torch, x: getattr(x * 1, name)(*arguments, **keywords), x, second=True)


@pytest.mark.parametrize("name", ["var_mean", "std_mean"])
def test_variance_and_mean_together(name):
    for arguments in [(), (0,), ((0, 1), False, True)]:
        check(lambda torch, x: getattr(torch, name)(x, *arguments), randn(2, 3, 4), second=True)
    check(lambda torch, x: getattr(torch, name)(x, 0)[1], randn(3, 4))
    check(lambda torch, x: getattr(torch, name)(x, 0)[0], randn(3, 4))


def test_a_deviation_of_zero_passes_no_gradient_on():
    check(lambda torch, x: x.std(1), np.ones((2, 3)))


def test_a_large_mean_does_not_cancel():
    check(lambda torch, x: (x.var(), x.std(0)), (randn(50, 3) + 1e4).astype(np.float32), rtol=2e-5, grad=False)


def test_half_precision_is_computed_in_single():
    check(lambda torch, x: (x.var(), x.std(1)), randn(20, 30).astype(np.float16), rtol=2e-3, atol=1e-3)


def test_the_variance_of_complex_numbers_is_real():
    check(lambda torch, x: (x.var(), x.std(0)), randn(3, 4) + 1j * randn(3, 4, seed=1))


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
@pytest.mark.parametrize("correction", [1, 2])
def test_without_degrees_of_freedom_there_is_no_variance(correction):
    check(lambda torch, x: (x.var(0, correction=correction), x.std(0, correction=correction)), randn(1, 3))
    check(lambda torch, x: x.var(), randn(0, 3))


def test_missing_degrees_of_freedom_are_warned_of():
    import minitorch

    with pytest.warns(UserWarning, match="degrees of freedom is <= 0"):
        minitorch.ones(1).var()


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.to(torch.int64).var(),
        lambda torch, x: x.to(torch.int64).std(),
        lambda torch, x: x.var(0, 1),
        lambda torch, x: x.var(3),
        lambda torch, x: x.std((0, 0)),
        lambda torch, x: torch.var_mean(x.to(torch.int64)),
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(3, 4))
