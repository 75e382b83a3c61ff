"""Views of the whole: other shapes and orders of dimensions over the same memory.

Every forward here is one call into ``core/geometry``; no element moves. The derivative of a view is the movement
backwards: transposing again, giving back the old shape, summing what was expanded. Views of a part of a tensor are in
``parts.py`` and ``splitting.py``.

``reshape`` and what is made of it (``flatten``, ``ravel``) copy only where no view is possible.

PyTorch: ``aten/src/ATen/native/TensorShape.cpp``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Geometry
from minitorch.core.memory_format import contiguous_format
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import Operator, record
from minitorch.ops.declare.view import view
from minitorch.tensor_base import TensorBase, over_storage

# ---- another shape --------------------------------------------------------------------------------------------------


@view("ViewBackward0")
def _view(geometry: Geometry, size: tuple[int, ...]) -> Geometry:
    """The same elements in the same order under another shape."""
    return geo.view(geometry, size)


@_view.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


def view_as_size(input: Any, *shape: Any, size: Any = None, dtype: Any = None) -> Any:
    """``view(2, 3)``: that shape over the same elements; one size may be -1. ``view(dtype)``: the bytes read anew.

    ``RuntimeError`` where strides forbid it.
    """
    if dtype is not None or (shape and type(shape[0]) is Dtype):
        return view_as_dtype(input, shape[0] if dtype is None else dtype)
    return _view(input, arg.sizes(shape, "view", "size", size))


def view_as_dtype(input: Any, dtype: Dtype) -> Any:
    """The same bytes read as another dtype: smaller elements lengthen the last dimension, larger ones shorten it."""
    old: Dtype = input._dtype
    new = arg.dtype(dtype, "view")
    if input._geometry.pending and new is not old:
        bit = "conjugate" if input.is_conj() else "negative"
        raise RuntimeError(
            f"torch.Tensor.view is not supported for {bit} view tensors when converting to a different dtype."
        )
    what = f"to view {scalar_type_name(old)} as {scalar_type_name(new)} (different element sizes)"
    return over_storage(input._storage, new, geo.reinterpret(input._geometry, old.itemsize, new.itemsize, what))


@view("ReshapeAliasBackward0")
def _reshape_alias(geometry: Geometry, size: tuple[int, ...]) -> Geometry:
    """``view`` under the name it has when ``reshape`` finds that strides allow it."""
    return geo.view(geometry, size)


@_reshape_alias.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


def reshape(input: Any, *size: Any, shape: Any = None) -> Any:
    """A view of that shape if strides allow it, else a contiguous copy."""
    if not isinstance(input, TensorBase):
        arg.tensor(input, "reshape", "input")
    wanted = arg.sizes(size, "reshape", "shape", shape)
    if geo.try_view(input._geometry, wanted) is not None:
        return _view(input, wanted) if input._geometry.is_contiguous else _reshape_alias(input, wanted)
    return _unsafe_view(input.clone(memory_format=contiguous_format), wanted)


def _with_shape(xp: Any, input: Any, size: tuple[int, ...]) -> Any:
    """The memory of a fresh copy under another shape, without being known as a view."""
    return input


_unsafe_view_operator = Operator(_with_shape, "UnsafeViewBackward0", skip=1)
_unsafe_view_operator.add_derivative(("input",), lambda grad, input_geometry: reshape(grad, input_geometry.shape))


def _unsafe_view(input: Any, size: tuple[int, ...]) -> Any:
    result = over_storage(input._storage, input._dtype, geo.view(input._geometry, size))
    record(_unsafe_view_operator, (input, size), result)
    return result


def view_as(input: Any, other: Any) -> Any:
    """``input.view(other.size())``."""
    return _view(input, arg.tensor(other, "view_as", "other").shape)


def reshape_as(input: Any, other: Any) -> Any:
    """``input.reshape(other.size())``."""
    return reshape(input, arg.tensor(other, "reshape_as", "other").shape)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions ``start_dim..end_dim`` merged into one; a zero-dim tensor becomes one-dimensional."""
    shape = arg.tensor(input, "flatten", "input")._geometry.shape
    start = geo.wrap_dim(arg.integer(start_dim, "flatten", "start_dim"), len(shape))
    end = geo.wrap_dim(arg.integer(end_dim, "flatten", "end_dim"), len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, (1,))
    if start == end:
        return input
    return reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def ravel(input: Any) -> Any:
    """All dimensions merged into one."""
    return _view(arg.tensor(input, "ravel", "input").contiguous(), (input._geometry.numel,))


def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Any:
    """One dimension split into several of ``sizes``, one of which may be -1."""
    shape = arg.tensor(input, "unflatten", "input")._geometry.shape
    dim = geo.wrap_dim(arg.integer(dim, "unflatten", "dim"), len(shape))
    if not isinstance(sizes, (tuple, list)):
        raise TypeError(f"unflatten(): argument 'sizes' must be tuple of ints, not {type(sizes).__name__}")
    wanted = arg.integers(sizes, "unflatten", "sizes")
    if not shape:
        raise RuntimeError(f"unflatten: dim {dim} was given, but the tensor has no dimensions")
    if not wanted:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if -1 not in wanted and math.prod(wanted) != shape[dim]:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(wanted)} don't multiply up to the size of dim {dim} ({shape[dim]}) in "
            "the input tensor"
        )
    return _view(input, (*shape[:dim], *geo.infer_size(wanted, shape[dim]), *shape[dim + 1 :]))


# ---- another order of dimensions ------------------------------------------------------------------------------------


@view("TransposeBackward0")
def _transpose(geometry: Geometry, dim0: int, dim1: int) -> Geometry:
    """Two dimensions swapped."""
    return geo.transpose(geometry, dim0, dim1)


@_transpose.derivative("input")
def _(grad: Any, dim0: int, dim1: int) -> Any:
    return _transpose(grad, dim0, dim1)


def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Swap two dimensions."""
    if type(dim0) is not int or type(dim1) is not int:
        dim0, dim1 = arg.integer(dim0, "transpose", "dim0"), arg.integer(dim1, "transpose", "dim1")
    return _transpose(input, dim0, dim1)


swapdims = transpose


def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """``transpose`` under NumPy's name."""
    return transpose(input, axis0, axis1)


@view("TBackward0")
def _t(geometry: Geometry) -> Geometry:
    """Transpose of a matrix."""
    return geo.transpose(geometry, 0, 1) if geometry.ndim == 2 else geometry


@_t.derivative("input")
def _(grad: Any) -> Any:
    return _t(grad)


def t(input: Any) -> Any:
    """Transpose of a matrix; vectors and zero-dim tensors as they are. ``RuntimeError`` beyond two dimensions."""
    if isinstance(input, TensorBase) and input._geometry.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return _t(input)


@view("PermuteBackward0")
def _permute(geometry: Geometry, dims: tuple[int, ...]) -> Geometry:
    """The dimensions in another order."""
    return geo.permute(geometry, dims)


@_permute.derivative("input")
def _(grad: Any, dims: tuple[int, ...]) -> Any:
    order = [dim % len(dims) for dim in dims]
    return _permute(grad, tuple(order.index(dim) for dim in range(len(order))))


def permute(input: Any, *order: Any, dims: Any = None) -> Any:
    """Result dimension ``i`` is ``dims[i]`` of the input."""
    return _permute(input, arg.sizes(order, "permute", "dims", dims))


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Move dimensions ``source`` to ``destination``; the others keep their order."""
    if isinstance(source, (tuple, list)) is not isinstance(destination, (tuple, list)):
        raise TypeError(
            "movedim(): arguments 'source' and 'destination' must both be int or both be tuple of ints, not "
            f"{type(source).__name__} and {type(destination).__name__}"
        )
    origin = arg.integers(source, "movedim", "source")
    target = arg.integers(destination, "movedim", "destination")
    ndim = arg.tensor(input, "movedim", "input")._geometry.ndim
    order = geo.movedim_order(ndim, origin, target)
    return _permute(input, order) if ndim else alias(input)


def _matrix_transpose(input: Any, name: str) -> Any:
    if input._geometry.ndim == 0:
        warnings.warn(f"Tensor.{name} is deprecated on 0-D tensors, where it moves nothing.", stacklevel=3)
        return input
    if input._geometry.ndim == 1:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got {input._geometry.ndim}-D tensor."
        )
    return _transpose(input, -2, -1)


def matrix_transpose(input: Any) -> Any:
    """The last two dimensions swapped (``.mT``)."""
    return _matrix_transpose(input, "mT")


def conjugate_transpose(input: Any) -> Any:
    """``.mT`` and complex conjugate (``.mH``)."""
    swapped = _matrix_transpose(input, "mH")
    return swapped.conj() if input.is_complex() else swapped


def adjoint(input: Any) -> Any:
    """``.mH`` as a method."""
    swapped = _matrix_transpose(input, "adjoint()")
    return swapped.conj() if input.is_complex() else swapped


def hermitian(input: Any) -> Any:
    """Conjugate transpose of a single matrix (``.H``)."""
    ndim = input._geometry.ndim
    if ndim not in (0, 2):
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.")
    if ndim == 2:
        return conjugate_transpose(input)
    return input.conj() if input.is_complex() else input


def numpy_transpose(input: Any) -> Any:
    """All dimensions reversed (``.T``). Warns for tensors that are no matrices, as PyTorch does."""
    ndim = input._geometry.ndim
    if ndim == 0:
        warnings.warn("Tensor.T is deprecated on 0-D tensors. This function is the identity there.", stacklevel=2)
    elif ndim != 2:
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or `x.permute(...)` "
            "to reverse the dimensions of a tensor.",
            stacklevel=2,
        )
    return _permute(input, tuple(range(ndim - 1, -1, -1)))


# ---- more elements than there are -----------------------------------------------------------------------------------


@view("ExpandBackward0")
def _expand(geometry: Geometry, size: tuple[int, ...]) -> Geometry:
    """Dimensions of size 1 repeated by stride 0."""
    return geo.expand(geometry, size)


@_expand.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return grad.sum_to_size(input_geometry.shape)


def expand(input: Any, *sizes: Any, size: Any = None, implicit: bool = False) -> Any:
    """Broadcast to ``size`` without a copy; -1 keeps a dimension's size."""
    return _expand(input, arg.sizes(sizes, "expand", "size", size))


def expand_as(input: Any, other: Any) -> Any:
    """``input.expand(other.size())``."""
    return _expand(input, arg.tensor(other, "expand_as", "other").shape)


def broadcast_to(input: Any, size: Any) -> Any:
    """``input.expand(size)``."""
    return _expand(input, arg.integers(size, "broadcast_to", "size"))


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All tensors expanded to their common shape."""
    arg.tensors(tensors)
    shape = geo.broadcast_shapes(*(t._geometry.shape for t in tensors))
    return tuple(t if t._geometry.shape == shape else _expand(t, shape) for t in tensors)


# ---- dimensions of size 1 -------------------------------------------------------------------------------------------


@view("SqueezeBackward0")
def _squeeze_all(geometry: Geometry) -> Geometry:
    """Drop all dimensions of size 1."""
    return geo.squeeze(geometry, None)


@_squeeze_all.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


@view("SqueezeBackward1")
def _squeeze_dim(geometry: Geometry, dim: int) -> Geometry:
    """Drop one dimension if it has size 1."""
    return geo.squeeze(geometry, (dim,))


@_squeeze_dim.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


@view("SqueezeBackward2")
def _squeeze_dims(geometry: Geometry, dim: tuple[int, ...]) -> Geometry:
    """Drop those of the named dimensions that have size 1."""
    return geo.squeeze(geometry, dim)


@_squeeze_dims.derivative("input")
def _(grad: Any, input_geometry: Geometry) -> Any:
    return reshape(grad, input_geometry.shape)


def squeeze(input: Any, *dims: Any, dim: Any = arg.ALL) -> Any:
    """Drop dimensions of size 1: all, or those named."""
    if dims:
        if dim is not arg.ALL:
            raise TypeError("squeeze() got multiple values for argument 'dim'")
        dim = dims[0] if len(dims) == 1 else dims
    if dim is arg.ALL:
        return _squeeze_all(input)
    if isinstance(dim, (tuple, list)):
        return _squeeze_dims(input, arg.integers(dim, "squeeze", "dim"))
    return _squeeze_dim(input, arg.integer(dim, "squeeze", "dim"))


@view("UnsqueezeBackward0")
def _unsqueeze(geometry: Geometry, dim: int) -> Geometry:
    """A new dimension of size 1."""
    return geo.unsqueeze(geometry, dim)


@_unsqueeze.derivative("input")
def _(grad: Any, dim: int) -> Any:
    return _squeeze_dim(grad, dim)


def unsqueeze(input: Any, dim: int) -> Any:
    """Insert a dimension of size 1 before ``dim``."""
    return _unsqueeze(input, dim if type(dim) is int else arg.integer(dim, "unsqueeze", "dim"))


def atleast_1d(*tensors: Any) -> Any:
    """Zero-dim tensors as one-dimensional ones; others as they are. One tensor, or a tuple for several."""
    return _for_each(tensors, lambda t: reshape(t, (1,)) if t.ndim == 0 else t)


def atleast_2d(*tensors: Any) -> Any:
    """Vectors as rows, zero-dim tensors as 1 by 1; others as they are."""
    return _for_each(tensors, lambda t: reshape(t, (1, 1)) if t.ndim == 0 else _unsqueeze(t, 0) if t.ndim == 1 else t)


def atleast_3d(*tensors: Any) -> Any:
    """(n,) as (1, n, 1), (n, m) as (n, m, 1), zero-dim tensors as (1, 1, 1); others as they are."""

    def at_least_three(t: Any) -> Any:
        if t.ndim == 0:
            return reshape(t, (1, 1, 1))
        if t.ndim == 1:
            return _unsqueeze(_unsqueeze(t, 0), -1)
        return _unsqueeze(t, -1) if t.ndim == 2 else t

    return _for_each(tensors, at_least_three)


def _for_each(tensors: tuple[Any, ...], change: Any) -> Any:
    alone = len(tensors) == 1 and not isinstance(tensors[0], (tuple, list))
    given = arg.tensors(tensors[0] if len(tensors) == 1 and not alone else tensors)
    return change(given[0]) if alone else tuple([change(t) for t in given])


# ---- the same -------------------------------------------------------------------------------------------------------


def detach(input: Any) -> Any:
    """The same memory outside of any graph. In-place writes to it still count as writes to the input."""
    if not isinstance(input, TensorBase):
        arg.check_tensor(input, "detach")
    return over_storage(input._storage, input._dtype, input._geometry)


def as_subclass(input: Any, cls: type) -> Any:
    """A view of everything that is an instance of ``cls``, a subclass of ``Tensor``."""
    if not (isinstance(cls, type) and issubclass(cls, TensorBase)):
        raise TypeError(f"as_subclass(): expected a subclass of Tensor, but got {cls!r}")
    result = alias(input)
    result.__class__ = cls
    return result


def make_subclass(cls: type, data: Any, require_grad: bool = False) -> Any:
    """A leaf of class ``cls`` over the memory of ``data``. ``RuntimeError`` if an integer is to require grad."""
    if not (isinstance(cls, type) and issubclass(cls, TensorBase)):
        raise TypeError(f"_make_subclass(): argument 'cls' must be a subclass of Tensor, not {cls!r}")
    result = detach(arg.tensor(data, "_make_subclass", "data"))
    result.__class__ = cls
    return result.requires_grad_() if require_grad else result


@view("AliasBackward0")
def alias(geometry: Geometry) -> Geometry:
    """A view of everything."""
    return geometry


@alias.derivative("input")
def _(grad: Any) -> Any:
    return grad
