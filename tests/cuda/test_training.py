"""Training on the device: the losses are PyTorch's, and nothing is copied to the host that nobody asked for."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from compare import integers, randn

import minitorch
from minitorch import kernels
from minitorch.core.cuda import copies
from minitorch.utils.checkpoint import checkpoint


class Block:
    """A transformer's block, in either engine: attention and a network of two layers, each around a shortcut."""

    def __init__(self, engine, size=8, heads=2):
        self.engine, self.heads = engine, heads
        nn = engine.nn
        self.layers = nn.ModuleList([
            nn.LayerNorm(size), nn.Linear(size, 3 * size), nn.Linear(size, size), nn.LayerNorm(size),
            nn.Linear(size, 4 * size), nn.Linear(4 * size, size),
        ])  # fmt: skip

    def __call__(self, x):
        first, qkv, out, second, widen, shrink = self.layers
        batch, length, size = x.shape
        parts = qkv(first(x)).reshape(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        heads = self.engine.nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
        x = x + out(heads.transpose(1, 2).reshape(batch, length, size))
        return x + shrink(self.engine.nn.functional.gelu(widen(second(x))))


def cnn(engine):
    nn = engine.nn
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3),
        nn.ELU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(6, 5),
    )  # fmt: skip
    return model, model, randn(6, 1, 8, 8), integers(6, high=5)


def mlp(engine):
    nn = engine.nn
    model = nn.Sequential(nn.Linear(7, 16), nn.Tanh(), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 5))
    return model, model, randn(9, 7), integers(9, high=5)


def transformer(engine):
    block = Block(engine)
    head = engine.nn.Linear(8, 5)
    modules = engine.nn.ModuleList([block.layers, head])
    return modules, lambda x: head(block(x)).flatten(0, 1), randn(3, 6, 8), integers(18, high=5)


OPTIMIZERS = {
    "SGD": lambda engine, p: engine.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "Adam": lambda engine, p: engine.optim.Adam(p, lr=0.01, amsgrad=True),
    "AdamW": lambda engine, p: engine.optim.AdamW(p, lr=0.01),
}


def start(engine, make, optimizer, device):
    """A step of training, to be called again and again, and the optimizer. Parameters begin as PyTorch makes them."""
    engine.manual_seed(0)
    modules, call, inputs, labels = make(engine)
    modules.to(engine.float64)
    modules.to(device)
    x, y = engine.tensor(inputs, device=device), engine.tensor(labels, device=device)
    chosen = OPTIMIZERS[optimizer](engine, modules.parameters())

    def step():
        chosen.zero_grad()
        loss = engine.nn.functional.cross_entropy(call(x), y)
        loss.backward()
        engine.nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
        chosen.step()
        return loss

    return step, chosen, modules


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("make", [cnn, mlp, transformer])
def test_losses_on_the_device_are_pytorchs(make, optimizer):
    theirs = start(torch, make, optimizer, "cpu")[0]
    ours, chosen, modules = start(minitorch, make, optimizer, "cuda")
    expected = [theirs().item() for _ in range(5)]
    np.testing.assert_allclose([ours().item() for _ in range(5)], expected, rtol=1e-6)
    assert expected[-1] < expected[0]
    state = [value for entry in chosen.state.values() for name, value in entry.items() if name != "step"]
    assert state and all(value is None or value.is_cuda for value in state)
    assert all(parameter.grad.is_cuda for parameter in modules.parameters())


CHECKED = 2  # bytes: whether every label is a class, asked forward and backward


@pytest.mark.skipif(not kernels.available(), reason="emulated kernels need a C++ compiler (g++ or clang++)")
@pytest.mark.parametrize("make", [cnn, mlp, transformer])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_copies_nothing_to_the_host(make, optimizer):
    step, *_ = start(minitorch, make, optimizer, "cuda")
    step()  # the first one makes the optimizer's state
    copies.clear()
    step()
    assert copies["to_host"] <= CHECKED and copies["between_devices"] == 0
    assert copies["from_host"] <= 256  # steps of the optimizer; no activation, no gradient, no parameter


def test_a_loss_that_is_read_is_all_that_is_copied(emulated):
    step, *_ = start(minitorch, mlp, "Adam", "cuda")
    step()
    copies.clear()
    loss = step().item()
    assert isinstance(loss, float) and copies["to_host"] == CHECKED + 8


@pytest.mark.parametrize("read", [lambda x: x.item(), lambda x: float(x), lambda x: bool(x), lambda x: x.tolist(),
                                  lambda x: x.cpu(), lambda x: x.numpy(force=True)])  # fmt: skip
def test_whatever_reads_a_tensor_is_counted(emulated, read):
    x = minitorch.tensor(2.5, dtype=minitorch.float64, device="cuda")
    copies.clear()
    read(x)
    assert copies["to_host"] == 8


def test_indices_of_the_host_are_the_only_thing_that_crosses_when_they_choose_rows():
    x, rows = minitorch.tensor(randn(50, 8), device="cuda"), minitorch.tensor([3, 1])
    copies.clear()
    chosen = x[rows]
    assert chosen.is_cuda and copies["to_host"] == 0 and copies["from_host"] == 16


# ---- around the step ------------------------------------------------------------------------------------------------


def test_an_optimizers_state_can_be_saved_there_and_loaded_on_either_side():
    step, chosen, modules = start(minitorch, mlp, "Adam", "cuda")
    step()
    file = io.BytesIO()
    minitorch.save({"model": modules.state_dict(), "optimizer": chosen.state_dict()}, file)
    expected = [step().item() for _ in range(3)]
    for device in ("cuda", "cpu"):
        file.seek(0)
        loaded = minitorch.load(file, map_location=device)
        again, optimizer, twin = start(minitorch, mlp, "Adam", device)
        twin.load_state_dict(loaded["model"])
        optimizer.load_state_dict(loaded["optimizer"])
        np.testing.assert_allclose([again().item() for _ in range(3)], expected, rtol=1e-10)
        moments = [entry["exp_avg"] for entry in optimizer.state.values()]
        assert {moment.device.type for moment in moments} == {device}


@pytest.mark.parametrize("norm", [2.0, 1.0, float("inf")])
def test_gradients_are_clipped_where_they_are(norm):
    results = []
    for engine, device in ((torch, "cpu"), (minitorch, "cuda")):
        parameters = [engine.nn.Parameter(engine.tensor(randn(4, 3, seed=k), device=device)) for k in range(3)]
        for place, parameter in enumerate(parameters):
            parameter.grad = engine.tensor(randn(4, 3, seed=10 + place), device=device)
        total = engine.nn.utils.clip_grad_norm_(parameters, 0.5, norm_type=norm)
        assert total.device.type == device
        results.append([total.cpu().numpy(), *(parameter.grad.cpu().numpy() for parameter in parameters)])
    for expected, found in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_checkpointed_block_has_the_gradients_of_the_block_with_dropout_too(reentrant):
    layers = minitorch.nn.Sequential(minitorch.nn.Linear(4, 8), minitorch.nn.Dropout(0.5), minitorch.nn.GELU()).cuda()
    grads = []
    for call in (layers, lambda x: checkpoint(layers, x, use_reentrant=reentrant)):
        minitorch.manual_seed(4)
        x = minitorch.tensor(randn(3, 4, dtype=np.float32), device="cuda", requires_grad=True)
        call(x).sum().backward()
        grads.append(x.grad)
    assert grads[1].is_cuda and minitorch.equal(grads[0], grads[1])


def test_the_host_gets_results_of_a_no_grad_evaluation_only_when_asked():
    step, _, modules = start(minitorch, mlp, "SGD", "cuda")
    step()
    copies.clear()
    with minitorch.no_grad():
        guesses = modules(minitorch.tensor(randn(9, 7), device="cuda")).argmax(1)
        right = (guesses == minitorch.arange(9, device="cuda") % 5).sum()
    assert copies["to_host"] == 0
    assert 0 <= right.item() <= 9
