"""Padding: more elements at the borders, taken from a constant or from the tensor itself.

``pad`` counts dimensions from the last one: ``(left, right, top, bottom, ...)``. Negative numbers cut off. With a
constant (``ConstantPadNd``) any dimensions may be padded. The other modes read the border from inside:

    reflect  c b | a b c d | c b        replicate  a a | a b c d | d d        circular  c d | a b c d | a b

Along one dimension each of these is an index vector, so the forward is a gather and the derivative the sum of what each
element was copied to.

PyTorch: ``aten/src/ATen/native/PadNd.cpp``, ``ReflectionPad.cpp``, ``ReplicationPadding.cpp``. Circular padding is an
operator here; PyTorch composes it of slices and copies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare.operator import operator

Ints = tuple[int, ...]


def _pairs(pad: Ints, ndim: int) -> list[tuple[int, int]]:
    """(before, after) for every dimension, first to last."""
    last_first = [(pad[place], pad[place + 1]) for place in range(0, len(pad), 2)]
    return [(0, 0)] * (ndim - len(last_first)) + last_first[::-1]


@operator("ConstantPadNdBackward0")
def _constant_pad_nd(xp: Any, input: Any, pad: Ints, value: Any) -> Any:
    """The input inside a border of one value; where a pad is negative, less of it."""
    pairs = _pairs(pad, input.ndim)
    shape = tuple(n + before + after for n, (before, after) in zip(input.shape, pairs))
    result = xp.full(shape, value, input.dtype) if value else xp.zeros(shape, input.dtype)
    inside = tuple(slice(max(b, 0), n - max(a, 0)) for n, (b, a) in zip(shape, pairs))
    source = tuple(slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(input.shape, pairs))
    result[inside] = input[source]
    return result


@_constant_pad_nd.derivative("input")
def _(grad: Any, pad: Ints) -> Any:
    return _constant_pad_nd(grad, tuple(-amount for amount in pad), 0)


def constant_pad_nd(input: Any, pad: Any, value: Any = 0) -> Any:
    """Pad the last ``len(pad) / 2`` dimensions with ``value``; negative amounts cut off."""
    amounts = arg.integers(pad, "constant_pad_nd", "pad")
    if len(amounts) % 2:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(amounts)}")
    if len(amounts) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(amounts)} and input of dimension {input.ndim}"
        )
    for size, (before, after) in zip(input.shape, _pairs(amounts, input.ndim)):
        if size + before + after < 0 or size + min(before, 0) < 0 or size + min(after, 0) < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
    if not input._dtype.is_floating_point and not input._dtype.is_complex:
        value = int(value)
    return _constant_pad_nd(input, amounts, value)


# ---- borders read from the inside -----------------------------------------------------------------------------------


def source_index(mode: str, size: int, before: int, after: int) -> Any:
    """Which element each element of a padded dimension is a copy of."""
    index = np.arange(-before, size + after)
    if mode == "replicate":
        return index.clip(0, size - 1)
    if mode == "circular":
        return index % size
    index = abs(index)  # reflect: the border element itself is not repeated
    return np.where(index >= size, 2 * (size - 1) - index, index)


def _gather(xp: Any, input: Any, pad: Ints, mode: str) -> Any:
    for axis, (before, after) in enumerate(_pairs(pad, input.ndim)):
        if before or after:
            index = xp.asarray(source_index(mode, input.shape[axis], before, after))
            input = input.take(index, axis)
    return xp.ascontiguousarray(input)


def _scatter(xp: Any, grad: Any, shape: Ints, pad: Ints, mode: str) -> Any:
    for axis, (before, after) in enumerate(_pairs(pad, grad.ndim)):
        if before or after:
            index = xp.asarray(source_index(mode, shape[axis], before, after))
            total = xp.zeros((*grad.shape[:axis], shape[axis], *grad.shape[axis + 1 :]), grad.dtype)
            xp.add.at(total, (slice(None),) * axis + (index,), grad)
            grad = total
    return grad.copy() if not any(pad) else grad


@operator("PadGradientBackward0")
def _pad_backward(xp: Any, grad: Any, shape: Ints, pad: Ints, mode: str) -> Any:
    """For every element the sum over its copies."""
    return _scatter(xp, grad, shape, pad, mode)


def _declare(grad_fn: str) -> Any:
    @operator(grad_fn)
    def padded(xp: Any, input: Any, pad: Ints, mode: str) -> Any:
        """The input with borders read from its inside."""
        return _gather(xp, input, pad, mode) if any(pad) else input.copy()

    @padded.derivative("input")
    def _(grad: Any, input_geometry: Geometry, pad: Ints, mode: str) -> Any:
        return _pad_backward(grad, tuple(input_geometry.shape), pad, mode)

    return padded


_REFLECT = {dims: _declare(f"ReflectionPad{dims}DBackward0") for dims in (1, 2, 3)}
_REPLICATE = {dims: _declare(f"ReplicationPad{dims}DBackward0") for dims in (1, 2, 3)}
_CIRCULAR = {dims: _declare("CircularPadBackward0") for dims in (1, 2, 3)}
_MODES = {"reflect": _REFLECT, "replicate": _REPLICATE, "circular": _CIRCULAR}


@_pad_backward.derivative("grad")
def _(grad: Any, pad: Ints, mode: str) -> Any:
    return _MODES[mode][len(pad) // 2](grad, pad, mode)


def pad(input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Pad the last dimensions: ``(left, right, top, bottom, ...)``. ``mode``: constant, reflect, replicate, circular.

    The last three take 2, 4 or 6 numbers for an input with one or two dimensions more than are padded.
    """
    arg.check_tensor(input, "pad")
    if not isinstance(mode, str):
        raise TypeError(f"pad(): argument 'mode' (position 3) must be str, not {type(mode).__name__}")
    amounts = arg.several(pad, "pad", "pad")
    if value is not None:
        value = arg.real(value, "pad", "value")
    if len(amounts) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(amounts) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(amounts)} and input of dimension {input.ndim}"
        )
    if mode == "constant":
        return constant_pad_nd(input, amounts, 0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    dims = len(amounts) // 2
    if dims not in (1, 2, 3) or input.ndim not in (dims + 1, dims + 2):
        raise NotImplementedError(
            f"Padding size {len(amounts)} is not supported for {input.ndim}D input tensor.\nSupported combinations for "
            "non-constant padding:\n  - 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D or 4D input: "
            "padding size = 4 (pads last 2 dimensions)\n  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    if mode not in _MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    _check_border(input, amounts, mode)
    return _MODES[mode][dims](input, amounts, mode)


def _check_border(input: Any, amounts: Ints, mode: str) -> None:
    """``RuntimeError`` where the inside has too few elements to fill the border."""
    for axis, (before, after) in enumerate(_pairs(amounts, input.ndim)):
        size = input.shape[axis]
        if mode == "reflect" and (before >= size or after >= size) and (before or after):
            raise RuntimeError(
                f"Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
                f"({before}, {after}) at dimension {axis} of input {list(input.shape)}"
            )
        if mode == "circular" and (before > size or after > size):
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if size + before + after < 1 and (before or after):
            raise RuntimeError(
                f"input (dimension {axis}: {size}) is too small for padding ({before}, {after}); the output would be "
                "empty"
            )
