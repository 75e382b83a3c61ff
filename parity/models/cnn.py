"""The convolutional network of the parity run, written once for both engines.

Read it as an ordinary PyTorch program in which the word `torch` was replaced by `engine`:

    (N, 1, S, S) -> conv 3x3, batch norm, max pool, elu -> (N, C1, S/2, S/2)
                 -> conv 3x3, batch norm, elu           -> (N, C2, S/2, S/2)
                 -> linear, dropout, elu                -> (N, H)
                 -> linear                              -> (N, 10) logits

Three choices are made for the comparison's sake:

- The convolutions have no bias. A batch norm follows and subtracts the mean, so a bias there has a
  gradient of zero and what a computer shows instead is rounding noise, which Adam would blow up to
  steps of full length.
- Dropout stands before the activation and not after it. Its input is then nowhere zero, and so
  every element of its mask can be seen from outside. (With a ReLU both orders compute the same:
  relu(x) m / (1 - p) = relu(x m / (1 - p)).)
- The activation is ELU, whose slope is continuous at 0. A ReLU's jumps there, and among the
  millions of activations of an epoch a few lie so close to 0 that two correct engines, rounding
  differently, see them on different sides. One such activation changes a gradient by a thousandth.
  Measured in float32 between PyTorch's two convolution paths (oneDNN and its own), for 40 seeds, as
  the largest difference of a loss in the first epoch: with ReLU above 1e-4 for 7 seeds, with ELU at
  most 1e-5. The winner of a pooling window jumps in the same way, hence one pool and not two.
"""

from __future__ import annotations

from typing import Any


def build(
    engine: Any,
    *,
    size: int = 8,
    channels: tuple[int, int] = (16, 32),
    hidden: int = 64,
    dropout: float = 0.25,
    activation: str = "elu",
    dtype: Any = None,
) -> Any:
    """The network for `size` x `size` grey images, its weights drawn from the default generator.

    `engine` is the module `torch` or `minitorch`, `activation` the name of a function in its
    `nn.functional`, `dtype` one of its floating dtypes, None for its default.
    """
    nn = engine.nn
    activate = getattr(nn.functional, activation)
    first, second = channels

    class CNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, first, kernel_size=3, padding=1, bias=False, dtype=dtype)
            self.norm1 = nn.BatchNorm2d(first, dtype=dtype)
            self.conv2 = nn.Conv2d(first, second, kernel_size=3, padding=1, bias=False, dtype=dtype)
            self.norm2 = nn.BatchNorm2d(second, dtype=dtype)
            self.pool = nn.MaxPool2d(2)
            self.linear1 = nn.Linear(second * (size // 2) ** 2, hidden, dtype=dtype)
            self.dropout = nn.Dropout(dropout)
            self.linear2 = nn.Linear(hidden, 10, dtype=dtype)

        def forward(self, x: Any) -> Any:
            x = activate(self.pool(self.norm1(self.conv1(x))))
            x = activate(self.norm2(self.conv2(x)))
            x = x.flatten(1)
            x = activate(self.dropout(self.linear1(x)))
            return self.linear2(x)

    return CNN()
