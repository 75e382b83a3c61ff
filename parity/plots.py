"""The plots of the report, each one a string of SVG that can stand inside an HTML page.

Figures are made as objects (`matplotlib.figure.Figure`), without pyplot: no window, no global
state, no backend to choose. Text stays text, so that it can be searched and copied. What an SVG
file needs and an SVG element does not (the XML prologue, the namespace addresses, the metadata with
its links) is cut off: the page names no network address.
"""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from parity.compare import GRADIENT_TOLERANCE, LOSS_EPOCHS, LOSS_TOLERANCE, Comparison
from parity.run import STEPS_PER_EPOCH

REFERENCE, CANDIDATE, LIMIT, GREY = "#e8954a", "#1f4e8c", "#b3261e", "#6b7280"
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "axes.labelcolor": "#374151",
    "xtick.color": "#4b5563",
    "ytick.color": "#4b5563",
    "axes.grid": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
SMALLEST_SHOWN = {"float32": 1e-9, "float64": 1e-18}


def all_plots(comparison: Comparison) -> dict[str, str]:
    """name -> SVG for the report's template."""
    plots = {"losses": losses, "gradients": gradients, "accuracy": accuracy, "timing": timing}
    with matplotlib.rc_context(STYLE):
        return {name: to_svg(plot(comparison), name) for name, plot in plots.items()}


def losses(comparison: Comparison) -> Figure:
    """Both loss curves over each other, and under them their difference with the tolerance."""
    dtype = comparison.settings.dtype
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    a, b = comparison.reference, comparison.candidate
    above.plot(a.losses, color=REFERENCE, linewidth=4, alpha=0.75, solid_capstyle="round", label=a.engine)
    above.plot(b.losses, color=CANDIDATE, linewidth=1.2, label=b.engine)
    above.set(yscale="log", ylabel="cross-entropy")
    above.legend(loc="upper right")

    below.plot(_drawable(comparison.loss_errors, dtype), color=GREY, linewidth=0, marker=".", markersize=4)
    judged = min(LOSS_EPOCHS[dtype], comparison.settings.epochs) * STEPS_PER_EPOCH
    tolerance = LOSS_TOLERANCE[dtype]
    below.plot([0, judged - 1], [tolerance, tolerance], color=LIMIT, linewidth=1.5)
    below.annotate(f"allowed: {tolerance:.0e}", (0, 2.5 * tolerance), color=LIMIT)
    below.set(yscale="log", xlabel="step", ylabel="|difference|")
    below.set_ylim(SMALLEST_SHOWN[dtype] / 3, 100 * _highest(comparison.loss_errors, tolerance))
    _mark_epochs(above, comparison)
    _mark_epochs(below, comparison)
    return figure


def gradients(comparison: Comparison) -> Figure:
    """The relative error of each parameter's first gradient against the tolerance."""
    dtype = comparison.settings.dtype
    rows = comparison.parameters[::-1]  # the first parameter on top
    figure = Figure(figsize=(9, 0.9 + 0.32 * len(rows)), layout="constrained")
    axes = figure.subplots()
    floor = SMALLEST_SHOWN[dtype]
    errors = _drawable(np.array([row.gradient_error for row in rows]), dtype)
    positions = np.arange(len(rows))
    axes.hlines(positions, floor / 3, errors, color="#cbd5e1", linewidth=2)
    axes.plot(errors, positions, "o", color=CANDIDATE, markersize=7)
    tolerance = GRADIENT_TOLERANCE[dtype]
    axes.axvline(tolerance, color=LIMIT, linewidth=1.5)
    text = f"allowed: {tolerance:.0e} "
    axes.annotate(text, (tolerance, len(rows) - 0.55), color=LIMIT, ha="right", va="center")
    axes.set(xscale="log", xlabel="max |a - b| / max |a|")
    axes.set_xlim(floor / 3, 10 * _highest(errors, tolerance))
    axes.set_yticks(positions, [row.name for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.2)
    axes.grid(visible=False, axis="y")
    return figure


def accuracy(comparison: Comparison) -> Figure:
    """Test accuracy after each epoch."""
    figure = Figure(figsize=(4.4, 3.2), layout="constrained")
    axes = figure.subplots()
    epochs = np.arange(1, comparison.settings.epochs + 1)
    a, b = comparison.reference, comparison.candidate
    axes.plot(
        epochs,
        a.accuracies,
        "o-",
        color=REFERENCE,
        linewidth=4,
        markersize=9,
        alpha=0.75,
        label=a.engine,
    )
    axes.plot(epochs, b.accuracies, "o-", color=CANDIDATE, linewidth=1.2, markersize=4, label=b.engine)
    axes.set(xlabel="epoch", ylabel="test accuracy, %")
    axes.set_xticks(epochs if len(epochs) <= 12 else np.linspace(1, epochs[-1], 6).round().astype(int))
    axes.legend(loc="lower right")
    return figure


def timing(comparison: Comparison) -> Figure:
    """How long the steps took: every step as a dot, and the median as a line."""
    figure = Figure(figsize=(4.4, 3.2), layout="constrained")
    axes = figure.subplots()
    recordings = (comparison.reference, comparison.candidate)
    for x, (recording, color) in enumerate(zip(recordings, (REFERENCE, CANDIDATE), strict=True)):
        milliseconds = 1e3 * np.array(recording.step_seconds)
        spread = np.random.default_rng(0).uniform(-0.18, 0.18, len(milliseconds))
        axes.plot(x + spread, milliseconds, ".", color=color, markersize=4, alpha=0.5)
        median = 1e3 * recording.seconds_a_step
        axes.hlines(median, x - 0.28, x + 0.28, color=color, linewidth=2.5)
        axes.annotate(f"{median:.2f}", (x + 0.31, median), va="center", color=color)
    axes.set(ylabel="ms a step", yscale="log")
    axes.set_xlim(-0.5, 1.75)
    axes.set_xticks([0, 1], [recording.engine for recording in recordings])
    axes.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, position: f"{value:g}")
    axes.yaxis.set_minor_locator(matplotlib.ticker.LogLocator(subs=(2, 5)))
    axes.grid(visible=False, axis="x")
    return figure


def to_svg(figure: Figure, name: str) -> str:
    """The figure as one <svg> element; `name` keeps the ids of several of them on a page apart."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'\s(width|height)="[\d.]+pt"', "", svg, count=2)  # the page decides; viewBox keeps the proportions
    svg = re.sub(
        r'id="(figure|axes|patch|line2d|text|LineCollection|PathCollection|matplotlib|legend|xtick|ytick)',
        rf'id="{name}-\1',
        svg,
    )
    return svg.replace("<svg", f'<svg role="img" aria-label="{name}"', 1)


def _drawable(errors: np.ndarray, dtype: str) -> np.ndarray:
    """Errors for a logarithmic axis, where zero has no place: it is drawn at the lower end."""
    return np.maximum(np.where(np.isinf(errors), np.nan, errors), SMALLEST_SHOWN[dtype])


def _highest(errors: np.ndarray, at_least: float) -> float:
    """The end of an axis: the largest error that is a number, and never less than the tolerance."""
    return max([at_least, *errors[np.isfinite(errors)]])


def _mark_epochs(axes: Axes, comparison: Comparison) -> None:
    for epoch in range(1, comparison.settings.epochs):
        axes.axvline(epoch * STEPS_PER_EPOCH - 0.5, color="#d1d5db", linewidth=0.8, linestyle=":")
