"""``jacrev``, ``jacfwd`` and ``hessian``: whole Jacobians as functions.

``jacrev`` goes backward once for each number of the output and gets a row, ``jacfwd`` forward once for each number of
the input and gets a column; the results are the same. For an output of shape ``a`` and an input of shape ``b`` that is
a tensor of shape ``a + b``; trees of outputs give trees of trees.

PyTorch keeps this in ``torch/_functorch/eager_transforms.py``; it maps over the rows with ``vmap``, here they come one
by one, so that ``chunk_size`` and ``randomness`` make no difference.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from minitorch.autograd.grad_mode import enable_grad
from minitorch.func.transforms import (
    ArgNums,
    Program,
    backward,
    check_tensors,
    enter_chosen,
    leave,
    push_forward,
    split_aux,
)
from minitorch.func.trees import flatten
from minitorch.ops.shapes.joining import stack


def jacrev(
    func: Program,
    argnums: ArgNums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Program:
    """The function that gives the Jacobian of ``func``, row by row; with ``has_aux`` (Jacobian, aux)."""
    return _jacobian(func, argnums, has_aux, _rows, "vjp(f, *primals)")


def jacfwd(func: Program, argnums: ArgNums = 0, has_aux: bool = False, *, randomness: str = "error") -> Program:
    """The function that gives the Jacobian of ``func``, column by column; with ``has_aux`` (Jacobian, aux)."""
    return _jacobian(func, argnums, has_aux, _columns, "jvp(f, primals, tangents)")


def hessian(func: Program, argnums: ArgNums = 0) -> Program:
    """The function that gives the Hessian of ``func``: the columns of the Jacobian of the rows."""
    return jacfwd(jacrev(func, argnums), argnums)


def _jacobian(func: Program, argnums: ArgNums, has_aux: bool, blocks_of: Any, name: str) -> Program:
    @wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        arguments, inputs, rebuild = enter_chosen(args, argnums)
        with enable_grad():
            result, aux = split_aux(func(*arguments, **kwargs), has_aux, name)
            outputs, restore = flatten(result)
            check_tensors(outputs, name)
            blocks, own = blocks_of(outputs, inputs)  # blocks[output][input]
        trees = [rebuild(row) for row in blocks]
        found = restore([tree[0] if isinstance(argnums, int) else tuple(tree) for tree in trees])
        found, aux = leave((found, aux), [*inputs, *own])
        return (found, aux) if has_aux else found

    return jacobian


def _rows(outputs: list[Any], inputs: list[Any]) -> tuple[list[list[Any]], list[Any]]:
    blocks = []
    for output in outputs:
        rows = [backward([element], inputs, [None]) for element in output.reshape(-1).unbind(0)]
        blocks.append(
            [stack(list(column)).reshape(output.shape + tensor.shape) for tensor, column in zip(inputs, zip(*rows))]
        )
    return blocks, []


def _columns(outputs: list[Any], inputs: list[Any]) -> tuple[list[list[Any]], list[Any]]:
    blocks: list[list[Any]] = [[] for _ in outputs]
    own = []
    for place, tensor in enumerate(inputs):
        columns = []
        for element in range(tensor.numel()):
            directions = [other.new_zeros(other.shape) for other in inputs]
            directions[place].view(-1)[element] = 1
            found, probes = push_forward(outputs, inputs, directions)
            columns.append(found)
            own += probes
        for row, output, parts in zip(blocks, outputs, zip(*columns)):
            row.append(stack(list(parts), -1).reshape(output.shape + tensor.shape))
    return blocks, own
