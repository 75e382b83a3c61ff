"""The generator of a CUDA device: a seed and an offset, 16 bytes.

    torch.Generator("cuda")  ->  CUDAGenerator            seed: the key of Philox
                                                          offset: words each thread of a launch has drawn so far

Nothing is drawn here: a kernel is told seed and offset and draws by itself, and ``reserve`` raises the offset by what
it is going to use. ``random32`` and ``random64`` do the drawing on the host, for what has no kernel.

Each device has a default generator. Seeding one before CUDA was ever used is put off until it is (``when_in_use``): a
seed is no reason to start a GPU.

PyTorch: ``aten/src/ATen/cuda/CUDAGeneratorImpl.cpp``. Left out: what belongs to the capture of CUDA graphs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitorch.core.cuda import backends, philox
from minitorch.core.cuda.properties import device_properties
from minitorch.core.device import device as Device
from minitorch.core.device import place_of
from minitorch.core.generator import DEFAULT_SEED, Generator

_STATE = np.dtype([("seed", "<u8"), ("offset", "<u8")])


class CUDAGenerator(Generator):
    """A stream of random numbers for one CUDA device: what ``torch.Generator("cuda")`` makes."""

    __slots__ = ("_offset",)
    _offset: int

    def __init__(self, device: Any = "cuda") -> None:
        self.device = place_of(Device(device))
        self.mutex = threading.RLock()
        self._seed_engine(DEFAULT_SEED)

    def _seed_engine(self, seed: int) -> None:
        with self.mutex:
            self._initial_seed, self._offset = seed, 0

    # ---- drawing ----

    def reserve(self, n: int, numbers: int) -> tuple[int, int, philox.Launch]:
        """Seed, offset and shape of a launch that draws ``n`` > 0 numbers, ``numbers`` of a thread in a round. The next
        launch gets a higher offset."""
        gpu = device_properties(self.device.index or 0)
        launch = philox.launch_for(n, numbers, gpu.multi_processor_count, gpu.max_threads_per_multi_processor)
        return *self.advance(launch.increment), launch

    def advance(self, words: int) -> tuple[int, int]:
        """Seed and offset for a launch each of whose threads draws at most so many words, rounded up to fours."""
        with self.mutex:
            offset = self._offset
            self._offset += -(-words // philox.WORDS) * philox.WORDS
            return self._initial_seed, offset

    def random32(self, n: int) -> NDArray[np.uint32]:
        """A word for each of ``n`` elements, ``(n,)``, as a launch with four words of a thread draws them."""
        return philox.words(*self.reserve(n, 4)) if n else np.empty(0, np.uint32)

    def random64(self, n: int) -> NDArray[np.uint64]:
        """``n`` numbers uniform on [0, 2**64), ``(n,)``, as a launch with two of a thread draws them."""
        return philox.joined(philox.word_pairs(*self.reserve(n, 2))) if n else np.empty(0, np.uint64)

    # ---- the state ----

    def get_state_bytes(self) -> NDArray[np.uint8]:
        """Seed and offset, ``(16,)`` bytes."""
        with self.mutex:
            record = np.array((self._initial_seed, self._offset), _STATE)
        return np.frombuffer(record.tobytes(), np.uint8).copy()

    def set_state_bytes(self, state: NDArray[np.uint8]) -> None:
        """Continue from 16 bytes, or from 8, a seed alone. Bytes that are no state leave this stream untouched."""
        if not isinstance(state, np.ndarray) or state.dtype != np.uint8:
            kind = state.dtype if isinstance(state, np.ndarray) else type(state).__name__
            raise TypeError(f"RNG state must be a torch.ByteTensor, but got {kind}")
        if state.size not in (8, 16):
            raise RuntimeError(f"RNG state is wrong size: this generator's has 16 bytes, got {state.size}")
        record = np.frombuffer(state.tobytes().ljust(16, b"\0"), _STATE)[0]
        _check_offset(int(record["offset"]))
        with self.mutex:
            self._initial_seed, self._offset = int(record["seed"]), int(record["offset"])

    def get_offset(self) -> int:
        """How many words each thread of a launch has drawn so far."""
        return self._offset

    def set_offset(self, offset: int) -> Generator:
        """Continue from there, a multiple of 4, and return itself."""
        if isinstance(offset, bool) or not isinstance(offset, int):
            raise RuntimeError(f"set_offset expected a long, but got {type(offset).__name__}")
        _check_offset(offset)
        with self.mutex:
            self._offset = offset
        return self


def _check_offset(offset: int) -> None:
    if offset % philox.WORDS:
        raise RuntimeError(f"offset must be a multiple of 4, got {offset}")


# ---- one for each device --------------------------------------------------------------------------------------------

_defaults: list[CUDAGenerator] = []
_made_for: list[Any] = []  # the backends of the devices
_waiting: list[Callable[[], object]] = []
_lock = threading.RLock()


def default_generators() -> tuple[CUDAGenerator, ...]:
    """The generator of each CUDA device that draws when none is named; made, and seeded, when first asked for."""
    if not in_use():
        with _lock:
            _made_for[:] = backends()
            _defaults[:] = [CUDAGenerator(Device("cuda", index)) for index in range(len(_made_for))]
            for generator in _defaults:
                generator.seed()
            while _defaults and _waiting:
                _waiting.pop(0)()
    return tuple(_defaults)


def in_use() -> bool:
    """Whether there are default generators, of the devices there are now."""
    return bool(_defaults) and _made_for == backends()


def when_in_use(action: Callable[[], object]) -> None:
    """Do something to the default generators: now if there are any, else as soon as there are."""
    with _lock:
        if in_use():
            action()
        else:
            _waiting.append(action)


def entropy() -> int:
    """64 random bits of the operating system, to seed with."""
    return int.from_bytes(os.urandom(8), "little")


def seed_all(seed: int) -> None:
    """Start all default generators anew from ``seed``, also those that do not exist yet."""

    def action() -> None:
        for generator in _defaults:
            generator.manual_seed(seed)

    with _lock:
        _waiting.clear()  # whatever else was to be done to them is overwritten
        when_in_use(action)
