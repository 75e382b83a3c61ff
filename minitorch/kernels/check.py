"""Everything that can be known of a kernel without a GPU, for somebody who has just written one.

    python -m minitorch.kernels check mine.cu

compiles it for the host and, with NVRTC, for two generations of GPUs, launches it on made-up arrays (``plan.py``) in
every mode (``modes.py``), and says in words what was found and what usually mends it (``remedies.py``). The modes:

    debug     an address outside the arrays, memory read before it was written, threads that wait for each other for
              ever or meet at different barriers; three orders of the threads, whose results must agree
    race      two accesses that nothing orders
    fast      what the optimiser makes of undefined behaviour; results must be those of the debug mode
    threads   several blocks at once; results as before

What ran without findings is not proven right: nobody here knows what the kernel is meant to compute.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.kernels import KernelError, load, mode, nvrtc
from minitorch.kernels.compiler import compiler
from minitorch.kernels.launch import Kernel
from minitorch.kernels.plan import Plan, plan
from minitorch.kernels.remedies import DISAGREE, UNDEFINED, remedy

SCHEDULES = {0: "forwards", 1: "backwards", 77: "in a random order"}


@dataclass(frozen=True)
class Finding:
    """``found``: what is wrong. ``remedy``: what usually mends it, "" if the message says it all."""

    mode: str
    found: str
    remedy: str


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
            out += [line for text in more for line in _wrapped(f"     {text}")]
            out += _wrapped(f"     What usually helps: {each.remedy}") if each.remedy else []
        if not self.findings:
            out.append("  nothing found")
        return "\n".join(out)


def _wrapped(text: str) -> list[str]:
    if "error:" in text or "^" in text:  # a compiler's line stays as it is
        return [text]
    indent = " " * 5
    return textwrap.wrap(text, 116, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def check(path: Path, name: str | None = None, given: str = "") -> Iterator[Report]:
    """Check the kernels of a file, or the one called ``name``; ``given``: how to launch it, as in ``plan.py``.

    ``ValueError`` or ``KeyError`` if the question makes no sense: no such kernel, a launch that cannot be made up.
    """
    file = load(path)
    if not file.kernels:
        raise ValueError(f"{path} has no kernel: no function marked __global__")
    if name is not None and name.partition("<")[0] not in file.kernels:
        raise ValueError(f"{path.name} has no kernel {name!r}; it has {', '.join(file.kernels)}")
    for kernel in [name] if name else file.kernels:
        instances = (kernel,) if "<" in kernel else file.records[kernel].instances
        if not instances:
            raise ValueError(f"{kernel} needs numbers for its template: name one, --kernel '{kernel}<4>'")
        yield check_kernel(file[instances[0]], instances, given)


def check_kernel(kernel: Kernel, instances: tuple[str, ...], given: str = "") -> Report:
    """Compile all instances, run the first."""
    launch = plan(kernel, given)
    report = Report(kernel.instance, [f"launch    {launch}"], [])
    if _compiles(kernel, instances, report):
        _runs(kernel, launch, report)
    return report


def _compiles(kernel: Kernel, instances: tuple[str, ...], report: Report) -> bool:
    """Whether it can be run on the host."""
    needs = kernel.file.records[kernel.source.name].needs
    if nvrtc.available():
        for arch in nvrtc.ARCHITECTURES:
            try:
                used = nvrtc.compile(kernel.file.path, arch, instances).resources.get(kernel.instance)
            except KernelError as error:
                report.findings.append(Finding(arch, str(error), ""))
                report.lines.append(f"compiles  {arch}: no")
                return False
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
    return not needs


def _runs(kernel: Kernel, launch: Plan, report: Report) -> None:
    wanted: tuple[Any, ...] | None = None
    for schedule, words in SCHEDULES.items():
        got = _run(kernel, launch, "debug", schedule, report)
        if got is None:
            break
        if wanted is not None and _compared(
            kernel, wanted, got, "debug", f"with the threads {words}", DISAGREE, report
        ):
            break
        wanted = wanted or got
    else:
        report.lines.append(f"debug     {', '.join(SCHEDULES.values())}: ok{_untouched(launch, got)}")
    safe = not report.findings
    if _run(kernel, launch, "race", 0, report) is not None:
        report.lines.append("race      ok")
    if not safe or wanted is None:
        report.lines.append("fast      not tried: what the debug mode found may end the process")
        return
    for name in ("fast", "threads"):
        got = _run(kernel, launch, name, 0, report)
        if got is not None and not _compared(kernel, wanted, got, name, f"in the {name} mode", UNDEFINED, report):
            report.lines.append(f"{name:<10}ok")


def _run(kernel: Kernel, launch: Plan, name: str, schedule: int, report: Report) -> tuple[Any, ...] | None:
    """The arrays after a launch; None if there was an error, which is then among the findings."""
    args = launch.arguments()
    try:
        with mode(name, schedule):
            kernel(launch.grid, launch.block, args, launch.shared)
    except KernelError as error:
        message = str(error).removeprefix(f"{kernel.instance}: ")
        when = f", threads {SCHEDULES[schedule]}" if name == "debug" else ""
        if message not in [each.found for each in report.findings]:
            report.findings.append(Finding(name + when, message, remedy(message)))
        report.lines.append(f"{name:<10}a problem, see below")
        return None
    return args


def _compared(
    kernel: Kernel, wanted: Any, got: Any, name: str, when: str, why: str, report: Report
) -> bool:  # fmt: skip
    """Whether two runs differ; then it is among the findings."""
    for parameter, first, second in zip(kernel.source.parameters, wanted, got):
        place = _first_difference(first, second)
        if place is not None:
            where, before, after = place
            found = f"{parameter.name}[{where}] is {after} {when}, but {before} with the threads forwards"
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
    if not isinstance(first, np.ndarray) or np.array_equal(first.view(np.uint8), second.view(np.uint8)):
        return None
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


def _untouched(launch: Plan, after: Any) -> str:
    """A hint, if a kernel did nothing at all."""
    changed = any(_first_difference(*pair) for pair in zip(launch.arguments(), after))
    return "" if changed else " (but no array was changed)"
