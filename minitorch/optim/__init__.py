"""Optimizers, the mirror of ``torch.optim``. Read ``optimizer`` first (groups, state, saving), then ``sgd``."""

from __future__ import annotations

from minitorch.optim import lr_scheduler as lr_scheduler
from minitorch.optim.adam import Adam as Adam
from minitorch.optim.adamw import AdamW as AdamW
from minitorch.optim.optimizer import Optimizer as Optimizer
from minitorch.optim.sgd import SGD as SGD
