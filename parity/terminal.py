"""What the parity run shows in a terminal: a progress bar while it trains, then tables.

Everything is ASCII, so that a Windows console and a log file show the same; colour is used on a
terminal only, which is rich's own decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from parity.compare import FAIL, NOT_COMPARABLE, PASS, Comparison
from parity.run import STEPS_PER_EPOCH, Settings

STYLES = {PASS: "green", FAIL: "bold red", NOT_COMPARABLE: "yellow"}
PIPE_WIDTH = 100
BAR_WIDTH = 32


def make_console() -> Console:
    console = Console(highlight=False, emoji=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, emoji=False, markup=False, width=PIPE_WIDTH)


class AsciiBar(ProgressColumn):
    """[########----] in place of rich's bar, which is drawn with box characters."""

    def render(self, task: Task) -> Text:
        filled = int(BAR_WIDTH * task.percentage / 100)
        return Text(f"[{'#' * filled}{'-' * (BAR_WIDTH - filled)}]")


@contextmanager
def progress(console: Console, names: list[str], total: int, unit: str = "steps") -> Iterator[list[Callable[[], None]]]:
    """A bar of `total` units for each name; gives a function for each that moves it one on."""
    columns = (
        TextColumn("{task.description:<12}"),
        AsciiBar(),
        TextColumn(f"{{task.completed}}/{{task.total}} {unit}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
        tasks = [bars.add_task(name, total=total, start=(i == 0)) for i, name in enumerate(names)]

        def advance(i: int) -> Callable[[], None]:
            def one_step() -> None:
                bars.advance(tasks[i])
                if bars.tasks[i].finished and i + 1 < len(tasks):
                    bars.start_task(tasks[i + 1])  # the clock of a bar starts as the one before it ends

            return one_step

        yield [advance(i) for i in range(len(names))]


def show(console: Console, comparison: Comparison) -> None:
    """The three tables and the last line."""
    for table in (parameter_table(comparison), loss_table(comparison), verdict_table(comparison)):
        console.print()
        console.print(table)
    console.print()
    passed = comparison.passed
    console.print(
        "within tolerance" if passed else "NOT within tolerance",
        style=STYLES[PASS if passed else FAIL],
    )


def parameter_table(comparison: Comparison) -> Table:
    table = make_table("Initial weights and gradients of step 0", "parameter", ">shape", ">weights that differ")
    for heading in ("largest |gradient|", "relative error"):
        table.add_column(heading, justify="right")
    for row in comparison.parameters:
        weights = f"{row.unequal_weights:,}" if row.unequal_weights else "none"
        shape = " x ".join(map(str, row.shape))
        table.add_row(row.name, shape, weights, f"{row.largest_gradient:.3e}", f"{row.gradient_error:.1e}")
    return table


def loss_table(comparison: Comparison) -> Table:
    a, b = comparison.reference, comparison.candidate
    table = make_table("Losses along the training, and test accuracy after each epoch", ">step", f">{a.engine}")
    for heading in (b.engine, "difference", f"accuracy {a.engine}", f"accuracy {b.engine}"):
        table.add_column(heading, justify="right")
    for step, epoch in milestones(comparison.settings):
        accuracies = ("", "") if epoch is None else (f"{a.accuracies[epoch]:.2f} %", f"{b.accuracies[epoch]:.2f} %")
        losses = (
            f"{a.losses[step]:.10f}",
            f"{b.losses[step]:.10f}",
            f"{comparison.loss_errors[step]:.1e}",
        )
        table.add_row(str(step), *losses, *accuracies)
    return table


def milestones(settings: Settings) -> list[tuple[int, int | None]]:
    """(step, epoch that it ends): the very first step and the last of each epoch."""
    return [
        (0, None),
        *(((epoch + 1) * STEPS_PER_EPOCH - 1, epoch) for epoch in range(settings.epochs)),
    ]


def verdict_table(comparison: Comparison) -> Table:
    table = make_table("Verdict", "what", "measured", "allowed", "verdict")
    for check in comparison.checks:
        verdict = Text(check.verdict, style=STYLES.get(check.verdict, ""))
        table.add_row(check.name, check.measured, check.allowed, verdict)
    return table


def make_table(title: str, *headings: str) -> Table:
    """A table in ASCII; a heading that starts with > stands over a right-justified column."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.ASCII, show_edge=False)
    for heading in headings:
        table.add_column(
            heading.lstrip(">"),
            justify="right" if heading.startswith(">") else "left",
            overflow="fold",
        )
    return table
