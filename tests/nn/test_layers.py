"""Layers: one program a layer, run in PyTorch and in minitorch with the same seed.

Compared: printed form, names and values of the parameters at the start, the result and the gradients of the input and
of every parameter under random cotangents, in training and in evaluation.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import randn

import minitorch


def run(torch: Any, make: Any, inputs: tuple[Any, ...], train: bool) -> dict[str, Any]:
    """Everything that can be seen of a layer, as strings and arrays."""
    torch.manual_seed(11)
    layer = make(torch.nn, torch).train(train)
    seen: dict[str, Any] = {"repr": repr(layer)}
    seen |= {f"initial {name}": np.array(value.detach().numpy()) for name, value in layer.state_dict().items()}
    layer.double()
    tensors = [torch.from_numpy(value.copy()) for value in inputs]
    for tensor in tensors:
        if tensor.is_floating_point():
            tensor.requires_grad_()
    result = layer(*tensors)
    seen["result"] = np.array(result.detach().numpy())
    if result.requires_grad:
        result.backward(torch.from_numpy(np.asarray(randn(*result.shape, seed=9))))
    for place, tensor in enumerate(tensors):
        seen[f"gradient of input {place}"] = None if tensor.grad is None else np.array(tensor.grad.numpy())
    for name, parameter in layer.named_parameters():
        seen[f"gradient of {name}"] = None if parameter.grad is None else np.array(parameter.grad.numpy())
    seen |= {f"buffer {name}": np.array(value.numpy()) for name, value in layer.named_buffers()}
    return seen


def compare(make: Any, *inputs: Any, train: bool = True, rtol: float = 1e-7) -> None:
    theirs, ours = (run(engine, make, inputs, train) for engine in (pytorch, minitorch))
    assert list(ours) == list(theirs)
    for what, expected in theirs.items():
        if isinstance(expected, np.ndarray):
            assert ours[what].dtype == expected.dtype, what
            np.testing.assert_allclose(ours[what], expected, rtol=rtol, atol=1e-9, err_msg=what)
        else:
            assert ours[what] == expected, what


WORDS = np.array([[0, 3, 2], [5, 5, 1]])

LAYERS: dict[str, tuple[Any, ...]] = {
    "Identity": (lambda nn, t: nn.Identity(3, a=4), randn(2, 3)),
    "Linear": (lambda nn, t: nn.Linear(5, 3), randn(4, 5)),
    "Linear without bias, 3 dimensions": (lambda nn, t: nn.Linear(5, 3, bias=False), randn(2, 4, 5)),
    "Linear on a vector": (lambda nn, t: nn.Linear(5, 3, dtype=t.float64), randn(5)),
    "Bilinear": (lambda nn, t: nn.Bilinear(3, 4, 2), randn(5, 3), randn(5, 4)),
    "Conv1d": (lambda nn, t: nn.Conv1d(2, 4, 3, stride=2, padding=1), randn(2, 2, 9)),
    "Conv2d": (lambda nn, t: nn.Conv2d(3, 4, 3), randn(2, 3, 6, 5)),
    "Conv2d with everything": (
        lambda nn, t: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), groups=2, bias=False), randn(2, 4, 7, 6)),
    "Conv2d same": (lambda nn, t: nn.Conv2d(2, 3, (3, 4), padding="same", dilation=2), randn(1, 2, 8, 8)),
    "Conv2d valid": (lambda nn, t: nn.Conv2d(2, 3, 3, padding="valid"), randn(1, 2, 5, 5)),
    "Conv2d reflect": (lambda nn, t: nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect"), randn(1, 2, 5, 5)),
    "Conv2d circular same": (
        lambda nn, t: nn.Conv2d(2, 3, (4, 3), padding="same", padding_mode="circular"), randn(1, 2, 5, 6)),
    "Conv2d unbatched": (lambda nn, t: nn.Conv2d(2, 3, 3), randn(2, 5, 5)),
    "Conv3d": (lambda nn, t: nn.Conv3d(2, 3, (2, 3, 2), padding=1), randn(2, 2, 4, 4, 3)),
    "ConvTranspose1d": (lambda nn, t: nn.ConvTranspose1d(4, 2, 3, stride=2, output_padding=1), randn(2, 4, 5)),
    "ConvTranspose2d": (
        lambda nn, t: nn.ConvTranspose2d(4, 2, 3, 2, 1, 1, groups=2, dilation=2), randn(2, 4, 4, 5)),
    "ConvTranspose3d": (lambda nn, t: nn.ConvTranspose3d(2, 3, 2, bias=False), randn(1, 2, 3, 3, 2)),
    "BatchNorm1d": (lambda nn, t: nn.BatchNorm1d(3), randn(5, 3)),
    "BatchNorm1d on sequences": (lambda nn, t: nn.BatchNorm1d(3, momentum=None), randn(4, 3, 5)),
    "BatchNorm2d": (lambda nn, t: nn.BatchNorm2d(3, eps=1e-3, momentum=0.3), randn(2, 3, 4, 5)),
    "BatchNorm2d plain": (lambda nn, t: nn.BatchNorm2d(3, affine=False, track_running_stats=False), randn(2, 3, 4, 5)),
    "BatchNorm2d without bias": (lambda nn, t: nn.BatchNorm2d(3, bias=False), randn(2, 3, 4, 5)),
    "BatchNorm3d": (lambda nn, t: nn.BatchNorm3d(2), randn(2, 2, 3, 3, 2)),
    "LayerNorm": (lambda nn, t: nn.LayerNorm(5), randn(3, 4, 5)),
    "LayerNorm over two": (lambda nn, t: nn.LayerNorm([4, 5], eps=0.1, bias=False), randn(3, 4, 5)),
    "LayerNorm plain": (lambda nn, t: nn.LayerNorm(5, elementwise_affine=False), randn(3, 5)),
    "GroupNorm": (lambda nn, t: nn.GroupNorm(2, 6), randn(3, 6, 4)),
    "GroupNorm plain": (lambda nn, t: nn.GroupNorm(3, 6, eps=0.2, affine=False), randn(3, 6, 2, 2)),
    "RMSNorm": (lambda nn, t: nn.RMSNorm(5), randn(3, 4, 5)),
    "RMSNorm plain": (lambda nn, t: nn.RMSNorm([4, 5], eps=0.1, elementwise_affine=False), randn(3, 4, 5)),
    "MaxPool1d": (lambda nn, t: nn.MaxPool1d(3, 2, padding=1), randn(2, 3, 9)),
    "MaxPool2d": (lambda nn, t: nn.MaxPool2d(2), randn(2, 3, 6, 5)),
    "MaxPool2d with everything": (lambda nn, t: nn.MaxPool2d((3, 2), 2, 1, (1, 2), ceil_mode=True), randn(2, 3, 7, 6)),
    "AvgPool1d": (lambda nn, t: nn.AvgPool1d(3, 2, padding=1), randn(2, 3, 9)),
    "AvgPool2d": (lambda nn, t: nn.AvgPool2d(2), randn(2, 3, 6, 5)),
    "AvgPool2d with everything": (
        lambda nn, t: nn.AvgPool2d((3, 2), 2, 1, ceil_mode=True, count_include_pad=False), randn(2, 3, 7, 6)),
    "AdaptiveAvgPool1d": (lambda nn, t: nn.AdaptiveAvgPool1d(4), randn(2, 3, 9)),
    "AdaptiveAvgPool2d": (lambda nn, t: nn.AdaptiveAvgPool2d((None, 3)), randn(2, 3, 6, 5)),
    "Dropout": (lambda nn, t: nn.Dropout(0.3), randn(6, 7)),
    "Dropout1d": (lambda nn, t: nn.Dropout1d(0.4), randn(4, 5, 3)),
    "Dropout2d": (lambda nn, t: nn.Dropout2d(), randn(4, 5, 3, 2)),
    "Dropout3d": (lambda nn, t: nn.Dropout3d(0.2), randn(3, 4, 2, 2, 2)),
    "Flatten": (lambda nn, t: nn.Flatten(), randn(2, 3, 4)),
    "Flatten two": (lambda nn, t: nn.Flatten(0, 1), randn(2, 3, 4)),
    "Unflatten": (lambda nn, t: nn.Unflatten(1, (2, 3)), randn(2, 6, 4)),
    "Embedding": (lambda nn, t: nn.Embedding(6, 4), WORDS),
    "Embedding with padding": (lambda nn, t: nn.Embedding(6, 4, padding_idx=-1), WORDS),
    "Embedding counted": (lambda nn, t: nn.Embedding(6, 4, 0, scale_grad_by_freq=True), WORDS),
    "ReLU": (lambda nn, t: nn.ReLU(), randn(3, 4)),
    "Threshold": (lambda nn, t: nn.Threshold(0.2, 5), randn(3, 4)),
    "Hardtanh": (lambda nn, t: nn.Hardtanh(-0.5, 0.7), randn(3, 4)),
    "ReLU6": (lambda nn, t: nn.ReLU6(), 5 * randn(3, 4)),
    "LeakyReLU": (lambda nn, t: nn.LeakyReLU(0.2), randn(3, 4)),
    "PReLU": (lambda nn, t: nn.PReLU(), randn(3, 4)),
    "PReLU by channel": (lambda nn, t: nn.PReLU(4, 0.5), randn(3, 4, 2)),
    "Hardsigmoid": (lambda nn, t: nn.Hardsigmoid(), 3 * randn(3, 4)),
    "Hardswish": (lambda nn, t: nn.Hardswish(), 3 * randn(3, 4)),
    "Hardshrink": (lambda nn, t: nn.Hardshrink(0.4), randn(3, 4)),
    "Softshrink": (lambda nn, t: nn.Softshrink(0.4), randn(3, 4)),
    "Sigmoid": (lambda nn, t: nn.Sigmoid(), randn(3, 4)),
    "Tanh": (lambda nn, t: nn.Tanh(), randn(3, 4)),
    "LogSigmoid": (lambda nn, t: nn.LogSigmoid(), randn(3, 4)),
    "SiLU": (lambda nn, t: nn.SiLU(), randn(3, 4)),
    "Mish": (lambda nn, t: nn.Mish(), randn(3, 4)),
    "GELU": (lambda nn, t: nn.GELU(), randn(3, 4)),
    "GELU by tanh": (lambda nn, t: nn.GELU("tanh"), randn(3, 4)),
    "ELU": (lambda nn, t: nn.ELU(0.7), randn(3, 4)),
    "CELU": (lambda nn, t: nn.CELU(0.7), randn(3, 4)),
    "SELU": (lambda nn, t: nn.SELU(), randn(3, 4)),
    "Softplus": (lambda nn, t: nn.Softplus(2, 1), randn(3, 4)),
    "Softsign": (lambda nn, t: nn.Softsign(), randn(3, 4)),
    "Tanhshrink": (lambda nn, t: nn.Tanhshrink(), randn(3, 4)),
    "GLU": (lambda nn, t: nn.GLU(), randn(3, 4)),
    "Softmax": (lambda nn, t: nn.Softmax(1), randn(3, 4)),
    "Softmin": (lambda nn, t: nn.Softmin(dim=0), randn(3, 4)),
    "LogSoftmax": (lambda nn, t: nn.LogSoftmax(-1), randn(3, 4)),
    "Softmax2d": (lambda nn, t: nn.Softmax2d(), randn(2, 3, 4, 2)),
    "L1Loss": (lambda nn, t: nn.L1Loss(), randn(3, 4), randn(3, 4, seed=1)),
    "MSELoss": (lambda nn, t: nn.MSELoss(reduction="sum"), randn(3, 4), randn(3, 4, seed=1)),
    "SmoothL1Loss": (lambda nn, t: nn.SmoothL1Loss(beta=0.6), randn(3, 4), randn(3, 4, seed=1)),
    "HuberLoss": (lambda nn, t: nn.HuberLoss("none", 0.6), randn(3, 4), randn(3, 4, seed=1)),
    "CrossEntropyLoss": (lambda nn, t: nn.CrossEntropyLoss(), randn(4, 6), np.array([0, 5, 2, 2])),
    "CrossEntropyLoss with everything": (
        lambda nn, t: nn.CrossEntropyLoss(t.arange(1.0, 7.0), ignore_index=2, label_smoothing=0.1),
        randn(2, 6, 3), WORDS),
    "NLLLoss": (lambda nn, t: nn.NLLLoss(t.arange(1.0, 7.0), reduction="sum"), randn(4, 6), np.array([0, 5, 2, 2])),
    "BCELoss": (lambda nn, t: nn.BCELoss(), np.linspace(0.1, 0.9, 6), np.linspace(1.0, 0.0, 6)),
    "BCEWithLogitsLoss": (
        lambda nn, t: nn.BCEWithLogitsLoss(pos_weight=t.arange(1.0, 5.0)),
        randn(3, 4), np.abs(randn(3, 4, seed=1)) % 1),
    "KLDivLoss": (lambda nn, t: nn.KLDivLoss(reduction="batchmean"), randn(3, 4), np.abs(randn(3, 4, seed=1))),
    "KLDivLoss of logs": (
        lambda nn, t: nn.KLDivLoss(False, None, "mean", True), randn(3, 4), randn(3, 4, seed=1)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_starts_computes_and_prints_as_pytorchs(name: str) -> None:
    make, *inputs = LAYERS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compare(make, *inputs)


@pytest.mark.parametrize("name", [n for n in LAYERS if "BatchNorm" in n or "Dropout" in n])
def test_a_layer_in_evaluation_is_pytorchs(name: str) -> None:
    make, *inputs = LAYERS[name]
    compare(make, *inputs, train=False)


def test_batch_norm_evaluates_with_what_it_saw_in_training() -> None:
    def program(torch: Any) -> list[Any]:
        norm = torch.nn.BatchNorm2d(3, dtype=torch.float64)
        for seed in range(4):
            norm(torch.from_numpy(randn(2, 3, 4, 5, seed=seed)))
        norm.eval()
        result = norm(torch.from_numpy(randn(2, 3, 2, 2)))
        return [result.tolist(), norm.running_var.tolist(), int(norm.num_batches_tracked)]

    theirs, ours = program(pytorch), program(minitorch)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12)
    assert ours[2] == theirs[2] == 4


def test_batch_norm_reads_a_state_without_its_count() -> None:
    norm = minitorch.nn.BatchNorm1d(2)
    state = norm.state_dict()
    del state["num_batches_tracked"]
    norm.num_batches_tracked.fill_(7)
    with pytest.raises(RuntimeError, match='Missing key.*"num_batches_tracked"'):
        norm.load_state_dict(state)
    state._metadata[""]["version"] = 1
    norm.load_state_dict(state)
    assert norm.num_batches_tracked.item() == 7


def test_inplace_activations_write_into_their_input() -> None:
    for name in ("ReLU", "ELU", "LeakyReLU", "Hardtanh", "SiLU", "SELU", "ReLU6"):
        values = []
        for engine in (pytorch, minitorch):
            x = engine.from_numpy(randn(3, 4).copy())
            layer = getattr(engine.nn, name)(inplace=True)
            assert layer(x) is x
            values.append((x.numpy(), repr(layer)))
        np.testing.assert_allclose(values[1][0], values[0][0], rtol=1e-12, err_msg=name)
        assert values[0][1] == values[1][1]


def test_a_transposed_convolution_reaches_the_size_asked_for() -> None:
    values = []
    for engine in (pytorch, minitorch):
        engine.manual_seed(0)
        layer = engine.nn.ConvTranspose2d(2, 3, 3, stride=2, dtype=engine.float64)
        x = engine.from_numpy(randn(1, 2, 4, 4))
        values.append(layer(x, output_size=[10, 9]).detach().numpy())
        with pytest.raises(ValueError, match=r"an output size of \[12, 9\], but valid sizes range from \[9, 9\]"):
            layer(x, output_size=[12, 9])
    np.testing.assert_allclose(values[1], values[0], rtol=1e-6)


def test_an_embedding_is_made_from_a_table() -> None:
    for engine in (pytorch, minitorch):
        table = engine.ones(3, 2)
        layer = engine.nn.Embedding.from_pretrained(table)
        assert not layer.weight.requires_grad
        assert layer.weight.data_ptr() == table.data_ptr()
        assert engine.nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad


@pytest.mark.parametrize(
    "wrong",
    [
        lambda torch: torch.nn.Conv2d(3, 4, 3, groups=2),
        lambda torch: torch.nn.Conv2d(4, 3, 3, groups=2),
        lambda torch: torch.nn.Conv2d(4, 4, 3, groups=0),
        lambda torch: torch.nn.Conv2d(4, 4, 3, stride=2, padding="same"),
        lambda torch: torch.nn.ConvTranspose2d(4, 4, 3, padding_mode="reflect"),
        lambda torch: torch.nn.BatchNorm1d(3)(torch.ones(3)),
        lambda torch: torch.nn.BatchNorm2d(3)(torch.ones(3, 3)),
        lambda torch: torch.nn.BatchNorm3d(3)(torch.ones(3, 3)),
        lambda torch: torch.nn.GroupNorm(2, 3),
        lambda torch: torch.nn.Dropout(1.5),
        lambda torch: torch.nn.Dropout2d(-0.1),
        lambda torch: torch.nn.Unflatten(1, 3),
        lambda torch: torch.nn.Unflatten(1, (3, "a")),
        lambda torch: torch.nn.Hardtanh(2, 1),
        lambda torch: torch.nn.Softmax2d()(torch.ones(2)),
        lambda torch: torch.nn.Embedding(3, 2, padding_idx=3),
        lambda torch: torch.nn.Embedding(3, 2, padding_idx=-4),
        lambda torch: torch.nn.Embedding(3, 2, _weight=torch.ones(2, 2)),
        lambda torch: torch.nn.Embedding.from_pretrained(torch.ones(2)),
        lambda torch: torch.nn.HuberLoss(delta="a"),
        lambda torch: torch.nn.Bilinear(0, 2, 3),
    ],
)
def test_wrong_use_is_refused_with_pytorchs_words(wrong: Any) -> None:
    messages = []
    for engine in (pytorch, minitorch):
        with pytest.raises(Exception) as caught:  # the type is what is compared
            wrong(engine)
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("wrong", [{"padding": "nope"}, {"padding_mode": "nope"}])
def test_unknown_paddings_are_refused(wrong: dict[str, str]) -> None:
    for engine in (pytorch, minitorch):
        with pytest.raises(ValueError, match="'nope'"):
            engine.nn.Conv2d(2, 2, 1, **wrong)


def test_a_seed_gives_a_whole_network_pytorchs_weights() -> None:
    def build(torch: Any) -> Any:
        nn = torch.nn
        torch.manual_seed(5)
        return nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3),
            nn.Flatten(), nn.Linear(64, 32), nn.Dropout(0.5), nn.Linear(32, 10), nn.Embedding(20, 8),
        )  # fmt: skip

    theirs, ours = build(pytorch), build(minitorch)
    assert repr(ours) == repr(theirs)
    for (name, a), (_, b) in zip(theirs.state_dict().items(), ours.state_dict().items()):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=3e-7, err_msg=name)
