"""Tests for `minitorch/ops/elementwise/scalar_forms.py`."""

import numpy as np

import minitorch
from minitorch.ops.elementwise.scalar_forms import add_number, div_number, mul_number


def test_they_compute_what_the_operators_of_python_do_under_another_name():
    x = minitorch.tensor([1.0, -2.0], dtype=minitorch.float64, requires_grad=True)
    for function, expected, slope in ((mul_number, x * 3, 3), (div_number, x / 3, 1 / 3), (add_number, x + 3, 1)):
        result = function(x, 3.0)
        np.testing.assert_allclose(result.detach().numpy(), expected.detach().numpy())
        assert result.grad_fn.name() in ("MulBackward1", "DivBackward1", "AddBackward1")
        (gradient,) = minitorch.autograd.grad(result.sum(), x)
        np.testing.assert_allclose(gradient.numpy(), slope)
