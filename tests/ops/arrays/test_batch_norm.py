"""Training batch norm and its derivative against PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from minitorch.ops.arrays import batch_norm, blocks

SHAPES = [(16, 5), (4, 3, 7), (3, 6, 5, 4), (2, 4, 3, 2, 5), (5, 1, 2, 2)]


def array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy()


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("cache_bytes", [1, 2000, 1 << 20])  # blocks of one channel, of a few, of all
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_and_its_derivatives_agree_with_torch(monkeypatch, shape, cache_bytes, affine):
    monkeypatch.setattr(blocks, "CACHE_BYTES", cache_bytes)
    torch.manual_seed(0)
    x = (3 * torch.randn(shape, dtype=torch.float64) + 2).requires_grad_()
    weight = torch.randn(shape[1], dtype=torch.float64, requires_grad=True) if affine else None
    bias = torch.randn(shape[1], dtype=torch.float64, requires_grad=True) if affine else None
    expected, mean, invstd = torch.native_batch_norm(x, weight, bias, None, None, True, 0.1, 1e-3)
    cotangent = torch.randn_like(expected)
    leaves = [t for t in (x, weight, bias) if t is not None]
    grads = torch.autograd.grad(expected, leaves, cotangent)

    w, b = (array(weight), array(bias)) if affine else (None, None)
    out, our_mean, our_invstd = batch_norm.batch_norm_train_forward(np, array(x), w, b, 1e-3)
    assert out.flags.c_contiguous
    np.testing.assert_allclose(out, array(expected), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(our_mean, array(mean), rtol=1e-10)
    np.testing.assert_allclose(our_invstd, array(invstd), rtol=1e-10)
    ours = batch_norm.batch_norm_backward(np, array(cotangent), array(x), w, our_mean, our_invstd)
    for actual, grad in zip(ours, grads):
        np.testing.assert_allclose(actual, array(grad), rtol=1e-9, atol=1e-11)


def test_a_large_mean_does_not_cost_the_variance_its_digits():
    x = torch.randn(64, 4, 28, 28) + 1000
    out, _, invstd = batch_norm.batch_norm_train_forward(np, x.numpy(), None, None, 1e-9)
    np.testing.assert_allclose(invstd, 1 / x.double().var(dim=(0, 2, 3), unbiased=False).sqrt(), rtol=1e-5)
    np.testing.assert_allclose(out, F.batch_norm(x.double(), None, None, training=True, eps=1e-9), atol=1e-3)


def test_float32_statistics_are_good_to_a_few_units_in_the_last_place():
    x = torch.randn(64, 3, 28, 28)
    _, mean, invstd = batch_norm.batch_norm_train_forward(np, x.numpy(), None, None, 1e-5)
    assert mean.dtype == invstd.dtype == np.float32
    np.testing.assert_allclose(mean, x.double().mean(dim=(0, 2, 3)), rtol=0, atol=1e-7)
    np.testing.assert_allclose(invstd**-2.0 - 1e-5, x.double().var(dim=(0, 2, 3), unbiased=False), rtol=1e-6)


def test_float16_images_are_normalized_in_float32():
    x = (torch.randn(8, 3, 6, 6) * 100).half()
    out, mean, _ = batch_norm.batch_norm_train_forward(np, x.numpy(), None, None, 1e-5)
    expected = F.batch_norm(x.double(), None, None, training=True)
    assert out.dtype == np.float16 and mean.dtype == np.float32
    np.testing.assert_allclose(out, expected.half().numpy(), rtol=2**-9, atol=1e-4)


def test_strided_images_and_cotangents_are_read_as_their_values():
    x = torch.randn(5, 4, 3, 6, dtype=torch.float64).permute(3, 1, 0, 2).requires_grad_()
    expected = F.batch_norm(x, None, None, training=True)
    cotangent = torch.randn(3, 5, 4, 6, dtype=torch.float64).permute(3, 2, 1, 0)
    (grad,) = torch.autograd.grad(expected, x, cotangent)
    out, mean, invstd = batch_norm.batch_norm_train_forward(np, array(x), None, None, 1e-5)
    np.testing.assert_allclose(out, array(expected), rtol=1e-10, atol=1e-12)
    ours, _, _ = batch_norm.batch_norm_backward(np, array(cotangent), array(x), None, mean, invstd)
    np.testing.assert_allclose(ours, array(grad), rtol=1e-9, atol=1e-11)
