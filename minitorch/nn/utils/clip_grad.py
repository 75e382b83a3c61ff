"""Clipping: keep gradients from being too long.

    clip_grad_norm_     g *= min(1, max_norm / (norm + 1e-6))    one norm over all gradients, as of one long vector
    clip_grad_value_    g = min(max(g, -value), value)           each element for itself

The first keeps the direction (Pascanu et al. 2013). Both write into ``.grad``. The factor stays a tensor and is applied
even where it is 1: nobody waits for a device to say how large it is. ``foreach``: whether all gradients are handled at
once (``torch._foreach_norm``, ``torch._foreach_mul_``); None for yes, wherever there are nothing but plain tensors.

PyTorch: ``torch/nn/utils/clip_grad.py``.
"""

from __future__ import annotations

import types
import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import set_grad_enabled
from minitorch.ops.arrays.compiled import AT_LEAST
from minitorch.ops.creating import from_data
from minitorch.ops.foreach.elementwise import _foreach_clamp_max_, _foreach_clamp_min_, _foreach_mul_
from minitorch.ops.foreach.lists import by_device_and_dtype
from minitorch.ops.foreach.whole import _foreach_norm
from minitorch.ops.reductions.norms import vector_norm
from minitorch.ops.shapes.joining import stack

_FOREACH_DEVICES = ("cpu", "cuda")


def _gradients(parameters: Any) -> list[Any]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in parameters if p.grad is not None]


def _takes_foreach(tensors: list[Any], foreach: bool | None) -> bool:
    """Whether the tensors of one device are handled as a list. ``RuntimeError`` if they must be and cannot."""
    device = tensors[0].device.type
    if foreach and device not in _FOREACH_DEVICES:
        raise RuntimeError(f"foreach=True was passed, but can't use the foreach API on {device} tensors")
    if foreach is None:
        return device in _FOREACH_DEVICES and all(type(tensor) is Tensor for tensor in tensors)
    return foreach


def _pays(tensors: list[Any], foreach: bool | None) -> bool:
    """``_takes_foreach`` for what has a kernel: without being asked, not on the CPU for a few elements. The kernel must
    be compiled once, and the results are the same."""
    few = foreach is None and tensors[0].is_cpu and sum([tensor.numel() for tensor in tensors]) < AT_LEAST
    return not few and _takes_foreach(tensors, foreach)


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """The norm of order ``norm_type`` of all tensors together, zero-dim. ``RuntimeError`` if asked and not finite."""
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return from_data.tensor(0.0)
    norms: list[Any] = []
    with set_grad_enabled(False):
        for (same,), _ in by_device_and_dtype([tensors]).values():
            if _pays(same, foreach):
                norms.extend(_foreach_norm(same, norm_type))
            else:
                norms.extend([vector_norm(tensor, norm_type) for tensor in same])
        device = tensors[0].device
        total = vector_norm(stack([norm.to(device) for norm in norms]), norm_type)
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Scale all gradients by ``max_norm / total_norm`` if that is below 1."""
    max_norm = float(max_norm)
    gradients = _gradients(parameters)
    if not gradients:
        return
    with set_grad_enabled(False):
        factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
        for (device, _), ((same,), _) in by_device_and_dtype([gradients]).items():
            there = factor.to(device)
            if _pays(same, foreach):
                _foreach_mul_(same, there)
            else:
                for gradient in same:
                    gradient.mul_(there)


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
    gradients = _gradients(parameters)
    with set_grad_enabled(False):
        for (same,), _ in by_device_and_dtype([gradients]).values():
            if _takes_foreach(same, foreach):
                _foreach_clamp_min_(same, -clip_value)
                _foreach_clamp_max_(same, clip_value)
            else:
                for gradient in same:
                    gradient.clamp_(min=-clip_value, max=clip_value)
