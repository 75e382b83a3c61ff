"""Arrays in memory of their own, for the debug and race modes.

A kernel that runs beyond an array touches whatever lies there. So each launch gets copies, with gigabytes of address
space around every one that belong to nobody:

    |  reach, no access  | array |  reach, no access  ||  reach, no access  | array |  reach, no access  |

Every access is looked up in this table (``kernels/cpu/watch.h``): an address in an array's reach but outside the array
is an index out of bounds, and the distance tells which one. Arrays that overlap are one region, copied once, so that
they overlap in the copy too. Afterwards the regions that the kernel may write are copied back.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
from dataclasses import dataclass
from typing import Any

import numpy as np

from minitorch.kernels.compiler import KernelError

_PAGE = mmap.PAGESIZE
_NO_RESERVE = 0x4000  # MAP_NORESERVE of Linux


class Region(ctypes.Structure):
    """``struct Region`` of ``watch.h``."""

    _fields_ = [
        ("low", ctypes.c_uint64), ("high", ctypes.c_uint64), ("reach_low", ctypes.c_uint64),
        ("reach_high", ctypes.c_uint64), ("unit", ctypes.c_uint32), ("item", ctypes.c_uint32),
        ("writable", ctypes.c_uint32), ("spare", ctypes.c_uint32), ("name", ctypes.c_void_p),
        ("written", ctypes.c_void_p), ("cells", ctypes.c_void_p),
    ]  # fmt: skip


@dataclass(eq=False)
class Argument:
    """An array that a kernel gets. ``name``: the parameter's, ``params[3]`` in a table of arrays."""

    name: str
    array: np.ndarray[Any, Any]
    written: bool
    region: int = -1

    def __post_init__(self) -> None:
        self.address = self.array.__array_interface__["data"][0]
        steps = [(n - 1) * stride for n, stride in zip(self.array.shape, self.array.strides)]
        empty = self.array.size == 0
        self.low = self.address + (0 if empty else sum(min(0, each) for each in steps))
        self.high = self.low if empty else self.address + sum(max(0, each) for each in steps) + self.array.itemsize


@functools.cache
def _libc() -> Any:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return libc


class Guard:
    """Copies of the arrays of one launch. ``with Guard(arguments) as guard``: the memory is given back at the end."""

    def __init__(self, arguments: list[Argument]) -> None:
        self.arguments = arguments
        self._lows: list[int] = []
        highs: list[int] = []
        for each in sorted(arguments, key=lambda argument: (argument.low, argument.high)):
            if not highs or each.low >= highs[-1]:
                self._lows.append(each.low)
                highs.append(each.high)
            each.region = len(highs) - 1
            highs[-1] = max(highs[-1], each.high)
        self.regions = (Region * max(1, len(highs)))()
        self._reserve([high - low for low, high in zip(self._lows, highs)])
        for region, argument in ((self.regions[each.region], each) for each in arguments):
            region.item = min(region.item or 1 << 30, argument.array.itemsize)
            region.unit = 4 if region.item % 4 == 0 else 2 if region.item % 2 == 0 else 1
            region.writable |= argument.written and argument.array.flags.writeable
        for region, low in zip(self.regions, self._lows):
            ctypes.memmove(region.low, low, region.high - region.low)

    def _reserve(self, sizes: list[int]) -> None:
        """Address space for all; of it, the arrays' own pages can be used. Alignment stays as it was."""
        reach = (1 << 30) if len(sizes) <= 1024 else (1 << 24)
        inner = [-(-(size + 256) // _PAGE) * _PAGE for size in sizes]
        self._bytes = sum(inner) + 2 * reach * len(sizes) + _PAGE
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
        self._map = _libc().mmap(None, self._bytes, 0, flags, -1, 0)
        if self._map in (None, ctypes.c_void_p(-1).value):
            raise KernelError("the debug mode needs more address space than this process may use")
        at = self._map
        for region, low, size, pages in zip(self.regions, self._lows, sizes, inner):
            _libc().mprotect(at + reach, pages, mmap.PROT_READ | mmap.PROT_WRITE)
            region.reach_low, region.reach_high = at, at + 2 * reach + pages
            region.low = at + reach + low % 256
            region.high = region.low + size
            at = region.reach_high

    def address(self, argument: Argument) -> int:
        """Where the copy of an array lies."""
        return int(self.regions[argument.region].low + argument.address - self._lows[argument.region])

    def fill(self, argument: Argument) -> None:
        """Copy an array in that has changed since."""
        ctypes.memmove(self.address(argument), argument.address, argument.array.nbytes)

    def copy_back(self) -> None:
        """What the kernel wrote."""
        for region, low in zip(self.regions, self._lows):
            if region.writable:
                ctypes.memmove(low, region.low, region.high - region.low)

    @property
    def count(self) -> int:
        """How many regions there are."""
        return len(self._lows)

    def _nearest(self, address: int) -> Argument | None:
        """The array in whose reach an address is."""
        for number, region in enumerate(self.regions[: self.count]):
            if region.reach_low <= address < region.reach_high:
                near = [each for each in self.arguments if each.region == number]
                return min(near, key=lambda each: self._distance(each, address))
        return None

    def element(self, address: int) -> tuple[str, int]:
        """The array's name and the index, counted in elements from its first."""
        found = self._nearest(address)
        assert found is not None, "the shim speaks only of addresses in regions"
        return found.name, (address - self.address(found)) // found.array.itemsize

    def describe(self, address: int) -> str | None:
        """``index 100 of x (100 elements)``, for an address in some array's reach."""
        found = self._nearest(address)
        if found is None:
            return None
        return f"index {self.element(address)[1]} of {found.name} ({found.array.size} elements)"

    def _distance(self, argument: Argument, address: int) -> int:
        low = self.address(argument) + argument.low - argument.address
        high = low + argument.high - argument.low
        return int(max(low - address, address - high + 1, 0))

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        _libc().munmap(self._map, self._bytes)
