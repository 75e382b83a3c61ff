"""Ranges and patterns of indices, held against PyTorch, most of them to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from outcomes import check_outcome, programs

import minitorch

RANGES = programs(
    "torch",
    "torch.eye(2, 3)", "torch.eye(2, dtype=torch.int8)", "torch.eye(-1)", "torch.eye(2.5)",
    "torch.eye(2, out=torch.empty(3, dtype=torch.int32))", "torch.eye(n=2, m=1)",
    "torch.eye(2, requires_grad=True)", "torch.tril_indices(3, 3)", "torch.triu_indices(2, 3, 1)",
    "torch.tril_indices(3, 3, -1, dtype=torch.int32)", "torch.tril_indices(-1, 3)", "torch.tril_indices(0, 3)",
    "torch.arange(5)", "torch.arange(5.)", "torch.arange(1, 5)", "torch.arange(1, 2.5, 0.5)", "torch.arange(5, 1)",
    "torch.arange(5, 1, -1)", "torch.arange(5, 1, -1.5)", "torch.arange(1, 5, 0)", "torch.arange(0, float('nan'))",
    "torch.arange(0, float('inf'))", "torch.arange(3, dtype=torch.int8)", "torch.arange(2.9, dtype=torch.int64)",
    "torch.arange(0.5, 3.5, dtype=torch.int64)", "torch.arange(3, dtype=torch.bool)",
    "torch.arange(2, dtype=torch.complex64)", "torch.arange(torch.tensor(3))", "torch.arange(start=1, end=3)",
    "torch.arange(end=3)", "torch.arange(1, step=2, end=7)", "torch.arange(3, requires_grad=True)",
    "torch.arange(3., requires_grad=True)", "torch.arange(3, out=torch.empty(0))",
    "torch.arange(3, out=torch.empty(0, dtype=torch.int8))", "torch.arange('a')", "torch.arange()",
    "torch.arange(1j)", "torch.arange(True)", "torch.arange(0, 1, 0.1, dtype=torch.float16)",
    "torch.arange(0, -0.0)", "torch.arange(-3)", "torch.arange(0, 300, 100, dtype=torch.uint8)",
    "torch.arange(3, dtype=torch.uint16)", "torch.range(1, 4)", "torch.range(1, 4, 0.5)",
    "torch.arange(2**62, 2**62+2)", "torch.arange(1, 3, 2**40)", "torch.arange(0, 1, 0.1)",
    "torch.arange(0, 10, 0.3, dtype=torch.float64)", "torch.arange(2.9, dtype=torch.int32)",
    "torch.arange(5, dtype=torch.bfloat16)", "torch.linspace(0, 1, 5)", "torch.linspace(0, 1)",
    "torch.linspace(0, 1, 1)", "torch.linspace(0, 1, 0)", "torch.linspace(0, 1, -1)",
    "torch.linspace(0, 10, 5, dtype=torch.int64)", "torch.linspace(0, 9, 4, dtype=torch.int32)",
    "torch.linspace(0, 1j, 3)", "torch.linspace(0, 1, 5, dtype=torch.float16)",
    "torch.linspace(0, 1, 5, dtype=torch.bfloat16)", "torch.linspace(0, 1, 2.5)",
    "torch.linspace(start=0, end=1, steps=3)", "torch.linspace(torch.tensor(0.), torch.tensor(1.), 3)",
    "torch.linspace(torch.tensor([0.]), 1, 3)", "torch.linspace(0, 1, 3, out=torch.empty(0, dtype=torch.float64))",
    "torch.linspace(0, 1, 3, dtype=torch.bool)", "torch.linspace(3, 0, 4, dtype=torch.uint8)",
    "torch.linspace(0, 1, 7)", "torch.linspace(-3, 10, 100)", "torch.linspace(0.1, 7.3, 37, dtype=torch.float64)",
    "torch.linspace(0.1, 7.3, 37, dtype=torch.float16)", "torch.linspace(0.1, 7.3, 37, dtype=torch.bfloat16)",
    "torch.linspace(0, 100, 7, dtype=torch.int16)", "torch.linspace(-7, 100, 13, dtype=torch.int64)",
    "torch.linspace(5, -5.5, 33)", "torch.logspace(0, 2, 3)", "torch.logspace(0, 2, 3, base=2)",
    "torch.logspace(0, 2, 3, dtype=torch.int64)", "torch.logspace(0, 2, 0)", "torch.logspace(0, 2, 1)",
    "torch.logspace(0, 1, 5, base=-2)", "torch.logspace(0, 2, -1)", "torch.logspace(0, 1, 3, dtype=torch.float64)",
)  # fmt: skip


PATTERNS = programs(
    "torch, x",
    "torch.meshgrid(torch.arange(2), torch.arange(3))[0]",
    "torch.meshgrid(torch.arange(2), torch.arange(3), indexing='xy')",
    "torch.meshgrid(torch.arange(2), torch.arange(3), torch.arange(4), indexing='xy')",
    "torch.meshgrid(torch.arange(2), torch.tensor(3), indexing='ij')[1]",
    "torch.meshgrid(torch.arange(2), torch.arange(3), indexing='ab')", "torch.meshgrid()",
    "torch.meshgrid([torch.arange(2), torch.arange(3)], indexing='ij')[1]", "torch.meshgrid(torch.zeros(2, 2))",
    "torch.meshgrid(torch.arange(2), torch.arange(3.), indexing='ij')",
    "torch.cartesian_prod(torch.arange(2), torch.arange(3))", "torch.cartesian_prod(torch.arange(2))",
    "torch.combinations(torch.arange(3))", "torch.combinations(torch.arange(4), 3)",
    "torch.combinations(torch.arange(3), with_replacement=True)", "torch.combinations(torch.arange(3), 0)",
    "torch.combinations(torch.arange(2), 3)", "torch.combinations(x)",
)  # fmt: skip


@pytest.mark.parametrize("program", RANGES)
def test_a_range_is_what_it_is_in_pytorch(program):
    check_outcome(program)


@pytest.mark.parametrize("program", PATTERNS)
def test_a_pattern_of_indices_is_what_it_is_in_pytorch(program):
    check_outcome(program, (2, 3), grad=False)


bounds = st.floats(-1e3, 1e3, allow_nan=False).map(lambda x: round(x, 3) + 0.0)  # no -0.0


@pytest.mark.parametrize("name", ["float64", "float32", "float16", "bfloat16", "int64", "int32"])
@given(start=bounds, end=bounds, steps=st.integers(1, 200))
def test_linspace_has_pytorchs_bits(name, start, end, steps):
    check_outcome(lambda torch: torch.linspace(start, end, steps, dtype=getattr(torch, name)))


@pytest.mark.parametrize("name", ["float64", "float32"])
@given(start=bounds, steps=st.integers(1, 200), step=st.floats(0.001, 50))
def test_arange_has_pytorchs_bits(name, start, steps, step):
    check_outcome(lambda torch: torch.arange(start, start + steps * step, step, dtype=getattr(torch, name)))


@pytest.mark.parametrize("name", ["int64", "int32", "uint8", "int8"])
@given(start=st.integers(0, 60), end=st.integers(60, 120), step=st.integers(1, 30))
def test_arange_of_integers_is_exact(name, start, end, step):
    check_outcome(lambda torch: torch.arange(start, end, step, dtype=getattr(torch, name)))


@given(start=st.floats(-2, 2), end=st.floats(-2, 2), steps=st.integers(1, 60))
def test_logspace_is_pytorchs_to_the_last_bit_in_double_and_to_rounding_in_single(start, end, steps):
    check_outcome(lambda torch: torch.logspace(start, end, steps, dtype=torch.float64))
    theirs, ours = torch.logspace(start, end, steps), minitorch.logspace(start, end, steps)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=5e-7)


def test_a_complex_linspace_agrees_to_rounding():
    theirs = torch.linspace(0.1, 7.3 + 2j, 37, dtype=torch.complex128)
    ours = minitorch.linspace(0.1, 7.3 + 2j, 37, dtype=minitorch.complex128)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-14)
    assert ours[-1].item() == 7.3 + 2j
