"""Integer sampling: ``randint``, ``random_`` and ``randperm``, as PyTorch's CPU kernels draw them.

An integer on [low, high) is a draw modulo the range, plus ``low``. The remainder of a 32-bit draw
favours small values by range / 2**32, so ranges of 2**28 and more (a skew of 5 percent) take a
64-bit draw. ``random_()`` without bounds goes up to the dtype's largest value, or, for floating
dtypes, up to 2**digits, the largest integer before which no integer is skipped.

``randperm`` is the shuffle of Fisher and Yates, from the front: at position i the element ``draw %
(n - i)`` places further on is swapped in. Each swap needs the last one's result, so this one is a
loop.

PyTorch keeps this in ``aten/src/ATen/native/DistributionTemplates.h`` (bounds),
``aten/src/ATen/core/DistributionsHelper.h`` (draws) and
``aten/src/ATen/native/TensorFactories.cpp`` (``randperm``). Left out on purpose: permutations of
2**32 / 20 elements and more, for which PyTorch changes to 64-bit draws.
"""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from minitorch.core.distributions import FLOATING, FLOATING_DIGITS, INTEGRAL, Array, Shape, name_of
from minitorch.core.generator import Generator

LOWEST_INT64 = -(2**63)
LARGEST_INT64 = 2**63 - 1
RANGE_FOR_64_BITS = 2**28
RANDPERM_LIMIT = (2**32 - 1) // 20


def random_from_to(gen: Generator, shape: Shape, dtype: DTypeLike, low: int, high: int | None) -> Array:
    """``randint`` and ``random_(from, to)``: integers on [low, high); None is the dtype's end."""
    dtype = np.dtype(dtype)
    if high is None and low == LOWEST_INT64:
        return _all_of_int64(gen, shape, dtype)
    low, last = bounds_within(dtype, low, high)
    n, span = math.prod(shape), last - low + 1
    if span >= RANGE_FOR_64_BITS:
        values = (gen.random64(n) % np.uint64(span)).view(np.int64)
    else:
        values = (gen.random32(n) % np.uint32(span)).astype(np.int64)
    values += low
    return cast(values, dtype).reshape(shape)


def random_full(gen: Generator, shape: Shape, dtype: DTypeLike) -> Array:
    """``random_()``: integers on [0, the dtype's largest], or [0, 2**digits] if floating."""
    dtype = np.dtype(dtype)
    if 0 in shape:
        return np.empty(shape, dtype)
    span = full_span(dtype)
    if dtype.itemsize == 8:
        values: Array = gen.random64(math.prod(shape)) % span
        return cast(values.view(np.int64), dtype).reshape(shape)
    values = gen.random32(math.prod(shape)) % span
    return cast(values.view(np.int32), dtype).reshape(shape)


@functools.cache
def full_span(dtype: np.dtype[Any]) -> np.unsignedinteger[Any]:
    """How many integers ``random_()`` draws from."""
    if dtype.name in FLOATING:
        span = 2 ** FLOATING_DIGITS[dtype.name] + 1
    elif dtype.name in INTEGRAL:
        span = int(np.iinfo(dtype).max) + 1
    elif dtype.kind == "b":
        span = 2
    else:
        raise NotImplementedError(f"random_: \"random_kernel_cpu\" not implemented for '{dtype.name}'")
    return np.uint64(span) if dtype.itemsize == 8 else np.uint32(span)


def randperm(gen: Generator, n: int) -> NDArray[np.int64]:
    """A random order of 0, 1, ..., n - 1, from n - 1 32-bit draws."""
    if n < 0:
        raise RuntimeError(f"randperm: n must be non-negative, got {n}")
    if n >= RANDPERM_LIMIT:
        raise NotImplementedError(f"randperm: n must be below {RANDPERM_LIMIT} here, got {n}")
    if n < 2:
        return np.arange(n, dtype=np.int64)
    steps = gen.random32(n - 1)
    steps %= np.arange(n, 1, -1, dtype=np.uint32)
    order = list(range(n))
    for i, step in enumerate(steps.tolist()):
        j = i + step
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


# ---- bounds ----


def bounds_within(dtype: np.dtype[Any], low: int, high: int | None) -> tuple[int, int]:
    """The first and the last integer that may be drawn. ``RuntimeError`` if the dtype does not hold them."""
    low, last = closed_bounds(dtype, low, high)
    check_bounds(dtype, low, last)
    return low, last


def closed_bounds(dtype: np.dtype[Any], low: int, high: int | None) -> tuple[int, int]:
    """The first and the last integer that may be drawn; floating dtypes move them inwards."""
    floating = name_of(dtype) in FLOATING
    if high is None:
        if name_of(dtype).startswith("float8"):
            raise NotImplementedError(f"random_: \"random_from_to_range_calc\" not implemented for '{dtype.name}'")
        if floating:
            last = 2 ** FLOATING_DIGITS[dtype.name]
            low = _round_up(dtype, low)
        elif dtype.kind in "biu":
            last = 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)
        else:
            raise RuntimeError(f"random_ handles only integral, floating-point and boolean types, got {dtype.name}")
        if low > last or (floating and low == last):
            raise RuntimeError(f"random_: from is out of bounds for {dtype.name}, got from={low} > to={last}")
        return low, last
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if floating:
        low, high = _round_up(dtype, low), _round_down(dtype, high)
        if low >= high:
            raise RuntimeError(
                f"random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                f"but got from={low} >= to={high}"
            )
    return low, high - 1


def _round_up(dtype: np.dtype[Any], low: int) -> int:
    """``low`` moved up where ``low + 1`` in ``dtype`` would fall below it."""
    held = _as_held(dtype, low + 1)
    if held is None or held >= low:
        return low
    return held + _spacing(dtype, low + 1)


def _round_down(dtype: np.dtype[Any], high: int) -> int:
    """``high`` moved down where ``high - 1`` in ``dtype`` would reach it, and with it be drawn."""
    held = _as_held(dtype, high - 1)
    if held is None or held < high:
        return high
    return held - _spacing(dtype, high - 1)


def _as_held(dtype: np.dtype[Any], value: int) -> int | None:
    """The integer that ``dtype`` stores for ``value``; None if that is infinite or no int64."""
    with np.errstate(over="ignore"):
        held = float(cast(np.array(value, np.int64), dtype))
    return int(held) if -(2.0**63) <= held < 2.0**63 else None


def _spacing(dtype: np.dtype[Any], value: int) -> int:
    return int(2 ** (abs(value).bit_length() - FLOATING_DIGITS[dtype.name]))


def check_bounds(dtype: np.dtype[Any], low: int, last: int) -> None:
    """``RuntimeError`` if the dtype does not hold both, a warning if it skips integers on the way."""
    name = name_of(dtype)
    if name in FLOATING:
        digits = FLOATING_DIGITS[name]
        largest = 65504 if name == "float16" else LARGEST_INT64
        smallest, exact = -largest - 1 if name != "float16" else -largest, 2**digits
    elif dtype.kind in "biu":
        smallest = 0 if dtype.kind == "b" else int(np.iinfo(dtype).min)
        largest = 1 if dtype.kind == "b" else min(int(np.iinfo(dtype).max), LARGEST_INT64)
        exact = None
    elif name.startswith("float8"):
        raise NotImplementedError(f"random_: \"random_update_from_to\" not implemented for '{name}'")
    else:
        raise RuntimeError(f"random_ handles only integral, floating-point and boolean types, got {name}")
    for argument, value in (("from", low), ("to - 1", last)):
        if not smallest <= value <= largest:
            raise RuntimeError(f"random_: {argument} is out of bounds for {name}, got {value}")
        if exact is not None and abs(value) > exact:
            warnings.warn(
                f"random_: {argument} is out of bounds [-(2^{digits}), 2^{digits}], beyond which {name} skips integers",
                UserWarning,
                stacklevel=3,
            )


def _all_of_int64(gen: Generator, shape: Shape, dtype: np.dtype[Any]) -> Array:
    require_64_bits(dtype)
    return cast(gen.random64(math.prod(shape)).view(np.int64), dtype).reshape(shape)


def require_64_bits(dtype: np.dtype[Any]) -> None:
    """An error for dtypes that cannot hold any int64, or nearly."""
    if dtype.name not in ("int64", "float64", "float32", "bfloat16"):
        error = RuntimeError if dtype.name in INTEGRAL else NotImplementedError
        raise error(
            f"random_: random_full_64_bits_range_kernel_cpu handles only int64, double, float and "
            f"bfloat16, got {dtype.name}"
        )


def cast(values: Array, dtype: np.dtype[Any]) -> Array:
    """Integers as ``dtype``; C++ takes an integer to the 16-bit floats through float32."""
    if name_of(dtype) in ("float16", "bfloat16"):
        values = values.astype(np.float32)
    return values.astype(dtype, copy=False)
