"""The functions that the host's kernels call are right to about an ulp, and for infinities, nan and zeros exactly."""

from __future__ import annotations

import numpy as np
import pytest
import vector_math_error
from vector_math_error import FUNCTIONS

BOUND = {"float32": 1.7, "float64": 2.3}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return vector_math_error.load(tmp_path_factory.mktemp("vector_math"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_floats_of_all_sizes_are_right_to_an_ulp_and_a_half(file, name):
    x = np.arange(0, 2**32, 4093).astype(np.uint32).view(np.float32)
    assert vector_math_error.error(file, name, x) < BOUND["float32"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_doubles_are_right_to_two_ulp(file, name, generator):
    assert vector_math_error.error(file, name, vector_math_error.doubles(generator, name, 200000)) < BOUND["float64"]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_infinities_nan_zeros_and_overflow_are_exact(file, name, dtype):
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1000.0, -1000.0, 1e38, -1e38, -1.0, -2.0], dtype)
    got = vector_math_error.apply(file, name, x)
    with np.errstate(over="ignore"):
        wanted = vector_math_error.exact(name, x).astype(dtype)
    np.testing.assert_allclose(got, wanted, rtol=4 * np.finfo(dtype).eps, atol=0)
    numbers = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(wanted[numbers]))
