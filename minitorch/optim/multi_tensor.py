"""The foreach form: the formulas of Adam and SGD with an operator a line, each for all parameters at once.

Parameters of different devices or dtypes go in groups. PyTorch: ``_multi_tensor_adam`` in ``torch/optim/adam.py``,
``_multi_tensor_sgd`` in ``torch/optim/sgd.py``.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops.elementwise.complex_numbers import view_as_real
from minitorch.ops.foreach.elementwise import (
    _foreach_add,
    _foreach_add_,
    _foreach_addcdiv_,
    _foreach_addcmul_,
    _foreach_div_,
    _foreach_lerp_,
    _foreach_maximum_,
    _foreach_mul,
    _foreach_mul_,
    _foreach_neg,
    _foreach_neg_,
    _foreach_pow,
    _foreach_reciprocal_,
    _foreach_sqrt,
    _foreach_sqrt_,
    _foreach_sub_,
)
from minitorch.ops.foreach.lists import Lists, by_device_and_dtype
from minitorch.optim.forms import check_capturable
from minitorch.optim.single_tensor import Group, as_number


def _parts(tensors: list[Any]) -> list[Any]:
    """Complex tensors as real ones; the others as they are."""
    return [view_as_real(tensor) if tensor.is_complex() else tensor for tensor in tensors]


# ---- Adam -----------------------------------------------------------------------------------------------------------


def adam(group: Group, lists: Lists) -> None:
    """One step. ``lists``: parameters, gradients, ``exp_avg``, ``exp_avg_sq``, ``max_exp_avg_sq`` (empty without
    amsgrad), ``step``. ``RuntimeError`` or ``ValueError`` for settings that only the other forms take."""
    _check_tensor_settings(group)
    if group["capturable"]:
        check_capturable(lists[0], lists[5], xla=False)
    if group["differentiable"]:
        raise AssertionError("_foreach ops don't support autograd")
    for (params, grads, exp_avgs, exp_avg_sqs, largest, steps), _ in by_device_and_dtype(lists).values():
        params, grads, exp_avgs, exp_avg_sqs, largest = map(_parts, (params, grads, exp_avgs, exp_avg_sqs, largest))
        _foreach_add_(steps, 1.0)
        grads = _decayed(group, params, grads)
        _averages(group, grads, exp_avgs, exp_avg_sqs)
        if largest:
            _foreach_maximum_(largest, exp_avg_sqs)
            exp_avg_sqs = largest
        denominators = _foreach_sqrt(exp_avg_sqs)
        if group["capturable"]:
            _update_by_tensors(group, params, exp_avgs, denominators, steps)
        else:
            _update_by_numbers(group, params, exp_avgs, denominators, steps)


def _check_tensor_settings(group: Group) -> None:
    if group["capturable"]:
        return
    if isinstance(group["lr"], Tensor):
        raise RuntimeError("lr as a Tensor is not supported for capturable=False and foreach=True")
    for name, beta in zip(("beta1", "beta2"), group["betas"]):
        if isinstance(beta, Tensor):
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")


def _decayed(group: Group, params: Any, grads: Any) -> Any:
    """The gradients of what is minimised, weight decay among them; or the parameters made smaller by it."""
    weight_decay = group["weight_decay"]
    if group["maximize"]:
        grads = _foreach_neg(grads)
    if weight_decay == 0:
        return grads
    if group["decoupled_weight_decay"]:
        _foreach_mul_(params, 1 - group["lr"] * weight_decay)
        return grads
    if group["maximize"]:  # these are ours already
        return _foreach_add_(grads, params, alpha=weight_decay)
    return _foreach_add(grads, params, alpha=weight_decay)


def _averages(group: Group, grads: Any, exp_avgs: Any, exp_avg_sqs: Any) -> None:
    beta1, beta2 = group["betas"]
    _foreach_lerp_(exp_avgs, grads, 1 - beta1)
    _foreach_mul_(exp_avg_sqs, beta2)
    if isinstance(beta2, Tensor):
        _foreach_addcmul_(exp_avg_sqs, _foreach_mul(grads, 1 - beta2), grads, 1.0)
    else:
        _foreach_addcmul_(exp_avg_sqs, grads, grads, 1 - beta2)


def _update_by_numbers(group: Group, params: Any, exp_avgs: Any, denominators: Any, steps: Any) -> None:
    beta1, beta2 = group["betas"]
    counts = [step.item() for step in steps]
    _foreach_div_(denominators, [(1 - beta2**count) ** 0.5 for count in counts])
    _foreach_add_(denominators, group["eps"])
    _foreach_addcdiv_(params, exp_avgs, denominators, [-(group["lr"] / (1 - beta1**count)) for count in counts])


def _update_by_tensors(group: Group, params: Any, exp_avgs: Any, denominators: Any, steps: Any) -> None:
    """Without asking a device for the step counts, so that a CUDA graph can repeat it."""
    beta1, beta2 = map(as_number, group["betas"])
    step_sizes, corrections = _foreach_pow(beta1, steps), _foreach_pow(beta2, steps)
    _foreach_sub_(step_sizes, 1)
    _foreach_sub_(corrections, 1)
    _foreach_neg_(corrections)
    _foreach_div_(step_sizes, group["lr"])
    _foreach_reciprocal_(step_sizes)  # -lr / (1 - beta1**step)
    _foreach_sqrt_(corrections)
    _foreach_div_(denominators, corrections)
    _foreach_add_(denominators, group["eps"])
    _foreach_div_(denominators, step_sizes)
    _foreach_addcdiv_(params, exp_avgs, denominators)


# ---- SGD ------------------------------------------------------------------------------------------------------------


def sgd(group: Group, lists: Lists) -> None:
    """One step. ``lists``: parameters, gradients, momentum buffers; those that are None are replaced (empty without
    momentum)."""
    weight_decay, momentum = group["weight_decay"], group["momentum"]
    for (params, grads, buffers), places in by_device_and_dtype(lists).values():
        owned = group["maximize"]
        descent: Any = _foreach_neg(grads) if owned else grads
        if weight_decay != 0:
            decay = as_number(weight_decay)
            descent = (_foreach_add_ if owned else _foreach_add)(descent, params, alpha=decay)
            owned = True
        if momentum != 0:
            _take_in(group, descent, buffers)
            for place, buffer in zip(places, buffers):
                lists[2][place] = buffer
            if group["nesterov"]:
                descent = (_foreach_add_ if owned else _foreach_add)(descent, buffers, alpha=momentum)
            else:
                descent = buffers
        _foreach_add_(params, descent, alpha=-as_number(group["lr"]))


def _take_in(group: Group, grads: Any, buffers: list[Any]) -> None:
    """Momentum: the buffers take in the gradients, or start as them."""
    if None not in buffers:
        _foreach_mul_(buffers, group["momentum"])
        _foreach_add_(buffers, grads, alpha=1 - group["dampening"])
        return
    for place, (buffer, grad) in enumerate(zip(buffers, grads)):
        if buffer is None:
            buffers[place] = grad.detach().clone()
        else:
            buffer.mul_(group["momentum"]).add_(grad, alpha=1 - group["dampening"])
