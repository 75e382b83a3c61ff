"""Gradient checking: is a derivative the limit it claims to be?

For ``f: R^n -> R^m`` the engine computes, for a cotangent ``v``, the product ``v^T J``. ``gradcheck`` builds the Jacobian
``J`` row by row that way and compares it with central differences, column by column:

    J[:, i]  ~  (f(x + eps e_i) - f(x - eps e_i)) / (2 eps)

in double precision, where ``eps = 1e-6`` leaves about ten right digits. For complex inputs and outputs both the real
and the imaginary directions are taken, and compared with the conjugate Wirtinger convention of autograd.

``gradgradcheck`` checks the derivative of the derivative: the gradient as a function of inputs and cotangents.

PyTorch keeps this in ``torch/autograd/gradcheck.py``. Left out on purpose: ``fast_mode``'s random projections,
forward-mode and batched checks; asking for them is an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import autograd
from minitorch.core import dtypes
from minitorch.tensor_base import TensorBase


class GradcheckError(RuntimeError):
    """The analytical and the numerical gradient differ, or a derivative breaks a rule."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether ``func``'s gradients at ``inputs`` are right. Inputs that are checked require grad and are double.

    False, or a ``GradcheckError`` naming input and output, if they are not. ``ValueError`` if nothing is to check.
    """
    if check_batched_grad or check_forward_ad:
        raise NotImplementedError("gradcheck: check_batched_grad and check_forward_ad are not built")
    try:
        arguments = _as_inputs(inputs)
        _check_inputs(arguments)
        outputs = _differentiable_outputs(func(*arguments))
        if not outputs:
            return True
        for place, _ in enumerate(outputs):
            _compare(func, arguments, place, eps, atol, rtol, nondet_tol)
        if check_undefined_grad:
            _check_undefined(func, arguments)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the derivative of ``func``'s derivative is right, for random (or given) cotangents."""
    arguments = _as_inputs(inputs)
    _check_inputs(arguments)
    outputs = _differentiable_outputs(func(*arguments))
    if grad_outputs is None:
        cotangents = [_random_like(output).requires_grad_() for output in outputs]
    else:
        cotangents = list(_as_inputs(grad_outputs))
    count = len(cotangents)

    def gradient(*all_inputs: Any) -> tuple[Any, ...]:
        given, weights = all_inputs[:-count], all_inputs[-count:]
        sources = [t for t in given if isinstance(t, TensorBase) and t.requires_grad]
        results = _differentiable_outputs(func(*given))
        found = autograd.grad(results, sources, weights, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient, (*arguments, *cotangents), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad,
    )  # fmt: skip


def _as_inputs(inputs: Any) -> tuple[Any, ...]:
    return (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)


def _check_inputs(inputs: tuple[Any, ...]) -> None:
    checked = [t for t in inputs if isinstance(t, TensorBase) and t.requires_grad]
    if not checked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of them has requires_grad=True.")
    for place, tensor in enumerate(inputs):
        if isinstance(tensor, TensorBase) and tensor.requires_grad:
            if tensor.dtype not in (dtypes.float64, dtypes.complex128):
                warnings.warn(
                    f"Input #{place} requires gradient and is not a double precision floating point or complex. This "
                    "check will likely fail if all the inputs are not of double precision floating point or complex.",
                    stacklevel=3,
                )
            tensor.retain_grad()  # type: ignore[attr-defined]


def _differentiable_outputs(result: Any) -> list[Any]:
    outputs = result if isinstance(result, (tuple, list)) else (result,)
    return [o for o in outputs if isinstance(o, TensorBase) and o.requires_grad]


def _random_like(tensor: Any) -> Any:
    generator = np.random.default_rng(tensor.numel())
    values = generator.standard_normal(tensor.shape)
    if tensor.is_complex():
        values = values + 1j * generator.standard_normal(tensor.shape)
    result = tensor.detach().clone()
    result.array[...] = values
    return result


def _compare(
    func: Callable[..., Any], inputs: tuple[Any, ...], place: int, eps: float, atol: float, rtol: float, nondet: float
) -> None:
    analytical = _analytical(func, inputs, place)
    again = _analytical(func, inputs, place)
    for index, tensor in enumerate(inputs):
        if not isinstance(tensor, TensorBase) or not tensor.requires_grad:
            continue
        if np.abs(analytical[index] - again[index]).max(initial=0) > nondet:
            raise GradcheckError(
                f"Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                f"gives different values, although analytical gradient matches numerical gradient.The tolerance for "
                f"nondeterminism was {nondet}. (output {place}, input {index})"
            )
        numerical = _numerical(func, inputs, index, place, eps)
        if not np.allclose(analytical[index], numerical, rtol=rtol, atol=atol, equal_nan=True):
            raise GradcheckError(
                f"Jacobian mismatch for output {place} with respect to input {index},\n"
                f"numerical:{numerical}\nanalytical:{analytical[index]}\n"
                f"{_diagnosis(analytical[index], numerical, tensor)}"
            )


def _diagnosis(analytical: Any, numerical: Any, tensor: Any) -> str:
    """The usual mistakes, recognised by what the analytical Jacobian is to the numerical one."""
    if np.allclose(analytical, -numerical, atol=1e-4) and numerical.any():
        return "The derivative has the wrong sign."
    if not analytical.any():
        return "The derivative is zero: is the graph cut, by detach() or in-place data changes?"
    with np.errstate(all="ignore"):
        ratio = analytical / numerical
    ratio = ratio[np.isfinite(ratio)]
    if ratio.size and np.allclose(ratio, ratio[0], atol=1e-3):
        return f"The derivative is {ratio[0]:.6g} times what it should be: a missing or doubled factor?"
    return f"The largest difference is {np.abs(analytical - numerical).max():.3g}, for an input of shape {list(tensor.shape)}."


def _analytical(func: Callable[..., Any], inputs: tuple[Any, ...], place: int) -> dict[int, Any]:
    """For each checked input its Jacobian (input numel, output numel), one backward for every output element."""
    output = _differentiable_outputs(func(*inputs))[place]
    checked = [(i, t) for i, t in enumerate(inputs) if isinstance(t, TensorBase) and t.requires_grad]
    directions = [1.0, 1j] if output.is_complex() else [1.0]
    jacobians = {
        i: np.zeros((t.numel(), output.numel()), np.complex128 if t.is_complex() or output.is_complex() else np.float64)
        for i, t in checked
    }
    for element in range(output.numel()):
        rows: list[dict[int, Any]] = []
        for direction in directions:
            cotangent = np.zeros(output.numel(), output.array.dtype)
            cotangent[element] = direction
            weight = output.detach().clone()
            weight.array[...] = cotangent.reshape(output.shape)
            found = autograd.grad(output, [t for _, t in checked], weight, retain_graph=True, allow_unused=True)
            rows.append(
                {
                    i: np.zeros(t.numel()) if g is None else np.asarray(g.detach().array).reshape(-1)
                    for (i, t), g in zip(checked, found)
                }
            )
        for i, t in checked:
            row = rows[0][i]
            if output.is_complex() and not t.is_complex():
                row = rows[0][i].real + 1j * rows[1][i].real
            elif output.is_complex():
                row = (rows[0][i].conj() + 1j * rows[1][i].conj()) / 2  # d/dz; the conjugate part must vanish
            elif t.is_complex():
                row = rows[0][i]
            jacobians[i][:, element] = row
    return jacobians


def _numerical(func: Callable[..., Any], inputs: tuple[Any, ...], index: int, place: int, eps: float) -> Any:
    tensor = inputs[index]
    output = _differentiable_outputs(func(*inputs))[place]
    is_complex = tensor.is_complex() or output.is_complex()
    jacobian = np.zeros((tensor.numel(), output.numel()), np.complex128 if is_complex else np.float64)
    array = tensor.array

    def at(step: complex, where: tuple[int, ...]) -> Any:
        old = array[where]
        array[where] = old + step
        value = np.array(_differentiable_outputs(func(*inputs))[place].detach().array).reshape(-1)
        array[where] = old
        return value

    for row, where in enumerate(np.ndindex(tuple(tensor.shape))):
        along_real = (at(eps, where) - at(-eps, where)) / (2 * eps)
        if not tensor.is_complex():
            jacobian[row] = along_real
            continue
        along_imaginary = (at(eps * 1j, where) - at(-eps * 1j, where)) / (2 * eps)
        if output.is_complex():
            jacobian[row] = (along_real - 1j * along_imaginary) / 2
        else:
            jacobian[row] = along_real + 1j * along_imaginary
    return jacobian


def _check_undefined(func: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    """Outputs that nobody uses send no gradient; a derivative must take that for zeros."""
    outputs = _differentiable_outputs(func(*inputs))
    if len(outputs) < 2:
        return
    checked = [t for t in inputs if isinstance(t, TensorBase) and t.requires_grad]
    for output in outputs:
        found = autograd.grad(output, checked, output.new_zeros(output.shape), retain_graph=True, allow_unused=True)
        for gradient in found:
            if gradient is not None and np.asarray(gradient.detach().array).any():
                raise GradcheckError("Expected zero gradients for zero grad_outputs, but the backward gave others")
