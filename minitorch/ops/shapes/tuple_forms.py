"""The function forms of methods that take several ints.

    x.permute(1, 0)   x.permute((1, 0))         a method takes the ints one by one, or as a tuple
    torch.permute(x, (1, 0))                    a function takes the tuple alone: the name of one parameter

So ``torch.permute(x, 1, 0)`` is a ``TypeError``, in PyTorch as here.

PyTorch: ``IntArrayRef`` in ``torch/csrc/utils/python_arg_parser.h``; only a method may spread it.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.shapes import rearranging, views


def reshape(input: Any, shape: Any) -> Any:
    """A view of that shape if strides allow it, else a contiguous copy."""
    return views.reshape(input, arg.several(shape, "reshape", "shape"))


def permute(input: Any, dims: Any) -> Any:
    """Result dimension ``i`` is ``dims[i]`` of the input."""
    return views.permute(input, arg.several(dims, "permute", "dims"))


def flip(input: Any, dims: Any) -> Any:
    """Reverse the order of elements along ``dims``."""
    return rearranging.flip(input, arg.several(dims, "flip", "dims"))


def tile(input: Any, dims: Any) -> Any:
    """The whole tensor several times along each dimension; missing leading numbers count as 1."""
    return rearranging.tile(input, arg.several(dims, "tile", "dims"))
