"""Floor 2, the mirror of ``torch.autograd``: recording what is computed and carrying gradients back.

Read in this order: ``node`` (the graph), ``engine`` (the walk through it), ``grad_mode``, ``inplace``, ``function``
(operators of your own), ``gradcheck``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.autograd.engine import run_backward
from minitorch.autograd.function import Function as Function
from minitorch.autograd.grad_mode import enable_grad as enable_grad
from minitorch.autograd.grad_mode import inference_mode as inference_mode
from minitorch.autograd.grad_mode import no_grad as no_grad
from minitorch.autograd.grad_mode import set_grad_enabled as set_grad_enabled
from minitorch.autograd.node import Node, gradient_edge
from minitorch.core.geometry import contiguous
from minitorch.tensor_base import TensorBase


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``.grad`` of the leaves they were computed from.

    ``grad_tensors``: the gradient of each (its cotangent); may be left out for scalars. ``inputs``: only these
    tensors collect. ``RuntimeError`` if a tensor has no graph, or a non-scalar has no cotangent.
    """
    roots = _as_tuple(tensors)
    wanted = None if inputs is None else _as_tuple(inputs)
    if wanted is not None and not wanted:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    gradients = _cotangents(roots, _as_tuple(grad_tensors, len(roots)), create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    if wanted is None:
        run_backward(_root_edges(roots), gradients, keep_graph=keep, create_graph=create_graph)
        return
    for tensor in wanted:
        if not tensor.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        if not tensor.is_leaf:
            tensor.retain_grad()
    edges = [gradient_edge(tensor) for tensor in wanted]
    run_backward(_root_edges(roots), gradients, keep_graph=keep, create_graph=create_graph, inputs=edges)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``, returned instead of accumulated.

    ``RuntimeError`` if an input was not used, unless ``allow_unused`` (then None) or ``materialize_grads`` (zeros).
    """
    roots, sources = _as_tuple(outputs), _as_tuple(inputs)
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if is_grads_batched:
        raise NotImplementedError("grad(is_grads_batched=True) needs vmap, which is not built yet")
    gradients = _cotangents(roots, _as_tuple(grad_outputs, len(roots)), create_graph)
    edges = [gradient_edge(tensor) for tensor in sources]
    if any(edge is None for edge in edges):
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    keep = create_graph if retain_graph is None else retain_graph
    found = run_backward(
        _root_edges(roots), gradients, keep_graph=keep, create_graph=create_graph, inputs=edges, accumulate=False
    )
    for place, tensor in enumerate(sources):
        if found[place] is None and materialize_grads:
            found[place] = tensor.new_zeros(tensor.shape)
        elif found[place] is None and not allow_unused:
            raise RuntimeError(
                "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True "
                "if this is the desired behavior."
            )
    return tuple(found)


def __getattr__(name: str) -> Any:
    """``gradcheck`` and ``gradgradcheck`` are tools for tests: loaded when first asked for."""
    if name in ("gradcheck", "gradgradcheck", "GradcheckError"):
        import importlib

        module = importlib.import_module("minitorch.autograd.gradcheck")
        globals().update(
            gradcheck=module.gradcheck, gradgradcheck=module.gradgradcheck, GradcheckError=module.GradcheckError
        )
        return globals()[name]
    raise AttributeError(f"module 'minitorch.autograd' has no attribute {name!r}")


def _as_tuple(value: Any, length: int = 1) -> tuple[Any, ...]:
    if value is None:
        return (None,) * length
    if isinstance(value, TensorBase):
        return (value,)
    return tuple(value)


def _root_edges(roots: Sequence[Any]) -> list[tuple[Node, int]]:
    edges = []
    for place, root in enumerate(roots):
        edge = gradient_edge(root)
        if edge is None:
            raise RuntimeError(f"element {place} of tensors does not require grad and does not have a grad_fn")
        edges.append(edge)
    return edges


def _cotangents(roots: Sequence[Any], gradients: Sequence[Any], create_graph: bool) -> list[Any]:
    if len(roots) != len(gradients):
        raise RuntimeError(f"got {len(roots)} tensors and {len(gradients)} gradients")
    return [_cotangent(root, gradient, place) for place, (root, gradient) in enumerate(zip(roots, gradients))]


def _cotangent(root: Any, gradient: Any, place: int) -> Any:
    if gradient is None:
        if not root.requires_grad:
            raise RuntimeError(f"element {place} of tensors does not require grad and does not have a grad_fn")
        if root.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if root.is_complex():
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {root.dtype}"
            )
        return root.new_ones(contiguous(tuple(root.shape)).shape)
    if not isinstance(gradient, TensorBase):
        raise TypeError(
            f"gradients can be either Tensors or None, but got {type(gradient).__name__}"
        )
    if gradient.shape != root.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{place}] has a shape of {gradient.shape} and output[{place}] has a shape "
            f"of {root.shape}."
        )
    if gradient.is_complex() != root.is_complex():
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{place}] has a dtype of {gradient.dtype} and output[{place}] has a dtype of {root.dtype}."
        )
    return gradient
