"""The record of a kernel: what the comment right above it says, for readers, for ``list`` and for the tests.

    // softmax, rung 3: one pass over the row for maximum and sum
    // What: the running sum is rescaled whenever the maximum grows
    // Why: the row is read twice instead of three times
    // Gain: a third of the memory traffic of rung 2
    // T: float double __half

``Host: yes`` marks the rung that the CPU backend uses for speed; ``Needs: sm_80`` one that only such a GPU can run. A
line ``T: ...`` lists the instances of a template parameter; with several parameters all combinations are meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from minitorch.kernels.source import KernelSource

_HEAD = re.compile(r"(?P<ladder>[^:]*?)(?:,\s*rung\s+(?P<rung>\d+))?:\s*(?P<title>.*)")
_FIELD = re.compile(r"(?P<key>[A-Z]\w*):\s*(?P<value>.*)")


@dataclass(frozen=True)
class Record:
    """``rung`` is 0 for a kernel that stands on no ladder."""

    kernel: str
    ladder: str
    rung: int
    title: str
    what: str
    why: str
    gain: str
    host: bool
    needs: str
    instances: tuple[str, ...]  # "softmax_online<float>", ..., or the kernel's name alone


def record(kernel: KernelSource) -> Record:
    """What the comment above a kernel says."""
    lines = list(kernel.comment)
    head = _HEAD.match(lines[0]) if lines else None
    fields: dict[str, str] = {}
    key = ""
    for line in lines[1:]:
        found = _FIELD.match(line)
        if found:
            key = found["key"]
            fields[key] = found["value"]
        elif key:
            fields[key] += " " + line
    choices = [fields.get(name, "float").split() for name in kernel.template]
    instances = tuple(f"{kernel.name}<{', '.join(each)}>" for each in product(*choices)) if choices else (kernel.name,)
    return Record(
        kernel.name,
        head["ladder"].strip() if head else kernel.name,
        int(head["rung"] or 0) if head else 0,
        head["title"].strip() if head else "",
        fields.get("What", ""),
        fields.get("Why", ""),
        fields.get("Gain", ""),
        fields.get("Host", "no").startswith("yes"),
        fields.get("Needs", ""),
        instances,
    )
