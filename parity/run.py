"""Train one engine and record what it did.

The training loop is the one of every PyTorch tutorial. Around it stands what the comparison needs,
and everything is observed from outside, through public names: parameters before the first step, the
index that each item carries, a forward hook on the dropout, `p.grad` after the first backward,
`loss.item()`.

The engine is seeded once, at the start. Initial weights, the order of every epoch and every dropout
mask are then drawn from its one default generator in turn, as in an ordinary program, so that a
single draw too many or too few anywhere shifts all that follows and is seen.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from parity.data import BATCH_SIZE, TRAIN_IMAGES, loaders
from parity.models import cnn

STEPS_PER_EPOCH = -(-TRAIN_IMAGES // BATCH_SIZE)
LEARNING_RATE = 1e-3

# What a dropout mask looks like from outside. A zero stays zero, whether dropped or not: UNSEEN.
DROPPED, KEPT, UNSEEN = 0, 1, 2


@dataclass(frozen=True)
class Settings:
    """What is trained: the same for both engines."""

    epochs: int = 10
    dtype: str = "float32"
    device: str = "cpu"
    seed: int = 0
    dropout: float = 0.25
    reference_device: str = ""  # where the reference trains, if elsewhere: beside an emulated device, on the CPU

    def device_of(self, place: int) -> str:
        """Where the engine at that place trains: 0 the reference, 1 the candidate."""
        return self.reference_device if place == 0 and self.reference_device else self.device

    @property
    def steps(self) -> int:
        return self.epochs * STEPS_PER_EPOCH


@dataclass
class Recording:
    """What one engine did, as NumPy arrays and Python numbers."""

    engine: str
    version: str
    weights: dict[str, np.ndarray] = field(default_factory=dict)  # parameters before the first step
    test_images: list[int] = field(default_factory=list)  # which images the split kept for the test
    batches: list[list[int]] = field(default_factory=list)  # per step, the indices of its images in order
    masks: list[np.ndarray] = field(default_factory=list)  # per step, DROPPED, KEPT or UNSEEN an element
    gradients: dict[str, np.ndarray | None] = field(default_factory=dict)  # after the backward of step 0
    losses: list[float] = field(default_factory=list)  # per step
    accuracies: list[float] = field(default_factory=list)  # per epoch, percent of the test images
    step_seconds: list[float] = field(default_factory=list)  # forward, backward and optimizer of each step

    @property
    def seconds_a_step(self) -> float:
        return statistics.median(self.step_seconds)


def train(
    engine: Any, settings: Settings, on_step: Callable[[], None] = lambda: None, device: str | None = None
) -> Recording:
    """Train the network with `engine` and return the recording; `on_step` runs after every step.

    `device`: where, if not on the one of the settings.

    Both engines get one thread: with matrices this small a second one gains nothing, and on a busy
    computer the two spend their time waiting for each other.
    """
    with threadpool_limits(limits=1):
        device = device or settings.device
        if device != "cpu":
            _compute_in_full_precision(engine)
        return _train(engine, settings, on_step, device)


def _train(engine: Any, settings: Settings, on_step: Callable[[], None], device: str) -> Recording:
    dtype = getattr(engine, settings.dtype)
    recording = Recording(engine.__name__, str(getattr(engine, "__version__", "unknown")))

    engine.manual_seed(settings.seed)
    train_loader, test_loader = loaders(engine, dtype, settings.seed)
    model = cnn.build(engine, dropout=settings.dropout, dtype=dtype).to(device)
    optimizer = engine.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    recording.weights = {name: _array(parameter) for name, parameter in model.named_parameters()}
    recording.test_images = [int(i) for _, _, index in test_loader for i in index]
    model.dropout.register_forward_hook(lambda module, args, out: _record_mask(recording, module, args[0], out))

    for _ in range(settings.epochs):
        model.train()
        for images, labels, index in train_loader:
            recording.batches.append([int(i) for i in index])
            images, labels = images.to(device), labels.to(device)
            _step(engine, model, optimizer, images, labels, recording)
            on_step()
        recording.accuracies.append(_accuracy(engine, model, test_loader, device))
    return recording


def _step(engine: Any, model: Any, optimizer: Any, images: Any, labels: Any, recording: Recording) -> None:
    start = time.perf_counter()
    optimizer.zero_grad()
    loss = engine.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    if not recording.losses:  # step 0; kept out of the clock
        pause = time.perf_counter()
        recording.gradients = {
            name: None if parameter.grad is None else _array(parameter.grad)
            for name, parameter in model.named_parameters()
        }
        start += time.perf_counter() - pause
    optimizer.step()
    recording.losses.append(loss.item())  # on a GPU this also waits for the step to end
    recording.step_seconds.append(time.perf_counter() - start)


def _accuracy(engine: Any, model: Any, loader: Any, device: str) -> float:
    """Percent of the loader's images that the model names rightly, in evaluation mode."""
    model.eval()
    right = total = 0
    with engine.no_grad():
        for images, labels, _ in loader:
            guesses = model(images.to(device)).argmax(1)
            right += int((guesses == labels.to(device)).sum().item())
            total += len(labels)
    return 100.0 * right / total


def _record_mask(recording: Recording, module: Any, before: Any, after: Any) -> None:
    if module.training:
        seen = np.where(_array(after) != 0, KEPT, DROPPED)
        recording.masks.append(np.where(_array(before) != 0, seen, UNSEEN).astype(np.int8))


def _array(tensor: Any) -> np.ndarray:
    """A copy of the tensor's values, since the optimizer writes into parameters in place."""
    return np.array(tensor.detach().cpu().numpy())


def _compute_in_full_precision(engine: Any) -> None:
    """On a GPU, PyTorch lets cuDNN round float32 to TF32's 10 bits unless told not to."""
    backends = getattr(engine, "backends", None)
    if backends is not None and hasattr(backends, "cudnn"):
        backends.cudnn.allow_tf32 = False
        backends.cudnn.deterministic = True
