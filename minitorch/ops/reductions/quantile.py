"""Quantiles: ``quantile`` and ``nanquantile``.

The q-quantile of n sorted values lies at rank q (n - 1), which is rarely an integer; ``interpolation`` says what to do
between the ranks below and above:

    linear    a + (b - a) * fraction        lower  a        higher  b        midpoint  (a + b) / 2        nearest

All of it is composed of operators that know their derivatives (``sort``, ``gather``, ``lerp``).

PyTorch: ``quantile_compute`` in ``aten/src/ATen/native/Sorting.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.creating.from_data import scalar_tensor
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.elementwise.fused import lerp
from minitorch.ops.reductions.reduction import deliver
from minitorch.tensor_base import TensorBase

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear",
    out: Any = None,
) -> Any:  # fmt: skip
    """The ``q``-quantiles along ``dim``; of a row of ``q`` they are the first dimension of the result."""
    return deliver(_quantile("quantile", input, q, dim, keepdim, interpolation, False), out, "quantile", input)


def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear",
    out: Any = None,
) -> Any:  # fmt: skip
    """``quantile`` of the elements that are not nan."""
    return deliver(_quantile("nanquantile", input, q, dim, keepdim, interpolation, True), out, "nanquantile", input)


def _read_q(function: str, input: Any, q: Any) -> Any:
    if isinstance(q, TensorBase):
        return q
    if not isinstance(q, NUMBERS) or isinstance(q, complex):
        raise TypeError(f"{function}(): argument 'q' (position 2) must be Tensor or float, not {type(q).__name__}")
    if not 0 <= q <= 1:
        raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q}")
    return scalar_tensor(float(q), dtype=input._dtype, device=input._storage.device)


def _check(input: Any, q: Any, interpolation: str) -> None:
    if not input.numel():
        raise RuntimeError("quantile() input tensor must be non-empty")
    if q.ndim > 1:
        raise RuntimeError(f"quantile() q must be a scalar or 1D tensor, but got {q.ndim} dimensions")
    if input._dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if q._dtype is not input._dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}"
        )
    if not bool(((q >= 0) & (q <= 1)).all()):
        raise RuntimeError("quantile() q values must be in the range [0, 1]")


def _quantile(
    function: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, skip_nan: bool
) -> Any:
    arg.check_tensor(input, function)
    q = _read_q(function, input, q)
    axis = geo.wrap_dim(0 if dim is None else arg.integer(dim, function, "dim"), input.ndim)
    _check(input, q, interpolation)
    ordered = _sorted(input, axis, dim is None, arg.boolean(keepdim, function, "keepdim"))  # (reduced..., n)
    ranks = _ranks(ordered, q, skip_nan)
    rounded = {"lower": ranks.floor, "higher": ranks.ceil, "nearest": ranks.round}.get(interpolation)
    if rounded is not None:
        ranks = rounded()
    below = ranks.long()
    values = ordered.gather(-1, below)
    if rounded is None:
        weights = ranks.new_full(ranks.shape, 0.5) if interpolation == "midpoint" else ranks - below
        values = lerp(values, ordered.gather(-1, ranks.ceil().long()), weights)
    if q.ndim == 0:
        return values.squeeze_(-1)
    return values.unsqueeze_(0).transpose_(0, -1).squeeze_(-1)  # (reduced..., q) -> (q, reduced...)


def _sorted(input: Any, axis: int, flat: bool, keepdim: bool) -> Any:
    """The input sorted along the reduced dimension, which is the last one now."""
    if flat:
        ordered, reduced = input.flatten().sort()[0], [1] * input.ndim if keepdim else []
    else:
        reduced = [1 if d == axis else size for d, size in enumerate(input.shape) if keepdim or d != axis]
        last = axis == input.ndim - 1 or not input.ndim
        ordered = input.sort()[0] if last else input.unsqueeze(-1).transpose(axis, -1).sort()[0]
    return ordered.view((*reduced, ordered.shape[-1] if ordered.ndim else 1))


def _ranks(ordered: Any, q: Any, skip_nan: bool) -> Any:
    """The rank of each quantile in each row; that of a nan, which is the last, where there is one."""
    missing = ordered.isnan()
    if skip_nan:
        ranks = q * (missing.logical_not().sum(-1, keepdim=True) - 1)
        return ranks.masked_fill(ranks < 0, 0)
    last = ordered.shape[-1] - 1
    return (q * last).expand((*ordered.shape[:-1], q.numel())).masked_fill(missing.any(-1, keepdim=True), last)
