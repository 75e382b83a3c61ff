"""``interpolate`` against PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
from compare import check, check_raises, randn

SHAPES = {1: (2, 3, 5), 2: (2, 3, 4, 5), 3: (1, 2, 3, 4, 5)}
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
TARGETS: list[dict[str, Any]] = [
    {"size": 7}, {"size": 3}, {"scale_factor": 2}, {"scale_factor": 1.7}, {"scale_factor": 0.6},
]  # fmt: skip


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "aligned", "area"])
def test_every_mode_and_its_derivatives(dims: int, target: dict[str, Any], mode: str) -> None:
    options: dict[str, Any] = {"mode": LINEAR[dims] if mode in ("linear", "aligned") else mode}
    if mode in ("linear", "aligned"):
        options["align_corners"] = mode == "aligned"

    def program(torch, x):  # type: ignore[no-untyped-def]
        return torch.nn.functional.interpolate(x, **target, **options)

    check(program, randn(*SHAPES[dims]), strides=False)
    check(lambda torch, x: program(torch, x) ** 2, randn(*SHAPES[dims]), second=True, strides=False)


def test_sizes_and_factors_for_each_axis() -> None:
    recomputed = {"scale_factor": 1.7, "recompute_scale_factor": True}
    for target in ({"size": (7, 3)}, {"scale_factor": (2.0, 0.5)}, recomputed):
        check(lambda torch, x: torch.nn.functional.interpolate(x, **target, mode="bilinear"), randn(1, 2, 4, 6))


WRONG: list[tuple[tuple[int, ...], dict[str, Any], str]] = [
    ((1, 2, 3, 3), {}, "either size or scale_factor should be defined"),
    ((1, 2, 3, 3), {"size": 2, "scale_factor": 2}, "only one of size or scale_factor should be defined"),
    ((1, 2, 3, 3), {"size": (2,)}, "Input and output must have the same number of spatial dimensions"),
    ((1, 2, 3, 3), {"size": 2, "mode": "foo"}, "Only 3D, 4D and 5D input Tensors supported"),
    ((3, 3), {"size": 2}, ""),
    ((1, 2, 3, 3), {"size": 2, "align_corners": True}, "align_corners option can only be set with"),
    ((1, 2, 3, 3), {"size": 2, "mode": "linear"}, "Got 4D input, but linear mode needs 3D input"),
]


@pytest.mark.parametrize("shape, options, message", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_targets_are_refused(shape: tuple[int, ...], options: dict[str, Any], message: str) -> None:
    check_raises(lambda torch, x: torch.nn.functional.interpolate(x, **options), randn(*shape), match=message)
