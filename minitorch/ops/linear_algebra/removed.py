"""Functions that PyTorch had once, and now only refuses: ``lstsq, matrix_rank, eig, symeig, solve``.

They are here so that a program from an old book says what to use instead. PyTorch: ``torch/_linalg_utils.py``.
"""

from __future__ import annotations

from typing import Any, NoReturn


def _removed(instead: str) -> NoReturn:
    raise RuntimeError(f"This function was deprecated since version 1.9 and is now removed. {instead}")


def lstsq(input: Any, A: Any, *, out: Any = None) -> NoReturn:
    """Refuses: the present ``linalg.lstsq`` takes the matrix first."""
    _removed("`torch.linalg.lstsq(A, B)` takes the matrix first and returns the solution without residuals in it.")


def matrix_rank(input: Any, tol: Any = None, symmetric: bool = False, *, out: Any = None) -> NoReturn:
    """Refuses: it is ``linalg.matrix_rank`` now."""
    _removed("Please use the `torch.linalg.matrix_rank` function instead.")


def eig(self: Any, eigenvectors: bool = False, *, e: Any = None, v: Any = None) -> NoReturn:
    """Refuses: ``linalg.eig`` gives complex results."""
    _removed("`torch.linalg.eig` returns complex tensors instead of real ones that imitate them.")


def symeig(input: Any, eigenvectors: bool = False, upper: bool = True, *, out: Any = None) -> NoReturn:
    """Refuses: ``linalg.eigh`` reads the lower triangle by default."""
    _removed("`torch.linalg.eigh` reads the lower triangle by default, not the upper one.")


def solve(input: Any, A: Any, *, out: Any = None) -> NoReturn:
    """Refuses: ``linalg.solve`` takes the matrix first."""
    _removed("`torch.linalg.solve(A, B)` takes the matrix first.")
