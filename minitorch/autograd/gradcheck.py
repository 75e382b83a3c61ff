"""Gradient checking: is a derivative the limit it claims to be?

For ``f: R^n -> R^m`` the engine computes, for a cotangent ``v``, the product ``v^T J``. ``gradcheck`` builds the
Jacobian ``J`` that way, an output at a time, and compares it with central differences, an input at a time:

    J[i, j] = df_j / dx_i  ~  (f_j(x + eps e_i) - f_j(x - eps e_i)) / (2 eps)

in double precision, where ``eps = 1e-6`` leaves about ten right digits.

A complex number is two real ones here. For a complex output the cotangents 1 and i ask for the gradients of its real
and its imaginary part, and autograd's convention is that the gradient of a real function of ``z = x + iy`` is
``df/dx + i df/dy``: real and imaginary part of what comes back are the two rows. So one real Jacobian says everything,
holomorphic or not, and no case needs a formula of its own.

``gradgradcheck`` checks the derivative of the derivative: the gradient as a function of inputs and cotangents.

When they differ, ``diagnosis.py`` says what that looks like, beside the two tables of numbers. For a complex output
they are those of its imaginary and real part, one after the other; those of a complex input hold ``df/dx + i df/dy``.

``check_forward_ad`` compares what ``forward_ad`` makes of unit tangents, ``check_batched_grad`` what
``is_grads_batched`` makes of two cotangents. ``jacobians.py`` makes the Jacobians.

PyTorch keeps this in ``torch/autograd/gradcheck.py``. Left out on purpose: ``fast_mode``'s random projections (the
whole Jacobian is compared then too), and ``masked``, which is about sparse tensors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch.autograd as autograd
from minitorch.autograd.diagnosis import diagnose
from minitorch.autograd.function import Function
from minitorch.autograd.jacobians import (
    GradcheckError as GradcheckError,
)
from minitorch.autograd.jacobians import (
    Jacobians,
    Matrix,
    Program,
    as_outputs,
    by_backward,
    by_differences,
    by_forward_ad,
    checked_inputs,
    differences,
    differentiable_outputs,
    host_array,
    tensor_of,
)
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.ops.creating.from_data import from_numpy
from minitorch.ops.shapes.joining import stack
from minitorch.tensor_base import TensorBase


def gradcheck(
    func: Program,
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
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether ``func``'s gradients at ``inputs`` are right. Inputs that are checked require grad and are double.

    ``eps``: the step of the differences. ``atol``, ``rtol``: how far apart gradients may be. ``nondet_tol``: how far
    two backward passes may be apart. ``check_undefined_grad``: also leave out the gradients of outputs.
    ``check_grad_dtypes``: gradients must have their inputs' dtypes before the engine converts them.

    False, or a ``GradcheckError`` naming input and output, if they are not. ``ValueError`` if nothing is to check.
    """
    _check_options(check_forward_ad, check_backward_ad, check_batched_grad, check_batched_forward_grad)
    arguments = _as_inputs(inputs)
    try:
        _check_inputs(arguments)
        outputs = differentiable_outputs(func(*arguments))
        if not outputs:
            _check_independent(func, arguments, eps, atol)
            return True
        numerical = by_differences(func, arguments, outputs, eps)
        for place, output in enumerate(outputs if check_backward_ad else ()):
            analytical = by_backward(func, arguments, place, nondet_tol, check_grad_dtypes)
            _compare(analytical, numerical[place], arguments, output, place, rtol, atol)
        if check_forward_ad:
            for place, analytical in enumerate(by_forward_ad(func, arguments, outputs)):
                _compare(analytical, numerical[place], arguments, outputs[place], place, rtol, atol, forward=True)
        if check_backward_ad:
            _check_linear_in_cotangent(func, arguments)
            if check_batched_grad:
                _check_batched(func, arguments)
            if check_undefined_grad:
                _check_undefined(func, arguments)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check_options(forward: bool, backward: bool, batched: bool, batched_forward: bool) -> None:
    if not (forward or backward):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if batched and not backward:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if batched_forward and not forward:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")


def gradgradcheck(
    func: Program,
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
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the derivative of ``func``'s derivative is right, for random (or given) cotangents.

    ``gen_non_contig_grad_outputs``: random cotangents with gaps in memory. The rest as for ``gradcheck``.
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_batched_grad=True requires check_rev_over_rev to be True")
    arguments = _as_inputs(inputs)
    outputs = differentiable_outputs(func(*arguments))
    if grad_outputs is None:
        cotangents = [_random_like(output, gen_non_contig_grad_outputs).requires_grad_() for output in outputs]
    else:
        cotangents = list(_as_inputs(grad_outputs))
    count = len(cotangents)

    def gradient(*all_inputs: Any) -> tuple[Any, ...]:
        given, weights = all_inputs[: len(all_inputs) - count], all_inputs[len(all_inputs) - count :]
        results = differentiable_outputs(func(*given))
        sources = [tensor for _, tensor in checked_inputs(given)]
        found = autograd.grad(results, sources, weights, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient, (*arguments, *cotangents), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev, fast_mode=fast_mode, masked=masked,
    )  # fmt: skip


# ---- inputs and outputs -------------------------------------------------------------------------------------------


def _as_inputs(inputs: Any) -> tuple[Any, ...]:
    return (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)


def _check_inputs(inputs: tuple[Any, ...]) -> None:
    if not checked_inputs(inputs):
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for place, tensor in checked_inputs(inputs):
        if tensor.dtype not in (dtypes.float64, dtypes.complex128):
            warnings.warn(
                f"Input #{place} requires gradient and is not a double precision floating point or complex. This "
                "check will likely fail if all the inputs are not of double precision floating point or complex. ",
                UserWarning,
                stacklevel=3,
            )
        if geo.overlaps_itself(tensor._geometry):
            raise RuntimeError(
                f"The {place}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )


def _random_like(tensor: Any, gaps: bool) -> Any:
    generator = np.random.default_rng(tensor.numel())
    values = generator.uniform(-1, 1, tuple(tensor.shape))
    if tensor.is_complex():
        values = values + 1j * generator.uniform(-1, 1, tuple(tensor.shape))
    if not gaps:
        return tensor_of(values, tensor)
    spread = tensor.new_zeros((*tensor.shape, 2)).select(-1, 0)
    return spread.detach().copy_(from_numpy(values))


def _compare(
    analytical: Jacobians, numerical: Jacobians, inputs: tuple[Any, ...], output: Any, place: int, rtol: float,
    atol: float, forward: bool = False,
) -> None:  # fmt: skip
    """``GradcheckError`` if the Jacobians of one output differ."""
    for number, (index, tensor) in enumerate(checked_inputs(inputs)):
        if index not in numerical:
            continue
        for prefix, select in _parts(tensor, output, forward):
            ours, theirs = select(analytical[index]), select(numerical[index])
            if np.allclose(ours, theirs, rtol=rtol, atol=atol, equal_nan=True):
                continue
            mode = "computed with forward mode " if forward else ""
            said = diagnose(
                analytical[index], numerical[index], tuple(tensor.shape), tuple(output.shape), tensor.is_complex()
            )
            raise GradcheckError(
                f"{prefix}Jacobian {mode}mismatch for output {place} with respect to input {number},\n"
                f"numerical:{from_numpy(theirs)}\nanalytical:{from_numpy(ours)}\n{said}"
            )


def _parts(input: Any, output: Any, forward: bool) -> list[tuple[str, Callable[[Matrix], Matrix]]]:
    """How PyTorch looks at a Jacobian with complex numbers: at the parts of one side in turn, the other complex."""
    split, joined = (input, output) if forward else (output, input)

    def as_complex(jacobian: Matrix) -> Matrix:  # (numbers of the joined side, ...)
        return jacobian[0::2] + 1j * jacobian[1::2] if joined.is_complex() else jacobian

    def part(first: int | None) -> Callable[[Matrix], Matrix]:
        def select(jacobian: Matrix) -> Matrix:
            rows = jacobian.T if forward else jacobian
            rows = as_complex(rows if first is None else rows[:, first::2])
            return np.ascontiguousarray(rows.T if forward else rows)

        return select

    if not split.is_complex():
        return [("", part(None))]
    side = "inputs" if forward else "outputs"
    return [
        (f"While considering the {name} part of complex {side} only, ", part(first))
        for name, first in (("imaginary", 1), ("real", 0))
    ]


# ---- rules that a derivative must keep ----------------------------------------------------------------------------


def _check_independent(func: Program, inputs: tuple[Any, ...], eps: float, atol: float) -> None:
    """No output requires grad: then none may depend on the inputs."""
    for place, output in enumerate(as_outputs(func(*inputs))):
        if not isinstance(output, TensorBase) or output.dtype.category < dtypes.FLOATING:
            continue
        for index, _ in checked_inputs(inputs):
            jacobian = differences(func, inputs, index, lambda result, nr=place: as_outputs(result)[nr], eps)  # type: ignore[misc]
            if np.abs(jacobian).max(initial=0) > atol:
                raise GradcheckError("Numerical gradient for function expected to be zero")


def _check_linear_in_cotangent(func: Program, inputs: tuple[Any, ...]) -> None:
    """A derivative is linear in the cotangent, so zeros must give zeros."""
    outputs = differentiable_outputs(func(*inputs))
    zeros = [output.new_zeros(output.shape) for output in outputs]
    found = autograd.grad(outputs, [t for _, t in checked_inputs(inputs)], zeros, allow_unused=True)
    if any(gradient is not None and host_array(gradient).any() for gradient in found):
        raise GradcheckError("backward not multiplied by grad_output")


def _check_batched(func: Program, inputs: tuple[Any, ...]) -> None:
    """Two cotangents at once must give what they give one after the other."""
    sources = [tensor for _, tensor in checked_inputs(inputs)]
    for place, output in enumerate(differentiable_outputs(func(*inputs))):
        weights = [_random_like(output, gaps=False), _random_like(output, gaps=False) * 0.5]
        options = {"retain_graph": True, "allow_unused": True}
        single = [autograd.grad(output, sources, weight, **options) for weight in weights]
        both = autograd.grad(output, sources, stack(weights), is_grads_batched=True, **options)
        for number, result in enumerate(both):
            expected = [row[number] for row in single]
            if (result is None) != (expected[0] is None) or (
                result is not None and not np.allclose(host_array(result), host_array(stack(expected)))
            ):
                raise GradcheckError(
                    f"For output {place} and input {number}:\n\ngradcheck or gradgradcheck failed while testing "
                    f"batched gradient computation.\nGot:\n{result}\nExpected:\n{expected}"
                )


class _Undefined(Function):
    """Hands an output on, and no gradient back."""

    @staticmethod
    def forward(ctx: Any, output: Any) -> Any:
        return output.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        return None


def _check_undefined(func: Program, inputs: tuple[Any, ...]) -> None:
    """Outputs that nobody uses send no gradient; a derivative must take that for zeros, for all outputs and for one."""
    count = len(differentiable_outputs(func(*inputs)))
    cases = [range(count)] if count == 1 else [range(count), *[range(i, i + 1) for i in range(count)]]
    for missing in cases:
        outputs = differentiable_outputs(func(*inputs))
        outputs = [_Undefined.apply(o) if place in missing else o for place, o in enumerate(outputs)]
        zeros = [output.new_zeros(output.shape) for output in outputs]
        try:
            found = autograd.grad(outputs, [t for _, t in checked_inputs(inputs)], zeros, allow_unused=True)
        except (RuntimeError, TypeError, AttributeError) as error:  # what becomes of a None that wasn't expected
            raise GradcheckError(
                "Expected backward function to handle undefined output grads: it gets None for an output without "
                "gradient."
            ) from error
        if any(gradient is not None and host_array(gradient).any() for gradient in found):
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are undefined or zero."
            )
