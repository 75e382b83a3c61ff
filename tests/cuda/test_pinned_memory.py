"""Pinned memory: made by every function that makes tensors, and by a data loader that is asked for it."""

from __future__ import annotations

import types
from collections import namedtuple

import pytest
import torch
from compare import randn

import minitorch
from minitorch.core import cuda
from minitorch.utils.data import DataLoader, TensorDataset


@pytest.mark.parametrize("call", [
    "arange(5)", "arange(0, 1, 0.25)", "linspace(0, 1, 4)", "logspace(0, 2, 3)", "eye(2, 3)", "zeros(2, 3)",
    "full((2,), 1.5)", "hann_window(6)", "kaiser_window(5)", "bartlett_window(1)", "blackman_window(0)",
    "hamming_window(4, periodic=False)", "randperm(9)", "rand(3)", "randn(2, 2)", "randint(0, 9, (4,))",
])  # fmt: skip
def test_what_is_made_in_pinned_memory_is_what_is_made_elsewhere(call):
    results = []
    for engine, options in ((torch, ""), (minitorch, ", pin_memory=True")):
        engine.manual_seed(3)
        results.append(eval(f"engine.{call[:-1]}{options})", {"engine": engine}))
    assert results[1].is_pinned() and results[1].is_cpu
    assert results[1].stride() == results[0].stride()
    assert results[1].flatten().tolist() == pytest.approx(results[0].flatten().tolist(), rel=1e-6)


def test_what_lives_on_the_device_cannot_be_made_in_pinned_memory():
    for make in (lambda **kw: minitorch.arange(3, **kw), lambda **kw: minitorch.randperm(3, **kw),
                 lambda **kw: minitorch.hann_window(3, **kw), lambda **kw: minitorch.eye(3, **kw)):  # fmt: skip
        with pytest.raises(RuntimeError, match="Only dense CPU tensors can be pinned"):
            make(device="cuda", pin_memory=True)


def test_without_a_device_nothing_can_be_made_in_pinned_memory():
    with cuda.chosen("off"):
        for make in (minitorch.arange, minitorch.randperm, minitorch.hann_window, minitorch.eye):
            with pytest.raises(RuntimeError, match="pin_memory=True requires a CUDA or other accelerator backend"):
                make(3, pin_memory=True)


def test_a_loader_pins_every_tensor_of_a_batch():
    images, labels = minitorch.tensor(randn(5, 2)), minitorch.arange(5)
    found = list(DataLoader(TensorDataset(images, labels), batch_size=2, pin_memory=True))
    assert [type(batch) for batch in found] == [list] * 3
    assert all(tensor.is_pinned() for batch in found for tensor in batch)
    assert minitorch.cat([batch[0] for batch in found]).tolist() == images.tolist()
    moved = found[0][0].to("cuda", non_blocking=True)
    assert moved.is_cuda and moved.tolist() == images[:2].tolist()
    assert not any(batch[0].is_pinned() for batch in DataLoader(TensorDataset(images), batch_size=2))


Pair = namedtuple("Pair", "first second")


class OfTheUser:
    pinned = False

    def pin_memory(self):
        self.pinned = True
        return self


def test_a_batch_keeps_its_form():
    one = minitorch.ones(2)
    read_only = types.MappingProxyType({"r": one})
    batch = {"list": [one, "text", 3], "pair": Pair(one, (one, b"bytes")), "range": range(2), "user": OfTheUser(),
             "read only": read_only}  # fmt: skip
    (found,) = DataLoader([batch], batch_size=None, collate_fn=lambda item: item, pin_memory=True)
    assert found is not batch and not batch["list"][0].is_pinned()
    assert found["list"][0].is_pinned() and found["list"][1:] == ["text", 3]
    assert type(found["pair"]) is Pair and found["pair"].first.is_pinned() and found["pair"].second[0].is_pinned()
    assert type(found["pair"].second) is tuple and found["pair"].second[1] == b"bytes"
    assert found["range"] == [0, 1] and found["user"].pinned and found["read only"]["r"].is_pinned()


def test_without_a_device_a_loader_says_so_and_does_not_pin():
    with cuda.chosen("off"):
        loader = DataLoader(minitorch.arange(4), batch_size=2, pin_memory=True)
        with pytest.warns(UserWarning, match="'pin_memory' argument is set as true but no accelerator is found"):
            found = list(loader)
    assert [batch.tolist() for batch in found] == [[0, 1], [2, 3]] and not found[0].is_pinned()
