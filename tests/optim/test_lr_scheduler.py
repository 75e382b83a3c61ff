"""Learning rate schedules: the rates of every group, epoch by epoch, must be PyTorch's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch as pytorch

import minitorch
import minitorch.optim.lr_scheduler


def optimizer_of(torch: Any, name: str = "SGD") -> Any:
    groups = [{"params": [torch.ones(1)]}, {"params": [torch.ones(1)], "lr": 0.5}]
    return getattr(torch.optim, name)(groups, lr=0.1)


SCHEDULES = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 0.9**epoch),
    "LambdaLR by group": lambda s, o: s.LambdaLR(o, [lambda epoch: epoch, lambda epoch: 1 / (1 + epoch)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 1 - 1 / (epoch + 2)),
    "StepLR": lambda s, o: s.StepLR(o, 3),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 9], gamma=0.3),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.25, 0.75, 6),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.7),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 5, eta_min=0.01),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, [1.0, 2.0], total_steps=20),
    "OneCycleLR in three phases": lambda s, o: s.OneCycleLR(
        o, 1.0, epochs=4, steps_per_epoch=5, anneal_strategy="linear", three_phase=True, pct_start=0.2),
    "OneCycleLR without momentum": lambda s, o: s.OneCycleLR(o, 1.0, 20, cycle_momentum=False, div_factor=5.0),
}  # fmt: skip


def rates(torch: Any, make: Any, epochs: int = 19, name: str = "SGD") -> list[Any]:
    optimizer = optimizer_of(torch, name)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    seen = []
    for _ in range(epochs):
        seen.append(list(scheduler.get_last_lr()))
        assert seen[-1] == [group["lr"] for group in optimizer.param_groups]
        seen[-1] += [group.get("momentum", 0) for group in optimizer.param_groups]
        seen[-1] += [group.get("betas", (0, 0))[0] for group in optimizer.param_groups]
        optimizer.step()
        scheduler.step()
    return seen


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_rates_are_pytorchs(name: str, optimizer: str) -> None:
    theirs, ours = (rates(engine, SCHEDULES[name], name=optimizer) for engine in (pytorch, minitorch))
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_saved_schedule_goes_on_where_it_stopped_and_looks_like_pytorchs(name: str) -> None:
    keys = []
    for engine in (pytorch, minitorch):
        first = SCHEDULES[name](engine.optim.lr_scheduler, optimizer := optimizer_of(engine))
        for _ in range(4):
            optimizer.step()
            first.step()
        state = first.state_dict()
        keys.append((sorted(state), sorted(optimizer.param_groups[0])))
        second = SCHEDULES[name](engine.optim.lr_scheduler, other := optimizer_of(engine))
        second.load_state_dict(state)
        other.load_state_dict(optimizer.state_dict())
        for scheduler, its in ((first, optimizer), (second, other)):
            its.step()
            scheduler.step()
        assert first.get_last_lr() == second.get_last_lr()
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    "name", ["StepLR", "MultiStepLR", "LinearLR", "ExponentialLR", "CosineAnnealingLR", "LambdaLR"]
)
def test_an_epoch_can_be_named(name: str) -> None:
    values = []
    for engine in (pytorch, minitorch):
        scheduler = SCHEDULES[name](engine.optim.lr_scheduler, optimizer := optimizer_of(engine))
        optimizer.step()
        with pytest.warns(UserWarning, match="epoch parameter"):
            scheduler.step(7)
        values.append(scheduler.get_last_lr())
    np.testing.assert_allclose(values[1], values[0], rtol=1e-14)


def test_a_tensor_rate_is_written_in_place() -> None:
    values = []
    for engine in (pytorch, minitorch):
        rate = engine.tensor(0.5)
        optimizer = engine.optim.SGD([engine.ones(1)], lr=rate)
        scheduler = engine.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        optimizer.step()
        scheduler.step()
        assert optimizer.param_groups[0]["lr"] is rate
        values.append([rate.item(), scheduler.get_last_lr()[0].item(), scheduler.base_lrs[0].item()])
    assert values[0] == values[1] == [0.25, 0.25, 0.5]


def test_stepping_before_the_optimizer_is_warned_about_once() -> None:
    messages = []
    for engine in (pytorch, minitorch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            optimizer = optimizer_of(engine)
            optimizer.step()
            scheduler = engine.optim.lr_scheduler.StepLR(optimizer, 2)
            scheduler.step()
            scheduler.step()
            scheduler.get_lr()
        messages.append([str(warning.message) for warning in caught])
    assert messages[0] == messages[1]
    assert len(messages[0]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        lambda torch: torch.optim.lr_scheduler.StepLR(3, 2),
        lambda torch: torch.optim.lr_scheduler.StepLR(optimizer_of(torch), 2, last_epoch=3),
        lambda torch: torch.optim.lr_scheduler.LambdaLR(optimizer_of(torch), [lambda epoch: 1]),
        lambda torch: torch.optim.lr_scheduler.MultiplicativeLR(optimizer_of(torch), 3),
        lambda torch: torch.optim.lr_scheduler.LinearLR(optimizer_of(torch), start_factor=0),
        lambda torch: torch.optim.lr_scheduler.LinearLR(optimizer_of(torch), end_factor=2),
        lambda torch: torch.optim.lr_scheduler.OneCycleLR(3, 1.0),
        lambda torch: torch.optim.lr_scheduler.OneCycleLR(optimizer_of(torch), 1.0),
        lambda torch: torch.optim.lr_scheduler.OneCycleLR(optimizer_of(torch), 1.0, 0),
        lambda torch: torch.optim.lr_scheduler.OneCycleLR(optimizer_of(torch), 1.0, epochs=0, steps_per_epoch=1),
        lambda torch: torch.optim.lr_scheduler.OneCycleLR(optimizer_of(torch), [1.0], 5),
        lambda torch: torch.optim.lr_scheduler.OneCycleLR(optimizer_of(torch), 1.0, 5, pct_start=2),
        lambda torch: torch.optim.lr_scheduler.OneCycleLR(optimizer_of(torch), 1.0, 5, anneal_strategy="x"),
        lambda torch: rates(torch, lambda s, o: s.OneCycleLR(o, 1.0, 5)),
    ],
)
def test_wrong_use_is_refused_with_pytorchs_words(wrong: Any) -> None:
    messages = []
    for engine in (pytorch, minitorch):
        with pytest.raises(Exception) as caught:  # the type is what is compared
            wrong(engine)
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]
