"""Deletes one barrier of a kernel at a time, and asks who notices: the proof that the checks check.

    for barrier in barriers(kernel_folder()):
        print(barrier, without(barrier))

Every ``__syncthreads();`` and ``__syncwarp(...);`` stands there for a reason. Without it, some run of the kernel's
ladder (``minitorch/ops/kernels/ladder.py``: its example, small) must go wrong: another result than the reference under
one of the schedules, an error of the debug mode, or a race. A barrier that nothing misses is superfluous, or the
example is too small to need it: both are worth knowing. What was found is remembered in the cache folder until a source
changes.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.core import cuda
from minitorch.kernels import KernelError, load, modes
from minitorch.kernels.compiler import cache_folder, kernel_folder
from minitorch.kernels.source import callers, functions, headers, kernels_from, strip_comments

_BARRIER = re.compile(r"\b__sync(threads|warp)\s*\([^()]*\)\s*;")
SCHEDULES = (0, 1, 77)


@dataclass(frozen=True)
class Barrier:
    """``text[start:end]`` of a file of kernels or a header; ``function``: in whose body."""

    path: Path
    function: str
    start: int
    end: int

    def __str__(self) -> str:
        text = self.path.read_text()
        line = text.count("\n", 0, self.start) + 1
        return f"{self.path.name}:{line} {text[self.start : self.end]} in {self.function}"


def barriers(path: Path) -> list[Barrier]:
    """The barriers of one source, in order."""
    code = strip_comments(path.read_text())
    bodies = functions(code)
    found = []
    for match in _BARRIER.finditer(code):
        inside = [name for name, start, end in bodies if start <= match.start() < end]
        if inside:
            found.append(Barrier(path, inside[-1], match.start(), match.end()))
    return found


def _cases(barrier: Barrier) -> Iterator[tuple[Any, str]]:
    """The ladders and kernels that reach the barrier on the host."""
    from minitorch.ops.kernels import all_ladders

    shortest = sorted(kernel_folder().glob("*.cu"), key=lambda path: path.stat().st_size)  # these compile fastest
    sources = [barrier.path] if barrier.path.suffix == ".cu" else shortest
    for path in sources:
        files = [*headers(path), path]
        if barrier.path not in files:
            continue
        reaching = callers("\n".join(strip_comments(each.read_text()) for each in files), {barrier.function})
        for ladder in all_ladders().values():
            if ladder.file == path.stem:
                for rung in ladder.records:
                    if rung.kernel in reaching and not rung.needs:
                        yield ladder, rung.kernel


def without(barrier: Barrier) -> str | None:
    """Who notices that the barrier is gone; None if nobody does. ``LookupError`` if no ladder's kernel reaches it."""
    cases = list(_cases(barrier))
    if not cases:
        raise LookupError(f"no kernel that runs on the host reaches {barrier}")
    remembered = cache_folder() / f"mutant-{_key(barrier)}.txt"
    if remembered.exists():
        return remembered.read_text() or None
    with _changed(barrier), cuda.chosen("emulate"):
        found = next((words for words in (_noticed(ladder, rung) for ladder, rung in cases) if words), None)
    remembered.write_text(found or "")
    return found


def _key(barrier: Barrier) -> str:
    """A hash of all sources, of the ladders, and of which barrier it is."""
    from minitorch.ops import kernels as families

    digest = hashlib.sha256(f"{barrier.path.name} {barrier.start}".encode())
    for folder, pattern in ((kernel_folder(), "**/*.[ch]*"), (Path(families.__path__[0]), "*.py")):
        for path in sorted(folder.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


@contextmanager
def _changed(barrier: Barrier) -> Iterator[None]:
    """Kernels come from a copy of the folder that lacks the barrier; every line stays where it is."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "kernels"
        shutil.copytree(kernel_folder(), folder)
        text = barrier.path.read_text()
        copy = folder / barrier.path.relative_to(kernel_folder())
        copy.write_text(text[: barrier.start] + ";" + text[barrier.end :])
        _forget_kernels()
        with kernels_from(folder):
            yield
        _forget_kernels()


def _forget_kernels() -> None:
    """The functions on arrays remember kernels; those of another folder are other kernels."""
    families = importlib.import_module("minitorch.ops.kernels")
    for name, module in list(sys.modules.items()):
        if name.startswith(families.__name__):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()


def _noticed(ladder: Any, rung: str) -> str | None:
    """What goes wrong with the example of a ladder, in a sentence."""
    from minitorch.kernels.plan import dtype_called

    inputs = ladder.example(np.random.default_rng(0), "small", dtype_called(ladder.dtypes[0]))
    wanted = _tuple(ladder.reference(*inputs))
    on_device = _on_device(inputs)
    for name, schedule in (*(("debug", each) for each in SCHEDULES), ("race", 0)):
        for given in (on_device, inputs):  # many kernels get larger blocks there, and one thread a block on the host
            try:
                with modes.mode(name, schedule):
                    got = _tuple(ladder.run(rung, *given))
            except KernelError as error:
                return f"the {name} mode: {error}"
            if not all(_close(*pair) for pair in zip(map(_host, got), wanted)):
                return f"the result of {rung}, under schedule {schedule}"
    changed = load(ladder.file)
    if not any(each._host for each in changed._launchable.values()):
        raise LookupError(f"the ladder {ladder.name} runs kernels that it got before the barrier was deleted")
    return None


def _on_device(value: Any) -> Any:
    """The same arrays in the memory of an emulated GPU."""
    from minitorch.core.cuda.emulated import fresh

    if isinstance(value, np.ndarray):
        return fresh(value.copy(), 0)
    return type(value)(map(_on_device, value)) if type(value) in (list, tuple) else value


def _host(output: Any) -> Any:
    return output if isinstance(output, (np.ndarray, np.generic, int, float)) else output.get()


def _tuple(outputs: Any) -> tuple[Any, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _close(got: Any, wanted: Any) -> bool:
    wanted = np.asarray(wanted)
    if wanted.dtype.kind != "f":
        return bool(np.array_equal(got, wanted))
    finite = np.abs(wanted[np.isfinite(wanted)])
    scale = finite.max(initial=1e-30)
    return bool(np.allclose(np.asarray(got, wanted.dtype), wanted, rtol=1e-3, atol=1e-3 * scale, equal_nan=True))
