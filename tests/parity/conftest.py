"""Recordings for the tests: one real training of torch, and made-up ones of any length."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from parity.run import DROPPED, KEPT, STEPS_PER_EPOCH, Recording, Settings, train


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Threads that wait for each other are slow where other tests keep the cores busy."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="session")
def one_epoch() -> Settings:
    return Settings(epochs=1)


@pytest.fixture(scope="session")
def torch_recording(one_epoch: Settings) -> Recording:
    """Not to be changed by a test: copy it first."""
    return train(torch, one_epoch)


@pytest.fixture
def made_up():
    """made_up(settings) -> two equal recordings of such a training, cheap and small."""

    def make(settings: Settings) -> tuple[Recording, Recording]:
        draw = np.random.default_rng(0)
        weights = {"a.weight": draw.random((2, 3), dtype=np.float32), "b.bias": draw.random(4, dtype=np.float32)}
        masks = [np.where(draw.random((4, 5)) < 0.75, KEPT, DROPPED).astype(np.int8) for _ in range(settings.steps)]
        recording = Recording(
            engine="torch",
            version="0",
            weights=weights,
            test_images=[5, 3, 8],
            batches=[[i, i + 1, i + 2] for i in range(settings.steps)],
            masks=masks if settings.dropout else [],
            gradients={name: draw.standard_normal(w.shape).astype(np.float32) for name, w in weights.items()},
            losses=list(draw.random(settings.steps)),
            accuracies=[98.0] * settings.epochs,
            step_seconds=[0.001] * settings.steps,
        )
        assert len(recording.batches) == settings.epochs * STEPS_PER_EPOCH
        other = copy.deepcopy(recording)
        other.engine = "minitorch"
        return recording, other

    return make
