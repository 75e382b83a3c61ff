"""Philox4x32-10: the random numbers of a GPU, and which of them each element of a tensor gets.

A Mersenne twister has one state that every draw changes, so ten thousand threads would have to queue for it. Philox has
none: it is a function of a counter, and whoever knows his number in the queue computes his own draw,

    four random words = philox(counter: 128 bits, key: 64 bits)        key = the seed

(Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011). It is a block cipher with ten
rounds: two of the four words are multiplied by constants, the high halves of the products are mixed into the other two
and all change places; the key steps on by a constant each round.

PyTorch's CUDA kernels give the counter a meaning: its low half is *how far* a thread has come, its high half *which*
thread of the launch it is.

    counter = (offset / 4 + round,  thread)

    element i of n elements, T threads, U numbers of a thread a round (4; of double or 64-bit numbers 2):
        thread = i % T      number = i / T % U      round = i / (T * U)

``offset`` counts words and lives in the generator; a launch raises it by 4 for each round of its threads, so that the
next launch draws others. T is the number of elements rounded up to blocks of 256, but not more than the processor can
hold at once: that is why the same seed gives other numbers on another GPU as soon as a tensor is large.

PyTorch: ``aten/src/ATen/native/cuda/DistributionTemplates.h``; the engine there is cuRAND's ``curand_philox4x32_x.h``.
Left out: tensors of 2**31 elements and more, which PyTorch fills in pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
KEY_STEP_0, KEY_STEP_1 = 0x9E3779B9, 0xBB67AE85  # the golden ratio and sqrt(3) - 1, times 2**32
ROUNDS = 10
BLOCK = 256
WORDS = 4  # a launch raises the offset by as many for each round of its threads

_HALF_WORD, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_THREADS_AT_ONCE = 1 << 15  # temporaries of a chunk stay in the second-level cache


def philox4x32(counter: Any, key: tuple[int, int], rounds: int = ROUNDS) -> Array:
    """Four words for each counter: ``(4, ...)`` words below 2**32 -> ``(4, ...)`` uint32."""
    c0, c1, c2, c3 = (np.asarray(word, np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(rounds):
        product_0, product_1 = c0 * MULTIPLIER_0, c2 * MULTIPLIER_1
        c0, c1, c2, c3 = (
            (product_1 >> _HALF_WORD) ^ c1 ^ np.uint64(k0), product_1 & _LOW,
            (product_0 >> _HALF_WORD) ^ c3 ^ np.uint64(k1), product_0 & _LOW,
        )  # fmt: skip
        k0, k1 = (k0 + KEY_STEP_0) & 0xFFFFFFFF, (k1 + KEY_STEP_1) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3]).astype(np.uint32)


def words_of_threads(seed: int, offset: int, threads: Array, round_: int = 0) -> Array:
    """What threads of these numbers draw in a round of a launch: ``(4, threads)`` uint32."""
    position = offset // WORDS + round_
    drawn = np.empty((4, threads.size), np.uint32)
    for start in range(0, threads.size, _THREADS_AT_ONCE):
        some = threads[start : start + _THREADS_AT_ONCE].astype(np.uint64)
        counter = (position & 0xFFFFFFFF, position >> 32, some & _LOW, some >> _HALF_WORD)
        drawn[:, start : start + some.size] = philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32))
    return drawn


# ---- the launch -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Launch:
    """How PyTorch's kernel for ``n`` numbers runs on a processor, and by how much it raises the generator's offset."""

    n: int
    threads: int
    numbers: int  # of a thread in a round
    rounds: int

    @property
    def increment(self) -> int:
        """Words that each thread draws: what the next launch must skip."""
        return WORDS * self.rounds


def launch_for(n: int, numbers: int, multiprocessors: int, threads_per_multiprocessor: int) -> Launch:
    """Blocks of 256 threads for ``n`` > 0 elements, as many as the processor can hold at once."""
    blocks = min(-(-n // BLOCK), multiprocessors * (threads_per_multiprocessor // BLOCK))
    threads = blocks * BLOCK
    return Launch(n, threads, numbers, (n - 1) // (threads * numbers) + 1)


def words(seed: int, offset: int, launch: Launch) -> Array:
    """One word for each element, ``(n,)`` uint32, for a launch with four numbers a round."""
    drawn = np.empty(launch.n, np.uint32)
    for round_, start in enumerate(range(0, launch.n, 4 * launch.threads)):
        left = launch.n - start
        threads = np.arange(min(launch.threads, left))
        # (4, threads): all first numbers come first, as element i + threads gets the second one
        drawn[start : start + 4 * threads.size] = words_of_threads(seed, offset, threads, round_).ravel()[:left]
    return drawn


def word_pairs(seed: int, offset: int, launch: Launch) -> Array:
    """Two words for each element, ``(2, n)`` uint32, for a launch with two numbers a round."""
    drawn = np.empty((2, launch.n), np.uint32)
    for round_, start in enumerate(range(0, launch.n, 2 * launch.threads)):
        left = launch.n - start
        threads = np.arange(min(launch.threads, left))
        x, y, z, w = words_of_threads(seed, offset, threads, round_)
        drawn[0, start : start + 2 * threads.size] = np.concatenate([x, z])[:left]
        drawn[1, start : start + 2 * threads.size] = np.concatenate([y, w])[:left]
    return drawn


# ---- words as numbers -----------------------------------------------------------------------------------------------


def unit_float32(drawn: Array) -> Array:
    """Words as float32 on (0, 1]: cuRAND's ``curand_uniform``, the middle of each interval of 2**-32, rounded once."""
    u: Array = drawn.astype(np.float32)
    u *= np.float32(2**-32)
    u += np.float32(2**-33)
    return u


def unit_float64(pairs: Array) -> Array:
    """Pairs of words, ``(2, n)``, as float64 on (0, 1]: 53 bits, the second word above the first."""
    u: Array = significand(pairs).astype(np.float64)
    u *= 2**-53
    u += 2**-54
    return u


def significand(pairs: Array) -> Array:
    """53 bits of two words, those where they overlap combined by exclusive or: ``(2, n)`` -> ``(n,)`` uint64."""
    high: Array = pairs[1].astype(np.uint64)
    high <<= np.uint64(21)
    high ^= pairs[0]
    return high


def joined(pairs: Array) -> Array:
    """Pairs of words as 64-bit numbers, the first word being the high half: ``(2, n)`` -> ``(n,)`` uint64."""
    numbers: Array = pairs[0].astype(np.uint64)
    numbers <<= _HALF_WORD
    numbers |= pairs[1]
    return numbers
