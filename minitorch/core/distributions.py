"""Real-valued and yes-or-no sampling: how PyTorch's CPU kernels spend the generator's numbers.

Every function takes a ``Generator``, a shape and a NumPy dtype and returns a fresh contiguous
array, filled in C order. What must be known of each is which draws it takes and what it makes of
them:

    uniform            float32, float16, bfloat16: one 32-bit draw, its low 24 bits / 2**24;
                       float64: one 64-bit draw, its low 53 bits / 2**53; u * (high - low) + low
    normal             16 elements or more: rows of 16 uniforms through Box and Muller's transform;
                       fewer: pair by pair, in double
    log_normal         pair by pair, in double, at every size
    exponential, cauchy, geometric, bernoulli_scalar
                       in double, from one 64-bit draw an element
    bernoulli_tensor   one draw an element, 64-bit if the probabilities are float64, else 32-bit
    multinomial        with replacement: binary search in the cumulated weights, a 64-bit draw each;
                       without: the largest weight / exponential first (Efraimidis, Spirakis 2006)

Products and sums are rounded once (``fused_multiply_add``) because PyTorch's compiler fuses them.

PyTorch keeps this in ``aten/src/ATen/core/DistributionsHelper.h``, ``TransformationHelper.h`` and
``aten/src/ATen/native/cpu/DistributionTemplates.h``, ``MultinomialKernel.cpp``. Left out on
purpose: Intel MKL's stream for ``bernoulli_`` and ``exponential_``, which PyTorch switched off in
2.7 because its values repeat (issue 132395). A tensor that is a permuted block of memory is filled
in the order of its memory, not of its indices: whoever holds a tensor asks for the array in that
order.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from minitorch.core import mersenne_twister
from minitorch.core.box_muller import box_muller, c_library, fused_multiply_add, scale_and_shift
from minitorch.core.generator import KEY_WORDS, Generator

Array = NDArray[Any]
Shape = tuple[int, ...]

FLOATING_DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}  # significand bits
FLOATING = frozenset(FLOATING_DIGITS)
INTEGRAL = frozenset(("uint8", "int8", "int16", "int32", "int64"))
LOG_LARGEST_DOUBLE = 709.782712893384
_MASK_24, _MASK_53 = np.uint32(2**24 - 1), np.uint64(2**53 - 1)


# ---- uniform ----


def unit_float32(gen: Generator, n: int) -> Array:
    """``n`` float32 on [0, 1), each from one 32-bit draw."""
    draws = gen.random32(n)
    draws &= _MASK_24
    u = draws.view(np.int32).astype(np.float32)
    u *= np.float32(2**-24)
    return u


def unit_float64(gen: Generator, n: int) -> Array:
    """``n`` float64 on [0, 1), each from one 64-bit draw."""
    draws = gen.random64(n)
    draws &= _MASK_53
    u = draws.view(np.int64).astype(np.float64)
    u *= 2**-53
    return u


def uniform(gen: Generator, shape: Shape, dtype: DTypeLike, low: float = 0.0, high: float = 1.0) -> Array:
    """``rand``, ``uniform_``: uniform on [low, high); what rounds to ``high`` becomes ``low``."""
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        return complex_pairs(uniform(gen, (*shape, 2), real_part(dtype), low, high), dtype)
    check_uniform_bounds(dtype, low, high)
    unit = unit_float64 if dtype == np.float64 else unit_float32
    values = unit(gen, math.prod(shape))
    if low == 0 and high == 1:
        if values.dtype == dtype:
            return values.reshape(shape)
    else:
        start = values.dtype.type(low)
        values = scale_and_shift(values, float(start), float(values.dtype.type(high) - start))
    values = values.astype(dtype, copy=False)
    bounds = _narrow(np.array([low, high], np.float64), dtype)
    values[values == bounds[1]] = bounds[0]
    return values.reshape(shape)


def check_uniform_bounds(dtype: np.dtype[Any], low: float, high: float) -> None:
    """``NotImplementedError`` for the dtype, ``RuntimeError`` for bounds that make no interval within it."""
    require_floating("uniform_", "check_uniform_bounds", dtype)
    largest = _largest(dtype)
    for name, value in (("from", low), ("to", high)):
        if not -largest <= value <= largest:
            raise RuntimeError(f"uniform_: {name} is out of bounds for {dtype.name}: {value}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}")
    if high - low > largest:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{dtype.name}>::max(), "
            f"but found to={high} and from={low} which result in to-from to exceed the limit"
        )


# ---- normal ----


def normal(
    gen: Generator,
    shape: Shape,
    dtype: DTypeLike,
    mean: float = 0.0,
    std: float = 1.0,
    contiguous: bool = True,
) -> Array:
    """``randn`` and ``normal_``: normal with ``mean`` and ``std`` >= 0.

    Both parts of a complex number have the deviation std / sqrt(2). ``contiguous=False`` says that
    the tensor to be filled is not contiguous: PyTorch then goes pair by pair, with other draws.
    """
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    dtype = np.dtype(dtype)
    n = math.prod(shape)
    if n == 0:
        return np.empty(shape, dtype)
    if dtype.kind == "c":
        parts = normal(gen, (*shape, 2), real_part(dtype), mean, std / math.sqrt(2), contiguous)
        return complex_pairs(parts, dtype)
    require_floating("normal_", "normal_kernel_cpu", dtype)
    if n < 16 or not contiguous:
        return _narrow(_normal_pairs(gen, n, mean, std), dtype).reshape(shape)
    if dtype in (np.float32, np.float64):
        return _normal_rows(gen, n, dtype, n, mean, std).reshape(shape)
    normals = _normal_rows(gen, n, np.dtype(np.float32), n - n % 16, mean, std)
    return normals.astype(dtype).reshape(shape)


def _normal_rows(gen: Generator, n: int, dtype: np.dtype[Any], first_draws: int, mean: float, std: float) -> Array:
    """``n`` >= 16 normals by rows of 16; a last row that is not full is drawn anew.

    ``first_draws`` counts the uniforms before that: all ``n``, of which those of the last row
    are dropped; float16 and bfloat16 draw none for it.
    """
    unit = unit_float64 if dtype == np.float64 else unit_float32
    whole = n - n % 16
    if n == whole:
        return box_muller(unit(gen, n).reshape(-1, 16), mean, std).ravel()
    u = unit(gen, first_draws + 16)
    u[whole : whole + 16] = u[-16:]  # the row drawn anew follows the whole rows
    rows = box_muller(u[: whole + 16].reshape(-1, 16), mean, std).ravel()
    normals = np.empty(n, dtype)
    normals[:whole] = rows[:whole]
    normals[-16:] = rows[-16:]
    return normals


def _normal_pairs(gen: Generator, n: int, mean: float, std: float) -> Array:
    """``n`` float64 normals pair by pair: cosine first, a last sine kept for whoever comes next."""
    with gen.mutex:
        kept = gen.next_double_normal_sample
        fresh = n if kept is None else n - 1
        u = unit_float64(gen, fresh + fresh % 2)
        radius = np.sqrt(-2.0 * c_library(math.log1p, -u[1::2]))
        theta = 2.0 * math.pi * u[::2]
        samples = np.empty(1 + u.size)
        samples[0] = 0.0 if kept is None else kept
        samples[1::2] = radius * c_library(math.cos, theta)
        samples[2::2] = radius * c_library(math.sin, theta)
        gen.next_double_normal_sample = float(samples[-1]) if fresh % 2 else None
    start = 1 if kept is None else 0
    return scale_and_shift(samples[start : start + n], mean, std)


# ---- other continuous distributions, all computed in double ----


def log_normal(gen: Generator, shape: Shape, dtype: DTypeLike, mean: float = 1.0, std: float = 2.0) -> Array:
    """``log_normal_``: exp of a normal with ``mean`` and ``std`` > 0."""
    dtype = np.dtype(dtype)
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    if 0 in shape:
        return np.empty(shape, dtype)
    require_floating("log_normal_", "log_normal_cpu", dtype)
    exponents = _normal_pairs(gen, math.prod(shape), mean, std)
    infinite = exponents > LOG_LARGEST_DOUBLE
    exponents[infinite] = 0
    samples = c_library(math.exp, exponents)
    samples[infinite] = math.inf
    return _narrow(samples, dtype).reshape(shape)


def exponential(gen: Generator, shape: Shape, dtype: DTypeLike, lambd: float = 1.0) -> Array:
    """``exponential_``: -log(1 - u) / lambd, for lambd > 0."""
    dtype = np.dtype(dtype)
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    if 0 in shape:
        return np.empty(shape, dtype)
    require_continuous("exponential_", dtype)
    u = unit_float64(gen, math.prod(shape))
    return _narrow(-1.0 / lambd * c_library(math.log1p, -u), dtype).reshape(shape)


def cauchy(gen: Generator, shape: Shape, dtype: DTypeLike, median: float = 0.0, sigma: float = 1.0) -> Array:
    """``cauchy_``: median + sigma * tan(pi * (u - 1/2)), for sigma > 0."""
    dtype = np.dtype(dtype)
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    if not name_of(dtype).startswith("float8") or 0 not in shape:
        require_continuous("cauchy_", dtype)
    u = unit_float64(gen, math.prod(shape))
    tangent = c_library(math.tan, math.pi * (u - 0.5))
    samples = fused_multiply_add(tangent, np.float64(sigma), np.float64(median))
    return _narrow(samples, dtype).reshape(shape)


def geometric(gen: Generator, shape: Shape, dtype: DTypeLike, p: float) -> Array:
    """``geometric_``: ceil(log(u) / log(1 - p)), trials up to the first success, for 0 < p < 1."""
    dtype = np.dtype(dtype)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    if 0 in shape:
        return np.empty(shape, dtype)
    if name_of(dtype) not in INTEGRAL | FLOATING:
        raise NotImplementedError(f"geometric_: \"geometric_cpu\" not implemented for '{dtype.name}'")
    u = unit_float64(gen, math.prod(shape))
    with np.errstate(divide="ignore"):
        trials = np.ceil(np.log(u) / math.log1p(-p))
    if dtype.kind in "iu" and dtype.itemsize < 8:  # C goes through int32, where what does not fit is -2**31
        trials = np.where(trials < 2.0**31, trials, -(2.0**31)).astype(np.int32)
    return _narrow(trials, dtype).reshape(shape)


# ---- yes or no ----


def bernoulli_scalar(gen: Generator, shape: Shape, dtype: DTypeLike, p: float = 0.5) -> Array:
    """``bernoulli_(p)``, what dropout uses: 1 where a double on [0, 1) is below ``p``, else 0."""
    dtype = np.dtype(dtype)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    if 0 in shape:
        return np.empty(shape, dtype)
    if name_of(dtype) not in INTEGRAL | FLOATING and dtype.kind != "b":
        raise NotImplementedError(f"bernoulli_: \"bernoulli_scalar_cpu_\" not implemented for '{dtype.name}'")
    count = math.prod(shape)
    if dtype in (np.float32, np.float64) and mersenne_twister.serves(2 * count // KEY_WORDS):
        return _bernoulli_by_pieces(gen, np.empty(count, dtype), p).reshape(shape)
    return (unit_float64(gen, count) < p).astype(dtype).reshape(shape)


def _bernoulli_by_pieces(gen: Generator, numbers: Array, p: float) -> Array:
    with gen.mutex:
        for start in range(0, numbers.size, mersenne_twister.PIECE):
            piece = numbers[start : start + mersenne_twister.PIECE]
            mersenne_twister.bernoulli(gen.random32(2 * piece.size), p, piece)
    return numbers


def bernoulli_tensor(gen: Generator, probabilities: Array, dtype: DTypeLike) -> Array:
    """``bernoulli(p)`` and ``bernoulli_(p)`` with a probability for each element."""
    dtype = np.dtype(dtype)
    if probabilities.size == 0:
        return np.empty(probabilities.shape, dtype)
    require_bernoulli("bernoulli", dtype)
    require_floating("bernoulli", "bernoulli_tensor_cpu_p_", probabilities.dtype)
    p = probabilities.ravel()
    valid = (p >= 0) & (p <= 1)
    if not valid.all():
        drawn = int(valid.argmin())  # PyTorch draws up to the first that is no probability
        gen.random32(2 * drawn if p.dtype == np.float64 else drawn)
        raise RuntimeError("bernoulli: Expected p_in >= 0 && p_in <= 1 to be true, but got false")
    if p.dtype == np.float64:
        u = unit_float64(gen, p.size)
    else:
        u = unit_float32(gen, p.size)
        p = p.astype(np.float32)
    return (u < p).astype(dtype).reshape(probabilities.shape)


def require_bernoulli(operator: str, dtype: DTypeLike) -> None:
    """``NotImplementedError`` for dtypes that hold no zeros and ones drawn with a tensor of probabilities."""
    dtype = np.dtype(dtype)
    if name_of(dtype) not in INTEGRAL | FLOATING and dtype.kind != "b":
        raise NotImplementedError(f"{operator}: \"bernoulli_tensor_cpu_self_\" not implemented for '{dtype.name}'")


# ---- categories ----


def multinomial(
    gen: Generator, weights: Array, num_samples: int, replacement: bool = False, by_columns: bool = False
) -> NDArray[np.int64]:
    """Indices in proportion to ``weights``: ``(categories,)`` -> ``(num_samples,)``, or by rows.

    ``by_columns``: the rows lie next to each other in memory, in whose order the exponentials are drawn.

    Without replacement, categories whose keys are equal in float32 come in an order of their own:
    PyTorch's ``topk`` leaves it to the C++ library's sort.
    """
    check_multinomial(weights, num_samples, replacement)
    rows = weights.reshape(-1, weights.shape[-1])  # (rows, categories)
    shape = (*weights.shape[:-1], num_samples)
    if 0 in shape:
        return np.empty(shape, np.int64)
    check_weights(rows)
    if replacement and num_samples > 1:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            samples = _search_cumulated(gen, rows, num_samples)
    else:
        exponentials = exponential(gen, rows.shape[::-1] if by_columns else rows.shape, rows.dtype)
        samples = largest_quotients(rows, exponentials.T if by_columns else exponentials, num_samples)
    return samples.reshape(shape).astype(np.int64)


def check_weights(rows: Array) -> None:
    """``RuntimeError`` if a row of weights, none of them empty, is no distribution."""
    low, high = rows.min(), rows.max()
    if not (low >= 0 and high < np.inf):
        raise RuntimeError("multinomial: probability tensor contains either `inf`, `nan` or element < 0")
    with np.errstate(over="ignore", invalid="ignore"):
        if (rows.sum(axis=1) == 0).any():
            raise RuntimeError("multinomial: invalid multinomial distribution (sum of probabilities <= 0)")


def largest_quotients(rows: Array, exponentials: Array, num_samples: int) -> Array:
    """The categories with the largest weight / exponential, ``(rows, num_samples)``: drawn without replacement."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        keys = rows / exponentials
        if num_samples == 1:
            return np.asarray(keys.argmax(axis=1))
        return np.argsort(-keys, axis=1, kind="stable")[:, :num_samples]


def _search_cumulated(gen: Generator, rows: Array, num_samples: int) -> Array:
    u = unit_float64(gen, len(rows) * num_samples).reshape(len(rows), num_samples)
    cumulated: Array = np.cumsum(rows, axis=1, dtype=np.float64 if rows.dtype == np.float64 else np.float32)
    cumulated = cumulated / cumulated[:, -1:]
    cumulated[:, -1] = 1
    return np.stack([np.searchsorted(row, u_row) for row, u_row in zip(cumulated, u, strict=True)])


def check_multinomial(weights: Array, num_samples: int, replacement: bool) -> None:
    """``RuntimeError`` for what cannot be drawn from."""
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"multinomial: prob_dist must be 1 or 2 dim, got shape {weights.shape}")
    if name_of(weights.dtype) not in FLOATING and not name_of(weights.dtype).startswith("float8"):
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {weights.dtype.name}")
    if num_samples <= 0:
        raise RuntimeError(f"multinomial: cannot sample n_sample <= 0 samples, got {num_samples}")
    categories = weights.shape[-1]
    if not replacement and num_samples > categories:
        raise RuntimeError(
            "multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement, "
            f"got {num_samples} > {categories}"
        )
    if categories > 2**24:
        raise RuntimeError(f"multinomial: number of categories cannot exceed 2^24, got {categories}")
    if categories == 0:
        raise RuntimeError(f"multinomial: cannot draw from no categories, got shape {weights.shape}")


# ---- dtypes ----


@functools.cache
def name_of(dtype: np.dtype[Any]) -> str:
    """``dtype.name``, which NumPy puts together anew each time."""
    return dtype.name


@functools.cache
def _largest(dtype: np.dtype[Any]) -> float:
    """The largest finite value: bfloat16 has float32's exponents and 8 bits of significand."""
    return (2 - 2**-7) * 2.0**127 if dtype.name == "bfloat16" else float(np.finfo(dtype).max)


def require_floating(operator: str, kernel: str, dtype: np.dtype[Any]) -> None:
    """``NotImplementedError`` for dtypes that are no real floating ones."""
    if name_of(dtype) not in FLOATING:
        raise NotImplementedError(f"{operator}: \"{kernel}\" not implemented for '{dtype.name}'")


def require_continuous(operator: str, dtype: np.dtype[Any]) -> None:
    """An error for dtypes that hold no continuous distribution."""
    name = name_of(dtype)
    if name.startswith("float8"):
        raise NotImplementedError(f"{operator}: \"{operator}cpu\" not implemented for '{name}'")
    if name not in FLOATING:
        raise RuntimeError(
            f"{operator}: {operator[:-1].capitalize()} distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {name}"
        )


def _narrow(values: Array, dtype: np.dtype[Any]) -> Array:
    """Doubles as ``dtype``; C++ takes them to the 16-bit floats through float32, rounding twice."""
    with np.errstate(over="ignore"):
        if name_of(dtype) in ("float16", "bfloat16"):
            values = values.astype(np.float32)
        return values.astype(dtype, copy=False)


def real_part(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of the two parts of a complex one."""
    return np.dtype(np.float32 if dtype.itemsize == 8 else np.float64)


def complex_pairs(parts: Array, dtype: np.dtype[Any]) -> Array:
    """(..., 2) real numbers as complex ones."""
    return parts.view(dtype).reshape(parts.shape[:-1])  # (..., 2) -> (...)
