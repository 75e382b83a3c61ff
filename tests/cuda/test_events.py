"""Events: places in streams, to wait for and to measure time between."""

from __future__ import annotations

import time

import pytest

import minitorch as torch


def test_time_passes_between_two_events():
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    time.sleep(0.02)
    end.record()
    end.synchronize()
    assert 15 < start.elapsed_time(end) < 2000  # milliseconds


def test_an_event_that_was_never_recorded_has_happened():
    event = torch.cuda.Event()
    assert event.query()
    event.synchronize()
    event.wait()
    assert event.cuda_event == 0 and event.device is None
    assert repr(event) == "<torch.cuda.Event uninitialized>"


def test_a_recorded_event_has_a_handle_and_a_device():
    event = torch.cuda.Event()
    event.record()
    event.synchronize()
    assert event.query()
    assert event.device == torch.device("cuda:0")
    assert repr(event) == f"<torch.cuda.Event {event.cuda_event:#x}>"
    assert event._as_parameter_.value == event.cuda_event != 0


def test_time_is_measured_only_between_recorded_events_made_for_it():
    timed, plain = torch.cuda.Event(enable_timing=True), torch.cuda.Event()
    with pytest.raises(ValueError, match="enable_timing=True"):
        timed.elapsed_time(plain)
    with pytest.raises(ValueError, match="must be recorded before"):
        timed.elapsed_time(torch.cuda.Event(enable_timing=True))
    timed.record()
    with pytest.raises(ValueError, match="must be recorded before"):
        timed.elapsed_time(torch.cuda.Event(enable_timing=True))


def test_an_event_stays_on_the_device_it_was_first_recorded_on(two_gpus):
    event = torch.cuda.Event()
    event.record(torch.cuda.Stream("cuda:1"))
    with pytest.raises(RuntimeError, match="Event device 1 does not match recording stream's device 0"):
        event.record(torch.cuda.Stream("cuda:0"))
    event.wait(torch.cuda.Stream("cuda:0"))  # waiting is possible from everywhere
    assert event.device == torch.device("cuda:1")


def test_a_stream_records_a_given_event_or_a_new_one():
    stream, event = torch.cuda.Stream(), torch.cuda.Event(blocking=True)
    assert stream.record_event(event) is event
    assert isinstance(stream.record_event(), torch.cuda.Event)
    assert event.query()


def test_events_for_other_processes_are_not_offered():
    with pytest.raises(NotImplementedError, match="other processes"):
        torch.cuda.Event(interprocess=True)
