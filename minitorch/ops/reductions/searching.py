"""Searching: where a value belongs in a sorted row, ``searchsorted`` and ``bucketize``, and ``isin``.

    sorted row   1   3   3   5            left   the first place whose element is >= value:   3 -> 1
    place      0   1   2   3   4          right  the first place whose element is >  value:   3 -> 3

PyTorch: ``aten/src/ATen/native/Bucketization.cpp``, ``TensorCompare.cpp`` (``isin``).
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.creating.from_data import as_tensor
from minitorch.ops.declare.operands import NUMBERS, refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.reduction import at_least_float32, deliver
from minitorch.tensor_base import TensorBase


@operator()
def _search(xp: Any, rows: Any, values: Any, sorter: Any, side: str, int32: bool) -> Any:
    """Places of the values in each row (the last dimension), or all of them in the only row."""
    rows, values = at_least_float32(xp, rows), at_least_float32(xp, values)
    if sorter is not None:
        rows = xp.take_along_axis(rows, sorter, -1)
    if rows.ndim == 1:
        places = xp.searchsorted(rows, values, side)
    else:
        flat, wanted = rows.reshape(-1, rows.shape[-1]), values.reshape(-1, values.shape[-1])
        places = xp.empty(wanted.shape, xp.int64)
        for row, value, place in zip(flat, wanted, places):
            place[...] = xp.searchsorted(row, value, side)
        places = places.reshape(values.shape)
    if values.dtype.kind == "f":
        places = xp.where(xp.isnan(values), rows.shape[-1], places)  # no comparison with nan holds: behind everything
    return xp.asarray(places).astype(xp.int32 if int32 else xp.int64)


def searchsorted(
    sorted_sequence: Any, input: Any, *, out_int32: bool = False, right: bool = False, side: str | None = None,
    sorter: Any = None, out: Any = None,
) -> Any:  # fmt: skip
    """Where in the last dimension of ``sorted_sequence`` each value of ``input`` would be put to keep it sorted."""
    right = arg.boolean(right, "searchsorted", "right")
    arg.check_tensor(sorted_sequence, "searchsorted", "sorted_sequence")
    values = _values(input, sorted_sequence, "searchsorted")
    if side is not None:
        if side not in ("left", "right"):
            raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
        if side == "left" and right:
            raise RuntimeError(
                "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
            )
        right = side == "right"
    _check_rows(sorted_sequence, values, sorter)
    if out is not None and out._dtype is not (dtypes.int32 if out_int32 else dtypes.int64):
        raise RuntimeError(
            "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending "
            f"on whether out_int32 flag is True, but we got output tensor's dtype {scalar_type_name(out._dtype)} and "
            f"out_int32 flag is {out_int32}"
        )
    dtype = result_type_of((sorted_sequence, values))
    if not values.numel():
        return deliver(
            values.new_zeros(values.shape, dtype=dtypes.int32 if out_int32 else dtypes.int64), out, "searchsorted"
        )
    refuse_other_kinds("searchsorted_out_cpu", dtype, "if")
    rows = sorted_sequence.detach().to(dtype)
    places = _search(rows, values.detach().to(dtype), sorter, "right" if right else "left", bool(out_int32))
    return deliver(places, out, "searchsorted")


def _values(input: Any, rows: Any, function: str) -> Any:
    if isinstance(input, TensorBase):
        return input
    if not isinstance(input, NUMBERS):
        raise TypeError(f"{function}(): argument 'input' must be Tensor or Number, not {type(input).__name__}")
    return as_tensor(input, device=rows.device)


def _check_rows(rows: Any, values: Any, sorter: Any) -> None:
    if rows.ndim == 0:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if values.ndim == 0 and rows.ndim != 1:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({rows.ndim}) and input value's dim(0) numel({values.numel()})"
        )
    if rows.ndim != 1 and (rows.ndim != values.ndim or rows.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(rows.shape)} and input "
            f"value tensor {list(values.shape)}"
        )
    if sorter is None:
        return
    if sorter.shape != rows.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
            f"{list(rows.shape)} and got sorter tensor {list(sorter.shape)}"
        )
    if sorter._dtype is not dtypes.int64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{scalar_type_name(sorter._dtype)}"
        )
    if sorter.numel() and not bool(((sorter >= 0) & (sorter < rows.shape[-1])).all()):
        raise RuntimeError("torch.searchsorted(): sorter index out of range")


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False, out: Any = None) -> Any:
    """For each value the bucket between ``boundaries`` that it falls into; one on a boundary into the lower one."""
    arg.check_tensor(boundaries, "bucketize", "boundaries", 2)
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    values = _values(input, boundaries, "bucketize")
    return searchsorted(boundaries, values, out_int32=out_int32, right=right, out=out)


# ---- membership -----------------------------------------------------------------------------------------------------


@operator()
def _isin(xp: Any, elements: Any, test_elements: Any, invert: bool) -> Any:
    """Whether each element is among the others."""
    return xp.isin(at_least_float32(xp, elements), at_least_float32(xp, test_elements), invert=invert)


def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False, out: Any = None
) -> Any:
    """Whether each of ``elements`` is one of ``test_elements``; one of them may be a number."""
    if not isinstance(elements, TensorBase) and not isinstance(test_elements, TensorBase):
        raise TypeError(
            f"isin() received an invalid combination of arguments - got ({type(elements).__name__}, "
            f"{type(test_elements).__name__}), but expected a Tensor among them"
        )
    first, second = _values(elements, test_elements, "isin"), _values(test_elements, elements, "isin")
    for tensor in (first, second):
        if tensor._dtype.category not in (dtypes.INTEGER, dtypes.FLOATING):
            raise RuntimeError(f"Unsupported input type encountered for isin(): {scalar_type_name(tensor._dtype)}")
    dtype = result_type_of((first, second))
    if first.numel() and second.numel():
        refuse_other_kinds("isin_default_cpu", dtype, "if")
    result = _isin(first.detach().to(dtype), second.detach().to(dtype), bool(invert))
    return deliver(result, out, "isin")
