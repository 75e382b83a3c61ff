"""``einsum`` and ``tensordot`` against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, randn

EQUATIONS = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 4)]),
    ("bij,bjk->bki", [(2, 2, 3), (2, 3, 4)]),
    ("i,j->ij", [(2,), (3,)]),
    ("i,i->", [(3,), (3,)]),
    ("ij->ji", [(2, 3)]),
    ("ij->", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("ii->i", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("iij->ij", [(3, 3, 2)]),
    ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]),
    ("...ij->...ji", [(5, 2, 3)]),
    ("b...,b...->b", [(2, 3, 4), (2, 3, 4)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
    ("ij,ik,il->jkl", [(2, 3), (2, 4), (2, 5)]),
    ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]),
    ("ij,j->i", [(2, 3), (1,)]),
    ("ij,kj->", [(2, 3), (4, 3)]),
    ("i,ij,j->", [(2,), (2, 3), (3,)]),
]


@pytest.mark.parametrize("equation, shapes", EQUATIONS, ids=[equation for equation, _ in EQUATIONS])
def test_einsum_sums_the_products_that_the_equation_names(equation: str, shapes: list[tuple[int, ...]]) -> None:
    arrays = [randn(*shape, seed=place) for place, shape in enumerate(shapes)]
    check(lambda torch, *x: torch.einsum(equation, *x), *arrays, second=True, names=False, strides=False)


def test_the_usual_product_keeps_pytorchs_name_and_strides() -> None:
    check(lambda torch, x, y: torch.einsum("ij,jk->ik", x, y), randn(2, 3), randn(3, 4))
    check(lambda torch, x, y: torch.einsum("bij,bjk->bik", x, y), randn(2, 2, 3), randn(2, 3, 4))


def test_operands_as_a_list_and_dimensions_as_numbers() -> None:
    check(lambda torch, x, y: torch.einsum("ij,jk->ik", [x, y]), randn(2, 3), randn(3, 4))
    check(lambda torch, x, y: torch.einsum(x, [0, 1], y, [1, 2], [0, 2]), randn(2, 3), randn(3, 4))
    check(lambda torch, x, y: torch.einsum(x, [..., 0, 1], y, [1, 2]), randn(5, 2, 3), randn(3, 4), names=False)


@pytest.mark.parametrize(
    "equation, shapes",
    [
        ("ij,jk->ik", [(2, 3)]), ("ij->ij", [(2, 3), (2, 3)]), ("ij,jk->ik", [(2, 3), (4, 5)]), ("ijk->i", [(2, 3)]),
        ("i->i", [(2, 3)]), ("ij->k", [(2, 3)]), ("ij->ii", [(2, 3)]), ("ii->i", [(2, 3)]), ("i1->i", [(2, 3)]),
    ],
)  # fmt: skip
def test_equations_that_do_not_fit_are_refused(equation: str, shapes: list[tuple[int, ...]]) -> None:
    check_raises(lambda torch, *x: torch.einsum(equation, *x), *[randn(*shape) for shape in shapes])


@pytest.mark.parametrize("dims", [0, 1, 2, ([1], [0]), ([0, 2], [2, 0]), ([-1], [0])], ids=str)
def test_tensordot_over_a_count_or_over_named_dimensions(dims) -> None:  # type: ignore[no-untyped-def]
    shapes = {"2": ((5, 3, 4), (3, 4, 2)), "([1], [0])": ((2, 3), (3, 4)), "([0, 2], [2, 0])": ((2, 3, 4), (4, 5, 2))}
    a, b = shapes.get(str(dims), ((2, 3), (3, 4)))
    check(lambda torch, x, y: torch.tensordot(x, y, dims), randn(*a), randn(*b), second=True)


def test_tensordot_sums_where_one_size_is_1() -> None:
    check(lambda torch, x, y: torch.tensordot(x, y, ([1], [0])), randn(2, 3), randn(1, 4))


def test_tensordot_refuses_sizes_that_differ() -> None:
    match = "contracted dimensions need to match, but first has size 3 in dim 1 and second has size 4 in dim 0"
    check_raises(lambda torch, x, y: torch.tensordot(x, y, 1), randn(2, 3), randn(4, 3), match=match)
    check_raises(lambda torch, x, y: torch.tensordot(x, y, ([0], [0, 1])), np.ones((2, 2)), np.ones((2, 2)))
    check_raises(lambda torch, x, y: torch.tensordot(x, y, -1), np.ones((2, 2)), np.ones((2, 2)))
