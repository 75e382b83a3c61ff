"""What PyTorch has for each ladder of kernels: a function that prepares, and returns what is timed.

Each takes PyTorch and the ladder's example inputs (see `minitorch/ops/kernels/`) as tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Prepare = Callable[..., Callable[[], Any]]


def softmax(torch: Any, x: Any) -> Callable[[], Any]:
    return lambda: torch.softmax(x, 1)


def attention(torch: Any, q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool) -> Callable[[], Any]:
    attend = torch.nn.functional.scaled_dot_product_attention
    return lambda: attend(q, k, v, attn_mask=mask, is_causal=causal, scale=scale)


KERNELS: dict[str, Prepare] = {"softmax": softmax, "attention": attention}
