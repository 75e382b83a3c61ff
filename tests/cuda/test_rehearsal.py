"""The code for a real GPU, rehearsed where there is none: a stand-in for CuPy (``fake_cupy``) is imported by it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch import kernels, optim
from minitorch.core import cuda
from minitorch.core.cuda.backend import CUDABackend
from minitorch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))

import fake_cupy

pytestmark = pytest.mark.skipif(not kernels.available(), reason="kernels on the CPU need a C++ compiler")


@pytest.fixture
def cupy(monkeypatch):
    made = fake_cupy.installed(1, monkeypatch)
    with cuda.chosen("cupy"):
        yield made


@pytest.fixture
def two(monkeypatch):
    made = fake_cupy.installed(2, monkeypatch)
    with cuda.chosen("cupy"):
        yield made


def here_and_there(function, *arrays):
    """The results on the CPU and on the device."""
    here = function(*[minitorch.tensor(a) for a in arrays])
    there = function(*[minitorch.tensor(a, device="cuda") for a in arrays])
    assert there.is_cuda
    return here.numpy(), there.cpu().numpy()


def test_the_backend_is_the_one_for_cupy(cupy):
    backend = minitorch.device("cuda").backend
    assert type(backend) is CUDABackend and not cuda.is_emulated()
    assert minitorch.cuda.get_device_name() == "Stand-in" and minitorch.cuda.get_device_capability() == (9, 0)
    assert minitorch.cuda.mem_get_info()[1] == fake_cupy.TOTAL


X = np.random.default_rng(0).standard_normal((6, 5, 33)).astype(np.float32)
INDEX = np.random.default_rng(1).integers(0, 5, (6, 5, 33))
FUNCTIONS = [
    lambda x: x.transpose(0, 2)[1:, :, ::2] * 2 + 1,
    lambda x: x.softmax(-1) @ x.transpose(1, 2),
    lambda x: F.layer_norm(x, (33,)).relu().sum((0, 2)),
    lambda x: minitorch.where(x > 0, x, 0.5).cumsum(1).max(0).values,
    lambda x: x.gather(1, minitorch.tensor(INDEX, device=x.device)),
    lambda x: x[x[:, 0, 0] > 0].sum(),
    lambda x: F.conv2d(x[None], minitorch.ones(4, 6, 3, 3, device=x.device), padding=1),
    lambda x: F.max_pool2d(x[None], 2),
    lambda x: F.gelu(x).std(),
    lambda x: minitorch.linalg.cholesky(x[:, :, :5] @ x[:, :, :5].mT + minitorch.eye(5, device=x.device)),
    lambda x: minitorch.lgamma(x.abs() + 1),
    lambda x: x[:, :0],
    lambda x: minitorch.cat([x, x], 1).flip(0).sort(-1).values,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_operators_are_computed_as_on_the_cpu(cupy, function):
    here, there = here_and_there(function, X)
    np.testing.assert_allclose(there, here, rtol=2e-5, atol=2e-5)


def test_training_with_kernels_and_tables_of_parameters(cupy):
    def losses(device):
        minitorch.manual_seed(0)
        model = minitorch.nn.Sequential(minitorch.nn.Linear(33, 16), minitorch.nn.GELU(), minitorch.nn.Linear(16, 5))
        model.to(device)
        x = minitorch.tensor(X[:, 0], device=device)
        target = minitorch.tensor(INDEX[:, 0, 0], device=device)
        optimizer = optim.AdamW(model.parameters(), lr=0.01, fused=True)
        found = []
        for _ in range(4):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), target)
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        return found

    assert losses("cuda") == pytest.approx(losses("cpu"), rel=1e-4)
    assert any("adam" in name for made in fake_cupy.RawModule.made for name in made.names)


def test_memory_is_counted_and_given_back(cupy):
    before = minitorch.cuda.memory_allocated()
    x = minitorch.empty(1000, device="cuda")
    assert minitorch.cuda.memory_allocated() - before == 4096 and minitorch.cuda.memory_reserved() >= 4096
    del x
    assert minitorch.cuda.memory_allocated() == before
    minitorch.cuda.empty_cache()
    with pytest.raises(minitorch.cuda.OutOfMemoryError, match="CUDA out of memory. Tried to allocate"):
        minitorch.empty(fake_cupy.TOTAL, device="cuda")
    minitorch.cuda.set_per_process_memory_fraction(0.001)
    with pytest.raises(minitorch.cuda.OutOfMemoryError):
        minitorch.empty(fake_cupy.TOTAL // 100, device="cuda")


def test_streams_and_events(cupy):
    stream, other = minitorch.cuda.Stream(), minitorch.cuda.Stream(priority=-1)
    start, end = (minitorch.cuda.Event(enable_timing=True) for _ in range(2))
    with stream:
        start.record()
        x = minitorch.ones(3, device="cuda") * 2
        end.record()
        assert cupy.cuda.get_current_stream().ptr == stream.cuda_stream
    other.wait_stream(stream)
    x.record_stream(other)
    end.synchronize()
    assert start.elapsed_time(end) >= 0 and end.query() and stream.query()
    assert cupy.cuda.get_current_stream().ptr == 0
    minitorch.cuda.synchronize()
    assert minitorch.cuda.ExternalStream(77).cuda_stream == 77


def test_random_numbers_and_pinned_memory(cupy):
    minitorch.cuda.manual_seed(3)
    drawn = minitorch.rand(100, device="cuda").cpu()
    minitorch.cuda.manual_seed(3)
    assert drawn.equal(minitorch.rand(100, device="cuda").cpu()) and 0 < drawn.mean().item() < 1
    pinned = minitorch.ones(5).pin_memory()
    assert pinned.is_pinned() and pinned.to("cuda", non_blocking=True).sum().item() == 5


def test_an_empty_storage_has_views_with_offsets(cupy):
    x = minitorch.empty(0, 4, device="cuda")
    assert x[:, 2:].array.shape == (0, 2) and x.as_strided((0, 2), (4, 1), 2).sum().item() == 0


def test_a_kernel_that_nvrtc_refuses_is_an_error_in_its_words(cupy, tmp_path):
    path = tmp_path / "own.cu"
    path.write_text("__global__ void refuse(float* x) { x[0] = 1; }\n")
    with pytest.raises(kernels.KernelError, match="NVRTC cannot compile own.cu"):
        kernels.load(path)["refuse"](1, 1, (minitorch.zeros(1, device="cuda").array,))


@pytest.mark.parametrize("grid, block", [((1, 65536), 1), ((1, 1, 70000), 1), (2**31, 1), (1, 1025), (1, (32, 64))])
def test_launches_that_no_gpu_takes_are_refused_before_it_is_asked(cupy, tmp_path, grid, block):
    path = tmp_path / "own.cu"
    path.write_text("__global__ void touch(float* x) { x[0] = 1; }\n")
    with pytest.raises(ValueError, match="a GPU takes"):
        kernels.load(path)["touch"](grid, block, (minitorch.zeros(1, device="cuda").array,))


@pytest.mark.parametrize("function", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_the_second_device_works_while_the_first_is_the_current_one(two, function):
    here = function(minitorch.tensor(X))
    there = function(minitorch.tensor(X, device="cuda:1"))
    assert there.device.index == 1 and minitorch.cuda.current_device() == 0
    np.testing.assert_allclose(there.cpu().numpy(), here.numpy(), rtol=2e-5, atol=2e-5)


def test_tensors_go_from_one_device_to_the_other(two):
    x = minitorch.tensor(X, device="cuda:0", requires_grad=True)
    y = x.to("cuda:1")
    (y * 2).sum().backward()
    assert y.device.index == 1 and x.grad.device.index == 0 and x.grad.cpu().eq(2).all()


def test_what_was_saved_on_a_device_is_loaded_there_or_elsewhere(cupy):
    kept = io.BytesIO()
    minitorch.save({"x": minitorch.tensor(X, device="cuda")[:, 1:]}, kept)
    for place, expected in ((None, "cuda"), ("cuda", "cuda"), ("cpu", "cpu")):
        kept.seek(0)
        loaded = minitorch.load(kept, map_location=place)["x"]
        assert loaded.device.type == expected
        np.testing.assert_array_equal(loaded.cpu().numpy(), X[:, 1:])


BF16 = minitorch.bfloat16
CHOICES = [
    lambda x: minitorch.where(x > 0, x, -x),
    lambda x: x.masked_fill(x > 0, 0.5),
    lambda x: x.tril() + x.triu(1),
    lambda x: x.unique(),
    lambda x: minitorch.isin(x, x[:1]),
    lambda x: x.softmax(-1),
    lambda x: x.clamp(-0.5, 0.5),
    lambda x: F.scaled_dot_product_attention(x[None], x[None], x[None], attn_mask=x @ x.mT > 0),
]


@pytest.mark.parametrize("function", CHOICES, ids=range(len(CHOICES)))
def test_bfloat16_stays_bfloat16_where_cupy_makes_it_float32_or_refuses(cupy, function):
    x = minitorch.tensor(X[0]).to(BF16)
    here, there = function(x), function(x.cuda())
    assert there.dtype is here.dtype
    np.testing.assert_allclose(there.cpu().float().numpy(), here.float().numpy(), rtol=2e-2, atol=2e-2)
