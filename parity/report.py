"""The report: one HTML file that holds everything, plots included, and opens without a network.

It is written whole or not at all: into a temporary file in the same directory, which then takes the
report's name in one step (`os.replace`). An interrupted run leaves neither a torn report nor the
temporary file behind.
"""

from __future__ import annotations

import datetime
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup

from parity import plots
from parity.compare import FAIL, INFO, PASS, Comparison
from parity.run import LEARNING_RATE, Settings
from parity.terminal import milestones

TEMPLATE = "report.html.jinja"


def report_name(settings: Settings) -> str:
    return f"cnn-{settings.device}-{settings.dtype}.html"


@contextmanager
def report_directory(directory: Path, name: str) -> Iterator[Path]:
    """Give the path `directory / name` after making sure that it can be written.

    Raises OSError where it cannot. A directory that was made here and stays empty is removed again.
    """
    made = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        if (directory / name).is_dir():
            raise IsADirectoryError(f"{directory / name} is a directory")
        with tempfile.TemporaryFile(dir=directory):
            pass
        yield directory / name
    finally:
        if made:
            with suppress(OSError):  # not empty: the report is in it
                directory.rmdir()


def write(path: Path, html: str) -> None:
    """Write `html` to `path` in one step."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".report-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(html)
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner reads
        os.replace(temporary, path)
    except BaseException:  # an interrupt included
        with suppress(OSError):
            os.unlink(temporary)
        raise


def render(comparison: Comparison) -> str:
    """The report as a string of HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    svgs = {name: Markup(svg) for name, svg in plots.all_plots(comparison).items()}
    return environment.get_template(TEMPLATE).render(
        comparison=comparison,
        settings=comparison.settings,
        a=comparison.reference,
        b=comparison.candidate,
        milestones=milestones(comparison.settings),
        plots=svgs,
        command=command_line(comparison.settings),
        learning_rate=LEARNING_RATE,
        surroundings=surroundings(),
        styles={PASS: "pass", FAIL: "fail", INFO: "info"},
        now=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )


def command_line(settings: Settings) -> str:
    """The command that repeats this run."""
    names = ("epochs", "dtype", "device", "seed", "dropout")
    return "python -m parity cnn " + " ".join(f"--{n} {getattr(settings, n)}" for n in names)


def surroundings() -> list[tuple[str, str]]:
    """What the numbers may depend on beside the engines."""
    return [
        ("processor", processor_name()),
        ("cores", str(os.cpu_count())),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("Python", platform.python_version()),
        ("NumPy", np.__version__),
    ]


def processor_name() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
