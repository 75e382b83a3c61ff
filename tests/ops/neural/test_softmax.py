"""Softmax and log-softmax against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, randn

FUNCTIONS = ["softmax", "log_softmax", "softmin"]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_values_and_both_derivatives_along_every_dimension(function: str, dim: int) -> None:
    def program(torch, x):  # type: ignore[no-untyped-def]
        return getattr(torch.nn.functional, function)(x, dim)

    for x in awkward(randn(3, 4, 5)):
        check(program, x, second=True)
    check(lambda torch, x: program(torch, x) ** 2, randn(3, 4, 5), second=True)  # a gradient that depends on x


@pytest.mark.parametrize("function", FUNCTIONS)
def test_large_inputs_do_not_overflow(function: str) -> None:
    x = np.array([[1000.0, 0.0, -1000.0], [1e30, 1e30, 0.0], [-1e5, -1e5, -1e5]])
    check(lambda torch, x: getattr(torch.nn.functional, function)(x, 1), x)


def test_minus_infinity_has_probability_zero_and_a_row_of_it_none() -> None:
    x = np.array([[0.0, -np.inf], [1.0, 2.0]])
    check(lambda torch, x: torch.softmax(x, 1), x)
    with np.errstate(invalid="ignore"):
        check(lambda torch, x: torch.softmax(x, 1), np.full((1, 2), -np.inf), grad=False)


@pytest.mark.parametrize("shape", [(), (0, 3), (3, 0), (1,)], ids=str)
def test_zero_dim_and_empty_inputs(shape: tuple[int, ...]) -> None:
    check(lambda torch, x: torch.softmax(x, -1), randn(*shape))
    check(lambda torch, x: torch.log_softmax(x, 0), randn(*shape))


def test_dtype_converts_before_computing() -> None:
    check(lambda torch, x: torch.softmax(x, 1, dtype=torch.float64), randn(2, 3, dtype=np.float32))
    check(lambda torch, x: x.log_softmax(0, dtype=torch.float32), integers(2, 3), rtol=1e-6)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(name: str) -> None:
    tolerance = 1e-3 if name == "float16" else 1e-2
    check(lambda torch, x: torch.softmax(x.to(getattr(torch, name)), 1).to(torch.float32),
          randn(3, 2000, dtype=np.float32), grad=False, rtol=tolerance, atol=1e-6)  # fmt: skip


def test_the_dimension_may_be_left_out_with_a_warning() -> None:
    for shape in ((3,), (2, 3), (2, 3, 4), (2, 3, 4, 5)):
        with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
            check(lambda torch, x: torch.nn.functional.softmax(x), randn(*shape))


def test_wrong_dimensions_and_dtypes_are_refused() -> None:
    match = "Dimension out of range (expected to be in range of [-2, 1], but got 2)"
    check_raises(lambda torch, x: torch.softmax(x, 2), randn(2, 3), match=match)
    check_raises(lambda torch, x: torch.softmax(x, 1), integers(2, 3),
                 match="\"softmax_lastdim_kernel_impl\" not implemented for 'Long'")  # fmt: skip
    check_raises(lambda torch, x: torch.log_softmax(x, 0), integers(2, 3),
                 match="\"log_softmax_kernel_impl\" not implemented for 'Long'")  # fmt: skip
