"""What is the matter with a derivative: the usual mistakes, recognised by their Jacobian.

``gradcheck`` has two matrices, the numerical Jacobian, which is right, and the analytical one, which a ``backward``
gave; a row for each number of the input, a column for each of the output. A mistake in a derivative leaves a mark in
them: a forgotten sum over a broadcast dimension leaves all but one of the repeated columns zero, a wrong sign negates
all, a missing ``conj`` negates every other row. ``diagnose`` tries one explanation after the other, the most specific
first, and says the first that makes the two equal.

PyTorch shows the two matrices only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]
Shape = tuple[int, ...]


def diagnose(analytical: Matrix, numerical: Matrix, input_shape: Shape, output_shape: Shape, is_complex: bool) -> str:
    """A sentence for the user. ``is_complex``: the input is, and has two rows for each element."""
    if np.isnan(analytical).any():
        return "The derivative is nan: something like 0 * inf or 0 / 0 in backward."
    if _close(analytical, np.zeros_like(analytical)):
        return "The derivative is zero: is the graph cut, by detach() or by writing to .data?"
    if _close(numerical, np.zeros_like(numerical)):
        return "The function does not depend on this input, but its derivative says that it does."
    if _close(analytical, -numerical):
        return "The derivative has the wrong sign: it is -1 times what it should be."
    if is_complex and _close(_conjugate(analytical), numerical):
        return "The derivative is the complex conjugate of what it should be: looks like a missing conj()."
    return (
        _factor(analytical, numerical, input_shape, output_shape)
        or _missing_sum(analytical, numerical, input_shape, output_shape)
        or _transposed(analytical, numerical, input_shape)
        or _some_elements(analytical, numerical, input_shape, is_complex)
        or _largest_difference(analytical, numerical, input_shape, output_shape)
    )


def _close(a: Matrix, b: Matrix) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-3, atol=1e-5))


def _conjugate(jacobian: Matrix) -> Matrix:
    result = jacobian.copy()
    result[1::2] *= -1
    return result


def _factor(analytical: Matrix, numerical: Matrix, input_shape: Shape, output_shape: Shape) -> str:
    factor = float((analytical * numerical).sum() / (numerical * numerical).sum())
    if factor == 0 or not _close(analytical, factor * numerical):
        return ""
    text = f"The derivative is {factor:.6g} times what it should be: looks like a missing or doubled factor."
    for name, shape in (("input", input_shape), ("output", output_shape)):
        for what, size in (
            ("number of elements", int(np.prod(shape))),
            *((f"size of dim {d}", n) for d, n in enumerate(shape)),
        ):
            if size > 2 and (np.isclose(factor, size) or np.isclose(factor, 1 / size)):
                return f"{text} {size} is the {what} of the {name}: a mean where a sum belongs, or a sum for a mean?"
    return text


def _missing_sum(analytical: Matrix, numerical: Matrix, input_shape: Shape, output_shape: Shape) -> str:
    """The output's dimensions, repeated by broadcasting, of which the derivative took one index instead of the sum.

    The Jacobian is then right at that index and zero at all others.
    """
    added = len(output_shape) - len(input_shape)
    if added < 0 or analytical.shape[1] != int(np.prod(output_shape)):
        return ""
    ours, theirs = (jacobian.reshape(-1, *output_shape) for jacobian in (analytical, numerical))
    found = []
    for dim, size in enumerate(output_shape):
        if size > 1 and (dim < added or input_shape[dim - added] == 1):
            used = [k for k in range(size) if np.take(ours, k, dim + 1).any()]
            if len(used) == 1 and np.take(theirs, [k for k in range(size) if k != used[0]], dim + 1).any():
                found.append(dim)
                ours, theirs = (np.take(jacobian, used, dim + 1) for jacobian in (ours, theirs))
    if not found or not _close(ours, theirs):
        return ""
    return f"The derivative looks like a missing sum over broadcast dim {', '.join(map(str, found))}."


def _transposed(analytical: Matrix, numerical: Matrix, input_shape: Shape) -> str:
    if _close(analytical, numerical.T):
        return "The derivative is the transpose of what it should be: looks like J v instead of J^T v."
    if len(input_shape) >= 2 and len(analytical) == int(np.prod(input_shape)):
        order = np.arange(len(analytical)).reshape(input_shape)
        for first in range(len(input_shape)):
            for second in range(first + 1, len(input_shape)):
                if input_shape[first] == input_shape[second] > 1:
                    swapped = np.swapaxes(order, first, second).reshape(-1)
                    if _close(analytical[swapped], numerical):
                        return f"The gradient is transposed: dims {first} and {second} of the input are swapped."
    return ""


def _some_elements(analytical: Matrix, numerical: Matrix, input_shape: Shape, is_complex: bool) -> str:
    """Right for most elements of the input, wrong for a few."""
    wrong = [i for i in range(len(analytical)) if not _close(analytical[i], numerical[i])]
    elements = sorted({i // 2 if is_complex else i for i in wrong})
    if not elements or 2 * len(elements) > int(np.prod(input_shape)):
        return ""
    places = ", ".join(str([int(k) for k in np.unravel_index(i, input_shape)]) for i in elements[:4])
    return (
        f"The derivative is right but for {len(elements)} of {int(np.prod(input_shape))} elements of the input, at "
        f"{places}: a kink of the function, two equal values, or a wrong index?"
    )


def _largest_difference(analytical: Matrix, numerical: Matrix, input_shape: Shape, output_shape: Shape) -> str:
    difference = np.abs(analytical - numerical)
    row, column = np.unravel_index(int(difference.argmax()), difference.shape)
    where = (
        f"The largest difference is {difference.max():.3g}, for number {row} of an input of shape {list(input_shape)} "
        f"and number {column} of an output of shape {list(output_shape)}."
    )
    if difference.max() < 1e-2 * np.abs(numerical).max():
        where += " That is little: is something computed in single precision?"
    return where
