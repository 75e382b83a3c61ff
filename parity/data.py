"""The data of the parity runs: scikit-learn's handwritten digits, 1,797 images of 8 x 8 pixels.

They come with scikit-learn (`sklearn.datasets.load_digits`), so nothing is downloaded. Each item
carries its own index beside image and label: the order in which a `DataLoader(shuffle=True)` hands
out the images is then read off the batches themselves, and not assumed from the sampler.

The split into 1,437 training and 360 test images is drawn as well, by the engine's `random_split`
under a generator of the engine, and is therefore one more thing that must agree.
"""

from __future__ import annotations

import importlib
from typing import Any

from sklearn.datasets import load_digits

BATCH_SIZE = 64
TRAIN_IMAGES = 1437
TEST_IMAGES = 360


def digits(engine: Any, dtype: Any) -> Any:
    """All 1,797 digits as a `Dataset` of (image (1, 8, 8) in 0..1, label, index)."""
    dataset_class = _data(engine).Dataset
    bunch = load_digits()

    class Digits(dataset_class):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            self.images = engine.tensor(bunch.images / 16.0, dtype=dtype).unsqueeze(1)
            self.labels = engine.tensor(bunch.target)

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, index: int) -> tuple[Any, Any, int]:
            return self.images[index], self.labels[index], index

    return Digits()


def loaders(engine: Any, dtype: Any, seed: int) -> tuple[Any, Any]:
    """The shuffled loader of the training images and the ordered loader of the test images."""
    data = _data(engine)
    generator = engine.Generator().manual_seed(seed)
    train, test = data.random_split(digits(engine, dtype), [TRAIN_IMAGES, TEST_IMAGES], generator=generator)
    return data.DataLoader(train, batch_size=BATCH_SIZE, shuffle=True), data.DataLoader(test, batch_size=TEST_IMAGES)


def _data(engine: Any) -> Any:
    return importlib.import_module(f"{engine.__name__}.utils.data")
