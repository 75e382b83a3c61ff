"""Counting: ``bincount`` of small integers, ``histc``, ``histogram`` and ``histogramdd`` of real numbers.

A histogram has one more edge than bins; a value belongs to the bin whose left edge is the last not above it, and the
last bin also has its right edge. As a ``density`` its integral is one: counts over the total and over the bins' widths.

PyTorch: ``aten/src/ATen/native/SummaryOps.cpp``, ``Histogram.cpp``. None of them has a derivative.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch import return_types
from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import refuse_other_kinds
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.reduction import deliver
from minitorch.tensor_base import TensorBase

# ---- integers -------------------------------------------------------------------------------------------------------


@operator()
def _bincount(xp: Any, input: Any, weights: Any, minlength: int) -> Any:
    """How often each of 0, 1, 2, ... occurs, or the sum of the weights where it does."""
    values = input.astype(xp.int64)
    if weights is None:
        return xp.bincount(values, minlength=minlength).astype(xp.int64)
    dtype = weights.dtype if weights.dtype == np.float32 else np.dtype(np.float64)
    length = max(int(values.max()) + 1, minlength)
    total = xp.zeros(length, dtype)
    xp.add.at(total, values, weights.astype(dtype))
    return total


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Counts of the integers 0, 1, ... in a vector; ``weights`` are added up instead, in float."""
    arg.check_tensor(input, "bincount")
    least = arg.integer(minlength, "bincount", "minlength")
    refuse_other_kinds("bincount_cpu", input._dtype, "i")
    if least < 0:
        raise RuntimeError("minlength should be >= 0")
    if input.ndim == 1 and input.numel() == 0:
        return input.new_zeros(least, dtype=dtypes.int64)
    if input.ndim != 1 or int(input.array.min()) < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return _bincount(input, None, least)
    if arg.tensor(weights, "bincount", "weights").ndim != 1 or weights.numel() != input.numel():
        raise RuntimeError("weights should be 1-d and have the same length as input")
    return _bincount(input, weights.detach(), least)


# ---- real numbers ---------------------------------------------------------------------------------------------------


@operator()
def _histc(xp: Any, input: Any, bins: int, low: float, high: float) -> Any:
    """Counts in ``bins`` equal parts of [low, high]."""
    values = input.reshape(-1)  # half precision stays: its rounding decides at the edges
    low, high = values.dtype.type(low), values.dtype.type(high)
    inside = values[(values >= low) & (values <= high)]
    place = ((inside - low) * values.dtype.type(bins) / (high - low)).astype(xp.int64)
    return xp.bincount(xp.minimum(place, bins - 1), minlength=bins).astype(input.dtype)


def histc(input: Any, bins: int = 100, min: Any = 0, max: Any = 0, *, out: Any = None) -> Any:
    """Counts in ``bins`` equal parts of [min, max]; of the values' own range if both are equal."""
    min, max = arg.number(min, "histc", "min"), arg.number(max, "histc", "max")
    arg.check_tensor(input, "histc")
    count = _bin_count(arg.integer(bins, "histc", "bins"))
    refuse_other_kinds("histogram_cpu", input._dtype, "f")
    low, high = float(min), float(max)
    if low == high and input.numel():
        low, high = float(input.detach().min()), float(input.detach().max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    return deliver(_histc(input.detach(), count, low, high), out, "histc", input)


def _bin_count(bins: int, dim: int = 0) -> int:
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension {dim}")
    return bins


@operator()
def _count_in_bins(xp: Any, input: Any, edges: Any, weight: Any) -> Any:
    """Weights of the rows of ``input`` (N, D), added up by the bins of D rows of edges."""
    shape = tuple(edge.size - 1 for edge in edges)
    inside = xp.ones(len(input), bool)
    places = []
    for column, edge in zip(input.T, edges):
        inside &= (column >= edge[0]) & (column <= edge[-1])
        place = xp.searchsorted(edge, column, side="right") - 1
        places.append(xp.minimum(xp.maximum(place, 0), edge.size - 2))
    counts = xp.zeros(shape, input.dtype)
    weights = xp.ones(len(input), input.dtype) if weight is None else weight
    xp.add.at(counts, tuple(place[inside] for place in places), weights[inside])
    return counts


def histogramdd(
    input: Any, bins: Any, range: Sequence[float] | None = None, weight: Any = None, density: bool = False
) -> Any:
    """Histogram of the rows of ``input`` (..., D) over a grid: counts of D dimensions, and D rows of edges."""
    hist, edges = _histogramdd(arg.tensor(input, "histogramdd", "input"), bins, range, weight, density)
    return return_types.histogramdd((hist, tuple(edges)))


def _histogramdd(input: Any, bins: Any, range: Any, weight: Any, density: bool) -> tuple[Any, list[Any]]:
    if input.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    if input._dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(f"\"histogramdd\" not implemented for '{scalar_type_name(input._dtype)}'")
    dims = input.shape[-1]
    rows = input.detach().reshape(-1, dims)
    bins = [bins] * dims if isinstance(bins, int) else list(bins)
    if len(bins) != dims:
        raise RuntimeError(f"torch.histogramdd: expected {dims} sequences of bin edges or counts, but got {len(bins)}")
    edges = _edges(rows, bins, range)
    if weight is not None:
        if tuple(weight.shape) != tuple(input.shape[:-1]):
            raise RuntimeError(
                "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
                f"excluding its innermost dimension, but got input with shape {list(input.shape)} and weight with "
                f"shape {list(weight.shape)}"
            )
        if weight._dtype is not input._dtype:
            raise RuntimeError(
                "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
                f"dtype, but got input {input._dtype} and weight {weight._dtype}"
            )
        weight = weight.detach().reshape(-1)
    hist = _count_in_bins(rows, edges, weight)
    if density:
        hist = hist / hist.sum()
        for dim, edge in enumerate(edges):
            hist = hist / edge.diff().reshape([-1 if d == dim else 1 for d in builtins.range(dims)])
    return hist, edges


def _edges(rows: Any, bins: Sequence[Any], bounds: Sequence[float] | None) -> list[Any]:
    """One row of edges a dimension: those given, or evenly spaced over ``bounds`` or the data."""
    edges = []
    for dim, bin in enumerate(bins):
        if isinstance(bin, TensorBase):
            if bin.ndim != 1:
                raise RuntimeError(
                    f"torch.histogramdd: bins tensor should have one dimension, but got {bin.ndim} dimensions in the "
                    f"bins tensor for dimension {dim}"
                )
            if bin._dtype is not rows._dtype:
                raise RuntimeError(
                    "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with "
                    f"dtype {rows._dtype} and bins for dimension {dim} with dtype {bin._dtype}"
                )
            edges.append(bin.detach().clone())  # type: ignore[attr-defined]
            continue
        count = _bin_count(arg.integer(bin, "histogramdd", "bins"), dim)
        low, high = _bounds(rows, dim, bounds)
        edges.append(rows.new_tensor(np.linspace(low, high, count + 1)))
    return edges


def _bounds(rows: Any, dim: int, bounds: Sequence[float] | None) -> tuple[float, float]:
    if bounds is not None:
        if len(bounds) != 2 * rows.shape[1]:
            raise RuntimeError(
                f"torch.histogramdd: for a {rows.shape[1]}-dimensional histogram range should have "
                f"{2 * rows.shape[1]} elements, but got {len(bounds)}"
            )
        low, high = float(bounds[2 * dim]), float(bounds[2 * dim + 1])
    elif rows.shape[0]:
        column = rows[:, dim]
        low, high = float(column.min()), float(column.max())
    else:
        low, high = 0.0, 1.0
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension {dim}'s range [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {dim}"
        )
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def histogram(
    input: Any, bins: Any = 100, *, range: Sequence[float] | None = None, weight: Any = None, density: bool = False,
    out: Any = None,
) -> Any:  # fmt: skip
    """Counts and edges: ``bins`` is how many evenly spaced ones, or a tensor of edges."""
    arg.check_tensor(input, "histogram")
    if not isinstance(bins, (int, TensorBase)):
        raise TypeError(f"histogram(): argument 'bins' must be int or Tensor, not {type(bins).__name__}")
    column = input.reshape(-1, 1)
    if weight is not None and tuple(weight.shape) != tuple(input.shape):
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got input with shape {list(column.shape)} and weight with shape "
            f"{list(weight.shape)}"
        )
    hist, edges = _histogramdd(column, [bins], range, None if weight is None else weight.reshape(-1), density)
    results = (hist, edges[0])
    if out is not None:
        results = tuple(
            deliver(result, place, "histogram", input)
            for result, place in zip(results, arg.outputs(out, 2, "histogram"))
        )
    return return_types.histogram(results)
