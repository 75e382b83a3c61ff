"""Operators on every tensor of a list: ``torch._foreach_add(tensors, others)`` and their in-place twins.

    _foreach_sqrt(self)                          of each tensor
    _foreach_add(self, other, *, alpha=1)        other: a number, a number each, a zero-dim tensor, or a tensor each
    _foreach_addcmul(self, t1, t2, value=1)      value: a number, a number each, or a tensor with one for each
    _foreach_lerp(self, tensors1, weight)        weight: a number, a number each, a zero-dim tensor, or a tensor each

Each is the ordinary operator in a loop, or one kernel for all tensors if ``lists.launch`` finds that it can. In-place
forms return the list they were given. PyTorch has a derivative for a whole list (``ForeachAddBackward0``); here each
result has the ``grad_fn`` of the ordinary operator. PyTorch: ``aten/src/ATen/native/ForeachOpsKernels.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd.inplace import check_inplace
from minitorch.ops.declare.operands import NUMBERS
from minitorch.ops.foreach.lists import (
    check_lists,
    check_scalars,
    check_zero_dim,
    is_list_of_numbers,
    is_list_of_tensors,
    launch,
)
from minitorch.tensor_base import TensorBase

TensorList = Sequence[Any]
Foreach = Callable[..., Any]


def _named(function: Foreach, name: str, what: str) -> Foreach:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = what
    return function


def _check_writable(name: str, tensors: TensorList) -> None:
    """All tensors before the first is written."""
    for tensor in tensors:
        check_inplace(tensor, name)


# ---- of one list ----------------------------------------------------------------------------------------------------


def _unary(name: str, kernel: str | None = None) -> tuple[Foreach, Foreach]:
    """``_foreach_NAME`` and ``_foreach_NAME_`` of the method of that name."""
    method, twin = getattr(Tensor, name), getattr(Tensor, name + "_")

    def call(self: TensorList) -> Any:
        check_lists(f"_foreach_{name}", self)
        done = launch(kernel, [self], writes=False) if kernel else None
        return tuple([method(tensor) for tensor in self]) if done is None else done

    def inplace(self: TensorList) -> Any:
        check_lists(f"_foreach_{name}_", self)
        if kernel is None or launch(kernel, [self], writes=True) is None:
            _check_writable(f"_foreach_{name}_", self)
            for tensor in self:
                twin(tensor)
        return self

    what = f"``{name}`` of every tensor of a list"
    return _named(call, f"_foreach_{name}", what + "."), _named(inplace, f"_foreach_{name}_", what + ", in place.")


_foreach_abs, _foreach_abs_ = _unary("abs")
_foreach_acos, _foreach_acos_ = _unary("acos")
_foreach_asin, _foreach_asin_ = _unary("asin")
_foreach_atan, _foreach_atan_ = _unary("atan")
_foreach_ceil, _foreach_ceil_ = _unary("ceil")
_foreach_cos, _foreach_cos_ = _unary("cos")
_foreach_cosh, _foreach_cosh_ = _unary("cosh")
_foreach_erf, _foreach_erf_ = _unary("erf")
_foreach_erfc, _foreach_erfc_ = _unary("erfc")
_foreach_exp, _foreach_exp_ = _unary("exp")
_foreach_expm1, _foreach_expm1_ = _unary("expm1")
_foreach_floor, _foreach_floor_ = _unary("floor")
_foreach_frac, _foreach_frac_ = _unary("frac")
_foreach_lgamma, _foreach_lgamma_ = _unary("lgamma")
_foreach_log, _foreach_log_ = _unary("log")
_foreach_log10, _foreach_log10_ = _unary("log10")
_foreach_log1p, _foreach_log1p_ = _unary("log1p")
_foreach_log2, _foreach_log2_ = _unary("log2")
_foreach_neg, _foreach_neg_ = _unary("neg", "foreach_neg")
_foreach_reciprocal, _foreach_reciprocal_ = _unary("reciprocal", "foreach_reciprocal")
_foreach_round, _foreach_round_ = _unary("round")
_foreach_rsqrt, _foreach_rsqrt_ = _unary("rsqrt")
_foreach_sigmoid, _foreach_sigmoid_ = _unary("sigmoid")
_foreach_sign, _foreach_sign_ = _unary("sign")
_foreach_sin, _foreach_sin_ = _unary("sin")
_foreach_sinh, _foreach_sinh_ = _unary("sinh")
_foreach_sqrt, _foreach_sqrt_ = _unary("sqrt", "foreach_sqrt")
_foreach_tan, _foreach_tan_ = _unary("tan")
_foreach_tanh, _foreach_tanh_ = _unary("tanh")
_foreach_trunc, _foreach_trunc_ = _unary("trunc")


# ---- of two lists, or of a list and numbers -------------------------------------------------------------------------


def _each_other(name: str, self: TensorList, other: Any) -> Sequence[Any]:
    """The second operand for each tensor. ``TypeError`` for what is none."""
    if isinstance(other, TensorBase):
        check_zero_dim(other)
        return [other] * len(self)
    if isinstance(other, NUMBERS):
        return [other] * len(self)
    if is_list_of_tensors(other):
        check_lists(name, self, other)
        return other  # type: ignore[no-any-return]
    if isinstance(other, (list, tuple)) and (is_list_of_numbers(other) or not other):
        check_scalars(self, other)
        return other
    raise TypeError(
        f"{name}() received an invalid combination of arguments: the second must be a Number, a zero-dim Tensor, or a "
        f"tuple of Tensors or of Numbers, not {type(other).__name__}"
    )


def _binary(
    name: str, method: Foreach, twin: Foreach, kernel: str | None = None, number_kernel: str | None = None,
    sign: int | None = None,
) -> tuple[Foreach, Foreach]:  # fmt: skip
    """``_foreach_NAME`` and its twin. ``method(tensor, other)`` computes one result.

    ``kernel``: for two lists, ``number_kernel``: for a list and numbers. ``sign``: the kernels add, and take the second
    operand times this; None for an operator that adds nothing.
    """

    def in_one_launch(self: TensorList, other: Any, factor: Any, writes: bool) -> Any:
        if is_list_of_tensors(other):
            if kernel is None or not isinstance(factor, (int, float)):
                return None
            return launch(kernel, [self, other], sign and sign * factor, writes=writes)
        if number_kernel is None or factor != 1 or not _is_real(other):
            return None
        return launch(number_kernel, [self], _negative(other) if sign == -1 else other, writes=writes)

    def call(self: TensorList, other: Any, *, alpha: Any = 1) -> Any:
        if sign is None and not _is_one(alpha):
            raise _no_alpha(f"_foreach_{name}")
        check_lists(f"_foreach_{name}", self)
        others = _each_other(f"_foreach_{name}", self, other)
        done = in_one_launch(self, other, alpha, False)
        if done is not None:
            return done
        more = {} if _is_one(alpha) else {"alpha": alpha}
        return tuple([method(tensor, operand, **more) for tensor, operand in zip(self, others)])

    def inplace(self: TensorList, other: Any, *, alpha: Any = 1) -> Any:
        if sign is None and not _is_one(alpha):
            raise _no_alpha(f"_foreach_{name}_")
        check_lists(f"_foreach_{name}_", self)
        others = _each_other(f"_foreach_{name}_", self, other)
        if in_one_launch(self, other, alpha, True) is None:
            _check_writable(f"_foreach_{name}_", self)
            more = {} if _is_one(alpha) else {"alpha": alpha}
            for tensor, operand in zip(self, others):
                twin(tensor, operand, **more)
        return self

    what = f"``{name}`` of every tensor of a list and a number, a number or tensor each, or a zero-dim tensor"
    return _named(call, f"_foreach_{name}", what + "."), _named(inplace, f"_foreach_{name}_", what + ", in place.")


def _no_alpha(name: str) -> TypeError:
    return TypeError(f"{name}() received an invalid combination of arguments: only sums have an 'alpha'")


def _is_one(alpha: Any) -> bool:
    return not isinstance(alpha, TensorBase) and alpha == 1


def _is_real(number: Any) -> bool:
    """Whether it is a number, numbers, or a zero-dim tensor that a kernel takes as double."""
    if isinstance(number, TensorBase):
        return not number.is_complex() and number.dtype.is_floating_point
    if isinstance(number, (list, tuple)):
        return all(type(each) in (int, float) for each in number)
    return type(number) in (int, float)


def _negative(number: Any) -> Any:
    return [-each for each in number] if isinstance(number, (list, tuple)) else -number


def _at_least(tensor: Any, other: Any) -> Any:
    return tensor.maximum(other) if isinstance(other, TensorBase) else tensor.clamp(min=other)


def _at_least_(tensor: Any, other: Any) -> Any:
    return tensor.copy_(tensor.maximum(other)) if isinstance(other, TensorBase) else tensor.clamp_(min=other)


def _at_most(tensor: Any, other: Any) -> Any:
    return tensor.minimum(other) if isinstance(other, TensorBase) else tensor.clamp(max=other)


def _at_most_(tensor: Any, other: Any) -> Any:
    return tensor.copy_(tensor.minimum(other)) if isinstance(other, TensorBase) else tensor.clamp_(max=other)


_foreach_add, _foreach_add_ = _binary("add", Tensor.add, Tensor.add_, "foreach_add", "foreach_add_scalar", sign=1)
_foreach_sub, _foreach_sub_ = _binary("sub", Tensor.sub, Tensor.sub_, "foreach_add", "foreach_add_scalar", sign=-1)
_foreach_mul, _foreach_mul_ = _binary("mul", Tensor.mul, Tensor.mul_, "foreach_mul", "foreach_mul_scalar")
_foreach_div, _foreach_div_ = _binary("div", Tensor.div, Tensor.div_, "foreach_div", "foreach_div_scalar")
_foreach_maximum, _foreach_maximum_ = _binary("maximum", _at_least, _at_least_, "foreach_maximum")
_foreach_minimum, _foreach_minimum_ = _binary("minimum", _at_most, _at_most_)
_foreach_clamp_min, _foreach_clamp_min_ = _binary("clamp_min", _at_least, _at_least_, "foreach_maximum")
_foreach_clamp_max, _foreach_clamp_max_ = _binary("clamp_max", _at_most, _at_most_)
_pow_each, _foreach_pow_ = _binary("pow", Tensor.pow, Tensor.pow_)


def _foreach_pow(self: Any, exponent: Any) -> Any:
    """``pow`` of every tensor of a list; the base may be a number, if the exponents are a list."""
    if isinstance(self, NUMBERS):
        check_lists("_foreach_pow", exponent)
        return tuple([tensor.__rpow__(self) for tensor in exponent])
    return _pow_each(self, exponent)


# ---- of three lists -------------------------------------------------------------------------------------------------


def _values(name: str, self: TensorList, value: Any) -> Any:
    """``value`` as a number or a list of numbers."""
    if isinstance(value, Tensor):
        if value.ndim != 1:
            raise RuntimeError(f"Expected packed scalar Tensor to be of dimension 1. Got {value.ndim} instead.")
        if len(value) != len(self):
            raise RuntimeError(
                f"Expected length of scalars to match input of length {len(self)} but got {len(value)} instead."
            )
        return value.tolist()
    if isinstance(value, (list, tuple)):
        check_scalars(self, value)
        return value
    if not isinstance(value, NUMBERS):
        raise TypeError(f"{name}(): argument 'value' must be Number, not {type(value).__name__}")
    return value


def _ternary(name: str, method: Foreach, twin: Foreach, kernel: str) -> tuple[Foreach, Foreach]:
    def call(self: TensorList, tensor1: TensorList, tensor2: TensorList, value: Any = 1) -> Any:
        check_lists(f"_foreach_{name}", self, tensor1, tensor2)
        value = _values(f"_foreach_{name}", self, value)
        done = launch(kernel, [self, tensor1, tensor2], value, writes=False) if _is_real(value) else None
        if done is not None:
            return done
        each = value if isinstance(value, (list, tuple)) else [value] * len(self)
        return tuple([method(t, t1, t2, value=v) for t, t1, t2, v in zip(self, tensor1, tensor2, each)])

    def inplace(self: TensorList, tensor1: TensorList, tensor2: TensorList, value: Any = 1) -> Any:
        check_lists(f"_foreach_{name}_", self, tensor1, tensor2)
        value = _values(f"_foreach_{name}_", self, value)
        if not _is_real(value) or launch(kernel, [self, tensor1, tensor2], value, writes=True) is None:
            _check_writable(f"_foreach_{name}_", self)
            each = value if isinstance(value, (list, tuple)) else [value] * len(self)
            for t, t1, t2, v in zip(self, tensor1, tensor2, each):
                twin(t, t1, t2, value=v)
        return self

    what = f"``{name}`` of the tensors of three lists; ``value``: a number, a number each, or a tensor of such"
    return _named(call, f"_foreach_{name}", what + "."), _named(inplace, f"_foreach_{name}_", what + ", in place.")


_foreach_addcmul, _foreach_addcmul_ = _ternary("addcmul", Tensor.addcmul, Tensor.addcmul_, "foreach_addcmul")
_foreach_addcdiv, _foreach_addcdiv_ = _ternary("addcdiv", Tensor.addcdiv, Tensor.addcdiv_, "foreach_addcdiv")


def _foreach_lerp(self: TensorList, tensors1: TensorList, weight: Any) -> Any:
    """From the tensors of one list to those of another by ``weight``: a number, a number or tensor each."""
    check_lists("_foreach_lerp", self, tensors1)
    weights = _each_other("_foreach_lerp", self, weight)
    if _is_real(weight):
        done = launch("foreach_lerp", [self, tensors1], weight, writes=False)
        if done is not None:
            return done
    return tuple([start.lerp(end, w) for start, end, w in zip(self, tensors1, weights)])


def _foreach_lerp_(self: TensorList, tensors1: TensorList, weight: Any) -> Any:
    """``_foreach_lerp`` in place."""
    check_lists("_foreach_lerp_", self, tensors1)
    weights = _each_other("_foreach_lerp_", self, weight)
    if not _is_real(weight) or launch("foreach_lerp", [self, tensors1], weight, writes=True) is None:
        _check_writable("_foreach_lerp_", self)
        for start, end, w in zip(self, tensors1, weights):
            start.lerp_(end, w)
    return self


__all__ = [name for name in dir() if name.startswith("_foreach_")]
