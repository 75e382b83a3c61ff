"""Element types: what the bytes of a storage mean.

A ``dtype`` is a name for a fixed-size number format. Each one here carries its NumPy counterpart in ``.np``, its
*category* (bool < integer < floating point < complex, the order in which promotion climbs) and its size in bytes.
There is exactly one object per dtype, so that comparing two dtypes is comparing two references.

``bfloat16`` and the eight-bit floats do not exist in NumPy; their NumPy counterparts come from the small package
``ml_dtypes``, which is imported when such a dtype is first used.

PyTorch keeps the same in ``c10/core/ScalarType.h``, ``torch/csrc/Dtype.cpp`` and ``torch/csrc/TypeInfo.cpp``. Left
out on purpose: quantized dtypes, sub-byte integers, and ``complex32``, which neither NumPy nor ``ml_dtypes`` stores.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

BOOL, INTEGER, FLOATING, COMPLEX = range(4)


class dtype:  # noqa: N801  (PyTorch's own spelling)
    """One element type. Compare with ``is``; the instances are the module's constants."""

    __module__ = "minitorch"  # where users find it, and what type(x) prints

    __slots__ = (
        "name", "itemsize", "category", "is_floating_point", "is_complex", "is_signed", "is_native", "_np", "_ml_name"
    )  # fmt: skip

    def __init__(self, name: str, itemsize: int, category: int, *, native: bool = True) -> None:
        self.name = name
        self.itemsize = itemsize
        self.category = category
        self.is_floating_point = category == FLOATING
        self.is_complex = category == COMPLEX
        self.is_signed = not (name.startswith("uint") or category == BOOL)
        self.is_native = native  # NumPy itself computes in it (ml_dtypes and float16 are upcast instead)
        self._np: np.dtype[Any] | None = None
        self._ml_name = name if name == "bfloat16" or name.startswith("float8") else None

    @property
    def np(self) -> np.dtype[Any]:
        """The NumPy dtype with the same bytes; ``ImportError`` if it needs ``ml_dtypes`` and that is missing."""
        if self._np is None:
            if self._ml_name is None:
                self._np = np.dtype(self.name)
            else:
                try:
                    import ml_dtypes
                except ImportError as error:
                    raise ImportError(f"{self!r} needs the package ml_dtypes: pip install ml_dtypes") from error
                self._np = np.dtype(getattr(ml_dtypes, self._ml_name))
        return self._np

    def to_real(self) -> dtype:
        """The dtype of the real part: ``complex64`` gives ``float32``; a real dtype gives itself."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> dtype:
        """The complex dtype that holds this dtype as its parts: ``float32`` gives ``complex64``.

        ``RuntimeError`` for dtypes that are no parts, and for ``float16``, whose ``complex32`` is left out here.
        """
        if self.category == COMPLEX:
            return self
        found = {float32: complex64, bfloat16: complex64, float64: complex128}.get(self)
        if found is None:
            raise RuntimeError(f"Unknown Complex ScalarType for {self.name}")
        return found

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # by name, so that identity survives


bool_ = dtype("bool", 1, BOOL)
bool_._np = np.dtype(np.bool_)
uint8 = dtype("uint8", 1, INTEGER)
uint16 = dtype("uint16", 2, INTEGER)
uint32 = dtype("uint32", 4, INTEGER)
uint64 = dtype("uint64", 8, INTEGER)
int8 = dtype("int8", 1, INTEGER)
int16 = short = dtype("int16", 2, INTEGER)
int32 = int_ = dtype("int32", 4, INTEGER)
int64 = long = dtype("int64", 8, INTEGER)
float16 = half = dtype("float16", 2, FLOATING, native=False)
bfloat16 = dtype("bfloat16", 2, FLOATING, native=False)
float8_e4m3fn = dtype("float8_e4m3fn", 1, FLOATING, native=False)
float8_e5m2 = dtype("float8_e5m2", 1, FLOATING, native=False)
float32 = float_ = dtype("float32", 4, FLOATING)
float64 = double = dtype("float64", 8, FLOATING)
complex64 = cfloat = dtype("complex64", 8, COMPLEX)
complex128 = cdouble = dtype("complex128", 16, COMPLEX)

ALL = (
    bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16,
    float8_e4m3fn, float8_e5m2, float32, float64, complex64, complex128,
)  # fmt: skip

_BY_NUMPY: dict[Any, dtype] = {d.np: d for d in ALL if d._ml_name is None}


def from_numpy_dtype(np_dtype: np.dtype[Any]) -> dtype:
    """The dtype with the same bytes as ``np_dtype``; ``TypeError`` (PyTorch's) if there is none."""
    try:
        return _BY_NUMPY[np_dtype]
    except KeyError:
        pass
    for candidate in ALL:
        if candidate._ml_name is not None and candidate._ml_name == np_dtype.name:
            _BY_NUMPY[candidate.np] = candidate
            return candidate
    raise TypeError(
        f"can't convert np.ndarray of type {np_dtype.type.__module__}.{np_dtype.type.__name__}. "
        "The only supported types are: float64, float32, float16, complex64, complex128, "
        "int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
    )


_default_dtype = float32


def get_default_dtype() -> dtype:
    """The floating dtype of tensors made from Python floats; ``float32`` unless it was set."""
    return _default_dtype


def set_default_dtype(d: dtype) -> None:
    """Set the dtype that Python floats become. ``TypeError`` for anything but a floating dtype."""
    global _default_dtype
    if not isinstance(d, dtype):
        raise TypeError(f"invalid dtype object: only floating-point types are supported as the default type, got {d!r}")
    if d.category != FLOATING or d.itemsize == 1:
        raise TypeError(f"only floating-point types of 16 bits and more are supported as the default type, got {d}")
    _default_dtype = d


def default_complex_dtype() -> dtype:
    """The complex dtype that goes with the default dtype: ``complex64`` for ``float32``, and for lack of ``complex32``
    also for halves."""
    return complex128 if _default_dtype is float64 else complex64


class _TypeInfo:
    """What ``finfo`` and ``iinfo`` share: equal when of one dtype, and not hashable, as in PyTorch."""

    dtype: str

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.dtype == other.dtype  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]


class finfo(_TypeInfo):  # noqa: N801
    """The limits of a floating dtype: ``eps, min, max, tiny, smallest_normal, resolution, bits, dtype``."""

    def __init__(self, type: dtype | None = None) -> None:
        of = get_default_dtype() if type is None else _checked(type, "finfo")
        if of.category < FLOATING:
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{of}'")
        real = of.to_real()
        info: Any
        if real._ml_name is None:
            info = np.finfo(real.np)
        else:
            import ml_dtypes

            info = ml_dtypes.finfo(real.np)  # type: ignore[no-untyped-call]
        self.bits = real.itemsize * 8
        self.eps = float(info.eps)
        self.max = float(info.max)
        self.min = float(info.min)
        self.tiny = self.smallest_normal = float(info.smallest_normal)
        decimals = math.floor(-math.log2(self.eps) * math.log10(2))  # that survive going through the dtype
        self.resolution = float(f"1e-{decimals}")
        self.dtype = real.name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo(_TypeInfo):  # noqa: N801
    """The limits of an integer dtype: ``bits, min, max, dtype``."""

    def __init__(self, type: dtype) -> None:
        if _checked(type, "iinfo").category == BOOL:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if type.category != INTEGER:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type}'")
        info = np.iinfo(type.np)
        self.bits = info.bits
        self.min = int(info.min)
        self.max = int(info.max)
        self.dtype = type.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def _checked(given: Any, function: str) -> dtype:
    if not isinstance(given, dtype):
        raise TypeError(f"{function}(): argument 'type' (position 1) must be torch.dtype, not {type(given).__name__}")
    return given


def of_python_number(value: Any) -> dtype:
    """The dtype a Python number becomes in a tensor: bool, int64, the default float or its complex.

    ``RuntimeError`` for a complex number while the default dtype is a half.
    """
    kind = type(value)
    if kind is bool or isinstance(value, (bool, np.bool_)):
        return bool_
    if isinstance(value, (int, np.integer)):
        return int64 if value <= sys.maxsize else uint64
    if isinstance(value, (float, np.floating)):
        return _default_dtype
    if _default_dtype.itemsize < 4:
        raise RuntimeError(f"invalid default scalar type for complex: {_default_dtype}")
    return default_complex_dtype()
