"""What the shim says, in terms of the source: ``<pc 0x1234>`` becomes ``softmax.cu:12``, an address an array's index.

The compiler notes which machine instruction came from which line; ``addr2line`` (of binutils, as the compiler's linker)
reads it. Where it is missing, messages say so in place of the line.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PC = re.compile(r"<pc([^<>]*)>")
UNKNOWN = "an unknown line"
_ADDRESS = re.compile(r"(?:at )?<address (0x[0-9a-f]+) \d+>")


@functools.cache
def _addr2line() -> str | None:
    import shutil

    return shutil.which("addr2line") or shutil.which("llvm-addr2line")


def places(library: str, offsets: Iterable[int]) -> dict[int, str]:
    """``file.cu:12`` for each place in a library where a call returned to."""
    wanted = sorted(set(offsets))
    tool = _addr2line()
    if tool is None or not wanted:
        return dict.fromkeys(wanted, "a line that addr2line of binutils would tell")
    import subprocess

    # -a: each answer begins with its address; -i: where a function was inlined, the callers follow
    command = [tool, "-a", "-i", "-e", library, *(hex(each - 1) for each in wanted)]
    answers = re.split(
        r"^0x0*", subprocess.run(command, capture_output=True, text=True, check=False).stdout, flags=re.M
    )
    found = {}
    for answer in answers[1:]:
        first, *lines = answer.split("\n")
        found[int(first, 16) + 1] = _outside_the_shim(lines)
    return {each: found.get(each) or UNKNOWN for each in wanted}


def _outside_the_shim(lines: list[str]) -> str:
    """The innermost place in somebody's own file; nothing, if all is the shim's."""
    known = [line.split(" (")[0] for line in lines if line and not line.startswith("?") and not line.endswith(":?")]
    own = [
        line.rpartition(":")
        for line in known
        if "/exports:" not in f"/{line}" and "/cpu/" not in line and "/c++/" not in line
    ]
    return f"{Path(own[0][0]).name}:{own[0][2]}" if own else ""


def explained(text: str, library: str, guard: Any) -> str:
    """A message of the shim with names in place of addresses. ``guard``: the arrays of the launch."""
    where = places(library, [int(each, 16) for found in _PC.findall(text) for each in found.split()])

    def named(match: re.Match[str]) -> str:
        found = guard.describe(int(match[1], 16))
        return f"at {found}" if found else f"address {match[1]}"

    def line(match: re.Match[str]) -> str:
        calls = [where[int(each, 16)] for each in match[1].split()]
        return next((each for each in calls if each != UNKNOWN), UNKNOWN)

    return _ADDRESS.sub(named, _PC.sub(line, text))
