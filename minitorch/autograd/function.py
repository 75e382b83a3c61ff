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
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

from minitorch.autograd.function_context import BackwardCFunction as BackwardCFunction
from minitorch.autograd.function_context import FunctionCtx as FunctionCtx
from minitorch.autograd.grad_mode import modes
from minitorch.autograd.inplace import bump_version, rebase_history
from minitorch.autograd.node import Node, gradient_edge
from minitorch.core.dtypes import FLOATING
from minitorch.tensor_base import IN_FUNCTION, MULTI_OUTPUT, TensorBase, over_storage, view_of


class Function(FunctionCtx):
    """Base class: define static ``forward`` and ``backward``, call ``YourFunction.apply(...)``.

    ``boxed_grads_call``: ``backward`` gets its gradients as one list, which it may empty. ``generate_vmap_rule`` is for
    ``vmap``, which is not built. ``clear_saved_tensors_on_access``: ``ctx.saved_tensors`` can be asked for once.
    """

    _backward_cls: type[BackwardCFunction]
    clear_saved_tensors_on_access = False
    boxed_grads_call = False
    generate_vmap_rule = False

    def __init_subclass__(cls) -> None:
        # PyTorch's module, so that a grad_fn prints the same
        members = {"_function": cls, "_forward_cls": cls, "__module__": "torch.autograd.function"}
        cls._backward_cls = type(f"{cls.__name__}Backward", (BackwardCFunction,), members)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
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

    vjp = backward  # another name for it

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """One tangent an output, from one an input: the derivative for ``forward_ad``."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """The rule for ``vmap``, which is not built."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def user_backward(cls) -> Callable[..., Any]:
        """The ``backward`` of the class, by whichever of its two names."""
        if cls.vjp is Function.vjp:
            return cls.backward
        if cls.backward is not Function.backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
                "implement one of them."
            )
        return cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` on the arguments and put a node into the graph if one of them requires grad."""
        if cls is Function:
            raise NotImplementedError("You must implement the forward function for custom autograd.Function.")
        with_context = cls.setup_context is Function.setup_context
        if not with_context:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        if kwargs:
            args = _positional(cls.forward, args, kwargs, skip=with_context)
        node = cls._backward_cls(args)
        tangents = None if modes.forward is None else modes.forward.tangents_of_inputs(args)
        previous, modes.enabled = modes.enabled, False
        try:
            if with_context:
                output = cls.forward(node, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(node, args, output)
        finally:
            modes.enabled = previous
        raw = output if isinstance(output, tuple) else (output,)
        if tangents is not None:
            tangents = modes.forward.call_jvp(cls, node, args, tangents, raw)
        outputs = _finish(node, args, raw)
        if tangents is not None:
            modes.forward.tangents[node] = tangents
        return outputs if isinstance(output, tuple) else outputs[0]


def _positional(
    forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], skip: bool
) -> tuple[Any, ...]:
    """The arguments in the order of ``forward``'s parameters. ``TypeError`` for a gap, or one that it has not.

    A default is left to ``forward`` itself: what is not passed is no input and gets no gradient.
    """
    code = forward.__code__
    names = code.co_varnames[skip : code.co_argcount]
    for name in kwargs:
        if name not in names:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        if name in names[: len(args)]:
            raise TypeError(f"forward() got multiple values for argument '{name}'")
    values = list(args)
    for place in range(len(args), max(names.index(name) for name in kwargs) + 1):
        if names[place] not in kwargs:
            raise TypeError(f"forward() missing required argument: '{names[place]}' (position {place})")
        values.append(kwargs[names[place]])
    return tuple(values)


class InplaceFunction(Function):
    """An old base class of functions with an option to write in place."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


# ---- what forward returned becomes part of the graph --------------------------------------------------------------


def _finish(node: BackwardCFunction, inputs: tuple[Any, ...], raw: tuple[Any, ...]) -> tuple[Any, ...]:
    _check_told(node)
    if type(node)._function.setup_context is not Function.setup_context:
        _check_saved_as_they_are(node, inputs, raw)
    dirty = {id(tensor) for tensor in node.dirty_tensors or ()}
    handed_in = {id(value) for value in inputs if isinstance(value, TensorBase)}
    _check_dirty(node, dirty, handed_in, raw)
    cut = {id(tensor) for tensor in node.non_differentiable or ()}
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
    node.outputs = tuple([None if t is None else (t._geometry, t._dtype, t._storage.device) for t in tensors])
    node._likes = [None if t is None else (tuple(t.shape), t._dtype, t._storage.device) for t in tensors]
    for output_nr, output in differentiable:
        if id(output) in dirty:
            rebase_history(output, node, output_nr)
        else:
            output._grad_fn, output._output_nr, output._requires_grad = node, output_nr, True
            if output._base is not None:
                output._view_version = output._storage.version
        if len(differentiable) > 1 and output._base is not None:
            output._view_creation = MULTI_OUTPUT
    node.keep(tuple(outputs))
    # would be cycles of references
    node.to_save = node.dirty_tensors = node.non_differentiable = node.saved_for_forward = None
    return tuple(outputs)


def _check_told(node: BackwardCFunction) -> None:
    """Only tensors can be saved or marked, or be None where nothing is to be saved."""
    for place, tensor in enumerate((node.to_save or ()) if node._records else ()):
        if tensor is not None and not isinstance(tensor, TensorBase):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {place} is of type {type(tensor).__name__}"
            )
    for tensor in node.dirty_tensors or ():
        if not isinstance(tensor, TensorBase):
            raise RuntimeError(f"mark_dirty can only accept variables, but got {type(tensor).__name__}")
    for tensor in node.non_differentiable or ():
        if not isinstance(tensor, TensorBase):
            raise RuntimeError(
                f"mark_non_differentiable only accepts variable arguments, but got {type(tensor).__name__}"
            )


def _check_saved_as_they_are(node: BackwardCFunction, inputs: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
    """An input that is also an output becomes another tensor, a view, after a ``setup_context`` has saved it."""
    exempt = {id(tensor) for tensor in node.dirty_tensors or ()}
    both = {id(tensor) for tensor in inputs} & {id(tensor) for tensor in outputs} - exempt
    cut = {id(tensor) for tensor in node.non_differentiable or ()}
    for tensor in node.to_save or ():
        if id(tensor) not in both or tensor is None:
            continue
        if tensor.requires_grad and (not node._records or id(tensor) in cut):
            continue  # becomes no view, but is detached
        raise RuntimeError(
            "An input that has been returned as-is as output is being saved for backward. This is not supported if you "
            "override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) or "
            "setup ctx inside the forward function itself."
        )


def _check_dirty(node: BackwardCFunction, dirty: set[int], inputs: set[int], outputs: tuple[Any, ...]) -> None:
    if not dirty <= {id(output) for output in outputs}:
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
            "modified inplace must all be outputs of the Function."
        )
    if not dirty <= inputs:
        warnings.warn(
            "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been mutated "
            "should be passed to ctx.mark_dirty().",
            UserWarning,
            stacklevel=4,
        )
    cut = {id(tensor) for tensor in node.non_differentiable or ()}
    for tensor in node.dirty_tensors or ():
        bump_version(tensor)
        if not node._records or id(tensor) in cut:
            continue
        base = tensor._base
        if base is None and tensor._requires_grad and tensor._grad_fn is None:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        if base is not None and base.requires_grad and base._grad_fn is None:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
        if base is not None and len(outputs) > 1:
            raise RuntimeError(
                "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot "
                "return more than one Tensor. This is not supported by the current autograd engine. You should either "
                "make sure the input is not a view (using .clone() for example) or make your Function only return one "
                "Tensor (potentially splitting it into two Functions: one doing the inplace that returns a single "
                "Tensor and a second one that does the other operations)."
            )


def _as_output(output: Any, is_input: bool, is_dirty: bool, follows: bool) -> Any:
    """An input handed through unchanged becomes a view of itself, so that its own history is not overwritten; one that
    is not to have a gradient, a tensor outside of any graph. Any other tensor is cut from its graph for that."""
    if not follows and output.requires_grad and is_input:
        return over_storage(output._storage, output._dtype, output._geometry)
    if not follows and output.requires_grad and output._base is None:
        output._grad_fn, output._output_nr, output._requires_grad = None, 0, False
    if is_dirty:
        return output
    return view_of(output, output._geometry) if is_input else output


# ---- derivatives that have none ------------------------------------------------------------------------------------


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a ``backward`` whose result can't be differentiated again: trying to is a ``RuntimeError``."""

    @wraps(backward)
    def wrapper(ctx: Any, *grads: Any, **kwargs: Any) -> Any:
        previous, modes.enabled = modes.enabled, False
        try:
            results = backward(ctx, *grads, **kwargs)
        finally:
            modes.enabled = previous
        if not previous or not any(isinstance(g, TensorBase) and g.requires_grad for g in grads):
            return results
        as_tuple = results if isinstance(results, tuple) else (results,)
        guarded = _behind_error(as_tuple)
        return guarded if isinstance(results, tuple) else guarded[0]

    return wrapper


def _behind_error(results: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same tensors with an ``Error`` for their history."""
    node = Error((), ())
    edges, outputs, guarded = [], [], []
    for output_nr, result in enumerate(results):
        if isinstance(result, TensorBase):
            leaf, tensor = (over_storage(result._storage, result._dtype, result._geometry) for _ in range(2))
            leaf._requires_grad = True
            edges.append(gradient_edge(leaf))
            tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, output_nr, True
            result = tensor
        outputs.append(
            (result._geometry, result._dtype, result._storage.device) if isinstance(result, TensorBase) else None
        )
        guarded.append(result)
    node.edges, node.outputs = tuple(edges), tuple(outputs)
    return tuple(guarded)


class Error(Node):
    """Going backwards through it is the error."""

    __slots__ = ()
    namespace = "torch::autograd::"

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
