"""A whole step of Adam, AdamW or SGD where no kernel can run: NumPy, in blocks that stay in the cache.

An operator a line over a whole tensor reads every number from memory again for each line. Here all lines run on one
block of elements before the next block is taken, in place and with two scratch arrays for all blocks, so that memory is
read and written once, as in the kernel (``kernels/fused_optimizers.cu``), which this equals up to rounding.

Half precision is computed in float32. The arrays are contiguous; ``grad_scale`` is a number or None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

BLOCK = 32768  # elements: four arrays of float32 of this size fill half of a core's second cache


def _blocks(lists: Sequence[Sequence[Any] | None]) -> Iterator[list[Any]]:
    """For every block of every tensor the slices of its arrays; None for a list that is None."""
    for place, first in enumerate(lists[0] or ()):
        flat = [None if each is None else each[place].reshape(-1) for each in lists]
        for start in range(0, first.size, BLOCK):
            yield [None if array is None else array[start : start + BLOCK] for array in flat]


class _Scratch:
    """Two arrays that are used for every block, and conversion to the dtype that is computed in."""

    def __init__(self, xp: Any, dtype: Any) -> None:
        self.dtype = xp.dtype("float32") if dtype.itemsize == 2 else dtype
        self._rows = xp.empty((2, BLOCK), self.dtype)

    def rows(self, count: int) -> tuple[Any, Any]:
        """The two, of ``count`` elements."""
        return self._rows[0, :count], self._rows[1, :count]

    def wide(self, array: Any) -> Any:
        """The block itself, or a float32 copy of one in half precision."""
        return array if array.dtype == self.dtype else array.astype(self.dtype)


def _unscaled(xp: Any, scratch: _Scratch, grad: Any, grad_scale: float | None, maximize: bool, out: Any) -> Any:
    """The gradient to descend along, in ``out`` or as it is; divided by the scale in place first."""
    wide = scratch.wide(grad)
    if grad_scale is not None:
        xp.divide(wide, scratch.dtype.type(grad_scale), out=wide)
        _store(grad, wide)
    return xp.negative(wide, out=out) if maximize else wide


def _store(array: Any, wide: Any) -> None:
    if array is not wide:
        array[...] = wide


def adam(
    xp: Any, params: Sequence[Any], grads: Sequence[Any], exp_avgs: Sequence[Any], exp_avg_sqs: Sequence[Any],
    max_exp_avg_sqs: Sequence[Any] | None, counts: Sequence[float], *, lr: float, beta1: float, beta2: float,
    weight_decay: float, eps: float, decoupled: bool, maximize: bool, grad_scale: float | None = None,
) -> None:  # fmt: skip
    """One step on all arrays. ``counts``: which step it is for each of them, from 1."""
    if not params:
        return
    scratch = _Scratch(xp, params[0].dtype)
    for place, count in enumerate(counts):
        lists = (params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs)
        step_size, correction = lr / (1 - beta1**count), (1 - beta2**count) ** 0.5
        for block in _blocks([None if each is None else each[place : place + 1] for each in lists]):
            p, g, m, v, largest = block
            first, second = scratch.rows(p.size)
            grad = _unscaled(xp, scratch, g, grad_scale, maximize, first)
            wide_p, wide_m, wide_v = map(scratch.wide, (p, m, v))
            if decoupled and weight_decay:
                xp.multiply(wide_p, 1 - lr * weight_decay, out=wide_p)
            elif weight_decay:
                xp.multiply(wide_p, weight_decay, out=second)
                grad = xp.add(grad, second, out=first)
            _lerp(xp, wide_m, grad, 1 - beta1, second)
            xp.multiply(wide_v, beta2, out=wide_v)
            xp.multiply(grad, grad, out=second)
            xp.multiply(second, 1 - beta2, out=second)
            xp.add(wide_v, second, out=wide_v)
            used = wide_v
            if largest is not None:
                used = xp.maximum(scratch.wide(largest), wide_v, out=second)
                _store(largest, used)
            xp.sqrt(used, out=second)
            xp.divide(second, correction, out=second)
            xp.add(second, eps, out=second)
            xp.divide(wide_m, second, out=second)
            xp.multiply(second, step_size, out=second)
            xp.subtract(wide_p, second, out=wide_p)
            for array, wide in ((p, wide_p), (m, wide_m), (v, wide_v)):
                _store(array, wide)


def _lerp(xp: Any, start: Any, end: Any, weight: float, scratch: Any) -> None:
    """``start`` moves towards ``end``; measured from the nearer end, so that weights 0 and 1 are exact."""
    xp.subtract(end, start, out=scratch)
    if weight < 0.5:
        xp.multiply(scratch, weight, out=scratch)
        xp.add(start, scratch, out=start)
    else:
        xp.multiply(scratch, 1 - weight, out=scratch)
        xp.subtract(end, scratch, out=start)


def sgd(
    xp: Any, params: Sequence[Any], grads: Sequence[Any], buffers: Sequence[Any] | None, *, lr: float,
    weight_decay: float, momentum: float, dampening: float, nesterov: bool, maximize: bool, first: bool,
    grad_scale: float | None = None,
) -> None:  # fmt: skip
    """One step on all arrays. ``first``: the buffers hold nothing yet."""
    if not params:
        return
    scratch = _Scratch(xp, params[0].dtype)
    for p, g, b in _blocks((params, grads, buffers)):
        one, two = scratch.rows(p.size)
        grad = _unscaled(xp, scratch, g, grad_scale, maximize, one)
        wide_p = scratch.wide(p)
        if weight_decay:
            xp.multiply(wide_p, weight_decay, out=two)
            grad = xp.add(grad, two, out=one)
        if b is not None:
            wide_b = grad if first else scratch.wide(b)
            if not first:
                xp.multiply(wide_b, momentum, out=wide_b)
                xp.multiply(grad, 1 - dampening, out=two)
                xp.add(wide_b, two, out=wide_b)
            _store(b, wide_b)
            if nesterov:
                xp.multiply(wide_b, momentum, out=two)
                grad = xp.add(grad, two, out=one)
            else:
                grad = wide_b
        xp.multiply(grad, lr, out=two)
        xp.subtract(wide_p, two, out=wide_p)
        _store(p, wide_p)
