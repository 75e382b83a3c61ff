"""Keeping freed memory for the next array.

A tensor of 8 MB lives for one step and the next step wants 8 MB again. The C library's ``free`` gives such memory back
to the system, and every page of the next array must be mapped and zeroed when it is first touched: on 2 million floats
a relu with its backward took 10 ms so, and takes 1.5 with the memory kept. glibc asks two numbers when it decides:

    M_MMAP_THRESHOLD   what is larger than this gets pages of its own, which go back at once
    M_TRIM_THRESHOLD   free memory at the end of the heap beyond this goes back

Both are raised here for the process, once, unless the user has set either (``MALLOC_..._THRESHOLD_`` or
``GLIBC_TUNABLES``). So up to ``KEPT`` bytes that are free may stay with the process. Elsewhere than on glibc nothing is
done. PyTorch has such a cache for GPUs (``CUDACachingAllocator``) and leaves the CPU to ``malloc``, or to jemalloc.
"""

from __future__ import annotations

import os
import sys

KEPT = 256 << 20
LARGEST = 32 << 20  # glibc allows no larger threshold
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_SETTINGS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")


def keep_freed_memory() -> bool:
    """Raise glibc's thresholds; False where that is not possible or not wanted."""
    if not sys.platform.startswith("linux") or any(name in os.environ for name in _SETTINGS):
        return False
    if "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    import ctypes  # NumPy has loaded it already

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, KEPT) and mallopt(_M_MMAP_THRESHOLD, LARGEST))
