"""``sym_max sym_int ...``: arithmetic on sizes that also works on symbolic ones in PyTorch.

When PyTorch traces a program, a size may be a symbol instead of an int, and these functions know both. There is no
tracing here, so they are Python's own arithmetic.

PyTorch: ``torch/__init__.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any


def sym_not(a: Any) -> Any:
    """not a."""
    return not a


def sym_float(a: Any) -> float:
    """a as a float."""
    return float(a)


def sym_int(a: Any) -> int:
    """a as an int, rounded towards zero."""
    return int(a)


def sym_max(a: Any, b: Any) -> Any:
    """The larger of two numbers, a float if one of them is."""
    larger = max(a, b)
    return float(larger) if isinstance(a, float) or isinstance(b, float) else larger


def sym_min(a: Any, b: Any) -> Any:
    """The smaller of two numbers, a float if one of them is."""
    smaller = min(a, b)
    return float(smaller) if isinstance(a, float) or isinstance(b, float) else smaller


def sym_sum(args: Iterable[Any]) -> Any:
    """The sum of numbers."""
    return sum(args)


def sym_sqrt(a: Any) -> float:
    """The square root."""
    return math.sqrt(a)


def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """t if b, else f; both of one type."""
    if not isinstance(b, bool) or type(t) is not type(f):
        raise TypeError(f"sym_ite(): expected a bool and two values of one type, got {b!r}, {t!r} and {f!r}")
    return t if b else f
