"""Inverses and linear equations against PyTorch: values, column-major strides, derivatives, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from compare import check, check_raises, randn
from linear_algebra import check_singular, complex_randn

import minitorch

BATCHES = [(), (2,), (2, 0), (1, 3)]


@pytest.mark.parametrize("batch", BATCHES)
def test_the_inverse_and_both_its_derivatives_are_pytorchs(batch: tuple[int, ...]) -> None:
    check(lambda engine, a: engine.linalg.inv(a), randn(*batch, 3, 3), second=True)
    check(lambda engine, a: engine.inverse(a), complex_randn(*batch, 3, 3), second=True)
    check(lambda engine, a: tuple(engine.linalg.inv_ex(a)), randn(*batch, 2, 2))


@pytest.mark.parametrize("left", [True, False])
def test_a_solution_and_both_its_derivatives_are_pytorchs(left: bool) -> None:
    b = randn(3, 4) if left else randn(4, 3)
    check(lambda engine, a, b: engine.linalg.solve(a, b, left=left), randn(3, 3), b, second=True)
    check(lambda engine, a, b: engine.linalg.solve(a, b, left=left), randn(2, 3, 3), b, second=True)
    check(lambda engine, a, b: engine.linalg.solve(a, b, left=left), complex_randn(3, 3), b + 1j * b, second=True)


@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_a_vector_on_the_right_side_gives_a_vector(shape: tuple[int, ...]) -> None:
    check(lambda engine, a, b: engine.linalg.solve(a, b), randn(2, 3, 3), randn(*shape), second=True)


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("unitriangular", [True, False])
def test_a_triangular_solution_reads_one_triangle_only(upper: bool, left: bool, unitriangular: bool) -> None:
    b = randn(3, 2) if left else randn(2, 3)

    def program(engine: Any, a: Any, b: Any) -> Any:
        return engine.linalg.solve_triangular(a, b, upper=upper, left=left, unitriangular=unitriangular)

    check(program, randn(3, 3), b, second=True)
    check(program, randn(2, 3, 3), b)
    check(program, complex_randn(3, 3), b + 1j * b, second=True)


@pytest.mark.filterwarnings("ignore:.*deprecated.*")
@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
def test_the_older_triangular_solve_also_returns_the_matrix(upper: bool, transpose: bool) -> None:
    def program(engine: Any, b: Any, a: Any) -> Any:
        return tuple(engine.triangular_solve(b, a, upper, transpose))

    check(program, randn(3, 2), randn(3, 3), second=True)
    check(program, complex_randn(2, 3, 2), complex_randn(2, 3, 3))


def test_tensorinv_and_tensorsolve_see_a_tensor_as_a_matrix() -> None:
    check(lambda engine, a: engine.linalg.tensorinv(a, ind=2), randn(2, 3, 3, 2), second=True)
    check(lambda engine, a, b: engine.linalg.tensorsolve(a, b), randn(2, 3, 6), randn(2, 3), second=True)
    check(lambda engine, a, b: engine.linalg.tensorsolve(a, b, dims=(0,)), randn(6, 2, 3), randn(2, 3))


def test_a_singular_matrix_is_named_by_its_place_in_the_batch() -> None:
    batch = np.stack([np.eye(3), np.zeros((3, 3))])
    for program in (
        lambda engine, a: engine.linalg.inv(a),
        lambda engine, a: engine.linalg.inv_ex(a, check_errors=True),
        lambda engine, a: engine.linalg.solve(a, a),
        lambda engine, a: engine.linalg.solve_ex(a, a, check_errors=True),
    ):
        check_singular(program, batch)
        check_singular(program, np.diag([1.0, 2.0, 0.0]))


def test_info_says_at_which_step_a_matrix_was_singular() -> None:
    singular = np.diag([1.0, 0.0, 2.0])
    for name in ("inv_ex", "lu_factor_ex"):
        theirs = getattr(torch.linalg, name)(torch.from_numpy(singular))[-1]
        ours = getattr(minitorch.linalg, name)(minitorch.from_numpy(singular))[-1]
        assert ours.tolist() == theirs.tolist() == 2


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a: engine.linalg.inv(a), randn(2, 3), match="batches of square matrices")
    check_raises(lambda engine, a: engine.linalg.inv(a), randn(3), match="at least 2 dimensions")
    check_raises(lambda engine, a: engine.linalg.inv(a.long()), randn(3, 3), match="Got Long")
    check_raises(lambda engine, a: engine.linalg.inv(a.half()), randn(3, 3), match="Low precision")
    check_raises(lambda engine, a, b: engine.linalg.solve(a, b), randn(3, 3), randn(2, 2), match="3x3 and 2x2")
    check_raises(lambda engine, a, b: engine.linalg.solve(a, b.float()), randn(3, 3), randn(3), match="Float")
    check_raises(lambda engine, a, b: engine.linalg.solve(a, b, left=False), randn(3, 3), randn(3))
    check_raises(lambda engine, a, b: engine.linalg.solve_triangular(a, b, upper=True), randn(3, 3), randn(3))
    check_raises(lambda engine, a: engine.linalg.tensorinv(a, ind=0), randn(2, 2))
    check_raises(lambda engine, a: engine.linalg.inv(a, out=engine.zeros(3, 3)), randn(3, 3))


def test_out_receives_the_result_and_if_it_was_empty_its_memory_order() -> None:
    check(lambda e, a: e.linalg.inv(a, out=e.empty(0, dtype=e.float64)), randn(3, 3), grad=False)
    check(
        lambda e, a: e.linalg.inv_ex(a, out=(e.empty(0, dtype=e.float64), e.empty(0).int()))[0], randn(3, 3), grad=False
    )
    check(
        lambda engine, a: engine.linalg.inv(a, out=engine.zeros(3, 3, dtype=engine.float64)),
        randn(3, 3),
        grad=False,
        strides=False,
    )
