"""The for-loop form: the formulas of Adam and SGD with an operator a line, for one parameter.

The order of operations is PyTorch's, so that the results are the same to the last bits. It is the form that can be
differentiated. PyTorch: ``_single_tensor_adam`` in ``torch/optim/adam.py``, ``_single_tensor_sgd`` in
``torch/optim/sgd.py``.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops.elementwise.complex_numbers import view_as_real

Group = dict[str, Any]


def as_number(value: Any) -> Any:
    """A setting as a Python number: learning rates and betas may be tensors of one element."""
    return value.item() if isinstance(value, Tensor) else value


# ---- Adam -----------------------------------------------------------------------------------------------------------


def adam(group: Group, param: Any, grad: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, step: Any) -> None:
    """One step for one parameter. ``max_exp_avg_sq``: None without amsgrad."""
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
    if group["differentiable"] or group["capturable"]:
        _adam_with_tensors(group, param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq, step)
    else:
        _adam_with_numbers(group, param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq, step.item())


def _adam_with_numbers(
    group: Group, param: Any, grad: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, step: float
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


def _adam_with_tensors(
    group: Group, param: Any, grad: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, step: Any
) -> None:
    """The same without asking for the value of a tensor: so that gradients flow to ``lr``, ``betas`` and older states,
    and so that a CUDA graph can repeat the step. The step size goes into the divisor."""
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
    param.addcdiv_(exp_avg.clone() if group["differentiable"] else exp_avg, denom)


# ---- SGD ------------------------------------------------------------------------------------------------------------


def sgd(group: Group, param: Any, grad: Any, buffer: Any) -> Any:
    """One step for one parameter. Returns the momentum buffer, which starts as the first gradient; None without one."""
    weight_decay, momentum, lr = group["weight_decay"], group["momentum"], group["lr"]
    if group["maximize"]:
        grad = -grad
    if isinstance(weight_decay, Tensor) and weight_decay.requires_grad:
        grad = grad + param.clone() * weight_decay
    elif weight_decay != 0:
        grad = grad.add(param, alpha=as_number(weight_decay))
    if momentum != 0:
        if buffer is None:
            buffer = grad.detach().clone()
        else:
            buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
        grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
    if isinstance(lr, Tensor) and lr.requires_grad:
        param.addcmul_(grad, lr, value=-1)
    else:
        param.add_(grad, alpha=-as_number(lr))
    return buffer
