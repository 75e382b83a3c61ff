"""Windows as columns, and back: PyTorch's unfold and fold, and the laws that tie the two together."""

import random

import numpy as np
import pytest
import torch

from minitorch.ops.arrays import im2col as arrays

SEEDS = range(40)


def random_geometry(rng: random.Random, axes: int) -> tuple[list[int], ...]:
    def draw(low: int, high: int) -> list[int]:
        return [rng.randint(low, high) for _ in range(axes)]

    return draw(5, 9), draw(1, 3), draw(1, 3), draw(0, 2), draw(1, 2)  # size, kernel, stride, padding, dilation


@pytest.mark.parametrize("seed", SEEDS)
def test_unfold_and_fold_agree_with_torch_for_random_geometries(seed):
    size, kernel, stride, padding, dilation = random_geometry(random.Random(seed), axes=2)
    x = torch.randn(3, 2, *size, dtype=torch.float64)
    options = {"dilation": dilation, "padding": padding, "stride": stride}
    columns = torch.nn.functional.unfold(x, kernel, **options)
    ours = arrays.unfold(np, x.numpy(), kernel, stride, padding, dilation)
    np.testing.assert_array_equal(ours, columns.numpy())

    columns = torch.randn_like(columns)
    image = torch.nn.functional.fold(columns, size, kernel, **options)
    ours = arrays.fold(np, columns.numpy(), size, kernel, stride, padding, dilation)
    np.testing.assert_allclose(ours, image.numpy(), rtol=1e-10, atol=1e-12)
    assert ours.flags.c_contiguous


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("seed", range(10))
def test_fold_is_the_adjoint_of_unfold_for_any_number_of_axes(axes, seed):
    size, kernel, stride, padding, dilation = random_geometry(random.Random(100 * axes + seed), axes)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 3, *size))
    columns = arrays.unfold(np, x, kernel, stride, padding, dilation)
    y = rng.standard_normal(columns.shape)
    image = arrays.fold(np, y, size, kernel, stride, padding, dilation)
    np.testing.assert_allclose((columns * y).sum(), (x * image).sum(), rtol=1e-10)


def test_a_window_view_is_a_view_that_repeats_overlapping_elements():
    x = np.arange(6.0)
    view = arrays.window_view(np, x, axis=-1, kernel=3, stride=2, dilation=1, count=2, at=0)
    np.testing.assert_array_equal(view, [[0, 2], [1, 3], [2, 4]])  # (taps, positions)
    assert np.shares_memory(view, x)


def test_unfold_of_a_1x1_kernel_is_a_copy_and_not_the_input():
    x = np.arange(12.0).reshape(1, 3, 2, 2)
    columns = arrays.unfold(np, x, (1, 1), (1, 1), (0, 0), (1, 1))
    np.testing.assert_array_equal(columns, x.reshape(1, 3, 4))
    assert not np.shares_memory(columns, x)


def test_unfold_takes_a_transposed_image():
    x = torch.randn(2, 6, 5, 3, dtype=torch.float64).permute(0, 3, 1, 2)
    expected = torch.nn.functional.unfold(x, (3, 2), padding=1)
    ours = arrays.unfold(np, x.numpy(), (3, 2), (1, 1), (1, 1), (1, 1))
    np.testing.assert_array_equal(ours, expected.numpy())


def test_cropping_undoes_padding_and_the_border_is_zero():
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    padded = arrays.pad(np, x, (1, 2))
    assert padded.shape == (2, 5, 8) == arrays.padded_shape(x.shape, (1, 2))
    np.testing.assert_array_equal(arrays.crop(padded, (1, 2)), x)
    assert np.abs(padded).sum() == np.abs(x).sum()
    assert arrays.pad(np, x, (0, 0)) is x
