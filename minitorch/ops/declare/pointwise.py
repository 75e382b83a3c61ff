"""Pointwise operators: one forward, and from it the function, the in-place twin and ``out=``.

    @pointwise()
    def mul(xp, input, other, out):
        return xp.multiply(input, other, out)

    @mul.derivative("input")
    def _(grad, other):
        return grad * conj(other)

``forward(xp, *inputs, out)`` takes arrays (or Python numbers) that NumPy can broadcast and returns the result, written
into ``out`` unless that is None. Parameters behind ``out`` are plain arguments. What the declaration adds:

- *promotion*: operands of different dtypes are brought to one (``core/promotion.py``). ``promotion="float"`` makes
  integers the default float first (``exp``, ``div``); ``"bool"`` makes the result boolean (comparisons).
- *geometry*: the result has the broadcast shape, and strides in the operands' own order.
- *half precision*: ``float16`` and ``bfloat16`` are computed in ``float32`` and rounded once, as PyTorch does.
- ``mul.inplace`` (``mul_``): the same into the first operand; ``mul(..., out=t)``: into ``t``.
- broadcasting backwards, which is the engine's (``autograd/node.py``, ``fit_gradient``).

The usual case, operands of one dtype and the *same* plain geometry, or a tensor and a float, takes a short way: it is
recognised by comparing three references, see ``_is_simple``.

PyTorch's counterpart is ``aten/src/ATen/TensorIterator.cpp`` and the structured kernels of ``native_functions.yaml``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.promotion import can_cast, result_type_of, scalar_type_name
from minitorch.ops.declare.operator import (
    Operator,
    OperatorFunction,
    OperatorNode,
    as_function,
    device_of,
    make_node,
    record,
)
from minitorch.tensor_base import TensorBase, allocate, wrap

NUMBERS = (int, float, complex, np.number, np.bool_)
_SIMPLE_DTYPES = frozenset((dtypes.float32, dtypes.float64))
_COMPUTE_IN = {dtypes.float16: dtypes.float32, dtypes.bfloat16: dtypes.float32}


class Pointwise(Operator):
    """A declaration with the number of operands and the promotion rule."""

    def __init__(self, forward: Callable[..., Any], grad_fn: str | None, promotion: str) -> None:
        super().__init__(forward, grad_fn, skip=1)
        self.operands = self.parameters.index("out")
        self.parameters = tuple(name for name in self.parameters if name != "out")
        self.promotion = promotion


def pointwise(
    grad_fn: str | None = None, *, promotion: str = "common"
) -> Callable[[Callable[..., Any]], OperatorFunction]:
    """Declare a pointwise operator. ``promotion``: "common", "float" or "bool" (see the module's text)."""

    def declare(forward: Callable[..., Any]) -> OperatorFunction:
        declaration = Pointwise(forward, grad_fn, promotion)
        plain = declaration.operands == len(declaration.parameters) and promotion != "bool"
        if plain and declaration.operands == 1:
            call = _unary(declaration)
        elif plain and declaration.operands == 2:
            call = _binary(declaration)
        else:
            call = _general(declaration)
        function = as_function(call, declaration)
        function.inplace = _inplace(declaration)
        return function

    return declare


def _unary(declaration: Pointwise) -> Callable[..., Any]:
    forward = declaration.forward

    def call(input: Any, *, out: Any = None) -> Any:
        if out is not None or not isinstance(input, TensorBase) or not _is_simple(input):
            return compute(declaration, (input,), out)
        array, device = input._array, input._storage.device
        if array is None:
            array = input.array
        result = wrap(forward(device.backend.xp, array, None), input._dtype, device, input._geometry)
        if (input._requires_grad or input._base is not None) and modes.enabled:
            record(declaration, (input,), result)
        return result

    return call


def _binary(declaration: Pointwise) -> Callable[..., Any]:
    forward = declaration.forward

    def call(input: Any, other: Any, *, out: Any = None) -> Any:
        if out is not None or not isinstance(input, TensorBase) or not _is_simple(input):
            return compute(declaration, (input, other), out)
        device = input._storage.device
        if type(other) is float:
            operand, tracked = other, input._requires_grad or input._base is not None
        elif (
            isinstance(other, TensorBase)
            and other._geometry is input._geometry
            and other._dtype is input._dtype
            and other._storage.device is device
        ):
            operand = other._array
            if operand is None:
                operand = other.array
            tracked = (
                input._requires_grad or other._requires_grad or input._base is not None or other._base is not None
            )
        else:
            return compute(declaration, (input, other), out)
        array = input._array
        if array is None:
            array = input.array
        result = wrap(forward(device.backend.xp, array, operand, None), input._dtype, device, input._geometry)
        if tracked and modes.enabled:
            record(declaration, (input, other), result)
        return result

    return call


def _is_simple(tensor: TensorBase) -> bool:
    """A contiguous float32 or float64 tensor at the start of its storage: no promotion, no strides to choose."""
    return tensor._geometry.is_plain and tensor._dtype in _SIMPLE_DTYPES


def _general(declaration: Pointwise) -> Callable[..., Any]:
    def call(*arguments: Any, out: Any = None) -> Any:
        return compute(declaration, arguments, out)

    return call


# ---- the general way ----------------------------------------------------------------------------------------------


def compute(declaration: Pointwise, arguments: Sequence[Any], out: Any = None) -> Any:
    """Any operands: promote, broadcast, choose strides, run the forward, record."""
    operands = arguments[: declaration.operands]
    device = _check_operands(declaration, operands)
    if out is not None:
        return _into_out(declaration, arguments, out)
    compute_dtype, result_dtype = _dtypes(declaration, operands)
    geometry = geo.result_geometry(*[o._geometry if isinstance(o, TensorBase) else _SCALAR for o in operands])
    arrays = _arrays(operands, compute_dtype)
    xp = device.backend.xp
    extra = arguments[declaration.operands :]
    if geometry.is_plain:
        array = declaration.forward(xp, *arrays, None, *extra)
        if getattr(array, "dtype", None) != result_dtype.np or type(array) is not device.backend.array_type:
            array = xp.asarray(array, result_dtype.np)
        if array.shape != geometry.shape or not array.flags.c_contiguous:
            array = xp.ascontiguousarray(xp.broadcast_to(array, geometry.shape)).reshape(geometry.shape)
        result = wrap(array, result_dtype, device, geometry)
    else:
        result = allocate(geometry, result_dtype, device)
        result.array[...] = declaration.forward(xp, *arrays, None, *extra)
    record(declaration, arguments, result)
    return result


_SCALAR = geo.contiguous(())


def _check_operands(declaration: Pointwise, operands: Sequence[Any]) -> Any:
    for place, operand in enumerate(operands):
        if not isinstance(operand, TensorBase) and not isinstance(operand, NUMBERS):
            raise TypeError(
                f"{declaration.name}(): argument '{declaration.parameters[place]}' (position {place + 1}) must be "
                f"Tensor, not {type(operand).__name__}"
            )
    return device_of_operands(declaration.name, operands)


def device_of_operands(name: str, operands: Sequence[Any]) -> Any:
    """The device of the operands; a zero-dim CPU tensor goes along with any device, as a number would."""
    dimensioned = [o for o in operands if isinstance(o, TensorBase) and not (o.ndim == 0 and o.device.type == "cpu")]
    return device_of(name, dimensioned or operands)


def _dtypes(declaration: Pointwise, operands: Sequence[Any]) -> tuple[Dtype, Dtype]:
    """The dtype to compute in and the dtype of the result."""
    common = _common_dtype(operands)
    if declaration.promotion == "float" and common.category < dtypes.FLOATING:
        common = dtypes.get_default_dtype()
    result = dtypes.bool_ if declaration.promotion == "bool" else common
    if declaration.promotion == "bool":
        return common, result
    return _COMPUTE_IN.get(common, common), result


def _common_dtype(operands: Sequence[Any]) -> Dtype:
    first = operands[0]
    if isinstance(first, TensorBase) and all(isinstance(o, TensorBase) and o._dtype is first._dtype for o in operands):
        return first._dtype
    return result_type_of(operands)


def _arrays(operands: Sequence[Any], dtype: Dtype) -> list[Any]:
    """The operands as arrays of ``dtype``; a Python number becomes a zero-dim array, wrapped as C would wrap it."""
    np_dtype = dtype.np
    arrays = []
    for operand in operands:
        if isinstance(operand, TensorBase):
            array = operand.array
            arrays.append(array if array.dtype == np_dtype else array.astype(np_dtype))
        else:
            arrays.append(number_as_array(operand, dtype))
    return arrays


def number_as_array(number: Any, dtype: Dtype) -> Any:
    """A Python number as a zero-dim array of ``dtype``; integers wrap around, as in C."""
    if dtype.category == dtypes.INTEGER and isinstance(number, (int, np.integer)):
        return np.array(int(number) & 0xFFFFFFFFFFFFFFFF, np.uint64).astype(dtype.np)
    return np.asarray(number).astype(dtype.np)


# ---- into an existing tensor --------------------------------------------------------------------------------------


def _inplace(declaration: Pointwise) -> Callable[..., Any]:
    def call(input: Any, *arguments: Any) -> Any:
        return compute_inplace(declaration, (input, *arguments))

    call.__name__ = call.__qualname__ = declaration.name + "_"
    call.__module__ = declaration.forward.__module__
    call.__doc__ = f"In-place form of ``{declaration.name}``: the result is written into ``input``."
    return call


def compute_inplace(declaration: Pointwise, arguments: Sequence[Any]) -> Any:
    """The forward, written into the first operand. All checks come before the first write."""
    input = arguments[0]
    operands = arguments[: declaration.operands]
    device = _check_operands(declaration, operands)
    name = declaration.name + "_"
    check_inplace(input, name)
    compute_dtype, result_dtype = _dtypes(declaration, operands)
    _check_result_fits(input, operands, result_dtype)
    node = make_node(declaration, arguments, input)
    if node is not None:
        _keep_old_value(node, input)
    target = input.array
    direct = compute_dtype is input._dtype
    arrays = _arrays(operands, compute_dtype)
    extra = arguments[declaration.operands :]
    array = declaration.forward(device.backend.xp, *arrays, target if direct else None, *extra)
    if array is not target:
        target[...] = array
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype),)
        _renew_saved_result(node, input)
        rebase_history(input, node)
    return input


def _keep_old_value(node: OperatorNode, input: Any) -> None:
    """A derivative that needs the operand as it was before the write gets a copy of it, under its old history."""
    saved = node.saved or []
    for place, value in enumerate(saved):
        if value is input:
            copy = input.detach().clone()
            copy._grad_fn, copy._output_nr, copy._requires_grad = input.grad_fn, input._output_nr, input.requires_grad
            saved[place] = copy
            node.versions = [(p, 0 if p == place else v, nr) for p, v, nr in node.versions]


def _renew_saved_result(node: OperatorNode, input: Any) -> None:
    """A derivative that needs the result finds it at the version after the write."""
    version = input._storage.version
    node.versions = [(place, version if nr >= 0 else v, nr) for place, v, nr in node.versions]


def _check_result_fits(target: Any, operands: Sequence[Any], result_dtype: Dtype) -> None:
    if not can_cast(result_dtype, target._dtype):
        raise RuntimeError(
            f"result type {scalar_type_name(result_dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(target._dtype)}"
        )
    shape = geo.broadcast_shapes(*[o.shape for o in operands if isinstance(o, TensorBase)])
    if shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(shape)}"
        )


def _into_out(declaration: Pointwise, arguments: Sequence[Any], out: Any) -> Any:
    """``out=``: resized if it has another shape, never recorded."""
    operands = arguments[: declaration.operands]
    check_out(declaration.name, out, [a for a in arguments if isinstance(a, TensorBase)])
    compute_dtype, result_dtype = _dtypes(declaration, operands)
    if not can_cast(result_dtype, out._dtype):
        raise RuntimeError(
            f"result type {scalar_type_name(result_dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(out._dtype)}"
        )
    shape = geo.broadcast_shapes(*[o.shape for o in operands if isinstance(o, TensorBase)])
    extra = arguments[declaration.operands :]
    array = declaration.forward(out.device.backend.xp, *_arrays(operands, compute_dtype), None, *extra)
    return write_out(out, array, shape)


def check_out(name: str, out: Any, inputs: Sequence[Any]) -> None:
    """``out=`` must be a tensor on the inputs' device, and neither side may require grad while recording."""
    if not isinstance(out, TensorBase):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if modes.enabled and (out.requires_grad or any(t.requires_grad for t in inputs)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    device_of(name, (out, *inputs))
    if geo.overlaps_itself(out._geometry):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def write_out(out: Any, array: Any, shape: tuple[int, ...]) -> Any:
    """Write a finished result into ``out``, giving it the result's shape first (with PyTorch's warning)."""
    if out.shape != tuple(shape):
        if out.numel():
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not "
                f"match the required output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out "
                "tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
                stacklevel=3,
            )
        fresh = allocate(geo.contiguous(tuple(shape)), out._dtype, out.device)
        out._storage.data = fresh._storage.data
        out._geometry, out._array = fresh._geometry, None
    out.array[...] = array
    bump_version(out)
    return out
