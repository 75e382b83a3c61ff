"""A Jacobian in three ways: by backward, by differences, by forward mode. What ``gradcheck`` compares.

All are matrices of real numbers, a row for each number of the input, a column for each of the output; a complex number
is two, real and imaginary part. ``by_backward`` fills them by columns, one cotangent each, ``by_differences`` and
``by_forward_ad`` by rows.

PyTorch: ``get_numerical_jacobian`` and ``_get_analytical_jacobian_forward_ad`` in ``torch/autograd/gradcheck.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch.autograd as autograd
from minitorch.ops.creating.from_data import from_numpy
from minitorch.tensor_base import TensorBase

Program = Callable[..., Any]
Matrix = np.ndarray[Any, Any]
Jacobians = dict[int, Matrix]  # by the place of the input


class GradcheckError(RuntimeError):
    """The analytical and the numerical gradient differ, or a derivative breaks a rule."""


# ---- inputs and outputs -------------------------------------------------------------------------------------------


def checked_inputs(inputs: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """The inputs whose gradients are to be checked, with their places."""
    return [(i, t) for i, t in enumerate(inputs) if isinstance(t, TensorBase) and t.requires_grad]


def differentiable_outputs(result: Any) -> list[Any]:
    return [o for o in as_outputs(result) if isinstance(o, TensorBase) and o.requires_grad]


def as_outputs(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, (tuple, list)) else (result,)


def tensor_of(values: Matrix, like: Any) -> Any:
    """A tensor of the shape, dtype and device of ``like``."""
    result = like.detach().clone()
    result.copy_(from_numpy(np.ascontiguousarray(values).reshape(like.shape)))
    return result


def host_array(tensor: Any) -> Matrix:
    """The numbers of a tensor of any device, for NumPy."""
    return tensor.detach().cpu().array  # type: ignore[no-any-return]


def as_real(values: Any) -> Matrix:
    """All elements in one row of real numbers, a complex one as real and imaginary part."""
    row = np.array(values).reshape(-1)
    if row.dtype.kind == "c":
        row = row.view(row.real.dtype)
    return row.astype(np.float64)


# ---- three ways ----------------------------------------------------------------------------------------------------


def by_backward(func: Program, inputs: tuple[Any, ...], place: int, nondet_tol: float, check_dtypes: bool) -> Jacobians:
    """For each checked input its Jacobian, one backward for every number in the output, twice.

    ``GradcheckError`` if both times differ, or for gradients of another shape or (``check_dtypes``) dtype.
    """
    output = differentiable_outputs(func(*inputs))[place]
    checked = checked_inputs(inputs)
    units = (1.0, 1j) if output.is_complex() else (1.0,)
    columns: dict[int, list[Matrix]] = {i: [] for i, _ in checked}
    again: dict[int, list[Matrix]] = {i: [] for i, _ in checked}
    for element in range(output.numel()):
        for unit in units:
            cotangent = np.zeros(output.numel(), output.array.dtype)
            cotangent[element] = unit
            weight = tensor_of(cotangent, output)
            for rows in (columns, again):
                found = autograd.grad(output, [t for _, t in checked], weight, retain_graph=True, allow_unused=True)
                for (i, tensor), gradient in zip(checked, found):
                    if gradient is not None and check_dtypes and gradient.dtype is not tensor.dtype:
                        raise GradcheckError("Gradient has dtype mismatch")
                    zeros = np.zeros(tuple(tensor.shape), tensor.array.dtype)
                    rows[i].append(as_real(zeros if gradient is None else host_array(gradient)))
    for i, _ in checked:
        if columns[i] and np.abs(np.array(columns[i]) - np.array(again[i])).max(initial=0) > nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                "gives different values, although analytical gradient matches numerical gradient.The tolerance for "
                f"nondeterminism was {nondet_tol}. (output {place}, input {i})\nThe backward is non-deterministic: "
                "does it keep a state between calls, or draw random numbers?"
            )
    return {i: np.array(columns[i]).T for i, _ in checked}


def by_differences(func: Program, inputs: tuple[Any, ...], outputs: list[Any], eps: float) -> list[Jacobians]:
    """By differences, for each output."""

    def pick(place: int) -> Callable[[Any], Any]:
        return lambda result: differentiable_outputs(result)[place]

    return [
        {
            index: differences(func, inputs, index, pick(place), eps)
            for index, tensor in checked_inputs(inputs)
            if tensor.numel() and output.numel()
        }
        for place, output in enumerate(outputs)
    ]


def differences(func: Program, inputs: tuple[Any, ...], index: int, output: Callable[[Any], Any], eps: float) -> Matrix:
    """The Jacobian (numbers in, numbers out) of the one output that ``output`` picks from the result."""
    tensor = inputs[index]
    array = tensor.array  # writing to it changes the tensor, and nobody's version
    rows = []
    for where in np.ndindex(tuple(tensor.shape)):
        for step in (eps, eps * 1j) if tensor.is_complex() else (eps,):
            value, both = array[where].copy(), []  # on a GPU an element is a view, too
            for moved in (value + step, value - step):
                array[where] = moved
                result = output(func(*inputs))
                both.append((as_real(host_array(result)), result.shape, result.dtype))  # a copy: it may be a view
            array[where] = value
            _check_alike(both, where, eps)
            rows.append((both[0][0] - both[1][0]) / (2 * eps))
    return np.array(rows)


def _check_alike(both: list[Any], where: tuple[int, ...], eps: float) -> None:
    for what, kind in ((1, "shape"), (2, "dtype")):
        if both[0][what] != both[1][what]:
            raise AssertionError(
                f"Expected `func` to return outputs with the same {kind} when inputs are perturbed on index {where} by "
                f"{eps}, but got: {kind}s {both[0][what]} and {both[1][what]}."
            )


def by_forward_ad(func: Program, inputs: tuple[Any, ...], outputs: list[Any]) -> list[Jacobians]:
    """The Jacobians from unit tangents, for each output: one run for every number in the inputs."""
    from minitorch.autograd import forward_ad

    requires = [isinstance(o, TensorBase) and o.requires_grad for o in as_outputs(func(*inputs))]
    found: list[Jacobians] = [{} for _ in outputs]
    for index, tensor in checked_inputs(inputs):
        rows: list[list[Matrix]] = [[] for _ in outputs]
        for element in range(tensor.numel()):
            for unit in (1.0, 1j) if tensor.is_complex() else (1.0,):
                direction = np.zeros(tensor.numel(), tensor.array.dtype)
                direction[element] = unit
                with forward_ad.dual_level():
                    duals = list(inputs)
                    for place, other in checked_inputs(inputs):
                        values = direction if place == index else np.zeros(other.numel(), other.array.dtype)
                        duals[place] = forward_ad.make_dual(other.detach(), tensor_of(values, other))
                    results = [o for o, wanted in zip(as_outputs(func(*duals)), requires) if wanted]
                    for place, result in enumerate(results):
                        primal, tangent = forward_ad.unpack_dual(result)
                        tangent = primal.new_zeros(primal.shape) if tangent is None else tangent
                        rows[place].append(as_real(host_array(tangent.to(primal.dtype))))
        for place, _ in enumerate(outputs):
            found[place][index] = np.array(rows[place])
    return found
