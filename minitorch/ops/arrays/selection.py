"""Which kernel of a ladder multiplies matrices or convolves on a device, where a library would otherwise.

    minitorch.backends.cuda.matmul.kernel = "matmul_register_blocked"
    with minitorch.backends.cuda.convolution.using("conv2d_direct"):
        ...

None, the default, is cuBLAS: for a convolution, on columns that ``im2col`` lays out. On the CPU nothing changes.

``torch.backends.cuda.matmul`` is where PyTorch keeps such settings of its own.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class Selection:
    """The choice for one computation, among ``rungs()`` of a file of ``minitorch/ops/kernels``, its ``family``."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._kernel: str | None = None

    @property
    def kernel(self) -> str | None:
        """The kernel's name, or None for the library. ``ValueError`` for a name that is on no ladder."""
        return self._kernel

    @kernel.setter
    def kernel(self, name: str | None) -> None:
        if name is not None and name not in self.kernels():
            raise ValueError(f"there is no such kernel: {name!r}; there are {', '.join(self.kernels())}")
        self._kernel = name

    def kernels(self) -> tuple[str, ...]:
        """What may be chosen."""
        return tuple(self.functions.rungs())

    @contextmanager
    def using(self, name: str | None) -> Iterator[None]:
        """Choose for a ``with`` block."""
        before, self.kernel = self._kernel, name
        try:
            yield
        finally:
            self._kernel = before

    def serves(self, *arrays: Any) -> bool:
        """Whether a kernel was chosen that can compute on these: floating arrays of one dtype on a device."""
        dtype = arrays[0].dtype
        if self._kernel is None or dtype.name not in ("float32", "float64", "float16", "bfloat16"):
            return False
        return all(not isinstance(each, np.ndarray) and each.dtype == dtype for each in arrays)

    @property
    def functions(self) -> Any:
        """The file of the family, loaded when first needed."""
        return importlib.import_module(f"minitorch.ops.kernels.{self._family}")


matmul = Selection("matmul")
convolution = Selection("convolution")
