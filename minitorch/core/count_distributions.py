"""Counts drawn at random, ``poisson`` and ``binomial``, as PyTorch's CPU draws them: one element after the other.

Small means are counted out. A Poisson number is how many uniforms can be multiplied until the product falls below
e^-rate; a binomial number is how many geometric gaps fit into the trials. Large means are drawn by transformed
rejection (Hoermann, 1993: PTRS and BTRS): a uniform is bent so that its density lies just above the wanted one, and a
second uniform decides whether the number stands. How many uniforms an element takes depends on what they were, so this
is a Python loop.

PyTorch: ``sample_poisson`` in ``aten/src/ATen/native/Distributions.cpp``, ``sample_binomial`` in ``Distributions.h``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitorch.core.distributions import unit_float64
from minitorch.core.generator import Generator

Array = NDArray[Any]
Uniform = Callable[[], float]

# log k! minus Stirling's formula, for k = 0 to 9
_STIRLING_TAIL = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
    0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


def _uniforms(gen: Generator) -> Uniform:
    return lambda: float(unit_float64(gen, 1)[0])


def poisson(gen: Generator, rates: Array) -> Array:
    """A Poisson number for each rate, in float64. ``RuntimeError`` for a negative rate."""
    uniform = _uniforms(gen)
    return np.array([_poisson(rate, uniform) for rate in rates.ravel().tolist()], np.float64).reshape(rates.shape)


def _poisson(rate: float, uniform: Uniform) -> int:
    if not rate >= 0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    if rate == 0:
        return 0
    if rate >= 10:
        return _poisson_by_rejection(rate, uniform)
    count, product, bound = 0, uniform(), math.exp(-rate)
    while product > bound:
        count += 1
        product *= uniform()
    return count


def _poisson_by_rejection(rate: float, uniform: Uniform) -> int:
    root, log_rate = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    surely_below = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = uniform() - 0.5, uniform()
        distance = 0.5 - abs(u)
        k = math.floor((2 * a / distance + b) * u + rate + 0.43)
        if distance >= 0.07 and v <= surely_below:
            return k
        if k < 0 or (distance < 0.013 and v > distance):
            continue
        height = math.log(v) + math.log(inverse_alpha) - math.log(a / (distance * distance) + b)
        if height <= -rate + k * log_rate - math.lgamma(k + 1.0):
            return k


# ---- binomial -------------------------------------------------------------------------------------------------------


def binomial(gen: Generator, counts: Array, chances: Array) -> Array:
    """How many of ``counts`` trials succeed with probability ``chances``, in float64."""
    uniform = _uniforms(gen)
    dtype = counts.dtype.type
    pairs = zip(counts.ravel(), chances.ravel())
    drawn = [_binomial(float(count), chance, uniform, dtype) for count, chance in pairs]
    return np.array(drawn, np.float64).reshape(counts.shape)


def _binomial(count: float, chance: Any, uniform: Uniform, dtype: Any) -> float:
    p = float(chance)
    if count <= 0 or p <= 0:
        return 0.0
    if p >= 1:
        return count
    if p <= 0.5:
        return _successes(count, p, uniform)
    if p > 0.5:
        return count - _successes(count, float(dtype(1.0 - p)), uniform)
    return math.nan


def _successes(count: float, p: float, uniform: Uniform) -> float:
    return _binomial_by_rejection(count, p, uniform) if count * p >= 10 else _binomial_by_gaps(count, p, uniform)


def _binomial_by_gaps(count: float, p: float, uniform: Uniform) -> float:
    """Trials up to each next success, until they are used up."""
    successes, used, log_failure = 0, 0.0, math.log1p(-p)
    while True:
        u = uniform()
        used += math.ceil(math.log(u) / log_failure) if u > 0 else math.inf
        if used > count:
            return float(successes)
        successes += 1


def _stirling_tail(k: float) -> float:
    if k < len(_STIRLING_TAIL):
        return _STIRLING_TAIL[int(k)]
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _binomial_by_rejection(count: float, p: float, uniform: Uniform) -> float:
    deviation = math.sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    center = count * p + 0.5
    surely_below = 0.92 - 4.2 / b
    odds = p / (1 - p)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = math.floor((count + 1) * p)
    while True:
        u, v = uniform() - 0.5, uniform()
        distance = 0.5 - abs(u)
        k = math.floor((2 * a / distance + b) * u + center)
        if k < 0 or k > count:
            continue
        if distance >= 0.07 and v <= surely_below:
            return float(k)
        height = v * alpha / (a / (distance * distance) + b)
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
            + (count + 1) * math.log((count - mode + 1) / (count - k + 1))
            + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
            + _stirling_tail(mode) + _stirling_tail(count - mode) - _stirling_tail(k) - _stirling_tail(count - k)
        )  # fmt: skip
        if height <= 0 or math.log(height) <= bound:
            return float(k)
