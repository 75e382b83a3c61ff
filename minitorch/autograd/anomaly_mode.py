"""Anomaly mode: which line of the forward pass made the backward pass fail.

    with detect_anomaly():
        loss = model(x)             # every node remembers the lines of the program that made it
        loss.backward()             # an error, or a nan, comes with a warning that shows those lines

The traceback lies in ``node.metadata["traceback_"]``. A node that was made during a backward pass also has
``metadata["parent_"]``, the node whose derivative was running: when a second derivative fails, the warnings lead back
from the derivative's own operation to the line of the forward pass.

Everything costs several times more in this mode; that is why it is a mode. It holds for all threads.

PyTorch keeps this in ``torch/autograd/anomaly_mode.py`` and ``torch/csrc/autograd/python_anomaly_mode.cpp``.
"""

from __future__ import annotations

import traceback
import warnings
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import Node
from minitorch.autograd.tasks import current
from minitorch.autograd.watch import watch
from minitorch.core.dtypes import FLOATING

TRACEBACK, PARENT = "traceback_", "parent_"


def is_anomaly_enabled() -> bool:
    """Whether nodes remember their traceback now."""
    return watch.anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether, in anomaly mode, gradients are searched for nan."""
    return watch.check_nan


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switch anomaly mode."""
    for place, (name, value) in enumerate((("enabled", enabled), ("check_nan", check_nan)), start=1):
        if not isinstance(value, bool):
            raise TypeError(
                f"set_anomaly_enabled(): argument '{name}' (position {place}) must be bool, not {type(value).__name__}"
            )
    watch.set_anomaly(enabled, check_nan)


class detect_anomaly:  # noqa: N801
    """Inside, an error of the backward pass is traced back to the forward pass; ``check_nan``: so is a nan."""

    def __init__(self, check_nan: bool = True) -> None:
        self.previous = (watch.anomaly, watch.check_nan)
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exc_info: object) -> None:
        set_anomaly_enabled(*self.previous)


class set_detect_anomaly:  # noqa: N801
    """Switch anomaly mode on or off at once; as a context manager, back at the end."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.previous = (watch.anomaly, watch.check_nan)
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        set_anomaly_enabled(*self.previous)


# ---- what nodes and the engine call ---------------------------------------------------------------------------------


def note_traceback(node: Node) -> None:
    """Keep in the node's metadata where it is being made."""
    frames = traceback.extract_stack()
    while frames and _is_ours(frames[-1].filename):
        frames.pop()  # the machinery between the user's call and here
    node.metadata[TRACEBACK] = traceback.format_list(frames)
    if current.task is not None and current.task.node is not None:
        node.metadata[PARENT] = current.task.node


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE)


_PACKAGE = __file__.rpartition("autograd")[0]


def explain_failure(node: Node) -> None:
    """Warn with the tracebacks that lead to ``node``, whose derivative has failed."""
    lines = node.metadata.get(TRACEBACK)
    if lines is None:
        warnings.warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during "
            "forward pass for more information.",
            stacklevel=2,
        )
    else:
        warnings.warn(
            f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{''.join(lines)}",
            stacklevel=2,
        )
    parent = node.metadata.get(PARENT)
    while parent is not None:
        warnings.warn(
            f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call that induced the "
            f"previous calculation:\n{''.join(parent.metadata.get(TRACEBACK, ()))}",
            stacklevel=2,
        )
        parent = parent.metadata.get(PARENT)


def check_for_nan(node: Node, gradients: Any) -> None:
    """``RuntimeError`` if one of the gradients that ``node`` has computed contains nan."""
    previous, modes.enabled = modes.enabled, False
    try:
        for place, gradient in enumerate(gradients):
            if gradient is not None and gradient._dtype.category >= FLOATING and (gradient != gradient).any().item():
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {place}th output.")
    finally:
        modes.enabled = previous
