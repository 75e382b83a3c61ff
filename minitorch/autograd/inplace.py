"""In-place writes and the graph: what may be written, and whose history changes when it is.

Writing ``x.mul_(w)`` makes ``x`` the result of a new node. If ``x`` is a view, its *base* changed too, in the part
that the view covers: the base's history becomes a ``CopySlices`` node, which takes the gradient of the whole base,
cuts the view's part out, sends it through the operation, and lets the rest pass.

    v = base[1:3]; v.mul_(w)          base.grad_fn = CopySlices(MulBackward0 on [1:3])
                                      v.grad_fn is made anew from base.grad_fn when next asked for

Other views of the same base are then out of date as well; they notice because the storage's version is no longer the
one for which their ``grad_fn`` was made (``TensorBase.grad_fn``), and get a new one: an ``AsStridedBackward0`` on the
base; or, for views such as ``z.real`` that read the same memory as another dtype, by taking the same steps again.

PyTorch keeps this in ``torch/csrc/autograd/variable.cpp`` (``rebase_history``, ``grad_fn``),
``functions/tensor.cpp`` (``CopySlices``) and ``VariableTypeUtils.h`` (``check_inplace``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.mutation import before_write
from minitorch.autograd.node import BACKWARD_TWICE, Node, gradient_edge, move_hooks
from minitorch.autograd.watch import watch
from minitorch.core import geometry as geo
from minitorch.core import pending
from minitorch.tensor_base import (
    DEFAULT,
    IN_FUNCTION,
    IN_INFERENCE,
    IN_NO_GRAD,
    MULTI_OUTPUT,
    TensorBase,
    over_storage,
)


def check_inplace(tensor: TensorBase, operator: str, *operands: Any, overlap: bool = False) -> None:
    """``RuntimeError`` if ``tensor`` may not be written in place now. Called before anything is written.

    ``operands``: what else goes into the operation; writing something that requires grad is recorded too. ``overlap``:
    elements of the tensor may share a place in memory.
    """
    if not overlap and geo.overlaps_itself(tensor._geometry):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            f"Please clone() the tensor before performing the operation. ({operator} on an expanded tensor)"
        )
    if tensor._storage.is_inference and not modes.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    if tensor._geometry.pending:
        pending.begin_write(tensor)
    if watch.writes:
        before_write(tensor)
    if not modes.enabled:
        return
    if modes.forward is not None:
        modes.forward.before_write(tensor)
    base = tensor._base
    if base is None:
        if tensor._requires_grad and tensor._grad_fn is None:
            raise RuntimeError(
                f"a leaf Variable that requires grad is being used in an in-place operation.{_fix(operator, tensor)}"
            )
        return
    requires_grad = tensor.requires_grad
    if requires_grad or any(isinstance(o, TensorBase) and o.requires_grad for o in operands):
        check_view_creation(tensor, "is being")
    if not requires_grad:
        return
    if base._grad_fn is None:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place "
            f"operation.{_fix(operator, tensor)}"
        )
    if tensor._grad_fn is None:
        raise RuntimeError(
            f"a leaf Variable that requires grad is being used in an in-place operation.{_fix(operator, tensor)}"
        )


def _fix(operator: str, tensor: TensorBase) -> str:
    return (
        f" ({operator} on shape {list(tensor._geometry.shape)}: update a parameter under torch.no_grad(), or write out "
        "of place, x = x + 1)"
    )


_MODES = {IN_NO_GRAD: ("no_grad", "with grad mode enabled"), IN_INFERENCE: ("inference", "in normal mode")}
_REASONS = {
    MULTI_OUTPUT: " This view is the output of a function that returns multiple views. Such functions do not allow the "
    "output views to be modified inplace. You should replace the inplace operation by an out-of-place one.",
    IN_FUNCTION: " This view was created inside a custom Function (or because an input was returned as-is) and the "
    "autograd logic to handle view+inplace would override the custom backward associated with the custom Function, "
    "leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom "
    "Function.",
} | {
    mode: " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
    f"moving both the view and the inplace either both inside the {block} block (if you don't want the inplace to be "
    "tracked) or both outside (if you want the inplace to be tracked)."
    for mode, block in ((IN_NO_GRAD, "no_grad"), (IN_INFERENCE, "inference_mode"))
}


def check_view_creation(view: TensorBase, what_happens: str) -> None:
    """``RuntimeError`` for views whose history can't be rewritten: made in ``no_grad`` or ``inference_mode``, one of
    several outputs, or made inside a ``Function``."""
    creation, node = view._view_creation, view._grad_fn
    if creation == DEFAULT:
        return
    view_itself = "" if node is None else f"Output {view._output_nr} of {node.short_name()} is a view"
    if creation in _MODES or node is None:  # without a node it was made in no_grad, whatever else it is
        mode, now = _MODES.get(creation, _MODES[IN_NO_GRAD])
        made = "A view was created in" if node is None else f"{view_itself} of a view which was created in"
        message = f"{made} {mode} mode and {what_happens} modified inplace {now}."
    else:
        message = f"{view_itself} and {what_happens} modified inplace."
    raise RuntimeError(message + _REASONS[creation])


def bump_version(tensor: TensorBase) -> None:
    """Count one write."""
    if tensor._geometry.pending:
        pending.end_write(tensor)
    if not tensor._storage.is_inference:
        tensor._storage.version += 1


def rebase_history(tensor: TensorBase, node: Node, output_nr: int = 0) -> None:
    """``tensor`` has been written in place and ``node`` says how: it becomes the tensor's new history."""
    base = tensor._base
    if base is None:
        move_hooks(tensor, tensor._grad_fn, node, output_nr)
        tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, output_nr, True
    else:
        copy_slices = CopySlices(base, tensor, node)
        move_hooks(base, base._grad_fn, copy_slices, 0)
        base._grad_fn, base._output_nr, base._requires_grad = copy_slices, 0, True
        regenerate_view_history(tensor)
    if watch.recording:
        node.pack_results((tensor,))


class CopySlices(Node):
    """History of a base one of whose views was written in place. See the module's text."""

    __slots__ = ("base_geometry", "view_geometry", "view_steps", "function", "is_declared")
    namespace = "torch::autograd::"

    def __init__(self, base: Any, view: TensorBase, function: Node) -> None:
        # Gradients of the operation's other inputs go where the operation would have sent them.
        super().__init__(
            (gradient_edge(base), *function.edges[1:]), ((base._geometry, base._dtype, base._storage.device),)
        )
        self.base_geometry = base._geometry
        self.view_geometry = view._geometry
        self.view_steps = view._view_steps
        self.function: Node | None = function
        self.is_declared = function.is_declared

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        gradient = grad_outputs[0]
        if gradient is None:
            return (None,) * len(self.edges)
        if self.function is None:
            raise RuntimeError(BACKWARD_TWICE)
        base, view = self.base_geometry, self.view_geometry
        result = gradient.new_empty_strided(base.shape, base.stride)
        result.copy_(gradient)
        if self.view_steps is None:
            part = result.as_strided(view.shape, view.stride, view.offset - base.offset)
        else:
            part = replay(result, self.view_steps)
        inner = self.function.apply(part.clone())
        if inner[0] is None:  # only a Function of the user does that; PyTorch then drops the base's gradient too
            return tuple(inner)
        part.copy_(inner[0])
        return (result, *inner[1:])

    def release(self) -> None:
        self.function = None


def regenerate_view_history(view: TensorBase) -> None:
    """Give an out-of-date view a ``grad_fn`` that reads from its base's present history."""
    check_view_creation(view, "its base or another view of its base has been")
    old = view._grad_fn
    previous, modes.enabled = modes.enabled, True
    try:
        again = _as_strided_of(view) if view._view_steps is None else replay(view._base, view._view_steps)
    finally:
        modes.enabled = previous
    move_hooks(view, old, again._grad_fn, 0)
    view._grad_fn, view._output_nr, view._requires_grad = again._grad_fn, 0, True
    view._view_version = view._storage.version


def _as_strided_of(view: TensorBase) -> Any:
    """A tensor with the history of ``base.as_strided(...)``. Nobody looks at memory: the base may lie elsewhere now.

    A base that has lost its history since leaves a node that leads nowhere, for the view had one.
    """
    from minitorch.ops.declare.recording import leave_node_without_edges, record
    from minitorch.ops.shapes.parts import _as_strided

    geometry = view._geometry
    again = over_storage(view._storage, view._dtype, geometry)
    arguments = (view._base, geometry.shape, geometry.stride, geometry.offset)
    record(_as_strided.operator, arguments, again)
    if again._grad_fn is None:
        leave_node_without_edges(_as_strided.operator, arguments, again)
    return again


# ---- views that read the memory differently -------------------------------------------------------------------------


def made_by(view: Any, parent: TensorBase, function: Callable[[Any], Any]) -> Any:
    """``view`` is ``function(parent)``, which no geometry can say, such as ``view_as_real``: remember how to make it
    again from its base. What are views of it in turn, are these steps and a geometry (``view_of``)."""
    if view._base is not None:
        if parent._base is None:
            before: tuple[Any, ...] = ()
        else:
            before = (parent._geometry,) if parent._view_steps is None else parent._view_steps
        view._view_steps = (*before, function)
    return view


def replay(base: Any, steps: tuple[Any, ...]) -> Any:
    """The view of ``base`` that the steps lead to: geometries over the memory, and functions."""
    for step in steps:
        if isinstance(step, geo.Geometry):
            base = base.as_strided(step.shape, step.stride, step.offset)
        else:
            base = step(base)
    return base
