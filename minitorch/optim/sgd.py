"""Stochastic gradient descent.

    g <- grad + weight_decay * w                      (-grad first, if maximize)
    b <- momentum * b + (1 - dampening) * g           b <- g in the first step
    g <- g + momentum * b  if nesterov  else  b
    w <- w - lr * g

Without momentum only the first and the last line are left. The buffer b starts as the first gradient, not as zero, and
lr is outside of it: both differ from the paper (Sutskever et al. 2013) and from other libraries.

PyTorch: ``torch/optim/sgd.py`` (``_single_tensor_sgd``, whose order of operations this keeps, so that the results are
the same).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.optim.optimizer import Optimizer, as_number, refuse_unbuilt_forms


class SGD(Optimizer):
    """``SGD(params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False)``.

    ``maximize``: climb instead of descend. ``differentiable``: record the step in the graph. ``ValueError`` for
    negative settings, and for Nesterov without momentum or with dampening.
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
        refuse_unbuilt_forms(foreach, fused, differentiable)
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach, "differentiable": differentiable,
            "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, default in (("nesterov", False), ("maximize", False), ("foreach", None)):
                group.setdefault(name, default)
            for name in ("differentiable", "fused"):
                group.setdefault(name, False)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient once. Returns what ``closure`` returned."""
        return self._step_each(closure)

    def _step_one(self, group: dict[str, Any], param: Any, grad: Any) -> None:
        weight_decay, momentum, lr = group["weight_decay"], group["momentum"], group["lr"]
        if group["maximize"]:
            grad = -grad
        if isinstance(weight_decay, Tensor) and weight_decay.requires_grad:
            grad = grad + param.clone() * weight_decay
        elif weight_decay != 0:
            grad = grad.add(param, alpha=as_number(weight_decay))
        if momentum != 0:
            buffer = self._momentum_buffer(self.state[param], group, grad)
            grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
        if isinstance(lr, Tensor) and lr.requires_grad:
            param.addcmul_(grad, lr, value=-1)
        else:
            param.add_(grad, alpha=-as_number(lr))

    def _momentum_buffer(self, state: dict[str, Any], group: dict[str, Any], grad: Any) -> Any:
        """b, after taking in the gradient."""
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = grad.detach().clone()
        else:
            buffer.mul_(group["momentum"]).add_(grad, alpha=1 - group["dampening"])
        return buffer
