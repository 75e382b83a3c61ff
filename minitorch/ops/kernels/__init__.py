"""Array-level functions that run a CUDA kernel: they make the outputs, choose grid and block, and launch.

A file a family, named as its ``.cu`` file in ``kernels/``. ``ladder.py`` says what a ladder is; the dictionary
``LADDERS`` of each file has those of its family. The operators of ``ops/`` call these functions where a kernel serves
the arrays they have, and NumPy's or CuPy's functions otherwise.
"""

from __future__ import annotations

import importlib
import pkgutil

from minitorch.ops.kernels.ladder import Ladder as Ladder


def all_ladders() -> dict[str, Ladder]:
    """Every ladder of every family, by name."""
    found: dict[str, Ladder] = {}
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        found.update(getattr(importlib.import_module(module.name), "LADDERS", {}))
    return found
