"""What is set once for a process: threads, determinism, precision of matrix products.

PyTorch keeps these flags in ``aten/src/ATen/Context.h`` and consults them when it chooses a kernel. Here there is one
kernel for everything: it is deterministic and multiplies in full precision. So the flags are kept and checked as in
PyTorch; only the number of threads changes something: compiled kernels use so many. NumPy's BLAS has its own.
"""

from __future__ import annotations

import os
import warnings
from typing import Any


def _threads_at_start() -> int:
    """What ``OMP_NUM_THREADS`` says, as in PyTorch; else one for each processor that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Context:
    """The flags; one for the process."""

    threads = _threads_at_start()
    interop_threads = threads
    deterministic = False
    warn_only = False
    matmul_precision = "highest"
    warn_always = False


# ---- threads --------------------------------------------------------------------------------------------------------


def _count(value: Any, function: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RuntimeError(f"{function} expects an int, but got {type(value).__name__}")
    if value <= 0:
        raise RuntimeError(f"{function} expects a positive integer")
    return value


def get_num_threads() -> int:
    """How many threads an operator may use."""
    return _Context.threads


def set_num_threads(nthreads: int) -> None:
    """How many compiled kernels use from now on; those of NumPy's BLAS are set by its own environment variables."""
    _Context.threads = _count(nthreads, "set_num_threads")


def get_num_interop_threads() -> int:
    """How many operators may run at once."""
    return _Context.interop_threads


def set_num_interop_threads(nthreads: int) -> None:
    """Remembered for ``get_num_interop_threads``."""
    _Context.interop_threads = _count(nthreads, "set_num_interop_threads")


def set_flush_denormal(mode: bool) -> bool:
    """Whether the processor could be told to treat tiny numbers as zero: never here, NumPy gives no access to it."""
    if not isinstance(mode, bool):
        raise RuntimeError(f"set_flush_denormal expects a bool, but got {type(mode).__name__}")
    return False


def compiled_with_cxx11_abi() -> bool:
    """A fact about PyTorch's own build that programs ask for before they compile extensions: True, as it is there."""
    return True


# ---- determinism ----------------------------------------------------------------------------------------------------


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for operators that give the same result every time, which all of them do here."""
    for name, value in (("mode", mode), ("warn_only", warn_only)):
        if not isinstance(value, bool):
            raise TypeError(
                f"_set_deterministic_algorithms(): argument '{name}' must be bool, not {type(value).__name__}"
            )
    _Context.deterministic, _Context.warn_only = mode, warn_only and mode


def are_deterministic_algorithms_enabled() -> bool:
    """Whether ``use_deterministic_algorithms(True)`` was called."""
    return _Context.deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was called with ``warn_only=True``."""
    return _Context.warn_only


_DEBUG_MODES = ("default", "warn", "error")


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 or "default": off; 1 or "warn": on, warnings only; 2 or "error": on."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = _DEBUG_MODES.index(debug_mode)
    if not 0 <= debug_mode <= 2:
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: see ``set_deterministic_debug_mode``."""
    return 0 if not _Context.deterministic else 1 if _Context.warn_only else 2


# ---- precision, warnings --------------------------------------------------------------------------------------------


def get_float32_matmul_precision() -> str:
    """ "highest", "high" or "medium": what a float32 matrix product may round to inside."""
    return _Context.matmul_precision


def set_float32_matmul_precision(precision: str) -> None:
    """Remembered; products are always in full precision here. A warning for a word that is none of the three."""
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current setFloat32MatmulPrecision call "
            "has no effect.",
            stacklevel=2,
        )
        return
    _Context.matmul_precision = precision


def set_warn_always(b: bool) -> None:
    """Remembered for ``is_warn_always_enabled``; Python's own filters decide what is shown."""
    if not isinstance(b, bool):
        raise RuntimeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    _Context.warn_always = b


def is_warn_always_enabled() -> bool:
    """Whether ``set_warn_always(True)`` was called."""
    return _Context.warn_always
