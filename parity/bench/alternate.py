"""Processes of the two engines in turn: in each round first PyTorch's, then minitorch's."""

from __future__ import annotations

import os
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
Environment = dict[str, str]
BUSY = 0.5  # of the cores taken by others; two threads that wait for each other's turn then take 1,000 times as long
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
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
    device: str = "cpu"
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
        return too_slow or (self.ratio_reach is not None and self.ratio > self.ratio_reach)

    @property
    def ratio_reach(self) -> float | None:
        """The largest ratio aimed at on the device."""
        return self.workload.ratio_reach if self.device == "cpu" else self.workload.gpu_reach


def how_busy() -> str:
    """A sentence when the computer has other things to do, else nothing. (Windows does not tell.)"""
    load, cores = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0, os.cpu_count() or 1
    if load <= BUSY * cores:
        return ""
    return f"This computer is busy (load {load:.1f} on {cores} cores): trust no ratio; --threads 1 suffers least."


def measure_all(
    names: list[str], engines: tuple[str, str], rounds: int, threads: int | None = None, *, progress: bool,
    devices: tuple[str, str] = ("cpu", "cpu"),
) -> list[Result]:  # fmt: skip
    """Time the workloads `names`; the bar goes to stderr and so leaves JSON on stdout alone."""
    environment = {**os.environ, **({} if threads is None else dict.fromkeys(THREAD_VARIABLES, str(threads)))}
    console = Console(stderr=True, quiet=not progress, highlight=False)
    total = rounds * len(engines)
    with terminal.progress(console, names, total, unit="processes") as advance:
        return [
            _measure(name, engines, devices, rounds, environment, step)
            for name, step in zip(names, advance, strict=True)
        ]


def _measure(
    name: str, engines: tuple[str, str], devices: tuple[str, str], rounds: int, environment: Environment,
    on_process: Callable[[], None],
) -> Result:  # fmt: skip
    result = Result(name, device=devices[1])
    try:
        if name == IMPORT:
            for engine in engines:
                _time_import(engine, environment)  # once unmeasured: writes the bytecode, fills the disk cache
        for _ in range(rounds):
            for engine, device, seconds in zip(engines, devices, (result.reference, result.candidate), strict=True):
                if name == IMPORT:
                    taken, brought_torch = _time_import(engine, environment)
                    result.imports_torch |= brought_torch and engine != "torch"
                else:
                    worker = ("-m", "parity.bench.worker", engine, name, device)
                    taken = float(_output_of(*worker, environment=environment))
                seconds.append(taken)
                on_process()
    except WorkloadError as error:
        result.failure = str(error)
    return result


def _time_import(engine: str, environment: Environment | None = None) -> tuple[float, bool]:
    program = IMPORT_PROGRAM.format(engine=engine)
    seconds, brought_torch = _output_of("-c", program, environment=environment).split()
    return float(seconds), brought_torch == "True"


def _output_of(*arguments: str, environment: Environment | None = None) -> str:
    command = [sys.executable, *arguments]
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise WorkloadError((process.stderr.strip().splitlines() or [f"exit status {process.returncode}"])[-1])
    return process.stdout
