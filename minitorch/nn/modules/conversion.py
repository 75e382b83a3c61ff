"""``module.to(...)``, ``.double()``, ``.cuda()``: the same module with its tensors elsewhere or in another dtype.

All are one walk, ``_apply(fn)``, with another ``fn``. A parameter stays the *same object* and only gets other memory
(``parameter.data = fn(parameter)``), so an optimizer that holds it need not be told; its gradient goes along. A buffer
is replaced. ``parameter.data = ...`` cannot change the device in PyTorch's own tensors without a trick
(``_has_compatible_shallow_copy_type``); here storage carries the device and nothing is needed.

PyTorch: ``torch/nn/modules/module.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from typing_extensions import Self

from minitorch.autograd.grad_mode import no_grad
from minitorch.ops import creation
from minitorch.ops.copying import convert, parse_to
from minitorch.core import dtypes
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
