"""Which kernels compute on a GPU where a library would otherwise.

``matmul.kernel``, ``convolution.kernel``: a name from ``matmul.kernels()``, ``convolution.kernels()``, or None for
cuBLAS. ``with matmul.using(name):`` chooses for a block. See ``minitorch/ops/arrays/selection.py``.

PyTorch: ``torch/backends/cuda/__init__.py``, whose switches (TF32, reduced precision) have no counterpart here.
"""

from __future__ import annotations

from minitorch.ops.arrays.selection import convolution as convolution
from minitorch.ops.arrays.selection import matmul as matmul
