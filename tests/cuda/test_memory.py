"""Figures of device memory: what tensors occupy, what is kept for the next ones, and the end of it."""

from __future__ import annotations

import gc

import pytest

import minitorch as torch
from minitorch.core import cuda
from minitorch.core.cuda.allocator import MIB, EmulatedMemory, rounded, segment_size

EXACT = pytest.mark.usefixtures("emulated")  # the figures of a GPU depend on what ran there before


@pytest.fixture
def small(emulated, monkeypatch):
    """An emulated device with 64 MiB."""
    monkeypatch.setenv("MINITORCH_CUDA_MEMORY", str(64 * MIB))
    with cuda.chosen("emulate"):
        yield


def on_gpu(nbytes):
    return torch.empty(nbytes, dtype=torch.uint8, device="cuda")


def test_nothing_is_used_before_the_first_tensor(emulated):
    with cuda.chosen("emulate"):
        assert torch.cuda.memory_allocated() == torch.cuda.memory_reserved() == 0
        assert torch.cuda.memory_stats() == {}
        assert not torch.cuda.is_initialized()
        on_gpu(1)
        assert torch.cuda.is_initialized()


@EXACT
def test_a_tensor_occupies_multiples_of_512_bytes_as_long_as_somebody_holds_it():
    before = torch.cuda.memory_allocated()
    x = on_gpu(513)
    assert torch.cuda.memory_allocated() - before == 1024
    view = x[5:7]
    del x
    assert torch.cuda.memory_allocated() - before == 1024
    del view
    assert torch.cuda.memory_allocated() == before


@EXACT
def test_reserved_memory_stays_until_the_cache_is_emptied():
    x = on_gpu(100)
    assert torch.cuda.memory_reserved() == 2 * MIB
    y = on_gpu(3 * MIB)
    assert torch.cuda.memory_reserved() == 22 * MIB
    z = on_gpu(30 * MIB + 1)
    assert torch.cuda.memory_reserved() == 54 * MIB
    del y, z
    assert torch.cuda.memory_reserved() == 54 * MIB
    torch.cuda.empty_cache()
    assert torch.cuda.memory_reserved() == 2 * MIB  # a block of it is taken
    del x
    torch.cuda.empty_cache()
    assert torch.cuda.memory_reserved() == 0


@EXACT
def test_peaks_remember_the_most_until_they_are_reset():
    x = on_gpu(4 * MIB)
    del x
    assert torch.cuda.memory_allocated() == 0
    assert torch.cuda.max_memory_allocated() == 4 * MIB
    assert torch.cuda.max_memory_reserved() == 20 * MIB
    torch.cuda.reset_peak_memory_stats()
    assert torch.cuda.max_memory_allocated() == 0
    assert torch.cuda.max_memory_reserved() == 20 * MIB
    with pytest.warns(FutureWarning, match="resets /all/"):
        torch.cuda.reset_max_memory_allocated()
    with pytest.warns(FutureWarning, match="renamed"):
        assert torch.cuda.memory_cached() == 20 * MIB


@EXACT
def test_intermediate_results_count_too():
    x = torch.ones(1000, 1000, device="cuda")
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    y = ((x * 2) + 1).sum()
    assert torch.cuda.max_memory_allocated() >= before + 2 * 4_000_256
    assert torch.cuda.memory_allocated() == before + 512
    del y


@EXACT
def test_a_graph_holds_memory_until_backward():
    x = torch.ones(1000, 1000, device="cuda", requires_grad=True)
    before = torch.cuda.memory_allocated()
    loss = x.exp().sum()
    held = torch.cuda.memory_allocated() - before
    assert held == 4_000_256 + 512
    loss.backward()
    gc.collect()
    assert torch.cuda.memory_allocated() - before == 4_000_256 + 512  # now the gradient, not exp(x)


@EXACT
def test_a_resized_storage_takes_what_it_needs():
    x = on_gpu(512)
    before = torch.cuda.memory_allocated()
    x.untyped_storage().resize_(2048)
    assert torch.cuda.memory_allocated() - before == 2048 - 512
    x.untyped_storage().resize_(0)
    assert torch.cuda.memory_allocated() - before == -512


@EXACT
def test_devices_have_books_of_their_own(two_gpus):
    x = torch.empty(2 * MIB, dtype=torch.uint8, device="cuda:1")
    assert (torch.cuda.memory_allocated(0), torch.cuda.memory_allocated(1)) == (0, 2 * MIB)
    assert torch.cuda.mem_get_info("cuda:1")[0] < torch.cuda.mem_get_info("cuda:0")[0]
    with torch.cuda.device(1):
        assert torch.cuda.memory_allocated() == 2 * MIB
    del x


@EXACT
def test_stats_have_pytorchs_names():
    x, y = on_gpu(100), on_gpu(2 * MIB)
    stats = torch.cuda.memory_stats()
    assert stats["allocation.all.current"] == 2
    assert stats["allocated_bytes.small_pool.current"] == 512
    assert stats["allocated_bytes.large_pool.peak"] == 2 * MIB
    assert stats["requested_bytes.all.current"] == 100 + 2 * MIB
    assert stats["segment.all.current"] == stats["num_device_alloc"] == 2
    assert stats["inactive_split_bytes.large_pool.current"] == 18 * MIB
    assert list(stats) == sorted(stats)
    assert torch.cuda.memory_stats_as_nested_dict()["active"]["all"]["allocated"] == 2
    torch.cuda.reset_accumulated_memory_stats()
    assert torch.cuda.memory_stats()["allocation.all.allocated"] == 0
    assert torch.cuda.memory_stats()["allocation.all.current"] == 2
    del x, y


def test_the_summary_is_a_table_of_them():
    on_gpu(3 * MIB)
    summary = torch.cuda.memory_summary()
    assert "out of memory: 0" in summary and "large blocks" in summary
    assert "large blocks" not in torch.cuda.memory_summary(abbreviated=True)
    assert len({len(line) for line in summary.splitlines()[4:-1]}) == 1


# ---- no more --------------------------------------------------------------------------------------------------------


def test_too_large_a_tensor_is_an_error_with_the_sizes(small):
    x = on_gpu(8 * MIB)
    with pytest.raises(
        torch.cuda.OutOfMemoryError, match=r"CUDA out of memory\. Tried to allocate 60\.00 MiB"
    ) as caught:
        on_gpu(60 * MIB)
    assert "GPU 0 has a total capacity of 64.00 MiB of which 44.00 MiB is free" in str(caught.value)
    assert "8.00 MiB is allocated" in str(caught.value) and "12.00 MiB is reserved but unallocated" in str(caught.value)
    assert torch.cuda.OutOfMemoryError is torch.OutOfMemoryError
    assert issubclass(torch.OutOfMemoryError, RuntimeError)
    assert torch.cuda.memory_stats()["num_ooms"] == 1
    del x


def test_the_program_can_go_on_with_less(small):
    with pytest.raises(torch.cuda.OutOfMemoryError):
        on_gpu(65 * MIB)
    assert torch.cuda.memory_allocated() == 0
    assert on_gpu(64 * MIB).numel() == 64 * MIB


def test_cached_segments_are_given_back_before_it_comes_to_that(small):
    x = on_gpu(40 * MIB)
    del x
    assert torch.cuda.memory_reserved() == 40 * MIB
    assert on_gpu(50 * MIB).numel() == 50 * MIB
    assert torch.cuda.memory_stats()["num_alloc_retries"] == 1


def test_an_intermediate_result_may_be_the_one_that_is_too_much(small):
    x = torch.ones(10 * MIB // 4, device="cuda")
    with pytest.raises(torch.OutOfMemoryError):
        x.double() + x.double().exp()


def test_a_process_may_be_allowed_less(small):
    torch.cuda.set_per_process_memory_fraction(0.5)
    assert torch.cuda.get_per_process_memory_fraction() == 0.5
    with pytest.raises(torch.OutOfMemoryError, match=r"32\.00 MiB allowed"):
        on_gpu(40 * MIB)
    with pytest.raises(ValueError, match="0~1"):
        torch.cuda.set_per_process_memory_fraction(1.5)
    with pytest.raises(TypeError, match="float"):
        torch.cuda.set_per_process_memory_fraction(1)


def test_the_size_of_an_emulated_device_must_be_a_number(emulated, monkeypatch):
    monkeypatch.setenv("MINITORCH_CUDA_MEMORY", "8 GiB")
    with pytest.raises(ValueError, match="MINITORCH_CUDA_MEMORY"), cuda.chosen("emulate"):
        torch.cuda.mem_get_info()


# ---- the allocator by itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nbytes, size, segment",
    [
        (1, 512, 2 * MIB), (512, 512, 2 * MIB), (513, 1024, 2 * MIB), (MIB, MIB, 2 * MIB),
        (MIB + 1, MIB + 512, 20 * MIB), (10 * MIB - 512, 10 * MIB - 512, 20 * MIB), (10 * MIB, 10 * MIB, 10 * MIB),
        (10 * MIB + 1, 10 * MIB + 512, 12 * MIB),
    ],
)  # fmt: skip
def test_sizes_of_blocks_and_segments(nbytes, size, segment):
    assert (rounded(nbytes), segment_size(rounded(nbytes))) == (size, segment)


def test_blocks_that_wait_join_their_neighbours():
    memory = EmulatedMemory(0, 64 * MIB)
    first, second, third = (memory.take(MIB // 4) for _ in range(3))
    for block in (first, third, second):
        memory.give_back(block)
    whole = memory.take(MIB)
    assert whole.address == first.address
    assert memory.statistics.current("segment") == 1
    assert memory.statistics.current("inactive_split_bytes") == MIB
    memory.give_back(whole)
    memory.empty_cache()
    assert memory.reserved == memory.statistics.current("inactive_split") == 0


def test_the_smallest_block_that_fits_is_taken():
    memory = EmulatedMemory(0, 64 * MIB)
    blocks = [memory.take(size) for size in (4096, 512, 2048, 512, 8192, 512)]
    for block in blocks[::2]:
        memory.give_back(block)
    again = memory.take(1500)
    assert again.address == blocks[2].address and again.size == 1536
    assert memory.take(512).address == again.address + 1536


def test_no_bytes_take_no_block():
    assert EmulatedMemory(0, 64 * MIB).take(0) is None


def test_books_are_even_after_any_order_of_taking_and_giving_back():
    import numpy as np

    rng, memory, held = np.random.default_rng(0), EmulatedMemory(0, 10**12), []
    for _ in range(3000):
        if held and rng.random() < 0.5:
            memory.give_back(held.pop(int(rng.integers(len(held)))))
        else:
            held.append(memory.take(int(2 ** rng.uniform(0, 25))))
        memory.settle()
        assert memory.allocated == sum(block.size for block in held)
        spans = sorted((block.address, block.address + block.size) for block in held)
        assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:]))
    for block in held:
        memory.give_back(block)
    memory.empty_cache()
    everything = memory.statistics.as_dict()
    assert memory.reserved == 0
    for name in ("allocation", "allocated_bytes", "segment", "inactive_split", "inactive_split_bytes"):
        for pool in ("all", "small_pool", "large_pool"):
            assert everything[name][pool]["current"] == 0
            assert everything[name][pool]["allocated"] == everything[name][pool]["freed"]
