"""Fused optimizers on arrays: every rung, the count of the steps, the scale of mixed precision."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import kernels
from minitorch.ops.arrays import fused_steps
from minitorch.ops.kernels import fused_optimizers
from minitorch.ops.kernels.fused_optimizers import ADAM_EXAMPLE, LADDERS, AdamLists, SGDLists
from minitorch.ops.kernels.multi_tensor import CHUNK

SIZES = (3, 0, CHUNK + 5, 1)
AT_ONCE = ("adam_multi_tensor", "adam_counting_blocks")


def lists(generator, count, dtype=np.float64):
    return [[abs(generator.standard_normal(size)).astype(dtype) for size in SIZES] for _ in range(count)]


def counts(value=0.0):
    return [np.full((), value, np.float32) for _ in SIZES]


@pytest.mark.parametrize("rung", AT_ONCE)
def test_each_launch_counts_one_step_for_every_tensor(generator, rung):
    params, grads, exp_avgs, exp_avg_sqs = lists(generator, 4)
    steps = counts()
    tables = AdamLists.of(params, exp_avgs, exp_avg_sqs, None, steps)
    for step in range(1, 4):
        fused_optimizers.adam(tables, grads, **ADAM_EXAMPLE, decoupled=True, maximize=False, rung=rung)
        assert [float(count) for count in steps] == [step] * len(SIZES)
        assert not tables.done.any()


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("rung", [*AT_ONCE, "numpy"])
def test_a_step_of_adam_is_the_formula(generator, rung, maximize, amsgrad, decoupled):
    params, grads, exp_avgs, exp_avg_sqs, largest = lists(generator, 5)
    settings = {**ADAM_EXAMPLE, "decoupled": decoupled, "maximize": maximize}
    lr, beta1, beta2, weight_decay, eps = ADAM_EXAMPLE.values()
    expected = []
    for p, g, m, v, vmax in zip(params, grads, exp_avgs, exp_avg_sqs, largest):
        g = -g if maximize else g
        p = p * (1 - lr * weight_decay) if decoupled else p
        g = g if decoupled else g + weight_decay * p
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        vmax = np.maximum(vmax, v)
        used = vmax if amsgrad else v
        expected += [p - lr / (1 - beta1**6) * m / (np.sqrt(used / (1 - beta2**6)) + eps), m, v]
    if rung == "numpy":
        state = (params, grads, exp_avgs, exp_avg_sqs, largest if amsgrad else None)
        fused_steps.adam(np, *state, [6.0] * len(SIZES), **settings)
    else:
        tables = AdamLists.of(params, exp_avgs, exp_avg_sqs, largest if amsgrad else None, counts(5))
        fused_optimizers.adam(tables, grads, **settings, rung=rung)
    found = [array for each in zip(params, exp_avgs, exp_avg_sqs) for array in each]
    for array, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(array, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("rung", [*AT_ONCE, "sgd_multi_tensor"])
@pytest.mark.parametrize("overflowed", [False, True])
def test_the_scale_divides_and_an_overflow_leaves_everything_as_it_was(generator, rung, overflowed):
    params, grads, first, second = lists(generator, 4, np.float32)
    before = [array.copy() for array in (*params, *grads, *first, *second)]
    scaling = {"grad_scale": np.array(8, np.float32), "found_inf": np.array([overflowed], np.float32)}
    steps = counts(2)
    if rung == "sgd_multi_tensor":
        settings = {"lr": 0.1, "weight_decay": 0.0, "momentum": 0.9, "dampening": 0.0, "nesterov": False}
        tables = SGDLists.of(params, first)
        fused_optimizers.sgd(tables, grads, **settings, maximize=False, first=False, **scaling, rung=rung)
    else:
        tables = AdamLists.of(params, first, second, None, steps)
        fused_optimizers.adam(tables, grads, **ADAM_EXAMPLE, decoupled=True, maximize=False, **scaling, rung=rung)
        assert [float(count) for count in steps] == [2.0 if overflowed else 3.0] * len(SIZES)
    after = [*params, *grads, *first, *second]
    if overflowed:
        assert all(np.array_equal(old, new) for old, new in zip(before, after))
    else:
        for old, new in zip(before[len(SIZES) : 2 * len(SIZES)], grads):
            np.testing.assert_array_equal(new, old / np.float32(8))
        assert not np.array_equal(before[0], params[0])


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("how", ["kernel", "numpy"])
def test_a_step_of_sgd_is_the_formula(generator, how, nesterov, momentum, first):
    params, grads, buffers = lists(generator, 3)
    settings = {"lr": 0.1, "weight_decay": 0.05, "momentum": momentum, "dampening": 0.25}
    expected = []
    for p, g, b in zip(params, grads, buffers):
        g = -g + 0.05 * p
        if momentum:
            b = g if first else momentum * b + 0.75 * g
            g = g + momentum * b if nesterov else b
        expected += [p - 0.1 * g, b]
    how_else = {"nesterov": nesterov, "maximize": True, "first": first}
    if how == "kernel":
        tables = SGDLists.of(params, buffers if momentum else None)
        fused_optimizers.sgd(tables, grads, **settings, **how_else)
    else:
        fused_steps.sgd(np, params, grads, buffers if momentum else None, **settings, **how_else)
    for found, wanted in zip([array for each in zip(params, buffers) for array in each], expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_numpy_and_the_kernel_agree(generator, dtype):
    kinds = lists(generator, 4, dtype)
    other = [[array.copy() for array in each] for each in kinds]
    settings = {**ADAM_EXAMPLE, "decoupled": True, "maximize": False}
    tables = AdamLists.of(kinds[0], kinds[2], kinds[3], None, counts())
    fused_optimizers.adam(tables, kinds[1], **settings)
    fused_steps.adam(np, *other, None, [1.0] * len(SIZES), **settings)
    for ours, numpys in zip(kinds, other):
        for found, wanted in zip(ours, numpys):
            tolerance = 1e-6 if dtype is np.float32 else 1e-3
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance / 10)


@pytest.mark.parametrize("rung", [rung for ladder in LADDERS.values() for rung in ladder.rungs])
def test_no_rung_has_a_race(generator, rung):
    ladder = next(ladder for ladder in LADDERS.values() if rung in ladder.rungs)
    with kernels.mode("race"):
        ladder.run(rung, *ladder.example(generator, "small", np.dtype(np.float32)))
