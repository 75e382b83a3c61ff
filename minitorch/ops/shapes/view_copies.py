"""Views that are copies: ``view_copy transpose_copy slice_copy ...``, and views that nobody knows: ``unsafe_split``.

A ``*_copy`` function gives what the view of the same name would, in memory of its own: programs whose tensors must not
share memory use them. Its node is the view's, for the gradient goes the same way; its name says that it was a copy.

``unsafe_split`` gives parts that do share memory with the input, but don't count as views of it: whoever writes them in
place answers for the gradients.

PyTorch generates the copies (``torchgen/gen_functionalization_type.py``); ``unsafe_*`` is in ``TensorShape.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from minitorch.core import geometry as geo
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import operator
from minitorch.ops.elementwise import complex_numbers
from minitorch.ops.reductions.reduction import deliver
from minitorch.ops.shapes import parts, splitting, views
from minitorch.tensor_base import over_storage, wrap


@cache
def _renamed(node_class: Any, name: str) -> Any:
    """The same node under another name."""
    return type(name, (node_class,), {"__slots__": ()})


def _take_history(results: list[Any], made: tuple[Any, ...], name: str) -> None:
    """Let the node that made the views be the history of ``results`` instead."""
    node = made[0]._grad_fn if made else None
    if node is None:
        return
    kind: Any = type(node)
    node.__class__ = _renamed(kind, name)
    node.outputs = [(result._geometry, result._dtype, result._storage.device) for result in results]
    for view, result in zip(made, results):
        result._grad_fn, result._output_nr, result._requires_grad = node, view._output_nr, True


def _copying(view: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(input: Any, *arguments: Any, out: Any = None, **names: Any) -> Any:
        arg.check_tensor(input, name)
        made = view(input, *arguments, **names)
        several = isinstance(made, tuple)
        made = made if several else (made,)
        results = []
        for part in made:
            array = part._storage.device.backend.xp.array(part.array, order="C")
            results.append(wrap(array, part._dtype, part._storage.device, geo.contiguous(part.shape)))
        if made and made[0] is not input and made[0]._grad_fn is not None:
            _take_history(results, made, type(made[0]._grad_fn).__name__ + "_copy")
        if several:
            return tuple(results) if out is None else [deliver(r, o, name, input) for r, o in zip(results, out)]
        return deliver(results[0], out, name, input)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"What ``{name.removesuffix('_copy')}`` gives, in memory of its own."
    return call


@operator("AliasBackward0_copy")
def _alias_copy(xp: Any, input: Any) -> Any:
    """A copy."""
    return xp.array(input, order="C")


@_alias_copy.derivative("input")
def _(grad: Any) -> Any:
    return grad


def alias_copy(input: Any, *, out: Any = None) -> Any:
    """A copy: a view of everything, in memory of its own."""
    arg.check_tensor(input, "alias_copy")
    return deliver(_alias_copy(input), out, "alias_copy", input)


@operator("torch::autograd::NotImplemented")
def _detach_copy(xp: Any, input: Any) -> Any:
    """A copy that has a place in the graph, but no derivative, as in PyTorch."""
    return xp.array(input, order="C")


@_detach_copy.derivative("input")
def _(grad: Any) -> Any:
    raise RuntimeError("derivative for aten::detach_copy is not implemented")


def detach_copy(input: Any, *, out: Any = None) -> Any:
    """A copy of the elements."""
    arg.check_tensor(input, "detach_copy")
    return deliver(_detach_copy(input), out, "detach_copy", input)


def _slice_view(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    return parts._slice(input, arg.integer(dim, "slice_copy", "dim"), start, end, step)


def _expand_view(input: Any, size: Any, *, implicit: bool = False) -> Any:
    return views.expand(input, size)


view_copy = _copying(views.view_as_size, "view_copy")
transpose_copy = _copying(views.transpose, "transpose_copy")
t_copy = _copying(views.t, "t_copy")
permute_copy = _copying(views.permute, "permute_copy")
expand_copy = _copying(_expand_view, "expand_copy")
squeeze_copy = _copying(views.squeeze, "squeeze_copy")
unsqueeze_copy = _copying(views.unsqueeze, "unsqueeze_copy")
diagonal_copy = _copying(parts.diagonal, "diagonal_copy")
select_copy = _copying(parts.select, "select_copy")
slice_copy = _copying(_slice_view, "slice_copy")
unfold_copy = _copying(parts.unfold, "unfold_copy")
as_strided_copy = _copying(parts.as_strided, "as_strided_copy")
unbind_copy = _copying(splitting.unbind, "unbind_copy")
split_copy = _copying(splitting.split, "split_copy")
split_with_sizes_copy = _copying(splitting.split_with_sizes, "split_with_sizes_copy")
view_as_real_copy = _copying(complex_numbers.view_as_real, "view_as_real_copy")
view_as_complex_copy = _copying(complex_numbers.view_as_complex, "view_as_complex_copy")


def narrow_copy(input: Any, dim: int, start: int, length: int, *, out: Any = None) -> Any:
    """``narrow`` in memory of its own."""
    arg.check_tensor(input, "narrow_copy")
    if arg.integer(dim, "narrow_copy", "dim") >= input.ndim:
        raise RuntimeError(f"narrow_copy(): expected dim < {input.ndim}, the number of dimensions, but got {dim}")
    part = parts.narrow(input, dim, start, length)
    array = part._storage.device.backend.xp.array(part.array, order="C")
    result = wrap(array, part._dtype, part._storage.device, geo.contiguous(part.shape))
    _take_history([result], (part,), "NarrowCopyBackward0")
    return deliver(result, out, "narrow_copy", input)


# ---- views that nobody knows ----------------------------------------------------------------------------------------


def _unknown(made: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    results = [over_storage(view._storage.with_own_version(), view._dtype, view._geometry) for view in made]
    _take_history(results, made, name)
    return tuple(results)


def unsafe_split(tensor: Any, split_size: int, dim: int = 0) -> tuple[Any, ...]:
    """``split`` whose parts don't count as views."""
    arg.check_tensor(tensor, "unsafe_split")
    return _unknown(
        splitting.split(tensor, arg.integer(split_size, "unsafe_split", "split_size"), dim), "UnsafeSplitBackward0"
    )


def unsafe_split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """``split_with_sizes`` whose parts don't count as views."""
    arg.check_tensor(input, "unsafe_split_with_sizes")
    return _unknown(splitting.split_with_sizes(input, split_sizes, dim), "UnsafeSplitWithSizesBackward0")


def unsafe_chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """``chunk`` whose parts don't count as views."""
    arg.check_tensor(input, "unsafe_chunk")
    made = splitting.chunk(input, chunks, dim)
    with_sizes = made and made[0]._grad_fn is not None and "WithSizes" in type(made[0]._grad_fn).__name__
    return _unknown(made, "UnsafeSplitWithSizesBackward0" if with_sizes else "UnsafeSplitBackward0")
