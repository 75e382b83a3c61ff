"""One process of the bench: one engine, one workload, one number.

`python -m parity.bench.worker ENGINE WORKLOAD [DEVICE]` prints the median seconds of one run. On a
GPU a sample ends when everything that was launched has been computed.

The work is repeated until a sample takes some 20 milliseconds, so that the clock's own cost and
grain vanish; a sample is taken again and again for half a second, and the median is printed, which
a single disturbance does not move.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable

from parity.bench.workloads import WORKLOADS, Run

SAMPLE_SECONDS = 0.02
TOTAL_SECONDS = 0.5
LEAST_SAMPLES = 5
WARM_UP_RUNS = 3


def measure(work: Run, wait: Callable[[], None] = lambda: None) -> float:
    """Median seconds of one run; `wait` returns when the device has done all it was told."""

    def run(times: int) -> None:
        work(times)
        wait()

    run(WARM_UP_RUNS)
    times = 1
    while (seconds := _sample(run, times)) < SAMPLE_SECONDS:
        times = max(2 * times, int(times * SAMPLE_SECONDS / max(seconds, 1e-9)))
    samples: list[float] = []
    end = time.perf_counter() + TOTAL_SECONDS
    while len(samples) < LEAST_SAMPLES or time.perf_counter() < end:
        samples.append(_sample(run, times) / times)
    return statistics.median(samples)


def _sample(run: Run, times: int) -> float:
    start = time.perf_counter()
    run(times)
    return time.perf_counter() - start


if __name__ == "__main__":
    name, workload, device = (*sys.argv[1:], "cpu")[:3]
    prepare, baseline = WORKLOADS[workload].prepare, WORKLOADS[workload].baseline
    if prepare is None:
        sys.exit(f"{workload} is timed by parity.bench.alternate")
    engine = importlib.import_module(name)
    if device == "cpu":
        print(measure(baseline() if baseline is not None and name == "torch" else prepare(engine)))
    else:
        engine.set_default_device(device)
        print(measure(prepare(engine), engine.cuda.synchronize))
