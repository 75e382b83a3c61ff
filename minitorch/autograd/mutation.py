"""``allow_mutation_on_saved_tensors``: saved tensors that are copied just before somebody writes over them.

    with allow_mutation_on_saved_tensors():
        y = (b ** 2).sum()          # keeps b
        b.sin_()                    # would make backward fail; here the kept b is cloned first
        y.backward()

Saved tensors are packed (``saved_tensors.py``) into handles. What is about to be written asks by its memory and version
which handles hold it, and these get a clone. The backward pass must run inside, too.

PyTorch keeps this in ``torch/autograd/graph.py``, where a dispatch mode sees the writes; here ``watch.writes`` makes
``check_inplace`` and ``check_out`` call ``before_write``.
"""

from __future__ import annotations

import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from minitorch.autograd.saved_tensors import saved_tensors_hooks
from minitorch.autograd.watch import watch

OUTSIDE = (
    "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context in which the graph was originally "
    "recorded."
)


class _Handle:
    """What a node keeps: it is forgotten together with the node."""

    __slots__ = ("__weakref__",)


class SavedCopies:
    """``original``: what was saved, by handle; ``cloned``: of those since written, the copies."""

    def __init__(self) -> None:
        self.original: weakref.WeakKeyDictionary[_Handle, Any] = weakref.WeakKeyDictionary()
        self.cloned: weakref.WeakKeyDictionary[_Handle, Any] = weakref.WeakKeyDictionary()

    def clear(self) -> None:
        """Forget everything: backward is an error from now on."""
        self.original.clear()
        self.cloned.clear()

    def pack(self, tensor: Any) -> _Handle:
        """Remember a tensor; the handle stands for it."""
        for handle, other in self.original.items():
            if other is tensor:
                return handle
        handle = _Handle()
        self.original[handle] = tensor
        return handle

    def unpack(self, handle: _Handle) -> Any:
        """The tensor as it was. ``AssertionError`` outside of the context."""
        if _open is None or (handle not in self.cloned and handle not in self.original):
            raise AssertionError(OUTSIDE)
        return self.cloned[handle] if handle in self.cloned else self.original[handle]

    def clone_what_shares(self, storage: Any) -> None:
        """``storage`` is about to be written: what lies in it is cloned."""
        for handle, tensor in list(self.original.items()):
            if tensor._storage is storage:
                self.cloned[handle] = tensor.clone()
                del self.original[handle]


_open: SavedCopies | None = None


def before_write(tensor: Any) -> None:
    """Called before ``tensor`` is written in place, while ``watch.writes``."""
    if _open is not None:
        _open.clone_what_shares(tensor._storage)


@contextmanager
def allow_mutation_on_saved_tensors() -> Generator[SavedCopies, None, None]:
    """Inside, tensors that the graph keeps may be written: they are cloned first. Gives the record of what is kept.

    ``RuntimeError`` inside another one.
    """
    global _open
    copies = SavedCopies()
    with saved_tensors_hooks(copies.pack, copies.unpack):
        if _open is not None:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        _open = copies
        watch.count(writes=1)
        try:
            yield copies
        finally:
            copies.clear()
            _open = None
            watch.count(writes=-1)
