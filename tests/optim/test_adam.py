"""Adam and AdamW against PyTorch's, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import randn
from trajectories import compare_trajectories

import minitorch

SETTINGS = [
    {},
    {"lr": 0.1},
    {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3},
    {"lr": 0.05, "betas": (0.3, 0.5), "eps": 0.1},  # a small eps would make it chaotic
    {"lr": 0.05, "betas": (0.0, 0.0), "eps": 0.1},
    {"lr": 0.05, "weight_decay": 0.1},
    {"lr": 0.05, "amsgrad": True},
    {"lr": 0.01, "maximize": True, "weight_decay": 0.1, "amsgrad": True},
    {"lr": 0.01, "foreach": False, "fused": False, "capturable": False},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_a_hundred_steps_are_pytorchs(name: str, settings: dict[str, Any]) -> None:
    compare_trajectories(lambda optim, parameters: getattr(optim, name)(parameters, **settings))


def test_decoupled_weight_decay_makes_adam_adamw() -> None:
    compare_trajectories(
        lambda optim, parameters: optim.Adam(parameters, 0.1, weight_decay=0.3, decoupled_weight_decay=True), steps=20
    )


def test_groups_have_settings_of_their_own() -> None:
    compare_trajectories(
        lambda optim, parameters: optim.Adam(
            [
                {"params": parameters[:2], "betas": (0.5, 0.6)},
                {"params": parameters[2:], "amsgrad": True, "lr": 0.2},
            ],
            lr=0.05,
        ),
        steps=30,
    )


def test_rate_and_betas_may_be_tensors() -> None:
    compare_trajectories(
        lambda optim, parameters: optim.Adam(parameters, lr=_module(optim).tensor(0.125), weight_decay=0.5), steps=10
    )
    betas = (0.75, 0.875)  # exact in float32
    compare_trajectories(
        lambda optim, parameters: optim.Adam(
            parameters, lr=0.1, betas=tuple(_module(optim).tensor([beta]) for beta in betas)
        ),
        steps=2,
    )


def _module(optim: Any) -> Any:
    return pytorch if optim is pytorch.optim else minitorch


def test_complex_and_half_parameters_are_stepped_as_in_pytorch() -> None:
    def program(torch: Any) -> list[Any]:
        results = []
        for dtype in (torch.complex128, torch.float16, torch.bfloat16):
            parameter = torch.nn.Parameter(torch.from_numpy(randn(5)).to(dtype))
            optimizer = torch.optim.Adam([parameter], lr=0.1, weight_decay=0.1, amsgrad=dtype.is_complex)
            for step in range(3):
                parameter.grad = torch.from_numpy(randn(5, seed=step)).to(dtype)
                optimizer.step()
            wide = torch.complex128 if dtype.is_complex else torch.float32
            results.append(parameter.detach().to(wide).numpy())
        return results

    for theirs, ours, tolerance in zip(program(pytorch), program(minitorch), (1e-12, 2e-3, 1e-2)):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance)


@pytest.mark.parametrize("amsgrad", [False, True])
def test_a_differentiable_step_is_part_of_the_graph(amsgrad: bool) -> None:
    def program(torch: Any) -> list[Any]:
        rate = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
        leaf = torch.from_numpy(randn(4).copy()).requires_grad_()
        parameter = leaf.clone()
        decay = 0 if amsgrad else 0.1  # amsgrad's maximum would need v as it was, if v had a history
        optimizer = torch.optim.Adam([parameter], lr=rate, weight_decay=decay, amsgrad=amsgrad, differentiable=True)
        for step in range(3):
            gradient = torch.from_numpy(randn(4, seed=step))
            parameter.grad = gradient if amsgrad else (gradient * leaf).clone()
            optimizer.step()
        (parameter * parameter).sum().backward()
        return [parameter.detach().numpy(), rate.grad.numpy(), leaf.grad.numpy()]

    for theirs, ours in zip(program(pytorch), program(minitorch)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize(
    "settings",
    [
        {"lr": -1}, {"eps": -1}, {"betas": (1.0, 0.9)}, {"betas": (-0.1, 0.9)}, {"betas": (0.9, 1.0)},
        {"weight_decay": -1}, {"betas": (0, 0.9)}, {"lr": [1.0, 2.0]}, {"fused": True, "differentiable": True},
        {"fused": True, "foreach": True},
    ],
    ids=str,
)  # fmt: skip
def test_settings_out_of_range_are_refused_with_pytorchs_words(settings: dict[str, Any]) -> None:
    messages = []
    for engine in (pytorch, minitorch):
        given = {k: engine.tensor(v) if isinstance(v, list) else v for k, v in settings.items()}
        with pytest.raises(Exception) as caught:  # the type is what is compared
            engine.optim.Adam([engine.ones(2)], **given)
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


def test_adamw_keeps_its_decay_decoupled_whatever_is_loaded() -> None:
    parameter = minitorch.nn.Parameter(minitorch.ones(2))
    state = minitorch.optim.Adam([parameter]).state_dict()
    assert state["param_groups"][0]["decoupled_weight_decay"] is False
    optimizer = minitorch.optim.AdamW([parameter])
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True
