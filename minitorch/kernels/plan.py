"""With what to launch a kernel that somebody just wrote: said in a line above it, or guessed from its parameters.

    // launch: grid=4 block=128 shared=512 x=float[500] y=[500] tables=[100]*3 n=500 scale=0.5
    __global__ void mine(const float* x, float* y, float* const* tables, int n, float scale)

``grid`` and ``block`` may have several numbers (``16,16``); an array is ``TYPE[COUNT]``, the type being the parameter's
own where it is left out; what the line does not say is guessed:

- Every integer is a size: one is 300, two are 17 and 45, three 17, 45 and 29 (odd, and multiples of no block, so that a
  missing bounds check shows). One named after a seed or an offset is 0.
- Every array has as many elements as the product of the sizes, or one for each thread if there are no sizes. A table of
  arrays has three. Floats are drawn from a normal distribution; integers are indices into the smallest array.
- A block has 128 threads, 16 x 16 if the kernel speaks of ``threadIdx.y`` or ``blockIdx.y``, and there are as many
  blocks as give each element a thread.
- With ``extern __shared__`` in the kernel a block gets 8 bytes of it for each thread.
- Other numbers are 0.5, truth values true.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minitorch.kernels.compiler import kernel_folder
from minitorch.kernels.record import LAUNCH
from minitorch.kernels.source import closing, strip_comments
from minitorch.kernels.types import DTYPES, STRUCT, vector_of

_SIZES = {1: (300,), 2: (17, 45), 3: (17, 45, 29)}
_NO_SIZE = re.compile(r"seed|offset|start|shift", re.I)
_ARRAY = re.compile(r"(?P<type>[\w ]*?)\s*\[\s*(?P<count>\d+)\s*\](?:\s*\*\s*(?P<arrays>\d+))?")


class CannotGuessError(ValueError):
    """A parameter of a type that nothing is known of, such as a struct."""


@dataclass(frozen=True)
class ArrayOf:
    """``float[500]``; with ``arrays``, a table of so many."""

    type: str
    count: int
    arrays: int = 0

    def __str__(self) -> str:
        return f"{self.type}[{self.count}]" + (f"*{self.arrays}" if self.arrays else "")


@dataclass(frozen=True)
class Plan:
    """A launch: its shape, and for every parameter an ``ArrayOf`` or a number."""

    grid: tuple[int, ...]
    block: tuple[int, ...]
    shared: int
    values: dict[str, Any]

    def __str__(self) -> str:
        shape = [f"grid={_joined(self.grid)}", f"block={_joined(self.block)}"]
        if self.shared:
            shape.append(f"shared={self.shared}")
        return " ".join(shape + [f"{name}={_shown(value)}" for name, value in self.values.items()])

    def arguments(self) -> tuple[Any, ...]:
        """New arguments for one launch: always the same ones."""
        generator = np.random.default_rng(0)
        counts = [each.count for each in self.values.values() if isinstance(each, ArrayOf)]
        made: list[Any] = []
        for value in self.values.values():
            if not isinstance(value, ArrayOf):
                made.append(value)
            elif value.arrays:
                made.append([_filled(generator, value, min(counts)) for _ in range(value.arrays)])
            else:
                made.append(_filled(generator, value, min(counts)))
        return tuple(made)


def _joined(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _filled(generator: np.random.Generator, array: ArrayOf, below: int) -> np.ndarray[Any, Any]:
    vector = vector_of(array.type)
    if vector is not None and array.type not in DTYPES:  # float4: four floats for each element
        return _filled(generator, ArrayOf(vector[0], vector[1] * array.count), below)
    dtype = dtype_called(DTYPES.get(array.type, "uint8"))
    if dtype.kind in "iu":
        return generator.integers(0, max(1, min(below, 2 if dtype.itemsize == 1 else below)), array.count).astype(dtype)
    if dtype.kind == "b":
        return generator.integers(0, 2, array.count).astype(dtype)
    return generator.standard_normal(array.count).astype(dtype)


def dtype_called(name: str) -> np.dtype[Any]:
    """The NumPy dtype of that name; bfloat16 from ml_dtypes."""
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes

    dtype: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return dtype


def plan(kernel: Any, given: str = "") -> Plan:
    """How to launch ``kernel``: as ``given``, where that says nothing as the line above it, else as guessed.

    ``ValueError`` for a launch line that does not fit the kernel, or where a value cannot be guessed.
    """
    said: dict[str, str] = {}
    for line in kernel.source.comment:
        found = LAUNCH.match(line)
        if found:
            said |= _said(found["plan"])
    said |= _said(given)
    names = [each.name for each in kernel.source.parameters]
    for name in said:
        if name not in ("grid", "block", "shared", *names):
            raise ValueError(f"{kernel.instance} has no parameter {name!r}; it has {', '.join(names)}")
    guessed = _guess(kernel, said)
    grid = _numbers("grid", said["grid"]) if "grid" in said else guessed.grid
    return replace(guessed, grid=grid, shared=_whole("shared", said.get("shared", str(guessed.shared))))


def _said(text: str) -> dict[str, str]:
    """``NAME=VALUE`` pairs; a value may have spaces in it, as a type may."""
    pairs = [each.partition("=") for each in re.split(r"\s+(?=\w+\s*=)", text.strip()) if each]
    for name, equals, value in pairs:
        if not equals or not value.strip():
            raise ValueError(f"a launch is described by NAME=VALUE pairs, got {name.strip()!r}")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} is a whole number, got {text!r}") from None


def _numbers(name: str, text: str) -> tuple[int, ...]:
    numbers = tuple([_whole(name, each) for each in text.split(",")])
    if len(numbers) > 3 or min(numbers) < 1:
        raise ValueError(f"{name} is one, two or three whole numbers from 1 on, got {text!r}")
    return numbers


def ladder_of(file: Any, kernel: str) -> Any:
    """The ladder that a kernel of the project stands on: it has an example. None for anybody else's kernel."""
    if file.path.parent != kernel_folder():
        return None
    from minitorch.ops.kernels import all_ladders

    ladder = all_ladders().get(file.records[kernel].ladder)
    return ladder if ladder is not None and kernel in ladder.rungs else None


def body(file: Any, name: str) -> tuple[int, str]:
    """The line on which a kernel's body begins, and its code without comments."""
    code = strip_comments(file.path.read_text())
    start = sum(len(line) + 1 for line in code.split("\n")[: file.kernels[name].line - 1])
    declared = re.compile(rf"\b{name}\s*\(").search(code, start)
    assert declared is not None  # or it would not be among the kernels
    brace = code.index("{", closing(code, declared.end() - 1))
    return code.count("\n", 0, brace) + 1, code[brace : closing(code, brace)]


def _guess(kernel: Any, said: dict[str, str]) -> Plan:
    code = body(kernel.file, kernel.source.name)[1]
    flat = not re.search(r"\b(threadIdx|blockIdx)\s*\.\s*y\b", code)
    sizes = _sizes(kernel, flat)
    sizes |= {name: _whole(name, said[name]) for name in sizes if name in said}
    block = _numbers("block", said["block"]) if "block" in said else ((128,) if flat else (16, 16))
    threads = math.prod(block)
    count = math.prod(sizes.values())
    if len(sizes) == 1 and not flat:  # a square matrix
        count *= count
    if not flat:
        largest = max(sizes.values(), default=32)
        grid = tuple(-(-largest // each) for each in block[:2])
    else:
        grid = (-(-count // threads),) if sizes else (2,)
    if not sizes:
        count = threads * math.prod(_numbers("grid", said["grid"]) if "grid" in said else grid)
    values = {
        each.name: _value(kernel, index, said.get(each.name), count, sizes)
        for index, each in enumerate(kernel.source.parameters)
    }
    return Plan(grid, block, 8 * threads if re.search(r"extern\s+__shared__", code) else 0, values)


def _sizes(kernel: Any, flat: bool) -> dict[str, int]:
    """The integer parameters that are taken for sizes."""
    names = [
        each.name
        for each, type in zip(kernel.source.parameters, kernel.types)
        if not each.pointers and STRUCT.get(type, "f") in "bBhHiIqQ" and not _NO_SIZE.search(each.name)
    ]
    if len(names) == 1 and not flat:
        return {names[0]: 37}
    return dict(zip(names, _SIZES.get(len(names)) or (5, 3, 4, 7, 2, 3, 2, 3, 2, 2)))


def _value(kernel: Any, index: int, said: str | None, count: int, sizes: dict[str, int]) -> Any:
    parameter, type = kernel.source.parameters[index], kernel.types[index]
    if parameter.pointers:
        if said is None and type not in DTYPES and type != "void" and vector_of(type) is None:
            raise CannotGuessError(
                f"no array can be made up for the parameter '{parameter.declaration}' of {kernel.instance}: how large "
                f"is a {type}? A launch line may say {parameter.name}=[BYTES]"
            )
        if said is None:
            return ArrayOf(type, count, 3 if parameter.pointers == 2 else 0)
        found = _ARRAY.fullmatch(said)
        if not found:
            raise ValueError(f"the array {parameter.name} is written {parameter.name}={type}[COUNT], got {said!r}")
        return ArrayOf(found["type"].strip() or type, int(found["count"]), int(found["arrays"] or 0))
    letter = STRUCT.get(type)
    if letter is None and type != "__nv_bfloat16":
        raise CannotGuessError(
            f"no value can be made up for the parameter '{parameter.declaration}' of {kernel.instance}"
        )
    if letter == "?":
        return said is None or said.lower() in ("true", "1")
    if letter in tuple("bBhHiIqQ"):
        return sizes.get(parameter.name, 0) if said is None else _whole(parameter.name, said)
    try:
        return float(said) if said is not None else 0.5
    except ValueError:
        raise ValueError(f"{parameter.name} is a number, got {said!r}") from None
