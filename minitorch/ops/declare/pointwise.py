"""Pointwise operators: one forward, and from it the function, the in-place twin and ``out=``.

    @pointwise()
    def mul(xp, input, other, out):
        return xp.multiply(input, other, out)

    @mul.derivative("input")
    def _(grad, other):
        return grad * conj(other)

``forward(xp, *inputs, out)`` takes arrays (or Python numbers) that NumPy can broadcast and returns the result, written
into ``out`` unless that is None. Parameters behind ``out`` are plain arguments. What the declaration adds:

- *promotion*: operands of different dtypes are brought to one (``operands.py``, ``core/promotion.py``).
  ``promotion="float"`` makes integers the default float first (``exp``, ``div``); ``"bool"`` makes the result boolean
  (comparisons); ``"real"`` makes the result of complex operands real (``abs``).
- *geometry*: the result has the broadcast shape, and strides in the operands' own order.
- *half precision*: ``float16`` and ``bfloat16`` are computed in ``float32`` and rounded once, as PyTorch does.
- ``mul.inplace`` (``mul_``): the same into the first operand; ``mul(..., out=t)``: into ``t`` (``writing.py``).
- ``mul.dunder``, ``mul.inplace_dunder``: what ``x * y`` and ``x *= y`` call. They answer NotImplemented where ``mul``
  raises ``TypeError``, so that Python asks the other operand.
- broadcasting backwards, which is the engine's (``autograd/node.py``, ``fit_gradient``).

The usual case, operands of one float dtype (or int64), or a tensor and a number, takes a short way: it is recognised by
comparing references, and costs less than a microsecond above the array operation itself.

PyTorch's counterpart is ``aten/src/ATen/TensorIterator.cpp`` and the structured kernels of ``native_functions.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from minitorch.autograd.grad_mode import modes
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.device import cpu
from minitorch.ops.declare.operands import NUMBERS as NUMBERS
from minitorch.ops.declare.operands import (
    Pointwise,
    arrays_of,
    check_kind,
    check_operands,
    operand_dtypes,
    with_a_tensor,
)
from minitorch.ops.declare.operands import number_as_array as number_as_array
from minitorch.ops.declare.operator import OperatorFunction, as_function, record
from minitorch.ops.declare.writing import check_out as check_out
from minitorch.ops.declare.writing import compute_into, inplace_or_decline, inplace_twin
from minitorch.ops.declare.writing import write_out as write_out
from minitorch.tensor_base import TensorBase, allocate, wrap, wrap_any

_FLOATS = frozenset((dtypes.float32, dtypes.float64))
_FLOATS_AND_INT64 = _FLOATS | {dtypes.int64}


class PointwiseFunction(OperatorFunction, Protocol):
    """A declared pointwise operator: also what the operator signs of Python call."""

    dunder: Callable[..., Any]
    inplace_dunder: Callable[..., Any]


def pointwise(
    grad_fn: str | None = None,
    *,
    promotion: str = "common",
    kinds: str = "bifc",
    check: Callable[[str, Sequence[Any]], None] | None = None,
    numbers: str = "rounded",
    out: str = "converted",
) -> Callable[[Callable[..., Any]], PointwiseFunction]:
    """Declare a pointwise operator.

    ``promotion``: "common", "float", "bool" or "real" (see the module's text). ``kinds``: the categories of the common
    dtype that it takes, of bool, integer, floating, complex; "u" for uint16 and wider. ``check(name, operands)`` raises
    for operands that are refused; it runs only where not all of them are float32 or float64. ``numbers``: "refused" if
    only tensors are operands, "second" if the first must be one; "exact" if in half precision numbers are not rounded
    to it first. ``out``: what dtype ``out=`` may have: any that the result can be "converted" to, the "same" as the
    operand, "bool"; "none" if there is no ``out=``.
    """

    def declare(forward: Callable[..., Any]) -> PointwiseFunction:
        declaration = Pointwise(forward, grad_fn, promotion, kinds, check, numbers, out)
        form = _form(declaration)
        function: Any = as_function(form(declaration, compute), declaration)
        if promotion == "bool":
            function.inplace, function.inplace_dunder = _cutting_twins(declaration), None
        else:
            function.inplace = inplace_twin(declaration)
            function.inplace_dunder = inplace_twin(declaration, inplace_or_decline)
        function.dunder = form(declaration, compute_or_decline)
        function.dunder.__name__ = declaration.name
        return function  # type: ignore[no-any-return]

    return declare


def _form(declaration: Pointwise) -> Callable[..., Any]:
    """The short way is for operators on floats; the leanest for one or two operands and no further argument."""
    if "f" not in declaration.kinds:
        return _general
    if declaration.operands != len(declaration.parameters):
        return _several
    return {1: _unary, 2: _binary}.get(declaration.operands, _several)


def _cutting_twins(declaration: Pointwise) -> Callable[..., Any]:
    """A boolean result has no gradient; but ``x.eq_(y)`` stays a float tensor, and its gradient is zero: that of ``x``
    (``EqBackward0``, a number ``y``), or of both (``EqBackward1``)."""
    forms: list[Callable[..., Any]] = []
    for tensors in range(1, declaration.operands + 1):
        name = "".join(part.capitalize() for part in declaration.name.split("_")) + f"Backward{tensors - 1}"
        twin = Pointwise(declaration.forward, name, "bool", declaration.kinds, declaration.check, declaration.numbers)
        for place in range(tensors):
            twin.add_derivative((twin.parameters[place],), _ZEROS_LIKE[place])
        forms.append(inplace_twin(twin))
    if len(forms) == 1:
        return forms[0]
    by_number, by_tensor = forms

    def call(input: Any, other: Any) -> Any:
        return (by_tensor if isinstance(other, TensorBase) else by_number)(input, other)

    call.__name__ = call.__qualname__ = by_number.__name__
    call.__module__, call.__doc__ = by_number.__module__, by_number.__doc__
    return call


_ZEROS_LIKE: tuple[Callable[..., Any], ...] = (
    lambda grad: grad.new_zeros(grad.shape),
    lambda grad, other_geometry: grad.new_zeros(other_geometry.shape),
)


# ---- the short way ------------------------------------------------------------------------------------------------


def _unary(declaration: Pointwise, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    forward = declaration.forward
    result_dtype = dtypes.bool_ if declaration.promotion == "bool" else None

    def call(input: Any, *, out: Any = None) -> Any:
        if out is not None or not isinstance(input, TensorBase) or input._dtype not in _FLOATS:
            return otherwise(declaration, (input,), out)
        geometry = input._geometry
        if not geometry.is_plain:
            geometry = geo.result_geometry(geometry)
            if not geometry.is_plain or not input._geometry.is_contiguous:
                return otherwise(declaration, (input,), out)
        array, device = input._array, input._storage.device
        if array is None:
            array = input.array
        result = wrap(forward(device._backend.xp, array, None), result_dtype or input._dtype, device, geometry)
        if (input._requires_grad or input._base is not None) and modes.enabled:
            record(declaration, (input,), result)
        return result

    return call


def _binary(declaration: Pointwise, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    forward, numbers, int64 = declaration.forward, declaration.numbers != "refused", dtypes.int64
    result_dtype = dtypes.bool_ if declaration.promotion == "bool" else None
    promotes = declaration.promotion == "float" or "i" not in declaration.kinds
    short_dtypes = _FLOATS if promotes else _FLOATS_AND_INT64

    def call(input: Any, other: Any, *, out: Any = None) -> Any:
        if out is not None or not isinstance(input, TensorBase) or input._dtype not in short_dtypes:
            return otherwise(declaration, (input, other), out)
        geometry, device = input._geometry, input._storage.device
        kind = type(other)
        if (kind is int or kind is float and input._dtype is not int64) and numbers:
            operand, tracked, same = other, input._requires_grad or input._base is not None, geometry.is_plain
        elif isinstance(other, TensorBase) and other._dtype is input._dtype and other._storage.device is device:
            same = other._geometry is geometry and geometry.is_plain
            if not same:
                geometry = geo.result_geometry(geometry, other._geometry)
            operand = other._array
            if operand is None:
                operand = other.array
            tracked = input._requires_grad or other._requires_grad or input._base is not None or other._base is not None
        else:
            return otherwise(declaration, (input, other), out)
        if not geometry.is_plain:
            return otherwise(declaration, (input, other), out)
        array = input._array
        if array is None:
            array = input.array
        array = forward(device._backend.xp, array, operand, None)
        if not same and not array.flags.c_contiguous:
            array = device._backend.xp.ascontiguousarray(array)
        result = wrap(array, result_dtype or input._dtype, device, geometry)
        if tracked and modes.enabled:
            record(declaration, (input, other), result)
        return result

    return call


def _several(declaration: Pointwise, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Any number of operands, of one float dtype and the same plain geometry, and further arguments."""
    forward, operands, numbers = declaration.forward, declaration.operands, declaration.numbers != "refused"
    result_dtype = dtypes.bool_ if declaration.promotion == "bool" else None

    def call(*arguments: Any, out: Any = None) -> Any:
        first = arguments[0]
        if out is not None or not isinstance(first, TensorBase) or first._dtype not in _FLOATS:
            return otherwise(declaration, arguments, out)
        geometry, dtype, device = first._geometry, first._dtype, first._storage.device
        if not geometry.is_plain:
            return otherwise(declaration, arguments, out)
        arrays, tracked = [], False
        for operand in arguments[:operands]:
            if isinstance(operand, TensorBase):
                if operand._geometry is not geometry or operand._dtype is not dtype:
                    return otherwise(declaration, arguments, out)
                if operand._storage.device is not device:
                    return otherwise(declaration, arguments, out)
                arrays.append(operand.array)
                tracked = tracked or operand._requires_grad or operand._base is not None
            elif type(operand) is float and numbers:
                arrays.append(operand)
            else:
                return otherwise(declaration, arguments, out)
        array = forward(device._backend.xp, *arrays, None, *arguments[operands:])
        result = wrap(array, result_dtype or dtype, device, geometry)
        if tracked and modes.enabled:
            record(declaration, arguments, result)
        return result

    return call


def _general(declaration: Pointwise, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, out: Any = None) -> Any:
        return otherwise(declaration, arguments, out)

    return call


# ---- the general way ----------------------------------------------------------------------------------------------

_SCALAR = geo.contiguous(())
_OF_NUMBERS_ALONE = frozenset(("add", "sub", "mul", "div", "floor_divide"))  # add(1, 2) is tensor(3)


def compute(declaration: Pointwise, arguments: Sequence[Any], out: Any = None) -> Any:
    """Any operands: promote, broadcast, choose strides, run the forward, record."""
    if not isinstance(arguments[0], TensorBase) and declaration.name in _OF_NUMBERS_ALONE:
        arguments = with_a_tensor(arguments)
    if out is not None:
        return compute_into(declaration, arguments, out)
    operands = arguments[: declaration.operands]
    device = check_operands(declaration, operands)
    if declaration.check is not None:
        declaration.check(declaration.name, operands)
    compute_dtype, result_dtype = operand_dtypes(declaration, operands)
    geometry = geo.result_geometry(*[o._geometry if isinstance(o, TensorBase) else _SCALAR for o in operands])
    check_kind(declaration, compute_dtype)
    arrays = arrays_of(declaration, operands, compute_dtype, result_dtype, device)
    xp = device._backend.xp
    extra = arguments[declaration.operands :]
    array = declaration.forward(xp, *arrays, None, *extra)
    if geometry.is_plain:
        if getattr(array, "dtype", None) != result_dtype.np or type(array) is not device._backend.array_type:
            array = xp.asarray(array, result_dtype.np)
        if array.shape != geometry.shape or not array.flags.c_contiguous:
            array = xp.ascontiguousarray(xp.broadcast_to(array, geometry.shape)).reshape(geometry.shape)
        result = wrap(array, result_dtype, device, geometry)
    else:
        result = allocate(geometry, result_dtype, device)
        result.array[...] = array
    record(declaration, arguments, result)
    return result


def compute_or_decline(declaration: Pointwise, arguments: Sequence[Any], out: Any = None) -> Any:
    """``x + other`` where ``other`` may be anything: NotImplemented tells Python to ask ``other``."""
    input, other = arguments
    if not isinstance(other, (TensorBase, *NUMBERS)):
        if declaration.name != "eq" or not isinstance(other, np.ndarray) or other.dtype.kind not in "biufc":
            return NotImplemented
        other = wrap_any(other, cpu)  # of all operators, == alone takes arrays in PyTorch
    return compute(declaration, (input, other), out)


def declining(function: Callable[..., Any], also: tuple[type, ...] = ()) -> Callable[..., Any]:
    """The operator form of a function of two operands that is not itself a declared operator.

    ``also``: what it takes besides tensors and numbers.
    """
    accepted = (TensorBase, *NUMBERS, *also)

    def call(input: Any, other: Any) -> Any:
        return function(input, other) if isinstance(other, accepted) else NotImplemented

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = function.__doc__
    return call
