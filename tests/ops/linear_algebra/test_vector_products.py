"""Products of vectors and of chains of matrices against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, integers, randn
from linear_algebra import complex_randn


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((2, 3), (4, 3)), ((2, 1, 3), (3,)), ((), (2, 3)), ((0,), (0,))])
def test_inner_products_are_pytorchs(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    a, b = shapes
    check(lambda engine, a, b: engine.inner(a, b), randn(*a), randn(*b, seed=1), second=True)
    check(lambda engine, a, b: a.inner(b), complex_randn(*a), complex_randn(*b, seed=5))


def test_the_first_operand_of_vdot_and_vecdot_is_conjugated() -> None:
    for make in (randn, complex_randn):
        check(lambda engine, a, b: engine.vdot(a, b), make(3), make(3, seed=4), second=True)
        check(lambda engine, a, b: engine.linalg.vecdot(a, b), make(3), make(3, seed=4))
        check(lambda engine, a, b: engine.linalg.vecdot(a, b, dim=0), make(3, 2), make(3, 1, seed=4), second=True)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_vector_products_broadcast_and_both_their_derivatives_are_pytorchs(dim: int) -> None:
    for make in (randn, complex_randn):
        check(lambda e, a, b: e.linalg.cross(a, b, dim=dim), make(3, 3, 3), make(3, 3, 3, seed=4), second=True)
    check(lambda engine, a, b: engine.linalg.cross(a, b), randn(1, 3), randn(2, 3))
    check(lambda engine, a, b: engine.cross(a, b), randn(2, 3, 4), randn(2, 3, 4, seed=1))
    check(lambda engine, a, b: a.cross(b), integers(3, 5), integers(3, 5, seed=1), grad=False)


@pytest.mark.parametrize("shapes", [((2, 3), (4, 2)), ((3,), (2, 2)), ((), (2, 3)), ((2, 1, 2), (3, 2))])
def test_kronecker_products_are_pytorchs(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    a, b = shapes
    check(lambda engine, a, b: engine.kron(a, b), randn(*a), randn(*b, seed=1), second=True)
    check(lambda engine, a, b: a.kron(b.float()), randn(*a), randn(*b, seed=1), rtol=1e-6)


def test_powers_of_elements_make_a_vandermonde_matrix() -> None:
    check(lambda engine, a: engine.linalg.vander(a), randn(3), second=True)
    check(lambda engine, a: engine.linalg.vander(a, N=5), randn(2, 3))
    check(lambda engine, a: engine.linalg.vander(a, N=3), integers(3, dtype=np.int32), grad=False)


@pytest.mark.parametrize(
    "shapes",
    [
        [(3, 4), (4, 2)], [(3,), (3, 2), (2,)], [(10, 2), (2, 9), (9, 3)], [(2, 9), (9, 2), (2, 9)],
        [(3, 7), (7, 2), (2, 8), (8, 1), (1, 5)], [(4,), (4,)],
    ],
)  # fmt: skip
def test_chains_of_matrices_are_pytorchs(shapes: list[tuple[int, ...]]) -> None:
    arrays = [randn(*shape, seed=place) for place, shape in enumerate(shapes)]
    check(lambda engine, *tensors: engine.linalg.multi_dot(tensors), *arrays, second=True)
    if all(len(shape) == 2 for shape in shapes):
        check(lambda engine, *tensors: engine.chain_matmul(*tensors), *arrays)


def test_what_does_not_fit_is_refused() -> None:
    check_raises(lambda engine, a, b: engine.inner(a, b), randn(2, 3), randn(2, 2))
    check_raises(lambda engine, a, b: engine.inner(a, b.float()), randn(3), randn(3))
    check_raises(lambda engine, a, b: engine.vdot(a, b), randn(3), randn(2))
    check_raises(lambda engine, a, b: engine.vdot(a, b), randn(3), randn(3, 3))
    check_raises(lambda engine, a, b: engine.linalg.vecdot(a.long(), b.long()), randn(3), randn(3))
    check_raises(lambda engine, a, b: engine.linalg.cross(a, b), randn(3, 4), randn(3, 4), match="length 3")
    check_raises(lambda engine, a, b: engine.linalg.cross(a, b), randn(3), randn(3, 3))
    check_raises(lambda engine, a, b: engine.cross(a, b), randn(2, 4), randn(2, 4), match="no dimension of size 3")
    check_raises(lambda engine, a, b: engine.linalg.cross(a > 0, b > 0), randn(3), randn(3))
    check_raises(lambda engine, a: engine.linalg.vander(a, N=1), randn(3))
    check_raises(lambda engine, a: engine.linalg.multi_dot([a]), randn(3, 3), match="at least 2")
    check_raises(lambda engine, a: engine.linalg.multi_dot(a), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.multi_dot([a, a]), randn(3, 2), match="cannot be multiplied")
    check_raises(lambda engine, a, b: engine.linalg.multi_dot([a, b, a]), randn(2, 2), randn(2))
    check_raises(lambda engine, a: engine.chain_matmul(a, a), randn(3))
    check_raises(lambda engine, a: engine.chain_matmul(a, 2), randn(3, 3))
    check_raises(lambda engine, a: engine.linalg.vecdot(a, a.float()), randn(3, 3))
    for name in ("inner", "vdot", "cross", "kron", "outer", "dot", "mv", "mm", "bmm", "matmul"):
        check_raises(lambda engine, a, name=name: getattr(engine, name)(2, a), randn(3, 3), match="must be Tensor")
        check_raises(lambda engine, a, name=name: getattr(engine, name)(a, 2), randn(3, 3), match="must be Tensor")
    check_raises(lambda engine, a: engine.einsum("ij,jk", a, 2), randn(3, 3), match="expected Tensor")
