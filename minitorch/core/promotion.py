"""Type promotion: which dtype a result has when the operands' dtypes differ.

PyTorch's rules, not NumPy's. Two dtypes meet in the smallest one that holds both *categories* (bool < integer <
floating < complex); within integers ``uint8`` and ``int8`` meet in ``int16``, within floats ``float16`` and
``bfloat16`` in ``float32``. An integer never makes a float wider: ``int64 + float16`` is ``float16``.

Operands have three priorities: tensors with dimensions, zero-dim tensors, and Python numbers. An operand of lower
priority takes part only if its category is higher than that of all operands above it; so ``int8_vector + 3`` stays
``int8`` and ``int8_vector + 0.5`` becomes the default float.

PyTorch keeps the same in ``c10/core/ScalarType.cpp`` (``promoteTypes``) and
``aten/src/ATen/native/TypeProperties.cpp`` (``result_type``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core.dtypes import BOOL, COMPLEX, FLOATING, INTEGER, dtype

_BAREBONES_UNSIGNED = (dtypes.uint16, dtypes.uint32, dtypes.uint64)


@cache
def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that both may be converted to.

    ``RuntimeError`` for an eight-bit float with anything else, and for ``uint16, uint32, uint64`` with anything but a
    floating dtype: PyTorch leaves their promotion undecided.
    """
    if type1 is type2:
        return type1
    low, high = sorted((type1, type2), key=lambda d: d.category)
    _check_promotable(type1, type2, high)
    if low.category == high.category:
        return _promote_within_category(low, high)
    if high.category == COMPLEX and low is dtypes.float64:
        return dtypes.complex128
    return high


def _check_promotable(type1: dtype, type2: dtype, high: dtype) -> None:
    eight_bit_float = any(d.category == FLOATING and d.itemsize == 1 for d in (type1, type2))
    undecided = any(d in _BAREBONES_UNSIGNED for d in (type1, type2)) and high.category != FLOATING
    if eight_bit_float or undecided:
        kind = "Float8 Types" if eight_bit_float else "uint16, uint32, uint64 types"
        raise RuntimeError(
            f"Promotion for {kind} is not supported, attempted to promote {scalar_type_name(type1)} and "
            f"{scalar_type_name(type2)}"
        )


def _promote_within_category(a: dtype, b: dtype) -> dtype:
    if a.category == INTEGER:
        return dtypes.from_numpy_dtype(np.promote_types(a.np, b.np))
    if a.itemsize == b.itemsize:
        return dtypes.float32  # float16 with bfloat16: neither holds the other
    return a if a.itemsize > b.itemsize else b


def scalar_type_name(d: dtype) -> str:
    """The C++ name that PyTorch's messages use: ``Float`` for ``float32``."""
    names = {
        "bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int",
        "int64": "Long", "float16": "Half", "float32": "Float", "float64": "Double",
        "complex64": "ComplexFloat", "complex128": "ComplexDouble", "bfloat16": "BFloat16",
        "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64",
        "float8_e4m3fn": "Float8_e4m3fn", "float8_e5m2": "Float8_e5m2",
    }  # fmt: skip
    return names[d.name]


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result of dtype ``from_`` may be written into a tensor of dtype ``to``.

    Not allowed: complex into real, floating into integer, anything but bool into bool.
    """
    if from_.category == COMPLEX and to.category != COMPLEX:
        return False
    if from_.category == FLOATING and to.category < FLOATING:
        return False
    return not (from_.category != BOOL and to.category == BOOL)


def result_type_of(operands: Iterable[Any]) -> dtype:
    """The promoted dtype of tensors (anything with ``dtype`` and ``ndim``) and Python numbers."""
    dimensioned: dtype | None = None
    zero_dim: dtype | None = None
    number: dtype | None = None
    for operand in operands:
        if isinstance(operand, (int, float, complex, np.number, np.bool_)):
            # those are no Python bool and no Python complex; PyTorch takes a number that it does not know for a float
            d = dtypes.of_python_number(1.0 if isinstance(operand, (np.bool_, np.complex64)) else operand)
            if d.category == INTEGER:
                d = dtypes.int64
            number = d if number is None else promote_types(number, d)
        elif operand.ndim == 0:
            zero_dim = operand.dtype if zero_dim is None else promote_types(zero_dim, operand.dtype)
        else:
            d = operand.dtype
            dimensioned = d if dimensioned is None else promote_types(dimensioned, d)
    return combine_priorities(combine_priorities(dimensioned, zero_dim), number) or dtypes.float32


def combine_priorities(higher: dtype | None, lower: dtype | None) -> dtype | None:
    """``lower`` only counts when its category lies above ``higher``'s."""
    if higher is None or lower is None:
        return lower if higher is None else higher
    if lower.category <= higher.category:
        return higher
    if lower.category == COMPLEX and higher.category == FLOATING:
        return promote_types(higher, dtypes.complex64) if higher is not dtypes.float64 else dtypes.complex128
    return lower if lower.category >= FLOATING else promote_types(higher, lower)
