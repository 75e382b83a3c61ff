"""``python -m minitorch.kernels``: check a kernel, list the ladders, time them, step through one in gdb."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from minitorch.kernels import KernelError

_CHECK = """\
Compile a .cu file for the host, sm_80 and sm_90, and run its kernels on made-up arrays in every mode: debug (three
orders of the threads), race, fast, threads. Says what was found and what usually mends it. Exit status 1 if something
was found, 2 if nothing could be checked.

A kernel of the project runs on its ladder's example. For any other the launch is guessed from its parameters, or said
in a comment above the kernel, or by --launch:
  // launch: grid=4 block=128 shared=512 x=float[500] y=[500] n=500
See docs/kernels.md for the rules.
"""
_DEBUG = """\
Start gdb on a launch of a kernel (debug build), stopped at the kernel's first line in one thread of one block.
The kernel is one of the project, or of --file; it runs on its ladder's example, or as --launch says.
"""


def indices(text: str) -> tuple[int, ...]:
    """``1,0`` as numbers; the name is in the message for anything else."""
    return tuple([int(each) for each in text.split(",")])


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m minitorch.kernels", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="check | list | bench | debug")

    def command(name: str, help: str, description: str = "") -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=help, description=description or help, formatter_class=argparse.RawDescriptionHelpFormatter
        )

    check = command("check", "find out what is wrong with a kernel", _CHECK)
    check.add_argument("file", type=Path, help="a .cu file")
    check.add_argument("--kernel", metavar="NAME", help="only this one; NAME<double> for that instance")
    check.add_argument("--grid", help="blocks, such as 4 or 4,2")
    check.add_argument("--block", help="threads of a block, such as 128 or 16,16")
    check.add_argument("--shared", help="bytes of dynamic shared memory")
    check.add_argument("--launch", "--args", default="", metavar="PLAN", help="'grid=4 block=128 x=float[500] n=500'")

    show = command("list", "print the ladders: each rung, what it changes and what that gains")
    show.add_argument("ladder", nargs="*", help="all unless named")
    show.add_argument("--markdown", action="store_true", help="as tables of a document")
    show.add_argument(
        "--resources", nargs="?", const="sm_90", metavar="ARCH", help="registers and shared memory too (needs NVRTC)"
    )

    time = command("bench", "time the rungs of ladders")
    time.add_argument("ladder", nargs="*", help="all unless named")
    time.add_argument("--size", choices=("small", "large"), default="large", help="of the examples (default: large)")
    time.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where (default: cpu)")
    time.add_argument("--dtype", help="of the examples (default: the first that a ladder has)")
    time.add_argument("--all", action="store_true", help="on the cpu, rungs with barriers too: they are slow there")
    time.add_argument("--json", action="store_true", help="for programs")

    step = command("debug", "step through a kernel in gdb", _DEBUG)
    step.add_argument("kernel", help="softmax_online, or softmax_online<double>")
    step.add_argument("--block", type=indices, default=(0,), help="blockIdx, such as 1 or 1,0 (default: 0)")
    step.add_argument("--thread", type=indices, default=(0,), help="threadIdx, such as 3 or 3,1 (default: 0)")
    step.add_argument("--file", type=Path, help="a .cu file of your own")
    step.add_argument("--launch", metavar="PLAN", help="'grid=4 block=128 x=float[500] n=500' (default: the example)")
    step.add_argument(
        "--schedule", type=int, default=0, help="order of the threads: 0 forwards, 1 backwards, else random"
    )
    step.add_argument("--commands", type=Path, metavar="FILE", help="run these gdb commands and end")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Its exit status."""
    options = parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except (ValueError, KeyError, OSError, KernelError) as error:
        words = error.args[0] if isinstance(error, KeyError) else str(error)
        print(f"python -m minitorch.kernels {options.command}: {words}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _check(options: argparse.Namespace) -> int:
    from minitorch.kernels.check import check

    shape = [f"{name}={getattr(options, name)}" for name in ("grid", "block", "shared") if getattr(options, name)]
    found = 0
    for report in check(options.file, options.kernel, " ".join([options.launch, *shape])):
        print(report, flush=True)
        found += len(report.findings)
    return 1 if found else 0


def _list(options: argparse.Namespace) -> int:
    from minitorch.kernels.listing import listing

    width = shutil.get_terminal_size((120, 24)).columns
    print(listing(options.ladder, options.markdown, options.resources, max(width, 80)))
    return 0


def _bench(options: argparse.Namespace) -> int:
    from minitorch.kernels.bench import bench, table

    result = bench(options.ladder, options.size, options.device, options.dtype, options.all)
    print(json.dumps(result, indent=1) if options.json else table(result))
    return 0


def _debug(options: argparse.Namespace) -> int:
    from minitorch.kernels.debug import debug

    return debug(
        options.kernel, options.block, options.thread, options.file, options.launch, options.schedule, options.commands
    )


_COMMANDS = {"check": _check, "list": _list, "bench": _bench, "debug": _debug}

if __name__ == "__main__":
    sys.exit(main())
