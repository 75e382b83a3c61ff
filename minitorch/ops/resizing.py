"""Resizing: changing a tensor's own geometry, ``unsqueeze_``, ``t_``, ``as_strided_``, ``resize_``, ``set_``.

These write no element. The first kind are the in-place forms of views: the tensor becomes what the view would have
been, history and all. ``resize_`` may also ask for more memory; what it finds there is whatever was there before.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp`` and ``aten/src/ATen/native/Resize.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from minitorch.autograd.inplace import bump_version, check_inplace
from minitorch.core import geometry as geo
from minitorch.core.memory_format import format_geometry, memory_format, preserve_format
from minitorch.core.storage import Storage
from minitorch.ops import arguments as arg
from minitorch.ops.parts import as_strided
from minitorch.ops.views import squeeze, swapaxes, t, transpose, unsqueeze


def _becoming(view: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The in-place form of a view: ``input`` becomes ``view(input, ...)``."""

    def call(input: Any, *arguments: Any, **names: Any) -> Any:
        result = view(input, *arguments, **names)
        check_inplace(input, name, overlap=True)
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
    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any(length < 0 for length in wanted):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(wanted)}: {list(wanted)}")
    own = input._geometry
    if wanted == own.shape and memory_format is None:
        return input
    plain = geo.contiguous(wanted)
    shaped = plain if memory_format is None else format_geometry(plain, memory_format)
    geometry = geo.Geometry(shaped.shape, shaped.stride, own.offset)
    needed = (geometry.offset + geo.extent(geometry)) * input._dtype.itemsize if geometry.numel else 0
    _grow(input._storage, needed)
    input._geometry, input._array = geometry, None
    bump_version(input)
    return input


def resize_as_(input: Any, the_template: Any, *, memory_format: memory_format | None = None) -> Any:
    """``resize_`` to the shape of another tensor."""
    template = arg.tensor(the_template, "resize_as_", "the_template")
    resize_(input, template.shape)
    if memory_format is preserve_format:
        input._geometry, input._array = format_geometry(template._geometry, preserve_format), None
    return input


def _grow(storage: Storage, nbytes: int) -> None:
    """More memory behind the bytes that are there. Every tensor over the storage makes its array anew."""
    if nbytes <= storage.nbytes():
        return
    memory = storage.device.backend.allocate(nbytes)
    memory[: storage.nbytes()] = storage.flat_bytes()
    storage.data = memory


def set_(input: Any, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Any:
    """Make this tensor look at the memory of ``source``: a tensor, or a storage with offset, size and stride."""
    if source is None:
        empty = geo.contiguous((0,))
        input._storage, input._geometry = Storage.allocate(0, input._storage.device), empty
    elif isinstance(source, Storage):
        if size is None:
            length = source.nbytes() // input._dtype.itemsize - storage_offset
            geometry = geo.as_strided((length,), (1,), storage_offset)
        else:
            shape = arg.integers(size, "set_", "size")
            steps = geo.contiguous_stride(shape) if stride is None else arg.integers(stride, "set_", "stride")
            geometry = geo.as_strided(shape, steps, storage_offset)
            needed = (geometry.offset + geo.extent(geometry)) * input._dtype.itemsize if geometry.numel else 0
            _grow(source, needed)
        input._storage, input._geometry = source, geometry
    else:
        other = arg.tensor(source, "set_", "source")
        if other._dtype is not input._dtype:
            raise RuntimeError(f"Could not set tensor of type {other._dtype} to a tensor of type {input._dtype}")
        input._storage, input._geometry = other._storage, other._geometry
    input._array = None
    return input
