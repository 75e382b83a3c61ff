"""Upsampling: an image at another size, by the nearest element or by linear interpolation.

Along each axis an output element o stands at a place of the input, and is a mean of the elements beside it:

    nearest          floor(o * ratio)                         ratio = input size / output size
    nearest-exact    floor((o + 1/2) * ratio)
    linear           (o + 1/2) * ratio - 1/2                  weights by distance to the two neighbours
    align_corners    o * (input size - 1) / (output size - 1)

So an axis is a short list of (indices, weights), the image is resampled one axis after the other, and the derivative
adds every output's gradient to the elements it was read from.

PyTorch: ``aten/src/ATen/native/UpSample.h``, ``UpSampleNearest2d.cpp``, ``UpSampleBilinear2d.cpp``. Left out: bicubic
and Lanczos filters, and antialiasing.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from minitorch.core.geometry import Geometry
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.declare.operator import operator
from minitorch.ops.neural.adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

Axis = tuple[int, int, float | None]  # input size, output size, and the scale factor if it was given
NEAREST, EXACT, LINEAR, ALIGNED = "nearest", "nearest-exact", "linear", "aligned"


@lru_cache(maxsize=256)
def sources(kind: str, axis: Axis) -> list[tuple[Any, Any]]:
    """For each element of the output axis: where it reads the input, and with which weight (None for 1)."""
    size, count, factor = axis
    out = np.arange(count)
    ratio = size / count if factor is None else 1 / factor
    if kind == NEAREST:
        return [(np.minimum(np.floor(out * np.float32(ratio)).astype(np.int64), size - 1), None)]
    if kind == EXACT:
        return [(np.minimum(np.floor((out + 0.5) * np.float32(ratio)).astype(np.int64), size - 1), None)]
    if kind == ALIGNED:
        place = out * ((size - 1) / (count - 1)) if count > 1 else out * 0.0
    else:
        place = np.maximum((out + 0.5) * ratio - 0.5, 0.0)
    low = np.minimum(place.astype(np.int64), size - 1)
    high = np.minimum(low + 1, size - 1)
    weight = place - low
    return [(low, 1 - weight), (high, weight)]


def _resample(xp: Any, input: Any, kind: str, axes: tuple[Axis, ...]) -> Any:
    """The last axes read at the places that ``sources`` gives."""
    result = input.astype(accumulation_dtype(input.dtype), copy=False)
    for dim, axis in zip(range(-len(axes), 0), axes):
        result = sum(
            _weighted(xp, result.take(xp.asarray(index), dim), weight, dim) for index, weight in sources(kind, axis)
        )
    return xp.ascontiguousarray(result).astype(input.dtype, copy=False)


def _weighted(xp: Any, values: Any, weight: Any, dim: int) -> Any:
    if weight is None:
        return values
    return values * xp.asarray(weight, values.dtype).reshape(-1, *[1] * (-dim - 1))


@operator("UpsampleBackwardBackward0")
def _spread(xp: Any, grad: Any, kind: str, axes: tuple[Axis, ...]) -> Any:
    """Every element of the output's gradient added to where that element was read from."""
    result = grad.astype(accumulation_dtype(grad.dtype), copy=False)
    for dim, axis in zip(range(-len(axes), 0), axes):
        total = xp.zeros((*result.shape[:dim], axis[0], *result.shape[result.ndim + dim + 1 :]), result.dtype)
        for index, weight in sources(kind, axis):
            place = (..., xp.asarray(index), *[slice(None)] * (-dim - 1))
            xp.add.at(total, place, _weighted(xp, result, weight, dim))
        result = total
    return result.astype(grad.dtype, copy=False)


def _declare(grad_fn: str) -> Any:
    function = operator(grad_fn)(_resample)

    @function.derivative("input")
    def _(grad: Any, input_geometry: Geometry, kind: str, axes: tuple[Axis, ...]) -> Any:
        return _spread(grad, kind, axes)

    return function


_RESAMPLE = {
    (NEAREST, 1): _declare("UpsampleNearest1DBackward0"),
    (NEAREST, 2): _declare("UpsampleNearest2DBackward0"),
    (NEAREST, 3): _declare("UpsampleNearest3DBackward0"),
    (EXACT, 1): _declare("UpsampleNearestExact1DBackward0"),
    (EXACT, 2): _declare("UpsampleNearestExact2DBackward0"),
    (EXACT, 3): _declare("UpsampleNearestExact3DBackward0"),
    (LINEAR, 1): _declare("UpsampleLinear1DBackward0"),
    (LINEAR, 2): _declare("UpsampleBilinear2DBackward0"),
    (LINEAR, 3): _declare("UpsampleTrilinear3DBackward0"),
}


@_spread.derivative("grad")
def _(grad: Any, kind: str, axes: tuple[Axis, ...]) -> Any:
    return _RESAMPLE[LINEAR if kind == ALIGNED else kind, len(axes)](grad, kind, axes)


# ---- arguments ------------------------------------------------------------------------------------------------------

_MODES = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "lanczos", "area", "nearest-exact")
_LINEAR_OF = {"linear": 1, "bilinear": 2, "trilinear": 3}


def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """(N, C, *size) at another size: ``size``, or the input's times ``scale_factor``.

    ``mode``: nearest, nearest-exact, area, and linear, bilinear or trilinear by the number of spatial axes.
    """
    if align_corners is not None and mode not in ("linear", "bilinear", "bicubic", "trilinear"):
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    spatial = input.ndim - 2
    given, wanted, factors = _target(input, size, scale_factor, recompute_scale_factor)
    if spatial not in (1, 2, 3) or mode not in _MODES:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: "
            f"{' | '.join(_MODES)} (got {mode})"
        )
    if antialias or mode in ("bicubic", "lanczos"):
        raise NotImplementedError(f"interpolate: mode {mode!r} with antialias={antialias} is not built")
    if mode == "area":
        pool = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[spatial - 1]
        return pool(input, wanted)
    if mode in _LINEAR_OF and _LINEAR_OF[mode] != spatial:
        raise NotImplementedError(f"Got {input.ndim}D input, but {mode} mode needs {_LINEAR_OF[mode] + 2}D input")
    axes = tuple(zip(given, wanted, factors))
    family = LINEAR if mode in _LINEAR_OF else mode
    return _RESAMPLE[family, spatial](input, ALIGNED if align_corners else family, axes)


def _target(
    input: Any, size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[float | None, ...]]:
    """Input sizes, output sizes, and the factors to compute places with (None: the ratio of the sizes)."""
    given = tuple(input.shape[2:])
    spatial = len(given)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        wanted = tuple(size) if isinstance(size, (tuple, list)) else (size,) * spatial
        _check_count(given, wanted, "output size", "(o1, o2, ...,oK)")
        return given, wanted, (None,) * spatial
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = tuple(scale_factor) if isinstance(scale_factor, (tuple, list)) else (scale_factor,) * spatial
    _check_count(given, factors, "scale_factor", "(s1, s2, ...,sK)")
    wanted = tuple(math.floor(n * float(factor)) for n, factor in zip(given, factors))
    return given, wanted, (None,) * spatial if recompute else tuple(float(factor) for factor in factors)


def _check_count(given: tuple[int, ...], numbers: tuple[Any, ...], what: str, form: str) -> None:
    if len(numbers) != len(given):
        raise ValueError(
            f"Input and output must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(given)} and {what} of {numbers}. Please provide input tensor in (N, C, d1, d2, ...,dK) format "
            f"and {what} in {form} format."
        )
