"""The recording of a training, held against what is drawn and computed without it."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import DataLoader

from parity import data
from parity.models import cnn
from parity.run import DROPPED, KEPT, LEARNING_RATE, STEPS_PER_EPOCH, Settings, train


def test_one_entry_is_recorded_for_each_step(torch_recording):
    assert len(torch_recording.losses) == STEPS_PER_EPOCH == 23
    assert len(torch_recording.batches) == len(torch_recording.masks) == len(torch_recording.step_seconds) == 23
    assert len(torch_recording.accuracies) == 1


def test_an_epoch_shows_every_training_image_once_and_no_test_image(torch_recording):
    shown = [index for batch in torch_recording.batches for index in batch]
    assert len(shown) == 1437 and len(torch_recording.test_images) == 360
    assert sorted(shown + torch_recording.test_images) == list(range(1797))
    assert shown != sorted(shown)


def test_every_element_of_every_dropout_mask_is_seen(torch_recording):
    masks = np.concatenate([mask.ravel() for mask in torch_recording.masks])
    assert set(np.unique(masks)) == {DROPPED, KEPT}
    assert masks.size == 1437 * 64
    assert abs((masks == KEPT).mean() - 0.75) < 0.01


def test_recording_does_not_disturb_the_training(torch_recording, one_epoch):
    torch.manual_seed(one_epoch.seed)
    dataset = data.digits(torch, torch.float32)
    split = torch.Generator().manual_seed(one_epoch.seed)
    images, held_out = torch.utils.data.random_split(dataset, [1437, 360], generator=split)
    model = cnn.build(torch)
    weights = {name: parameter.detach().clone().numpy() for name, parameter in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    next(iter(DataLoader(held_out)))  # starting to iterate draws a number, here as in the recorded run
    losses, gradients = [], {}
    for x, label, _ in DataLoader(images, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), label)
        loss.backward()
        gradients = gradients or {name: p.grad.clone().numpy() for name, p in model.named_parameters()}
        optimizer.step()
        losses.append(loss.item())

    assert torch_recording.losses == losses
    assert torch_recording.weights.keys() == weights.keys() == torch_recording.gradients.keys()
    for name in weights:
        assert np.array_equal(torch_recording.weights[name], weights[name]), name
        assert np.array_equal(torch_recording.gradients[name], gradients[name]), name


def test_another_seed_draws_everything_anew(torch_recording):
    other = train(torch, Settings(epochs=1, seed=1))
    assert other.test_images != torch_recording.test_images
    assert other.batches[0] != torch_recording.batches[0]
    assert not np.array_equal(other.masks[0], torch_recording.masks[0])
    assert not np.array_equal(other.weights["conv1.weight"], torch_recording.weights["conv1.weight"])


def test_double_precision_is_double_from_the_weights_to_the_gradients():
    recording = train(torch, Settings(epochs=1, dtype="float64"))
    arrays = [*recording.weights.values(), *recording.gradients.values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float64)}
    weight = recording.weights["linear1.weight"]
    assert not np.array_equal(weight, weight.astype(np.float32))  # drawn in double, not converted to it


def test_every_step_is_reported_as_it_is_done():
    done = []
    train(torch, Settings(epochs=1), lambda: done.append(len(done)))
    assert done == list(range(STEPS_PER_EPOCH))


def test_no_dropout_means_no_masks_that_drop():
    recording = train(torch, Settings(epochs=1, dropout=0.0))
    assert all((mask == KEPT).all() for mask in recording.masks)
