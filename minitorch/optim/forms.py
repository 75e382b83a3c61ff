"""Three forms of one step: a loop over parameters, lists of them, or one kernel.

    single_tensor    the formula, an operator a line, for one parameter after the other       9 launches a parameter
    multi_tensor     the same lines, each for all parameters at once (``torch._foreach_*``)   9 launches
    fused            the whole formula for all parameters in one kernel                       1 launch

``foreach=True`` and ``fused=True`` ask for the second and third. If neither is said, PyTorch takes lists on CUDA, where
a launch is expensive, and the loop on the CPU. The forms agree up to rounding. PyTorch: ``torch/optim/optimizer.py``
(``_default_to_fused_or_foreach``, ``_device_dtype_check_for_fused``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.nn.parameter import Parameter

# PyTorch's lists, for its messages; here there are "cpu" and "cuda"
FUSED_DEVICES = ["mps", "cuda", "xpu", "hpu", "cpu", "mtia", "privateuseone"]
CAPTURABLE_DEVICES = ["cuda", "xpu", "hpu", "privateuseone"]
_FOREACH_BY_DEFAULT = ("cuda",)


def check_forms(foreach: bool | None, fused: bool | None, differentiable: bool) -> None:
    """``RuntimeError`` for forms that exclude each other."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def prefers_foreach(params: Sequence[Any], differentiable: bool) -> bool:
    """Whether lists are taken if nobody has said which form: for plain tensors and parameters, all on CUDA."""
    return not differentiable and all(
        type(param) in (Tensor, Parameter) and param.device.type in _FOREACH_BY_DEFAULT for param in params
    )


def check_fused(param: Any) -> None:
    """``RuntimeError`` for a parameter that no kernel steps."""
    if not (param.device.type in FUSED_DEVICES and param.is_floating_point()):
        raise RuntimeError(
            "`fused=True` requires all the params to be floating point Tensors of supported devices: "
            f"{FUSED_DEVICES} but {param.dtype} and {param.device.type}"
        )


def check_capturable(params: Sequence[Any], steps: Sequence[Any], xla: bool) -> None:
    """``AssertionError`` unless the step counts lie on a CUDA device, with their parameters."""
    devices = [*CAPTURABLE_DEVICES, "xla"] if xla else CAPTURABLE_DEVICES
    for param, step in zip(params, steps, strict=True):
        if param.device.type != step.device.type or param.device.type not in devices:
            raise AssertionError(f"If capturable=True, params and state_steps must be on supported devices: {devices}.")


def refuse_scaling(grad_scale: Any, found_inf: Any) -> None:
    """``AssertionError``: only the fused form divides gradients by the scale of mixed precision."""
    if grad_scale is not None or found_inf is not None:
        raise AssertionError("Expected grad_scale and found_inf to be None")
