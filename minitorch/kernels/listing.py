"""The ladders as tables: each kernel with what it changes against the rung below, and what that should gain.

The words are those of the comments above the kernels (``record.py``); nothing is imported or compiled for a list. With
``resources``, NVRTC says how many registers a thread and how much shared memory a block of each takes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from minitorch.kernels import load, nvrtc
from minitorch.kernels.compiler import kernel_folder
from minitorch.kernels.launch import KernelFile
from minitorch.kernels.record import Record

RESOURCES = ("registers", "shared", "spilled")


def ladders(names: Sequence[str] = ()) -> dict[str, list[tuple[KernelFile, Record]]]:
    """The rungs of every ladder in order, by its name; or of those named. ``ValueError`` for a name that is on none."""
    found: dict[str, list[tuple[KernelFile, Record]]] = {}
    for path in sorted(kernel_folder().glob("*.cu")):
        file = load(path)
        for record in file.records.values():
            found.setdefault(record.ladder, []).append((file, record))
    for rungs in found.values():
        rungs.sort(key=lambda each: each[1].rung)
    for name in names:
        if name not in found:
            raise ValueError(f"there is no ladder {name!r}; there are {', '.join(found)}")
    return {name: found[name] for name in names or found}


def listing(names: Sequence[str] = (), markdown: bool = False, resources: str | None = None, width: int = 120) -> str:
    """A table for each ladder. ``resources``: the architecture to count registers and shared memory for."""
    parts = []
    for name, rungs in ladders(names).items():
        columns = ["rung", "kernel", "what", "gain"] + (list(RESOURCES) if resources else [])
        rows = [_row(record) for _, record in rungs]
        if resources:
            for row, (file, record) in zip(rows, rungs):
                row += _resources(file, record, resources)
        title = f"{name} ({', '.join(dict.fromkeys(file.path.name for file, _ in rungs))})"
        table = markdown_table(columns, rows) if markdown else text_table(columns, rows, width)
        parts.append(f"{'## ' if markdown else ''}{title}\n\n{table}" if markdown else f"{title}\n{table}")
    return "\n\n".join([*parts, "* the rung that the CPU backend uses"])


def _row(record: Record) -> list[str]:
    marks = " *" if record.host else ""
    gain = f"{record.gain} (needs {record.needs})" if record.needs else record.gain
    return [f"{record.rung or '-'}{marks}", record.kernel, record.title, gain or "-"]


def _resources(file: KernelFile, record: Record, arch: str) -> list[str]:
    """Of the first instance."""
    if not record.runs_on(arch) or not record.instances:
        return ["-"] * len(RESOURCES)
    used = nvrtc.compile(file.path, arch, record.instances[:1]).resources[record.instances[0]]
    return [str(getattr(used, each)) for each in RESOURCES]


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int = 120) -> str:
    """Aligned columns; the widest are wrapped until all fit into ``width``."""
    cells_of = [[row[i] for row in [columns, *rows]] for i in range(len(columns))]
    widths = [max(map(len, cells), default=0) or 1 for cells in cells_of]
    least = [max((len(word) for cell in cells for word in cell.split()), default=1) for cells in cells_of]
    while sum(widths) + 2 * (len(widths) - 1) > width and widths > least:
        widest = max(range(len(widths)), key=lambda i: (widths[i] > least[i], widths[i]))
        if widths[widest] == least[widest]:
            break
        widths[widest] -= 1
    lines = []
    for row in [columns, ["-" * each for each in widths], *rows]:
        cells = [textwrap.wrap(cell, each) or [""] for cell, each in zip(row, widths)]
        for number in range(max(map(len, cells))):
            line = [(cell[number] if number < len(cell) else "").ljust(each) for cell, each in zip(cells, widths)]
            lines.append("  ".join(line).rstrip())
    return "\n".join(lines)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same for a document."""
    lines = [columns, ["---"] * len(columns), *[[cell.replace("|", "\\|") for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
