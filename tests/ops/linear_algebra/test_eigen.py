"""Eigenvalues and singular values against PyTorch. Vectors are compared where neither sign nor phase can tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compare import check, check_raises, randn
from linear_algebra import check_singular, complex_randn, positive_definite

import minitorch

SHAPES = [(3, 3), (2, 3, 3), (0, 0), (0, 2, 2)]


def size(vectors: Any) -> Any:
    """What does not depend on the phase of a vector."""
    return (vectors * vectors.conj()).real if vectors.is_complex() else vectors * vectors


@pytest.mark.parametrize("make", [randn, complex_randn])
@pytest.mark.parametrize("uplo", ["L", "U"])
@pytest.mark.parametrize("shape", SHAPES)
def test_hermitian_eigenvalues_and_vectors_and_both_their_derivatives_are_pytorchs(
    make: Any, uplo: str, shape: tuple[int, ...]
) -> None:
    def program(engine: Any, a: Any) -> Any:
        values, vectors = engine.linalg.eigh(a, UPLO=uplo)
        return values, size(vectors)

    check(program, make(*shape), second=True, rtol=1e-7, atol=1e-8)
    check(lambda engine, a: engine.linalg.eigvalsh(a, uplo), make(*shape), second=True, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("make", [randn, complex_randn])
@pytest.mark.parametrize("shape", SHAPES)
def test_eigenvalues_and_vectors_of_any_matrix_and_both_their_derivatives_are_pytorchs(
    make: Any, shape: tuple[int, ...]
) -> None:
    def program(engine: Any, a: Any) -> Any:
        values, vectors = engine.linalg.eig(a)
        return values, size(vectors)

    array = make(*shape, seed=3)
    check(program, array, second=True, rtol=1e-7, atol=1e-8)
    check(lambda engine, a: engine.linalg.eigvals(a), array, second=True, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("make", [randn, complex_randn])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 3), (3, 0)])
def test_thin_singular_vectors_and_values_and_both_their_derivatives_are_pytorchs(
    make: Any, shape: tuple[int, ...]
) -> None:
    def program(engine: Any, a: Any) -> Any:
        U, S, Vh = engine.linalg.svd(a, full_matrices=False)
        return size(U), S, size(Vh)

    check(program, make(*shape), second=True, rtol=1e-7, atol=1e-8)
    check(lambda engine, a: engine.linalg.svdvals(a), make(*shape), second=True, rtol=1e-7, atol=1e-8)


def test_results_lie_column_after_column() -> None:
    for program in (
        lambda engine, a: engine.linalg.svd(a)[0],
        lambda engine, a: engine.linalg.svd(a)[2],
        lambda engine, a: engine.svd(a).V,
        lambda engine, a: engine.linalg.eigh(a)[1],
        lambda engine, a: engine.linalg.eig(a)[1],
    ):
        check(lambda engine, a, program=program: size(program(engine, a)), positive_definite(2, 3, 3), grad=False)
    U, S, V = minitorch.svd(minitorch.from_numpy(randn(4, 3)))
    np.testing.assert_allclose(((U * S) @ V.mT).numpy(), randn(4, 3), atol=1e-12)


@pytest.mark.filterwarnings("ignore:.*deprecated.*")
def test_the_older_svd_without_vectors_gives_zeros() -> None:
    check(lambda engine, a: tuple(engine.svd(a, compute_uv=False)), randn(4, 2))


def test_a_loss_that_depends_on_the_phase_of_a_complex_vector_is_refused() -> None:
    hermitian = positive_definite(3, 3, kind="complex")
    for program in (
        lambda engine, a: engine.linalg.eigh(a)[1].sum().abs().backward(),
        lambda engine, a: engine.linalg.eig(a)[1].sum().abs().backward(),
        lambda engine, a: engine.linalg.svd(a)[0].sum().abs().backward(),
    ):
        check_raises(program, hermitian + 0.3 * complex_randn(3, 3), grad=True, match="ill-defined")


def test_what_is_not_finite_does_not_converge() -> None:
    nan = np.full((3, 3), np.nan)
    for program in (
        lambda engine, a: engine.linalg.svd(a),
        lambda engine, a: engine.linalg.svdvals(a),
        lambda engine, a: engine.linalg.pinv(a),
        lambda engine, a: engine.linalg.eigh(a),
        lambda engine, a: engine.linalg.eigvalsh(a),
        lambda engine, a: engine.linalg.pinv(a, hermitian=True),
    ):
        check_singular(program, nan, same_text=False)


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a: engine.linalg.eigh(a), randn(2, 3))
    check_raises(lambda engine, a: engine.linalg.eigh(a, UPLO="X"), randn(3, 3), match="UPLO")
    check_raises(lambda engine, a: engine.linalg.eigh(a.long()), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.eig(a.long()), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.eig(a / 0), randn(3, 3), match="infs or NaNs")
    check_raises(lambda engine, a: engine.linalg.svd(a), randn(3))
    check_raises(lambda engine, a: engine.linalg.svd(a.half()), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.svd(a, driver="gesvd"), randn(3, 3))
