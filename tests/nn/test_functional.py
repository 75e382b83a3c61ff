"""What ``nn.functional`` adds to the operators: forms of arguments, names, flags."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch
from compare import check, check_raises, integers, randn

import minitorch

ACTIVATIONS = (
    ["relu", "relu6", "elu", "selu", "celu", "leaky_relu", "hardtanh", "hardsigmoid", "hardswish", "silu", "mish"]
)
OTHERS = ["gelu", "glu", "logsigmoid", "softplus", "softsign", "softshrink", "hardshrink", "tanhshrink", "sigmoid", "tanh"]


@pytest.mark.parametrize("name", ACTIVATIONS + OTHERS)
def test_activations_under_pytorchs_names(name: str) -> None:
    check(lambda torch, x: getattr(torch.nn.functional, name)(x), randn(3, 4) * 3)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_inplace_flag_writes_the_input(name: str) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        y = x * 1
        result = getattr(torch.nn.functional, name)(y, inplace=True)
        return y, result is y

    check(program, randn(3, 4) * 3, names=False)


def test_activations_with_parameters() -> None:
    check(lambda torch, x: torch.nn.functional.elu(x, 0.5), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.celu(x, 0.5), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.leaky_relu(x, 0.2), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.threshold(x, 0.1, -5.0), randn(3, 4))
    check(lambda torch, x: torch.nn.functional.hardtanh(x, -0.5, 0.2), randn(3, 4))
    check(lambda torch, x, w: torch.nn.functional.prelu(x, w), randn(3, 4), randn(4))
    check_raises(lambda torch, x: torch.nn.functional.hardtanh(x, 1.0, -1.0), randn(3))


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_draws_pytorchs_numbers(hard: bool) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        torch.manual_seed(5)
        return torch.nn.functional.gumbel_softmax(x, tau=0.7, hard=hard)

    check(program, randn(4, 5), rtol=1e-6, names=False)


def test_one_hot() -> None:
    check(lambda torch, x: torch.nn.functional.one_hot(x), integers(2, 3, high=4))
    check(lambda torch, x: torch.nn.functional.one_hot(x, 6), integers(2, 3, high=4))
    check(lambda torch, x: torch.nn.functional.one_hot(x, 3), integers(0))
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x), randn(3), match="only applicable to index tensor")
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x), integers(0), match="Can not infer total number")
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x - 10), integers(3), match="must be non-negative")
    check_raises(lambda torch, x: torch.nn.functional.one_hot(x, 1), integers(3), match="smaller than num_classes")


@pytest.mark.parametrize("p", [1, 2.0, 3])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_normalize(p: float, dim: int) -> None:
    check(lambda torch, x: torch.nn.functional.normalize(x, p, dim), randn(3, 4, 2))


def test_normalize_of_zeros_is_zero() -> None:
    check(lambda torch, x: torch.nn.functional.normalize(x), np.zeros((2, 3)), grad=False)


def test_cosine_similarity_and_pairwise_distance() -> None:
    check(lambda torch, x, y: torch.nn.functional.cosine_similarity(x, y), randn(3, 4), randn(3, 4, seed=1))
    check(lambda torch, x, y: torch.cosine_similarity(x, y, 0), randn(3, 4), randn(4))
    check(lambda torch, x, y: torch.cosine_similarity(x, y), np.zeros((2, 3)), randn(2, 3))
    for p in (1.0, 2.0, 3.0):
        check(lambda torch, x, y: torch.nn.functional.pairwise_distance(x, y, p),
              randn(3, 4), randn(3, 4, seed=1), names=False)  # fmt: skip
    check(lambda torch, x, y: torch.pairwise_distance(x, y, keepdim=True), randn(3, 4), randn(4, seed=1),
          names=False)  # fmt: skip
    check_raises(lambda torch, x: torch.cosine_similarity(x, x), integers(2, 3))


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
