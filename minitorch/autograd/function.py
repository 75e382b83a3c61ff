"""``Function``: an operator of your own, with a derivative of your own.

    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return 2 * x * grad

    y = Square.apply(x)

The context ``ctx`` is the node that goes into the graph. ``forward`` runs without recording; its outputs get that node
as ``grad_fn``. The other form splits ``forward(*inputs)`` from ``setup_context(ctx, inputs, output)``.

PyTorch keeps this in ``torch/autograd/function.py`` and ``torch/csrc/autograd/python_function.cpp``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.inplace import bump_version, rebase_history
from minitorch.autograd.node import (
    BACKWARD_TWICE,
    SAVED_INFERENCE,
    Edge,
    Node,
    gradient_edge,
    next_sequence_nr,
    written_in_place,
)
from minitorch.core.dtypes import FLOATING
from minitorch.tensor_base import IN_FUNCTION, MULTI_OUTPUT, TensorBase, over_storage, view_of


class FunctionCtx:
    """What ``forward`` may tell the context, and ``backward`` may ask it."""

    _to_save: tuple[Any, ...]
    _dirty: tuple[Any, ...]
    _non_differentiable: tuple[Any, ...]
    _materialize_grads: bool
    needs_input_grad: tuple[bool, ...]

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for ``backward``, which finds them in ``ctx.saved_tensors``."""
        for place, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, TensorBase):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {place} is of type "
                    f"{type(tensor).__name__}"
                )
        self._to_save = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs ``forward`` wrote in place. They must be among the outputs."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which outputs have no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing gradients of outputs arrive in ``backward`` as zeros (the default) or as None."""
        self._materialize_grads = value


class BackwardCFunction(Node, FunctionCtx):
    """The node of one call. A ``Function`` subclass ``F`` has its own kind of node, ``FBackward``."""

    __slots__ = ()
    _function: type[Function]
    _likes: list[tuple[tuple[int, ...], Any, Any] | None]  # shape, dtype and device of each output

    def __init__(self, inputs: tuple[Any, ...]) -> None:
        self.sequence_nr = next_sequence_nr()
        self._hooks = None
        self._to_save = self._dirty = self._non_differentiable = ()
        self._materialize_grads = True
        self._saved: list[tuple[Any, int, int]] | None = []
        self._input_is_tensor = tuple(isinstance(i, TensorBase) for i in inputs)
        self.needs_input_grad = tuple(isinstance(i, TensorBase) and i.requires_grad for i in inputs)
        self._records = modes.enabled and any(self.needs_input_grad)
        edges: list[Edge] = [gradient_edge(i) if self._records else None for i in inputs if isinstance(i, TensorBase)]
        self.edges = tuple(edges)
        self.outputs = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept. ``RuntimeError`` if it was freed, or written in place since."""
        if self._saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        return tuple([self._unpack(*item) for item in self._saved])

    def _unpack(self, tensor: Any, version: int, output_nr: int) -> Any:
        if tensor is None:
            return None
        if tensor._storage.version != version:
            raise RuntimeError(written_in_place(tensor, version, self if output_nr >= 0 else None, output_nr))
        if output_nr >= 0:
            tensor = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
            tensor._grad_fn, tensor._output_nr, tensor._requires_grad = self, output_nr, True
        return tensor

    def _keep(self, outputs: tuple[Any, ...]) -> None:
        """Store what is to be saved; an output is kept without its history, which is this very node."""
        saved = self._saved = []
        for tensor in self._to_save:
            place = next((nr for nr, output in enumerate(outputs) if output is tensor), -1)
            if tensor is None:
                saved.append((None, 0, -1))
            elif self._records and tensor._storage.is_inference:
                raise RuntimeError(SAVED_INFERENCE)
            elif place >= 0 and tensor._requires_grad:
                kept = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
                saved.append((kept, tensor._storage.version, place))
            else:
                saved.append((tensor, tensor._storage.version, -1))

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        grads = list(grad_outputs)
        if self._materialize_grads:
            grads = [_zeros(*like) if grad is None and like else grad for grad, like in zip(grads, self._likes)]
        results = _backward_of(self._function)(self, *grads)
        if not isinstance(results, tuple):
            results = (results,)
        expected = len(self._input_is_tensor)
        if len(results) > expected and all(result is None for result in results[expected:]):
            results = results[:expected]
        if len(results) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(results)})"
            )
        for place, (result, is_tensor) in enumerate(zip(results, self._input_is_tensor)):
            if result is not None and not is_tensor:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position {place + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
            if result is not None and not isinstance(result, TensorBase):
                raise RuntimeError(f"expected Variable or None (got {type(result).__name__})")
        return tuple([result for result, is_tensor in zip(results, self._input_is_tensor) if is_tensor])

    def release(self) -> None:
        self._saved = None

    __repr__ = object.__repr__


def _zeros(shape: tuple[int, ...], dtype: Any, device: Any) -> Any:
    from minitorch.ops.creation import zeros

    return zeros(shape, dtype=dtype, device=device)


def _backward_of(function: type[Function]) -> Callable[..., Any]:
    if function.vjp is Function.vjp:
        return function.backward
    if function.backward is not Function.backward:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement "
            "one of them."
        )
    return function.vjp


class Function(FunctionCtx):
    """Base class: define static ``forward`` and ``backward``, call ``YourFunction.apply(...)``."""

    _node_class: type[BackwardCFunction]

    def __init_subclass__(cls) -> None:
        # PyTorch's module, so that a grad_fn prints the same
        members = {"_function": cls, "__module__": "torch.autograd.function"}
        cls._node_class = type(f"{cls.__name__}Backward", (BackwardCFunction,), members)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method."
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """``forward(ctx, *inputs)``, or ``forward(*inputs)`` beside a ``setup_context``."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what ``backward`` needs, in the form where ``forward`` has no context."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """One gradient an input of ``forward``, None where there is none, from one gradient an output."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    @staticmethod
    def vjp(ctx: Any, *grad_outputs: Any) -> Any:
        """Another name for ``backward``."""
        raise NotImplementedError("vjp is not implemented.")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` on the arguments and put a node into the graph if one of them requires grad."""
        if cls is Function:
            raise NotImplementedError("You must implement the forward function for custom autograd.Function.")
        with_context = cls.setup_context is Function.setup_context
        if not with_context:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args = bound.args
        elif kwargs:
            raise TypeError(f"{cls.__name__}.apply() takes no keyword arguments unless it has a setup_context")
        node = cls._node_class(args)
        previous, modes.enabled = modes.enabled, False
        try:
            if with_context:
                output = cls.forward(node, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(node, args, output)
        finally:
            modes.enabled = previous
        if not isinstance(output, tuple):
            return _finish(node, args, (output,))[0]
        return _finish(node, args, output)


# ---- what forward returned becomes part of the graph --------------------------------------------------------------


def _finish(node: BackwardCFunction, inputs: tuple[Any, ...], raw: tuple[Any, ...]) -> tuple[Any, ...]:
    dirty = {id(tensor) for tensor in node._dirty}
    _check_dirty(node, dirty, raw)
    handed_in = {id(value) for value in inputs if isinstance(value, TensorBase)}
    cut = {id(tensor) for tensor in node._non_differentiable}
    outputs: list[Any] = []
    differentiable: list[tuple[int, Any]] = []
    for output_nr, output in enumerate(raw):
        if isinstance(output, TensorBase):
            follows = node._records and id(output) not in cut and output._dtype.category >= FLOATING
            is_dirty = id(output) in dirty
            output = _as_output(output, id(output) in handed_in, is_dirty, follows)
            if output._base is not None and not is_dirty:
                output._view_creation = IN_FUNCTION
            if follows:
                differentiable.append((output_nr, output))
        outputs.append(output)
    tensors = [output if isinstance(output, TensorBase) else None for output in outputs]
    node.outputs = tuple([None if t is None else (t._geometry, t._dtype) for t in tensors])
    node._likes = [None if t is None else (tuple(t.shape), t._dtype, t._storage.device) for t in tensors]
    for output_nr, output in differentiable:
        if id(output) in dirty:
            rebase_history(output, node, output_nr)
        else:
            output._grad_fn, output._output_nr, output._requires_grad = node, output_nr, True
        if len(differentiable) > 1 and output._base is not None:
            output._view_creation = MULTI_OUTPUT
    node._keep(tuple(outputs))
    node._to_save = node._dirty = node._non_differentiable = ()  # would be cycles of references
    return tuple(outputs)


def _check_dirty(node: BackwardCFunction, dirty: set[int], outputs: tuple[Any, ...]) -> None:
    if not dirty <= {id(output) for output in outputs}:
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
            "modified inplace must all be outputs of the Function."
        )
    for tensor in node._dirty:
        bump_version(tensor)
        if node._records and tensor._requires_grad and tensor.is_leaf:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        if node._records and tensor._base is not None and len(outputs) > 1:
            raise RuntimeError(
                "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot "
                "return more than one Tensor. This is not supported by the current autograd engine. You should either "
                "make sure the input is not a view (using .clone() for example) or make your Function only return one "
                "Tensor (potentially splitting it into two Functions: one doing the inplace that returns a single "
                "Tensor and a second one that does the other operations)."
            )


def _as_output(output: Any, is_input: bool, is_dirty: bool, follows: bool) -> Any:
    """An input handed through unchanged becomes a view of itself, so that its own history is not overwritten; one that
    is not to have a gradient, a tensor outside of any graph."""
    if is_dirty:
        return output
    if not follows and output.requires_grad and (is_input or output._base is None):
        return over_storage(output._storage, output._dtype, output._geometry)
    return view_of(output, output._geometry) if is_input else output


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a ``backward`` whose result can't be differentiated again: trying to is a ``RuntimeError``."""

    @wraps(backward)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        recording = modes.enabled
        previous, modes.enabled = modes.enabled, False
        try:
            results = backward(ctx, *grads)
        finally:
            modes.enabled = previous
        if not recording or not any(isinstance(g, TensorBase) and g.requires_grad for g in grads):
            return results
        as_tuple = results if isinstance(results, tuple) else (results,)
        guarded = tuple(_Once.apply(r, *grads) if isinstance(r, TensorBase) else r for r in as_tuple)
        return guarded if isinstance(results, tuple) else guarded[0]

    return wrapper


class _Once(Function):
    """Passes a gradient on; going backwards through it is the error."""

    @staticmethod
    def forward(ctx: Any, result: Any, *grads: Any) -> Any:
        return result.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
