"""A ladder: one computation by several kernels, from the one that reads like the formula to the one that is fast.

    Ladder("softmax", "softmax", run=run, example=example, reference=reference, traffic=traffic)

``run(rung, *inputs)`` computes with the kernel named ``rung``; ``reference(*inputs)`` says in float64 what must come
out. With these two and ``example``, which makes inputs, the tests run every rung, ``python -m minitorch.kernels bench``
times it and ``... list`` prints what each gains. Which kernels are rungs is written above them, in the ``.cu`` file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.kernels.record import Record
from minitorch.ops.arrays.compiled import on_host as on_host

Arrays = tuple[Any, ...]


@dataclass(frozen=True)
class Ladder:
    """``name``: as in the records of ``file`` (without ``.cu``).

    ``example(generator, size, dtype)``: inputs, NumPy arrays and numbers, for ``size`` "small" (odd sizes, for tests in
    the debug mode) or "large" (for timing). ``run(rung, *inputs)``: the outputs, an array or a tuple, on the device of
    the inputs. ``reference(*inputs)``: the same in float64 by NumPy. ``traffic(*inputs)``: bytes that must be moved;
    ``operations(*inputs)``: multiplications and additions, where these are what counts. ``tolerance``: relative, by
    dtype name, where the usual one does not do. ``dtypes``: of the example inputs, names.
    """

    name: str
    file: str
    run: Callable[..., Any]
    example: Callable[[np.random.Generator, str, Any], Arrays]
    reference: Callable[..., Any]
    traffic: Callable[..., int] | None = None
    operations: Callable[..., int] | None = None
    dtypes: tuple[str, ...] = ("float32",)
    tolerance: dict[str, float] | None = None

    @functools.cached_property
    def records(self) -> tuple[Record, ...]:
        """The rungs, in order."""
        found = [each for each in load(self.file).records.values() if each.ladder == self.name]
        return tuple(sorted(found, key=lambda each: each.rung))

    @functools.cached_property
    def rungs(self) -> tuple[str, ...]:
        """Names of the kernels, in order; what needs special hardware is among them."""
        return tuple(each.kernel for each in self.records)

    @functools.cached_property
    def host_rung(self) -> str:
        """What the CPU uses: the rung marked for it, else the first."""
        return next((each.kernel for each in self.records if each.host), self.rungs[0])

    @functools.cached_property
    def device_rung(self) -> str:
        """What a device uses: the last rung that every GPU has."""
        return [each.kernel for each in self.records if not each.needs][-1]

    def rung_for(self, array: Any, rung: str | None = None) -> str:
        """The kernel to use on this array; ``rung``, if given. ``ValueError`` if that is on another ladder."""
        if rung is None:
            return self.host_rung if isinstance(array, np.ndarray) else self.device_rung
        if rung not in self.rungs:
            raise ValueError(f"the ladder {self.name} has no rung {rung!r}; it has {', '.join(self.rungs)}")
        return rung


def empty(like: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:
    """An uninitialised contiguous array on the processor of ``like``, of its dtype unless another is given."""
    dtype = like.dtype if dtype is None else dtype
    if isinstance(like, np.ndarray):
        return np.empty(shape, dtype)
    with like.device:  # an array is made on the current device
        return type(like)(shape, dtype)


def chunks(count: int, array: Any, chunk: int, threads: int = 256) -> tuple[int, int]:
    """Grid and block of a kernel whose blocks own ``chunk`` elements each."""
    return max(1, -(-count // chunk)), 1 if on_host(array) else threads
