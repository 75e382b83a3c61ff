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

from collections.abc import Callable
from functools import wraps
from typing import Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.autograd.node import BACKWARD_TWICE, Edge, Node, gradient_edge, next_sequence_nr
from minitorch.core.dtypes import FLOATING
from minitorch.tensor_base import TensorBase, over_storage, view_of


class FunctionCtx:
    """What ``forward`` may tell the context, and ``backward`` may ask it."""

    _to_save: tuple[Any, ...]
    _dirty: tuple[Any, ...]
    _non_differentiable: tuple[Any, ...]
    _materialize_grads: bool
    needs_input_grad: tuple[bool, ...]

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for ``backward``, which finds them in ``ctx.saved_tensors``."""
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, TensorBase):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument is of type {type(tensor).__name__}"
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

    def __init__(self, inputs: tuple[Any, ...]) -> None:
        self.sequence_nr = next_sequence_nr()
        self._hooks = None
        self._to_save = self._dirty = self._non_differentiable = ()
        self._materialize_grads = True
        self._saved: list[tuple[Any, int, int]] | None = []
        self.needs_input_grad = tuple(isinstance(i, TensorBase) and i.requires_grad for i in inputs)
        self._input_is_tensor = tuple(isinstance(i, TensorBase) for i in inputs)
        wanted = modes.enabled and any(self.needs_input_grad)
        self._records = wanted
        edges: list[Edge] = [gradient_edge(i) if wanted else None for i in inputs if isinstance(i, TensorBase)]
        self.edges = tuple(edges)
        self.outputs = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept. ``RuntimeError`` if it was freed, or written in place since."""
        if self._saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        return tuple(self._unpack(*item) for item in self._saved)

    def _unpack(self, tensor: Any, version: int, output_nr: int) -> Any:
        if tensor is None:
            return None
        if tensor._storage.version != version:
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an inplace operation: "
                f"a tensor of shape {list(tensor.shape)} saved by {self.name()} is at version "
                f"{tensor._storage.version}; expected version {version} instead."
            )
        if output_nr >= 0:
            tensor = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
            tensor._grad_fn, tensor._output_nr, tensor._requires_grad = self, output_nr, True
        return tensor

    def _keep(self, outputs: tuple[Any, ...]) -> None:
        """Store what is to be saved; an output is kept without its history, which is this very node."""
        self._saved = []
        for tensor in self._to_save:
            place = next((nr for nr, output in enumerate(outputs) if output is tensor), -1)
            if place >= 0 and tensor._requires_grad:
                kept = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
                self._saved.append((kept, tensor._storage.version, place))
            else:
                self._saved.append((tensor, 0 if tensor is None else tensor._storage.version, -1))
        self._to_save = ()

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        grads = list(grad_outputs)
        if self._materialize_grads:
            for place, (grad, like) in enumerate(zip(grads, self._output_likes)):
                if grad is None and like is not None:
                    geometry, dtype, device = like
                    grads[place] = self._zeros(tuple(geometry.shape), dtype=dtype, device=device)
        results = self._function.backward(self, *grads)
        if not isinstance(results, tuple):
            results = (results,)
        expected = len(self.needs_input_grad)
        if len(results) > expected and all(r is None for r in results[expected:]):
            results = results[:expected]
        if len(results) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(results)})"
            )
        for place, (result, is_tensor) in enumerate(zip(results, self._input_is_tensor)):
            if result is not None and not is_tensor:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different from None at position {place + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
        return tuple(result for result, is_tensor in zip(results, self._input_is_tensor) if is_tensor)

    def release(self) -> None:
        if self._saved:
            self._saved = None


class Function(FunctionCtx):
    """Base class: define static ``forward`` and ``backward``, call ``YourFunction.apply(...)``."""

    _node_class: type[BackwardCFunction]

    def __init_subclass__(cls) -> None:
        cls._node_class = type(f"{cls.__name__}Backward", (BackwardCFunction,), {"_function": cls})

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
        raise NotImplementedError("You must implement either the backward or vjp method for your custom autograd.Function")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run ``forward`` on the arguments and put a node into the graph if one of them requires grad."""
        node = cls._node_class(args)
        inputs = tuple(a for a in args if isinstance(a, TensorBase))
        previous, modes.enabled = modes.enabled, False
        try:
            if cls.setup_context is Function.setup_context:
                output = cls.forward(node, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(node, args, output)
        finally:
            modes.enabled = previous
        single = not isinstance(output, tuple)
        outputs = (output,) if single else output
        outputs = tuple(_prepare_output(o, inputs, node) for o in outputs)
        node._output_likes = [
            (o._geometry, o._dtype, o._storage.device) if isinstance(o, TensorBase) else None for o in outputs
        ]
        node.outputs = tuple((o._geometry, o._dtype) if isinstance(o, TensorBase) else None for o in outputs)
        _attach(node, outputs)
        node._keep(outputs)
        return outputs[0] if single else outputs


def _prepare_output(output: Any, inputs: tuple[Any, ...], node: BackwardCFunction) -> Any:
    """An input handed through unchanged becomes a view of itself, so that its own history is not overwritten."""
    if not isinstance(output, TensorBase):
        return output
    node._zeros = output.new_zeros  # type: ignore[attr-defined]
    dirty = any(output is tensor for tensor in node._dirty)
    if not dirty and any(output is tensor for tensor in inputs):
        return view_of(output, output._geometry)
    return output


def _attach(node: BackwardCFunction, outputs: tuple[Any, ...]) -> None:
    for tensor in node._dirty:
        check_inplace(tensor, node.name())
        bump_version(tensor)
    if not node._records:
        return
    for output_nr, output in enumerate(outputs):
        if not isinstance(output, TensorBase) or output._dtype.category < FLOATING:
            continue
        if any(output is tensor for tensor in node._non_differentiable):
            continue
        if any(output is tensor for tensor in node._dirty):
            rebase_history(output, node)
            output._output_nr = output_nr
            continue
        output._grad_fn, output._output_nr, output._requires_grad = node, output_nr, True


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
