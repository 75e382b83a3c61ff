"""Ranges and patterns of indices: ``arange``, ``linspace``, ``logspace``, ``eye``, ``tril_indices``, ``meshgrid``.

``linspace`` counts from the nearer end, ``start + i * step`` in the first half and ``end - (n - 1 - i) * step`` in the
second, so that both ends are met exactly.

PyTorch: ``aten/src/ATen/native/RangeFactories.cpp``, ``cpu/RangeFactoriesKernel.cpp``, ``TensorFactories.cpp``.
"""

from __future__ import annotations

import builtins
import itertools
import math
import warnings
from typing import Any

import numpy as np

from minitorch.core import dtypes
from minitorch.core.backend import cannot_allocate
from minitorch.core.box_muller import fused_multiply_add
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.creating.creation import check_layout, deliver, place_and_dtype
from minitorch.ops.creating.from_data import from_numpy
from minitorch.ops.declare.operands import NUMBERS, refuse_other_kinds
from minitorch.ops.shapes.copying import as_dtype, value_as_array
from minitorch.ops.shapes.joining import stack
from minitorch.ops.shapes.views import _expand, _view
from minitorch.tensor_base import TensorBase

_REGISTER_BYTES = 32  # AVX2
_WITHOUT_RANGES = (
    dtypes.uint16, dtypes.uint32, dtypes.uint64, dtypes.bool_, dtypes.float8_e4m3fn, dtypes.float8_e5m2,
)  # fmt: skip


def _number(value: Any, function: str, argument: str) -> Any:
    """A number, or the one in a zero-dim tensor."""
    if isinstance(value, TensorBase):
        if value.ndim and function in ("arange", "range"):
            raise TypeError(f"{function}(): argument '{argument}' must be Number, not {type(value).__name__}")
        if value.ndim:
            raise RuntimeError(
                f"{function} only supports 0-dimensional start and end tensors, but got {argument} with {value.ndim} "
                "dimension(s)."
            )
        value = value.item()  # type: ignore[attr-defined]
    if not isinstance(value, NUMBERS):
        raise TypeError(f"{function}(): argument '{argument}' must be Number, not {type(value).__name__}")
    return value


def _check_supported(function: str, dtype: Dtype, refused: tuple[Dtype, ...]) -> None:
    if dtype in refused:
        raise NotImplementedError(f"\"{function}_cpu\" not implemented for '{scalar_type_name(dtype)}'")


# ---- numbers in a row -----------------------------------------------------------------------------------------------


def arange(
    *bounds: Any, start: Any = None, end: Any = None, step: Any = None, out: Any = None, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``arange(end)``, ``arange(start, end, step)``: up to but without ``end``. Ints give ``int64``."""
    start, end, step = _bounds("arange", bounds, start, end, step)
    check_layout("arange", layout, pin_memory, requires_grad, device)
    integral = all(isinstance(v, (int, np.integer, np.bool_)) for v in (start, end, step))
    place, kind = place_and_dtype("arange", dtype, device, out, dtypes.int64 if integral else None)
    _check_supported("arange", kind, (*_WITHOUT_RANGES, dtypes.complex64, dtypes.complex128))
    _check_range(start, end, step)
    if kind.category < dtypes.FLOATING:
        value_as_array(step, dtypes.int64)  # refuses infinity
    if kind is dtypes.int64:
        if not int(step):
            raise ValueError(f"arange(): step must be nonzero in torch.int64, got {step}")
        length = -((int(start) - int(end)) // int(step))
    else:
        length = math.ceil((float(end) - float(start)) / float(step))
    if length >= 2**63:
        raise RuntimeError(f"invalid size, possible overflow? arange() would have {length} elements")
    try:
        array = _counted(place.backend.xp, start, step, length, kind)
    except MemoryError as error:
        raise cannot_allocate((length,), kind.itemsize) from error
    return deliver(array, kind, place, requires_grad, out, pin_memory)


def _counted(xp: Any, start: Any, step: Any, length: int, dtype: Dtype) -> Any:
    """``start + i * step`` for ``i`` below ``length``.

    Floating values are counted in double (halves in float32), a register at a time: each register's first value comes
    from ``start``, the others from that. The last, incomplete pair of registers is counted from ``start`` one by one.
    """
    if dtype.category < dtypes.FLOATING:
        return (int(start) + xp.arange(length, dtype=xp.int64) * int(step)).astype(dtype.np)
    compute = dtypes.float64 if dtype.itemsize >= 4 else dtypes.float32
    index, start, step = xp.arange(length, dtype=compute.np), compute.np.type(start), compute.np.type(step)
    lanes = _REGISTER_BYTES // dtype.itemsize
    in_registers = length - length % (2 * lanes)
    lane = xp.where(index < in_registers, index % lanes, 0).astype(compute.np)
    base = fused_multiply_add(index - lane, step, start)
    base = xp.where(index < in_registers, as_dtype(base, compute, dtype).astype(compute.np), base)
    add = _multiply_add if dtype is dtypes.bfloat16 else fused_multiply_add
    return as_dtype(add(lane, step, base), compute, dtype)


def _bounds(function: str, bounds: tuple[Any, ...], start: Any, end: Any, step: Any) -> tuple[Any, Any, Any]:
    if len(bounds) == 1 and end is None:
        end = bounds[0]
    elif len(bounds) == 1 and start is None:
        start = bounds[0]
    elif bounds:
        start, end = bounds[:2]
        step = bounds[2] if len(bounds) == 3 else step
    if end is None or len(bounds) > 3 or any(bound is None for bound in bounds):
        raise TypeError(
            f"{function}() received an invalid combination of arguments: expected (end) or (start, end, step = 1)"
        )
    start, step = 0 if start is None else start, 1 if step is None else step
    return _number(start, function, "start"), _number(end, function, "end"), _number(step, function, "step")


def _check_range(start: Any, end: Any, step: Any) -> None:
    if any(isinstance(v, (complex, np.complexfloating)) for v in (start, end, step)):
        raise RuntimeError("value cannot be converted to type double without overflow")
    if step == 0 or step != step:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def range(
    *bounds: Any, start: Any = None, end: Any = None, step: Any = None, out: Any = None, dtype: Any = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Like ``arange`` but with ``end``, and floating unless told otherwise. Deprecated, as in PyTorch."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=2,
    )
    if len(bounds) + (start is not None) + (end is not None) < 2:
        raise TypeError('range() missing 1 required positional arguments: "start" or "end"')
    start, end, step = _bounds("range", bounds, start, end, step)
    check_layout("range", layout, False, requires_grad)
    place, kind = place_and_dtype("range", dtype, device, out, None)
    _check_supported("range", kind, (*_WITHOUT_RANGES, dtypes.complex64, dtypes.complex128))
    _check_range(start, end, step)
    if kind.category < dtypes.FLOATING:
        _check_range(int(start), int(end), int(step))
        length = (int(end) - int(start)) // int(step) + 1
    else:
        length = math.floor((float(end) - float(start)) / float(step)) + 1
    if kind.category < dtypes.FLOATING:
        array = _counted(place.backend.xp, start, step, length, kind)
    else:  # one by one from the start, each product and sum rounded
        compute = dtypes.float64 if kind.itemsize >= 4 else dtypes.float32
        index = place.backend.xp.arange(length, dtype=compute.np)
        array = as_dtype(compute.np.type(start) + index * compute.np.type(step), compute, kind)
    return deliver(array, kind, place, requires_grad, out)


def _spaced(xp: Any, start: Any, end: Any, steps: int, dtype: Dtype, fused: bool = True) -> Any:
    """``steps`` evenly spaced values in the dtype's own arithmetic (integers: with a float64 step).

    ``fused``: ``start + i * step`` rounded once, where processors have an instruction for it.
    """
    if dtype.category == dtypes.COMPLEX and fused:  # two lines, one of the real and one of the imaginary parts
        values = xp.empty(steps, dtype.np)
        values.real = _spaced(xp, complex(start).real, complex(end).real, steps, dtype.to_real())
        values.imag = _spaced(xp, complex(start).imag, complex(end).imag, steps, dtype.to_real())
        return values
    if dtype.category < dtypes.FLOATING:
        compute = xp.dtype(xp.float64)
    else:
        compute = dtype.np
    first, last = (compute.type(value_as_array(bound, dtype)) for bound in (start, end))
    if steps < 2:
        return xp.full(steps, first)
    step = compute.type((last - first) / compute.type(steps - 1))
    index = xp.arange(steps)
    multiply_add = fused_multiply_add if fused and compute.itemsize >= 4 else _multiply_add
    forwards = multiply_add(index.astype(compute), step, first)
    backwards = multiply_add((steps - 1 - index).astype(compute), -step, last)
    return xp.where(index < steps // 2, forwards, backwards)


def _multiply_add(x: Any, step: Any, start: Any) -> Any:
    return start + x * step


def linspace(
    start: Any, end: Any, steps: int, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``steps`` evenly spaced values from ``start`` to ``end``, both included."""
    start, end = _number(start, "linspace", "start"), _number(end, "linspace", "end")
    count = _steps("linspace", steps)
    check_layout("linspace", layout, pin_memory, requires_grad, device)
    place, kind = place_and_dtype("linspace", dtype, device, out, _default_dtype_of(start, end))
    _check_complex("linspace", start, end, kind)
    if count > 1:  # one value is only filled in
        _check_supported("linspace", kind, _WITHOUT_RANGES)
    values = _spaced(place.backend.xp, start, end, count, kind)
    return deliver(as_dtype(values, _dtype_of(values), kind), kind, place, requires_grad, out, pin_memory)


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``base`` to the powers ``linspace(start, end, steps)``."""
    start, end = _number(start, "logspace", "start"), _number(end, "logspace", "end")
    base, count = arg.real(base, "logspace", "base"), _steps("logspace", steps)
    check_layout("logspace", layout, pin_memory, requires_grad, device)
    place, kind = place_and_dtype("logspace", dtype, device, out, _default_dtype_of(start, end))
    _check_complex("logspace", start, end, kind)
    if count > 1:  # one value is only filled in
        _check_supported("logspace", kind, _WITHOUT_RANGES)
    xp = place.backend.xp
    if kind.category == dtypes.COMPLEX:
        if count == 1 and base > 0:
            values = xp.asarray([_power_of_real(base, complex(start))])
        else:
            exponents = [complex(start)] if count == 1 else _spaced(xp, start, end, count, kind, fused=False)
            base_type = (dtypes.complex128 if count == 1 else kind).np.type
            values = xp.exp(xp.asarray(exponents) * xp.log(base_type(base)))
    else:
        values = xp.asarray(_powers(float(base), start, end, count, kind))
        if count == 1 and kind.category < dtypes.FLOATING:
            value_as_array(float(values[0]), kind)  # refuses what an integer dtype cannot hold
    return deliver(as_dtype(values, _dtype_of(values), kind), kind, place, requires_grad, out, pin_memory)


def _power_of_real(base: float, exponent: complex) -> complex:
    """As C++ raises a positive number to a complex power: by its length and angle."""
    length, angle = math.pow(base, exponent.real), exponent.imag * math.log(base)
    return complex(length * math.cos(angle), length * math.sin(angle))


def _powers(base: float, start: Any, end: Any, steps: int, dtype: Dtype) -> Any:
    """Powers of ``base`` in double; nan where a negative base has a broken exponent, as in C.

    Start, end and their difference are rounded to the dtype, unless there is only one step.
    """
    rounded = (lambda x: int(x)) if dtype.category < dtypes.FLOATING else dtype.np.type
    first, last = float(start), float(end)
    if steps > 1:
        first, last = (float(value_as_array(bound, dtype)) for bound in (start, end))
    step = float(rounded(last - first)) / (steps - 1) if steps > 1 else 0.0
    exponents = [first + step * i if i < steps // 2 or steps == 1 else last - step * (steps - 1 - i)
                 for i in builtins.range(steps)]  # fmt: skip

    def power(exponent: float) -> float:
        try:
            return math.pow(base, exponent)
        except ValueError:
            return math.nan if base < 0 else math.inf
        except OverflowError:
            return math.inf

    return np.array([power(exponent) for exponent in exponents], np.float64)


def _steps(function: str, steps: Any) -> int:
    count = arg.integer(steps, function, "steps")
    if count < 0:
        raise RuntimeError("number of steps must be non-negative")
    return count


def _default_dtype_of(start: Any, end: Any) -> Dtype | None:
    is_complex = any(isinstance(bound, (complex, np.complexfloating)) for bound in (start, end))
    return dtypes.default_complex_dtype() if is_complex else None


def _check_complex(function: str, start: Any, end: Any, dtype: Dtype) -> None:
    inferred = _default_dtype_of(start, end)
    if inferred is not None and dtype.category < dtypes.COMPLEX:
        raise RuntimeError(
            f"torch.{function}(): inferred dtype {scalar_type_name(inferred)} can't be safely cast to passed dtype "
            f"{scalar_type_name(dtype)}"
        )


def _dtype_of(array: Any) -> Dtype:
    return dtypes.from_numpy_dtype(np.dtype(array.dtype))


# ---- matrices and patterns of indices -------------------------------------------------------------------------------


def eye(
    n: int, m: int = arg.ALL, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``n`` by ``m`` with ones on the diagonal."""
    rows = arg.integer(n, "eye", "n")
    columns = rows if m is arg.ALL else arg.integer(m, "eye", "m")
    for name, size in (("n", rows), ("m", columns)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    check_layout("eye", layout, pin_memory, requires_grad, device)
    place, kind = place_and_dtype("eye", dtype, device, out, None)
    refuse_other_kinds("eye", kind, "bifc")
    return deliver(place.backend.xp.eye(rows, columns, dtype=kind.np), kind, place, requires_grad, out, pin_memory)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None,
                 layout: Any = None) -> Any:  # fmt: skip
    """Rows and columns, (2, n), of the elements on and below the diagonal ``offset`` of a ``row`` by ``col`` matrix."""
    diagonal = arg.int64(offset, "tril_indices", "offset")
    return _triangle_indices("tril_indices", row, col, dtype, device, lambda r, c: c - r <= diagonal)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None,
                 layout: Any = None) -> Any:  # fmt: skip
    """Rows and columns, (2, n), of the elements on and above the diagonal ``offset`` of a ``row`` by ``col`` matrix."""
    diagonal = arg.int64(offset, "triu_indices", "offset")
    return _triangle_indices("triu_indices", row, col, dtype, device, lambda r, c: c - r >= diagonal)


def _triangle_indices(function: str, row: Any, col: Any, dtype: Any, device: Any, inside: Any) -> Any:
    rows, columns = arg.int64(row, function, "row"), arg.int64(col, function, "col")
    for name, size in (("row", rows), ("col", columns)):
        if size < 0:
            raise RuntimeError(f"{name} must be non-negative, got{size}")
    place, kind = place_and_dtype(function, dtype, device, None, dtypes.int64)
    if kind not in (dtypes.int32, dtypes.int64):
        raise NotImplementedError(f"\"{function}\" not implemented for '{scalar_type_name(kind)}'")
    xp = place.backend.xp
    where = xp.nonzero(inside(xp.arange(rows)[:, None], xp.arange(columns)[None, :]))
    return deliver(xp.stack(where).astype(kind.np), kind, place, False, None)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Vectors as the coordinates of a grid, each expanded to the whole: ``"ij"`` by rows, ``"xy"`` by columns first."""
    given = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    if indexing is None:
        indexing = "ij"
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", stacklevel=2
        )
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for tensor in given:
        if arg.tensor(tensor, "meshgrid", "tensors").ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got shape {list(tensor.shape)}"
            )
        if tensor._dtype is not given[0]._dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
        if tensor._storage.device is not given[0]._storage.device:
            raise RuntimeError("meshgrid expects all tensors to have the same device")
    swap = indexing == "xy" and len(given) >= 2
    if swap:
        given[:2] = given[1::-1]
    shape = tuple(t.numel() for t in given)
    grids = [
        _expand(_view(t, tuple([-1 if i == place else 1 for i in builtins.range(len(given))])), shape)
        for place, t in enumerate(given)
    ]
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of one element from each vector, one a row."""
    for tensor in arg.tensors(tensors):
        if tensor.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(tensor.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.reshape(-1) for grid in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All ways to choose ``r`` elements of a vector, one a row, in the order of their indices."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = list(choose(builtins.range(input.numel()), r))
    index = np.array(chosen, np.int64).reshape(len(chosen), r)
    return stack(
        [
            input.index_select(0, from_numpy(np.ascontiguousarray(column)).to(input._storage.device))
            for column in index.T
        ],
        1,
    )
