"""Every rung of every ladder of kernels on a device, beside PyTorch's own kernel for the same.

A kernel that moves memory can at best reach the bandwidth of a plain copy, which is measured first;
one that multiplies is held against PyTorch's (cuBLAS, cuDNN). A ladder's last rung has reached its
aim when it takes at most 1.3 times PyTorch's time or reaches 80 % of the copy's bandwidth.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

RATIO_REACH = 1.3
BANDWIDTH_REACH = 0.8
COPY_BYTES = 1 << 28
REPEATS = 7
MINIMUM_SECONDS = 2e-3  # of one sample: shorter ones would time the launch and not the kernel


def measure(devices: list[str]) -> dict[str, Any]:
    """`copy_bytes_a_second`, and for every ladder the seconds of its rungs and of PyTorch."""
    import torch

    import minitorch
    from minitorch.ops.kernels import all_ladders

    backend = minitorch.device(devices[1]).backend
    bandwidth = copy_bandwidth(backend)
    found = []
    for name, ladder in all_ladders().items():
        start = time.perf_counter()
        try:
            row = compare_ladder(torch, name, ladder, backend, devices[0], bandwidth)
        except Exception as error:  # an example that does not fit into memory, say
            failure = f"{type(error).__name__}: {error}"
            row = {"last_rung": ladder.rungs[-1], "reached": False, "summary": f"failed: {failure}"}
        row |= {"name": name, "dtype": ladder.dtypes[0]}
        print(f"{name}: {row['summary']} ({time.perf_counter() - start:.1f} s)", flush=True)
        found.append(row)
    return {"copy_bytes_a_second": bandwidth, "ladders": found}


def compare_ladder(
    torch: Any, name: str, ladder: Any, backend: Any, torch_device: str, bandwidth: float
) -> dict[str, Any]:
    """All rungs and PyTorch's kernel on the ladder's large example, in the first of its dtypes."""
    inputs = ladder.example(np.random.default_rng(0), "large", np.dtype(ladder.dtypes[0]))
    on_device = tuple(backend.from_host(each) if isinstance(each, np.ndarray) else each for each in inputs)
    row = measure_ladder(ladder, on_device, backend.synchronize)
    try:
        reference = torch_seconds(torch, name, inputs, torch_device)
    except Exception as error:
        reference, row["failures"]["torch"] = None, f"{type(error).__name__}: {error}"
    return row | judge(ladder, row, inputs, reference, bandwidth)


def seconds(work: Callable[[], Any], synchronize: Callable[[], None]) -> float:
    """Median seconds of one call."""
    work()
    synchronize()
    times, samples = 1, []
    while len(samples) < REPEATS:
        start = time.perf_counter()
        for _ in range(times):
            work()
        synchronize()
        taken = time.perf_counter() - start
        if taken < MINIMUM_SECONDS and not samples:
            times *= 2
        else:
            samples.append(taken / times)
    return statistics.median(samples)


def copy_bandwidth(backend: Any) -> float:
    """Bytes a second of a copy on the device, counting what is read and what is written."""
    source, target = backend.allocate(COPY_BYTES), backend.allocate(COPY_BYTES)

    def copy() -> None:
        target[...] = source

    return 2 * COPY_BYTES / seconds(copy, backend.synchronize)


def measure_ladder(ladder: Any, inputs: tuple[Any, ...], synchronize: Callable[[], None]) -> dict[str, Any]:
    """Seconds of every rung, None for one that does not run here, with the reason."""
    rungs: dict[str, float | None] = {}
    failures: dict[str, str] = {}
    for rung in ladder.rungs:
        try:
            rungs[rung] = seconds(lambda rung=rung: ladder.run(rung, *inputs), synchronize)
        except Exception as error:
            rungs[rung], failures[rung] = None, f"{type(error).__name__}: {error}"
    return {"rungs": rungs, "failures": failures}


def judge(
    ladder: Any, row: dict[str, Any], inputs: tuple[Any, ...], reference: float | None, bandwidth: float
) -> dict[str, Any]:
    """The ladder's best rung against PyTorch's time and the copy's bandwidth."""
    last = ladder.rungs[-1]
    taken = row["rungs"][last]
    if taken is None:
        return {"last_rung": last, "reached": False, "summary": f"failed: {row['failures'][last].splitlines()[0]}"}
    parts, reached = [f"{taken * 1e3:.3f} ms"], False
    found: dict[str, Any] = {"last_rung": last, "torch_seconds": reference}
    if reference is not None:
        found["ratio"] = taken / reference
        reached = found["ratio"] <= RATIO_REACH
        parts.append(f"{found['ratio']:.2f} times PyTorch's time")
    if ladder.traffic is not None:
        found["bandwidth_share"] = ladder.traffic(*inputs) / taken / bandwidth
        reached = reached or found["bandwidth_share"] >= BANDWIDTH_REACH
        parts.append(f"{found['bandwidth_share']:.0%} of a copy's bandwidth")
    if ladder.operations is not None:
        parts.append(f"{ladder.operations(*inputs) / taken * 1e-12:.2f} TFLOP/s")
    return {**found, "reached": reached, "summary": ", ".join(parts)}


def torch_seconds(torch: Any, name: str, inputs: tuple[Any, ...], device: str) -> float | None:
    """PyTorch's time for what the ladder of that name computes; None where PyTorch has no such kernel."""
    from parity.bench.torch_kernels import KERNELS

    if name not in KERNELS:
        return None
    tensors = [torch.from_numpy(each).to(device) if isinstance(each, np.ndarray) else each for each in inputs]
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    return seconds(KERNELS[name](torch, *tensors), wait)
