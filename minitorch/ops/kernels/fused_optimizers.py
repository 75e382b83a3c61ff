"""A whole step of Adam, AdamW or SGD on lists of arrays in one launch. Kernels: ``kernels/fused_optimizers.cu``.

    lists = AdamLists.of(params, exp_avgs, exp_avg_sqs, None, steps)      once, and again when an array is another one
    adam(lists, grads, lr=1e-3, beta1=0.9, beta2=0.999, ...)              each step

The arrays are of one dtype and one processor, contiguous; ``steps`` are float32 arrays of one element and count up.
What stays the same between the steps, tables of addresses and how the tensors are cut into chunks, is in the lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minitorch.kernels import load
from minitorch.kernels.tables import PointerTable
from minitorch.ops.kernels.ladder import Arrays, Ladder, on_host
from minitorch.ops.kernels.multi_tensor import (
    CHUNK,
    THREADS,
    Chunks,
    chunks_of,
    example_size,
    moved,
    pieces,
    threads_for,
)


class AdamLists(NamedTuple):
    """What Adam changes. ``done`` counts the blocks that have finished with a tensor; it is zeros between launches."""

    params: PointerTable
    exp_avgs: PointerTable
    exp_avg_sqs: PointerTable
    max_exp_avg_sqs: PointerTable | None
    steps: PointerTable
    cut: Chunks
    done: Any

    @staticmethod
    def of(
        params: Sequence[Any], exp_avgs: Sequence[Any], exp_avg_sqs: Sequence[Any],
        max_exp_avg_sqs: Sequence[Any] | None, steps: Sequence[Any],
    ) -> AdamLists:  # fmt: skip
        """``max_exp_avg_sqs``: None without amsgrad."""
        largest = None if max_exp_avg_sqs is None else PointerTable(max_exp_avg_sqs)
        tables = [PointerTable(each) for each in (params, exp_avgs, exp_avg_sqs, steps)]
        done = moved(np.zeros(len(params), np.uint32), params[0])
        return AdamLists(tables[0], tables[1], tables[2], largest, tables[3], chunks_of(params), done)


def adam(
    lists: AdamLists, grads: Sequence[Any], *, lr: Any, beta1: float, beta2: float, weight_decay: float, eps: float,
    decoupled: bool, maximize: bool, grad_scale: Any = None, found_inf: Any = None, rung: str | None = None,
) -> None:  # fmt: skip
    """One step on all arrays. ``lr``: a number, or an array of one float64 on the device.

    ``grad_scale``, ``found_inf``: arrays of one float32. Gradients are divided by the first, in place; nothing is done
    if the second is 1.
    """
    settings = (beta1, beta2, weight_decay, eps, int(decoupled), int(maximize))
    rung = LADDERS["adam"].rung_for(lists.params[0], rung)
    _adam_in_one_launch(rung, lists, tuple(grads), _number(lr), settings, (grad_scale, found_inf))


def _number(lr: Any) -> tuple[Any, float]:
    return (None, lr) if isinstance(lr, (int, float)) else (lr, 0.0)


def _adam_in_one_launch(
    rung: str, lists: AdamLists, grads: Any, lr: tuple[Any, float], settings: Any, scaling: Any
) -> None:
    first, cut = lists.params[0], lists.cut
    threads = 64 if rung == "adam_counting_blocks" and on_host(first) else threads_for(first)
    kernel = load("fused_optimizers").kernel(rung, first.dtype, int(lists.max_exp_avg_sqs is not None))
    state = (lists.exp_avgs, lists.exp_avg_sqs, lists.max_exp_avg_sqs, lists.steps)
    cut_up = (cut.table, cut.of_tensor, lists.done)
    kernel(cut.blocks, threads, (lists.params, grads, *state, *cut_up, *lr, *settings, *scaling))


def _adam_one_by_one(rung: str, lists: AdamLists, grads: Any, lr: float, settings: Any) -> None:
    """The rungs that take one tensor a launch, and whose step count is one more already."""
    file, amsgrad = load("fused_optimizers"), lists.max_exp_avg_sqs is not None
    for place, param in enumerate(lists.params):
        lists.steps[place][...] += 1
        if not param.size:
            continue
        kernel = file.kernel(rung, param.dtype, int(amsgrad))
        largest = lists.max_exp_avg_sqs[place] if lists.max_exp_avg_sqs is not None else None
        state = (lists.exp_avgs[place], lists.exp_avg_sqs[place], largest, lists.steps[place])
        if rung == "adam_chunk_per_block":
            threads, chunk, sizes = threads_for(param), CHUNK, [param.size, CHUNK]
        else:
            threads, chunk, sizes = THREADS, THREADS, [param.size]
        kernel(-(-param.size // chunk), threads, (param, grads[place], *state, *sizes, lr, *settings))


class SGDLists(NamedTuple):
    """What SGD changes. ``buffers``: None without momentum."""

    params: PointerTable
    buffers: PointerTable | None
    cut: Chunks

    @staticmethod
    def of(params: Sequence[Any], buffers: Sequence[Any] | None) -> SGDLists:
        """``buffers``: None without momentum."""
        return SGDLists(
            PointerTable(params), None if buffers is None else PointerTable(buffers), chunks_of(params)
        )  # fmt: skip


def sgd(
    lists: SGDLists, grads: Sequence[Any], *, lr: Any, weight_decay: float, momentum: float, dampening: float,
    nesterov: bool, maximize: bool, first: bool, grad_scale: Any = None, found_inf: Any = None, rung: str | None = None,
) -> None:  # fmt: skip
    """One step on all arrays. ``first``: the buffers hold nothing yet. The rest as for ``adam``."""
    rung = LADDERS["sgd"].rung_for(lists.params[0], rung)
    settings = (weight_decay, momentum, dampening, int(nesterov), int(maximize), int(first))
    args = (lists.params, tuple(grads), lists.buffers, lists.cut.table, *_number(lr), *settings)
    kernel = load("fused_optimizers").kernel(rung, lists.params[0].dtype)
    kernel(lists.cut.blocks, threads_for(lists.params[0]), (*args, grad_scale, found_inf))


def _sgd_one_by_one(rung: str, lists: SGDLists, grads: Any, lr: float, settings: Any) -> None:
    for place, param in enumerate(lists.params):
        if param.size:
            kernel = load("fused_optimizers").kernel(rung, param.dtype)
            buffer = lists.buffers[place] if lists.buffers is not None else None
            kernel(-(-param.size // THREADS), THREADS, (param, grads[place], buffer, param.size, lr, *settings))


# ---- ladders --------------------------------------------------------------------------------------------------------

ADAM_EXAMPLE = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1, "eps": 1e-3}
SGD_EXAMPLE = {"lr": 0.01, "weight_decay": 0.1, "momentum": 0.9, "dampening": 0.25}


def _example_adam(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    count = example_size(size)
    p, g, m = (generator.standard_normal(count).astype(dtype) for _ in range(3))
    v, largest = (generator.random(count).astype(dtype) for _ in range(2))
    return p, g, m, v, largest


def _run_adam(rung: str, p: Any, g: Any, m: Any, v: Any, largest: Any) -> Arrays:
    p, m, v, largest = p.copy(), m.copy(), v.copy(), largest.copy()
    count = len(pieces(p))
    steps = moved(np.full(count, 3, np.float32), p)
    each = [steps[place : place + 1] for place in range(count)]
    lists = AdamLists.of(pieces(p), pieces(m), pieces(v), pieces(largest), each)
    e = ADAM_EXAMPLE
    settings = (e["beta1"], e["beta2"], e["weight_decay"], e["eps"], 1, 0)
    if rung in ("adam_thread_per_element", "adam_chunk_per_block"):
        _adam_one_by_one(rung, lists, pieces(g), e["lr"], settings)
    else:
        _adam_in_one_launch(rung, lists, tuple(pieces(g)), (None, e["lr"]), settings, (None, None))
    return p, m, v, largest, steps


def _reference_adam(*inputs: Any) -> Arrays:
    p, g, m, v, largest = (array.astype(np.float64) for array in inputs)
    lr, beta1, beta2, weight_decay, eps = ADAM_EXAMPLE.values()
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    largest = np.maximum(largest, v)
    p = p * (1 - lr * weight_decay)
    p = p - lr / (1 - beta1**4) * m / (np.sqrt(largest / (1 - beta2**4)) + eps)
    return p, m, v, largest, np.full(len(pieces(p)), 4.0)


def _example_sgd(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    p, g, buffer = (generator.standard_normal(example_size(size)).astype(dtype) for _ in range(3))
    return p, g, buffer


def _run_sgd(rung: str, p: Any, g: Any, buffer: Any) -> Arrays:
    p, buffer = p.copy(), buffer.copy()
    lists = SGDLists.of(pieces(p), pieces(buffer))
    if rung == "sgd_thread_per_element":
        e = SGD_EXAMPLE
        settings = (e["weight_decay"], e["momentum"], e["dampening"], 1, 0, 0)
        _sgd_one_by_one(rung, lists, pieces(g), e["lr"], settings)
    else:
        sgd(lists, pieces(g), **SGD_EXAMPLE, nesterov=True, maximize=False, first=False, rung=rung)
    return p, buffer


def _reference_sgd(*inputs: Any) -> Arrays:
    p, g, buffer = (array.astype(np.float64) for array in inputs)
    lr, weight_decay, momentum, dampening = SGD_EXAMPLE.values()
    g = g + weight_decay * p
    buffer = momentum * buffer + (1 - dampening) * g
    return p - lr * (g + momentum * buffer), buffer


_ALL = ("float32", "float64", "float16", "bfloat16")
LADDERS = {
    "adam": Ladder(
        "adam", "fused_optimizers", _run_adam, _example_adam, _reference_adam,
        traffic=lambda p, *rest: 9 * p.nbytes, dtypes=_ALL,
    ),
    "sgd": Ladder(
        "sgd", "fused_optimizers", _run_sgd, _example_sgd, _reference_sgd,
        traffic=lambda p, *rest: 5 * p.nbytes, dtypes=_ALL,
    ),
}  # fmt: skip
