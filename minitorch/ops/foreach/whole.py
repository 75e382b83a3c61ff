"""Operators on lists that fill, copy or reduce whole tensors: zeros, copies, norms, largest elements.

``_foreach_norm`` is what gradient clipping takes: a kernel adds up |x|^p for every chunk of every tensor, a second one
takes the root for every tensor. PyTorch: ``aten/src/ATen/native/cuda/ForeachReduceOp.cu``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.inplace import check_inplace
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.promotion import scalar_type_name
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.foreach.elementwise import TensorList
from minitorch.ops.foreach.lists import check_lists, flat, launch, one_launch
from minitorch.ops.reductions.norms import vector_norm
from minitorch.tensor_base import TensorBase, over_storage, wrap


def _foreach_zero_(self: TensorList) -> Any:
    """Fill every tensor of a list with zeros."""
    check_lists("_foreach_zero_", self)
    if launch("foreach_zero", [self], writes=True) is None:
        for tensor in self:
            check_inplace(tensor, "_foreach_zero_")
        for tensor in self:
            tensor.zero_()
    return self


def _foreach_copy_(self: TensorList, src: TensorList, non_blocking: bool = False) -> Any:
    """Copy every tensor of ``src`` into the one of ``self``, which may have another dtype or device."""
    check_lists("_foreach_copy_", self, src)
    if not isinstance(non_blocking, bool):
        raise TypeError(
            "_foreach_copy_(): argument 'non_blocking' (position 3) must be bool, not " + type(non_blocking).__name__
        )
    for tensor in self:
        check_inplace(tensor, "_foreach_copy_")
    for tensor, source in zip(self, src):
        tensor.copy_(source, non_blocking)
    return self


def _foreach_clone(self: TensorList, *, memory_format: Any = None) -> Any:
    """A copy of every tensor of a list."""
    check_lists("_foreach_clone", self)
    more = {} if memory_format is None else {"memory_format": memory_format}
    return tuple([tensor.clone(**more) for tensor in self])


def _foreach_max(self: TensorList) -> Any:
    """The largest element of every tensor of a list."""
    check_lists("_foreach_max", self)
    return tuple([tensor.max() for tensor in self])


def _foreach_mm(self: TensorList, mat2: TensorList) -> Any:
    """The matrix products of two lists of matrices."""
    check_lists("_foreach_mm", self, mat2)
    return tuple([left.mm(right) for left, right in zip(self, mat2)])


def _foreach_powsum(self: TensorList, ord: float = 2, dtype: Any = None) -> Any:
    """The sum of ``abs(x) ** ord`` of every tensor of a list."""
    check_lists("_foreach_powsum", self)
    _check_order("_foreach_powsum", ord)
    return tuple([(tensor if dtype is None else tensor.to(dtype)).abs().pow(ord).sum() for tensor in self])


def _foreach_norm(self: TensorList, ord: float = 2, dtype: Any = None) -> Any:
    """The norm of order ``ord`` of every tensor of a list, zero-dim tensors."""
    check_lists("_foreach_norm", self)
    _check_order("_foreach_norm", ord)
    for tensor in self:
        if tensor.dtype.category < dtypes.FLOATING:
            raise RuntimeError(
                "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
                + scalar_type_name(tensor.dtype)
            )
        if ord == math.inf and not tensor.numel():
            raise RuntimeError(
                "_foreach_norm cannot compute the infinity norm on an empty tensor because the operation does not have "
                "an identity"
            )
    if dtype is None and ord in (1, 2, math.inf) and one_launch([self], writes=False):
        return _norms_in_one_launch(self, ord)
    return tuple([vector_norm(tensor, ord, dtype=dtype) for tensor in self])


def _check_order(name: str, order: Any) -> None:
    if not isinstance(order, NUMBERS) and (not isinstance(order, TensorBase) or order.ndim):
        raise TypeError(f"{name}(): argument 'ord' (position 2) must be Number, not {type(order).__name__}")
    if isinstance(order, complex):
        raise RuntimeError(f"{name} expects ord to be integer or float")


def _norms_in_one_launch(tensors: TensorList, order: float) -> Any:
    from minitorch.ops.kernels import multi_tensor

    norms = multi_tensor.norm([flat(tensor) for tensor in tensors], order)
    dtype, device = tensors[0].dtype, tensors[0].device
    storage = wrap(norms, dtype, device, geo.contiguous((len(tensors),)))._storage
    return tuple([over_storage(storage, dtype, geo.Geometry((), (), place)) for place in range(len(tensors))])


__all__ = [name for name in dir() if name.startswith("_foreach_")]
