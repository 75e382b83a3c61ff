"""Operators on lists of arrays, one launch a list. Kernels: ``kernels/multi_tensor.cu``.

The arrays of a list are of one dtype and one processor; each is contiguous, and what belongs together has as many
elements. ``chunks_of`` cuts a list into chunks of at most ``CHUNK`` elements, one for each block: see
``kernels/multi_tensor.cuh``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

from minitorch.kernels import load
from minitorch.kernels.arguments import device_of
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host

CHUNK = 16384
THREADS = 256


class Chunks(NamedTuple):
    """A list of tensors, cut up: a row (tensor, start, count) for each block, and how many each tensor has."""

    table: Any  # (blocks, 3), int64
    of_tensor: Any  # (tensors,), int32
    first: Any  # (tensors + 1,), int64: the first block of each tensor, and their number
    blocks: int


def chunks_of(arrays: Sequence[Any]) -> Chunks:
    """How the arrays are cut up. What was worked out for lists of the same sizes is remembered."""
    first = arrays[0]
    array_type: Any = type(first)
    with nullcontext() if on_host(first) else first.device:  # an array is made on the current device
        return _cut(tuple([array.size for array in arrays]), array_type, str(device_of(first)))


@functools.lru_cache(maxsize=64)
def _cut(sizes: tuple[int, ...], array_type: Any, device: str) -> Chunks:
    counts = [max(1, -(-size // CHUNK)) for size in sizes]  # an empty tensor has one empty chunk: its block may count
    rows = [
        (tensor, start, min(CHUNK, size - start))
        for tensor, size in enumerate(sizes)
        for start in range(0, max(1, size), CHUNK)
    ]
    table = np.array(rows, np.int64).reshape(len(rows), 3)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    place = functools.partial(_moved, array_type)
    return Chunks(place(table), place(np.array(counts, np.int32)), place(first), len(rows))


def moved(host: np.ndarray[Any, Any], like: Any) -> Any:
    """The host array, where ``like`` is."""
    with nullcontext() if on_host(like) else like.device:
        return _moved(type(like), host)


def _moved(array_type: Any, host: np.ndarray[Any, Any]) -> Any:
    if array_type is np.ndarray:
        return host
    array = array_type(host.shape, host.dtype)
    array.set(host)
    return array


def threads_for(array: Any, threads: int = THREADS) -> int:
    """How many threads a block has: one on the host, whose loop over the chunk is then contiguous."""
    return 1 if on_host(array) else threads


Number = Any  # a float, a sequence with one for each tensor, or an array of one float64 on the device


def apply(kernel: str, out: Sequence[Any], *operands: Sequence[Any], number: Number = None) -> None:
    """Run a ``foreach_`` kernel: the results go to the arrays ``out``, which may be operands too."""
    cut = chunks_of(out)
    lists = [tuple(out), *[tuple(each) for each in operands]]
    launch = load("multi_tensor").kernel(kernel, out[0].dtype)
    launch(cut.blocks, threads_for(out[0]), (*lists, cut.table, *(() if number is None else _number(number, out[0]))))


def _number(number: Number, like: Any) -> tuple[Any, int, float]:
    """The three parameters that a number takes."""
    if isinstance(number, (int, float)):
        return None, 0, number
    if isinstance(number, (list, tuple)):
        return moved(np.array(number, np.float64), like), 1, 0.0
    return number, 0, 0.0


def norm(arrays: Sequence[Any], order: float, rung: str | None = None) -> Any:
    """The norms of the arrays, of order 1, 2 or infinity, as one array of their dtype."""
    ladder = LADDERS["multi_tensor_norm"]
    return _norm(ladder.rung_for(arrays[0], rung), arrays, order)


def _norm(rung: str, arrays: Sequence[Any], order: float) -> Any:
    first, cut, order = arrays[0], chunks_of(arrays), 0 if math.isinf(order) else int(order)
    file = load("multi_tensor")
    threads, each = threads_for(first), 1
    if rung == "norm_of_threads":
        each = threads
    elif on_host(first):
        threads = 64  # a barrier needs a block
    partial = empty(first, (cut.blocks * each,), np.dtype(np.float64))
    file.kernel(rung, first.dtype, order)(cut.blocks, threads, (tuple(arrays), cut.table, partial))
    norms = empty(first, (len(arrays),))
    starts = cut.first if each == 1 else cut.first * each
    threads = threads_for(first, 64)
    args = (partial, starts, len(arrays), norms)
    file.kernel("norm_of_parts", first.dtype, order)(-(-len(arrays) // threads), threads, args)
    return norms


def unscale(grads: Sequence[Any], inverse_scale: Any, found_inf: Any) -> None:
    """Multiply the arrays by the float32 array of one element ``inverse_scale``; ``found_inf`` becomes 1 if an element
    is not finite."""
    cut = chunks_of(grads)
    args = (tuple(grads), cut.table, inverse_scale, found_inf)
    load("multi_tensor").kernel("unscale", grads[0].dtype)(cut.blocks, threads_for(grads[0]), args)


# ---- ladders --------------------------------------------------------------------------------------------------------


def pieces(flat: Any) -> list[Any]:
    """A flat array as a list of tensors for examples: one of one element, one of none, odd ones, a large one."""
    bounds = [0, 1, 1, 46, 46 + flat.size // 7, flat.size]
    return [flat[start:end] for start, end in zip(bounds, bounds[1:])]


def example_size(size: str) -> int:
    """Elements of the flat arrays of an example: "small" ones still have tensors of several chunks."""
    return CHUNK + 6001 if size == "small" else 7_000_000


def _example(operands: int, positive: bool, number: float | None) -> Callable[..., Arrays]:
    def make(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
        shape = example_size(size)
        arrays = [generator.standard_normal(shape) for _ in range(operands)]
        if positive:
            arrays = [0.5 + abs(array) for array in arrays]
        return (*[array.astype(dtype) for array in arrays], *(() if number is None else (number,)))

    return make


def _run(rung: str, *inputs: Any) -> Any:
    arrays, numbers = [each for each in inputs if hasattr(each, "dtype")], inputs[-1:]
    out = empty(arrays[0], arrays[0].shape)
    number = None if hasattr(numbers[0], "dtype") else numbers[0]
    apply(rung, pieces(out), *[pieces(array) for array in arrays], number=number)
    return out


def _run_zero(rung: str, x: Any) -> Any:
    out = x.copy()
    apply(rung, pieces(out))
    return out


def _run_norm(rung: str, x: Any, order: float) -> Any:
    if rung == "norm_of_parts":
        rung = LADDERS["multi_tensor_norm"].host_rung
    return _norm(rung, pieces(x), order)


def _reference_norm(x: Any, order: float) -> Any:
    return np.array([np.linalg.norm(piece.astype(np.float64), order) if piece.size else 0.0 for piece in pieces(x)])


def _run_unscale(rung: str, x: Any, scale: float) -> Any:
    grads, found_inf = x.copy(), moved(np.zeros(1, np.float32), x)
    unscale(pieces(grads), moved(np.array([1 / scale], np.float32), x), found_inf)
    return grads, found_inf


def _example_unscale(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    grads = generator.standard_normal(example_size(size)).astype(dtype)
    grads[[3, -3]] = np.inf, np.nan
    return grads, 8.0


def _wide(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` on arrays turned into float64."""
    return lambda *inputs: function(*[x.astype(np.float64) if hasattr(x, "dtype") else x for x in inputs])


def _traffic(*inputs: Any) -> int:
    """Every operand read, one result written."""
    arrays = [each for each in inputs if hasattr(each, "dtype")]
    return int(sum(array.nbytes for array in arrays) + arrays[0].nbytes)


_ALL = ("float32", "float64", "float16", "bfloat16")
# kernel: (how many lists, whether all elements must be positive, the number, the formula)
_FORMULAS: dict[str, tuple[int, bool, float | None, Callable[..., Any]]] = {
    "foreach_add": (2, False, -0.75, lambda a, b, s: a + s * b),
    "foreach_mul": (2, False, None, np.multiply),
    "foreach_div": (2, True, None, np.divide),
    "foreach_maximum": (2, False, None, np.maximum),
    "foreach_add_scalar": (1, False, 2.5, np.add),
    "foreach_mul_scalar": (1, False, -0.5, np.multiply),
    "foreach_div_scalar": (1, False, 3.0, np.divide),
    "foreach_sqrt": (1, True, None, np.sqrt),
    "foreach_neg": (1, False, None, np.negative),
    "foreach_reciprocal": (1, True, None, np.reciprocal),
    "foreach_addcmul": (3, False, 0.5, lambda a, b, c, s: a + s * b * c),
    "foreach_addcdiv": (3, True, -0.25, lambda a, b, c, s: a + s * b / c),
    "foreach_lerp": (2, False, 0.7, lambda a, b, s: a + s * (b - a)),
}

LADDERS = {
    name: Ladder(
        name, "multi_tensor", _run, _example(lists, positive, number), _wide(formula), _traffic, dtypes=_ALL
    )
    for name, (lists, positive, number, formula) in _FORMULAS.items()
}  # fmt: skip
LADDERS["foreach_zero"] = Ladder(
    "foreach_zero", "multi_tensor", _run_zero, _example(1, False, None), np.zeros_like, lambda x: x.nbytes, dtypes=_ALL
)
LADDERS["multi_tensor_norm"] = Ladder(
    "multi_tensor_norm", "multi_tensor", _run_norm, _example(1, False, 2.0), _reference_norm,
    lambda x, order: x.nbytes, dtypes=_ALL,
)  # fmt: skip
LADDERS["norm_of_parts"] = Ladder(
    "norm_of_parts", "multi_tensor", _run_norm, _example(1, False, math.inf), _reference_norm, dtypes=_ALL
)
LADDERS["unscale"] = Ladder(
    "unscale", "multi_tensor", _run_unscale, _example_unscale,
    lambda x, scale: (x.astype(np.float64) / scale, np.ones(1)), lambda x, scale: 2 * x.nbytes, dtypes=_ALL,
)  # fmt: skip
