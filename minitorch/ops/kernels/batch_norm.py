"""Batch norm of contiguous (N, C, *size) arrays, training and evaluation. Kernels: ``kernels/batch_norm.cu``.

Where a channel has several positions it is read plane by plane, N planes of L elements each. Vectors, (N, C), have
kernels of their own, in which neighbouring threads take neighbouring channels.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.ops.kernels import reduce
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host
from minitorch.ops.kernels.rows import (
    accumulation_dtype,
    example_dtypes,
    float64,
    instance,
    one_thread_a_row,
    threads_for,
    widened,
)

CHANNELS_A_THREAD = 64  # for vectors on the host; on a device each thread has one
BLOCKS = 512  # that a device should have, if the batch is large enough


def forward(
    x: Any, weight: Any, bias: Any, eps: float, running: tuple[Any, Any] | None = None, momentum: float = 0.0,
    rung: str | None = None,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """x (N, C, *), weight and bias (C,) or None -> out like x, mean (C,), rstd (C,) (these two at least float32).

    ``running``: mean and variance (C,), in the dtype of these two, which are moved by ``momentum`` towards the batch's.
    """
    spread = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
    ladder = "batch norm of vectors" if spread.shape[2] == 1 else "batch norm"
    chosen = LADDERS[ladder].rung_for(x, rung)
    moved = running or (None, None)
    launch = _vectors if spread.shape[2] == 1 else _forward
    y, mean, rstd = launch(chosen, spread, weight, bias, moved[0], moved[1], momentum, eps)
    return y.reshape(x.shape), mean, rstd


def backward(
    grad: Any, x: Any, weight: Any, mean: Any, rstd: Any, rung: str | None = None
) -> tuple[Any, Any, Any]:  # fmt: skip
    """grad and x (N, C, *), the forward's mean and rstd (C,) -> dx like x, dweight (C,), dbias (C,)."""
    shape = (*x.shape[:2], math.prod(x.shape[2:]))
    ladder = "batch norm of vectors backward" if shape[2] == 1 else "batch norm backward"
    chosen = LADDERS[ladder].rung_for(x, rung)
    launch = _vectors_backward if shape[2] == 1 else _backward
    dx, dweight, dbias = launch(chosen, grad.reshape(shape), x.reshape(shape), weight, mean, rstd)
    return dx.reshape(x.shape), dweight, dbias


def apply(x: Any, weight: Any, bias: Any, mean: Any, rstd: Any) -> Any:
    """The evaluation mode: x (N, C, *) normalized by given statistics (C,) of the dtype sums are kept in."""
    length = math.prod(x.shape[2:])
    return _apply("batch_norm_apply", x.reshape(*x.shape[:2], length), weight, bias, mean, rstd).reshape(x.shape)


# ---- launches -------------------------------------------------------------------------------------------------------


def _forward(
    rung: str, x: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float, eps: float
) -> tuple[Any, Any, Any]:
    images, channels, length = x.shape
    wide = accumulation_dtype(x.dtype)
    mean, rstd = empty(x, (channels,), wide), empty(x, (channels,), wide)
    if rung == "batch_norm_moments":
        chunk, parts = _parts(images, channels)
        moments = empty(x, (3, parts, channels), wide)
        arguments = (x, moments, images, channels, length, chunk)
        instance("batch_norm", rung, x.dtype)((channels, parts), threads_for(length), arguments)
        _combine("batch_norm_combine", x.dtype, moments, mean, rstd, running_mean, running_var, momentum, eps)
        return _apply("batch_norm_apply", x, weight, bias, mean, rstd), mean, rstd
    y = empty(x, x.shape)
    arrays = (x, widened(weight, wide), widened(bias, wide), y, mean, rstd, running_mean, running_var)
    grid, block = (channels, threads_for(length)) if rung == "batch_norm_block" else one_thread_a_row(channels, x)
    instance("batch_norm", rung, x.dtype)(grid, block, (*arrays, images, channels, length, momentum, eps))
    return y, mean, rstd


def _parts(images: int, channels: int) -> tuple[int, int]:
    """Images in a chunk and the number of chunks."""
    chunk = -(-images // min(images, -(-BLOCKS // channels)))
    return chunk, -(-images // chunk)


def _combine(rung: str, dtype: Any, moments: Any, mean: Any, rstd: Any, *running_and_numbers: Any) -> None:
    _, parts, channels = moments.shape
    running_mean, running_var, momentum, eps = running_and_numbers
    arguments = (moments, mean, rstd, running_mean, running_var, parts, channels, momentum, eps)
    instance("batch_norm", rung, dtype)(*one_thread_a_row(channels, moments), arguments)


def _apply(rung: str, x: Any, weight: Any, bias: Any, mean: Any, rstd: Any) -> Any:
    images, channels, length = x.shape
    y, wide = empty(x, x.shape), mean.dtype
    arrays = (x, widened(weight, wide), widened(bias, wide), y, mean, rstd)
    block = 1 if on_host(x) else threads_for(length)
    instance("batch_norm", rung, x.dtype)(images * channels, block, (*arrays, channels, length))
    return y


def _backward(rung: str, grad: Any, x: Any, weight: Any, mean: Any, rstd: Any) -> tuple[Any, Any, Any]:
    images, channels, length = x.shape
    wide = mean.dtype
    if rung == "batch_norm_backward_sums":
        chunk, parts = _parts(images, channels)
        partial = empty(x, (2, parts, channels), wide)
        arguments = (grad, x, mean, rstd, partial, images, channels, length, chunk)
        instance("batch_norm", rung, x.dtype)((channels, parts), threads_for(length), arguments)
        sums = reduce.columns(partial)
        dx = _backward_apply("batch_norm_backward_apply", grad, x, weight, mean, rstd, sums[0], sums[1])
        return dx, sums[0], sums[1]
    dx, dweight, dbias = empty(x, x.shape), empty(x, (channels,), wide), empty(x, (channels,), wide)
    arrays = (grad, x, widened(weight, wide), mean, rstd, dx, dweight, dbias)
    blocks = rung == "batch_norm_backward_block"
    grid, block = (channels, threads_for(length)) if blocks else one_thread_a_row(channels, x)
    instance("batch_norm", rung, x.dtype)(grid, block, (*arrays, images, channels, length))
    return dx, dweight, dbias


def _backward_apply(
    rung: str, grad: Any, x: Any, weight: Any, mean: Any, rstd: Any, dweight: Any, dbias: Any
) -> Any:  # fmt: skip
    images, channels, length = x.shape
    dx = empty(x, x.shape)
    arrays = (grad, x, widened(weight, mean.dtype), mean, rstd, dx, dweight, dbias)
    block = 1 if on_host(x) else threads_for(length)
    instance("batch_norm", rung, x.dtype)(images * channels, block, (*arrays, images, channels, length))
    return dx


def _vectors(
    rung: str, x: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float, eps: float
) -> tuple[Any, Any, Any]:
    images, channels, _ = x.shape
    wide = accumulation_dtype(x.dtype)
    y, mean, rstd = empty(x, x.shape), empty(x, (channels,), wide), empty(x, (channels,), wide)
    arrays = (x, widened(weight, wide), widened(bias, wide), y, mean, rstd, running_mean, running_var)
    tile = CHANNELS_A_THREAD if on_host(x) else 1
    grid, block = one_thread_a_row(-(-channels // tile), x)
    instance("batch_norm", rung, x.dtype, tile)(grid, block, (*arrays, images, channels, momentum, eps))
    return y, mean, rstd


def _vectors_backward(rung: str, grad: Any, x: Any, weight: Any, mean: Any, rstd: Any) -> tuple[Any, Any, Any]:
    images, channels, _ = x.shape
    wide = mean.dtype
    dx, dweight, dbias = empty(x, x.shape), empty(x, (channels,), wide), empty(x, (channels,), wide)
    arrays = (grad, x, widened(weight, wide), mean, rstd, dx, dweight, dbias)
    tile = CHANNELS_A_THREAD if on_host(x) else 1
    grid, block = one_thread_a_row(-(-channels // tile), x)
    instance("batch_norm", rung, x.dtype, tile)(grid, block, (*arrays, images, channels))
    return dx, dweight, dbias


# ---- examples and references ----------------------------------------------------------------------------------------


def _numbers(vectors: bool, generator: Any, size: str, dtype: Any) -> tuple[Any, ...]:
    shape = (5, 7, 13) if size == "small" else (64, 32, 784)
    if vectors:
        shape = (15, 45, 1) if size == "small" else (4096, 512, 1)
    wide = accumulation_dtype(dtype)
    x = 2 + generator.standard_normal(shape)
    return (x.astype(dtype), *generator.uniform(0.5, 1.5, (4, shape[1])).astype(wide))


def _statistics(x: Any, eps: float) -> tuple[Any, Any]:
    return float64(x).mean((0, 2)), 1 / (float64(x).var((0, 2)) + eps) ** 0.5


def _normalized(x: Any, weight: Any, bias: Any, mean: Any, rstd: Any) -> Any:
    x, weight, bias, mean, rstd = (float64(each) for each in (x, weight, bias, mean, rstd))
    return (x - mean[:, None]) * (rstd * weight)[:, None] + bias[:, None]


def _run(launch: Any) -> Any:
    """A run that also gives the running statistics it has moved, and leaves those of the example as they are."""

    def run(rung: str, x: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any) -> Any:
        moved = running_mean.copy(), running_var.copy()
        return *launch(rung, x, weight, bias, *moved, 0.3, 1e-5), *moved

    return run


def _reference(x: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any) -> Any:
    mean, rstd = _statistics(x, 1e-5)
    y = _normalized(x, weight, bias, mean, rstd)
    variance = float64(x).var((0, 2), ddof=1)
    return y, mean, rstd, 0.7 * float64(running_mean) + 0.3 * mean, 0.7 * float64(running_var) + 0.3 * variance


def _example_backward(vectors: bool, generator: Any, size: str, dtype: Any) -> Arrays:
    x, weight, *_ = _numbers(vectors, generator, size, dtype)
    mean, rstd = (each.astype(weight.dtype) for each in _statistics(x, 1e-5))
    return generator.standard_normal(x.shape).astype(dtype), x, weight, mean, rstd


def _reference_backward(grad: Any, x: Any, weight: Any, mean: Any, rstd: Any) -> Any:
    g, mean, rstd = float64(grad), float64(mean)[:, None], float64(rstd)[:, None]
    xhat = (float64(x) - mean) * rstd
    centred = g - g.mean((0, 2), keepdims=True) - xhat * (g * xhat).mean((0, 2), keepdims=True)
    return centred * rstd * float64(weight)[:, None], (g * xhat).sum((0, 2)), g.sum((0, 2))


def _example_combine(generator: Any, size: str, dtype: Any) -> Arrays:
    x, *_, running_mean, running_var = _numbers(False, generator, size, dtype)
    parts = [float64(x)[:2], float64(x)[2:]]
    moments = [
        [[part[:, 0].size] * x.shape[1], part.mean((0, 2)), part.var((0, 2)) * part[:, 0].size] for part in parts
    ]
    return x, float64(moments).swapaxes(0, 1).astype(running_mean.dtype).copy(), running_mean, running_var


def _run_combine(rung: str, x: Any, moments: Any, running_mean: Any, running_var: Any) -> Any:
    channels = (moments.shape[2],)
    mean, rstd = empty(moments, channels), empty(moments, channels)
    moved = running_mean.copy(), running_var.copy()
    _combine(rung, x.dtype, moments, mean, rstd, *moved, 0.3, 1e-5)
    return mean, rstd, *moved


def _reference_combine(x: Any, moments: Any, running_mean: Any, running_var: Any) -> Any:
    ones = moments[0, 0]
    return _reference(x, ones, ones, running_mean, running_var)[1:]


def _example_backward_apply(generator: Any, size: str, dtype: Any) -> Arrays:
    inputs = _example_backward(False, generator, size, dtype)
    _, dweight, dbias = _reference_backward(*inputs)
    return *inputs, dweight.astype(inputs[3].dtype), dbias.astype(inputs[3].dtype)


def _ladder(name: str, run: Any, example: Any, reference: Any, passes: int) -> Ladder:
    return Ladder(
        name, "batch_norm", run, example, reference, traffic=lambda x, *_: passes * int(x.nbytes),
        dtypes=example_dtypes(),
    )  # fmt: skip


LADDERS = {
    ladder.name: ladder
    for ladder in (
        _ladder("batch norm", _run(_forward), lambda *a: _numbers(False, *a), _reference, 2),
        _ladder("batch norm of vectors", _run(_vectors), lambda *a: _numbers(True, *a), _reference, 2),
        _ladder("batch norm combine", _run_combine, _example_combine, _reference_combine, 0),
        _ladder("batch norm apply", _apply, lambda *a: _numbers(False, *a), _normalized, 2),
        _ladder(
            "batch norm backward", _backward, lambda *a: _example_backward(False, *a), _reference_backward, 3
        ),
        _ladder(
            "batch norm of vectors backward", _vectors_backward, lambda *a: _example_backward(True, *a),
            _reference_backward, 3,
        ),
        _ladder(
            "batch norm backward apply", _backward_apply, _example_backward_apply,
            lambda *inputs: _reference_backward(*inputs[:5])[0], 3,
        ),
    )
}  # fmt: skip
