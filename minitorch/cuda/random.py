"""Seeds and states of the random numbers of GPUs.

Each device has a generator of its own (``core/cuda/generator.py``). Seeding works before there is one, or where there
never is: the seed waits for it. ``torch.manual_seed`` seeds them all.

PyTorch: ``torch/cuda/random.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch.core import cuda as gpus
from minitorch.core.cuda import generator, streams
from minitorch.core.cuda.generator import CUDAGenerator
from minitorch.cuda.devices import checked_index, device_count, init


def default_generators() -> tuple[CUDAGenerator, ...]:
    """One for each device; none without any."""
    return generator.default_generators() if gpus.is_available() else ()


def _of(device: Any) -> CUDAGenerator:
    return generator.default_generators()[streams.index_of(device)]


def get_rng_state(device: Any = "cuda") -> Any:
    """The state of a device's generator, 16 bytes."""
    init()
    return _of(checked_index(device)).get_state()


def get_rng_state_all() -> list[Any]:
    """The states of all generators."""
    return [get_rng_state(index) for index in range(device_count())]


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Continue from a state."""
    kept = new_state.clone()
    generator.when_in_use(lambda: _of(device).set_state(kept))


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Continue from states, one for each device."""
    for index, state in enumerate(new_states):
        set_rng_state(state, index)


def manual_seed(seed: Any) -> None:
    """Start the current device's generator anew from ``seed``."""
    number = int(seed)
    generator.when_in_use(lambda: _of(None).manual_seed(number))


def manual_seed_all(seed: Any) -> None:
    """Start all generators anew from ``seed``."""
    generator.seed_all(int(seed))


def seed() -> None:
    """Start the current device's generator anew from the operating system's randomness."""
    generator.when_in_use(lambda: _of(None).seed())


def seed_all() -> None:
    """Start all generators anew from the operating system's randomness, all with one seed."""
    generator.seed_all(generator.entropy())


def initial_seed() -> int:
    """The seed that the current device's generator was last started from."""
    return _of(checked_index()).initial_seed()
