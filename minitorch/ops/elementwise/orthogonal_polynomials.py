"""Orthogonal polynomials: Chebyshev's four kinds and their shifted forms, Hermite's two, Laguerre's, Legendre's.

Each family starts with 1 and a polynomial of degree one, and goes on by a recurrence of three terms:

    Chebyshev   P_{k+1} = 2 x P_k - P_{k-1}         P_1 = x (T), 2x (U), 2x - 1 (V), 2x + 1 (W)
    Hermite H   P_{k+1} = 2 x P_k - 2k P_{k-1}      P_1 = 2x          He: x P_k - k P_{k-1}, P_1 = x
    Laguerre    (k + 1) P_{k+1} = (2k + 1 - x) P_k - k P_{k-1}        P_1 = 1 - x
    Legendre    (k + 1) P_{k+1} = (2k + 1) x P_k - k P_{k-1}          P_1 = x

A negative degree gives 0. They have no derivative, as in PyTorch: ``aten/src/ATen/native/Math.h``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.declare.pointwise import PointwiseFunction, pointwise

Step = Callable[[Any, Any, Any, int], Any]


def _evaluate(xp: Any, x: Any, n: Any, first: Any, step: Step) -> Any:
    """P_n(x) elementwise: run the recurrence up to the largest degree, and keep each element's at its own."""
    x, degree = xp.broadcast_arrays(x, xp.asarray(n))
    degree = xp.where(xp.isfinite(degree), degree, -1).astype(xp.int64)
    before, current = xp.ones_like(x), first(x)
    result = xp.where(degree == 0, 1, xp.where(degree == 1, current, 0)).astype(x.dtype)
    for k in range(1, int(xp.maximum.reduce(degree, axis=None, initial=0))):
        following = step(x, current, before, k)
        before, current = current, following
        result = xp.where(degree == k + 1, current, result)
        waiting = degree > k + 1
        if xp.isnan(current[waiting]).all():  # an overflow: nothing will come of it any more
            return xp.where(waiting, xp.nan, result)
    return result


def _family(name: str, first: Callable[[Any], Any], step: Step, shifted: bool = False) -> PointwiseFunction:
    def forward(xp: Any, input: Any, n: Any, out: Any) -> Any:
        x = xp.asarray(input)
        dtype = x.dtype
        wide = x.astype(xp.float64)
        return _evaluate(xp, 2 * wide - 1 if shifted else wide, xp.asarray(n), first, step).astype(dtype)

    forward.__name__ = name
    forward.__doc__ = f"The polynomial of degree ``n`` of the family {name}, at ``input``."
    return pointwise(promotion="float", kinds="f", check=arg.refuse_half)(forward)


def _chebyshev(x: Any, current: Any, before: Any, k: int) -> Any:
    return 2 * x * current - before


chebyshev_polynomial_t = _family("chebyshev_polynomial_t", lambda x: x, _chebyshev)
chebyshev_polynomial_u = _family("chebyshev_polynomial_u", lambda x: 2 * x, _chebyshev)
chebyshev_polynomial_v = _family("chebyshev_polynomial_v", lambda x: 2 * x - 1, _chebyshev)
chebyshev_polynomial_w = _family("chebyshev_polynomial_w", lambda x: 2 * x + 1, _chebyshev)
shifted_chebyshev_polynomial_t = _family("shifted_chebyshev_polynomial_t", lambda x: x, _chebyshev, True)
shifted_chebyshev_polynomial_u = _family("shifted_chebyshev_polynomial_u", lambda x: 2 * x, _chebyshev, True)
shifted_chebyshev_polynomial_v = _family("shifted_chebyshev_polynomial_v", lambda x: 2 * x - 1, _chebyshev, True)
shifted_chebyshev_polynomial_w = _family("shifted_chebyshev_polynomial_w", lambda x: 2 * x + 1, _chebyshev, True)
hermite_polynomial_h = _family("hermite_polynomial_h", lambda x: 2 * x, lambda x, p, q, k: 2 * x * p - 2 * k * q)
hermite_polynomial_he = _family("hermite_polynomial_he", lambda x: x, lambda x, p, q, k: x * p - k * q)
laguerre_polynomial_l = _family(
    "laguerre_polynomial_l", lambda x: 1 - x, lambda x, p, q, k: ((2 * k + 1 - x) * p - k * q) / (k + 1)
)
legendre_polynomial_p = _family(
    "legendre_polynomial_p", lambda x: x, lambda x, p, q, k: ((2 * k + 1) * x * p - k * q) / (k + 1)
)
