"""What mixed precision does with all gradients at once, and with the factor that the loss is multiplied by.

Gradients in half precision vanish below 6e-8, so the loss is multiplied by a large ``scale`` before ``backward``, and
the gradients by 1 / scale after it. If a gradient overflowed, the step is left out and the scale halved; if none did
for ``growth_interval`` steps, the scale is doubled.

PyTorch: ``torch/amp/grad_scaler.py`` uses them, ``aten/src/ATen/native/cuda/AmpKernels.cu`` has them.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops.foreach.elementwise import TensorList, _foreach_mul_
from minitorch.ops.foreach.lists import flat, one_launch


def _check_one_element(tensor: Any, name: str, dtype: Any = dtypes.float32, called: str = "a float") -> None:
    if tensor.numel() != 1:
        raise RuntimeError(f"{name} must be a 1-element tensor.")
    if tensor.dtype is not dtype:
        raise RuntimeError(f"{name} must be {called} tensor.")


def _amp_foreach_non_finite_check_and_unscale_(self: TensorList, found_inf: Any, inv_scale: Any) -> None:
    """Multiply the tensors by ``inv_scale``, in place; ``found_inf`` becomes 1 if one of their elements is not finite.

    Both are float32 tensors of one element.
    """
    if not self:
        return
    _check_one_element(inv_scale, "inv_scale")
    _check_one_element(found_inf, "found_inf")
    for tensor in self:
        if not tensor.is_floating_point():
            name = scalar_type_name(tensor.dtype)
            raise NotImplementedError(f"\"_amp_foreach_non_finite_check_and_unscale_cpu\" not implemented for '{name}'")
    groups: dict[Any, list[Any]] = {}
    for tensor in self:
        groups.setdefault((tensor.device, tensor.dtype), []).append(tensor)
    for tensors in groups.values():
        if one_launch([tensors], writes=True):
            _unscale_in_one_launch(tensors, found_inf, inv_scale)
        else:
            if not all(bool(tensor.isfinite().all()) for tensor in tensors):
                found_inf.fill_(1.0)
            _foreach_mul_(tensors, inv_scale.to(tensors[0].device).reshape(()))


def _unscale_in_one_launch(tensors: TensorList, found_inf: Any, inv_scale: Any) -> None:
    from minitorch.ops.kernels import multi_tensor

    device = tensors[0].device
    found = found_inf if found_inf.device == device else found_inf.to(device)
    factor = inv_scale.to(device)
    multi_tensor.unscale([flat(tensor) for tensor in tensors], flat(factor), flat(found))
    if found is not found_inf:
        found_inf.copy_(found)
    for tensor in (*tensors, found_inf):
        tensor._storage.version += 1


def _amp_update_scale_(
    self: Any, growth_tracker: Any, found_inf: Any, scale_growth_factor: float, scale_backoff_factor: float,
    growth_interval: int,
) -> Any:  # fmt: skip
    """The scale ``self`` for the next step, in place; ``growth_tracker`` (int32) counts steps without overflow."""
    _check_one_element(growth_tracker, "growth_tracker", dtypes.int32, "an int")
    _check_one_element(self, "current_scale")
    _check_one_element(found_inf, "found_inf")
    if found_inf.item():
        self.mul_(scale_backoff_factor)
        growth_tracker.fill_(0)
    elif growth_tracker.item() + 1 == growth_interval:
        grown = (self * scale_growth_factor).item()
        if math.isfinite(grown):
            self.fill_(grown)
        growth_tracker.fill_(0)
    else:
        growth_tracker.add_(1)
    return self


__all__ = ["_amp_foreach_non_finite_check_and_unscale_", "_amp_update_scale_"]
