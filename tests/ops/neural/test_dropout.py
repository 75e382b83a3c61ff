"""Dropout: the same elements are dropped as in PyTorch after the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, integers, randn

import minitorch


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3,), (40, 7), (2, 3, 4, 5)], ids=str)
def test_the_same_seed_drops_the_same_elements(shape: tuple[int, ...], p: float, dtype: type) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        torch.manual_seed(7)
        return torch.nn.functional.dropout(x, p), torch.rand(3)

    check(program, randn(*shape, dtype=dtype), rtol=1e-6)


def test_elements_are_drawn_in_the_order_of_memory() -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        torch.manual_seed(7)
        return torch.nn.functional.dropout(x, 0.5)

    check(program, randn(4, 5).T)


def test_what_is_kept_is_scaled_so_that_the_mean_stays() -> None:
    minitorch.manual_seed(0)
    y = minitorch.nn.functional.dropout(minitorch.ones(10000), 0.2).tolist()
    assert set(y) == {0.0, 1.25}
    assert 0.18 < y.count(0.0) / len(y) < 0.22


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("name", ["dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d"])
def test_probabilities_of_none_and_all(name: str, p: float) -> None:
    check(lambda torch, x: getattr(torch.nn.functional, name)(x, p, training=True), randn(2, 3, 4))


def test_nothing_happens_in_evaluation_and_the_input_itself_comes_back() -> None:
    x = minitorch.ones(3)
    assert minitorch.nn.functional.dropout(x, 0.5, training=False) is x
    assert minitorch.nn.functional.dropout(x, 0.0) is x
    assert minitorch.nn.functional.dropout2d(minitorch.ones(1, 2, 3, 3), training=False).sum().item() == 18


@pytest.mark.parametrize(
    "name, shape",
    [
        ("dropout1d", (3, 4, 5)), ("dropout1d", (4, 5)), ("dropout2d", (3, 4, 2, 2)), ("dropout3d", (3, 4, 2, 2, 2)),
        ("dropout3d", (4, 2, 2, 2)), ("alpha_dropout", (5, 6)), ("feature_alpha_dropout", (3, 4, 5)),
    ],
)  # fmt: skip
def test_channels_and_alpha_dropout_agree_with_pytorch(name: str, shape: tuple[int, ...]) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        torch.manual_seed(3)
        return getattr(torch.nn.functional, name)(x, 0.4, training=True)

    check(program, randn(*shape), rtol=1e-6)


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    minitorch.manual_seed(0)
    minitorch.randn(100)
    y = minitorch.nn.functional.alpha_dropout(minitorch.randn(100000), 0.3, training=True).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03


@pytest.mark.parametrize("name, shape", [("dropout", (3, 4)), ("dropout2d", (2, 3, 2, 2)), ("dropout1d", (2, 3)),
                                         ("alpha_dropout", (3, 4)), ("feature_alpha_dropout", (2, 3, 4))])  # fmt: skip
def test_in_place_forms_write_their_input(name: str, shape: tuple[int, ...]) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        torch.manual_seed(3)
        y = x * 1
        result = getattr(torch.nn.functional, name)(y, 0.4, training=True, inplace=True)
        return y, result

    check(program, randn(*shape), names=False, rtol=1e-6)


def test_in_place_dropout_of_a_leaf_is_refused_and_leaves_it_as_it_was() -> None:
    check_raises(lambda torch, x: torch.nn.functional.dropout(x, 0.5, inplace=True), randn(3), grad=True,
                 match="a leaf Variable that requires grad")  # fmt: skip


def test_wrong_arguments_are_refused() -> None:
    for name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
        for p in (1.5, -1):
            check_raises(lambda torch, x: getattr(torch.nn.functional, name)(x, p), randn(2, 3, 4, 5),
                         match=f"dropout probability has to be between 0 and 1, but got {p}")  # fmt: skip
    check_raises(lambda torch, x: torch.nn.functional.dropout(x), integers(3))
    check_raises(lambda torch, x: torch.nn.functional.dropout1d(x), randn(2), match="Expected 2D or 3D input")
    check_raises(lambda torch, x: torch.feature_dropout(x, 0.5, True), randn(2), match="at least 2 dimensions")


def test_dropout2d_warns_of_other_ranks() -> None:
    with pytest.warns(UserWarning, match="Received a 3D input to dropout2d"):
        minitorch.nn.functional.dropout2d(minitorch.ones(2, 3, 4))
    with pytest.warns(UserWarning, match="Received a 2-D input to dropout2d"):
        minitorch.nn.functional.dropout2d(minitorch.ones(2, 3))
