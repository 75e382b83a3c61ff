"""Vector norms: ``norm``, ``linalg.vector_norm``.

    |x|_p = (sum |x_i|^p)^(1/p)        p = inf: the largest |x_i|, -inf: the smallest, 0: how many are not zero

All derivatives are the same one, d|x|_p / dx = x |x|^(p-2) / |x|_p^(p-1), written so that no special p divides zero by
zero; where a norm has none (at zero for p = 2, between equals for p = inf) it is PyTorch's subgradient.

PyTorch: ``linalg_vector_norm`` in ``aten/src/ATen/native/LinearAlgebra.cpp``, its gradient ``norm_backward`` in
``torch/csrc/autograd/FunctionsManual.cpp``. Norms of matrices are in ``ops/linear_algebra/matrix_norms.py``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.reduction import reduce_by_kernel
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.declare.operator import operator
from minitorch.ops.reductions.reduction import Dims, at_least_float32, count_of, deliver, reduced_dims, restore
from minitorch.tensor_base import TensorBase


@operator("LinalgVectorNormBackward0")
def _vector_norm(xp: Any, input: Any, ord: float, dim: Dims, keepdim: bool) -> Any:
    """(sum |x|^p)^(1/p)."""
    array = at_least_float32(xp, input)
    if ord == 2 and (squares := reduce_by_kernel(array, dim, keepdim, "Squares")) is not None:
        return xp.asarray(xp.sqrt(squares)).astype(input.dtype, copy=False)
    size = xp.abs(array)
    if ord == 2:
        result = xp.sqrt(xp.add.reduce(size * size, axis=dim, keepdims=keepdim))
    elif ord == 1:
        result = xp.add.reduce(size, axis=dim, keepdims=keepdim)
    elif ord == 0:
        result = xp.add.reduce(size != 0, axis=dim, dtype=size.dtype, keepdims=keepdim)
    elif ord == math.inf:
        result = xp.maximum.reduce(size, axis=dim, keepdims=keepdim)
    elif ord == -math.inf:
        result = xp.minimum.reduce(size, axis=dim, keepdims=keepdim)
    else:
        result = xp.add.reduce(size**ord, axis=dim, keepdims=keepdim) ** size.dtype.type(1 / ord)
    return xp.asarray(result).astype(input.dtype, copy=False) if input.dtype.itemsize == 2 else result


@_vector_norm.derivative("input")
def _(grad: Any, input: Any, result: Any, ord: float, dim: Dims, keepdim: bool) -> Any:
    return vector_norm_gradient(grad, input, result, ord, dim, keepdim)


def vector_norm_gradient(grad: Any, input: Any, result: Any, ord: float, dim: Dims, keepdim: bool) -> Any:
    """The gradient of ``input`` for that of its norm; other operators with a norm in them use it too."""
    geometry = input._geometry
    grad, norm = restore(grad, geometry, dim, keepdim), restore(result, geometry, dim, keepdim)
    if ord == 0:
        return input.new_zeros(input.shape)
    if ord == 1:
        return input.sgn() * grad
    if ord == 2:
        return grad * (input / norm).masked_fill(norm == 0, 0)
    if math.isinf(ord):
        extreme = input.abs() == norm
        return input.sgn() * extreme * (grad / (extreme.sum(dim, True) if dim else 1))
    if ord < 1:
        scaled = input.sgn() * (input.abs() ** (ord - 1)).masked_fill(input == 0, 0)
        return scaled * (grad * norm ** (1 - ord))
    scaled = input.sgn() * input.abs() ** (ord - 1) if ord < 2 else input * input.abs() ** (ord - 2)
    return scaled * (grad / norm ** (ord - 1)).masked_fill(norm == 0, 0)


def vector_norm(
    x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None,
    out: Any = None,
) -> Any:  # fmt: skip
    """``(sum |x|^ord)^(1/ord)`` over ``dim``, for any number ``ord`` and ``inf``, ``-inf``, 0. Of a complex: real."""
    if isinstance(ord, TensorBase):
        ord = arg.number(ord, "linalg_vector_norm", "ord")
    arg.check_tensor(x, "linalg_vector_norm")
    is_number = isinstance(ord, NUMBERS)
    if not is_number:
        raise TypeError(f"linalg_vector_norm(): argument 'ord' (position 2) must be Number, not {type(ord).__name__}")
    if x._dtype.category < dtypes.FLOATING:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{scalar_type_name(x._dtype)}"
        )
    if dtype is not None and dtype.category < dtypes.FLOATING:
        raise RuntimeError(
            f"linalg.vector_norm: dtype should be floating point or complex, but got {scalar_type_name(dtype)}"
        )
    dims = reduced_dims(x, dim, "linalg.vector_norm")
    if count_of(x._geometry, dims) == 0 and (ord < 0 or ord == math.inf):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {float(ord):g} norm on an empty tensor because the operation "
            "does not have an identity"
        )
    source = x if dtype is None else x.to(dtype)
    return deliver(
        _vector_norm(source, float(ord), dims, arg.boolean(keepdim, "linalg_vector_norm", "keepdim")),
        out,
        "linalg_vector_norm",
        x,
    )


@arg.numpy_names
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None, dtype: Dtype | None = None
) -> Any:
    """``vector_norm`` of order ``p``; ``"fro"`` and None mean 2, ``"nuc"`` is a norm of matrices."""
    if isinstance(p, TensorBase):
        p = arg.number(p, "norm", "p")
    if p is None or (p == "fro" and not (isinstance(dim, (tuple, list)) and len(dim) > 2)):
        p = 2
    if isinstance(p, str):
        from minitorch.ops.linear_algebra.matrix_norms import matrix_norm

        dims = tuple(range(input.ndim)) if dim is None else arg.integers(dim, "norm", "dim")
        return matrix_norm(input, p, dims, keepdim, dtype=dtype, out=out)
    return vector_norm(input, p, dim, keepdim, dtype=dtype, out=out)
