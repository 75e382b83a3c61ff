"""How long each rung of a ladder takes, on this machine's processor or its GPU.

    python -m minitorch.kernels bench softmax --device cpu

Beside each rung stand the bytes it must move at least, per second, and what share that is of a plain copy of large
arrays measured in the same run: a kernel that only moves data cannot do better than 100 %. Where arithmetic counts
there are operations per second instead. The last line of a ladder is its reference, the same computed by NumPy (on a
GPU: by CuPy) in float64, as the tests do it.

On the host, rungs with barriers run each thread as a fiber: right, but hundreds of times slower than a GPU, so they are
timed only when asked for (``--all``).
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.kernels.listing import text_table
from minitorch.kernels.plan import dtype_called

BUDGET = 0.3  # seconds for each rung
COPIED = 64 * 1024 * 1024  # bytes
AHEAD = 32  # launches that are timed together on a GPU


@dataclass(frozen=True)
class Timing:
    """``seconds``: the fastest run; None where it was not timed, and ``note`` says why."""

    ladder: str
    rung: str
    dtype: str
    seconds: float | None
    bytes: int | None
    operations: int | None
    note: str = ""


class Processor:
    """Where the arrays are, and how time is taken there."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._buffers: tuple[Any, ...] | None = None
        if device == "cuda":
            try:
                import cupy
            except ImportError:
                raise ValueError("timing on a GPU needs CuPy (pip install cupy-cuda13x)") from None
            if not cupy.cuda.is_available():
                raise ValueError("there is no GPU here: --device cpu times the kernels on the host")
            self.cupy = cupy

    def array(self, value: Any) -> Any:
        """An example input, where it is to be computed on."""
        if self.device == "cpu":
            return value
        if isinstance(value, (list, tuple)):
            return type(value)([self.array(each) for each in value])
        return self.cupy.asarray(value) if isinstance(value, np.ndarray) else value

    def seconds(self, work: Callable[[], Any], budget: float | None = None) -> float:
        """The fastest of several runs; the first, which compiles, does not count."""
        work()
        best, end = float("inf"), time.perf_counter() + (BUDGET if budget is None else budget)
        while True:
            best = min(best, self._once(work) if self.device == "cpu" else self._on_gpu(work))
            if time.perf_counter() >= end:
                return best

    def _once(self, work: Callable[[], Any]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def _on_gpu(self, work: Callable[[], Any]) -> float:
        """The GPU's own clock over many launches, which wait behind copies until all of them are there.

        Otherwise a kernel of a few microseconds would be timed by how fast Python launches it.
        """
        start, stop = self.cupy.cuda.Event(), self.cupy.cuda.Event()
        for _ in range(AHEAD):
            self._copy()
        start.record()
        for _ in range(AHEAD):
            work()
        stop.record()
        stop.synchronize()
        return float(self.cupy.cuda.get_elapsed_time(start, stop)) / 1e3 / AHEAD

    def _copy(self) -> None:
        if self._buffers is None:
            self._buffers = tuple([self.array(np.zeros(COPIED // 4, np.float32)) for _ in range(2)])
        self._buffers[1][...] = self._buffers[0]

    def copy_bandwidth(self) -> float:
        """Bytes read and written per second by a copy of a large array."""
        return 2 * COPIED / self.seconds(self._copy)

    @property
    def name(self) -> str:
        """What it is called."""
        if self.device == "cuda":
            return str(self.cupy.cuda.runtime.getDeviceProperties(self.cupy.cuda.Device().id)["name"].decode())
        try:
            described = Path("/proc/cpuinfo").read_text()
        except OSError:
            described = ""
        model = re.search(r"model name\s*:\s*(.+)", described)
        return model[1] if model else platform.processor() or platform.machine()


def bench(
    names: Sequence[str] = (),
    size: str = "large",
    device: str = "cpu",
    dtype: str | None = None,
    all_rungs: bool = False,
) -> dict[str, Any]:
    """Time ladders, all or those named. ``ValueError`` for a name that is on none, or a GPU that is not there."""
    from minitorch.ops.kernels import all_ladders

    found = all_ladders()
    for name in names:
        if name not in found:
            raise ValueError(f"there is no ladder {name!r}; there are {', '.join(sorted(found))}")
    processor = Processor(device)
    timings = [
        each for name in names or sorted(found) for each in _ladder(found[name], size, processor, dtype, all_rungs)
    ]
    return {
        "processor": processor.name,
        "device": device,
        "size": size,
        "copy_bytes_per_second": processor.copy_bandwidth(),
        "timings": [asdict(each) for each in timings],
    }


def _ladder(ladder: Any, size: str, processor: Processor, dtype: str | None, all_rungs: bool) -> list[Timing]:
    name = dtype or ladder.dtypes[0]
    if name not in ladder.dtypes:
        raise ValueError(f"the ladder {ladder.name} has no example in {name}; it has {', '.join(ladder.dtypes)}")
    example = ladder.example(np.random.default_rng(0), size, dtype_called(name))
    moved = None if ladder.traffic is None else int(ladder.traffic(*example))
    operations = None if ladder.operations is None else int(ladder.operations(*example))
    inputs = tuple([processor.array(each) for each in example])
    timings = []
    for record in ladder.records:
        why = _not_timed(ladder, record, processor, all_rungs)
        seconds = None if why else processor.seconds(partial(ladder.run, record.kernel, *inputs))
        timings.append(Timing(ladder.name, record.kernel, name, seconds, moved, operations, why))
    timings.append(_reference(ladder, inputs, name, processor))
    return timings


def _not_timed(ladder: Any, record: Any, processor: Processor, all_rungs: bool) -> str:
    if processor.device == "cpu":
        if record.needs:
            return f"needs {record.needs}"
        if load(ladder.file).kernels[record.kernel].waits and not all_rungs:
            return "has barriers: --all"
    return ""


def _reference(ladder: Any, inputs: tuple[Any, ...], dtype: str, processor: Processor) -> Timing:
    title = "NumPy, float64" if processor.device == "cpu" else "CuPy, float64"
    try:
        seconds: float | None = processor.seconds(lambda: ladder.reference(*inputs))
        note = ""
    except Exception as error:  # a reference is written for NumPy; what CuPy lacks of it is no failure of the kernels
        if processor.device == "cpu":
            raise
        seconds, note = None, f"not for CuPy: {type(error).__name__}"
    return Timing(ladder.name, title, dtype, seconds, None, None, note)


def table(result: dict[str, Any]) -> str:
    """The timings for reading."""
    copy = result["copy_bytes_per_second"]
    rows = [_cells(each, copy) for each in result["timings"]]
    head = f"{result['processor']} ({result['device']}), {result['size']} examples; a copy moves {copy / 1e9:.1f} GB/s"
    columns = ["ladder", "rung", "dtype", "time", "GB/s", "of copy", "Gop/s", ""]
    return f"{head}\n\n{text_table(columns, rows)}"


def _cells(timing: dict[str, Any], copy: float) -> list[str]:
    seconds, moved, operations = timing["seconds"], timing["bytes"], timing["operations"]
    speed = moved / seconds if seconds and moved else None
    return [
        timing["ladder"],
        timing["rung"],
        timing["dtype"],
        "-" if seconds is None else _duration(seconds),
        "-" if speed is None else f"{speed / 1e9:.2f}",
        "-" if speed is None else f"{100 * speed / copy:.0f} %",
        "-" if not (seconds and operations) else f"{operations / seconds / 1e9:.2f}",
        timing["note"],
    ]


def _duration(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"
