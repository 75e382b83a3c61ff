"""Choosing by a mask: ``where``, ``masked_fill``.

    where(c, a, b)[i] = a[i] if c[i] else b[i]          gradient: to a where c, to b elsewhere

The mask takes part in broadcasting, but not in promotion. Clamps, ties of ``maximum`` and activations send their
gradients through the same choice.

PyTorch: ``aten/src/ATen/native/TensorCompare.cpp`` (``where``), ``TensorAdvancedIndexing.cpp`` (``masked_fill``).
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.select import keep, select
from minitorch.ops.declare.operands import (
    NUMBERS,
    array_on,
    check_representable,
    device_of_operands,
    number_as_array,
    refuse_other_kinds,
)
from minitorch.ops.declare.operator import Operator, make_node, record
from minitorch.ops.declare.writing import check_out, check_out_dtype, write_out
from minitorch.tensor_base import TensorBase, allocate, wrap

_SCALAR = geo.contiguous(())


def _where_forward(xp: Any, condition: Any, input: Any, other: Any) -> Any:
    """input where condition, else other."""
    return select(xp, condition, input, other)


_where = Operator(_where_forward, "WhereBackward0", skip=1)
_where.add_derivative(("input",), lambda grad, condition: keep_where(condition, grad))
_where.add_derivative(("other",), lambda grad, condition: keep_where(~condition, grad))


def keep_where(condition: Any, input: Any) -> Any:
    """``input`` where ``condition``, else 0."""
    return where(condition, input, 0)


def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """``input`` where ``condition`` is true, else ``other``; both may be numbers.

    With the condition alone: the indices of its nonzero elements, a tensor a dimension.
    """
    if input is None and other is None:
        arg.check_tensor(condition, "where", "condition")
        return condition.nonzero(as_tuple=True)
    arguments = (condition, input, other)
    _check_where(*arguments)
    device = device_of_operands("where", arguments)
    dtype = _common_dtype(input, other)
    geometry = geo.result_geometry(*[a._geometry if isinstance(a, TensorBase) else _SCALAR for a in arguments])
    xp = device.backend.xp
    mask = array_on(device, condition)
    mask = mask if condition._dtype is dtypes.bool_ else mask.astype(bool)
    if type(other) in (int, float) and other == 0 and isinstance(input, TensorBase):
        array = keep(xp, mask, _as_array(input, dtype, device))
    else:
        array = select(xp, mask, _as_array(input, dtype, device), _as_array(other, dtype, device))
    if out is not None:
        check_out("where", out, [a for a in arguments if isinstance(a, TensorBase)])
        check_out_dtype(out, dtype)
        return write_out(out, array, geometry.shape)
    if geometry.is_plain and type(array) is device.backend.array_type and array.flags.c_contiguous:
        result = wrap(array, dtype, device, geometry)
    else:
        result = allocate(geometry, dtype, device)
        result.array[...] = array
    record(_where, arguments, result)
    return result


def _check_where(condition: Any, input: Any, other: Any) -> None:
    if not isinstance(condition, TensorBase):
        raise TypeError(f"where(): argument 'condition' (position 1) must be Tensor, not {type(condition).__name__}")
    for place, value, name in ((2, input, "input"), (3, other, "other")):
        if not isinstance(value, (TensorBase, *NUMBERS)):
            raise TypeError(f"where(): argument '{name}' (position {place}) must be Tensor, not {type(value).__name__}")
    if condition._dtype not in (dtypes.bool_, dtypes.uint8):
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{scalar_type_name(condition._dtype)}"
        )


def _common_dtype(input: Any, other: Any) -> dtypes.dtype:
    if isinstance(input, TensorBase):
        dtype = input._dtype
        if other._dtype is dtype if isinstance(other, TensorBase) else type(other) is int and dtype.category > 0:
            return dtype
    return result_type_of((input, other))


def _as_array(value: Any, dtype: dtypes.dtype, device: Any) -> Any:
    if isinstance(value, TensorBase):
        array = array_on(device, value)
        return array if value._dtype is dtype else array.astype(dtype.np)
    if type(value) is not float or dtype.category < dtypes.FLOATING:
        check_representable(value, dtype)
    return number_as_array(value, dtype)


# ---- masked_fill --------------------------------------------------------------------------------------------------


def _fill_forward(xp: Any, input: Any, mask: Any, value: Any) -> Any:
    """value where mask, else input."""
    return select(xp, mask, value, input)


def _masked_fill_operator(grad_fn: str) -> Operator:
    operator = Operator(_fill_forward, grad_fn, skip=1)
    operator.add_derivative(("input",), lambda grad, mask: masked_fill(grad, mask, 0))
    return operator


_fill_number = _masked_fill_operator("MaskedFillBackward0")
_fill_tensor = _masked_fill_operator("MaskedFillBackward1")
_fill_tensor.add_derivative(("value",), lambda grad, mask: keep_where(mask, grad).sum())


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """A copy of ``input`` with ``value``, a number or zero-dim tensor, where ``mask`` is true."""
    array = _check_masked_fill(input, mask, value)
    geometry = geo.contiguous(geo.broadcast_shapes(input._geometry.shape, mask._geometry.shape))
    device = input._storage.device
    chosen = select(device.backend.xp, mask.array, array, input.array)
    if type(chosen) is device.backend.array_type and chosen.flags.c_contiguous:
        result = wrap(chosen, input._dtype, device, geometry)
    else:
        result = allocate(geometry, input._dtype, device)
        result.array[...] = chosen
    record(_fill_tensor if isinstance(value, TensorBase) else _fill_number, (input, mask, value), result)
    return result


def masked_fill_(input: Any, mask: Any, value: Any) -> Any:
    """Write ``value``, a number or zero-dim tensor, where ``mask`` is true."""
    array = _check_masked_fill(input, mask, value)
    if geo.overlaps_itself(input._geometry):
        warnings.warn(
            "Use of masked_fill_ on expanded tensors is deprecated. Please clone() the tensor before performing this "
            "operation.",
            stacklevel=2,
        )
    check_inplace(input, "masked_fill_", value, overlap=True)
    geo.expand(mask._geometry, tuple(input._geometry.shape))
    operator = _fill_tensor if isinstance(value, TensorBase) else _fill_number
    node = make_node(operator, (input, mask, value), input)
    input._storage.device.backend.xp.copyto(input.array, array, where=mask.array)
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype, input._storage.device),)
        rebase_history(input, node)
    return input


def _check_masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """The value as an array of the input's dtype, after PyTorch's checks of the three."""
    if not isinstance(mask, TensorBase):
        raise TypeError(f"masked_fill(): argument 'mask' (position 1) must be Tensor, not {type(mask).__name__}")
    if not isinstance(value, (TensorBase, *NUMBERS)):
        raise TypeError(f"masked_fill(): argument 'value' (position 2) must be Number, not {type(value).__name__}")
    refuse_other_kinds("masked_fill", input._dtype, "bifc")
    if mask._dtype is not dtypes.bool_:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask._dtype.name}")
    if isinstance(value, TensorBase) and value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if mask._storage.device is not input._storage.device:
        raise RuntimeError(
            f"expected self and mask to be on the same device, but got mask on {mask.device} and self on {input.device}"
        )
    return _as_array(value, input._dtype, device_of_operands("masked_fill", (input, value)))


def where_method(input: Any, condition: Any, other: Any) -> Any:
    """``input`` where ``condition``, else ``other``: the method's order of arguments."""
    return where(condition, input, other)
