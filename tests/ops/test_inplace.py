"""Tests for `minitorch/ops/inplace.py`."""

import pytest
from compare import check, rand

from minitorch.ops import inplace

NAMES = sorted(name for name in vars(inplace) if name.endswith("_") and not name.startswith("_"))
OTHERS = {"xlogy_": (0.5,), "clip_": (0.3, 0.6), "clamp_": (0.3, 0.6)}


@pytest.mark.parametrize("name", NAMES)
def test_in_place_functions_are_the_methods(name):
    def program(torch, x):
        y = x.clone()
        assert getattr(torch, name)(y, *OTHERS.get(name, ())) is y
        return y

    check(program, rand(3, 4), grad=False)
