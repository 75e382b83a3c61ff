"""Adaptive pooling against PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
from compare import check, randn

SHAPES = {1: (2, 3, 9), 2: (2, 3, 6, 7), 3: (2, 2, 5, 4, 6)}


def squared(program: Any) -> Any:
    """A program whose outputs depend on their own size, so that gradients depend on the operator's derivative."""

    def square(*arguments: Any) -> Any:
        result = program(*arguments)
        return result * result

    return square


ADAPTIVE = [(1, [1, 2, 4, 9]), (2, [1, 3, (2, 5), (4, None), (1, 7), 8]), (3, [1, (2, 3, 4)])]


@pytest.mark.parametrize("dims, sizes", ADAPTIVE)
def test_adaptive_pooling_to_given_sizes(dims: int, sizes: list[Any]) -> None:
    for size in sizes:

        def average(torch, x, size=size):  # type: ignore[no-untyped-def]
            return getattr(torch.nn.functional, f"adaptive_avg_pool{dims}d")(x, size)

        def maximum(torch, x, size=size):  # type: ignore[no-untyped-def]
            return getattr(torch.nn.functional, f"adaptive_max_pool{dims}d")(x, size, return_indices=True)

        check(average, randn(*SHAPES[dims]), strides=False)
        check(squared(average), randn(*SHAPES[dims]), second=True, strides=False)
        check(maximum, randn(*SHAPES[dims]))
        check(maximum, randn(*SHAPES[dims][1:]))
        check(squared(lambda *a: maximum(*a)[0]), randn(*SHAPES[dims]), second=True)
