"""Streams and events of a device that does everything at once, with the names of CuPy's (``cupy.cuda``).

What remains of them is the order: a stream counts the events recorded in it, and whoever waits for an event learns how
far all the streams were that it knows of,

    clock of a stream = {stream: how many of its events lie before}        recorded in an event: a copy of the clock
                                                                           waiting for it: the larger number of each

so that ``a`` is known to come before ``b`` exactly if ``b``'s clock has reached ``a``'s (vector clocks: Fidge 1988,
Mattern 1989).
"""

from __future__ import annotations

import itertools
import time


class EmulatedStream:
    """What CuPy's stream does, where all work is done at once. ``clock``: how many events of each stream lie before."""

    _numbers = itertools.count(1)

    def __init__(self, null: bool = False, non_blocking: bool = False, priority: int = 0) -> None:
        self.number = next(EmulatedStream._numbers)
        self.ptr = 0 if null else 0x5000_0000 + 64 * self.number
        self.priority, self.done = priority, True
        self.clock: dict[int, int] = {}

    def record(self, event: EmulatedEvent) -> None:
        """The event happens here."""
        self.clock[self.number] = self.clock.get(self.number, 0) + 1
        event.clock, event.seconds, event.stream = dict(self.clock), time.perf_counter(), self

    def wait_event(self, event: EmulatedEvent) -> None:
        """What comes next comes after the event."""
        for stream, count in event.clock.items():
            self.clock[stream] = max(self.clock.get(stream, 0), count)

    def synchronize(self) -> None:
        """Everything is done already."""

    def use(self) -> None:
        """Arrays are computed at once, in whatever stream."""


class EmulatedEvent:
    """What CuPy's event does. An event that was never recorded has happened."""

    _numbers = itertools.count(1)

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        self.ptr = 0x6000_0000 + 64 * next(EmulatedEvent._numbers)
        self.done, self.seconds = True, 0.0
        self.clock: dict[int, int] = {}
        self.stream: EmulatedStream | None = None

    def record(self, stream: EmulatedStream) -> None:
        """The event happens when the stream gets here: now."""
        stream.record(self)

    def synchronize(self) -> None:
        """It has happened already."""


def get_elapsed_time(start: EmulatedEvent, end: EmulatedEvent) -> float:
    """Milliseconds between two events."""
    return (end.seconds - start.seconds) * 1000


Stream, Event = EmulatedStream, EmulatedEvent  # their names in CuPy
