"""Attention over B independent problems, forward and backward. Kernels: ``kernels/attention.cu``.

    q, out (B, queries, head)      k, v (B, keys, head)      lse (B, queries)

All arrays are contiguous and of one dtype; ``lse``, the logarithm of the sum of the exponentials of a row's scores, is
all that backward needs besides inputs and outputs. ``mask`` is added to the scores: None, (queries, keys), or
(B, queries, keys).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host

_SIZES = (32, 64, 128)  # instances of the template parameter HEAD, an upper bound of `head`
LARGEST_HEAD = 128
_MANY_BLOCKS = 65535  # as many as a grid may have along its second and third axis
_LARGEST_TILED_HEAD = 64  # two tiles of larger heads do not fit into shared memory in double precision


def forward(q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool, rung: str | None = None) -> tuple[Any, Any]:
    """``softmax(scale * q k^T + mask) v`` and ``lse``. ``head`` is at most ``LARGEST_HEAD``."""
    if rung is None:
        tiled = not on_host(q) and q.shape[-1] <= _LARGEST_TILED_HEAD
        rung = "attention_tiled" if tiled else "attention_query_per_thread"
    return _forward(LADDERS["attention"].rung_for(q, rung), q, k, v, mask, scale, causal)


def backward(
    dout: Any,
    q: Any,
    k: Any,
    v: Any,
    mask: Any,
    out: Any,
    lse: Any,
    scale: float,
    causal: bool,
    rung: str | None = None,
) -> tuple[Any, Any, Any]:
    """Gradients of q, k and v, given the results of ``forward``."""
    if rung is None:
        tiled = q.shape[-1] <= _LARGEST_TILED_HEAD and not on_host(q)
        rung = "attention_backward_tiled" if tiled or q.dtype.itemsize < 4 else "attention_backward_atomic"
    return _backward(LADDERS["attention backward"].rung_for(q, rung), dout, q, k, v, mask, out, lse, scale, causal)


def _sizes(q: Any, k: Any) -> tuple[int, int, int, int]:
    """B, queries, keys, head."""
    return q.shape[0], q.shape[1], k.shape[1], q.shape[2]


def _bound(head: int) -> int:
    for size in _SIZES:
        if head <= size:
            return size
    raise ValueError(f"attention kernels take heads of at most {LARGEST_HEAD} elements, got {head}")


def _mask_step(mask: Any) -> int:
    """Elements from one problem's mask to the next one's."""
    return 0 if mask is None or mask.ndim == 2 else mask.shape[1] * mask.shape[2]


def _in_parts(problems: int, mask: Any) -> Iterator[tuple[slice, Any]]:
    """As many problems as the second axis of a grid has room for, and their masks."""
    for start in range(0, problems, _MANY_BLOCKS):
        part = slice(start, start + _MANY_BLOCKS)
        yield part, mask if _mask_step(mask) == 0 else mask[part]


def _wide(dtype: Any) -> Any:
    """In which dtype scores are computed."""
    return np.dtype(np.float64 if dtype == np.float64 else np.float32)


def _forward(rung: str, q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    problems, queries, keys, head = _sizes(q, k)
    out, lse = empty(q, q.shape, q.dtype), empty(q, (problems, queries), _wide(q.dtype))
    if problems > _MANY_BLOCKS:
        for part, some in _in_parts(problems, mask):
            out[part], lse[part] = _forward(rung, q[part], k[part], v[part], some, scale, causal)
        return out, lse
    if rung == "attention_scores":
        _three_kernels(q, k, v, mask, out, lse, scale, causal)
        return out, lse
    threads = 1 if on_host(q) else 64
    kernel = load("attention").kernel(rung, q.dtype, _bound(head))
    sizes = (queries, keys, head, scale, causal, _mask_step(mask))
    kernel((-(-queries // threads), problems), threads, (q, k, v, mask, out, lse, *sizes))
    return out, lse


def _three_kernels(q: Any, k: Any, v: Any, mask: Any, out: Any, lse: Any, scale: float, causal: bool) -> None:
    """Rung one: the scores, their softmax, and its product with the values, each written to memory."""
    problems, queries, keys, head = _sizes(q, k)
    scores = empty(q, (problems, queries, keys), _wide(q.dtype))
    file, threads = load("attention"), 1 if on_host(q) else 64
    scores_of = file.kernel("attention_scores", q.dtype)
    scores_of(
        (-(-keys // threads), queries, problems), threads,
        (q, k, mask, scores, queries, keys, head, scale, causal, _mask_step(mask)),
    )  # fmt: skip
    rows = problems * queries
    file.kernel("attention_probabilities", q.dtype)(-(-rows // threads), threads, (scores, lse, rows, keys))
    file.kernel("attention_values", q.dtype)(
        (-(-head // threads), queries, problems), threads, (scores, v, out, queries, keys, head)
    )


def _backward(
    rung: str, dout: Any, q: Any, k: Any, v: Any, mask: Any, out: Any, lse: Any, scale: float, causal: bool
) -> tuple[Any, Any, Any]:
    problems, queries, keys, head = _sizes(q, k)
    dq, dk, dv = (empty(q, each.shape, q.dtype) for each in (q, k, v))
    if problems > _MANY_BLOCKS:
        for part, some in _in_parts(problems, mask):
            arrays = dout[part], q[part], k[part], v[part], some, out[part], lse[part]
            dq[part], dk[part], dv[part] = _backward(rung, *arrays, scale, causal)
        return dq, dk, dv
    threads = 64 if not on_host(q) or rung == "attention_backward_tiled" else 1
    sizes = (queries, keys, head, scale, causal, _mask_step(mask))
    file = load("attention")
    if rung == "attention_backward_atomic":
        for each in (dq, dk, dv):
            each.fill(0)
        kernel = file.kernel(rung, q.dtype)
        # One thread: on the host problems go to different threads, never the queries that add to the same rows.
        kernel((-(-queries // threads), problems), threads, (dout, q, k, v, mask, out, lse, dq, dk, dv, *sizes))
        return dq, dk, dv
    delta = empty(q, lse.shape, lse.dtype)
    dq_kernel = file.kernel("attention_backward_query", q.dtype, _bound(head))
    dq_kernel((-(-queries // threads), problems), threads, (dout, q, k, v, mask, out, lse, dq, delta, *sizes))
    kernel = file.kernel("attention_backward_tiled", q.dtype, _bound(head))
    kernel((-(-keys // threads), problems), threads, (dout, q, k, v, mask, lse, delta, dk, dv, *sizes))
    return dq, dk, dv


# ---- for tests and timing -------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    problems, queries, keys, head = (3, 37, 41, 19) if size == "small" else (32, 512, 512, 64)

    def numbers(*shape: int) -> Any:
        return generator.standard_normal(shape).astype(dtype)

    q, k, v = numbers(problems, queries, head), numbers(problems, keys, head), numbers(problems, keys, head)
    mask = numbers(queries, keys)
    mask[5] = -math.inf  # a query that sees nothing
    mask[6, 3:] = -math.inf
    return q, k, v, mask, 1 / math.sqrt(head), size == "small"


def _reference(q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    q, k, v, mask = (each.astype(np.float64) for each in (q, k, v, mask))
    p, lse = _probabilities(q, k, mask, scale, causal)
    return p @ v, lse


def _probabilities(q: Any, k: Any, mask: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    scores = q @ k.swapaxes(1, 2) * scale + mask
    if causal:
        scores[:, np.tri(*scores.shape[1:]) == 0] = -np.inf
    largest = np.maximum(scores.max(-1, keepdims=True), np.finfo(np.float64).min)
    p = np.exp(scores - largest)
    total = p.sum(-1, keepdims=True)
    with np.errstate(divide="ignore"):
        return p / np.maximum(total, np.finfo(np.float64).tiny), (np.log(total) + largest)[..., 0]


def _backward_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    q, k, v, mask, scale, causal = _example(generator, size, dtype)
    out, lse = _reference(q, k, v, mask, scale, causal)
    dout = generator.standard_normal(q.shape).astype(dtype)
    return dout, q, k, v, mask, out.astype(dtype), lse.astype(_wide(dtype)), scale, causal


def _backward_reference(
    dout: Any, q: Any, k: Any, v: Any, mask: Any, out: Any, lse: Any, scale: float, causal: bool
) -> tuple[Any, Any, Any]:
    dout, q, k, v, mask = (each.astype(np.float64) for each in (dout, q, k, v, mask))
    p, _ = _probabilities(q, k, mask, scale, causal)
    dp = dout @ v.swapaxes(1, 2)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) * scale
    return ds @ k, ds.swapaxes(1, 2) @ q, p.swapaxes(1, 2) @ dout


def _probabilities_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    scores = generator.standard_normal((91, 53) if size == "small" else (8192, 512)).astype(_wide(dtype))
    scores[2] = -math.inf
    return (scores, np.dtype(dtype))


def _run_probabilities(rung: str, scores: Any, dtype: Any) -> tuple[Any, Any]:
    rows, keys = scores.shape
    result, lse, threads = scores.copy(), empty(scores, (rows,), scores.dtype), 1 if on_host(scores) else 64
    load("attention").kernel(rung, dtype)(-(-rows // threads), threads, (result, lse, rows, keys))
    return result, lse


def _probabilities_reference(scores: Any, dtype: Any) -> tuple[Any, Any]:
    p, lse = _probabilities(np.zeros((1, len(scores), 1)), np.zeros((1, scores.shape[1], 1)), scores, 1.0, False)
    return p[0], lse[0]


def _values_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    problems, queries, keys, head = (3, 17, 23, 19) if size == "small" else (32, 512, 512, 64)
    p = generator.random((problems, queries, keys)).astype(_wide(dtype))
    return p, generator.standard_normal((problems, keys, head)).astype(dtype)


def _run_values(rung: str, p: Any, v: Any) -> Any:
    (problems, queries, keys), head = p.shape, v.shape[2]
    out, threads = empty(v, (problems, queries, head), v.dtype), 1 if on_host(p) else 64
    load("attention").kernel(rung, v.dtype)(
        (-(-head // threads), queries, problems), threads, (p, v, out, queries, keys, head)
    )
    return out


def _run_query_gradient(
    rung: str, dout: Any, q: Any, k: Any, v: Any, mask: Any, out: Any, lse: Any, scale: float, causal: bool
) -> tuple[Any, Any]:
    problems, queries, keys, head = _sizes(q, k)
    dq, delta, threads = empty(q, q.shape, q.dtype), empty(q, lse.shape, lse.dtype), 1 if on_host(q) else 64
    load("attention").kernel(rung, q.dtype, _bound(head))(
        (-(-queries // threads), problems), threads,
        (dout, q, k, v, mask, out, lse, dq, delta, queries, keys, head, scale, causal, _mask_step(mask)),
    )  # fmt: skip
    return dq, delta


def _query_gradient_reference(*inputs: Any) -> tuple[Any, Any]:
    dout, out = (each.astype(np.float64) for each in (inputs[0], inputs[5]))
    return _backward_reference(*inputs)[0], (dout * out).sum(-1)


def _products(q: Any, k: Any) -> int:
    problems, queries, keys, head = _sizes(q, k)
    return 2 * problems * queries * keys * head


_ALL = ("float32", "float64", "float16", "bfloat16")
LADDERS = {
    "attention": Ladder(
        "attention", "attention", _forward, _example, _reference, dtypes=_ALL,
        operations=lambda q, k, *rest: 2 * _products(q, k),
    ),
    "attention probabilities": Ladder(
        "attention probabilities", "attention", _run_probabilities, _probabilities_example, _probabilities_reference,
        traffic=lambda scores, dtype: 2 * scores.nbytes, dtypes=_ALL,
    ),
    "attention values": Ladder(
        "attention values", "attention", _run_values, _values_example,
        lambda p, v: p.astype(np.float64) @ v.astype(np.float64), operations=lambda p, v: _products(p, v), dtypes=_ALL,
    ),
    "attention backward": Ladder(
        "attention backward", "attention", _backward, _backward_example, _backward_reference,
        dtypes=("float32", "float64"), operations=lambda dout, q, k, *rest: 5 * _products(q, k),
    ),
    "attention backward queries": Ladder(
        "attention backward queries", "attention", _run_query_gradient, _backward_example, _query_gradient_reference,
        operations=lambda dout, q, k, *rest: 3 * _products(q, k), dtypes=_ALL,
        tolerance={"float16": 6e-3, "bfloat16": 5e-2},
    ),
}  # fmt: skip
