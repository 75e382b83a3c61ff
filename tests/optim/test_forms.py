"""The three forms of SGD, Adam and AdamW: each gives PyTorch's numbers of the same form, and those of the others."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import randn
from engines import same, same_error
from trajectories import compare_trajectories, trajectory

import minitorch
from minitorch import kernels

FORMS = [{"foreach": True}, {"fused": True}]
SETTINGS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.02, "nesterov": True}),
    ("SGD", {"lr": 0.01, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": (0.3, 0.5), "eps": 0.1, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "maximize": True, "weight_decay": 0.1, "amsgrad": True}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01, "maximize": True, "weight_decay": 0.1, "amsgrad": True}),
]
DAMPENED = {"lr": 0.01, "momentum": 0.5, "dampening": 0.2, "weight_decay": 0.1, "maximize": True}


@pytest.fixture(params=["kernels", "no kernels"])
def processor(request):
    """With compiled kernels and without."""
    if request.param == "no kernels":
        with kernels.mode("off"):
            yield request.param
    else:
        if not kernels.available():
            pytest.skip("needs a C++ compiler")
        yield request.param


@pytest.mark.parametrize("form", FORMS, ids=lambda form: next(iter(form)))
@pytest.mark.parametrize("name, settings", SETTINGS, ids=str)
def test_a_hundred_steps_are_pytorchs(name: str, settings: Any, form: Any, processor: str) -> None:
    compare_trajectories(lambda optim, parameters: getattr(optim, name)(parameters, **settings, **form))


@pytest.mark.parametrize("name, settings", [*SETTINGS, ("SGD", DAMPENED)], ids=str)
def test_the_forms_agree_over_a_hundred_steps(name: str, settings: Any, processor: str) -> None:
    def values(**form: Any) -> list[np.ndarray]:
        return trajectory(minitorch, lambda optim, ps: getattr(optim, name)(ps, **settings, **form), 100, "float64")

    expected = values(foreach=False)
    for form in FORMS:
        for found, wanted in zip(values(**form), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name, settings", [("AdamW", {"lr": 1e-3}), ("SGD", {"lr": 0.1, "momentum": 0.9})])
def test_fused_is_within_a_millionth_of_pytorchs_fused(name: str, settings: Any, processor: str) -> None:
    def program(torch: Any) -> np.ndarray:
        start = randn(40_000).astype(np.float32)
        parameter = torch.nn.Parameter(torch.from_numpy(start + 3 * np.sign(start)))
        optimizer = getattr(torch.optim, name)([parameter], fused=True, **settings)
        for step in range(100):
            parameter.grad = torch.from_numpy(np.cos(np.arange(40_000) + step).astype(np.float32) / 100)
            optimizer.step()
        return parameter.detach().numpy()

    np.testing.assert_allclose(program(minitorch), program(pytorch), rtol=1e-6)


@pytest.mark.parametrize("form", [{"foreach": False}, *FORMS], ids=str)
def test_parameters_of_several_dtypes_are_stepped_in_groups(form: Any, processor: str) -> None:
    def program(torch: Any) -> Any:
        dtypes = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.float32)
        shapes = ((3, 5), (7,), (4,), (2, 3), ())
        parameters = [torch.nn.Parameter(torch.tensor(randn(*s).tolist()).to(d)) for d, s in zip(dtypes, shapes)]
        optimizer = torch.optim.AdamW(parameters, lr=0.125, amsgrad=True, **form)
        for step in range(4):
            for place, parameter in enumerate(parameters):
                gradient = randn(*parameter.shape, seed=10 * step + place) + 2
                parameter.grad = torch.tensor(gradient.tolist()).to(parameter.dtype)
            optimizer.step()
        return [p.detach().to(torch.float64).numpy() for p in parameters], [str(p.dtype) for p in parameters]

    (theirs, dtypes), (ours, our_dtypes) = program(pytorch), program(minitorch)
    assert our_dtypes == dtypes
    for expected, found, tolerance in zip(theirs, ours, (1e-5, 1e-12, 4e-3, 3e-2, 1e-5)):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_sizes_zero_and_one_and_many_chunks(name: str, form: Any, processor: str) -> None:
    """Against the for-loop form: parameters without elements, without dimensions, and of several chunks."""

    def values(**form: Any) -> list[np.ndarray]:
        shapes = ((0,), (), (3, 0, 2), (40_001,), (1,), (5, 7))
        parameters = [minitorch.nn.Parameter(minitorch.tensor(randn(*shape).tolist())) for shape in shapes]
        settings = {"momentum": 0.9} if name == "SGD" else {}
        optimizer = getattr(minitorch.optim, name)(parameters, lr=0.1, **settings, **form)
        for step in range(3):
            for place, parameter in enumerate(parameters):
                parameter.grad = minitorch.tensor(randn(*parameter.shape, seed=step + place).tolist())
            optimizer.step()
        state = [v for p in parameters for _, v in sorted(optimizer.state[p].items())]
        return [tensor.detach().numpy() for tensor in (*parameters, *state)]

    for found, wanted in zip(values(**form), values(foreach=False), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_parameters_and_gradients_may_lie_in_any_order(name: str, form: Any, processor: str) -> None:
    """Against the for-loop form; where strides of parameter and gradient differ, PyTorch errs."""

    def values(**form: Any) -> list[np.ndarray]:
        block = minitorch.tensor(randn(6, 8).tolist())
        starts = [block[:3, :5].t(), minitorch.tensor(randn(5, 4).tolist()), block[3::2, 1::3]]
        starts += [minitorch.tensor(randn(2, 3, 4, 5).tolist()).contiguous(memory_format=minitorch.channels_last)]
        parameters = [minitorch.nn.Parameter(start) for start in starts]
        settings = {"momentum": 0.9} if name == "SGD" else {"amsgrad": True}
        optimizer = getattr(minitorch.optim, name)(parameters, lr=0.1, weight_decay=0.1, **settings, **form)
        for step in range(3):
            for parameter in parameters:
                gradient = minitorch.tensor(randn(*reversed(parameter.shape), seed=step).tolist())
                parameter.grad = gradient.permute(*reversed(range(gradient.ndim)))
            optimizer.step()
        return [parameter.detach().numpy() for parameter in parameters] + [block.numpy()]

    for found, wanted in zip(values(**form), values(foreach=False), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


def test_complex_parameters_take_the_foreach_form_and_not_the_fused() -> None:
    def program(torch: Any) -> Any:
        parameter = torch.nn.Parameter(torch.from_numpy(randn(5).astype(np.complex128) * (1 + 2j)))
        optimizer = torch.optim.Adam([parameter], lr=0.1, amsgrad=True, weight_decay=0.1, foreach=True)
        for step in range(3):
            parameter.grad = torch.from_numpy(randn(5, seed=step) * (2 - 1j))
            optimizer.step()
        return parameter.detach()

    same(program)
    for name in ("SGD", "AdamW"):
        same_error(lambda torch, name=name: _step_once(torch, name, torch.complex64, fused=True), exact=True)


def _step_once(torch: Any, name: str, dtype: Any, **settings: Any) -> None:
    parameter = torch.nn.Parameter(torch.ones(2, dtype=dtype))
    optimizer = getattr(torch.optim, name)([parameter], **settings)
    parameter.grad = torch.ones(2, dtype=dtype)
    optimizer.step()


@pytest.mark.parametrize(
    "settings",
    [
        {"foreach": True, "capturable": True}, {"capturable": True}, {"foreach": True, "differentiable": True},
        {"foreach": True, "fused": True}, {"fused": True, "differentiable": True},
    ],
    ids=str,
)  # fmt: skip
def test_forms_that_cannot_be_are_refused_with_pytorchs_words(settings: Any) -> None:
    same_error(lambda torch: _step_once(torch, "AdamW", torch.float32, **settings), exact=True)


def test_foreach_takes_no_tensors_as_settings() -> None:
    same_error(lambda t: t.optim.Adam([t.ones(2)], lr=t.tensor(0.1), foreach=True), exact=True)
    betas = {"foreach": True}
    same_error(lambda t: t.optim.Adam([t.ones(2)], betas=(t.tensor(0.1), t.tensor(0.2)), **betas), exact=True)

    def set_later(torch: Any) -> None:
        parameter = torch.nn.Parameter(torch.ones(2))
        optimizer = torch.optim.Adam([parameter], foreach=True)
        optimizer.param_groups[0]["lr"] = torch.tensor(0.1)
        parameter.grad = torch.ones(2)
        optimizer.step()

    same_error(set_later, exact=True)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_fused_learning_rate_may_be_a_tensor(name: str, processor: str) -> None:
    def program(torch: Any) -> Any:
        parameter = torch.nn.Parameter(torch.from_numpy(randn(5)))
        optimizer = getattr(torch.optim, name)([parameter], lr=torch.tensor(0.25), fused=True)
        for step in range(3):
            parameter.grad = torch.from_numpy(randn(5, seed=step))
            optimizer.step()
        return parameter.detach()

    same(program)


@pytest.mark.parametrize("name, settings", [("SGD", {"momentum": 0.9, "nesterov": True}), ("AdamW", {})])
def test_fused_divides_by_the_scale_and_leaves_out_steps_that_overflowed(
    name: str, settings: Any, processor: str
) -> None:
    def program(torch: Any) -> Any:
        parameter = torch.nn.Parameter(torch.from_numpy(randn(5)))
        optimizer = getattr(torch.optim, name)([parameter], lr=0.1, fused=True, **settings)
        seen = [optimizer._step_supports_amp_scaling]
        for step, found in enumerate((0.0, 1.0, 0.0)):
            optimizer.grad_scale, optimizer.found_inf = torch.tensor(8.0), torch.tensor(found)
            parameter.grad = torch.from_numpy(randn(5, seed=step))
            optimizer.step()
            seen += [parameter.detach().clone(), parameter.grad.clone()]
        return seen, [value.clone() for _, value in sorted(optimizer.state[parameter].items())]

    same(program)


@pytest.mark.parametrize("form", [{"foreach": False}, {"foreach": True}], ids=str)
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_only_fused_knows_a_scale(name: str, form: Any) -> None:
    def program(torch: Any) -> None:
        parameter = torch.nn.Parameter(torch.ones(2))
        optimizer = getattr(torch.optim, name)([parameter], **form)
        optimizer.grad_scale = torch.tensor(2.0)
        parameter.grad = torch.ones(2)
        optimizer.step()

    same_error(program, exact=True)


@pytest.mark.parametrize("before", [{}, *FORMS], ids=str)
@pytest.mark.parametrize("after", [{}, *FORMS], ids=str)
def test_saved_states_go_from_form_to_form(before: Any, after: Any) -> None:
    """As in PyTorch, the form that was saved is what counts after loading; the numbers go on as if nothing happened."""

    def program(torch: Any) -> Any:
        start = torch.from_numpy(randn(5))
        first, second = (torch.nn.Parameter(start.clone()) for _ in range(2))
        optimizer = torch.optim.AdamW([first], lr=0.1, amsgrad=True, **before)
        for step in range(2):
            first.grad = torch.from_numpy(randn(5, seed=step))
            optimizer.step()
        with torch.no_grad():
            second.copy_(first)
        again = torch.optim.AdamW([second], lr=0.5, **after)
        again.load_state_dict(optimizer.state_dict())
        second.grad = torch.from_numpy(randn(5, seed=9))
        again.step()
        group = again.param_groups[0]
        return second.detach(), again.state[second], {k: group[k] for k in ("lr", "foreach", "fused", "amsgrad")}

    same(program)


def test_a_form_may_be_chosen_between_two_steps() -> None:
    def values(forms: list[Any]) -> np.ndarray:
        parameter = minitorch.nn.Parameter(minitorch.from_numpy(randn(5)))
        optimizer = minitorch.optim.AdamW([parameter], lr=0.1)
        for step, form in enumerate(forms):
            optimizer.param_groups[0].update({"foreach": None, "fused": None, **form})
            parameter.grad = minitorch.from_numpy(randn(5, seed=step))
            optimizer.step()
        return parameter.detach().numpy()

    expected = values([{}] * 6)
    found = values([{}, {"fused": True}, {"foreach": True}, {"fused": True}, {}, {"fused": True}])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_step_counts_as_a_write(form: Any) -> None:
    for name in ("SGD", "AdamW"):
        parameter = minitorch.nn.Parameter(minitorch.ones(2))
        optimizer = getattr(minitorch.optim, name)([parameter], lr=0.1, **form)
        loss = (parameter * parameter).sum()
        parameter.grad = minitorch.ones(2)
        optimizer.step()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def test_fused_notices_when_a_tensor_has_got_another_memory(processor: str) -> None:
    """Tables of addresses are kept between steps: not beyond the memory they name."""
    values = []
    for form in ({}, {"fused": True}):
        parameters = [minitorch.nn.Parameter(minitorch.ones(3)) for _ in range(2)]
        optimizer = minitorch.optim.AdamW(parameters, lr=0.1, **form)
        for step in range(5):
            for parameter in parameters if step != 2 else parameters[1:]:
                parameter.grad = minitorch.from_numpy(randn(3, seed=step).astype(np.float32))
            if step == 2:
                parameters[0].grad = None
            if step == 3:
                parameters[1].data = minitorch.from_numpy(randn(3, seed=77).astype(np.float32))
                state = optimizer.state[parameters[0]]
                state["exp_avg"] = state["exp_avg"].clone()
            optimizer.step()
        values.append([parameter.detach().numpy() for parameter in parameters])
    for plain, fused in zip(*values):
        np.testing.assert_allclose(fused, plain, rtol=1e-6)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_an_optimizer_can_be_copied_and_pickled(form: Any) -> None:
    parameter = minitorch.nn.Parameter(minitorch.ones(3))
    optimizer = minitorch.optim.AdamW([parameter], lr=0.1, **form)
    parameter.grad = minitorch.ones(3)
    optimizer.step()
    pickled = io.BytesIO()
    pickle.dump(optimizer, pickled)
    pickled.seek(0)
    for again in (copy.deepcopy(optimizer), pickle.load(pickled)):
        (other,) = again.param_groups[0]["params"]
        other.grad = minitorch.ones(3)
        again.step()
        assert again.state[other]["step"].item() == 2
    optimizer.step()
    np.testing.assert_allclose(other.detach().numpy(), parameter.detach().numpy(), rtol=1e-6)


@pytest.mark.parametrize("form", [{}, *FORMS], ids=str)
def test_closures_and_hooks_run_once_around_a_step(form: Any) -> None:
    def program(torch: Any) -> list[Any]:
        parameter = torch.nn.Parameter(torch.from_numpy(randn(4)))
        optimizer = torch.optim.AdamW([parameter], lr=0.1, **form)
        seen: list[Any] = []
        optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
        optimizer.register_step_post_hook(lambda *_: seen.append(parameter.detach().clone()))

        def closure() -> Any:
            optimizer.zero_grad()
            loss = (parameter**2).sum()
            loss.backward()
            seen.append("closure")
            return loss.detach()

        return [optimizer.step(closure), *seen]

    same(program)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_gradient_that_comes_later_starts_its_own_state(form: Any, processor: str) -> None:
    """SGD's buffer starts as the first gradient, whatever buffers the others have."""

    def values(**form: Any) -> list[np.ndarray]:
        parameters = [minitorch.nn.Parameter(minitorch.from_numpy(randn(4, seed=s))) for s in range(3)]
        optimizer = minitorch.optim.SGD(parameters, lr=0.1, momentum=0.9, dampening=0.5, **form)
        for step in range(4):
            for place, parameter in enumerate(parameters):
                parameter.grad = minitorch.from_numpy(randn(4, seed=step + place)) if step >= place else None
            optimizer.step()
        return [parameter.detach().numpy() for parameter in parameters]

    for found, wanted in zip(values(**form), values(foreach=False)):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_without_a_gradient_nothing_happens() -> None:
    for name in ("SGD", "AdamW"):
        for form in ({}, *FORMS):
            optimizer = getattr(minitorch.optim, name)([minitorch.nn.Parameter(minitorch.ones(2))], **form)
            assert optimizer.step() is None
            assert not optimizer.state
