"""The random number generator: one seed, one stream of 32-bit numbers, the same as PyTorch's.

The engine is Matsumoto and Nishimura's Mersenne twister mt19937 (ACM TOMACS 8, 1998). Its state is
a key of 624 words ``k[0..623]``, filled from a 32-bit seed by ``init_genrand``. When all words are
used up the whole key is *twisted*,

    y    = (k[i] & 0x80000000) | (k[i+1] & 0x7fffffff)           (indices modulo 624)
    k[i] = k[i+397] ^ (y >> 1) ^ (0x9908b0df if y is odd else 0)

and each word is *tempered* (four xor-shifts) on its way out. NumPy has this very engine in C, so
twisting and tempering are left to ``numpy.random.MT19937``; what stands here is what PyTorch adds
to it: seeding, the 5056 bytes that ``torch.get_rng_state()`` returns, 64-bit numbers, and the
second normal number of a Box-Muller pair, kept for later.

    seed ---> key ---> [ block of 624 outputs ] ---> random32, random64 ---> distributions.py
               ^                 | all used                                  random_integers.py
               +----- twist -----+

Outputs are fetched one block at a time, so that NumPy's key is always the key of the block being
handed out and a state can be written down at any position: that is the bookkeeping of ``left`` and
``next`` in PyTorch's state.

PyTorch keeps the engine in ``aten/src/ATen/core/MT19937RNGEngine.h``, the generator in
``aten/src/ATen/CPUGeneratorImpl.cpp`` and the Python class in ``torch/csrc/Generator.cpp``. Left
out on purpose: the ``graphsafe`` states. The generator of a CUDA device, whose engine is a counter, is a subclass:
``core/cuda/generator.py``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitorch.core import mersenne_twister
from minitorch.core.backend import is_available
from minitorch.core.device import device as Device

KEY_WORDS = 624
DEFAULT_SEED = 67280421310721  # c10::default_rng_seed_val, what a new torch.Generator() starts from

# What torch.get_rng_state() lays down: a C struct with its padding. Two fields that PyTorch itself
# no longer reads (normal_x, normal_rho) have no name here and are written as zero.
STATE_LAYOUT = np.dtype(
    {
        "names": [
            "initial_seed", "left", "seeded", "next", "key",
            "normal_y", "normal_is_valid", "float_normal", "float_normal_is_valid",
        ],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", KEY_WORDS), "<f8", "<i4", "<f4", "?"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040, 5048, 5052],
        "itemsize": 5056,
    }
)  # fmt: skip

_HALF_WORD = np.uint64(32)
_NO_BLOCK: NDArray[np.uint32] = np.empty(0, np.uint32)


def init_genrand(seed: int) -> NDArray[np.uint32]:
    """The first key of mt19937, ``(624,)``: a congruential walk from ``seed`` modulo 2**32."""
    word = seed & 0xFFFFFFFF
    key = [word]
    for i in range(1, KEY_WORDS):
        word = (1812433253 * (word ^ (word >> 30)) + i) & 0xFFFFFFFF
        key.append(word)
    return np.array(key, np.uint32)


class Generator:
    """A stream of random numbers with a seed and a state, as ``torch.Generator`` on the CPU.

    ``mutex`` is reentrant; a sampling function that needs several draws to be neighbours holds it.
    ``next_double_normal_sample`` and ``next_float_normal_sample`` keep the second number of a
    Box-Muller pair (PyTorch's CPU kernels use the double alone, but both are part of the state).
    """

    __slots__ = (
        "device", "mutex", "next_double_normal_sample", "next_float_normal_sample",
        "_initial_seed", "_engine", "_block", "_position",
    )  # fmt: skip

    def __new__(cls, device: Any = "cpu") -> Generator:
        if cls is Generator and Device(device).type == "cuda":
            return _cuda_generator(device)
        return super().__new__(cls)

    def __init__(self, device: Any = "cpu") -> None:
        self.device = Device(device)
        if self.device.type != "cpu":
            raise RuntimeError(f"Generator(): device '{device}' has no mt19937 generator, expected 'cpu'")
        self.mutex = threading.RLock()
        self._engine = np.random.MT19937(0)
        self._seed_engine(DEFAULT_SEED)

    def _seed_engine(self, seed: int) -> None:
        with self.mutex:
            self._initial_seed = seed
            self._load_key(init_genrand(seed), KEY_WORDS)
            self._block = _NO_BLOCK
            self._position = KEY_WORDS
            self.next_double_normal_sample: float | None = None
            self.next_float_normal_sample: float | None = None

    def _load_key(self, key: NDArray[np.uint32], position: int) -> None:
        self._engine.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}

    # ---- drawing ----

    def random32(self, n: int) -> NDArray[np.uint32]:
        """The next ``n`` numbers of the engine: ``(n,)``, each uniform on [0, 2**32)."""
        with self.mutex:
            start = self._position
            end = start + n
            if end <= KEY_WORDS:
                self._position = end
                return self._block[start:end].copy()
            blocks = (end - 1) // KEY_WORDS
            left_over = self._block[start:]
            numbers = np.empty(left_over.size + blocks * KEY_WORDS, np.uint32)
            numbers[: left_over.size] = left_over
            self._draw_blocks(numbers[left_over.size :])
            self._block = numbers[-KEY_WORDS:].copy()
            self._position = end - blocks * KEY_WORDS
            return numbers[:n]

    def _draw_blocks(self, words: NDArray[np.uint32]) -> None:
        """Fill ``words``, whole blocks, with those that come next; the engine's key becomes that of the last."""
        if not mersenne_twister.serves(words.size // KEY_WORDS):
            words[...] = self._engine.random_raw(words.size)  # as uint64, each below 2**32
            return
        key = self._engine.state["state"]["key"]
        mersenne_twister.draw_blocks(key, words)
        self._load_key(key, KEY_WORDS)

    def random64(self, n: int) -> NDArray[np.uint64]:
        """``n`` numbers uniform on [0, 2**64), ``(n,)``: two draws each, the high half first."""
        halves = self.random32(2 * n)
        numbers = halves[::2].astype(np.uint64)
        np.left_shift(numbers, _HALF_WORD, out=numbers)
        return np.bitwise_or(numbers, halves[1::2], out=numbers)

    # ---- seeding ----

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``, -2**63 <= seed < 2**64, and return itself.

        A negative seed counts down from 2**64. The engine takes the low 32 bits only;
        ``initial_seed`` remembers all 64.
        """
        if isinstance(seed, np.integer):
            raise TypeError("manual_seed(): an integer is required, got a NumPy scalar; pass int(seed)")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"manual_seed(): Overflow when unpacking long long, got {seed}")
        self._seed_engine(seed % 2**64)
        return self

    def seed(self) -> int:
        """Seed from the operating system's entropy and return that 64-bit seed."""
        seed = int.from_bytes(os.urandom(8), "little")
        self._seed_engine(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed this stream was started from, in [0, 2**64)."""
        return self._initial_seed

    # ---- the state ----

    def get_state_bytes(self) -> NDArray[np.uint8]:
        """The whole state, ``(5056,)`` bytes, as ``torch.get_rng_state()`` has them."""
        record = np.zeros((), STATE_LAYOUT)
        with self.mutex:
            untwisted = self._block.size == 0  # seeded, nothing drawn: PyTorch writes next = 0, left = 1
            record["initial_seed"] = self._initial_seed
            record["left"] = 1 if untwisted else KEY_WORDS + 1 - self._position
            record["seeded"] = 1
            record["next"] = 0 if untwisted else self._position
            record["key"] = self._engine.state["state"]["key"]
            if self.next_double_normal_sample is not None:
                record["normal_y"], record["normal_is_valid"] = self.next_double_normal_sample, 1
            if self.next_float_normal_sample is not None:
                record["float_normal"], record["float_normal_is_valid"] = (
                    self.next_float_normal_sample,
                    True,
                )
        return np.frombuffer(record.tobytes(), np.uint8).copy()

    def set_state_bytes(self, state: NDArray[np.uint8]) -> None:
        """Continue the stream that ``state`` was taken from, here or in PyTorch.

        Bytes that are no such state raise and leave this stream untouched.
        """
        if not isinstance(state, np.ndarray) or state.dtype != np.uint8:
            kind = state.dtype if isinstance(state, np.ndarray) else type(state).__name__
            raise TypeError(f"set_state(): RNG state must be a ByteTensor (uint8), but got {kind}")
        if state.size != STATE_LAYOUT.itemsize:
            raise RuntimeError(
                f"set_state(): Expected a CPUGeneratorImplState of size {STATE_LAYOUT.itemsize} "
                f"but found the input RNG state size to be {state.size}"
            )
        record = np.frombuffer(state.tobytes(), STATE_LAYOUT)[0]
        left, position = int(record["left"]), int(record["next"])
        if record["seeded"] != 1 or not 0 < left <= KEY_WORDS or position > KEY_WORDS:
            raise RuntimeError("set_state(): Invalid mt19937 state")
        key = record["key"].astype(np.uint32)
        with self.mutex:
            self._initial_seed = int(record["initial_seed"])
            if left == 1 and position == 0:
                self._load_key(key, KEY_WORDS)
                self._block = _NO_BLOCK
                self._position = KEY_WORDS
            else:
                self._load_key(key, 0)  # reading the block from its start tempers it again, without a twist
                self._block = self._engine.random_raw(KEY_WORDS).astype(np.uint32)
                self._position = position if left > 1 else KEY_WORDS
            self.next_double_normal_sample = float(record["normal_y"]) if record["normal_is_valid"] else None
            self.next_float_normal_sample = float(record["float_normal"]) if record["float_normal_is_valid"] else None

    def get_state(self) -> Any:
        """The state as a byte tensor."""
        return _as_tensor(self.get_state_bytes())

    def set_state(self, new_state: Any) -> Generator:
        """Continue from a state that ``get_state`` gave, here or in PyTorch, and return itself."""
        if not hasattr(new_state, "__array__"):
            raise TypeError(f"set_state(): argument 'new_state' must be Tensor, not {type(new_state).__name__}")
        self.set_state_bytes(np.asarray(new_state))
        return self

    def get_offset(self) -> int:
        """A generator that is a counter can say how far it has come: that of a CUDA device."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> Generator:
        """A generator that is a counter can be moved: that of a CUDA device."""
        raise RuntimeError("CPU Generator does not use offset")

    def clone_state(self) -> Generator:
        """A new generator that continues from here on its own."""
        twin = type(self)(self.device)
        twin.set_state_bytes(self.get_state_bytes())
        return twin

    def __getstate__(self) -> tuple[Any, NDArray[np.uint8]]:
        return self.device, self.get_state_bytes()  # a lock can neither be pickled nor deep-copied

    def __setstate__(self, state: tuple[Any, NDArray[np.uint8]]) -> None:
        device, state_bytes = state
        type(self).__init__(self, device)
        self.set_state_bytes(state_bytes)


def _cuda_generator(device: Any) -> Generator:
    """A generator of a CUDA device. ``RuntimeError`` where there is none."""
    if not is_available("cuda"):
        raise RuntimeError("Cannot get CUDA generator: this installation has no device 'cuda'")
    from minitorch.core.cuda.generator import CUDAGenerator

    return object.__new__(CUDAGenerator)  # and `__init__` is called by whoever asked for a Generator


_as_tensor: Callable[[NDArray[np.uint8]], Any] = np.asarray


def bind_state_type(as_tensor: Callable[[NDArray[np.uint8]], Any]) -> None:
    """States are handed out as ``as_tensor(bytes)`` from now on. Called once, by ``minitorch/random.py``."""
    global _as_tensor
    _as_tensor = as_tensor


default_generator = Generator()
default_generator.seed()  # as in PyTorch, a program that never seeds differs from run to run


def default_generator_of(device: Device) -> Generator:
    """The generator that a device draws from when none is named."""
    if device.type == "cpu":
        return default_generator
    from minitorch.core.cuda.generator import default_generators

    return default_generators()[device.index or 0]


def manual_seed(seed: Any) -> Generator:
    """``torch.manual_seed`` on the CPU: seed the default generator with ``int(seed)``."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the operating system's entropy and return that seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed the default generator was started from."""
    return default_generator.initial_seed()
