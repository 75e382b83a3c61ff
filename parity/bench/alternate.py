"""Processes of the two engines in turn: in each round first PyTorch's, then minitorch's."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from parity import terminal
from parity.bench.workloads import IMPORT, WORKLOADS, Workload

ROOT = Path(__file__).resolve().parents[2]
# Nothing is imported before the clock starts, so that the engine pays for all that it needs.
IMPORT_PROGRAM = """
import sys, time
start = time.perf_counter()
import {engine}
seconds = time.perf_counter() - start
print(seconds, "torch" in sys.modules)
"""


class WorkloadError(Exception):
    """A worker ended with an error; the message is the last line it wrote."""


@dataclass
class Result:
    """Seconds of one workload, a number for each round."""

    name: str
    reference: list[float] = field(default_factory=list)
    candidate: list[float] = field(default_factory=list)
    imports_torch: bool = False  # whether the candidate's import brought torch with it
    failure: str = ""

    @property
    def workload(self) -> Workload:
        return WORKLOADS[self.name]

    @property
    def medians(self) -> tuple[float, float]:
        return statistics.median(self.reference), statistics.median(self.candidate)

    @property
    def ratio(self) -> float:
        reference, candidate = self.medians
        return candidate / reference

    @property
    def missed(self) -> bool:
        """Whether the candidate is slower than it may be."""
        if self.failure or self.imports_torch:
            return True
        workload = self.workload
        too_slow = workload.seconds_reach is not None and self.medians[1] > workload.seconds_reach
        return too_slow or (workload.ratio_reach is not None and self.ratio > workload.ratio_reach)


def measure_all(names: list[str], engines: tuple[str, str], rounds: int, *, progress: bool) -> list[Result]:
    """Time the workloads `names`; the bar goes to stderr and so leaves JSON on stdout alone."""
    console = Console(stderr=True, quiet=not progress, highlight=False)
    total = rounds * len(engines)
    with terminal.progress(console, names, total, unit="processes") as advance:
        return [_measure(name, engines, rounds, step) for name, step in zip(names, advance, strict=True)]


def _measure(name: str, engines: tuple[str, str], rounds: int, on_process: Callable[[], None]) -> Result:
    result = Result(name)
    try:
        if name == IMPORT:
            for engine in engines:
                _time_import(engine)  # once unmeasured: writes the bytecode, fills the disk cache
        for _ in range(rounds):
            for engine, seconds in zip(engines, (result.reference, result.candidate), strict=True):
                if name == IMPORT:
                    taken, brought_torch = _time_import(engine)
                    result.imports_torch |= brought_torch and engine != "torch"
                else:
                    taken = float(_output_of("-m", "parity.bench.worker", engine, name))
                seconds.append(taken)
                on_process()
    except WorkloadError as error:
        result.failure = str(error)
    return result


def _time_import(engine: str) -> tuple[float, bool]:
    seconds, brought_torch = _output_of("-c", IMPORT_PROGRAM.format(engine=engine)).split()
    return float(seconds), brought_torch == "True"


def _output_of(*arguments: str) -> str:
    process = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise WorkloadError((process.stderr.strip().splitlines() or [f"exit status {process.returncode}"])[-1])
    return process.stdout
