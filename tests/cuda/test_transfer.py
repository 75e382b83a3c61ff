"""Tensors on their way between host and device: ``to``, ``copy_``, modules, files, NumPy, pinned memory, gradients."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest
from compare import randn

import minitorch
from minitorch import nn

# ---- to, cuda, cpu --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
                                   "float64", "complex64", "complex128"])  # fmt: skip
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 5), (0, 4)])
def test_there_and_back_nothing_has_changed(dtype, shape):
    x = minitorch.tensor(randn(*shape) * 3).to(getattr(minitorch, dtype))
    there = x.to("cuda")
    assert there.is_cuda and not there.is_cpu and there.dtype is x.dtype and there.shape == x.shape
    back = there.cpu()
    assert back.is_cpu and back.dtype is x.dtype and back.tolist() == x.tolist() == there.tolist()


def test_strides_are_preserved_and_gaps_are_not_copied():
    x = minitorch.tensor(randn(3, 4)).t()
    assert x.cuda().stride() == x.stride()
    gaps = minitorch.tensor(randn(3, 8))[:, ::2]
    assert gaps.cuda().stride() == (4, 1)
    np.testing.assert_array_equal(gaps.cuda().cpu().numpy(), gaps.numpy())
    back = minitorch.tensor(randn(2, 3, 4, 5)).cuda().to(memory_format=minitorch.channels_last).cpu()
    assert back.is_contiguous(memory_format=minitorch.channels_last)


def test_a_tensor_that_is_there_is_returned_unless_a_copy_is_asked_for():
    x = minitorch.ones(2, device="cuda")
    assert x.to("cuda") is x and x.cuda() is x and x.to("cuda:0", minitorch.float32) is x
    assert x.to("cuda", copy=True) is not x
    assert x.to(x) is x and x.to(minitorch.ones(1)).is_cpu


def test_device_and_dtype_change_at_once_in_every_form():
    x = minitorch.tensor([1.7, -2.5])
    for moved in (x.to("cuda", minitorch.int64), x.to(device="cuda", dtype=minitorch.int64, non_blocking=True),
                  x.to(minitorch.device("cuda"), minitorch.int64, False, True),
                  x.to(minitorch.zeros(1, dtype=minitorch.int64, device="cuda")),
                  x.cuda(non_blocking=True).to(minitorch.int64)):  # fmt: skip
        assert str(moved.device) == "cuda:0" and moved.get_device() == 0 and moved.tolist() == [1, -2]


def test_memory_is_apart_on_both_sides():
    x = minitorch.zeros(3)
    y = x.cuda()
    x.fill_(1)
    z = y.cpu()
    y.fill_(2)
    assert (x.tolist(), y.tolist(), z.tolist()) == ([1, 1, 1], [2, 2, 2], [0, 0, 0])


def test_between_two_devices(two_gpus):
    x = minitorch.tensor(randn(2, 3), device="cuda:0")
    y = x.to("cuda:1")
    assert y.get_device() == 1 and (y + 1).get_device() == 1 and minitorch.zeros_like(y).get_device() == 1
    np.testing.assert_array_equal(y.cpu().numpy(), x.cpu().numpy())
    assert x.cuda(1).get_device() == 1 and y.cuda(0).get_device() == 0
    with pytest.raises(RuntimeError, match="at least two devices, cuda:0 and cuda:1"):
        x + y


def test_a_pending_conjugation_is_done_on_the_way():
    x = minitorch.tensor([1 + 2j, 3 - 1j])
    assert x.conj().cuda().tolist() == [1 - 2j, 3 + 1j]
    assert x.cuda().conj().cpu().tolist() == [1 - 2j, 3 + 1j]


# ---- made there -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [
    lambda d: minitorch.zeros(2, 3, device=d), lambda d: minitorch.ones(4, dtype=minitorch.int16, device=d),
    lambda d: minitorch.full((2, 2), 1.5, device=d), lambda d: minitorch.full((), True, device=d),
    lambda d: minitorch.arange(7, device=d), lambda d: minitorch.arange(0.0, 1.0, 0.3, device=d),
    lambda d: minitorch.linspace(0, 1, 5, device=d), lambda d: minitorch.eye(3, 4, device=d),
    lambda d: minitorch.tensor([[1, 2], [3, 4]], device=d), lambda d: minitorch.tensor(2.5, device=d),
    lambda d: minitorch.tensor(randn(2, 3), device=d), lambda d: minitorch.as_tensor([1.0, 2.0], device=d),
    lambda d: minitorch.tril_indices(3, 3, device=d), lambda d: minitorch.hann_window(5, device=d),
    lambda d: minitorch.zeros(2, device=d).new_full((2,), 3.0), lambda d: minitorch.ones(2, device=d).new_tensor([1]),
    lambda d: minitorch.full_like(minitorch.ones(2), 4.0, device=d), lambda d: minitorch.scalar_tensor(3, device=d),
    lambda d: minitorch.logspace(0, 1, 3, device=d), lambda d: minitorch.vander(minitorch.arange(3, device=d)),
])  # fmt: skip
def test_what_is_made_on_the_device_is_what_is_made_on_the_host(make):
    there, here = make("cuda"), make("cpu")
    assert there.is_cuda and there.dtype is here.dtype and there.stride() == here.stride()
    np.testing.assert_allclose(there.cpu().numpy(), here.numpy())


@pytest.mark.parametrize("make", ["rand", "randn"])
def test_random_tensors_are_made_there(make):
    x = getattr(minitorch, make)(3, 50, device="cuda")
    assert x.is_cuda and len(set(x.flatten().tolist())) > 100


def test_the_default_device_is_where_tensors_are_made():
    with minitorch.device("cuda"):
        assert minitorch.zeros(2).is_cuda and minitorch.tensor([1.0]).is_cuda and nn.Linear(2, 2).weight.is_cuda
        assert minitorch.zeros(2, device="cpu").is_cpu
    assert minitorch.zeros(2).is_cpu
    minitorch.set_default_device("cuda")
    try:
        assert minitorch.arange(3).is_cuda
    finally:
        minitorch.set_default_device(None)


# ---- to Python and NumPy --------------------------------------------------------------------------------------------


def test_numpy_is_refused_in_pytorchs_words():
    x = minitorch.ones(2, device="cuda")
    words = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu\\(\\) to copy the tensor to host memory"
    for convert in (lambda: x.numpy(), lambda: np.asarray(x), lambda: np.array(x), lambda: np.sin(x)):
        with pytest.raises(TypeError, match=words):
            convert()
    np.testing.assert_array_equal(x.numpy(force=True), [1, 1])


def test_numbers_lists_and_printing():
    x = minitorch.tensor([[1.0, 2.5]], device="cuda")
    assert x[0, 1].item() == 2.5 and float(x[0, 0]) == 1.0 and x.tolist() == [[1.0, 2.5]] and bool(x[0, 0] == 1)
    assert repr(x) == "tensor([[1.0000, 2.5000]], device='cuda:0')"
    assert repr(minitorch.tensor(3, device="cuda")) == "tensor(3, device='cuda:0')"
    assert "device='cuda:0', dtype=torch.float64" in repr(minitorch.tensor(randn(2000), device="cuda"))


def test_dlpack_of_an_emulated_device_is_refused(emulated):
    x = minitorch.ones(2, device="cuda")
    for share in (x.__dlpack_device__, x.__dlpack__, lambda: np.from_dlpack(x)):
        with pytest.raises(BufferError, match="emulated device cuda:0 cannot be shared"):
            share()


# ---- copy_ ----------------------------------------------------------------------------------------------------------


def test_copy_goes_across_with_conversion_and_broadcasting():
    target = minitorch.zeros(2, 3, dtype=minitorch.int32, device="cuda")
    target.copy_(minitorch.tensor([1.9, -2.9, 3.0]), non_blocking=True)
    assert target.tolist() == [[1, -2, 3]] * 2
    here = minitorch.zeros(3, 2).t()
    here.copy_(target)
    assert here.tolist() == [[1, -2, 3]] * 2
    target[0] = minitorch.tensor([7, 8, 9])
    assert target.tolist() == [[7, 8, 9], [1, -2, 3]]


def test_storages_go_across():
    here, there = minitorch.arange(4.0).untyped_storage(), minitorch.zeros(4, device="cuda").untyped_storage()
    there.copy_(here)
    assert there.is_cuda and there.tolist() == here.tolist() == there.cpu().tolist()
    there.resize_(24)
    assert there.nbytes() == 24 and there.tolist()[:16] == here.tolist() and there.data_ptr() != 0


# ---- gradients ------------------------------------------------------------------------------------------------------


def test_gradients_flow_through_transfers():
    x = minitorch.tensor(randn(3), requires_grad=True)
    weight = minitorch.tensor(randn(3, seed=1))
    y = x.to("cuda", minitorch.float32)
    assert y.grad_fn.name() == "ToCopyBackward0"
    (y * weight.to("cuda", minitorch.float32)).sum().cpu().backward()
    assert x.grad.is_cpu and x.grad.dtype is minitorch.float64
    np.testing.assert_allclose(x.grad.numpy(), weight.numpy(), rtol=1e-6)


def test_gradients_of_gradients_flow_through_transfers():
    x = minitorch.tensor(randn(3), requires_grad=True)
    (first,) = minitorch.autograd.grad((x.cuda() ** 3).sum(), x, create_graph=True)
    (second,) = minitorch.autograd.grad(first.sum(), x)
    np.testing.assert_allclose(second.numpy(), 6 * x.detach().numpy(), rtol=1e-12)


def test_gradients_flow_through_copy_into_the_device():
    x = minitorch.tensor(randn(3), requires_grad=True)
    target = minitorch.zeros(3, dtype=minitorch.float64, device="cuda")
    target.copy_(x * 2)
    (target * target).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 8 * x.detach().numpy(), rtol=1e-12)


def test_a_gradient_must_be_on_the_device_of_its_tensor():
    x = minitorch.ones(2, device="cuda", requires_grad=True)
    with pytest.raises(
        RuntimeError, match="assign a gradient with device type 'cpu' to a tensor with device type 'cuda'"
    ):
        x.grad = minitorch.ones(2)
    with pytest.raises(RuntimeError, match="invalid gradient at index 0 - expected device cuda:0 but got cpu"):
        (x * 2).backward(minitorch.ones(2))
    x.sum().backward()
    assert x.grad.is_cuda


# ---- modules --------------------------------------------------------------------------------------------------------


def test_a_module_moves_with_parameters_buffers_and_gradients():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    parameters = list(model.parameters())
    model(minitorch.tensor(randn(5, 3, dtype=np.float32))).sum().backward()
    for move, device in (
        (lambda: model.cuda(), "cuda"),
        (lambda: model.cpu(), "cpu"),
        (lambda: model.to("cuda"), "cuda"),
    ):
        assert move() is model
        tensors = [*model.parameters(), *model.buffers(), *(p.grad for p in model.parameters())]
        assert {t.device.type for t in tensors} == {device}
        assert [p is q for p, q in zip(parameters, model.parameters(), strict=True)] == [True] * 4
    out = model(minitorch.tensor(randn(5, 3, dtype=np.float32), device="cuda"))
    out.sum().backward()
    assert out.is_cuda and parameters[0].grad.is_cuda


def test_a_training_step_on_the_device_is_the_one_on_the_host():
    def trained(device):
        minitorch.manual_seed(0)
        features = nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2)
        model = nn.Sequential(*features, nn.Flatten(), nn.Linear(48, 5))
        model.to(device)
        optimizer = minitorch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        inputs = minitorch.tensor(randn(6, 1, 8, 8, dtype=np.float32), device=device)
        labels = minitorch.tensor([0, 1, 2, 3, 4, 0], device=device)
        losses = []
        for _ in range(4):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    there, here = trained("cuda"), trained("cpu")
    np.testing.assert_allclose(there, here, rtol=1e-4)
    assert there[-1] < there[0]


# ---- copies and files -----------------------------------------------------------------------------------------------


def test_pickles_and_deep_copies_stay_on_the_device():
    x = minitorch.tensor(randn(4), device="cuda")
    for twin in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x), copy.copy(x), x.clone()):
        assert twin.is_cuda and twin.tolist() == x.tolist()


def test_a_file_knows_where_its_tensors_were_and_map_location_decides_where_they_go():
    x = minitorch.tensor(randn(4), device="cuda")
    file = io.BytesIO()
    minitorch.save({"there": x, "here": x.cpu()}, file)

    def loaded(**options):
        file.seek(0)
        return minitorch.load(file, **options)

    found = loaded()
    assert found["there"].is_cuda and found["here"].is_cpu and found["there"].tolist() == x.tolist()
    assert loaded(map_location="cpu")["there"].is_cpu
    assert loaded(map_location="cuda:0")["here"].is_cuda
    assert loaded(map_location={"cuda:0": "cpu"})["there"].is_cpu
    assert loaded(map_location=lambda storage, location: storage)["there"].is_cpu
    assert loaded(map_location=minitorch.device("cuda"))["here"].is_cuda


# ---- pinned memory --------------------------------------------------------------------------------------------------


def test_pinned_memory_is_a_copy_on_the_host_that_says_so():
    x = minitorch.tensor(randn(3, 4)).t()
    pinned = x.pin_memory()
    assert pinned.is_pinned() and pinned.is_cpu and not x.is_pinned() and pinned.stride() == x.stride()
    assert pinned.tolist() == x.tolist() and pinned.pin_memory() is pinned and pinned[1:].is_pinned()
    assert pinned.to("cuda", non_blocking=True).tolist() == x.tolist()
    assert minitorch.ones(2).untyped_storage().pin_memory().is_pinned()


def test_tensors_can_be_made_in_pinned_memory():
    for made in (minitorch.zeros(2, pin_memory=True), minitorch.tensor([0.0, 0.0], pin_memory=True),
                 minitorch.full((2,), 0.0, pin_memory=True), minitorch.zeros_like(minitorch.ones(2), pin_memory=True),
                 minitorch.empty(2, pin_memory=True).zero_(),
                 minitorch.empty_strided((2,), (1,), pin_memory=True).zero_()):  # fmt: skip
        assert made.is_pinned() and made.tolist() == [0, 0]
    assert minitorch.ones(2, pin_memory=True, requires_grad=True).is_leaf


def test_memory_of_the_device_cannot_be_pinned():
    with pytest.raises(RuntimeError, match="cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned"):
        minitorch.ones(2, device="cuda").pin_memory()
    with pytest.raises(RuntimeError, match="Only dense CPU tensors can be pinned"):
        minitorch.ones(2, device="cuda", pin_memory=True)
