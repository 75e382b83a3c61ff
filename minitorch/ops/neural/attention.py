"""Scaled dot-product attention: every query gets a mean of the values, weighted by how well their keys fit it.

    attention(Q, K, V) = softmax(Q K^T / sqrt(E) + mask) V

Q is (..., L, E), K (..., S, E), V (..., S, Ev), the weights (..., L, S). A boolean mask says which keys a query may
see, a floating one is added to the scores; ``is_causal`` lets query i see keys 0..i. A query that may see nothing gets
zeros. Half of the scale goes to Q and half to K, which keeps the product of large values in range.

On a device one kernel computes it all without storing the weights (``ops/kernels/attention.py``), where it can: heads
of at most 128 elements, no dropout, a mask that needs no gradient. On the CPU it is two products and a softmax, and the
``grad_fn`` that of the last product.

PyTorch: ``aten/src/ATen/native/transformers/attention.cpp`` (``_scaled_dot_product_attention_math`` and the choice of a
fused kernel). Papers: Vaswani et al. 2017; Dao et al. 2022.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.compiled import family, kernels_for, on_host
from minitorch.ops.creating import creation
from minitorch.ops.declare.operator import operator
from minitorch.ops.linear_algebra.matmul import matmul
from minitorch.ops.neural.dropout import dropout
from minitorch.ops.neural.softmax import softmax
from minitorch.tensor_base import wrap


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False,
) -> Any:  # fmt: skip
    """softmax(query key^T * scale + mask) value; ``scale`` is 1 / sqrt(E) by default.

    ``enable_gqa``: fewer heads of keys and values than of queries, each serving several. ``RuntimeError`` for operands
    of other ranks or dtypes.
    """
    for name, given in (("query", query), ("key", key), ("value", value)):
        arg.tensor(given, "scaled_dot_product_attention", name)
    _check_operands(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        key, value = (_repeat_heads(tensor, query.shape[-3] // tensor.shape[-3]) for tensor in (key, value))
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    if not dropout_p and _is_fused(query, key, value, attn_mask):
        return _fused(query, key, value, attn_mask, factor, is_causal)
    root = math.sqrt(factor)
    scores = matmul(query * root, key.transpose(-2, -1) * root)
    if is_causal:
        attn_mask = _causal_mask(query, key)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask._dtype is dtypes.bool_ else scores + attn_mask
    weights = softmax(scores, -1)
    if attn_mask is not None:
        weights = weights.masked_fill(_sees_nothing(scores), 0.0)
    return matmul(dropout(weights, dropout_p, dropout_p > 0.0), value)


# ---- in one kernel --------------------------------------------------------------------------------------------------


@operator("ScaledDotProductEfficientAttentionBackward0")
def _fused_attention(xp: Any, query: Any, key: Any, value: Any, mask: Any, scale: float, causal: bool) -> Any:
    """Attention of B problems (B, L, E), (B, S, E), and the logarithm of each row's sum, which backward needs."""
    return family("attention").forward(query, key, value, mask, scale, causal)


@_fused_attention.derivative("query", "key", "value")
def _(
    grad: Any, query: Any, key: Any, value: Any, mask: Any, result: Any, result1: Any, scale: float, causal: bool
) -> Any:
    return _fused_attention_backward(grad.contiguous(), query, key, value, mask, result, result1, scale, causal)


@operator("ScaledDotProductEfficientAttentionBackwardBackward0")
def _fused_attention_backward(
    xp: Any, grad: Any, query: Any, key: Any, value: Any, mask: Any, out: Any, lse: Any, scale: float, causal: bool
) -> Any:
    """The gradients of the three; PyTorch's fused kernels have no second derivative either."""
    return family("attention").backward(grad, query, key, value, mask, out, lse, scale, causal)


@_fused_attention_backward.derivative("grad", "query", "key", "value")
def _(grads: Any) -> Any:
    raise RuntimeError("derivative for aten::_scaled_dot_product_efficient_attention_backward is not implemented")


def _is_fused(query: Any, key: Any, value: Any, mask: Any) -> bool:
    """Whether one kernel can do it: on a device, equal batches and heads, and a mask without a gradient."""
    if on_host(query.array) or kernels_for("attention", query.contiguous().array) is None:
        return False
    if (
        query.shape[:-2] != key.shape[:-2]
        or key.shape != value.shape
        or not 0 < query.shape[-1] <= family("attention").LARGEST_HEAD
    ):
        return False
    return query.numel() > 0 and key.numel() > 0 and (mask is None or not mask.requires_grad)


def _fused(query: Any, key: Any, value: Any, mask: Any, scale: float, causal: bool) -> Any:
    length, size, sources = query.shape[-2], query.shape[-1], key.shape[-2]
    q, k, v = (tensor.reshape((-1, *tensor.shape[-2:])).contiguous() for tensor in (query, key, value))
    if mask is not None:
        if mask._dtype is dtypes.bool_:
            mask = creation.zeros_like(mask, dtype=query._dtype).masked_fill(~mask, -math.inf)
        if mask.ndim > 2:
            mask = mask.expand((*query.shape[:-2], length, sources)).reshape((-1, length, sources))
        mask = mask.to(query._dtype).expand((*mask.shape[:-2], length, sources)).contiguous()
    result, _ = _fused_attention(q, k, v, mask, float(scale), bool(causal))
    return result.reshape((*query.shape[:-2], length, size))


# ---- the parts of the formula ---------------------------------------------------------------------------------------


def _causal_mask(query: Any, key: Any) -> Any:
    length, sources = query.shape[-2], key.shape[-2]
    xp = query.device.backend.xp
    lower = xp.tril(xp.ones((length, sources), dtypes.bool_.np))
    return wrap(lower, dtypes.bool_, query.device, geo.contiguous((length, sources)))


def _sees_nothing(scores: Any) -> Any:
    """(..., L, 1): the queries whose scores are all minus infinity, for which softmax is 0 / 0."""
    return (scores.detach() == -math.inf).all(-1, True)


def _repeat_heads(tensor: Any, times: int) -> Any:
    """(..., H, S, E) -> (..., H * times, S, E), each head ``times`` times in a row."""
    *lead, heads, length, size = tensor.shape
    repeated = tensor.unsqueeze(-3).expand((*lead, heads, times, length, size))
    return repeated.reshape((*lead, heads * times, length, size))


def _check_operands(query: Any, key: Any, value: Any, attn_mask: Any, is_causal: bool) -> None:
    if not query.dtype is key.dtype is value.dtype:
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {query.dtype} key.dtype: "
            f"{key.dtype} and value.dtype: {value.dtype} instead."
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            f"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {query.ndim} "
            f"key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if attn_mask is None:
        return
    if is_causal:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if attn_mask._dtype not in (dtypes.bool_, dtypes.float32, query._dtype):
        raise RuntimeError(
            f"Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{attn_mask.dtype} and  query.dtype: {query.dtype} instead."
        )
