"""Reductions by kernels: every operation of every rung, ties and nan, and the operators of the engine that use them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import check, integers, randn

import minitorch
from minitorch.core import cuda
from minitorch.ops.arrays import compiled, reduction
from minitorch.ops.kernels import reduce

OPERATIONS = {"Sum": np.sum, "Squares": lambda x, axis=None: np.sum(x * x, axis), "Maximum": np.max, "Minimum": np.min}
WHOLE = [rung for rung in reduce.LADDERS["reduction"].rungs if rung != "reduce_atomic"]
EXTREME = reduce.LADDERS["extreme with index"].rungs


@pytest.fixture
def always(monkeypatch):
    """Kernels compute whatever the size."""
    monkeypatch.setattr(compiled, "AT_LEAST", 1)
    for name in ("AT_LEAST", "ROW_AT_LEAST", "COLUMNS_AT_LEAST"):
        monkeypatch.setattr(reduction, name, 1)


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("rung", WHOLE)
@pytest.mark.parametrize("size", [1, 3, 64, 5001, 40000])
def test_a_whole_array(rung, op, size):
    x = randn(size, dtype=np.float32)
    expected = OPERATIONS[op](x.astype(np.float64))
    np.testing.assert_allclose(reduce.whole(x, op, rung), expected, rtol=2e-5, atol=2e-5 * size**0.5)


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_loads_of_16_bytes_begin_anywhere(offset, dtype):
    x = np.ones(1 + 1003, dtype)[offset:][: 1003 - offset]
    x[-1] = 5
    assert float(reduce.whole(x, "Sum", "reduce_vectorised")) == x.size + 4


@pytest.mark.parametrize("op", ["Maximum", "Minimum"])
@pytest.mark.parametrize("place", [0, 31, 999])
def test_nan_wins_wherever_it_stands(op, place):
    x = randn(1000, dtype=np.float32)
    x[place] = np.nan
    for rung in WHOLE:
        assert np.isnan(reduce.whole(x, op, rung))
    for rung in reduce.LADDERS["reduction of rows"].rungs:
        assert np.isnan(reduce.rows(x[None], op, rung)).all()
    assert np.isnan(reduce.columns(x[None, :, None], op)).all()


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (3, 65), (130, 131)])
def test_rows_and_columns(op, shape):
    x = randn(*shape)
    for rung in reduce.LADDERS["reduction of rows"].rungs:
        np.testing.assert_allclose(reduce.rows(x, op, rung), OPERATIONS[op](x, axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(reduce.columns(x[None], op)[0], OPERATIONS[op](x, axis=0), rtol=1e-12, atol=1e-12)


def test_long_columns_are_reduced_in_parts():
    x = randn(2, 1000, 3)
    np.testing.assert_allclose(reduce.columns(x, "Squares"), (x * x).sum(1), rtol=1e-12)


@pytest.mark.parametrize("rung", EXTREME)
@pytest.mark.parametrize("larger", [True, False])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 300, 1), (3, 17, 40), (1, 2, 5)])
def test_the_first_of_equal_extremes_is_found_and_nan_before_all(rung, larger, shape):
    x = integers(*shape, low=-3, high=4).astype(np.float32)
    x[0, shape[1] // 2 :, 0] = np.nan
    expected = (torch.max if larger else torch.min)(torch.tensor(x), 1)
    values, indices = reduce.extreme(x, larger, rung)
    np.testing.assert_array_equal(values, expected.values.numpy())
    np.testing.assert_array_equal(indices, expected.indices.numpy())


def test_moments_of_numbers_far_from_zero_keep_their_digits():
    x = (1e6 + randn(5, 1000)).astype(np.float32)
    for rung in reduce.LADDERS["moments of rows"].rungs:
        mean, m2 = reduce.moments(x, rung)
        np.testing.assert_allclose(mean, x.astype(np.float64).mean(1), rtol=1e-6)
        np.testing.assert_allclose(m2, x.astype(np.float64).var(1) * 1000, rtol=2e-2)


@pytest.mark.parametrize("dim", [None, 0, 1, 2, 3, (0, 2, 3), (1, 2), (0, 3), (0, 1, 2, 3), (1, 3)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_operators_reduce_any_dimensions_as_pytorch_does(always, dim, keepdim):
    x = randn(3, 4, 5, 7)
    options = {"names": dim is not None}  # sum(None) has another node there than sum()
    check(lambda engine, x: x.sum(dim, keepdim), x, **options)
    check(lambda engine, x: x.mean(dim, keepdim), x, **options)
    check(lambda engine, x: x.var(dim, keepdim=keepdim), x, second=True)
    check(lambda engine, x: engine.std_mean(x, dim, keepdim=keepdim), x)
    check(lambda engine, x: (x.amax(dim or (), keepdim), x.amin(dim or (), keepdim), x.max(), x.min()), x)
    check(lambda engine, x: engine.linalg.vector_norm(x, 2, dim, keepdim), x, second=True)


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("keepdim", [False, True])
def test_max_and_min_of_a_dimension_are_those_of_pytorch(always, dim, keepdim):
    x = integers(9, 11, 13, high=5).astype(np.float64)
    check(lambda engine, x: tuple(x.max(dim, keepdim)), x)
    check(lambda engine, x: tuple(x.min(dim, keepdim)), x)


def test_sizes_that_are_large_enough_go_to_a_kernel(monkeypatch):
    used = []
    monkeypatch.setattr(reduce, "whole", lambda *inputs: used.append(inputs) or np.float32(0).reshape(()))
    minitorch.ones(reduction.AT_LEAST - 1).sum()
    assert not used
    minitorch.ones(reduction.AT_LEAST).sum()
    assert len(used) == 1


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_device_reduces_halves_in_float32_and_rounds_once(dtype):
    values = torch.tensor(1 + randn(4, 3000, dtype=np.float32)).to(getattr(torch, dtype))
    with cuda.chosen("emulate"):
        x = minitorch.tensor(values.float().numpy()).to(getattr(minitorch, dtype)).cuda()
        for name in ("sum", "mean"):
            for dim in (0, 1):
                ours = getattr(x, name)(dim)
                assert str(ours.dtype).endswith(dtype)
                expected = getattr(values.double(), name)(dim).numpy()
                tolerance = {"float32": 1e-6, "float16": 1e-3, "bfloat16": 8e-3}[dtype]
                np.testing.assert_allclose(ours.float().cpu().numpy(), expected, rtol=tolerance, atol=tolerance)
        largest = x.max(1)
        np.testing.assert_array_equal(largest.indices.cpu().numpy(), values.max(1).indices.numpy())
