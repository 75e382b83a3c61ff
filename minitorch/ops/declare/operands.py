"""Operands of a pointwise operator: what may be one, on which device, in which dtype, as which array.

An operand is a tensor or a Python number. All of them are brought to one dtype before the forward runs
(``core/promotion.py`` says which); numbers become zero-dim arrays of it, wrapped around as C would wrap an integer.

PyTorch: ``TensorIteratorBase::compute_types`` in ``aten/src/ATen/TensorIterator.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core.device import get_default_device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.ops.declare.operator import Operator, device_of
from minitorch.tensor_base import TensorBase, wrap_any

NUMBERS = (int, float, complex, np.number, np.bool_)
_COMPUTE_IN = {dtypes.float16: dtypes.float32, dtypes.bfloat16: dtypes.float32}
_KINDS = "bifc"  # a letter for each category of dtype, in the order of promotion
_WIDE_UNSIGNED = frozenset((dtypes.uint16, dtypes.uint32, dtypes.uint64))  # "u": PyTorch has few kernels for them


class Pointwise(Operator):
    """A declaration with the number of operands, the promotion rule, and what it refuses."""

    def __init__(
        self,
        forward: Callable[..., Any],
        grad_fn: str | None,
        promotion: str = "common",
        kinds: str = "bifc",
        check: Callable[[str, Sequence[Any]], None] | None = None,
        numbers: str = "rounded",
        out: str = "converted",
    ) -> None:
        super().__init__(forward, grad_fn, skip=1)
        self.operands = self.parameters.index("out")
        self.parameters = tuple(name for name in self.parameters if name != "out")
        self.promotion = promotion
        self.kinds = kinds
        self.check = check
        self.numbers = numbers
        self.out = out


def check_operands(declaration: Pointwise, operands: Sequence[Any]) -> Any:
    """The device of the operands. ``TypeError`` for what is neither tensor nor number. What else the operator refuses,
    ``declaration.check`` knows; where something is written, that comes after what autograd refuses."""
    device, same = None, True
    for place, operand in enumerate(operands):
        if isinstance(operand, TensorBase):
            if device is None:
                device = operand._storage.device
            elif operand._storage.device is not device:
                same = False
        elif not isinstance(operand, NUMBERS) or _no_number_here(declaration, place):
            raise TypeError(
                f"{declaration.name}(): argument '{declaration.parameters[place]}' (position {place + 1}) must be "
                f"Tensor, not {type(operand).__name__}"
            )
    if device is None:
        raise TypeError(
            f"{declaration.name}(): argument '{declaration.parameters[0]}' (position 1) must be Tensor, not "
            f"{type(operands[0]).__name__}"
        )
    return device if same else device_of_operands(declaration.name, operands)


def _no_number_here(declaration: Pointwise, place: int) -> bool:
    return declaration.numbers == "refused" or declaration.numbers == "second" and place == 0


def with_a_tensor(arguments: Sequence[Any]) -> Sequence[Any]:
    """Two numbers with the first as a zero-dim tensor; anything else as it is."""
    first, second, *others = arguments
    if not isinstance(first, NUMBERS) or not isinstance(second, NUMBERS):
        return arguments
    dtype = dtypes.int64 if isinstance(first, int) and not isinstance(first, bool) else dtypes.of_python_number(first)
    return wrap_any(number_as_array(first, dtype), get_default_device()), second, *others


def device_of_operands(name: str, operands: Sequence[Any]) -> Any:
    """The device of the operands; a zero-dim CPU tensor goes along with any device, as a number would."""
    dimensioned = [o for o in operands if isinstance(o, TensorBase) and not (o.ndim == 0 and o.device.type == "cpu")]
    return device_of(name, dimensioned or operands)


def operand_dtypes(declaration: Pointwise, operands: Sequence[Any]) -> tuple[Dtype, Dtype]:
    """The dtype to compute in and the dtype of the result."""
    common = _common_dtype(operands)
    promotion = declaration.promotion
    if promotion == "float" and common.category < dtypes.FLOATING:
        common = dtypes.get_default_dtype()
    if promotion == "bool":
        return common, dtypes.bool_
    if promotion == "real":
        return _COMPUTE_IN.get(common, common), common.to_real()
    return _COMPUTE_IN.get(common, common), common


def check_kind(declaration: Pointwise, compute_dtype: Dtype) -> None:
    """``NotImplementedError`` for a dtype of a kind the operator does not take.

    PyTorch finds out last, when it looks for the kernel, so shapes and the dtype of the result are checked before.
    """
    refuse_other_kinds(f"{declaration.name}_cpu", compute_dtype, declaration.kinds)


def refuse_other_kinds(kernel: str, dtype: Dtype, kinds: str) -> None:
    """``NotImplementedError`` if the dtype is none of ``kinds``: the letters of bool, integer, uint16 and wider,
    floating, complex. ``kernel`` is what PyTorch's message says."""
    kind = "u" if dtype in _WIDE_UNSIGNED else _KINDS[dtype.category]
    if kind not in kinds:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(dtype)}'")


def _common_dtype(operands: Sequence[Any]) -> Dtype:
    first = operands[0]
    if isinstance(first, TensorBase):
        dtype = first._dtype
        for operand in operands:
            if not isinstance(operand, TensorBase) or operand._dtype is not dtype:
                break
        else:
            return dtype
    return result_type_of(operands)


def arrays_of(
    declaration: Pointwise, operands: Sequence[Any], dtype: Dtype, result_dtype: Dtype, device: Any
) -> list[Any]:
    """The operands as arrays of ``dtype``; a float stays a Python float where NumPy treats it as one of ``dtype``.

    A zero-dim tensor of the CPU goes along with tensors of another ``device`` as a number.

    In half precision, where ``dtype`` is float32, operands are first rounded to the half precision of the result (but
    not the factor of ``x * 0.3`` and ``x / 0.3``, as in PyTorch).
    """
    if result_dtype in _COMPUTE_IN and dtype is not result_dtype and declaration.numbers != "exact":
        return [_rounded(operand, result_dtype, device).astype(dtype.np) for operand in operands]
    np_dtype = dtype.np
    arrays = []
    for operand in operands:
        if isinstance(operand, TensorBase):
            array = array_on(device, operand)
            arrays.append(array if array.dtype == np_dtype else array.astype(np_dtype))
        elif type(operand) is float and dtype.category == dtypes.FLOATING:
            arrays.append(operand)
        else:
            arrays.append(number_as_array(operand, dtype))
    return arrays


def array_on(device: Any, operand: TensorBase) -> Any:
    """The array of an operand that may take part on ``device``: its own, or the number that a zero-dim tensor of the
    CPU holds."""
    array = operand.array
    return array if operand._storage.device is device else array[()]


def _rounded(operand: Any, dtype: Dtype, device: Any) -> Any:
    if not isinstance(operand, TensorBase):
        return number_as_array(operand, dtype)
    array = array_on(device, operand)
    return array if operand._dtype is dtype else array.astype(dtype.np)


def rounded_number(number: Any, dtype: Dtype) -> Any:
    """A Python number as an element of ``dtype`` would hold it; matters in half precision."""
    return float(number_as_array(number, dtype)) if dtype in _COMPUTE_IN else number


def number_as_array(number: Any, dtype: Dtype) -> Any:
    """A Python number as a NumPy scalar of ``dtype``, which goes along with arrays of every backend; integers wrap
    around, as in C."""
    if isinstance(number, np.complex64):
        number = number.real  # no Python complex, so PyTorch takes it for a float
    if dtype.category == dtypes.INTEGER and isinstance(number, (int, np.integer)):
        return np.array(int(number) & 0xFFFFFFFFFFFFFFFF, np.uint64).astype(dtype.np)[()]
    return np.asarray(number).astype(dtype.np)[()]


def check_representable(number: Any, dtype: Dtype) -> None:
    """``RuntimeError`` if a Python number cannot become ``dtype`` without overflow: 300 as ``int8``, 2j as a float."""
    fits = True
    if dtype is dtypes.bool_:
        return
    if isinstance(number, (complex, np.complexfloating)) and dtype.category < dtypes.COMPLEX:
        fits = number.imag == 0
    elif dtype.category == dtypes.INTEGER:
        info = np.iinfo(dtype.np)
        low = info.min
        if not dtype.is_signed and isinstance(number, (int, np.integer)):
            low = -info.max - 1  # negative integers wrap around, negative floats do not
        fits = number == number and low <= number <= info.max
    elif dtype.category == dtypes.FLOATING and abs(number) != float("inf"):
        fits = not abs(number) > dtypes.finfo(dtype).max
    if not fits:
        raise RuntimeError(f"value cannot be converted to type {_c_type_name(dtype)} without overflow")


def _c_type_name(dtype: Dtype) -> str:
    names = {"float32": "float", "float64": "double", "float16": "at::Half", "bfloat16": "at::BFloat16"}
    return names.get(dtype.name, f"{dtype.name}_t")


# ---- what operators refuse ----------------------------------------------------------------------------------------


def is_boolean(operand: Any) -> bool:
    """Whether a tensor or number is a bool."""
    return operand._dtype is dtypes.bool_ if isinstance(operand, TensorBase) else isinstance(operand, bool)


def is_complex(operand: Any) -> bool:
    """Whether a tensor or number is complex."""
    if isinstance(operand, TensorBase):
        return operand._dtype.category == dtypes.COMPLEX
    return isinstance(operand, complex)
