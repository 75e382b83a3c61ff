"""``einsum`` and ``tensordot``: sums of products over named dimensions, brought down to matrix products.

    einsum("bij,bjk->bik", x, y)        the dimensions named in the output stay, the others are summed

Every operand is first permuted to one common order, the output's dimensions and then the summed ones, with size 1 where
it lacks a dimension. Two operands then meet dimension by dimension. A dimension is a *batch* if both have it and it
stays, *left* or *right* if one has it, and *contracted* if both have it and no later operand does. So they are

    (batch, left, contracted) @ (batch, contracted, right)  ->  (batch, left, right)

which is one ``bmm``. More operands are contracted from left to right.

PyTorch: ``einsum`` and ``sumproduct_pair`` in ``aten/src/ATen/native/Linear.cpp``. Left out: the search for a better
order of contraction (``opt_einsum``).
"""

from __future__ import annotations

import math
import string
from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.linear_algebra.linalg import bmm, mm
from minitorch.ops.shapes.parts import diagonal
from minitorch.ops.shapes.views import permute, reshape, unsqueeze
from minitorch.tensor_base import TensorBase

ELLIPSIS = "..."


def einsum(equation: Any, *operands: Any) -> Any:
    """The sum of products that ``equation`` names. Operands may also be given as one list.

    The other form, ``einsum(op1, [0, 1], op2, [1, 2], [0, 2])``, names dimensions by numbers below 52.
    ``RuntimeError`` for an equation that does not fit the operands.
    """
    if not isinstance(equation, str):
        if not isinstance(equation, TensorBase):
            raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(equation).__name__}")
        equation, operands = _from_sublists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or operands and sublists"
        )
    for place, operand in enumerate(operands):
        if not isinstance(operand, TensorBase):
            raise TypeError(f"expected Tensor as element {place} in argument 1, but got {type(operand).__name__}")
    inputs, output, width = _parse(equation, operands)
    order = output + sorted({label for labels in inputs for label in labels} - set(output), key=str)
    aligned = [_align(operand, labels, order) for operand, labels in zip(operands, inputs)]
    _check_sizes(operands, aligned)
    return _contract(aligned, len(output))


def _from_sublists(arguments: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    letters = string.ascii_uppercase + string.ascii_lowercase

    def spelled(sublist: Any) -> str:
        for label in sublist:
            if label is not Ellipsis and not 0 <= label < len(letters):
                raise ValueError(f"einsum(): expected subscript {label} to be within the range [0, 52)")
        return "".join(ELLIPSIS if label is Ellipsis else letters[label] for label in sublist)

    pairs = len(arguments) // 2
    equation = ",".join(spelled(arguments[2 * place + 1]) for place in range(pairs))
    if len(arguments) % 2:
        equation += "->" + spelled(arguments[-1])
    return equation, tuple(arguments[2 * place] for place in range(pairs))


# ---- reading the equation -----------------------------------------------------------------------------------------


def _parse(equation: str, operands: tuple[Any, ...]) -> tuple[list[list[Any]], list[Any], int]:
    """A label for every dimension of every operand, and those of the output. ``...`` becomes the labels -n, ..., -1."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        relation = "more" if len(terms) < len(operands) else "fewer"
        raise RuntimeError(f"einsum(): {relation} operands were provided than specified in the equation")
    inputs = [_labels(term, operand.ndim, place) for place, (term, operand) in enumerate(zip(terms, operands))]
    width = max((sum(isinstance(label, int) for label in labels) for labels in inputs), default=0)
    if not arrow:
        letters = sorted("".join(term.replace(ELLIPSIS, "") for term in terms))
        once = [letter for letter in letters if letters.count(letter) == 1]
        return inputs, [*range(-width, 0), *once], width
    return inputs, _output_labels(right, inputs, width), width


def _labels(term: str, ndim: int, place: int) -> list[Any]:
    head, dots, tail = term.partition(ELLIPSIS)
    for character in head + tail:
        if character not in string.ascii_letters:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {term.index(character)} in the equation string, "
                "subscripts must be in [a-zA-Z]"
            )
    free = ndim - len(head) - len(tail)
    if free < 0 or (free and not dots):
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(head) + len(tail)}) "
            f"{'is more than' if free < 0 else 'does not match'} the number of dimensions ({ndim}) for operand {place}"
            f"{'' if free < 0 else ' and no ellipsis was given'}"
        )
    return [*head, *range(-free, 0), *tail]


def _output_labels(right: str, inputs: list[list[Any]], width: int) -> list[Any]:
    head, dots, tail = right.partition(ELLIPSIS)
    known = {label for labels in inputs for label in labels}
    for place, character in enumerate(head + tail):
        if character not in string.ascii_letters:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {place} in the equation string, subscripts must be in "
                "[a-zA-Z]"
            )
        if character not in known:
            raise RuntimeError(
                f"einsum(): output subscript {character} does not appear in the equation for any input operand"
            )
        if (head + tail).count(character) > 1:
            raise RuntimeError(f"einsum(): output subscript {character} appears more than once in the output")
    return [*head, *(range(-width, 0) if dots else ()), *tail]


def _align(operand: Any, labels: list[Any], order: list[Any]) -> Any:
    """The operand's dimensions in the common order, with size 1 where it has none; repeated labels on the diagonal."""
    present = list(labels)
    for label in dict.fromkeys(labels):
        while present.count(label) > 1:
            first = present.index(label)
            second = present.index(label, first + 1)
            if operand.shape[first] != operand.shape[second]:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand but the sizes don't match, "
                    f"{operand.shape[second]} != {operand.shape[first]}"
                )
            operand = diagonal(operand, 0, first, second)
            present = [*present[:first], *present[first + 1 : second], *present[second + 1 :], label]
    for label in order:
        if label not in present:
            operand = unsqueeze(operand, operand.ndim)
            present.append(label)
    return permute(operand, [present.index(label) for label in order])


def _check_sizes(operands: tuple[Any, ...], aligned: list[Any]) -> None:
    """``RuntimeError`` unless all sizes of a dimension are equal or 1."""
    for dim in range(aligned[0].ndim):
        sizes = [operand.shape[dim] for operand in aligned]
        expected = next((size for size in sizes if size != 1), 1)
        for place, size in enumerate(sizes):
            if size not in (1, expected):
                raise RuntimeError(
                    f"einsum(): operands do not broadcast with remapped shapes [original->remapped]: "
                    f"{list(operands[0].shape)}->{list(aligned[0].shape)} "
                    f"{list(operands[place].shape)}->{list(aligned[place].shape)}"
                )


# ---- contracting --------------------------------------------------------------------------------------------------


def _contract(operands: list[Any], kept: int) -> Any:
    """Multiply operands of one order from left to right and sum all dimensions from ``kept`` on."""
    dims = range(kept, operands[0].ndim)
    if len(operands) == 1:
        return operands[0].sum(tuple(dims)) if dims else operands[0]
    result, waiting = operands[0], operands[1:]
    while waiting:
        other = waiting.pop(0)
        later = {dim for dim in dims if any(operand.shape[dim] != 1 for operand in waiting)}
        ready = [dim for dim in dims if dim not in later]
        both = [dim for dim in ready if result.shape[dim] != 1 and other.shape[dim] != 1]
        result = _summed(result, [dim for dim in ready if dim not in both])
        other = _summed(other, [dim for dim in ready if dim not in both])
        result = _sum_of_products(result, other, both)
    return result.view(tuple(result.shape[:kept])) if dims else result


def _summed(operand: Any, dims: list[int]) -> Any:
    dims = [dim for dim in dims if operand.shape[dim] != 1]
    return operand.sum(tuple(dims), True) if dims else operand


def _sum_of_products(left: Any, right: Any, contracted: list[int]) -> Any:
    """sum(left * right) over some dimensions, which keep size 1, as one ``bmm``."""
    if not contracted:
        return left * right
    rest = [dim for dim in range(left.ndim) if dim not in contracted]
    batch = [dim for dim in rest if left.shape[dim] != 1 and right.shape[dim] != 1]
    only_left = [dim for dim in rest if dim not in batch and left.shape[dim] != 1]
    only_right = [dim for dim in rest if dim not in batch and dim not in only_left]
    count = math.prod(left.shape[dim] for dim in batch)
    rows = math.prod(left.shape[dim] for dim in only_left)
    columns = math.prod(right.shape[dim] for dim in only_right)
    inner = math.prod(left.shape[dim] for dim in contracted)
    a = reshape(permute(left, batch + only_left + contracted + only_right), (count, rows, inner))
    b = reshape(permute(right, batch + contracted + only_right + only_left), (count, inner, columns))
    order = batch + only_left + contracted + only_right
    shape = [1 if dim in contracted else (right if dim in only_right else left).shape[dim] for dim in order]
    product = bmm(a, b).view(shape)
    return permute(product, [order.index(dim) for dim in range(left.ndim)])


def tensordot(a: Any, b: Any, dims: Any = 2, *, out: Any = None) -> Any:
    """Sum of products over ``dims``: the last n of ``a`` with the first n of ``b``, or two lists of dimensions.

    ``RuntimeError`` where the sizes of contracted dimensions differ.
    """
    dims_a, dims_b = _tensordot_dims(a, b, dims)
    for i, j in zip(dims_a, dims_b):
        if b.shape[j] == 1:
            a = a.sum(i, True, dtype=a.dtype)
        elif a.shape[i] == 1:
            b = b.sum(j, True, dtype=b.dtype)
        elif a.shape[i] != b.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {i} and second has size "
                f"{b.shape[j]} in dim {j}"
            )
    rest_a = [dim for dim in range(a.ndim) if dim not in dims_a]
    rest_b = [dim for dim in range(b.ndim) if dim not in dims_b]
    inner = math.prod(a.shape[dim] for dim in dims_a)
    shape_a, shape_b = [a.shape[dim] for dim in rest_a], [b.shape[dim] for dim in rest_b]
    left = reshape(permute(a, rest_a + list(dims_a)), (math.prod(shape_a), inner))
    right = reshape(permute(b, list(dims_b) + rest_b), (inner, math.prod(shape_b)))
    result = reshape(mm(left, right), (*shape_a, *shape_b))
    return result if out is None else out.copy_(result)


def _tensordot_dims(a: Any, b: Any, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, (tuple, list)):
        dims_a, dims_b = (list(arg.integers(part, "tensordot", "dims")) for part in dims)
    elif not isinstance(dims, (int, TensorBase)):
        raise RuntimeError(
            f"tensordot expects dims to be an int, or two lists of ints, tuple[list[int], list[int]], but got {dims!r}"
        )
    else:
        count = arg.integer(dims, "tensordot", "dims")
        if count < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={count}")
        if count > min(a.ndim, b.ndim):
            raise RuntimeError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={count} for tensors of dimension "
                f"{a.ndim} and {b.ndim}"
            )
        dims_a, dims_b = list(range(a.ndim - count, a.ndim)), list(range(count))
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    return [dim % a.ndim for dim in dims_a], [dim % b.ndim for dim in dims_b]
