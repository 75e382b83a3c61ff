"""Scaled dot-product attention against PyTorch (whose fused kernel has another ``grad_fn``)."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, integers, randn

Q, K, V = randn(2, 3, 4, 8), randn(2, 3, 5, 8, seed=1), randn(2, 3, 5, 6, seed=2)


def attend(torch, q, k, v, **options):  # type: ignore[no-untyped-def]
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, **options)


@pytest.mark.parametrize("ndim", [2, 3, 4])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_weights_are_a_softmax_of_scaled_scores(ndim: int, scale: float | None) -> None:
    lead = (0,) * (4 - ndim)
    check(lambda torch, q, k, v: attend(torch, q, k, v, scale=scale), Q[lead], K[lead], V[lead],
          names=False, strides=False)  # fmt: skip


def test_second_derivatives() -> None:
    def program(torch, q, k, v):  # type: ignore[no-untyped-def]
        if torch.__name__ == "minitorch":
            return attend(torch, q, k, v)
        return torch.softmax(q @ k.transpose(-1, -2) / 8**0.5, -1) @ v

    check(program, Q[0, 0], K[0, 0], V[0, 0], names=False, second=True)


def test_masks_of_booleans_and_of_numbers() -> None:
    allowed = np.arange(20).reshape(4, 5) % 3 > 0
    check(lambda torch, q, k, v, m: attend(torch, q, k, v, attn_mask=m), Q, K, V, allowed, names=False, strides=False)
    check(lambda torch, q, k, v, m: attend(torch, q, k, v, attn_mask=m.detach()), Q, K, V, randn(4, 5),
          names=False, strides=False)  # fmt: skip


def test_causal_queries_see_no_later_keys() -> None:
    check(lambda torch, q, k, v: attend(torch, q, k, v, is_causal=True), Q, K, V, names=False, strides=False)
    check(lambda torch, q, k, v: attend(torch, q, k, v, is_causal=True), K, Q, V[:, :, :4], names=False, strides=False)


def test_a_query_that_may_see_nothing_gets_zeros() -> None:
    allowed = np.ones((4, 5), bool)
    allowed[1] = False
    with np.errstate(invalid="ignore"):
        check(lambda torch, q, k, v, m: attend(torch, q, k, v, attn_mask=m), Q[0], K[0], V[0], allowed,
              names=False, strides=False, grad=False)  # fmt: skip


def test_grouped_queries_share_keys_and_values() -> None:
    check(lambda torch, q, k, v: attend(torch, q, k, v, enable_gqa=True), randn(2, 6, 4, 8), K, V,
          names=False, strides=False)  # fmt: skip


def test_dropout_of_all_weights_gives_zeros() -> None:
    check(lambda torch, q, k, v: attend(torch, q, k, v, dropout_p=1.0), Q, K, V, grad=False, strides=False)


def test_wrong_operands_are_refused() -> None:
    check_raises(lambda torch, q: attend(torch, q, q, q), randn(4), match="to all be  at least 2 dimensional")
    check_raises(lambda torch, q: attend(torch, q, q, q.to(torch.float32)), randn(3, 4), match="to have the same dtype")
    check_raises(lambda torch, q, m: attend(torch, q, q, q, attn_mask=m, is_causal=True), randn(3, 4), randn(3, 3),
                 match="Explicit attn_mask should not be set when is_causal=True")  # fmt: skip
    check_raises(lambda torch, q, m: attend(torch, q, q, q, attn_mask=m), randn(3, 4), integers(3, 3),
                 match="Expected attn_mask dtype to be bool or float or to match query dtype")  # fmt: skip
