"""What may be passed to a kernel: the checks that both processors share, and the words in which they refuse.

C and CUDA take whatever bits they get: a float64 array for ``float* x`` is read as garbage, a Python int for
``float s`` likewise, and an array of the wrong device ends the process. So every argument is held against the kernel's
own declaration before anything runs:

    float* x          an array of float32, on the device of the others, or None for a null pointer
    float* const* xs  a list of such arrays: a table of their addresses is made on their device
    int n             a number that fits: cast to the parameter's type, the same on both processors
    Plan plan         a structured NumPy scalar: a struct by value

``number`` gives a function for one parameter, made once per kernel, so that a launch pays one call for each number.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch.kernels.types import DTYPES, STRUCT

_RANGES = {
    letter: (int(np.iinfo(letter).min), int(np.iinfo(letter).max)) for letter in ("b", "B", "h", "H", "i", "I")
} | {"q": (-(2**63), 2**63 - 1), "Q": (0, 2**64 - 1)}


def mistake(kernel: Any, index: int, wanted: str, got: str) -> TypeError:
    """The refusal of one argument, to be raised."""
    return TypeError(
        f"{kernel.instance}: parameter '{kernel.source.parameters[index].declaration}' wants {wanted}, got {got}"
    )


MOST_BLOCKS = (2**31 - 1, 65535, 65535)
MOST_THREADS = (1024, 1024, 64)  # along each axis; 1024 in all
MOST_SHARED = 232448  # bytes of dynamic shared memory on an H100; 48 KiB unless a kernel asks for more


def launch_shape(kernel: Any, grid: Any, block: Any) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Grid and block as three numbers each. ``ValueError`` for more than a GPU takes."""
    blocks, threads = _triple(grid), _triple(block)
    if any(map(operator.gt, blocks, MOST_BLOCKS)):
        raise ValueError(f"{kernel.instance}: a grid of {blocks} blocks; a GPU takes at most {MOST_BLOCKS}")
    x, y, z = threads
    if any(map(operator.gt, threads, MOST_THREADS)) or not 0 < x * y * z <= 1024:
        raise ValueError(f"{kernel.instance}: a block of {threads} threads; a GPU takes from 1 to 1024")
    return blocks, threads


def _triple(size: Any) -> tuple[int, int, int]:
    size = tuple(int(each) for each in size) if isinstance(size, (tuple, list)) else (int(size),)
    x, y, z = size + (1,) * (3 - len(size))
    return x, y, z


def check_count(kernel: Any, args: Any) -> None:
    """``TypeError`` unless there is one argument for each parameter."""
    parameters = kernel.source.parameters
    if len(args) != len(parameters):
        names = ", ".join(each.name for each in parameters)
        raise TypeError(f"{kernel.instance} takes {len(parameters)} arguments ({names}), got {len(args)}")


# ---- arrays ---------------------------------------------------------------------------------------------------------


def emulated_class() -> type | None:
    """The class of emulated device arrays; None while nobody has made one."""
    module = sys.modules.get("minitorch.core.cuda.emulated")
    return getattr(module, "ndarray", None)


def cupy_class() -> type | None:
    """``cupy.ndarray``; None while nobody has imported CuPy."""
    return getattr(sys.modules.get("cupy"), "ndarray", None)


def device_of(value: Any) -> str | None:
    """``"cpu"`` or ``"cuda:0"`` for an array, None for anything else."""
    if isinstance(value, np.ndarray):
        return "cpu"
    if type(value) in (emulated_class(), cupy_class()):
        return f"cuda:{value.device.id}"
    return None


def first_array(args: Any) -> Any:
    """The first array among the arguments, in a list too; None if there is none."""
    for value in args:
        found = first_array(value) if isinstance(value, (list, tuple)) else value
        if device_of(found) is not None:
            return found
    return None


def dtype_name(kernel: Any, index: int) -> str | None:
    """The dtype that the array for a parameter must have; None where the C type says none (``void``, a struct)."""
    return DTYPES.get(kernel.types[index])


def unwrapped(kernel: Any, args: Any, device: str) -> tuple[Any, ...]:
    """The NumPy arrays inside emulated ones, for a launch on the emulated ``device``.

    ``TypeError`` for what is on another device. Everything else goes on as it is: the host checks it.
    """
    from minitorch.core.cuda.emulated import unwrapped as inside

    def open_up(index: int, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [open_up(index, each) for each in value]
        where = device_of(value)
        if where is None:
            return value
        if where != device:
            raise array_mistake(kernel, index, value, device)
        return inside(value)

    check_count(kernel, args)
    pointers = [parameter.pointers for parameter in kernel.source.parameters]
    return tuple([open_up(i, each) if pointers[i] else each for i, each in enumerate(args)])


def array_mistake(kernel: Any, index: int, value: Any, device: str) -> TypeError:
    """Why ``value`` cannot be the array for a parameter of a launch on ``device``."""
    parameter = kernel.source.parameters[index]
    if isinstance(value, (list, tuple)) and parameter.pointers != 2:
        return mistake(kernel, index, "one array", f"a {type(value).__name__} of {len(value)}")
    where = device_of(value)
    if where is None:
        return mistake(kernel, index, "an array", described(value))
    if where != device:
        return mistake(kernel, index, f"an array on {device}, where the other arrays are", f"one on {where}")
    order = "" if value.dtype.isnative else " in the other byte order"
    return mistake(kernel, index, f"an array of {dtype_name(kernel, index)}", f"one of {value.dtype.name}{order}")


def described(value: Any) -> str:
    """How messages call a value that is no array of the right kind."""
    if isinstance(value, np.generic):
        return f"a NumPy scalar of {value.dtype.name}"
    article = "an" if type(value).__name__[0] in "aeiou" else "a"
    return f"{article} {type(value).__name__}"


# ---- numbers and structs --------------------------------------------------------------------------------------------


def number(kernel: Any, index: int) -> Callable[[Any], Any]:
    """What casts an argument to a parameter that is no pointer.

    It returns a Python number that ``struct`` packs with the letter in ``types.STRUCT``, or bytes where there is no
    letter; it raises ``TypeError`` if the argument does not fit.
    """
    letter = STRUCT.get(kernel.types[index])
    if letter is None:
        return _bits(kernel, index)
    if letter == "?":
        return _boolean(kernel, index)
    if letter in _RANGES:
        return _integer(kernel, index, *_RANGES[letter])
    return _real(kernel, index, {"e": 65520.0, "f": 3.4028235677973366e38}.get(letter, float("inf")))


def _integer(kernel: Any, index: int, least: int, most: int) -> Callable[[Any], int]:
    def cast(value: Any) -> int:
        try:
            whole = operator.index(value)
        except TypeError:
            raise mistake(kernel, index, "an integer", _seen(value)) from None
        if not least <= whole <= most:
            raise mistake(kernel, index, f"an integer from {least} to {most}", str(whole))
        return whole

    return cast


def _real(kernel: Any, index: int, overflow: float) -> Callable[[Any], float]:
    def cast(value: Any) -> float:
        if isinstance(value, (complex, np.complexfloating, str, bytes)) or np.ndim(value):
            raise mistake(kernel, index, "a number", _seen(value))
        try:
            real = float(value)
        except (TypeError, ValueError):
            raise mistake(kernel, index, "a number", _seen(value)) from None
        if abs(real) >= overflow:  # as C casts it; struct would refuse
            return float("inf") if real > 0 else float("-inf")
        return real

    return cast


def _boolean(kernel: Any, index: int) -> Callable[[Any], bool]:
    def cast(value: Any) -> bool:
        if getattr(value, "ndim", 0) or not isinstance(value, (bool, int, np.bool_, np.integer, np.ndarray)):
            raise mistake(kernel, index, "True or False", _seen(value))
        return bool(value)

    return cast


def _bits(kernel: Any, index: int) -> Callable[[Any], bytes]:
    """For types that Python's ``struct`` does not know: bfloat16, complex numbers, structs."""
    c_type = kernel.types[index]
    real = _real(kernel, index, float("inf"))

    def cast(value: Any) -> bytes:
        if isinstance(value, np.void):
            return bytes(value.tobytes())
        if c_type == "__nv_bfloat16":
            return bytes(bfloat16_bits(real(value)).tobytes())
        if c_type in ("float2", "double2") and isinstance(value, (int, float, complex, np.number)):
            return np.array(value, DTYPES[c_type]).tobytes()
        raise mistake(kernel, index, f"a structured NumPy scalar laid out as {c_type}", _seen(value))

    return cast


def bfloat16_bits(value: float) -> np.uint16:
    """The upper half of a float32, rounded to nearest, ties to even."""
    with np.errstate(over="ignore"):
        bits = int(np.float32(value).view(np.uint32))
    if value != value:
        return np.uint16(0x7FC0)
    return np.uint16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)


def _seen(value: Any) -> str:
    """A number itself, anything else by its type."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int, float, complex, str)):
        return repr(value)
    if device_of(value) is not None:
        return f"an array of shape {tuple(value.shape)}"
    return described(value)
