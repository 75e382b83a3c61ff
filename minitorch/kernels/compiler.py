"""The host's C++ compiler, and the cache of what it made.

One ``.cu`` file, with the shim ``kernels/cpu/cuda_on_cpu.h`` before it and a line for each wanted kernel behind it,
becomes one shared library. It is kept under the user's cache folder, in a file named by a hash of everything it depends
on: source, headers, shim, flags, compiler version, processor (``-march=native`` makes code for this one alone). A
library is written under another name and renamed, so that many processes may compile the same file at once.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import sys
from pathlib import Path

from minitorch.kernels.source import headers, kernels

_FAST = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd")
FLAGS = {
    "fast": _FAST,
    "debug": ("-O0", "-g", "-DEMU_DEBUG", "-fsanitize=bounds,integer-divide-by-zero", "-fsanitize-undefined-trap-on-error"),
    "race": ("-O1", "-g", "-DEMU_DEBUG", "-fsanitize=thread"),
}  # fmt: skip


class KernelError(RuntimeError):
    """A kernel could not be compiled, or a check of the debug mode failed."""


@functools.cache
def kernel_folder() -> Path:
    """Where the CUDA sources lie: beside the package in a checkout, inside it once installed."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / "kernels", package / "_kernels"):
        if (folder / "cpu" / "cuda_on_cpu.h").exists():
            return folder
    raise FileNotFoundError("the CUDA sources of minitorch are missing: expected a folder 'kernels' beside the package")


@functools.cache
def compiler() -> str | None:
    """The C++ compiler's path: ``CXX``, g++ or clang++. None where there is none."""
    import shutil

    for name in (os.environ.get("CXX"), "g++", "clang++"):
        found = name and shutil.which(name)
        if found:
            return found
    return None


@functools.cache
def _compiler_version() -> str:
    import subprocess

    return subprocess.run([str(compiler()), "--version"], capture_output=True, text=True, check=True).stdout


@functools.cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].split("\n")
    except OSError:
        return platform.machine() + platform.processor()
    return "\n".join(line for line in lines if re.match(r"(model name|flags|Features|CPU part)", line))


@functools.cache
def cache_folder() -> Path:
    """``MINITORCH_CACHE``, else ``minitorch/kernels`` under the user's cache folder."""
    given = os.environ.get("MINITORCH_CACHE")
    if given:
        folder = Path(given)
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Caches" / "minitorch" / "kernels"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minitorch" / "kernels"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _with_shared_memory(source: str, fresh: bool) -> str:
    """``extern __shared__`` as a pointer, which C++ can say; ``fresh``: poison shared variables at a block's start."""
    source = re.sub(
        r"extern\s+__shared__\s+(?:__align__\s*\(\s*\d+\s*\)\s*)?([\w\s:<>]+?)\s+(\w+)\s*\[\s*\]\s*;",
        r"\1* \2 = (\1*)emu::dynamic_shared;",
        source,
    )
    if not fresh:
        return source

    def poison(match: re.Match[str]) -> str:
        names = re.findall(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?=,|$)", match[1])
        return match[0] + "".join(f" EMU_FRESH({name})" for name in names)

    return re.sub(r"\b__shared__\s+([^;=]+);", poison, source)


def compile_for_host(path: Path, instances: tuple[str, ...], build: str) -> Path:
    """The shared library with ``instances`` of the kernels of a file. ``build``: a key of ``FLAGS``.

    ``KernelError`` if there is no compiler, or with the compiler's words if the file does not compile.
    """
    cxx = compiler()
    if cxx is None:
        raise KernelError("running CUDA kernels on the CPU needs a C++ compiler (g++ or clang++, or name one in CXX)")
    found = kernels(path)
    unit = [f'#line 1 "{path}"', _with_shared_memory(path.read_text(), build == "debug"), '#line 1 "exports"']
    for index, name in enumerate(instances):
        fibers = found[name.split("<")[0]].waits or build == "race"
        unit.append(f"EMU_EXPORT(emu_kernel_{index}, {str(fibers).lower()}, {name})")
    text = "\n".join(unit) + "\n"
    shim = kernel_folder() / "cpu"
    flags = (
        "-std=c++17", "-fPIC", "-shared", "-fvisibility=hidden", "-w", "-include", "cuda_on_cpu.h", "-I", str(shim),
        "-I", str(shim / "include"), "-I", str(path.parent), *FLAGS[build],
    )  # fmt: skip
    key = hashlib.sha256(repr((flags, _compiler_version(), _processor())).encode() + text.encode())
    for header in [*sorted(shim.rglob("*.h")), *headers(path)]:
        key.update(header.read_bytes())
    library = cache_folder() / f"{path.stem}-{build}-{key.hexdigest()[:24]}.so"
    if not library.exists():
        _run_compiler(cxx, flags, text, library, path)
    return library


def _run_compiler(cxx: str, flags: tuple[str, ...], text: str, library: Path, path: Path) -> None:
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        unit, made = Path(folder) / path.name, Path(folder) / library.name
        unit.write_text(text)
        done = subprocess.run(
            [cxx, *flags, "-x", "c++", str(unit), "-o", str(made)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise KernelError(f"{Path(cxx).name} cannot compile {path.name}:\n{done.stderr[:4000]}")
        os.replace(made, library)
