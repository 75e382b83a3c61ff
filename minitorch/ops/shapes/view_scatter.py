"""A view written into a copy: ``diagonal_scatter select_scatter slice_scatter as_strided_scatter``.

``y = x.clone(); y.diagonal().copy_(src)`` without a write that the graph would see: the result is ``x`` except where
the view reads, and there it is ``src``. So the gradient of ``src`` is the view of what comes back, and that of ``x`` is
the rest, with zeros where ``src`` went (except for ``as_strided_scatter``, where PyTorch has it the other way round).

PyTorch: ``aten/src/ATen/native/TensorShape.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import Operator, OperatorFunction, record
from minitorch.ops.reductions.reduction import deliver
from minitorch.ops.shapes.copying import as_dtype
from minitorch.ops.shapes.parts import _as_strided, _diagonal, _select, _slice
from minitorch.tensor_base import allocate, check_in_bounds


def _scattering(view: OperatorFunction, grad_fn: str) -> Any:
    """The function ``(input, src, *arguments of the view)`` that writes ``src`` into a copy where ``view`` reads."""
    part_of = view.operator.forward

    def forward(xp: Any, input: Any, src: Any, arguments: tuple[Any, ...]) -> Any:
        """``src`` where the view reads, ``input`` elsewhere."""
        return input

    operator = Operator(forward, grad_fn, skip=1)

    def scatter(input: Any, src: Any, arguments: tuple[Any, ...]) -> Any:
        part = part_of(input._geometry, *arguments)
        if src.shape != part.shape:
            raise RuntimeError(
                f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, slice size = "
                f"{list(part.shape)}"
            )
        src = src.to(input._storage.device)
        result = _copy_with_strides(input)
        view(result, *arguments).array[...] = as_dtype(src.array, src._dtype, input._dtype)
        record(operator, (input, src, arguments), result)
        return result

    @_derivative(operator, "input")
    def _(grad: Any, src_geometry: Geometry, arguments: tuple[Any, ...]) -> Any:
        if view is _as_strided:  # PyTorch keeps the part here instead of the rest, which this repeats
            grad = grad.contiguous()
            return scatter(grad.new_zeros(grad.shape), view(grad, *arguments), arguments)
        return scatter(grad, grad.new_zeros(src_geometry.shape), arguments)

    @_derivative(operator, "src")
    def _(grad: Any, arguments: tuple[Any, ...]) -> Any:
        return view(grad, *arguments)

    return scatter


def _derivative(operator: Operator, name: str) -> Callable[[Callable[..., Any]], None]:
    return lambda formula: operator.add_derivative((name,), formula)


def _copy_with_strides(input: Any) -> Any:
    """A copy with the input's own strides, gaps included, unless elements share memory."""
    geometry = input._geometry.with_pending("")  # what is pending, a conjugation, is done by the copy
    if geo.maybe_overlaps_itself(geometry):
        geometry = geo.contiguous(geometry.shape)
    elif geometry.offset:
        geometry = geo.as_strided(geometry.shape, geometry.stride, 0)
    result = allocate(geometry, input._dtype, input._storage.device)
    result.array[...] = input.array
    return result


_diagonal_scatter = _scattering(_diagonal, "DiagonalScatterBackward0")
_select_scatter = _scattering(_select, "SelectScatterBackward0")
_slice_scatter = _scattering(_slice, "SliceScatterBackward0")
_as_strided_scatter = _scattering(_as_strided, "AsStridedScatterBackward0")


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1, *, out: Any = None) -> Any:
    """A copy of ``input`` with ``src`` on a diagonal."""
    _check(input, src, "diagonal_scatter")
    where = (("offset", offset), ("dim1", dim1), ("dim2", dim2))
    arguments = tuple(arg.integer(value, "diagonal_scatter", name) for name, value in where)
    return deliver(_diagonal_scatter(input, src, arguments), out, "diagonal_scatter", input, src)


def select_scatter(input: Any, src: Any, dim: int, index: int, *, out: Any = None) -> Any:
    """A copy of ``input`` with ``src`` at one index of a dimension."""
    _check(input, src, "select_scatter")
    axis, place = arg.integer(dim, "select_scatter", "dim"), arg.integer(index, "select_scatter", "index")
    return deliver(_select_scatter(input, src, (axis, place)), out, "select_scatter", input, src)


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1, *,
    out: Any = None,
) -> Any:  # fmt: skip
    """A copy of ``input`` with ``src`` in ``start:end:step`` of a dimension."""
    _check(input, src, "slice_scatter")
    bounds = [None if bound is None else arg.integer(bound, "slice_scatter", "start") for bound in (start, end)]
    axis = arg.integer(dim, "slice_scatter", "dim")
    arguments = (axis, *bounds, arg.integer(step, "slice_scatter", "step"))
    return deliver(_slice_scatter(input, src, arguments), out, "slice_scatter", input, src)


def as_strided_scatter(
    input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None, *, out: Any = None
) -> Any:
    """A copy of ``input`` with ``src`` where ``as_strided`` would read."""
    _check(input, src, "as_strided_scatter")
    shape, steps = (
        arg.integers(size, "as_strided_scatter", "size"),
        arg.integers(stride, "as_strided_scatter", "stride"),
    )
    offset = 0 if storage_offset is None else arg.integer(storage_offset, "as_strided_scatter", "storage_offset")
    check_in_bounds(geo.as_strided(shape, steps, offset), input._storage, input._dtype.itemsize)
    result = _as_strided_scatter(input, src, (shape, steps, offset))
    return deliver(result, out, "as_strided_scatter", input, src)


def _check(input: Any, src: Any, function: str) -> None:
    arg.check_tensor(input, function)
    arg.check_tensor(src, function, "src", 2)
    if function in ("select_scatter", "slice_scatter"):
        arg.refuse_complex_gradient(function, input, src)
