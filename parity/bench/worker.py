"""One process of the bench: one engine, one workload, one number.

`python -m parity.bench.worker ENGINE WORKLOAD` prints the median seconds of one run.

The work is repeated until a sample takes some 20 milliseconds, so that the clock's own cost and
grain vanish; a sample is taken again and again for half a second, and the median is printed, which
a single disturbance does not move.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time

from parity.bench.workloads import WORKLOADS, Run

SAMPLE_SECONDS = 0.02
TOTAL_SECONDS = 0.5
LEAST_SAMPLES = 5
WARM_UP_RUNS = 3


def measure(run: Run) -> float:
    """Median seconds of one run."""
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
    engine, workload = sys.argv[1:]
    prepare = WORKLOADS[workload].prepare
    if prepare is None:
        sys.exit(f"{workload} is timed by parity.bench.alternate")
    print(measure(prepare(importlib.import_module(engine))))
