"""The LU factorisation against PyTorch: the same pivots, the same factors, and derivatives for every shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from compare import check, check_raises, randn
from linear_algebra import complex_randn

import minitorch

SHAPES = [(3, 3), (4, 2), (2, 4), (2, 3, 3), (2, 2, 4), (0, 3), (3, 0)]


@pytest.mark.parametrize("shape", SHAPES)
def test_packed_factors_pivots_and_their_derivatives_are_pytorchs(shape: tuple[int, ...]) -> None:
    check(lambda engine, a: tuple(engine.linalg.lu_factor(a)), randn(*shape), second=True)
    check(lambda engine, a: tuple(engine.linalg.lu_factor_ex(a)), complex_randn(*shape), second=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_three_factors_and_their_derivatives_are_pytorchs(shape: tuple[int, ...]) -> None:
    check(lambda engine, a: tuple(engine.linalg.lu(a)), randn(*shape), second=True)
    check(lambda engine, a: tuple(engine.linalg.lu(a)), complex_randn(*shape), second=True)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 3)])
def test_the_factors_multiply_to_the_matrix(shape: tuple[int, ...]) -> None:
    array = randn(*shape)
    P, L, U = minitorch.linalg.lu(minitorch.from_numpy(array))
    np.testing.assert_allclose((P @ L @ U).numpy(), array, atol=1e-12)


def test_lu_unpack_takes_the_packed_matrix_apart() -> None:
    def program(engine: Any, a: Any, **options: bool) -> Any:
        packed, pivots = engine.linalg.lu_factor(a)
        return tuple(engine.lu_unpack(packed, pivots, **options))

    for shape in [(3, 3), (4, 2), (2, 2, 4)]:
        check(program, randn(*shape), second=True)
    check(lambda engine, a: program(engine, a, unpack_data=False), randn(3, 3), grad=False)
    check(lambda engine, a: program(engine, a, unpack_pivots=False), randn(3, 3))


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_a_solution_from_the_factors_has_derivatives_for_both_of_them(left: bool, adjoint: bool) -> None:
    def program(engine: Any, a: Any, b: Any) -> Any:
        packed, pivots = engine.linalg.lu_factor(a)
        return engine.linalg.lu_solve(packed, pivots, b, left=left, adjoint=adjoint)

    b = randn(3, 2) if left else randn(2, 3)
    check(program, randn(3, 3), b, second=True)
    check(program, complex_randn(2, 3, 3), b + 1j * b, second=True)


@pytest.mark.filterwarnings("ignore:.*deprecated.*")
def test_the_older_names_give_plain_tuples() -> None:
    check(lambda engine, a: engine.lu(a), randn(3, 3))
    check(lambda engine, a: a.lu(), randn(2, 3, 3))
    check(lambda engine, a: tuple(engine.lu(a, get_infos=True)), np.zeros((2, 2)))
    check(lambda engine, a, b: engine.lu_solve(b, *engine.linalg.lu_factor(a)), randn(3, 3), randn(3, 2))


def test_complex_pivots_are_chosen_as_lapack_chooses_them() -> None:
    array = np.array([[3 + 0j, 1], [2 + 2j, 1]])  # |2+2i| < 3, but |2| + |2| > 3
    ours = minitorch.linalg.lu_factor(minitorch.from_numpy(array)).pivots
    assert ours.tolist() == torch.linalg.lu_factor(torch.from_numpy(array)).pivots.tolist() == [2, 2]


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a: engine.linalg.lu_factor(a), np.zeros((2, 2)), match="U[1,1] is zero")
    check_raises(lambda engine, a: engine.linalg.lu_factor(a), randn(3), match="2 or more dimensions")
    check_raises(lambda engine, a: engine.linalg.lu(a, pivot=False), randn(3, 3), match="without pivoting")
    check_raises(lambda engine, a: engine.linalg.lu(a.long()), randn(3, 3), match="Long")
    check_raises(lambda engine, a: engine.lu_unpack(a, engine.tensor([1, 2, 3])), randn(3, 3), match="int32")
    check_raises(lambda engine, a: engine.linalg.lu_solve(a, engine.tensor([1, 2]), a), randn(2, 2), match="int32")
