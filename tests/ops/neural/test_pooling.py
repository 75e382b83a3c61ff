"""Pooling, ``unfold`` and ``fold`` against PyTorch. Squares make second derivatives of linear operators visible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

SHAPES = {1: (2, 3, 9), 2: (2, 3, 6, 7), 3: (2, 2, 5, 4, 6)}
WINDOWS: list[dict[str, Any]] = [
    {"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": 3, "stride": 1},
    {"kernel_size": 2, "stride": 3, "ceil_mode": True},
    {"kernel_size": 3, "padding": 1, "ceil_mode": True, "stride": 2},
]  # fmt: skip


def squared(program: Any) -> Any:
    """A program whose outputs depend on their own size, so that gradients depend on the operator's derivative."""

    def square(*arguments: Any) -> Any:
        result = program(*arguments)
        return result * result

    return square


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("window", [*WINDOWS, {"kernel_size": 2, "dilation": 2, "stride": 1}], ids=str)
def test_max_pooling_and_the_places_of_the_maxima(dims: int, window: dict[str, Any]) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        return getattr(torch.nn.functional, f"max_pool{dims}d")(x, **window, return_indices=True)

    check(program, randn(*SHAPES[dims]))
    check(program, randn(*SHAPES[dims][1:]))
    check(squared(lambda torch, x: getattr(torch.nn.functional, f"max_pool{dims}d")(x, **window)),
          randn(*SHAPES[dims]), second=True)  # fmt: skip


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("window", [*WINDOWS, {"kernel_size": 3, "padding": 1, "count_include_pad": False}], ids=str)
def test_average_pooling(dims: int, window: dict[str, Any]) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        return getattr(torch.nn.functional, f"avg_pool{dims}d")(x, **window)

    check(program, randn(*SHAPES[dims]))
    check(program, randn(*SHAPES[dims][1:]))
    check(squared(program), randn(*SHAPES[dims]), second=True)


def test_a_divisor_of_ones_own() -> None:
    check(lambda torch, x: torch.nn.functional.avg_pool2d(x, 2, divisor_override=3), randn(1, 2, 4, 4))


def test_ties_go_to_the_first_and_nan_wins() -> None:
    check(lambda torch, x: torch.nn.functional.max_pool2d(x, 2, return_indices=True), np.zeros((1, 1, 4, 4)))
    x = randn(1, 1, 4, 4)
    x[0, 0, 1, 1] = x[0, 0, 2, 3] = np.nan
    check(lambda torch, x: torch.nn.functional.max_pool2d(x, 2, return_indices=True), x)


def test_kernels_strides_and_paddings_for_each_axis() -> None:
    check(lambda torch, x: torch.nn.functional.max_pool2d(x, (2, 3), (1, 2), (1, 0), (1, 2)), randn(1, 2, 6, 8))
    check(lambda torch, x: torch.nn.functional.avg_pool2d(x, (2, 3), (1, 2), (1, 0)), randn(1, 2, 6, 8))


def test_every_memory_layout_and_integers() -> None:
    for x in awkward(randn(2, 3, 4, 4)):
        check(lambda torch, x: torch.nn.functional.max_pool2d(x, 2), x, strides=False)
        check(lambda torch, x: torch.nn.functional.avg_pool2d(x, 2), x, strides=False)
    check(lambda torch, x: torch.nn.functional.max_pool2d(x, 2), integers(1, 2, 4, 4))
    check(lambda torch, x: torch.nn.functional.max_pool2d(x, 2), randn(0, 2, 4, 4))


X = (1, 2, 4, 4)
WRONG = [
    (lambda F, x: F.max_pool2d(x, 2, 0), X, "stride should not be zero"),
    (lambda F, x: F.max_pool2d(x, 2, 2, 2), X, "pad should be at most half of effective kernel size"),
    (lambda F, x: F.max_pool2d(x, 2, 2, -1), X, "pad must be non-negative, but got pad: -1"),
    (lambda F, x: F.max_pool2d(x, 5), X, "Given input size: (2x4x4). Calculated output size: (2x0x0)"),
    (lambda F, x: F.max_pool2d(x, 2), (4, 4), "non-empty 3D or 4D (batch mode) tensor expected for input"),
    (lambda F, x: F.max_pool2d(x, (2, 2, 2)), X, "max_pool2d: kernel_size must either be a single int, or a tuple of"),
    (lambda F, x: F.max_pool2d(x, 2, (1, 1, 1)), X, "max_pool2d: stride must"),
    (lambda F, x: F.max_pool2d(x, 2), (1, 0, 4, 4), "tensor with optional 0 dim batch size for input"),
    (lambda F, x: F.max_pool1d(x, 0), (1, 2, 4), "max_pool1d() kernel_size must be greater than zero, but got 0"),
    (lambda F, x: F.max_pool1d(x, 2, 0), (1, 2, 4), "max_pool1d() stride must be greater than zero, but got 0"),
    (lambda F, x: F.max_pool1d(x, 5), (1, 2, 4), "max_pool1d() Invalid computed output size: 0"),
    (lambda F, x: F.max_pool1d(x, 2, 2, 2), (1, 2, 4), "max_pool1d() padding should be at most half of kernel size"),
    (lambda F, x: F.max_pool1d(x, 2), (4,), "max_pool1d: Expected 2D or 3D (batch mode) tensor"),
    (lambda F, x: F.avg_pool2d(x, 2, divisor_override=0), X, "divisor must be not zero"),
    (lambda F, x: F.avg_pool2d(x, 2), (4, 4), ""),
    (lambda F, x: F.avg_pool2d(x, 5), X, "Output size is too small"),
    (lambda F, x: F.avg_pool1d(x, (2, 2)), (1, 2, 4), "should contain one int (got 2)"),
    (lambda F, x: F.avg_pool1d(x, 2), (4,), ""),
    (lambda F, x: F.adaptive_avg_pool2d(x, (2,)), X, "adaptive_avg_pool2d: output_size must be 2"),
    (lambda F, x: F.adaptive_avg_pool2d(x, -1), X, "elements of output_size must be greater than or equal to 0"),
    (lambda F, x: F.adaptive_avg_pool2d(x, 2), (4, 4), "adaptive_avg_pool2d(): Expected 3D or 4D tensor"),
    (lambda F, x: F.adaptive_avg_pool2d(x, 2), (1, 2, 0, 4), "with dimension 2 being empty"),
    (lambda F, x: F.adaptive_avg_pool2d(x, (2, 2)), (4, 4), ""),
    (lambda F, x: F.adaptive_max_pool2d(x, 2), (1, 2, 0, 4), "with dimension 2 being empty"),
    (lambda F, x: F.adaptive_avg_pool1d(x, 2), (4,), ""),
    (lambda F, x: F.unfold(x, 5), X, "calculated shape of the array of sliding blocks as (0, 0)"),
    (lambda F, x: F.unfold(x, 0), X, "kernel size should be greater than zero, but got kernel_height: 0"),
    (lambda F, x: F.unfold(x, 2, stride=0), X, "stride should be greater than zero, but got stride_height: 0"),
    (lambda F, x: F.unfold(x, 2, padding=-1), X, "padding should be non-negative, but got pad_height: -1"),
    (lambda F, x: F.unfold(x, (2, 2, 2)), X, "It is expected kernel_size equals to 2, but got size 3"),
    (lambda F, x: F.unfold(x, 2), (4, 4), ""),
    (lambda F, x: F.fold(x, (4, 4), 2), (1, 7, 9), "to be divisible by the product of kernel_size"),
    (lambda F, x: F.fold(x, (4, 4), 2), (1, 8, 8), "match the calculated number of sliding blocks 3 * 3 = 9"),
    (lambda F, x: F.fold(x, (4, 4), 2), (8,), "Expected 2D or 3D (batch mode) tensor for input"),
]


@pytest.mark.parametrize("call, shape, message", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_windows_are_refused_in_pytorchs_words(call, shape, message) -> None:  # type: ignore[no-untyped-def]
    check_raises(lambda torch, x: call(torch.nn.functional, x), randn(*shape), match=message)
