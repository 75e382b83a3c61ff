"""Householder reflectors on arrays: H = I - tau v v^H, where v is 0 above its own place and 1 there.

The k columns of a matrix (*, m, k) below the diagonal hold the v of k reflectors, as ``geqrf`` leaves them there; the
ones and zeros are understood. None of them is ever built as a matrix: applied to C, it is C - tau v (v^H C).
"""

from __future__ import annotations

from typing import Any


def vector(xp: Any, columns: Any, place: int) -> Any:
    """v of one reflector, (*, m, 1)."""
    v = columns[..., place : place + 1].copy()
    v[..., :place, :] = 0
    v[..., place, :] = 1
    return v


def apply(xp: Any, columns: Any, tau: Any, target: Any, adjoint: bool) -> Any:
    """Q C with Q = H_0 H_1 ... (``adjoint``: Q^H C), in a fresh array. Batches broadcast."""
    batch = xp.broadcast_shapes(columns.shape[:-2], target.shape[:-2])
    result = xp.array(xp.broadcast_to(target, (*batch, *target.shape[-2:])))
    count = tau.shape[-1]
    for place in range(count) if adjoint else reversed(range(count)):
        v = vector(xp, columns, place)
        scale = tau[..., place, None, None]
        result -= (xp.conj(scale) if adjoint else scale) * v * (xp.conj(v.swapaxes(-2, -1)) @ result)
    return result
