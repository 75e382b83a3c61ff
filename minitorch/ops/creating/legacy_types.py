"""``FloatTensor``, ``LongTensor`` and their kin: from the time when each dtype had a class of its own.

    LongTensor([1, 2])               tensor([1, 2], dtype=int64)
    FloatTensor(2, 3)                empty(2, 3, dtype=float32)
    Tensor(...)                      the same in the default dtype
    isinstance(x, FloatTensor)       x.dtype is float32, and on the CPU
    x.type(LongTensor)               x.to(int64)

Old programs are full of them. They are classes without instances: what they make is a ``Tensor``, and whether something
is one of them is asked of its dtype. That takes a metaclass, as it does in PyTorch, and is the only use of one in the
operators.

PyTorch: ``torch/csrc/tensor/python_tensor.cpp`` (the classes) and ``torch/csrc/utils/tensor_new.cpp``
(``legacy_tensor_ctor``).
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from minitorch._typename import typename
from minitorch.core import dtypes
from minitorch.core.backend import is_available
from minitorch.core.device import cpu, place_of
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Size
from minitorch.core.memory_format import layout as Layout
from minitorch.core.memory_format import strided
from minitorch.core.promotion import scalar_type_name
from minitorch.core.storage import Storage
from minitorch.ops.creating.creation import empty
from minitorch.ops.creating.from_data import is_sequence, tensor
from minitorch.ops.shapes.conversion import convert
from minitorch.ops.shapes.resizing import set_
from minitorch.ops.shapes.views import alias
from minitorch.storage import TypedStorage
from minitorch.tensor_base import TensorBase

# ---- what all of them make ------------------------------------------------------------------------------------------


def legacy_tensor(
    dtype: Dtype, args: tuple[Any, ...], names: dict[str, Any], any_dtype: bool = False, place: Device = cpu
) -> Any:
    """Of sizes an uninitialised tensor on ``place``, of data a copy, of a storage or a tensor the same memory.

    ``any_dtype``: also of a tensor of another dtype. ``TypeError`` for a number that is no size and other arguments.
    """
    device = names.pop("device", None)
    if device is not None and Device(device).type != place.type:
        raise RuntimeError(
            f"legacy constructor expects device type: {place.type} but device type: {Device(device).type} was passed"
        )
    if device is not None:
        place = place_of(device)
    if len(names) == 1 and not args and names.keys() <= {"data", "size", "other", "storage"}:
        args = (names.popitem()[1],) if "size" not in names else (Size(names.popitem()[1]),)
    if names:
        raise _no_such_form(args, names)
    if not args:
        return empty(0, dtype=dtype, device=place)
    first = args[0]
    if isinstance(first, np.ndarray) and first.ndim == 0 and first.dtype.kind in "iu":
        first, args = int(first), (int(first), *args[1:])
    if isinstance(first, (int, np.integer, Size)) and not isinstance(first, bool):
        return empty(*args, dtype=dtype, device=place)
    if len(args) > 1:
        raise _no_such_form(args, names)
    if isinstance(first, TensorBase):
        if first._dtype is not dtype and not any_dtype:
            raise TypeError(f"expected a tensor of dtype {dtype} (got {first._dtype}); convert it with to({dtype})")
        if first._storage.device.type != place.type:
            raise TypeError(f"expected a tensor on {place} (got one on {first._storage.device}); move it with to()")
        return alias(first)
    if isinstance(first, (Storage, TypedStorage)):
        return set_(empty(0, dtype=dtype, device=place), first)
    if not isinstance(first, (str, bytes, np.ndarray)) and not is_sequence(first):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return tensor(first, dtype=dtype, device=place)


def _no_such_form(args: tuple[Any, ...], names: dict[str, Any]) -> TypeError:
    given = [type(value).__name__ for value in args] + [f"{name}={type(v).__name__}" for name, v in names.items()]
    return TypeError(
        f"new() received an invalid combination of arguments - got ({', '.join(given)}), but expected one of: (), (int "
        "... size), (sequence data), (Tensor other), (Storage storage), each with a keyword device"
    )


def new(input: Any, *args: Any, **names: Any) -> Any:
    """The oldest constructor: of sizes, of a list, of a tensor; in the tensor's own dtype."""
    return legacy_tensor(input._dtype, args, names, place=input._storage.device)


def new_of_class(cls: type, *args: Any, **names: Any) -> Any:
    """``Tensor(2, 3)``: ``legacy_tensor`` in the default dtype, as an instance of ``cls``."""
    made = legacy_tensor(dtypes.get_default_dtype(), args, names, any_dtype=True)
    if type(made) is not cls:
        made.__class__ = cls
    return made


# ---- the classes ----------------------------------------------------------------------------------------------------


class tensortype(type):  # noqa: N801  (PyTorch's own spelling)
    """The class of ``FloatTensor``: calls make tensors, ``isinstance`` asks for dtype and device."""

    dtype: Dtype
    layout: Layout
    is_cuda: bool
    is_sparse: bool

    def __call__(cls, *args: Any, **names: Any) -> Any:
        if cls.is_cuda and not is_available("cuda"):
            _refuse_cuda(cls)
        return legacy_tensor(cls.dtype, args, names, place=place_of("cuda") if cls.is_cuda else cpu)

    def __instancecheck__(cls, instance: object) -> bool:
        if not isinstance(instance, TensorBase):
            return False
        return instance._dtype is cls.dtype and instance.is_cuda == cls.is_cuda


def _refuse_cuda(cls: tensortype) -> NoReturn:
    raise TypeError(f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled.")


def _class(dtype: Dtype, is_cuda: bool = False) -> tensortype:
    place = "a GPU" if is_cuda else "the CPU"
    members = {
        "dtype": dtype, "layout": strided, "is_cuda": is_cuda, "is_sparse": False,
        "__doc__": f"Makes tensors of dtype {dtype} on {place}, and is the class of all of them for ``isinstance``.",
    }  # fmt: skip
    return tensortype(f"{scalar_type_name(dtype)}Tensor", (), members)


FloatTensor, DoubleTensor = _class(dtypes.float32), _class(dtypes.float64)
HalfTensor, BFloat16Tensor = _class(dtypes.float16), _class(dtypes.bfloat16)
ByteTensor, CharTensor = _class(dtypes.uint8), _class(dtypes.int8)
ShortTensor, IntTensor = _class(dtypes.int16), _class(dtypes.int32)
LongTensor, BoolTensor = _class(dtypes.int64), _class(dtypes.bool_)

_OLD_DTYPES = (
    dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16, dtypes.uint8, dtypes.int8, dtypes.int16,
    dtypes.int32, dtypes.int64, dtypes.bool_,
)  # fmt: skip
CUDA = {cls.__name__: cls for cls in (_class(dtype, is_cuda=True) for dtype in _OLD_DTYPES)}  # cuda.FloatTensor, ...


# ---- by name --------------------------------------------------------------------------------------------------------

_BY_NAME = {f"torch.{scalar_type_name(dtype)}Tensor": dtype for dtype in dtypes.ALL}
_BY_CUDA_NAME = {name.replace("torch.", "torch.cuda."): dtype for name, dtype in _BY_NAME.items()}


def type_(input: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """Without ``dtype`` the old name of the tensor's type, ``"torch.FloatTensor"``; with one, what ``to`` does.

    ``dtype``: a dtype, such a name, or such a class. ``ValueError`` for other names and classes.
    """
    if dtype is None:
        return typename(input)
    wanted, place = dtype, input._storage.device
    if isinstance(dtype, tensortype):
        wanted, place = dtype.dtype, place_of("cuda") if dtype.is_cuda else cpu
    elif isinstance(dtype, str) and dtype in _BY_CUDA_NAME and is_available("cuda"):
        wanted, place = _BY_CUDA_NAME[dtype], place_of("cuda")
    elif isinstance(dtype, str):
        if dtype not in _BY_NAME:
            raise ValueError(f"invalid type: '{dtype}'")
        wanted, place = _BY_NAME[dtype], cpu
    elif isinstance(dtype, type) and dtype.__name__ == "Tensor" and issubclass(dtype, TensorBase):
        wanted = dtypes.get_default_dtype()
    elif isinstance(dtype, type):
        raise ValueError(f"invalid type: '{dtype.__name__}'")
    elif not isinstance(dtype, Dtype):
        raise TypeError("dtype must be a type, str, or dtype object")
    return convert(input, wanted, place)


def set_default_tensor_type(t: Any) -> None:
    """``set_default_dtype`` by an old class or its name. ``TypeError`` for classes of integers."""
    if (t in _BY_CUDA_NAME if isinstance(t, str) else isinstance(t, tensortype) and t.is_cuda) and is_available("cuda"):
        raise TypeError(
            "set_default_tensor_type() sets the dtype of new tensors only, not their device: use set_default_dtype() "
            "and set_default_device('cuda')"
        )
    if isinstance(t, str):
        if t not in _BY_NAME:
            raise TypeError(f"invalid type object: '{t}' names no class of tensors, as 'torch.DoubleTensor' does")
        dtype = _BY_NAME[t]
    elif isinstance(t, tensortype):
        if t.is_cuda:
            _refuse_cuda(t)
        dtype = t.dtype
    else:
        raise TypeError(f"invalid type object: {t!r} is no class of tensors, as torch.DoubleTensor is")
    dtypes.set_default_dtype(dtype)
