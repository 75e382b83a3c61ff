"""Operators on lists of tensors, ``torch._foreach_*``, and what mixed precision does with lists of gradients.

Read ``lists`` first (when one kernel does it all), then ``elementwise``, ``whole`` and ``amp``. The names begin with an
underscore as PyTorch's do: they are for optimizers and may change. So each module says in ``__all__`` what it offers.
"""

from __future__ import annotations

from minitorch.ops.foreach import amp, elementwise, whole
from minitorch.ops.foreach.amp import *  # noqa: F403
from minitorch.ops.foreach.elementwise import *  # noqa: F403
from minitorch.ops.foreach.whole import *  # noqa: F403

__all__ = [*amp.__all__, *elementwise.__all__, *whole.__all__]
