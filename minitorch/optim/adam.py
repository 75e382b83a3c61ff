"""Adam: a step size for every parameter, from averages of its gradient and of its square (Kingma and Ba 2015).

    g <- grad + weight_decay * w                     w <- w * (1 - lr * weight_decay) instead, if decoupled (AdamW)
    m <- beta1 * m + (1 - beta1) * g                 exp_avg
    v <- beta2 * v + (1 - beta2) * g**2              exp_avg_sq; with amsgrad its largest value so far is used
    w <- w - lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps)

m and v start at zero and are too small at first; dividing by 1 - beta**t takes that out. The count t is a tensor in the
state, ``step``, as in PyTorch. The step itself is in three forms: ``single_tensor.py``, ``multi_tensor.py``,
``fused.py``; ``forms.py`` says which is taken. PyTorch: ``torch/optim/adam.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.core import dtypes
from minitorch.core.device import cpu
from minitorch.ops.creating import creation, from_data
from minitorch.optim import fused, multi_tensor, single_tensor
from minitorch.optim.forms import check_capturable, check_forms, check_fused, prefers_foreach, refuse_scaling
from minitorch.optim.optimizer import Optimizer
from minitorch.optim.single_tensor import as_number


class Adam(Optimizer):
    """``Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False)``.

    ``maximize``: climb instead of descend. ``decoupled_weight_decay``: AdamW. ``differentiable``: record the step in
    the graph. ``foreach``, ``fused``: all parameters at once (``forms.py``). ``capturable``: nobody asks a device for
    the value of a tensor. ``lr`` and ``betas`` may be tensors of one element. ``ValueError`` for settings out of range.
    """

    def __init__(
        self, params: Any, lr: Any = 1e-3, betas: tuple[Any, Any] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        _check_settings(lr, betas, eps, weight_decay, bool(foreach) and not capturable)
        betas = tuple(beta.squeeze() if isinstance(beta, Tensor) and beta.ndim else beta for beta in betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable, "differentiable": differentiable,
            "fused": fused, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)
        self._kept: dict[int, Any] = {}  # what the fused form keeps of a group from step to step
        check_forms(foreach, fused, differentiable)
        self._step_supports_amp_scaling = bool(fused)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._kept = {}
        for group in self.param_groups:
            for name in ("amsgrad", "maximize", "capturable", "differentiable", "decoupled_weight_decay"):
                group.setdefault(name, False)
            group.setdefault("foreach", None)
            group.setdefault("fused", None)
            for param in group["params"]:
                kept = self.state.get(param)
                if kept and not isinstance(kept["step"], Tensor):
                    along = group["capturable"] or group["fused"]
                    dtype = dtypes.float32 if group["fused"] else _step_dtype()
                    device = param.device if along else cpu
                    kept["step"] = from_data.tensor(float(kept["step"]), dtype=dtype, device=device)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient once. Returns what ``closure`` returned."""
        return self._step_each_group(closure)

    def _step_group(self, group: dict[str, Any], place: int) -> None:
        scaling = getattr(self, "grad_scale", None), getattr(self, "found_inf", None)
        lists = self._lists(group)
        if not lists[0]:
            return
        if group["fused"]:
            fused.adam(group, lists, self._kept.setdefault(place, {}), *scaling)
            return
        refuse_scaling(*scaling)
        if self._takes_foreach(group, lists[0]):
            multi_tensor.adam(group, lists)
            return
        if group["capturable"]:
            check_capturable(lists[0], lists[5], xla=True)
        params, grads, exp_avgs, exp_avg_sqs, largest, steps = lists
        for tensors in zip(params, grads, exp_avgs, exp_avg_sqs, largest or [None] * len(params), steps):
            single_tensor.adam(group, *tensors)

    def _takes_foreach(self, group: dict[str, Any], params: list[Any]) -> bool:
        if group["foreach"] is not None or group["fused"] is not None:
            return bool(group["foreach"])
        if isinstance(group["lr"], Tensor) and not group["capturable"]:
            return False
        return prefers_foreach(params, group["differentiable"])

    def _lists(self, group: dict[str, Any]) -> tuple[list[Any], ...]:
        """Parameters with a gradient, their gradients, ``exp_avg``, ``exp_avg_sq``, ``max_exp_avg_sq``, ``step``."""
        lists: tuple[list[Any], ...] = ([], [], [], [], [], [])
        params, grads, exp_avgs, exp_avg_sqs, largest, steps = lists
        amsgrad = group["amsgrad"]
        for param in group["params"]:
            grad = param.grad
            if grad is None:
                continue
            state = self.state[param]
            if not state:
                self._start(state, param, group)
            step = state["step"]
            if group["fused"] and (step.dtype is not dtypes.float32 or step.device is not param.device):
                step = state["step"] = step.to(param.device, dtypes.float32)  # it was in another form before
            elif group["differentiable"] and step.requires_grad:
                raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
            if group["foreach"] and isinstance(group["lr"], Tensor) and not group["capturable"]:
                raise RuntimeError("lr as a Tensor is not supported for capturable=False and foreach=True")
            params.append(param)
            grads.append(grad)
            exp_avgs.append(state["exp_avg"])
            exp_avg_sqs.append(state["exp_avg_sq"])
            steps.append(step)
            if amsgrad:
                largest.append(state["max_exp_avg_sq"])
        return lists

    def _start(self, state: dict[str, Any], param: Any, group: dict[str, Any]) -> None:
        """The count lies on the CPU, where asking for its value costs nothing; with its parameter only where nobody may
        ask."""
        if group["fused"]:
            check_fused(param)
        device = param.device if group["fused"] or group["capturable"] else None
        dtype = dtypes.float32 if group["fused"] else _step_dtype()
        state["step"] = from_data.tensor(0.0, dtype=dtype, device=device or cpu)
        for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")[: 3 if group["amsgrad"] else 2]:
            state[name] = creation.zeros_like(param)


def _step_dtype() -> dtypes.dtype:
    return dtypes.float64 if dtypes.get_default_dtype() is dtypes.float64 else dtypes.float32


def _check_settings(lr: Any, betas: tuple[Any, Any], eps: float, weight_decay: float, tensors_refused: bool) -> None:
    """``tensors_refused``: foreach=True without capturable=True, which takes numbers only."""
    if isinstance(lr, Tensor):
        if tensors_refused:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        if lr.numel() != 1:
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
    if tensors_refused and isinstance(betas[0], Tensor):
        raise ValueError("betas[0] as a Tensor is not supported for capturable=False and foreach=True")
