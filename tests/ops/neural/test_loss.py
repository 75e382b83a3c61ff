"""Elementwise losses against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, integers, rand, randn

REDUCTIONS = ["none", "mean", "sum"]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_distances_and_their_derivatives(name: str, reduction: str) -> None:
    def program(torch, x, y):  # type: ignore[no-untyped-def]
        return getattr(torch.nn.functional, name)(x, y, reduction=reduction)

    check(program, randn(3, 4), randn(3, 4, seed=1) * 2, second=True)
    check(program, randn(3, 4).T, randn(4, 3, seed=1) * 2, strides=False)


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_the_width_of_the_parabola(width: float) -> None:
    x, y = np.linspace(-3, 3, 13), np.zeros(13)
    check(lambda torch, x, y: torch.nn.functional.smooth_l1_loss(x, y, beta=width, reduction="none"), x, y)
    check(lambda torch, x, y: torch.nn.functional.huber_loss(x, y, delta=width, reduction="none"), x, y)
    check(lambda torch, x, y: torch.nn.functional.smooth_l1_loss(x, y, beta=0.0), x, y)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_binary_cross_entropy(reduction: str, weighted: bool) -> None:
    def program(torch, x, y, w):  # type: ignore[no-untyped-def]
        weight = w.detach() if weighted else None
        return torch.nn.functional.binary_cross_entropy(x, y, weight, reduction=reduction)

    check(program, rand(3, 4), rand(3, 4, seed=1), rand(4), second=True)


def test_binary_cross_entropy_of_certainties_is_finite() -> None:
    x, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    check(lambda torch, x, y: torch.nn.functional.binary_cross_entropy(x, y.detach(), reduction="none"), x, y)
    for dtype in (np.float32, np.float64):
        tiny = np.array([1e-30, 1e-10, 1 - 1e-7], dtype)
        check(lambda torch, x: torch.nn.functional.binary_cross_entropy(x, x.detach() * 0, reduction="none"),
              tiny, rtol=1e-6)  # fmt: skip
        check(lambda torch, x: torch.nn.functional.binary_cross_entropy(x, x.detach() * 0 + 1, reduction="none"),
              tiny, rtol=1e-6)  # fmt: skip


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("positive", [False, True])
def test_binary_cross_entropy_with_logits(reduction: str, weighted: bool, positive: bool) -> None:
    def program(torch, x, y, w, p):  # type: ignore[no-untyped-def]
        return torch.nn.functional.binary_cross_entropy_with_logits(
            x, y, w.detach() if weighted else None, reduction=reduction, pos_weight=p.detach() if positive else None
        )

    check(program, randn(3, 4) * 5, rand(3, 4), rand(4), rand(4, seed=2) * 3, second=True)
    check(program, np.array([[1000.0, -1000.0, 0.0, 1.0]]), rand(1, 4), rand(4), rand(4, seed=2))


@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.filterwarnings("ignore:reduction")
def test_kl_div(reduction: str, log_target: bool) -> None:
    def program(torch, x, y):  # type: ignore[no-untyped-def]
        return torch.nn.functional.kl_div(x, y, reduction=reduction, log_target=log_target)

    check(program, randn(3, 4), rand(3, 4), second=True)


def test_kl_div_of_a_zero_probability_is_zero() -> None:
    check(lambda torch, x, y: torch.nn.functional.kl_div(x, y.detach(), reduction="sum"),
          randn(3), np.array([0.0, 0.5, 0.5]))  # fmt: skip


def test_means_over_nothing_are_nan() -> None:
    for name in ("mse_loss", "smooth_l1_loss", "huber_loss"):
        check(lambda torch, x, y: getattr(torch.nn.functional, name)(x, y), randn(0), randn(0))


WRONG = [
    (lambda F, x: F.smooth_l1_loss(x, x, beta=-1), "smooth_l1_loss does not support negative values for beta."),
    (lambda F, x: F.huber_loss(x, x, delta=0), "huber_loss does not support non-positive values for delta."),
    (lambda F, x: F.mse_loss(x, x, reduction="foo"), "foo is not a valid value for reduction"),
    (lambda F, x: F.mse_loss(x, x, weight=x[0]), "Weights and input must have the same size."),
    (lambda F, x: F.binary_cross_entropy(x + 2, x), "all elements of input should be between 0 and 1"),
    (lambda F, x: F.binary_cross_entropy(x, x + 2), "all elements of target should be between 0 and 1"),
    (lambda F, x: F.binary_cross_entropy(x, x[0]), "Using a target size"),
    (lambda F, x: F.binary_cross_entropy_with_logits(x, x[0]), "Target size"),
]


@pytest.mark.parametrize("call, message", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_arguments_are_refused_in_pytorchs_words(call, message: str) -> None:  # type: ignore[no-untyped-def]
    check_raises(lambda torch, x: call(torch.nn.functional, x), rand(2, 3), match=message)


def test_integers_are_refused() -> None:
    for name in ("mse_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "l1_loss"):
        check_raises(lambda torch, x: getattr(torch.nn.functional, name)(x, x), integers(3, high=2))
    check_raises(lambda torch, x, y: torch.nn.functional.binary_cross_entropy(x, y), rand(3), integers(3, high=2),
                 match="Found dtype Long but expected Double")  # fmt: skip
    check_raises(lambda torch, x, y: torch.nn.functional.binary_cross_entropy_with_logits(x, y), rand(3), integers(3))
