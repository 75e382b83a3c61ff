"""Gather and scatter-add along any dimension, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from minitorch.ops.kernels import gather

CASES = [((7,), 0, 5), ((4, 9), 0, 3), ((4, 9), 1, 30), ((3, 5, 6), 1, 8), ((2, 3, 4, 1), 2, 7), ((3, 1, 2), 1, 4)]
CASES += [((5000, 3), 0, 7000), ((3, 70000), 1, 100), ((2, 30, 40001), 1, 2), ((3, 5), 1, 0), ((0, 5), 1, 2)]


def picks(generator, shape, dim, picked):
    return generator.integers(0, shape[dim], [picked if d == dim else size for d, size in enumerate(shape)])


@pytest.mark.parametrize("rung", gather.LADDERS["gather"].rungs)
@pytest.mark.parametrize("shape, dim, picked", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_gather_is_that_of_pytorch(rung, shape, dim, picked, dtype, generator):
    x = (100 * generator.standard_normal(shape)).astype(dtype)
    index = picks(generator, shape, dim, picked)
    expected = torch.gather(torch.tensor(x), dim, torch.tensor(index)).numpy()
    np.testing.assert_array_equal(gather.gather(x, dim, index, rung), expected)


@pytest.mark.parametrize("rung", gather.LADDERS["scatter add"].rungs)
@pytest.mark.parametrize("shape, dim, picked", CASES)
@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_scatter_add_is_that_of_pytorch(rung, shape, dim, picked, dtype, generator):
    y = (100 * generator.standard_normal(shape)).astype(dtype)
    index = picks(generator, shape, dim, picked)
    x = (100 * generator.standard_normal(index.shape)).astype(dtype)
    expected = torch.scatter_add(torch.tensor(y), dim, torch.tensor(index), torch.tensor(x)).numpy()
    assert gather.scatter_add(y, dim, index, x, rung) is y
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-10)


def test_sums_of_halves_are_rounded_after_every_addition(generator):
    x = generator.standard_normal((1000, 1)).astype(np.float16)
    expected = np.float16(0)
    for each in x[:, 0]:
        expected = np.float16(expected + each)
    y = gather.scatter_add(np.zeros((1, 1), np.float16), 0, np.zeros((1000, 1), np.int64), x)
    assert y.item() == expected
