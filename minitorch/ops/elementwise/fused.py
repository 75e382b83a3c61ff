"""Two operations in one: ``addcmul``, ``addcdiv``, ``lerp``, which optimizers are made of.

    addcmul(x, a, b, value=v) = x + v * a * b           second moment:  v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    addcdiv(x, a, b, value=v) = x + v * a / b           step:           p.addcdiv_(m, v.sqrt(), value=-lr)
    lerp(x, e, w)             = x + w * (e - x)         first moment:   m.lerp_(g, 1 - beta1)

PyTorch: ``aten/src/ATen/native/PointwiseOps.cpp``, ``Lerp.cpp``. The order of the operations is its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.core import dtypes
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operands import NUMBERS, check_representable, number_as_array
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.elementwise.arithmetic import conj, factor_first, neg, times_number
from minitorch.tensor_base import TensorBase


def _scaled(array: Any, value: Any) -> Any:
    if type(value) is int and value == 1:
        return array
    if type(value) is not float or array.dtype.kind != "f":
        dtype = dtypes.from_numpy_dtype(array.dtype)
        check_representable(value, dtype)
        value = number_as_array(value, dtype)
    return array * value


@pointwise("AddcmulBackward0", kinds="ifc", numbers="refused")
def _addcmul(xp: Any, input: Any, tensor1: Any, tensor2: Any, out: Any, value: Any) -> Any:
    """input + value * tensor1 * tensor2."""
    return xp.add(input, _scaled(tensor1, value) * tensor2, out)


@_addcmul.derivative("input")
def _(grad: Any) -> Any:
    return grad


@_addcmul.derivative("tensor1")
def _(grad: Any, tensor2: Any, value: Any) -> Any:
    return grad * conj(tensor2 * value)


@_addcmul.derivative("tensor2")
def _(grad: Any, tensor1: Any, value: Any) -> Any:
    return grad * conj(tensor1 * value)


def addcmul(
    input: Any, tensor1: Any, tensor2: Any, last: Any = None, *, value: Any = 1, out: Any = None
) -> Any:  # fmt: skip
    """input + value * tensor1 * tensor2."""
    if last is not None:
        return _addcmul(input, tensor2, last, factor_first(tensor1, value, "addcmul"), out=out)
    if type(value) is not int and type(value) is not float:
        value = arg.number(value, "addcmul", "value")
    return _addcmul(input, tensor1, tensor2, value, out=out)


def addcmul_(input: Any, tensor1: Any, tensor2: Any, last: Any = None, *, value: Any = 1) -> Any:
    """In-place form of ``addcmul``."""
    if last is not None:
        return _addcmul.inplace(input, tensor2, last, factor_first(tensor1, value, "addcmul_"))
    if type(value) is not int and type(value) is not float:
        value = arg.number(value, "addcmul_", "value")
    return _addcmul.inplace(input, tensor1, tensor2, value)


def _refuse_integer_division(name: str, operands: Sequence[Any]) -> None:
    if all(isinstance(o, TensorBase) and o._dtype.category < dtypes.FLOATING for o in operands[1:]):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future release addcdiv will perform a true "
            "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs."
        )


@pointwise("AddcdivBackward0", check=_refuse_integer_division, numbers="refused")
def _addcdiv(xp: Any, input: Any, tensor1: Any, tensor2: Any, out: Any, value: Any) -> Any:
    """input + value * tensor1 / tensor2."""
    return xp.add(input, _scaled(tensor1, value) / tensor2, out)


@_addcdiv.derivative("input")
def _(grad: Any) -> Any:
    return grad


@_addcdiv.derivative("tensor1")
def _(grad: Any, tensor2: Any, value: Any) -> Any:
    return grad * conj(value / tensor2)


@_addcdiv.derivative("tensor2")
def _(grad: Any, tensor1: Any, tensor2: Any, value: Any) -> Any:
    return neg(grad) * conj(value * tensor1 / (tensor2 * tensor2))


def addcdiv(
    input: Any, tensor1: Any, tensor2: Any, last: Any = None, *, value: Any = 1, out: Any = None
) -> Any:  # fmt: skip
    """input + value * tensor1 / tensor2."""
    if last is not None:
        return _addcdiv(input, tensor2, last, factor_first(tensor1, value, "addcdiv"), out=out)
    if type(value) is not int and type(value) is not float:
        value = arg.number(value, "addcdiv", "value")
    return _addcdiv(input, tensor1, tensor2, value, out=out)


def addcdiv_(input: Any, tensor1: Any, tensor2: Any, last: Any = None, *, value: Any = 1) -> Any:
    """In-place form of ``addcdiv``."""
    if last is not None:
        return _addcdiv.inplace(input, tensor2, last, factor_first(tensor1, value, "addcdiv_"))
    if type(value) is not int and type(value) is not float:
        value = arg.number(value, "addcdiv_", "value")
    return _addcdiv.inplace(input, tensor1, tensor2, value)


# ---- lerp ---------------------------------------------------------------------------------------------------------


def _refuse_other_dtypes(name: str, operands: Sequence[Any]) -> None:
    dtype = operands[0]._dtype
    for operand, parameter in zip(operands[1:], ("end", "weight")):
        if isinstance(operand, TensorBase) and operand._dtype is not dtype:
            raise RuntimeError(f"expected dtype {dtype.name} for `{parameter}` but got dtype {operand._dtype.name}")


@pointwise("LerpBackward0", kinds="fc", check=_refuse_other_dtypes, numbers="refused")
def _lerp_number(xp: Any, input: Any, end: Any, out: Any, weight: Any) -> Any:
    """input + weight * (end - input), measured from the nearer end so that weight 1 gives ``end`` exactly."""
    if abs(weight) < 0.5:
        return xp.add(input, (end - input) * weight, out)
    return xp.subtract(end, (end - input) * (1 - weight), out)


@_lerp_number.derivative("input")
def _(grad: Any, weight: Any) -> Any:
    return times_number(grad, (1 - weight).conjugate())


@_lerp_number.derivative("end")
def _(grad: Any, weight: Any) -> Any:
    return times_number(grad, weight.conjugate())


@pointwise("LerpBackward1", kinds="fc", check=_refuse_other_dtypes, numbers="refused")
def _lerp_tensor(xp: Any, input: Any, end: Any, weight: Any, out: Any) -> Any:
    """input + weight * (end - input), elementwise."""
    difference = end - input
    near = xp.add(input, difference * weight)
    far = xp.subtract(end, difference * (1 - weight))
    return xp.where(xp.absolute(weight) < 0.5, near, far)


@_lerp_tensor.derivative("input")
def _(grad: Any, weight: Any) -> Any:
    return grad * conj(1 - weight)


@_lerp_tensor.derivative("end")
def _(grad: Any, weight: Any) -> Any:
    return grad * conj(weight)


@_lerp_tensor.derivative("weight")
def _(grad: Any, input: Any, end: Any) -> Any:
    return grad * conj(end - input)


def lerp(input: Any, end: Any, weight: Any, *, out: Any = None) -> Any:
    """input + weight * (end - input); the weight is a number or a tensor. All of one floating dtype."""
    if isinstance(weight, TensorBase):
        return _lerp_tensor(input, end, weight, out=out)
    if type(weight) is not float and isinstance(input, TensorBase) and isinstance(weight, NUMBERS):
        check_representable(weight, input._dtype)
    return _lerp_number(input, end, weight, out=out)


def lerp_(input: Any, end: Any, weight: Any) -> Any:
    """In-place form of ``lerp``."""
    if isinstance(weight, TensorBase):
        return _lerp_tensor.inplace(input, end, weight)
    return _lerp_number.inplace(input, end, weight)
