"""What ``gradcheck`` says about two Jacobians that differ. The mistakes are planted in random matrices."""

from __future__ import annotations

import numpy as np
import pytest
from compare import randn

from minitorch.autograd.diagnosis import diagnose

J = randn(6, 6)  # of a (2, 3) input and a (2, 3) output
COMPLEX = randn(4, 3)  # of 2 complex numbers and 3 outputs


def one_row_off(jacobian):
    wrong = jacobian.copy()
    wrong[4] += 1
    return wrong


@pytest.mark.parametrize(
    ("analytical", "numerical", "said"),
    [
        (-J, J, "wrong sign"),
        (0 * J, J, "derivative is zero"),
        (J, 0 * J, "does not depend on this input"),
        (np.full_like(J, np.nan), J, "is nan"),
        (2 * J, J, "2 times what it should be"),
        (J / 6, J, "6 is the number of elements of the input"),
        (J / 3, J, "3 is the size of dim 1 of the input"),
        (J.T, J, "the transpose of what it should be"),
        (one_row_off(J), J, "right but for 1 of 6 elements of the input, at [1, 1]"),
        (J * 1.003 + 1e-3, J, "single precision"),
        (randn(6, 6, seed=9), J, "largest difference"),
    ],
)
def test_a_mistake_is_recognised(analytical, numerical, said):
    assert said in diagnose(analytical, numerical, (2, 3), (2, 3), is_complex=False)


def test_a_missing_conjugate_is_recognised():
    wrong = COMPLEX * np.array([[1], [-1], [1], [-1]])
    assert "missing conj" in diagnose(wrong, COMPLEX, (2,), (3,), is_complex=True)


@pytest.mark.parametrize(
    ("input_shape", "kept", "dims"), [((3,), (0, slice(None)), "0"), ((2, 1), (slice(None), 2), "1")]
)
def test_a_missing_sum_is_recognised(input_shape, kept, dims):
    right = np.zeros((*input_shape, 2, 3))  # d output[i, j] / d input, of an input that is repeated
    for i, j in np.ndindex(2, 3):
        right[(j,) if len(input_shape) == 1 else (i, 0)][i, j] = i + j + 1
    wrong = np.zeros_like(right)
    wrong[(..., *kept)] = right[(..., *kept)]
    count = int(np.prod(input_shape))
    said = diagnose(wrong.reshape(count, 6), right.reshape(count, 6), input_shape, (2, 3), is_complex=False)
    assert said == f"The derivative looks like a missing sum over broadcast dim {dims}."


def test_swapped_dimensions_are_recognised():
    right = randn(9, 4)
    wrong = right.reshape(3, 3, 4).swapaxes(0, 1).reshape(9, 4)
    assert "dims 0 and 1 of the input are swapped" in diagnose(wrong, right, (3, 3), (4,), is_complex=False)
