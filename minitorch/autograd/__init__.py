"""Floor 2, the mirror of ``torch.autograd``: recording what is computed and carrying gradients back.

Read in this order: ``node`` (the graph), ``engine`` (the walk through it), ``hooks``, ``grad_mode``, ``inplace``,
``function`` (operators of your own), ``graph`` (the graph as data), ``saved_tensors`` (what it keeps, packed away),
``anomaly_mode`` (which line of the forward pass it was), ``functional`` (Jacobians), ``forward_ad``, ``gradcheck``.

Here are the two ways in, ``backward`` and ``grad``: what the user hands over becomes edges and cotangents, which go
to the engine.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from minitorch.autograd import graph as graph
from minitorch.autograd.anomaly_mode import detect_anomaly as detect_anomaly
from minitorch.autograd.anomaly_mode import set_detect_anomaly as set_detect_anomaly
from minitorch.autograd.batched import for_each_in_batch
from minitorch.autograd.engine import run_backward
from minitorch.autograd.function import Function as Function
from minitorch.autograd.grad_mode import _unsafe_preserve_version_counter as _unsafe_preserve_version_counter
from minitorch.autograd.grad_mode import enable_grad as enable_grad
from minitorch.autograd.grad_mode import inference_mode as inference_mode
from minitorch.autograd.grad_mode import is_multithreading_enabled as is_multithreading_enabled
from minitorch.autograd.grad_mode import no_grad as no_grad
from minitorch.autograd.grad_mode import set_grad_enabled as set_grad_enabled
from minitorch.autograd.grad_mode import set_multithreading_enabled as set_multithreading_enabled
from minitorch.autograd.graph import GradientEdge
from minitorch.autograd.node import Edge, Node, gradient_edge, retain_grad
from minitorch.autograd.variable import Variable as Variable
from minitorch.tensor_base import TensorBase


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``.grad`` of the leaves they were computed from.

    ``grad_tensors``: the gradient of each (its cotangent); may be left out for scalars. ``retain_graph``: keep what the
    graph has saved, so that one can go back through it again; as ``create_graph`` unless given. ``create_graph``:
    record the derivatives themselves. ``inputs``: only these tensors collect. ``grad_variables``: the old name of
    ``grad_tensors``.

    ``RuntimeError`` if a tensor has no graph, or a non-scalar has no cotangent.
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        grad_tensors = grad_variables
    wanted = None if inputs is None else _inputs(inputs, "backward")
    roots = _as_tuple(tensors)
    edges, gradients = _start(roots, grad_tensors)
    keep = create_graph if retain_graph is None else retain_graph
    if type(keep) is not bool or type(create_graph) is not bool:
        keep, create_graph = bool(operator.index(keep)), bool(operator.index(create_graph))
    if create_graph:
        _warn_of_cycles()
    if wanted is None:
        run_backward(edges, gradients, keep_graph=keep, create_graph=create_graph)
        return
    targets = []
    for source in wanted:
        if isinstance(source, TensorBase) and not source.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        targets.append(_edge_of_input(source))
        if isinstance(source, TensorBase):
            retain_grad(source)
    run_backward(edges, gradients, keep_graph=keep, create_graph=create_graph, inputs=targets)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of ``outputs`` with respect to ``inputs``, returned instead of accumulated: a tuple, or a
    dictionary if ``inputs`` is one. ``is_grads_batched``: the first dimension of ``grad_outputs`` counts cotangents,
    that of the results the gradients for each. The other arguments are those of ``backward``.

    ``RuntimeError`` if an input was not used, unless ``allow_unused`` (then None) or ``materialize_grads`` (zeros).
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for "
            "other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    roots = _as_tuple(outputs)
    sources = _inputs(inputs, "grad")
    keep = create_graph if retain_graph is None else retain_graph
    if type(keep) is not bool or type(create_graph) is not bool:
        keep, create_graph = bool(operator.index(keep)), bool(operator.index(create_graph))

    def go(cotangents: Any, is_last: bool = True) -> list[Any]:
        edges, gradients = _start(roots, cotangents)
        targets = [_edge_of_input(source) for source in sources]
        kept = keep or not is_last
        return run_backward(
            edges, gradients, keep_graph=kept, create_graph=create_graph, inputs=targets, accumulate=False
        )

    found = for_each_in_batch(roots, grad_outputs, go) if is_grads_batched else go(grad_outputs)
    for place, source in enumerate(sources):
        if found[place] is None and materialize_grads:
            found[place] = _zeros_like(source, create_graph)
        elif found[place] is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {place} appears to not have been used in the graph. Set "
                "allow_unused=True if this is the desired behavior."
            )
    return dict(zip(inputs, found)) if type(inputs) is dict else tuple(found)


_CHECKS = ("gradcheck", "gradgradcheck", "GradcheckError")


def __getattr__(name: str) -> Any:
    """What is built on operators, which themselves need this package, is loaded when first asked for."""
    import importlib

    if name in ("functional", "forward_ad"):
        return importlib.import_module(f"minitorch.autograd.{name}")
    if name in _CHECKS:
        module = importlib.import_module("minitorch.autograd.gradcheck")
        globals().update({check: getattr(module, check) for check in _CHECKS})  # a function, like its module, by name
        return globals()[name]
    raise AttributeError(f"module 'minitorch.autograd' has no attribute {name!r}")


# ---- what goes in -------------------------------------------------------------------------------------------------


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, (TensorBase, GradientEdge)) else tuple(value)


def _inputs(inputs: Any, function: str) -> tuple[Any, ...]:
    """The tensors or edges that gradients are wanted for."""
    if isinstance(inputs, Mapping):
        if type(inputs) is not dict:
            raise TypeError(
                f"`inputs` argument to `{function}()` must be a dict, not {type(inputs).__name__}. Other Mapping types "
                "are not supported."
            )
        inputs = tuple(inputs.values())
    sources = _as_tuple(inputs)
    if not sources:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return sources


def _edge_of_input(source: Any) -> Edge:
    """Where its gradient arrives; None if no graph can lead there."""
    if isinstance(source, GradientEdge):
        if not isinstance(source.node, Node):
            raise RuntimeError(
                f"GradientEdge's first object must be an autograd.graph.Node but got {type(source.node).__name__}"
            )
        if not 0 <= source.output_nr < len(source.node.outputs):
            raise RuntimeError(f"{source.node.name()} has no output {source.output_nr}")
        return (source.node, source.output_nr)
    if not isinstance(source, TensorBase):
        raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(source).__name__}")
    if not source.requires_grad:
        raise RuntimeError(
            "One of the differentiated Tensors does not require grad: call requires_grad_() on it before it is used"
        )
    return gradient_edge(source)


def _start(roots: Sequence[Any], given: Any) -> tuple[list[tuple[Node, int]], list[Any]]:
    """The edges that a backward pass starts from, and the gradient that enters at each."""
    if given is None:
        given = (None,) * len(roots)
    elif isinstance(given, TensorBase):
        given = (given,)
    given = tuple(given)
    gradients = [_cotangent(root, gradient, place) for place, (root, gradient) in enumerate(zip(roots, given))]
    if len(roots) != len(gradients):
        raise RuntimeError(f"got {len(roots)} tensors and {len(gradients)} gradients")
    edges: list[tuple[Node, int]] = []
    for place, root in enumerate(roots):
        edge = (root.node, root.output_nr) if isinstance(root, GradientEdge) else gradient_edge(root)
        if edge is None:
            raise RuntimeError(
                f"element {place} of tensors does not require grad and does not have a grad_fn; {_WHY_NOT}"
            )
        edges.append((edge[0], edge[1]))
    return edges, gradients


def _cotangent(root: Any, gradient: Any, place: int) -> Any:
    """The gradient of one root: as given, if it fits, or 1 for a real scalar."""
    if isinstance(root, GradientEdge):
        metadata = root.node.outputs[root.output_nr]
        if metadata is None:
            raise RuntimeError(f"output {root.output_nr} of {root.node.name()} has no gradient")
        shape, dtype, device = metadata[0].shape, metadata[1], metadata[2]
    elif isinstance(root, TensorBase):
        shape, dtype, device = root.shape, root.dtype, root.device
    else:
        raise TypeError(f"backward and grad start from tensors or gradient edges, but got {type(root).__name__}")
    if gradient is None:
        return _one(root, shape, dtype, device)
    if not isinstance(gradient, TensorBase):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient.shape != shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{place}] has a shape of {gradient.shape} and output[{place}] has a shape "
            f"of {shape}."
        )
    if gradient.is_complex() != dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{place}] has a dtype of {gradient.dtype} and output[{place}] has a dtype of {dtype}."
        )
    return gradient


_WHY_NOT = "nothing it was computed from requires grad, or it was computed under no_grad(): see requires_grad_()"


def _one(root: Any, shape: Any, dtype: Any, device: Any) -> Any:
    from minitorch.ops.creating.creation import ones, ones_like

    is_edge = isinstance(root, GradientEdge)
    if not is_edge and not root.requires_grad:
        return None  # has no graph either, which is the complaint to make
    if any(size != 1 for size in shape):
        raise RuntimeError(
            f"grad can be implicitly created only for scalar outputs: this one has shape {list(shape)}; call .sum() or "
            ".mean() first, or pass gradient= with that shape, such as torch.ones_like(output)"
        )
    if not dtype.is_floating_point:
        raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {dtype}")
    return ones(shape, dtype=dtype, device=device) if is_edge else ones_like(root)


def _zeros_like(source: Any, requires_grad: bool) -> Any:
    from minitorch.ops.creating.creation import zeros_like

    if isinstance(source, GradientEdge):
        raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
    return zeros_like(source, requires_grad=requires_grad)


_warned_of_cycles = False


def _warn_of_cycles() -> None:
    global _warned_of_cycles
    if not _warned_of_cycles:
        _warned_of_cycles = True
        warnings.warn(
            "Using backward() with create_graph=True will create a reference cycle between the parameter and its "
            "gradient which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid "
            "this. If you have to use this function, make sure to reset the .grad fields of your parameters to None "
            "after use to break the cycle and avoid the leak.",
            UserWarning,
            stacklevel=4,
        )
