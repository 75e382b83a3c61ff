"""Settings of the backends. PyTorch: ``torch/backends``. Here: which kernels a GPU uses, in ``cuda``."""

from __future__ import annotations

from minitorch.backends import cuda as cuda
