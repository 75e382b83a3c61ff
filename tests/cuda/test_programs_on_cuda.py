"""Whole programs, as PyTorch's users write them for a GPU: the same text in both engines, the same numbers.

PyTorch runs them on the CPU, minitorch on the device; what is drawn is drawn on the host, for the two devices draw
otherwise. Below them, what such programs met when they went wrong.
"""

from __future__ import annotations

import copy
import io
import math

import numpy as np
import pytest
import torch
from compare import randn

import minitorch
from minitorch.utils.checkpoint import checkpoint


def numbers(values):
    return [np.asarray(v.detach().cpu().numpy() if hasattr(v, "detach") else v, np.float64) for v in values]


def tensor(engine, *shape, device="cpu", seed=0):
    return engine.tensor(randn(*shape, dtype=np.float64, seed=seed), device=device)


def accumulate_and_clip(engine, device):
    """A convolutional network, gradients added up over three batches and clipped, momentum, a schedule, evaluation."""
    nn, F = engine.nn, engine.nn.functional
    engine.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1),
        nn.GELU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, 5),
    ).double().to(device)  # fmt: skip
    optimizer = engine.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    schedule = engine.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=6)
    seen = []
    for step in range(4):
        optimizer.zero_grad(set_to_none=True)
        for part in range(3):
            x = tensor(engine, 5, 1, 9, 9, seed=3 * step + part).to(device, non_blocking=True)
            logits = model(x)
            y = engine.arange(5, device=device)
            loss = F.cross_entropy(logits, y, label_smoothing=0.1) / 3
            loss.backward()
            seen += [loss.item(), (logits.argmax(1) == y).sum().item()]
        seen += [nn.utils.clip_grad_norm_(model.parameters(), 0.5), schedule.get_last_lr()[0]]
        optimizer.step()
        schedule.step()
    model.eval()
    with engine.no_grad():
        seen.append(model(tensor(engine, 2, 1, 9, 9, seed=50).to(device)))
    return seen


def adversaries(engine, device):
    """Two networks with an optimizer each, and a penalty on the norm of a gradient."""
    nn = engine.nn
    engine.manual_seed(1)
    make = nn.Sequential(nn.Linear(8, 16), nn.LeakyReLU(0.2), nn.Linear(16, 4), nn.Tanh()).double().to(device)
    judge = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1)).double().to(device)
    makes = engine.optim.Adam(make.parameters(), 2e-3, betas=(0.5, 0.999))
    judges = engine.optim.Adam(judge.parameters(), 2e-3, betas=(0.5, 0.999))
    said, seen = nn.BCEWithLogitsLoss(), []
    for step in range(3):
        real = tensor(engine, 7, 4, seed=step).to(device)
        ones = engine.ones(7, 1, device=device, dtype=engine.float64)
        made = make(tensor(engine, 7, 8, seed=100 + step).to(device))
        inputs = real.clone().requires_grad_()
        slope = engine.autograd.grad(judge(inputs).sum(), inputs, create_graph=True)[0]
        penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
        judges.zero_grad()
        loss = said(judge(real), ones) + said(judge(made.detach()), engine.zeros_like(ones)) + 10 * penalty
        loss.backward()
        judges.step()
        makes.zero_grad()
        fooled = said(judge(made), ones)
        fooled.backward()
        makes.step()
        seen += [loss, fooled]
    return seen


def language_model(engine, device):
    """A small transformer with tied embeddings, two groups of parameters, and words drawn greedily from it."""
    nn, F = engine.nn, engine.nn.functional
    engine.manual_seed(2)
    words, places = nn.Embedding(20, 8).double().to(device), nn.Parameter(tensor(engine, 6, 8, seed=9, device=device))
    qkv, out, norm = (part.double().to(device) for part in (nn.Linear(8, 24), nn.Linear(8, 8), nn.LayerNorm(8)))
    mask = engine.tril(engine.ones(6, 6, device=device)) == 0

    def logits(ids):
        x = words(ids) + places[: ids.shape[1]]
        q, k, v = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in qkv(norm(x)).chunk(3, -1))
        length = ids.shape[1]
        scores = (q @ k.transpose(-2, -1) / math.sqrt(4)).masked_fill(mask[:length, :length], float("-inf"))
        x = x + out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        return F.linear(x, words.weight)

    parameters = [*words.parameters(), places, *qkv.parameters(), *out.parameters(), *norm.parameters()]
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0, "lr": 1e-3},
    ]
    optimizer = engine.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95))
    warm = engine.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: min(1, (epoch + 1) / 3))
    seen = []
    for step in range(4):
        ids = engine.tensor(np.random.default_rng(step).integers(0, 20, (3, 7))).to(device)
        loss = F.cross_entropy(logits(ids[:, :-1]).flatten(0, 1), ids[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        warm.step()
        seen.append(loss.item())
    ids = engine.zeros(1, 1, dtype=engine.long, device=device)
    with engine.no_grad():
        for _ in range(5):
            ids = engine.cat([ids, logits(ids)[:, -1].topk(2).indices[:, :1]], 1)
    return [*seen, ids, words.weight]


def average_and_resume(engine, device):
    """A running average of the weights, saved with the optimizer, and training resumed from what was loaded."""
    nn, F = engine.nn, engine.nn.functional

    def network():
        layers = nn.Sequential(nn.Linear(5, 7, bias=False), nn.BatchNorm1d(7), nn.SiLU(), nn.Linear(7, 2))
        return layers.double().to(device)

    engine.manual_seed(3)
    model = network()
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = engine.optim.AdamW(model.parameters(), 1e-2)
    for step in range(4):
        x, y = tensor(engine, 9, 5, seed=step, device=device), tensor(engine, 9, 2, seed=50 + step, device=device)
        loss = F.smooth_l1_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with engine.no_grad():
            engine._foreach_lerp_(list(average.parameters()), list(model.parameters()), 0.05)
            for kept, now in zip(average.buffers(), model.buffers(), strict=True):
                kept.copy_(now)
    seen, file = [*average.state_dict().values()], io.BytesIO()
    engine.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
    for place in ("cpu", device, engine.device(device), lambda storage, location: storage):
        file.seek(0)
        loaded = engine.load(file, map_location=place)
        again = network()
        again.load_state_dict(loaded["model"])
        resumed = engine.optim.AdamW(again.parameters(), 1e-2)
        resumed.load_state_dict(loaded["optimizer"])
        again(tensor(engine, 9, 5, seed=77, device=device)).square().mean().backward()
        resumed.step()
        seen += again.parameters()
    return seen


def batches(engine, device):
    """A loader with pinned batches, sums kept on the device, a cosine."""
    engine.manual_seed(4)
    data = engine.utils.data.TensorDataset(tensor(engine, 23, 6), engine.arange(23) % 3)
    loader = engine.utils.data.DataLoader(data, batch_size=5, shuffle=True, pin_memory=device != "cpu")
    model = engine.nn.Linear(6, 3).double().to(device)
    optimizer = engine.optim.Adam(model.parameters(), 1e-2, amsgrad=True)
    schedule = engine.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    seen = []
    for _ in range(2):
        total, right = engine.zeros((), device=device, dtype=engine.float64), 0
        for x, y in loader:
            assert x.is_pinned() == (device != "cpu")
            x, y = x.to(device, non_blocking=True), y.to(device, non_blocking=True)
            loss = engine.nn.functional.nll_loss(model(x).log_softmax(1), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(x)
            right += (model(x).max(1)[1] == y).sum().item()
        schedule.step()
        seen += [total / 23, right]
    return seen


def watched(engine, device):
    """Hooks on tensors, parameters and modules, a derivative of one's own, saved tensors kept on the host."""

    class Square(engine.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            return 2 * ctx.saved_tensors[0] * grad

    seen = []
    w = tensor(engine, 3, 3, device=device).requires_grad_()
    w.register_hook(lambda grad: grad * 2)
    w.register_post_accumulate_grad_hook(lambda parameter: seen.append(parameter.grad.sum()))
    y = tensor(engine, 3, 3, seed=1, device=device) @ w
    y.retain_grad()
    y.register_hook(lambda grad: grad.clamp(-1, 1))
    Square.apply(y).sum().backward()
    layer = engine.nn.Linear(3, 2).double().to(device)
    with engine.no_grad():
        layer.weight.copy_(tensor(engine, 2, 3, seed=2))
        layer.bias.zero_()
    layer.register_forward_hook(lambda module, inputs, output: seen.append(output.detach().sum()))
    layer.register_full_backward_hook(lambda module, inputs, outputs: seen.append(outputs[0].sum()))
    with engine.autograd.graph.save_on_cpu(pin_memory=device != "cpu"):
        z = layer(w.detach().requires_grad_()).exp().sin().sum()
    z.backward()
    return [*seen, w.grad, y.grad, layer.weight.grad]


PROGRAMS = [accumulate_and_clip, adversaries, language_model, average_and_resume, batches, watched]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_prints_pytorchs_numbers_on_the_device(program):
    expected, found = numbers(program(torch, "cpu")), numbers(program(minitorch, "cuda"))
    assert len(found) == len(expected) > 0
    for theirs, ours in zip(expected, found, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)


# ---- two devices ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [{}, {"foreach": True}, {"foreach": False}, {"fused": True}])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_a_network_on_two_devices_is_trained_as_on_one(two_gpus, name, form):
    def train(engine, first, second):
        engine.manual_seed(0)
        head, tail = engine.nn.Linear(4, 8).to(first), engine.nn.Linear(8, 2).to(second)
        parameters = [*head.parameters(), *tail.parameters()]
        optimizer = getattr(engine.optim, name)(parameters, lr=0.1, **form)
        for step in range(4):
            x = engine.tensor(randn(5, 4, dtype=np.float32, seed=step))
            loss = tail(engine.relu(head(x.to(first))).to(second)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            total = engine.nn.utils.clip_grad_norm_(parameters, 0.2)
            optimizer.step()
        assert [p.grad.device for p in parameters] == [p.device for p in parameters]
        return numbers([total, *parameters])

    for theirs, ours in zip(train(torch, "cpu", "cpu"), train(minitorch, "cuda:0", "cuda:1"), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("call", [
    lambda x: minitorch._foreach_norm([x, x]), lambda x: minitorch._foreach_add([x, x], 1), lambda x: x + x.t(),
    lambda x: minitorch._foreach_addcmul([x], [x], [x], 0.5), lambda x: x @ x, lambda x: x.softmax(0),
    lambda x: x.sum(), lambda x: x[x > 0], lambda x: minitorch.nn.functional.gelu(x),
    lambda x: minitorch.nn.functional.dropout(x),
    lambda x: minitorch.nn.functional.embedding(minitorch.tensor([1, 0], device=x.device), x),
    lambda x: minitorch.nn.functional.max_pool2d(x[None, None], 2), lambda x: minitorch.where(x > 0, x, -x),
    lambda x: minitorch.nn.functional.conv2d(x[None, None], x[None, None, :2, :3]),
])  # fmt: skip
def test_results_are_made_on_the_device_of_the_operands_not_on_the_current_one(two_gpus, call):
    assert minitorch.cuda.current_device() == 0
    x = minitorch.tensor(randn(4, 4, dtype=np.float32), device="cuda:1", requires_grad=True)
    before = minitorch.cuda.memory_allocated(0)
    results = call(x)
    results = results if isinstance(results, tuple) else (results,)
    sum(each.sum() for each in results).backward()
    assert {str(t.device) for t in (*results, x.grad)} == {"cuda:1"}
    assert minitorch.cuda.memory_allocated(0) == before


# ---- what went wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [minitorch.float64, minitorch.complex128])
def test_gradcheck_reads_and_moves_numbers_of_the_device(dtype):
    x = minitorch.tensor(randn(3, 2), device="cuda", dtype=dtype, requires_grad=True)
    options = {"check_forward_ad": True, "check_batched_grad": True}
    assert minitorch.autograd.gradcheck(lambda x: (x * x.sin()).sum(0), (x,), **options)
    assert minitorch.autograd.gradgradcheck(lambda x: (x * x.sin()).sum(0), (x,))
    before = x.detach().clone()
    with pytest.raises(minitorch.autograd.GradcheckError, match="Jacobian mismatch"):
        minitorch.autograd.gradcheck(lambda x: x * x.detach(), (x,))
    assert minitorch.equal(x, before)


def test_the_oldest_constructors_know_the_device():
    x = minitorch.ones(2, 3, device="cuda")
    for made in (x.new(4), x.new([1.0, 2.0]), x.new(), x.new(x), minitorch.cuda.FloatTensor(2, 3)):
        assert made.is_cuda and made.dtype is minitorch.float32
    assert x.new([1.0, 2.0]).tolist() == [1, 2]
    assert minitorch.cuda.LongTensor([1, 2]).device == minitorch.device("cuda", 0)
    host = minitorch.ones(2)
    there = host.type("torch.cuda.DoubleTensor")
    assert there.is_cuda and there.dtype is minitorch.float64 and there.type() == "torch.cuda.DoubleTensor"
    assert there.type("torch.FloatTensor").is_cpu
    with pytest.raises(TypeError):
        x.new(host)
    for old in ("torch.cuda.FloatTensor", minitorch.cuda.FloatTensor):
        with pytest.raises(TypeError, match=r"use set_default_dtype\(\) and set_default_device\('cuda'\)"):
            minitorch.set_default_tensor_type(old)
    with pytest.raises(RuntimeError, match="legacy constructor expects device type: cuda but device type: cpu"):
        x.new(2, device="cpu")


def test_a_tensor_is_not_set_to_the_memory_of_another_device():
    x, host = minitorch.ones(3, device="cuda"), minitorch.zeros(3)
    for source in (host, host.untyped_storage()):
        with pytest.raises(
            RuntimeError, match='storage of a tensor on device "cuda:0" to a storage on different device'
        ):
            x.set_(source)
    assert x.tolist() == [1, 1, 1]


def test_the_devices_that_there_are_stand_in_the_error_for_one_that_there_is_not():
    with pytest.raises(NotImplementedError, match="device type 'mps' in this installation; there is: cpu, cuda"):
        minitorch.ones(1).to("mps")


def test_a_full_device_is_an_error_that_a_program_survives(emulated, monkeypatch):
    from minitorch.core import cuda

    monkeypatch.setenv("MINITORCH_CUDA_MEMORY", str(24 * 2**20))
    with cuda.chosen("emulate"):
        kept = minitorch.ones(1_500_000, device="cuda").requires_grad_()  # in a segment of 20 MiB
        with pytest.raises(minitorch.cuda.OutOfMemoryError, match=r"Tried to allocate 20\.00 MiB"):  # that of PyTorch
            (kept * 2).exp().sin().sum().backward()
        with pytest.raises(minitorch.cuda.OutOfMemoryError, match=r"Tried to allocate 58\.00 MiB"):
            minitorch.zeros(60_000_000, dtype=minitorch.uint8).cuda()
        assert minitorch.cuda.memory_allocated() == 6_000_128 and minitorch.cuda.memory_stats()["num_ooms"] == 2
        assert kept.grad is None and kept.sum().item() == 1_500_000


def test_checkpoints_of_a_deep_network_need_less_memory_than_its_activations(emulated):
    layers = minitorch.nn.ModuleList([minitorch.nn.Linear(64, 64) for _ in range(8)]).cuda()

    def peak(call):
        layers.zero_grad()
        before = minitorch.cuda.memory_allocated()
        minitorch.cuda.reset_peak_memory_stats()
        x = minitorch.ones(512, 64, device="cuda")
        for layer in layers:
            x = call(lambda x, layer=layer: layer(x).sin(), x)
        if x.requires_grad:
            x.sum().backward()
        return minitorch.cuda.max_memory_allocated() - before

    activation = 512 * 64 * 4
    plain = peak(lambda block, x: block(x))
    again = peak(lambda block, x: checkpoint(block, x, use_reentrant=False))
    with minitorch.no_grad():
        least = peak(lambda block, x: block(x))
    assert least <= 4 * activation < 8 * activation < again < plain


def test_values_of_another_device_are_written_by_fills_and_scatters_and_their_gradients_go_home():
    """PyTorch copies them, as ``copy_`` would."""
    grads = []
    for engine, device in ((torch, "cpu"), (minitorch, "cuda")):
        d = engine.ones(3, 4, device=device, requires_grad=True)
        s, v = engine.ones(3, requires_grad=True), engine.tensor(2.0, requires_grad=True)
        (d.diagonal_scatter(s) ** 2).sum().backward()
        (d * 3).index_fill_(0, engine.tensor([1], device=device), v).sum().backward()
        (d * 5).slice_scatter(engine.zeros(1, 4), 0, 0, 1).fill_(v).sum().backward()
        grads.append(numbers([d.grad, s.grad, v.grad]))
        assert s.grad.device.type == v.grad.device.type == "cpu"
    for theirs, ours in zip(*grads, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert minitorch.zeros(2).fill_(minitorch.tensor(5.0, device="cuda")).tolist() == [5, 5]


def test_a_grid_and_a_list_with_a_number_of_another_device_are_refused():
    here, there = minitorch.ones(3), minitorch.ones(3, device="cuda")
    with pytest.raises(RuntimeError, match="meshgrid expects all tensors to have the same device"):
        minitorch.meshgrid(here, there, indexing="ij")
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        minitorch._foreach_mul([here], there[0])
    assert minitorch._foreach_mul([there], minitorch.tensor(2.0))[0].tolist() == [2, 2, 2]


@pytest.mark.parametrize("form", [{"foreach": True}, {"foreach": False}, {"fused": True}])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_an_optimizer_whose_state_stayed_behind_says_so_and_one_launch_changes_nothing(name, form):
    p = minitorch.nn.Parameter(minitorch.ones(3, device="cuda"))
    p.grad = minitorch.ones_like(p)
    more = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = getattr(minitorch.optim, name)([p], lr=0.1, **more, **form)
    optimizer.step()
    state = optimizer.state[p]
    state.update({key: value.cpu() for key, value in state.items() if key != "step" and value is not None})
    before = p.tolist()
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        optimizer.step()
    if "fused" in form:
        assert p.tolist() == before
