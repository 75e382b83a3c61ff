"""What tests of linear algebra share: complex and positive-definite matrices, and errors of PyTorch's private type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from compare import randn, tensors_in

import minitorch


def complex_randn(*shape: int, seed: int = 0) -> np.ndarray:
    """Complex normal values, reproducible."""
    return np.asarray(randn(*shape, seed=seed) + 1j * randn(*shape, seed=seed + 1))


def positive_definite(*shape: int, kind: str = "real") -> np.ndarray:
    """Hermitian matrices with eigenvalues well above 0."""
    half = randn(*shape) if kind == "real" else complex_randn(*shape)
    return half @ np.conj(np.swapaxes(half, -1, -2)) + 2 * np.eye(shape[-1])


def check_singular(program: Callable[..., Any], *arguments: Any, same_text: bool = True) -> None:
    """Both engines must raise their ``LinAlgError``, which is a ``RuntimeError``, with the same message."""
    messages = []
    for engine, error in ((torch, torch.linalg.LinAlgError), (minitorch, minitorch.linalg.LinAlgError)):
        try:
            program(engine, *tensors_in(engine, arguments, grad=False))
        except RuntimeError as raised:
            assert type(raised) is error, f"{engine.__name__} raised {type(raised).__name__}: {raised}"
            messages.append(str(raised))
        else:
            raise AssertionError(f"{engine.__name__} accepted the call")
    assert messages[0] == messages[1] or not same_text
    assert minitorch.linalg.LinAlgError.__name__ == torch.linalg.LinAlgError.__name__
