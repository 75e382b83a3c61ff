"""The array module that operators get on a GPU: CuPy, and what the engine uses of NumPy that CuPy lacks.

    xp.exp               CuPy's own
    xp.maximum.reduce    CuPy has reductions of sums and products only: here through ``xp.max``
    xp.maximum.accumulate, xp.logaddexp.accumulate
                         in log2(n) passes: after pass k every element covers the 2**k before it
    xp.add.at            in dtypes that a GPU's atomic additions know; int64 is added as uint64, which has the same bits
    xp.multiply.at, xp.maximum.at
                         in rounds, and in the dtypes that atomic comparisons lack
    xp.logical_not       also of complex numbers
    xp.lgamma            from ``cupyx``
    xp.where, xp.tril, xp.triu, xp.unique, xp.isin
                         also of bfloat16, of which CuPy makes float32 or nothing
    xp.errstate          a GPU raises no floating-point warnings, so there is nothing to silence
    xp.linalg.cholesky   also the upper factor; all of ``linalg`` reports a singular matrix, which CuPy does on request

Everything stays on the device. What has no counterpart there is listed in ``HOST_FUNCTIONS``: it is copied to the host,
computed by NumPy and copied back, and counted, so that a profiler can show it.

Where an answer depends on values, Python has to wait for them: a few bytes come to the host. These are ``item`` and
its like, shapes that follow from values (``nonzero``, ``unique``, a boolean index), and the checks that an index or a
class is in range (``ops/neural/nll_loss.py``, ``ops/indices``) and an integer divisor not zero. There PyTorch's kernels
stop the whole program with a device-side assertion, later, or give any number; here it is the error of the CPU, at the
call, for one byte and one wait.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# Name below `xp`, and why it is computed on the host.
HOST_FUNCTIONS: dict[str, str] = {
    "linalg.eig": "cuSOLVER has it from CUDA 12.6 on only, and its vectors differ from LAPACK's by a factor",
    "linalg.qr": "CuPy's Householder vectors (mode 'raw') are of one matrix, not of a batch; rows are few",
}
host_calls: Counter[str] = Counter()  # how often each of them ran


class ArrayModule:
    """``base`` (CuPy, or its emulation) with the additions above. ``guard()`` makes its device the current one."""

    def __init__(self, base: Any, guard: Callable[[], Any] | None = None) -> None:
        self._base, self._guard = base, guard
        for name, make in _ADDITIONS.items():
            setattr(self, name, make(base, guard))
        self.linalg = _LinearAlgebra(base, guard)
        self.errstate = _no_warnings
        self.lib = base.lib

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._base, name)
        if self._guard is not None and callable(found) and not isinstance(found, type):
            found = _on_device(found, self._guard)
        setattr(self, name, found)  # the next time without this call
        return found

    def __repr__(self) -> str:
        return f"<array module over {self._base.__name__}>"


@contextlib.contextmanager
def _no_warnings(**kinds: str) -> Iterator[None]:
    yield


class _OnDevice:
    """A function, or a ufunc with its methods, that makes its device the current one first."""

    def __init__(self, function: Any, guard: Callable[[], Any]) -> None:
        self._function, self._guard = function, guard

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._guard():
            return self._function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._function, name)
        return _OnDevice(found, self._guard) if callable(found) else found


def _on_device(function: Any, guard: Callable[[], Any] | None) -> Any:
    return function if guard is None else _OnDevice(function, guard)


# ---- ufuncs with what CuPy's lack -----------------------------------------------------------------------------------


class _Extended:
    """A ufunc of CuPy with further methods."""

    def __init__(self, base: Any, guard: Any, name: str) -> None:
        self._base, self._ufunc = base, _on_device(getattr(base, name), guard)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._ufunc(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ufunc, name)


class _Accumulating(_Extended):
    def accumulate(self, array: Any, axis: int = 0) -> Any:
        """The results up to each element: of 1, 2, 4, ... elements before it, so in log2(n) passes."""
        base, total = self._base, self._base.moveaxis(array, axis, 0).copy()
        step = 1
        while step < total.shape[0]:
            shifted = total[:-step].copy()  # as it was before this pass
            total[step:] = self._ufunc(total[step:], shifted)
            step *= 2
        return base.moveaxis(total, 0, axis)


class _Reducing(_Accumulating):
    """``reduce`` through a function of CuPy's: ``maximum`` through ``max``."""

    def __init__(self, base: Any, guard: Any, name: str, through: str) -> None:
        super().__init__(base, guard, name)
        self._reduction = _on_device(getattr(base, through), guard)

    def reduce(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False,
               initial: Any = None) -> Any:  # fmt: skip
        """The reduction along axes, None for all. ``initial``: what is there if there is no element."""
        if initial is not None and array.size == 0:
            kept = _reduced_shape(array.shape, axis, keepdims)
            return self._base.full(kept, initial, array.dtype)
        result = self._reduction(array, axis=axis, out=out, keepdims=keepdims)
        return result if initial is None else self._ufunc(result, array.dtype.type(initial))


def _reduced_shape(shape: tuple[int, ...], axis: Any, keepdims: bool) -> tuple[int, ...]:
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {dim % len(shape) for dim in axes}
    return tuple([1 if dim in gone else size for dim, size in enumerate(shape) if keepdims or dim not in gone])


class _Logical(_Reducing):
    """Complex numbers are true where they are not zero; CuPy knows that of real ones only."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any(getattr(value, "dtype", np.float32) in _COMPLEX for value in args[:2]):
            inputs = self._ufunc.nin
            args = (*[self._base.not_equal(value, 0) for value in args[:inputs]], *args[inputs:])
        return self._ufunc(*args, **kwargs)


_COMPLEX = (np.dtype(np.complex64), np.dtype(np.complex128))


class _Adding(_Extended):
    def at(self, a: Any, indices: Any, b: Any) -> None:
        """Add ``b`` to the elements at ``indices``, once for every time that one occurs."""
        kind = a.dtype
        if kind == np.int64:
            b = b.astype(np.int64, copy=False).view(np.uint64) if hasattr(b, "view") else np.uint64(b % 2**64)
            self._ufunc.at(a.view(np.uint64), indices, b)
        elif kind in _ATOMIC:
            self._ufunc.at(a, indices, b)
        elif kind in _COMPLEX:
            self._ufunc.at(a.real, indices, b.real)
            self._ufunc.at(a.imag, indices, b.imag)
        else:  # the narrow ones: added up in a wider dtype, and rounded or cut once
            wide = np.float32 if kind.name == "bfloat16" else np.int32
            total = a.astype(wide)
            self._ufunc.at(total, indices, b.astype(wide) if hasattr(b, "astype") else b)
            a[...] = total.astype(kind)


class _Comparing(_Reducing):
    """``maximum`` and ``minimum``, with ``at`` in every real dtype."""

    def at(self, a: Any, indices: Any, b: Any) -> None:
        """The larger (smaller) of ``b`` and what is there, for each of the elements at ``indices``."""
        kind = a.dtype
        if kind in _ATOMIC and kind != np.float16:
            self._ufunc.at(a, indices, b)
        elif kind == np.int64:  # with the sign bit turned over they are ordered as unsigned integers are
            sign = np.uint64(1 << 63)
            turned = a.view(np.uint64) ^ sign
            self._ufunc.at(turned, indices, b.astype(np.int64, copy=False).view(np.uint64) ^ sign)
            a[...] = (turned ^ sign).view(np.int64)
        else:
            wide = np.int32 if kind.kind in "bui" else np.float32
            total = a.astype(wide)
            self._ufunc.at(total, indices, b.astype(wide))
            a[...] = total.astype(kind)


class _Multiplying(_Extended):
    def at(self, a: Any, indices: Any, b: Any) -> None:
        """Multiply the elements of ``a`` at ``indices`` by ``b``, all one-dimensional: in rounds, each of which takes
        an element once, so in as many as the one occurs that occurs most often."""
        base = self._base
        order = base.argsort(indices, kind="stable")
        places, factors = indices[order], b[order]
        rank = base.arange(places.size) - base.searchsorted(places, places)  # how many before it name the same element
        for turn in range(int(rank.max()) + 1 if rank.size else 0):
            now = rank == turn
            a[places[now]] = self._ufunc(a[places[now]], factors[now])


_ATOMIC = frozenset(map(np.dtype, (np.int32, np.uint32, np.uint64, np.float16, np.float32, np.float64)))

_ADDITIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda base, guard: _Adding(base, guard, "add"),
    "maximum": lambda base, guard: _Comparing(base, guard, "maximum", "max"),
    "minimum": lambda base, guard: _Comparing(base, guard, "minimum", "min"),
    "multiply": lambda base, guard: _Multiplying(base, guard, "multiply"),
    "lgamma": lambda base, guard: _on_device(_lgamma(base), guard),
    "where": lambda base, guard: _on_device(_where(base), guard),
    "tril": lambda base, guard: _on_device(_as_words(base, "tril"), guard),
    "triu": lambda base, guard: _on_device(_as_words(base, "triu"), guard),
    "unique": lambda base, guard: _on_device(_in_float32(base, "unique"), guard),
    "isin": lambda base, guard: _on_device(_in_float32(base, "isin"), guard),
    "logaddexp": lambda base, guard: _Accumulating(base, guard, "logaddexp"),
    "logical_and": lambda base, guard: _Logical(base, guard, "logical_and", "all"),
    "logical_or": lambda base, guard: _Logical(base, guard, "logical_or", "any"),
    "logical_xor": lambda base, guard: _Logical(base, guard, "logical_xor", "any"),
    "logical_not": lambda base, guard: _Logical(base, guard, "logical_not", "any"),
}


def _lgamma(base: Any) -> Any:
    """log |Gamma(x)|: a ufunc of CuPy's ``cupyx``, which is emulated under the same name."""
    if hasattr(base, "cupyx"):
        return base.cupyx.scipy.special.gammaln
    from cupyx.scipy.special import gammaln

    return gammaln


# ---- bfloat16 -------------------------------------------------------------------------------------------------------
# CuPy 14 adds, multiplies and converts it, but chooses among its elements in float32 and does not sort it.


def _is_bfloat16(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "name", "") == "bfloat16"


def _where(base: Any) -> Any:
    def where(condition: Any, *choices: Any) -> Any:
        if not any(map(_is_bfloat16, choices)):
            return base.where(condition, *choices)
        dtype = next(value.dtype for value in choices if _is_bfloat16(value))
        if any(getattr(value, "dtype", dtype) != dtype for value in choices):
            return base.where(condition, *choices)  # with a wider dtype, which the result has then
        words = [base.asarray(value, dtype).view(np.uint16) for value in choices]
        return base.where(condition, *words).view(dtype)

    return where


def _as_words(base: Any, name: str) -> Any:
    """A function that only moves elements, and zeros, whose bits are 0 in every dtype."""
    function = getattr(base, name)

    def call(m: Any, k: int = 0) -> Any:
        return function(m.view(np.uint16), k).view(m.dtype) if _is_bfloat16(m) else function(m, k)

    return call


def _in_float32(base: Any, name: str) -> Any:
    """A function that compares: float32 holds every bfloat16 exactly."""
    function = getattr(base, name)

    def widened(value: Any) -> Any:
        return value.astype(np.float32) if _is_bfloat16(value) else value

    def call(first: Any, *args: Any, **kwargs: Any) -> Any:
        found = function(widened(first), *map(widened, args), **kwargs)
        if not _is_bfloat16(first):
            return found
        every = found if isinstance(found, tuple) else (found,)
        every = tuple([each.astype(first.dtype) if each.dtype == np.float32 else each for each in every])
        return every if isinstance(found, tuple) else every[0]

    return call


# ---- linear algebra -------------------------------------------------------------------------------------------------


class _LinearAlgebra:
    """``xp.linalg``: CuPy's, which says nothing of a singular matrix unless asked to."""

    LinAlgError = np.linalg.LinAlgError

    def __init__(self, base: Any, guard: Any) -> None:
        self._base, self._guard = base, guard

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._base.linalg, name)
        if f"linalg.{name}" in HOST_FUNCTIONS:
            function = _on_host(self._base, f"linalg.{name}", getattr(np.linalg, name))
        elif not isinstance(self._base.ndarray, type) or self._base.ndarray.__module__.startswith("cupy"):
            function = _raising(function)
        found = _on_device(function, self._guard)
        setattr(self, name, found)
        return found

    def cholesky(self, a: Any, *, upper: bool = False) -> Any:
        """The lower factor, or the upper one, whose rows are the conjugate columns of the lower."""
        factor = self._base.linalg.cholesky(self._base.conj(a).swapaxes(-2, -1) if upper else a)
        return self._base.conj(factor).swapaxes(-2, -1) if upper else factor


def _raising(function: Any) -> Any:
    """CuPy's function, with ``LinAlgError`` where NumPy raises it."""
    import cupyx

    def call(*args: Any, **kwargs: Any) -> Any:
        with cupyx.errstate(linalg="raise"):
            return function(*args, **kwargs)

    return call


def _on_host(base: Any, name: str, function: Any) -> Any:
    """A function of NumPy: operands are copied to the host, results back. Counted in ``host_calls``."""

    def call(*args: Any, **kwargs: Any) -> Any:
        host_calls[name] += 1
        returned = function(*[a.get() if isinstance(a, base.ndarray) else a for a in args], **kwargs)
        if isinstance(returned, tuple):
            return tuple([base.asarray(array) for array in returned])
        return base.asarray(returned)

    return call
