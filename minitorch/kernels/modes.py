"""How kernels run on the host: fast, on threads, checked, or watched for races.

    fast      optimised, one thread
    threads   optimised, the blocks of a launch shared out to ``get_num_threads()`` threads (the mode if none is named)
    debug     every access looked at, shared memory undefined, the threads of a block in a chosen order (``schedule``)
    race      debug, and two threads that touch the same word with nothing to order them are an error
    off       no kernels: NumPy computes

The environment variable ``MINITORCH_KERNELS`` names the mode of a process, ``with mode("debug", schedule=1):`` that of
a piece of code, in the thread that runs it. ``schedule`` 0 runs the blocks, and the threads of a block, in order, 1 in
reverse, any other number in an order drawn with that seed: a kernel that lacks a barrier then gives another result.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MODES = ("fast", "threads", "debug", "race", "off")

_chosen: ContextVar[tuple[str, int] | None] = ContextVar("kernel_mode", default=None)


@functools.cache
def _of_the_process() -> tuple[str, int]:
    return _checked(os.environ.get("MINITORCH_KERNELS") or "threads"), int(os.environ.get("MINITORCH_SCHEDULE", "0"))


def chosen() -> tuple[str, int]:
    """The mode's name and the schedule. ``ValueError`` for an environment variable that names no mode."""
    return _chosen.get() or _of_the_process()


def current() -> str:
    """The mode's name. ``ValueError`` for an environment variable that names none."""
    return chosen()[0]


def schedule() -> int:
    """The order in which the threads of a block run."""
    return chosen()[1]


def _checked(name: str) -> str:
    if name not in MODES:
        raise ValueError(f"MINITORCH_KERNELS must be one of {', '.join(MODES)}, got {name!r}")
    return name


@contextmanager
def mode(name: str, schedule: int = 0) -> Iterator[None]:
    """Run kernels so inside the ``with`` block."""
    token = _chosen.set((_checked(name), schedule))
    try:
        yield
    finally:
        _chosen.reset(token)
