"""Layer, group and RMS norm against PyTorch."""

from __future__ import annotations

import pytest
from compare import check, randn

import minitorch


@pytest.mark.parametrize("shape, normalized", [((4, 5), (5,)), ((2, 3, 4), (3, 4)), ((2, 3, 4), (4,)), ((6,), (6,))])
@pytest.mark.parametrize("parameters", ["both", "weight", "bias", "none"])
def test_layer_norm(shape: tuple[int, ...], normalized: tuple[int, ...], parameters: str) -> None:
    def program(torch, x, w, b):  # type: ignore[no-untyped-def]
        weight = w if parameters in ("both", "weight") else None
        bias = b if parameters in ("both", "bias") else None
        return torch.nn.functional.layer_norm(x, normalized, weight, bias)

    second = parameters in ("both", "weight", "none")
    check(program, randn(*shape), randn(*normalized), randn(*normalized, seed=1), second=second, rtol=1e-7)
    check(lambda *a: program(*a) ** 2, randn(*shape), randn(*normalized), randn(*normalized, seed=1), second=second,
          rtol=1e-6)  # fmt: skip


def test_layer_norm_of_a_transposed_and_of_an_empty_input() -> None:
    check(lambda torch, x: torch.nn.functional.layer_norm(x.transpose(0, 1), (3,)), randn(3, 4), second=True, rtol=1e-7)
    check(lambda torch, x: torch.nn.functional.layer_norm(x, (3,)), randn(0, 3))


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("shape", [(3, 4), (2, 4, 3), (2, 4, 3, 2)], ids=str)
@pytest.mark.parametrize("affine", [True, False])
def test_group_norm(shape: tuple[int, ...], groups: int, affine: bool) -> None:
    def program(torch, x, w, b):  # type: ignore[no-untyped-def]
        return torch.nn.functional.group_norm(x, groups, w if affine else None, b if affine else None)

    check(program, randn(*shape), randn(4), randn(4, seed=1), second=True, rtol=1e-7)
    check(lambda *a: program(*a) ** 2, randn(*shape), randn(4), randn(4, seed=1), second=True, rtol=1e-6)


@pytest.mark.parametrize("eps", [None, 1e-3])
def test_rms_norm(eps: float | None) -> None:
    check(lambda torch, x, w: torch.nn.functional.rms_norm(x, (3, 4), w, eps), randn(2, 3, 4), randn(3, 4), second=True)
    check(lambda torch, x: torch.nn.functional.rms_norm(x, (4,), None, eps), randn(2, 3, 4), second=True)


def test_layer_norm_saves_its_statistics_under_pytorchs_names() -> None:
    x = minitorch.ones(2, 3, requires_grad=True)
    node = minitorch.nn.functional.layer_norm(x, (3,)).grad_fn
    assert node._saved_result1.flatten().tolist() == [1.0, 1.0]
