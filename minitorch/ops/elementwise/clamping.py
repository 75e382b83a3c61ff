"""The larger, the smaller, and values kept within bounds: ``maximum minimum fmax fmin clamp``.

nan wins over every number, except in ``fmax`` and ``fmin``, which ignore it. Where ``maximum`` has a tie, each side
gets half of the gradient. A clamp passes the gradient inside its bounds and at them.

PyTorch: ``aten/src/ATen/native/TensorCompare.cpp``, ``BinaryOps.cpp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.autograd.inplace import check_inplace
from minitorch.core import dtypes
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.select import clip
from minitorch.ops.declare.operands import NUMBERS, check_representable, is_complex
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.declare.writing import check_out
from minitorch.ops.elementwise.selection import keep_where, masked_fill
from minitorch.tensor_base import TensorBase

# ---- of two tensors -----------------------------------------------------------------------------------------------


def _refuse(name: str, operands: Sequence[Any]) -> None:
    for operand in operands:
        if operand.is_complex():
            raise RuntimeError(f"{name} not implemented for complex tensors.")


@pointwise("MaximumBackward0", check=_refuse, numbers="refused")
def maximum(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """The larger of input and other; nan if either is."""
    return xp.maximum(input, other, out=out)


@maximum.derivative("input")
def _(grad: Any, input: Any, other: Any) -> Any:
    return masked_fill(_halved_at_ties(grad, input, other), input < other, 0)


@maximum.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return masked_fill(_halved_at_ties(grad, input, other), input > other, 0)


@pointwise("MinimumBackward0", check=_refuse, numbers="refused")
def minimum(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """The smaller of input and other; nan if either is."""
    return xp.minimum(input, other, out=out)


@minimum.derivative("input")
def _(grad: Any, input: Any, other: Any) -> Any:
    return masked_fill(_halved_at_ties(grad, input, other), input > other, 0)


@minimum.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return masked_fill(_halved_at_ties(grad, input, other), input < other, 0)


def _halved_at_ties(grad: Any, input: Any, other: Any) -> Any:
    tie = input == other
    return grad * (1 - 0.5 * tie.to(grad._dtype)) if bool(tie.array.any()) else grad


@pointwise("FmaxBackward0", check=_refuse, numbers="refused")
def fmax(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """The larger of input and other, a number rather than nan."""
    return xp.fmax(input, other, out)


@fmax.derivative("input")
def _(grad: Any, input: Any, other: Any) -> Any:
    return keep_where((input >= other) | other.isnan(), grad)


@fmax.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return masked_fill(grad, (input >= other) | other.isnan(), 0)


@pointwise("FminBackward0", check=_refuse, numbers="refused")
def fmin(xp: Any, input: Any, other: Any, out: Any) -> Any:
    """The smaller of input and other, a number rather than nan."""
    return xp.fmin(input, other, out)


@fmin.derivative("input")
def _(grad: Any, input: Any, other: Any) -> Any:
    return keep_where((input <= other) | other.isnan(), grad)


@fmin.derivative("other")
def _(grad: Any, input: Any, other: Any) -> Any:
    return masked_fill(grad, (input <= other) | other.isnan(), 0)


# ---- clamp between numbers ----------------------------------------------------------------------------------------


@pointwise("ClampBackward1", kinds="bif")
def _clamp_numbers(xp: Any, input: Any, out: Any, min: Any, max: Any) -> Any:
    """input, raised to min and then lowered to max."""
    return clip(xp, input, min, max, out)


@_clamp_numbers.derivative("input")
def _(grad: Any, input: Any, min: Any, max: Any) -> Any:
    if max is None:
        return keep_where(input >= min, grad)
    return keep_where(input <= max if min is None else (input >= min) & (input <= max), grad)


@pointwise("ClampMinBackward0", kinds="bif")
def _clamp_min_number(xp: Any, input: Any, out: Any, min: Any) -> Any:
    """input, raised to min."""
    return clip(xp, input, min, None, out)


@_clamp_min_number.derivative("input")
def _(grad: Any, input: Any, min: Any) -> Any:
    return keep_where(input >= min, grad)


@pointwise("ClampMaxBackward0", kinds="bif")
def _clamp_max_number(xp: Any, input: Any, out: Any, max: Any) -> Any:
    """input, lowered to max."""
    return clip(xp, input, None, max, out=out)


@_clamp_max_number.derivative("input")
def _(grad: Any, input: Any, max: Any) -> Any:
    return keep_where(input <= max, grad)


# ---- clamp between tensors ----------------------------------------------------------------------------------------


@pointwise("ClampBackward0", kinds="bif")
def _clamp_tensors(xp: Any, input: Any, min: Any, max: Any, out: Any) -> Any:
    """input, raised to min and then lowered to max."""
    return xp.minimum(xp.maximum(input, min), max, out=out)


@_clamp_tensors.derivative("input")
def _(grad: Any, input: Any, min: Any, max: Any) -> Any:
    return keep_where((input >= min) & (input <= max), grad)


@_clamp_tensors.derivative("min")
def _(grad: Any, input: Any, min: Any, max: Any) -> Any:
    return keep_where((input < min) & (min < max), grad)


@_clamp_tensors.derivative("max")
def _(grad: Any, input: Any, min: Any, max: Any) -> Any:
    return keep_where((input > max) | (max < min), grad)


def _raised(xp: Any, input: Any, min: Any, out: Any) -> Any:
    """input, raised to min."""
    return xp.maximum(input, min, out=out)


def _lowered(xp: Any, input: Any, max: Any, out: Any) -> Any:
    """input, lowered to max."""
    return xp.minimum(input, max, out=out)


_clamp_to_min = pointwise("ClampBackward0", kinds="bif")(_raised)
_clamp_min_tensor = pointwise("ClampMinBackward1", kinds="bif")(_raised)
_clamp_to_max = pointwise("ClampBackward0", kinds="bif")(_lowered)
_clamp_max_tensor = pointwise("ClampMaxBackward1", kinds="bif")(_lowered)


def _within_min(grad: Any, input: Any, min: Any) -> Any:
    return keep_where(input >= min, grad)


def _below_min(grad: Any, input: Any, min: Any) -> Any:
    return keep_where(input < min, grad)


def _within_max(grad: Any, input: Any, max: Any) -> Any:
    return keep_where(input <= max, grad)


def _above_max(grad: Any, input: Any, max: Any) -> Any:
    return keep_where(input > max, grad)


for _bounded in (_clamp_to_min, _clamp_min_tensor):
    _bounded.derivative("input")(_within_min)
    _bounded.derivative("min")(_below_min)
for _bounded in (_clamp_to_max, _clamp_max_tensor):
    _bounded.derivative("input")(_within_max)
    _bounded.derivative("max")(_above_max)


# ---- the functions ------------------------------------------------------------------------------------------------


def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Any:
    """``input`` kept between ``min`` and ``max``, numbers or tensors; either may be None. ``max`` wins over ``min``."""
    if out is not None and isinstance(input, TensorBase):
        check_out("clamp", out, [operand for operand in (input, min, max) if isinstance(operand, TensorBase)])
    operator, arguments = _clamp_call(input, min, max)
    return operator(*arguments, out=out)


def clamp_(input: Any, min: Any = None, max: Any = None) -> Any:
    """In-place form of ``clamp``."""
    if isinstance(input, TensorBase) and input._requires_grad:
        check_inplace(input, "clamp_", overlap=True)
    if any(is_complex(bound) for bound in (min, max) if isinstance(bound, (TensorBase, *NUMBERS))):
        _check_same_dtype(input, result_type_of([o for o in (input, min, max) if o is not None]))
    operator, arguments = _clamp_call(input, min, max)
    _check_same_dtype(input, arguments[0]._dtype)
    return operator.inplace(input, *arguments[1:])


def _clamp_call(input: Any, min: Any, max: Any) -> tuple[Any, tuple[Any, ...]]:
    """The operator that these bounds mean and its arguments, the input brought to the result's dtype."""
    if isinstance(min, TensorBase) or isinstance(max, TensorBase):
        if isinstance(min, NUMBERS) or isinstance(max, NUMBERS):
            if all(not isinstance(bound, TensorBase) or bound.ndim == 0 for bound in (min, max)):
                return _clamp_call(input, arg.number(min, "clamp", "min"), arg.number(max, "clamp", "max"))
            raise TypeError(
                "clamp(): arguments 'min' and 'max' must both be Number or both be Tensor, not "
                f"{type(min).__name__} and {type(max).__name__}; torch.tensor(number) makes a tensor of one"
            )
        _refuse_complex((input, min, max))
        if max is None:
            return _clamp_to_min, (input, min)
        return (_clamp_to_max, (input, max)) if min is None else (_clamp_tensors, (input, min, max))
    return _clamp_numbers, (_with_bounds(input, min, max), min, max)


def _with_bounds(input: Any, *bounds: Any) -> Any:
    """The input in the dtype that it and the bounds promote to, after PyTorch's checks."""
    given = [bound for bound in bounds if bound is not None]
    if not given:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if not isinstance(input, TensorBase):
        arg.check_tensor(input, "clamp")
    dtype = input._dtype
    if dtype.category != dtypes.FLOATING or any(type(bound) not in (int, float) for bound in given):
        for bound in given:
            if not isinstance(bound, NUMBERS):
                raise TypeError(f"clamp(): arguments 'min' and 'max' must be Number, not {type(bound).__name__}")
        if dtype.category == dtypes.FLOATING:
            for bound in given:
                check_representable(bound, dtypes.float64)
        _refuse_complex((input, *given))
        dtype = result_type_of((input, *given))
        if dtype is dtypes.bool_:
            raise NotImplementedError("\"clamp_scalar_cpu\" not implemented for 'Bool'")
        for bound in given:
            check_representable(bound, dtype)
    return input if dtype is input._dtype else input.to(dtype)


def _refuse_complex(operands: Sequence[Any]) -> None:
    if any(is_complex(operand) for operand in operands if operand is not None):
        raise NotImplementedError("clamp is not supported for complex types")


def _check_same_dtype(input: Any, promoted: dtypes.dtype) -> None:
    if promoted is not input._dtype:
        raise RuntimeError(
            f"result type {scalar_type_name(promoted)} can't be cast to the desired output type "
            f"{scalar_type_name(input._dtype)}"
        )


def clamp_min(input: Any, min: Any, *, out: Any = None) -> Any:
    """``input`` raised to ``min``, a number or a tensor."""
    arg.check_tensor(input, "clamp_min")
    if isinstance(min, TensorBase):
        return _clamp_min_tensor(input, min, out=out)
    min = arg.number(min, "clamp_min", "min")
    return _clamp_min_number(_with_bounds(input, min), min, out=out)


def clamp_min_(input: Any, min: Any) -> Any:
    """In-place form of ``clamp_min``."""
    if isinstance(min, TensorBase):
        return _clamp_min_tensor.inplace(input, min)
    _check_same_dtype(input, _with_bounds(input, min)._dtype)
    return _clamp_min_number.inplace(input, min)


def clamp_max(input: Any, max: Any, *, out: Any = None) -> Any:
    """``input`` lowered to ``max``, a number or a tensor."""
    arg.check_tensor(input, "clamp_max")
    if isinstance(max, TensorBase):
        return _clamp_max_tensor(input, max, out=out)
    max = arg.number(max, "clamp_max", "max")
    return _clamp_max_number(_with_bounds(input, max), max, out=out)


def clamp_max_(input: Any, max: Any) -> Any:
    """In-place form of ``clamp_max``."""
    if isinstance(max, TensorBase):
        return _clamp_max_tensor.inplace(input, max)
    _check_same_dtype(input, _with_bounds(input, max)._dtype)
    return _clamp_max_number.inplace(input, max)
