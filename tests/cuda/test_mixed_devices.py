"""Which tensors may meet: all on one device, but for zero-dim tensors of the CPU and index tensors of the CPU."""

from __future__ import annotations

import numpy as np
import pytest
from compare import randn

import minitorch


def on(device, *shape, seed=0):
    return minitorch.tensor(randn(*shape, dtype=np.float32, seed=seed), device=device)


SAME = "Expected all tensors to be on the same device, but found at least two devices"
HERE, THERE = "cpu", "cuda"


@pytest.mark.parametrize("operation", [
    lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a < b, lambda a, b: a @ b, lambda a, b: minitorch.cat([a, b]),
    lambda a, b: minitorch.stack([a, b]), lambda a, b: minitorch.maximum(a, b), lambda a, b: a.add_(b),
    lambda a, b: minitorch.where(a > 0, a, b), lambda a, b: minitorch.nn.functional.linear(a, b),
    lambda a, b: minitorch.exp(a, out=b), lambda a, b: minitorch.addcmul(a, a, b), lambda a, b: a.lerp(b, 0.5),
    lambda a, b: minitorch.nn.functional.mse_loss(a, b), lambda a, b: minitorch.einsum("ij,jk->ik", a, b),
    lambda a, b: minitorch.cdist(a, b), lambda a, b: minitorch.nn.functional.layer_norm(a, (3,), b[0]),
])  # fmt: skip
@pytest.mark.parametrize(("first", "second"), [(HERE, THERE), (THERE, HERE)])
def test_tensors_of_two_devices_are_refused_and_nothing_is_written(operation, first, second):
    a, b = on(first, 3, 3), on(second, 3, 3, seed=1)
    before = a.tolist(), b.tolist()
    with pytest.raises(RuntimeError, match=SAME):
        operation(a, b)
    assert (a.tolist(), b.tolist()) == before


@pytest.mark.parametrize("operation", [
    lambda a, s: a + s, lambda a, s: s - a, lambda a, s: a / s, lambda a, s: s**a.abs(), lambda a, s: a > s,
    lambda a, s: minitorch.where(a > 0, a, s), lambda a, s: minitorch.addcmul(a, a, s), lambda a, s: a.lerp(a, s),
    lambda a, s: a.masked_fill(a > 0, s), lambda a, s: a.clone().mul_(s), lambda a, s: a.clone().fill_(s),
    lambda a, s: minitorch.maximum(a, s), lambda a, s: minitorch.atan2(s, a), lambda a, s: minitorch.clamp(a, s, s + 1),
    lambda a, s: minitorch.add(a, s, out=minitorch.empty_like(a)), lambda a, s: minitorch.add(a, a, alpha=2) * s,
])  # fmt: skip
def test_a_zero_dim_tensor_of_the_host_goes_along_with_the_device(operation):
    number = minitorch.tensor(0.75)
    there = operation(on(THERE, 3, 4), number)
    here = operation(on(HERE, 3, 4), number)
    assert there.is_cuda and there.dtype is here.dtype
    np.testing.assert_allclose(there.cpu().numpy(), here.numpy(), rtol=1e-6)


def test_its_dtype_counts_as_that_of_a_zero_dim_tensor():
    x = minitorch.ones(2, dtype=minitorch.int32, device="cuda")
    assert (x + minitorch.tensor(1)).dtype is minitorch.int32
    assert (x + minitorch.tensor(1.5)).dtype is minitorch.float32
    assert (x.half() * minitorch.tensor(2.0, dtype=minitorch.float64)).dtype is minitorch.float16
    assert (minitorch.tensor(2, device="cuda") * minitorch.tensor(2.5)).is_cuda


def test_its_gradient_goes_home():
    number = minitorch.tensor(0.75, requires_grad=True)
    x = on(THERE, 3, 4).requires_grad_()
    (x * number).sum().backward()
    assert number.grad.is_cpu and x.grad.is_cuda
    np.testing.assert_allclose(number.grad.item(), x.detach().cpu().numpy().sum(), rtol=1e-5)


def test_a_zero_dim_tensor_of_the_device_does_not_go_along_with_the_host():
    number = minitorch.tensor(2.0, device="cuda")
    for refused in (lambda: on(HERE, 3) + number, lambda: number + on(HERE, 3), lambda: on(HERE, 3).mul_(number)):
        with pytest.raises(RuntimeError, match=SAME):
            refused()


def test_the_written_operand_stays_where_it_is():
    number = minitorch.tensor(2.0)
    with pytest.raises(RuntimeError, match=SAME):
        number.add_(on(THERE, 1)[0])
    assert number.item() == 2.0


# ---- indices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [
    [0, 2, 2], [[0, 1], [2, -1]], [True, False, True],
])  # fmt: skip
def test_index_tensors_of_the_host_index_the_device(index):
    x, y = on(THERE, 3, 4), on(HERE, 3, 4)
    index = minitorch.tensor(index)
    assert x[index].is_cuda and x[index].tolist() == y[index].tolist()
    x[index], y[index] = 5, 5
    assert x.tolist() == y.tolist()
    x[index] = minitorch.tensor(7.0)
    y[index] = 7
    assert x.tolist() == y.tolist()
    x[:, minitorch.tensor([0, 1])] = minitorch.zeros(3, 2, device="cuda")
    assert x[:, :2].tolist() == [[0, 0]] * 3


def test_index_put_takes_indices_of_the_host_too():
    x = minitorch.zeros(4, device="cuda")
    x.index_put_((minitorch.tensor([1, 1, 3]),), minitorch.ones(3, device="cuda"), accumulate=True)
    assert x.tolist() == [0, 2, 0, 1]


def test_gradients_of_elements_that_indices_of_the_host_chose():
    x = on(THERE, 4).requires_grad_()
    x[minitorch.tensor([1, 1, 3])].sum().backward()
    assert x.grad.tolist() == [0, 2, 0, 1]


def test_index_tensors_of_the_device_do_not_index_the_host():
    x, index = on(HERE, 3), minitorch.tensor([0], device="cuda")
    for refused in (lambda: x[index], lambda: x.__setitem__(index, 1), lambda: x[index > 0]):
        with pytest.raises((RuntimeError, IndexError)):
            refused()
    with pytest.raises(
        RuntimeError, match="indices should be either on cpu or on the same device as the indexed tensor"
    ):
        x[index]


def test_values_of_the_host_are_not_put_into_the_device():
    x = on(THERE, 3)
    with pytest.raises(RuntimeError, match=SAME):
        x[minitorch.tensor([0, 1])] = minitorch.zeros(2)
    with pytest.raises(RuntimeError):
        x.index_select(0, minitorch.tensor([0]))
    with pytest.raises(RuntimeError):
        x.gather(0, minitorch.tensor([0]))


def test_a_mask_must_be_on_the_device_of_what_it_fills():
    words = "expected self and mask to be on the same device, but got mask on cpu and self on cuda:0"
    with pytest.raises(RuntimeError, match=words):
        on(THERE, 3).masked_fill(minitorch.tensor([True, False, True]), 0)
