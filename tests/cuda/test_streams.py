"""Streams: queues of work, one of them the current one, that wait for each other when told to."""

from __future__ import annotations

import gc
import threading

import pytest

import minitorch as torch


def test_work_is_done_in_the_default_stream_unless_told_otherwise():
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    assert torch.cuda.current_stream().cuda_stream == 0
    assert torch.cuda.current_stream() is torch.cuda.current_stream("cuda:0")


def test_a_with_block_makes_a_stream_the_current_one():
    outer, inner = torch.cuda.Stream(), torch.cuda.Stream()
    with torch.cuda.stream(outer):
        assert torch.cuda.current_stream() == outer
        with inner:
            assert torch.cuda.current_stream() == inner
            y = torch.ones(3, device="cuda") + 1
        assert torch.cuda.current_stream() == outer
        with torch.cuda.stream(None):
            assert torch.cuda.current_stream() == outer
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    outer.wait_stream(inner)
    outer.synchronize()
    assert y.tolist() == [2, 2, 2]


def test_a_with_block_ends_also_by_an_exception():
    with pytest.raises(ZeroDivisionError), torch.cuda.stream(torch.cuda.Stream()):
        1 / 0  # noqa: B018
    assert torch.cuda.current_stream() == torch.cuda.default_stream()


def test_the_stream_of_another_device_brings_its_device(two_gpus):
    stream = torch.cuda.Stream("cuda:1")
    assert stream.device == torch.device("cuda:1")
    with torch.cuda.stream(stream):
        assert torch.cuda.current_device() == 1
        assert torch.cuda.current_stream() == stream
        assert torch.cuda.current_stream(0) == torch.cuda.default_stream(0)
        assert torch.empty(1, device="cuda").get_device() == 1
    assert torch.cuda.current_device() == 0
    assert torch.cuda.current_stream(1) == torch.cuda.default_stream(1)
    assert torch.cuda.default_stream(0) != torch.cuda.default_stream(1)


def test_set_stream_lasts():
    stream, before = torch.cuda.Stream(), torch.cuda.current_stream()
    torch.cuda.set_stream(None)
    assert torch.cuda.current_stream() == before
    torch.cuda.set_stream(stream)
    try:
        assert torch.cuda.current_stream() == stream
    finally:
        torch.cuda.set_stream(before)


def test_every_thread_has_a_current_stream_of_its_own():
    seen = []
    with torch.cuda.stream(torch.cuda.Stream()):
        thread = threading.Thread(target=lambda: seen.append(torch.cuda.current_stream()))
        thread.start()
        thread.join()
    assert seen == [torch.cuda.default_stream()]


def test_streams_are_told_apart_by_handle_and_device():
    first, second = torch.cuda.Stream(), torch.cuda.Stream()
    assert first != second and first == first and first != "a stream"
    assert len({first, second, first}) == 2
    assert repr(first) == f"<torch.cuda.Stream device=cuda:0 cuda_stream={first.cuda_stream:#x}>"
    assert first.__cuda_stream__() == (0, first.cuda_stream)
    assert first._as_parameter_.value == first.cuda_stream


def test_priorities_are_brought_into_the_range():
    low, high = torch.cuda.Stream.priority_range()
    assert (low, high) == (0, -3)
    assert [torch.cuda.Stream(priority=given).priority for given in (5, 0, -1, -9)] == [0, 0, -1, -3]


def test_a_stream_of_no_device_is_refused():
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.cuda.Stream(7)
    with pytest.raises(ValueError, match="Expected a cuda device"):
        torch.cuda.Stream("cpu")


def test_a_stream_has_done_its_work_after_synchronize():
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        y = torch.ones(1000, device="cuda").sum()
    stream.synchronize()
    assert stream.query()
    assert y.item() == 1000
    torch.cuda.synchronize()
    torch.cuda.synchronize("cuda:0")


# ---- who waits for whom ---------------------------------------------------------------------------------------------


def test_a_stream_follows_only_what_it_has_waited_for(emulated):
    compute, copy = torch.cuda.Stream(), torch.cuda.Stream()
    done = compute.record_event()
    assert compute.follows(done) and not copy.follows(done)
    copy.wait_event(done)
    assert copy.follows(done)
    assert not copy.follows(compute.record_event())


def test_waiting_is_handed_on(emulated):
    first, second, third = (torch.cuda.Stream() for _ in range(3))
    event = first.record_event()
    second.wait_event(event)
    assert not third.follows(event)
    third.wait_stream(second)
    assert third.follows(event)


def test_a_stream_waits_for_the_last_time_an_event_was_recorded(emulated):
    first, second, third = (torch.cuda.Stream() for _ in range(3))
    event = torch.cuda.Event()
    event.record(first)
    third.wait_event(event)
    event.record(second)
    assert not third.follows(event)
    third.wait_event(event)
    assert third.follows(event)


def test_nobody_waits_for_an_event_that_was_never_recorded(emulated):
    stream = torch.cuda.Stream()
    stream.wait_event(torch.cuda.Event())
    assert stream.follows(torch.cuda.Event())


# ---- memory used in several streams ---------------------------------------------------------------------------------


def test_memory_used_in_another_stream_is_kept_until_that_stream_is_done():
    stream = torch.cuda.Stream()
    x = torch.ones(1 << 20, device="cuda")
    before = torch.cuda.memory_allocated()
    with torch.cuda.stream(stream):
        y = x * 2
    x.record_stream(stream)
    x[3:].record_stream(stream)
    del x
    gc.collect()
    stream.synchronize()
    torch.ones(1, device="cuda").record_stream(stream)  # looks at what was kept
    assert y.sum().item() == 2 << 20
    assert torch.cuda.memory_allocated() <= before + y.nbytes


def test_record_stream_wants_a_stream_and_a_tensor_of_a_device():
    with pytest.raises(RuntimeError, match="unknown parameter type"):
        torch.ones(1, device="cuda").record_stream(None)
    with pytest.raises(NotImplementedError, match="CPU"):
        torch.ones(1).record_stream(torch.cuda.Stream())
