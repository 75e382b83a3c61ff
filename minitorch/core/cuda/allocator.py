"""The caching allocator: device memory is asked for in large segments, handed out in blocks, and kept when given back.

Asking the driver for memory stops the GPU, so it is done rarely. A segment is cut into blocks; a block that is given
back waits for the next request that it fits, and joins its neighbours in the segment when they wait too:

    request, rounded up to 512 bytes      pool     segment                  the rest of a block is cut off if it has
    up to 1 MiB                           small    2 MiB                    512 bytes
    up to 10 MiB                          large    20 MiB                   more than 1 MiB
    more                                  large    rounded up to 2 MiB      more than 1 MiB

    segment  | taken | waiting  | taken  |   waiting    |         allocated: what is taken; reserved: the whole segments

So the figures of ``memory_allocated`` and ``memory_reserved`` are those that PyTorch shows for the same program. Where
no segment can be had, those without a taken block are given back to the driver and it is tried once more; then comes
``OutOfMemoryError``. On an emulated device only the books are kept, and the driver has as much as
``MINITORCH_CUDA_MEMORY`` says. On a GPU the memory is CuPy's (``gpu_memory.py``).

PyTorch: ``c10/cuda/CUDACachingAllocator.cpp``. Left out: streams (nothing here is still in use when it is given back),
expandable segments, private pools, garbage collection by age.
"""

from __future__ import annotations

import bisect
import threading
from collections import deque

from minitorch.core.cuda.memory import MemoryStatistics, out_of_memory

KIB, MIB = 2**10, 2**20
SMALLEST = 512  # what sizes are rounded up to
SMALL = MIB  # the largest request for the small pool
SMALL_SEGMENT, LARGE_SEGMENT, LARGEST_SHARED = 2 * MIB, 20 * MIB, 10 * MIB
LARGE_STEP = 2 * MIB


def rounded(nbytes: int) -> int:
    """The size of the block that a request gets."""
    return max(SMALLEST, -(-nbytes // SMALLEST) * SMALLEST)


def segment_size(size: int) -> int:
    """How much is asked of the driver where a block of ``size`` is wanted."""
    if size <= SMALL:
        return SMALL_SEGMENT
    if size < LARGEST_SHARED:
        return LARGE_SEGMENT
    return -(-size // LARGE_STEP) * LARGE_STEP


class Block:
    """A part of a segment, between its neighbours ``before`` and ``behind``."""

    __slots__ = ("address", "size", "requested", "taken", "pool", "before", "behind", "device")

    def __init__(self, device: EmulatedMemory, pool: str, address: int, size: int) -> None:
        self.device, self.pool, self.address, self.size = device, pool, address, size
        self.requested, self.taken = 0, False
        self.before: Block | None = None
        self.behind: Block | None = None

    @property
    def is_whole_segment(self) -> bool:
        """Whether nothing of its segment is anywhere else."""
        return self.before is None and self.behind is None

    def __lt__(self, other: Block) -> bool:
        return (self.size, self.address) < (other.size, other.address)


class EmulatedMemory:
    """The segments and blocks of one emulated device with ``total`` bytes."""

    def __init__(self, index: int, total: int) -> None:
        self.index, self.total, self.limit = index, total, total
        self.statistics = MemoryStatistics()
        self._waiting: dict[str, list[Block]] = {"small_pool": [], "large_pool": []}  # by size, then address
        self._given_back: deque[Block] = deque()
        self._lock = threading.RLock()
        self._next_address = (0x7F00 + index) << 40

    # ---- taking -----------------------------------------------------------------------------------------------------

    def take(self, nbytes: int) -> Block | None:
        """A block for ``nbytes`` bytes; none for none. ``OutOfMemoryError`` if there is no room."""
        if nbytes == 0:
            return None
        size = rounded(nbytes)
        with self._lock:
            self.settle()
            pool = "small_pool" if size <= SMALL else "large_pool"
            block = self._waiting_block(pool, size) or self._new_segment(pool, size)
            self._cut(block, size)
            block.taken, block.requested = True, nbytes
            self.statistics.taken(pool, block.size, nbytes)
            return block

    def _waiting_block(self, pool: str, size: int) -> Block | None:
        """The smallest block that waits and is large enough."""
        waiting = self._waiting[pool]
        place = bisect.bisect_left(waiting, size, key=lambda block: block.size)
        if place == len(waiting):
            return None
        block = waiting.pop(place)
        self.statistics.split(pool, block, -1)
        return block

    def _new_segment(self, pool: str, size: int) -> Block:
        wanted = segment_size(size)
        if self.reserved + wanted > self.limit:
            self.statistics.counters["num_alloc_retries"] += 1
            self.empty_cache()
            if self.reserved + wanted > self.limit:
                self.statistics.counters["num_ooms"] += 1
                raise out_of_memory(wanted, self.index, self.total, self.limit, self.allocated, self.reserved)
        block = Block(self, pool, self._next_address, wanted)
        self._next_address += wanted
        self.statistics.reserved(pool, wanted)
        return block

    def _cut(self, block: Block, size: int) -> None:
        """Cut off what is not needed, if that is worth it."""
        rest = block.size - size
        if rest < SMALLEST or (block.pool == "large_pool" and rest <= SMALL):
            return
        tail = Block(self, block.pool, block.address + size, rest)
        tail.before, tail.behind = block, block.behind
        if tail.behind is not None:
            tail.behind.before = tail
        block.behind, block.size = tail, size
        self._wait(tail)

    # ---- giving back ------------------------------------------------------------------------------------------------

    def give_back(self, block: Block) -> None:
        """The block may be taken again. Only noted here, for this is called by destructors, at any moment."""
        self._given_back.append(block)

    def settle(self) -> None:
        """Put the blocks that were given back where they are found again."""
        with self._lock:
            while self._given_back:
                block = self._given_back.popleft()
                block.taken = False
                self.statistics.given_back(block.pool, block.size, block.requested)
                self._wait(self._joined(block))

    def _joined(self, block: Block) -> Block:
        """The block together with the neighbours that wait."""
        for neighbour in (block.before, block.behind):
            if neighbour is None or neighbour.taken:
                continue
            self._waiting[block.pool].remove(neighbour)
            self.statistics.split(block.pool, neighbour, -1)
            first, second = (neighbour, block) if neighbour is block.before else (block, neighbour)
            first.size += second.size
            first.behind = second.behind
            if first.behind is not None:
                first.behind.before = first
            block = first
        return block

    def _wait(self, block: Block) -> None:
        bisect.insort(self._waiting[block.pool], block)
        self.statistics.split(block.pool, block, +1)

    def empty_cache(self) -> None:
        """Give the segments of which no block is taken back to the driver."""
        with self._lock:
            self.settle()
            for pool, waiting in self._waiting.items():
                for block in [block for block in waiting if block.is_whole_segment]:
                    waiting.remove(block)
                    self.statistics.reserved(pool, -block.size)

    @property
    def used(self) -> bool:
        """Whether anything was ever taken."""
        return bool(self._next_address & (2**40 - 1))

    # ---- figures ----------------------------------------------------------------------------------------------------

    @property
    def allocated(self) -> int:
        """Bytes of the blocks that are taken."""
        return self.statistics.current("allocated_bytes")

    @property
    def reserved(self) -> int:
        """Bytes of the segments."""
        return self.statistics.current("reserved_bytes")
