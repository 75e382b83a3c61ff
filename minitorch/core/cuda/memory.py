"""Figures about device memory: how much is used, how much was at most, and the error when there is no more.

Each figure is kept four times, as ``memory_stats`` shows it:

    allocated_bytes.all.current       now
                        peak          the most since the last reset
                        allocated     all that was ever added
                        freed         all that was ever taken away

and three times, for all memory and for the pools of small and large blocks. ``allocator.py`` keeps them for emulated
devices. On a GPU memory is CuPy's: its pool says how much is used and reserved, and ``GPUMemory`` looks at it after
each allocation to know the peaks.

PyTorch: ``c10/core/CachingDeviceAllocator.h`` (``DeviceStats``), ``torch/cuda/memory.py``.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

FIGURES = (
    "allocation", "allocated_bytes", "requested_bytes", "active", "active_bytes", "reserved_bytes", "segment",
    "inactive_split", "inactive_split_bytes",
)  # fmt: skip
POOLS = ("all", "small_pool", "large_pool")
COUNTERS = ("num_alloc_retries", "num_ooms", "num_sync_all_streams", "num_device_alloc", "num_device_free")


class OutOfMemoryError(RuntimeError):
    """A device has no room for a tensor."""

    __module__ = "minitorch"  # where users find it


def out_of_memory(
    nbytes: int, index: int, total: int, limit: int, allocated: int, reserved: int, free: int | None = None
) -> OutOfMemoryError:
    """What to raise where ``nbytes`` are not to be had."""
    left = max(total - reserved, 0) if free is None else free
    allowed = f" {size_text(limit)} allowed;" if limit < total else ""
    return OutOfMemoryError(
        f"CUDA out of memory. Tried to allocate {size_text(nbytes)}. GPU {index} has a total capacity of "
        f"{size_text(total)} of which {size_text(left)} is free.{allowed} Of this process's memory "
        f"{size_text(allocated)} is allocated to tensors, and {size_text(reserved - allocated)} is reserved but "
        "unallocated. Usual ways out: smaller batches; no references to tensors of earlier steps (keep loss.item(), "
        "not loss); torch.no_grad() where no gradient is wanted."
    )


def size_text(nbytes: int) -> str:
    """Bytes as people read them: ``512 bytes``, ``1.50 KiB``, ``2.00 MiB``."""
    if nbytes < 1024:
        return f"{nbytes} bytes"
    for unit, size in (("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30)):
        if nbytes < 1024 * size or unit == "GiB":
            break
    return f"{nbytes / size:.2f} {unit}"


class Figure:
    """One number over time."""

    __slots__ = ("current", "peak", "allocated", "freed")

    def __init__(self) -> None:
        self.current = self.peak = self.allocated = self.freed = 0

    def add(self, amount: int) -> None:
        """More, or less."""
        now = self.current = self.current + amount
        if amount > 0:
            self.allocated += amount
            if now > self.peak:
                self.peak = now
        else:
            self.freed -= amount

    def as_dict(self) -> dict[str, int]:
        """Its four readings, by name."""
        return {name: getattr(self, name) for name in Figure.__slots__}


class MemoryStatistics:
    """All figures of a device."""

    def __init__(self) -> None:
        self.figures = {name: {pool: Figure() for pool in POOLS} for name in FIGURES}
        for same, name in (("active", "allocation"), ("active_bytes", "allocated_bytes")):
            self.figures[same] = self.figures[name]  # no block is still in use by a stream when it is given back
        self.counters: Counter[str] = Counter()

    def add(self, name: str, pool: str, amount: int) -> None:
        """Change a figure of a pool, and of all."""
        figure = self.figures[name]
        figure["all"].add(amount)
        figure[pool].add(amount)

    def current(self, name: str) -> int:
        """What a figure is now, over all pools."""
        return self.figures[name]["all"].current

    def taken(self, pool: str, size: int, requested: int, sign: int = 1) -> None:
        """A block was handed out."""
        self.add("allocation", pool, sign)
        self.add("allocated_bytes", pool, sign * size)
        self.add("requested_bytes", pool, sign * requested)

    def given_back(self, pool: str, size: int, requested: int) -> None:
        """A block came back."""
        self.taken(pool, size, requested, -1)

    def reserved(self, pool: str, size: int) -> None:
        """A segment was got from the driver, or, with a negative size, given back."""
        self.add("reserved_bytes", pool, size)
        self.add("segment", pool, 1 if size > 0 else -1)
        self.counters["num_device_alloc" if size > 0 else "num_device_free"] += 1

    def split(self, pool: str, block: Any, sign: int) -> None:
        """A block began or ceased to wait. If others of its segment are taken, the driver cannot have it back."""
        if block.before is not None or block.behind is not None:
            self.add("inactive_split", pool, sign)
            self.add("inactive_split_bytes", pool, sign * block.size)

    def reset_peaks(self) -> None:
        """The most that was used is what is used now."""
        for figure in self._all():
            figure.peak = figure.current

    def reset_accumulated(self) -> None:
        """Nothing was ever added or taken away."""
        for figure in self._all():
            figure.allocated = figure.freed = 0
        self.counters.clear()

    def _all(self) -> list[Figure]:
        return [figure for pools in self.figures.values() for figure in pools.values()]

    def as_dict(self) -> dict[str, Any]:
        """Everything, nested as PyTorch nests it."""
        nested: dict[str, Any] = {
            name: {pool: figure.as_dict() for pool, figure in pools.items()} for name, pools in self.figures.items()
        }
        nested |= {name: self.counters[name] for name in COUNTERS}
        nested |= {"max_split_size": -1, "num_oom_rejections": 0}
        nested |= {name: Figure().as_dict() for name in ("oversize_allocations", "oversize_segments")}
        return nested
