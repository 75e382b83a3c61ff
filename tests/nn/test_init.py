"""Initialisation: one seed must give PyTorch's numbers."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch as pytorch

import minitorch


def both(initialise: Any, shape: tuple[int, ...], dtype: str = "float32", seed: int = 3) -> list[np.ndarray]:
    """What ``initialise(nn.init, tensor)`` writes in each engine, and one draw after it."""
    values = []
    for engine in (pytorch, minitorch):
        engine.manual_seed(seed)
        tensor = engine.zeros(shape, dtype=getattr(engine, dtype)).requires_grad_()
        assert initialise(engine.nn.init, tensor) is tensor
        assert tensor.is_leaf
        after = engine.rand(1, dtype=engine.float64)
        values.append(np.append(tensor.detach().numpy().ravel(), after.numpy()))
    return values


FUNCTIONS = {
    "uniform_": lambda init, t: init.uniform_(t, -2, 5),
    "uniform_ by default": lambda init, t: init.uniform_(t),
    "normal_": lambda init, t: init.normal_(t, 1, 3),
    "constant_": lambda init, t: init.constant_(t, 0.3),
    "ones_": lambda init, t: init.ones_(t),
    "zeros_": lambda init, t: init.zeros_(t),
    "xavier_uniform_": lambda init, t: init.xavier_uniform_(t, gain=2),
    "xavier_normal_": lambda init, t: init.xavier_normal_(t),
    "kaiming_uniform_": lambda init, t: init.kaiming_uniform_(t, a=math.sqrt(5)),
    "kaiming_uniform_ fan_out": lambda init, t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal_": lambda init, t: init.kaiming_normal_(t, nonlinearity="tanh"),
    "trunc_normal_ redrawn": lambda init, t: init.trunc_normal_(t, std=1.5),
    "trunc_normal_ near the mean": lambda init, t: init.trunc_normal_(t, 0.1, 1, -0.2, 0.3),
    "trunc_normal_ in the tail": lambda init, t: init.trunc_normal_(t, 0, 1, 1.5, 3),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(7, 5), (4, 3, 3, 2)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_seed_gives_pytorchs_numbers(name: str, shape: tuple[int, ...], dtype: str) -> None:
    theirs, ours = both(FUNCTIONS[name], shape, dtype)
    np.testing.assert_allclose(ours, theirs, rtol=3e-7 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (3, 2, 2, 2), (2, 5, 3)])
def test_orthogonal_matrices_are_pytorchs(shape: tuple[int, ...]) -> None:
    for dtype, tolerance in (("float32", 2e-6), ("float64", 1e-14)):
        theirs, ours = both(lambda init, t: init.orthogonal_(t, gain=1.7), shape, dtype)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@pytest.mark.parametrize("shape", [(10, 4), (3, 7)])
def test_sparse_columns_have_zeros_where_pytorch_has_them(shape: tuple[int, ...]) -> None:
    theirs, ours = both(lambda init, t: init.sparse_(t, 0.4, std=2), shape)
    np.testing.assert_allclose(ours, theirs, rtol=3e-7)
    assert (ours == 0).sum() == math.ceil(0.4 * shape[0]) * shape[1]


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4)])
def test_eye_is_the_identity(shape: tuple[int, ...]) -> None:
    theirs, ours = both(lambda init, t: init.eye_(t), shape)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("shape", [(4, 3, 5), (4, 2, 3, 3), (6, 8, 3, 2, 5)])
def test_dirac_hands_channels_through(shape: tuple[int, ...], groups: int) -> None:
    theirs, ours = both(lambda init, t: init.dirac_(t, groups), shape)
    np.testing.assert_array_equal(ours, theirs)


def test_a_generator_of_its_own_leaves_the_default_stream_alone() -> None:
    values = []
    for engine in (pytorch, minitorch):
        engine.manual_seed(0)
        generator = engine.Generator()
        generator.manual_seed(5)
        tensor = engine.nn.init.kaiming_uniform_(engine.empty(3, 4), generator=generator)
        values.append([tensor.tolist(), engine.rand(2).tolist()])
    assert values[0] == values[1]


def test_gains_are_pytorchs() -> None:
    names = ("linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")
    for name in names:
        assert minitorch.nn.init.calculate_gain(name) == pytorch.nn.init.calculate_gain(name)
    assert minitorch.nn.init.calculate_gain("leaky_relu", 0.3) == pytorch.nn.init.calculate_gain("leaky_relu", 0.3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda torch: torch.nn.init.calculate_gain("nope"),
        lambda torch: torch.nn.init.calculate_gain("leaky_relu", "a"),
        lambda torch: torch.nn.init.calculate_gain("leaky_relu", True),
        lambda torch: torch.nn.init.xavier_uniform_(torch.ones(3)),
        lambda torch: torch.nn.init.kaiming_uniform_(torch.ones(3, 2), mode="nope"),
        lambda torch: torch.nn.init.eye_(torch.ones(3)),
        lambda torch: torch.nn.init.dirac_(torch.ones(3, 2)),
        lambda torch: torch.nn.init.dirac_(torch.ones(3, 2, 1), 2),
        lambda torch: torch.nn.init.orthogonal_(torch.ones(3)),
        lambda torch: torch.nn.init.sparse_(torch.ones(3), 0.1),
    ],
)
def test_wrong_use_is_refused_with_pytorchs_words(wrong: Any) -> None:
    messages = []
    for engine in (pytorch, minitorch):
        with pytest.raises(ValueError) as caught:
            wrong(engine)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_warnings_are_pytorchs() -> None:
    def program(torch: Any) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.nn.init.kaiming_uniform_(torch.ones(0, 3))
            torch.nn.init.trunc_normal_(torch.ones(3), 10, 1, -2, 9)
        return [str(warning.message) for warning in caught][:1]

    assert program(minitorch) == program(pytorch) != []
