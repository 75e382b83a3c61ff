"""The books beside CuPy's memory pool, with a pool that behaves as CuPy's and has no GPU behind it."""

from __future__ import annotations

import gc
from types import SimpleNamespace

import pytest

import minitorch as torch
from minitorch.core.cuda.gpu_memory import GPUMemory

MIB = 2**20


class OutOfMemoryError(Exception):
    """``cupy.cuda.memory.OutOfMemoryError``."""


class Pool:
    """Rounds up to 512 bytes, keeps what comes back, and has ``total`` bytes to give."""

    def __init__(self, total):
        self.total, self.used, self.kept = total, 0, 0

    def malloc(self, nbytes):
        size = -(-nbytes // 512) * 512
        if size <= self.kept:
            self.kept -= size
        elif self.used + self.kept + size > self.total:
            raise OutOfMemoryError(nbytes)
        self.used += size
        return Pooled(self, size)

    def free_all_blocks(self):
        self.kept = 0

    def total_bytes(self):
        return self.used + self.kept


class Pooled:
    def __init__(self, pool, size):
        self.pool, self.mem, self.ptr = pool, SimpleNamespace(size=size), 4096

    def __del__(self):
        self.pool.used -= self.mem.size
        self.pool.kept += self.mem.size


class Unowned:
    def __init__(self, ptr, size, owner, device_id):
        self.ptr, self.size, self.owner, self.device_id = ptr, size, owner, device_id


class Guard:
    def __init__(self, index):
        self.index = index

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        return None


@pytest.fixture
def memory():
    pool = Pool(64 * MIB)
    runtime = SimpleNamespace(memGetInfo=lambda: (64 * MIB - pool.total_bytes(), 64 * MIB))
    cuda = SimpleNamespace(
        Device=Guard, runtime=runtime, memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
        UnownedMemory=Unowned, MemoryPointer=lambda memory, offset: SimpleNamespace(mem=memory, ptr=memory.ptr),
    )  # fmt: skip
    return GPUMemory(0, SimpleNamespace(cuda=cuda, get_default_memory_pool=lambda: pool))


def test_what_the_pool_gives_is_counted_until_the_last_reference_is_gone(memory):
    first, second = memory.malloc(100), memory.malloc(3 * MIB)
    assert (memory.allocated, memory.reserved) == (512 + 3 * MIB, 512 + 3 * MIB)
    del second
    gc.collect()
    memory.settle()
    assert (memory.allocated, memory.reserved) == (512, 512 + 3 * MIB)
    figures = memory.statistics.figures["allocated_bytes"]
    assert figures["all"].peak == 512 + 3 * MIB and figures["large_pool"].current == 0
    memory.empty_cache()
    assert memory.statistics.current("reserved_bytes") == 512
    assert first.mem.device_id == 0 and memory.used


def test_the_pools_error_is_pytorchs(memory):
    kept = memory.malloc(10 * MIB)
    with pytest.raises(torch.cuda.OutOfMemoryError, match=r"Tried to allocate 60\.00 MiB.*54\.00 MiB is free"):
        memory.malloc(60 * MIB)
    assert memory.statistics.counters["num_ooms"] == 1
    del kept


def test_less_than_all_may_be_allowed(memory):
    memory.limit = 32 * MIB
    cached = memory.malloc(30 * MIB)
    del cached
    gc.collect()
    with pytest.raises(torch.cuda.OutOfMemoryError, match=r"32\.00 MiB allowed"):
        memory.malloc(40 * MIB)
    assert memory.malloc(31 * MIB).mem.size == 31 * MIB
    assert memory.reserved == 31 * MIB


def test_no_bytes_are_nobodys(memory):
    memory.malloc(0)
    assert not memory.used
