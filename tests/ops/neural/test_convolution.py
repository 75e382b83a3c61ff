"""Convolutions and transposed convolutions against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

SIZES = {1: (7,), 2: (6, 5), 3: (4, 5, 4)}
KERNELS = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}
VARIANTS: list[dict[str, Any]] = [
    {}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"groups": 2}, {"stride": 2, "padding": 1, "groups": 2},
]  # fmt: skip


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_values_gradients_and_second_derivatives(dims: int, variant: dict[str, Any]) -> None:
    if dims == 3 and variant.get("dilation") == 2:
        variant = {**variant, "padding": 1}
    groups = variant.get("groups", 1)
    check(lambda torch, x, w, b: getattr(torch.nn.functional, f"conv{dims}d")(x, w, b, **variant),
          randn(2, 4, *SIZES[dims]), randn(6, 4 // groups, *KERNELS[dims]), randn(6), second=True)  # fmt: skip
    check(lambda torch, x, w, b: getattr(torch.nn.functional, f"conv{dims}d")(x, w, b, **variant) ** 2,
          randn(2, 4, *SIZES[dims]), randn(6, 4 // groups, *KERNELS[dims]), randn(6), second=True)  # fmt: skip


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("variant", [*VARIANTS, {"stride": 3, "output_padding": 2}], ids=str)
def test_transposed_convolutions(dims: int, variant: dict[str, Any]) -> None:
    groups = variant.get("groups", 1)
    check(lambda torch, x, w, b: getattr(torch.nn.functional, f"conv_transpose{dims}d")(x, w, b, **variant),
          randn(2, 4, *SIZES[dims]), randn(4, 6 // groups, *KERNELS[dims]), randn(6), second=True)  # fmt: skip
    check(lambda torch, x, w, b: getattr(torch.nn.functional, f"conv_transpose{dims}d")(x, w, b, **variant) ** 2,
          randn(2, 4, *SIZES[dims]), randn(4, 6 // groups, *KERNELS[dims]), randn(6), second=True)  # fmt: skip


def test_a_number_for_each_axis() -> None:
    check(lambda torch, x, w: torch.conv2d(x, w, None, (2, 1), (0, 1), (1, 2)), randn(1, 2, 7, 7), randn(3, 2, 3, 2))
    check(lambda torch, x, w: torch.conv2d(x, w, None, [2], [1], [1]), randn(1, 2, 7, 7), randn(3, 2, 3, 3))


def test_strides_that_leave_a_remainder_give_the_rest_no_gradient() -> None:
    check(lambda torch, x, w: torch.conv2d(x, w, stride=3), randn(1, 2, 8, 7), randn(3, 2, 2, 2), second=True)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_padding_same_keeps_the_size_and_valid_is_none(kernel: int, dilation: int) -> None:
    for padding in ("same", "valid"):
        check(lambda torch, x, w: torch.conv1d(x, w, padding=padding, dilation=dilation),
              randn(2, 3, 9), randn(4, 3, kernel), second=True)  # fmt: skip
    check(lambda torch, x, w: torch.conv2d(x, w, padding="same", dilation=dilation),
          randn(2, 3, 6, 7), randn(4, 3, kernel, 3))  # fmt: skip


def test_an_image_without_a_batch_axis() -> None:
    check(lambda torch, x, w, b: torch.conv2d(x, w, b), randn(2, 5, 5), randn(3, 2, 3, 3), randn(3))
    check(lambda torch, x, w: torch.conv1d(x, w), randn(2, 5), randn(3, 2, 3))
    check(lambda torch, x, w: torch.conv_transpose2d(x, w), randn(2, 5, 5), randn(2, 3, 3, 3))


def test_inputs_of_every_memory_layout() -> None:
    for x in awkward(randn(2, 3, 5, 5)):
        check(lambda torch, x, w: torch.conv2d(x, w), x, randn(4, 3, 2, 2), strides=False)


def test_depthwise_and_pointwise_kernels() -> None:
    check(lambda torch, x, w, b: torch.conv2d(x, w, b, groups=4, padding=1),
          randn(2, 4, 5, 5), randn(4, 1, 3, 3), randn(4), second=True)  # fmt: skip
    check(lambda torch, x, w, b: torch.conv2d(x, w, b), randn(2, 4, 5, 5), randn(3, 4, 1, 1), randn(3), second=True)


def test_only_what_is_asked_for_gets_a_gradient() -> None:
    check(lambda torch, x, w: torch.conv2d(x.detach(), w), randn(1, 2, 5, 5), randn(3, 2, 3, 3))
    check(lambda torch, x, w: torch.conv2d(x, w.detach()), randn(1, 2, 5, 5), randn(3, 2, 3, 3))


def test_integers_and_empty_batches() -> None:
    check(lambda torch, x, w: torch.conv2d(x, w), integers(1, 2, 5, 5), integers(3, 2, 3, 3))
    check(lambda torch, x, w: torch.conv2d(x, w), randn(0, 2, 5, 5), randn(3, 2, 3, 3), names=False)


def test_complex_convolutions() -> None:
    x, w = randn(1, 2, 5) + 1j * randn(1, 2, 5, seed=1), randn(3, 2, 3) + 1j * randn(3, 2, 3, seed=1)
    check(lambda torch, x, w: torch.conv1d(x, w), x, w, names=False)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_half_precision_sums_in_float32(name: str) -> None:
    def program(torch, x, w):  # type: ignore[no-untyped-def]
        half = getattr(torch, name)
        return torch.conv1d(x.to(half), w.to(half)).to(torch.float32)

    ones = np.ones((1, 4096, 3), np.float32)
    check(program, ones, ones[:, :, :1].copy(), grad=False)


X, W = (1, 2, 5, 5), (3, 2, 3, 3)


def test_an_output_padding_as_large_as_the_stride_leaves_room_for_one_window_more() -> None:
    def program(torch, x, w):  # type: ignore[no-untyped-def]
        return torch.conv_transpose2d(x, w, None, (3, 2), (1, 2), (2, 3), 2, (4, 4))

    check(program, randn(2, 2, 4, 4), randn(2, 2, 4, 5))


@pytest.mark.parametrize("stride, padding, extra, groups", [(1, 1, (2, 3), 1), ((3, 2), 0, (2, 3), 2), (2, 2, 3, 16)])
def test_that_room_is_left_in_images_large_enough_for_kernels_too(stride, padding, extra, groups) -> None:  # type: ignore[no-untyped-def]
    def program(torch, x, w):  # type: ignore[no-untyped-def]
        return torch.conv_transpose2d(x, w, None, stride, padding, extra, groups, 4)

    x, weight = randn(3, 16, 12, 12), randn(16, 1 if groups == 16 else 4, 3, 3)
    check(program, x, weight, second=True, rtol=1e-8, atol=1e-8)


WRONG = [
    (lambda t, x, w: t.conv2d(x, w[:, :1]), X, W, "expected input[1, 2, 5, 5] to have 1 channels, but got 2 channels"),
    (lambda t, x, w: t.conv2d(x[0, 0], w), X, W, "Expected 3D (unbatched) or 4D (batched) input to conv2d"),
    (lambda t, x, w: t.conv2d(x, w[0]), X, W, "expected stride to be a single integer value or a list of 1 values"),
    (lambda t, x, w: t.conv2d(x[:, :, :2], w), X, W, "Calculated padded input size per channel: (2 x 5)"),
    (lambda t, x, w: t.conv2d(x, w, w[0, 0, 0]), X, (4, 2, 3, 3), "expected bias to be 1-dimensional with 4 elements"),
    (lambda t, x, w: t.conv2d(x, w, stride=0), X, W, "non-positive stride is not supported"),
    (lambda t, x, w: t.conv2d(x, w, padding=-1), X, W, "negative padding is not supported"),
    (lambda t, x, w: t.conv2d(x, w, dilation=0), X, W, "dilation should be greater than zero"),
    (lambda t, x, w: t.conv2d(x, w, groups=0), X, W, "non-positive groups is not supported"),
    (lambda t, x, w: t.conv2d(x, w, groups=2), X, W, "expected weight to be divisible by 2 at dimension 0"),
    (lambda t, x, w: t.conv2d(x, w, stride=(1, 2, 3)), X, W, "expected stride to be a single integer value"),
    (lambda t, x, w: t.conv2d(x, w, stride=1.5), X, W, ""),
    (lambda t, x, w: t.conv2d(x, [1]), X, W, ""),
    (lambda t, x, w: t.conv2d(x, w, padding="foo"), X, W, "Invalid padding string: 'foo'"),
    (lambda t, x, w: t.conv2d(x, w, padding="same", stride=2), X, W, "padding='same' is not supported for strided"),
    (lambda t, x, w: t.conv2d(x, w.to(t.float32)), X, W, "expected scalar type Double but found Float"),
    (lambda t, x, w: t.conv_transpose2d(x, w), X, W, "Given transposed=1, weight of size [3, 2, 3, 3]"),
    (lambda t, x, w: t.conv_transpose2d(x, w, output_padding=1), X, (2, 3, 3, 3), "output padding must be smaller"),
    (lambda t, x, w: t.conv_transpose2d(x, w, output_padding=-1), X, (2, 3, 3, 3), "negative output_padding"),
    (lambda t, x, w: t.conv_transpose2d(x, w, padding=4), X, (2, 3, 3, 3), "Output size is too small"),
]


@pytest.mark.parametrize("call, x, w, message", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_arguments_are_refused_in_pytorchs_words(call, x, w, message) -> None:  # type: ignore[no-untyped-def]
    check_raises(call, randn(*x), randn(*w), match=message)
