"""NVRTC, NVIDIA's compiler as a library: it says whether a kernel is valid CUDA, without a GPU or a driver.

    program = compile(path, "sm_90", ("softmax_online<float>",))
    program.code            a cubin, ready to be loaded, or PTX text for "compute_90"
    program.resources       registers, shared memory and spills of each kernel, as the assembler counts them

The library comes with small wheels, ``nvidia-cuda-nvrtc``, ``nvidia-cuda-runtime`` (its headers) and
``nvidia-cuda-crt`` (those of the tensor cores), or with CUDA itself. CuPy has its own binding and compiles what is
launched (``gpu.py``); this one is for the tests, for ``python -m minitorch.kernels check`` and ``list --resources``. It
is a dozen C functions, called by ctypes: create a program, name the template instances that are wanted, compile, fetch
the log and the code.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minitorch.kernels.compiler import KernelError, kernel_folder
from minitorch.kernels.source import headers

OPTIONS = ("-std=c++17",)
ARCHITECTURES = ("sm_80", "sm_90")
MISSING = "NVRTC is missing: pip install nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cuda-crt"
_USED = re.compile(
    r"Compiling entry function '(?P<name>\w+)'(?P<between>.*?)Used (?P<registers>\d+) registers(?P<rest>[^\n]*)", re.S
)


@dataclass(frozen=True)
class Resources:
    """What one thread (registers, spilled bytes) and one block (static shared memory) of a kernel take."""

    registers: int
    shared: int
    spilled: int


@dataclass(frozen=True)
class Program:
    """``names``: what each instance is called in ``code``, where C++ writes its template arguments into its name."""

    code: bytes
    log: str
    names: dict[str, str]

    @property
    def resources(self) -> dict[str, Resources]:
        """By instance. Empty for PTX, in which registers are not counted yet."""
        found = {}
        instance_of = {name: instance for instance, name in self.names.items()}
        for match in _USED.finditer(self.log):
            shared = re.search(r"(\d+) bytes smem", match["rest"])
            spilled = re.search(r"(\d+) bytes spill stores", match["between"])
            found[instance_of.get(match["name"], match["name"])] = Resources(
                int(match["registers"]), int(shared[1]) if shared else 0, int(spilled[1]) if spilled else 0
            )
        return found


def _folders() -> list[Path]:
    """Where CUDA may lie: in wheels (13: all in ``nvidia/cu13``, 12: a folder each), then as installed."""
    found: list[Path] = []
    package = importlib.util.find_spec("nvidia")
    for root in package.submodule_search_locations or () if package else ():
        found += sorted(Path(root).glob("cu[0-9]*"), reverse=True)
        found += [Path(root) / "cuda_nvrtc", Path(root) / "cuda_runtime"]
    found += [Path(os.environ[name]) for name in ("CUDA_PATH", "CUDA_HOME") if os.environ.get(name)]
    return [*found, Path("/usr/local/cuda")]


@functools.cache
def _library_path() -> Path | None:
    for folder in _folders():
        for pattern in ("lib/libnvrtc.so.*", "lib64/libnvrtc.so.*", "bin/nvrtc64_*.dll"):
            found = [each for each in sorted(folder.glob(pattern)) if "builtins" not in each.name]
            if found:
                return found[0]
    return None


@functools.cache
def include_folder() -> Path | None:
    """The folder with ``cuda_fp16.h``, preferably of the CUDA that the library is of."""
    library = _library_path()
    nearby = [library.parent.parent] if library else []
    for folder in [*nearby, *_folders()]:
        if (folder / "include" / "cuda_fp16.h").exists():
            return folder / "include"
    return None


def available() -> bool:
    """Whether the library and CUDA's headers are here."""
    return _library_path() is not None and include_folder() is not None


@functools.cache
def _library() -> Any:
    if not available():
        raise KernelError(MISSING)
    library = ctypes.CDLL(str(_library_path()))
    library.nvrtcGetErrorString.restype = ctypes.c_char_p
    return library


@functools.cache
def version() -> tuple[int, int]:
    """NVRTC's version. ``KernelError`` if it is missing."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _check(_library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)))
    return major.value, minor.value


def _check(status: int) -> None:
    if status:
        raise KernelError(f"NVRTC: {_library().nvrtcGetErrorString(status).decode()}")


def include_options(path: Path) -> tuple[str, ...]:
    """Where a kernel file finds its headers: beside itself, and in ``kernels/``; and ``<mma.h>`` the rest of itself.

    CUDA 13's wheels have ``mma.h`` in one package and ``crt/mma.h``, which it includes, in another.
    """
    folders = [path.resolve().parent, kernel_folder()]
    if any("<mma.h>" in each.read_text() for each in (path, *headers(path))):
        folders += [folder / "include" for folder in _folders() if (folder / "include" / "crt" / "mma.h").exists()][:1]
    return tuple(f"-I{folder}" for folder in dict.fromkeys(folders))


def source_text(path: Path) -> str:
    """A kernel file for a compiler that sees only text: its messages shall name the file and its own lines."""
    return f'#line 1 "{path}"\n{path.read_text()}'


def compile(path: Path, arch: str = "sm_90", instances: tuple[str, ...] = (), options: tuple[str, ...] = ()) -> Program:
    """Compile a ``.cu`` file for ``arch``: a cubin for ``"sm_90"``, PTX for ``"compute_90"``.

    ``KernelError`` with the compiler's own words if it does not compile.
    """
    library = _library()
    program = ctypes.c_void_p()
    text = source_text(path).encode()
    _check(library.nvrtcCreateProgram(ctypes.byref(program), text, path.name.encode(), 0, None, None))
    try:
        for instance in instances:
            _check(library.nvrtcAddNameExpression(program, instance.encode()))
        flags = [f"--gpu-architecture={arch}", *OPTIONS, *include_options(path), f"-I{include_folder()}", *options]
        if arch.startswith("sm_"):
            flags.append("--ptxas-options=--verbose")
        array = (ctypes.c_char_p * len(flags))(*[each.encode() for each in flags])
        failed = library.nvrtcCompileProgram(program, len(flags), array)
        log = _fetch(program, "ProgramLog").rstrip(b"\0").decode(errors="replace")
        if failed:
            raise KernelError(f"NVRTC cannot compile {path.name} for {arch}:\n{log[:4000]}")
        code = _fetch(program, "CUBIN" if arch.startswith("sm_") else "PTX")
        return Program(code, log, {instance: _lowered(program, instance) for instance in instances})
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def _fetch(program: ctypes.c_void_p, what: str) -> bytes:
    """The log or the code: its size is asked for first."""
    size = ctypes.c_size_t()
    _check(getattr(_library(), f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(getattr(_library(), f"nvrtcGet{what}")(program, buffer))
    return buffer.raw


def _lowered(program: ctypes.c_void_p, instance: str) -> str:
    name = ctypes.c_char_p()
    _check(_library().nvrtcGetLoweredName(program, instance.encode(), ctypes.byref(name)))
    return (name.value or b"").decode()
