"""Activations as functions, with their ``inplace`` flags, against PyTorch."""

from __future__ import annotations

import pytest
from compare import check, check_raises, randn

ACTIVATIONS = [
    "relu", "relu6", "elu", "selu", "celu", "leaky_relu", "hardtanh", "hardsigmoid", "hardswish", "silu", "mish",
]  # fmt: skip
OTHERS = [
    "gelu", "glu", "logsigmoid", "softplus", "softsign", "softshrink", "hardshrink", "tanhshrink", "sigmoid", "tanh",
]  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS + OTHERS)
def test_activations_under_pytorchs_names(name: str) -> None:
    check(lambda torch, x: getattr(torch.nn.functional, name)(x), randn(3, 4) * 3)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_inplace_flag_writes_the_input(name: str) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        y = x * 1
        result = getattr(torch.nn.functional, name)(y, inplace=True)
        return y, result is y

    check(program, randn(3, 4) * 3, names=False)


def test_activations_with_parameters() -> None:
    check(lambda torch, x: torch.nn.functional.elu(x, 0.5), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.celu(x, 0.5), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.leaky_relu(x, 0.2), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.threshold(x, 0.1, -5.0), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.hardtanh(x, -0.5, 0.2), randn(3, 4))
    check(lambda torch, x, w: torch.nn.functional.prelu(x, w), randn(3, 4), randn(4))
    check_raises(lambda torch, x: torch.nn.functional.hardtanh(x, 1.0, -1.0), randn(3))


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_draws_pytorchs_numbers(hard: bool) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        torch.manual_seed(5)
        return torch.nn.functional.gumbel_softmax(x, tau=0.7, hard=hard)

    check(program, randn(4, 5), rtol=1e-6, names=False)
