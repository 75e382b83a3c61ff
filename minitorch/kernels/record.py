"""The record of a kernel: what the comment right above it says, for readers, for ``list`` and for the tests.

    // softmax, rung 3: one pass over the row for maximum and sum
    // What: the running sum is rescaled whenever the maximum grows
    // Why: the row is read twice instead of three times
    // Gain: a third of the memory traffic of rung 2
    // T: float double __half

``Host: yes`` marks the rung that the CPU backend uses for speed; ``Needs: sm_80`` one that only such a GPU can run. A
line ``T: ...`` lists what a template parameter is instantiated with, types or numbers; with several parameters all
combinations are meant. A kernel that stands on no ladder has ``// name: one sentence`` as its first line.

A field goes on over the next lines. What is wrong with a record is no error here, since a learner's kernel may have
none: it stands in ``problems``, and the project's tests require that there are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from minitorch.kernels.source import KernelSource

_HEAD = re.compile(r"(?P<ladder>\w[^:]*?)(?:,\s*rung\s+(?P<rung>\d+))?:\s+(?P<title>\S.*)")
_FIELD = re.compile(r"(?P<key>[A-Z]\w*):(?:\s+(?P<value>.*)|$)")
LAUNCH = re.compile(r"launch:\s*(?P<plan>.*)")  # of a learner's kernel, see plan.py
_VALUE = re.compile(r"unsigned (?:char|short|int|long long)|signed char|long long|[^\s,]+")
_FIELDS = ("What", "Why", "Gain", "Host", "Needs")


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
    problems: tuple[str, ...] = ()

    def runs_on(self, arch: str) -> bool:
        """Whether a GPU of that architecture (``"sm_90"``) has what the kernel needs."""
        return not self.needs or _generation(self.needs) <= _generation(arch)


def record(kernel: KernelSource) -> Record:
    """What the comment above a kernel says."""
    lines = [line for line in kernel.comment if line]
    head = _HEAD.match(lines[0]) if lines and not _is_field(lines[0], kernel) else None
    fields = _fields([f"Title: {head['title']}", *lines[1:]] if head else lines)
    title = fields.pop("Title", "")
    choices = [_VALUE.findall(fields[name]) if name in fields else _assumed(name, kernel) for name in kernel.template]
    instances = tuple(f"{kernel.name}<{', '.join(each)}>" for each in product(*choices)) if choices else (kernel.name,)
    rung = int(head["rung"] or 0) if head else 0
    return Record(
        kernel.name,
        head["ladder"].strip() if head else kernel.name,
        rung,
        title,
        fields.get("What", ""),
        fields.get("Why", ""),
        fields.get("Gain", ""),
        fields.get("Host") == "yes",
        fields.get("Needs", ""),
        instances,
        tuple(_problems(kernel, head is not None, rung, fields)),
    )


def _is_field(line: str, kernel: KernelSource) -> bool:
    found = _FIELD.match(line)
    return bool(found) and found["key"] in (*_FIELDS, *kernel.template)  # type: ignore[index]


def _fields(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    key = ""
    for line in lines:
        found = _FIELD.match(line)
        if found:
            key = found["key"]
            fields[key] = (found["value"] or "").strip()
        elif key and not LAUNCH.match(line):
            fields[key] = f"{fields[key]} {line}".strip()
    return fields


def _assumed(name: str, kernel: KernelSource) -> list[str]:
    """Of what a template parameter is when nothing is said: float, if it is a type; a number cannot be guessed."""
    is_type = any(re.search(rf"\b{name}\b", each.type) for each in kernel.parameters)
    return ["float"] if is_type else []


def _problems(kernel: KernelSource, has_head: bool, rung: int, fields: dict[str, str]) -> list[str]:
    found = []
    if not has_head:
        found.append("has no first line '// LADDER, rung N: TITLE' or '// NAME: ONE SENTENCE'")
    if rung > 1:
        found += [f"is rung {rung} and lacks a line '{key}: ...'" for key in _FIELDS[:3] if not fields.get(key)]
    for name in kernel.template:
        if not fields.get(name):
            found.append(f"lacks a line '{name}: ...' with the values of its template parameter {name}")
    for key in fields:
        if key not in (*_FIELDS, *kernel.template):
            found.append(f"has a line '{key}:', which means nothing (write {', '.join((*_FIELDS, *kernel.template))})")
    if fields.get("Host", "no") not in ("yes", "no"):
        found.append(f"says Host: {fields['Host']}, neither yes nor no")
    if fields.get("Needs") and not re.fullmatch(r"sm_\d+a?", fields["Needs"]):
        found.append(f"says Needs: {fields['Needs']}, no architecture such as sm_80")
    return found


def ladder_problems(records: list[Record]) -> list[str]:
    """What is wrong with the rungs of one ladder together."""
    numbers = sorted(each.rung for each in records if each.rung)
    found = []
    if numbers and numbers != list(range(1, len(numbers) + 1)):
        found.append(f"has the rungs {', '.join(map(str, numbers))}, not 1 to {len(numbers)}")
    fast = [each.kernel for each in records if each.host]
    if len(fast) > 1:
        found.append(f"marks more than one rung with 'Host: yes': {', '.join(fast)}")
    return found


def _generation(arch: str) -> int:
    return int(re.sub(r"\D", "", arch))
