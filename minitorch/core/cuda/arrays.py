"""The emulated array module: CuPy's functions on emulated arrays (``emulated.py``).

    xp = module(0)           what `import cupy as xp` is on the first GPU
    xp.exp(x)                a ufunc: with CuPy's few keywords, in the dtypes that CuPy has it for
    xp.sum(x, axis=1)        a function: NumPy's of that name, with CuPy's parameters
    xp.maximum.reduce(x)     NotImplementedError, for CuPy has only sums and products
    xp.lgamma                AttributeError: CuPy has none

The names, parameters and types come from ``cupy_names.py``. What CuPy does not have must not work here: the emulation
is there to say, on a machine without a GPU, what would fail on one.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from minitorch.core.box_muller import c_library
from minitorch.core.cuda import copies, cupy_names
from minitorch.core.cuda.emulated import call, current, fresh, ndarray, operand, result

_TAKES_HOST_ARRAYS = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray")
_ONLY_POSITIONAL = ("arange", "where")  # NumPy takes no keywords, or takes them for something else
_ZERO_DIM_BOOLS = ("allclose", "array_equal", "array_equiv")  # for which NumPy gives a Python bool
_BFLOAT16_TO_FLOAT32 = ("where", "tril", "triu", "round", "around")  # in CuPy, alas
_SORTING = ("sort", "argsort", "partition", "argpartition", "unique", "isin", "median", "quantile", "percentile")
# That take no Python numbers, where NumPy does.
_OF_ARRAYS = """
    all any sum prod max min amax amin argmax argmin mean std var median cumsum cumprod nanmean nansum count_nonzero
    sort argsort partition nonzero size reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to flip
    roll repeat tile take take_along_axis diagonal trace diff copy tril triu unique
"""
_LEFT_OUT = ("blocking", "subok")  # that NumPy has not, and that say nothing about the result


class Ufunc:
    """``xp.add``: callable, and ``reduce``, ``accumulate``, ``at``, ``outer`` where CuPy has them."""

    def __init__(self, name: str, types: str, scatter: str, device_id: int) -> None:
        self.name, self._types, self._scatter, self._device_id = name, types, scatter, device_id
        self._numpy: Any = getattr(np, name) if hasattr(np, name) else _FOREIGN[name]
        signature = types.split(" ", 1)[0].split("->")
        self.nin, self.nout = len(signature[0]), len(signature[1])
        self.nargs = self.nin + self.nout
        self.__name__ = name

    @property
    def types(self) -> list[str]:
        """The dtypes it is there for, one letter each."""
        return self._types.split()

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind") -> Any:
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(
                f"Wrong number of arguments for 'cupy_{self.name}'. It must be either {self.nin} or {self.nargs} (with "
                f"outputs), but given {len(args)}."
            )
        inputs, outs = args[: self.nin], args[self.nin :] or (out if isinstance(out, tuple) else (out,) * self.nout)
        operands = [operand(value) for value in inputs]
        self._check_types(operands if dtype is None else [np.empty(0, dtype)] * self.nin)
        sources = [value for value in (*inputs, *outs) if type(value) is ndarray]
        place = sources[0]._memory.device_id if sources else self._device_id
        options: dict[str, Any] = {} if dtype is None else {"dtype": dtype}
        if any(value is not None for value in outs):
            options["out"] = tuple([operand(value) for value in outs])
            options["casting"] = casting
        return result(self._numpy(*operands, **options), sources, place)

    def _check_types(self, operands: list[Any]) -> None:
        dtypes = tuple([value.dtype if hasattr(value, "dtype") else type(value) for value in operands])
        if not _has_routine(self._types, dtypes):
            raise TypeError(f"Wrong type ({dtypes}) of arguments for cupy_{self.name}")

    def reduce(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        """The sum or the product along an axis."""
        if self.name not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.name}.reduce` is not supported yet")
        return (array.sum if self.name == "add" else array.prod)(axis, dtype, out, keepdims)

    def accumulate(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        """The sums or the products up to each element."""
        if self.name not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.name}.accumulate` is not supported yet")
        return (array.cumsum if self.name == "add" else array.cumprod)(axis, dtype, out)

    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        """In place on the elements at ``indices``, once for every time that one occurs."""
        if not self._scatter:
            raise NotImplementedError(f"`cupy_{self.name}.at` is not supported yet")
        if isinstance(indices, tuple):
            indices = tuple([part._host if type(part) is ndarray else part for part in indices])
        else:
            indices = operand(indices) if not isinstance(indices, (slice, list, np.ndarray)) else indices
        if a.dtype.char not in _SCATTERED[self._scatter]:
            raise TypeError(f"cupy.{self.name}.at does not support {a.dtype}")
        self._numpy.at(operand(a), indices, operand(b))

    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        """All pairs of elements."""
        return self(a.reshape(a.shape + (1,) * b.ndim), b.reshape((1,) * a.ndim + b.shape), **kwargs)

    def __repr__(self) -> str:
        return f"<ufunc 'cupy_{self.name}'>"


# The dtypes that atomic operations of a GPU know.
_SCATTERED = {
    "add": "iIeLQfd", "sub": "iI", "max": "iILQfd", "min": "iILQfd",
    "and": "iIlLqQ", "or": "iIlLqQ", "xor": "iIlLqQ",
}  # fmt: skip
_FOREIGN: dict[str, Any] = {"fix": np.trunc, "i0": np.i0, "sinc": np.sinc}  # ufuncs in CuPy, in NumPy functions


@cache
def _has_routine(types: str, dtypes: tuple[Any, ...]) -> bool:
    """Whether CuPy finds a loop: the first one that all operands can be cast to. Python numbers go along with any."""
    for entry in types.split():
        inputs = entry.partition("->")[0]
        if all(isinstance(dtype, type) or _casts(dtype, letter) for dtype, letter in zip(dtypes, inputs, strict=True)):
            return True
    return False


def _casts(dtype: np.dtype[Any], letter: str) -> bool:
    if letter == "E":
        return dtype.name == "bfloat16" or dtype.name in ("bool", "int8", "uint8")
    if letter == "V":
        return False
    return bool(np.can_cast(dtype, letter, "safe"))


class Function:
    """A function of NumPy with CuPy's parameters."""

    def __init__(self, name: str, function: Any, parameters: str, device_id: int) -> None:
        self.__name__, self._function, self._device_id = name, function, device_id
        self._checked, self._of_arrays = parameters != "...", name in _OF_ARRAYS.split()
        names = parameters.split(",") if parameters and self._checked else []
        self._takes_more = any(part.startswith("*") and not part.startswith("**") for part in names)
        self._takes_any_keyword = any(part.startswith("**") for part in names)
        self._positional = [part.rstrip("=") for part in names if part[0] not in "*@"]
        self._required = sum(not part.endswith("=") for part in names if part[0] not in "*@")
        self._keywords = {part.strip("@=") for part in names if part[0] != "*"}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._checked:
            args, kwargs = self._bound(args, kwargs)
        name = self.__name__
        if self._of_arrays and args and isinstance(args[0], (int, float, complex, np.generic)):
            raise TypeError(f"cupy.{name}() takes arrays, not {type(args[0])}")
        if name in _TAKES_HOST_ARRAYS and args and isinstance(args[0], (np.ndarray, np.generic, list, tuple)):
            return self._from_host(*args, **kwargs)
        if name in _SORTING and _with_bfloat16(args):
            raise NotImplementedError("Sorting arrays with dtype 'bfloat16' is not supported")
        returned = call(self._function, args, kwargs, self._device_id)
        if name in _BFLOAT16_TO_FLOAT32 and _is_bfloat16(returned):
            return returned.astype(np.float32)
        if name in _ZERO_DIM_BOOLS:
            return fresh(np.asarray(returned), self._device_id)
        return returned

    def _from_host(self, values: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(values, (list, tuple)) and any(type(value) is ndarray for value in values):
            return call(self._function, ([v._host[()] if type(v) is ndarray else v for v in values], *args), kwargs, 0)
        made = self._function(values, *args, **kwargs)
        copies["from_host"] += made.nbytes
        return fresh(made.copy(order="K") if np.may_share_memory(made, values) else made, self._device_id)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments in NumPy's form: what has a default goes by its name. ``TypeError`` for what CuPy does not take."""
        name = self.__name__
        if len(args) > len(self._positional) and not self._takes_more:
            raise TypeError(f"cupy.{name}() takes {len(self._positional)} positional arguments, {len(args)} were given")
        if not self._takes_any_keyword:
            for keyword in kwargs:
                if keyword not in self._keywords:
                    raise TypeError(f"cupy.{name}() got an unexpected keyword argument '{keyword}'")
        if self._takes_more or name in _ONLY_POSITIONAL:
            return args, kwargs
        kwargs = dict(zip(self._positional[self._required :], args[self._required :])) | kwargs
        required = list(args[: self._required])
        for parameter in self._positional[len(required) : self._required]:
            if parameter not in kwargs:
                raise TypeError(f"cupy.{name}() missing the argument '{parameter}'")
            required.append(kwargs.pop(parameter))
        for parameter in _LEFT_OUT:
            kwargs.pop(parameter, None)
        if name in ("argmax", "argmin"):
            kwargs.pop("dtype", None)
        return tuple(required), kwargs


def _is_bfloat16(value: Any) -> bool:
    return type(value) is ndarray and value.dtype.name == "bfloat16"


def _with_bfloat16(args: tuple[Any, ...]) -> bool:
    return any(map(_is_bfloat16, args))


class Namespace:
    """A module: its names and nothing else."""

    def __init__(self, name: str, found: dict[str, Any]) -> None:
        self.__name__ = name
        self.__dict__.update(found)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}' (CuPy {cupy_names.VERSION})")


def _functions(table: str, source: Any, device_id: int) -> dict[str, Any]:
    found = {}
    for entry in table.split():
        name, _, parameters = entry.rstrip(")").partition("(")
        function = getattr(source, name, None)
        if function is not None:
            found[name] = Function(name, function, parameters, device_id)
    return found


@cache
def module(device_id: int) -> Namespace:
    """The functions of CuPy, with new arrays made on one device."""
    found: dict[str, Any] = {name: getattr(np, name) for name in cupy_names.SHARED.split()}
    found |= _functions(cupy_names.FUNCTIONS, np, device_id)
    for types, names in cupy_names.UFUNCS.items():
        for entry in names.split():
            name, _, scatter = entry.partition(":")
            found[name] = Ufunc(name, types, scatter, device_id)
    found["ndarray"] = ndarray
    linear_algebra = _functions(cupy_names.LINALG, np.linalg, device_id)
    found["linalg"] = Namespace("cupy.linalg", linear_algebra | {"LinAlgError": np.linalg.LinAlgError})
    found["fft"] = Namespace("cupy.fft", _functions(cupy_names.FFT, np.fft, device_id))
    as_strided = Function("as_strided", np.lib.stride_tricks.as_strided, "x,shape=,strides=", device_id)
    windows = Function("sliding_window_view", np.lib.stride_tricks.sliding_window_view, "...", device_id)
    tricks = Namespace("cupy.lib.stride_tricks", {"as_strided": as_strided, "sliding_window_view": windows})
    found["lib"] = Namespace("cupy.lib", {"stride_tricks": tricks})
    gammaln = Function("gammaln", lambda x: c_library(math.lgamma, x), "x", device_id)
    special = Namespace("cupyx.scipy.special", {"gammaln": gammaln})
    found["cupyx"] = Namespace("cupyx", {"scipy": Namespace("cupyx.scipy", {"special": special})})
    found["asnumpy"] = lambda a, stream=None, order="C", out=None, *, blocking=True: a.get(stream, order, out)
    return Namespace("cupy", found)


def on_current_device() -> Namespace:
    """The module for the device that this thread uses."""
    return module(current.index)
