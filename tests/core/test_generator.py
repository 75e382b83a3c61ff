"""The engine, its seeds and its state, held against torch.Generator."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch.core import generator as generator_module
from minitorch.core.generator import Generator, init_genrand

SEEDS = (0, 1, 5489, 2**32 - 1, 2**32 + 7, 2**64 - 1, -1, -(2**63))


def torch_state(reference: torch.Generator) -> np.ndarray:
    return reference.get_state().numpy()


def torch_random32(reference: torch.Generator, n: int) -> np.ndarray:
    """Numbers below 2**24 take one 32-bit draw each, so this spends draws as random32 does."""
    return torch.randint(0, 2**24, (n,), generator=reference).numpy()


def test_first_outputs_are_the_published_ones_for_seed_5489() -> None:
    outputs = Generator().manual_seed(5489).random32(10_000)
    assert outputs[0] == 3499211612
    assert outputs[9_999] == 4123659995  # the C++ standard's check value for std::mt19937


@pytest.mark.parametrize("seed", SEEDS)
def test_draws_and_state_equal_torch_for_every_kind_of_seed(seed: int) -> None:
    ours, theirs = Generator(), torch.Generator()
    assert ours.manual_seed(seed) is ours
    theirs.manual_seed(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    np.testing.assert_array_equal(ours.get_state_bytes(), torch_state(theirs))
    for n in (0, 1, 3, 620, 0, 1, 624, 625, 5000):
        np.testing.assert_array_equal(ours.random32(n) % 2**24, torch_random32(theirs, n))
        np.testing.assert_array_equal(ours.get_state_bytes(), torch_state(theirs))


def test_random64_joins_two_draws_high_half_first() -> None:
    halves = Generator().manual_seed(3).random32(2000).astype(object)
    wide = Generator().manual_seed(3).random64(1000)
    assert wide.dtype == np.uint64
    assert wide.tolist() == (halves[::2] * 2**32 + halves[1::2]).tolist()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 1500), max_size=8))
def test_draws_do_not_depend_on_how_they_are_grouped(sizes: list[int]) -> None:
    gen = Generator().manual_seed(11)
    parts = [gen.random32(n) for n in sizes]
    joined = np.concatenate([*parts, np.empty(0, np.uint32)])
    whole = Generator().manual_seed(11).random32(sum(sizes))
    np.testing.assert_array_equal(joined, whole)


def test_what_was_drawn_is_the_callers_to_overwrite() -> None:
    gen, untouched = Generator().manual_seed(0), Generator().manual_seed(0)
    gen.random32(2)[:] = 0
    untouched.random32(2)
    np.testing.assert_array_equal(gen.random32(700), untouched.random32(700))


def test_init_genrand_uses_the_low_32_bits() -> None:
    np.testing.assert_array_equal(init_genrand(2**32 + 7), init_genrand(7))
    assert init_genrand(7)[:2].tolist() == [7, (1812433253 * 7 + 1) % 2**32]


# ---- state ----


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625, 1300])
def test_a_state_travels_from_torch_and_back(drawn: int) -> None:
    theirs = torch.Generator().manual_seed(42)
    torch_random32(theirs, drawn)
    ours = Generator()
    ours.set_state_bytes(torch_state(theirs))
    assert ours.initial_seed() == 42
    np.testing.assert_array_equal(ours.get_state_bytes(), torch_state(theirs))
    np.testing.assert_array_equal(ours.random32(700) % 2**24, torch_random32(theirs, 700))

    returned = torch.Generator()
    returned.set_state(torch.from_numpy(ours.get_state_bytes()))
    np.testing.assert_array_equal(torch_random32(returned, 700), torch_random32(theirs, 700))


def test_a_state_with_one_draw_left_twists_next_wherever_it_points() -> None:
    state = torch_state(torch.Generator().manual_seed(1))
    state[16:24] = np.array([5], np.uint64).view(np.uint8)  # next = 5 although left = 1
    ours, theirs = Generator(), torch.Generator()
    ours.set_state_bytes(state)
    theirs.set_state(torch.from_numpy(state))
    np.testing.assert_array_equal(ours.random32(700) % 2**24, torch_random32(theirs, 700))


def test_the_state_carries_the_kept_normal_both_ways() -> None:
    theirs = torch.Generator().manual_seed(8)
    torch.randn(3, generator=theirs)  # two pairs, one sine left over
    ours = Generator()
    ours.set_state_bytes(torch_state(theirs))
    kept = ours.next_double_normal_sample
    assert kept is not None
    assert kept == torch.randn(1, generator=theirs, dtype=torch.float64).item()
    ours.next_float_normal_sample = 0.5
    again = Generator()
    again.set_state_bytes(ours.get_state_bytes())
    assert again.next_double_normal_sample == kept
    assert again.next_float_normal_sample == 0.5


def test_seeding_forgets_the_kept_normal() -> None:
    gen = Generator()
    gen.next_double_normal_sample = gen.next_float_normal_sample = 1.0
    gen.manual_seed(0)
    assert gen.next_double_normal_sample is None
    assert gen.next_float_normal_sample is None


@pytest.mark.parametrize(
    "copied",
    [Generator.clone_state, copy.deepcopy, lambda gen: pickle.loads(pickle.dumps(gen))],
    ids=["clone_state", "deepcopy", "pickle"],
)
def test_a_copy_continues_alike_and_on_its_own(copied) -> None:
    gen = Generator().manual_seed(9)
    gen.random32(100)
    twin = copied(gen)
    expected = gen.random32(1000)
    np.testing.assert_array_equal(twin.random32(1000), expected)
    assert twin.device == gen.device
    assert twin.initial_seed() == 9


def bad_states() -> list[tuple[object, type[Exception]]]:
    good = Generator().manual_seed(0).get_state_bytes()
    unseeded, too_far, too_many = good.copy(), good.copy(), good.copy()
    unseeded[12:16] = 0
    too_far[16:24] = np.array([625], np.uint64).view(np.uint8)
    too_many[8:12] = np.array([625], np.int32).view(np.uint8)
    return [
        (good[:-1], RuntimeError),
        (good.astype(np.int8), TypeError),
        (bytes(good), TypeError),
        (unseeded, RuntimeError),
        (too_far, RuntimeError),
        (too_many, RuntimeError),
    ]


@pytest.mark.parametrize(("state", "error"), bad_states())
def test_a_bad_state_is_refused_and_changes_nothing(state: object, error: type[Exception]) -> None:
    gen = Generator().manual_seed(4)
    before = gen.get_state_bytes()
    with pytest.raises(error, match="set_state"):
        gen.set_state_bytes(state)  # type: ignore[arg-type]
    np.testing.assert_array_equal(gen.get_state_bytes(), before)


# ---- seeds ----


def test_a_new_generator_starts_where_torchs_does() -> None:
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    np.testing.assert_array_equal(Generator().get_state_bytes(), torch_state(torch.Generator()))


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, "3", True, None, np.int64(4)])
def test_what_torch_refuses_as_a_seed_is_refused_alike(seed: object) -> None:
    with pytest.raises(Exception) as theirs:
        torch.Generator().manual_seed(seed)  # type: ignore[arg-type]
    with pytest.raises(theirs.type, match="manual_seed"):
        Generator().manual_seed(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [7, -7, 1.5, "3", True, np.int64(4)])
def test_the_modules_manual_seed_converts_to_int_first(seed: object) -> None:
    state = generator_module.default_generator.get_state_bytes()
    try:
        reference = torch.manual_seed(seed)  # type: ignore[arg-type]
        assert generator_module.manual_seed(seed) is generator_module.default_generator
        assert generator_module.initial_seed() == reference.initial_seed()
        assert generator_module.initial_seed() == generator_module.default_generator.initial_seed()
    finally:
        generator_module.default_generator.set_state_bytes(state)


def test_seed_takes_a_new_seed_each_time_and_says_which() -> None:
    gen = Generator()
    first = gen.seed()
    numbers = gen.random32(5)
    assert gen.initial_seed() == first
    assert gen.seed() != first
    np.testing.assert_array_equal(Generator().manual_seed(first).random32(5), numbers)


def test_only_the_cpu_has_this_generator() -> None:
    assert repr(Generator("cpu").device) == repr(torch.Generator("cpu").device)
    with pytest.raises(RuntimeError, match="cuda"):
        Generator("cuda")


def test_threads_share_a_generator_without_losing_or_repeating_draws() -> None:
    gen = Generator().manual_seed(1)
    drawn: list[np.ndarray] = []

    def draw() -> None:
        for _ in range(200):
            drawn.append(gen.random32(37))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = Generator().manual_seed(1).random32(4 * 200 * 37)
    np.testing.assert_array_equal(np.sort(np.concatenate(drawn)), np.sort(expected))
