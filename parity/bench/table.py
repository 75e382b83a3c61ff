"""What the bench prints: a table, or the same as JSON."""

from __future__ import annotations

import json

from rich.text import Text

from parity.bench.alternate import Result
from parity.bench.workloads import Workload
from parity.terminal import STYLES, make_console, make_table


def show(results: list[Result], engines: tuple[str, str], threads: int | None, busy: str, *, as_json: bool) -> None:
    """Print the results; `busy` is a warning to be printed under the table, or empty."""
    if as_json:
        print(json.dumps([as_dictionary(result, engines) for result in results], indent=2))
        return
    title = "Median times, in alternating processes" + ("" if threads is None else f", threads: {threads}")
    table = make_table(
        title,
        "name",
        "workload",
        *(f">{engine}" for engine in engines),
        ">ratio",
        "reach",
        "verdict",
    )
    for result in results:
        verdict = Text("missed", STYLES["FAIL"]) if result.missed else Text("reached", STYLES["pass"])
        times = ("failed", "", "") if result.failure else (*map(duration, result.medians), f"{result.ratio:.2f}")
        table.add_row(result.name, result.workload.title, *times, reach(result.workload), verdict)
    console = make_console()
    console.print(table)
    for result in results:
        if result.failure:
            console.print(f"{result.name}: {result.failure}", style=STYLES["FAIL"], soft_wrap=True)
        if result.imports_torch:
            console.print(f"{result.name}: {engines[1]} imports torch", style=STYLES["FAIL"])
    if busy:
        console.print(busy, style=STYLES["n/a"], soft_wrap=True)


def as_dictionary(result: Result, engines: tuple[str, str]) -> dict[str, object]:
    """One workload for JSON; times in seconds."""
    workload = result.workload
    measured = {} if result.failure else {"median": list(result.medians), "ratio": result.ratio}
    return {
        "name": result.name,
        "title": workload.title,
        "engines": list(engines),
        "rounds": [result.reference, result.candidate],
        **measured,
        "device": result.device,
        "ratio_reach": result.ratio_reach,
        "seconds_reach": workload.seconds_reach,
        "imports_torch": result.imports_torch,
        "missed": result.missed,
        "failure": result.failure,
    }


def duration(seconds: float) -> str:
    """Seconds in the unit that leaves one to three digits before the point."""
    for unit, factor in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= factor:
            return f"{seconds / factor:.2f} {unit}"
    return f"{seconds / 1e-6:.2f} us"


def reach(workload: Workload) -> str:
    if workload.seconds_reach is not None:
        return f"< {workload.seconds_reach:g} s"
    return f"<= {workload.ratio_reach:g}"
