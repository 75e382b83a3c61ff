"""``FloatTensor``, ``LongTensor`` and their kin: constructors from the time when each dtype had a class of its own.

    LongTensor([1, 2])      tensor([1, 2], dtype=int64)
    FloatTensor(2, 3)       empty(2, 3, dtype=float32)

Old programs are full of them. Here they are functions; ``isinstance(x, FloatTensor)``, which in PyTorch a metaclass
answers by asking for the dtype, is left out.

PyTorch: ``torch/csrc/tensor/python_tensor.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.core import dtypes
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Size
from minitorch.core.promotion import scalar_type_name
from minitorch.ops.creation import empty
from minitorch.ops.from_data import tensor
from minitorch.ops.views import detach
from minitorch.tensor_base import TensorBase


def legacy_tensor(dtype: Dtype, args: tuple[Any, ...], device: Any = None) -> Any:
    """Of sizes an uninitialised tensor, of data a copy, of a tensor of this dtype the same memory."""
    if not args:
        return empty(0, dtype=dtype, device=device)
    if len(args) > 1 or isinstance(args[0], (int, Size)):
        return empty(*args, dtype=dtype, device=device)
    if isinstance(args[0], TensorBase):
        if args[0]._dtype is not dtype:
            raise TypeError(f"expected {dtype} (got {args[0]._dtype})")
        return detach(args[0])
    return tensor(args[0], dtype=dtype, device=device)


def _constructor(dtype: Dtype) -> Callable[..., Any]:
    def construct(*args: Any, device: Any = None) -> Any:
        return legacy_tensor(dtype, args, device)

    construct.__name__ = construct.__qualname__ = f"{scalar_type_name(dtype)}Tensor"
    construct.__doc__ = f"A tensor of dtype {dtype}, of sizes or of data."
    return construct


FloatTensor, DoubleTensor = _constructor(dtypes.float32), _constructor(dtypes.float64)
HalfTensor, BFloat16Tensor = _constructor(dtypes.float16), _constructor(dtypes.bfloat16)
ByteTensor, CharTensor = _constructor(dtypes.uint8), _constructor(dtypes.int8)
ShortTensor, IntTensor = _constructor(dtypes.int16), _constructor(dtypes.int32)
LongTensor, BoolTensor = _constructor(dtypes.int64), _constructor(dtypes.bool_)


def new_of_class(cls: type, *args: Any, device: Any = None) -> Any:
    """``Tensor(2, 3)``: ``legacy_tensor`` in the default dtype, as an instance of ``cls``."""
    made = legacy_tensor(dtypes.get_default_dtype(), args, device)
    if type(made) is not cls:
        made.__class__ = cls
    return made
