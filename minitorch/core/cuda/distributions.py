"""What PyTorch's CUDA kernels make of Philox' words: the host twin of ``kernels/philox.cu``, in NumPy.

    uniform       (0, 1] * (to - from) + from; what comes out as ``to`` becomes ``from``: [from, to)
    normal        cuRAND's Box-Muller: radius from one uniform, angle from the next, sine first, cosine second
    exponential   -log(u) / lambda; u = 1 counts as a little less, so that nothing comes out as zero
    bernoulli     u < p for a number p; u <= p for a tensor of probabilities
    dropout       u < keep, laid out for threads that read several elements at once

Every function takes seed, offset and launch (``philox.py``) and returns a fresh array ``(n,)`` in the dtype asked for.
Narrow dtypes are computed in float32 and rounded once. float64 takes two words a number, all others one.

The tests hold the kernels against this, bit for bit where only additions, products and comparisons are involved. A GPU
computes the logarithms, sines and tangents of float32 by short approximations of its own (``__logf``, ``__sincosf``),
off by up to 2**-21; here they are exact but for rounding, so those distributions agree to about that.

PyTorch: ``aten/src/ATen/native/cuda/DistributionTemplates.h``, ``Dropout.cu``, ``Randperm.cu`` and
``MultinomialKernel.cu``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitorch.core.box_muller import fused_multiply_add
from minitorch.core.cuda import philox
from minitorch.core.cuda.philox import Launch

Array = NDArray[Any]

ANGLE_STEP = np.float32(2**-32) * np.float32(2 * math.pi)  # one 32-bit word's share of the circle


def numbers_of(dtype: Any) -> int:
    """How many numbers of this dtype a thread makes of four words."""
    return 2 if np.dtype(dtype) == np.float64 else 4


def units(seed: int, offset: int, launch: Launch) -> Array:
    """Uniform on (0, 1]: float64 for a launch with two numbers a round, else float32."""
    if launch.numbers == 2:
        return philox.unit_float64(philox.word_pairs(seed, offset, launch))
    return philox.unit_float32(philox.words(seed, offset, launch))


def uniform(seed: int, offset: int, launch: Launch, dtype: Any, low: float, high: float) -> Array:
    """Uniform on [low, high)."""
    dtype = np.dtype(dtype)
    u = units(seed, offset, launch)
    start, end = np.array([low, high]).astype(u.dtype).astype(dtype)
    values = fused_multiply_add(u, u.dtype.type(end - start), u.dtype.type(start)).astype(dtype)
    values[values == end] = start
    return values


def standard_normal(seed: int, offset: int, launch: Launch) -> Array:
    """Normal with mean 0 and deviation 1, float64 for a launch with two numbers a round, else float32."""
    if launch.numbers == 2:
        return _standard_normal_float64(seed, offset, launch)
    normals = np.empty(launch.n, np.float32)
    for round_, start in enumerate(range(0, launch.n, 4 * launch.threads)):
        left = launch.n - start
        threads = np.arange(min(launch.threads, left))
        x, y, z, w = philox.words_of_threads(seed, offset, threads, round_)
        made = np.concatenate([*_box_muller(x, y), *_box_muller(z, w)])
        normals[start : start + made.size] = made[:left]
    return normals


def _box_muller(first: Array, second: Array) -> tuple[Array, Array]:
    radius = np.sqrt(np.float32(-2) * np.log(philox.unit_float32(first).astype(np.float64)).astype(np.float32))
    angle = fused_multiply_add(second.astype(np.float32), ANGLE_STEP, ANGLE_STEP / np.float32(2)).astype(np.float64)
    return np.sin(angle).astype(np.float32) * radius, np.cos(angle).astype(np.float32) * radius


def _standard_normal_float64(seed: int, offset: int, launch: Launch) -> Array:
    normals = np.empty(launch.n)
    for round_, start in enumerate(range(0, launch.n, 2 * launch.threads)):
        left = launch.n - start
        threads = np.arange(min(launch.threads, left))
        x, y, z, w = philox.words_of_threads(seed, offset, threads, round_)
        radius = np.sqrt(-2.0 * np.log(philox.unit_float64(np.stack([x, y]))))
        half_turns = philox.significand(np.stack([z, w])).astype(np.float64) * 2**-52 + 2**-53
        made = np.concatenate([radius * np.sin(math.pi * half_turns), radius * np.cos(math.pi * half_turns)])
        normals[start : start + made.size] = made[:left]
    return normals


def normal(seed: int, offset: int, launch: Launch, dtype: Any, mean: float, std: float) -> Array:
    """Normal with ``mean`` and ``std``."""
    values = standard_normal(seed, offset, launch)
    kind = values.dtype.type
    return fused_multiply_add(values, kind(std), kind(mean)).astype(dtype)


def log_normal(seed: int, offset: int, launch: Launch, dtype: Any, mean: float, std: float) -> Array:
    """Exp of a normal."""
    with np.errstate(over="ignore"):
        wide = np.float64 if launch.numbers == 2 else np.float32
        values: Array = np.exp(normal(seed, offset, launch, wide, mean, std)).astype(dtype)
    return values


def exponential(seed: int, offset: int, launch: Launch, dtype: Any, rate: float) -> Array:
    """Exponential with that rate."""
    u = units(seed, offset, launch)
    kind, half_step = u.dtype.type, np.finfo(u.dtype).eps / u.dtype.type(2)
    logarithm = np.where(u >= 1 - half_step, -half_step, np.log(u))
    values: Array = (kind(-1) / kind(rate) * logarithm).astype(dtype)
    return values


def cauchy(seed: int, offset: int, launch: Launch, dtype: Any, median: float, sigma: float) -> Array:
    """Cauchy around ``median``."""
    u = units(seed, offset, launch)
    kind = u.dtype.type
    if launch.numbers == 4:  # the tangent of float32 would overflow at the ends
        step = np.finfo(np.float32).eps
        u = np.clip(u, step, kind(1) - step)
    values: Array = (kind(median) + kind(sigma) * np.tan(kind(math.pi) * (u - kind(0.5)))).astype(dtype)
    return values


def geometric(seed: int, offset: int, launch: Launch, dtype: Any, p: float) -> Array:
    """Trials up to the first success."""
    u = units(seed, offset, launch)
    kind = u.dtype.type
    with np.errstate(over="ignore", invalid="ignore"):
        trials: Array = np.ceil(np.log(u) / np.log1p(-kind(p))).astype(dtype)
    return trials


def bernoulli(seed: int, offset: int, launch: Launch, dtype: Any, p: float) -> Array:
    """1 with probability ``p``, else 0."""
    u = units(seed, offset, launch)
    values: Array = (u < u.dtype.type(p)).astype(dtype)
    return values


# ---- four neighbours a thread ---------------------------------------------------------------------------------------


def neighbours(seed: int, offset: int, n: int, threads: int, each: int) -> Array:
    """Uniforms on (0, 1], float32, for threads that take ``each`` (2, 4 or 8) neighbouring elements at a time.

    For two neighbours two of the four words are not used.
    """
    u = np.empty(n, np.float32)
    draws, taken = max(each // 4, 1), min(each, 4)
    for turn, start in enumerate(range(0, n, threads * each)):
        users = np.arange(min(threads, -(-(n - start) // each)))
        drawn = [philox.words_of_threads(seed, offset, users, turn * draws + draw)[:taken] for draw in range(draws)]
        made = philox.unit_float32(np.concatenate(drawn).T.ravel())  # (each, users) -> elements of a user side by side
        u[start : start + made.size] = made[: n - start]
    return u


def bernoulli_of(seed: int, offset: int, probabilities: Array, dtype: Any) -> Array:
    """1 with the probability of each element: ``(n,)`` float32 or float64, each thread taking four neighbours."""
    n = probabilities.size
    return (neighbours(seed, offset, n, -(-n // 4), 4) <= probabilities).astype(dtype)


def dropout_kept(seed: int, offset: int, launch: Launch, keep: float, wide: Any, each: int) -> Array:
    """Which elements dropout keeps, ``(n,)`` bool. ``each``: how many neighbours a thread takes, 1 for none."""
    if each == 1:
        u = philox.unit_float32(philox.words(seed, offset, launch))
    else:
        u = neighbours(seed, offset, launch.n, launch.threads, each)
    kept: Array = u < np.dtype(wide).type(keep)
    return kept


# ---- orders and categories ------------------------------------------------------------------------------------------


def bits_for_order(n: int) -> int:
    """How many random bits a key needs so that ``n`` keys are all different with probability 0.9."""
    return min(64, math.ceil(math.log2(n - (6 * n * n + 1) / (12 * math.log(0.9)))))


def randperm(generator: Any, n: int) -> NDArray[np.int64]:
    """0 to n - 1 sorted by random keys; equal keys are shuffled among themselves."""
    if n == 0:
        return np.empty(0, np.int64)
    bits = bits_for_order(n)
    if bits <= 32:
        keys = (generator.random64(n) % np.uint64(2**32 - 1) + np.uint64(2**31)) & np.uint64(2**32 - 1)
    else:
        keys = generator.random64(n) % np.uint64(2**64 - 1) + np.uint64(2**63)
    if bits in (32, 64):
        keys ^= np.uint64(1 << (bits - 1))  # all bits of a signed key are sorted: negative ones first
    keys &= np.uint64((1 << bits) - 1)
    order = np.argsort(keys, kind="stable")
    seed, offset = generator.advance(n)
    _shuffle_islands(keys[order], order, seed, offset)
    return order


def _shuffle_islands(keys: Array, order: Array, seed: int, offset: int) -> None:
    """The thread at the first of some equal keys shuffles what belongs to them, from the back (Fisher and Yates)."""
    same = np.flatnonzero(keys[1:] == keys[:-1])
    for first in same[np.r_[True, np.diff(same) > 1]] if same.size else ():
        last = int(np.searchsorted(keys, keys[first], "right")) - 1
        drawn: list[int] = []
        for draw, place in enumerate(range(last - int(first), 0, -1)):
            if draw % 4 == 0:
                drawn = philox.words_of_threads(seed, offset, np.array([first]), draw // 4)[:, 0].tolist()
            other = first + drawn[draw % 4] % (place + 1)
            here = first + place
            order[here], order[other] = order[other], order[here]


def categories(seed: int, offset: int, rows: int, samples: int) -> Array:
    """A uniform on (0, 1] for every sample of every row, ``(rows, samples)``: blocks of 128 threads along a row."""
    width = -(-samples // 128) * 128
    threads = np.arange(rows)[:, None] * width + np.arange(samples)
    return philox.unit_float32(philox.words_of_threads(seed, offset, threads.ravel())[0]).reshape(rows, samples)
