"""`python -m parity cnn`, `bench`, `gpu` and `results`: the command line of the parity runs.

Exit status: 0 within tolerance, 1 not within tolerance, 2 wrong usage (with one line that says what
is wrong), 130 interrupted. All that can be wrong with the usage is found before anything is trained
or measured.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

ENGINES = ("torch", "minitorch")
EXIT_PASS, EXIT_FAIL, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130
MISSING = "{} is missing; `pip install -e .[parity]` in the repository installs it"


class UsageError(Exception):
    """What the command was asked for cannot be done; the message is for the person who asked."""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def main(argv: list[str] | None = None, engines: tuple[str, str] = ENGINES) -> int:
    """Run the command line; `engines` are the modules that play PyTorch and minitorch."""
    try:
        arguments = make_parser().parse_args(argv)
        return arguments.command(arguments, engines)
    except UsageError as error:
        print(f"parity: error: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("parity: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def make_parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m parity", description="The same programs in PyTorch and in minitorch.")
    commands = parser.add_subparsers(required=True, metavar="{cnn,bench,gpu,results}")

    cnn = commands.add_parser(
        "cnn",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        help="train one network in both engines and compare all that can be observed",
        epilog="exit status: 0 within tolerance, 1 not within tolerance, 2 wrong usage",
    )
    cnn.add_argument("--epochs", type=positive_int, default=10, metavar="N", help="epochs of 23 steps")
    cnn.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="precision")
    cnn.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to train")
    cnn.add_argument("--seed", type=seed_int, default=0, metavar="S", help="seed for both engines")
    cnn.add_argument(
        "--dropout", type=probability, metavar="P", help="dropout, 0 for none (0.25, on an emulated device 0)"
    )
    out = Path("parity-report")
    cnn.add_argument("--out", type=Path, default=out, metavar="DIR", help="where the report goes")
    cnn.set_defaults(command=run_cnn)

    bench = commands.add_parser(
        "bench",
        help="time the same workloads in both engines, in alternating processes",
        epilog="exit status: 0; 1 when a workload fails, with --check also when a reach is missed; 2 wrong usage",
    )
    bench.add_argument(
        "--rounds", type=positive_int, default=5, metavar="N", help="processes of each engine (default: 5)"
    )
    bench.add_argument("--only", action="append", metavar="NAME", help="only this workload; may be given again")
    bench.add_argument("--threads", type=positive_int, metavar="N", help="threads for both (default: their own)")
    bench.add_argument("--json", action="store_true", help="print JSON in place of the table")
    bench.add_argument("--check", action="store_true", help="exit with 1 when a reach is missed")
    bench.set_defaults(command=run_bench)

    gpu = commands.add_parser(
        "gpu",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        help="on a machine with a GPU: run the CUDA tests, the parity runs and the bench, and keep the results",
        epilog="exit status: 0 when every step passed, 1 when one failed, 2 wrong usage",
    )
    gpu.add_argument(
        "--only", choices=("tests", "parity", "bench", "kernels"), action="append", help="only this step; again"
    )
    gpu.add_argument("--epochs", type=positive_int, default=10, metavar="N", help="epochs of the parity run")
    gpu.add_argument("--out", type=Path, default=Path("parity/results"), metavar="DIR", help="where the result goes")
    gpu.set_defaults(command=run_gpu)

    results = commands.add_parser("results", help="the table of what was measured on GPUs, from parity/results")
    results.add_argument("--folder", type=Path, default=Path("parity/results"), metavar="DIR", help="with the results")
    results.add_argument("--write", type=Path, nargs="?", const=Path("README.md"), metavar="FILE", help="into FILE")
    results.set_defaults(command=run_results)
    return parser


def run_cnn(arguments: argparse.Namespace, engines: tuple[str, str]) -> int:
    try:
        from parity import compare, report, run, terminal
    except ModuleNotFoundError as error:
        raise UsageError(MISSING.format(error.name)) from error
    modules, devices = import_engines(engines, arguments.device)
    settings = run.Settings(
        arguments.epochs,
        arguments.dtype,
        arguments.device,
        arguments.seed,
        dropout=dropout_for(arguments.dropout, devices),
        reference_device=devices[0],
    )
    console = terminal.make_console()
    with contextlib.ExitStack() as stack:
        try:
            path = stack.enter_context(report.report_directory(arguments.out, report.report_name(settings)))
        except OSError as error:
            raise UsageError(f"--out {arguments.out}: cannot write there ({error.strerror or error})") from error
        on_step = stack.enter_context(terminal.progress(console, list(engines), settings.steps))
        recordings = [
            run.train(module, settings, step, device)
            for module, step, device in zip(modules, on_step, devices, strict=True)
        ]
        comparison = compare.compare(settings, *recordings)
        report.write(path, report.render(comparison))
    terminal.show(console, comparison)
    console.print(f"report: {path}", soft_wrap=True)
    return EXIT_PASS if comparison.passed else EXIT_FAIL


def run_bench(arguments: argparse.Namespace, engines: tuple[str, str]) -> int:
    from parity.bench import workloads

    names = arguments.only or list(workloads.WORKLOADS)
    for name in names:
        if name not in workloads.WORKLOADS:
            raise UsageError(f"--only {name}: no such workload (there are {', '.join(workloads.WORKLOADS)})")
    try:
        from parity.bench import alternate, table
    except ModuleNotFoundError as error:
        raise UsageError(MISSING.format(error.name)) from error
    for name in engines:
        if importlib.util.find_spec(name) is None:
            raise UsageError(f"{name} is not installed")
    show_progress = not arguments.json
    busy = alternate.how_busy()
    results = alternate.measure_all(names, engines, arguments.rounds, arguments.threads, progress=show_progress)
    table.show(results, engines, arguments.threads, busy, as_json=arguments.json)
    missed = any(result.missed for result in results)
    failed = any(result.failure for result in results)
    return EXIT_FAIL if failed or (arguments.check and missed) else EXIT_PASS


def run_gpu(arguments: argparse.Namespace, engines: tuple[str, str]) -> int:
    try:
        from parity import gpu
    except ModuleNotFoundError as error:
        raise UsageError(MISSING.format(error.name)) from error
    modules, devices = import_engines(engines, "cuda")
    steps = tuple(arguments.only) if arguments.only else gpu.STEPS
    path = gpu.measure((modules[0], modules[1]), devices, arguments.out, steps, arguments.epochs)
    found = json.loads(path.read_text())
    print(f"results: {path}")
    return EXIT_PASS if all(found[step]["passed"] for step in steps) else EXIT_FAIL


def run_results(arguments: argparse.Namespace, engines: tuple[str, str]) -> int:
    from parity import results

    text = results.table(results.read(arguments.folder))
    if arguments.write is None:
        print(text)
        return EXIT_PASS
    try:
        changed = results.write(arguments.write, text)
    except (OSError, ValueError) as error:
        raise UsageError(f"--write {arguments.write}: {error}") from error
    print(f"{arguments.write}: {'written' if changed else 'up to date'}")
    return EXIT_PASS


def import_engines(names: tuple[str, str], device: str) -> tuple[list[Any], list[str]]:
    """The two modules, and on which device each trains.

    Where minitorch emulates a GPU there is none for PyTorch: the reference then trains on the CPU.
    """
    reference, candidate = modules = [import_engine(name) for name in names]
    devices = [device, device]
    if device == "cuda":
        emulated = has_cuda(candidate) and getattr(candidate.cuda, "is_emulated", lambda: False)()
        if emulated:
            devices[0] = "cpu"
        for name, engine in ((names[0], candidate if emulated else reference), (names[1], candidate)):
            if not has_cuda(engine):
                raise UsageError(
                    f"--device cuda: {name} finds no CUDA device here (MINITORCH_CUDA=emulate: minitorch emulates one)"
                )
    return modules, devices


def import_engine(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(f"the engine {name} cannot be imported: {error}") from error


def has_cuda(engine: Any) -> bool:
    return hasattr(engine, "cuda") and bool(engine.cuda.is_available())


def dropout_for(given: float | None, devices: list[str]) -> float:
    """The probability; 0 where the two draw from different streams, a GPU's and a CPU's."""
    if devices[0] == devices[1]:
        return 0.25 if given is None else given
    if given:
        raise UsageError(f"--dropout {given:g}: an emulated GPU draws a GPU's random numbers, the reference a CPU's")
    return 0.0


def positive_int(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def seed_int(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{value} is not in 0..2**63-1")
    return value


def probability(text: str) -> float:
    value = float(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not in 0..1 (1 excluded)")
    return value


if __name__ == "__main__":
    sys.exit(main())
