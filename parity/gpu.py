"""`python -m parity gpu`: everything that only a machine with a GPU can prove, in one command.

    tests     the tests marked `cuda`, which elsewhere run on an emulated device, unchanged on the real one
    parity    the network of `parity cnn` in both precisions, PyTorch and minitorch both on the GPU
    bench     the workloads that have a device, beside PyTorch
    kernels   every rung of every ladder of kernels, beside PyTorch's own kernel

Nothing is installed and nothing is fetched: the machine's own Python with torch, CuPy, NumPy and
pytest will do. What was found goes into one file, `parity/results/<gpu>-<date>.json`, with the
versions it was found with; `python -m parity results` makes the README's table from these files. A
step that fails is recorded as failed, and the others still run. A second call on the same day with
`--only` fills in one step and keeps the others.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
import traceback
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parity import compare, run
from parity.bench import alternate, ladders, table
from parity.bench.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "parity" / "results"
STEPS = ("tests", "parity", "bench", "kernels")
TEST_MINUTES = 8
TEST_FOLDERS = ("tests/cuda", "tests/kernels")  # where tests are marked `cuda`
ROUNDS = 3
FAILURES_KEPT = 50
GRACE_SECONDS = 20
RESULT = re.compile(r"\b(PASSED|FAILED|ERROR|SKIPPED|XFAIL)\b")


def measure(engines: tuple[Any, Any], devices: list[str], out: Path, steps: tuple[str, ...], epochs: int) -> Path:
    """Run the steps and write what they found. Returns the file."""
    name = gpu_name(engines[1])
    path = out / f"{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-').lower()}-{datetime.date.today()}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    found |= {"gpu": name, "emulated": is_emulated(engines[1]), "versions": versions(engines)}
    work: dict[str, Callable[[], dict[str, Any]]] = {
        "tests": run_tests,
        "parity": lambda: run_parity(engines, devices, epochs),
        "bench": lambda: run_bench(engines, devices),
        "kernels": lambda: ladders.measure(devices) | {"passed": True},
    }
    out.mkdir(parents=True, exist_ok=True)
    for step in steps:
        start = time.perf_counter()
        try:
            result = work[step]()
        except Exception as error:
            traceback.print_exc()
            result = {"passed": False, "failure": f"{type(error).__name__}: {error}"}
        result |= {"command": f"python -m parity gpu --only {step}", "seconds": round(time.perf_counter() - start, 1)}
        found[step] = result
        path.write_text(json.dumps(found, indent=1) + "\n")  # after every step: the machine may be taken away
        print(f"{step}: {'passed' if result['passed'] else 'FAILED'} ({result['seconds']} s)", flush=True)
    return path


def gpu_name(engine: Any) -> str:
    return f"emulated {platform.machine()}" if is_emulated(engine) else str(engine.cuda.get_device_name(0))


def is_emulated(engine: Any) -> bool:
    return bool(getattr(engine.cuda, "is_emulated", lambda: False)())


def versions(engines: tuple[Any, Any]) -> dict[str, str]:
    """What the results were found with."""
    found = {"python": platform.python_version(), "date": datetime.datetime.now(datetime.UTC).isoformat("T", "seconds")}
    for name in (*(engine.__name__ for engine in engines), "numpy", "cupy", "ml_dtypes"):
        try:
            found[name] = str(__import__(name).__version__)
        except ImportError:
            found[name] = "not installed"
    found["cuda"] = str(getattr(engines[0].version, "cuda", None))
    commit = _output("git", "rev-parse", "HEAD")
    if commit:
        found["commit"] = commit
    driver = _output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    if driver:
        found["driver"] = driver
    return found


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


# -- the steps -------------------------------------------------------------------------------------


def run_tests() -> dict[str, Any]:
    """pytest's own count, and the names of what failed; of a run that took too long, what it had printed by then."""
    report = ROOT / "parity-report" / "cuda-tests.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    printed = report.with_suffix(".txt")
    command = [sys.executable, "-m", "pytest", "-v", "-m", "cuda", "-p", "no:cacheprovider", f"--junitxml={report}"]
    command += ["--continue-on-collection-errors", *TEST_FOLDERS]
    if importlib.util.find_spec("xdist"):  # on a new machine most of the time goes into compiling kernels
        command += ["-n", str(min(8, os.cpu_count() or 1))]
    with printed.open("w") as log:
        running = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            status: int | str = running.wait(TEST_MINUTES * 60)
        except subprocess.TimeoutExpired:
            status = f"stopped after {TEST_MINUTES} minutes"
            running.send_signal(signal.SIGINT)  # pytest may still write what it knows
            try:
                running.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
    counted = count_tests(report) if report.exists() else count_lines(printed.read_text(errors="replace"))
    return {"status": status, **counted, "passed": status == 0}


def count_lines(text: str) -> dict[str, Any]:
    """The same as `count_tests`, from the lines that `pytest -v` prints while it runs."""
    lines = [line for line in text.splitlines() if "::" in line and RESULT.search(line)]
    outcomes = [RESULT.search(line)[0] for line in lines]  # type: ignore[index]
    failures = [" ".join(line.split()) for line, outcome in zip(lines, outcomes) if outcome in ("FAILED", "ERROR")]
    skipped = outcomes.count("SKIPPED")
    return {"count": len(lines), "failed": len(failures), "skipped": skipped, "failures": failures[:FAILURES_KEPT]}


def count_tests(report: Path) -> dict[str, Any]:
    """What a JUnit file says: how many tests passed, failed and were skipped, and which failed, and why."""
    cases = list(xml.etree.ElementTree.parse(report).getroot().iter("testcase"))
    failures = []
    for case in cases:
        problem = case.find("failure") if case.find("failure") is not None else case.find("error")
        if problem is not None:
            why = (problem.get("message") or "").strip().splitlines() or [""]
            failures.append(f"{case.get('classname')}::{case.get('name')}: {why[0][:200]}")
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {"count": len(cases), "failed": len(failures), "skipped": skipped, "failures": failures[:FAILURES_KEPT]}


def run_parity(engines: tuple[Any, Any], devices: list[str], epochs: int) -> dict[str, Any]:
    """The network in both precisions; every row of the verdict."""
    found: dict[str, Any] = {"passed": True}
    for dtype in ("float32", "float64"):
        dropout = 0.25 if devices[0] == devices[1] else 0.0
        settings = run.Settings(epochs, dtype, devices[1], dropout=dropout, reference_device=devices[0])
        recordings = [run.train(engine, settings, device=device) for engine, device in zip(engines, devices)]
        comparison = compare.compare(settings, *recordings)
        found[f"cnn-{dtype}"] = {
            "epochs": epochs,
            "passed": comparison.passed,
            "checks": {check.name: [check.measured, check.allowed, check.verdict] for check in comparison.checks},
            "time_ratio": comparison.time_ratio,
        }
        found["passed"] &= comparison.passed
    return found


def run_bench(engines: tuple[Any, Any], devices: list[str]) -> dict[str, Any]:
    """Workloads as ratios to PyTorch."""
    names = [name for name, workload in WORKLOADS.items() if workload.gpu_reach is not None]
    modules = engines[0].__name__, engines[1].__name__
    results = alternate.measure_all(names, modules, ROUNDS, progress=False, devices=(devices[0], devices[1]))
    shown = [table.as_dictionary(result, modules) for result in results]
    return {"workloads": shown, "passed": not any(result.failure for result in results)}
