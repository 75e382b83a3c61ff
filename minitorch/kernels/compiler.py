"""The host's C++ compiler, and the cache of what it made.

One ``.cu`` file, with the shim ``kernels/cpu/cuda_on_cpu.h`` before it and a line for each wanted kernel behind it,
becomes one shared library. There are two builds:

    fast      optimised for this processor: the modes fast and threads
    checked   as written, with line numbers; the compiler calls the shim at every access: the modes debug and race

A library is kept under the user's cache folder, in a file named by a hash of everything it depends on: source, headers,
shim, flags, compiler version, and processor (``-march=native`` makes code for this one alone). It is written under
another name and renamed, so that many processes may compile the same file at once.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

from minitorch.kernels.source import headers, kernels, overridden, shared_variables
from minitorch.kernels.source import kernel_folder as kernel_folder

_LANGUAGE = ("-std=c++17", "-fPIC", "-fvisibility=hidden", "-w")
FLAGS = {
    "fast": ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd"),
    "checked": (
        "-O0", "-g", "-DEMU_CHECKED", "-fsanitize=thread,bounds,alignment,integer-divide-by-zero",
        "-fstack-clash-protection",  # no local array may jump over the page behind a stack
    ),
}  # fmt: skip


class KernelError(RuntimeError):
    """A kernel could not be compiled, or a check of the debug mode failed."""


@functools.cache
def compiler() -> str | None:
    """The C++ compiler's path: ``CXX``, g++ or clang++. None where there is none, or where the shim cannot run."""
    import shutil

    if not sys.platform.startswith("linux") or platform.machine() not in ("x86_64", "aarch64"):
        return None
    for name in (os.environ.get("CXX"), "g++", "clang++"):
        found = name and shutil.which(name)
        if found:
            return found
    return None


def _no_compiler() -> KernelError:
    if not sys.platform.startswith("linux") or platform.machine() not in ("x86_64", "aarch64"):
        place = f"{platform.system()} on {platform.machine()}"
        return KernelError(f"CUDA kernels run on the CPU on Linux (x86-64 and aarch64), not yet on {place}")
    return KernelError("running CUDA kernels on the CPU needs a C++ compiler (g++ or clang++, or name one in CXX)")


@functools.cache
def _compiler_version() -> str:
    import subprocess

    cxx = str(compiler())
    asked = subprocess.run([cxx, "--version"], capture_output=True, text=True, check=False)
    if asked.returncode:
        raise KernelError(f"{cxx} is no working C++ compiler: --version ends with status {asked.returncode}")
    return asked.stdout


@functools.cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].split("\n")
    except OSError:
        return platform.machine() + platform.processor()
    return "\n".join(line for line in lines if re.match(r"(model name|flags|Features|CPU part)", line))


# ---- the cache ------------------------------------------------------------------------------------------------------


@functools.cache
def cache_folder() -> Path:
    """``MINITORCH_CACHE``, else ``minitorch/kernels`` under the user's cache folder.

    If that cannot be written, a folder of this user among the temporary files.
    """
    given = os.environ.get("MINITORCH_CACHE")
    wanted = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "minitorch" / "kernels"
    try:
        wanted = wanted.expanduser()
        wanted.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        return _temporary_cache()
    return wanted if os.access(wanted, os.W_OK | os.X_OK) else _temporary_cache()


def _temporary_cache() -> Path:
    """Nobody else may write there: what lies in it will be run."""
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"minitorch-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022 or folder.is_symlink():
        return Path(tempfile.mkdtemp(prefix="minitorch-kernels-"))
    return folder


# ---- the unit that is compiled --------------------------------------------------------------------------------------


def _for_host(path: Path, checked: bool) -> str:
    """A source with shared memory as C++ can say it; every line stays where it is."""
    source = path.read_text()
    pieces, end = [f'#line 1 "{path}"\n'], 0
    for each in shared_variables(source):
        pieces.append(source[end : each.start])
        if each.dynamic:
            name = each.names[0]
            pieces.append(f'{each.type}* {name} = emu::dynamic_shared<{each.type}>("{name}");')
        else:
            declared = re.sub(r"\bstatic(?=\s+__shared__)", "", source[each.start : each.end])
            pieces.append(re.sub(r"\balignas\b", "__align__", declared))  # may stand in the middle
            pieces.extend(f" EMU_UNDEFINED({name})" for name in each.names if checked)
        end = each.end
    return "".join([*pieces, source[end:]])


def _unit(path: Path, instances: tuple[str, ...], build: str) -> dict[str, str]:
    """The files to compile, by name: the source, with what exports its kernels, and its headers."""
    found = kernels(path)
    exports = []
    for index, name in enumerate(instances):
        fibers = build == "checked" or found[name.split("<")[0]].waits
        exports.append(f"EMU_EXPORT(emu_kernel_{index}, {str(fibers).lower()}, {name})")
    files = {path.name: "\n".join([_for_host(path, build == "checked"), '#line 1 "exports"', *exports, ""])}
    for header in headers(path):
        name = os.path.relpath(header, path.parent if header.is_relative_to(path.parent) else kernel_folder())
        files[name] = _for_host(header, build == "checked")
    return files


def compile_for_host(path: Path, instances: tuple[str, ...], build: str) -> Path:
    """The shared library with ``instances`` of the kernels of a file. ``build``: a key of ``FLAGS``.

    ``KernelError`` if there is no compiler, or with the compiler's words if the file does not compile.
    """
    cxx = compiler()
    if cxx is None:
        raise _no_compiler()
    shim = kernel_folder() / "cpu"
    flags = (
        *_LANGUAGE, *FLAGS[build], "-include", str(shim / "cuda_on_cpu.h"), "-I", str(shim / "include"),
        "-I", str(path.parent),
    )  # fmt: skip
    files = _unit(path, instances, build)
    key = hashlib.sha256(repr((flags, files, _compiler_version(), _processor())).encode())
    for header in sorted(shim.rglob("*.h")):
        key.update(header.read_bytes())
    place = path.parent if overridden() else cache_folder()
    library = place / f"{path.stem}-{build}-{key.hexdigest()[:24]}.so"
    if not library.exists():
        _run_compiler(cxx, flags, files, library, path)
    return library


def _run_compiler(cxx: str, flags: tuple[str, ...], files: dict[str, str], library: Path, path: Path) -> None:
    """Compile, then link: linked by itself, the library gets none of the sanitizers' own libraries."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        for name, text in files.items():
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        unit, made = Path(folder) / path.name, Path(folder) / library.name
        compiled = Path(folder) / "unit.o"
        for command in (
            [cxx, "-I", folder, *flags, "-c", "-x", "c++", str(unit), "-o", str(compiled)],
            [cxx, "-shared", str(compiled), "-lrt", "-o", str(made)],
        ):
            plain = {**os.environ, "LC_ALL": "C"}  # messages in English, in ASCII
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=plain)
            if done.returncode:
                raise KernelError(f"{Path(cxx).name} cannot compile {path.name}:\n{_tidy(done.stderr, folder)}")
        if not made.exists():
            raise KernelError(f"{cxx} is no working C++ compiler: it made no library of {path.name}")
        os.replace(made, library)


def _tidy(messages: str, folder: str) -> str:
    return messages.replace(folder + os.sep, "")[:4000]


def _is_whole(library: Path) -> bool:
    """Whether the file goes as far as its head says: to load one that was cut off may end the process."""
    import struct

    with library.open("rb") as file:
        head = file.read(64)
    if len(head) < 64 or head[:4] != b"\x7fELF":
        return False
    (table,) = struct.unpack_from("=Q", head, 0x28)  # e_shoff, e_shentsize, e_shnum: what linkers write last
    size, count = struct.unpack_from("=HH", head, 0x3A)
    return library.stat().st_size >= int(table) + int(size) * int(count)


def opened(path: Path, instances: tuple[str, ...], build: str) -> Any:
    """The library, loaded. One that was damaged on disk is compiled again."""
    import ctypes

    library = compile_for_host(path, instances, build)
    try:
        if not _is_whole(library):
            raise OSError(f"{library} has been damaged")
        return ctypes.CDLL(str(library))
    except OSError:
        library.unlink(missing_ok=True)
        return ctypes.CDLL(str(compile_for_host(path, instances, build)))
