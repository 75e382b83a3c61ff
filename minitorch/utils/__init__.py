"""Floor 4, the mirror of ``torch.utils``: what a training program needs besides the model."""

from minitorch.utils import data as data
