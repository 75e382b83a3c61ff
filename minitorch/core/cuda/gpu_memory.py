"""Memory of a real GPU: CuPy's pool, with books kept beside it.

    array -> CuPy's allocator -> GPUMemory.malloc -> the device's MemoryPool -> the driver
                                       |
                                     Lent          holds what the pool gave, and says so when the last array is gone

CuPy's pool caches blocks of multiples of 512 bytes as PyTorch's allocator does, but cuts its segments otherwise, so
what is reserved differs; it is the pool's own figure. What is allocated is counted here, block by block, as the pool
would have to go through all its blocks to say it. The pool's error becomes ``OutOfMemoryError``.

PyTorch: ``c10/cuda/CUDACachingAllocator.cpp``; CuPy: ``cupy/cuda/memory.pyx``.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from minitorch.core.cuda.memory import MemoryStatistics, out_of_memory

_SMALL = 2**20  # what PyTorch counts among the small blocks


class Lent:
    """Memory of the pool that somebody has."""

    __slots__ = ("memory", "size", "requested", "books")

    def __init__(self, memory: Any, requested: int, books: GPUMemory) -> None:
        self.memory, self.size, self.requested, self.books = memory, int(memory.mem.size), requested, books

    def __del__(self) -> None:
        self.books.given_back(self.size, self.requested)


class GPUMemory:
    """The figures of one GPU, as ``allocator.EmulatedMemory`` has them for an emulated one."""

    def __init__(self, index: int, cupy: Any) -> None:
        self.index, self._cupy, self._pool = index, cupy, cupy.get_default_memory_pool()
        with cupy.cuda.Device(index):
            self.total = int(cupy.cuda.runtime.memGetInfo()[1])
        self.limit, self.used = self.total, False
        self.statistics = MemoryStatistics()
        self._given_back: deque[tuple[int, int]] = deque()
        self._lock = threading.RLock()

    def malloc(self, nbytes: int) -> Any:
        """Memory of the pool, on the current device. ``OutOfMemoryError`` if there is none."""
        if nbytes == 0:
            return self._pool.malloc(0)
        try:
            memory = self._within_limit(nbytes)
        except self._cupy.cuda.memory.OutOfMemoryError as error:
            self.statistics.counters["num_ooms"] += 1
            free = int(self._cupy.cuda.runtime.memGetInfo()[0])
            raise out_of_memory(
                nbytes, self.index, self.total, self.limit, self.allocated, self.reserved, free
            ) from error
        lent = Lent(memory, nbytes, self)
        with self._lock:
            self.settle()
            self.used = True
            self.statistics.taken("small_pool" if lent.size <= _SMALL else "large_pool", lent.size, nbytes)
        cuda = self._cupy.cuda
        return cuda.MemoryPointer(cuda.UnownedMemory(memory.ptr, lent.size, lent, self.index), 0)

    def _within_limit(self, nbytes: int) -> Any:
        """What the pool gives. If it had to ask the driver for more than is allowed, that is as good as no memory."""
        memory = self._pool.malloc(nbytes)
        if self.reserved > self.limit:
            del memory
            self.empty_cache()
            self.statistics.counters["num_alloc_retries"] += 1
            memory = self._pool.malloc(nbytes)
            if self.reserved > self.limit:
                del memory
                self.empty_cache()
                raise self._cupy.cuda.memory.OutOfMemoryError(nbytes, self.reserved, self.limit)
        return memory

    def given_back(self, size: int, requested: int) -> None:
        """Somebody has no more use for a block. Only noted here, for this is called by destructors, at any moment."""
        self._given_back.append((size, requested))

    def settle(self) -> None:
        """Bring the figures up to date."""
        with self._lock:
            while self._given_back:
                size, requested = self._given_back.popleft()
                self.statistics.given_back("small_pool" if size <= _SMALL else "large_pool", size, requested)
            figure = self.statistics.figures["reserved_bytes"]["all"]
            if self.reserved != figure.current:
                figure.add(self.reserved - figure.current)

    def empty_cache(self) -> None:
        """Give what is not used back to the driver."""
        with self._cupy.cuda.Device(self.index):
            self._pool.free_all_blocks()
        self.settle()

    @property
    def allocated(self) -> int:
        """Bytes of the blocks that are taken."""
        return self.statistics.current("allocated_bytes")

    @property
    def reserved(self) -> int:
        """Bytes that were got from the driver."""
        with self._cupy.cuda.Device(self.index):
            return int(self._pool.total_bytes())
