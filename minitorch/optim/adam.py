"""Adam: a step size for every parameter, from averages of its gradient and of its square (Kingma and Ba 2015).

    g <- grad + weight_decay * w                     w <- w * (1 - lr * weight_decay) instead, if decoupled (AdamW)
    m <- beta1 * m + (1 - beta1) * g                 exp_avg
    v <- beta2 * v + (1 - beta2) * g**2              exp_avg_sq; with amsgrad its largest value so far is used
    w <- w - lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps)

m and v start at zero and are too small at first; dividing by 1 - beta**t takes that out. The count t is a tensor in the
state, ``step``, as in PyTorch. PyTorch: ``torch/optim/adam.py`` (``_single_tensor_adam``, whose order of operations
this keeps, so that the results are the same).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.core import dtypes
from minitorch.ops.creating import creation, from_data
from minitorch.ops.elementwise.complex_numbers import view_as_real
from minitorch.optim.optimizer import Optimizer, as_number, refuse_unbuilt_forms


class Adam(Optimizer):
    """``Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False)``.

    ``maximize``: climb instead of descend. ``decoupled_weight_decay``: AdamW. ``differentiable``: record the step in
    the graph. ``lr`` and ``betas`` may be tensors of one element. ``ValueError`` for settings out of range.
    """

    def __init__(
        self, params: Any, lr: Any = 1e-3, betas: tuple[Any, Any] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        _check_settings(lr, betas, eps, weight_decay)
        refuse_unbuilt_forms(foreach, fused, differentiable)
        betas = tuple(beta.squeeze() if isinstance(beta, Tensor) and beta.ndim else beta for beta in betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable, "differentiable": differentiable,
            "fused": fused, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name in ("amsgrad", "maximize", "capturable", "differentiable", "decoupled_weight_decay"):
                group.setdefault(name, False)
            group.setdefault("foreach", None)
            group.setdefault("fused", None)
            for param in group["params"]:
                kept = self.state.get(param)
                if kept and not isinstance(kept["step"], Tensor):
                    kept["step"] = from_data.tensor(float(kept["step"]), dtype=_step_dtype())

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient once. Returns what ``closure`` returned."""
        return self._step_each(closure)

    def _step_one(self, group: dict[str, Any], param: Any, grad: Any) -> None:
        state = self.state[param]
        if not state:
            self._start(state, param, group["amsgrad"])
        step, exp_avg, exp_avg_sq = state["step"], state["exp_avg"], state["exp_avg_sq"]
        max_exp_avg_sq = state["max_exp_avg_sq"] if group["amsgrad"] else None
        if group["maximize"]:
            grad = -grad
        step.add_(1.0)
        weight_decay = group["weight_decay"]
        if weight_decay != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - group["lr"] * weight_decay)
            else:
                grad = grad.add(param, alpha=weight_decay)
        if param.is_complex():  # real and imaginary parts are parameters of their own
            param, grad, exp_avg, exp_avg_sq = map(view_as_real, (param, grad, exp_avg, exp_avg_sq))
            max_exp_avg_sq = None if max_exp_avg_sq is None else view_as_real(max_exp_avg_sq)
        if group["differentiable"]:
            _update_in_graph(group, param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq, step)
        else:
            _update(group, param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq, step.item())

    def _start(self, state: dict[str, Any], param: Any, amsgrad: bool) -> None:
        state["step"] = from_data.tensor(0.0, dtype=_step_dtype())
        for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")[: 3 if amsgrad else 2]:
            state[name] = creation.zeros_like(param)


def _update(
    group: dict[str, Any], param: Any, grad: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, step: float
) -> None:
    """Lines two to four of the formula, with Python numbers for everything that is the same for all elements."""
    beta1, beta2 = group["betas"]
    exp_avg.lerp_(grad, 1 - as_number(beta1))
    exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=as_number(1 - beta2))
    if max_exp_avg_sq is not None:
        max_exp_avg_sq.copy_(max_exp_avg_sq.maximum(exp_avg_sq))
        exp_avg_sq = max_exp_avg_sq
    step_size = as_number(group["lr"] / (1 - beta1**step))  # tensors round to their dtype until here
    denom = exp_avg_sq.sqrt().div_(as_number((1 - beta2**step) ** 0.5)).add_(group["eps"])
    param.addcdiv_(exp_avg, denom, value=-step_size)


def _update_in_graph(
    group: dict[str, Any], param: Any, grad: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, step: Any
) -> None:
    """The same so that gradients flow to ``lr``, ``betas`` and older states. The step size goes into the divisor."""
    beta1, beta2 = group["betas"]
    exp_avg.lerp_(grad, 1 - beta1)
    if isinstance(beta2, Tensor) and beta2.requires_grad:
        exp_avg_sq.lerp_(grad * grad, 1 - beta2)
    else:
        exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - as_number(beta2))
    if max_exp_avg_sq is not None:
        max_exp_avg_sq.copy_(max_exp_avg_sq.clone().maximum(exp_avg_sq))
        exp_avg_sq = max_exp_avg_sq
    count = step.clone()  # the state's own is written in the next step
    negative_step_size = -(group["lr"] / (1 - beta1**count))
    correction = (1 - beta2**count).sqrt() * negative_step_size
    denom = (exp_avg_sq.sqrt() / correction).add_(group["eps"] / negative_step_size)
    param.addcdiv_(exp_avg.clone(), denom)


def _step_dtype() -> dtypes.dtype:
    return dtypes.float64 if dtypes.get_default_dtype() is dtypes.float64 else dtypes.float32


def _check_settings(lr: Any, betas: tuple[Any, Any], eps: float, weight_decay: float) -> None:
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not as_number(lr) >= 0.0:
        raise ValueError(f"Invalid learning rate: {lr}")
    if len(betas) < 2:
        raise IndexError(f"betas must be a pair of numbers, got {betas}: tuple index out of range")
    if not eps >= 0.0:
        raise ValueError(f"Invalid epsilon value: {eps}")
    for place, beta in enumerate(betas[:2]):
        if isinstance(beta, Tensor) and beta.numel() != 1:
            raise ValueError(f"Tensor betas[{place}] must be 1-element")
        if not 0.0 <= as_number(beta) < 1.0:
            raise ValueError(f"Invalid beta parameter at index {place}: {beta}")
    if not weight_decay >= 0.0:
        raise ValueError(f"Invalid weight_decay value: {weight_decay}")
    if {isinstance(beta, float) for beta in betas} != {True} and not all(isinstance(b, Tensor) for b in betas):
        raise ValueError("betas must be either both floats or both Tensors")
