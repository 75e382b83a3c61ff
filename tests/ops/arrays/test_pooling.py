"""Max and average pooling against PyTorch: values, indices, derivatives, ties, NaN, infinities, every option."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from minitorch.ops.arrays import blocks, pooling

MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def random_geometry(rng: random.Random) -> tuple[list[int], ...]:
    axes = rng.choice([1, 2, 3])

    def draw(low: int, high: int) -> list[int]:
        return [rng.randint(low, high) for _ in range(axes)]

    size, kernel, stride, dilation = draw(5, 9), draw(1, 4), draw(1, 3), draw(1, 2)
    size = [max(n, d * (k - 1) + 1) for n, k, d in zip(size, kernel, dilation)]
    return size, kernel, stride, [rng.randint(0, k // 2) for k in kernel], dilation


def plain(x: torch.Tensor) -> torch.Tensor:
    return x


def with_ties(x: torch.Tensor) -> torch.Tensor:
    return x.round()


def with_nan(x: torch.Tensor) -> torch.Tensor:
    return x.masked_fill(torch.rand(x.shape) < 0.2, float("nan"))


def with_minus_infinity(x: torch.Tensor) -> torch.Tensor:
    return x.masked_fill(torch.rand(x.shape) < 0.7, -float("inf"))


def with_all_of_them(x: torch.Tensor) -> torch.Tensor:
    return with_nan(with_minus_infinity(with_ties(x)))


@pytest.mark.parametrize("content", [plain, with_ties, with_nan, with_minus_infinity, with_all_of_them])
@pytest.mark.parametrize("seed", range(30))
def test_max_pooling_agrees_with_torch_in_values_indices_and_derivative(monkeypatch, seed, content):
    monkeypatch.setattr(blocks, "CACHE_BYTES", [1, 3000, 1 << 20][seed % 3])
    torch.manual_seed(seed)
    rng = random.Random(seed)
    size, *geometry = random_geometry(rng)
    ceil_mode = rng.random() < 0.5
    x = content(torch.randn(rng.randint(1, 4), 3, *size, dtype=torch.float64)).requires_grad_()
    values, indices = MAX_POOL[len(size)](x, *geometry, ceil_mode, return_indices=True)
    cotangent = torch.randn_like(values)
    (grad,) = torch.autograd.grad(values, x, cotangent)

    ours, where = pooling.max_pool_forward(np, x.detach().numpy(), *geometry, ceil_mode)
    np.testing.assert_array_equal(ours, values.detach().numpy())
    assert where.dtype == np.int64
    np.testing.assert_array_equal(where, indices.numpy())
    ours = pooling.max_pool_backward(np, cotangent.numpy(), where, x.shape)
    np.testing.assert_allclose(ours, grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_average_pooling_agrees_with_torch_in_values_and_derivative(monkeypatch, seed):
    monkeypatch.setattr(blocks, "CACHE_BYTES", [1, 3000, 1 << 20][seed % 3])
    torch.manual_seed(seed)
    rng = random.Random(seed)
    size, kernel, stride, padding, _ = random_geometry(rng)
    ceil_mode, count_include_pad = rng.random() < 0.5, rng.random() < 0.5
    divisor = rng.choice([None, 3]) if len(size) > 1 else None
    divisor_argument = {"divisor_override": divisor} if len(size) > 1 else {}
    x = torch.randn(rng.randint(1, 4), 3, *size, dtype=torch.float64, requires_grad=True)
    expected = AVG_POOL[len(size)](x, kernel, stride, padding, ceil_mode, count_include_pad, **divisor_argument)
    cotangent = torch.randn_like(expected)
    (grad,) = torch.autograd.grad(expected, x, cotangent)

    geometry = (kernel, stride, padding)
    ours = pooling.avg_pool_forward(np, x.detach().numpy(), *geometry, ceil_mode, count_include_pad, divisor)
    np.testing.assert_allclose(ours, expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    ours = pooling.avg_pool_backward(np, cotangent.numpy(), x.shape, *geometry, count_include_pad, divisor)
    np.testing.assert_allclose(ours, grad.numpy(), rtol=1e-10, atol=1e-12)


def test_of_equal_maxima_the_first_wins_and_of_several_nan_the_last():
    equal = np.zeros((1, 1, 2, 2))
    nan = np.array([[[[np.nan, 1.0], [np.nan, 2.0]]]])
    two = ((2, 2), (2, 2), (0, 0), (1, 1), False)
    assert pooling.max_pool_forward(np, equal, *two)[1].item() == 0
    assert pooling.max_pool_forward(np, nan, *two)[1].item() == 2


def test_overlapping_windows_add_their_gradients_at_a_shared_winner():
    x = np.array([[[0.0, 9.0, 0.0]]])
    _, indices = pooling.max_pool_forward(np, x, (2,), (1,), (0,), (1,), False)
    grad = pooling.max_pool_backward(np, np.array([[[10.0, 1.0]]]), indices, x.shape)
    np.testing.assert_array_equal(grad, [[[0.0, 11.0, 0.0]]])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64, torch.int32, torch.uint8])
def test_max_pooling_keeps_the_dtype(dtype):
    x = (torch.randn(2, 3, 6, 6) * 50).abs().to(dtype)
    if dtype in (torch.int32, torch.int64):
        x -= 200  # a border of zeros would win
    values, indices = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    ours, where = pooling.max_pool_forward(np, x.numpy(), (3, 3), (2, 2), (1, 1), (1, 1), False)
    assert ours.dtype == x.numpy().dtype
    np.testing.assert_array_equal(ours, values.numpy())
    np.testing.assert_array_equal(where, indices.numpy())


def test_average_pooling_divides_integers_towards_zero_and_sums_float16_in_float32():
    x = torch.arange(-8, 8).reshape(1, 1, 4, 4)
    two = ((2, 2), (2, 2), (0, 0))
    ours = pooling.avg_pool_forward(np, x.numpy(), *two, False, True, None)
    np.testing.assert_array_equal(ours, F.avg_pool2d(x, 2).numpy())
    large = np.full((1, 1, 64, 64), 60000.0, dtype=np.float16)  # the sum of two overflows float16
    whole = pooling.avg_pool_forward(np, large, (64, 64), (64, 64), (0, 0), False, True, None)
    assert whole.dtype == np.float16
    np.testing.assert_array_equal(whole, large[:, :, :1, :1])


def test_an_empty_batch_pools_to_an_empty_batch():
    x = np.zeros((0, 3, 4, 4))
    two = ((2, 2), (2, 2), (0, 0))
    values, indices = pooling.max_pool_forward(np, x, *two, (1, 1), False)
    assert values.shape == indices.shape == (0, 3, 2, 2)
    assert pooling.max_pool_backward(np, values, indices, x.shape).shape == x.shape
    assert pooling.avg_pool_forward(np, x, *two, False, True, None).shape == (0, 3, 2, 2)
    assert pooling.avg_pool_backward(np, values, x.shape, *two, True, None).shape == x.shape


def test_a_window_of_more_than_256_taps_still_knows_its_winner():
    x = torch.randn(2, 2, 40, 40, dtype=torch.float64)
    values, indices = F.max_pool2d(x, 20, return_indices=True)
    ours, where = pooling.max_pool_forward(np, x.numpy(), (20, 20), (20, 20), (0, 0), (1, 1), False)
    np.testing.assert_array_equal(ours, values.numpy())
    np.testing.assert_array_equal(where, indices.numpy())


def test_strided_images_pool_like_contiguous_ones():
    x = torch.randn(6, 7, 2, 3, dtype=torch.float64).permute(2, 3, 0, 1)
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    ours, where = pooling.max_pool_forward(np, x.numpy(), (2, 2), (2, 2), (0, 0), (1, 1), False)
    np.testing.assert_array_equal(ours, values.numpy())
    np.testing.assert_array_equal(where, indices.numpy())
    assert ours.flags.c_contiguous and where.flags.c_contiguous
