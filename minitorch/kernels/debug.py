"""gdb, stopped at the first line of a kernel, in one thread of one block.

    python -m minitorch.kernels debug softmax_online --block 1 --thread 3

A kernel of the debug build is an ordinary function of an ordinary library: its threads run one after another, each
until it waits at a barrier. So a debugger's commands mean what they say: ``next`` goes to the next line of the same
thread, ``print s`` shows shared memory, ``print threadIdx`` where one is. A small Python program launches the kernel on
the example of its ladder, or on made-up arrays (``plan.py``); gdb runs that program and stops where it is asked to.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minitorch.kernels import KernelError, load
from minitorch.kernels.compiler import compiler, kernel_folder
from minitorch.kernels.launch import KernelFile
from minitorch.kernels.plan import body, ladder_of, plan

HELP = """\
Stopped in block ({block}), thread ({thread}) of {kernel}. How to go on:
  next, step            the next line; into a function that is called there
  print threadIdx       where one is; also blockIdx, blockDim, gridDim
  print *x@8            the first elements of an array; of shared memory: print s
  info locals           all variables of this thread
  tbreak FILE:LINE if threadIdx.x == 5    then continue: the same place in another thread
  continue, quit
"""

_DRIVER = """\
from pathlib import Path
from minitorch import kernels
{setup}
with kernels.mode("debug", {schedule}):
    {launch}
"""


def find(name: str, path: Path | None = None) -> tuple[KernelFile, str]:
    """The file and the instance for a kernel's name (``"softmax_online"``, ``"softmax_online<double>"``).

    ``ValueError`` if no file of the project, or not the given one, has it.
    """
    plain = name.partition("<")[0]
    seen: list[str] = []
    for each in [path] if path else sorted(kernel_folder().glob("*.cu")):
        file = load(each)
        seen += file.kernels
        if plain in file.kernels:
            instances = file.records[plain].instances
            if "<" not in name and not instances:
                raise ValueError(f"{plain} needs numbers for its template, such as '{plain}<4>'")
            return file, name if "<" in name else instances[0]
    close = difflib.get_close_matches(plain, seen, 3, 0.5)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise ValueError(f"there is no kernel {plain!r}{f' in {path}' if path else ''}{hint}")


def first_line(file: KernelFile, instance: str) -> int:
    """The line of the kernel's first statement."""
    line, code = body(file, instance.partition("<")[0])
    statement = re.compile(r"\S").search(code, 1)
    assert statement is not None  # at least the closing brace
    return line + code.count("\n", 0, statement.start())


def driver(file: KernelFile, instance: str, given: str | None = None, schedule: int = 0) -> str:
    """A program that launches the kernel once: on the example of its ladder, or as ``given`` or made up."""
    kernel = instance.partition("<")[0]
    ladder = ladder_of(file, kernel)
    if given is None and ladder is not None:
        setup = (
            "import numpy as np\nfrom minitorch.ops.kernels import all_ladders\n"
            "from minitorch.kernels.plan import dtype_called\n"
            f"ladder = all_ladders()[{ladder.name!r}]\n"
            f"inputs = ladder.example(np.random.default_rng(0), 'small', dtype_called({ladder.dtypes[0]!r}))\n"
        )
        return _DRIVER.format(setup=setup, schedule=schedule, launch=f"ladder.run({kernel!r}, *inputs)")
    described = str(plan(file[instance], given or ""))  # raises here, not inside gdb
    setup = (
        "from minitorch.kernels.plan import plan\n"
        f"kernel = kernels.load(Path({str(file.path)!r}))[{instance!r}]\nlaunch = plan(kernel, {described!r})\n"
    )
    return _DRIVER.format(
        setup=setup, schedule=schedule, launch="kernel(launch.grid, launch.block, launch.arguments(), launch.shared)"
    )


def script(file: KernelFile, instance: str, block: Sequence[int], thread: Sequence[int]) -> str:
    """What gdb is told before the user is."""
    where = [f"{name}.{axis} == {value}" for name, index in (("blockIdx", block), ("threadIdx", thread))
             for axis, value in zip("xyz", index)]  # fmt: skip
    words = HELP.format(kernel=instance, block=",".join(map(str, block)), thread=",".join(map(str, thread)))
    echoed = words.rstrip("\n").replace("\n", "\\n\\\n")
    return (
        "set pagination off\nset breakpoint pending on\nset confirm off\nset print thread-events off\n"
        "set debuginfod enabled off\nhandle SIGSEGV stop print\n"
        f"tbreak {file.path.name}:{first_line(file, instance)} if {' && '.join(where)}\n"
        f"run\nif $_thread == 0\n  echo The launch ended: it has no such thread in no such block.\\n\n  quit 1\nend\n"
        f"echo {echoed}\\n\n"
    )


def debug(
    name: str,
    block: Sequence[int] = (0,),
    thread: Sequence[int] = (0,),
    path: Path | None = None,
    given: str | None = None,
    schedule: int = 0,
    commands: Path | None = None,
) -> int:
    """Open gdb at a kernel; with ``commands``, a file of gdb commands, run these and end. gdb's exit status.

    ``KernelError`` where gdb or the compiler is missing.
    """
    import shutil

    gdb = shutil.which("gdb")
    if gdb is None:
        raise KernelError("gdb is missing: install it (say, apt-get install gdb)")
    if compiler() is None:
        raise KernelError("there is no C++ compiler (g++ or clang++), and so nothing that gdb could step through")
    file, instance = find(name, path)
    with tempfile.TemporaryDirectory() as folder:
        program, told = Path(folder) / "launch.py", Path(folder) / "start.gdb"
        program.write_text(driver(file, instance, given, schedule))
        told.write_text(script(file, instance, block, thread))
        options = [
            "-q",
            "-iex",
            "set auto-load python-scripts off",
            "-x",
            str(told),
            *(["-batch", "-x", str(commands)] if commands else []),
        ]
        package = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")])),
            "MINITORCH_KERNEL_TIMEOUT": "1000000",  # whoever steps is slow
        }
        return subprocess.run([gdb, *options, "--args", sys.executable, str(program)], env=environment).returncode
