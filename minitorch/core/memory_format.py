"""Memory formats: in which order a new tensor's dimensions lie in memory.

    contiguous_format   (N, C, H, W) as written: W innermost
    channels_last       (N, C, H, W) with C innermost, as an image file has it
    preserve_format     as in the tensor it is made from, if that has no gaps

PyTorch: ``c10/core/MemoryFormat.h``, ``c10/core/Layout.h``. Of layouts there is only ``strided``; sparse tensors are
left out on purpose.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry


class memory_format:  # noqa: N801
    """``contiguous_format``, ``preserve_format``, ``channels_last`` or ``channels_last_3d``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class layout:  # noqa: N801
    """How elements are found: ``strided``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
strided = layout("strided")

_RANKS = {channels_last: 4, channels_last_3d: 5}


def format_geometry(geometry: Geometry, wanted: Any) -> Geometry:
    """The geometry of a new tensor like ``geometry`` in a memory format."""
    if wanted is preserve_format:
        return geo.preserving(geometry)
    if wanted is contiguous_format:
        return geo.contiguous(geometry.shape)
    if not isinstance(wanted, memory_format):
        raise TypeError(f"argument 'memory_format' must be torch.memory_format, not {type(wanted).__name__}")
    rank = _RANKS[wanted]
    if geometry.ndim != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {wanted.name} format")
    return geo.channels_last(geometry.shape)


def has_format(geometry: Geometry, wanted: Any) -> bool:
    """Whether elements lie in memory in that order without gaps."""
    if wanted in _RANKS:
        return geometry.ndim == _RANKS[wanted] and geo.is_channels_last(geometry)
    if not isinstance(wanted, memory_format):
        raise TypeError(f"argument 'memory_format' must be torch.memory_format, not {type(wanted).__name__}")
    return geometry.is_contiguous


def suggested_format(geometry: Geometry) -> memory_format:
    """Channels last if the strides say so, else contiguous: the format of which a conversion keeps hands off."""
    if geometry.ndim in (4, 5) and geo.is_channels_last(geometry) and not geometry.is_contiguous:
        return channels_last if geometry.ndim == 4 else channels_last_3d
    return contiguous_format
