"""How kernels run on the host: fast, on threads, checked, or watched for races.

    fast      optimised, one thread
    threads   optimised, the blocks of a launch shared out to ``get_num_threads()`` threads (what is used unless told otherwise)
    debug     every access checked, shared memory poisoned, the threads of a block in a chosen order (``schedule``)
    race      instrumented by the compiler's ThreadSanitizer
    off       no kernels: NumPy computes

The environment variable ``MINITORCH_KERNELS`` names the mode of a process; ``with mode("debug", schedule=1):`` that of a
piece of code. ``schedule`` 0 runs the threads of a block in order, 1 in reverse, any other number in a random order of
that seed: a kernel that lacks a barrier gives other results under another schedule.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

MODES = ("fast", "threads", "debug", "race", "off")


class _Chosen:
    """The mode of the process."""

    name: str = os.environ.get("MINITORCH_KERNELS", "threads")
    schedule: int = int(os.environ.get("MINITORCH_SCHEDULE", "0"))


def current() -> str:
    """The mode's name. ``ValueError`` for an environment variable that names none."""
    return _checked(_Chosen.name)


def schedule() -> int:
    """The order in which the threads of a block run."""
    return _Chosen.schedule


def _checked(name: str) -> str:
    if name not in MODES:
        raise ValueError(f"MINITORCH_KERNELS must be one of {', '.join(MODES)}, got {name!r}")
    return name


@contextmanager
def mode(name: str, schedule: int = 0) -> Iterator[None]:
    """Run kernels so inside the ``with`` block."""
    before = _Chosen.name, _Chosen.schedule
    _Chosen.name, _Chosen.schedule = _checked(name), schedule
    try:
        yield
    finally:
        _Chosen.name, _Chosen.schedule = before
