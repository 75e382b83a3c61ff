"""Rows of a table by kernels: every rung, and the operator on a device, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import randn

import minitorch
from minitorch import kernels
from minitorch.core import cuda
from minitorch.ops.kernels import embedding

FORWARD = embedding.LADDERS["embedding"].rungs
GRADIENT = embedding.LADDERS["embedding_gradient"].rungs
SIZES = [(1, 1, 1), (7, 33, 40), (200, 5, 9), (3, 130, 500), (4, 3, 0), (5, 0, 3)]  # table, width, count


@pytest.mark.parametrize("rung", FORWARD)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_rows_are_those_the_indices_name(rung, size, generator):
    table, width, count = size
    weight, indices = randn(table, width), generator.integers(0, table, count)
    np.testing.assert_array_equal(embedding.forward(weight, indices, rung), weight[indices])


@pytest.mark.parametrize("rung", GRADIENT)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("padding", [-1, 2])
def test_gradients_of_equal_indices_add_up(rung, size, padding, generator):
    table, width, count = size
    grad, indices = randn(count, width), generator.integers(0, table, count)
    expected = torch.ops.aten.embedding_dense_backward(torch.tensor(grad), torch.tensor(indices), table, padding, False)
    found = embedding.gradient(np, grad, indices, table, padding, rung=rung)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12, atol=1e-13)


def test_sums_in_sorted_order_are_the_same_every_time(generator):
    grad, indices = generator.standard_normal((3000, 17)).astype(np.float32), generator.integers(0, 3, 3000)
    first = embedding.gradient(np, grad, indices, 3)
    with kernels.mode("fast"):
        np.testing.assert_array_equal(first, embedding.gradient(np, grad, indices, 3))


@pytest.mark.parametrize("name, rung", [("embedding", rung) for rung in FORWARD] + [
    ("embedding_gradient", rung) for rung in GRADIENT
])  # fmt: skip
def test_no_two_threads_race(name, rung, generator):
    ladder = embedding.LADDERS[name]
    inputs = ladder.example(generator, "small", np.dtype(np.float64))
    with kernels.mode("race"):
        found = ladder.run(rung, *inputs)
    np.testing.assert_allclose(found, ladder.reference(*inputs), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("scale_grad_by_freq", [False, True])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_the_operator_uses_them_on_a_device(scale_grad_by_freq, dtype, monkeypatch):
    used = set()
    kernel = embedding._kernel
    monkeypatch.setattr(embedding, "_kernel", lambda rung, dtype: used.add(rung) or kernel(rung, dtype))
    weight, indices = randn(6, 5), np.array([[1, 4, 4, 2], [0, 4, 2, 1]], dtype)
    cotangent = randn(2, 4, 5)
    options = {"padding_idx": 2, "scale_grad_by_freq": scale_grad_by_freq}
    wanted_weight = torch.tensor(weight, requires_grad=True)
    wanted = torch.nn.functional.embedding(torch.tensor(indices), wanted_weight, **options)
    wanted.backward(torch.tensor(cotangent))
    with cuda.chosen("emulate"):
        found_weight = minitorch.tensor(weight, device="cuda", requires_grad=True)
        found = minitorch.nn.functional.embedding(minitorch.tensor(indices, device="cuda"), found_weight, **options)
        found.backward(minitorch.tensor(cotangent, device="cuda"))
        np.testing.assert_array_equal(found.detach().cpu().numpy(), wanted.detach().numpy())
        np.testing.assert_allclose(found_weight.grad.cpu().numpy(), wanted_weight.grad.numpy(), rtol=1e-12)
    assert used == {"embedding_row", "embedding_gradient_sorted"}
