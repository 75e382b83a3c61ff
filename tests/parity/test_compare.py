"""The verdict: equal recordings pass, and every difference that is planted is found and named."""

from __future__ import annotations

import numpy as np
import pytest

from parity import compare
from parity.compare import FAIL, INFO, NOT_COMPARABLE, PASS
from parity.run import STEPS_PER_EPOCH, UNSEEN, Settings

ONE = Settings(epochs=1)
TEN = Settings(epochs=10)
TEN_DOUBLE = Settings(epochs=10, dtype="float64")


def verdicts(settings, pair, intel=False):
    comparison = compare.compare(settings, *pair, intel=intel)
    return {check.name: check.verdict for check in comparison.checks}


def failures(settings, pair, intel=False):
    return [name for name, verdict in verdicts(settings, pair, intel).items() if verdict == FAIL]


@pytest.mark.parametrize("settings", [ONE, TEN, TEN_DOUBLE, Settings(epochs=12, dtype="float64")])
def test_equal_recordings_are_within_tolerance(made_up, settings):
    comparison = compare.compare(settings, *made_up(settings), intel=False)
    assert comparison.passed
    assert comparison.time_ratio == 1.0


def test_a_weight_that_is_off_by_one_ulp_fails(made_up):
    pair = made_up(ONE)
    weight = pair[1].weights["a.weight"]
    weight[1, 2] = np.nextafter(weight[1, 2], np.float32(9))
    assert failures(ONE, pair) == ["initial weights"]
    rows = compare.compare(ONE, *pair, intel=False).parameters
    assert [row.unequal_weights for row in rows] == [1, 0]


def test_a_zero_of_the_other_sign_is_another_weight(made_up):
    pair = made_up(ONE)
    pair[0].weights["b.bias"][0], pair[1].weights["b.bias"][0] = 0.0, -0.0
    assert failures(ONE, pair) == ["initial weights"]


def test_weights_of_another_dtype_fail_though_their_values_are_equal(made_up):
    pair = made_up(ONE)
    pair[1].weights["b.bias"] = pair[1].weights["b.bias"].astype(np.float64)
    assert failures(ONE, pair) == ["initial weights"]


def test_a_parameter_that_one_engine_lacks_fails(made_up):
    pair = made_up(ONE)
    del pair[1].weights["b.bias"], pair[1].gradients["b.bias"]
    assert failures(ONE, pair) == ["initial weights", "gradients, step 0"]


def test_two_swapped_batches_fail(made_up):
    pair = made_up(ONE)
    batches = pair[1].batches
    batches[3], batches[4] = batches[4], batches[3]
    assert failures(ONE, pair) == ["order of batches"]


def test_two_swapped_images_within_a_batch_fail(made_up):
    pair = made_up(ONE)
    pair[1].batches[7].reverse()
    assert failures(ONE, pair) == ["order of batches"]


def test_another_split_fails(made_up):
    pair = made_up(ONE)
    pair[1].test_images[0] = 6
    assert failures(ONE, pair) == ["train / test split"]


def test_one_flipped_element_of_one_dropout_mask_fails(made_up):
    pair = made_up(ONE)
    pair[1].masks[22][1, 1] ^= 1
    assert failures(ONE, pair) == ["dropout masks"]


@pytest.mark.parametrize("spoil", [lambda masks: masks.pop(), lambda masks: masks.clear()])
def test_missing_masks_fail(made_up, spoil):
    pair = made_up(ONE)
    spoil(pair[1].masks)
    assert failures(ONE, pair) == ["dropout masks"]


def test_masks_of_which_nothing_was_seen_prove_nothing(made_up):
    pair = made_up(ONE)
    for mask in pair[1].masks:
        mask[:] = UNSEEN
    assert failures(ONE, pair) == ["dropout masks"]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_gradients_are_judged_against_their_largest_entry(made_up, dtype, tolerance):
    settings = Settings(epochs=1, dtype=dtype)
    for factor, expected in ((0.9, []), (1.1, ["gradients, step 0"])):
        pair = made_up(settings)
        for recording in pair:
            recording.gradients["b.bias"] = np.array([4.0, 0.0, 1.0, 2.0])
        pair[1].gradients["b.bias"][1] += factor * tolerance * 4.0
        assert failures(settings, pair) == expected


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [
        ([2.0, -4.0], [2.0, -3.0], 0.25),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([0.0, 0.0], [0.0, 1e-30], np.inf),
        ([1.0, 2.0], None, np.inf),
        ([1.0, 2.0], [1.0], np.inf),
    ],
)
def test_the_relative_error_of_a_gradient(a, b, error):
    assert compare.relative_error(np.array(a), None if b is None else np.array(b)) == error


@pytest.mark.parametrize("where", ["gradients", "losses"])
def test_a_nan_fails(made_up, where):
    pair = made_up(ONE)
    if where == "losses":
        pair[1].losses[5] = float("nan")
    else:
        pair[1].gradients["b.bias"][0] = float("nan")
    assert len(failures(ONE, pair)) == 1


def test_float32_losses_are_judged_in_the_first_epoch_only(made_up):
    pair = made_up(TEN)
    pair[1].losses[STEPS_PER_EPOCH] += 0.1
    assert failures(TEN, pair) == []
    assert verdicts(TEN, pair)["losses, epochs 2-10"] == INFO
    pair[1].losses[STEPS_PER_EPOCH - 1] += 1.1e-4
    assert failures(TEN, pair) == ["losses, epoch 1"]


def test_float64_losses_are_judged_to_the_last_step_of_ten_epochs(made_up):
    pair = made_up(TEN_DOUBLE)
    pair[1].losses[-1] += 0.9e-9
    assert failures(TEN_DOUBLE, pair) == []
    pair[1].losses[-1] += 0.2e-9
    assert failures(TEN_DOUBLE, pair) == ["losses, epochs 1-10"]


def test_a_training_that_ended_early_fails(made_up):
    pair = made_up(TEN_DOUBLE)
    pair[1].losses.pop()
    assert failures(TEN_DOUBLE, pair) == ["losses, epochs 1-10"]


def test_accuracy_must_reach_97_percent_in_ten_epochs(made_up):
    pair = made_up(TEN)
    pair[0].accuracies[-1], pair[1].accuracies[-1] = 97.0, 96.9
    assert failures(TEN, pair) == ["test accuracy, minitorch"]


def test_accuracy_is_not_asked_of_a_short_training_but_the_gap_is(made_up):
    pair = made_up(ONE)
    pair[0].accuracies[-1], pair[1].accuracies[-1] = 60.0, 60.4
    assert failures(ONE, pair) == []
    pair[1].accuracies[-1] = 60.6
    assert failures(ONE, pair) == ["accuracy gap"]


def test_intel_masks_are_not_comparable_nor_what_follows_from_them(made_up):
    pair = made_up(TEN)
    pair[1].masks[0][0, 0] ^= 1
    pair[1].losses[0] += 1.0
    pair[1].batches[STEPS_PER_EPOCH].reverse()
    pair[1].gradients["b.bias"] += 1.0
    found = verdicts(TEN, pair, intel=True)
    assert FAIL not in found.values()
    assert found["dropout masks"] == found["gradients, step 0"] == found["losses, epoch 1"] == NOT_COMPARABLE
    assert found["initial weights"] == found["order of batches, epoch 1"] == PASS


def test_intel_excuses_neither_weights_nor_the_first_epochs_order_nor_accuracy(made_up):
    pair = made_up(TEN)
    pair[1].masks[0][0, 0] ^= 1
    pair[1].weights["b.bias"][0] += 1.0
    pair[1].batches[0].reverse()
    pair[1].accuracies[-1] = 90.0
    expected = ["initial weights", "order of batches, epoch 1", "test accuracy, minitorch"]
    assert failures(TEN, pair, intel=True) == expected


def test_intel_excuses_nothing_when_the_masks_agree(made_up):
    pair = made_up(TEN)
    pair[1].losses[0] += 1.0
    assert failures(TEN, pair, intel=True) == ["losses, epoch 1"]


@pytest.mark.parametrize("settings", [Settings(epochs=1, device="cuda"), Settings(epochs=1, dropout=0.0)])
def test_intel_excuses_nothing_on_cuda_or_without_dropout(made_up, settings):
    pair = made_up(settings)
    for mask in pair[1].masks:
        mask ^= 1
    pair[1].losses[0] += 1.0
    assert "losses, epoch 1" in failures(settings, pair, intel=True)
