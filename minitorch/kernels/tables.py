"""A list of arrays that is passed to kernels again and again, as the parameters of a network are by an optimizer.

    params = PointerTable(arrays)        a tuple, and wherever a list of arrays may be passed, so may this

A kernel gets a list of arrays as a table of their addresses, which must be made for each launch. A ``PointerTable``
keeps the one that was made first, on the device where it was needed. It keeps the arrays alive too, so the addresses
stay theirs.
"""

from __future__ import annotations

from typing import Any


class PointerTable(tuple[Any, ...]):
    """``made``: what a launch made of the arrays, by the name of the C type that it was for."""

    made: dict[str, Any]

    def __new__(cls, arrays: Any) -> PointerTable:
        table = super().__new__(cls, arrays)
        table.made = {}
        return table
