"""Tests for the numbers and names that ``minitorch/__init__.py`` takes from elsewhere."""

from __future__ import annotations

import math

import pytest
import torch

import minitorch


@pytest.mark.parametrize("name", ["e", "inf", "pi", "newaxis"])
def test_a_constant_is_that_of_pytorch(name: str) -> None:
    assert getattr(minitorch, name) == getattr(torch, name)


def test_nan_is_no_number_and_newaxis_adds_a_dimension() -> None:
    assert math.isnan(minitorch.nan)
    assert minitorch.arange(3)[:, minitorch.newaxis].shape == (3, 1)
