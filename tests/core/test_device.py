"""Devices: names, identity and refusals, held against a PyTorch without a GPU."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest
import torch
from outcomes import check_outcome, programs

import minitorch
from minitorch.core.backend import backend_for, is_available
from minitorch.core.device import place_of

NAMING = programs(
    "torch",
    "repr(torch.device('cpu'))", "repr(torch.device('cuda', 1))", "repr(torch.device('cuda:1'))", "torch.device(1)",
    "str(torch.device('cuda:1'))", "str(torch.device('cpu:0'))", "torch.device('foo')", "torch.device('cuda:x')",
    "torch.device('cuda:')", "torch.device('cuda:-1')", "torch.device('cuda:01')", "torch.device('cpu', 1)",
    "torch.device('cpu:1', 1)", "torch.device('cpu', '1')", "torch.device(None)", "torch.device(1.5)", "torch.device()",
    "torch.device(True)", "torch.device(-1)", "torch.device('cuda', -1)", "torch.device('cuda', 1.5)",
    "torch.device(torch.device('cpu'))", "torch.device(torch.device('cpu'), 1)", "torch.device(device='cpu')",
    "torch.device(type='cuda', index=1)", "torch.device(index=1)", "torch.device('')", "torch.device(':1')",
    "torch.device('CUDA')", "torch.device('cuda:1:2')", "torch.device('cuda: 1')", "torch.device('meta').type",
    "torch.device('mps').type", "torch.device('xpu:0').type", "torch.device('hpu')", "torch.device('vulkan').type",
    "torch.device('cpu') == torch.device('cpu')", "torch.device('cpu') == torch.device('cpu:0')",
    "torch.device('cpu') == 'cpu'", "hash(torch.device('cpu')) == hash(torch.device('cpu'))",
    "setattr(torch.device('cpu'), 'type', 'x')", "torch.device('cuda:1').index", "torch.device('cpu').index",
    "torch.device('cpu').nothing",
)  # fmt: skip


@pytest.mark.parametrize("program", NAMING)
def test_a_device_is_named_as_in_pytorch(program):
    check_outcome(program)


TENSORS = programs(
    "torch, x",
    "x.device", "torch.zeros(2, device='cpu:0').device", "torch.zeros(2, device='cpu:1') + x", "x.to('cpu:0').device",
    "x.to('cuda')", "x.cuda()", "torch.ones(2, device='cuda')", "torch.tensor(1, device='cuda:0')", "x.to('foo')",
    "torch.ones(2, device='mps')", "torch.ones(2, device='xpu')", "torch.zeros(2, device=1.5)", "x.to(0)",
    "torch.zeros(2, device=0)", "torch.zeros(2, device=torch.device('cpu', 0)) + x", "x.get_device()",
    "torch.set_default_device('cuda:x')",
)  # fmt: skip


@pytest.mark.parametrize("program", TENSORS)
def test_a_tensor_lives_where_it_lives_in_pytorch_or_is_refused_alike(program):
    check_outcome(program, (2,), grad=False)


def test_there_is_one_object_per_device():
    assert minitorch.device("cuda", 1) is minitorch.device("cuda:1")
    assert copy.deepcopy(minitorch.device("cuda:1")) is minitorch.device("cuda:1")
    assert pickle.loads(pickle.dumps(minitorch.device("cpu"))) is minitorch.device("cpu")


def test_a_tensors_place_has_an_index_only_where_there_may_be_several():
    assert place_of("cpu:3") is minitorch.device("cpu")
    assert place_of(None) is minitorch.device("cpu")
    if not is_available("cuda"):
        with pytest.raises(AssertionError):
            place_of("cuda")


def test_a_missing_backend_is_refused_by_kind():
    for name, error in (("xpu", AssertionError), ("meta", NotImplementedError), ("mps", NotImplementedError)):
        with pytest.raises(error):
            backend_for(name)
    assert is_available("cpu") and backend_for("cpu").name == "cpu"


def test_the_default_device_belongs_to_a_thread():
    seen = []
    with minitorch.device("cpu"):
        thread = threading.Thread(target=lambda: seen.append(minitorch.get_default_device()))
        thread.start()
        thread.join()
    assert seen == [minitorch.device("cpu")]
    assert repr(minitorch.get_default_device()) == repr(torch.get_default_device())
