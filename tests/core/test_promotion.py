"""Type promotion held against PyTorch: every pair of dtypes, and every mix of tensors, zero-dim tensors and numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
from minitorch.core import dtypes
from minitorch.core.promotion import result_type_of

NAMES = [d.name for d in dtypes.ALL]


def outcome(function: Any, *arguments: Any) -> str:
    """The printed result, or the name of the exception."""
    try:
        return repr(function(*arguments))
    except (RuntimeError, TypeError) as error:
        return type(error).__name__


def without_complex32(name: str) -> str:
    """PyTorch's complex number of two halves is left out here; the next larger one stands in for it."""
    return name.replace("complex32", "complex64")


def pair(engine: Any, names: tuple[str, str]) -> tuple[Any, Any]:
    return getattr(engine, names[0]), getattr(engine, names[1])


@pytest.mark.parametrize("name", NAMES)
def test_promote_types_is_pytorchs_for_every_pair(name):
    for other in NAMES:
        theirs = outcome(torch.promote_types, *pair(torch, (name, other)))
        ours = outcome(minitorch.promote_types, *pair(minitorch, (name, other)))
        assert ours == theirs, f"{name} with {other}"


@pytest.mark.parametrize("name", NAMES)
def test_can_cast_is_pytorchs_for_every_pair(name):
    for other in NAMES:
        theirs = torch.can_cast(*pair(torch, (name, other)))
        assert minitorch.can_cast(*pair(minitorch, (name, other))) == theirs, f"{name} to {other}"


def test_promotion_is_commutative_and_a_dtype_with_itself_stays():
    for a, b in itertools.combinations(NAMES, 2):
        x, y = pair(minitorch, (a, b))
        assert outcome(minitorch.promote_types, x, y) == outcome(minitorch.promote_types, y, x)
        assert minitorch.promote_types(x, x) is x


ordinary = [n for n in NAMES if not n.startswith("float8") and n not in ("uint16", "uint32", "uint64")]


@pytest.mark.parametrize("a", ordinary)
def test_two_tensors_promote_as_in_pytorch_whatever_their_dimensions(a):
    for b in ordinary:
        for shapes in (((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())):
            results = []
            for engine in (torch, minitorch):
                x, y = (engine.zeros(s, dtype=getattr(engine, n)) for s, n in zip(shapes, (a, b)))
                results.append(repr(engine.result_type(x, y)))
            assert results[1] == without_complex32(results[0]), f"{a}{shapes[0]} with {b}{shapes[1]}"


@pytest.mark.parametrize("number", [True, 3, 2.5, 1j])
@pytest.mark.parametrize("a", ordinary)
def test_a_tensor_and_a_number_promote_as_in_pytorch(a, number):
    for shape in ((2,), ()):
        results = []
        for engine in (torch, minitorch):
            x = engine.zeros(shape, dtype=getattr(engine, a))
            results.append(repr([engine.result_type(x, number), engine.result_type(number, x)]))
        assert results[1] == without_complex32(results[0]), f"{a}{shape} with {number}"


def test_two_numbers_promote_as_in_pytorch():
    for x, y in itertools.product([True, 3, 2.5, 1j], repeat=2):
        assert repr(minitorch.result_type(x, y)) == repr(torch.result_type(x, y)), (x, y)


operands = st.lists(st.tuples(st.sampled_from(ordinary), st.sampled_from([(), (2,)])), min_size=3, max_size=3)


@settings(max_examples=200)
@given(operands)
def test_three_tensors_promote_as_in_an_operator_of_pytorch(three):
    theirs = torch.cat([torch.zeros(shape, dtype=getattr(torch, name)).reshape(-1) for name, shape in three])
    dimensioned = [minitorch.zeros(2, dtype=getattr(minitorch, name)) for name, _ in three]
    assert repr(result_type_of(dimensioned)) == repr(theirs.dtype)

    tensors = [torch.zeros(shape, dtype=getattr(torch, name)) for name, shape in three]
    try:
        expected = without_complex32(repr(torch.where(torch.ones(2, dtype=torch.bool), *tensors[:2]).dtype))
    except RuntimeError:
        return
    ours = [minitorch.zeros(shape, dtype=getattr(minitorch, name)) for name, shape in three[:2]]
    assert repr(result_type_of(ours)) == expected


@pytest.mark.filterwarnings("ignore")
def test_numpy_numbers_count_as_pytorch_counts_them():
    x = minitorch.zeros(2, dtype=minitorch.int8)
    for number in (np.int64(3), np.float64(2.5), np.bool_(True), np.complex64(1j), np.complex128(1j), np.float32(1)):
        theirs = torch.result_type(torch.zeros(2, dtype=torch.int8), number)
        assert repr(result_type_of([x, number])) == repr(theirs)


def test_result_type_refuses_what_is_no_operand():
    for engine in (torch, minitorch):
        with pytest.raises(TypeError):
            engine.result_type(engine.zeros(2), "x")
        with pytest.raises(TypeError):
            engine.promote_types(engine.float32, 3)
        with pytest.raises(TypeError):
            engine.can_cast(engine.float32, "int32")
