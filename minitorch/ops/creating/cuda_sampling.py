"""Random arrays on a CUDA device, with PyTorch's numbers for PyTorch's seeds.

Each function checks its arguments, lets the generator reserve what a launch draws, and has a kernel fill a new array
(``ops/kernels/philox.py``). Where kernels cannot run, on an emulated device without a compiler, their twins in NumPy do
(``core/cuda/distributions.py``), with the same numbers. ``cauchy``, ``geometric``, ``randperm`` and ``multinomial`` are
always computed by the twins, on the host.

Not PyTorch's numbers: ``poisson`` and ``binomial``, whose kernels draw until they are content; here they are drawn on
the host, as on the CPU, from this generator.

PyTorch: ``aten/src/ATen/native/cuda/Distributions.cu``, ``DistributionTemplates.h``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from minitorch import kernels
from minitorch.core import count_distributions
from minitorch.core import distributions as host
from minitorch.core import random_integers as integers
from minitorch.core.cuda import distributions as twin
from minitorch.core.cuda import is_emulated
from minitorch.core.cuda.generator import CUDAGenerator
from minitorch.ops.kernels import philox as on_device

Shape = tuple[int, ...]


def _kernels_run() -> bool:
    return not is_emulated() or kernels.available()


def _dealt(gen: CUDAGenerator, shape: Shape, dtype: Any, name: str, *parameters: Any) -> Any:
    """A new array filled by the kernel of that name, or its twin."""
    backend, n = gen.device.backend, math.prod(shape)
    out = backend.xp.empty(n, dtype)
    if n:
        place = gen.reserve(n, twin.numbers_of(dtype))
        if _kernels_run():
            getattr(on_device, name)(out, *place, *parameters)
        else:
            out = backend.from_host(getattr(twin, name)(*place, dtype, *parameters))
    return out.reshape(shape)


def _by_twin(gen: CUDAGenerator, shape: Shape, dtype: Any, function: Any, *parameters: Any) -> Any:
    """A new array computed on the host."""
    n = math.prod(shape)
    if not n:
        return gen.device.backend.xp.empty(shape, dtype)
    values = function(*gen.reserve(n, twin.numbers_of(dtype)), dtype, *parameters)
    return gen.device.backend.from_host(values.reshape(shape))


# ---- continuous -----------------------------------------------------------------------------------------------------


def uniform(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, low: float = 0.0, high: float = 1.0) -> Any:
    """Uniform on [low, high)."""
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        return uniform(gen, (*shape, 2), host.real_part(dtype), low, high).view(dtype).reshape(shape)
    host.check_uniform_bounds(dtype, low, high)
    return _dealt(gen, shape, dtype, "uniform", low, high)


def normal(
    gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, mean: float = 0.0, std: float = 1.0, contiguous: bool = True
) -> Any:
    """Normal with ``mean`` and ``std``, whatever the strides of what it is for."""
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        parts = normal(gen, (*shape, 2), host.real_part(dtype), mean, std / math.sqrt(2))
        return parts.view(dtype).reshape(shape)
    if 0 not in shape:
        host.require_floating("normal_", "normal_kernel_cuda", dtype)
    return _dealt(gen, shape, dtype, "normal", mean, std)


def log_normal(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, mean: float = 1.0, std: float = 2.0) -> Any:
    """Exp of a normal."""
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    if 0 not in shape:
        host.require_floating("log_normal_", "log_normal_cuda", np.dtype(dtype))
    return _dealt(gen, shape, np.dtype(dtype), "log_normal", mean, std)


def exponential(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, lambd: float = 1.0) -> Any:
    """Exponential with rate ``lambd``."""
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    if 0 not in shape:
        host.require_continuous("exponential_", np.dtype(dtype))
    return _dealt(gen, shape, np.dtype(dtype), "exponential", lambd)


def cauchy(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, median: float = 0.0, sigma: float = 1.0) -> Any:
    """Cauchy around ``median``."""
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    host.require_continuous("cauchy_", np.dtype(dtype))
    return _by_twin(gen, shape, np.dtype(dtype), twin.cauchy, median, sigma)


def slopes(gen: CUDAGenerator, input: Any, lower: float, upper: float) -> Any:
    """For ``rrelu``: a slope for each element, of which only those count that belong to an element not positive."""
    xp = gen.device.backend.xp
    drawn = _by_twin(gen, input.shape, np.float64 if input.dtype == np.float64 else np.float32, _unit)
    return xp.where(input <= 0, (drawn * (upper - lower) + lower).astype(input.dtype), xp.ones((), input.dtype))


def _unit(seed: int, offset: int, launch: Any, dtype: Any) -> Any:
    return twin.units(seed, offset, launch)


# ---- yes or no ------------------------------------------------------------------------------------------------------


def geometric(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, p: float) -> Any:
    """Number of trials up to the first success."""
    dtype = np.dtype(dtype)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    if 0 not in shape and dtype.name not in host.INTEGRAL | host.FLOATING:
        raise NotImplementedError(f"geometric_: \"geometric_cuda\" not implemented for '{dtype.name}'")
    return _by_twin(gen, shape, dtype, twin.geometric, p)


def bernoulli_scalar(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, p: float = 0.5) -> Any:
    """1 with probability ``p``, else 0."""
    dtype = np.dtype(dtype)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    if 0 not in shape and dtype.name not in host.INTEGRAL | host.FLOATING and dtype.kind != "b":
        raise NotImplementedError(f"bernoulli_: \"bernoulli_scalar_cuda_\" not implemented for '{dtype.name}'")
    if dtype.kind == "f":
        return _dealt(gen, shape, dtype, "bernoulli", p)
    return _dealt(gen, shape, np.dtype(np.float32), "bernoulli", p).astype(dtype)


def bernoulli_tensor(gen: CUDAGenerator, probabilities: Any, dtype: DTypeLike) -> Any:
    """1 with the probability of each element, else 0."""
    dtype, shape, backend = np.dtype(dtype), probabilities.shape, gen.device.backend
    seed, offset = gen.advance(10)
    host.require_bernoulli("bernoulli", dtype)
    host.require_floating("bernoulli", "bernoulli_tensor_cuda_p_", probabilities.dtype)
    n = math.prod(shape)
    if not n:
        return backend.xp.empty(shape, dtype)
    if not bool(((probabilities >= 0) & (probabilities <= 1)).all()):
        raise RuntimeError("bernoulli: Expected p_in >= 0 && p_in <= 1 to be true, but got false")
    wide = np.dtype(np.float64 if dtype == np.float64 else np.float32)
    chances = backend.xp.ascontiguousarray(probabilities).astype(wide, copy=False).reshape(-1)
    if _kernels_run():
        out = backend.xp.empty(n, wide)
        on_device.bernoulli_of(out, seed, offset, chances)
    else:
        out = backend.from_host(twin.bernoulli_of(seed, offset, backend.to_host(chances), wide))
    return out.astype(dtype, copy=False).reshape(shape)


def fused_dropout(gen: CUDAGenerator, x: Any, p: float, each: int) -> tuple[Any, Any]:
    """``x`` with each element zero with probability ``p`` and the others times 1 / (1 - p), and which those were.

    ``x`` is C-contiguous and not empty; ``each`` comes from ``neighbours``.
    """
    backend, keep = gen.device.backend, 1.0 - p
    wide = np.dtype(np.float64 if x.dtype == np.float64 else np.float32)
    scale = float(wide.type(1.0 / float(wide.type(keep))))
    launch_place = gen.reserve(x.size, 4)
    if _kernels_run():
        out, mask = backend.xp.empty(x.size, x.dtype), backend.xp.empty(x.size, np.bool_)
        on_device.dropout(x.reshape(-1), out, mask, *launch_place, keep, scale, each)
    else:
        mask = backend.from_host(twin.dropout_kept(*launch_place, keep, wide, each))
        out = (x.reshape(-1).astype(wide, copy=False) * mask * wide.type(scale)).astype(x.dtype, copy=False)
    return out.reshape(x.shape), mask.reshape(x.shape)


def neighbours(n: int, itemsize: int, begin: int | None) -> int:
    """How many neighbouring elements a thread of the dropout kernel takes: as many as 16 bytes hold, if memory begins
    at a multiple of that (``begin``: the byte, None if the elements are no block of memory) and ``n`` is one.
    """
    if begin is None:
        return 1
    each = 16 // itemsize
    while n % each or begin % (each * itemsize):
        each //= 2
    return each


# ---- integers -------------------------------------------------------------------------------------------------------


def random_from_to(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike, low: int, high: int | None) -> Any:
    """Integers on [low, high); None is the dtype's end."""
    dtype = np.dtype(dtype)
    if high is None and low == integers.LOWEST_INT64:
        integers.require_64_bits(dtype)
        return gen.device.backend.from_host(
            integers.cast(gen.random64(math.prod(shape)).view(np.int64), dtype).reshape(shape)
        )
    low, last = integers.bounds_within(dtype, low, high)
    return _integers(gen, shape, dtype, low, last - low + 1, last - low + 1 >= integers.RANGE_FOR_64_BITS)


def random_full(gen: CUDAGenerator, shape: Shape, dtype: DTypeLike) -> Any:
    """Integers from 0 to the dtype's largest, or to 2**digits if it is a floating one."""
    dtype = np.dtype(dtype)
    if 0 in shape:
        return gen.device.backend.xp.empty(shape, dtype)
    return _integers(gen, shape, dtype, 0, int(integers.full_span(dtype)), dtype.itemsize == 8)


def _integers(gen: CUDAGenerator, shape: Shape, dtype: np.dtype[Any], low: int, span: int, wide: bool) -> Any:
    """Words, or pairs of them if ``wide``, modulo ``span``, plus ``low``."""
    backend, n = gen.device.backend, math.prod(shape)
    if n and _kernels_run():
        values = backend.xp.empty(n, np.int64)
        on_device.integers(values, *gen.reserve(n, 2 if wide else 4), low, span)
        return integers.cast(values, dtype).reshape(shape)
    drawn = gen.random64(n) % np.uint64(span) if wide else gen.random32(n).astype(np.uint64) % np.uint64(span)
    return backend.from_host(integers.cast(drawn.view(np.int64) + np.int64(low), dtype).reshape(shape))


def randperm(gen: CUDAGenerator, n: int) -> Any:
    """A random order of 0 to n - 1."""
    return gen.device.backend.from_host(twin.randperm(gen, n))


# ---- categories and counts ------------------------------------------------------------------------------------------


def multinomial(
    gen: CUDAGenerator, weights: Any, num_samples: int, replacement: bool = False, by_columns: bool = False
) -> Any:
    """Indices in proportion to ``weights``: ``(categories,)`` -> ``(num_samples,)``, or by rows."""
    if replacement and num_samples > 1:
        return _multinomial_with_replacement(gen, weights, num_samples)
    known = gen.device.backend.to_host(weights)
    rows = _rows(known, num_samples, replacement)
    if rows.size:
        exponentials = _by_columns if by_columns else _by_rows
        samples = host.largest_quotients(rows, exponentials(gen, rows), num_samples)
    else:
        samples = np.empty((len(rows), num_samples))
    return gen.device.backend.from_host(samples.astype(np.int64).reshape(*known.shape[:-1], num_samples))


def _rows(weights: Any, num_samples: int, replacement: bool) -> Any:
    host.check_multinomial(weights, num_samples, replacement)
    rows = weights.reshape(-1, weights.shape[-1])
    if rows.size:
        host.check_weights(rows)
    return rows


def _by_rows(gen: CUDAGenerator, rows: Any) -> Any:
    """An exponential for each weight."""
    return twin.exponential(*gen.reserve(rows.size, twin.numbers_of(rows.dtype)), rows.dtype, 1.0).reshape(rows.shape)


def _by_columns(gen: CUDAGenerator, rows: Any) -> Any:
    """The same where the rows lie next to each other in memory, in the order of memory."""
    return _by_rows(gen, rows.T).T


def _multinomial_with_replacement(gen: CUDAGenerator, weights: Any, num_samples: int) -> Any:
    known = gen.device.backend.to_host(weights)
    rows = _rows(known, num_samples, True)
    indices = np.empty((len(rows), num_samples), np.int64)
    if rows.size:
        wide = rows.astype(np.float64 if rows.dtype == np.float64 else np.float32)
        cumulated = np.cumsum(wide / wide.sum(axis=1, keepdims=True), axis=1)
        drawn = twin.categories(*gen.advance(4), len(rows), num_samples)
        for row, (weights_of_row, sums, u) in enumerate(zip(wide, cumulated, drawn)):
            last = np.flatnonzero(weights_of_row)[-1]  # for a u above the sum of all, which was rounded
            indices[row] = np.minimum(np.searchsorted(sums, u), last)
    return gen.device.backend.from_host(indices.reshape(*known.shape[:-1], num_samples))


def poisson(gen: CUDAGenerator, rates: Any) -> Any:
    """A Poisson number for each rate."""
    known = gen.device.backend.to_host(rates)
    drawn = count_distributions.poisson(gen, known.astype(np.float64))
    return gen.device.backend.from_host(drawn.astype(known.dtype))


def binomial(gen: CUDAGenerator, counts: Any, chances: Any) -> Any:
    """How many of ``counts`` trials succeed, each with probability ``chances``."""
    backend = gen.device.backend
    drawn = count_distributions.binomial(gen, backend.to_host(counts), backend.to_host(chances))
    return backend.from_host(drawn.astype(counts.dtype))
