"""Cross-entropy of logits and classes in one kernel. Kernels: ``kernels/cross_entropy.cu``.

``log_softmax`` and ``nll_loss``, one after the other, write the log-probabilities of all classes and read one of each
row. Fused, nothing is kept but the logarithm of the row's sum, from which backward makes the softmax again.

PyTorch has no such operator; ``torch.compile`` and the fused losses of other libraries do the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.ops.kernels.ladder import Arrays, Ladder, empty
from minitorch.ops.kernels.rows import accumulation_dtype, example_dtypes, float64, over_rows, widened


def forward(
    x: Any, target: Any, weight: Any = None, ignore_index: int = -100, smoothing: float = 0.0, rung: str | None = None
) -> tuple[Any, Any, Any]:
    """x (N, C), target (N,) int64, weight (C,) or None -> loss, logarithm of the sum of exponentials, share, all (N,).

    The mean over the batch is ``loss.sum() / share.sum()``. All three at least float32.
    """
    return _forward(LADDERS["cross entropy"].rung_for(x, rung), x, target, weight, ignore_index, smoothing)


def backward(
    grad: Any, x: Any, target: Any, weight: Any, lse: Any, ignore_index: int = -100, smoothing: float = 0.0,
    rung: str | None = None,
) -> Any:  # fmt: skip
    """The gradient of ``x`` from that of ``loss`` (N,), or of its mean: then ``grad`` is 1 / share.sum() everywhere."""
    chosen = LADDERS["cross entropy backward"].rung_for(x, rung)
    return _backward(chosen, grad, x, target, weight, lse, ignore_index, smoothing)


def _forward(
    rung: str, x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float
) -> tuple[Any, Any, Any]:  # fmt: skip
    rows, classes = x.shape
    wide = accumulation_dtype(x.dtype)
    results = tuple(empty(x, (rows,), wide) for _ in range(3))
    arrays = (x, target, widened(weight, wide), *results)
    over_rows("cross_entropy", rung, (x.dtype,), arrays, (rows, classes), ignore_index, smoothing)
    return results[0], results[1], results[2]


def _backward(
    rung: str, grad: Any, x: Any, target: Any, weight: Any, lse: Any, ignore_index: int, smoothing: float
) -> Any:
    dx = empty(x, x.shape)
    total = float(x.shape[1] if weight is None or not smoothing else weight.sum())
    arrays = (grad, x, target, widened(weight, grad.dtype), lse, dx)
    over_rows("cross_entropy", rung, (x.dtype,), arrays, x.shape, ignore_index, smoothing, total)
    return dx


# ---- examples and references ----------------------------------------------------------------------------------------


def _example(generator: Any, size: str, dtype: Any) -> Arrays:
    rows, classes = (7, 45) if size == "small" else (4096, 512)
    x, weight = 3 * generator.standard_normal((rows, classes)), generator.uniform(0.5, 1.5, classes)
    target = generator.integers(0, classes, rows)
    target[2] = -1
    return x.astype(dtype), target, weight.astype(accumulation_dtype(dtype)), -1, 0.125


def _logarithms(x: Any) -> tuple[Any, Any]:
    m = float64(x).max(1)
    lse = m + np.log(np.exp(float64(x) - m[:, None]).sum(1))
    return float64(x) - lse[:, None], lse


def _reference(x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float) -> tuple[Any, Any, Any]:
    logarithms, lse = _logarithms(x)
    counts, index = target != ignore_index, np.where(target != ignore_index, target, 0)
    share, w = np.where(counts, float64(weight)[index], 0), float64(weight)
    own = -share * np.take_along_axis(logarithms, index[:, None], 1)[:, 0]
    evenly = np.where(counts, -(w * logarithms).sum(1), 0)
    return (1 - smoothing) * own + smoothing / x.shape[1] * evenly, lse, share


def _example_backward(generator: Any, size: str, dtype: Any) -> Arrays:
    x, target, weight, ignore_index, smoothing = _example(generator, size, dtype)
    grad = generator.standard_normal(len(x)).astype(weight.dtype)
    return grad, x, target, weight, _logarithms(x)[1].astype(weight.dtype), ignore_index, smoothing


def _reference_backward(
    grad: Any, x: Any, target: Any, weight: Any, lse: Any, ignore_index: int, smoothing: float
) -> Any:
    p, w, classes = np.exp(float64(x) - float64(lse)[:, None]), float64(weight), x.shape[1]
    counts, index = target != ignore_index, np.where(target != ignore_index, target, 0)
    right = np.arange(classes) == index[:, None]
    own = (1 - smoothing) * w[index][:, None] * (p - right)
    return np.where(counts, float64(grad), 0)[:, None] * (own + smoothing / classes * (p * w.sum() - w))


LADDERS = {
    "cross entropy": Ladder(
        "cross entropy", "cross_entropy", _forward, _example, _reference, traffic=lambda x, *_: int(x.nbytes),
        dtypes=example_dtypes(),
    ),
    "cross entropy backward": Ladder(
        "cross entropy backward", "cross_entropy", _backward, _example_backward, _reference_backward,
        traffic=lambda grad, x, *_: 2 * int(x.nbytes), dtypes=example_dtypes(),
    ),
}  # fmt: skip
