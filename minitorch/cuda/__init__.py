"""``torch.cuda``: the GPUs, seen from a program.

    device = "cuda" if torch.cuda.is_available() else "cpu"

    devices.py    how many there are, what they are, which is the current one
    memory.py     how much of their memory is used
    random.py     their random numbers
    streams       ``core/cuda/streams.py``: in which order they work

Whether there is a GPU, a real one through CuPy or an emulated one (``MINITORCH_CUDA=emulate``), is answered by
``core/cuda``. Without one, everything here answers as a PyTorch that was built without CUDA does.

PyTorch: ``torch/cuda/__init__.py``. Left out: graphs, NVTX, what asks the driver about other processes.
"""

from __future__ import annotations

from typing import Any

from minitorch.core.cuda import streams as streams
from minitorch.core.cuda.memory import OutOfMemoryError as OutOfMemoryError
from minitorch.core.cuda.streams import Event as Event
from minitorch.core.cuda.streams import ExternalStream as ExternalStream
from minitorch.core.cuda.streams import Stream as Stream
from minitorch.cuda import random as random
from minitorch.cuda.devices import can_device_access_peer as can_device_access_peer
from minitorch.cuda.devices import current_device as current_device
from minitorch.cuda.devices import current_stream as current_stream
from minitorch.cuda.devices import default_stream as default_stream
from minitorch.cuda.devices import device as device
from minitorch.cuda.devices import device_count as device_count
from minitorch.cuda.devices import device_of as device_of
from minitorch.cuda.devices import get_arch_list as get_arch_list
from minitorch.cuda.devices import get_device_capability as get_device_capability
from minitorch.cuda.devices import get_device_name as get_device_name
from minitorch.cuda.devices import get_device_properties as get_device_properties
from minitorch.cuda.devices import init as init
from minitorch.cuda.devices import is_available as is_available
from minitorch.cuda.devices import is_bf16_supported as is_bf16_supported
from minitorch.cuda.devices import is_emulated as is_emulated
from minitorch.cuda.devices import is_initialized as is_initialized
from minitorch.cuda.devices import set_device as set_device
from minitorch.cuda.devices import set_stream as set_stream
from minitorch.cuda.devices import stream as stream
from minitorch.cuda.devices import synchronize as synchronize
from minitorch.cuda.memory import empty_cache as empty_cache
from minitorch.cuda.memory import get_per_process_memory_fraction as get_per_process_memory_fraction
from minitorch.cuda.memory import max_memory_allocated as max_memory_allocated
from minitorch.cuda.memory import max_memory_cached as max_memory_cached
from minitorch.cuda.memory import max_memory_reserved as max_memory_reserved
from minitorch.cuda.memory import mem_get_info as mem_get_info
from minitorch.cuda.memory import memory_allocated as memory_allocated
from minitorch.cuda.memory import memory_cached as memory_cached
from minitorch.cuda.memory import memory_reserved as memory_reserved
from minitorch.cuda.memory import memory_stats as memory_stats
from minitorch.cuda.memory import memory_stats_as_nested_dict as memory_stats_as_nested_dict
from minitorch.cuda.memory import memory_summary as memory_summary
from minitorch.cuda.memory import reset_accumulated_memory_stats as reset_accumulated_memory_stats
from minitorch.cuda.memory import reset_max_memory_allocated as reset_max_memory_allocated
from minitorch.cuda.memory import reset_max_memory_cached as reset_max_memory_cached
from minitorch.cuda.memory import reset_peak_memory_stats as reset_peak_memory_stats
from minitorch.cuda.memory import set_per_process_memory_fraction as set_per_process_memory_fraction
from minitorch.cuda.random import get_rng_state as get_rng_state
from minitorch.cuda.random import get_rng_state_all as get_rng_state_all
from minitorch.cuda.random import initial_seed as initial_seed
from minitorch.cuda.random import manual_seed as manual_seed
from minitorch.cuda.random import manual_seed_all as manual_seed_all
from minitorch.cuda.random import seed as seed
from minitorch.cuda.random import seed_all as seed_all
from minitorch.cuda.random import set_rng_state as set_rng_state
from minitorch.cuda.random import set_rng_state_all as set_rng_state_all


def __getattr__(name: str) -> Any:
    """``cuda.default_generators``, made when first asked for; ``cuda.FloatTensor`` and its kin, which are no more."""
    if name == "default_generators":
        return random.default_generators()
    from minitorch.ops.creating.legacy_types import CUDA

    if name not in CUDA:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return CUDA[name]
