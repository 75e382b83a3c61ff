"""Who is asked before device memory is taken, and told when it is given back.

Every block of emulated device memory is a ``Memory`` (``emulated.py``), also that of an intermediate result, as on a
GPU every one comes from a pool. It calls ``take`` before it exists, which may refuse with an out-of-memory error, and
``release`` when the last array over it is gone.

On a real GPU CuPy's ``MemoryPool`` does both; ``translated`` makes of its error the one that users of PyTorch catch.

PyTorch: ``c10/cuda/CUDACachingAllocator.h``.
"""

from __future__ import annotations


class Allocator:
    """Counts nothing and refuses nothing. Whoever keeps accounts derives from it and calls ``install``."""

    def take(self, nbytes: int, device: int) -> None:
        """``nbytes`` bytes on the ``device``-th GPU are about to be taken. Raises where there is no room."""

    def release(self, nbytes: int, device: int) -> None:
        """A block that was taken is free again. Called from ``__del__``: must not raise."""

    def translated(self, error: Exception) -> Exception:
        """What to raise for an error of CuPy's pool."""
        return error


_installed = Allocator()


def installed() -> Allocator:
    """The allocator that is asked at the moment."""
    return _installed


def install(allocator: Allocator) -> Allocator:
    """Ask this one from now on; the one before is handed back."""
    global _installed
    before, _installed = _installed, allocator
    return before
