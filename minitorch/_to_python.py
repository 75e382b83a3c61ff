"""Out of the engine: a tensor as Python numbers, lists, and NumPy arrays.

These are the methods of ``Tensor`` that Python itself and NumPy call: ``len(x)``, ``float(x)``, ``for row in x``,
``np.asarray(x)``, ``f"{x:.2f}"``. A number comes out of a tensor with exactly one element; an array shares the tensor's
memory.

PyTorch: ``torch/_tensor.py`` (``__format__``, ``__iter__``, ``__array__``), ``torch/csrc/utils/tensor_numpy.cpp`` and
``torch/csrc/autograd/python_variable_methods.cpp`` (``__index__``, ``item``).
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Number
from typing import Any

import numpy as np

from minitorch.autograd.grad_mode import modes
from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.tensor_base import TensorBase, is_exactly_tensor


def item(tensor: Any) -> Any:
    """The one element as a Python number. ``RuntimeError`` unless there is exactly one."""
    if tensor._geometry.numel != 1:
        raise RuntimeError(
            f"a Tensor with {tensor._geometry.numel} elements cannot be converted to Scalar; reduce it or use tolist()"
        )
    value = tensor.array.item()
    return value if isinstance(value, (int, float, complex)) else float(value)


def tolist(tensor: Any) -> Any:
    """Nested lists of Python numbers; a number for a zero-dim tensor."""
    array = tensor.array
    if tensor._dtype._ml_name is not None:
        array = array.astype(np.float32)
    return array.tolist()


def numpy(tensor: Any, *, force: bool = False) -> np.ndarray[Any, Any]:
    """The tensor's memory as a NumPy array. ``force``: also if that takes a detach or a copy.

    ``RuntimeError`` if it requires grad, ``TypeError`` for dtypes that NumPy does not know and other devices.
    """
    if not isinstance(force, bool):
        raise TypeError(f"numpy(): argument 'force' must be bool, not {type(force).__name__}")
    if force:
        tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    else:
        if tensor.requires_grad and modes.enabled:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if tensor.device.type != "cpu":
            raise TypeError(
                f"can't convert {tensor.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
                "host memory first."
            )
        if tensor.is_conj():
            raise RuntimeError(
                "Can't call numpy() on Tensor that has conjugate bit set. Use tensor.resolve_conj().numpy() instead."
            )
        if tensor.is_neg():
            raise RuntimeError(
                "Can't call numpy() on Tensor that has negative bit set. Use tensor.resolve_neg().numpy() instead."
            )
    if tensor._geometry.pending:
        if not force:
            bit = "conjugate" if tensor.is_conj() else "negative"
            raise RuntimeError(
                f"Can't call numpy() on Tensor that has {bit} bit set. Use "
                f"tensor.resolve_{tensor._geometry.pending}().numpy() instead."
            )
        tensor = tensor.detach().clone()
    if tensor._dtype._ml_name is not None:
        raise TypeError(f"Got unsupported ScalarType {scalar_type_name(tensor._dtype)}")
    tensor._storage.rare().resizable = False  # the array would be left pointing at memory that is gone
    return tensor.array.view()  # type: ignore[no-any-return]


def to_array(tensor: Any, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
    """What ``np.asarray(tensor)`` and ``np.array(tensor)`` get.

    ``ValueError`` for ``copy=False``, as PyTorch answers to everybody who insists on it.
    """
    if copy is False:
        raise ValueError(
            "Unable to avoid copy while creating an array as requested. Use np.asarray(tensor), which shares the "
            "memory where it can, or tensor.numpy(), which shares it always."
        )
    array = numpy(tensor)
    if copy:
        return array.astype(array.dtype if dtype is None else dtype, copy=True)
    return array if dtype is None else array.astype(dtype, copy=False)


def from_ufunc(tensor: Any, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
    """What NumPy's functions make of their result when a tensor went in: ``np.sin(x)`` is a tensor again."""
    from minitorch.ops.creating.from_data import from_numpy

    if not isinstance(array, (np.ndarray, np.generic)):
        raise AttributeError(f"__array_wrap__: expected an array, which has a dtype, not {type(array).__name__}")
    if array.dtype == bool:  # PyTorch had no bools when this was written, and has kept it
        array = array.astype(np.uint8)
    return from_numpy(np.asarray(array))


def identity(tensor: Any) -> int:
    """``hash(x)``: tensors are told apart by who they are, not by what is in them."""
    return id(tensor)


def apply_(tensor: Any, callable: Any) -> Any:
    """Write ``callable(element)`` into every element, one by one in Python. Slow; for tensors on the CPU."""
    return _element_by_element("apply_", (tensor,), callable)


def map_(tensor: Any, other: Any, callable: Any) -> Any:
    """Write ``callable(element, element of other)`` into every element; ``other`` is expanded to the shape."""
    return _element_by_element("map_", (tensor, other), callable)


def map2_(tensor: Any, x: Any, y: Any, callable: Any) -> Any:
    """``map_`` with two others."""
    return _element_by_element("map2_", (tensor, x, y), callable)


def _element_by_element(name: str, tensors: tuple[Any, ...], function: Any) -> Any:
    """The oldest kind of operator: recorded by no graph, and counted by no version."""
    target = tensors[0]
    for other in tensors:
        if not isinstance(other, TensorBase):
            raise TypeError(f"{name}(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
        if other.requires_grad:
            raise RuntimeError(
                f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead."
            )
        if other._dtype is not target._dtype:
            raise TypeError(f"{name}: expected a tensor of dtype {target._dtype} like the first (got {other._dtype})")
    if not callable(function):
        raise TypeError(f"{name}(): '{type(function).__name__}' object is not callable")
    operands = [target.array, *(other.expand(target.shape).array for other in tensors[1:])]
    results = [function(*(value.item() for value in values)) for values in zip(*(array.flat for array in operands))]
    for value in results:
        if not isinstance(value, (int, float, complex, TensorBase)):
            raise TypeError(f"{name}(): the function must return real numbers, not {type(value).__name__}")
    for place, value in enumerate(results):
        operands[0].flat[place] = value
    return target


def length(tensor: Any) -> int:
    """Size of the first dimension."""
    if tensor._geometry.ndim == 0:
        raise TypeError("len() of a 0-d tensor")
    return int(tensor._geometry.shape[0])


def iterate(tensor: Any) -> Iterator[Any]:
    """The views along the first dimension."""
    if tensor._geometry.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(tensor.unbind(0))


def contains(tensor: Any, element: Any) -> bool:
    """Whether some element equals a number or a tensor."""
    if not isinstance(element, (TensorBase, Number)):
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")
    return bool((tensor == element).any().item())


def is_true(tensor: Any) -> bool:
    """Whether the one element is not zero. ``RuntimeError`` unless there is exactly one."""
    count = tensor._geometry.numel
    if count != 1:
        raise RuntimeError(
            f"Boolean value of Tensor with {'no values' if count == 0 else 'more than one value'} is ambiguous; ask "
            "for .any() or .all()"
        )
    return bool(tensor.array.item())


def as_int(tensor: Any) -> int:
    """``int(x)``: cut towards zero. ``RuntimeError`` for what is beyond 64 bits."""
    value = int(_real(tensor))
    if tensor._dtype is dtypes.uint64 and value >= 2**63:
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    return value


def as_float(tensor: Any) -> float:
    """``float(x)``."""
    return float(_real(tensor))


def as_complex(tensor: Any) -> complex:
    """``complex(x)``."""
    if tensor._geometry.numel != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return complex(item(tensor))


def _real(tensor: Any) -> Any:
    if tensor._geometry.numel != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    value = item(tensor)
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError("value cannot be converted to type double without overflow")
        return value.real
    return value


def as_index(tensor: Any) -> int:
    """What ``list[x]`` and ``range(x)`` use: an integer tensor of one element."""
    if tensor._geometry.numel != 1 or tensor._dtype.category > dtypes.INTEGER:
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(tensor.array.item())


def formatted(tensor: Any, spec: str) -> str:
    """``f"{x:.2f}"``: a zero-dim tensor is formatted as its number."""
    if tensor._geometry.ndim == 0 and is_exactly_tensor(tensor):
        return format(item(tensor), spec)
    return object.__format__(tensor, spec)


def reversed_(tensor: Any) -> Any:
    """``reversed(x)``: the first dimension turned around."""
    return tensor if tensor._geometry.ndim == 0 else tensor.flip(0)


def directory(tensor: Any) -> list[str]:
    """The names for tab completion."""
    return sorted({*dir(type(tensor)), *tensor.__dict__})
