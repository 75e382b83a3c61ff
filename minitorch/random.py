"""``torch.random``: seeding the default generator, its state, and leaving it untouched for a while.

The stream itself is ``core/generator.py``; what is drawn from it is ``ops/creating/random.py``.

PyTorch: ``torch/random.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from minitorch.core import generator
from minitorch.core.cuda import generator as cuda_generators
from minitorch.core.device import place_of
from minitorch.core.generator import Generator
from minitorch.core.generator import default_generator as default_generator
from minitorch.ops.creating.from_data import from_numpy

generator.bind_state_type(from_numpy)


def manual_seed(seed: Any) -> Generator:
    """Start the default generators of all devices anew from ``seed``. Returns the CPU's."""
    cuda_generators.seed_all(int(seed))
    return generator.manual_seed(seed)


def seed() -> int:
    """Start the default generators from the operating system's randomness, all with one seed. Returns the seed."""
    seed = generator.seed()
    cuda_generators.seed_all(seed)
    return seed


def initial_seed() -> int:
    """The seed the default generator was last started from."""
    return generator.initial_seed()


def get_rng_state() -> Any:
    """The default generator's state as a byte tensor, in PyTorch's own layout."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Go on from a state that ``get_rng_state`` gave, here or in PyTorch."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None, enabled: bool = True, _caller: str = "fork_rng",
    _devices_kw: str = "devices", device_type: str = "cuda",
) -> Iterator[None]:  # fmt: skip
    """Inside, draw and seed at will: at the end the default generators go on from where they were.

    ``devices``: those of which CUDA devices, by default of all.
    """
    if not enabled:
        yield
        return
    states = states_of_generators(devices if device_type == "cuda" else ())
    try:
        yield
    finally:
        go_on_from(states)


def states_of_generators(devices: Iterable[Any] | None = None) -> list[tuple[Generator, Any]]:
    """Where the default generators stand: the CPU's, and those of CUDA devices, of all there are for None."""
    if devices is None:
        others: Iterable[Generator] = cuda_generators.default_generators()
    else:
        others = [generator.default_generator_of(place_of(device)) for device in devices]
    return [(each, each.get_state()) for each in (default_generator, *others)]


def go_on_from(states: list[tuple[Generator, Any]]) -> None:
    """Put generators back to where they stood."""
    for each, state in states:
        each.set_state(state)
