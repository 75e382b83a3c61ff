"""Memory of a real GPU: CuPy's pool, looked at after each allocation.

    array -> CuPy's allocator -> GPUMemory.malloc -> the device's MemoryPool -> the driver

CuPy's pool caches blocks of multiples of 512 bytes as PyTorch's allocator does, but cuts its segments otherwise, so
what is reserved differs. It knows how much is used and reserved; the peaks are kept here, and its error becomes
``OutOfMemoryError``. The pool tells nobody when memory is given back, so what was freed is worked out when asked.

PyTorch: ``c10/cuda/CUDACachingAllocator.cpp``; CuPy: ``cupy/cuda/memory.pyx``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core.cuda.memory import Figure, MemoryStatistics, out_of_memory


class GPUMemory:
    """The figures of one GPU, as ``allocator.EmulatedMemory`` has them for an emulated one."""

    def __init__(self, index: int, cupy: Any) -> None:
        self.index, self._cupy, self._pool = index, cupy, cupy.get_default_memory_pool()
        with cupy.cuda.Device(index):
            self.total = int(cupy.cuda.runtime.memGetInfo()[1])
        self.limit, self.used = self.total, False
        self.statistics = MemoryStatistics()

    def malloc(self, nbytes: int) -> Any:
        """Memory of the pool, and the figures after that. ``OutOfMemoryError`` if there is none."""
        try:
            if self.reserved_after(nbytes) > self.limit:
                self._pool.free_all_blocks()
                self.statistics.counters["num_alloc_retries"] += 1
                if self.reserved_after(nbytes) > self.limit:
                    raise self._cupy.cuda.memory.OutOfMemoryError(nbytes, self.reserved, self.limit)
            memory = self._pool.malloc(nbytes)
        except self._cupy.cuda.memory.OutOfMemoryError as error:
            self.statistics.counters["num_ooms"] += 1
            free = int(self._cupy.cuda.runtime.memGetInfo()[0])
            raise out_of_memory(
                nbytes, self.index, self.total, self.limit, self.allocated, self.reserved, free
            ) from error
        self.used = True
        self.statistics.add("allocation", "large_pool", 1)
        self.settle()
        return memory

    def reserved_after(self, nbytes: int) -> int:
        """How much would be reserved if the pool had no block that fits. Only asked where less than all is allowed."""
        return self.reserved + nbytes if self.limit < self.total and nbytes > self._pool.free_bytes() else 0

    def settle(self) -> None:
        """Bring the figures up to date."""
        for name, now in (("allocated_bytes", self.allocated), ("reserved_bytes", self.reserved)):
            figure: Figure = self.statistics.figures[name]["all"]
            if now != figure.current:
                figure.add(now - figure.current)

    def empty_cache(self) -> None:
        """Give what is not used back to the driver."""
        with self._cupy.cuda.Device(self.index):
            self._pool.free_all_blocks()
        self.settle()

    @property
    def allocated(self) -> int:
        """Bytes of the blocks that are taken."""
        with self._cupy.cuda.Device(self.index):
            return int(self._pool.used_bytes())

    @property
    def reserved(self) -> int:
        """Bytes that were got from the driver."""
        with self._cupy.cuda.Device(self.index):
            return int(self._pool.total_bytes())
