"""Rows of a table, looked up by number."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn


@pytest.mark.parametrize("padding_idx", [-1, 0, 3])
@pytest.mark.parametrize("scale", [False, True])
def test_embedding_looks_rows_up_and_adds_their_gradients(padding_idx, scale):
    for weight in awkward(randn(5, 3)):
        for indices in (integers(4, 6, high=5), integers(7, high=5), np.array(3), np.zeros((0, 2), np.int64)):
            check(lambda torch, w, i: torch.embedding(w, i, padding_idx, scale), weight, indices, second=not scale)


def test_the_gradient_of_an_embedding_has_a_derivative_too():
    check(lambda torch, w, i: torch.embedding(w, i, 1) ** 2, randn(5, 3), integers(4, 6, high=5), second=True)


def test_int32_numbers_rows_too():
    check(lambda torch, w, i: torch.embedding(w, i), randn(5, 3), integers(4, high=5, dtype=np.int32))


@pytest.mark.parametrize(
    "program",
    [
        lambda torch, w: torch.embedding(w, torch.tensor([5])),
        lambda torch, w: torch.embedding(w, torch.tensor([-1])),
        lambda torch, w: torch.embedding(w, torch.tensor([1.0])),
        lambda torch, w: torch.embedding(w[0], torch.tensor([1])),
    ],
)
def test_bad_arguments_are_refused_as_in_pytorch(program):
    check_raises(program, randn(5, 3))
