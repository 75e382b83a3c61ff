"""Counting launches: how often a program would ask a GPU to run a kernel.

A launch takes a GPU some microseconds, however little there is to do in it. So a program of many small operations is
as slow as it has launches, and the first question is how many there are. Two things count as one:

    an operator that computes on arrays     its forward was called once: ``xp.multiply(input, other, out)``
    a kernel of ``kernels/*.cu``            ``Kernel.__call__``; the operator it serves does not count once more

On the CPU nothing is launched, but the count is the same, which makes it a thing to study without a GPU. Views do not
count, for they compute nothing; nor does memory that is only filled when it is made (``zeros``).

Nothing in the engine knows about it: Python tells a profile function of every call (``sys.setprofile``), and that of a
counter picks out the two. A forward is known by its first parameter, the array module ``xp``. So counting costs nothing
when it is off, and makes every call slower when it is on: count, but do not time at once.

PyTorch: the column "# of Calls" of ``cudaLaunchKernel`` in ``torch.profiler``'s table.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

_FORWARD, _KERNEL, _OTHER = 0, 1, 2
_OPERATORS = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "ops")
_kinds: dict[CodeType, int] = {}


def _kind(code: CodeType) -> int:
    """Whether a function is a forward, a launch or anything else."""
    is_forward = code.co_argcount > 0 and code.co_varnames[0] == "xp" and code.co_filename.startswith(_OPERATORS)
    found = _kinds[code] = _FORWARD if is_forward else _OTHER
    return found


def _name(forward: FrameType) -> str:
    """What the operator is called whose forward this is: its declaration is what called it."""
    caller = forward.f_back
    declaration = caller.f_locals.get("declaration") if caller is not None else None
    return str(getattr(declaration, "name", forward.f_code.co_name.strip("_")))


class Launches:
    """What was counted. ``by_name``: launches of each operator or kernel."""

    def __init__(self, also: Callable[..., Any] | None = None) -> None:
        self.by_name: Counter[str] = Counter()
        self._also = also  # who was told of calls before
        self._forward: FrameType | None = None  # the forward that runs now
        self._kernels = 0  # that it has launched so far

    @property
    def total(self) -> int:
        """All launches."""
        return self.by_name.total()

    def table(self) -> str:
        """The names with their numbers, the most frequent first."""
        rows = [*self.by_name.most_common(), ("total", self.total)]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {count:>7}" for name, count in rows)

    def __repr__(self) -> str:
        return f"<{self.total} launches: {', '.join(f'{name} {count}' for name, count in self.by_name.most_common())}>"

    def called(self, frame: FrameType, event: str, argument: Any) -> None:
        """What Python calls at every call and return."""
        if self._also is not None:
            self._also(frame, event, argument)
        if event == "call":
            code = frame.f_code
            kind = _kinds.get(code)
            if kind is None:
                kind = _kind(code)
            if kind == _KERNEL:
                self.by_name[frame.f_locals["self"].source.name] += 1
                self._kernels += 1
            elif kind == _FORWARD and self._forward is None:
                self._forward, self._kernels = frame, 0
        elif event == "return" and frame is self._forward:
            self._forward = None
            if not self._kernels:
                self.by_name[_name(frame)] += 1


@contextmanager
def count_launches() -> Iterator[Launches]:
    """Count the launches of this thread in the ``with`` block."""
    from minitorch.kernels.launch import Kernel

    _kinds[Kernel.__call__.__code__] = _KERNEL
    before = sys.getprofile()
    launches = Launches(before)
    sys.setprofile(launches.called)
    try:
        yield launches
    finally:
        sys.setprofile(before)
