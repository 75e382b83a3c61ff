"""SGD against PyTorch's, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import randn
from trajectories import compare_trajectories

import minitorch

SETTINGS = [
    {"lr": 0.1},
    {"lr": 0.1, "weight_decay": 0.05},
    {"lr": 0.1, "momentum": 0.9},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.02, "nesterov": True},
    {"lr": 0.01, "maximize": True},
    {"lr": 0.01, "maximize": True, "momentum": 0.5, "dampening": 0.2, "weight_decay": 0.1},
    {"foreach": False, "fused": False},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_hundred_steps_are_pytorchs(settings: dict[str, Any]) -> None:
    compare_trajectories(lambda optim, parameters: optim.SGD(parameters, **settings))


def test_groups_have_settings_of_their_own() -> None:
    compare_trajectories(
        lambda optim, parameters: optim.SGD(
            [
                {"params": parameters[:2], "lr": 0.2, "momentum": 0.5},
                {"params": parameters[2], "weight_decay": 0.1},
                {"params": parameters[3:], "momentum": 0.9, "nesterov": True},
            ],
            lr=0.05,
        ),
        steps=30,
    )


def test_the_learning_rate_may_be_a_tensor() -> None:
    def program(torch: Any) -> list[float]:
        parameter = torch.nn.Parameter(torch.tensor([1.0, 2.0], dtype=torch.float64))
        optimizer = torch.optim.SGD([parameter], lr=torch.tensor(0.25))
        parameter.grad = torch.tensor([4.0, -8.0], dtype=torch.float64)
        optimizer.step()
        return parameter.tolist()

    assert program(minitorch) == program(pytorch) == [0.0, 4.0]


def test_complex_and_half_parameters_are_stepped_as_in_pytorch() -> None:
    def program(torch: Any) -> list[Any]:
        results = []
        for dtype in (torch.complex128, torch.float16, torch.bfloat16):
            parameter = torch.nn.Parameter(torch.from_numpy(randn(5)).to(dtype))
            optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9, weight_decay=0.1)
            for step in range(3):
                parameter.grad = torch.from_numpy(randn(5, seed=step)).to(dtype)
                optimizer.step()
            wide = torch.complex128 if dtype.is_complex else torch.float32
            results.append(parameter.detach().to(wide).numpy())
        return results

    for theirs, ours, tolerance in zip(program(pytorch), program(minitorch), (1e-12, 2e-3, 1e-2)):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance)


def test_a_differentiable_step_is_part_of_the_graph() -> None:
    def program(torch: Any) -> list[Any]:
        rate = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
        leaf = torch.from_numpy(randn(4).copy()).requires_grad_()
        parameter = leaf.clone()
        optimizer = torch.optim.SGD([parameter], lr=rate, weight_decay=0.1, differentiable=True)
        for step in range(3):
            parameter.grad = torch.from_numpy(randn(4, seed=step))
            optimizer.step()
        (parameter * parameter).sum().backward()
        return [parameter.detach().numpy(), rate.grad.numpy(), leaf.grad.numpy()]

    for theirs, ours in zip(program(pytorch), program(minitorch)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {"lr": -1}, {"momentum": -0.1}, {"weight_decay": -1}, {"nesterov": True},
        {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, {"lr": [1.0, 2.0]},
        {"fused": True, "differentiable": True}, {"fused": True, "foreach": True},
    ],
    ids=str,
)  # fmt: skip
def test_settings_out_of_range_are_refused_with_pytorchs_words(settings: dict[str, Any]) -> None:
    messages = []
    for engine in (pytorch, minitorch):
        given = {k: engine.tensor(v) if isinstance(v, list) else v for k, v in settings.items()}
        with pytest.raises(Exception) as caught:  # the type is what is compared
            engine.optim.SGD([engine.ones(2)], **given)
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


def test_a_step_counts_as_a_write() -> None:
    parameter = minitorch.nn.Parameter(minitorch.ones(2))
    optimizer = minitorch.optim.SGD([parameter], lr=0.1)
    loss = (parameter * parameter).sum()
    parameter.grad = minitorch.ones(2)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
