"""What all optimizers share: groups, state dicts, hooks, closures, printing. Both engines must say the same."""

from __future__ import annotations

import copy
import pickle
import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import check

import minitorch


def same(program: Any) -> None:
    check(program, grad=False, names=False)


def module(torch: Any) -> Any:
    """``torch.optim.optimizer``, which PyTorch hides behind its classes."""
    return import_module(f"{torch.__name__}.optim.optimizer")


def parameters(torch: Any, count: int = 3) -> list[Any]:
    return [torch.nn.Parameter(torch.full((place + 1,), 1.0 + place)) for place in range(count)]


def stepped(torch: Any, optimizer: Any, steps: int = 2) -> Any:
    """The optimizer after steps with fixed gradients."""
    for step in range(steps):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.full(parameter.shape, 0.5 + step)
        optimizer.step()
    return optimizer


MAKERS = {
    "SGD": lambda optim, params: optim.SGD(params, lr=0.1),
    "SGD with momentum": lambda optim, params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda optim, params: optim.Adam(params, amsgrad=True),
    "AdamW": lambda optim, params: optim.AdamW([{"params": params[:1], "lr": 2}, {"params": params[1:]}]),
}


@pytest.mark.parametrize("name", MAKERS)
def test_printed_forms_and_groups_are_pytorchs(name: str) -> None:
    def program(torch: Any) -> list[Any]:
        optimizer = MAKERS[name](torch.optim, parameters(torch))
        groups = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
        return [repr(optimizer), repr(groups), repr(optimizer.defaults), optimizer.state == {}]

    same(program)


@pytest.mark.parametrize("name", MAKERS)
def test_state_dicts_have_pytorchs_layout_and_values(name: str) -> None:
    def program(torch: Any) -> list[Any]:
        optimizer = stepped(torch, MAKERS[name](torch.optim, parameters(torch)))
        state = optimizer.state_dict()
        values = [[place, key, value] for place, kept in state["state"].items() for key, value in kept.items()]
        return [list(state), repr(state["param_groups"]), values]

    check(program, grad=False, names=False, rtol=1e-6)


@pytest.mark.parametrize("name", MAKERS)
def test_training_goes_on_from_a_loaded_state(name: str) -> None:
    straight = parameters(minitorch)
    stepped(minitorch, MAKERS[name](minitorch.optim, straight), 2)
    first = MAKERS[name](minitorch.optim, parameters(minitorch))
    stepped(minitorch, first, 1)
    state = copy.deepcopy(first.state_dict())
    second = MAKERS[name](minitorch.optim, [p for group in first.param_groups for p in group["params"]])
    second.load_state_dict(state)
    for group in second.param_groups:
        for parameter in group["params"]:
            parameter.grad = minitorch.full(parameter.shape, 1.5)
    second.step()
    found = [p.tolist() for group in second.param_groups for p in group["params"]]
    assert found == [p.tolist() for p in straight]


def test_pytorchs_state_can_be_loaded() -> None:
    theirs = stepped(pytorch, pytorch.optim.Adam(parameters(pytorch), lr=0.5), 3)
    state = theirs.state_dict()
    state["state"] = {
        place: {key: minitorch.from_numpy(value.numpy().copy()) for key, value in kept.items()}
        for place, kept in state["state"].items()
    }
    values = [minitorch.from_numpy(p.detach().numpy().copy()) for p in theirs.param_groups[0]["params"]]
    ours = minitorch.optim.Adam([minitorch.nn.Parameter(value) for value in values])
    ours.load_state_dict(state)
    assert ours.param_groups[0]["lr"] == 0.5
    for torch, optimizer in ((pytorch, theirs), (minitorch, ours)):
        stepped(torch, optimizer, 2)
    for a, b in zip(theirs.param_groups[0]["params"], ours.param_groups[0]["params"]):
        np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=1e-6)


def test_a_loaded_state_takes_the_dtype_of_its_parameter_but_the_count_stays() -> None:
    def program(torch: Any) -> list[Any]:
        state = stepped(torch, torch.optim.Adam(parameters(torch, 1))).state_dict()
        optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))])
        optimizer.load_state_dict(state)
        (kept,) = optimizer.state.values()
        optimizer.load_state_dict({"state": {0: {"step": 3}}, "param_groups": state["param_groups"]})
        (old,) = optimizer.state.values()
        return [[key, value] for key, value in kept.items()] + [old["step"]]

    check(program, grad=False, names=False, rtol=1e-6)


def test_named_parameters_keep_their_names() -> None:
    def program(torch: Any) -> list[Any]:
        torch.manual_seed(0)
        optimizer = torch.optim.SGD(torch.nn.Linear(2, 2).named_parameters(), lr=0.1)
        state = optimizer.state_dict()
        plain = torch.optim.SGD(parameters(torch, 2), lr=0.2)
        plain.load_state_dict(state)
        return [repr(optimizer), repr(state), optimizer.param_groups[0]["param_names"], repr(plain)]

    same(program)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda torch: torch.optim.SGD(torch.ones(2)),
        lambda torch: torch.optim.SGD([]),
        lambda torch: torch.optim.SGD([3]),
        lambda torch: torch.optim.SGD(3),
        lambda torch: torch.optim.SGD([{"params": {torch.ones(1)}}]),
        lambda torch: torch.optim.SGD([torch.ones(1, requires_grad=True) * 2]),
        lambda torch: torch.optim.SGD([("a", torch.ones(1)), torch.ones(1)]),
        lambda torch: torch.optim.SGD([{"params": [torch.ones(1)]}, {"params": [("a", torch.ones(1))]}]),
        lambda torch: torch.optim.SGD([torch.ones(1)]).add_param_group(3),
        lambda torch: (x := torch.ones(1), torch.optim.SGD([{"params": x}, {"params": x}])),
        lambda torch: torch.optim.Optimizer([torch.ones(1)], {}).step(),
        lambda torch: torch.optim.SGD([torch.ones(1)]).load_state_dict({"param_groups": [], "state": {}}),
        lambda torch: torch.optim.SGD([torch.ones(1)]).load_state_dict(
            {"param_groups": [{"params": [0, 1]}], "state": {}}),
        lambda torch: torch.optim.Optimizer(
            [{"params": [torch.ones(1)]}], {"lr": module(torch).required}),
    ],
)  # fmt: skip
def test_wrong_use_is_refused_with_pytorchs_words(wrong: Any) -> None:
    messages = []
    for engine in (pytorch, minitorch):
        with pytest.raises(Exception) as caught:  # the type is what is compared
            wrong(engine)
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


def test_duplicate_parameters_are_warned_about() -> None:
    for engine in (pytorch, minitorch):
        parameter = engine.ones(1)
        with pytest.warns(UserWarning, match="duplicate parameters"):
            engine.optim.SGD([parameter, parameter])


def test_zero_grad_forgets_or_fills() -> None:
    def program(torch: Any) -> list[Any]:
        values = parameters(torch)
        optimizer = stepped(torch, torch.optim.SGD(values), 1)
        optimizer.zero_grad(set_to_none=False)
        filled = [value.grad.clone() for value in values]
        optimizer.zero_grad()
        return [filled, [value.grad is None for value in values]]

    same(program)


def test_a_closure_computes_the_loss_with_gradients_and_its_value_is_returned() -> None:
    def program(torch: Any) -> list[Any]:
        results = []
        for make in (torch.optim.SGD, torch.optim.Adam):
            (value,) = parameters(torch, 1)
            optimizer = make([value], lr=0.25)

            def closure(value: Any = value, optimizer: Any = optimizer) -> Any:
                optimizer.zero_grad()
                loss = (value * value).sum()
                loss.backward()
                return loss

            with torch.no_grad():
                results += [optimizer.step(closure).detach(), value.detach().clone(), torch.is_grad_enabled()]
            results.append(optimizer.step())
        return results

    check(program, grad=False, names=False, rtol=1e-6)


def test_hooks_run_around_steps_and_state_dicts_in_pytorchs_order() -> None:
    def program(torch: Any) -> list[Any]:
        calls: list[Any] = []
        optimizer = torch.optim.SGD(parameters(torch, 1), lr=0.5)

        def log(name: str, answer: Any = None) -> Any:
            def hook(*args: Any) -> Any:
                calls.append([name, args[0] is optimizer, len(args), [len(a) for a in args[1:]]])
                return answer

            return hook

        everywhere = module(torch)
        handles = [
            everywhere.register_optimizer_step_pre_hook(log("global pre")),
            everywhere.register_optimizer_step_post_hook(log("global post")),
            optimizer.register_step_pre_hook(log("pre")),
            optimizer.register_step_post_hook(log("post")),
            optimizer.register_state_dict_pre_hook(log("state pre")),
            optimizer.register_state_dict_post_hook(log("state post 2")),
            optimizer.register_state_dict_post_hook(log("state post 1"), prepend=True),
            optimizer.register_load_state_dict_pre_hook(log("load pre")),
            optimizer.register_load_state_dict_post_hook(log("load post")),
        ]
        stepped(torch, optimizer, 1)
        optimizer.step(lambda: calls.append("closure"))
        optimizer.load_state_dict(optimizer.state_dict())
        for handle in handles:
            handle.remove()
        optimizer.step()
        return calls

    same(program)


def test_a_step_pre_hook_may_replace_the_arguments() -> None:
    def program(torch: Any) -> list[Any]:
        optimizer = torch.optim.SGD(parameters(torch, 1), lr=0.5)
        optimizer.register_step_pre_hook(lambda self, args, kwargs: ((self, lambda: "replaced"), kwargs))
        answer = [optimizer.step(lambda: "given")]
        optimizer.register_step_pre_hook(lambda self, args, kwargs: 3)
        with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwargs\), but got 3"):
            optimizer.step()
        return answer

    same(program)


def test_steps_of_an_optimizer_of_ones_own_have_hooks_too() -> None:
    def program(torch: Any) -> list[Any]:
        class Halving(torch.optim.Optimizer):
            def __init__(self, params: Any, factor: float = 0.5) -> None:
                super().__init__(params, {"factor": factor})

            def step(self, closure: Any = None) -> None:
                with torch.no_grad():
                    for group in self.param_groups:
                        for value in group["params"]:
                            value.mul_(group["factor"])
                            self.state[value]["steps"] = self.state[value].get("steps", 0) + 1

        calls: list[str] = []
        values = parameters(torch, 2)
        optimizer = Halving([{"params": values[:1]}, {"params": values[1:], "factor": 0.25}])
        optimizer.register_step_pre_hook(lambda *args: calls.append("pre"))
        optimizer.step()
        optimizer.step()
        return [repr(optimizer), values[0].detach(), values[1].detach(), calls, repr(optimizer.state_dict())]

    same(program)


def test_an_optimizer_survives_pickling_and_copying() -> None:
    optimizer = stepped(minitorch, minitorch.optim.Adam(parameters(minitorch)))
    for twin in (pickle.loads(pickle.dumps(optimizer)), copy.deepcopy(optimizer)):
        assert repr(twin) == repr(optimizer)
        first = twin.param_groups[0]["params"][0]
        assert twin.state[first]["step"].item() == 2
        assert first is not optimizer.param_groups[0]["params"][0]
        stepped(minitorch, twin, 1)
        assert twin.state[first]["step"].item() == 3
    assert optimizer.state[optimizer.param_groups[0]["params"][0]]["step"].item() == 2


def test_parameters_without_a_gradient_get_no_state() -> None:
    def program(torch: Any) -> list[Any]:
        values = parameters(torch, 2)
        optimizer = torch.optim.Adam(values)
        values[1].grad = torch.ones(2)
        optimizer.step()
        return [values[0].detach(), list(optimizer.state_dict()["state"])]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(program)
