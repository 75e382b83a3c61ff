"""The matrix product by own kernels: every rung on odd shapes and any strides, and their choice on a device."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import randn

import minitorch
from minitorch import kernels
from minitorch.backends.cuda import matmul as setting
from minitorch.core import cuda
from minitorch.ops.kernels import matmul

RUNGS = matmul.LADDERS["matmul"].rungs
SHAPES = [((1, 1), (1, 1)), ((5, 7), (7, 3)), ((129, 33), (33, 130)), ((132, 40), (40, 136)), ((2, 3, 5, 4), (4, 6))]


@pytest.fixture
def emulated():
    with cuda.chosen("emulate"):
        yield


def operand(shape, transposed):
    """An array of that shape; `transposed`: a view of one that lies the other way round."""
    if not transposed:
        return randn(*shape)
    return np.ascontiguousarray(randn(*shape).swapaxes(-1, -2)).swapaxes(-1, -2)


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)], ids=str)
def test_operands_may_lie_either_way_round(rung, shapes, transposed):
    a, b = (operand(shape, way) for shape, way in zip(shapes, transposed))
    np.testing.assert_allclose(matmul.product(a, b, rung), a @ b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rung", RUNGS)
def test_batches_broadcast_and_strides_may_skip_elements(rung):
    a, b = randn(3, 1, 9, 14)[..., ::2], randn(2, 7, 12)[:, :, 1::3]
    np.testing.assert_allclose(matmul.product(a, b, rung), a @ b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("shapes", [((0, 4), (4, 3)), ((3, 0), (0, 2)), ((0, 2, 3), (3, 4)), ((2, 3), (3, 0))], ids=str)
def test_no_elements_give_an_empty_product_or_zeros(rung, shapes):
    a, b = randn(*shapes[0]), randn(*shapes[1])
    found = matmul.product(a, b, rung)
    assert found.shape == (a @ b).shape
    assert not found.any()


@pytest.mark.parametrize("rung", RUNGS)
def test_halves_are_summed_in_float(rung):
    a, b = randn(17, 2000).astype(np.float16), randn(2000, 5).astype(np.float16)
    expected = torch.tensor(a).double() @ torch.tensor(b).double()
    np.testing.assert_allclose(matmul.product(a, b, rung), expected.numpy(), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("rung", RUNGS)
def test_no_two_threads_race(rung, generator):
    a, b = generator.standard_normal((2, 5, 19)), generator.standard_normal((19, 17))
    with kernels.mode("race"):
        found = matmul.product(a, b, rung)
    np.testing.assert_allclose(found, a @ b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kernel", [None, *RUNGS])
def test_the_kernel_that_is_chosen_multiplies_on_a_device_and_differentiates(emulated, kernel, monkeypatch):
    used = []
    launch = matmul._product
    monkeypatch.setattr(matmul, "_product", lambda rung, *operands: used.append(rung) or launch(rung, *operands))
    x, weight, cotangent = randn(2, 3, 5), randn(4, 5), randn(2, 3, 4)
    expected_x, expected_weight = torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=True)
    expected = torch.nn.functional.linear(expected_x, expected_weight)
    expected.backward(torch.tensor(cotangent))
    with setting.using(kernel):
        found_x = minitorch.tensor(x, device="cuda", requires_grad=True)
        found_weight = minitorch.tensor(weight, device="cuda", requires_grad=True)
        found = minitorch.nn.functional.linear(found_x, found_weight)
        found.backward(minitorch.tensor(cotangent, device="cuda"))
    assert used == ([] if kernel is None else [kernel] * 3)
    for mine, theirs in [(found, expected), (found_x.grad, expected_x.grad), (found_weight.grad, expected_weight.grad)]:
        np.testing.assert_allclose(mine.detach().cpu().numpy(), theirs.detach().numpy(), rtol=1e-12)


def test_the_choice_ends_with_its_block_and_leaves_the_cpu_alone(monkeypatch):
    monkeypatch.setattr(matmul, "_product", None)
    with setting.using("matmul_tiled"):
        assert setting.kernel == "matmul_tiled"
        x = minitorch.ones(2, 2)
        assert (x @ x).tolist() == [[2, 2], [2, 2]]
    assert setting.kernel is None


def test_an_unknown_kernel_is_refused():
    with pytest.raises(ValueError, match="no such kernel: 'fast'; there are matmul_naive, .*matmul_tensor_core"):
        setting.kernel = "fast"
    with pytest.raises(ValueError, match="there is no matrix product 'fast'"):
        matmul.product(randn(2, 2), randn(2, 2), "fast")


def test_tensor_cores_are_not_emulated_and_multiply_halves_only():
    halves, floats = np.ones((2, 2), np.float16), np.ones((2, 2), np.float32)
    with pytest.raises(RuntimeError, match="matmul_tensor_core needs a GPU"):
        matmul.product(halves, halves, "matmul_tensor_core")
    with pytest.raises(RuntimeError, match="matmul_tensor_core multiplies float16 and bfloat16, got float32"):
        matmul.product(floats, floats, "matmul_tensor_core")
