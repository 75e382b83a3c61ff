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

When they differ, the usual mistakes are recognised by their shape (``_diagnosis``), so that the message can say
"missing sum over broadcast dim 0" beside the two tables of numbers.

PyTorch keeps this in ``torch/autograd/gradcheck.py``. Left out on purpose: forward-mode and batched checks, asking for
which is an error, and ``fast_mode``'s random projections: the whole Jacobian is compared then too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import autograd
from minitorch.autograd.function import Function
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.tensor_base import TensorBase

Program = Callable[..., Any]
Matrix = np.ndarray[Any, Any]


class GradcheckError(RuntimeError):
    """The analytical and the numerical gradient differ, or a derivative breaks a rule."""


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
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether ``func``'s gradients at ``inputs`` are right. Inputs that are checked require grad and are double.

    ``eps``: the step of the differences. ``atol``, ``rtol``: how far apart gradients may be. ``nondet_tol``: how far
    two backward passes may be apart. ``check_undefined_grad``: also leave out the gradients of outputs.

    False, or a ``GradcheckError`` naming input and output, if they are not. ``ValueError`` if nothing is to check.
    """
    if check_batched_grad or check_forward_ad:
        raise NotImplementedError("gradcheck: check_batched_grad and check_forward_ad are not built")
    arguments = _as_inputs(inputs)
    _check_inputs(arguments)
    try:
        outputs = _differentiable_outputs(func(*arguments))
        if not outputs:
            _check_independent(func, arguments, eps, atol)
            return True
        for place, _ in enumerate(outputs):
            _compare(func, arguments, place, eps, atol, rtol, nondet_tol)
        _check_linear_in_cotangent(func, arguments)
        if check_undefined_grad:
            _check_undefined(func, arguments)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


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
    if check_fwd_over_rev:
        raise NotImplementedError("gradgradcheck: check_fwd_over_rev is not built")
    arguments = _as_inputs(inputs)
    _check_inputs(arguments)
    outputs = _differentiable_outputs(func(*arguments))
    if grad_outputs is None:
        cotangents = [_random_like(output, gen_non_contig_grad_outputs).requires_grad_() for output in outputs]
    else:
        cotangents = list(_as_inputs(grad_outputs))
    count = len(cotangents)

    def gradient(*all_inputs: Any) -> tuple[Any, ...]:
        given, weights = all_inputs[: len(all_inputs) - count], all_inputs[len(all_inputs) - count :]
        results = _differentiable_outputs(func(*given))
        sources = [tensor for _, tensor in _checked(given)]
        found = autograd.grad(results, sources, weights, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient, (*arguments, *cotangents), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_batched_grad=check_batched_grad,
    )  # fmt: skip


# ---- inputs and outputs -------------------------------------------------------------------------------------------


def _as_inputs(inputs: Any) -> tuple[Any, ...]:
    return (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)


def _checked(inputs: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """The inputs whose gradients are to be checked, with their places."""
    return [(i, t) for i, t in enumerate(inputs) if isinstance(t, TensorBase) and t.requires_grad]


def _check_inputs(inputs: tuple[Any, ...]) -> None:
    if not _checked(inputs):
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for place, tensor in _checked(inputs):
        if tensor.dtype not in (dtypes.float64, dtypes.complex128):
            warnings.warn(
                f"Input #{place} requires gradient and is not a double precision floating point or complex. This "
                "check will likely fail if all the inputs are not of double precision floating point or complex.",
                UserWarning,
                stacklevel=3,
            )
        if geo.overlaps_itself(tensor._geometry):
            raise RuntimeError(
                f"The {place}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )


def _differentiable_outputs(result: Any) -> list[Any]:
    return [o for o in _as_outputs(result) if isinstance(o, TensorBase) and o.requires_grad]


def _as_outputs(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, (tuple, list)) else (result,)


def _tensor_of(values: Matrix, like: Any) -> Any:
    """A tensor of the shape, dtype and device of ``like``."""
    result = like.detach().clone()
    result.array[...] = values.reshape(like.shape)
    return result


def _random_like(tensor: Any, gaps: bool) -> Any:
    generator = np.random.default_rng(tensor.numel())
    values = generator.uniform(-1, 1, tuple(tensor.shape))
    if tensor.is_complex():
        values = values + 1j * generator.uniform(-1, 1, tuple(tensor.shape))
    if not gaps:
        return _tensor_of(values, tensor)
    spread = tensor.new_zeros((*tensor.shape, 2)).select(-1, 0)
    spread.array[...] = values
    return spread.detach()


def _as_real(values: Any) -> Matrix:
    """All elements in one row of real numbers, a complex one as real and imaginary part."""
    row = np.array(values).reshape(-1)
    if row.dtype.kind == "c":
        row = row.view(row.real.dtype)
    return row.astype(np.float64)


# ---- the two Jacobians --------------------------------------------------------------------------------------------


def _analytical(func: Program, inputs: tuple[Any, ...], place: int) -> dict[int, Matrix]:
    """For each checked input its Jacobian (numbers in, numbers out), one backward for every number in the output."""
    output = _differentiable_outputs(func(*inputs))[place]
    checked = _checked(inputs)
    units = (1.0, 1j) if output.is_complex() else (1.0,)
    columns: dict[int, list[Matrix]] = {i: [] for i, _ in checked}
    for element in range(output.numel()):
        for unit in units:
            cotangent = np.zeros(output.numel(), output.array.dtype)
            cotangent[element] = unit
            weight = _tensor_of(cotangent, output)
            found = autograd.grad(output, [t for _, t in checked], weight, retain_graph=True, allow_unused=True)
            for (i, tensor), gradient in zip(checked, found):
                zeros = np.zeros(tuple(tensor.shape), tensor.array.dtype)
                columns[i].append(_as_real(zeros if gradient is None else gradient.detach().array))
    return {i: np.array(columns[i]).T for i, _ in checked}


def _numerical(func: Program, inputs: tuple[Any, ...], index: int, output: Callable[[Any], Any], eps: float) -> Matrix:
    """The Jacobian (numbers in, numbers out) of the one output that ``output`` picks from the result."""
    tensor = inputs[index]
    array = tensor.array  # writing to it changes the tensor, and nobody's version
    rows = []
    for where in np.ndindex(tuple(tensor.shape)):
        for step in (eps, eps * 1j) if tensor.is_complex() else (eps,):
            value, both = array[where], []
            for moved in (value + step, value - step):
                array[where] = moved
                both.append(_as_real(output(func(*inputs)).detach().array))
            array[where] = value
            rows.append((both[0] - both[1]) / (2 * eps))
    return np.array(rows)


def _compare(
    func: Program, inputs: tuple[Any, ...], place: int, eps: float, atol: float, rtol: float, nondet_tol: float
) -> None:
    analytical, again = _analytical(func, inputs, place), _analytical(func, inputs, place)
    output = _differentiable_outputs(func(*inputs))[place]
    for index, tensor in _checked(inputs):
        if not tensor.numel() or not output.numel():
            continue
        numerical = _numerical(func, inputs, index, lambda result: _differentiable_outputs(result)[place], eps)
        ours = analytical[index]
        if not np.allclose(ours, numerical, rtol=rtol, atol=atol, equal_nan=True):
            raise GradcheckError(
                f"Jacobian mismatch for output {place} with respect to input {index},\n"
                f"numerical:{numerical}\nanalytical:{ours}\n{_diagnosis(ours, numerical, tensor, output)}"
            )
        if np.abs(ours - again[index]).max() > nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                "gives different values, although analytical gradient matches numerical gradient. The tolerance for "
                f"nondeterminism was {nondet_tol}. (output {place}, input {index})"
            )


# ---- what is the matter -------------------------------------------------------------------------------------------


def _diagnosis(analytical: Matrix, numerical: Matrix, input: Any, output: Any) -> str:
    """The usual mistakes, recognised by what the analytical Jacobian is to the numerical one."""

    def close(a: Matrix, b: Matrix) -> bool:
        return a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-5)

    if close(analytical, np.zeros_like(analytical)):
        return "The derivative is zero: is the graph cut, by detach() or by writing to .data?"
    if close(numerical, np.zeros_like(numerical)):
        return "The function does not depend on this input, but its derivative says that it does."
    if close(analytical, -numerical):
        return "The derivative has the wrong sign."
    if input.is_complex() and close(analytical * np.tile([[1.0], [-1.0]], (input.numel(), 1)), numerical):
        return "The derivative is the complex conjugate of what it should be: looks like a missing conj()."
    factor = float((analytical * numerical).sum() / (numerical * numerical).sum())
    if close(analytical, factor * numerical):
        return f"The derivative is {factor:.6g} times what it should be: looks like a missing or doubled factor."
    dims = _missing_sums(analytical, numerical, tuple(input.shape), tuple(output.shape))
    if dims:
        return f"The derivative looks like a missing sum over broadcast dim {', '.join(map(str, dims))}."
    if close(analytical, numerical.T):
        return "The derivative is the transpose of what it should be."
    difference = np.nan_to_num(np.abs(analytical - numerical), nan=np.inf)
    row, column = np.unravel_index(int(difference.argmax()), difference.shape)
    return (
        f"The largest difference is {difference.max():.3g}, for number {row} of an input of shape {list(input.shape)} "
        f"and number {column} of an output of shape {list(output.shape)}."
    )


def _missing_sums(
    analytical: Matrix, numerical: Matrix, input_shape: tuple[int, ...], output_shape: tuple[int, ...]
) -> list[int]:
    """The output's dimensions, repeated by broadcasting, of which the derivative took one index instead of the sum.

    The Jacobian is then right at that index and zero at all others.
    """
    added = len(output_shape) - len(input_shape)
    if added < 0 or analytical.shape[1] != int(np.prod(output_shape)):
        return []
    ours, theirs = (jacobian.reshape(-1, *output_shape) for jacobian in (analytical, numerical))
    found = []
    for dim, size in enumerate(output_shape):
        if size > 1 and (dim < added or input_shape[dim - added] == 1):
            used = [k for k in range(size) if np.take(ours, k, dim + 1).any()]
            if len(used) == 1 and np.take(theirs, [k for k in range(size) if k != used[0]], dim + 1).any():
                found.append(dim)
                ours, theirs = (np.take(jacobian, used, dim + 1) for jacobian in (ours, theirs))
    return found if found and np.allclose(ours, theirs, rtol=1e-3, atol=1e-5) else []


# ---- rules that a derivative must keep ----------------------------------------------------------------------------


def _check_independent(func: Program, inputs: tuple[Any, ...], eps: float, atol: float) -> None:
    """No output requires grad: then none may depend on the inputs."""
    for place, output in enumerate(_as_outputs(func(*inputs))):
        if not isinstance(output, TensorBase) or output.dtype.category < dtypes.FLOATING:
            continue
        for index, _ in _checked(inputs):
            jacobian = _numerical(func, inputs, index, lambda result, nr=place: _as_outputs(result)[nr], eps)  # type: ignore[misc]
            if np.abs(jacobian).max(initial=0) > atol:
                raise GradcheckError("Numerical gradient for function expected to be zero")


def _check_linear_in_cotangent(func: Program, inputs: tuple[Any, ...]) -> None:
    """A derivative is linear in the cotangent, so zeros must give zeros."""
    outputs = _differentiable_outputs(func(*inputs))
    zeros = [output.new_zeros(output.shape) for output in outputs]
    found = autograd.grad(outputs, [t for _, t in _checked(inputs)], zeros, allow_unused=True)
    if any(gradient is not None and gradient.detach().array.any() for gradient in found):
        raise GradcheckError("backward not multiplied by grad_output")


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
    count = len(_differentiable_outputs(func(*inputs)))
    cases = [range(count)] if count == 1 else [range(count), *[range(i, i + 1) for i in range(count)]]
    for missing in cases:
        outputs = _differentiable_outputs(func(*inputs))
        outputs = [_Undefined.apply(o) if place in missing else o for place, o in enumerate(outputs)]
        zeros = [output.new_zeros(output.shape) for output in outputs]
        try:
            found = autograd.grad(outputs, [t for _, t in _checked(inputs)], zeros, allow_unused=True)
        except (RuntimeError, TypeError, AttributeError) as error:  # what becomes of a None that wasn't expected
            raise GradcheckError(
                "Expected backward function to handle undefined output grads: it gets None for an output without "
                "gradient."
            ) from error
        if any(gradient is not None and gradient.detach().array.any() for gradient in found):
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are undefined or zero."
            )
