"""Choosing between two arrays element by element, without a branch.

``np.where`` tests every element, and on a random mask the processor guesses wrong every second time: 4.3 ms for a
million float32 values, where an addition takes 0.1. But choosing needs no test. Read as integers, the bits times a
mask of ones and zeros are either the value or zero,

    keep(m, x)      = x * m                          (on bits: inf and nan are dropped too, inf * 0 would be nan)
    select(m, a, b) = ((a ^ b) * m) ^ b              (where m: b with all differing bits flipped, which is a)

which takes 0.2 and 0.4 ms. PyTorch does the same with vector blends: ``Vectorized::blendv`` in ``ATen/cpu/vec``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_BITS: dict[Any, Any] = {
    np.dtype(np.float32): np.dtype(np.int32),
    np.dtype(np.int32): np.dtype(np.int32),
    np.dtype(np.float64): np.dtype(np.int64),
    np.dtype(np.int64): np.dtype(np.int64),
}
_SMALL = 2048  # elements up to which one call of ``where`` beats the passes


def keep(xp: Any, mask: Any, values: Any) -> Any:
    """``values`` where ``mask``, else +0."""
    bits = _BITS.get(values.dtype)
    if bits is None or values.size < _SMALL:
        return xp.where(mask, values, values.dtype.type(0))
    return xp.multiply(values.view(bits), mask).view(values.dtype)


def select(xp: Any, mask: Any, a: Any, b: Any) -> Any:
    """``a`` where ``mask``, else ``b``; two arrays of one dtype, broadcast against each other and the mask."""
    bits = _BITS.get(a.dtype)
    if bits is None or mask.size < _SMALL:
        return xp.where(mask, a, b)
    old = b.view(bits)
    chosen = xp.multiply(xp.bitwise_xor(a.view(bits), old), mask)
    return xp.bitwise_xor(chosen, old, out=chosen).view(a.dtype)


def clip(xp: Any, values: Any, low: Any, high: Any, out: Any = None) -> Any:
    """``values`` raised to ``low`` and lowered to ``high``; None for no bound. nan stays, and is taken from a bound.

    NumPy's ``maximum`` against a number is three times slower than its ``clip``, which takes longer to call.
    """
    if values.size >= _SMALL and values.dtype.kind == "f":
        low, high = -np.inf if low is None else low, np.inf if high is None else high
        if low == low and high == high:
            return xp.clip(values, low, high, out)
    if values.dtype.kind == "u":  # a negative bound wraps around, as in C
        low, high = _unsigned(low, values.dtype), _unsigned(high, values.dtype)
    if low is not None:
        values = xp.maximum(low, values, out=out)  # in this order -0.0 stays what it is against 0
    return values if high is None else xp.minimum(high, values, out=out)


def _unsigned(bound: Any, dtype: Any) -> Any:
    return bound + (1 << 8 * dtype.itemsize) if isinstance(bound, int) and bound < 0 else bound
