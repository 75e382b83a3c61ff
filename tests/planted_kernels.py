"""Kernels with planted bugs (``tests/kernels/bugs/*.cu``), how to launch them, and what must be said of each.

The lines that a message must name are marked ``// here`` in the source.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import kernels

FOLDER = Path(__file__).parent / "kernels" / "bugs"


@dataclass(frozen=True)
class Planted:
    """``words``: in the message of the debug mode. ``array``: whose race it is. ``schedules``: that show it."""

    file: str
    kernel: str
    grid: int
    block: int
    args: Callable[[], tuple[Any, ...]]
    words: str = ""
    shared_mem: int = 0
    array: str = ""
    shared: bool = True

    @functools.cached_property
    def lines(self) -> list[int]:
        """The lines marked in the kernel's body."""
        text = (FOLDER / f"{self.file}.cu").read_text().split("\n")
        start = next(number for number, line in enumerate(text) if f" {self.kernel}(" in line)
        end = text.index("}", start)
        return [number + 1 for number in range(start, end) if text[number].endswith("// here")]

    @property
    def places(self) -> list[str]:
        """The marked lines as messages name them."""
        return [f"{self.file}.cu:{line}" for line in self.lines]

    def run(self) -> tuple[Any, ...]:
        """The arguments after a launch in the current mode."""
        args = self.args()
        kernels.load(FOLDER / f"{self.file}.cu")[self.kernel](self.grid, self.block, args, self.shared_mem)
        return args


def floats(count: int) -> np.ndarray[Any, Any]:
    return np.arange(1, count + 1, dtype=np.float32)


def integers(count: int) -> np.ndarray[Any, Any]:
    return np.arange(count, dtype=np.int32)


def zeros(count: int, dtype: Any = np.float32) -> np.ndarray[Any, Any]:
    return np.zeros(count, dtype)


# What the debug mode reports under whatever schedule.
ALWAYS = [
    Planted("barriers", "early_return", 2, 64, lambda: (floats(100), 100), "36 of 64 threads wait forever"),
    Planted("barriers", "divergent_barriers", 1, 32, lambda: (floats(32),), "divergent __syncthreads()"),
    Planted("barriers", "half_a_warp", 1, 32, lambda: (floats(32),), "waits in a warp intrinsic"),
    Planted("barriers", "not_in_its_mask", 1, 32, lambda: (floats(32),), "a lane is missing from its own mask"),
    Planted("barriers", "missing_barrier", 1, 128, lambda: (floats(128), 128), "of shared s (128 elements), which no"),
    Planted("barriers", "missing_syncwarp", 1, 32, lambda: (floats(32), zeros(32)), "shared s (32 elements), which no"),
    Planted("memory", "one_too_many", 2, 64, lambda: (floats(100), 100), "write at index 100 of x (100 elements)"),
    Planted("memory", "one_before", 1, 32, lambda: (floats(32), zeros(32)), "read at index -1 of x (32 elements)"),
    Planted("memory", "half_too_many", 1, 32, lambda: (zeros(32, np.float16), zeros(32)), "read at index 32 of x (32 "),
    Planted("memory", "table_too_short", 2, 1, lambda: ([zeros(10), zeros(9)], 9), "write at index 9 of xs[1] (9 elem"),
    Planted("memory", "shared_too_short", 1, 64, lambda: (floats(64),), "index 64 is out of bounds"),
    Planted("memory", "dynamic_too_short", 1, 64, lambda: (floats(64),), "s (64 elements): out of bounds", 256),
    Planted("memory", "writes_const", 1, 32, lambda: (floats(32), floats(32)), "of x (32 elements), which is const"),
    Planted("memory", "never_set", 1, 32, lambda: (zeros(32),), "shared total (1 elements), which no"),
    Planted("memory", "never_set_dynamic", 1, 32, lambda: (zeros(32),), "s (32 elements), which no thread", 128),
    Planted("memory", "null", 1, 32, lambda: (None, zeros(32)), "null pointer used"),
    Planted("memory", "misaligned", 1, 4, lambda: (floats(8), zeros(4)), "misaligned address"),
    Planted("control", "divides_by_zero", 1, 8, lambda: (integers(8), 5), "division by zero of type 'int'"),
    Planted("control", "wrong_assumption", 1, 8, lambda: (floats(8), 5), "assertion failed: x[threadIdx.x] < n"),
]

# What shows as results that depend on the schedule, if at all.
ORDER = [
    Planted("barriers", "sum_without_barriers", 1, 128, lambda: (floats(128), zeros(1))),
    Planted("barriers", "reused_too_early", 1, 128, lambda: (floats(128), zeros(384))),
    Planted("races", "neighbours", 4, 32, lambda: (floats(100), 100)),
    Planted("races", "atomic_and_plain", 1, 64, lambda: (zeros(1), zeros(32))),
]

ENDLESS = [
    Planted("control", "endless", 1, 1, lambda: (zeros(4), 3)),
    Planted("control", "waits_for_a_later_block", 2, 1, lambda: (integers(1),)),
]

RACES = [
    Planted("barriers", "late_barrier", 1, 64, lambda: (floats(64), zeros(64)), array="total"),
    Planted("barriers", "sum_without_barriers", 1, 128, lambda: (floats(128), zeros(1)), array="s"),
    Planted("barriers", "reused_too_early", 1, 128, lambda: (floats(128), zeros(384)), array="s"),
    Planted("races", "plain_addition", 1, 32, lambda: (floats(32), zeros(4)), array="sums", shared=False),
    Planted("races", "blocks_add", 4, 32, lambda: (floats(4), zeros(1)), array="sum", shared=False),
    Planted("races", "neighbours", 4, 32, lambda: (floats(100), 100), array="x", shared=False),
    Planted(
        "races", "last_block_without_fence", 4, 32, lambda: (floats(4), zeros(4), zeros(1, np.uint32), zeros(1)),
        array="partial", shared=False,
    ),
    Planted("races", "atomic_and_plain", 1, 64, lambda: (zeros(1), zeros(32)), array="x", shared=False),
    Planted(
        "races", "said_too_early", 1, 40, lambda: (zeros(1), zeros(40), zeros(1, np.uint32)), array="x", shared=False
    ),
]  # fmt: skip

CORRECT = [
    Planted("correct", "reverse", 2, 128, lambda: (floats(128), zeros(384))),
    Planted("correct", "warp_reverse", 1, 64, lambda: (floats(64), zeros(128))),
    Planted("correct", "histogram", 2, 64, lambda: (integers(100) % 7, zeros(7, np.int32), 100)),
    Planted("correct", "last_block_adds", 5, 32, lambda: (floats(5), zeros(5), zeros(1, np.uint32), zeros(1))),
    Planted("correct", "last_thread_adds", 1, 96, lambda: (zeros(1), zeros(1, np.uint32))),
    Planted("correct", "all_say_the_same", 2, 32, lambda: (-floats(64), zeros(1), 64)),
    Planted("correct", "votes", 1, 32, lambda: (integers(32) % 5, zeros(128, np.uint32))),
]
