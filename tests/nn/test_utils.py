"""``nn.utils``: clipping and vectors, as in PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch as pytorch
from compare import check, randn

import minitorch


def parameters(torch: Any, dtype: str = "float64") -> list[Any]:
    made = []
    for place, shape in enumerate(((3, 4), (5,), (), (2,))):
        parameter = torch.nn.Parameter(torch.zeros(shape, dtype=getattr(torch, dtype)))
        if place != 3:  # the last one has no gradient
            parameter.grad = torch.tensor(randn(*shape, seed=place).tolist(), dtype=parameter.dtype)
        made.append(parameter)
    return made


@pytest.mark.parametrize("order", [2.0, 1, 3.5, 0, math.inf, -math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_gradients_are_clipped_to_a_norm(max_norm: float, order: float) -> None:
    def program(torch: Any, dtype: str) -> list[Any]:
        values = parameters(torch, dtype)
        total = torch.nn.utils.clip_grad_norm_(iter(values), max_norm, order)
        return [total, *[value.grad for value in values[:3]], values[3].grad is None]

    check(lambda torch: program(torch, "float64"), grad=False, rtol=1e-12)
    check(lambda torch: program(torch, "float32"), grad=False, rtol=5e-7)


def test_the_norm_alone_can_be_asked_for() -> None:
    def program(torch: Any) -> list[Any]:
        gradients = [value.grad for value in parameters(torch)[:3]]
        return [torch.nn.utils.get_total_norm(gradients), torch.nn.utils.get_total_norm([])]

    check(program, grad=False, rtol=1e-12)


def test_one_parameter_and_a_factor_from_elsewhere() -> None:
    def program(torch: Any) -> list[Any]:
        values = parameters(torch)
        first = torch.nn.utils.clip_grad_norm_(values[0], 1.0)
        torch.nn.utils.clip_grads_with_norm_(values[1:], 1.0, torch.tensor(4.0))
        return [first, *[value.grad for value in values[:3]]]

    check(program, grad=False, rtol=1e-12)


def test_norms_that_are_not_finite_are_refused_on_request() -> None:
    for engine in (pytorch, minitorch):
        values = parameters(engine)
        values[1].grad.fill_(math.nan)
        with pytest.raises(RuntimeError, match="The total norm of order 2.0 for gradients .* is non-finite"):
            engine.nn.utils.clip_grad_norm_(values, 1.0, error_if_nonfinite=True)
        assert math.isnan(engine.nn.utils.clip_grad_norm_(values, 1.0).item())
        assert np.isnan(values[0].grad.numpy()).all()


def test_an_empty_generator_is_warned_about() -> None:
    for engine in (pytorch, minitorch):
        with pytest.warns(UserWarning, match="empty generator"):
            engine.nn.utils.clip_grad_norm_((value for value in ()), 1.0)


def test_gradients_are_clipped_by_value() -> None:
    def program(torch: Any) -> list[Any]:
        values = parameters(torch)
        torch.nn.utils.clip_grad_value_(values, 0.4)
        return [value.grad for value in values[:3]]

    check(program, grad=False)


@pytest.mark.parametrize("foreach", [None, False, True])
def test_clipping_counts_as_as_many_writes_as_in_pytorch(foreach: bool | None) -> None:
    for name in ("clip_grad_norm_", "clip_grad_value_"):
        written = []
        for engine in (pytorch, minitorch):
            values = parameters(engine)
            before = values[0].grad._version
            getattr(engine.nn.utils, name)(values, 0.1, foreach=foreach)
            written.append(values[0].grad._version - before)
        assert written[0] == written[1] > 0


def test_parameters_become_a_vector_and_come_back() -> None:
    def program(torch: Any) -> list[Any]:
        values = [torch.nn.Parameter(torch.from_numpy(randn(*shape).copy())) for shape in ((2, 3), (4,), ())]
        vector = torch.nn.utils.parameters_to_vector(values)
        vector.sum().backward()
        new = torch.arange(11.0, dtype=torch.float64)
        torch.nn.utils.vector_to_parameters(new, values)
        new.mul_(2)  # the parameters share its memory
        return [vector.detach(), values[0].grad, *[value.detach() for value in values]]

    check(program, grad=False, names=False)


def test_a_vector_must_be_a_tensor() -> None:
    messages = []
    for engine in (pytorch, minitorch):
        with pytest.raises(TypeError) as caught:
            engine.nn.utils.vector_to_parameters([1.0], parameters(engine))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
