"""``minitorch.cuda``: what a program asks before it decides where to run.

    device = "cuda" if torch.cuda.is_available() else "cpu"

There is no CUDA backend yet, so the answer is no; it is read from the registry of backends, where one will appear.
PyTorch: ``torch/cuda/__init__.py``. Left out until there is a device: streams, events, memory figures.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import backend


def is_available() -> bool:
    """Whether tensors can live on a CUDA device."""
    return backend.is_available("cuda")


def __getattr__(name: str) -> Any:
    """``cuda.FloatTensor`` and its kin: an instance of none, and not to be made."""
    from minitorch.ops.creating.legacy_types import CUDA

    if name not in CUDA:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return CUDA[name]
