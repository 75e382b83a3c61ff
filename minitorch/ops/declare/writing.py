"""Pointwise results into an existing tensor: the in-place twin ``mul_`` and ``out=``.

Both compute with the same forward. In place, the first operand is also where the result goes, and becomes an output of
the new node (``autograd/inplace.py``); ``out=`` is never recorded. All checks come before the first write.

What an optimizer does all day, ``p.addcdiv_(m, v, value=-lr)`` on tensors of one float dtype and the same plain
geometry with nothing to record, takes the short way in ``inplace_twin``.

PyTorch: ``aten/src/ATen/native/TensorIterator.cpp`` (``resize_outputs``), ``MemoryOverlap.cpp``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.autograd.mutation import before_write
from minitorch.autograd.watch import watch
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.pending import begin_write
from minitorch.core.promotion import can_cast, scalar_type_name
from minitorch.core.storage import Storage
from minitorch.ops.declare.operands import (
    NUMBERS,
    Pointwise,
    arrays_of,
    check_kind,
    check_operands,
    operand_dtypes,
)
from minitorch.ops.declare.operator import ARGUMENT, RESULT, OperatorNode, device_of, make_node
from minitorch.tensor_base import TensorBase

_FLOATS = frozenset((dtypes.float32, dtypes.float64))


def inplace_twin(declaration: Pointwise, otherwise: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """``mul_`` of ``mul``. ``otherwise``: what is called where the short way does not apply."""
    form = {1: _unary_twin, 2: _binary_twin}.get(len(declaration.parameters), _twin_of_several)
    if declaration.operands != len(declaration.parameters):
        form = _twin_of_several
    call = form(declaration, otherwise or compute_inplace)
    call.__name__ = call.__qualname__ = declaration.forward.__name__.strip("_") + "_"
    call.__module__ = declaration.forward.__module__
    call.__doc__ = f"In-place form of ``{declaration.name}``: the result is written into ``input``."
    return call


def _takes_the_long_way(input: Any) -> bool:
    """Whether a write needs checks or a node, or is in a dtype or geometry that the short way does not know."""
    return (
        input._dtype not in _FLOATS
        or not input._geometry.is_plain
        or input._storage.is_inference
        or watch.writes > 0
        or (modes.enabled and (input._requires_grad or input._base is not None))
    )


def _unary_twin(declaration: Pointwise, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    forward, short = declaration.forward, "f" in declaration.kinds

    def call(input: Any) -> Any:
        if not short or not isinstance(input, TensorBase) or _takes_the_long_way(input):
            return otherwise(declaration, (input,))
        target, storage = input.array, input._storage
        result = forward(storage.device.backend.xp, target, target)
        if result is not target:
            target[...] = result
        storage.version += 1
        return input

    return call


def _binary_twin(declaration: Pointwise, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    forward, short, numbers = declaration.forward, "f" in declaration.kinds, declaration.numbers != "refused"

    def call(input: Any, other: Any) -> Any:
        if not short or not isinstance(input, TensorBase) or _takes_the_long_way(input):
            return otherwise(declaration, (input, other))
        kind, operand = type(other), other
        if (kind is not float and kind is not int) or not numbers:
            if not _goes_along(other, input):
                return otherwise(declaration, (input, other))
            operand = other.array
        target, storage = input.array, input._storage
        result = forward(storage.device.backend.xp, target, operand, target)
        if result is not target:
            target[...] = result
        storage.version += 1
        return input

    return call


def _twin_of_several(declaration: Pointwise, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    forward, short, numbers = declaration.forward, "f" in declaration.kinds, declaration.numbers != "refused"
    others = declaration.operands - 1

    def call(input: Any, *arguments: Any) -> Any:
        if not short or not isinstance(input, TensorBase) or _takes_the_long_way(input):
            return otherwise(declaration, (input, *arguments))
        arrays: list[Any] = []
        for operand in arguments[:others]:
            kind = type(operand)
            if (kind is float or kind is int) and numbers:
                arrays.append(operand)
            elif _goes_along(operand, input):
                arrays.append(operand.array)
            else:
                return otherwise(declaration, (input, *arguments))
        target, storage = input.array, input._storage
        result = forward(storage.device.backend.xp, target, *arrays, target, *arguments[others:])
        if result is not target:
            target[...] = result
        storage.version += 1
        return input

    return call


def _goes_along(operand: Any, input: Any) -> bool:
    """Whether an operand is a tensor like ``input``, and none that a node would have to be made for."""
    return (
        isinstance(operand, TensorBase)
        and operand._geometry is input._geometry
        and operand._dtype is input._dtype
        and operand._storage.device is input._storage.device
        and not (modes.enabled and (operand._requires_grad or operand._base is not None))
    )


def inplace_or_decline(declaration: Pointwise, arguments: Sequence[Any]) -> Any:
    """``x += other`` where ``other`` may be anything: NotImplemented tells Python to ask ``other``."""
    if not isinstance(arguments[1], (TensorBase, *NUMBERS)):
        return NotImplemented
    return compute_inplace(declaration, arguments)


def compute_inplace(declaration: Pointwise, arguments: Sequence[Any]) -> Any:
    """The forward, written into the first operand. All checks come before the first write."""
    input = arguments[0]
    if not isinstance(input, TensorBase):
        raise TypeError(
            f"{declaration.name}_(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    operands = arguments[: declaration.operands]
    device = check_operands(declaration, operands)
    name = declaration.name + "_"
    if device is not input._storage.device:
        device_of(name, operands)  # raises: only what is read may be a zero-dim tensor of the CPU
    check_inplace(input, name, *operands[1:])
    if declaration.check is not None:
        declaration.check(declaration.name, operands)
    if not input._geometry.pending:  # what is pending is read into a copy, which overlaps with nothing
        others = [o for o in operands[1:] if isinstance(o, TensorBase) and not o._geometry.pending]
        check_partial_overlap(input, others)
    _check_shape_fits(input, operands)
    compute_dtype, result_dtype = operand_dtypes(declaration, operands)
    _check_castable(result_dtype, input._dtype)
    check_kind(declaration, compute_dtype)
    node = make_node(declaration, arguments, input)
    if node is not None:
        keep_old_value(node, input)
    target = input.array
    direct = compute_dtype is input._dtype
    arrays = arrays_of(declaration, operands, compute_dtype, result_dtype, device)
    extra = arguments[declaration.operands :]
    array = declaration.forward(device.backend.xp, *arrays, target if direct else None, *extra)
    if array is not target:
        target[...] = array
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype, input._storage.device),)
        renew_saved_result(node, input)
        rebase_history(input, node)
    return input


def keep_old_value(node: OperatorNode, input: Any) -> None:
    """A derivative that needs the operand as it was before the write gets a copy of it, under its old history."""
    saved = node.saved or []
    for place, value in enumerate(saved):
        _, kind, index, _ = node.operator.saved[place]
        if value is input and kind is ARGUMENT and index == 0:  # not the other operand of x.mul_(x), as in PyTorch
            saved[place] = input.clone()  # type: ignore[attr-defined]
            node.versions[place] = 0


def renew_saved_result(node: OperatorNode, input: Any) -> None:
    """A derivative that needs the result finds it at the version after the write."""
    for place, saved in enumerate(node.operator.saved):
        if saved.kind is RESULT and node.versions[place] >= 0:
            node.versions[place] = input._storage.version


def _check_shape_fits(target: Any, operands: Sequence[Any]) -> None:
    shape = geo.broadcast_shapes(*[o.shape for o in operands if isinstance(o, TensorBase)])
    if shape != target.shape:
        raise RuntimeError(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(shape)}")


def _check_castable(result: Dtype, target: Dtype) -> None:
    if not can_cast(result, target):
        raise RuntimeError(
            f"result type {scalar_type_name(result)} can't be cast to the desired output type "
            f"{scalar_type_name(target)}; convert the written-to tensor with .to({result}), or write out of place"
        )


def check_partial_overlap(target: TensorBase, operands: Sequence[Any]) -> None:
    """``RuntimeError`` if an operand lies in the written memory, but not at exactly the same elements."""
    written = target._geometry
    for operand in operands:
        if not isinstance(operand, TensorBase) or operand._storage.data is not target._storage.data:
            continue
        read = operand._geometry
        if (read is written and operand._dtype is target._dtype) or not (written.numel and read.numel):
            continue
        if not (geo.is_dense(written) and geo.is_dense(read)):
            continue  # too hard to decide, also for PyTorch
        (begin, end), (other_begin, other_end) = _bytes_spanned(target), _bytes_spanned(operand)
        apart = other_end <= begin or end <= other_begin
        same = other_begin == begin and other_end == end and read.stride == written.stride
        if not apart and not same:
            raise RuntimeError(_SINGLE_LOCATION)


def _bytes_spanned(tensor: TensorBase) -> tuple[int, int]:
    geometry, itemsize = tensor._geometry, tensor._dtype.itemsize
    return geometry.offset * itemsize, (geometry.offset + geo.extent(geometry)) * itemsize


def refuse_overlap(target: TensorBase, *operands: Any) -> None:
    """``RuntimeError`` if an operand lies in the written memory, be it at the same elements: what is read would depend
    on what has been written before it."""
    for operand in operands:
        if operand is target:
            raise RuntimeError(_SINGLE_LOCATION)
        if isinstance(operand, TensorBase) and operand._storage.data is target._storage.data:
            same = operand._geometry.with_pending("") is target._geometry.with_pending("")
            if same and operand.numel() and geo.is_dense(target._geometry):  # else too hard to decide, also for PyTorch
                raise RuntimeError(_SINGLE_LOCATION)
    check_partial_overlap(target, operands)


_SINGLE_LOCATION = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)


# ---- out= ---------------------------------------------------------------------------------------------------------


def compute_into(declaration: Pointwise, arguments: Sequence[Any], out: Any) -> Any:
    """``out=``: resized if it has another shape, never recorded."""
    operands = arguments[: declaration.operands]
    name = declaration.name
    if declaration.out == "none":
        raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
    check_operands(declaration, operands)
    tensors = [a for a in arguments if isinstance(a, TensorBase)]
    check_out(name, out, tensors, differentiable=_has_gradient(declaration))
    if declaration.check is not None:
        declaration.check(name, operands)
    if declaration.out == "same":
        _check_out_of_unary(name, out, operands[0])
    elif declaration.out == "bool" and out._dtype is not dtypes.bool_:
        raise RuntimeError(f"{name} does not support non-boolean outputs.")
    check_partial_overlap(out, operands)
    geometry = geo.result_geometry(*[o._geometry for o in operands if isinstance(o, TensorBase)])
    if any(operand is out for operand in operands):
        _check_shape_fits(out, operands)
    compute_dtype, result_dtype = operand_dtypes(declaration, operands)
    _check_castable(result_dtype, out._dtype)
    check_kind(declaration, compute_dtype)
    extra = arguments[declaration.operands :]
    arrays = arrays_of(declaration, operands, compute_dtype, result_dtype, out._storage.device)
    array = declaration.forward(out.device.backend.xp, *arrays, None, *extra)
    if compute_dtype is not result_dtype and compute_dtype.category == result_dtype.category:
        array = out.device.backend.xp.asarray(array, result_dtype.np)  # rounded to half precision before it is widened
    return write_out(out, array, geometry.shape, geometry)


def _has_gradient(declaration: Pointwise) -> bool:
    return bool(declaration.differentiable) and declaration.promotion != "bool" and declaration.name != "conj_physical"


def _check_out_of_unary(name: str, out: TensorBase, input: Any) -> None:
    """PyTorch's older operators of one operand convert nothing on the way out, but for ``abs`` of complex numbers."""
    if out._dtype is not input._dtype and not (name == "abs" and input._dtype.category == dtypes.COMPLEX):
        raise RuntimeError(
            f"{name}: Found dtype {scalar_type_name(out._dtype)} but expected {scalar_type_name(input._dtype)}"
        )


def check_out(name: str, out: Any, inputs: Sequence[Any], differentiable: bool = True) -> None:
    """``out=`` must be a tensor on the inputs' device, and neither side may require grad while recording, unless the
    result is nothing that has a gradient."""
    if not isinstance(out, TensorBase):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if differentiable and modes.enabled and (out.requires_grad or any(t.requires_grad for t in inputs)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    if out._storage.is_inference and not modes.inference:
        raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed; clone() it first.")
    device_of(name, (out, *[tensor for tensor in inputs if tensor.ndim or tensor.device.type != "cpu"]))
    if watch.writes:
        before_write(out)
    if geo.overlaps_itself(out._geometry):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def check_out_dtype(out: TensorBase, dtype: Dtype) -> None:
    """``RuntimeError`` unless ``out`` has the dtype of the result, where none is converted to another."""
    if out._dtype is not dtype:
        raise RuntimeError(f"Expected out tensor to have dtype {dtype}, but got {out._dtype} instead")


def grow_storage(storage: Storage, geometry: geo.Geometry, itemsize: int) -> None:
    """Let the storage be long enough for a geometry."""
    needed = (geometry.offset + geo.extent(geometry)) * itemsize if geometry.numel else 0
    if needed > storage.nbytes():
        storage.resize_(needed)


def make_room(tensor: Any, geometry: geo.Geometry) -> None:
    """Give a tensor another geometry over its own memory, which grows if need be and never shrinks."""
    geometry = geo.Geometry(geometry.shape, geometry.stride, tensor._geometry.offset)
    grow_storage(tensor._storage, geometry, tensor._dtype.itemsize)
    tensor._geometry, tensor._array = geometry, None


def write_out(out: Any, array: Any, shape: tuple[int, ...], geometry: geo.Geometry | None = None) -> Any:
    """Write a finished result into ``out``, giving it the result's shape first (with PyTorch's warning).

    ``geometry``: how the result lies in memory if ``out`` is resized; contiguous where there is none.
    """
    if out.shape != tuple(shape):
        if out.numel():
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not "
                f"match the required output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out "
                "tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
                stacklevel=3,
            )
        make_room(out, geometry or geo.contiguous(tuple(shape)))
    if out._geometry.pending:
        begin_write(out)
    out.array[...] = array
    bump_version(out)
    return out
