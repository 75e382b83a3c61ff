"""``matmul``, the product of tensors of any rank, and what is built on it: ``linear`` and ``bilinear``.

``matmul`` picks ``dot``, ``mv``, ``mm`` or ``bmm`` by the number of dimensions (``ops/linear_algebra/linalg.py``,
``matrix_vector.py``). A batch of matrices times a single one could be one ``bmm`` with the single one repeated; where
it costs no copy, the batch is *folded* into the rows of one matrix instead, since one large product is faster than
many small ones:

    (5, 2, 3) @ (3, 4)    =    view (10, 3) @ (3, 4)    viewed as (5, 2, 4)

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp`` (``should_fold``, ``_matmul_impl``), ``Linear.cpp``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.inplace import bump_version
from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import Operator, record
from minitorch.ops.declare.writing import check_out, check_out_dtype, write_out
from minitorch.ops.linear_algebra.linalg import addmm, bmm, mm
from minitorch.ops.linear_algebra.matrix_vector import dot, mv
from minitorch.ops.shapes.views import _unsafe_view, expand, reshape, squeeze, t, transpose, unsqueeze
from minitorch.tensor_base import TensorBase, over_storage


def _without_row(xp: Any, input: Any, shape: tuple[int, ...]) -> Any:
    """A matrix of one row as a vector, squeezed in place."""
    return input


_SQUEEZE = Operator(_without_row, "SqueezeBackward4", skip=1)
_SQUEEZE.add_derivative(("input",), lambda grad, input_geometry: reshape(grad, input_geometry.shape))


def _as_vector(fresh: Any) -> Any:
    """(1, n) -> (n,) for a result that nobody else has seen: no view to the outside, and nothing is copied."""
    shape = (fresh.shape[1],)
    result = over_storage(fresh._storage, fresh._dtype, geo.view(fresh._geometry, shape))
    record(_SQUEEZE, (fresh, shape), result)
    bump_version(result)
    return result


def matmul(input: Any, other: Any, *, out: Any = None) -> Any:
    """The product of tensors of any rank: the last two dimensions are matrices, the others a batch that broadcasts.

    A vector on the left is a row, on the right a column, and its dimension does not appear in the result.
    ``RuntimeError`` for a zero-dim tensor and where inner dimensions differ.
    """
    if not isinstance(input, TensorBase) or not isinstance(other, TensorBase):
        arg.check_tensor(input, "matmul")
        arg.tensor(other, "matmul", "other")
    result = _matmul(input, other)
    if out is not None:
        check_out("matmul", out, (input, other))
        check_out_dtype(out, result._dtype)
        return write_out(out, result.array, tuple(result.shape))
    return result


def _matmul(input: Any, other: Any) -> Any:
    dims = (input._geometry.ndim, other._geometry.ndim)
    if dims == (2, 2):
        return mm(input, other)
    if 0 in dims:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {dims[0]}D and {dims[1]}D")
    if dims == (1, 1):
        return dot(input, other)
    if dims == (2, 1):
        return mv(input, other)
    if dims == (1, 2):
        return _as_vector(mm(unsqueeze(input, 0), other))
    return _matmul_folded(input, other) if _folds(input, other) else _matmul_batched(input, other)


def matmul_operator(input: Any, other: Any) -> Any:
    """``input @ other``; Python's own ``TypeError`` if the other side is no tensor."""
    return matmul(input, other) if isinstance(other, TensorBase) else NotImplemented


def reflected_matmul(input: Any, other: Any) -> Any:
    """``other @ input``, asked for by Python when the left side does not know how."""
    return matmul(other, input) if isinstance(other, TensorBase) else NotImplemented


def _folds(input: Any, other: Any) -> bool:
    """Whether a batch times one matrix or vector becomes one product of (batch * rows, m) with it.

    It does where folding is a view. It does at any price where the single one requires grad: its gradient would
    otherwise be made for every member of the batch and then summed.
    """
    left_is_larger = input.ndim >= other.ndim
    larger, single = (input, other) if left_is_larger else (transpose(other, -2, -1), input)
    if larger.ndim < 3 or single.ndim > 2:
        return False
    if single.requires_grad:
        return True
    if input.ndim == 2:
        return False  # the result would have to be transposed back, which is a copy
    shape, stride = larger.shape, larger.stride()
    if larger.numel() == 0:
        return True
    return all(stride[dim] == stride[dim + 1] * shape[dim + 1] for dim in range(larger.ndim - 2))


def _matmul_folded(input: Any, other: Any) -> Any:
    swapped = other.ndim > input.ndim
    batch = transpose(other, -2, -1) if swapped else input
    single = (t(input) if input.ndim == 2 else input) if swapped else other
    lead = tuple(batch.shape[:-1])
    rows = reshape(batch, (math.prod(lead), batch.shape[-1]))
    if single.ndim == 1:
        return _unsafe_view(mv(rows, single), lead)
    result = _unsafe_view(mm(rows, single), (*lead, single.shape[1]))
    return transpose(result, -2, -1).contiguous() if swapped else result


def _matmul_batched(input: Any, other: Any) -> Any:
    if input.ndim == other.ndim == 3 and input.shape[0] != other.shape[0]:
        if input.shape[0] == 1 and input.requires_grad:  # as in `_folds`
            return _matmul(squeeze(input, 0), other)
        if other.shape[0] == 1 and other.requires_grad:
            return _matmul(input, squeeze(other, 0))
    rows = () if input.ndim == 1 else (input.shape[-2],)
    columns = () if other.ndim == 1 else (other.shape[-1],)
    m, m2 = input.shape[-1], other.shape[-2 if columns else 0]
    batch = tuple(geo.broadcast_shapes(tuple(input.shape[:-2]), tuple(other.shape[:-2])))
    count = math.prod(batch)
    left = reshape(expand(input, (*batch, *(rows or (1,)), m)), (count, *(rows or (1,)), m))
    if columns:
        right = reshape(expand(other, (*batch, m2, *columns)), (count, m2, *columns))
        result = bmm(left, right)
    else:
        right = reshape(expand(other, (*batch, m2)), (count, m2))
        result = squeeze(bmm(left, unsqueeze(right, 2)), -1)
    return _unsafe_view(result, (*batch, *rows, *columns))


# ---- the linear layer -----------------------------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight^T + bias``: (*, in) with weight (out, in) and bias (out,) -> (*, out)."""
    if not isinstance(input, TensorBase) or not isinstance(weight, TensorBase):
        arg.tensor(input, "linear", "input")
        arg.tensor(weight, "linear", "weight")
    if bias is not None and not isinstance(bias, TensorBase):
        arg.tensor(bias, "linear", "bias")
    ndim = input._geometry.ndim
    if bias is not None and ndim == 2:
        return addmm(bias, input, t(weight))
    if not ndim or not weight.ndim:
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {ndim}D and {weight.ndim}D")
    if bias is None:
        return _matmul(input, t(weight))
    if input._geometry.is_contiguous:
        lead = tuple(input.shape[:-1])
        rows = reshape(input, (math.prod(lead), input.shape[-1]))
        result = addmm(bias, rows, t(weight))
        return reshape(result, (*lead, result.shape[1]))
    result = _matmul(input, t(weight))
    return result.__iadd__(bias)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``x1^T W x2 + b``: (*, n) and (*, m) with weight (out, n, m) and bias (out,) -> (*, out)."""
    lead, other = tuple(input1.shape[:-1]), tuple(input2.shape[:-1])
    if lead != other:
        raise RuntimeError(f"bilinear(): input batch dimensions do not match: got {list(lead)} and {list(other)}")
    if weight.ndim != 3 or (input1.shape[-1], input2.shape[-1]) != tuple(weight.shape[1:]):
        raise RuntimeError(
            f"bilinear(): input1 size does not match weight size: got {list(input1.shape)} and {list(input2.shape)} "
            f"for a weight {list(weight.shape)}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {list(bias.shape)} but expected {weight.shape[0]}"
        )
    count = math.prod(lead)
    left, right = reshape(input1, (count, input1.shape[-1])), reshape(input2, (count, input2.shape[-1]))
    outputs, n, m = weight.shape
    # (count, n) @ (n, outputs * m) -> (count, outputs, m), then the dot product with every right row
    rows = mm(left, reshape(transpose(weight, 0, 1), (n, outputs * m)))
    result = squeeze(bmm(reshape(rows, (count, outputs, m)), unsqueeze(right, 2)), 2)
    result = reshape(result, (*lead, outputs))
    return result if bias is None else result + bias
