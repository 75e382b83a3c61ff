"""Convolution and its derivatives against PyTorch, over random geometries, dtypes, groups and block sizes."""

import random

import numpy as np
import pytest
import torch

from minitorch.ops.arrays import blocks, convolution

CONV = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
CONV_TRANSPOSE = {1: torch.conv_transpose1d, 2: torch.conv_transpose2d, 3: torch.conv_transpose3d}


def array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy()


def assert_close(ours: np.ndarray, expected: torch.Tensor) -> None:
    assert ours.dtype == array(expected).dtype
    np.testing.assert_allclose(ours, array(expected), rtol=1e-10, atol=1e-11)


def random_case(rng: random.Random):
    axes, groups = rng.choice([1, 2, 3]), rng.choice([1, 1, 2, 3])
    channels, channels_out = groups * rng.randint(1, 3), groups * rng.randint(1, 3)

    def draw(low: int, high: int) -> list[int]:
        return [rng.randint(low, high) for _ in range(axes)]

    size, kernel = draw(5, 9), draw(1, 3)
    batch = rng.choice([0, 1, 2, 5])
    return (
        (batch, channels, *size),
        (channels_out, channels // groups, *kernel),
        draw(1, 3),
        draw(0, 2),
        draw(1, 2),
        groups,
    )


def leaf(shape) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("cache_bytes", [1, 3000, 1 << 20])  # blocks of one image, of a few, of all
@pytest.mark.parametrize("seed", range(40))
def test_convolution_and_its_three_derivatives_agree_with_torch(monkeypatch, seed, cache_bytes):
    monkeypatch.setattr(blocks, "CACHE_BYTES", cache_bytes)
    torch.manual_seed(seed)
    x_shape, weight_shape, *geometry = random_case(random.Random(seed))
    x, weight, bias = leaf(x_shape), leaf(weight_shape), leaf(weight_shape[0])
    expected = CONV[len(x_shape) - 2](x, weight, bias, *geometry)
    cotangent = torch.randn_like(expected)
    grads = torch.autograd.grad(expected, (x, weight, bias), cotangent)

    out = convolution.conv_forward(np, array(x), array(weight), array(bias), *geometry)
    assert out.flags.c_contiguous
    assert_close(out, expected)
    g = array(cotangent)
    assert_close(convolution.conv_backward_input(np, g, array(weight), x_shape, *geometry), grads[0])
    assert_close(convolution.conv_backward_weight(np, g, array(x), weight_shape, *geometry), grads[1])
    assert_close(convolution.conv_backward_bias(np, g), grads[2])


@pytest.mark.parametrize("seed", range(30))
def test_a_transposed_convolution_is_the_input_derivative_used_as_a_forward(seed):
    torch.manual_seed(seed)
    rng = random.Random(seed)
    x_shape, weight_shape, stride, padding, dilation, groups = random_case(rng)
    x_shape = (x_shape[0], weight_shape[0], *x_shape[2:])
    extra = [rng.randint(0, s - 1) for s in stride]
    x, weight = leaf(x_shape), leaf(weight_shape)
    expected = CONV_TRANSPOSE[len(stride)](x, weight, None, stride, padding, extra, groups, dilation)
    geometry = (stride, padding, dilation, groups)
    out = convolution.conv_backward_input(np, array(x), array(weight), expected.shape, *geometry)
    assert out.flags.c_contiguous
    assert_close(out, expected)

    cotangent = torch.randn_like(expected)
    grad_x, grad_weight = torch.autograd.grad(expected, (x, weight), cotangent)
    g = array(cotangent)
    assert_close(convolution.conv_forward(np, g, array(weight), None, *geometry), grad_x)
    assert_close(convolution.conv_backward_weight(np, array(x), g, weight_shape, *geometry), grad_weight)


def test_output_padding_larger_than_the_stride_leaves_the_weight_derivative_exact():
    x, weight = leaf((2, 3, 4)), leaf((3, 2, 3))
    expected = torch.conv_transpose1d(x, weight, None, 1, 0, 2, 1, 3)
    cotangent = torch.randn_like(expected)
    _, grad_weight = torch.autograd.grad(expected, (x, weight), cotangent)
    ours = convolution.conv_backward_weight(np, array(x), array(cotangent), weight.shape, (1,), (0,), (3,), 1)
    assert_close(ours, grad_weight)


def test_depthwise_convolution_agrees_with_torch():
    x, weight = leaf((3, 4, 7, 6)), leaf((4, 1, 3, 3))
    geometry = ((2, 1), (1, 1), (1, 2), 4)
    expected = torch.conv2d(x, weight, None, *geometry)
    cotangent = torch.randn_like(expected)
    grads = torch.autograd.grad(expected, (x, weight), cotangent)
    g = array(cotangent)
    assert_close(convolution.conv_forward(np, array(x), array(weight), None, *geometry), expected)
    assert_close(convolution.conv_backward_input(np, g, array(weight), x.shape, *geometry), grads[0])
    assert_close(convolution.conv_backward_weight(np, g, array(x), weight.shape, *geometry), grads[1])


def test_strided_inputs_and_cotangents_give_a_contiguous_result():
    x = torch.randn(4, 9, 8, 3, dtype=torch.float64).permute(0, 3, 1, 2)[:, :, ::2].requires_grad_()
    weight = torch.randn(3, 3, 3, 5, dtype=torch.float64).permute(3, 0, 1, 2).requires_grad_()
    geometry = ((1, 1), (0, 1), (1, 1), 1)
    expected = torch.conv2d(x, weight, None, *geometry)
    cotangent = torch.randn(expected.shape[::-1], dtype=torch.float64).permute(3, 2, 1, 0)
    grads = torch.autograd.grad(expected, (x, weight), cotangent)
    out = convolution.conv_forward(np, array(x), array(weight), None, *geometry)
    assert out.flags.c_contiguous
    assert_close(out, expected)
    g = array(cotangent)
    assert_close(convolution.conv_backward_input(np, g, array(weight), x.shape, *geometry), grads[0])
    assert_close(convolution.conv_backward_weight(np, g, array(x), weight.shape, *geometry), grads[1])


def test_an_expanded_cotangent_of_stride_zero_is_read_as_its_values():
    x, weight = leaf((2, 3, 6)), leaf((4, 3, 3))
    expected = torch.conv1d(x, weight)
    cotangent = torch.tensor(2.0, dtype=torch.float64).expand(expected.shape)
    grads = torch.autograd.grad(expected, (x, weight), cotangent)
    geometry = ((1,), (0,), (1,), 1)
    g = array(cotangent)
    assert_close(convolution.conv_backward_input(np, g, array(weight), x.shape, *geometry), grads[0])
    assert_close(convolution.conv_backward_weight(np, g, array(x), weight.shape, *geometry), grads[1])


def test_float32_stays_float32_and_agrees_to_its_precision():
    x, weight, bias = torch.randn(8, 16, 14, 14), torch.randn(32, 16, 3, 3), torch.randn(32)
    expected = torch.conv2d(x.double(), weight.double(), bias.double(), padding=1)
    geometry = ((1, 1), (1, 1), (1, 1), 1)
    out = convolution.conv_forward(np, array(x), array(weight), array(bias), *geometry)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected.numpy(), rtol=1e-5, atol=1e-4)


def test_float16_is_summed_in_float32_and_rounded_once():
    x = (torch.randn(2, 64, 6, 6) / 4).half()
    weight, bias = (torch.randn(8, 64, 3, 3) / 4).half(), torch.randn(8).half()
    geometry = ((1, 1), (1, 1), (1, 1), 1)
    wide = torch.conv2d(x.float(), weight.float(), bias.float(), padding=1)
    out = convolution.conv_forward(np, array(x), array(weight), array(bias), *geometry)
    assert out.dtype == np.float16
    np.testing.assert_allclose(out, wide.half().numpy(), rtol=2**-10)
    g = array(wide.half())
    assert convolution.conv_backward_input(np, g, array(weight), x.shape, *geometry).dtype == np.float16
    ours = convolution.conv_backward_weight(np, g, array(x), weight.shape, *geometry)
    expected = torch.nn.grad.conv2d_weight(x.float(), weight.shape, wide.half().float(), padding=1)
    assert ours.dtype == np.float16
    np.testing.assert_allclose(ours, expected.half().numpy(), rtol=2**-10, atol=2**-10)
    ones = np.full((3000, 1, 4), 0.5, dtype=np.float16)
    np.testing.assert_array_equal(convolution.conv_backward_bias(np, ones), [6000.0])  # float16 stalls at 1024


def test_blocks_grow_to_the_size_of_large_weights(monkeypatch):
    monkeypatch.setattr(blocks, "CACHE_BYTES", 1)
    rows = np.zeros((1, 8, 100))
    steps = list(convolution.image_blocks(np, 10, rows, (1, 2)))  # one image is 108 * 2 numbers, the weights 800
    assert steps == [slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 10)]
