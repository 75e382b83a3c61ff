"""Races: two threads of a kernel touch the same word, at least one writes, and nothing says which comes first.

    with kernels.mode("race"):
        kernel(grid, block, args)

    RaceError: reduce_race: 1 race
      shared s[32] is read by thread (0,0,0) at sum.cu:41 and written by thread (32,0,0) at sum.cu:41,
      both in block (0,0,0), with no barrier between

What the detector takes for an order is in ``kernels/cpu/races.h``. It needs no luck: a race is found although the
threads happened to run in an order that gave the right result. ``RaceError.races`` has the findings as objects.
NVIDIA's tool for this is ``compute-sanitizer --tool racecheck``, which looks at shared memory only.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from minitorch.kernels.compiler import KernelError
from minitorch.kernels.explain import places

_VERBS = {1: "read", 2: "written", 3: "updated atomically"}
Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Touch:
    """One of the two accesses. ``verb``: read, written or updated atomically."""

    verb: str
    block: Triple
    thread: Triple
    place: str  # "sum.cu:41"

    def __str__(self) -> str:
        return f"{self.verb} by thread {_text(self.thread)} at {self.place}"


@dataclass(frozen=True)
class Race:
    """``array``: the parameter's name or that of the shared variable; ``index``: of the element."""

    kernel: str
    array: str
    index: int
    shared: bool
    first: Touch
    second: Touch

    def __str__(self) -> str:
        what = f"{'shared ' if self.shared else ''}{self.array}[{self.index}]"
        if self.first.block == self.second.block:
            return (
                f"{what} is {self.first} and {self.second}, both in block {_text(self.first.block)}, "
                "with no barrier between"
            )
        return (
            f"{what} is {self.first} in block {_text(self.first.block)} and {self.second} in block "
            f"{_text(self.second.block)}: nothing orders blocks"
        )


class RaceError(KernelError):
    """A launch in the race mode found races."""

    def __init__(self, kernel: str, races: tuple[Race, ...]) -> None:
        self.races = races
        count = f"{len(races)} race{'s' if len(races) > 1 else ''}"
        super().__init__("\n  ".join([f"{kernel}: {count}", *(str(each) for each in races)]))


class _Access(ctypes.Structure):
    """``struct Access`` of ``races.h``."""

    _fields_ = [(name, ctypes.c_uint32) for name in ("block", "epoch", "thread", "tick", "code", "kind")]


class _Race(ctypes.Structure):
    """``struct Race`` of ``races.h``."""

    _fields_ = [
        ("address", ctypes.c_uint64), ("size", ctypes.c_uint32), ("item", ctypes.c_uint32), ("first", _Access),
        ("second", _Access), ("shared", ctypes.c_char * 32), ("low", ctypes.c_uint64),
    ]  # fmt: skip


def found(library: Any, kernel: str, grid: Triple, block: Triple, guard: Any) -> tuple[Race, ...]:
    """The races of the launch that this thread has just made."""
    library.emu_races.restype = ctypes.c_size_t
    first = ctypes.POINTER(_Race)()
    raw = [first[index] for index in range(library.emu_races(ctypes.byref(first)))]
    code = [each.code for race in raw for each in (race.first, race.second)]
    where = places(library._name, code) if raw else {}

    def touch(access: Any) -> Touch:
        verb = _VERBS[access.kind]
        return Touch(verb, _coordinates(access.block, grid), _coordinates(access.thread, block), where[access.code])

    races = []
    for race in raw:
        if race.shared:
            array, index = race.shared.decode(), (race.address - race.low) // race.item
        else:
            array, index = guard.element(race.address)
        races.append(Race(kernel, array, index, bool(race.shared), touch(race.first), touch(race.second)))
    return tuple(races)


def _coordinates(number: int, size: Triple) -> Triple:
    return number % size[0], number // size[0] % size[1], number // (size[0] * size[1])


def _text(triple: Triple) -> str:
    return f"({','.join(str(each) for each in triple)})"
