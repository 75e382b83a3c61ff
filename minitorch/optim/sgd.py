"""Stochastic gradient descent.

    g <- grad + weight_decay * w                      (-grad first, if maximize)
    b <- momentum * b + (1 - dampening) * g           b <- g in the first step
    g <- g + momentum * b  if nesterov  else  b
    w <- w - lr * g

Without momentum only the first and the last line are left. The buffer b starts as the first gradient, not as zero, and
lr is outside of it: both differ from the paper (Sutskever et al. 2013) and from other libraries.

The step itself is in three forms: ``single_tensor.py``, ``multi_tensor.py``, ``fused.py``; ``forms.py`` says which is
taken. PyTorch: ``torch/optim/sgd.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.optim import fused, multi_tensor, single_tensor
from minitorch.optim.forms import check_forms, check_fused, prefers_foreach, refuse_scaling
from minitorch.optim.optimizer import Optimizer
from minitorch.optim.single_tensor import as_number


class SGD(Optimizer):
    """``SGD(params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False)``.

    ``maximize``: climb instead of descend. ``differentiable``: record the step in the graph. ``foreach``, ``fused``:
    all parameters at once (``forms.py``). ``ValueError`` for negative settings, and for Nesterov without momentum or
    with dampening.
    """

    def __init__(
        self, params: Any, lr: Any = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: Any = 0,
        nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for value, name in ((lr, "learning rate"), (momentum, "momentum value"), (weight_decay, "weight_decay value")):
            if as_number(value) < 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach, "differentiable": differentiable,
            "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        self._kept: dict[int, Any] = {}  # what the fused form keeps of a group from step to step
        check_forms(foreach, fused, differentiable)
        self._step_supports_amp_scaling = bool(fused)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._kept = {}
        for group in self.param_groups:
            for name, default in (("nesterov", False), ("maximize", False), ("foreach", None)):
                group.setdefault(name, default)
            for name in ("differentiable", "fused"):
                group.setdefault(name, False)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient once. Returns what ``closure`` returned."""
        return self._step_each_group(closure)

    def _step_group(self, group: dict[str, Any], place: int) -> None:
        scaling = getattr(self, "grad_scale", None), getattr(self, "found_inf", None)
        params = [param for param in group["params"] if param.grad is not None]
        if not params:
            return
        takes_fused = bool(group["fused"]) and not group["foreach"]
        if takes_fused:
            for param in params:
                check_fused(param)
        grads = [param.grad for param in params]
        has_momentum = group["momentum"] != 0
        buffers = [self.state[param].get("momentum_buffer") for param in params] if has_momentum else []
        if takes_fused:
            fused.sgd(group, (params, grads, buffers), self._kept.setdefault(place, {}), *scaling)
        else:
            refuse_scaling(*scaling)
            if self._takes_foreach(group, params):
                multi_tensor.sgd(group, (params, grads, buffers))
            elif has_momentum:
                buffers = [single_tensor.sgd(group, *each) for each in zip(params, grads, buffers)]
            else:
                for param, grad in zip(params, grads):
                    single_tensor.sgd(group, param, grad, None)
        for param, buffer in zip(params, buffers):
            self.state[param]["momentum_buffer"] = buffer

    def _takes_foreach(self, group: dict[str, Any], params: list[Any]) -> bool:
        if group["foreach"] is not None or group["fused"] is not None:
            return bool(group["foreach"])
        return prefers_foreach(params, group["differentiable"])
