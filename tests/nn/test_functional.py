"""What ``nn.functional`` adds to the operators: forms of arguments, names, flags."""

from __future__ import annotations

import inspect

import pytest
import torch
from compare import check, check_raises, integers, randn

import minitorch


def test_one_hot() -> None:
    check(lambda torch, x: torch.nn.functional.one_hot(x), integers(2, 3, high=4))
    check(lambda torch, x: torch.nn.functional.one_hot(x, 6), integers(2, 3, high=4))
    check(lambda torch, x: torch.nn.functional.one_hot(x, 3), integers(0))
    with pytest.raises(TypeError, match="one_hot.*must be Tensor, not int"):
        minitorch.nn.functional.one_hot(3)
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x), randn(3), match="only applicable to index tensor")
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x), integers(0), match="Can not infer total number")
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x - 10), integers(3), match="must be non-negative")
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x, 1), integers(3), match="smaller than num_classes")


def test_embedding_rows_padding_and_shortening() -> None:
    F, rows = "functional", integers(2, 3, high=5)
    check(lambda torch, w, i: getattr(torch.nn, F).embedding(i, w), randn(5, 4), rows)
    check(lambda torch, w, i: getattr(torch.nn, F).embedding(i, w, padding_idx=-4), randn(5, 4), rows)
    check(lambda torch, w, i: getattr(torch.nn, F).embedding(i, w, scale_grad_by_freq=True), randn(5, 4), rows)

    def shortened(torch, w, i):  # type: ignore[no-untyped-def]
        w = w.detach().clone()
        return getattr(torch.nn, F).embedding(i, w, max_norm=1.0), w

    check(shortened, randn(5, 4), rows, grad=False)
    check_raises(lambda torch, w, i: getattr(torch.nn, F).embedding(i, w, padding_idx=5), randn(5, 4), rows)


def test_bilinear() -> None:
    check(lambda torch, x, y, w: torch.nn.functional.bilinear(x, y, w), randn(3, 4), randn(3, 5), randn(2, 4, 5),
          names=False)  # fmt: skip
    check_raises(lambda torch, x, w: torch.nn.functional.bilinear(x, x, w), randn(3, 4), randn(2, 4, 5))


@pytest.mark.parametrize(
    "name",
    [
        "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
        "binary_cross_entropy_with_logits", "kl_div", "batch_norm", "layer_norm", "group_norm", "instance_norm",
        "rms_norm", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
        "softmax", "log_softmax", "softmin", "unfold", "fold", "embedding", "normalize", "interpolate", "pad", "relu",
        "elu", "selu", "celu", "leaky_relu", "hardtanh", "silu", "mish", "hardswish", "hardsigmoid", "relu6",
        "gumbel_softmax", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
    ],
)  # fmt: skip
def test_signatures_have_pytorchs_parameters_in_pytorchs_order(name: str) -> None:
    theirs = inspect.signature(getattr(torch.nn.functional, name)).parameters
    ours = inspect.signature(getattr(minitorch.nn.functional, name)).parameters
    assert list(ours) == list(theirs)
    for parameter, own in ours.items():
        default = theirs[parameter].default
        assert own.default == default or (own.default is inspect.Parameter.empty) == (
            default is inspect.Parameter.empty
        )
