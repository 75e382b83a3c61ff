"""Windows for spectra: ``bartlett hann hamming blackman kaiser``.

A piece of a signal has edges, and edges ring through its whole spectrum; a window fades the piece in and out. With N
points and t = n / (N - 1),

    bartlett   1 - |2 t - 1|                hann      1/2 - 1/2 cos 2 pi t         hamming   0.54 - 0.46 cos 2 pi t
    blackman   0.42 - 0.5 cos 2 pi t + 0.08 cos 4 pi t      kaiser  I0(beta sqrt(1 - (2 t - 1)^2)) / I0(beta)

``periodic`` windows are those of N + 1 points without the last, as a discrete Fourier transform wants them.

PyTorch: ``aten/src/ATen/native/TensorFactories.cpp``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch.core import dtypes
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.creating.creation import check_layout, empty, ones
from minitorch.ops.creating.ranges import arange
from minitorch.ops.elementwise.bessel_functions import i0
from minitorch.ops.shapes.pinning import pinned


def _window(
    name: str, window_length: Any, periodic: bool, shape: Callable[[Any, int], Any], dtype: Any, layout: Any,
    device: Any, pin_memory: bool, requires_grad: bool,
) -> Any:  # fmt: skip
    """``shape(n, N - 1)`` for n = 0, 1, ..., N - 1."""
    check_layout(name, layout, pin_memory, device=device)
    length = arg.integer(window_length, name, "window_length")
    kind = dtypes.get_default_dtype() if dtype is None else arg.dtype(dtype, name)
    if kind.category < dtypes.FLOATING:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {kind}")
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    if kind.category > dtypes.FLOATING:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{scalar_type_name(kind)}'")
    if length < 2:
        window = (empty if length == 0 else ones)(length, dtype=kind, device=device)
    else:
        points = length + 1 if periodic else length
        window = shape(arange(points, dtype=kind, device=device), points - 1)
        window = window.narrow(0, 0, length).clone() if periodic else window
    if pin_memory:
        window = pinned(window)
    return window.requires_grad_() if requires_grad else window


def _periodic(name: str, periodic: bool | None, *shapes: Any) -> bool:
    """Periodic unless said otherwise. ``TypeError`` where only what follows it was given: PyTorch has no such form."""
    if periodic is None and any(value is not None for value in shapes):
        raise TypeError(f"{name}(): the window's parameters can be given only together with 'periodic'")
    return True if periodic is None else periodic


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A triangle."""

    def shape(n: Any, last: int) -> Any:
        window = n.mul_(2.0 / last)
        first_half = (last >> 1) + 1
        window.narrow(0, first_half, last + 1 - first_half).mul_(-1).add_(2)
        return window

    return _window("bartlett_window", window_length, periodic, shape, dtype, layout, device, pin_memory, requires_grad)


def hamming_window(
    window_length: int, periodic: bool | None = None, alpha: float | None = None, beta: float | None = None, *,
    dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """alpha - beta cos 2 pi t, whose ends are not quite zero: alpha 0.54 and beta 0.46 unless given."""
    periodic = _periodic("hamming_window", periodic, alpha, beta)
    alpha, beta = 0.54 if alpha is None else alpha, 0.46 if beta is None else beta

    def shape(n: Any, last: int) -> Any:
        return n.mul_(math.pi * 2.0 / last).cos_().mul_(-beta).add_(alpha)

    return _window("hamming_window", window_length, periodic, shape, dtype, layout, device, pin_memory, requires_grad)


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A raised cosine."""

    def shape(n: Any, last: int) -> Any:
        return n.mul_(math.pi * 2.0 / last).cos_().mul_(-0.5).add_(0.5)

    return _window("hann_window", window_length, periodic, shape, dtype, layout, device, pin_memory, requires_grad)


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Two cosines, whose edges ring less."""

    def shape(n: Any, last: int) -> Any:
        angle = n.mul_(math.pi / last)
        return angle.mul(4).cos_().mul_(0.08) - angle.mul(2).cos_().mul_(0.5) + 0.42

    return _window("blackman_window", window_length, periodic, shape, dtype, layout, device, pin_memory, requires_grad)


def kaiser_window(
    window_length: int, periodic: bool | None = None, beta: float | None = None, *, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A Bessel function over an ellipse; ``beta``, 12 unless given, says how fast it fades."""
    periodic = _periodic("kaiser_window", periodic, beta)
    beta = 12.0 if beta is None else beta

    def shape(n: Any, last: int) -> Any:
        center = last / 2
        across = (n - center) / center
        root = (1 - across * across).clamp(min=0).sqrt()
        return i0(root * beta) / i0(root.new_full((), beta))

    return _window("kaiser_window", window_length, periodic, shape, dtype, layout, device, pin_memory, requires_grad)
