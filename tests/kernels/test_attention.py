"""The attention kernels against PyTorch's scaled_dot_product_attention and its gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from minitorch import kernels
from minitorch.ops.kernels import attention

FORWARD = attention.LADDERS["attention"].rungs
BACKWARD = attention.LADDERS["attention backward"].rungs


@pytest.fixture(autouse=True)
def fast():
    with kernels.mode("fast"):
        yield


def inputs(generator, problems, queries, keys, head, dtype=np.float64):
    return (
        generator.standard_normal((problems, queries, head)).astype(dtype),
        generator.standard_normal((problems, keys, head)).astype(dtype),
        generator.standard_normal((problems, keys, head)).astype(dtype),
    )


@pytest.mark.parametrize("rung", FORWARD)
@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (2, 5, 70, 8), (3, 65, 33, 32), (1, 40, 40, 64)], ids=str)
@pytest.mark.parametrize("causal", [False, True])
def test_forward_is_pytorchs(rung, sizes, causal, generator):
    q, k, v = inputs(generator, *sizes)
    out, _ = attention.forward(q, k, v, None, 0.3, causal, rung)
    expected = F.scaled_dot_product_attention(*map(torch.from_numpy, (q, k, v)), is_causal=causal, scale=0.3)
    np.testing.assert_allclose(out, expected.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("rung", FORWARD)
def test_a_mask_for_every_problem_is_added_to_the_scores(rung, generator):
    q, k, v = inputs(generator, 3, 9, 17, 16)
    mask = generator.standard_normal((3, 9, 17))
    mask[1, :, 4] = -math.inf
    out, _ = attention.forward(q, k, v, mask, 0.25, False, rung)
    expected = F.scaled_dot_product_attention(
        *map(torch.from_numpy, (q, k, v)), attn_mask=torch.from_numpy(mask), scale=0.25
    )
    np.testing.assert_allclose(out, expected.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("rung", FORWARD)
def test_scores_of_a_thousand_do_not_overflow(rung, generator):
    q, k, v = inputs(generator, 1, 4, 40, 8, np.float32)
    out, _ = attention.forward(q * 100, k * 100, v, None, 1.0, False, rung)
    expected = F.scaled_dot_product_attention(*map(torch.from_numpy, (q * 100, k * 100, v)), scale=1.0)
    np.testing.assert_allclose(out, expected.numpy(), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("rung", BACKWARD)
@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (2, 70, 5, 8), (3, 33, 65, 32)], ids=str)
@pytest.mark.parametrize("causal", [False, True])
def test_gradients_are_pytorchs(rung, sizes, causal, generator):
    q, k, v = inputs(generator, *sizes)
    out, lse = attention.forward(q, k, v, None, 0.3, causal)
    dout = generator.standard_normal(out.shape)
    tensors = [torch.from_numpy(each).requires_grad_() for each in (q, k, v)]
    F.scaled_dot_product_attention(*tensors, is_causal=causal, scale=0.3).backward(torch.from_numpy(dout))
    gradients = attention.backward(dout, q, k, v, None, out, lse, 0.3, causal, rung)
    for gradient, tensor in zip(gradients, tensors):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-11, atol=1e-12)


def test_a_head_that_is_too_large_is_refused(generator):
    q, k, v = inputs(generator, 1, 2, 2, 129)
    with pytest.raises(ValueError, match="at most 128 elements, got 129"):
        attention.forward(q, k, v, None, 1.0, False)
