"""Maxima and minima: values, indices, shared gradients, nan, errors."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

TIES = np.array([[1.0, 3.0, 3.0, 0.0], [2.0, 2.0, 2.0, 2.0], [0.0, -1.0, 5.0, -1.0]])


@pytest.mark.parametrize("name", ["max", "min"])
def test_one_dimension_gives_values_and_first_indices(name):
    for x in [*awkward(randn(2, 3, 4)), TIES]:
        check(lambda torch, x: tuple(getattr(x, name)(0)), x, second=True)
        check(lambda torch, x: getattr(x, name)(0)[0] ** 2, x, second=True)
        check(lambda torch, x: tuple(getattr(x, name)(-1, True)), x)


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin"])
def test_equal_elements_share_the_gradient_of_a_full_reduction(name):
    for x in [*awkward(randn(3, 4)), TIES]:
        check(lambda torch, x: getattr(x * 1, name)(), x, second=True)


@pytest.mark.parametrize("arguments", [(0,), (-1, True), ((0, 2),), ((0, 1, 2), True), ((),)])
@pytest.mark.parametrize("name", ["amax", "amin"])
def test_several_dimensions_share_the_gradient_among_equals(name, arguments):
    ties = np.round(randn(2, 3, 4))
    for x in [*awkward(randn(2, 3, 4)), ties]:
        check(lambda torch, x: getattr(x, name)(*arguments), x, second=True)


def test_aminmax_gives_both_ends():
    check(lambda torch, x: tuple(x.aminmax()), TIES, second=True)
    check(lambda torch, x: tuple(x.aminmax(dim=1, keepdim=True)), TIES)
    check(lambda torch, x: x.aminmax(dim=0).max, TIES)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_arg_extremes_find_the_first_of_equals(name):
    for x in [*awkward(randn(3, 4)), TIES]:
        for arguments in [(), (0,), (1, True), (-1,), (None, True)]:
            check(lambda torch, x: getattr(x, name)(*arguments), x)


@pytest.mark.parametrize("name", ["max", "min", "amax", "argmax", "argmin"])
def test_a_zero_dim_tensor_is_its_own_extreme(name):
    check(lambda torch, x: getattr(x, name)(), randn())
    check(lambda torch, x: getattr(x, name)(0), randn())


def test_nan_is_the_extreme_in_both_directions():
    x = np.array([[1.0, np.nan, 3.0], [np.nan, 2.0, np.nan]])
    check(lambda torch, x: (*x.max(1), *x.min(1), x.amax(0), x.argmax(), x.argmin(1)), x, grad=False)
    check(lambda torch, x: x.max(), x)
    check(lambda torch, x: x.min(), x)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int32, np.int64, np.float16])
def test_every_ordered_dtype_has_extremes(dtype):
    x = integers(3, 4, low=0, high=5).astype(dtype)
    check(lambda torch, x: (x.max(), x.min(), *x.max(0), *x.min(1), x.amax(0), *x.aminmax()), x, rtol=1e-3)


def test_max_of_two_tensors_is_the_elementwise_one():
    check(lambda torch, x, y: (x.max(y), torch.min(x, y), torch.max(x, other=y)), randn(3, 4), randn(4, seed=1))


def test_results_print_and_unpack_like_pytorchs():
    import torch

    import minitorch

    for engine in (torch, minitorch):
        result = engine.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1)
        assert repr(result) == "torch.return_types.max(\nvalues=tensor([5., 7.]),\nindices=tensor([1, 0]))"
        values, indices = result
        assert result.values is values and result[1] is indices and result.indices is indices


def test_extremes_along_an_empty_result():
    check(lambda torch, x: (*x.max(1), x.amax(1), x.argmax(1)), randn(0, 3), grad=False)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, x: x.max(2),
        lambda torch, x: x.amax((0, 0)),
        lambda torch, x: x.argmax(-3),
        lambda torch, x: torch.zeros(0, 3).max(),
        lambda torch, x: torch.zeros(0, 3).max(0),
        lambda torch, x: torch.zeros(0, 3).amax(),
        lambda torch, x: torch.zeros(0, 3).amin(0),
        lambda torch, x: torch.zeros(0, 3).argmax(),
        lambda torch, x: torch.zeros(0, 3).argmin(0),
        lambda torch, x: torch.zeros(0, 3).aminmax(),
        lambda torch, x: (x > 0).argmax(0),
        lambda torch, x: torch.complex(x, x).max(),
        lambda torch, x: torch.complex(x, x).argmax(),
        lambda torch, x: x.aminmax(dim=4),
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(3, 4))
