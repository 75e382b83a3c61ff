"""``BackwardHook``: how a module hook sees the gradients of the whole module.

A module is no node of the graph. So an identity is put before its inputs and another behind its outputs, each of
which *is* one node for all tensors together:

    args --> identity --> forward --> identity --> result
                |                        |
         grad_input known         grad_output known
         (full backward hooks)    (backward pre-hooks)

The second runs first in the backward pass and remembers ``grad_output``; when the first has run, the user's hooks get
both. PyTorch: ``torch/utils/hooks.py`` and ``torch/nn/modules/_functions.py`` (``BackwardHookFunction``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import Node, gradient_edge
from minitorch.tensor_base import MULTI_OUTPUT, view_of

BackwardUserHook = Callable[..., Any]


class BackwardHookFunctionBackward(Node):
    """The identity on several tensors at once."""

    __slots__ = ()

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        return tuple(None if edge is None else gradient for gradient, edge in zip(grad_outputs, self.edges))


def identity(tensors: Sequence[Any]) -> tuple[BackwardHookFunctionBackward, list[Any]]:
    """The node, and for each tensor a view of it that the node made. Tensors without history get no view."""
    edges = tuple(gradient_edge(tensor) if tensor.requires_grad else None for tensor in tensors)
    node = BackwardHookFunctionBackward(edges, tuple((t._geometry, t._dtype, t._storage.device) for t in tensors))
    results = []
    for output_nr, (tensor, edge) in enumerate(zip(tensors, edges)):
        view = view_of(tensor, tensor._geometry)
        if edge is not None:
            view._grad_fn, view._output_nr, view._requires_grad = node, output_nr, True
            view._view_creation = MULTI_OUTPUT  # an in-place write would override the hooks: refused
        results.append(view)
    return node, results


class BackwardHook:
    """The hooks of one call of a module. ``user_hooks``: after the module; ``user_pre_hooks``: before it."""

    def __init__(
        self, module: Any, user_hooks: Sequence[BackwardUserHook], user_pre_hooks: Sequence[BackwardUserHook]
    ) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs: Any = None
        self.input_places: list[int] | None = None  # which arguments are tensors; None: none requires grad
        self.output_places: list[int] = []
        self.n_inputs = -1
        self.n_outputs = -1

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments as they should be given to ``forward``."""
        self.n_inputs = len(args)
        node, args, places = _through_identity(args)
        if node is not None:
            self.input_places = places
            node.register_hook(self._after_module)
        return args

    def setup_output_hook(self, result: Any) -> Any:
        """The result as the module should return it."""
        results = result if isinstance(result, tuple) else (result,)
        self.n_outputs = len(results)
        node, results, places = _through_identity(results)
        if node is not None:
            self.output_places = places
            node.register_hook(self._before_module)
        return results if isinstance(result, tuple) else results[0]

    def _before_module(self, _: Any, grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        gradients: Any = _spread(self.output_places, grad_outputs, self.n_outputs)
        expected = len(gradients)
        for hook in self.user_pre_hooks:
            replaced = hook(self.module, gradients)
            if replaced is None:
                continue
            if len(replaced) != expected:
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, got "
                    f"{len(replaced)}, but expected {expected}"
                )
            gradients = replaced
        if self.input_places is None:
            self._call_without_inputs(gradients)
        else:
            self.grad_outputs = gradients
        return tuple(gradients[place] for place in self.output_places)

    def _call_without_inputs(self, grad_outputs: Any) -> None:
        """No input requires grad, so no identity stands before the module: the hooks are called right now."""
        if self.user_hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs require gradients.",
                stacklevel=5,
            )
        nothing = (None,) * self.n_inputs
        for hook in self.user_hooks:
            replaced = hook(self.module, nothing, grad_outputs)
            if replaced is not None and not (isinstance(replaced, tuple) and all(g is None for g in replaced)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None "
                    "for all gradients."
                )

    def _after_module(self, grad_inputs: tuple[Any, ...], _: Any) -> tuple[Any, ...] | None:
        if self.grad_outputs is None or self.input_places is None:
            return None  # the gradient came to the inputs without passing the outputs
        gradients: Any = _spread(self.input_places, grad_inputs, self.n_inputs)
        for hook in self.user_hooks:
            replaced = hook(self.module, gradients, self.grad_outputs)
            if replaced is None:
                continue
            if len(replaced) != len(gradients):
                raise RuntimeError(
                    f"Backward hook returned an invalid number of grad_input, got {len(replaced)}, but expected "
                    f"{len(gradients)}"
                )
            gradients = replaced
        self.grad_outputs = None
        return tuple(gradients[place] for place in self.input_places)


def _through_identity(values: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], list[int]]:
    """The node (None if no tensor requires grad), the values behind it, and the places of the tensors."""
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]
    if not modes.enabled or not any(values[place].requires_grad for place in places):
        return None, values, places
    node, views = identity([values[place] for place in places])
    replaced = list(values)
    for place, view in zip(places, views):
        replaced[place] = view
    # a named tuple stays one
    return node, tuple(replaced) if type(values) is tuple else type(values)(*replaced), places


def _spread(places: Sequence[int], gradients: Sequence[Any], size: int) -> tuple[Any, ...]:
    """Gradients of the tensors at their places among all values; None for the others."""
    spread = [None] * size
    for place, gradient in zip(places, gradients):
        spread[place] = gradient
    return tuple(spread)
