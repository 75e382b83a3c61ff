"""``cov`` and ``corrcoef``: how the rows of a matrix vary together.

Rows are variables, columns observations. With X centered, weights w and divisor n,

    C = X (w X)^H / n            R_ij = C_ij / sqrt(C_ii C_jj)

Composed of operators that know their derivatives. PyTorch: ``aten/src/ATen/native/Correlation.cpp``.
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.creating.from_data import scalar_tensor
from minitorch.ops.elementwise.complex_numbers import complex, imag, real  # noqa: A004
from minitorch.ops.linear_algebra.linalg import mm


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Covariances of the rows; ``fweights`` count observations, ``aweights`` weigh them."""
    correction = arg.integer(correction, "cov", "correction")
    arg.check_tensor(input, "cov")
    _check_matrix(input, "cov")
    if input._dtype is dtypes.bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows = input.view(1, -1) if input.ndim < 2 else input
    observations = rows.shape[1]
    if fweights is not None:
        _check_weights(fweights, "fweights", "integral", dtypes.INTEGER, observations)
    if aweights is not None:
        _check_weights(aweights, "aweights", "floating point", dtypes.FLOATING, observations)
    weights = fweights
    if aweights is not None:
        weights = aweights if weights is None else weights * aweights
    total = scalar_tensor(observations, dtype=dtypes.int64) if weights is None else weights.sum()
    if weights is not None and observations and not bool(total != 0):
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    mean = (rows if weights is None else rows * weights).sum(1) / total
    if weights is not None and aweights is not None and correction != 0:
        divisor = total - correction * (weights * aweights).sum() / total
    else:
        divisor = total - correction
    if float(divisor) <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            stacklevel=2,
        )
        divisor = divisor.new_zeros(())
    rows = rows - mean.unsqueeze(1)
    weighted = rows if weights is None else rows * weights
    product = mm(rows, weighted.t().conj())
    return product.true_divide(divisor).squeeze()


def _check_matrix(input: Any, function: str) -> None:
    if input.ndim > 2:
        raise RuntimeError(
            f"{function}(): expected input to have two or fewer dimensions but got an input with {input.ndim} "
            "dimensions"
        )


def _check_weights(weights: Any, name: str, kind: str, category: int, observations: int) -> None:
    arg.tensor(weights, "cov", name)
    if weights.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} dimensions"
        )
    if weights._dtype.category != category:
        raise RuntimeError(
            f"cov(): expected {name} to have {kind} dtype but got {name} with {weights._dtype.name} dtype"
        )
    if weights.numel() != observations:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {observations}"
        )
    if observations and float(weights.detach().min()) < 0:
        raise RuntimeError(f"cov(): {name} cannot be negative")


def corrcoef(input: Any) -> Any:
    """Covariances of the rows, scaled so that those with themselves are 1."""
    arg.check_tensor(input, "corrcoef")
    _check_matrix(input, "corrcoef")
    covariances = cov(input)
    if covariances.ndim == 0:
        return covariances / covariances
    variances = covariances.diag()
    deviations = (real(variances) if variances.is_complex() else variances).sqrt()
    scaled = covariances / deviations.view(-1, 1) / deviations.view(1, -1)
    if scaled.is_complex():
        return complex(real(scaled).clip(-1, 1), imag(scaled).clip(-1, 1))
    return scaled.clip(-1, 1)
