"""Two devices: results, kernels, streams and memory of a tensor are where it is, whichever device is current."""

from __future__ import annotations

import numpy as np
import pytest
from compare import integers, randn

import minitorch
from minitorch import optim
from minitorch.kernels import available
from minitorch.nn import functional as F
from minitorch.ops import kernels

pytestmark = pytest.mark.usefixtures("two_gpus")

FUNCTIONS = [
    lambda x: F.gelu(x),
    lambda x: x.sum(1),
    lambda x: x.std(),
    lambda x: x.softmax(-1),
    lambda x: F.layer_norm(x, (33,)),
    lambda x: F.batch_norm(x, None, None, training=True),
    lambda x: F.conv2d(x[None], minitorch.ones(4, 6, 3, 3, dtype=x.dtype, device=x.device), padding=1),
    lambda x: F.max_pool2d(x[None], 2),
    lambda x: F.scaled_dot_product_attention(x, x, x),
    lambda x: x[x > 0].sort().values,
    lambda x: minitorch.cat([x, x]).transpose(0, 2).contiguous(),
    lambda x: x.to(minitorch.float64).cumsum(0),
    lambda x: x @ x.mT,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_results_and_gradients_are_on_the_device_of_the_input(function):
    here = minitorch.tensor(randn(6, 5, 33), requires_grad=True)
    there = here.detach().to("cuda:1").requires_grad_()
    results = function(here), function(there)
    assert results[1].get_device() == 1 and minitorch.cuda.current_device() == 0
    np.testing.assert_allclose(results[1].detach().cpu().numpy(), results[0].detach().numpy(), rtol=1e-4, atol=1e-5)
    cotangent = minitorch.tensor(randn(*results[0].shape)).to(results[0].dtype)
    results[0].backward(cotangent)
    results[1].backward(cotangent.to("cuda:1"))
    assert there.grad.get_device() == 1
    np.testing.assert_allclose(there.grad.cpu().numpy(), here.grad.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("form", [{"fused": True}, {"foreach": True}, {"foreach": False}], ids=str)
def test_an_optimizer_steps_on_parameters_of_both_devices(form):
    start = [randn(7), randn(3, 5)]
    here = [minitorch.tensor(a, requires_grad=True) for a in start]
    there = [minitorch.tensor(a, device=f"cuda:{place}", requires_grad=True) for place, a in enumerate(start)]
    for parameters in (here, there):
        for p in parameters:
            p.grad = (p * p).detach()
        settings = form if parameters is there else {}
        optim.AdamW(parameters, lr=0.1, **settings).step()
    for place, (a, b) in enumerate(zip(here, there)):
        assert b.get_device() == place
        np.testing.assert_allclose(b.detach().cpu().numpy(), a.detach().numpy(), rtol=1e-5)


@pytest.mark.skipif(not available(), reason="emulated kernels need a C++ compiler (g++ or clang++)")
def test_every_ladder_makes_its_results_on_the_device_of_its_inputs():
    backend = minitorch.device("cuda:1").backend

    def arrays_in(found):
        parts = found if isinstance(found, (tuple, list)) else (found,)
        return [each for part in parts for each in (arrays_in(part) if isinstance(part, (tuple, list)) else [part])]

    seen = 0
    for name, ladder in kernels.all_ladders().items():
        rung = ladder.host_rung  # without barriers: those of one are emulated slowly
        if not any(record.host for record in ladder.records):
            continue
        inputs = ladder.example(np.random.default_rng(0), "small", np.dtype(ladder.dtypes[0]))
        given = tuple(backend.from_host(each) if isinstance(each, np.ndarray) else each for each in inputs)
        for array in arrays_in(ladder.run(rung, *given)):
            assert array.device.id == 1, name
            seen += 1
    assert seen > 50


def test_each_device_has_its_own_current_stream_and_memory():
    before = [minitorch.cuda.memory_allocated(place) for place in (0, 1)]
    with minitorch.cuda.stream(minitorch.cuda.Stream(device=1)) as _:
        chosen = minitorch.cuda.current_stream(1)
        assert minitorch.cuda.current_device() == 1
        x = minitorch.tensor(integers(1000), device="cuda")
        assert x.get_device() == 1
    assert minitorch.cuda.current_stream(1) != chosen and minitorch.cuda.current_device() == 0
    after = [minitorch.cuda.memory_allocated(place) for place in (0, 1)]
    assert after[0] == before[0] and after[1] >= before[1] + x.numel() * x.element_size()
