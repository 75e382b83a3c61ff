"""``native_dropout``: dropout whose mask is drawn where it is applied, in one kernel, as on a GPU.

    y = x * mask / (1 - p),    mask = uniform < 1 - p          dx = dy * mask / (1 - p)

Nothing is stored between drawing and multiplying, and a thread reads, draws for and writes several neighbouring
elements at once. On the CPU dropout is composed of a draw and a product instead (``dropout.py``).

PyTorch: ``aten/src/ATen/native/cuda/Dropout.cu``; ``aten/src/ATen/native/Dropout.cpp`` chooses between the two.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.generator import default_generator_of
from minitorch.core.promotion import scalar_type_name
from minitorch.ops.creating.creation import empty_like
from minitorch.ops.creating.random import memory_order
from minitorch.ops.creating.sampling import sampling
from minitorch.ops.declare.operator import Operator, record
from minitorch.tensor_base import wrap_any


def _native_dropout(xp: Any, input: Any, mask: Any, scale: float) -> Any:
    """The input where the mask says so, scaled."""
    return input * mask * scale


_OPERATOR = Operator(_native_dropout, "NativeDropoutBackward0", skip=1)
_OPERATOR.add_derivative(("input",), lambda grad, mask, scale: grad * mask * scale)


def is_fused(input: Any) -> bool:
    """Whether there is a kernel that draws and multiplies at once where the input is."""
    return sampling(default_generator_of(input._storage.device)).fused_dropout is not None


def native_dropout(input: Any, p: float) -> Any:
    """Each element of a tensor that is not empty zero with probability ``p`` (0 < p < 1), else times 1 / (1 - p)."""
    if input._dtype.category != dtypes.FLOATING:
        raise NotImplementedError(f"\"fused_dropout\" not implemented for '{scalar_type_name(input._dtype)}'")
    generator = default_generator_of(input._storage.device)
    functions, geometry = sampling(generator), input._geometry
    size = input._dtype.itemsize
    begin = geometry.offset * size if geo.is_dense(geometry) else None
    each = functions.neighbours(geometry.numel, size, begin)
    order = memory_order(geometry) if each > 1 else list(range(geometry.ndim))
    xp = input.device.backend.xp
    walked = input.detach().array.transpose(order)
    ready = xp.ascontiguousarray(walked).reshape(walked.shape)  # that of a zero-dim array has a dimension
    dropped, kept = functions.fused_dropout(generator, ready, p, each)
    back = sorted(range(geometry.ndim), key=order.__getitem__)
    result = empty_like(input.detach())
    result.array[...] = dropped.transpose(back)  # nobody has seen it: written without counting a write
    record(_OPERATOR, (input, wrap_any(kept.transpose(back), input.device), 1.0 / (1.0 - p)), result)
    return result
