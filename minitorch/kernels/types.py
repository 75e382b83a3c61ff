"""C types of kernel parameters and the dtypes they stand for.

An array passed for ``const float* x`` must be float32; a number passed for ``int n`` is cast to 32 bits. ``STRUCT``
gives the letter of Python's ``struct`` module for a value of each type.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

DTYPES: dict[str, str] = {
    "float": "float32", "double": "float64", "__half": "float16", "half": "float16", "__nv_bfloat16": "bfloat16",
    "char": "int8", "signed char": "int8", "unsigned char": "uint8", "short": "int16", "unsigned short": "uint16",
    "int": "int32", "unsigned": "uint32", "unsigned int": "uint32", "long long": "int64", "bool": "bool",
    "unsigned long long": "uint64", "size_t": "uint64", "float2": "complex64", "double2": "complex128",
    "long": "int64", "unsigned long": "uint64",
}  # fmt: skip

STRUCT: dict[str, str] = {
    "float": "f", "double": "d", "char": "b", "signed char": "b", "unsigned char": "B", "short": "h",
    "unsigned short": "H", "int": "i", "unsigned": "I", "unsigned int": "I", "long long": "q", "bool": "?",
    "unsigned long long": "Q", "size_t": "Q", "__half": "e", "half": "e", "long": "q", "unsigned long": "Q",
}  # fmt: skip

_OTHER_NAMES = {
    "signed": "int", "signed int": "int", "short int": "short", "unsigned short int": "unsigned short",
    "long int": "long", "unsigned long int": "unsigned long", "long long int": "long long",
    "unsigned long long int": "unsigned long long", "int8_t": "signed char", "uint8_t": "unsigned char",
    "int16_t": "short", "uint16_t": "unsigned short", "int32_t": "int", "uint32_t": "unsigned", "int64_t": "long long",
    "uint64_t": "unsigned long long",
}  # fmt: skip

VECTOR = re.compile(
    r"(char|uchar|short|ushort|int|uint|longlong|ulonglong|float|double|__half|half|__nv_bfloat16)([1-4])"
)
_SHORT = {"uchar": "unsigned char", "ushort": "unsigned short", "uint": "unsigned"}
_SHORT |= {"longlong": "long long", "ulonglong": "unsigned long long", "char": "signed char"}

_C_NAMES = {
    "float32": "float", "float64": "double", "float16": "__half", "bfloat16": "__nv_bfloat16", "int8": "signed char",
    "uint8": "unsigned char", "int16": "short", "uint16": "unsigned short", "int32": "int", "uint32": "unsigned",
    "int64": "long long", "uint64": "unsigned long long", "bool": "bool", "complex64": "float2",
    "complex128": "double2",
}  # fmt: skip


def usual_name(type: str) -> str:
    """One name for the types that C gives several: ``unsigned long long`` for ``uint64_t``."""
    return _OTHER_NAMES.get(type, type)


def vector_of(type: str) -> tuple[str, int] | None:
    """The elements' type of ``float4``, and how many it has; None for other types."""
    found = VECTOR.fullmatch(type)
    return (_SHORT.get(found[1], found[1]), int(found[2])) if found else None


def c_type(dtype: Any) -> str:
    """The C type of a NumPy dtype's elements. ``TypeError`` if kernels know none."""
    name = np.dtype(dtype).name
    if name not in _C_NAMES:
        raise TypeError(f"kernels have no C type for {name}")
    return _C_NAMES[name]


def filled_in(type: str, template: dict[str, str]) -> str:
    """A parameter's type in one instance of its kernel; ``wide_t`` is that of ``numeric.cuh``."""
    type = re.sub(r"\w+", lambda word: template.get(word[0], word[0]), type)
    wide = re.fullmatch(r"wide_t\s*<\s*(.*?)\s*>", type)
    if wide:
        return wide[1] if wide[1] in ("double", "int", "long long") else "float"
    return type
