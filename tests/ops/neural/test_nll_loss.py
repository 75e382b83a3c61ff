"""``nll_loss`` and ``cross_entropy`` against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, integers, rand, randn

REDUCTIONS = ["none", "mean", "sum"]
SHAPES = [((4, 5), (4,)), ((5,), ()), ((2, 5, 3), (2, 3)), ((2, 5, 3, 2), (2, 3, 2)),
          ((2, 5, 2, 1, 3), (2, 2, 1, 3))]  # fmt: skip


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_nll_loss_for_every_rank(shapes, weighted: bool, reduction: str) -> None:  # type: ignore[no-untyped-def]
    def program(torch, x, target, weight):  # type: ignore[no-untyped-def]
        loss = torch.nn.functional.nll_loss(
            x, target, weight.detach() if weighted else None, reduction=reduction, ignore_index=2
        )
        return loss

    target = np.asarray(integers(*shapes[1], high=5))
    check(program, randn(*shapes[0]), target, rand(5))
    check(lambda torch, *a: program(torch, *a) ** 2, randn(*shapes[0]), target, rand(5), second=True)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("shapes", SHAPES[:4], ids=str)
def test_cross_entropy_of_classes(shapes, smoothing: float, weighted: bool, reduction: str) -> None:  # type: ignore[no-untyped-def]
    def program(torch, x, target, weight):  # type: ignore[no-untyped-def]
        return torch.nn.functional.cross_entropy(
            x, target, weight.detach() if weighted else None, reduction=reduction, label_smoothing=smoothing,
            ignore_index=1,
        )  # fmt: skip

    if shapes[0] == (5,) and smoothing:
        return  # PyTorch itself has no label smoothing for a single row with weights
    target = np.asarray(integers(*shapes[1], high=5))
    check(program, randn(*shapes[0]), target, rand(5), second=True)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(4, 5), (5,), (2, 5, 3)], ids=str)
def test_cross_entropy_of_probabilities(shape, smoothing: float, weighted: bool, reduction: str) -> None:  # type: ignore[no-untyped-def]
    def program(torch, x, target, weight):  # type: ignore[no-untyped-def]
        return torch.nn.functional.cross_entropy(
            x, target, weight.detach() if weighted else None, reduction=reduction, label_smoothing=smoothing
        )

    check(program, randn(*shape), rand(*shape), rand(5), second=True, names=False)


def test_a_single_row_takes_a_target_of_one_element() -> None:
    for reduction in REDUCTIONS:
        check(lambda torch, x, t: torch.nn.functional.cross_entropy(x, t, reduction=reduction),
              randn(5), np.array([3]), grad=False)  # fmt: skip


def test_ignored_rows_count_neither_above_nor_below_the_line() -> None:
    target = np.array([0, -100, 2, -100])
    check(lambda torch, x, t: torch.nn.functional.cross_entropy(x, t), randn(4, 3), target, second=True)
    check(lambda torch, x, t: torch.nn.functional.cross_entropy(x, t, reduction="none"), randn(4, 3), target)
    check(lambda torch, x, t: torch.nn.functional.cross_entropy(x, t), randn(2, 3), np.array([-100, -100]))


def test_a_class_of_weight_zero_hides_an_infinite_loss_only_if_ignored() -> None:
    x = np.array([[-np.inf, 0.0], [0.0, -1.0]])
    check(lambda torch, x, t: torch.nn.functional.nll_loss(x, t, ignore_index=0), x, np.array([0, 1]))


def test_mean_over_nothing_is_nan_and_sum_is_zero() -> None:
    for reduction in ("mean", "sum", "none"):
        check(lambda torch, x, t: torch.nn.functional.nll_loss(x, t, reduction=reduction),
              randn(0, 3), integers(0))  # fmt: skip


def test_targets_may_be_bytes_and_non_contiguous() -> None:
    check(lambda torch, x, t: torch.nn.functional.nll_loss(x, t), randn(4, 3), integers(4, high=3, dtype=np.uint8))
    check(lambda torch, x, t: torch.nn.functional.nll_loss(x, t), randn(4, 3), integers(8, high=3)[::2])
    check(lambda torch, x, t: torch.nn.functional.nll_loss(x.transpose(0, 1), t), randn(3, 4), integers(4, high=3))


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_half_precision_inputs_give_half_precision_losses(name: str) -> None:
    def program(torch, x, t):  # type: ignore[no-untyped-def]
        loss = torch.nn.functional.cross_entropy(x.to(getattr(torch, name)), t)
        return loss.to(torch.float32)

    check(program, randn(8, 5, dtype=np.float32), integers(8, high=5), rtol=2e-2, names=False, atol=1e-2)


WRONG = [
    (lambda F, x, t: F.nll_loss(x, t), (2, 3), np.zeros(3, int), "Expected input batch_size (2) to match target"),
    (lambda F, x, t: F.nll_loss(x, t), (2, 3), np.array([0, 3]), "Target 3 is out of bounds."),
    (lambda F, x, t: F.nll_loss(x, t), (2, 3), np.array([0, -1]), "Target -1 is out of bounds."),
    (lambda F, x, t: F.nll_loss(x, t), (2, 3), np.zeros(2), "expected target dtype to be Long or Byte, but got Double"),
    (lambda F, x, t: F.nll_loss(x, t), (2, 3), np.zeros(2, np.int32), "Long or Byte, but got Int"),
    (lambda F, x, t: F.nll_loss(x, t), (2, 3), np.zeros((2, 1), int), "0D or 1D target tensor expected"),
    (lambda F, x, t: F.nll_loss(x, t), (3,), np.zeros(2, int), "For 1D input, 1D target must have size 1"),
    (lambda F, x, t: F.nll_loss(x, t), (), np.zeros((), int), "Expected 1 or more dimensions (got 0)"),
    (lambda F, x, t: F.nll_loss(x, t, weight=x[0, :2]), (2, 3), np.zeros(2, int), "for all 3 classes or no classes"),
    (lambda F, x, t: F.nll_loss(x, t), (2, 3, 4), np.zeros((2, 5), int), "Expected target size [2, 4], got [2, 5]"),
    (lambda F, x, t: F.nll_loss(x, t), (2, 3, 4, 4), np.zeros((2, 4), int), "only batches of spatial targets"),
    (lambda F, x, t: F.nll_loss(x, t, reduction="foo"), (2, 3), np.zeros(2, int), "foo is not a valid value"),
    (lambda F, x, t: F.cross_entropy(x, t), (2, 3), np.zeros((2, 3), int), "Expected floating point type for target"),
    (lambda F, x, t: F.cross_entropy(x, t, label_smoothing=1.5), (2, 3), np.zeros(2, int), "Got: 1.5"),
    (lambda F, x, t: F.cross_entropy(x, t, ignore_index=1), (2, 3), np.zeros((2, 3)), "ignore_index is not supported"),
    (lambda F, x, t: F.cross_entropy(x, t, weight=x[0, :2]), (2, 3), np.zeros((2, 3)), "cross_entropy: weight tensor"),
    (lambda F, x, t: F.cross_entropy(x, [0, 1]), (2, 3), np.zeros(2, int), "must be Tensor, not list"),
]


@pytest.mark.parametrize("call, shape, target, message", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_targets_are_refused_in_pytorchs_words(call, shape, target, message) -> None:  # type: ignore[no-untyped-def]
    check_raises(lambda torch, x, t: call(torch.nn.functional, x, t), randn(*shape), target, match=message)
