"""Pointwise kernels over broadcast strides, against PyTorch's functions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from minitorch.ops.kernels import pointwise

OPERATIONS = {
    "Negative": torch.neg, "Absolute": torch.abs, "Square": torch.square, "Reciprocal": torch.reciprocal,
    "Sqrt": torch.sqrt, "Exp": torch.exp, "Log": torch.log,
    "Add": torch.add, "Subtract": torch.sub, "Multiply": torch.mul, "Divide": torch.div,
    "Maximum": torch.maximum, "Minimum": torch.minimum,
    "MultiplyAdd": torch.addcmul, "DivideAdd": torch.addcdiv, "Lerp": torch.lerp, "Clamp": torch.clamp,
}  # fmt: skip
COUNT = {name: 1 if i < 7 else 2 if i < 13 else 3 for i, name in enumerate(OPERATIONS)}
SHAPES = [[(5, 7)] * 3, [(4, 1, 6), (5, 1), (3, 1, 5, 6)], [(), (3,), (2, 1)], [(0, 3), (1,), (3,)], [(50000,)] * 3]


CASES = [(name, "float32") for name in OPERATIONS]
CASES += [(name, dtype) for name in ("Exp", "Maximum", "DivideAdd") for dtype in ("float64", "float16")]


@pytest.mark.parametrize("name, dtype", CASES)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_an_operation_is_that_of_pytorch_on_broadcast_operands(name, dtype, shapes, generator):
    operands = [np.asarray(2 * generator.standard_normal(shape)).astype(dtype) for shape in shapes[: COUNT[name]]]
    expected = OPERATIONS[name](*[torch.tensor(each, dtype=torch.float64) for each in operands]).numpy()
    got = pointwise.compute(name, *operands)
    assert got.dtype == np.dtype(dtype) and got.shape == expected.shape
    tolerance = {"float32": 3e-6, "float64": 1e-13, "float16": 2e-3}[dtype]
    with np.errstate(over="ignore"):
        expected = expected.astype(dtype)
    np.testing.assert_allclose(got.astype(float), expected.astype(float), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("rung", pointwise.LADDERS["pointwise ternary"].rungs)
def test_operands_may_be_transposed_sliced_and_unaligned(rung, generator):
    a = generator.standard_normal((6, 37)).T
    b = generator.standard_normal((74, 6))[::2]
    c = generator.standard_normal(7)[1:]
    np.testing.assert_allclose(pointwise.compute("Lerp", a, b, c, rung=rung), a + c * (b - a), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", ["Maximum", "Minimum", "Clamp"])
def test_nan_wins_as_in_pytorch(name):
    values = np.array([np.nan, 1.0, np.nan, np.inf, -np.inf, 0.0], np.float32)
    others = np.array([1.0, np.nan, np.nan, 2.0, 2.0, -0.0], np.float32)
    if name == "Clamp":
        got = pointwise.compute(name, values, np.full(6, -1, np.float32), np.full(6, 1, np.float32))
        expected = torch.clamp(torch.tensor(values), -1, 1)
    else:
        got = pointwise.compute(name, values, others)
        expected = OPERATIONS[name](torch.tensor(values), torch.tensor(others))
    np.testing.assert_array_equal(got, expected.numpy())


@pytest.mark.parametrize("dtype", ["bool", "float16", "float32", "int64"])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_where_chooses_on_broadcast_operands(dtype, shapes, generator):
    condition = np.asarray(generator.random(shapes[0]) < 0.5)
    a, b = (np.asarray(generator.integers(0, 9, shape)).astype(dtype) for shape in shapes[1:])
    got = pointwise.where(condition, a, b)
    assert got.dtype == a.dtype
    np.testing.assert_array_equal(got, torch.where(*map(torch.tensor, (condition, a, b))).numpy())
