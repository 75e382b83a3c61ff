"""Random numbers by Philox, dealt as PyTorch deals them. Kernels: ``kernels/philox.cu``.

The functions fill ``out``, a contiguous array of one dimension. ``seed, offset, launch``: what the generator of the
device reserved (``core/cuda/generator.py``). Their twins in NumPy, of the same names, are in
``core/cuda/distributions.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.core.cuda import distributions as twin
from minitorch.core.cuda import philox
from minitorch.core.cuda.philox import Launch
from minitorch.kernels import load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host


def _launch(kernel: Any, array: Any, threads: int, args: tuple[Any, ...]) -> None:
    """256 of the ``threads`` in each block; on the host a block is one thread that does their work."""
    kernel(-(-threads // philox.BLOCK), 1 if on_host(array) else philox.BLOCK, args)


def words(out: Any, seed: int, offset: int, launch: Launch) -> None:
    """The bare words, ``out`` of uint32."""
    _launch(load("philox")["philox_words"], out, launch.threads, (out, launch.n, launch.threads, seed, offset))


def uniform(out: Any, seed: int, offset: int, launch: Launch, low: float, high: float, rung: str | None = None) -> None:
    """Uniform on [low, high)."""
    name = LADDERS["philox uniform"].rung_for(out, rung)
    start, end = np.array([low, high]).astype(out.dtype)
    jobs = {"philox_uniform_one": launch.n, "philox_uniform_four": launch.threads * launch.rounds}
    args = (out, launch.n, launch.threads, seed, offset, float(start), float(end), float(end - start))
    _launch(load("philox").kernel(name, out.dtype), out, jobs.get(name, launch.threads), args)


def normal(out: Any, seed: int, offset: int, launch: Launch, mean: float, std: float, log: bool = False) -> None:
    """Normal with ``mean`` and ``std``; its exponential if ``log``."""
    args = (out, launch.n, launch.threads, seed, offset, mean, std, int(log))
    _launch(load("philox").kernel("philox_normal", out.dtype), out, launch.threads, args)


def log_normal(out: Any, seed: int, offset: int, launch: Launch, mean: float, std: float) -> None:
    """Exp of a normal."""
    normal(out, seed, offset, launch, mean, std, log=True)


def exponential(out: Any, seed: int, offset: int, launch: Launch, rate: float) -> None:
    """Exponential with that rate."""
    args = (out, launch.n, launch.threads, seed, offset, rate)
    _launch(load("philox").kernel("philox_exponential", out.dtype), out, launch.threads, args)


def bernoulli(out: Any, seed: int, offset: int, launch: Launch, p: float) -> None:
    """1 with probability ``p``, else 0."""
    args = (out, launch.n, launch.threads, seed, offset, p)
    _launch(load("philox").kernel("philox_bernoulli", out.dtype), out, launch.threads, args)


def bernoulli_of(out: Any, seed: int, offset: int, chances: Any) -> None:
    """1 with the probability of each element: ``chances`` in the dtype of ``out``, float32 or float64."""
    kernel = load("philox").kernel("philox_bernoulli_of", out.dtype)
    _launch(kernel, out, -(-out.size // 4), (out, chances, out.size, seed, offset))


def integers(out: Any, seed: int, offset: int, launch: Launch, low: int, span: int) -> None:
    """``out``, int64: uniform on [low, low + span). A launch with two numbers a round takes 64 bits for each."""
    kernel = load("philox").kernel("philox_integers", int(launch.numbers == 2))
    _launch(kernel, out, launch.threads, (out, launch.n, launch.threads, seed, offset, span, low))


def dropout(
    x: Any, y: Any, mask: Any, seed: int, offset: int, launch: Launch, keep: float, scale: float, each: int
) -> None:
    """``y = x * mask * scale`` with a ``mask`` (bool) drawn here; threads take ``each`` neighbours, 1 for none."""
    args = (x, y, mask, launch.n, launch.threads, seed, offset, keep, scale)
    _launch(load("philox").kernel("philox_dropout", x.dtype, each), x, launch.threads, args)


# ---- the ladders ----------------------------------------------------------------------------------------------------

_SEED, _OFFSET = 0x1234_5678_9ABC_DEF0, 2**35 + 8  # both words of key and position matter


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    """What is to be filled, and a launch: the small one with several rounds, the last of them not full."""
    n = 2 * 4 * 512 + 777 if size == "small" else 1 << 24
    processor = (1, 512) if size == "small" else (132, 2048)
    return np.empty(n, dtype), philox.launch_for(n, twin.numbers_of(dtype), *processor)


def _filling(function: Any, *parameters: Any) -> Any:
    def run(rung: str, out: Any, launch: Launch) -> Any:
        given = {"rung": rung} if function is uniform else {}
        function(out, _SEED, _OFFSET, launch, *parameters, **given)
        return out

    return run


def _twin(function: Any, *parameters: Any) -> Any:
    return lambda out, launch: function(_SEED, _OFFSET, launch, out.dtype, *parameters)


def _written(out: Any, launch: Launch) -> int:
    return int(out.nbytes)


def _run_bernoulli_of(rung: str, chances: Any) -> Any:
    out = empty(chances, chances.shape, chances.dtype)
    bernoulli_of(out, _SEED, _OFFSET, chances)
    return out


def _example_integers(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    out, launch = _example(generator, size, dtype)
    return out, philox.launch_for(launch.n, 2, 1, 512)


def _reference_integers(out: Any, launch: Launch) -> Any:
    return (philox.joined(philox.word_pairs(_SEED, _OFFSET, launch)) % np.uint64(2**40 + 1)).view(np.int64) - 7


def _example_dropout(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    out, launch = _example(generator, size, dtype)
    n = launch.n // 4 * 4
    launch = philox.launch_for(n, 4, *((1, 512) if size == "small" else (132, 2048)))
    return generator.standard_normal(n).astype(dtype), launch


def _run_dropout(rung: str, x: Any, launch: Launch) -> Any:
    y, mask = empty(x, x.shape, x.dtype), empty(x, x.shape, np.bool_)
    dropout(x, y, mask, _SEED, _OFFSET, launch, 0.75, 1 / 0.75, 4)
    return y, mask


def _reference_dropout(x: Any, launch: Launch) -> Any:
    kept = twin.dropout_kept(_SEED, _OFFSET, launch, 0.75, np.float32, 4)
    return x.astype(np.float64) * kept / 0.75, kept


_FLOATS = ("float32", "float64")
LADDERS = {
    "philox words": Ladder(
        "philox words", "philox", _filling(words), _example,
        lambda out, launch: philox.words(_SEED, _OFFSET, launch), _written, dtypes=("uint32",),
    ),
    "philox uniform": Ladder(
        "philox uniform", "philox", _filling(uniform, -1.5, 2.0), _example, _twin(twin.uniform, -1.5, 2.0), _written,
        dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
    "philox normal": Ladder(
        "philox normal", "philox", _filling(normal, 0.5, 2.0), _example, _twin(twin.normal, 0.5, 2.0), _written,
        dtypes=_FLOATS,
    ),
    "philox exponential": Ladder(
        "philox exponential", "philox", _filling(exponential, 2.0), _example, _twin(twin.exponential, 2.0), _written,
        dtypes=_FLOATS,
    ),
    "philox bernoulli": Ladder(
        "philox bernoulli", "philox", _filling(bernoulli, 0.25), _example, _twin(twin.bernoulli, 0.25), _written,
        dtypes=_FLOATS,
    ),
    "philox bernoulli of": Ladder(
        "philox bernoulli of", "philox", _run_bernoulli_of,
        lambda generator, size, dtype: (generator.random(1023 if size == "small" else 1 << 24).astype(dtype),),
        lambda chances: twin.bernoulli_of(_SEED, _OFFSET, chances, chances.dtype),
        lambda chances: 2 * chances.nbytes, dtypes=_FLOATS,
    ),
    "philox integers": Ladder(
        "philox integers", "philox", _filling(integers, -7, 2**40 + 1), _example_integers, _reference_integers,
        _written, dtypes=("int64",),
    ),
    "philox dropout": Ladder(
        "philox dropout", "philox", _run_dropout, _example_dropout, _reference_dropout,
        lambda x, launch: 2 * x.nbytes + x.size,
    ),
}  # fmt: skip
