"""``grad``, ``vjp`` and ``jvp``: a function goes in, a function or its derivative comes out.

The inputs of the function are made leaves of a graph of their own (``enter``); what comes back is cut off from these
leaves (``leave``) unless it also leads to others: to a tensor that requires grad outside, or to the inputs of a
transform around this one, which is still under way. That is all it takes for transforms to compose, as every gradient
is recorded.

``jvp`` goes backward twice, see ``autograd/functional.py``.

PyTorch keeps this in ``torch/_functorch/eager_transforms.py``, where each transform is a level that wraps tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from weakref import WeakSet

import minitorch.autograd as autograd
from minitorch.autograd.grad_mode import enable_grad, is_grad_enabled
from minitorch.autograd.node import AccumulateGrad, Node, gradient_edge
from minitorch.func.trees import flatten, form
from minitorch.ops.creating.creation import ones_like, zeros_like
from minitorch.tensor_base import TensorBase

Program = Callable[..., Any]
ArgNums = int | tuple[int, ...]


# ---- in and out ---------------------------------------------------------------------------------------------------


def enter(tensors: Sequence[Any]) -> list[Any]:
    """The tensors as leaves of a graph, or as views of what already is in one. ``ValueError`` if one is none."""
    for value in tensors:
        if not isinstance(value, TensorBase):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(value)}")
    with enable_grad():
        return [t.view_as(t) if t.requires_grad else t.detach().requires_grad_() for t in tensors]


def enter_chosen(args: Sequence[Any], argnums: ArgNums) -> tuple[list[Any], list[Any], Callable[..., Any]]:
    """The arguments with those at ``argnums`` entered, the tensors in these, and what makes trees of such a list."""
    places = chosen(argnums, len(args))
    leaves, rebuild = flatten([args[place] for place in places])
    inputs = enter(leaves)
    arguments = list(args)
    for place, tree in zip(places, rebuild(inputs)):
        arguments[place] = tree
    return arguments, inputs, rebuild


def leave(tree: Any, own: Sequence[Any]) -> Any:
    """The tree without the history that ends in the leaves among ``own``, which are done with."""
    leaves, rebuild = flatten(tree)
    _finished.update(gradient_edge(tensor)[0] for tensor in own if tensor.is_leaf)  # type: ignore[index]
    outside = is_grad_enabled()
    return rebuild(
        [leaf if not isinstance(leaf, TensorBase) or outside and _leads_on(leaf) else _cut(leaf) for leaf in leaves]
    )


def _cut(tensor: Any) -> Any:
    return tensor.detach() if tensor.requires_grad else tensor


_finished: WeakSet[Node] = WeakSet()  # the leaves of transforms that are done: nobody asks for their gradients


def _leads_on(tensor: Any) -> bool:
    """Whether gradients from it reach a leaf of the user's, or of a transform that is under way."""
    edge = gradient_edge(tensor) if tensor.requires_grad else None
    stack = [] if edge is None else [edge[0]]
    seen = set(stack)
    while stack:
        node = stack.pop()
        if isinstance(node, AccumulateGrad) and node not in _finished:
            return True
        new = {to[0] for to in node.edges if to is not None} - seen
        seen |= new
        stack.extend(new)
    return False


def backward(outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
    """The gradients, recorded, with zeros where there are none."""
    for place, (output, cotangent) in enumerate(zip(outputs, cotangents)):
        if cotangent is not None and cotangent.shape != output.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{place}] has a shape of {cotangent.shape} and output[{place}] has a "
                f"shape of {output.shape}."
            )
    pairs = [(output, cotangent) for output, cotangent in zip(outputs, cotangents) if output.requires_grad]
    found: Any = [None] * len(inputs)
    if pairs and inputs:
        roots, weights = zip(*pairs)
        with enable_grad():
            found = autograd.grad(roots, inputs, weights, create_graph=True, allow_unused=True)
    return [zeros_like(tensor.detach()) if gradient is None else gradient for gradient, tensor in zip(found, inputs)]


def check_tensors(leaves: Sequence[Any], name: str) -> None:
    """``RuntimeError`` if a function returned anything else."""
    for leaf in leaves:
        if not isinstance(leaf, TensorBase):
            raise RuntimeError(
                f"{name}: expected f(*primals) to return only tensors, got unsupported type {type(leaf)}"
            )


def split_aux(result: Any, has_aux: bool, name: str) -> tuple[Any, Any]:
    """Output and auxiliary output of a function. ``RuntimeError`` if it should have returned both."""
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True")
    for leaf in flatten(result[1])[0]:
        if not isinstance(leaf, TensorBase):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(leaf)}")
    return result


def chosen(argnums: ArgNums, count: int) -> list[int]:
    """The places of the arguments to differentiate by. ``RuntimeError`` if there are none such."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    places = argnums if isinstance(argnums, tuple) else (argnums,)
    if not places:
        raise RuntimeError("argnums must be non-empty")
    if len(set(places)) != len(places):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    for place in places:
        if not isinstance(place, int):
            raise RuntimeError(f"argnum must be int, got: {type(place)}")
        if not -count <= place < count:
            raise RuntimeError(f"Got argnum={place}, but only {count} positional inputs")
    return [place % count for place in places]


# ---- gradients ----------------------------------------------------------------------------------------------------


def grad(func: Program, argnums: ArgNums = 0, has_aux: bool = False) -> Program:
    """The function that gives the gradient of ``func`` with respect to the arguments at ``argnums``.

    ``func`` returns a scalar tensor; with ``has_aux`` also something else, which is handed on: (gradient, aux).
    """

    @wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Program, argnums: ArgNums = 0, has_aux: bool = False) -> Program:
    """As ``grad``, but (gradient, value), or (gradient, (value, aux))."""
    name = "grad_and_value(f)(*args)"

    @wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        arguments, inputs, rebuild = enter_chosen(args, argnums)
        with enable_grad():
            value, aux = split_aux(func(*arguments, **kwargs), has_aux, name)
        if not isinstance(value, TensorBase):
            raise RuntimeError(f"{name}: Expected f(*args) to return a Tensor, got {type(value)}")
        if value.ndim:
            raise RuntimeError(
                f"{name}: Expected f(*args) to return a scalar Tensor, got tensor with {value.ndim} dims. Maybe you "
                "wanted to use the vjp or jacrev APIs instead?"
            )
        trees = rebuild(backward([value], inputs, [None]))
        found = trees[0] if isinstance(argnums, int) else tuple(trees)
        return leave((found, (value, aux) if has_aux else value), inputs)

    return both


def vjp(func: Program, *primals: Any, has_aux: bool = False) -> Any:
    """``(func(*primals), vjp_fn)`` where ``vjp_fn(cotangents)`` is a tuple of v^T J for each argument."""
    name = "vjp(f, *primals)"
    leaves, rebuild = flatten(list(primals))
    inputs = enter(leaves)
    with enable_grad():
        result, aux = split_aux(func(*rebuild(inputs)), has_aux, name)
    outputs, _ = flatten(result)
    check_tensors(outputs, name)

    def vjp_fn(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> tuple[Any, ...]:
        if form(cotangents) != form(result):
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {form(cotangents)}, primal output: {form(result)}"
            )
        return leave(tuple(rebuild(backward(outputs, inputs, flatten(cotangents)[0]))), inputs)  # type: ignore[no-any-return]

    output = leave(result, inputs)
    return (output, vjp_fn, leave(aux, inputs)) if has_aux else (output, vjp_fn)


def jvp(func: Program, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """``(func(*primals), J v)`` where ``v`` are the tangents, as many and of the same shapes as the primals."""
    name = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{name}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    if form(primals) != form(tangents):
        raise RuntimeError(
            f"{name}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {form(primals)} and tangents with "
            f"structure {form(tangents)}"
        )
    leaves, rebuild = flatten(primals)
    if not leaves:
        raise RuntimeError(f"{name}: Expected primals to contain at least one Tensor.")
    directions = flatten(tangents)[0]
    for tensor, direction in zip(leaves, directions):
        if tensor.shape != direction.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size "
                f"{list(direction.shape)}."
            )
    inputs = enter(leaves)
    with enable_grad():
        result, aux = split_aux(func(*rebuild(inputs)), has_aux, name)
    outputs, restore = flatten(result)
    check_tensors(outputs, name)
    products, probes = push_forward(outputs, inputs, directions, strict)
    found = leave((result, restore(products), aux), [*inputs, *probes])
    return found if has_aux else found[:2]


def push_forward(
    outputs: Sequence[Any], inputs: Sequence[Any], directions: Sequence[Any], strict: bool = False
) -> tuple[list[Any], list[Any]]:
    """J v by going backward twice, and the leaves that the first pass started from."""
    probes = [ones_like(output.detach(), requires_grad=True) for output in outputs]  # any number but 0, at log(u)
    for output in outputs if strict else ():
        if not output.requires_grad:
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
                "allowed with strict=True."
            )
    return backward(backward(outputs, inputs, probes), probes, directions), probes
