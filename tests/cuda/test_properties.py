"""Which devices there are, what they are, which is the current one; and what a program hears where there is none."""

from __future__ import annotations

import warnings

import pytest
import torch as pytorch

import minitorch as torch
from minitorch.core import cuda

# ---- with a device --------------------------------------------------------------------------------------------------


def test_a_device_says_what_it_is():
    gpu = torch.cuda.get_device_properties()
    assert torch.cuda.is_available() and torch.cuda.device_count() >= 1
    assert torch.cuda.get_device_name(0) == gpu.name
    assert torch.cuda.get_device_capability("cuda") == (gpu.major, gpu.minor)
    assert gpu.total_memory == torch.cuda.mem_get_info()[1]
    assert gpu.warp_size == 32 and gpu.multi_processor_count > 0
    assert f"name='{gpu.name}', major={gpu.major}" in repr(gpu)
    assert torch.cuda.is_bf16_supported()
    assert torch.cuda.get_arch_list() == [f"sm_{gpu.major}{gpu.minor}"]


def test_an_emulated_device_says_that_it_is_an_h200(emulated):
    gpu = torch.cuda.get_device_properties(torch.device("cuda:0"))
    assert torch.cuda.is_emulated()
    assert (gpu.name, gpu.major, gpu.minor) == ("NVIDIA H200 (emulated)", 9, 0)
    assert (gpu.multi_processor_count, gpu.max_threads_per_multi_processor) == (132, 2048)
    assert gpu.total_memory == 8 << 30


def test_the_current_device_is_the_one_that_was_set(two_gpus):
    assert torch.cuda.current_device() == 0
    torch.cuda.set_device(1)
    try:
        assert torch.cuda.current_device() == 1
        torch.cuda.set_device(-1)
        assert torch.cuda.current_device() == 1
        assert torch.zeros(1, device="cuda").device.index == 1
    finally:
        torch.cuda.set_device("cuda:0")
    assert torch.cuda.current_device() == 0


def test_a_with_block_changes_the_current_device(two_gpus):
    with torch.cuda.device(1) as nothing:
        assert nothing is None
        assert torch.cuda.current_device() == 1
        with torch.cuda.device(None), torch.cuda.device(-1):
            assert torch.cuda.current_device() == 1
        with torch.cuda.device_of(torch.zeros(1, device="cuda:0")):
            assert torch.cuda.current_device() == 0
        with torch.cuda.device_of(torch.zeros(1)):
            assert torch.cuda.current_device() == 1
        with torch.cuda.device_of(torch.zeros(1, device="cuda:0").untyped_storage()):
            assert torch.cuda.current_device() == 0
    assert torch.cuda.current_device() == 0


def test_one_guard_may_be_entered_again_inside_itself(two_gpus):
    guard = torch.cuda.device("cuda:1")
    with guard:
        torch.cuda.set_device(0)
        with guard:
            assert torch.cuda.current_device() == 1
        assert torch.cuda.current_device() == 0
    assert torch.cuda.current_device() == 0


def test_a_wrong_device_is_refused(two_gpus):
    for wrong in (2, 7, "cuda:2", -2):
        with pytest.raises(AssertionError, match="Invalid device id"):
            torch.cuda.get_device_properties(wrong)
    with pytest.raises(ValueError, match="Expected a cuda device, but got: cpu"):
        torch.cuda.get_device_name("cpu")
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.cuda.set_device(2)
    with pytest.raises(ValueError, match="specified index"):
        torch.cuda.can_device_access_peer(0, "cuda")


def test_an_emulated_device_reads_no_other_ones_memory(emulated, two_gpus):
    assert not torch.cuda.can_device_access_peer(0, 1)


def test_the_devices_start_when_they_are_used(emulated):
    for use in (torch.cuda.init, torch.cuda.current_device, lambda: torch.zeros(1, device="cuda"), torch.cuda.Stream):
        with cuda.chosen("emulate"):
            assert not torch.cuda.is_initialized()
            kept = use()
            assert torch.cuda.is_initialized() or isinstance(kept, torch.cuda.Stream)


# ---- without one ----------------------------------------------------------------------------------------------------

SAME_AS_PYTORCH_WITHOUT_CUDA = [
    "cuda.is_available()", "cuda.device_count()", "cuda.is_initialized()", "cuda.init()", "cuda.current_device()",
    "cuda.set_device(-1)", "cuda.synchronize()", "cuda.get_device_name()", "cuda.get_device_name(0)",
    "cuda.get_device_capability()", "cuda.get_device_properties(0)", "cuda.is_bf16_supported()",
    "cuda.can_device_access_peer(0, 1)", "cuda.get_arch_list()", "cuda.manual_seed(1)", "cuda.manual_seed('a')",
    "cuda.manual_seed_all(1)", "cuda.seed()", "cuda.seed_all()", "cuda.initial_seed()", "cuda.get_rng_state()",
    "cuda.get_rng_state_all()", "cuda.set_rng_state(zeros(16, dtype=uint8))", "cuda.set_rng_state_all([])",
    "cuda.default_generators", "Generator(device='cuda')", "cuda.Stream()", "cuda.Event()",
    "cuda.Event(enable_timing=True)", "cuda.stream(None).__enter__()", "cuda.set_stream(None)", "cuda.current_stream()",
    "cuda.default_stream()", "cuda.memory_allocated()", "cuda.memory_reserved()", "cuda.max_memory_allocated()",
    "cuda.max_memory_reserved()", "cuda.memory_cached()", "cuda.memory_stats()", "cuda.memory_stats_as_nested_dict()",
    "cuda.empty_cache()", "cuda.mem_get_info()", "cuda.set_per_process_memory_fraction(0.5)",
    "cuda.get_per_process_memory_fraction()", "zeros(2).record_stream(None)", "cuda.device(0).__enter__()",
    "cuda.device(-1).__enter__()", "cuda.device('cpu').__enter__()", "cuda.device_of(zeros(1)).__enter__()",
    "cuda.OutOfMemoryError.__mro__[1]", "cuda.OutOfMemoryError is OutOfMemoryError", "random.fork_rng().__enter__()",
    "cuda.no_such_name", "zeros(1, device='cuda')", "get_rng_state().shape",
]  # fmt: skip


def outcome(package, call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return repr(eval(call, vars(package)))
        except Exception as error:
            return type(error)


@pytest.mark.skipif(pytorch.cuda.is_available(), reason="PyTorch has a CUDA device here")
@pytest.mark.parametrize("call", SAME_AS_PYTORCH_WITHOUT_CUDA)
def test_without_a_device_the_answer_is_that_of_a_pytorch_without_cuda(call):
    with cuda.chosen("off"):
        assert outcome(torch, call) == outcome(pytorch, call)


@pytest.mark.parametrize(
    "call",
    ["set_device(0)", "reset_peak_memory_stats()", "reset_accumulated_memory_stats()", "memory_summary()"],
)
def test_where_pytorch_without_cuda_stumbles_the_reason_is_said(call):
    with cuda.chosen("off"), pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        eval(f"torch.cuda.{call}", {"torch": torch})
