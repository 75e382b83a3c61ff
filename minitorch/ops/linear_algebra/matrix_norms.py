"""Norms of matrices, and the condition number: ``linalg.matrix_norm, linalg.norm, linalg.cond``.

    "fro"   sqrt(sum |a|^2)           1, -1       the largest, smallest column sum of |a|
    "nuc"   sum of singular values    inf, -inf   the largest, smallest row sum
                                      2, -2       the largest, smallest singular value

``cond`` is |A| |A^-1| in one of these norms: how many times larger a relative error of b can come out of A x = b. All
of this is put together from other operators, which have the derivatives.

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp``. Left out: that ``cond`` has no gradient there in the norms
that need the inverse, for the inverse is written in place afterwards.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.elementwise.special import nan_to_num
from minitorch.ops.linear_algebra import matrix_arguments as given
from minitorch.ops.linear_algebra.solving import inv_ex
from minitorch.ops.linear_algebra.svd import svdvals
from minitorch.ops.reductions.extremes import amax, amin
from minitorch.ops.reductions.norms import vector_norm
from minitorch.ops.reductions.reduction import sum as sum_over
from minitorch.ops.shapes.views import permute, squeeze, unsqueeze


def _two_dims(A: Any, dim: Any) -> tuple[int, int]:
    if not isinstance(dim, (tuple, list)):
        raise TypeError(
            f"linalg_matrix_norm(): argument 'dim' must be tuple of ints, not {type(dim).__name__}; a matrix has two"
        )
    dims = arg.integers(dim, "linalg_matrix_norm", "dim")
    if len(dims) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    first, second = (geo.wrap_dim(d, A.ndim) for d in dims)
    if first == second:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({first}, {second})")
    return first, second


def _singular_values(A: Any, dims: tuple[int, int], keepdim: bool, reduce: Any) -> Any:
    """``reduce`` of the singular values over the last dimension, where ``dims`` are those of the matrices."""
    rest = [d for d in range(A.ndim) if d not in dims]
    order = [*rest, *dims]
    result = reduce(svdvals(permute(A, order)))
    if not keepdim:
        return result
    back = [order.index(d) for d in range(A.ndim)]
    return permute(unsqueeze(unsqueeze(result, -1), -1), back)


def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Dtype | None = None, out: Any = None
) -> Any:
    """A norm of the matrices in two dimensions of A: "fro", "nuc", 1, -1, 2, -2, inf or -inf."""
    name = "linalg.matrix_norm"
    given.matrices(A, name)
    given.floating(A, name, low_precision=ord not in ("nuc", 2, -2))
    dims = _two_dims(A, dim)
    if dtype is not None:
        if dtype.is_complex != A._dtype.is_complex:
            kind = "complex for complex" if A._dtype.is_complex else "real for real"
            raise RuntimeError(f"{name}: dtype should be {kind} inputs, but got {scalar_type_name(dtype)}")
        A = A.to(dtype)
    result = _matrix_norm(A, ord, dims, bool(keepdim))
    return given.deliver(result, out, "linalg_matrix_norm", A)


def _matrix_norm(A: Any, ord: Any, dims: tuple[int, int], keepdim: bool) -> Any:
    if isinstance(ord, str):
        if ord == "fro":
            return vector_norm(A, 2, dims, keepdim)
        if ord == "nuc":
            return _singular_values(A, dims, keepdim, lambda values: sum_over(values, -1))
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if not isinstance(ord, NUMBERS):
        raise TypeError(f"linalg_matrix_norm(): argument 'ord' must be Number, not {type(ord).__name__}")
    size = abs(ord)
    if isinstance(ord, complex) or size not in (1, 2, math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    extreme = amax if ord > 0 else amin
    if size == 2:
        return _singular_values(A, dims, keepdim, lambda values: extreme(values, -1))
    summed, compared = dims if size == 1 else dims[::-1]
    if not keepdim and summed < compared:
        compared -= 1
    return extreme(vector_norm(A, 1, summed, keepdim), compared, keepdim)


def norm(
    A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, out: Any = None, dtype: Dtype | None = None
) -> Any:
    """``matrix_norm`` if ``ord`` is given and there are two dimensions, else ``vector_norm`` (of order 2)."""
    arg.check_tensor(A, "linalg_norm", "A")
    if isinstance(ord, str):
        return matrix_norm(A, ord, (-2, -1) if dim is None else _sequence(dim), keepdim, dtype=dtype, out=out)
    if dim is not None:
        if len(_sequence(dim)) not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(_sequence(dim))}"
            )
    elif ord is not None and A.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
        )
    dims = tuple(range(A.ndim)) if dim is None else _sequence(dim)
    if ord is not None and len(dims) == 2:
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype, out=out)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype, out=out)


def _sequence(dim: Any) -> tuple[int, ...]:
    return arg.integers(dim, "linalg_norm", "dim")


def frobenius_norm(input: Any, dim: Any, keepdim: bool = False, *, out: Any = None) -> Any:
    """``norm(input, "fro", dim)``."""
    dims = arg.integers(dim, "frobenius_norm", "dim")
    if len(dims) > 2:
        raise RuntimeError(f"Expected at most 2 dimensions, but got {len(dims)} dimensions instead.")
    return vector_norm(input, 2, dims, keepdim, out=out)


def nuclear_norm(input: Any, dim: Any = (-2, -1), keepdim: bool = False, *, out: Any = None) -> Any:
    """``matrix_norm(input, "nuc", dim)``."""
    return matrix_norm(input, "nuc", dim, keepdim, out=out)


def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Any:
    """The norm over all dimensions but one, which keeps its place: what weight normalisation divides by."""
    if dim == -1:
        return v.norm(pow)
    last = v.ndim - 1
    if dim == 0:
        return v.contiguous().view((v.shape[0], -1)).norm(pow, 1).view((v.shape[0], *(1,) * last))
    if dim == last:
        return v.contiguous().view((-1, v.shape[last])).norm(pow, 0).view((*(1,) * last, v.shape[last]))
    return norm_except_dim(v.transpose(0, dim), pow, 0).transpose(0, dim)


def cond(A: Any, p: Any = None, *, out: Any = None) -> Any:
    """How far A is from being singular: |A| |A^-1|, by default in the norm 2, as the ratio of singular values."""
    arg.check_tensor(A, "linalg_cond", "A")
    if A.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    return given.deliver(_cond(A, p), out, "linalg_cond", A)


def _cond(A: Any, p: Any) -> Any:
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        if A.numel() == 0:
            return A.detach().new_zeros(A.shape[:-2], dtype=A.dtype.to_real())
        values = svdvals(A)
        largest, smallest = values.narrow(-1, 0, 1), values.narrow(-1, -1, 1)
        return squeeze(smallest / largest if p == -2 else largest / smallest, -1)
    if p not in ("fro", "nuc", 1, -1, math.inf, -math.inf) and not isinstance(p, str):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    given.square(A, f"linalg.cond(ord={p})")
    if A.numel() == 0:
        return A.detach().new_zeros(A.shape[:-2], dtype=A.dtype.to_real())
    if p == "nuc":
        values = svdvals(A)
        return sum_over(values, -1) * sum_over(values.reciprocal(), -1)
    inverse, info = inv_ex(A)
    singular = info != 0
    if bool(singular.any()):
        inverse = inverse.masked_fill(unsqueeze(unsqueeze(singular, -1), -1), math.inf)
    return nan_to_num(matrix_norm(A, p) * matrix_norm(inverse, p), math.inf, math.inf, -math.inf)
