"""How far apart vectors are, and in which direction: ``cosine_similarity`` and ``pairwise_distance``.

    cosine_similarity   x . y / (max(|x|, eps) max(|y|, eps))            1 for the same direction, 0 for a right angle
    pairwise_distance   |x - y + eps|_p

Both are made of other operators, so they have no derivatives of their own. The lower bound ``eps`` in the cosine is no
part of the function that is differentiated: it is written into the norms outside of the graph.

PyTorch: ``aten/src/ATen/native/Distance.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.autograd.grad_mode import no_grad
from minitorch.core import dtypes
from minitorch.core.promotion import result_type_of
from minitorch.ops import arguments as arg
from minitorch.ops.reductions.norms import norm, vector_norm
from minitorch.ops.shapes.views import broadcast_tensors


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along ``dim``; the tensors broadcast. ``RuntimeError`` for integers."""
    arg.tensor(x1, "cosine_similarity", "x1")
    arg.tensor(x2, "cosine_similarity", "x2")
    dim, eps = arg.integer(dim, "cosine_similarity", "dim"), arg.real(eps, "cosine_similarity", "eps")
    dtype = result_type_of((x1, x2))
    if dtype.category < dtypes.FLOATING:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {dtype}")
    x, y = broadcast_tensors(x1.to(dtype), x2.to(dtype)) if x1.shape != x2.shape else (x1.to(dtype), x2.to(dtype))
    x_norm, y_norm = (vector_norm(v, 2, dim, True).clone() for v in (x, y))
    with no_grad():
        x_norm.clamp_min_(eps)
        y_norm.clamp_min_(eps)
    return ((x / x_norm) * (y / y_norm)).sum(dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of ``x1 - x2 + eps`` along the last dimension."""
    arg.tensor(x1, "pairwise_distance", "x1")
    arg.tensor(x2, "pairwise_distance", "x2")
    wider = x1 if x1.ndim > x2.ndim else x2
    return norm(x1 - x2 + eps, p, wider.ndim - 1, keepdim)
