"""How much memory of the GPUs is used, was used at most, and is left.

    allocated   what tensors occupy, in blocks of multiples of 512 bytes
    reserved    what was got from the driver: that, and what is kept for the next tensors

``core/cuda/allocator.py`` explains why the two differ. PyTorch: ``torch/cuda/memory.py``.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

from minitorch.core import cuda as gpus
from minitorch.core.cuda.memory import size_text
from minitorch.cuda.devices import checked_index, get_device_name, is_initialized


def _memory(device: Any) -> Any:
    """The books of a device, brought up to date."""
    memory = gpus.backend_of(checked_index(device)).memory
    memory.settle()
    return memory


def memory_stats_as_nested_dict(device: Any = None) -> dict[str, Any]:
    """All figures, nested; none before a device is used."""
    return _memory(device).statistics.as_dict() if is_initialized() else {}


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """All figures by name, such as ``allocated_bytes.all.peak``; none before a device is used."""
    flat: dict[str, Any] = {}

    def flatten(prefix: str, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if isinstance(value, dict):
                flatten(f"{prefix}{name}.", value)
            else:
                flat[prefix + name] = value

    flatten("", memory_stats_as_nested_dict(device))
    return OrderedDict(sorted(flat.items()))


def _figure(device: Any, name: str, reading: str) -> int:
    if not is_initialized():
        return 0
    return int(getattr(_memory(device).statistics.figures[name]["all"], reading))


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors occupy now."""
    return _figure(device, "allocated_bytes", "current")


def max_memory_allocated(device: Any = None) -> int:
    """Bytes that tensors occupied at most."""
    return _figure(device, "allocated_bytes", "peak")


def memory_reserved(device: Any = None) -> int:
    """Bytes got from the driver."""
    return _figure(device, "reserved_bytes", "current")


def max_memory_reserved(device: Any = None) -> int:
    """Bytes got from the driver at most."""
    return _figure(device, "reserved_bytes", "peak")


def memory_cached(device: Any = None) -> int:
    """The old name of ``memory_reserved``."""
    warnings.warn(
        "`torch.cuda.memory_cached` has been renamed to `torch.cuda.memory_reserved`", FutureWarning, stacklevel=2
    )
    return memory_reserved(device)


def max_memory_cached(device: Any = None) -> int:
    """The old name of ``max_memory_reserved``."""
    warnings.warn(
        "`torch.cuda.max_memory_cached` has been renamed to `torch.cuda.max_memory_reserved`",
        FutureWarning,
        stacklevel=2,
    )
    return max_memory_reserved(device)


def reset_peak_memory_stats(device: Any = None) -> None:
    """Let the peaks begin anew from what is used now."""
    _memory(device).statistics.reset_peaks()


def reset_accumulated_memory_stats(device: Any = None) -> None:
    """Let the sums of what was ever allocated and freed begin anew."""
    _memory(device).statistics.reset_accumulated()


def reset_max_memory_allocated(device: Any = None) -> None:
    """``reset_peak_memory_stats`` under an older name."""
    _warn_of_all_peaks("reset_max_memory_allocated")
    reset_peak_memory_stats(device)


def reset_max_memory_cached(device: Any = None) -> None:
    """``reset_peak_memory_stats`` under an older name."""
    _warn_of_all_peaks("reset_max_memory_cached")
    reset_peak_memory_stats(device)


def _warn_of_all_peaks(name: str) -> None:
    warnings.warn(
        f"torch.cuda.{name} now calls torch.cuda.reset_peak_memory_stats, which resets /all/ peak memory stats.",
        FutureWarning,
        stacklevel=3,
    )


def empty_cache() -> None:
    """Give what is reserved and not used back to the driver, on all devices."""
    if is_initialized():
        for backend in gpus.backends():
            backend.memory.empty_cache()


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Bytes that the driver still has, and all there are."""
    index = checked_index(device)
    if gpus.is_emulated():
        memory = _memory(index)
        return memory.total - memory.reserved, memory.total
    import cupy

    with cupy.cuda.Device(index):
        free, total = cupy.cuda.runtime.memGetInfo()
    return int(free), int(total)


def set_per_process_memory_fraction(fraction: float, device: Any = None) -> None:
    """Allow this process only a part of the memory; more is ``OutOfMemoryError``."""
    memory = _memory(device)
    if not isinstance(fraction, float):
        raise TypeError(f"Invalid type for fraction argument, must be `float`, got {type(fraction).__name__}")
    if not 0 <= fraction <= 1:
        raise ValueError(f"Invalid fraction value: {fraction}. Allowed range: 0~1")
    memory.limit = int(memory.total * fraction)


def get_per_process_memory_fraction(device: Any = None) -> float:
    """The part of the memory that this process may use."""
    memory = _memory(device)
    return float(memory.limit / memory.total)


_ROWS = (
    ("allocated_bytes", "Allocated"), ("requested_bytes", "Requested"), ("reserved_bytes", "Reserved"),
    ("inactive_split_bytes", "Reserved, in pieces"), ("allocation", "Blocks"), ("segment", "Segments"),
)  # fmt: skip


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """A table of the figures; without those of the two pools if ``abbreviated``."""
    index = checked_index(device)
    stats = memory_stats(index)
    width = 22 + 4 * 14
    title = f"GPU {index}, {get_device_name(index)}: memory"
    failed = f"out of memory: {stats['num_ooms']}, retries after emptying the cache: {stats['num_alloc_retries']}"
    lines = ["=" * width, title, failed, "=" * width]
    lines.append(f"{'':22}" + "".join(f"{name:>14}" for name in ("now", "peak", "added", "taken away")))
    for key, name in _ROWS:
        lines.append("-" * width)
        for pool in ("all",) if abbreviated else ("all", "large_pool", "small_pool"):
            values = [stats[f"{key}.{pool}.{reading}"] for reading in ("current", "peak", "allocated", "freed")]
            texts = [size_text(value) if key.endswith("bytes") else str(value) for value in values]
            label = name if pool == "all" else f"  {pool.partition('_')[0]} blocks"
            lines.append(f"{label:22}" + "".join(f"{text:>14}" for text in texts))
    return "\n".join([*lines, "=" * width, ""])
