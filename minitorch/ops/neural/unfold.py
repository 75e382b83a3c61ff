"""``unfold`` lays every window of an image out as a column, ``fold`` puts the columns back.

    unfold   (N, C, H, W)  ->  (N, C * Kh * Kw, L)          one column for each of the L windows
    fold     (N, C * Kh * Kw, L)  ->  (N, C, H, W)          sums where windows overlap

Both are linear and each is the other's adjoint, so each is the other's derivative. The arithmetic is in
``ops/arrays/im2col.py``, which convolutions use as well.

PyTorch: ``aten/src/ATen/native/Im2Col.cpp``, ``Col2Im.cpp``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.arrays import im2col as windows
from minitorch.ops.declare.operator import operator

Ints = tuple[int, ...]


@operator("Im2ColBackward0")
def _im2col(xp: Any, input: Any, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Any:
    """(N, C, H, W) -> (N, C * Kh * Kw, L): every window as a column."""
    result = windows.unfold(xp, input[None] if input.ndim == 3 else input, kernel_size, stride, padding, dilation)
    return result if input.ndim == 4 else result[0]


@_im2col.derivative("input")
def _(grad: Any, input_geometry: Geometry, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Any:
    return _col2im(grad, tuple(input_geometry.shape[-2:]), kernel_size, dilation, padding, stride)


@operator("Col2ImBackward0")
def _col2im(
    xp: Any, input: Any, output_size: Ints, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints
) -> Any:
    """(N, C * Kh * Kw, L) -> (N, C, H, W): columns back in their windows, summed where these overlap."""
    batch = input[None] if input.ndim == 2 else input
    result = windows.fold(xp, batch, output_size, kernel_size, stride, padding, dilation)
    return result[0] if input.ndim == 2 else result


@_col2im.derivative("input")
def _(grad: Any, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Any:
    return _im2col(grad, kernel_size, dilation, padding, stride)


def im2col(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """``unfold``: (N, C, H, W) or (C, H, W) -> (N, C * Kh * Kw, L), one column for each of the L windows."""
    pairs = _pairs(kernel_size, dilation, padding, stride)
    if input.ndim not in (3, 4):
        raise IndexError(
            f"Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    kernel, spread, border, step = pairs
    counts = windows.window_counts(input.shape[-2:], kernel, step, border, spread)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {tuple(input.shape[-2:])}, kernel_size={kernel}, dilation={spread}, "
            f"padding={border}, calculated shape of the array of sliding blocks as {counts}, but its components must "
            "be at least one."
        )
    return _im2col(input, *pairs)


def col2im(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """``fold``: (N, C * Kh * Kw, L) -> (N, C, *output_size), the adjoint of ``unfold``."""
    pairs = _pairs(kernel_size, dilation, padding, stride)
    kernel, spread, border, step = pairs
    size = _pair(output_size, "output_size")
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    channels, columns = input.shape[-2:]
    if channels % math.prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)="
            f"{channels} and kernel_size={kernel}."
        )
    counts = windows.window_counts(size, kernel, step, border, spread)
    if math.prod(counts) != columns or min(counts) < 1:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel}, dilation={spread}, padding={border}, stride={step}, "
            f"expected size of input's dimension 2 to match the calculated number of sliding blocks {counts[0]} * "
            f"{counts[1]} = {math.prod(counts)}, but got input.size(2)={columns}."
        )
    return _col2im(input, size, *pairs)


def _pair(value: Any, name: str) -> Ints:
    numbers = arg.integers(value, "unfold", name)
    numbers = numbers * 2 if len(numbers) == 1 else numbers
    if len(numbers) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(numbers)}")
    return numbers


def _pairs(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> list[Ints]:
    named = (("kernel_size", kernel_size), ("dilation", dilation), ("padding", padding), ("stride", stride))
    pairs = [_pair(value, name) for name, value in named]
    for (name, _), pair in zip(named, pairs):
        what, least = name.replace("_", " "), 0 if name == "padding" else 1
        if min(pair) < least:
            limit = "non-negative" if name == "padding" else "greater than zero"
            short = {"kernel_size": "kernel", "padding": "pad"}.get(name, name)
            raise RuntimeError(f"{what} should be {limit}, but got {short}_height: {pair[0]} {short}_width: {pair[1]}")
    return pairs
