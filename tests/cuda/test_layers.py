"""Layers on the device: PyTorch's own inputs for its modules, computed by PyTorch on the CPU and by minitorch there.

Parameters and buffers are PyTorch's, brought over by ``state_dict``; compared are the results, the gradients of inputs
and parameters, the buffers afterwards, and what is left after a journey to the CPU and back.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
import sweep
import torch
from compare import randn
from torch.testing._internal.common_modules import module_db

import minitorch
from minitorch import nn

SAMPLES = 4


def modules():
    return [info for info in module_db if hasattr(nn, info.name.rpartition(".")[2])]


def constructors(info, dtype):
    """PyTorch's and minitorch's module of each sample, with equal parameters, and the arguments of a call."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = info.module_inputs_func(info, "cpu", dtype, requires_grad=True, training=True)
    for sample in samples[:: max(1, len(samples) // SAMPLES)][:SAMPLES]:
        args, kwargs = sample.constructor_input.args, sample.constructor_input.kwargs
        theirs = info.module_cls(*args, **kwargs).to(dtype)
        (args, kwargs) = sweep.for_engine(minitorch, (args, kwargs), "cpu", False)
        ours = getattr(nn, info.name.rpartition(".")[2])(*args, **kwargs).to(getattr(minitorch, str(dtype)[6:]))
        ours.load_state_dict(
            {key: minitorch.from_numpy(value.detach().numpy().copy()) for key, value in theirs.state_dict().items()}
        )
        yield theirs, ours, sample.forward_input


def called(engine, module, inputs, device):
    """Results, and the gradients of inputs and parameters."""
    args, kwargs = sweep.for_engine(engine, (inputs.args, inputs.kwargs), device, True)
    results = [t for t in sweep.tensors_in(module(*args, **kwargs)) if t.requires_grad]
    leaves = [t for t in sweep.tensors_in([args, kwargs]) if t.requires_grad] + list(module.parameters())
    cotangents = [sweep.cotangent_of(engine, t, device, place) for place, t in enumerate(results)]
    found = engine.autograd.grad(results, leaves, cotangents, allow_unused=True) if results else []
    return results, [0 if g is None else g for g in found]


def assert_close(expected, found, what):
    assert len(expected) == len(found), what
    for a, b in zip(expected, found, strict=True):
        if isinstance(a, torch.Tensor) and isinstance(b, minitorch.Tensor):
            assert b.is_cuda and tuple(a.shape) == tuple(b.shape) and repr(a.dtype) == repr(b.dtype), what
            assert sweep.close(sweep.values_of(a), sweep.values_of(b), 1e-10), what
        else:
            assert not float(sum(abs(t).sum() for t in (a, b))), what  # None of one engine, zeros of the other


@pytest.mark.parametrize("info", modules(), ids=lambda info: info.name)
def test_a_layer_computes_on_the_device_what_pytorch_computes(info):
    ran = 0
    for theirs, ours, inputs in constructors(info, torch.float64):
        assert ours.to("cuda") is ours
        assert {t.device.type for t in (*ours.parameters(), *ours.buffers())} <= {"cuda"}
        expected, found = (
            called(engine, module, inputs, device)
            for engine, module, device in ((torch, theirs, "cpu"), (minitorch, ours, "cuda"))
        )
        assert_close(expected[0], found[0], "results")
        assert_close(expected[1], found[1], "gradients")
        after = ours.state_dict()
        assert list(after) == list(theirs.state_dict())
        assert_close(list(theirs.state_dict().values()), list(after.values()), "state")
        ran += 1
    assert ran


@pytest.mark.parametrize("make", [
    lambda: nn.Linear(3, 4), lambda: nn.BatchNorm2d(3), lambda: nn.Conv2d(2, 3, 3, bias=False),
    lambda: nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.PReLU()), lambda: nn.Bilinear(2, 3, 4),
    lambda: nn.Embedding(5, 2),
])  # fmt: skip
def test_a_layer_comes_back_from_the_device_as_it_went(make):
    layer = make()
    before = {key: value.clone() for key, value in layer.state_dict().items()}
    ids = [id(parameter) for parameter in layer.parameters()]
    layer.cuda()
    file = io.BytesIO()
    minitorch.save(layer.state_dict(), file)
    layer.to("cpu").cuda().cpu()
    assert [id(parameter) for parameter in layer.parameters()] == ids
    for place in ("cpu", "cuda"):
        file.seek(0)
        loaded = minitorch.load(file, map_location=place)
        twin = make().to(place)
        twin.load_state_dict(loaded)
        for key, value in before.items():
            assert loaded[key].device.type == twin.state_dict()[key].device.type == place
            assert minitorch.equal(twin.state_dict()[key].cpu(), value) and minitorch.equal(
                layer.state_dict()[key], value
            )


def test_a_state_dict_of_the_cpu_can_be_loaded_on_the_device_and_the_other_way_round():
    here, there = nn.Linear(3, 2), nn.Linear(3, 2).cuda()
    there.load_state_dict(here.state_dict())
    assert there.weight.is_cuda and minitorch.equal(there.weight.cpu(), here.weight)
    here.load_state_dict({key: value * 2 for key, value in there.state_dict().items()})
    assert here.weight.is_cpu and minitorch.equal(here.weight, there.weight.cpu() * 2)


def test_hooks_see_tensors_of_the_device():
    layer, seen = nn.Linear(3, 2).cuda(), []
    layer.register_forward_hook(lambda module, args, output: seen.append(output.device.type))
    layer.register_full_backward_hook(lambda module, grad_in, grad_out: seen.append(grad_out[0].device.type))
    layer.weight.register_hook(lambda grad: seen.append(grad.device.type))
    layer(minitorch.tensor(randn(4, 3, dtype=np.float32), device="cuda", requires_grad=True)).sum().backward()
    assert seen == ["cuda"] * 3


def test_a_device_given_to_a_layer_is_where_its_parameters_are_made():
    layer = nn.Conv2d(2, 3, 3, device="cuda", dtype=minitorch.float64)
    assert layer.weight.is_cuda and layer.bias.is_cuda and layer.weight.dtype is minitorch.float64
    normed = nn.BatchNorm1d(3, device="cuda")
    assert all(t.is_cuda for t in (*normed.parameters(), *normed.buffers()))


@pytest.mark.parametrize("make", [lambda: nn.Dropout(0.5), lambda: nn.Dropout2d(0.25), lambda: nn.AlphaDropout(0.5)])
def test_dropout_draws_on_the_device_and_draws_the_same_after_the_same_seed(make):
    layer, x = make(), minitorch.ones(40, 50, 2, 2, device="cuda")
    draws = []
    for _ in range(2):
        minitorch.manual_seed(5)
        draws.append(layer(x))
    assert minitorch.equal(draws[0], draws[1]) and draws[0].is_cuda and not minitorch.equal(draws[0], layer(x))
    assert abs(draws[0].mean().item() - 1) < 0.1 or isinstance(layer, nn.AlphaDropout)
    assert minitorch.equal(layer.eval()(x), x)


def test_input_and_weight_must_be_on_the_same_device():
    layer = nn.Linear(3, 2).cuda()
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        layer(minitorch.ones(1, 3))
