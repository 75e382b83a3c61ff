"""``unfold`` and ``fold`` against PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
from compare import check, randn


def squared(program: Any) -> Any:
    """A program whose outputs depend on their own size, so that gradients depend on the operator's derivative."""

    def square(*arguments: Any) -> Any:
        result = program(*arguments)
        return result * result

    return square


UNFOLD: list[dict[str, Any]] = [
    {}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"stride": (1, 2), "padding": (0, 1)},
]  # fmt: skip


@pytest.mark.parametrize("window", UNFOLD, ids=str)
def test_unfold_lays_out_windows_and_fold_sums_them_back(window: dict[str, Any]) -> None:
    def unfold(torch, x):  # type: ignore[no-untyped-def]
        return torch.nn.functional.unfold(x, (2, 3), **window)

    def both(torch, x):  # type: ignore[no-untyped-def]
        return torch.nn.functional.fold(unfold(torch, x), x.shape[-2:], (2, 3), **window)

    for shape in ((2, 3, 6, 7), (3, 6, 7)):
        check(unfold, randn(*shape))
        check(both, randn(*shape))
        check(squared(unfold), randn(*shape), second=True)
        check(squared(both), randn(*shape), second=True)


def test_a_kernel_of_one_does_not_alias_its_input() -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        columns = torch.nn.functional.unfold(x, 1)
        columns += 1
        return columns, x

    check(program, randn(1, 2, 3, 3), grad=False)
