"""The race mode: every planted race is found, with both lines; correct kernels are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from planted_kernels import ALWAYS, CORRECT, FOLDER, RACES, floats, zeros

from minitorch import kernels
from minitorch.kernels.race import RaceError


def races_of(planted, schedule=0):
    with kernels.mode("race", schedule), pytest.raises(RaceError) as caught:
        planted.run()
    return caught.value.races, str(caught.value)


@pytest.mark.parametrize("schedule", [0, 1, 77])
@pytest.mark.parametrize("planted", RACES, ids=lambda planted: planted.kernel)
def test_a_race_is_found_in_any_order_and_both_lines_are_named(planted, schedule):
    if planted.kernel == "late_barrier" and schedule:
        pytest.skip("in this order the value is read before it is written, which is found first")
    races, message = races_of(planted, schedule)
    found = {(each.array, each.shared, frozenset((each.first.place, each.second.place))) for each in races}
    assert (planted.array, planted.shared, frozenset(planted.places)) in found
    assert all(place in message for place in planted.places)


def test_two_warps_are_not_ordered_by_syncwarp():
    kernel = kernels.load(FOLDER / "barriers.cu")["syncwarp_across_warps"]
    with kernels.mode("race"), pytest.raises(RaceError) as caught:
        kernel(1, 64, (floats(64), zeros(64)))
    (race,) = caught.value.races
    assert race.array == "s" and {race.first.thread[0] // 32, race.second.thread[0] // 32} == {0, 1}
    assert {race.first.verb, race.second.verb} == {"read", "written"}


def test_a_race_between_blocks_names_both_blocks():
    blocks_add = next(each for each in RACES if each.kernel == "blocks_add")
    races, message = races_of(blocks_add)
    assert {(each.first.block, each.second.block) for each in races} == {((0, 0, 0), (1, 0, 0))}
    assert "nothing orders blocks" in message


def test_nothing_is_written_if_a_race_is_found():
    args = floats(4), zeros(1)
    with kernels.mode("race"), pytest.raises(RaceError):
        kernels.load(FOLDER / "races.cu")["blocks_add"](4, 32, args)
    np.testing.assert_array_equal(args[1], 0)


@pytest.mark.parametrize("planted", ALWAYS, ids=lambda planted: planted.kernel)
def test_the_race_mode_checks_all_that_the_debug_mode_does(planted):
    with kernels.mode("race"), pytest.raises(kernels.KernelError) as caught:
        planted.run()
    assert planted.words in str(caught.value)


@pytest.mark.parametrize("schedule", [0, 1, 77])
@pytest.mark.parametrize("planted", CORRECT, ids=lambda planted: planted.kernel)
def test_a_correct_kernel_is_not_accused(planted, schedule):
    with kernels.mode("race", schedule):
        got = planted.run()
    with kernels.mode("fast"):
        wanted = planted.run()
    for first, second in zip(got, wanted):
        np.testing.assert_array_equal(first, second)
