"""Clipping: keep gradients from being too long.

    clip_grad_norm_     g *= min(1, max_norm / (norm + 1e-6))    one norm over all gradients, as of one long vector
    clip_grad_value_    g = min(max(g, -value), value)           each element for itself

The first keeps the direction (Pascanu et al. 2013). Both write into ``.grad``. PyTorch:
``torch/nn/utils/clip_grad.py``. ``foreach`` is accepted and changes nothing: the form that handles all gradients in
one call computes the same.
"""

from __future__ import annotations

import math
import types
import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd.inplace import bump_version
from minitorch.ops.creating import from_data


def _gradients(parameters: Any) -> list[Any]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in parameters if p.grad is not None]


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """The norm of order ``norm_type`` of all tensors together, zero-dim. ``RuntimeError`` if asked and not finite."""
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return from_data.tensor(0.0)
    norms = [_norm(tensor.array, norm_type) for tensor in tensors]
    xp = tensors[0].device.backend.xp
    total = _norm(xp.asarray([float(norm) for norm in norms]), norm_type)
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return from_data.tensor(float(total), dtype=tensors[0].dtype, device=tensors[0].device)


def _norm(array: Any, order: float) -> Any:
    """(sum of abs(x)**order)**(1 / order), in double; its limits for orders 0 and infinity."""
    magnitude = abs(array.astype("float64")).ravel()
    if order == math.inf:
        return magnitude.max(initial=0.0)
    if order == -math.inf:
        return magnitude.min()
    if order == 0:
        return float((magnitude != 0).sum())
    if order == 2:
        return math.sqrt(magnitude @ magnitude)
    return float((magnitude**order).sum()) ** (1 / order)


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Scale all gradients by ``max_norm / total_norm`` if that is below 1."""
    dtype = total_norm.dtype.np
    # rounded at each step as the tensor operations that PyTorch uses round
    factor = dtype.type(dtype.type(max_norm) / (dtype.type(total_norm.item()) + dtype.type(1e-6)))
    factor = min(factor, dtype.type(1.0)) if not math.isnan(factor) else factor
    for gradient in _gradients(parameters):
        array = gradient.array
        array *= array.dtype.type(factor)
        bump_version(gradient)


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:  # fmt: skip
    """Scale the gradients so that their norm is at most ``max_norm``. Returns the norm they had."""
    if not isinstance(parameters, Tensor):
        is_generator = isinstance(parameters, types.GeneratorType)
        parameters = list(parameters)
        if is_generator and not parameters:
            warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    total_norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total_norm, foreach)
    return total_norm


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of the gradients to [-clip_value, clip_value]."""
    clip_value = float(clip_value)
    for gradient in _gradients(parameters):
        array = gradient.array
        array.clip(-clip_value, clip_value, out=array)
        bump_version(gradient)
