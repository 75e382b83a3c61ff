"""Optimizers, lists of tensors and clipping on the GPU: PyTorch's numbers, and PyTorch's default form there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import randn

import minitorch
from minitorch import kernels
from minitorch.profiler import count_launches

FORMS: list[dict[str, Any]] = [{}, {"foreach": False}, {"foreach": True}, {"fused": True}]
OPTIMIZERS = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.05, "maximize": True}),
]
SHAPES = ((4, 3), (0,), (), (2, 3, 2), (17_000,))


def steps(torch: Any, device: str, name: str, settings: dict[str, Any], dtype: str = "float64") -> list[np.ndarray]:
    """Parameters and state after ten steps; one parameter has no gradient in every third step."""
    place = torch.device(device)
    parameters = [
        torch.nn.Parameter(torch.from_numpy(randn(*shape, seed=seed)).to(place, getattr(torch, dtype)))
        for seed, shape in enumerate(SHAPES[:-1])
    ] + [torch.nn.Parameter(torch.from_numpy(np.linspace(1, 2, SHAPES[-1][0])).to(place, getattr(torch, dtype)))]
    optimizer = getattr(torch.optim, name)(parameters, **settings)
    for step in range(10):
        for number, parameter in enumerate(parameters):
            grad = torch.from_numpy(
                np.sin(np.arange(parameter.numel()) + step + number).reshape(tuple(parameter.shape))
            )
            parameter.grad = None if number == 0 and step % 3 == 1 else grad.to(place, parameter.dtype)
        optimizer.step()
    values = [p.detach() for p in parameters]
    values += [v for p in parameters for _, v in sorted(optimizer.state[p].items()) if isinstance(v, torch.Tensor)]
    return [value.cpu().to(torch.float64).numpy() for value in values]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("name, settings", OPTIMIZERS, ids=str)
def test_every_form_gives_pytorchs_numbers(name: str, settings: dict[str, Any], form: dict[str, Any]) -> None:
    expected = steps(pytorch, "cpu", name, settings)
    found = steps(minitorch, "cuda", name, {**settings, **form})
    for theirs, ours in zip(expected, found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-6), ("float16", 2e-2), ("bfloat16", 1e-1)])
@pytest.mark.parametrize("form", [{"foreach": True}, {"fused": True}], ids=str)
def test_forms_in_other_dtypes(form: dict[str, Any], dtype: str, tolerance: float) -> None:
    settings = {"lr": 1e-2, "eps": 1e-3}  # small squares vanish in half precision
    expected = steps(pytorch, "cpu", "AdamW", settings)
    found = steps(minitorch, "cuda", "AdamW", {**settings, **form}, dtype)
    for theirs, ours in zip(expected[: len(SHAPES)], found):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def on_gpu(values: Any, dtype: Any = None) -> Any:
    return minitorch.tensor(values, dtype=dtype or minitorch.float32, device="cuda")


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_without_kernels_the_array_module_computes(form: dict[str, Any]) -> None:
    expected = steps(pytorch, "cpu", "AdamW", {"lr": 0.05, "amsgrad": True})
    with kernels.mode("off"):
        found = steps(minitorch, "cuda", "AdamW", {"lr": 0.05, "amsgrad": True, **form})
    for theirs, ours in zip(expected, found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def parameter_with_gradient(size: int = 4) -> Any:
    parameter = minitorch.nn.Parameter(minitorch.ones(size, device="cuda"))
    parameter.grad = minitorch.full((size,), 0.5, device="cuda")
    return parameter


@pytest.mark.skipif(not kernels.available(), reason="emulated kernels need a C++ compiler (g++ or clang++)")
def test_lists_are_the_default_form() -> None:
    def launched(count: int, **settings: Any) -> int:
        optimizer = minitorch.optim.AdamW([parameter_with_gradient() for _ in range(count)], **settings)
        optimizer.step()
        with count_launches() as launches:
            optimizer.step()
        return launches.total

    assert launched(3) == launched(9) == launched(9, foreach=True)
    assert launched(9, foreach=False) > 8 * launched(9)
    assert launched(9, fused=True) == 1


def test_the_step_count_lies_where_the_form_needs_it() -> None:
    for settings, place in (({}, "cpu"), ({"fused": True}, "cuda"), ({"capturable": True}, "cuda")):
        parameter = parameter_with_gradient()
        optimizer = minitorch.optim.Adam([parameter], **settings)
        optimizer.step()
        optimizer.step()
        assert optimizer.state[parameter]["step"].device.type == place
        assert optimizer.state[parameter]["step"].item() == 2


@pytest.mark.parametrize("foreach", [False, True])
def test_capturable_steps_are_the_same_numbers(foreach: bool) -> None:
    def run(**settings: Any) -> np.ndarray:
        parameter = minitorch.nn.Parameter(on_gpu(randn(6).tolist(), minitorch.float64))
        optimizer = minitorch.optim.AdamW([parameter], lr=0.1, amsgrad=True, **settings)
        for step in range(5):
            parameter.grad = on_gpu(randn(6, seed=step).tolist(), minitorch.float64)
            optimizer.step()
        return parameter.detach().cpu().numpy()

    np.testing.assert_allclose(run(capturable=True, foreach=foreach), run(foreach=foreach), rtol=2e-5)


@pytest.mark.parametrize(
    "form", [{"fused": True}, {"capturable": True, "foreach": True}, {"capturable": True}], ids=str
)
def test_the_learning_rate_may_be_a_tensor_on_the_gpu(form: dict[str, Any]) -> None:
    parameter, other = parameter_with_gradient(), parameter_with_gradient()
    minitorch.optim.AdamW([parameter], lr=on_gpu(0.25), **form).step()
    minitorch.optim.AdamW([other], lr=0.25).step()
    found, expected = parameter.detach().cpu().numpy(), other.detach().cpu().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5)  # powers of the betas are in float32 with tensors


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_fused_reads_scale_and_overflow_from_the_gpu(name: str) -> None:
    for found, changed in ((0.0, True), (1.0, False)):
        parameter = parameter_with_gradient()
        optimizer = getattr(minitorch.optim, name)([parameter], lr=0.1, fused=True)
        optimizer.grad_scale, optimizer.found_inf = on_gpu(4.0), on_gpu(found)
        optimizer.step()
        assert (parameter.detach().cpu().numpy() != 1).all() == changed
        expected = 0.125 if changed else 0.5
        assert parameter.grad.cpu().tolist() == [expected] * 4


def test_saved_states_move_between_the_devices() -> None:
    there = parameter_with_gradient()
    optimizer = minitorch.optim.AdamW([there], lr=0.1, fused=True)
    optimizer.step()
    here = minitorch.nn.Parameter(there.detach().cpu())
    again = minitorch.optim.AdamW([here], lr=0.1, fused=True)
    again.load_state_dict(optimizer.state_dict())
    assert {value.device.type for value in again.state[here].values()} == {"cpu"}
    here.grad = minitorch.full((4,), 0.5)
    for each in (again, optimizer):
        each.step()
    np.testing.assert_allclose(here.detach().numpy(), there.detach().cpu().numpy(), rtol=1e-6)


def test_parameters_of_both_devices_in_one_group() -> None:
    for form in ({"foreach": True}, {"fused": True}, {}):
        there, here = parameter_with_gradient(), minitorch.nn.Parameter(minitorch.ones(4))
        here.grad = minitorch.full((4,), 0.5)
        minitorch.optim.AdamW([there, here], lr=0.1, **form).step()
        np.testing.assert_allclose(here.detach().numpy(), there.detach().cpu().numpy(), rtol=1e-6)


@pytest.mark.parametrize("order", [1.0, 2.0, float("inf"), 3.0])
@pytest.mark.parametrize("foreach", [None, False, True])
def test_gradients_are_clipped(order: float, foreach: bool | None) -> None:
    def program(torch: Any, device: str) -> list[np.ndarray]:
        parameters = [torch.nn.Parameter(torch.zeros(shape, device=device)) for shape in ((3, 4), (20_000,), ())]
        for place, parameter in enumerate(parameters):
            values = np.cos(np.arange(parameter.numel()) + place).reshape(tuple(parameter.shape)).astype(np.float32)
            parameter.grad = torch.from_numpy(np.asarray(values)).to(device)
        total = torch.nn.utils.clip_grad_norm_(parameters, 0.5, order, foreach=foreach)
        clipped = [parameter.grad.cpu().numpy().copy() for parameter in parameters]
        torch.nn.utils.clip_grad_value_(parameters, 1e-3, foreach=foreach)
        return [total.cpu().numpy(), *clipped, *[parameter.grad.cpu().numpy() for parameter in parameters]]

    for theirs, ours in zip(program(pytorch, "cpu"), program(minitorch, "cuda"), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=5e-6)  # PyTorch adds 20,000 numbers up in float32


def test_a_factor_that_a_kernel_computed_stays_on_the_gpu() -> None:
    values = [on_gpu([1.0, 2.0]), on_gpu([3.0])]
    minitorch._foreach_mul_(values, on_gpu(0.5))
    minitorch._foreach_add_(values, minitorch.tensor(1.0))
    assert [value.cpu().tolist() for value in values] == [[1.5, 2.0], [2.5]]


def test_unscaling_finds_overflow_on_the_gpu() -> None:
    found = minitorch.zeros(1, device="cuda")
    grads = [on_gpu([2.0, 4.0]), on_gpu([6.0], minitorch.float16)]
    minitorch._amp_foreach_non_finite_check_and_unscale_(grads, found, on_gpu([0.5]))
    assert [grad.cpu().tolist() for grad in grads] == [[1.0, 2.0], [3.0]]
    assert found.cpu().tolist() == [0.0]
    minitorch._amp_foreach_non_finite_check_and_unscale_([on_gpu([float("inf")])], found, on_gpu([0.5]))
    assert found.cpu().tolist() == [1.0]
