"""Reading a CUDA C file: which kernels it has, their parameters, and whether they wait for each other.

Nothing here understands C++. A kernel is found by ``__global__``; its parameters by the brackets behind its name; the
comment block above it is its *record* (see ``record.py``). A function *waits* if its body, or that of a function it
calls, names a barrier or a warp intrinsic: such a kernel needs its threads side by side, any other may run them one
after the other as a plain loop.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from minitorch.kernels.types import usual_name

BARRIER = re.compile(r"\b(__sync(threads|warp)\w*|__(shfl|reduce|match)_\w+|__(ballot|any|all)_sync|__activemask)\b")
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


_elsewhere: list[Path] = []


@functools.cache
def _usual_folder() -> Path:
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / "kernels", package / "_kernels"):
        if (folder / "cpu" / "cuda_on_cpu.h").exists():
            return folder
    raise FileNotFoundError("the CUDA sources of minitorch are missing: expected a folder 'kernels' beside the package")


def kernel_folder() -> Path:
    """Where the CUDA sources lie: beside the package in a checkout, inside it once installed."""
    return _elsewhere[-1] if _elsewhere else _usual_folder()


def overridden() -> bool:
    """Whether the sources are somebody's copies (``kernels_from``)."""
    return bool(_elsewhere)


@contextmanager
def kernels_from(folder: Path) -> Iterator[None]:
    """Take the CUDA sources from another folder inside the ``with`` block: changed copies, to test the tests."""
    _elsewhere.append(folder)
    try:
        yield
    finally:
        _elsewhere.pop()


def strip_comments(text: str) -> str:
    """Comments and string literals blanked out, every newline kept."""
    return _COMMENT.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), text)


class NeverClosedError(ValueError):
    """A bracket in a CUDA source has no partner."""


def closing(text: str, start: int) -> int:
    """The index behind the bracket that closes the one at ``start``. ``NeverClosedError`` if there is none."""
    opened, depth = text[start], 0
    closed = {"(": ")", "{": "}"}[opened]
    for index in range(start, len(text)):
        depth += (text[index] == opened) - (text[index] == closed)
        if depth == 0:
            return index + 1
    raise NeverClosedError(f"the {opened!r} in line {text.count(chr(10), 0, start) + 1} is never closed")


def headers(path: Path) -> list[Path]:
    """The files that ``path`` includes by a quoted name, and those these include, in order of their first mention.

    They are looked for beside the file that includes them, beside ``path``, and in the folder of kernels.
    """
    found: list[Path] = []
    waiting = [path]
    while waiting:
        current = waiting.pop(0)
        for name in _INCLUDE.findall(current.read_text()):
            places = [place / name for place in (current.parent, path.parent, kernel_folder())]
            header = next((each for each in places if each.exists()), None)
            if header is not None and header not in found:
                found.append(header)
                waiting.append(header)
    return found


@dataclass(frozen=True)
class SharedVariables:
    """``__shared__ T name[n], other;`` or ``extern __shared__ T name[];``, which is text[start:end] of a source."""

    start: int
    end: int
    type: str
    names: tuple[str, ...]
    dynamic: bool


_SHARED = re.compile(r"(?:(?P<extern>\bextern\s+)|\bstatic\s+)?\b__shared__\s+(?P<declaration>(?:[^;={]|\{[^{}]*\})+);")
_IN_BRACKETS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\}")


def shared_variables(text: str) -> list[SharedVariables]:
    """The declarations of shared memory in a source, in order."""
    found = []
    for match in _SHARED.finditer(strip_comments(text)):
        declaration = bare = re.sub(r"\b(__align__|alignas)\s*\([^)]*\)", "", match["declaration"])
        while _IN_BRACKETS.search(bare):  # template arguments and dimensions, the inner ones first
            bare = _IN_BRACKETS.sub("", bare)
        names = tuple([each.split()[-1] for each in bare.split(",")])
        dynamic = match["extern"] is not None
        type = " ".join(declaration[: declaration.rindex(names[0])].split()) if dynamic else ""
        found.append(SharedVariables(match.start(), match.end(), type, names, dynamic))
    return found


def kernels(path: Path) -> dict[str, KernelSource]:
    """All kernels of a file, in order. ``ValueError`` for a file with a bracket that is never closed."""
    text = path.read_text()
    code = strip_comments(text)
    try:
        return _kernels(path, text, code)
    except NeverClosedError as error:
        raise NeverClosedError(f"{path.name}: {error}") from None


def _kernels(path: Path, text: str, code: str) -> dict[str, KernelSource]:
    waiting = _waiting_functions("\n".join([code, *(strip_comments(h.read_text()) for h in headers(path))]))
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
    words = re.sub(r"(\w+)\s*(\[[^\]]*\]\s*)+$", r"*\1", words)  # `float x[]` is a pointer
    pointers = words.count("*")
    parts = words.replace("*", " * ").split()
    type_words = [word for word in parts[:-1] if word not in ("const", "*")]
    return Parameter(
        parts[-1], usual_name(" ".join(type_words)), pointers, bool(re.match(r"\s*const\b", words)), declaration
    )


def _comment_above(text: str, line: int) -> tuple[str, ...]:
    lines = text.split("\n")[: line - 1]
    comment: list[str] = []
    while lines and lines[-1].lstrip().startswith("//"):
        comment.insert(0, lines.pop().lstrip()[2:].strip())
    return tuple(comment)


def functions(code: str) -> list[tuple[str, int, int]]:
    """The functions that a source without comments defines: name, and where the body begins and ends."""
    found = []
    for match in _FUNCTION.finditer(code):
        if match[1] in ("if", "for", "while", "switch"):
            continue
        try:
            end = closing(code, match.end() - 1)
        except NeverClosedError:
            continue
        behind = re.match(r"\s*(?:const\s*)?\{", code[end:])
        if behind:
            brace = end + behind.end() - 1
            found.append((match[1], brace, closing(code, brace)))
    return found


def callers(code: str, called: set[str]) -> set[str]:
    """``called``, and the functions that name one of these in their body, and those that name them, and so on."""
    bodies: dict[str, str] = {}
    for name, start, end in functions(code):
        bodies[name] = bodies.get(name, "") + code[start:end]
    found = set(called)
    while True:
        words = re.compile(rf"\b({'|'.join(map(re.escape, sorted(found)))})\b") if found else None
        more = {name for name, body in bodies.items() if name not in found and words and words.search(body)}
        if not more:
            return found
        found |= more


def _waiting_functions(code: str) -> set[str]:
    """The functions that reach a barrier."""
    bodies = functions(code)
    waits = {name for name, start, end in bodies if BARRIER.search(code, start, end)}
    if BARRIER.search("\n".join(line for line in code.split("\n") if line.lstrip().startswith("#"))):
        waits |= {name for name, _, _ in bodies}  # a macro hides a barrier: assume the worst
    return callers(code, waits)
