"""Trees: tensors inside tuples, lists and dictionaries, as arguments and results of functions.

``flatten`` gives the leaves in order and a function that puts others in their places. PyTorch:
``torch/utils/_pytree.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rebuild = Callable[[list[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """The leaves of a tree, and how to make a tree of the same form of others."""
    if isinstance(tree, dict):
        keys, parts = list(tree), list(tree.values())
        return _join(parts, lambda made: type(tree)(zip(keys, made)))
    if isinstance(tree, (tuple, list)):
        kind = type(tree)
        return _join(list(tree), (lambda made: kind(*made)) if hasattr(tree, "_fields") else kind)
    return [tree], lambda leaves: leaves[0]


def _join(parts: list[Any], make: Callable[[list[Any]], Any]) -> tuple[list[Any], Rebuild]:
    flat = [flatten(part) for part in parts]

    def rebuild(leaves: list[Any]) -> Any:
        made, start = [], 0
        for own, part in flat:
            made.append(part(leaves[start : start + len(own)]))
            start += len(own)
        return make(made)

    return [leaf for own, _ in flat for leaf in own], rebuild


def form(tree: Any) -> str:
    """The form of a tree as text: ``(*, [*, *])``."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {form(part)}" for key, part in tree.items()) + "}"
    if isinstance(tree, tuple):
        return "(" + ", ".join(map(form, tree)) + ("," if len(tree) == 1 else "") + ")"
    return "[" + ", ".join(map(form, tree)) + "]" if isinstance(tree, list) else "*"
