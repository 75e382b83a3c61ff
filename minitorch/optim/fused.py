"""The fused form: a step of all parameters of a group in one launch.

The kernel (``kernels/fused_optimizers.cu``, launched by ``ops/kernels/fused_optimizers.py``) reads every number once
and writes it once. Where no kernel can run, the same formula runs on NumPy in blocks (``ops/arrays/fused_steps.py``).

A kernel knows addresses, not tensors. Tables of the addresses of parameters and state are kept from step to step in
``kept`` and used again if the arrays are the same objects; gradients are new in most programs and looked up each time.

``grad_scale`` and ``found_inf`` are float32 tensors of one element that a ``GradScaler`` leaves on the optimizer: the
gradients are divided by the first, and the step is left out if the second is 1. PyTorch: ``_fused_adam`` and
``_fused_sgd`` in ``torch/optim``, ``aten/src/ATen/native/cpu/FusedAdamKernel.cpp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any, NamedTuple

from minitorch._tensor import Tensor
from minitorch.autograd.inplace import check_inplace
from minitorch.ops.arrays import fused_steps
from minitorch.ops.creating.creation import zeros_like
from minitorch.ops.foreach.lists import Lists, by_device_and_dtype, flat, kernels_serve, lie_alike
from minitorch.optim.single_tensor import Group, as_number

Kept = dict[Any, Any]


class _Laid(NamedTuple):
    """The lists as contiguous arrays. ``strayed``: (tensor, copy) where the tensors of a parameter lie differently."""

    arrays: list[list[Any]]
    strayed: list[tuple[Any, Any]]

    def put_back(self) -> None:
        """Write what was computed in copies into the tensors."""
        for tensor, copy in self.strayed:
            tensor.array[...] = copy


def _laid_out(lists: Sequence[list[Any]]) -> _Laid:
    """The tensors as arrays whose elements lie in the same order. Lists that are empty stay so."""
    laid = _Laid([[] for _ in lists], [])
    present = [(tensors, arrays) for tensors, arrays in zip(lists, laid.arrays) if tensors]
    for tensors in zip(*[each for each, _ in present]):
        place = tensors[0]._storage.device
        for tensor in tensors:
            if tensor._storage.device is not place:
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two devices, "
                    f"{place} and {tensor._storage.device}! (a parameter, its gradient and the optimizer's state)"
                )
        if lie_alike(tensors):
            found = [flat(tensor) for tensor in tensors]
        else:
            found = [tensor.array.copy(order="C") for tensor in tensors]
            laid.strayed.extend(zip(tensors, found))
        for array, (_, arrays) in zip(found, present):
            arrays.append(array)
    return laid


def _count_writes(*lists: list[Any]) -> None:
    for tensors in lists:
        for tensor in tensors:
            tensor._storage.version += 1


def _moved(tensor: Any, device: Any) -> Any:
    """A float32 scalar tensor's array, on the device."""
    return None if tensor is None else tensor.to(device).array


def _rate(lr: Any, device: Any) -> Any:
    """A number, or an array of one float64 where a tensor lies on a device, for nobody shall wait for its value."""
    if not isinstance(lr, Tensor) or lr.device.type == "cpu":
        return float(as_number(lr))
    return lr.to(device).array.astype("float64").reshape(1)


def _is_one(found_inf: Any) -> bool:
    return found_inf is not None and found_inf.item() == 1


def _same(before: Sequence[Any] | None, arrays: Sequence[Any] | None) -> bool:
    """Whether a table is still that of these very arrays."""
    if before is None or arrays is None:
        return before is arrays
    return len(before) == len(arrays) and all(map(is_, before, arrays))


# ---- Adam -----------------------------------------------------------------------------------------------------------


def adam(group: Group, lists: Lists, kept: Kept, grad_scale: Any = None, found_inf: Any = None) -> None:
    """One step. ``lists``: parameters, gradients, ``exp_avg``, ``exp_avg_sq``, ``max_exp_avg_sq`` (empty without
    amsgrad), ``step``."""
    beta1, beta2 = map(as_number, group["betas"])
    for (device, dtype), (sublists, _) in by_device_and_dtype(lists).items():
        for param in sublists[0]:
            check_inplace(param, "_fused_adam_")
        laid = _laid_out(sublists[:5])
        settings = {
            "lr": _rate(group["lr"], device), "beta1": beta1, "beta2": beta2, "weight_decay": group["weight_decay"],
            "eps": group["eps"], "decoupled": group["decoupled_weight_decay"], "maximize": group["maximize"],
        }  # fmt: skip
        if kernels_serve(device):
            _adam_in_one_launch(laid, sublists[5], settings, kept, (device, dtype), grad_scale, found_inf)
        elif not _is_one(found_inf):
            for step in sublists[5]:
                step.add_(1.0)
            p, g, m, v, largest = laid.arrays
            counts = [step.item() for step in sublists[5]]
            settings["lr"] = as_number(group["lr"])
            scale = as_number(grad_scale)
            fused_steps.adam(device.backend.xp, p, g, m, v, largest or None, counts, **settings, grad_scale=scale)
        laid.put_back()
        _count_writes(sublists[0], *sublists[2:], *([sublists[1]] if grad_scale is not None else []))


def _adam_in_one_launch(
    laid: _Laid, steps: list[Any], settings: dict[str, Any], kept: Kept, key: Any, grad_scale: Any, found_inf: Any
) -> None:
    from minitorch.ops.kernels import fused_optimizers

    params, grads, exp_avgs, exp_avg_sqs, largest = laid.arrays
    state = (params, exp_avgs, exp_avg_sqs, largest or None, [step.array for step in steps])
    tables = kept.get(key)
    if tables is None or not all(map(_same, tables[:5], state)):
        tables = kept[key] = fused_optimizers.AdamLists.of(*state)
    device = key[0]
    scale, found = _moved(grad_scale, device), _moved(found_inf, device)
    fused_optimizers.adam(tables, grads, **settings, grad_scale=scale, found_inf=found)


# ---- SGD ------------------------------------------------------------------------------------------------------------


def sgd(group: Group, lists: Lists, kept: Kept, grad_scale: Any = None, found_inf: Any = None) -> None:
    """One step. ``lists``: parameters, gradients, momentum buffers (empty without momentum); those that are None are
    replaced by new ones, and start as the gradient."""
    params, grads, buffers = lists
    if buffers and None in buffers:
        if found_inf is not None and found_inf.device.type == "cpu" and _is_one(found_inf):
            return  # nothing for a buffer to start with
        new = [place for place, buffer in enumerate(buffers) if buffer is None]
        old = [place for place, buffer in enumerate(buffers) if buffer is not None]
        for place in new:
            buffers[place] = zeros_like(grads[place])
        for places, first in ((new, True), (old, False)):
            if places:
                chosen = [[each[place] for place in places] for each in lists]
                _sgd(group, chosen, {}, grad_scale, found_inf, first)
    else:
        _sgd(group, lists, kept, grad_scale, found_inf, False)


def _sgd(group: Group, lists: Lists, kept: Kept, grad_scale: Any, found_inf: Any, first: bool) -> None:
    for (device, dtype), (sublists, _) in by_device_and_dtype(lists).items():
        for param in sublists[0]:
            check_inplace(param, "_fused_sgd_")
        laid = _laid_out(sublists)
        settings = {name: as_number(group[name]) for name in ("weight_decay", "momentum", "dampening")}
        settings |= {"nesterov": group["nesterov"], "maximize": group["maximize"], "first": first}
        p, g, buffers = laid.arrays
        if kernels_serve(device):
            from minitorch.ops.kernels import fused_optimizers

            tables, state = kept.get((device, dtype)), (p, buffers or None)
            if tables is None or not all(map(_same, tables[:2], state)):
                tables = kept[(device, dtype)] = fused_optimizers.SGDLists.of(*state)
            scale, found = _moved(grad_scale, device), _moved(found_inf, device)
            lr = _rate(group["lr"], device)
            fused_optimizers.sgd(tables, g, lr=lr, **settings, grad_scale=scale, found_inf=found)
        elif not _is_one(found_inf):
            lr, scale = as_number(group["lr"]), as_number(grad_scale)
            fused_steps.sgd(device.backend.xp, p, g, buffers or None, lr=lr, **settings, grad_scale=scale)
        laid.put_back()
        _count_writes(sublists[0], sublists[2], *([sublists[1]] if grad_scale is not None else []))
