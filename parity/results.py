"""`python -m parity results`: the README's table of what was found on GPUs, made from `parity/results/*.json`.

`--write` puts it into the README between two comment lines; without it the table is printed. A file
of an emulated device proves nothing about a GPU and is left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- gpu results: made by `python -m parity results --write` -->", "<!-- end of gpu results -->"
NONE_YET = "Nothing has been measured on a GPU yet: `parity/results/` holds no file of a real device."


def read(folder: Path) -> list[dict[str, Any]]:
    """The results of real devices, oldest first."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return sorted((each for each in found if not each["emulated"]), key=lambda each: each["versions"]["date"])


def table(results: list[dict[str, Any]]) -> str:
    """A Markdown table, a row for each thing that was measured."""
    if not results:
        return NONE_YET
    lines = ["| GPU | date | what | measured | verdict |", "|---|---|---|---|---|"]
    for result in results:
        where = f"| {result['gpu']} | {result['versions']['date'][:10]}"
        lines += [f"{where} | {what} | {measured} | {verdict} |" for what, measured, verdict in _rows(result)]
    return "\n".join(lines)


def _rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for step in ("tests", "parity", "bench", "kernels"):
        found = result.get(step)
        if found is None:
            rows.append((step, "not run", ""))
        elif "failure" in found:
            rows.append((step, found["failure"], "failed"))
        else:
            rows += _ROWS_OF[step](found)
    return rows


def _verdict(passed: bool) -> str:
    return "pass" if passed else "FAIL"


def _test_rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    passed = found["count"] - found["failed"] - found["skipped"]
    measured = f"{passed} passed, {found['failed']} failed, {found['skipped']} skipped"
    return [("tests marked `cuda`", measured, _verdict(found["passed"]))]


def _parity_rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for name, run in found.items():
        if not name.startswith("cnn-"):
            continue
        checks = run["checks"]
        gradients = checks["gradients, step 0"][0]
        losses = next(check[0] for key, check in checks.items() if key.startswith("losses"))
        measured = f"gradients {gradients}, losses {losses}, time ratio {run['time_ratio']:.2f}"
        rows.append((f"CNN, {name.removeprefix('cnn-')}, {run['epochs']} epochs", measured, _verdict(run["passed"])))
    return rows


def _bench_rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for workload in found["workloads"]:
        measured = workload["failure"] or f"{workload['ratio']:.2f} times PyTorch's time"
        verdict = "failed" if workload["failure"] else "missed" if workload["missed"] else "reached"
        rows.append((workload["title"], measured, verdict))
    return rows


def _kernel_rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for ladder in found["ladders"]:
        measured = f"{ladder['last_rung']}: {ladder['summary']}"
        rows.append((f"ladder {ladder['name']}", measured, "reached" if ladder["reached"] else "missed"))
    return rows


_ROWS_OF = {"tests": _test_rows, "parity": _parity_rows, "bench": _bench_rows, "kernels": _kernel_rows}


def write(readme: Path, text: str) -> bool:
    """Put the table between the two comment lines. Returns whether the file changed; `ValueError` without the lines."""
    before = readme.read_text(encoding="utf-8")
    if before.count(BEGIN) != 1 or before.count(END) != 1:
        raise ValueError(f"{readme.name} must have the lines {BEGIN!r} and {END!r} once each")
    head, rest = before.split(BEGIN)
    after = f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}"
    if after == before:
        return False
    readme.write_text(after, encoding="utf-8")
    return True
