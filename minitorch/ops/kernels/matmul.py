"""The product of matrices by own kernels: ``kernels/matmul.cu``, and ``matmul_tensor_core.cu`` for a GPU of sm_80.

    product(a, b)        a (..., M, K), b (..., K, N), batch dimensions broadcast, any strides -> (..., M, N) contiguous

The engine multiplies by BLAS, NumPy's on the CPU and cuBLAS on a GPU, unless ``minitorch.backends.cuda.matmul.kernel``
names a rung.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host

_MATRICES = np.dtype([(name, np.int64) for name in ("batch_stride", "row_stride", "column_stride")])
_MANY_BLOCKS = 65535


def rungs() -> tuple[str, ...]:
    """The kernels' names, the one for tensor cores last."""
    return LADDERS["matmul"].rungs + LADDERS["matmul_tensor_core"].rungs


def product(a: Any, b: Any, rung: str | None = None) -> Any:
    """``a @ b`` by the kernel of that name. ``ValueError`` for a name that is no rung.

    ``RuntimeError`` for tensor cores where there are none, and for dtypes that they do not multiply.
    """
    if rung is None:
        rung = LADDERS["matmul"].rung_for(a)
    elif rung not in rungs():
        raise ValueError(f"there is no matrix product {rung!r}; there are {', '.join(rungs())}")
    if rung == "matmul_tensor_core":
        _check_tensor_core(a)
    return _product(rung, a, b)


def _check_tensor_core(a: Any) -> None:
    if a.dtype.name not in ("float16", "bfloat16"):
        raise RuntimeError(f"matmul_tensor_core multiplies float16 and bfloat16, got {a.dtype.name}")
    if type(a) is not getattr(sys.modules.get("cupy"), "ndarray", None):
        raise RuntimeError("matmul_tensor_core needs a GPU with tensor cores (sm_80); they are not emulated")


def _product(rung: str, a: Any, b: Any) -> Any:
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (rows, inner), columns = a.shape[-2:], b.shape[-1]
    count = math.prod(batch)
    c = empty(a, (*batch, rows, columns), a.dtype)
    if not c.size:
        return c
    a, b = _as_batch(a, batch), _as_batch(b, batch)
    args = (a, b, c, count, rows, columns, inner, _strides(a), _strides(b))
    tile = {"matmul_register_blocked": 128, "matmul_tensor_core": 64}.get(rung, 16)
    grid = (-(-columns // tile), -(-rows // tile), min(count, _MANY_BLOCKS))
    if rung == "matmul_tensor_core":
        load("matmul_tensor_core").kernel(rung, a.dtype)(grid, 128, args)
    elif rung == "matmul_register_blocked":
        load("matmul").kernel(rung, a.dtype)(grid, 256, (*args, _aligned(a), _aligned(b)))
    else:
        load("matmul").kernel(rung, a.dtype)(grid, (16, 16), args)
    return c


def _as_batch(array: Any, batch: tuple[int, ...]) -> Any:
    """(..., M, K) as (batch, M, K) or, if it serves all, as (1, M, K); a view wherever one can be had."""
    if math.prod(array.shape[:-2]) == 1:
        return array.reshape(1, *array.shape[-2:])
    if array.shape[:-2] != batch:
        array = _repeated(array, batch)
    return array.reshape(-1, *array.shape[-2:])


def _repeated(array: Any, batch: tuple[int, ...]) -> Any:
    """The copies that broadcasting stands for, where strides can not say it."""
    whole = empty(array, (*batch, *array.shape[-2:]), array.dtype)
    whole[...] = array
    return whole


def _strides(array: Any) -> Any:
    batch, row, column = (stride // array.itemsize for stride in array.strides)
    return np.array((0 if array.shape[0] == 1 else batch, row, column), _MATRICES)[()]


def _aligned(array: Any) -> bool:
    """Whether every four neighbours along the contiguous dimension begin at a multiple of their size."""
    size = 4 * array.itemsize
    address = array.__array_interface__["data"][0] if on_host(array) else array.data.ptr
    batch, row, column = array.strides
    if array.itemsize not in (row, column):
        return False
    across = row if column == array.itemsize else column
    return not any(number % size for number in (address, across, batch))


# ---- the ladder -----------------------------------------------------------------------------------------------------


def _example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    """A batch of matrices times a single one, transposed; the large one is square."""
    if size == "large":
        shape = (4096, 4096) if np.dtype(dtype).itemsize == 2 else (2048, 2048)
        return generator.standard_normal(shape).astype(dtype), generator.standard_normal(shape).astype(dtype)
    a, b = generator.standard_normal((2, 37, 21)), generator.standard_normal((133, 21))
    return a.astype(dtype), b.astype(dtype).T


def _reference(a: Any, b: Any) -> Any:
    return a.astype(np.float64) @ b.astype(np.float64)


def _operations(a: Any, b: Any) -> int:
    return 2 * int(a.size) * int(b.shape[-1])


LADDERS = {
    "matmul": Ladder(
        "matmul", "matmul", _product, _example, _reference, operations=_operations,
        dtypes=("float32", "float64", "float16", "bfloat16"),
    ),
    "matmul_tensor_core": Ladder(
        "matmul", "matmul_tensor_core", _product, _example, _reference, operations=_operations,
        dtypes=("float16", "bfloat16"),
    ),
}  # fmt: skip
