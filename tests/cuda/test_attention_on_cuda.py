"""Scaled dot-product attention on a device: one kernel, with PyTorch's results and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch import kernels

SHAPE = (2, 3, 9, 16)
by_kernels = pytest.mark.skipif(not kernels.available(), reason="emulated kernels need a C++ compiler (g++ or clang++)")


def masks(generator):
    return {
        "none": None,
        "bool": generator.random((9, 9)) > 0.3,
        "float": generator.standard_normal((9, 9)).astype(np.float32),
        "one for every batch": generator.standard_normal((2, 1, 9, 9)).astype(np.float32),
    }


def attend(engine, device, arrays, mask, dout, **options):
    q, k, v = (engine.tensor(each).to(device).requires_grad_() for each in arrays)
    mask = None if mask is None else engine.tensor(mask).to(device)
    out = engine.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, **options)
    out.backward(engine.tensor(dout).to(device))
    return out, [each.detach().cpu().numpy() for each in (out, q.grad, k.grad, v.grad)]


@pytest.mark.parametrize("mask", ["none", "bool", "float", "one for every batch"])
@pytest.mark.parametrize("options", [{}, {"scale": 0.7}, {"is_causal": True}], ids=str)
def test_results_and_gradients_are_pytorchs(mask, options):
    generator = np.random.default_rng(0)
    arrays = [generator.standard_normal(SHAPE).astype(np.float32) for _ in range(3)]
    dout = generator.standard_normal(SHAPE).astype(np.float32)
    given = masks(generator)[mask]
    if given is not None and options.get("is_causal"):
        with pytest.raises(RuntimeError, match="attn_mask should not be set when is_causal=True"):
            attend(minitorch, "cuda", arrays, given, dout, **options)
        return
    _, expected = attend(torch, "cpu", arrays, given, dout, **options)
    _, found = attend(minitorch, "cuda", arrays, given, dout, **options)
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=3e-6)


@by_kernels
@pytest.mark.parametrize("options, fused", [({}, True), ({"dropout_p": 0.5}, False)])
def test_dropout_alone_stores_the_weights(options, fused):
    generator = np.random.default_rng(0)
    arrays = [generator.standard_normal(SHAPE).astype(np.float32) for _ in range(3)]
    out, _ = attend(minitorch, "cuda", arrays, None, arrays[0], **options)
    names, node = [], out.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    assert ("ScaledDotProductEfficientAttentionBackward0" in names) is fused


@by_kernels
def test_a_second_derivative_is_refused_as_pytorchs_fused_kernels_refuse_it():
    q = minitorch.randn(SHAPE, device="cuda", requires_grad=True)
    out = minitorch.nn.functional.scaled_dot_product_attention(q, q, q)
    (gradient,) = minitorch.autograd.grad(out.sum(), q, create_graph=True)
    with pytest.raises(RuntimeError, match="not implemented"):
        gradient.sum().backward()


@by_kernels
def test_the_tiled_rungs_compute_forward_and_backward():
    q = minitorch.randn(SHAPE, device="cuda", requires_grad=True)
    with minitorch.profiler.count_launches() as counter:
        minitorch.nn.functional.scaled_dot_product_attention(q, q, q).sum().backward()
    assert {"attention_tiled", "attention_backward_query", "attention_backward_tiled"} <= set(counter.by_name)
