"""Everything that can be known of a kernel without a GPU, for somebody who has just written one.

    python -m minitorch.kernels check mine.cu

compiles it for the host and, with NVRTC, for two generations of GPUs, launches it on made-up arrays (``plan.py``; for a
kernel of the project: on its ladder's example) in every mode (``modes.py``), and says in words what was found and what
usually mends it (``remedies.py``). The modes:

    debug     an address outside the arrays, memory read before it was written, threads that wait for each other for
              ever or meet at different barriers; three orders of the threads, whose results must agree
    race      two accesses that nothing orders
    fast      what the optimiser makes of undefined behaviour; results must be those of the debug mode
    threads   several blocks at once; results as before

What ran without findings is not proven right: nobody here knows what the kernel is meant to compute.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.kernels import KernelError, load, mode, nvrtc
from minitorch.kernels.compiler import compiler
from minitorch.kernels.host import compiled_for
from minitorch.kernels.launch import Kernel
from minitorch.kernels.plan import CannotGuessError, dtype_called, ladder_of, plan
from minitorch.kernels.remedies import DISAGREE, UNDEFINED, remedy

SCHEDULES = {0: "forwards", 1: "backwards", 77: "in a random order"}


@dataclass(frozen=True)
class Finding:
    """``found``: what is wrong. ``remedy``: what usually mends it, "" if the message says it all."""

    mode: str
    found: str
    remedy: str


@dataclass(frozen=True)
class Job:
    """A launch that can be repeated. ``run`` gives the arrays afterwards, by name; ``before`` what they were."""

    described: str
    run: Callable[[], dict[str, Any]]
    before: dict[str, Any] | None = None


@dataclass(frozen=True)
class Report:
    """What the check of one kernel gave. ``lines``: one for each step, in order."""

    kernel: str
    lines: list[str]
    findings: list[Finding]

    def __str__(self) -> str:
        out = [self.kernel, *[f"  {line}" for line in self.lines]]
        for number, each in enumerate(self.findings, 1):
            first, *more = each.found.split("\n")
            out += _wrapped(f"  {number}. {each.mode}: {first}")
            compiler_says = "cannot compile" in first  # its lines stay as they are
            lines = [f"     {text}" for text in more if text.strip()]
            out += lines if compiler_says else [line for text in lines for line in _wrapped(text)]
            out += _wrapped(f"     What usually helps: {each.remedy}") if each.remedy else []
        if not self.findings:
            out.append("  nothing found")
        return "\n".join(out)


def _wrapped(text: str) -> list[str]:
    indent = " " * 5
    return textwrap.wrap(text, 116, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def check(path: Path, name: str | None = None, given: str = "") -> Iterator[Report]:
    """Compile all instances of the kernels of a file, or of the one called ``name``, and run the first of each.

    ``given``: how to launch it, as in ``plan.py``.
    ``ValueError`` or ``KeyError`` if the question makes no sense: no such kernel, a launch that cannot be made up.
    """
    file = load(path)
    if not file.kernels:
        raise ValueError(f"{path} has no kernel: no function marked __global__")
    if name is not None and name.partition("<")[0] not in file.kernels:
        raise ValueError(f"{path.name} has no kernel {name!r}; it has {', '.join(file.kernels)}")
    told: set[str] = set()
    for kernel in [name] if name else file.kernels:
        instances = (kernel,) if "<" in kernel else file.records[kernel].instances
        if not instances:
            raise ValueError(f"{kernel} needs numbers for its template: name one, --kernel '{kernel}<4>'")
        chosen = file[instances[0]]
        ladder = None if given.strip() or "<" in kernel else ladder_of(file, kernel)
        report, job = Report(chosen.instance, [], []), None
        try:
            job = _made_up(chosen, given) if ladder is None else _example(chosen, ladder)
            report.lines.append(f"launch    {job.described}")
        except CannotGuessError as error:
            report.lines.append(f"launch    {error}")
        if not _compiles(chosen, instances, report, told):
            pass
        elif job is None:
            report.lines.append("runs      not tried")
        else:
            _runs(chosen, job, report)
        yield report


def _made_up(kernel: Kernel, given: str) -> Job:
    launch = plan(kernel, given)
    names = [each.name for each in kernel.source.parameters]

    def run() -> dict[str, Any]:
        arguments = launch.arguments()
        kernel(launch.grid, launch.block, arguments, launch.shared)
        return dict(zip(names, arguments))

    return Job(str(launch), run, dict(zip(names, launch.arguments())))


def _example(kernel: Kernel, ladder: Any) -> Job:
    def run() -> dict[str, Any]:
        inputs = ladder.example(np.random.default_rng(0), "small", dtype_called(ladder.dtypes[0]))
        outputs = ladder.run(kernel.source.name, *inputs)
        return {f"output {i}": each for i, each in enumerate(outputs if isinstance(outputs, tuple) else (outputs,))}

    return Job(f"the example of the ladder {ladder.name!r}, {ladder.dtypes[0]}", run)


def _compiles(kernel: Kernel, instances: tuple[str, ...], report: Report, told: set[str]) -> bool:
    """Whether it can be run on the host. ``told``: what compilers have said of the file's other kernels."""

    def refused(by: str, error: KernelError) -> bool:
        message = str(error)
        if message in told:
            report.findings.append(Finding(by, "the file cannot be compiled, as said above", ""))
        else:
            report.findings.append(Finding(by, message, remedy(message)))
        told.add(message)
        report.lines.append(f"compiles  {by}: no")
        return False

    needs = kernel.file.records[kernel.source.name].needs
    if nvrtc.available():
        for arch in nvrtc.ARCHITECTURES:
            try:
                used = nvrtc.compile(kernel.file.path, arch, instances).resources.get(kernel.instance)
            except KernelError as error:
                return refused(arch, error)
            counts = (
                f" ({used.registers} registers, {used.shared} bytes shared, {used.spilled} spilled)" if used else ""
            )
            report.lines.append(f"compiles  {arch}: yes{counts}")
    else:
        report.lines.append(f"compiles  not known for a GPU: {nvrtc.MISSING}")
    if compiler() is None:
        report.lines.append("runs      not tried: there is no C++ compiler (g++ or clang++)")
        return False
    if needs:
        report.lines.append(f"runs      not tried: it needs {needs}")
        return False
    try:
        compiled_for(kernel, "checked")
    except KernelError as error:
        return refused("CPU", error)
    return True


def _runs(kernel: Kernel, job: Job, report: Report) -> None:
    wanted: dict[str, Any] | None = None
    for schedule, words in SCHEDULES.items():
        got = _run(kernel, job, "debug", schedule, report)
        if got is None:
            break
        if wanted is not None and _compared(wanted, got, "debug", f"with the threads {words}", DISAGREE, report):
            break
        wanted = wanted or got
    else:
        report.lines.append(f"debug     {', '.join(SCHEDULES.values())}: ok{_hint(job, got)}")
    safe = not report.findings
    if _run(kernel, job, "race", 0, report) is not None:
        report.lines.append("race      ok")
    if not safe or wanted is None:
        report.lines.append("fast      not tried: what the debug mode found may end the process")
        return
    for name in ("fast", "threads"):
        got = _run(kernel, job, name, 0, report)
        if got is not None and not _compared(wanted, got, name, f"in the {name} mode", UNDEFINED, report):
            report.lines.append(f"{name:<10}ok")


def _run(kernel: Kernel, job: Job, name: str, schedule: int, report: Report) -> dict[str, Any] | None:
    """The arrays after a launch; None if there was an error, which is then among the findings."""
    try:
        with mode(name, schedule):
            return job.run()
    except KernelError as error:
        message = str(error).removeprefix(f"{kernel.instance}: ")
        when = f", threads {SCHEDULES[schedule]}" if name == "debug" else ""
        if message not in [each.found for each in report.findings]:
            report.findings.append(Finding(name + when, message, remedy(message)))
        report.lines.append(f"{name:<10}a problem, see below")
        return None


def _compared(
    wanted: dict[str, Any], got: dict[str, Any], name: str, when: str, why: str, report: Report
) -> bool:  # fmt: skip
    """Whether two runs differ; then it is among the findings."""
    for array, first in wanted.items():
        place = _first_difference(first, got[array])
        if place is not None:
            where, before, after = place
            found = f"{array}[{where}] is {after} {when}, but {before} with the threads forwards"
            report.findings.append(Finding(name, found, why))
            report.lines.append(f"{name:<10}another result, see below")
            return True
    return False


def _first_difference(first: Any, second: Any) -> tuple[str, Any, Any] | None:
    if isinstance(first, list):
        for number, pair in enumerate(zip(first, second)):
            place = _first_difference(*pair)
            if place is not None:
                return f"{number}][{place[0]}", place[1], place[2]
        return None
    if not isinstance(first, np.ndarray) or first.tobytes() == second.tobytes():
        return None
    first, second = first.ravel(), second.ravel()
    if first.dtype.kind in "biu":
        differ = first != second
    else:  # sums in another order differ in their last digits
        a, b = first.astype(np.complex128), second.astype(np.complex128)
        tolerance = max(1e-3, 8 * 2.0 ** -(8 if first.dtype.itemsize == 2 else 23))
        finite = np.abs(a[np.isfinite(a)])
        differ = ~np.isclose(a, b, rtol=tolerance, atol=tolerance * finite.max(initial=0.0), equal_nan=True)
    if not differ.any():
        return None
    index = int(np.flatnonzero(differ)[0])
    return str(index), first[index], second[index]


def _hint(job: Job, after: Any) -> str:
    """A hint, if a kernel did nothing at all, or made NaN of numbers: garbage of a warp's missing lanes is NaN here."""
    if job.before is None:
        return ""
    if not any(_first_difference(job.before[name], value) for name, value in after.items()):
        return " (but no array was changed)"
    if all(_first_nan(value) is None for value in job.before.values()):
        for name, value in after.items():
            if (index := _first_nan(value)) is not None:
                return f" (but {name}[{index}] became NaN)"
    return ""


def _first_nan(array: Any) -> int | None:
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        return None
    found = np.flatnonzero(np.isnan(array))
    return int(found[0]) if found.size else None
