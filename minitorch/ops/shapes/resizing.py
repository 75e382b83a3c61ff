"""Resizing: changing a tensor's own geometry, ``unsqueeze_``, ``t_``, ``as_strided_``, ``resize_``, ``set_``.

These write no element. The first kind are the in-place forms of views: the tensor becomes what the view would have
been, history and all. ``resize_`` may also ask for more memory; what it finds there is whatever was there before.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp`` and ``aten/src/ATen/native/Resize.cpp``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from minitorch.autograd.inplace import bump_version, check_inplace
from minitorch.core import geometry as geo
from minitorch.core.memory_format import format_geometry, memory_format, preserve_format, suggested_format
from minitorch.core.storage import Storage
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import Operator, make_node
from minitorch.ops.declare.writing import grow_storage
from minitorch.ops.shapes.parts import as_strided
from minitorch.ops.shapes.views import squeeze, swapaxes, t, transpose, unsqueeze, view_as_size
from minitorch.storage import TypedStorage
from minitorch.tensor_base import TensorBase


def _becoming(view: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The in-place form of a view: ``input`` becomes ``view(input, ...)``."""

    def call(input: Any, *arguments: Any, **names: Any) -> Any:
        if isinstance(input, TensorBase):
            check_inplace(input, name, overlap=True)
        result = view(input, *arguments, **names)
        input._geometry, input._array = result._geometry, None
        bump_version(input)
        node = result._grad_fn
        if node is not None:
            kind: Any = type(node)
            node.__class__ = _in_place_class(kind)
            input._grad_fn, input._output_nr, input._requires_grad = node, result._output_nr, True
            if input._base is not None:
                input._view_version = input._storage.version
        return input

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"In-place form of ``{name[:-1]}``: changes this tensor's shape and strides."
    return call


_IN_PLACE_NAMES = {
    "SqueezeBackward0": "SqueezeBackward3", "SqueezeBackward1": "SqueezeBackward4",
    "SqueezeBackward2": "SqueezeBackward5", "UnsqueezeBackward0": "UnsqueezeBackward1", "TBackward0": "TBackward1",
    "TransposeBackward0": "TransposeBackward1", "AsStridedBackward0": "AsStridedBackward1",
}  # fmt: skip


@cache
def _in_place_class(node_class: Any) -> Any:
    """The same node under the name that PyTorch gives it in place."""
    return type(_IN_PLACE_NAMES[node_class.__name__], (node_class,), {"__slots__": ()})


squeeze_ = _becoming(squeeze, "squeeze_")
unsqueeze_ = _becoming(unsqueeze, "unsqueeze_")
t_ = _becoming(t, "t_")
transpose_ = _becoming(transpose, "transpose_")
swapaxes_ = _becoming(swapaxes, "swapaxes_")
as_strided_ = _becoming(as_strided, "as_strided_")


def resize_(input: Any, *sizes: Any, size: Any = None, memory_format: memory_format | None = None) -> Any:
    """Give this tensor another shape over its own memory, which grows if need be; new elements are uninitialised."""
    wanted = arg.sizes(sizes, "resize_", "size", size)
    _check_resizable(input, "resize_")
    if any(length < 0 for length in wanted):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(wanted)}: {list(wanted)}")
    if memory_format is preserve_format:
        raise RuntimeError("resize_: unsupported memory format preserve_format; give a format, or none")
    own = input._geometry
    if wanted == own.shape and memory_format is None:
        return input
    plain = geo.contiguous(wanted)
    shaped = plain if memory_format is None else format_geometry(plain, memory_format)
    geometry = geo.Geometry(shaped.shape, shaped.stride, own.offset, own.pending)
    grow_storage(input._storage, geometry, input._dtype.itemsize)
    input._geometry, input._array = geometry, None
    bump_version(input)
    return input


def _check_resizable(input: Any, name: str) -> None:
    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    check_inplace(input, name, overlap=True)


def resize_as_(input: Any, the_template: Any, *, memory_format: memory_format | None = None) -> Any:
    """``resize_`` to the shape of another tensor."""
    template = arg.tensor(the_template, "resize_as_", "the_template")
    keeps_format = memory_format is preserve_format
    resize_(input, template.shape, memory_format=None if keeps_format else memory_format)
    if keeps_format:
        own = input._geometry
        wanted = format_geometry(own, suggested_format(template._geometry))
        input._geometry, input._array = geo.Geometry(wanted.shape, wanted.stride, own.offset), None
    return input


def resize(input: Any, *sizes: Any) -> Any:
    """``view`` under a name that promises too much; warns so. ``RuntimeError`` if the number of elements differs."""
    warnings.warn("non-inplace resize is deprecated", stacklevel=2)
    wanted = arg.sizes(sizes, "resize", "size")
    count = math.prod(wanted)
    if count != input._geometry.numel:
        raise RuntimeError(
            f"requested resize to {'x'.join(map(str, wanted))} ({count} elements in total), but the given tensor has a "
            f"size of {'x'.join(map(str, input.shape))} ({input._geometry.numel} elements). autograd's resize can only "
            "change the shape of a given tensor, while preserving the number of elements."
        )
    return view_as_size(input.contiguous(), wanted)


def resize_as(input: Any, tensor: Any) -> Any:
    """``resize`` to the shape of another tensor."""
    return resize(input, arg.tensor(tensor, "resize_as", "tensor").shape)


# ---- set_: a tensor over other memory -------------------------------------------------------------------------------


def _set(xp: Any, input: Any, source: Any) -> Any:
    """Looking at the memory of source."""
    return input


def _no_derivative(grad: Any) -> Any:
    raise RuntimeError("derivative for set_ is not implemented")


_setting = Operator(_set, "torch::autograd::NotImplemented", skip=1)
_setting.add_derivative(("input",), _no_derivative)
_setting.add_derivative(("source",), _no_derivative)


def set_(input: Any, *args: Any, **names: Any) -> Any:
    """Make this tensor look at other memory: ``set_()`` at none, ``set_(tensor)`` at a tensor's, ``set_(storage)``;
    with ``storage_offset, size, stride`` behind the source at a part of it. Versions stay apart."""
    given = dict(zip(("source", "storage_offset", "size", "stride"), args)) | names
    if len(args) > 4 or len(given) < len(args) + len(names) or not _is_form_of_set(given):
        raise TypeError(
            f"set_() received an invalid combination of arguments - got "
            f"({', '.join(type(value).__name__ for value in given.values())}), but expected (), (Storage source), "
            "(Tensor source), or either source with (int storage_offset, tuple of ints size, tuple of ints stride)"
        )
    source = given.get("source")
    memory, geometry = _what_to_look_at(input, source, given)
    check_inplace(input, "set_", source, overlap=True)
    node = make_node(_setting, (input, source), input)
    bump_version(input)
    twin = memory.with_version_of(input._storage)
    input._storage, input._geometry, input._array = twin, geometry, None
    if node is not None:
        node.outputs = ((geometry, input._dtype, twin.device),)
        input._grad_fn, input._output_nr, input._requires_grad = node, 0, True
        if input._base is not None:
            input._view_version = twin.version
    return input


def _is_form_of_set(given: dict[str, Any]) -> bool:
    kinds: dict[str, Any] = {"storage_offset": int, "size": (tuple, list), "stride": (tuple, list)}
    if "source" in given and not isinstance(given["source"], (Storage, TensorBase, TypedStorage)):
        return False
    if len(given) > 1 and not {"source", "storage_offset", "size"} <= given.keys():
        return False
    return all(name == "source" or (name in kinds and isinstance(given[name], kinds[name])) for name in given)


def _what_to_look_at(input: Any, source: Any, given: dict[str, Any]) -> tuple[Storage, geo.Geometry]:
    """The memory and the geometry over it that the arguments of ``set_`` ask for; the memory is long enough."""
    if source is None:
        return Storage.allocate(0, input._storage.device), geo.contiguous((0,))
    dtype = source._dtype if isinstance(source, TensorBase) else getattr(source, "dtype", input._dtype)
    if dtype is not input._dtype:
        raise RuntimeError(
            f"set_: expected a source of dtype {input._dtype}, as this tensor has, or an untyped storage, but got "
            f"{dtype}. Convert it first, or view(dtype) it."
        )
    if isinstance(source, TypedStorage):
        source = source.untyped()
    memory = source if isinstance(source, Storage) else source.untyped_storage()
    if memory.device != input._storage.device:
        raise RuntimeError(
            f'Attempted to set the storage of a tensor on device "{input._storage.device}" to a storage on different '
            f'device "{memory.device}".  This is no longer allowed; the devices must match.'
        )
    if "size" not in given:
        if isinstance(source, TensorBase):
            return memory, geo.Geometry(source.shape, source._geometry.stride, source._geometry.offset)
        return memory, geo.contiguous((memory.nbytes() // input._dtype.itemsize,))
    shape, offset = arg.integers(given["size"], "set_", "size"), given["storage_offset"]
    steps = geo.contiguous_stride(shape) if "stride" not in given else arg.integers(given["stride"], "set_", "stride")
    if len(shape) != len(steps):
        raise RuntimeError(f"set_: unequal size length ({len(shape)}) and stride length ({len(steps)})")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if any(number < 0 for number in (*shape, *steps)):
        raise RuntimeError(f"set_: negative numbers are no geometry: sizes {list(shape)}, strides {list(steps)}")
    geometry = geo.Geometry(shape, steps, offset)
    grow_storage(memory, geometry, input._dtype.itemsize)
    return memory, geometry
