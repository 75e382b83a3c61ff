"""Reading a CUDA C file: which kernels it has, their parameters, and whether they wait for each other.

Nothing here understands C++. A kernel is found by ``__global__``; its parameters by the brackets behind its name; the
comment block above it is its *record* (see ``record.py``). A function *waits* if its body, or that of a function it
calls, names a barrier or a warp intrinsic: such a kernel needs its threads side by side, any other may run them one
after the other as a plain loop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

BARRIER = re.compile(r"\b(__sync(threads|warp)\w*|__shfl_\w+|__ballot_sync|__any_sync|__all_sync|__reduce_\w+_sync)\b")
_BOUNDS = r"(?:__launch_bounds__\s*\([^)]*\)\s*)?"
_KERNEL = re.compile(
    r"(?:template\s*<(?P<template>[^{};]*?)>\s*)?(?:extern\s+\"C\"\s+)?__global__\s+" + _BOUNDS
    + r"void\s+" + _BOUNDS + r"(?P<name>\w+)\s*\("
)  # fmt: skip
_FUNCTION = re.compile(r"\b(\w+)\s*\(")
_COMMENT = re.compile(r'(extern\s+"C")|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
_INCLUDE = re.compile(r'^[ \t]*#\s*include\s*"([^"]+)"', re.M)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kernel: ``const float* __restrict__ x`` has the type ``float``, and is a pointer once."""

    name: str
    type: str
    pointers: int  # 0: a value, 1: an array, 2: a table of arrays
    const: bool  # what it points to is only read
    declaration: str


@dataclass(frozen=True)
class KernelSource:
    """What a file says of one of its kernels. ``template``: names of its template parameters."""

    name: str
    parameters: tuple[Parameter, ...]
    template: tuple[str, ...]
    waits: bool
    line: int
    comment: tuple[str, ...] = field(default=())  # the lines of the comment right above, without slashes


def strip_comments(text: str) -> str:
    """Comments and string literals blanked out, every newline kept."""
    return _COMMENT.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), text)


def closing(text: str, start: int) -> int:
    """The index behind the bracket that closes the one at ``start``. ``SyntaxError`` if there is none."""
    opened, depth = text[start], 0
    closed = {"(": ")", "{": "}"}[opened]
    for index in range(start, len(text)):
        depth += (text[index] == opened) - (text[index] == closed)
        if depth == 0:
            return index + 1
    raise SyntaxError(f"unbalanced {opened} in a CUDA source")


def headers(path: Path) -> list[Path]:
    """The files that ``path`` includes by a quoted name, and those these include, in order of their first mention."""
    found: list[Path] = []
    waiting = [path]
    while waiting:
        current = waiting.pop(0)
        for name in _INCLUDE.findall(current.read_text()):
            header = current.parent / name
            if header.exists() and header not in found:
                found.append(header)
                waiting.append(header)
    return found


def kernels(path: Path) -> dict[str, KernelSource]:
    """All kernels of a file, in order."""
    text = path.read_text()
    code = strip_comments(text)
    waiting = _waiting_functions("\n".join([*(strip_comments(h.read_text()) for h in headers(path)), code]))
    found: dict[str, KernelSource] = {}
    for match in _KERNEL.finditer(code):
        name = match["name"]
        end = closing(code, match.end() - 1)
        declarations = re.split(r",(?![^<>]*>)", code[match.end() : end - 1])
        parameters = tuple(_parameter(" ".join(each.split())) for each in declarations if each.strip())
        template = tuple(part.split()[-1] for part in (match["template"] or "").split(",") if part.strip())
        line = code.count("\n", 0, match.start()) + 1
        found[name] = KernelSource(name, parameters, template, name in waiting, line, _comment_above(text, line))
    return found


def _parameter(declaration: str) -> Parameter:
    words = re.sub(r"\b(__restrict__|volatile|__grid_constant__)\b", " ", declaration)
    pointers = words.count("*")
    parts = words.replace("*", " * ").split()
    type_words = [word for word in parts[:-1] if word not in ("const", "*")]
    return Parameter(parts[-1], " ".join(type_words), pointers, bool(re.match(r"\s*const\b", words)), declaration)


def _comment_above(text: str, line: int) -> tuple[str, ...]:
    lines = text.split("\n")[: line - 1]
    comment: list[str] = []
    while lines and lines[-1].lstrip().startswith("//"):
        comment.insert(0, lines.pop().lstrip()[2:].strip())
    return tuple(comment)


def _waiting_functions(code: str) -> set[str]:
    """The functions that reach a barrier."""
    bodies: dict[str, str] = {}
    for match in _FUNCTION.finditer(code):
        if match[1] in ("if", "for", "while", "switch"):
            continue
        try:
            end = closing(code, match.end() - 1)
        except SyntaxError:
            continue
        behind = re.match(r"\s*(?:const\s*)?\{", code[end:])
        if behind:
            brace = end + behind.end() - 1
            bodies[match[1]] = bodies.get(match[1], "") + code[brace : closing(code, brace)]
    waits = {name for name, body in bodies.items() if BARRIER.search(body)}
    if BARRIER.search("\n".join(line for line in code.split("\n") if line.lstrip().startswith("#"))):
        waits |= set(bodies)  # a macro hides a barrier: assume the worst
    while True:
        more = {
            name
            for name, body in bodies.items()
            if name not in waits and any(re.search(rf"\b{each}\b", body) for each in waits)
        }
        if not more:
            return waits
        waits |= more
