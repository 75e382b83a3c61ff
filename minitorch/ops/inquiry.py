"""Inquiry: questions about tensors and dtypes whose answer is no tensor.

``is_tensor``, ``is_floating_point``, ``numel``, ``result_type``, ``broadcast_shapes``: plain functions over what
``TensorBase`` and ``core/promotion.py`` know already.

PyTorch: ``torch/__init__.py`` (``is_tensor``), ``torch/functional.py`` (``broadcast_shapes``) and
``aten/src/ATen/native/TypeProperties.cpp`` (the rest).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.core import geometry as geo
from minitorch.core import promotion
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Size
from minitorch.core.storage import Storage
from minitorch.ops import arguments as arg
from minitorch.tensor_base import TensorBase

NUMBERS = (int, float, complex, np.number, np.bool_)


def is_tensor(obj: Any) -> bool:
    """Whether ``obj`` is a tensor."""
    return isinstance(obj, TensorBase)


def is_storage(obj: Any) -> bool:
    """Whether ``obj`` is the memory under a tensor."""
    return isinstance(obj, Storage) or isinstance(getattr(obj, "_untyped_storage", None), Storage)


def is_floating_point(input: Any) -> bool:
    """Whether the dtype is a floating-point one; complex ones are not."""
    return bool(arg.tensor(input, "is_floating_point", "input")._dtype.is_floating_point)


def is_complex(input: Any) -> bool:
    """Whether the dtype is a complex one."""
    return bool(arg.tensor(input, "is_complex", "input")._dtype.is_complex)


def is_signed(input: Any) -> bool:
    """Whether the dtype holds negative numbers."""
    return bool(arg.tensor(input, "is_signed", "input")._dtype.is_signed)


def is_inference(input: Any) -> bool:
    """Whether the tensor was made under ``inference_mode``."""
    return bool(arg.tensor(input, "is_inference", "input")._storage.is_inference)


def is_shared(input: Any) -> bool:
    """Whether the memory was marked for sharing between processes by ``share_memory_``."""
    return bool(input.untyped_storage().is_shared())


def share_memory_(input: Any) -> Any:
    """Mark the memory for sharing between processes. Here that is only remembered."""
    input.untyped_storage().share_memory_()
    return input


def is_distributed(input: Any) -> bool:
    """Whether the tensor is spread over processes: never."""
    arg.check_tensor(input, "is_distributed")
    return False


def is_vulkan_available() -> bool:
    """Whether there is a Vulkan device: never."""
    return False


def is_nonzero(input: Any) -> bool:
    """Whether the one element is not zero. ``RuntimeError`` unless there is exactly one."""
    count = arg.tensor(input, "is_nonzero", "input").numel()
    if count != 1:
        what = "no values" if count == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
    return bool(input.item())


def is_same_size(input: Any, other: Any) -> bool:
    """Whether both have the same shape."""
    first, second = arg.tensor(input, "is_same_size", "input"), arg.tensor(other, "is_same_size", "other")
    return bool(first.shape == second.shape)


def is_set_to(input: Any, tensor: Any) -> bool:
    """Whether both are the same view of the same memory."""
    other = arg.tensor(tensor, "is_set_to", "tensor")
    return input._storage.data is other._storage.data and input._geometry is other._geometry


def numel(input: Any) -> int:
    """Number of elements."""
    return int(arg.tensor(input, "numel", "input")._geometry.numel)


def get_device(input: Any) -> int:
    """The device's index; -1 on the CPU."""
    return int(arg.tensor(input, "get_device", "input").get_device())


def result_type(tensor1: Any, tensor2: Any) -> Dtype:
    """The dtype of the result of an operator on the two: tensors or Python numbers."""
    for place, value in enumerate((tensor1, tensor2), 1):
        if not isinstance(value, (TensorBase, *NUMBERS)):
            raise TypeError(
                f"result_type(): argument 'tensor{place}' (position {place}) must be Tensor or Number, not "
                f"{type(value).__name__}"
            )
    return promotion.result_type_of((tensor1, tensor2))


def promote_types(type1: Dtype, type2: Dtype) -> Dtype:
    """The smallest dtype that both may be converted to. ``RuntimeError`` where there is none."""
    return promotion.promote_types(
        _dtype(type1, "promote_types", "type1", 1), _dtype(type2, "promote_types", "type2", 2)
    )


def can_cast(from_: Dtype, to: Dtype) -> bool:
    """Whether a result of dtype ``from_`` may be written into a tensor of dtype ``to``."""
    return promotion.can_cast(_dtype(from_, "can_cast", "from_", 1), _dtype(to, "can_cast", "to", 2))


def _dtype(value: Any, function: str, argument: str, position: int) -> Dtype:
    return arg.dtype(value, function, f"'{argument}' (position {position})")


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which all shapes expand. ``RuntimeError`` where they can't, ``ValueError`` for a negative size."""
    result = Size(())
    for place, shape in enumerate(shapes):
        try:
            sizes = arg.integers(shape, "broadcast_shapes", "shapes")
        except TypeError:
            if not place and isinstance(shape, (tuple, list, str)):
                raise
            raise RuntimeError(
                "broadcast_shapes(): Input shapes should be of type ints, a tuple of ints, or a list of ints, got "
                f"{shape!r} at index {place}"
            ) from None
        result = Size(geo.broadcast_shapes(result, sizes))
        if any(size < 0 for size in sizes):
            raise ValueError(
                "broadcast_shapes(): Attempting to broadcast a dimension with negative length! Got "
                f"{list(sizes)} at index {place}"
            )
    return result
